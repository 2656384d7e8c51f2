// What gpu.ts prints of a device, in Node or in a page: whether its results are the CPU's, and how long it takes.
import {
  device,
  manualSeed,
  matmul,
  nn,
  optim,
  randn,
  scope,
  setDevice,
  type Tensor,
  tensor,
} from '../src/index.ts';

export interface Report {
  /** Why there is no such device; undefined if there is one. */
  missing?: string;
  adapter?: string;
  isSoftware?: boolean;
  /** How many results were compared, and what was wrong. */
  compared: number;
  problems: string[];
  timings: { what: string; gpu: number; cpu: number }[];
}

type DeviceName = 'webgpu' | 'webgl2' | 'headlessgl';

/** Opens a device, software too, and tries it. */
export async function reportOf(name: DeviceName): Promise<Report> {
  const report: Report = { compared: 0, problems: [], timings: [] };
  try {
    const { adapter, isSoftware } = await setDevice(name, { allowSoftware: true });
    Object.assign(report, { adapter, isSoftware });
  } catch (error) {
    return { ...report, missing: (error as Error).message };
  }
  try {
    for (const { verb, what, problem } of await sweep(name)) {
      report.compared++;
      if (problem !== undefined) report.problems.push(`${verb} ${what}: ${problem}`);
    }
    for (const [what, body] of Object.entries(timed)) {
      const gpu = await timeOn(name, body);
      report.timings.push({ what, gpu, cpu: await timeOn('cpu', body) });
    }
  } catch (error) {
    report.problems.push((error as Error).message); // the device has failed
  }
  return report;
}

interface Finding {
  verb: string;
  what: string;
  problem?: string;
}

/** Values by operations that between them use most kernels. */
const computations: Record<string, () => Tensor> = {
  'matmul [33, 70] [70, 20]': () => matmul(randn([33, 70]), randn([70, 20])),
  'matmul Aᵀ B': () => matmul(randn([70, 33]), randn([70, 20]), { transposeA: true }),
  'matmul A Bᵀ, in batches': () => matmul(randn([3, 33, 70]), randn([3, 20, 70]), { transposeB: true }),
  'linear and its activation': () => new nn.Linear(70, 20).forward(randn([33, 70])).relu(),
  'exp log tanh': () => randn([50, 41]).exp().add(1).log().tanh(),
  'tanh of ±100': () => tensor([-100, 100, 0]).tanh(),
  'relu of NaN, ±∞': () => tensor([Number.NaN, Infinity, -Infinity, -1, 2]).relu(),
  'sigmoid − division, over rows': () =>
    randn([50, 41])
      .sigmoid()
      .sub(randn([41]).div(3)),
  'sum along each axis': () => randn([7, 30, 11]).sum(1).sum(0),
  'max along an axis': () => randn([50, 41]).max(1),
  softmax: () => randn([50, 41]).softmax(1),
  'transposed, sliced': () => randn([50, 41]).transpose().slice(3, 20).add(0),
  'three steps of Adam': () => training(3),
};

/** Each of them there and on the CPU. */
async function sweep(name: DeviceName): Promise<Finding[]> {
  const findings: Finding[] = [];
  const valuesOn = async (where: DeviceName | 'cpu', body: () => Tensor) => {
    await setDevice(where, { allowSoftware: true });
    manualSeed(42);
    const values = (await body().read()).slice();
    const ran = Object.values(device.counters()).some(({ gpu }) => gpu > 0);
    return { values, ran };
  };
  for (const [what, body] of Object.entries(computations)) {
    const right = (await valuesOn('cpu', body)).values;
    const { values, ran } = await valuesOn(name, body);
    const scale = Math.max(1, ...right.filter(Number.isFinite).map(Math.abs));
    const wrong = right.findIndex((value, i) =>
      Number.isFinite(value) ? !(Math.abs(values[i] - value) <= 1e-5 * scale) : !Object.is(values[i], value),
    );
    const problem =
      wrong >= 0
        ? `element ${wrong} is ${values[wrong]}, not ${right[wrong]}`
        : ran
          ? undefined
          : 'it did not run there';
    findings.push({ verb: what, what: '', problem });
  }
  return findings;
}

/** The loss after so many steps of the article's network. */
function training(steps: number): Tensor {
  const model = new nn.Sequential(
    new nn.Linear(784, 64),
    new nn.ReLU(),
    new nn.Linear(64, 128),
    new nn.ReLU(),
    new nn.Linear(128, 10),
  );
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
  const x = randn([32, 784]);
  const labels = Int32Array.from({ length: 32 }, (_, i) => i % 10);
  const step = () =>
    scope(() => {
      optimizer.zeroGrad();
      const loss = nn.crossEntropy(model.forward(x), labels);
      loss.backward();
      optimizer.step();
      return loss;
    });
  for (let i = 1; i < steps; i++) step();
  return step();
}

const repeats = 10;

const products = (size: number) => (): Tensor =>
  scope(() => {
    const x = randn([size, size]).div(Math.sqrt(size));
    let y = x;
    for (let i = 0; i < repeats; i++) y = matmul(y, x);
    return y;
  });

/** What is timed: ten of each, one after the other, and the last one is read. */
const timed: Record<string, () => Tensor> = {
  'product 64': products(64),
  'product 128': products(128),
  'product 256': products(256),
  'training step': () => training(repeats),
};

/** Milliseconds for one of ten: the best of three, after one that does not count. */
async function timeOn(where: DeviceName | 'cpu', body: () => Tensor): Promise<number> {
  await setDevice(where, { allowSoftware: true });
  const times: number[] = [];
  for (let i = 0; i < 4; i++) {
    manualSeed(42);
    const begin = performance.now();
    await body().read();
    times.push((performance.now() - begin) / repeats);
  }
  return Math.min(...times.slice(1));
}

Object.assign(globalThis, { reportOf }); // for a page
