// Statistics of a list of numbers: in float64, summed from the first to the last.

type Numbers = Float32Array | Float64Array;

/** Σ x / n. Of float32 numbers that are all the same it is exactly that number: for n < 2²⁹, the sum has room for all digits. */
export function mean(values: Numbers): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** √(Σ (x − mean)² / n): of these numbers themselves, not an estimate for others. */
export function deviation(values: Numbers): number {
  const middle = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] - middle) * (values[i] - middle);
  return Math.sqrt(sum / values.length);
}

/**
 * The value below which the share q of the numbers lies, between the two nearest by a straight line (type 7 of Hyndman and
 * Fan; NumPy's default).
 *
 * @param sorted in ascending order
 */
export function quantile(sorted: Numbers, q: number): number {
  const place = (sorted.length - 1) * q;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
}

/** The number that occurs most often; the smallest of several. */
export function mostFrequent(values: Numbers): number {
  const sorted = values.slice().sort();
  let best = sorted[0];
  let longest = 0;
  for (let begin = 0, end = 0; begin < sorted.length; begin = end) {
    while (end < sorted.length && sorted[end] === sorted[begin]) end++;
    if (end - begin > longest) [best, longest] = [sorted[begin], end - begin];
  }
  return best;
}
