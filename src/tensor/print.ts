// The printed form of a tensor: aligned, nested as its axes are, elided when long.
import { type Shape, show, sizeOf } from './shape.ts';

/**
 *     Tensor [2, 3]
 *     [[1.0000, -2.5000,      0],
 *      [4.0000,  5.0000, 3.0000]]
 *
 * All values have one format, so that they can be compared at a glance. Long axes show their first and last three
 * entries; in front of the last two axes, the first and last matrix.
 */
export function printTensor({ shape, data }: { shape: Shape; data: ArrayLike<number> }): string {
  const title = `Tensor ${show(shape)}`;
  if (data.length === 0) return `${title} (empty)`;

  const isLong = data.length > 144;
  const shown: number[] = [];
  /** The entries at `offset` as nested lists of places in `shown`, undefined for what is left out. */
  const collect = (axis: number, offset: number): Nested => {
    if (axis === shape.length) return shown.push(data[offset]) - 1;
    const size = shape[axis];
    const stride = sizeOf(shape.slice(axis + 1));
    const at = (i: number) => collect(axis + 1, offset + i * stride);
    const edge = isLong && axis < shape.length - 2 ? 1 : 3;
    if (size <= (isLong ? 2 * edge + 1 : 12)) return range(0, size).map(at);
    return [...range(0, edge).map(at), undefined, ...range(size - edge, size).map(at)];
  };
  const nested = collect(0, 0);

  const texts = shown.map(formatFor(shown));
  const width = texts.reduce((most, text) => Math.max(most, text.length), 0);
  const print = (level: Nested, axis: number): string => {
    if (level === undefined) return '...';
    if (typeof level === 'number') return texts[level].padStart(width);
    const inner = shape.length - axis - 1; // rows stand under each other, matrices a line apart
    const separator = inner === 0 ? ', ' : `,${'\n'.repeat(Math.min(inner, 2))}${' '.repeat(axis + 1)}`;
    return `[${level.map((entry) => print(entry, axis + 1)).join(separator)}]`;
  };
  return `${title}${shape.length === 0 ? ' ' : '\n'}${print(nested, 0)}`;
}

type Nested = number | undefined | Nested[];

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

/**
 * One format for all values: whole numbers plain; others with 4 decimals, or with an exponent where the largest is below
 * 0.001 or reaches 100,000. A zero is always `0`, which tells it from a value that was rounded to 0.0000.
 */
function formatFor(values: readonly number[]): (value: number) => string {
  const finite = values.filter(Number.isFinite);
  const largest = finite.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const isPlain = finite.every(Number.isInteger) && largest < 1e7;
  const hasExponent = largest < 1e-3 || largest >= 1e5;
  return (value) => {
    if (Number.isNaN(value)) return 'NaN';
    if (!Number.isFinite(value)) return value > 0 ? 'Inf' : '-Inf';
    if (value === 0) return Object.is(value, -0) ? '-0' : '0';
    return isPlain ? String(value) : hasExponent ? value.toExponential(4) : value.toFixed(4);
  };
}
