// Vectors of 256 bits: whether they are right here, and whether they are faster.
import { type Heap, heap, Tensor } from '../tensor/index.ts';
import { reference } from './reference/index.ts';
import type { Kernels, Wasm } from './wasm/index.ts';

const shapes = [
  [4, 16, 16],
  [37, 70, 45],
  [64, 300, 33],
  [5, 1, 100],
] as const;

/** Why products must not use the wide tiles; undefined if they are right, and faster than the narrow ones. */
export function objection(wasm: Wasm): string | undefined {
  wasm.pool.wide = true;
  if (!shapes.every(([m, k, n]) => isRight(wasm, m, k, n))) return 'a product differed from the reference';
  const gain = race(wasm.kernels);
  return gain > 1.1 ? undefined : `they are not faster here: ${gain.toFixed(2)} times the narrow ones' speed`;
}

function isRight({ verbs }: Wasm, m: number, k: number, n: number): boolean {
  const [A, B] = [new Tensor([m, k]), new Tensor([k, n])];
  const [fast, plain] = [new Tensor([m, n]), new Tensor([m, n])];
  reference.normal({ seed: m, stream: 0 }, 0, 1, A);
  reference.normal({ seed: n, stream: 1 }, 0, 1, B);
  verbs.matmul?.(A, B, {}, fast);
  reference.matmul(A, B, {}, plain);
  return fast.data.every((x, i) => Object.is(x, plain.data[i]));
}

/** How many times faster the wide tile is, on a product that stays in the cache: the median of interleaved rounds. */
function race({ gemm, WORK }: Kernels): number {
  const own = heap() as Heap;
  const [m, k, n] = [60, 256, 64];
  const bytes = [4 * m * k, 4 * k * n, 4 * m * n, (WORK as unknown as WebAssembly.Global).value];
  const [a, b, c, work] = bytes.map((size) => own.allocate(size));
  own.clear(a, bytes[0]);
  own.clear(b, bytes[1]);
  const time = (wide: number, calls: number): number => {
    const begin = performance.now();
    for (let i = 0; i < calls; i++) gemm(0, m, 0, n, k, a, 4 * k, 0, b, 4 * n, 0, c, 4 * n, wide, work);
    return performance.now() - begin;
  };
  for (let turn = 0; turn < 8; turn++) for (const wide of [0, 1]) time(wide, 25); // until the optimised code has come
  const gains = Array.from({ length: 9 }, () => time(0, 20) / time(1, 20)).sort((x, y) => x - y);
  [a, b, c, work].forEach((address, i) => own.free(address, bytes[i]));
  return gains[4];
}
