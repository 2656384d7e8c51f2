// The same values under another shape: reshape, flatten, squeeze, expandDims.
import {
  ArgumentError,
  checkAxes,
  checkAxis,
  describe,
  type Axes,
  ShapeError,
  type Shape,
  show,
  sizeOf,
  type Tensor,
} from '../../tensor/index.ts';
import { defineOp } from '../op.ts';

/**
 * The same values in the same order, under another shape. One size may be −1: it becomes what is left.
 *
 *   shape     X [...]  →  Y shape, with as many elements
 *   forward   Y shares the values of X
 *   gradient  ∂L/∂X = G, reshaped back
 *
 * @throws ShapeError when the new shape has another number of elements
 */
export const reshape: <S extends number[]>(
  x: Tensor,
  shape: readonly [...S],
) => Tensor<-1 extends S[number] ? any : S> = defineOp<[x: Tensor], [shape: Shape]>({
  name: 'reshape',
  inputs: ['x'],
  shape: (x, shape) => inferShape(x.shape, shape),
  forward() {},
  shares: true,
  gradient: { x: (G, _Y, x) => reshape(G, x.shape) },
  reads: [],
  samples: (random) => [
    [random.uniform([2, 6]), [3, 4]],
    [random.uniform([2, 3, 2]), [-1, 4]],
    [random.uniform([1]), []],
  ],
});

function inferShape(from: Shape, to: unknown): number[] {
  if (
    !Array.isArray(to) ||
    !to.every((n) => Number.isSafeInteger(n) && n >= -1) ||
    to.filter((n) => n === -1).length > 1
  ) {
    const given = Array.isArray(to) ? show(to) : describe(to);
    throw new ArgumentError(
      'reshape',
      `the new shape is ${given}`,
      'sizes must be whole numbers, 0 or greater; one of them may be -1',
    );
  }
  const size = sizeOf(from);
  const known = sizeOf(to.filter((n) => n !== -1));
  const shape = to.map((n) => (n === -1 ? size / known : n));
  if (sizeOf(shape) === size && shape.every(Number.isSafeInteger)) return shape;
  throw new ShapeError(
    'reshape',
    `cannot reshape ${show(from)} into ${show(to)}`,
    `both must have the same number of elements; ${show(from)} has ${size}`,
  );
}

/**
 * Joins the axes `from … to` (all, unless said) into one.
 *
 *   shape     X [a, b, c, d], from 1, to 2  →  [a, b·c, d]
 *
 * @throws ShapeError when an axis is out of range; ArgumentError when `from` comes after `to`
 */
export const flatten = defineOp<[x: Tensor], [from?: number, to?: number]>({
  name: 'flatten',
  inputs: ['x'],
  compose(x, from = 0, to = -1) {
    if (x.rank === 0) return reshape(x, [1]);
    const [first, last] = [checkAxis('flatten', from, x.shape), checkAxis('flatten', to, x.shape)];
    if (first > last)
      throw new ArgumentError(
        'flatten',
        `cannot flatten from axis ${from} to axis ${to}`,
        'the first axis must not come after the last',
      );
    return reshape(x, [
      ...x.shape.slice(0, first),
      sizeOf(x.shape.slice(first, last + 1)),
      ...x.shape.slice(last + 1),
    ]);
  },
  samples: (random) => [[random.uniform([2, 3, 2])], [random.uniform([2, 3, 2, 2]), 1, -2]],
});

/**
 * Drops axes of size 1: the given ones, or all of them.
 *
 *   shape     X [1, a, 1], axes 0  →  [a, 1]
 *
 * @throws ShapeError when a given axis is out of range, or has another size
 */
export const squeeze = defineOp<[x: Tensor], [axes?: Axes]>({
  name: 'squeeze',
  inputs: ['x'],
  compose(x, axes) {
    const drop =
      axes === undefined
        ? x.shape.flatMap((n: number, axis: number) => (n === 1 ? [axis] : []))
        : checkAxes('squeeze', axes, x.shape);
    const long = drop.find((axis: number) => x.shape[axis] !== 1);
    if (long !== undefined)
      throw new ShapeError(
        'squeeze',
        `axis ${long} of ${show(x.shape)} has size ${x.shape[long]}`,
        'only axes of size 1 can be dropped',
      );
    return reshape(
      x,
      x.shape.filter((_: number, axis: number) => !drop.includes(axis)),
    );
  },
  samples: (random) => [[random.uniform([1, 3, 1])], [random.uniform([1, 3, 1]), -1]],
});

/**
 * Adds an axis of size 1 so that it stands at place `axis` of the result.
 *
 *   shape     X [a, b], axis 1  →  [a, 1, b]
 *
 * @throws ShapeError when the place is out of range
 */
export const expandDims = defineOp<[x: Tensor], [axis: number]>({
  name: 'expandDims',
  inputs: ['x'],
  compose(x, axis) {
    const at = checkAxis('expandDims', axis, [...x.shape, 1]);
    return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
  },
  samples: (random) => [
    [random.uniform([2, 3]), 1],
    [random.uniform([2, 3]), -1],
  ],
});
