// Threads: workers that start late, die, or never come change nothing but the time.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import {
  ArgumentError,
  manualSeed,
  matmul,
  nn,
  optim,
  rand,
  scope,
  setThreads,
  ThreadError,
} from '../../src/index.ts';
import { cores } from '../../src/kernels/platform.ts';
import { expectError } from '../support/errors.ts';
import { Pool } from '../../src/kernels/wasm/pool.ts';
import {
  awaken,
  ignoreWorkers,
  killWorkersAt,
  slowWorkers,
  started,
  watchWorkers,
} from '../support/workers.ts';

/** How long a call with a dead worker may take, in ms: two seconds until it counts as dead, and some to notice. */
const patience = 2000;

describe('threads', () => {
  const [A, B] = [rand([300, 300]), rand([300, 300])];
  const product = () => [...matmul(A, B).data];

  before(watchWorkers);
  after(() => {
    ignoreWorkers();
    setThreads(cores());
  });

  it('start with the first call that is worth it, one fewer than asked for: the caller works too', () => {
    setThreads(1);
    setThreads(3);
    started.length = 0;
    matmul(rand([10, 10]), rand([10, 10]));
    expect(started).to.have.length(0);
    product();
    expect(started).to.have.length(2);
  });

  it('share an optimizer’s step where they shared the products: gradients that one core computed are moved by it', () => {
    const layer = new nn.Linear(784, 64); // 50,240 parameters: to move them takes some 30 µs
    const optimizer = new optim.Adam(layer.parameters());
    const step = (rows: number) =>
      scope(() => {
        optimizer.zeroGrad();
        nn.mse(layer.forward(rand([rows, 784])), rand([rows, 64])).backward();
        optimizer.step();
      });
    setThreads(1);
    setThreads(3);
    started.length = 0;
    step(4);
    expect(started).to.have.length(0);
    expect(layer.weight.grad?.storage.isShared).to.equal(false);
    step(64);
    expect(started).to.have.length(2);
    expect(layer.weight.grad?.storage.isShared).to.equal(true);
  });

  it('have shares as large as they are fast: a thread that takes twenty times as long gets less, and no bit changes', async () => {
    const { borders } = Pool.prototype;
    let latest: number[] = [];
    Pool.prototype.borders = function (...range) {
      latest = borders.apply(this, range);
      return latest;
    };
    setThreads(1);
    const expected = product();
    slowWorkers(20);
    try {
      await awaken(2);
      product();
      const [, atFirst, end] = latest;
      for (let i = 0; i < 200; i++) scope(() => void matmul(A, B));
      expect(product()).to.deep.equal(expected);
      expect(latest[1]).to.be.greaterThan(atFirst + end / 8);
    } finally {
      Pool.prototype.borders = borders;
      ignoreWorkers();
      watchWorkers();
    }
  });

  it('that die give an error within seconds or the right numbers, never wrong ones; the next call is right', async () => {
    setThreads(1);
    const expected = product();
    setThreads(3);
    for (let round = 0; round < 3; round++) {
      product();
      for (const worker of started.splice(0)) void worker.terminate();
      const began = performance.now();
      try {
        expect(product()).to.deep.equal(expected);
      } catch (error) {
        expect(error).to.be.instanceOf(ThreadError);
      }
      expect(performance.now() - began).to.be.below(patience);
      expect(product()).to.deep.equal(expected);
      await new Promise((resume) => setTimeout(resume, 20));
    }
  });

  describe('killed in a training step', () => {
    /** Trains for so many steps, calls `prelude` before each, and returns their losses. */
    const train = (steps: number, prelude: (step: number) => void = () => {}): number[] => {
      manualSeed(3);
      const model = new nn.Sequential(new nn.Linear(300, 256), new nn.ReLU(), new nn.Linear(256, 10));
      const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
      const labels = Array.from({ length: 128 }, (_, i) => i % 10);
      return Array.from({ length: steps }, (_, step) => {
        prelude(step);
        return scope(() => {
          optimizer.zeroGrad();
          const loss = nn.crossEntropy(model.forward(rand([128, 300])), labels);
          loss.backward();
          optimizer.step();
          return loss.item();
        });
      });
    };
    let expected: number[];
    before(() => {
      setThreads(1);
      expected = train(10);
    });
    afterEach(() => killWorkersAt(Infinity));

    for (const calls of [1, 5, 20])
      it(`in their call ${calls} of a kernel: the step is an error, in time, and the next training right to the bit`, () => {
        setThreads(1);
        setThreads(3);
        killWorkersAt(calls);
        let began = 0;
        const die = () => {
          for (let i = 0; i < 50; i++)
            train(10, () => {
              began = performance.now();
              if (started.length >= 2) killWorkersAt(Infinity); // those that replace them shall live
            });
        };
        started.length = 0;
        expectError(die, ThreadError, 'a worker thread died', 'setThreads(1)');
        expect(performance.now() - began).to.be.below(patience);
        expect(train(10)).to.deep.equal(expected);
      });

    it('between two calls: whoever is left does their work', async () => {
      for (const victims of [1, 2]) {
        await awaken(3);
        const kill = (step: number) => {
          if (step === 4) for (const worker of started.slice(0, victims)) void worker.terminate();
        };
        try {
          expect(train(10, kill)).to.deep.equal(expected);
        } catch (error) {
          expect(error).to.be.instanceOf(ThreadError); // one had taken a piece before it was told
        }
        expect(train(10)).to.deep.equal(expected);
      }
    });
  });

  it('more of them than make sense are refused, and those that there are go on', () => {
    setThreads(3);
    const expected = product();
    for (const count of [0, -1, 1.5, 1e6, 1e9, Infinity, Number.NaN])
      expectError(() => setThreads(count), ArgumentError, 'count is', 'a whole number, at least 1');
    expect(product()).to.deep.equal(expected);
  });

  it('are not needed: without SharedArrayBuffer one thread does it all, with the same bits', () => {
    const door = JSON.stringify(new URL('../../src/index.ts', import.meta.url).href);
    const program = (before: string) => `
      ${before}
      const { device, manualSeed, matmul, memory, rand, scope, setThreads } = await import(${door});
      manualSeed(3);
      setThreads(4);
      const y = scope(() => matmul(rand([150, 200]), rand([200, 90])));
      const { backend, threads } = device.info();
      console.log(backend, threads, memory().overflow, [...new Uint32Array(Float32Array.from(y.data).buffer)].join());`;
    const run = (before: string) =>
      execFileSync(process.execPath, [...process.execArgv, '--input-type=module', '-e', program(before)], {
        encoding: 'utf8',
        timeout: 15_000,
      });
    const [backend, threads, overflow, bits] = run('delete globalThis.SharedArrayBuffer;').split(' ');
    expect([backend, threads, overflow]).to.deep.equal(['wasm', '1', '0']);
    expect(bits).to.equal(run('').split(' ')[3]);
  });

  it('are not taken for dead when all of the process was stopped for a while', async function () {
    if (process.platform === 'win32') this.skip(); // knows no SIGSTOP
    this.timeout(20_000);
    const path = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
    const program = `
      const { matmul, rand, scope } = await import(${path('../../src/index.ts')});
      const { awaken, slowWorkers, watchWorkers } = await import(${path('../support/workers.ts')});
      watchWorkers();
      slowWorkers(100); // the caller is mostly waiting
      setInterval(() => {}, 1000); // workers alone do not keep the program alive
      await awaken(2);
      console.log('begun');
      const [A, B] = [rand([300, 300]), rand([300, 300])];
      for (const begin = performance.now(); performance.now() - begin < 4000; ) scope(() => void matmul(A, B));
      process.exit(0);`;
    const child = spawn(process.execPath, [...process.execArgv, '--input-type=module', '-e', program]);
    const ended = once(child, 'exit');
    let told = '';
    child.stderr.on('data', (text) => void (told += text));
    await once(child.stdout, 'data');
    await sleep(300);
    child.kill('SIGSTOP');
    await sleep(2500);
    child.kill('SIGCONT');
    expect((await ended)[0], told).to.equal(0);
  });

  it('do not keep the program alive', () => {
    const program = `
      const { matmul, rand } = await import(${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)});
      console.log(matmul(rand([300, 300]), rand([300, 300])).shape.join());`;
    const args = [...process.execArgv, '--input-type=module', '-e', program];
    expect(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 15_000 })).to.equal('300,300\n');
  });
});
