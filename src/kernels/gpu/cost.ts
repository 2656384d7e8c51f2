// Whether a call wins on the GPU: what it costs there and here, by its work and by where its operands are.

import type { ProductKernel } from './device.ts';

/** What a call has to do. */
export interface Work {
  /** Multiplications and additions of a product; 0 for what is bound by memory. */
  flops: number;
  /** Bytes of operands and results together. */
  bytes: number;
  /** Bytes of operands that the GPU has not, and of those that only it has. */
  missing: number;
  away: number;
}

/** How fast products are: for each size, that of a square product, GFLOP/s. */
export type Speeds = readonly { size: number; gflops: number }[];

/** What a device and this machine can do: measured by calibration.ts. */
export interface Rates {
  gpu: {
    /** Milliseconds that a call takes whatever it does, and a read back. */
    launch: number;
    wait: number;
    /** GB/s to the device, back, and of its own memory. */
    up: number;
    down: number;
    memory: number;
    /** The faster kernel for products, and how fast it is. */
    product: ProductKernel;
    products: Speeds;
  };
  cpu: { launch: number; memory: number; products: Speeds };
}

export interface Cost {
  /** Milliseconds, by what they are for. */
  parts: Record<string, number>;
  total: number;
}

const cost = (parts: Record<string, number>): Cost => ({
  parts,
  total: Object.values(parts).reduce((sum, part) => sum + part, 0),
});

/** GFLOP/s of a product of so many operations: between the measured sizes by their logarithms. */
export function speedOf(speeds: Speeds, flops: number): number {
  const size = Math.cbrt(flops / 2);
  const above = speeds.findIndex((speed) => speed.size >= size);
  if (above === 0) return speeds[0].gflops;
  if (above < 0) return speeds[speeds.length - 1].gflops;
  const [low, high] = [speeds[above - 1], speeds[above]];
  const part = Math.log(size / low.size) / Math.log(high.size / low.size);
  return low.gflops * (high.gflops / low.gflops) ** part;
}

/** Milliseconds to move or touch bytes at so many GB/s. */
const milliseconds = (bytes: number, gigabytes: number): number => bytes / gigabytes / 1e6;

const compute = (speeds: Speeds, memory: number, { flops, bytes }: Work): number =>
  Math.max(flops > 0 ? flops / speedOf(speeds, flops) / 1e6 : 0, milliseconds(bytes, memory));

/** On the GPU: what is missing there has to be sent. */
export const onGpu = ({ gpu }: Rates, work: Work): Cost =>
  cost({
    launch: gpu.launch,
    ...(work.missing > 0 ? { send: milliseconds(work.missing, gpu.up) } : {}),
    compute: compute(gpu.products, gpu.memory, work),
  });

/** On the CPU: what is away has to come back. */
export const onCpu = ({ gpu, cpu }: Rates, work: Work): Cost =>
  cost({
    launch: cpu.launch,
    ...(work.away > 0 ? { fetch: gpu.wait + milliseconds(work.away, gpu.down) } : {}),
    compute: compute(cpu.products, cpu.memory, work),
  });

/** Whether a call goes to the GPU. */
export const wins = (rates: Rates, work: Work): boolean =>
  onGpu(rates, work).total < onCpu(rates, work).total;

const time = (ms: number): string =>
  ms < 0.1 ? `${(ms * 1000).toPrecision(2)} µs` : `${ms.toPrecision(2)} ms`;

const told = ({ parts, total }: Cost): string =>
  `${time(total)} (${Object.entries(parts)
    .map(([part, ms]) => `${part} ${time(ms)}`)
    .join(', ')})`;

/** Why a call goes where it goes, for people: with its operands here, and with them on the device. */
export function explain(
  rates: Rates,
  what: string,
  work: Omit<Work, 'missing' | 'away'>,
  operands: number,
): string {
  const line = (where: string, whole: Work): string => {
    const [gpu, cpu] = [onGpu(rates, whole), onCpu(rates, whole)];
    return `  operands ${where}: GPU ${told(gpu)}, CPU ${told(cpu)}  →  ${gpu.total < cpu.total ? 'GPU' : 'CPU'}`;
  };
  return [
    what,
    line('on the CPU', { ...work, missing: operands, away: 0 }),
    line('on the GPU', { ...work, missing: 0, away: operands }),
  ].join('\n');
}
