// How badly logits predict independent yes-or-no answers: binary cross-entropy.
import { checkOptions, type Logits, type Shape, ShapeError, show, type Tensor } from '../../tensor/index.ts';
import {
  checkLogits,
  checkProbabilities,
  checkReduction,
  checkSameShape,
  checkWeight,
  type LossOptions,
  reduceLoss,
  type Weight,
} from '../loss.ts';
import { defineOp } from '../op.ts';
import { add, mul, neg, sub } from './arithmetic.ts';
import { softplus } from './sigmoid.ts';

export interface BinaryCrossEntropyOptions extends LossOptions {
  /** A factor for each term; stretched to the logits' shape. */
  weight?: Weight;
  /**
   * What a positive counts for, 1 unless given; stretched to the logits' shape. Above 1, recall rises and
   * precision falls.
   */
  posWeight?: Weight;
}

/**
 * Binary cross-entropy of logits x and targets y, which may be any numbers in [0, 1]. Both shapes must be
 * equal.
 *
 *   forward   mean of  −w·(π·y·log σ(x) + (1 − y)·log(1 − σ(x))),  w the weight, π the posWeight
 *   stable    π·y·softplus(−x) + (1 − y)·softplus(x): no logarithm of 0, and no difference that could cancel
 *   gradient  ∂L/∂x = (σ(x) − y)/n   (for w = π = 1)
 *
 * Source: PyTorch's `binary_cross_entropy_with_logits`. `mean` divides by the number of elements, weighted or
 * not.
 *
 * @throws ArgumentError for a target outside [0, 1], a negative weight, and for `Probabilities` as logits
 */
export const binaryCrossEntropyWithLogits = defineOp<
  [logits: Logits, target: Tensor],
  [options?: BinaryCrossEntropyOptions]
>({
  name: 'binaryCrossEntropyWithLogits',
  inputs: ['logits', 'target'],
  compose(logits, target, options = {}) {
    const name = 'binaryCrossEntropyWithLogits';
    checkOptions(name, options, ['weight', 'posWeight', 'reduction']);
    const reduction = checkReduction(name, options.reduction);
    checkLogits(name, logits, 'the sigmoid');
    checkSameShape(name, ['logits', logits], ['target', target]);
    checkProbabilities(name, 'the target', target);
    const weight = factorsOf('weight', options.weight, logits.shape);
    const posWeight = factorsOf('posWeight', options.posWeight, logits.shape);

    const positive = mul(target, softplus(neg(logits)));
    const negative = mul(sub(1, target), softplus(logits));
    const losses = add(posWeight ? mul(posWeight, positive) : positive, negative);
    return reduceLoss(weight ? mul(weight, losses) : losses, reduction);
  },
  samples: (random) => [
    [random.uniform([3, 4], -4, 4), random.uniform([3, 4], 0.1, 0.9)],
    [random.uniform([3, 2]), random.uniform([3, 2], 0.1, 0.9), { posWeight: [2, 0.5], reduction: 'sum' }],
    [random.uniform([2, 3]), random.uniform([2, 3], 0.1, 0.9), { weight: [[0.5], [2]], reduction: 'none' }],
  ],
});

function factorsOf(name: string, weight: Weight | undefined, shape: Shape): Tensor | undefined {
  const factors = checkWeight('binaryCrossEntropyWithLogits', name, weight);
  const missing = shape.length - (factors?.rank ?? 0);
  const stretches =
    missing >= 0 && factors?.shape.every((n: number, axis: number) => n === 1 || n === shape[axis + missing]);
  if (!factors || stretches) return factors;
  throw new ShapeError(
    'binaryCrossEntropyWithLogits',
    `${name} ${show(factors.shape)} for logits ${show(shape)}`,
    `aligned at the last axis, the sizes of ${name} must be the logits' or 1`,
  );
}
