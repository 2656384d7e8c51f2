// The printed form of a tensor: aligned, nested as its axes are, elided when long.
import type { Shape } from './shape.ts';

const edge = 3; // values shown at each end of an axis that is elided
const limit = 8; // the longest axis that is shown whole, in tensors of more than `whole` values
const whole = 64;

/**
 *     Tensor [2, 3]
 *     [[ 1.0000, -2.5000,  3.0000],
 *      [ 4.0000,  5.0000,  6.0000]]
 */
export function printTensor({ shape, data }: { shape: Shape; data: ArrayLike<number> }): string {
  const title = `Tensor [${shape.join(', ')}]`;
  if (data.length === 0) return `${title} (empty)`;

  const elide = data.length > whole;
  const indices = (size: number): (number | '...')[] =>
    elide && size > limit ? [...range(0, edge), '...', ...range(size - edge, size)] : range(0, size);

  const shown: number[] = [];
  const visit = (axis: number, offset: number): void => {
    if (axis === shape.length) shown.push(data[offset]);
    else for (const i of indices(shape[axis])) if (i !== '...') visit(axis + 1, offset * shape[axis] + i);
  };
  visit(0, 0);
  const format = formatFor(shown);
  const width = Math.max(...shown.map((value) => format(value).length));

  const print = (axis: number, offset: number): string => {
    if (axis === shape.length) return format(data[offset]).padStart(width);
    const parts = indices(shape[axis]).map((i) =>
      i === '...' ? '...' : print(axis + 1, offset * shape[axis] + i),
    );
    const below = shape.length - axis - 1; // axes inside this one: rows stand under each other, blocks apart
    const separator = below === 0 ? ', ' : `,${'\n'.repeat(Math.min(below, 2))}${' '.repeat(axis + 1)}`;
    return `[${parts.join(separator)}]`;
  };
  return `${title}\n${print(0, 0)}`;
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

/** One format for all values: whole numbers plain, others with 4 decimals, very large or small ones with exponents. */
function formatFor(values: number[]): (value: number) => string {
  const finite = values.filter(Number.isFinite);
  const sizes = finite.filter((value) => value !== 0).map(Math.abs);
  const largest = Math.max(...sizes, 0);
  const smallest = Math.min(...sizes, Infinity);
  const special = (value: number) => (Number.isNaN(value) ? 'NaN' : value > 0 ? 'Inf' : '-Inf');
  const number =
    finite.every(Number.isInteger) && largest < 1e7
      ? (value: number) => (Object.is(value, -0) ? '-0' : String(value))
      : largest >= 1e5 || (smallest < 1e-3 && sizes.length > 0)
        ? (value: number) => value.toExponential(4)
        : (value: number) => value.toFixed(4);
  return (value) => (Number.isFinite(value) ? number(value) : special(value));
}
