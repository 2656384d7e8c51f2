// What gpu.ts prints of a device, in Node or in a page: whether its results are the CPU's, and how long it takes.
import { manualSeed, matmul, nn, optim, randn, scope, setDevice, type Tensor } from '../src/index.ts';
import { openLink } from '../src/kernels/gpu/link.ts';
import { type Finding, sweep } from '../test/gpu/sweep.ts';

export interface Report {
  /** Why there is no such device; undefined if there is one. */
  missing?: string;
  adapter?: string;
  isSoftware?: boolean;
  /** How many calls of verbs were compared with the reference's, and what was wrong. */
  compared: number;
  verbs: number;
  problems: string[];
  timings: { what: string; gpu: number; cpu: number }[];
}

type DeviceName = 'webgpu' | 'webgl2' | 'headlessgl';

export interface ReportOptions {
  /** Of the calls of a verb, the first of so many are compared. */
  every: number;
  /** Whether it is timed, too. */
  isTimed: boolean;
}

/** Opens a device, software too, and tries it. */
export async function reportOf(name: DeviceName, { every, isTimed }: ReportOptions): Promise<Report> {
  const report: Report = { compared: 0, verbs: 0, problems: [], timings: [] };
  try {
    const { adapter, isSoftware } = await setDevice(name, { allowSoftware: true });
    Object.assign(report, { adapter, isSoftware });
  } catch (error) {
    return { ...report, missing: (error as Error).message };
  }
  try {
    await setDevice('cpu');
    const link = await openLink([name], true, false);
    const verbs = new Set<string>();
    const count = ({ verb, what, problem }: Finding) => {
      report.compared++;
      report.verbs = verbs.add(verb).size;
      if (problem !== undefined) report.problems.push(`${verb} ${what}: ${problem}`);
    };
    await sweep(link, { report: count, every }).finally(() => link.end());
    for (const [what, body] of Object.entries(isTimed ? timed : {})) {
      const gpu = await timeOn(name, body);
      report.timings.push({ what, gpu, cpu: await timeOn('cpu', body) });
    }
  } catch (error) {
    report.problems.push((error as Error).message); // the device has failed
  }
  return report;
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
