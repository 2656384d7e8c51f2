// What kernels over rows share: exact loads and stores where a row ends, and the contract's order of reduction.

/** The place of element i. */
// @ts-ignore: decorator
@inline
export function at(x: usize, i: usize): usize {
  return x + (i << 2);
}

// ---- Four elements, or the fewer that are left ------------------------------------------------------------

/** Four elements; if only `count` < 4 are left, those, and zeros behind them. Nothing else is read. */
// @ts-ignore: decorator
@inline
export function take(x: usize, count: i32): v128 {
  return count >= 4 ? v128.load(x) : takeFew(x, count);
}

/** Stores four elements, or the first `count` < 4. Nothing else is written. */
// @ts-ignore: decorator
@inline
export function put(y: usize, v: v128, count: i32): void {
  if (count >= 4) v128.store(y, v);
  else putFew(y, v, count);
}

function takeFew(x: usize, count: i32): v128 {
  if (count == 1) return v128.load_zero<f32>(x);
  const two = v128.load_zero<f64>(x);
  return count == 2 ? two : v128.load_lane<f32>(x, two, 2, 8);
}

function putFew(y: usize, v: v128, count: i32): void {
  if (count == 1) return v128.store_lane<f32>(y, v, 0);
  v128.store_lane<f64>(y, v, 0);
  if (count == 3) v128.store_lane<f32>(y, v, 2, 8);
}

/** y = a + b, `count` elements. */
// @ts-ignore: decorator
@inline
export function add(a: usize, b: usize, y: usize, count: i32): void {
  put(y, f32x4.add(take(a, count), take(b, count)), count);
}

// ---- Reductions -------------------------------------------------------------------------------------------

/** `greatest` is max, but quicker: it may lose a NaN, and take −0 for +0. */
export const enum Op {
  sum,
  dot,
  prod,
  max,
  min,
  greatest,
}

/** What a reduction starts with; taking it changes nothing. */
// @ts-ignore: decorator
@inline
export function start(op: Op): v128 {
  if (op == Op.sum || op == Op.dot) return f32x4.splat(0);
  if (op == Op.prod) return f32x4.splat(1);
  return f32x4.splat(op == Op.min ? Infinity : -Infinity);
}

// @ts-ignore: decorator
@inline
export function combine(op: Op, total: v128, x: v128): v128 {
  if (op == Op.sum || op == Op.dot) return f32x4.add(total, x);
  if (op == Op.prod) return f32x4.mul(total, x);
  if (op == Op.max) return f32x4.max(total, x);
  if (op == Op.min) return f32x4.min(total, x);
  return f32x4.pmax(total, x);
}

/** Four terms: aᵢ, or aᵢ·bᵢ for a dot product. Where only `count` < 4 are left, the others change nothing. */
// @ts-ignore: decorator
@inline
function terms(op: Op, a: usize, b: usize, count: i32): v128 {
  const v = op == Op.dot ? f32x4.mul(take(a, count), take(b, count)) : take(a, count);
  if (count >= 4) return v;
  return v128.bitselect(v, start(op), i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count)));
}

/** Lane l takes lane l + 8 (l < 8), then l + 4, then l + 2; then lane 0, where the result is, takes lane 1. */
// @ts-ignore: decorator
@inline
function fold(op: Op, l0: v128, l4: v128, l8: v128, l12: v128): v128 {
  const four = combine(op, combine(op, l0, l8), combine(op, l4, l12));
  const two = combine(op, four, v128.shuffle<f32>(four, four, 2, 3, 0, 1));
  return combine(op, two, v128.shuffle<f32>(two, two, 1, 0, 3, 2));
}

export const BLOCK: i32 = 4096;

/** The total, in lane 0, of `count` ≤ 4,096 terms: lane l of 16 takes the terms l, l + 16, l + 32, ... */
// @ts-ignore: decorator
@inline
function block(op: Op, a: usize, b: usize, count: i32): v128 {
  let l0 = start(op);
  let l4 = l0;
  let l8 = l0;
  let l12 = l0;
  while (count >= 16) {
    l0 = combine(op, l0, terms(op, a, b, 4));
    l4 = combine(op, l4, terms(op, a + 16, b + 16, 4));
    l8 = combine(op, l8, terms(op, a + 32, b + 32, 4));
    l12 = combine(op, l12, terms(op, a + 48, b + 48, 4));
    a += 64;
    b += 64;
    count -= 16;
  }
  if (count > 0) l0 = combine(op, l0, terms(op, a, b, count));
  if (count > 4) l4 = combine(op, l4, terms(op, a + 16, b + 16, count - 4));
  if (count > 8) l8 = combine(op, l8, terms(op, a + 32, b + 32, count - 8));
  if (count > 12) l12 = combine(op, l12, terms(op, a + 48, b + 48, count - 12));
  return fold(op, l0, l4, l8, l12);
}

/** A row of `size` terms, reduced: blocks of 4,096, their totals ascending. */
// @ts-ignore: decorator
@inline
function reduce(op: Op, a: usize, b: usize, size: i32): f32 {
  let total = start(op);
  while (size > 0) {
    total = combine(op, total, block(op, a, b, min(size, BLOCK)));
    a = at(a, BLOCK);
    b = at(b, BLOCK);
    size -= BLOCK;
  }
  return f32x4.extract_lane(total, 0);
}

/** Σ xᵢ */
export function sum(x: usize, size: i32): f32 {
  return reduce(Op.sum, x, 0, size);
}
/** Σ aᵢ·bᵢ, each product rounded */
export function dot(a: usize, b: usize, size: i32): f32 {
  return reduce(Op.dot, a, b, size);
}
function product(x: usize, size: i32): f32 {
  return reduce(Op.prod, x, 0, size);
}
export function maximum(x: usize, size: i32): f32 {
  return reduce(Op.max, x, 0, size);
}
function minimum(x: usize, size: i32): f32 {
  return reduce(Op.min, x, 0, size);
}
export function greatest(x: usize, size: i32): f32 {
  return reduce(Op.greatest, x, 0, size);
}

/** A row of `size` elements, reduced. */
// @ts-ignore: decorator
@inline
export function total(op: Op, x: usize, size: i32): f32 {
  if (op == Op.sum) return sum(x, size);
  if (op == Op.prod) return product(x, size);
  return op == Op.max ? maximum(x, size) : minimum(x, size);
}
