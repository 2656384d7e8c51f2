// Measures what a device and this machine can do, once for a device, and remembers it.
import type { Tensor } from '../../tensor/index.ts';
import type { Backend } from '../backend.ts';
import type { Rates, Speeds } from './cost.ts';
import type { ProductKernel } from './device.ts';
import type { MakeTensor } from './journal.ts';
import type { Link } from './link.ts';
import { store } from './platform.ts';

const version = 1; // of what is remembered

const sizes = [64, 256, 1024, 2048]; // of square products
const raceAt = 256; // the size at which the kinds of product kernels race
const tooLong = 60; // ms for one product, after which larger ones are not tried
const transfer = 2 ** 20; // floats

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];

/** Milliseconds of `body`, the median of a few runs after one that does not count. */
async function timed(body: () => unknown, runs = 5): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i <= runs; i++) {
    const begin = performance.now();
    await body();
    if (i > 0) times.push(performance.now() - begin);
  }
  return Math.max(median(times), 1e-4);
}

/** Measures. Takes about a second, or some seconds with a device that is slow. */
export async function calibrate(link: Link, cpu: Backend, make: MakeTensor): Promise<Rates> {
  const { description } = link;
  let ids = 0;
  const put = (values: Float32Array) => {
    const id = --ids; // the engine's own numbers begin at 0
    link.send([{ do: 'put', id, values }]);
    return id;
  };
  const run = (
    verb: string,
    operands: { id: number; shape: number[] }[],
    shape: number[],
    ...options: object[]
  ) => {
    const id = --ids;
    link.send([{ do: 'run', verb, args: [...operands, ...options], results: [{ id, shape }] }]);
    return id;
  };
  const free = (...freed: number[]) => link.send([{ do: 'free', ids: freed }]);
  // A value of one number, to wait for.
  const one = put(new Float32Array(1));
  const waiting = await timed(() => link.fetch([one], [new Float32Array(1)]));

  const values = new Float32Array(transfer).fill(1);
  const sent = await timed(async () => {
    const id = put(values);
    await link.fetch([one], [new Float32Array(1)]);
    free(id);
  }, 3);
  const big = { id: put(values), shape: [transfer] };
  const fetched = await timed(() => link.fetch([big.id], [new Float32Array(transfer)]), 3);

  const launches = 20;
  const tiny = { id: one, shape: [1] };
  const launched = await timed(async () => {
    for (let i = 0; i < launches; i++) free(run('neg', [tiny], [1]));
    await link.fetch([one], [new Float32Array(1)]);
  });
  const passes = 5;
  const passed = await timed(async () => {
    for (let i = 0; i < passes; i++) free(run('neg', [big], big.shape));
    await link.fetch([one], [new Float32Array(1)]);
  }, 3);
  free(big.id);

  const square = (size: number) => new Float32Array(size * size).fill(0.5);
  /** Milliseconds of a square product. */
  const multiplied = async (size: number) => {
    const a = { id: put(square(size)), shape: [size, size] };
    const time = await timed(async () => {
      free(run('matmul', [a, a], a.shape, {}));
      await link.fetch([one], [new Float32Array(1)]);
    }, 3);
    free(a.id);
    return time;
  };

  let product: ProductKernel = 'plain';
  if (description.backend === 'webgpu') {
    const plain = await multiplied(raceAt);
    link.send([{ do: 'choose', product: 'tiled' }]);
    product = (await multiplied(raceAt)) < plain ? 'tiled' : 'plain';
    link.send([{ do: 'choose', product }]);
  }

  const onGpu: { size: number; gflops: number }[] = [];
  const onCpu: { size: number; gflops: number }[] = [];
  for (const size of sizes) {
    const gpuTime = await multiplied(size);
    const [A, Y] = [make([size, size], square(size)), make([size, size])];
    const cpuTime = await timed(() => cpu.matmul(A, A, {}, Y), 3);
    const flops = 2 * size ** 3;
    onGpu.push({ size, gflops: flops / Math.max(gpuTime - waiting, gpuTime / 10) / 1e6 });
    onCpu.push({ size, gflops: flops / cpuTime / 1e6 });
    if (gpuTime > tooLong) break;
  }

  const [X, Z]: Tensor[] = [make([transfer], values), make([transfer])];
  const cpuPass = await timed(() => cpu.neg(X, Z));
  const small = make([1], new Float32Array(1));
  const cpuCall = await timed(() => cpu.neg(small, small), 20);
  free(one);

  const gigabytes = (bytes: number, milliseconds: number) => bytes / Math.max(milliseconds, 1e-3) / 1e6;
  const beyond = (total: number) => Math.max(total - waiting, total / 10);
  return {
    gpu: {
      launch: beyond(launched) / launches,
      wait: waiting,
      up: gigabytes(4 * transfer, beyond(sent)),
      down: gigabytes(4 * transfer, beyond(fetched)),
      memory: gigabytes(8 * transfer * passes, beyond(passed)),
      product,
      products: onGpu as Speeds,
    },
    cpu: { launch: cpuCall, memory: gigabytes(8 * transfer, cpuPass), products: onCpu as Speeds },
  };
}

const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0 && value < Infinity;

const areSpeeds = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((speed) => isPositive(speed?.size) && isPositive(speed?.gflops));

/** Whether these can be rates: a file may hold anything. */
function areRates(value: any): value is Rates {
  const { gpu, cpu } = value ?? {};
  const numbers = [gpu?.launch, gpu?.wait, gpu?.up, gpu?.down, gpu?.memory, cpu?.launch, cpu?.memory];
  const isKind = gpu?.product === 'plain' || gpu?.product === 'tiled';
  return numbers.every(isPositive) && isKind && areSpeeds(gpu.products) && areSpeeds(cpu.products);
}

interface Remembered {
  version: number;
  devices: Record<string, unknown>;
}

/** What is remembered; nothing if it is missing, of another version, or damaged, which `warn` is told. */
async function recall(warn: (problem: string) => void): Promise<Remembered> {
  const nothing = { version, devices: {} };
  const text = await store().read();
  if (text === undefined) return nothing;
  try {
    const remembered = JSON.parse(text);
    if (typeof remembered?.devices === 'object' && remembered.devices !== null)
      return remembered.version === version ? remembered : nothing;
  } catch {} // damaged
  warn(`the calibration in ${store().name} is damaged: it is measured again`);
  return nothing;
}

/** The rates of this device on this machine: remembered, or measured and remembered. */
export async function ratesOf(
  machine: string,
  measure: () => Promise<Rates>,
  warn: (problem: string) => void,
): Promise<Rates> {
  const { devices } = await recall(warn);
  const known = devices[machine];
  if (areRates(known)) return known;
  if (known !== undefined) warn(`the calibration in ${store().name} is damaged: it is measured again`);
  const rates = await measure();
  await store().write(
    JSON.stringify({ version, devices: { ...devices, [machine]: rates } } satisfies Remembered, null, 1),
  );
  return rates;
}

/** Forgets what was measured: it is measured again when it is needed. */
export const forgetRates = async (): Promise<void> => void (await store().remove());
