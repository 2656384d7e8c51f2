// Sizes, strides and broadcasting: integers only.
import { describe } from './check.ts';
import { ArgumentError, ShapeError } from './errors.ts';

/** The size of each axis, outermost first. `[]` is a scalar's shape. */
export type Shape = readonly number[];

/** One axis or several; negative ones count from the end. */
export type Axes = number | readonly number[];

/** A shape as people write it: `[32, 784]`. */
export const show = (shape: Shape): string => `[${shape.join(', ')}]`;

/** The number of elements: the product of the sizes, 1 for a scalar; or that of the axes `first` … `end` − 1 alone. */
export function sizeOf(shape: Shape, first = 0, end = shape.length): number {
  let size = 1;
  for (let axis = first; axis < end; axis++) size *= shape[axis];
  return size;
}

/** Row-major strides: how far apart, in elements, neighbours along each axis lie. */
export function stridesOf(shape: Shape): number[] {
  const strides: number[] = [];
  for (let axis = 0; axis < shape.length; axis++) strides.push(sizeOf(shape, axis + 1));
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}

/** Throws unless `shape` is a list of whole numbers that are not negative. Returns a copy of it. */
export function checkShape(where: string, shape: unknown): number[] {
  if (!Array.isArray(shape)) {
    throw new ArgumentError(
      where,
      `shape is ${describe(shape)}`,
      'a shape is an array of sizes',
      `${where}([2, 3])`,
    );
  }
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new ArgumentError(
        where,
        `shape [${shape.join(', ')}] contains ${describe(size)}`,
        'sizes must be whole numbers, 0 or greater',
      );
    }
  }
  return shape.slice();
}

/** The axis counted from the front. Throws when it is outside −rank … rank − 1. */
export function checkAxis(where: string, axis: unknown, shape: Shape): number {
  const rank = shape.length;
  if (typeof axis === 'number' && Number.isInteger(axis) && axis >= -rank && axis < rank)
    return axis < 0 ? axis + rank : axis;
  throw new ShapeError(
    where,
    `axis ${describe(axis)} of a tensor of shape ${show(shape)}`,
    rank === 0 ? 'a scalar has no axes' : `an axis must be a whole number from ${-rank} to ${rank - 1}`,
  );
}

/** The axes counted from the front, ascending; all of them when `axes` is undefined. */
export function checkAxes(where: string, axes: Axes | undefined, shape: Shape): number[] {
  if (axes === undefined) return allAxes(shape);
  if (!Array.isArray(axes)) return [checkAxis(where, axes, shape)];
  const found = axes.map((axis) => checkAxis(where, axis, shape)).sort((a, b) => a - b);
  const twice = found.find((axis, i) => axis === found[i - 1]);
  if (twice !== undefined)
    throw new ShapeError(
      where,
      `axis ${twice} is named twice in ${show(axes)}`,
      'each axis may be named once',
    );
  return found;
}

function allAxes(shape: Shape): number[] {
  const axes: number[] = [];
  for (let axis = 0; axis < shape.length; axis++) axes.push(axis);
  return axes;
}

/**
 * The common shape of two operands. Shapes are aligned at their last axis; a size of 1, or a missing
 * axis, is stretched to the other's size (NumPy's broadcasting rule).
 */
export function broadcastShapes(where: string, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  const shape = (a.length === rank ? a : b).slice();
  for (let axis = 1; axis <= rank; axis++) {
    const m = a.length < axis ? 1 : a[a.length - axis];
    const n = b.length < axis ? 1 : b[b.length - axis];
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(
        where,
        `cannot broadcast ${show(a)} with ${show(b)}`,
        `aligned at the last axis, sizes must be equal or 1; counted from the end, axis −${axis} has ${m} and ${n}`,
      );
    }
    shape[rank - axis] = m === 1 ? n : m;
  }
  return shape;
}

/**
 * Strides that read a tensor of shape `from` as if it had the broadcast shape `to`: 0 along every
 * stretched axis, so the same element is read again.
 */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const missing = to.length - from.length;
  const strides: number[] = [];
  for (let axis = -missing; axis < from.length; axis++)
    strides.push(axis < 0 || from[axis] === 1 ? 0 : sizeOf(from, axis + 1));
  return strides;
}

/** What is left of `shape` when `axes` (checked) are summed away, or kept with size 1. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  const reduced: number[] = [];
  for (let axis = 0; axis < shape.length; axis++) {
    if (!axes.includes(axis)) reduced.push(shape[axis]);
    else if (keepDims) reduced.push(1);
  }
  return reduced;
}

/** A tensor seen along one axis: `outer` blocks, each of `size` rows, each of `inner` neighbours. */
export interface AxisView {
  outer: number;
  size: number;
  inner: number;
}

/** The view of `shape` along the axes `first … last`, taken together as one. */
export function axisView(shape: Shape, first: number, last: number = first): AxisView {
  return {
    outer: sizeOf(shape, 0, first),
    size: sizeOf(shape, first, last + 1),
    inner: sizeOf(shape, last + 1),
  };
}
