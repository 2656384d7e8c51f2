// Softmax and its relatives, shifted by the row's maximum so that nothing overflows.
//
//   m = max xⱼ,   eⱼ = exp(xⱼ − m),   s = Σ eⱼ, summed as a reduction
//
//   ...Rows      inner = 1: x [rows, size], for the rows `from` … `to` − 1
//   ...Columns   x [outer, size, inner], for the columns `from` … `to` − 1 of inner
//
// Any split into ranges gives the same bits. Nothing outside of x is read, and nothing outside of the range of the
// result is written. It may take the place of x in softmax and crossEntropyGradient only. `work`: room for one row.
//
// `greatest` serves for the maximum. Its lost NaN is in s too. Its −0 for +0 needs two zeros in the row, so log s is
// not 0, and x − m = ±0 comes to the same. Only logSumExp, which returns an infinite m itself, must see NaN in m.

import * as math from './math';
import { at, combine, greatest, maximum, Op, put, start, sum, take } from './rows';

// @ts-ignore: decorator
@inline
function shifted(x: usize, m: v128, count: i32): v128 {
  return f32x4.sub(take(x, count), m);
}

// ---- Rows -------------------------------------------------------------------------------------------------

// @ts-ignore: decorator
@inline
function exponential(x: usize, m: v128, e: usize, count: i32): void {
  put(e, math.exp(shifted(x, m, count)), count);
}

/** e [size] = exp(x − m); returns s. */
function exponentials(x: usize, m: f32, size: i32, e: usize): f32 {
  const shift = f32x4.splat(m);
  let j = 0;
  for (; j + 4 <= size; j += 4) exponential(at(x, j), shift, at(e, j), 4);
  if (j < size) exponential(at(x, j), shift, at(e, j), size - j);
  return sum(e, size);
}

// @ts-ignore: decorator
@inline
function share(e: usize, s: v128, g: v128, count: i32): void {
  put(e, f32x4.mul(g, f32x4.div(take(e, count), s)), count);
}

/** e becomes g·(e / s). */
function shares(e: usize, s: f32, g: f32, size: i32): void {
  const total = f32x4.splat(s);
  const scale = f32x4.splat(g);
  let j = 0;
  for (; j + 4 <= size; j += 4) share(at(e, j), total, scale, 4);
  if (j < size) share(at(e, j), total, scale, size - j);
}

// @ts-ignore: decorator
@inline
function logShare(x: usize, m: v128, logS: v128, y: usize, count: i32): void {
  put(y, f32x4.sub(shifted(x, m, count), logS), count);
}

/** y = (x − m) − log s */
function logShares(x: usize, m: f32, logS: f32, size: i32, y: usize): void {
  const shift = f32x4.splat(m);
  const logTotal = f32x4.splat(logS);
  let j = 0;
  for (; j + 4 <= size; j += 4) logShare(at(x, j), shift, logTotal, at(y, j), 4);
  if (j < size) logShare(at(x, j), shift, logTotal, at(y, j), size - j);
}

function log(x: f32): f32 {
  return f32x4.extract_lane(math.log(f32x4.splat(x)), 0);
}

/** y [rows, size] = eⱼ / s */
export function softmaxRows(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  for (let r = from; r < to; r++) {
    const row = at(x, r * size);
    const p = at(y, r * size);
    shares(p, exponentials(row, greatest(row, size), size, p), 1, size);
  }
}

/** y [rows, size] = (xⱼ − m) − log s */
export function logSoftmaxRows(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  for (let r = from; r < to; r++) {
    const row = at(x, r * size);
    const m = greatest(row, size);
    const logS = log(exponentials(row, m, size, at(y, r * size)));
    logShares(row, m, logS, size, at(y, r * size));
  }
}

/** y [rows] = m + log s; m itself where it is infinite. */
export function logSumExpRows(x: usize, size: i32, from: i32, to: i32, work: usize, y: usize): void {
  for (let r = from; r < to; r++) {
    const row = at(x, r * size);
    const m = maximum(row, size);
    store<f32>(at(y, r), abs(m) == Infinity ? m : m + log(exponentials(row, m, size, work)));
  }
}

/** loss [rows] = log s − (x[label] − m): x [rows, classes], labels (i32) [rows] */
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
    const m = greatest(row, classes);
    const logS = log(exponentials(row, m, classes, work));
    store<f32>(at(loss, r), logS - (load<f32>(at(row, load<i32>(at(labels, r)))) - m));
  }
}

/** dx [rows, classes] = dy·(eⱼ / s − [j = label]): dy [rows], x [rows, classes], labels (i32) [rows] */
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
    const s = exponentials(row, greatest(row, classes), classes, d);
    const g = load<f32>(at(dy, r));
    const label = at(d, load<i32>(at(labels, r)));
    const ofLabel = g * (load<f32>(label) / s - 1);
    shares(d, s, g, classes);
    store<f32>(label, ofLabel);
  }
}

// ---- Columns ----------------------------------------------------------------------------------------------

const enum Verb {
  softmax,
  logSoftmax,
  logSumExp,
}

/** Up to four columns, a lane each: x and y [size, inner], logSumExp's y [inner]. */
// @ts-ignore: decorator
@inline
function strip(verb: Verb, x: usize, size: i32, inner: i32, y: usize, count: i32): void {
  const end = size * inner;
  const peak = verb == Verb.logSumExp ? Op.max : Op.greatest;
  let m = start(peak);
  for (let j = 0; j < end; j += inner) m = combine(peak, m, take(at(x, j), count));
  let s = start(Op.sum);
  for (let j = 0; j < end; j += inner) {
    const e = math.exp(shifted(at(x, j), m, count));
    if (verb == Verb.softmax) put(at(y, j), e, count);
    s = combine(Op.sum, s, e);
  }
  if (verb == Verb.softmax) {
    for (let j = 0; j < end; j += inner) share(at(y, j), s, f32x4.splat(1), count);
    return;
  }
  const logS = math.log(s);
  if (verb == Verb.logSoftmax) {
    for (let j = 0; j < end; j += inner) logShare(at(x, j), m, logS, at(y, j), count);
  } else {
    const infinite = f32x4.eq(f32x4.abs(m), f32x4.splat(Infinity));
    put(y, v128.bitselect(m, f32x4.add(m, logS), infinite), count);
  }
}

// @ts-ignore: decorator
@inline
function columns(
  verb: Verb,
  x: usize,
  outer: i32,
  size: i32,
  inner: i32,
  from: i32,
  to: i32,
  y: usize,
): void {
  const ySize = verb == Verb.logSumExp ? 1 : size;
  for (let o = 0; o < outer; o++) {
    const xs = at(x, o * size * inner);
    const ys = at(y, o * ySize * inner);
    let i = from;
    for (; i + 4 <= to; i += 4) strip(verb, at(xs, i), size, inner, at(ys, i), 4);
    if (i < to) strip(verb, at(xs, i), size, inner, at(ys, i), to - i);
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
  columns(Verb.softmax, x, outer, size, inner, from, to, y);
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
  columns(Verb.logSoftmax, x, outer, size, inner, from, to, y);
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
  columns(Verb.logSumExp, x, outer, size, inner, from, to, y);
}
