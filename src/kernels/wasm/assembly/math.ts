/**
 * Elementary functions of vectors, f32x4 to f32x4, step by step those of `reference/math.ts`, which explains the
 * formulas and states the errors. Here stands only how lanes do it.
 *
 *   narrow     exp, log, tanh: four lanes of float32
 *   wide       the others: two pairs of float64 lanes, joined and rounded once
 *   constants  lie in memory below the heap, because V8 builds a literal vector by three instructions at each use,
 *              and loads one by one instruction: exp takes two thirds of the time, sigmoid half
 *   clamps     pmax(x, c) is x < c ? c : x: with a constant c other than 0 it is Math.max, also for NaN
 *   products   and sums are two instructions, never a fused one
 */

// ---- Lanes ------------------------------------------------------------------------------------------------

/** Four copies of the 32-bit constant at `at`. */
// @ts-ignore: decorator
@inline
function four(at: usize): v128 {
  return v128.load_splat<f32>(at);
}

/** Two copies of the 64-bit constant at `at`. */
// @ts-ignore: decorator
@inline
function two(at: usize): v128 {
  return v128.load_splat<f64>(at);
}

/** condition ? a : b, lane by lane. */
// @ts-ignore: decorator
@inline
export function select(condition: v128, a: v128, b: v128): v128 {
  return v128.bitselect(a, b, condition);
}

/** The first two lanes of four as float64. */
// @ts-ignore: decorator
@inline
function first(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

/** The last two lanes of four as float64. */
// @ts-ignore: decorator
@inline
function last(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3));
}

/** Two pairs of float64 as four float32: the one rounding of a wide function. */
// @ts-ignore: decorator
@inline
function join(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 1, 4, 5);
}

/** a·b + c in float32, rounded twice. */
// @ts-ignore: decorator
@inline
function mulAdd(a: v128, b: v128, c: usize): v128 {
  return f32x4.add(f32x4.mul(a, b), four(c));
}

/** a·b + c in float64, rounded twice. */
// @ts-ignore: decorator
@inline
function wideMulAdd(a: v128, b: v128, c: usize): v128 {
  return f64x2.add(f64x2.mul(a, b), two(c));
}

/** The polynomial with these float32 coefficients, the highest power's first. */
// @ts-ignore: decorator
@inline
function polynomial(degree: i32, coefficients: usize, x: v128): v128 {
  let P = mulAdd(four(coefficients), x, coefficients + 4);
  if (degree >= 2) P = mulAdd(P, x, coefficients + 8);
  if (degree >= 3) P = mulAdd(P, x, coefficients + 12);
  if (degree >= 4) P = mulAdd(P, x, coefficients + 16);
  return P;
}

/** The polynomial with these float64 coefficients, the highest power's first. */
// @ts-ignore: decorator
@inline
function widePolynomial(degree: i32, coefficients: usize, x: v128): v128 {
  let P = wideMulAdd(two(coefficients), x, coefficients + 8);
  if (degree >= 2) P = wideMulAdd(P, x, coefficients + 16);
  if (degree >= 3) P = wideMulAdd(P, x, coefficients + 24);
  if (degree >= 4) P = wideMulAdd(P, x, coefficients + 32);
  if (degree >= 5) P = wideMulAdd(P, x, coefficients + 40);
  if (degree >= 6) P = wideMulAdd(P, x, coefficients + 48);
  return P;
}

// ---- Narrow: float32 steps --------------------------------------------------------------------------------

const HALF = memory.data<f32>([0.5]);
const ONE = memory.data<f32>([1]);
const TWO = memory.data<f32>([2]);
const LN2_HIGH = memory.data<f32>([0.693359375]);
const LN2_LOW = memory.data<f32>([-2.1219444e-4]);

// Adding 1.5·2²³ leaves no room for a fraction: the integer nearest to x is then in the low bits of the sum.
const FLOAT_ROUNDER = memory.data<f32>([12582912]);
const FLOAT_LOG2E = memory.data<f32>([1.44269504]);
const EXP_LEAST = memory.data<f32>([-104]);
const EXP_GREATEST = memory.data<f32>([89]);
const EXP = memory.data<f32>([0.0013838903, 0.0083691925, 0.041668102, 0.16666517, 0.49999994]);
const BIAS = memory.data<i32>([127]);

/** 2ᵏ as float32, for integers k in [−126, 127]. */
// @ts-ignore: decorator
@inline
function floatTwoTo(k: v128): v128 {
  return i32x4.shl(i32x4.add(k, four(BIAS)), 23);
}

/** eˣ */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const inside = f32x4.pmin(f32x4.pmax(x, four(EXP_LEAST)), four(EXP_GREATEST));
  const rounded = mulAdd(inside, four(FLOAT_LOG2E), FLOAT_ROUNDER);
  const k = f32x4.sub(rounded, four(FLOAT_ROUNDER));
  const high = f32x4.sub(inside, f32x4.mul(k, four(LN2_HIGH)));
  const low = f32x4.mul(k, four(LN2_LOW));
  const r = f32x4.sub(high, low);
  const series = f32x4.mul(f32x4.mul(r, r), polynomial(4, EXP, r));
  const power = f32x4.add(four(ONE), f32x4.add(high, f32x4.sub(series, low)));
  const steps = i32x4.sub(rounded, four(FLOAT_ROUNDER)); // k as an integer
  const half = i32x4.shr_s(steps, 1);
  return f32x4.mul(f32x4.mul(power, floatTwoTo(half)), floatTwoTo(i32x4.sub(steps, half)));
}

const INFINITE = memory.data<u32>([0x7f800000]);
const MINUS_INFINITE = memory.data<u32>([0xff800000]);
const NOT_A_NUMBER = memory.data<u32>([0x7fc00000]);
const ZERO = memory.data<f32>([0]);
const MINUS_ONE = memory.data<f32>([-1]);

/** A logarithm of x: y above its pole (∞ and NaN are their own), −∞ at the pole, NaN below it. */
// @ts-ignore: decorator
@inline
function logOf(x: v128, pole: usize, y: v128): v128 {
  const above = select(f32x4.lt(x, four(INFINITE)), y, x);
  const rest = select(f32x4.eq(x, four(pole)), four(MINUS_INFINITE), four(NOT_A_NUMBER));
  return select(f32x4.le(x, four(pole)), rest, above);
}

const SMALLEST_NORMAL = memory.data<f32>([1.1754943508222875e-38]);
const TINY_SCALE = memory.data<f32>([33554432]); // 2²⁵
const TINY_STEPS = memory.data<i32>([25]);
const ROOT_HALF_BITS = memory.data<i32>([0x3f3504f3]);
const LOG = memory.data<f32>([0.29871863, 0.39977536, 0.66666776]);

/** ln x */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const tiny = f32x4.lt(x, four(SMALLEST_NORMAL));
  const normal = select(tiny, f32x4.mul(x, four(TINY_SCALE)), x);
  const steps = i32x4.shr_s(i32x4.sub(normal, four(ROOT_HALF_BITS)), 23);
  const f = f32x4.sub(i32x4.sub(normal, i32x4.shl(steps, 23)), four(ONE));
  const k = f32x4.convert_i32x4_s(i32x4.sub(steps, v128.and(tiny, four(TINY_STEPS))));
  const s = f32x4.div(f, f32x4.add(four(TWO), f));
  const z = f32x4.mul(s, s);
  const zP = f32x4.mul(z, polynomial(2, LOG, z));
  const halfSquare = f32x4.mul(f32x4.mul(four(HALF), f), f);
  const tail = f32x4.add(f32x4.mul(s, f32x4.add(halfSquare, zP)), f32x4.mul(k, four(LN2_LOW)));
  const main = f32x4.sub(f, f32x4.sub(halfSquare, tail));
  return logOf(x, ZERO, f32x4.add(f32x4.mul(k, four(LN2_HIGH)), main));
}

const TANH_BORDER = memory.data<f32>([0.625]);
const TANH = memory.data<f32>([-0.0057049864, 0.020639086, -0.053739715, 0.13331442, -0.3333328]);

/** tanh x: of |x|, which is never negative, then the sign of x. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const a = f32x4.abs(x);
  const z = f32x4.mul(a, a);
  const small = f32x4.add(f32x4.mul(a, f32x4.mul(z, polynomial(4, TANH, z))), a);
  const power = exp(f32x4.add(a, a));
  const large = f32x4.sub(four(ONE), f32x4.div(four(TWO), f32x4.add(power, four(ONE))));
  const y = select(f32x4.lt(a, four(TANH_BORDER)), small, large);
  return v128.or(y, v128.xor(x, a));
}

// ---- Wide: float64 steps, one rounding --------------------------------------------------------------------

const WIDE_ONE = memory.data<f64>([1]);
const WIDE_TWO = memory.data<f64>([2]);
const LN2 = memory.data<f64>([0.6931471805599453]);
const LOG2E = memory.data<f64>([1.4426950408889634]);
const ROUNDER = memory.data<f64>([6755399441055744]); // 1.5·2⁵², as FLOAT_ROUNDER
const WIDE_BIAS = memory.data<i64>([1023]);

/** 2ᵏ as float64, for k in [−1022, 1023] that stand in the low bits of `rounded` = k + ROUNDER. */
// @ts-ignore: decorator
@inline
function twoTo(rounded: v128): v128 {
  return i64x2.shl(i64x2.add(rounded, two(WIDE_BIAS)), 52);
}

const EXPM1 = memory.data<f64>([
  1.98458792388e-4, 0.00139406272774, 0.00833338936572, 0.0416663609141, 0.166666663705, 0.500000004416,
]);

/** eʳ − 1 for |r| ≤ ½ ln 2 */
// @ts-ignore: decorator
@inline
function expm1Near0(r: v128): v128 {
  return f64x2.mul(r, f64x2.add(two(WIDE_ONE), f64x2.mul(r, widePolynomial(5, EXPM1, r))));
}

const LOG1P = memory.data<f64>([0.195842036395, 0.221761847437, 0.285721092626, 0.399999956207, 0.666666666676]);

/** ln(1 + f) for 1 + f in [√½, √2) */
// @ts-ignore: decorator
@inline
function log1pNear0(f: v128): v128 {
  const s = f64x2.div(f, f64x2.add(two(WIDE_TWO), f));
  const z = f64x2.mul(s, s);
  return f64x2.mul(s, f64x2.add(two(WIDE_TWO), f64x2.mul(z, widePolynomial(4, LOG1P, z))));
}

const ROOT_TWO_HIGH = memory.data<i32>([0x3ff6a09d]);
const HIGH_BIAS = memory.data<i32>([1023]);
const EXPONENT_BITS = memory.data<u64>([0xfff0000000000000]);

/** The n for which u·2ⁿ lies in [√½, √2), as an integer in the upper half of each float64's place. */
// @ts-ignore: decorator
@inline
function toNear1(u: v128): v128 {
  return i32x4.shr_s(i32x4.sub(four(ROOT_TWO_HIGH), u), 20);
}

/** 2ⁿ for the n of `toNear1`. */
// @ts-ignore: decorator
@inline
function twoToSteps(n: v128): v128 {
  return v128.and(i32x4.shl(i32x4.add(n, four(HIGH_BIAS)), 20), two(EXPONENT_BITS));
}

/** The n of `toNear1` as float64. */
// @ts-ignore: decorator
@inline
function stepsOf(n: v128): v128 {
  return f64x2.convert_low_i32x4_s(v128.shuffle<i32>(n, n, 1, 3, 1, 3));
}

/** eˣ for |x| ≤ 700 */
// @ts-ignore: decorator
@inline
function wideExp(x: v128): v128 {
  const rounded = wideMulAdd(x, two(LOG2E), ROUNDER);
  const k = f64x2.sub(rounded, two(ROUNDER));
  const r = f64x2.sub(x, f64x2.mul(k, two(LN2)));
  return f64x2.mul(twoTo(rounded), f64x2.add(two(WIDE_ONE), expm1Near0(r)));
}

/** ln(1 + x), −1 < x < ∞ */
// @ts-ignore: decorator
@inline
function wideLog1p(x: v128): v128 {
  const n = toNear1(f64x2.add(two(WIDE_ONE), x));
  const scale = twoToSteps(n);
  const f = f64x2.sub(f64x2.mul(x, scale), f64x2.sub(two(WIDE_ONE), scale));
  return f64x2.sub(log1pNear0(f), f64x2.mul(stepsOf(n), two(LN2)));
}

const EXPM1_LEAST = memory.data<f64>([-30]);
const EXPM1_GREATEST = memory.data<f64>([89]);

// @ts-ignore: decorator
@inline
function wideExpm1(x: v128): v128 {
  const inside = f64x2.pmin(f64x2.pmax(x, two(EXPM1_LEAST)), two(EXPM1_GREATEST));
  const rounded = wideMulAdd(inside, two(LOG2E), ROUNDER);
  const k = f64x2.sub(rounded, two(ROUNDER));
  const r = f64x2.sub(inside, f64x2.mul(k, two(LN2)));
  const scale = twoTo(rounded);
  return f64x2.sub(f64x2.mul(scale, expm1Near0(r)), f64x2.sub(two(WIDE_ONE), scale));
}

/** eˣ − 1 */
// @ts-ignore: decorator
@inline
export function expm1(x: v128): v128 {
  return join(wideExpm1(first(x)), wideExpm1(last(x)));
}

/** ln(1 + x) */
// @ts-ignore: decorator
@inline
export function log1p(x: v128): v128 {
  return logOf(x, MINUS_ONE, join(wideLog1p(first(x)), wideLog1p(last(x))));
}

const SIGMOID_LEAST = memory.data<f64>([-110]);
const SIGMOID_GREATEST = memory.data<f64>([110]);

// @ts-ignore: decorator
@inline
function wideSigmoid(x: v128): v128 {
  const inside = f64x2.pmin(f64x2.pmax(f64x2.neg(x), two(SIGMOID_LEAST)), two(SIGMOID_GREATEST));
  return f64x2.div(two(WIDE_ONE), f64x2.add(two(WIDE_ONE), wideExp(inside)));
}

/** 1/(1 + e⁻ˣ) */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  return join(wideSigmoid(first(x)), wideSigmoid(last(x)));
}

/** pmax(−0, 0) is −0, which Math.max is not; nobody sees it, for the logarithm that is added is not 0 there. */
// @ts-ignore: decorator
@inline
function wideSoftplus(x: v128): v128 {
  const power = wideExp(f64x2.pmax(f64x2.neg(f64x2.abs(x)), two(SIGMOID_LEAST)));
  return f64x2.add(f64x2.pmax(x, f64x2.splat(0)), wideLog1p(power));
}

/** ln(1 + eˣ) */
// @ts-ignore: decorator
@inline
export function softplus(x: v128): v128 {
  return join(wideSoftplus(first(x)), wideSoftplus(last(x)));
}

const POW_LEAST = memory.data<f64>([-160]);
const POW_GREATEST = memory.data<f64>([160]);
const WIDE_HALF = memory.data<f64>([0.5]);
const WIDE_INFINITE = memory.data<u64>([0x7ff0000000000000]);
const WIDE_MINUS_INFINITE = memory.data<u64>([0xfff0000000000000]);

// @ts-ignore: decorator
@inline
function widePow(x: v128, y: v128): v128 {
  const zero = f64x2.splat(0);
  const size = f64x2.abs(x);
  const n = toNear1(size);
  const f = f64x2.sub(f64x2.mul(size, twoToSteps(n)), two(WIDE_ONE));
  const finite = f64x2.sub(f64x2.mul(log1pNear0(f), two(LOG2E)), stepsOf(n));
  const above0 = select(f64x2.lt(size, two(WIDE_INFINITE)), finite, size);
  const log2 = select(f64x2.eq(size, zero), two(WIDE_MINUS_INFINITE), above0);
  const t = f64x2.pmin(f64x2.pmax(f64x2.mul(y, log2), two(POW_LEAST)), two(POW_GREATEST));
  const rounded = f64x2.add(t, two(ROUNDER));
  const r = f64x2.mul(f64x2.sub(t, f64x2.sub(rounded, two(ROUNDER))), two(LN2));
  const power = f64x2.mul(twoTo(rounded), f64x2.add(two(WIDE_ONE), expm1Near0(r)));
  const isOne = v128.or(f64x2.eq(size, two(WIDE_ONE)), f64x2.eq(y, zero));
  const whole = f64x2.eq(f64x2.floor(y), y);
  const half = f64x2.floor(f64x2.mul(y, two(WIDE_HALF)));
  const odd = v128.andnot(whole, f64x2.eq(f64x2.add(half, half), y));
  const signed = v128.xor(select(isOne, two(WIDE_ONE), power), v128.and(v128.xor(x, size), odd));
  const negative = v128.and(f64x2.lt(x, zero), f64x2.gt(x, two(WIDE_MINUS_INFINITE)));
  return v128.or(signed, v128.andnot(negative, whole)); // a lane of ones is NaN
}

/** xʸ */
// @ts-ignore: decorator
@inline
export function pow(x: v128, y: v128): v128 {
  return join(widePow(first(x), first(y)), widePow(last(x), last(y)));
}

const ERF_LEAST = memory.data<f64>([-4]);
const ERF_GREATEST = memory.data<f64>([4]);
const ERF_P = memory.data<f64>([
  6.79141636018e-6, 4.11279384146e-4, 0.00422649466753, 0.055749579226, 0.19287878287, 1.12837916997,
]);
const ERF_Q = memory.data<f64>([
  2.60488388344e-7, 7.25642818666e-5, 0.00142120991336, 0.0162951547572, 0.117495397668, 0.504267804606, 1,
]);

// @ts-ignore: decorator
@inline
function wideErf(x: v128): v128 {
  const inside = f64x2.pmin(f64x2.pmax(x, two(ERF_LEAST)), two(ERF_GREATEST));
  const z = f64x2.mul(inside, inside);
  return f64x2.div(f64x2.mul(inside, widePolynomial(5, ERF_P, z)), widePolynomial(6, ERF_Q, z));
}

/** 2/√π ∫₀ˣ e^(−t²) dt */
// @ts-ignore: decorator
@inline
export function erf(x: v128): v128 {
  return join(wideErf(first(x)), wideErf(last(x)));
}

// ---- Angles -----------------------------------------------------------------------------------------------

const TWO_OVER_PI = memory.data<f64>([0.6366197723675814]);
const HALF_PI_HIGH = memory.data<f64>([1.5707963109016418]);
const HALF_PI_LOW = memory.data<f64>([1.5893254773528196e-8]);
const SIN = memory.data<f64>([2.7181141039e-6, -1.98393114837e-4, 0.0083333293024, -0.166666666408]);
const COS = memory.data<f64>([2.4383482726e-5, -0.00138866807501, 0.0416666203287, -0.499999996942]);
const INTEGER_ONE = memory.data<i64>([1]);
const INTEGER_TWO = memory.data<i64>([2]);

/** sin(r + k·π/2) for |r| ≤ π/4, with k in the low bits. */
// @ts-ignore: decorator
@inline
function sine(r: v128, k: v128): v128 {
  const z = f64x2.mul(r, r);
  const sinR = f64x2.mul(r, f64x2.add(two(WIDE_ONE), f64x2.mul(z, widePolynomial(3, SIN, z))));
  const cosR = f64x2.add(two(WIDE_ONE), f64x2.mul(z, widePolynomial(3, COS, z)));
  const odd = i64x2.neg(v128.and(k, two(INTEGER_ONE)));
  const sign = i64x2.shl(v128.and(k, two(INTEGER_TWO)), 62);
  return v128.xor(select(odd, cosR, sinR), sign);
}

/** sin(x + quarter·π/2) for |x| < 2²⁷ */
// @ts-ignore: decorator
@inline
function wideSine(x: v128, quarter: i64): v128 {
  const rounded = wideMulAdd(x, two(TWO_OVER_PI), ROUNDER);
  const k = f64x2.sub(rounded, two(ROUNDER));
  const high = f64x2.sub(x, f64x2.mul(k, two(HALF_PI_HIGH)));
  const r = f64x2.sub(high, f64x2.mul(k, two(HALF_PI_LOW)));
  return sine(r, i64x2.add(rounded, i64x2.splat(quarter)));
}

/** sin(x + quarter·π/2) for |x| < 2²⁷ */
// @ts-ignore: decorator
@inline
export function sineOfSmall(x: v128, quarter: i64): v128 {
  return join(wideSine(first(x), quarter), wideSine(last(x), quarter));
}

const HUGE = memory.data<f32>([134217728]); // 2²⁷

// @ts-ignore: decorator
@inline
function sineOf(x: v128, quarter: i64): v128 {
  const y = sineOfSmall(x, quarter);
  const huge = f32x4.ge(f32x4.abs(x), four(HUGE));
  return v128.any_true(huge) ? select(huge, sineOfHuge(x, quarter), y) : y;
}

/** sin x */
// @ts-ignore: decorator
@inline
export function sin(x: v128): v128 {
  return sineOf(x, 0);
}

/** cos x */
// @ts-ignore: decorator
@inline
export function cos(x: v128): v128 {
  return sineOf(x, 1);
}

/** sin(x + quarter·π/2) for 2²⁷ ≤ |x|; other lanes are of no use. */
function sineOfHuge(x: v128, quarter: i64): v128 {
  let y = f32x4.splat(hugeSine(f32x4.extract_lane(x, 0), quarter));
  y = f32x4.replace_lane(y, 1, hugeSine(f32x4.extract_lane(x, 1), quarter));
  y = f32x4.replace_lane(y, 2, hugeSine(f32x4.extract_lane(x, 2), quarter));
  return f32x4.replace_lane(y, 3, hugeSine(f32x4.extract_lane(x, 3), quarter));
}

const HALF_PI: f64 = 1.5707963267948966;

/** 2/π = 0.a2f983 6e4e44 1529fc… in base 2²⁴. */
const DIGITS = memory.data<f64>([
  0xa2f983, 0x6e4e44, 0x1529fc, 0x2757d1, 0xf534dd, 0xc0db62, 0x95993c, 0x439041, 0xfe5163,
]);

/** One lane of `sineOfHuge`, by Payne and Hanek's reduction; ±∞ give NaN. */
function hugeSine(x: f32, quarter: i64): f32 {
  const e = max(((reinterpret<i32>(x) >> 23) & 255) - 150, 4); // less only where x is too small to be used
  const i = (e - 2) / 24;
  const digits = DIGITS + (<usize>i << 3);
  const unit = <f64>x * scalarTwoTo(-e) * scalarTwoTo(e - 24 * (i + 1));
  const first = modulo4(unit * load<f64>(digits));
  const second = modulo4(unit * load<f64>(digits, 8) * scalarTwoTo(-24));
  const third = unit * load<f64>(digits, 16) * scalarTwoTo(-48);
  const fourth = unit * load<f64>(digits, 24) * scalarTwoTo(-72);
  const fifth = unit * load<f64>(digits, 32) * scalarTwoTo(-96);
  const rounded = first + second + third + load<f64>(ROUNDER);
  const r = (first + second - (rounded - load<f64>(ROUNDER)) + third + fourth + fifth) * HALF_PI;
  const y = sine(f64x2.splat(r), i64x2.splat(reinterpret<i64>(rounded) + quarter));
  return <f32>f64x2.extract_lane(y, 0);
}

/** 2ᵏ as float64, for k in [−1022, 1023]. */
function scalarTwoTo(k: i32): f64 {
  return reinterpret<f64>(<i64>(k + 1023) << 52);
}

function modulo4(x: f64): f64 {
  return x - 4 * floor<f64>(x / 4);
}
