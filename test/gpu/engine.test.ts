// The engine on a GPU: values that stay there, the same losses as on the CPU, and what happens when the GPU fails.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import {
  data,
  DeviceError,
  device,
  indexSelect,
  manualSeed,
  matmul,
  memory,
  nn,
  ones,
  optim,
  randn,
  relu,
  scope,
  setDevice,
  Tensor,
  tensor,
  train,
  zeros,
} from '../../src/index.ts';
import { backend } from '../../src/kernels/index.ts';

/** The workers that devices live in, as the engine starts them. */
const workers: Worker[] = [];
const threads = process.getBuiltinModule('node:worker_threads');
const { Worker: Original } = threads;

const software = { allowSoftware: true };

const articleNetwork = () => {
  manualSeed(42);
  const model = new nn.Sequential(
    new nn.Linear(784, 64),
    new nn.ReLU(),
    new nn.Linear(64, 128),
    new nn.ReLU(),
    new nn.Linear(128, 10),
  );
  return { model, optimizer: new optim.Adam(model.parameters(), { lr: 1e-3 }) };
};

const smallNetwork = () => {
  manualSeed(7);
  const model = new nn.FeedForward({ inputs: 8, hidden: 16, outputs: 4 });
  return { model, optimizer: new optim.Adam(model.parameters(), { lr: 1e-2 }) };
};

interface Network {
  model: { forward(x: Tensor): Tensor };
  optimizer: { zeroGrad(): void; step(): void };
}

/** One step on a batch of random numbers, another one for each step. Its loss. */
function step({ model, optimizer }: Network, rows: number, inputs: number, classes: number): number {
  using _ = scope();
  const x = randn([rows, inputs]);
  const labels = Int32Array.from({ length: rows }, (_, i) => i % classes);
  optimizer.zeroGrad();
  const loss = nn.crossEntropy(model.forward(x), labels);
  loss.backward();
  optimizer.step();
  return loss.item();
}

function losses(count: number, before: (step: number) => void = () => {}): number[] {
  const network = smallNetwork();
  return Array.from({ length: count }, (_, i) => {
    before(i);
    return step(network, 8, 8, 4);
  });
}

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).to.have.length(expected.length);
  actual.forEach((value, i) => expect(value, `number ${i}`).to.be.closeTo(expected[i], tolerance));
}

async function rejectionOf(body: () => Promise<unknown>): Promise<Error> {
  const error = await body().then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error, 'nothing was thrown').to.be.instanceOf(DeviceError);
  return error as Error;
}

function errorOf(body: () => unknown): Error {
  try {
    body();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

describe('the engine on a GPU', () => {
  before(async function () {
    threads.Worker = class extends Original {
      constructor(...args: ConstructorParameters<typeof Original>) {
        super(...args);
        workers.push(this);
      }
    };
    try {
      await setDevice('webgpu', software);
    } catch (error) {
      if (process.env.TYPEGRAD_GPU_REQUIRED === '1') throw error;
      console.log(`      skipped: ${(error as Error).message}`);
      this.skip();
    }
  });

  after(async () => {
    await setDevice('cpu');
    threads.Worker = Original;
  });

  describe('values stay there', () => {
    beforeEach(() => setDevice('webgpu', software));

    it('a step of training sends the batch and its labels up, and one loss down', () => {
      const network = articleNetwork();
      const moved = () => {
        let [up, down] = [0, 0];
        for (const counter of Object.values(device.counters())) {
          up += counter.up;
          down += counter.down;
        }
        return { up, down };
      };
      for (let i = 0; i < 2; i++) step(network, 32, 784, 10); // the parameters and the optimizer's state go up
      for (let i = 0; i < 5; i++) {
        const before = moved();
        step(network, 32, 784, 10);
        const { up, down } = moved();
        expect(up - before.up).to.equal(4 * 32 * 784 + 4 * 32);
        expect(down - before.down).to.equal(4);
      }
      const counters = device.counters();
      for (const verb of [
        'linear',
        'relu',
        'crossEntropy',
        'crossEntropyGradient',
        'matmul',
        'reluGradient',
        'sum',
        'adam',
      ]) {
        expect(counters[verb].gpu, verb).to.be.greaterThan(0);
        expect(counters[verb].cpu, verb).to.equal(0);
      }
    });

    it('what is computed is brought here when it is read, once', () => {
      const a = tensor([
        [1, 2],
        [3, 4],
      ]);
      const product = matmul(a, a);
      expect(device.counters().read?.down ?? 0).to.equal(0);
      expect(product.toArray()).to.deep.equal([
        [7, 10],
        [15, 22],
      ]);
      expect(product.data).to.equal(product.data);
      expect(device.counters().read.down).to.equal(16);
    });

    it('read() brings it too, when the program does not want to wait', async () => {
      const a = tensor([1, -2, 3]);
      const [y, z] = [relu(a), a.mul(2)];
      const both = await Promise.all([y.read(), z.read()]);
      expect(both.map((values) => [...values])).to.deep.equal([
        [1, 0, 3],
        [2, -4, 6],
      ]);
      expect(await y.read()).to.equal(y.data);
    });

    it('a write here is seen there, and a write there is seen here', () => {
      const x = tensor([1, 2, 3]);
      expect([...x.add(1).data]).to.deep.equal([2, 3, 4]);
      x.copyFrom([5, 6, 7]);
      expect([...x.add(1).data]).to.deep.equal([6, 7, 8]);
      const weight = tensor([1, 1], { requiresGrad: true });
      const optimizer = new optim.SGD([weight], { lr: 0.5 });
      const seen = weight.data;
      weight
        .mul(tensor([1, 2]))
        .sum()
        .backward();
      optimizer.step();
      expect([...weight.data]).to.deep.equal([0.5, 0]);
      expect(weight.data).to.equal(seen);
    });

    it('a reshaped tensor shares them', () => {
      const x = randn([4, 6]);
      const y = x.mul(2);
      const before = device.counters().matmul?.up ?? 0;
      const product = matmul(y.reshape([6, 4]), y);
      expect(product.shape).to.deep.equal([6, 6]);
      expect((device.counters().matmul.up ?? 0) - before).to.equal(0);
    });

    it('indices are sent once, and again when they have changed', () => {
      const x = tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]);
      const index = Int32Array.of(0, 1);
      const selected = () => {
        const y = zeros([2, 2]);
        backend().select(x, { outer: 1, size: 3, inner: 2 }, index, y);
        return y.toArray();
      };
      expect(selected()).to.deep.equal([
        [1, 2],
        [3, 4],
      ]);
      const { up } = device.counters().select;
      expect(selected()).to.deep.equal([
        [1, 2],
        [3, 4],
      ]);
      expect(device.counters().select.up).to.equal(up);
      index[0] = 2;
      expect(selected()).to.deep.equal([
        [5, 6],
        [3, 4],
      ]);
      expect(device.counters().select.up).to.equal(up + 8);
    });

    it('setDevice("cpu") brings everything home', async () => {
      const y = randn([3, 3]).mul(2);
      const z = y.add(1);
      await setDevice('cpu');
      expect(device.info()).to.include({ backend: 'wasm', adapter: undefined, bytes: 0 });
      expectClose(
        [...z.data],
        [...y.data].map((value) => Math.fround(value + 1)),
        1e-6,
      );
    });

    it('empty tensors, and verbs without a kernel for it, are computed on the CPU', () => {
      expect(zeros([0, 3]).add(1).shape).to.deep.equal([0, 3]);
      expect(matmul(zeros([2, 0]), zeros([0, 3])).toArray()).to.deep.equal([
        [0, 0, 0],
        [0, 0, 0],
      ]);
      expect(tensor([3, 1, 2]).mul(2).sort().values.toArray()).to.deep.equal([2, 4, 6]);
      const { argsort } = device.counters();
      expect(argsort.gpu).to.equal(0);
      expect(argsort.cpu).to.equal(1);
    });
  });

  describe('learns as the CPU does', () => {
    it("the article's network has the same losses within 1e-3, for 100 steps on MNIST", async function () {
      this.timeout(180_000);
      const { train: digits } = await data.mnist();
      const some = digits.subset(Int32Array.from({ length: 3200 }, (_, i) => i));
      const curve = async () => {
        const network = articleNetwork();
        const values: number[] = [];
        const loader = data.loader(some, { batchSize: 32, shuffle: true });
        await train.fit(network.model, {
          data: loader,
          loss: nn.crossEntropy,
          optimizer: network.optimizer,
          epochs: 1,
          callbacks: [{ onStep: ({ loss }: { loss: number }) => void values.push(loss) }],
        });
        return values;
      };
      await setDevice('cpu');
      const expected = await curve();
      await setDevice('webgpu', software);
      const actual = await curve();
      expect(device.counters().linear.gpu).to.equal(300);
      expect(expected).to.have.length(100);
      expect(expected[99]).to.be.lessThan(expected[0] / 2);
      expectClose(actual, expected, 1e-3);
    });

    it('leaves the memory of the GPU, and of the process, flat', async function () {
      this.timeout(180_000);
      await setDevice('webgpu', software);
      const network = smallNetwork();
      const megabytes = () => process.memoryUsage().rss / 2 ** 20;
      for (let i = 0; i < 500; i++) step(network, 8, 8, 4);
      const before = { bytes: device.info().bytes, heap: memory().bytes };
      // A driver takes some hundred MiB in its first thousands of steps, and what is lost in each would never end.
      let growth = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 12 && growth > 8; round++) {
        const rss = megabytes();
        for (let i = 0; i < 500; i++) step(network, 8, 8, 4);
        growth = megabytes() - rss;
      }
      expect(growth).to.be.at.most(8);
      expect(device.info().bytes).to.equal(before.bytes);
      expect(memory().bytes).to.equal(before.heap);
    });

    it('a loop that never reads waits for the device when 256 MiB are under way', async function () {
      this.timeout(60_000);
      await setDevice('webgpu', software);
      const worker = workers.at(-1) as Worker;
      const post = worker.postMessage.bind(worker);
      let reads = 0;
      worker.postMessage = (request: object) => {
        if ('read' in request) reads++;
        post(request);
      };
      const sent = () => device.counters().add?.up ?? 0;
      while (sent() < 320 * 2 ** 20) scope(() => void new Tensor([2 ** 20]).add(1));
      expect(reads).to.equal(1);
    });

    it('a loop outside of scopes that never pauses ends on the CPU, with the same values', async function () {
      this.timeout(180_000);
      await setDevice('webgpu', software);
      const x = tensor([1, 2, 3]);
      let y = x;
      for (let i = 0; i < 25_000; i++) y = y.add(1);
      expect([...y.data]).to.deep.equal([25_001, 25_002, 25_003]);
      expect(device.counters().add.cpu).to.be.greaterThan(0);
    });
  });

  describe('when it fails', () => {
    const failures: Record<string, (worker: Worker) => unknown> = {
      'its worker dies': (worker) => worker.terminate(),
      'the device is lost': (worker) => worker.postMessage({ lose: true }),
      'it has no room': (worker) =>
        worker.postMessage({ commands: [{ do: 'fill', value: 1, result: { id: -1, shape: [2 ** 30] } }] }),
    };

    for (const [what, hurt] of Object.entries(failures)) {
      it(`asked for by name, ${what}: an error within two seconds, and the engine goes on`, async () => {
        await setDevice('webgpu', software);
        losses(3);
        const x = randn([4, 4]);
        const y = x.mul(2);
        hurt(workers.at(-1) as Worker);
        const begin = performance.now();
        const error = errorOf(() => y.data);
        expect(performance.now() - begin).to.be.lessThan(2000);
        expect(error).to.be.instanceOf(DeviceError);
        expect(error.message).to.match(/the GPU failed/);
        expect(error.message).to.include("setDevice('cpu')");
        expect(errorOf(() => x.add(1))).to.be.instanceOf(DeviceError);
        await setDevice('cpu');
        expect(x.mul(2).data).to.have.length(16);
        expect(errorOf(() => y.data)).to.be.instanceOf(DeviceError);
      });
    }

    describe('in auto', () => {
      let cache: string;
      let warnings: string[];
      const { warn } = console;

      /** What the calibration has measured, but with a GPU that always wins. */
      before(async function () {
        this.timeout(120_000);
        cache = mkdtempSync(join(tmpdir(), 'typegrad-cache-'));
        process.env.TYPEGRAD_CACHE = cache;
        await setDevice('auto', software);
        const file = join(cache, 'gpu.json');
        const saved = JSON.parse(readFileSync(file, 'utf8'));
        for (const rates of Object.values<any>(saved.devices)) {
          Object.assign(rates.gpu, { launch: 1e-9, up: 1e9, down: 1e9, memory: 1e9 });
          for (const speed of rates.gpu.products) speed.gflops = 1e9;
        }
        writeFileSync(file, JSON.stringify(saved));
      });

      after(() => {
        rmSync(cache, { recursive: true });
        delete process.env.TYPEGRAD_CACHE;
      });

      beforeEach(async () => {
        warnings = [];
        console.warn = (text: string) => void warnings.push(text);
        await setDevice('auto', software);
      });

      afterEach(() => {
        console.warn = warn;
      });

      for (const [what, hurt] of Object.entries(failures)) {
        it(`${what}: one warning, and the CPU goes on from the same step`, async () => {
          const actual = losses(10, (i) => {
            if (i === 5) {
              expect(device.info().backend).to.equal('webgpu');
              hurt(workers.at(-1) as Worker);
            }
          });
          expect(device.info().backend).to.equal('wasm');
          expect(device.info().reason).to.match(/the GPU failed: /);
          expect(warnings).to.have.length(1);
          expect(warnings[0]).to.match(/the CPU goes on/);
          await setDevice('cpu');
          expectClose(actual, losses(10), 1e-3);
        });
      }

      it('also long after it was begun: when its journal is long, everything is brought here, and it begins anew', async function () {
        this.timeout(120_000);
        const steps = 20;
        const actual = losses(steps, (i) => {
          // 288 MiB of data, of which the journal keeps 256
          if (i === 5)
            for (let k = 0; k < 9; k++) scope(() => void indexSelect(ones([2 ** 13, 2 ** 10]), [0], 0));
          if (i === 15) (workers.at(-1) as Worker).postMessage({ lose: true });
          if (i === 15) expect(device.counters().journal.down).to.be.greaterThan(0);
        });
        expect(device.info().backend).to.equal('wasm');
        await setDevice('cpu');
        expectClose(actual, losses(steps), 1e-3);
      });

      it('just when the journal begins anew: the CPU goes on from the same step, too', async function () {
        this.timeout(120_000);
        const actual = losses(10, (i) => {
          if (i !== 5) return;
          // 256 MiB, and the parameters: the next call finds the journal full
          for (let k = 0; k < 8; k++) scope(() => void indexSelect(ones([2 ** 13, 2 ** 10]), [0], 0));
          (workers.at(-1) as Worker).postMessage({ lose: true });
        });
        expect(device.info().backend).to.equal('wasm');
        expect(warnings).to.have.length(1);
        await setDevice('cpu');
        expectClose(actual, losses(10), 1e-3);
      });

      it('a damaged calibration is measured again, after a warning', async function () {
        this.timeout(120_000);
        const file = join(cache, 'gpu.json');
        const good = readFileSync(file, 'utf8');
        writeFileSync(file, '{"version": 1, "dev'); // test/unit/gpu-cost.test.ts damages it in other ways
        const info = await setDevice('auto', software);
        expect(info.backend).to.equal('webgpu');
        expect(warnings).to.have.length(1);
        expect(warnings[0]).to.include(file);
        expect(JSON.parse(readFileSync(file, 'utf8')).version).to.equal(1);
        writeFileSync(file, good);
      });
    });

    it('a software adapter is not taken unless it is asked for, and auto says so', async () => {
      const info = await setDevice('auto');
      expect(info.backend).to.equal('wasm');
      expect(info.reason).to.match(/is software/);
      const error = await rejectionOf(() => setDevice('webgpu'));
      expect(error.message).to.match(
        /is software.*\n {2}rule: .*\n {2}try: {2}setDevice\('webgpu', \{ allowSoftware: true \}\)/s,
      );
      expect(new Tensor([2]).add(1).toArray()).to.deep.equal([1, 1]);
    });
  });
});
