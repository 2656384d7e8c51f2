// The curves of schedules, in float64, of + − × ÷ alone: Math.cos and Math.pow may differ from engine to engine in the last bit.

/** From `start` (x = 0) to `end` (x = 1) in a straight line; exact at both ends. */
export const linear = (start: number, end: number, x: number): number => start * (1 - x) + end * x;

/** From `start` (x = 0) to `end` (x = 1) along half a period of the cosine; exact at both ends. */
export const cosine = (start: number, end: number, x: number): number =>
  start * cosineShare(1 - x) + end * cosineShare(x);

/**
 * (1 − cos πx)/2 for x in [0, 1], by the Taylor series, whose terms beyond x²⁴ are below 2⁻⁶² at x ≤ ½:
 *
 *     z/4 · (1 − z/(3·4) · (1 − z/(5·6) · (1 − …)))        z = (πx)²
 */
function cosineShare(x: number): number {
  if (x > 0.5) return 1 - cosineShare(1 - x);
  const z = Math.PI * x * (Math.PI * x);
  let sum = 1;
  for (let k = 24; k > 2; k -= 2) sum = 1 - (z / (k * (k - 1))) * sum;
  return (z / 4) * sum;
}

/** xⁿ for a whole n ≥ 0, by squaring. */
export function power(x: number, n: number): number {
  let result = 1;
  for (let square = x, rest = n; rest > 0; square *= square, rest = Math.floor(rest / 2))
    if (rest % 2 === 1) result *= square;
  return result;
}
