// Vectors of 256 bits: whether they are right here, and whether they are faster.
import { type Heap, heap, Tensor } from '../tensor/index.ts';
import { reference } from './reference/index.ts';
import type { Kernels, Wasm } from './wasm/index.ts';

const shapes = [
  [4, 16, 16],
  [37, 70, 45],
  [20, 300, 33],
  [5, 1, 100],
] as const;

/** Why products must not use the wide tiles; undefined if they are right, and faster than the narrow ones. */
export function objection(wasm: Wasm): string | undefined {
  if (!shapes.every(([m, k, n]) => isRight(wasm, m, k, n))) return 'a product differed from the reference';
  const gain = race(wasm.kernels);
  return gain > 1.1 ? undefined : `they are not faster here: ${gain.toFixed(2)} times the narrow ones' speed`;
}

function isRight({ verbs }: Wasm, m: number, k: number, n: number): boolean {
  const [A, B] = [new Tensor([m, k]), new Tensor([k, n])];
  const [fast, plain] = [new Tensor([m, n]), new Tensor([m, n])];
  scatter(A);
  scatter(B);
  verbs.matmul?.(A, B, {}, fast);
  reference.matmul(A, B, {}, plain);
  return fast.data.every((x, i) => Object.is(x, plain.data[i]));
}

/** Fills with numbers between −1 and 1 that need all of float32's digits. Plain loops that make better ones would take 30 ms to start. */
function scatter(x: Tensor): void {
  const values = x.storage.write();
  let last = x.size;
  for (let i = 0; i < values.length; i++) {
    last = (Math.imul(last, 1664525) + 1013904223) | 0;
    values[i] = last / 2 ** 31;
  }
}

/** How many times faster the wide tile is, on panels that stay in the first cache: the median of interleaved rounds. */
function race({ tile8, tile16 }: Kernels): number {
  const own = heap() as Heap;
  const terms = 256;
  const bytes = 4 * terms * 16;
  const places = Array.from({ length: 3 }, () => own.allocate(bytes));
  for (const address of places) own.clear(address, bytes);
  const [a, b, c] = places;
  const time = (tile: Kernels[string], columns: number): number => {
    const begin = performance.now();
    for (let i = 0; i < 3200 / columns; i++)
      tile(terms, a, 4, 8, 12, 16, 20, 24, b, 4 * columns, c, 64, b, c, 64);
    return performance.now() - begin;
  };
  const narrow = () => time(tile8, 8);
  const wide = () => time(tile16, 16);
  for (let turn = 0; turn < 8; turn++) for (const run of [narrow, wide]) run(); // until the optimised code has come
  const gains = Array.from({ length: 9 }, () => narrow() / wide()).sort((x, y) => x - y);
  for (const address of places) own.free(address, bytes);
  return gains[4];
}
