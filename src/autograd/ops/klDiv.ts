// How far one distribution is from another: the Kullback-Leibler divergence.
import { checkChoice, checkFlag, checkOptions, type Tensor } from '../../tensor/index.ts';
import {
  checkLogProbabilities,
  checkProbabilities,
  checkSameShape,
  type LossReduction,
  reduceLoss,
} from '../loss.ts';
import { defineOp } from '../op.ts';
import { div, mul, sub } from './arithmetic.ts';
import { greater } from './compare.ts';
import { exp, log } from './power.ts';
import { where } from './select.ts';
import { sum } from './sum.ts';

export interface KlDivOptions {
  /** The target holds logarithms as well. Default false. */
  logTarget?: boolean;
  /**
   * `batchMean` is the sum divided by the length of the first axis: the divergence as mathematics defines it.
   * Default `mean`.
   */
  reduction?: LossReduction | 'batchMean';
}

/**
 * Kullback-Leibler divergence of a prediction, given as log-probabilities, from a target distribution. Both
 * shapes must be equal.
 *
 *   forward   mean of  t·(log t − q),  0·log 0 = 0;   of  eᵗ·(t − q)  with `logTarget`
 *   gradient  ∂L/∂q = −t/n   ∂L/∂t = (log t + 1 − q)/n, and −q/n where t = 0
 *
 * Source: PyTorch's `kl_div`. Its `mean` divides by the number of elements, `batchMean` by the number of
 * rows.
 *
 * @throws ArgumentError for a probability outside [0, 1], and for a logarithm of one that is greater than 0
 */
export const klDiv = defineOp<[logPrediction: Tensor, target: Tensor], [options?: KlDivOptions]>({
  name: 'klDiv',
  inputs: ['logPrediction', 'target'],
  compose(logPrediction, target, options = {}) {
    checkOptions('klDiv', options, ['logTarget', 'reduction']);
    const reductions = ['mean', 'batchMean', 'sum', 'none'] as const;
    const { logTarget = false, reduction = 'mean' } = options;
    checkChoice('klDiv', 'reduction', reduction, reductions);
    checkFlag('klDiv', 'logTarget', logTarget);
    checkSameShape('klDiv', ['logPrediction', logPrediction], ['target', target]);
    checkLogProbabilities('klDiv', 'logPrediction', logPrediction, 'klDiv(logSoftmax(logits), target)');
    if (logTarget) checkLogProbabilities('klDiv', 'target', target, '{ logTarget: false } for probabilities');
    else checkProbabilities('klDiv', 'target', target, '{ logTarget: true } for logarithms');
    const losses = logTarget
      ? mul(exp(target), sub(target, logPrediction))
      : mul(target, sub(log(where(greater(target, 0), target, 1)), logPrediction));
    if (reduction === 'batchMean') return div(sum(losses), losses.shape[0] ?? 1);
    return reduceLoss(losses, reduction);
  },
  samples: (random) => [
    [random.uniform([3, 4], -3, -0.1), random.uniform([3, 4], 0.1, 0.9)],
    [
      random.uniform([3, 4], -3, -0.1),
      random.uniform([3, 4], -3, -0.1),
      { logTarget: true, reduction: 'batchMean' },
    ],
    [random.uniform([5], -3, -0.1), random.uniform([5], 0.1, 0.9), { reduction: 'sum' }],
    [random.uniform([2, 3], -3, -0.1), random.uniform([2, 3], 0.1, 0.9), { reduction: 'none' }],
  ],
});
