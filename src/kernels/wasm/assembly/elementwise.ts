/**
 * Elementwise verbs, four lanes at a time: yᵢ = f(xᵢ), yᵢ = f(aᵢ, bᵢ), yᵢ = cᵢ ? aᵢ : bᵢ.
 *
 *   one operand   whole tensors, in whole vectors: what lies behind the last element, up to a multiple of 16,
 *                 is written too, and never read by anybody. Threads cut at multiples of 16 elements
 *   two, three    and fill: runs that start anywhere and end exactly. Threads cut anywhere
 *
 * y may be an operand of its own size.
 */
import * as math from './math';

const enum Unary {
  neg, abs, sign, square, sqrt, rsqrt, exp, log, log1p, expm1, sin, cos, tanh, erf, sigmoid, softplus,
  relu, isFinite, leakyRelu, elu, clip,
}

const enum Binary {
  add, sub, mul, div, pow, maximum, minimum,
  equal, notEqual, less, lessEqual, greater, greaterEqual, reluGradient,
}

/** 1 where the mask is set, else 0. */
// @ts-ignore: decorator
@inline
function oneWhere(mask: v128): v128 {
  return v128.and(mask, f32x4.splat(1));
}

// ---- One operand ------------------------------------------------------------------------------------------

/** f(x); p and q are the parameters of those functions that have some. */
// @ts-ignore: decorator
@inline
function unaryLanes(op: Unary, x: v128, p: f32, q: f32): v128 {
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
  if (op == Unary.isFinite) return oneWhere(f32x4.lt(f32x4.abs(x), f32x4.splat(Infinity)));
  if (op == Unary.leakyRelu) return math.select(f32x4.gt(x, zero), x, f32x4.mul(f32x4.splat(p), x));
  if (op == Unary.elu) return math.select(f32x4.gt(x, zero), x, f32x4.mul(f32x4.splat(p), math.expm1(x)));
  const most = math.select(f32x4.gt(x, f32x4.splat(q)), f32x4.splat(q), x); // clip to p … q
  return math.select(f32x4.lt(x, f32x4.splat(p)), f32x4.splat(p), most);
}

/** y = f(x): n floats each. Two vectors at a time, because V8 can make one of 256 bits of them. */
// @ts-ignore: decorator
@inline
function unary(op: Unary, x: usize, y: usize, n: i32, p: f32 = 0, q: f32 = 0): void {
  const end = y + (<usize>n << 2);
  while (y < end) {
    const left = unaryLanes(op, v128.load(x), p, q);
    const right = unaryLanes(op, v128.load(x, 16), p, q);
    v128.store(y, left);
    v128.store(y, right, 16);
    x += 32;
    y += 32;
  }
}

export function neg(x: usize, y: usize, n: i32): void { unary(Unary.neg, x, y, n); }
export function abs(x: usize, y: usize, n: i32): void { unary(Unary.abs, x, y, n); }
export function sign(x: usize, y: usize, n: i32): void { unary(Unary.sign, x, y, n); }
export function square(x: usize, y: usize, n: i32): void { unary(Unary.square, x, y, n); }
export function sqrt(x: usize, y: usize, n: i32): void { unary(Unary.sqrt, x, y, n); }
export function rsqrt(x: usize, y: usize, n: i32): void { unary(Unary.rsqrt, x, y, n); }
export function exp(x: usize, y: usize, n: i32): void { unary(Unary.exp, x, y, n); }
export function log(x: usize, y: usize, n: i32): void { unary(Unary.log, x, y, n); }
export function log1p(x: usize, y: usize, n: i32): void { unary(Unary.log1p, x, y, n); }
export function expm1(x: usize, y: usize, n: i32): void { unary(Unary.expm1, x, y, n); }
export function sin(x: usize, y: usize, n: i32): void { unary(Unary.sin, x, y, n); }
export function cos(x: usize, y: usize, n: i32): void { unary(Unary.cos, x, y, n); }
export function tanh(x: usize, y: usize, n: i32): void { unary(Unary.tanh, x, y, n); }
export function erf(x: usize, y: usize, n: i32): void { unary(Unary.erf, x, y, n); }
export function sigmoid(x: usize, y: usize, n: i32): void { unary(Unary.sigmoid, x, y, n); }
export function softplus(x: usize, y: usize, n: i32): void { unary(Unary.softplus, x, y, n); }
export function relu(x: usize, y: usize, n: i32): void { unary(Unary.relu, x, y, n); }
export function isFinite(x: usize, y: usize, n: i32): void { unary(Unary.isFinite, x, y, n); }

export function leakyRelu(x: usize, y: usize, n: i32, slope: f32): void {
  unary(Unary.leakyRelu, x, y, n, slope);
}

export function elu(x: usize, y: usize, n: i32, alpha: f32): void {
  unary(Unary.elu, x, y, n, alpha);
}

export function clip(x: usize, y: usize, n: i32, min: f32, max: f32): void {
  unary(Unary.clip, x, y, n, min, max);
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
  if (op == Binary.pow) return power(a, b);
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

/** aᵇ: so long that the loops call it, instead of each repeating it. */
function power(a: v128, b: v128): v128 {
  return math.pow(a, b);
}

/**
 * y = f(a, b): n floats; a and b step by 1, or by 0 where one value serves all.
 *
 * Each pair of steps has a loop, because a choice inside the loop triples its time. The last loop takes what
 * is left one by one, so that y ends exactly; and everything, where neither operand steps.
 */
// @ts-ignore: decorator
@inline
function binary(op: Binary, a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  const end = y + (<usize>n << 2);
  if (aStep & bStep) {
    while (y + 16 <= end) {
      v128.store(y, binaryLanes(op, v128.load(a), v128.load(b)));
      a += 16;
      b += 16;
      y += 16;
    }
  } else if (aStep) {
    const value = v128.load_splat<f32>(b);
    while (y + 16 <= end) {
      v128.store(y, binaryLanes(op, v128.load(a), value));
      a += 16;
      y += 16;
    }
  } else if (bStep) {
    const value = v128.load_splat<f32>(a);
    while (y + 16 <= end) {
      v128.store(y, binaryLanes(op, value, v128.load(b)));
      b += 16;
      y += 16;
    }
  }
  while (y < end) {
    v128.store_lane<f32>(y, binaryLanes(op, v128.load_splat<f32>(a), v128.load_splat<f32>(b)), 0);
    a += <usize>aStep << 2;
    b += <usize>bStep << 2;
    y += 4;
  }
}

export function pow(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  binary(Binary.pow, a, aStep, b, bStep, y, n);
}

export function maximum(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  binary(Binary.maximum, a, aStep, b, bStep, y, n);
}

export function minimum(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  binary(Binary.minimum, a, aStep, b, bStep, y, n);
}

export function equal(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  binary(Binary.equal, a, aStep, b, bStep, y, n);
}

export function notEqual(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  binary(Binary.notEqual, a, aStep, b, bStep, y, n);
}

export function less(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  binary(Binary.less, a, aStep, b, bStep, y, n);
}

export function lessEqual(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  binary(Binary.lessEqual, a, aStep, b, bStep, y, n);
}

export function greater(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  binary(Binary.greater, a, aStep, b, bStep, y, n);
}

export function greaterEqual(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  binary(Binary.greaterEqual, a, aStep, b, bStep, y, n);
}

/** dx = 0 where y ≤ 0, else dy. */
export function reluGradient(dy: usize, dyStep: i32, y: usize, yStep: i32, dx: usize, n: i32): void {
  binary(Binary.reluGradient, dy, dyStep, y, yStep, dx, n);
}

/**
 * y [rows, n] = f(a, b). Each row of a starts `aRow` floats after the one before: n in a matrix, 0 where one
 * row serves all, 1 in a column (whose step is 0); and so for b. Threads cut between rows.
 */
// @ts-ignore: decorator
@inline
function binaryRows(
  op: Binary,
  a: usize,
  aRow: i32,
  aStep: i32,
  b: usize,
  bRow: i32,
  bStep: i32,
  y: usize,
  rows: i32,
  n: i32,
): void {
  while (rows > 0) {
    binary(op, a, aStep, b, bStep, y, n);
    a += <usize>aRow << 2;
    b += <usize>bRow << 2;
    y += <usize>n << 2;
    rows--;
  }
}

export function addRows(
  a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize, rows: i32, n: i32,
): void {
  binaryRows(Binary.add, a, aRow, aStep, b, bRow, bStep, y, rows, n);
}

export function add(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  addRows(a, 0, aStep, b, 0, bStep, y, 1, n);
}

export function subRows(
  a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize, rows: i32, n: i32,
): void {
  binaryRows(Binary.sub, a, aRow, aStep, b, bRow, bStep, y, rows, n);
}

export function sub(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  subRows(a, 0, aStep, b, 0, bStep, y, 1, n);
}

export function mulRows(
  a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize, rows: i32, n: i32,
): void {
  binaryRows(Binary.mul, a, aRow, aStep, b, bRow, bStep, y, rows, n);
}

export function mul(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  mulRows(a, 0, aStep, b, 0, bStep, y, 1, n);
}

export function divRows(
  a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize, rows: i32, n: i32,
): void {
  binaryRows(Binary.div, a, aRow, aStep, b, bRow, bStep, y, rows, n);
}

export function div(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  divRows(a, 0, aStep, b, 0, bStep, y, 1, n);
}

// ---- Three operands ---------------------------------------------------------------------------------------

/** y = c ? a : b along a c that steps; a and b step by `aStep` and `bStep`, constants. */
// @ts-ignore: decorator
@inline
function choose(c: usize, a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  const end = y + (<usize>n << 2);
  const zero = f32x4.splat(0);
  const firstA = v128.load_splat<f32>(a);
  const firstB = v128.load_splat<f32>(b);
  while (y + 16 <= end) {
    const as = aStep ? v128.load(a) : firstA;
    const bs = bStep ? v128.load(b) : firstB;
    v128.store(y, math.select(f32x4.ne(v128.load(c), zero), as, bs));
    a += <usize>aStep << 4;
    b += <usize>bStep << 4;
    c += 16;
    y += 16;
  }
  while (y < end) {
    store<f32>(y, load<f32>(load<f32>(c) != 0 ? a : b));
    a += <usize>aStep << 2;
    b += <usize>bStep << 2;
    c += 4;
    y += 4;
  }
}

/** y = a where c is not 0, else b: n floats; each operand steps by 1 or 0. */
export function where(
  c: usize, cStep: i32, a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32,
): void {
  if (cStep) {
    if (aStep & bStep) choose(c, a, 1, b, 1, y, n);
    else if (aStep) choose(c, a, 1, b, 0, y, n);
    else if (bStep) choose(c, a, 0, b, 1, y, n);
    else choose(c, a, 0, b, 0, y, n);
  } else {
    const isTrue = load<f32>(c) != 0;
    const from = isTrue ? a : b;
    if (isTrue ? aStep : bStep) memory.copy(y, from, <usize>n << 2);
    else fill(load<f32>(from), y, n);
  }
}
