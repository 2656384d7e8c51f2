// Reductions, and what else runs along one axis. The order of every sum is the contract's.
import type { AxisView, Tensor } from '../../tensor/index.ts';
import type { Backend, Reduction } from '../backend.ts';
import { elements, fround } from './precision.ts';

type Floats = Float32Array;
type Combine = (total: number, x: number) => number;

const block = 4096;
const lanes = new elements(16);

/** Reduces x[from … from + count): blocks of 4,096, 16 lanes in each, folded 8, 4, 2, 1; totals ascending. */
export function reduceRow(x: Floats, from: number, count: number, start: number, combine: Combine): number {
  let total = start;
  for (let begin = 0; begin < count; begin += block) {
    const end = Math.min(begin + block, count);
    lanes.fill(start);
    for (let i = begin; i < end; i++) lanes[(i - begin) % 16] = combine(lanes[(i - begin) % 16], x[from + i]);
    for (let half = 8; half >= 1; half /= 2) {
      for (let lane = 0; lane < half; lane++) lanes[lane] = combine(lanes[lane], lanes[lane + half]);
    }
    total = fround(combine(total, lanes[0]));
  }
  return total;
}

export const add: Combine = (total, x) => total + x;

/** The sum of a row, in the contract's order. */
export const sumRow = (x: Floats, from: number, count: number): number => reduceRow(x, from, count, 0, add);

/** The greatest of a row; NaN if there is one. */
export const maxRow = (x: Floats, from: number, count: number): number =>
  reduceRow(x, from, count, -Infinity, Math.max);

const reduction =
  (start: number, combine: Combine): Reduction =>
  (x, { outer, size, inner }, y) => {
    const [from, to] = [x.storage.read(), y.storage.write()];
    if (inner === 1) {
      for (let o = 0; o < outer; o++) to[o] = reduceRow(from, o * size, size, start, combine);
      return;
    }
    to.fill(start);
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < size; j++) {
        const row = (o * size + j) * inner;
        for (let i = 0; i < inner; i++) to[o * inner + i] = combine(to[o * inner + i], from[row + i]);
      }
    }
  };

/** The place of the first element that nothing beats; NaN beats every number. */
const place =
  (beats: (x: number, best: number) => boolean): Reduction =>
  (x, { outer, size, inner }, y) => {
    const [from, to] = [x.storage.read(), y.storage.write()];
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let best = 0;
        for (let j = 1; j < size; j++) {
          const value = from[(o * size + j) * inner + i];
          const champion = from[(o * size + best) * inner + i];
          if (!Number.isNaN(champion) && (Number.isNaN(value) || beats(value, champion))) best = j;
        }
        to[o * inner + i] = best;
      }
    }
  };

/** Visits each row along the axis: `first` is the place of its first element, `step` the way to the next. */
export function eachRow(
  { outer, size, inner }: AxisView,
  visit: (first: number, step: number, row: number) => void,
): void {
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++) visit(o * size * inner + i, inner, o * inner + i);
}

function argsort(x: Tensor, view: AxisView, descending: boolean, y: Tensor): void {
  const [from, to] = [x.storage.read(), y.storage.write()];
  eachRow(view, (first, step) => {
    const value = (j: number) => from[first + j * step];
    const order = Array.from({ length: view.size }, (_, j) => j).sort((a, b) => {
      const [p, q] = [value(a), value(b)];
      if (Number.isNaN(p) || Number.isNaN(q)) return Number(Number.isNaN(p)) - Number(Number.isNaN(q));
      return (p < q ? -1 : p > q ? 1 : 0) * (descending ? -1 : 1);
    });
    order.forEach((j, i) => {
      to[first + i * step] = j;
    });
  });
}

function cumsum(x: Tensor, view: AxisView, reverse: boolean, y: Tensor): void {
  const [from, to] = [x.storage.read(), y.storage.write()];
  eachRow(view, (first, step) => {
    let total = 0;
    for (let j = 0; j < view.size; j++) {
      const at = first + (reverse ? view.size - 1 - j : j) * step;
      total = fround(total + from[at]);
      to[at] = total;
    }
  });
}

export const reductions: Pick<
  Backend,
  'sum' | 'prod' | 'max' | 'min' | 'argmax' | 'argmin' | 'cumsum' | 'argsort'
> = {
  sum: reduction(0, add),
  prod: reduction(1, (total, x) => total * x),
  max: reduction(-Infinity, Math.max),
  min: reduction(Infinity, Math.min),
  argmax: place((x, best) => x > best),
  argmin: place((x, best) => x < best),
  cumsum,
  argsort,
};
