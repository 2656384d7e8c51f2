/**
 * Elementary functions of vectors: f32x4 to f32x4, step by step those of `reference/math.ts`, which explains the
 * formulas and states the errors. Names and constants are the same; here stands only how a lane does it.
 *
 *   narrow   exp, log, tanh: four lanes of float32
 *   wide     the others: two pairs of float64 lanes, `low` and `high`, joined and rounded once
 *
 * A product and a sum are two instructions, never a fused one. `pmax(x, c)` is x < c ? c : x: with a constant c
 * other than 0 it is Math.max, NaN included, in one instruction.
 */

// ---- Selects and bits -------------------------------------------------------------------------------------

/** condition ? a : b, lane by lane. */
// @ts-ignore: decorator
@inline
export function select(condition: v128, a: v128, b: v128): v128 {
  return v128.bitselect(a, b, condition);
}

/** a·b + c in float32, rounded twice. */
// @ts-ignore: decorator
@inline
function mulAdd(a: v128, b: v128, c: f32): v128 {
  return f32x4.add(f32x4.mul(a, b), f32x4.splat(c));
}

/** a·b + c in float64, rounded twice. */
// @ts-ignore: decorator
@inline
function wideMulAdd(a: v128, b: v128, c: f64): v128 {
  return f64x2.add(f64x2.mul(a, b), f64x2.splat(c));
}

// Adding 1.5·2ᵖ (p: bits after the leading one) leaves no room for a fraction: what is nearest to x stands in the
// low bits of the sum.
const FLOAT_ROUNDER: f32 = 12582912; // 1.5·2²³
const FLOAT_ROUNDER_BITS = 0x4b400000;
const ROUNDER: f64 = 6755399441055744; // 1.5·2⁵²

/** 2ᵏ as float32, for integers k in [−126, 127]. */
// @ts-ignore: decorator
@inline
function floatTwoTo(k: v128): v128 {
  return i32x4.shl(i32x4.add(k, i32x4.splat(127)), 23);
}

/** 2ᵏ as float64, for k in [−1022, 1023] that stand in the low bits of `rounded` = k + ROUNDER. */
// @ts-ignore: decorator
@inline
function twoTo(rounded: v128): v128 {
  return i64x2.shl(i64x2.add(rounded, i64x2.splat(1023)), 52);
}

// @ts-ignore: decorator
@inline
function low(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

// @ts-ignore: decorator
@inline
function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3));
}

/** Two pairs of float64 as four float32: the one rounding of a wide function. */
// @ts-ignore: decorator
@inline
function join(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 1, 4, 5);
}

// ---- Narrow: float32 steps --------------------------------------------------------------------------------

const FLOAT_LOG2E: f32 = 1.44269504;
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.1219444e-4;

const EXP_2: f32 = 0.49999994;
const EXP_3: f32 = 0.16666517;
const EXP_4: f32 = 0.041668102;
const EXP_5: f32 = 0.0083691925;
const EXP_6: f32 = 0.0013838903;

/** eˣ */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const inside = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-104)), f32x4.splat(89));
  const rounded = mulAdd(inside, f32x4.splat(FLOAT_LOG2E), FLOAT_ROUNDER);
  const k = f32x4.sub(rounded, f32x4.splat(FLOAT_ROUNDER));
  const high = f32x4.sub(inside, f32x4.mul(k, f32x4.splat(LN2_HIGH)));
  const low = f32x4.mul(k, f32x4.splat(LN2_LOW));
  const r = f32x4.sub(high, low);
  const upper = mulAdd(mulAdd(f32x4.splat(EXP_6), r, EXP_5), r, EXP_4);
  const P = mulAdd(mulAdd(upper, r, EXP_3), r, EXP_2);
  const tail = f32x4.sub(f32x4.mul(f32x4.mul(r, r), P), low);
  const power = f32x4.add(f32x4.splat(1), f32x4.add(high, tail));
  const steps = i32x4.sub(rounded, i32x4.splat(FLOAT_ROUNDER_BITS));
  const half = i32x4.shr_s(steps, 1);
  return f32x4.mul(f32x4.mul(power, floatTwoTo(half)), floatTwoTo(i32x4.sub(steps, half)));
}

const SMALLEST_NORMAL: f32 = 1.1754943508222875e-38;

const LOG_3: f32 = 0.66666776;
const LOG_5: f32 = 0.39977536;
const LOG_7: f32 = 0.29871863;

/** ln x */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const tiny = f32x4.lt(x, f32x4.splat(SMALLEST_NORMAL));
  const normal = select(tiny, f32x4.mul(x, f32x4.splat(33554432)), x);
  const steps = i32x4.shr_s(i32x4.sub(normal, i32x4.splat(0x3f3504f3)), 23);
  const f = f32x4.sub(i32x4.sub(normal, i32x4.shl(steps, 23)), f32x4.splat(1));
  const k = f32x4.convert_i32x4_s(i32x4.sub(steps, v128.and(tiny, i32x4.splat(25))));
  const s = f32x4.div(f, f32x4.add(f32x4.splat(2), f));
  const z = f32x4.mul(s, s);
  const zP = f32x4.mul(z, mulAdd(mulAdd(f32x4.splat(LOG_7), z, LOG_5), z, LOG_3));
  const halfSquare = f32x4.mul(f32x4.mul(f32x4.splat(0.5), f), f);
  const tail = f32x4.add(f32x4.mul(s, f32x4.add(halfSquare, zP)), f32x4.mul(k, f32x4.splat(LN2_LOW)));
  const main = f32x4.sub(f, f32x4.sub(halfSquare, tail));
  return logOf(x, f32x4.splat(0), f32x4.add(f32x4.mul(k, f32x4.splat(LN2_HIGH)), main));
}

/** y, a logarithm with its pole at `pole`, and what holds elsewhere: −∞ at the pole, NaN below it, ∞ and NaN as x. */
// @ts-ignore: decorator
@inline
function logOf(x: v128, pole: v128, y: v128): v128 {
  const above = select(f32x4.lt(x, f32x4.splat(Infinity)), y, x);
  const rest = select(f32x4.eq(x, pole), f32x4.splat(-Infinity), f32x4.splat(NaN));
  return select(f32x4.le(x, pole), rest, above);
}

const TANH_3: f32 = -0.3333328;
const TANH_5: f32 = 0.13331442;
const TANH_7: f32 = -0.053739715;
const TANH_9: f32 = 0.020639086;
const TANH_11: f32 = -0.0057049864;

/** tanh x: of |x|, which is never negative, then the sign of x. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const a = f32x4.abs(x);
  const z = f32x4.mul(a, a);
  const upper = mulAdd(mulAdd(f32x4.splat(TANH_11), z, TANH_9), z, TANH_7);
  const P = mulAdd(mulAdd(upper, z, TANH_5), z, TANH_3);
  const small = f32x4.add(f32x4.mul(a, f32x4.mul(z, P)), a);
  const power = f32x4.add(exp(f32x4.add(a, a)), f32x4.splat(1));
  const large = f32x4.sub(f32x4.splat(1), f32x4.div(f32x4.splat(2), power));
  const y = select(f32x4.lt(a, f32x4.splat(0.625)), small, large);
  return v128.or(y, v128.xor(x, a));
}

// ---- Wide: float64 steps, one rounding --------------------------------------------------------------------

const LN2: f64 = 0.6931471805599453;
const LOG2E: f64 = 1.4426950408889634;

/** eʳ − 1 for |r| ≤ ½ ln 2 */
// @ts-ignore: decorator
@inline
function expm1Near0(r: v128): v128 {
  const upper = wideMulAdd(wideMulAdd(f64x2.splat(1.98458792388e-4), r, 0.00139406272774), r, 0.00833338936572);
  const lower = wideMulAdd(wideMulAdd(upper, r, 0.0416663609141), r, 0.166666663705);
  const P = wideMulAdd(lower, r, 0.500000004416);
  return f64x2.mul(r, f64x2.add(f64x2.splat(1), f64x2.mul(r, P)));
}

/** ln(1 + f) for 1 + f in [√½, √2) */
// @ts-ignore: decorator
@inline
function log1pNear0(f: v128): v128 {
  const s = f64x2.div(f, f64x2.add(f64x2.splat(2), f));
  const z = f64x2.mul(s, s);
  const upper = wideMulAdd(wideMulAdd(f64x2.splat(0.195842036395), z, 0.221761847437), z, 0.285721092626);
  const P = wideMulAdd(wideMulAdd(upper, z, 0.399999956207), z, 0.666666666676);
  return f64x2.mul(s, f64x2.add(f64x2.splat(2), f64x2.mul(z, P)));
}

/** The n for which u·2ⁿ lies in [√½, √2), as an integer in the upper half of each float64's place. */
// @ts-ignore: decorator
@inline
function toNear1(u: v128): v128 {
  return i32x4.shr_s(i32x4.sub(i32x4.splat(0x3ff6a09d), u), 20);
}

/** 2ⁿ for the n of `toNear1`. */
// @ts-ignore: decorator
@inline
function scaleOf(n: v128): v128 {
  return v128.and(i32x4.shl(i32x4.add(n, i32x4.splat(1023)), 20), i64x2.splat(0xfff0000000000000));
}

/** The n of `toNear1` as float64. */
// @ts-ignore: decorator
@inline
function valueOf(n: v128): v128 {
  return f64x2.convert_low_i32x4_s(v128.shuffle<i32>(n, n, 1, 3, 1, 3));
}

/** eˣ for |x| ≤ 700 */
// @ts-ignore: decorator
@inline
function wideExp(x: v128): v128 {
  const rounded = wideMulAdd(x, f64x2.splat(LOG2E), ROUNDER);
  const k = f64x2.sub(rounded, f64x2.splat(ROUNDER));
  const r = f64x2.sub(x, f64x2.mul(k, f64x2.splat(LN2)));
  return f64x2.mul(twoTo(rounded), f64x2.add(f64x2.splat(1), expm1Near0(r)));
}

/** ln(1 + x), −1 < x < ∞ */
// @ts-ignore: decorator
@inline
function wideLog1p(x: v128): v128 {
  const n = toNear1(f64x2.add(f64x2.splat(1), x));
  const scale = scaleOf(n);
  const f = f64x2.sub(f64x2.mul(x, scale), f64x2.sub(f64x2.splat(1), scale));
  return f64x2.sub(log1pNear0(f), f64x2.mul(valueOf(n), f64x2.splat(LN2)));
}

// @ts-ignore: decorator
@inline
function wideExpm1(x: v128): v128 {
  const inside = f64x2.pmin(f64x2.pmax(x, f64x2.splat(-30)), f64x2.splat(89));
  const rounded = wideMulAdd(inside, f64x2.splat(LOG2E), ROUNDER);
  const k = f64x2.sub(rounded, f64x2.splat(ROUNDER));
  const scale = twoTo(rounded);
  const r = f64x2.sub(inside, f64x2.mul(k, f64x2.splat(LN2)));
  return f64x2.sub(f64x2.mul(scale, expm1Near0(r)), f64x2.sub(f64x2.splat(1), scale));
}

/** eˣ − 1 */
// @ts-ignore: decorator
@inline
export function expm1(x: v128): v128 {
  return join(wideExpm1(low(x)), wideExpm1(high(x)));
}

/** ln(1 + x) */
// @ts-ignore: decorator
@inline
export function log1p(x: v128): v128 {
  return logOf(x, f32x4.splat(-1), join(wideLog1p(low(x)), wideLog1p(high(x))));
}

// @ts-ignore: decorator
@inline
function wideSigmoid(x: v128): v128 {
  const inside = f64x2.pmin(f64x2.pmax(f64x2.neg(x), f64x2.splat(-110)), f64x2.splat(110));
  return f64x2.div(f64x2.splat(1), f64x2.add(f64x2.splat(1), wideExp(inside)));
}

/** 1/(1 + e⁻ˣ) */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  return join(wideSigmoid(low(x)), wideSigmoid(high(x)));
}

/** Its max(x, 0) may be −0, as nothing else is: the logarithm that is added is not 0 there. */
// @ts-ignore: decorator
@inline
function wideSoftplus(x: v128): v128 {
  const power = wideExp(f64x2.pmax(f64x2.neg(f64x2.abs(x)), f64x2.splat(-110)));
  return f64x2.add(f64x2.pmax(x, f64x2.splat(0)), wideLog1p(power));
}

/** ln(1 + eˣ) */
// @ts-ignore: decorator
@inline
export function softplus(x: v128): v128 {
  return join(wideSoftplus(low(x)), wideSoftplus(high(x)));
}

// @ts-ignore: decorator
@inline
function widePow(x: v128, y: v128): v128 {
  const size = f64x2.abs(x);
  const n = toNear1(size);
  const f = f64x2.sub(f64x2.mul(size, scaleOf(n)), f64x2.splat(1));
  const finite = f64x2.sub(f64x2.mul(log1pNear0(f), f64x2.splat(LOG2E)), valueOf(n));
  const above0 = select(f64x2.lt(size, f64x2.splat(Infinity)), finite, size);
  const log2 = select(f64x2.eq(size, f64x2.splat(0)), f64x2.splat(-Infinity), above0);
  const t = f64x2.pmin(f64x2.pmax(f64x2.mul(y, log2), f64x2.splat(-160)), f64x2.splat(160));
  const rounded = f64x2.add(t, f64x2.splat(ROUNDER));
  const r = f64x2.mul(f64x2.sub(t, f64x2.sub(rounded, f64x2.splat(ROUNDER))), f64x2.splat(LN2));
  const power = f64x2.mul(twoTo(rounded), f64x2.add(f64x2.splat(1), expm1Near0(r)));
  const isOne = v128.or(f64x2.eq(size, f64x2.splat(1)), f64x2.eq(y, f64x2.splat(0)));
  const whole = f64x2.eq(f64x2.floor(y), y);
  const half = f64x2.floor(f64x2.mul(y, f64x2.splat(0.5)));
  const odd = v128.andnot(whole, f64x2.eq(f64x2.add(half, half), y));
  const sign = v128.and(v128.xor(x, size), odd);
  const negative = v128.and(f64x2.lt(x, f64x2.splat(0)), f64x2.gt(x, f64x2.splat(-Infinity)));
  const signed = v128.xor(select(isOne, f64x2.splat(1), power), sign);
  return v128.or(signed, v128.andnot(negative, whole)); // all bits set: NaN
}

/** xʸ */
// @ts-ignore: decorator
@inline
export function pow(x: v128, y: v128): v128 {
  return join(widePow(low(x), low(y)), widePow(high(x), high(y)));
}

// @ts-ignore: decorator
@inline
function wideErf(x: v128): v128 {
  const inside = f64x2.pmin(f64x2.pmax(x, f64x2.splat(-4)), f64x2.splat(4));
  const z = f64x2.mul(inside, inside);
  const upperP = wideMulAdd(wideMulAdd(f64x2.splat(6.79141636018e-6), z, 4.11279384146e-4), z, 0.00422649466753);
  const P = wideMulAdd(wideMulAdd(wideMulAdd(upperP, z, 0.055749579226), z, 0.19287878287), z, 1.12837916997);
  const topQ = wideMulAdd(wideMulAdd(f64x2.splat(2.60488388344e-7), z, 7.25642818666e-5), z, 0.00142120991336);
  const upperQ = wideMulAdd(topQ, z, 0.0162951547572);
  const Q = wideMulAdd(wideMulAdd(wideMulAdd(upperQ, z, 0.117495397668), z, 0.504267804606), z, 1);
  return f64x2.div(f64x2.mul(inside, P), Q);
}

/** 2/√π ∫₀ˣ e^(−t²) dt */
// @ts-ignore: decorator
@inline
export function erf(x: v128): v128 {
  return join(wideErf(low(x)), wideErf(high(x)));
}

// ---- Angles -----------------------------------------------------------------------------------------------

const TWO_OVER_PI: f64 = 0.6366197723675814;
const HALF_PI: f64 = 1.5707963267948966;
const HALF_PI_HIGH: f64 = 1.5707963109016418;
const HALF_PI_LOW: f64 = 1.5893254773528196e-8;
const HUGE: f32 = 134217728; // 2²⁷

/** k, the integer nearest to x·2/π, in the low bits of k + ROUNDER; for |x| < 2²⁷. */
// @ts-ignore: decorator
@inline
function quarters(x: v128): v128 {
  return wideMulAdd(x, f64x2.splat(TWO_OVER_PI), ROUNDER);
}

/** x − k·π/2, for `rounded` = k + ROUNDER. */
// @ts-ignore: decorator
@inline
function rest(x: v128, rounded: v128): v128 {
  const k = f64x2.sub(rounded, f64x2.splat(ROUNDER));
  const high = f64x2.sub(x, f64x2.mul(k, f64x2.splat(HALF_PI_HIGH)));
  return f64x2.sub(high, f64x2.mul(k, f64x2.splat(HALF_PI_LOW)));
}

/** sin(r + k·π/2) for |r| ≤ π/4, k in the low bits of `k`. */
// @ts-ignore: decorator
@inline
function sine(r: v128, k: v128): v128 {
  const z = f64x2.mul(r, r);
  const upperSin = wideMulAdd(f64x2.splat(2.7181141039e-6), z, -1.98393114837e-4);
  const S = wideMulAdd(wideMulAdd(upperSin, z, 0.0083333293024), z, -0.166666666408);
  const sinR = f64x2.mul(r, f64x2.add(f64x2.splat(1), f64x2.mul(z, S)));
  const upperCos = wideMulAdd(f64x2.splat(2.4383482726e-5), z, -0.00138866807501);
  const C = wideMulAdd(wideMulAdd(upperCos, z, 0.0416666203287), z, -0.499999996942);
  const cosR = f64x2.add(f64x2.splat(1), f64x2.mul(z, C));
  const odd = i64x2.neg(v128.and(k, i64x2.splat(1)));
  const sign = i64x2.shl(v128.and(k, i64x2.splat(2)), 62);
  return v128.xor(select(odd, cosR, sinR), sign);
}

/** sin(x + quarter·π/2) for |x| < 2²⁷ */
// @ts-ignore: decorator
@inline
function wideSine(x: v128, quarter: i64): v128 {
  const rounded = quarters(x);
  return sine(rest(x, rounded), i64x2.add(rounded, i64x2.splat(quarter)));
}

/** sin(x + quarter·π/2), x in radians with |x| < 2²⁷ */
// @ts-ignore: decorator
@inline
export function sineOfSmall(x: v128, quarter: i64): v128 {
  return join(wideSine(low(x), quarter), wideSine(high(x), quarter));
}

/** sin(x + quarter·π/2) */
// @ts-ignore: decorator
@inline
function sineOf(x: v128, quarter: i64): v128 {
  const y = sineOfSmall(x, quarter);
  const huge = f32x4.ge(f32x4.abs(x), f32x4.splat(HUGE));
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

function sineOfHuge(x: v128, quarter: i64): v128 {
  let y = f32x4.splat(huge(f32x4.extract_lane(x, 0), quarter));
  y = f32x4.replace_lane(y, 1, huge(f32x4.extract_lane(x, 1), quarter));
  y = f32x4.replace_lane(y, 2, huge(f32x4.extract_lane(x, 2), quarter));
  return f32x4.replace_lane(y, 3, huge(f32x4.extract_lane(x, 3), quarter));
}

/** sin(x + quarter·π/2) for 2²⁷ ≤ |x| < ∞, by Payne and Hanek's reduction; any other x is not to be used. */
function huge(x: f32, quarter: i64): f32 {
  const e = ((reinterpret<i32>(x) >> 23) & 255) - 150;
  const i = (e - 2) / 24;
  const unit = <f64>x * scalarTwoTo(-e) * scalarTwoTo(e - 24 * (i + 1));
  const first = modulo4(unit * digit(i));
  const second = modulo4(unit * digit(i + 1) * scalarTwoTo(-24));
  const third = unit * digit(i + 2) * scalarTwoTo(-48);
  const fourth = unit * digit(i + 3) * scalarTwoTo(-72);
  const fifth = unit * digit(i + 4) * scalarTwoTo(-96);
  const rounded = first + second + third + ROUNDER;
  const r = (first + second - (rounded - ROUNDER) + third + fourth + fifth) * HALF_PI;
  const y = sine(f64x2.splat(r), i64x2.splat(reinterpret<i64>(rounded) + quarter));
  return <f32>f64x2.extract_lane(y, 0);
}

function scalarTwoTo(k: i32): f64 {
  return reinterpret<f64>(<i64>(k + 1023) << 52);
}

function modulo4(x: f64): f64 {
  return x - 4 * floor<f64>(x / 4);
}

/** 2/π = 0.a2f983 6e4e44 1529fc… in base 2²⁴. */
function digit(i: i32): f64 {
  switch (i) {
    case 0: return 0xa2f983;
    case 1: return 0x6e4e44;
    case 2: return 0x1529fc;
    case 3: return 0x2757d1;
    case 4: return 0xf534dd;
    case 5: return 0xc0db62;
    case 6: return 0x95993c;
    case 7: return 0x439041;
    default: return 0xfe5163;
  }
}
