// Movement: strided copies, and copies by index. Nothing is rounded, except where terms are added.

import { add, at, put, take } from './rows';

// ---- Strided copies ---------------------------------------------------------------------------------------
//
// A layout is 18 numbers (i32): the sizes of six axes, their strides in x, their strides in y, in elements. An axis
// that is not there has size 1. x and y point at the element where all indices are 0.

const AXES = 6;
const LONG = 256; // elements from which `memory.copy`, a call, beats a loop

// @ts-ignore: decorator
@inline
function sizeOf(layout: usize, axis: i32): i32 {
  return load<i32>(at(layout, axis));
}
// @ts-ignore: decorator
@inline
function xStride(layout: usize, axis: i32): i32 {
  return load<i32>(at(layout, AXES + axis));
}
// @ts-ignore: decorator
@inline
function yStride(layout: usize, axis: i32): i32 {
  return load<i32>(at(layout, 2 * AXES + axis));
}

function setAxis(layout: usize, axis: i32, size: i32, inX: i32, inY: i32): void {
  store<i32>(at(layout, axis), size);
  store<i32>(at(layout, AXES + axis), inX);
  store<i32>(at(layout, 2 * AXES + axis), inY);
}

/**
 * Writes a layout as few axes, the last ones: axes of size 1 are dropped, and an axis that goes on where its inner
 * neighbour ends, in x and in y, is merged with it. Called once, before `copy`; returns the number of `copy`'s lines.
 */
export function mergeAxes(layout: usize): i32 {
  let last = AXES; // the outermost axis so far
  for (let axis = AXES - 1; axis >= 0; axis--) {
    const size = sizeOf(layout, axis);
    const inX = xStride(layout, axis);
    const inY = yStride(layout, axis);
    if (size == 1) continue;
    const run = last < AXES ? sizeOf(layout, last) : 0;
    if (last < AXES && inX == run * xStride(layout, last) && inY == run * yStride(layout, last)) {
      store<i32>(at(layout, last), size * run);
    } else setAxis(layout, --last, size, inX, inY);
  }
  while (last > 0) setAxis(layout, --last, 1, 0, 0);
  let lines = 1;
  for (let axis = 0; axis < AXES - 1; axis++) lines *= sizeOf(layout, axis);
  return lines;
}

/** y = x, n elements side by side. */
function copyRun(x: usize, y: usize, n: i32): void {
  if (n >= LONG) return memory.copy(y, x, n << 2);
  let i = 0;
  for (; i + 4 <= n; i += 4) put(at(y, i), take(at(x, i), 4), 4);
  if (i < n) put(at(y, i), take(at(x, i), n - i), n - i);
}

/** y = value, n elements side by side. */
function repeat(value: v128, y: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) put(at(y, i), value, 4);
  if (i < n) put(at(y, i), value, n - i);
}

/** y = x, element by element, in two axes. */
function copyElements(
  x: usize,
  xRow: i32,
  xStep: i32,
  y: usize,
  yRow: i32,
  yStep: i32,
  rows: i32,
  count: i32,
): void {
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < count; i++)
      store<f32>(at(y, r * yRow + i * yStep), load<f32>(at(x, r * xRow + i * xStep)));
  }
}

/** y [4, 4] = xᵀ: pairs of elements change places, then pairs of pairs. */
// @ts-ignore: decorator
@inline
function transpose4(x: usize, xStep: i32, y: usize, yStep: i32): void {
  const a = v128.load(x);
  const b = v128.load(at(x, xStep));
  const c = v128.load(at(x, 2 * xStep));
  const d = v128.load(at(x, 3 * xStep));
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const AB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const CD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(y, v128.shuffle<f64>(ab, cd, 0, 2));
  v128.store(at(y, yStep), v128.shuffle<f64>(ab, cd, 1, 3));
  v128.store(at(y, 2 * yStep), v128.shuffle<f64>(AB, CD, 0, 2));
  v128.store(at(y, 3 * yStep), v128.shuffle<f64>(AB, CD, 1, 3));
}

const TALL = 8; // rows of y that grow side by side; of 4, 8, 16 and 32 the quickest

/** y [rows, columns] = xᵀ, x [columns, rows]: in blocks of 4 × 4, the rest element by element. */
function transpose(x: usize, xStep: i32, y: usize, yStep: i32, rows: i32, columns: i32): void {
  const wholeRows = rows & ~3;
  const wholeColumns = columns & ~3;
  for (let top = 0; top < wholeRows; top += TALL) {
    const bottom = min(top + TALL, wholeRows);
    for (let c = 0; c < wholeColumns; c += 4) {
      for (let r = top; r < bottom; r += 4)
        transpose4(at(x, c * xStep + r), xStep, at(y, r * yStep + c), yStep);
    }
  }
  copyElements(
    at(x, wholeColumns * xStep),
    1,
    xStep,
    at(y, wholeColumns),
    yStep,
    1,
    wholeRows,
    columns - wholeColumns,
  );
  copyElements(at(x, wholeRows), 1, xStep, at(y, wholeRows * yStep), yStep, 1, rows - wholeRows, columns);
}

/** The last two axes: whole runs, one value repeated, a transpose, or element by element. */
function copyPlane(
  x: usize,
  xRow: i32,
  xStep: i32,
  y: usize,
  yRow: i32,
  yStep: i32,
  rows: i32,
  count: i32,
): void {
  if (xStep == 1 && yStep == 1) {
    for (let r = 0; r < rows; r++) copyRun(at(x, r * xRow), at(y, r * yRow), count);
  } else if (xStep == 0 && yStep == 1) {
    for (let r = 0; r < rows; r++) repeat(v128.load_splat<f32>(at(x, r * xRow)), at(y, r * yRow), count);
  } else if (xRow == 1 && yStep == 1) transpose(x, xStep, y, yRow, rows, count);
  else if (xStep == 1 && yRow == 1) transpose(x, xRow, y, yStep, count, rows);
  else copyElements(x, xRow, xStep, y, yRow, yStep, rows, count);
}

/**
 * y = x through a layout whose axes `mergeAxes` has merged, for the lines `from` … `to` − 1: a line runs along the
 * last axis, and lines are counted through the axes before it. Any split will do; multiples of 8 transpose fastest.
 */
export function copy(x: usize, layout: usize, from: i32, to: i32, y: usize): void {
  const rows = sizeOf(layout, AXES - 2);
  while (from < to) {
    const row = from % rows;
    let p = row * xStride(layout, AXES - 2);
    let q = row * yStride(layout, AXES - 2);
    let plane = from / rows;
    for (let axis = AXES - 3; axis >= 0; axis--) {
      const size = sizeOf(layout, axis);
      const i = plane % size;
      p += i * xStride(layout, axis);
      q += i * yStride(layout, axis);
      plane /= size;
    }
    const here = min(rows - row, to - from);
    copyPlane(
      at(x, p),
      xStride(layout, AXES - 2),
      xStride(layout, AXES - 1),
      at(y, q),
      yStride(layout, AXES - 2),
      yStride(layout, AXES - 1),
      here,
      sizeOf(layout, AXES - 1),
    );
    from += here;
  }
}

// ---- By index ---------------------------------------------------------------------------------------------
//
// x, or y where terms are added, is [outer, size, inner]; the index (i32) holds places in 0 … size − 1.

/**
 * y[o, j, i] = x[o, index[o, j, i], i]: index and y are [outer, count, inner]. For the lines `from` … `to` − 1 of the
 * outer·count pairs (o, j).
 */
export function gather(
  x: usize,
  size: i32,
  inner: i32,
  index: usize,
  count: i32,
  from: i32,
  to: i32,
  y: usize,
): void {
  for (let line = from; line < to; line++) {
    const first = (line / count) * size;
    for (let i = 0; i < inner; i++) {
      const place = line * inner + i;
      store<f32>(at(y, place), load<f32>(at(x, (first + load<i32>(at(index, place))) * inner + i)));
    }
  }
}

/**
 * y[o, index[o, j, i], i] += x[o, j, i], ascending: index and x are [outer, count, inner]. For the columns `from` …
 * `to` − 1 of inner.
 */
export function scatterAdd(
  x: usize,
  index: usize,
  count: i32,
  outer: i32,
  size: i32,
  inner: i32,
  from: i32,
  to: i32,
  y: usize,
): void {
  for (let line = 0; line < outer * count; line++) {
    const first = (line / count) * size;
    for (let i = from; i < to; i++) {
      const place = line * inner + i;
      const sum = at(y, (first + load<i32>(at(index, place))) * inner + i);
      store<f32>(sum, load<f32>(sum) + load<f32>(at(x, place)));
    }
  }
}

/** y[o, j, i] = x[o, index[j], i]: index [count], y [outer, count, inner]. Lines as in `gather`. */
export function select(
  x: usize,
  size: i32,
  inner: i32,
  index: usize,
  count: i32,
  from: i32,
  to: i32,
  y: usize,
): void {
  for (let line = from; line < to; line++) {
    const row = (line / count) * size + load<i32>(at(index, line % count));
    copyRun(at(x, row * inner), at(y, line * inner), inner);
  }
}

/** y[o, index[j], i] += x[o, j, i], ascending: index [count], x [outer, count, inner]. Columns as in `scatterAdd`. */
export function selectAdd(
  x: usize,
  index: usize,
  count: i32,
  outer: i32,
  size: i32,
  inner: i32,
  from: i32,
  to: i32,
  y: usize,
): void {
  for (let line = 0; line < outer * count; line++) {
    const row = (line / count) * size + load<i32>(at(index, line % count));
    const sums = at(y, row * inner);
    const terms = at(x, line * inner);
    let i = from;
    for (; i + 4 <= to; i += 4) add(at(sums, i), at(terms, i), at(sums, i), 4);
    if (i < to) add(at(sums, i), at(terms, i), at(sums, i), to - i);
  }
}
