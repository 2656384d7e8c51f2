/**
 * Elementwise verbs, four lanes at a time: yᵢ = f(xᵢ), yᵢ = f(aᵢ, bᵢ), yᵢ = cᵢ ? aᵢ : bᵢ.
 *
 *   one operand   whole tensors, in whole vectors: what lies behind the last element, up to a multiple of 16, is
 *                 written too, and never read by anybody. Threads cut at multiples of 16 elements
 *   two, three    runs that start anywhere and end exactly. Threads cut anywhere
 */
import * as math from './math';

// prettier-ignore
const enum Unary {
  neg, abs, sign, square, sqrt, rsqrt, exp, log, log1p, expm1, sin, cos, tanh, erf, sigmoid, softplus, relu, isFinite,
}

// prettier-ignore
const enum Binary {
  add, sub, mul, div, pow, maximum, minimum, equal, notEqual, less, lessEqual, greater, greaterEqual, reluGradient,
}

/** 1 where the mask is set, else 0. */
// @ts-ignore: decorator
@inline
function oneWhere(mask: v128): v128 {
  return v128.and(mask, f32x4.splat(1));
}

// ---- One operand ------------------------------------------------------------------------------------------

// @ts-ignore: decorator
@inline
function unaryLanes(op: Unary, x: v128): v128 {
  const zero = f32x4.splat(0);
  if (op == Unary.neg) return f32x4.neg(x);
  if (op == Unary.abs) return f32x4.abs(x);
  if (op == Unary.sign) {
    const one = v128.or(f32x4.splat(1), v128.xor(x, f32x4.abs(x)));
    return math.select(f32x4.gt(f32x4.abs(x), zero), one, x); // ±0 and NaN are their own
  }
  if (op == Unary.square) return f32x4.mul(x, x);
  if (op == Unary.sqrt) return f32x4.sqrt(x);
  if (op == Unary.rsqrt) return f32x4.div(f32x4.splat(1), f32x4.sqrt(x));
  if (op == Unary.exp) return math.exp(x);
  if (op == Unary.log) return math.log(x);
  if (op == Unary.log1p) return math.log1p(x);
  if (op == Unary.expm1) return math.expm1(x);
  if (op == Unary.sin) return math.sin(x);
  if (op == Unary.cos) return math.cos(x);
  if (op == Unary.tanh) return math.tanh(x);
  if (op == Unary.erf) return math.erf(x);
  if (op == Unary.sigmoid) return math.sigmoid(x);
  if (op == Unary.softplus) return math.softplus(x);
  if (op == Unary.relu) return v128.andnot(x, f32x4.le(x, zero));
  return oneWhere(f32x4.lt(f32x4.abs(x), f32x4.splat(Infinity)));
}

/** y = f(x): n floats each. */
// @ts-ignore: decorator
@inline
function unary(op: Unary, x: usize, y: usize, n: i32): void {
  const end = y + (<usize>n << 2);
  while (y < end) {
    v128.store(y, unaryLanes(op, v128.load(x)));
    x += 16;
    y += 16;
  }
}

export function neg(x: usize, y: usize, n: i32): void {
  unary(Unary.neg, x, y, n);
}

export function abs(x: usize, y: usize, n: i32): void {
  unary(Unary.abs, x, y, n);
}

export function sign(x: usize, y: usize, n: i32): void {
  unary(Unary.sign, x, y, n);
}

export function square(x: usize, y: usize, n: i32): void {
  unary(Unary.square, x, y, n);
}

export function sqrt(x: usize, y: usize, n: i32): void {
  unary(Unary.sqrt, x, y, n);
}

export function rsqrt(x: usize, y: usize, n: i32): void {
  unary(Unary.rsqrt, x, y, n);
}

export function exp(x: usize, y: usize, n: i32): void {
  unary(Unary.exp, x, y, n);
}

export function log(x: usize, y: usize, n: i32): void {
  unary(Unary.log, x, y, n);
}

export function log1p(x: usize, y: usize, n: i32): void {
  unary(Unary.log1p, x, y, n);
}

export function expm1(x: usize, y: usize, n: i32): void {
  unary(Unary.expm1, x, y, n);
}

export function sin(x: usize, y: usize, n: i32): void {
  unary(Unary.sin, x, y, n);
}

export function cos(x: usize, y: usize, n: i32): void {
  unary(Unary.cos, x, y, n);
}

export function tanh(x: usize, y: usize, n: i32): void {
  unary(Unary.tanh, x, y, n);
}

export function erf(x: usize, y: usize, n: i32): void {
  unary(Unary.erf, x, y, n);
}

export function sigmoid(x: usize, y: usize, n: i32): void {
  unary(Unary.sigmoid, x, y, n);
}

export function softplus(x: usize, y: usize, n: i32): void {
  unary(Unary.softplus, x, y, n);
}

export function relu(x: usize, y: usize, n: i32): void {
  unary(Unary.relu, x, y, n);
}

export function isFinite(x: usize, y: usize, n: i32): void {
  unary(Unary.isFinite, x, y, n);
}

/** x where x > 0, else slope·x. */
export function leakyRelu(x: usize, y: usize, n: i32, slope: f32): void {
  const end = y + (<usize>n << 2);
  while (y < end) {
    const v = v128.load(x);
    const below = f32x4.mul(f32x4.splat(slope), v);
    v128.store(y, math.select(f32x4.gt(v, f32x4.splat(0)), v, below));
    x += 16;
    y += 16;
  }
}

/** x where x > 0, else alpha·(eˣ − 1). */
export function elu(x: usize, y: usize, n: i32, alpha: f32): void {
  const end = y + (<usize>n << 2);
  while (y < end) {
    const v = v128.load(x);
    const below = f32x4.mul(f32x4.splat(alpha), math.expm1(v));
    v128.store(y, math.select(f32x4.gt(v, f32x4.splat(0)), v, below));
    x += 16;
    y += 16;
  }
}

/** low where x < low, else high where x > high, else x. */
export function clip(x: usize, y: usize, n: i32, low: f32, high: f32): void {
  const end = y + (<usize>n << 2);
  while (y < end) {
    const v = v128.load(x);
    const below = f32x4.lt(v, f32x4.splat(low));
    const above = f32x4.gt(v, f32x4.splat(high));
    v128.store(y, math.select(below, f32x4.splat(low), math.select(above, f32x4.splat(high), v)));
    x += 16;
    y += 16;
  }
}

/** y = value: n floats. */
export function fill(value: f32, y: usize, n: i32): void {
  const end = y + (<usize>n << 2);
  const values = f32x4.splat(value);
  while (y + 16 <= end) {
    v128.store(y, values);
    y += 16;
  }
  while (y < end) {
    store<f32>(y, value);
    y += 4;
  }
}

// ---- Two operands -----------------------------------------------------------------------------------------

// @ts-ignore: decorator
@inline
function binaryLanes(op: Binary, a: v128, b: v128): v128 {
  if (op == Binary.add) return f32x4.add(a, b);
  if (op == Binary.sub) return f32x4.sub(a, b);
  if (op == Binary.mul) return f32x4.mul(a, b);
  if (op == Binary.div) return f32x4.div(a, b);
  if (op == Binary.pow) return math.pow(a, b);
  if (op == Binary.maximum) return f32x4.max(a, b);
  if (op == Binary.minimum) return f32x4.min(a, b);
  if (op == Binary.equal) return oneWhere(f32x4.eq(a, b));
  if (op == Binary.notEqual) return oneWhere(f32x4.ne(a, b));
  if (op == Binary.less) return oneWhere(f32x4.lt(a, b));
  if (op == Binary.lessEqual) return oneWhere(f32x4.le(a, b));
  if (op == Binary.greater) return oneWhere(f32x4.gt(a, b));
  if (op == Binary.greaterEqual) return oneWhere(f32x4.ge(a, b));
  return v128.andnot(a, f32x4.le(b, f32x4.splat(0))); // reluGradient: 0 where y ≤ 0, else dy
}

/** Four neighbours, or one value four times. */
// @ts-ignore: decorator
@inline
function operand(from: usize, step: i32): v128 {
  return step ? v128.load(from) : v128.load_splat<f32>(from);
}
