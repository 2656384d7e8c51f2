// How badly scores separate two classes: the hinge loss of support-vector machines.
import { ArgumentError, checkNumber, checkOptions, type Tensor, type Values } from '../../tensor/index.ts';
import { checkReduction, checkSameShape, type LossOptions, reduceLoss, toTensor } from '../loss.ts';
import { defineOp } from '../op.ts';
import { mul, sub } from './arithmetic.ts';
import { relu } from './relu.ts';

export interface HingeOptions extends LossOptions {
  /** How far on its right side of 0 a score must lie to cost nothing. Default 1. */
  margin?: number;
}

/**
 * Hinge loss of scores s for classes y = +1 or −1, a tensor or an array of the scores' shape.
 *
 *   forward   mean max(0, margin − y·s)
 *   gradient  ∂L/∂s = −y/n where y·s < margin, else 0   (0 at the kink)
 *
 * @throws ArgumentError for a target that is neither +1 nor −1
 */
export const hinge = defineOp<[scores: Tensor], [target: Tensor | Values, options?: HingeOptions]>({
  name: 'hinge',
  inputs: ['scores'],
  compose(scores, target, options = {}) {
    checkOptions('hinge', options, ['margin', 'reduction']);
    const { margin = 1 } = options;
    checkNumber('hinge', 'margin', margin, { min: 0, below: Infinity });
    const reduction = checkReduction('hinge', options.reduction);
    const y = toTensor('hinge', 'the target', target);
    checkSameShape('hinge', ['scores', scores], ['target', y]);
    y.data.forEach((value, i) => {
      if (value === 1 || value === -1) return;
      throw new ArgumentError(
        'hinge',
        `the target has the value ${value} at place ${i}`,
        'a target must be +1 or -1',
        value === 0 ? '2 * y - 1 for labels y of 0 and 1' : undefined,
      );
    });
    return reduceLoss(relu(sub(margin, mul(y, scores))), reduction);
  },
  samples: (random) => [
    [random.uniform([4]), [1, -1, 1, -1]],
    [random.uniform([3], -3, 3), [-1, 1, -1], { margin: 0.5, reduction: 'sum' }],
    [
      random.uniform([2, 2], -0.9, 0.9),
      [
        [1, -1],
        [-1, 1],
      ],
      { reduction: 'none' },
    ],
  ],
});
