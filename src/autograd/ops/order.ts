// Order along an axis: argmax, argmin, argsort, sort, topk. Places are tensors of whole numbers.
import {
  axisView,
  checkAxis,
  checkFlag,
  checkNumber,
  checkOptions,
  type Shape,
  ShapeError,
  stridesOf,
  Tensor,
} from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { defineOp } from '../op.ts';
import { gather } from './gather.ts';
import { checkNotEmpty } from './sum.ts';

/** The greatest whole number up to which float32 has all. */
const lastPlace = 2 ** 24;

/** Throws if a row is so long that float32 cannot tell its places apart. */
function checkPlaces(where: string, size: number): void {
  if (size > lastPlace + 1)
    throw new ShapeError(
      where,
      `${size} elements have places up to ${size - 1}`,
      `places are float32 numbers, which are exact up to ${lastPlace}`,
    );
}

/** argmax and argmin, which differ in their kernel only. Without an axis, the tensor is one row. */
const placeOf = (name: 'argmax' | 'argmin') =>
  defineOp<[x: Tensor], [axis?: number]>({
    name,
    inputs: ['x'],
    shape(x, axis) {
      const axes =
        axis === undefined ? x.shape.map((_: number, i: number) => i) : [checkAxis(name, axis, x.shape)];
      checkNotEmpty(name, x, axes);
      checkPlaces(name, axis === undefined ? x.size : x.shape[axes[0]]);
      return x.shape.filter((_: number, i: number) => !axes.includes(i));
    },
    forward(Y, x, axis) {
      const view =
        axis === undefined
          ? { outer: 1, size: x.size, inner: 1 }
          : axisView(x.shape, checkAxis(name, axis, x.shape));
      backend()[name](x, view, Y);
    },
    gradient: 'none',
    reads: [],
    samples: (random) => [
      [random.distinct([2, 3])],
      [random.distinct([2, 3, 4]), 1],
      [random.distinct([2, 3, 4]), -1],
    ],
  });

/**
 * The place of the greatest element along an axis, counted from 0; without an axis, its place in the flattened tensor.
 * Of equal ones the first; NaN counts as greatest.
 *
 *   shape     X [..., n, ...]  →  Y, without the axis; n must not be 0
 *
 * @throws ShapeError when the axis is out of range, or empty
 */
export const argmax = placeOf('argmax');

/** The place of the least element; as {@link argmax}. NaN counts as least. */
export const argmin = placeOf('argmin');

export interface SortOptions {
  /** The greatest first. Default false. */
  descending?: boolean;
}

/** argsort, under the name of the function that was called. */
const ordering = (name: string) =>
  defineOp<[x: Tensor], [axis?: number, options?: SortOptions]>({
    name,
    inputs: ['x'],
    shape(x, axis = -1, options = {}) {
      checkOptions(name, options, ['descending']);
      const { descending = false } = options;
      checkFlag(name, 'descending', descending);
      checkPlaces(name, x.shape[checkAxis(name, axis, x.shape)]);
      return x.shape;
    },
    forward(Y, x, axis = -1, { descending = false } = {}) {
      backend().argsort(x, axisView(x.shape, checkAxis(name, axis, x.shape)), descending, Y);
    },
    gradient: 'none',
    reads: [],
    samples: (random) => [
      [random.distinct([2, 5])],
      [random.distinct([2, 3, 4]), 1],
      [random.distinct([2, 3, 4]), -2, { descending: true }],
    ],
  });

/**
 * The places that sort each row: `gather(x, argsort(x, axis), axis)` is sorted. Equal elements keep their order; NaN comes
 * last, also when descending (PyTorch has it first there).
 *
 *   shape     as X
 *
 * @throws ShapeError when the axis is out of range
 */
export const argsort: <S extends Shape>(x: Tensor<S>, axis?: number, options?: SortOptions) => Tensor<S> =
  ordering('argsort');

const sortOrder = ordering('sort');

/** What {@link sort} and {@link topk} return: `values` is differentiable, `indices` says where in x they were. */
export interface Sorted<S extends Shape = any> {
  values: Tensor<S>;
  indices: Tensor<S>;
}

/**
 * Each row in ascending order, or descending. Equal elements keep their order; NaN comes last in both.
 *
 *   shape     values and indices as X
 *   gradient  each G goes back to the place its value came from
 *
 * @throws ShapeError when the axis is out of range
 */
export function sort<S extends Shape>(x: Tensor<S>, axis = -1, options?: SortOptions): Sorted<S> {
  const indices = sortOrder(x, axis, options);
  return { values: gather(x, indices, axis), indices };
}

export interface TopkOptions {
  /** The k greatest, greatest first; else the k least, least first. Default true. */
  largest?: boolean;
}

const firstPlaces = defineOp<[x: Tensor], [k: number, axis: number, options?: TopkOptions]>({
  name: 'topk',
  inputs: ['x'],
  shape(x, k, axis, options = {}) {
    checkOptions('topk', options, ['largest']);
    const { largest = true } = options;
    checkFlag('topk', 'largest', largest);
    const along = checkAxis('topk', axis, x.shape);
    const size = x.shape[along];
    checkPlaces('topk', size);
    checkNumber('topk', 'k', k, { integer: true, min: 0, max: size });
    return x.shape.map((n: number, i: number) => (i === along ? k : n));
  },
  forward(Y, x, _k, axis, { largest = true } = {}) {
    const order = new Tensor(x.shape);
    backend().argsort(x, axisView(x.shape, checkAxis('topk', axis, x.shape)), largest, order);
    const from = { offset: 0, strides: stridesOf(x.shape) };
    backend().copy(order, from, Y.shape, { offset: 0, strides: stridesOf(Y.shape) }, Y);
  },
  gradient: 'none',
  reads: [],
  samples: (random) => [[random.distinct([2, 5]), 3, -1]],
});

/**
 * The k greatest elements of each row, greatest first, or the k least. Of equal ones the first in the row come first; a
 * NaN comes only after every number (PyTorch counts it as greatest).
 *
 *   shape     X [..., n, ...]  →  values and indices [..., k, ...], 0 ≤ k ≤ n
 *   gradient  each G goes back to the place its value came from
 *
 * @throws ShapeError when the axis is out of range; ArgumentError unless k is a whole number in 0 … n
 */
export function topk(x: Tensor, k: number, axis = -1, options?: TopkOptions): Sorted {
  const indices = firstPlaces(x, k, axis, options);
  return { values: gather(x, indices, axis), indices };
}
