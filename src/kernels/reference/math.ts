/**
 * Elementary functions in float32, made of + − × ÷, comparisons and bit moves only.
 *
 * Why not `Math.exp`? ECMAScript lets every engine answer differently in the last digits. These formulas give
 * the same bits everywhere, and a SIMD kernel that repeats them step by step gives those bits too.
 *
 * Each function takes float32 values and returns one. Two ways to compute it:
 *   narrow   exp, log, tanh: every step is rounded to float32 with `fround`, as an f32x4 lane does;
 *   wide     the others: steps in float64, as an f64x2 lane does, and one `fround` at the end.
 * A product and a sum are always two roundings, never a fused one. What reads like a branch (`a ? b : c`) is a
 * select: a lane computes both sides. Real branches are only those of `reduce`, for the angles of sin and cos.
 *
 * An ulp is the gap between neighbouring float32 values where the true result lies, and a perfect function is
 * off by at most half of one. "Error" is the largest one measured: over every 61st of the 2³² bit patterns,
 * for exp, log, tanh, erf, sin and cos also over every input where they are worst, and for pow over
 * 40 million random pairs. Special cases, NaN, ±∞ and ±0, follow annex F of C99.
 *
 * Coefficients without a named source are minimax fits: the Remez exchange in 50-digit arithmetic, weighted so
 * that the relative error of the whole function is levelled. The narrow ones are then rounded to float32 one at
 * a time, highest power first, the rest refitted after each; the wide ones are cut to 12 digits. "Fit 2⁻³⁰" is
 * the relative error that would remain in exact arithmetic; an ulp is 2⁻²⁴ to 2⁻²³ of the result.
 */

const fround = Math.fround;

/** a·b + c in float32, rounded twice. */
const mulAdd = (a: number, b: number, c: number): number => fround(fround(a * b) + c);

// ---- Bits -------------------------------------------------------------------------------------------------

const float = new Float32Array(1);
const floatBits = new Int32Array(float.buffer);
const double = new Float64Array(1);
const doubleBits = new Int32Array(double.buffer); // little-endian: [1] has the sign and the exponent

/** 2ᵏ as a float32, for k in [−126, 127]. */
function floatTwoTo(k: number): number {
  floatBits[0] = (k + 127) << 23;
  return float[0];
}

/** 2ᵏ as a float64, for k in [−1022, 1023]. */
function twoTo(k: number): number {
  doubleBits[1] = (k + 1023) << 20;
  doubleBits[0] = 0;
  return double[0];
}

/** The n for which u·2ⁿ lies in [√½, √2): 0 there, and one less for each octave above, which begins at √2. */
function toNear1(u: number): number {
  double[0] = u;
  return (0x3ff6a09d - doubleBits[1]) >> 20; // √2 is 0x3ff6a09e 667f3bcd
}

// Adding 1.5·2ᵖ (p: bits after the leading one) leaves no room for a fraction: round to nearest, ties to even.
const FLOAT_ROUNDER = 12582912; // 1.5·2²³
const ROUNDER = 6755399441055744; // 1.5·2⁵²

const nearestFloat = (x: number): number => fround(fround(x + FLOAT_ROUNDER) - FLOAT_ROUNDER);
const nearest = (x: number): number => x + ROUNDER - ROUNDER;

// ---- Narrow: float32 steps --------------------------------------------------------------------------------

const FLOAT_LOG2E = fround(1.44269504);
const LN2_HIGH = 0.693359375; // 355/512, nine bits: k·LN2_HIGH is exact (the split is Cephes')
const LN2_LOW = fround(-2.1219444e-4); // ln 2 − 355/512

const EXP_2 = fround(0.49999994);
const EXP_3 = fround(0.16666517);
const EXP_4 = fround(0.041668102);
const EXP_5 = fround(0.0083691925);
const EXP_6 = fround(0.0013838903);

/**
 * eˣ = 2ᵏ·eʳ
 *
 *   reduce   k = the integer nearest to x/ln 2,  r = x − k·ln 2 = high − low,  |r| ≤ ½ ln 2
 *   series   eʳ ≈ 1 + r + r²·P(r),  P of degree 4, fit 2⁻²⁸
 *   stable   1 + (high + (r²P − low)): the leading terms go in last, so what was rounded before them is small
 *   scale    by 2ᵏ in two factors: k reaches 128 and −150, and only the second product may round
 *   error    0.891 ulp, at 4.5063262
 */
export function exp(x: number): number {
  const inside = Math.min(Math.max(x, -104), 89); // e⁻¹⁰⁴ rounds to 0, e⁸⁹ to ∞
  const k = nearestFloat(fround(inside * FLOAT_LOG2E));
  const high = fround(inside - fround(k * LN2_HIGH));
  const low = fround(k * LN2_LOW);
  const r = fround(high - low);
  const P = mulAdd(mulAdd(mulAdd(mulAdd(EXP_6, r, EXP_5), r, EXP_4), r, EXP_3), r, EXP_2);
  const power = fround(1 + fround(high + fround(fround(fround(r * r) * P) - low)));
  const half = k >> 1;
  return fround(fround(power * floatTwoTo(half)) * floatTwoTo(k - half));
}

const SMALLEST_NORMAL = 1.1754943508222875e-38; // 2⁻¹²⁶

const LOG_3 = fround(0.66666776);
const LOG_5 = fround(0.39977536);
const LOG_7 = fround(0.29871863);

/**
 * ln x = k·ln 2 + ln(1 + f),  where x = 2ᵏ(1 + f) and 1 + f lies in [√½, √2)
 *
 *   series   with s = f/(2 + f):  ln(1 + f) = 2 artanh s = 2s + R,  R = s·s²·P(s²),  P of degree 2, fit 2⁻³⁰
 *   stable   f − (f²/2 − s·(f²/2 + s²P)), the same (fdlibm's form), because f is exact and s is not
 *   tiny     a subnormal x is multiplied by 2²⁵ first, so that its exponent field counts
 *   error    0.840 ulp, at 1.4133185
 */
export function log(x: number): number {
  const tiny = x < SMALLEST_NORMAL;
  float[0] = tiny ? x * 33554432 : x;
  const steps = (floatBits[0] - 0x3f3504f3) >> 23; // the bits of √½: its octave ends at √2
  floatBits[0] -= steps << 23;
  const f = fround(float[0] - 1);
  const k = tiny ? steps - 25 : steps;
  const s = fround(f / fround(2 + f));
  const z = fround(s * s);
  const zP = fround(z * mulAdd(mulAdd(LOG_7, z, LOG_5), z, LOG_3));
  const halfSquare = fround(fround(0.5 * f) * f);
  const tail = fround(fround(s * fround(halfSquare + zP)) + fround(k * LN2_LOW));
  const y = fround(fround(k * LN2_HIGH) + fround(f - fround(halfSquare - tail)));
  return x > 0 ? (x < Infinity ? y : x) : x === 0 ? -Infinity : NaN;
}

const TANH_3 = fround(-0.3333328);
const TANH_5 = fround(0.13331442);
const TANH_7 = fround(-0.053739715);
const TANH_9 = fround(0.020639086);
const TANH_11 = fround(-0.0057049864);

/**
 * tanh |x|, then the sign of x
 *
 *   small    |x| < 0.625:  a + a·(a²·P(a²)),  P of degree 4, fit 2⁻²⁷·⁸
 *   large    1 − 2/(e²ᵃ + 1); e²ᵃ = ∞ gives 1
 *   because  near 0 the large form subtracts nearly equal numbers; the border is Cephes'
 *   error    1.325 ulp, at 0.62711591
 */
export function tanh(x: number): number {
  const a = Math.abs(x);
  const z = fround(a * a);
  const P = mulAdd(mulAdd(mulAdd(mulAdd(TANH_11, z, TANH_9), z, TANH_7), z, TANH_5), z, TANH_3);
  const small = mulAdd(a, fround(z * P), a);
  const large = fround(1 - fround(2 / fround(exp(fround(a + a)) + 1)));
  const y = a < 0.625 ? small : large;
  return x > 0 ? y : x < 0 ? -y : x; // the last: ±0 and NaN
}

// ---- Wide: float64 steps, one rounding --------------------------------------------------------------------

const LN2 = 0.6931471805599453;
const LOG2E = 1.4426950408889634;

/** eʳ − 1 = r·(1 + r·P(r)) for |r| ≤ ½ ln 2, fit 2⁻³². Being a product, it keeps −0. */
function expm1Near0(r: number): number {
  const upper = (1.98458792388e-4 * r + 0.00139406272774) * r + 0.00833338936572;
  const P = ((upper * r + 0.0416663609141) * r + 0.166666663705) * r + 0.500000004416;
  return r * (1 + r * P);
}

/** ln(1 + f) = 2 artanh s = s·(2 + s²P(s²)),  s = f/(2 + f), for 1 + f in [√½, √2); fit 2⁻⁴⁵, for pow. */
function log1pNear0(f: number): number {
  const s = f / (2 + f);
  const z = s * s;
  const upper = (0.195842036395 * z + 0.221761847437) * z + 0.285721092626;
  const P = (upper * z + 0.399999956207) * z + 0.666666666676;
  return s * (2 + z * P);
}

/** eˣ in float64 steps for |x| ≤ 700, good to 2⁻³². */
function wideExp(x: number): number {
  const k = nearest(x * LOG2E);
  return twoTo(k) * (1 + expm1Near0(x - k * LN2));
}

/** ln(1 + x) in float64 steps, −1 < x < ∞. With 1 + f = (1 + x)·2ⁿ:  f = x·2ⁿ − (1 − 2ⁿ), x itself if n = 0. */
function wideLog1p(x: number): number {
  const n = toNear1(1 + x);
  const scale = twoTo(n);
  return log1pNear0(x * scale - (1 - scale)) - n * LN2;
}

/**
 * eˣ − 1 = 2ᵏ·(eʳ − 1) − (1 − 2ᵏ),  k and r as in `exp`
 *
 *   stable   for k = 0 the last term is +0, so a small x loses nothing and −0 stays −0
 *   error    0.504 ulp, at 0.37635151
 */
export function expm1(x: number): number {
  const inside = Math.min(Math.max(x, -30), 89); // beyond these: −1 and ∞
  const k = nearest(inside * LOG2E);
  const scale = twoTo(k);
  return fround(scale * expm1Near0(inside - k * LN2) - (1 - scale));
}

/**
 * ln(1 + x)
 *
 *   error    0.5000 ulp, at 0.49686831
 */
export function log1p(x: number): number {
  const y = fround(wideLog1p(x));
  return x > -1 ? (x < Infinity ? y : x) : x === -1 ? -Infinity : NaN;
}

/**
 * σ(x) = 1/(1 + e⁻ˣ)
 *
 *   because  in float32 steps e⁻ˣ and 1 + e⁻ˣ each lose up to an ulp, and both forms, 1/(1 + e⁻ˣ) and
 *            e⁻ᵃ/(1 + e⁻ᵃ), end above 2 ulp; float64 has room for both, and for e¹¹⁰ too
 *   error    0.501 ulp, at −13.543281
 */
export function sigmoid(x: number): number {
  return fround(1 / (1 + wideExp(Math.min(Math.max(-x, -110), 110))));
}

/**
 * softplus(x) = ln(1 + eˣ)
 *
 *   stable   max(x, 0) + ln(1 + e^−|x|): the exponential cannot overflow
 *   error    0.501 ulp, at −5.1629848
 */
export function softplus(x: number): number {
  return fround(Math.max(x, 0) + wideLog1p(wideExp(Math.max(-Math.abs(x), -110))));
}

/**
 * xʸ = ±2ᵗ,  t = y·log₂|x|
 *
 *   reduce   |x|·2ⁿ = 1 + f gives log₂|x| = ln(1 + f)/ln 2 − n;  2ᵗ = 2ᵏ·e^((t − k) ln 2), k nearest to t
 *   because  an error in log₂|x| is multiplied by y: |t| may be 150, so the logarithm must be good to 2⁻⁴⁰
 *   sign     minus where x is negative and y an odd integer; NaN where x < 0 is finite and y not an integer
 *   C99      x⁰ = 1 and 1ʸ = 1 even for NaN, (−1)^±∞ = 1; ECMAScript's ** says NaN for 1^NaN and 1^∞
 *   error    0.501 ulp, at (6.1536324e37, −0.027879167)
 */
export function pow(x: number, y: number): number {
  const size = Math.abs(x);
  const n = toNear1(size);
  const finite = log1pNear0(size * twoTo(n) - 1) * LOG2E - n;
  const log2 = size === 0 ? -Infinity : size < Infinity ? finite : size; // the last: ∞ and NaN
  const t = Math.min(Math.max(y * log2, -160), 160); // 2⁻¹⁶⁰ rounds to 0, 2¹⁶⁰ to ∞
  const k = nearest(t);
  const power = size === 1 || y === 0 ? 1 : fround(twoTo(k) * (1 + expm1Near0((t - k) * LN2)));
  const negative = x < 0 || Object.is(x, -0);
  const whole = Math.floor(y) === y;
  const odd = whole && Math.floor(y / 2) * 2 !== y;
  const undefinedSign = x < 0 && x > -Infinity && !whole;
  return undefinedSign ? NaN : negative && odd ? -power : power;
}

/**
 * erf x = 2/√π ∫₀ˣ e^(−t²) dt
 *
 *   series   x·P(x²)/Q(x²) on [−4, 4], degrees 5 and 6, fit 2⁻²⁸·⁵ (the rational Remez exchange). Every
 *            coefficient is positive, so nothing cancels. Beyond 4, 1 − erf is below 2⁻²⁵ and the result ±1
 *   error    0.543 ulp, at 2.5316057
 */
export function erf(x: number): number {
  const inside = Math.min(Math.max(x, -4), 4);
  const z = inside * inside;
  const upperP = (6.79141636018e-6 * z + 4.11279384146e-4) * z + 0.00422649466753;
  const upperQ = ((2.60488388344e-7 * z + 7.25642818666e-5) * z + 0.00142120991336) * z + 0.0162951547572;
  const P = ((upperP * z + 0.055749579226) * z + 0.19287878287) * z + 1.12837916997;
  const Q = ((upperQ * z + 0.117495397668) * z + 0.504267804606) * z + 1;
  return fround((inside * P) / Q);
}

// ---- Angles -----------------------------------------------------------------------------------------------

const TWO_OVER_PI = 0.6366197723675814;
const HALF_PI = 1.5707963267948966;
const HALF_PI_HIGH = 1.5707963109016418; // 25 bits (fdlibm's split): k·HALF_PI_HIGH is exact for |k| < 2²⁸
const HALF_PI_LOW = 1.5893254773528196e-8;

/** 2/π = 0.a2f983 6e4e44 1529fc… in base 2²⁴. */
const TWO_OVER_PI_DIGITS = [
  0xa2f983, 0x6e4e44, 0x1529fc, 0x2757d1, 0xf534dd, 0xc0db62, 0x95993c, 0x439041, 0xfe5163,
];

const modulo4 = (x: number): number => x - 4 * Math.floor(x / 4);

/** The k of the last `reduce`, as far as its two lowest bits. */
let quarters = 0;

/**
 * r = x − k·π/2 for an integer k that makes |r| ≤ π/4, and k in `quarters`.
 *
 *   medium   |x| < 2²⁷: subtract k·π/2 in two parts, the first exactly (Cody and Waite)
 *   huge     x = m·2ᵉ, m of 24 bits. x·2/π is a sum over the base-2²⁴ digits of 2/π, in which a term that is a
 *            multiple of 4 is whole turns: skip those, take the next five (Payne and Hanek). Each m·digit has
 *            48 bits and is exact. A SIMD kernel calls this for the lanes that need it
 *   NaN, ±∞  give NaN
 */
function reduce(x: number): number {
  const size = Math.abs(x);
  if (size < 134217728) {
    const k = nearest(x * TWO_OVER_PI);
    quarters = k;
    return x - k * HALF_PI_HIGH - k * HALF_PI_LOW;
  }
  if (!(size < Infinity)) return NaN;
  float[0] = size;
  const e = (floatBits[0] >> 23) - 150;
  const m = x * twoTo(-e);
  const i = Math.floor((e - 2) / 24); // the first digit whose weight, 2^(e − 24(i + 1)), is not a multiple of 4
  const unit = m * twoTo(e - 24 * (i + 1));
  const first = modulo4(unit * TWO_OVER_PI_DIGITS[i]);
  const second = modulo4(unit * TWO_OVER_PI_DIGITS[i + 1] * 2 ** -24);
  const third = unit * TWO_OVER_PI_DIGITS[i + 2] * 2 ** -48;
  const fourth = unit * TWO_OVER_PI_DIGITS[i + 3] * 2 ** -72;
  const fifth = unit * TWO_OVER_PI_DIGITS[i + 4] * 2 ** -96;
  const k = nearest(first + second + third);
  quarters = k;
  return (first + second - k + third + fourth + fifth) * HALF_PI; // left to right: exact until `third` joins
}

/** sin(r + k·π/2) for |r| ≤ π/4: the sine or the cosine of r, fits 2⁻³⁷ and 2⁻³⁴, and its sign. */
function sine(r: number, k: number): number {
  const z = r * r;
  const sinR =
    r * (1 + z * (((2.7181141039e-6 * z - 1.98393114837e-4) * z + 0.0083333293024) * z - 0.166666666408));
  const cosR =
    1 + z * (((2.4383482726e-5 * z - 0.00138866807501) * z + 0.0416666203287) * z - 0.499999996942);
  const y = k & 1 ? cosR : sinR;
  return fround(k & 2 ? -y : y);
}

/**
 * sin x, from r = x − k·π/2 (`reduce`) and the quadrant k
 *
 *   error    0.501 ulp, at 8.6707839e29
 */
export function sin(x: number): number {
  const r = reduce(x);
  return sine(r, quarters);
}

/**
 * cos x = sin(x + π/2): a quarter further than `sin`
 *
 *   error    0.501 ulp, at 1.2996287e31
 */
export function cos(x: number): number {
  const r = reduce(x);
  return sine(r, quarters + 1);
}
