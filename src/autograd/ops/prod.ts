// The product over axes, with a gradient that zeros do not spoil.
import { type Axes, checkAxes, full, type Tensor, tensor } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { defineOp } from '../op.ts';
import { mul } from './arithmetic.ts';
import { flip } from './flip.ts';
import { expandDims, reshape } from './reshape.ts';
import { pad, slice } from './slice.ts';
import { reduceAxes, type ReduceOptions, reduction, restoreAxes } from './sum.ts';

/** Rows with no zero, one, two. */
const someZeros = [
  [1, 1, 1, 1],
  [1, 0, 1, 1],
  [0, 1, 1, 0],
];

/**
 * The product over one axis, several, or all.
 *
 *   shape     X [..., n, ...]  →  Y, without the axes (or with size 1 there, `keepDims`)
 *   forward   Y = Π X over the axes;  1 where n is 0
 *   gradient  ∂L/∂Xᵢ = G · Π X over the others, j ≠ i
 *   stable    the others are multiplied, not divided out as Y/Xᵢ: a row may hold zeros
 *
 * @throws ShapeError when an axis is out of range or named twice
 */
export const prod = defineOp<[x: Tensor], [axes?: Axes, options?: ReduceOptions]>({
  name: 'prod',
  inputs: ['x'],
  shape: (x, axes, options) => reduction('prod', x, axes, options).shape,
  forward: (Y, x, axes) => reduceAxes(backend().prod, x, checkAxes('prod', axes, x.shape), Y),
  gradient: {
    x: (G, _Y, x, axes) => mul(restoreAxes(G, x, axes), productOfOthers(x, checkAxes('prod', axes, x.shape))),
  },
  reads: ['x'],
  samples: (random) => [
    [random.uniform([2, 3])],
    [random.uniform([2, 5, 3]), 1],
    [random.uniform([2, 3, 4]), [0, -1]],
    [random.uniform([2, 7]), -1, { keepDims: true }],
    [mul(random.uniform([3, 4]), tensor(someZeros)), 1],
  ],
});

/**
 * For each element, the product of the others along the axes (checked, ascending). Neighbours form pairs: the others of
 * an element are its partner, and the others of the pair. So n elements cost 3n products, in log₂ n steps.
 */
function productOfOthers(x: Tensor, axes: readonly number[]): Tensor {
  if (axes.length === 0 || x.size === 0) return full(x.shape, 1);
  const axis = axes[axes.length - 1];
  const n = x.shape[axis];
  if (n === 1) return productOfOthers(x, axes.slice(0, -1));
  if (n % 2 === 1) {
    const widths = x.shape.map((_: number, i: number): [number, number] => [0, i === axis ? 1 : 0]);
    return slice(productOfOthers(pad(x, widths, 1), axes), 0, n, axis);
  }
  const pairs = reshape(x, [...x.shape.slice(0, axis), n / 2, 2, ...x.shape.slice(axis + 1)]);
  const others = productOfOthers(prod(pairs, axis + 1), axes);
  return reshape(mul(flip(pairs, axis + 1), expandDims(others, axis + 1)), x.shape);
}
