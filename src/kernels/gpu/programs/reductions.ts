// Reductions as gpu.js kernels. Long rows are cut into blocks, so that many threads take part.
import {
  type Handle,
  kernel,
  type Kernel,
  type Launch,
  type Program,
  type Steps,
  type Thread,
  type Value,
} from '../device.ts';

export interface View {
  outer: number;
  size: number;
  inner: number;
}

/** A reduction of rows whose elements are neighbours, cut into blocks; and of rows whose elements lie `inner` apart. */
interface Reduction {
  rows: Kernel;
  columns: Kernel;
}

const sum: Reduction = {
  rows: kernel('aii', function (this: Thread, x: number[], size: number, block: number) {
    const from = this.thread.x * block;
    const count = Math.min(block, size - from);
    let total = 0;
    for (let j = 0; j < count; j++) total += x[this.thread.y * size + from + j];
    return total;
  }),
  columns: kernel('aii', function (this: Thread, x: number[], size: number, inner: number) {
    let total = 0;
    for (let j = 0; j < size; j++) total += x[(this.thread.y * size + j) * inner + this.thread.x];
    return total;
  }),
};

const prod: Reduction = {
  rows: kernel('aii', function (this: Thread, x: number[], size: number, block: number) {
    const from = this.thread.x * block;
    const count = Math.min(block, size - from);
    let total = 1;
    for (let j = 0; j < count; j++) total *= x[this.thread.y * size + from + j];
    return total;
  }),
  columns: kernel('aii', function (this: Thread, x: number[], size: number, inner: number) {
    let total = 1;
    for (let j = 0; j < size; j++) total *= x[(this.thread.y * size + j) * inner + this.thread.x];
    return total;
  }),
};

const max: Reduction = {
  rows: kernel('aii', function (this: Thread, x: number[], size: number, block: number) {
    const from = this.thread.x * block;
    const count = Math.min(block, size - from);
    let best = x[this.thread.y * size + from];
    for (let j = 1; j < count; j++) {
      const value = x[this.thread.y * size + from + j];
      if (value > best || value !== value) best = value;
    }
    return best;
  }),
  columns: kernel('aii', function (this: Thread, x: number[], size: number, inner: number) {
    let best = x[this.thread.y * size * inner + this.thread.x];
    for (let j = 1; j < size; j++) {
      const value = x[(this.thread.y * size + j) * inner + this.thread.x];
      if (value > best || value !== value) best = value;
    }
    return best;
  }),
};

const min: Reduction = {
  rows: kernel('aii', function (this: Thread, x: number[], size: number, block: number) {
    const from = this.thread.x * block;
    const count = Math.min(block, size - from);
    let best = x[this.thread.y * size + from];
    for (let j = 1; j < count; j++) {
      const value = x[this.thread.y * size + from + j];
      if (value < best || value !== value) best = value;
    }
    return best;
  }),
  columns: kernel('aii', function (this: Thread, x: number[], size: number, inner: number) {
    let best = x[this.thread.y * size * inner + this.thread.x];
    for (let j = 1; j < size; j++) {
      const value = x[(this.thread.y * size + j) * inner + this.thread.x];
      if (value < best || value !== value) best = value;
    }
    return best;
  }),
};

const argmax = kernel('aii', function (this: Thread, x: number[], size: number, inner: number) {
  let best = x[this.thread.y * size * inner + this.thread.x];
  let place = 0;
  for (let j = 1; j < size; j++) {
    const value = x[(this.thread.y * size + j) * inner + this.thread.x];
    if (best === best && (value > best || value !== value)) {
      best = value;
      place = j;
    }
  }
  return place;
});

const argmin = kernel('aii', function (this: Thread, x: number[], size: number, inner: number) {
  let best = x[this.thread.y * size * inner + this.thread.x];
  let place = 0;
  for (let j = 1; j < size; j++) {
    const value = x[(this.thread.y * size + j) * inner + this.thread.x];
    if (best === best && (value < best || value !== value)) {
      best = value;
      place = j;
    }
  }
  return place;
});

const block = 256; // elements that one thread reduces, if there are many

function* reduce(
  { rows, columns }: Reduction,
  x: Handle,
  { outer, size, inner }: View,
): Generator<Launch, Handle, Handle> {
  if (inner > 1) return yield { kernel: columns, output: [inner, outer], args: [x, size, inner] };
  let left = x;
  let count = size;
  while (count > 4 * block) {
    const blocks = Math.ceil(count / block);
    left = yield { kernel: rows, output: [blocks, outer], args: [left, count, block] };
    count = blocks;
  }
  return yield { kernel: rows, output: [1, outer], args: [left, count, count] };
}

/** Each row's greatest element. */
export const maxima = (x: Handle, view: View) => reduce(max, x, view);
/** Each row's sum. */
export const sums = (x: Handle, view: View) => reduce(sum, x, view);

const reduction = (own: Reduction): Program =>
  function* ([x, view]: [Value, View]): Steps {
    return [yield* reduce(own, x.handle, view)];
  };

const place = (kernel: Kernel): Program =>
  function* ([x, { outer, size, inner }]: [Value, View]): Steps {
    return [yield { kernel, output: [inner, outer], args: [x.handle, size, inner] }];
  };

export const reductions: Record<string, Program> = {
  sum: reduction(sum),
  prod: reduction(prod),
  max: reduction(max),
  min: reduction(min),
  argmax: place(argmax),
  argmin: place(argmin),
};
