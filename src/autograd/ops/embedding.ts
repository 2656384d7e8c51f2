// A table of vectors, looked up by index.
import { type NumericArray, ShapeError, show, type Tensor } from '../../tensor/index.ts';
import { checkIndices, type Indices } from '../indices.ts';
import { defineOp } from '../op.ts';
import { indexSelect } from './indexSelect.ts';
import { reshape } from './reshape.ts';

export interface Embedding {
  <W extends number>(
    weight: Tensor<[number, W]>,
    indices: readonly number[] | NumericArray,
  ): Tensor<[number, W]>;
  (weight: Tensor<[number, number]>, indices: Indices): Tensor;
}

/**
 * For each index, its row of the weight.
 *
 *   shape     W [count, width], indices [...]  →  Y [..., width]
 *   forward   Y[...] = W[indices[...]]
 *   gradient  ∂L/∂W = zeros, to which each G[...] is added at its row; a row that was not looked up has 0
 *   source    torch.nn.functional.embedding
 *
 * @throws ShapeError when the weight has not two axes
 * @throws IndexError when an index is not a whole number from 0 to count − 1
 */
export const embedding: Embedding = defineOp<[weight: Tensor], [indices: Indices]>({
  name: 'embedding',
  inputs: ['weight'],
  compose(weight, indices) {
    if (weight.rank !== 2) {
      throw new ShapeError(
        'embedding',
        `the weight has shape ${show(weight.shape)}`,
        'the weight must be [count, width]',
      );
    }
    const [count, width] = weight.shape;
    const { values, shape } = checkIndices('embedding', 'indices', indices, count);
    return reshape(indexSelect(weight, values), [...shape, width]);
  },
  samples: (random) => [
    [random.uniform([4, 3]), [2, 0, 2]],
    [
      random.uniform([5, 2]),
      [
        [4, 0, 4],
        [1, 1, 4],
      ],
    ],
    [random.uniform([3, 4]), random.integers(6, 3)],
  ],
});
