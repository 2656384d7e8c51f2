// Reductions: mean, max, min. (sum stands in sum.ts, with broadcasting, its gradient.)
import { type Axes, checkAxes, type Tensor } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { defineOp } from '../op.ts';
import { div, mul } from './arithmetic.ts';
import { equal } from './compare.ts';
import { checkNotEmpty, reduceAxes, type ReduceOptions, reduction, restoreAxes, sum } from './sum.ts';

/**
 * The mean over one axis, several, or all.
 *
 *   shape     X [..., n, ...]  →  Y, without the axes (or with size 1 there, `keepDims`)
 *   forward   Y = Σ X / n;  NaN where n is 0
 *   gradient  ∂L/∂X = G/n, stretched over the axes
 *
 * @throws ShapeError when an axis is out of range or named twice
 */
export const mean = defineOp<[x: Tensor], [axes?: Axes, options?: ReduceOptions]>({
  name: 'mean',
  inputs: ['x'],
  compose(x, axes, options) {
    const { count } = reduction('mean', x, axes, options);
    return div(sum(x, axes, options), count);
  },
  samples: (random) => [
    [random.uniform([2, 3])],
    [random.uniform([2, 3, 4]), 1],
    [random.uniform([2, 3, 4]), [0, -1]],
    [random.uniform([2, 3]), -1, { keepDims: true }],
  ],
});

/** max and min, which differ in their kernel only. */
const extreme = (name: 'max' | 'min') =>
  defineOp<[x: Tensor], [axes?: Axes, options?: ReduceOptions]>({
    name,
    inputs: ['x'],
    shape(x, axes, options) {
      const { axes: checked, shape } = reduction(name, x, axes, options);
      checkNotEmpty(name, x, checked);
      return shape;
    },
    forward: (Y, x, axes) => reduceAxes(backend()[name], x, checkAxes(name, axes, x.shape), Y),
    gradient: {
      x(G, Y, x, axes) {
        const chosen = equal(x, restoreAxes(Y, x, axes));
        const count = sum(chosen, axes, { keepDims: true });
        return div(mul(restoreAxes(G, x, axes), chosen), count);
      },
    },
    reads: ['x', 'result'],
    samples: (random) => [
      [random.distinct([2, 3])],
      [random.distinct([2, 3, 4]), 1],
      [random.distinct([2, 3, 4]), [0, -1]],
      [random.distinct([2, 3]), -1, { keepDims: true }],
    ],
  });

/**
 * The greatest element over one axis, several, or all; NaN if there is one.
 *
 *   shape     X [..., n, ...]  →  Y, without the axes (or with size 1 there, `keepDims`); n must not be 0
 *   forward   Y = max X over the axes
 *   gradient  ∂L/∂X = G/t at the t elements that are equal to Y, else 0: a tie shares evenly (PyTorch's amax)
 *
 * @throws ShapeError when an axis is out of range or named twice, or empty
 */
export const max = extreme('max');

/** The least element; as {@link max}, with PyTorch's amin as its model. */
export const min = extreme('min');
