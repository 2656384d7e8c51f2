// Medians, quartiles, slopes.

/** The number below which a part of the values lie, between neighbours in proportion. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = part * (sorted.length - 1);
  const below = sorted[Math.floor(at)];
  return below + (sorted[Math.ceil(at)] - below) * (at - Math.floor(at));
}

interface Summary {
  median: number;
  spread: [low: number, high: number];
}

/** The median, and the first and third quartile. */
export const summary = (values: readonly number[]): Summary => ({
  median: quantile(values, 0.5),
  spread: [quantile(values, 0.25), quantile(values, 0.75)],
});

/** The median, and the lowest and highest value. */
export const range = (values: readonly number[]): Summary => ({
  median: quantile(values, 0.5),
  spread: [Math.min(...values), Math.max(...values)],
});

/** Of log y over log x, by least squares. */
export function logSlope(points: readonly { x: number; y: number }[]): number {
  const logs = points.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }));
  const mean = (of: (point: { x: number; y: number }) => number) =>
    logs.reduce((sum, point) => sum + of(point), 0) / logs.length;
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)];
  return mean((point) => (point.x - x) * (point.y - y)) / mean((point) => (point.x - x) ** 2);
}
