// Threads: workers that start late, die, or never come change nothing but the time.
import { execFileSync } from 'node:child_process';
import workerThreads, { type Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { matmul, rand, setThreads, ThreadError } from '../../src/index.ts';
import { cores } from '../../src/kernels/platform.ts';

describe('threads', () => {
  const [A, B] = [rand([300, 300]), rand([300, 300])];
  const product = () => [...matmul(A, B).data];
  const started: Worker[] = [];
  const { Worker: Original } = workerThreads;

  before(() => {
    workerThreads.Worker = class extends Original {
      constructor(...args: ConstructorParameters<typeof Original>) {
        super(...args);
        started.push(this);
      }
    };
  });
  after(() => {
    workerThreads.Worker = Original;
    setThreads(cores());
  });

  it('start with the first call that is worth it, one fewer than asked for: the caller works too', () => {
    setThreads(1);
    setThreads(3);
    matmul(rand([10, 10]), rand([10, 10]));
    expect(started).to.have.length(0);
    product();
    expect(started).to.have.length(2);
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
      expect(performance.now() - began).to.be.below(5000);
      expect(product()).to.deep.equal(expected);
      await new Promise((resume) => setTimeout(resume, 20));
    }
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

  it('do not keep the program alive', () => {
    const program = `
      const { matmul, rand } = await import(${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)});
      console.log(matmul(rand([300, 300]), rand([300, 300])).shape.join());`;
    const args = [...process.execArgv, '--input-type=module', '-e', program];
    expect(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 15_000 })).to.equal('300,300\n');
  });
});
