// Products of two vectors: dot and outer.
import { ShapeError, show, type Tensor } from '../../tensor/index.ts';
import { defineOp } from '../op.ts';
import { mul } from './arithmetic.ts';
import { expandDims } from './reshape.ts';
import { sum } from './sum.ts';

/**
 * The dot product of two vectors.
 *
 *   shape     a [n], b [n]  →  a scalar
 *   forward   Y = Σᵢ aᵢ bᵢ
 *   gradient  ∂L/∂a = G b   ∂L/∂b = G a
 *
 * @throws ShapeError unless both are vectors of the same length
 */
export const dot: <N extends number>(a: Tensor<[N]>, b: Tensor<[N]>) => Tensor<[]> = defineOp<
  [a: Tensor, b: Tensor]
>({
  name: 'dot',
  inputs: ['a', 'b'],
  compose(a, b) {
    const matrices = a.rank > 1 && b.rank > 1;
    if (a.rank !== 1 || b.rank !== 1 || a.size !== b.size)
      throw new ShapeError(
        'dot',
        `cannot multiply a ${show(a.shape)} by b ${show(b.shape)}`,
        'both must be vectors of the same length',
        matrices ? 'matmul(a, b)' : undefined,
      );
    return sum(mul(a, b));
  },
  samples: (random) => [[random.uniform([5]), random.uniform([5])]],
});

/**
 * The outer product of two vectors.
 *
 *   shape     a [m], b [n]  →  Y [m, n]
 *   forward   Yᵢⱼ = aᵢ bⱼ
 *   gradient  ∂L/∂a = G b   ∂L/∂b = Gᵀ a
 *
 * @throws ShapeError unless both are vectors
 */
export const outer: <M extends number, N extends number>(a: Tensor<[M]>, b: Tensor<[N]>) => Tensor<[M, N]> =
  defineOp<[a: Tensor, b: Tensor]>({
    name: 'outer',
    inputs: ['a', 'b'],
    compose(a, b) {
      if (a.rank !== 1 || b.rank !== 1)
        throw new ShapeError(
          'outer',
          `cannot multiply a ${show(a.shape)} by b ${show(b.shape)}`,
          'both must be vectors',
          'flatten(a)',
        );
      return mul(expandDims(a, 1), b);
    },
    samples: (random) => [[random.uniform([3]), random.uniform([4])]],
  });
