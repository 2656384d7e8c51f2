// How far predictions lie from numbers: mse, l1, huber.
import { checkNumber, checkOptions, type Tensor } from '../../tensor/index.ts';
import { checkReduction, checkSameShape, type LossOptions, reduceLoss } from '../loss.ts';
import { defineOp, type Op, type Samples } from '../op.ts';
import { abs } from './abs.ts';
import { mul, sub } from './arithmetic.ts';
import { clip } from './clip.ts';
import { square } from './power.ts';

export type { LossOptions, LossReduction } from '../loss.ts';

export interface HuberOptions extends LossOptions {
  /** The error at which the parabola becomes a straight line. Default 1. */
  delta?: number;
}

type RegressionLoss<Options> = Op<[prediction: Tensor, target: Tensor], [options?: Options]>;

const apart = (random: Samples): [Tensor, Tensor] => [
  random.uniform([3, 4], 1, 2),
  random.uniform([3, 4], -1, 0.9),
];

/**
 * Mean squared error. Both shapes must be equal.
 *
 *   forward   mean (p − t)²
 *   gradient  ∂L/∂p = 2(p − t)/n   ∂L/∂t = −∂L/∂p
 */
export const mse: RegressionLoss<LossOptions> = defineOp({
  name: 'mse',
  inputs: ['prediction', 'target'],
  compose(prediction, target, options = {}) {
    checkOptions('mse', options, ['reduction']);
    const reduction = checkReduction('mse', options.reduction);
    checkSameShape('mse', ['prediction', prediction], ['target', target]);
    return reduceLoss(square(sub(prediction, target)), reduction);
  },
  samples: (random) => [
    [random.uniform([3, 4]), random.uniform([3, 4])],
    [random.uniform([5]), random.uniform([5]), { reduction: 'sum' }],
    [random.uniform([2, 3]), random.uniform([2, 3]), { reduction: 'none' }],
  ],
});

/**
 * Mean absolute error: outliers pull no harder than others. Both shapes must be equal.
 *
 *   forward   mean |p − t|
 *   gradient  ∂L/∂p = sign(p − t)/n, 0 where p = t   ∂L/∂t = −∂L/∂p
 */
export const l1: RegressionLoss<LossOptions> = defineOp({
  name: 'l1',
  inputs: ['prediction', 'target'],
  compose(prediction, target, options = {}) {
    checkOptions('l1', options, ['reduction']);
    const reduction = checkReduction('l1', options.reduction);
    checkSameShape('l1', ['prediction', prediction], ['target', target]);
    return reduceLoss(abs(sub(prediction, target)), reduction);
  },
  samples: (random) => [
    apart(random),
    [...apart(random), { reduction: 'sum' }],
    [...apart(random), { reduction: 'none' }],
  ],
});

/**
 * Huber's loss: a parabola for small errors, straight lines for outliers. Both shapes must be equal.
 *
 *   forward   with d = p − t:   mean of  d²/2 where |d| ≤ δ,  δ(|d| − δ/2) elsewhere
 *   stable    c(d − c/2), with c = d clipped to [−δ, δ]: one formula for both, which squares no large number
 *   gradient  ∂L/∂p = c/n   ∂L/∂t = −∂L/∂p
 *
 * Source: PyTorch's `huber_loss`. Divided by δ, it is the "smooth L1" loss with β = δ.
 */
export const huber: RegressionLoss<HuberOptions> = defineOp({
  name: 'huber',
  inputs: ['prediction', 'target'],
  compose(prediction, target, options = {}) {
    checkOptions('huber', options, ['delta', 'reduction']);
    const { delta = 1 } = options;
    checkNumber('huber', 'delta', delta, { above: 0 });
    const reduction = checkReduction('huber', options.reduction);
    checkSameShape('huber', ['prediction', prediction], ['target', target]);
    const d = sub(prediction, target);
    const c = clip(d, { min: -delta, max: delta });
    return reduceLoss(mul(c, sub(d, mul(c, 0.5))), reduction);
  },
  samples: (random) => [
    [random.uniform([3, 4]), random.uniform([3, 4])],
    [random.uniform([3, 4], -3, 3), random.uniform([3, 4]), { delta: 0.5, reduction: 'sum' }],
    [random.uniform([2, 3], 2, 3), random.uniform([2, 3]), { reduction: 'none' }],
  ],
});
