// Reductions as gpu.js kernels. Many threads take part in a long row: each takes every so many-th element.
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

/** A reduction of rows whose elements are neighbours, each by `parts` threads; and of rows whose elements lie `inner` apart. */
interface Reduction {
  rows: Kernel;
  columns: Kernel;
}

const sum: Reduction = {
  rows: kernel('aii', function (this: Thread, x: number[], size: number, parts: number) {
    let total = 0;
    for (let j = 0; j * parts + this.thread.x < size; j++)
      total += x[this.thread.y * size + j * parts + this.thread.x];
    return total;
  }),
  columns: kernel('aii', function (this: Thread, x: number[], size: number, inner: number) {
    let total = 0;
    for (let j = 0; j < size; j++) total += x[(this.thread.y * size + j) * inner + this.thread.x];
    return total;
  }),
};

const prod: Reduction = {
  rows: kernel('aii', function (this: Thread, x: number[], size: number, parts: number) {
    let total = 1;
    for (let j = 0; j * parts + this.thread.x < size; j++)
      total *= x[this.thread.y * size + j * parts + this.thread.x];
    return total;
  }),
  columns: kernel('aii', function (this: Thread, x: number[], size: number, inner: number) {
    let total = 1;
    for (let j = 0; j < size; j++) total *= x[(this.thread.y * size + j) * inner + this.thread.x];
    return total;
  }),
};

const max: Reduction = {
  rows: kernel('aii', function (this: Thread, x: number[], size: number, parts: number) {
    let best = x[this.thread.y * size + this.thread.x];
    for (let j = 1; j * parts + this.thread.x < size; j++) {
      const value = x[this.thread.y * size + j * parts + this.thread.x];
      if (best === best && !(value <= best)) best = value;
    }
    return best;
  }),
  columns: kernel('aii', function (this: Thread, x: number[], size: number, inner: number) {
    let best = x[this.thread.y * size * inner + this.thread.x];
    for (let j = 1; j < size; j++) {
      const value = x[(this.thread.y * size + j) * inner + this.thread.x];
      if (best === best && !(value <= best)) best = value;
    }
    return best;
  }),
};

const min: Reduction = {
  rows: kernel('aii', function (this: Thread, x: number[], size: number, parts: number) {
    let best = x[this.thread.y * size + this.thread.x];
    for (let j = 1; j * parts + this.thread.x < size; j++) {
      const value = x[this.thread.y * size + j * parts + this.thread.x];
      if (best === best && !(value >= best)) best = value;
    }
    return best;
  }),
  columns: kernel('aii', function (this: Thread, x: number[], size: number, inner: number) {
    let best = x[this.thread.y * size * inner + this.thread.x];
    for (let j = 1; j < size; j++) {
      const value = x[(this.thread.y * size + j) * inner + this.thread.x];
      if (best === best && !(value >= best)) best = value;
    }
    return best;
  }),
};

const argmax = kernel('aii', function (this: Thread, x: number[], size: number, inner: number) {
  let best = x[this.thread.y * size * inner + this.thread.x];
  let place = 0;
  for (let j = 1; j < size; j++) {
    const value = x[(this.thread.y * size + j) * inner + this.thread.x];
    if (best === best && !(value <= best)) {
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
    if (best === best && !(value >= best)) {
      best = value;
      place = j;
    }
  }
  return place;
});

/** Elements that one thread reduces, if there are many. */
export const share = 256;

/** How many threads reduce such a row. */
export const partsOf = (size: number): number => (size > 4 * share ? Math.ceil(size / share) : 1);

function* reduce(
  { rows, columns }: Reduction,
  x: Handle,
  { outer, size, inner }: View,
): Generator<Launch, Handle, Handle> {
  if (inner > 1) return yield { kernel: columns, output: [inner, outer], args: [x, size, inner] };
  const parts = partsOf(size);
  const left = yield { kernel: rows, output: [parts, outer], args: [x, size, parts] };
  return parts > 1 ? yield* reduce({ rows, columns }, left, { outer, size: parts, inner }) : left;
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
