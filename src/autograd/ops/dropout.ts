// Dropout: a layer that may not rely on any one of its inputs.
import {
  ArgumentError,
  checkFlag,
  checkNumber,
  checkOptions,
  describe,
  emptyTensor,
  nextKey,
  type RandomKey,
  type Tensor,
} from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { defineOp } from '../op.ts';
import { mul } from './arithmetic.ts';

export interface DropoutOptions {
  /** The probability that an element is dropped. Default 0.5. */
  p?: number;
  /** Whether to drop at all. Default true. */
  training?: boolean;
  /**
   * Where the random numbers come from: the next of the generator, unless given. The same key gives the same
   * mask.
   */
  key?: RandomKey;
}

/**
 * Inverted dropout: zeros with probability p, and the rest scaled up so that each expectation stays what it
 * was, which leaves nothing to be done when the training is over.
 *
 *   forward   Y = X·M,  M = 1/(1 − p) with probability 1 − p, else 0   (X itself if p is 0 or not `training`)
 *   gradient  ∂L/∂X = G·M
 *   because   E[M] = (1 − p)·1/(1 − p) = 1
 *
 * Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014),
 * section 10.
 *
 * @throws ArgumentError unless p lies in [0, 1]
 */
export const dropout = defineOp<[x: Tensor], [options?: DropoutOptions]>({
  name: 'dropout',
  inputs: ['x'],
  compose(x, options = {}) {
    checkOptions('dropout', options, ['p', 'training', 'key']);
    const { p = 0.5, training = true, key } = options;
    checkNumber('dropout', 'p', p, { min: 0, max: 1 });
    checkFlag('dropout', 'training', training);
    if (key !== undefined) checkKey(key);
    if (!training || p === 0) return x;
    const mask = emptyTensor(x.shape);
    backend().mask(key ?? nextKey(), 1 - p, p === 1 ? 0 : 1 / (1 - p), mask);
    return mul(x, mask);
  },
  samples: (random) => [
    [random.uniform([3, 4]), { key: { seed: 1, stream: 2 } }],
    [random.uniform([5]), { p: 0.2, key: { seed: 3, stream: 0 } }],
    [random.uniform([2, 3]), { p: 1 }],
  ],
});

function checkKey(key: unknown): asserts key is RandomKey {
  if (key === null || typeof key !== 'object')
    throw new ArgumentError(
      'dropout',
      `key is ${describe(key)}`,
      'a key is a seed and a stream, as in randomState()',
      'dropout(x, { key: randomState() })',
    );
  const { seed, stream } = key as Partial<RandomKey>;
  const whole = { integer: true, min: 0 };
  checkNumber('dropout', 'key.seed', seed, whole);
  checkNumber('dropout', 'key.stream', stream, whole);
}
