/**
 * The functions of `math.ts` in double precision, for the float64 twin that checks gradients.
 *
 * The twin's bits need not be the same on every engine, only good: so `Math.*` where ECMAScript has the function.
 */

export const exp = Math.exp;
export const log = Math.log;
export const log1p = Math.log1p;
export const expm1 = Math.expm1;
export const tanh = Math.tanh;
export const sin = Math.sin;
export const cos = Math.cos;

/** σ(x) = 1/(1 + e⁻ˣ) = eˣ/(1 + eˣ): the form whose exponential does not overflow. */
export function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

/** ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|). */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** xʸ after C99: 1ʸ = 1 and (−1)^±∞ = 1, where ECMAScript says NaN. */
export function pow(x: number, y: number): number {
  if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
  return x ** y;
}

/**
 * erf x, good to 10⁻¹⁵ (relative)
 *
 *   small    |x| ≤ 0.46875:  x·A(x²)/B(x²)
 *   large    ±(1 − e^(−x²)·C(|x|)/D(|x|)); from 6 on, 1 − erf is below 2⁻⁵⁴
 *   source   W. J. Cody, Rational Chebyshev approximations for the error function, Math. Comp. 23 (1969), with the
 *            coefficients of his program CALERF. His third range, beyond 4, serves erfc; erf does not need it
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a <= 0.46875) {
    const z = x * x;
    const A =
      (((1.85777706184603153e-1 * z + 3.1611237438705656) * z + 1.13864154151050156e2) * z +
        3.77485237685302021e2) *
        z +
      3.20937758913846947e3;
    const B =
      (((z + 2.36012909523441209e1) * z + 2.44024637934444173e2) * z + 1.28261652607737228e3) * z +
      2.84423683343917062e3;
    return (x * A) / B;
  }
  if (a >= 6) return Math.sign(x);
  const C =
    (((((((2.15311535474403846e-8 * a + 5.64188496988670089e-1) * a + 8.88314979438837594) * a +
      6.61191906371416295e1) *
      a +
      2.98635138197400131e2) *
      a +
      8.8195222124176909e2) *
      a +
      1.71204761263407058e3) *
      a +
      2.05107837782607147e3) *
      a +
    1.23033935479799725e3;
  const D =
    (((((((a + 1.57449261107098347e1) * a + 1.17693950891312499e2) * a + 5.37181101862009858e2) * a +
      1.62138957456669019e3) *
      a +
      3.29079923573345963e3) *
      a +
      4.36261909014324716e3) *
      a +
      3.43936767414372164e3) *
      a +
    1.23033935480374942e3;
  return Math.sign(x) * (1 - (Math.exp(-x * x) * C) / D);
}
