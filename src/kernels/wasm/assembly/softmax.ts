// Softmax and its relatives, shifted by the row's maximum so that nothing overflows.
//
//   m = max xⱼ,   eⱼ = exp(xⱼ − m),   s = Σ eⱼ, summed as a reduction
//
//   ...Rows      inner = 1: x [rows, size], for the rows `from` … `to` − 1. Any split of the rows gives the same bits.
//   ...Columns   x [outer, size, inner], for the columns `from` … `to` − 1 of inner. Any split likewise.
//
// Nothing outside of x is read, and nothing outside of the range of y is written. y may be x in softmax only.
// `work` is room for one row, x's `size` floats.

import { exp, log } from './math';
import { at, combine, greatest, maximum, Op, put, start, sum, take } from './rows';

// @ts-ignore: decorator
@inline
function shifted(x: usize, m: v128, count: i32): v128 {
  return f32x4.sub(take(x, count), m);
}

/** e [size] = exp(x − m); returns s. */
function exponentials(x: usize, m: f32, size: i32, e: usize): f32 {
  for (let j = 0; j < size; j += 4) put(at(e, j), exp(shifted(at(x, j), f32x4.splat(m), size - j)), size - j);
  return sum(e, size);
}

function logOf(x: f32): f32 {
  return f32x4.extract_lane(log(f32x4.splat(x)), 0);
}

// ---- Rows -------------------------------------------------------------------------------------------------

/** y = eⱼ / s */
export function softmaxRows(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  for (let r = from; r < to; r++) {
    const row = at(x, r * size);
    const p = at(y, r * size);
    const s = f32x4.splat(exponentials(row, maximum(row, size), size, p));
    for (let j = 0; j < size; j += 4) put(at(p, j), f32x4.div(take(at(p, j), size - j), s), size - j);
  }
}

/** y = (xⱼ − m) − log s */
export function logSoftmaxRows(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  for (let r = from; r < to; r++) {
    const row = at(x, r * size);
    const p = at(y, r * size);
    const m = maximum(row, size);
    const logS = f32x4.splat(logOf(exponentials(row, m, size, p)));
    for (let j = 0; j < size; j += 4)
      put(at(p, j), f32x4.sub(shifted(at(row, j), f32x4.splat(m), size - j), logS), size - j);
  }
}

/** y [rows] = m + log s; m itself where it is infinite. */
export function logSumExpRows(x: usize, size: i32, from: i32, to: i32, work: usize, y: usize): void {
  for (let r = from; r < to; r++) {
    const row = at(x, r * size);
    const m = maximum(row, size);
    store<f32>(at(y, r), abs(m) == Infinity ? m : m + logOf(exponentials(row, m, size, work)));
  }
}

/** loss [rows] = log s − (x[label] − m), labels i32 [rows] */
export function crossEntropy(
  x: usize,
  labels: usize,
  classes: i32,
  from: i32,
  to: i32,
  work: usize,
  loss: usize,
): void {
  for (let r = from; r < to; r++) {
    const row = at(x, r * classes);
    const m = maximum(row, classes);
    const logS = logOf(exponentials(row, m, classes, work));
    store<f32>(at(loss, r), logS - (load<f32>(at(row, load<i32>(at(labels, r)))) - m));
  }
}

/** dx [rows, classes] = dy · (eⱼ / s − [j = label]), dy [rows] */
export function crossEntropyGradient(
  dy: usize,
  x: usize,
  labels: usize,
  classes: i32,
  from: i32,
  to: i32,
  dx: usize,
): void {
  for (let r = from; r < to; r++) {
    const row = at(x, r * classes);
    const d = at(dx, r * classes);
    const s = exponentials(row, maximum(row, classes), classes, d);
    const g = load<f32>(at(dy, r));
    const label = load<i32>(at(labels, r));
    const ofLabel = g * (load<f32>(at(d, label)) / s - 1);
    for (let j = 0; j < classes; j += 4) {
      const p = f32x4.div(take(at(d, j), classes - j), f32x4.splat(s));
      put(at(d, j), f32x4.mul(f32x4.splat(g), p), classes - j);
    }
    store<f32>(at(d, label), ofLabel);
  }
}

// ---- Columns ----------------------------------------------------------------------------------------------

const enum Kind {
  softmax,
  logSoftmax,
  logSumExp,
}

/** Four columns at a time, a lane each. */
// @ts-ignore: decorator
@inline
function columns(kind: Kind, x: usize, outer: i32, size: i32, inner: i32, from: i32, to: i32, y: usize): void {
  for (let o = 0; o < outer; o++) {
    for (let i = from; i < to; i += 4) {
      const first = o * size * inner + i;
      const end = first + size * inner;
      let m = start(Op.max);
      for (let j = first; j < end; j += inner) m = combine(Op.max, m, take(at(x, j), to - i));
      let s = start(Op.sum);
      for (let j = first; j < end; j += inner) {
        const e = exp(shifted(at(x, j), m, to - i));
        if (kind == Kind.softmax) put(at(y, j), e, to - i);
        s = combine(Op.sum, s, e);
      }
      if (kind == Kind.softmax) {
        for (let j = first; j < end; j += inner) put(at(y, j), f32x4.div(take(at(y, j), to - i), s), to - i);
        continue;
      }
      const logS = log(s);
      if (kind == Kind.logSoftmax) {
        for (let j = first; j < end; j += inner)
          put(at(y, j), f32x4.sub(shifted(at(x, j), m, to - i), logS), to - i);
      } else {
        const infinite = f32x4.eq(f32x4.abs(m), f32x4.splat(Infinity));
        put(at(y, o * inner + i), v128.bitselect(m, f32x4.add(m, logS), infinite), to - i);
      }
    }
  }
}

export function softmaxColumns(
  x: usize,
  outer: i32,
  size: i32,
  inner: i32,
  from: i32,
  to: i32,
  y: usize,
): void {
  columns(Kind.softmax, x, outer, size, inner, from, to, y);
}
export function logSoftmaxColumns(
  x: usize,
  outer: i32,
  size: i32,
  inner: i32,
  from: i32,
  to: i32,
  y: usize,
): void {
  columns(Kind.logSoftmax, x, outer, size, inner, from, to, y);
}
export function logSumExpColumns(
  x: usize,
  outer: i32,
  size: i32,
  inner: i32,
  from: i32,
  to: i32,
  y: usize,
): void {
  columns(Kind.logSumExp, x, outer, size, inner, from, to, y);
}
