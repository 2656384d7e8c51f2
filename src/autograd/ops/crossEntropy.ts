// How badly a prediction of classes is wrong: crossEntropy of logits, nllLoss of log-probabilities.
import {
  ArgumentError,
  checkNumber,
  checkOptions,
  emptyTensor,
  type Logits,
  sameShape,
  type Shape,
  ShapeError,
  show,
  Tensor,
} from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { checkLabels, type Indices } from '../indices.ts';
import {
  checkLogits,
  checkLogProbabilities,
  checkProbabilities,
  checkReduction,
  checkWeight,
  type LossOptions,
  type LossReduction,
  reduceLoss,
  type Weight,
} from '../loss.ts';
import { defineOp } from '../op.ts';
import { add, div, mul, neg } from './arithmetic.ts';
import { gather } from './gather.ts';
import { mean } from './reduce.ts';
import { reshape } from './reshape.ts';
import { where } from './select.ts';
import { logSoftmax } from './softmax.ts';
import { sum } from './sum.ts';

export interface NllLossOptions extends LossOptions {
  /** A factor for each class. */
  weight?: Weight;
  /** Rows with this label count for nothing. Default −100. */
  ignoreIndex?: number;
}

export interface CrossEntropyOptions extends NllLossOptions {
  /** This part of each target, 0 … 1, is spread evenly over all classes. Default 0. */
  labelSmoothing?: number;
}

/** Class labels: whole numbers in 0 … C − 1, one for each row. A single row may have a single number. */
export type Labels = Indices | number;

/**
 * Cross-entropy of logits x and their true classes, or of logits and distributions q over the classes.
 *
 *   shape     X [N, C], target N labels, or a tensor [N, C] of probabilities  →  a scalar, or [N] unreduced.
 *             One row may come as X [C], with one label or a tensor [C] of probabilities
 *   forward   mean over the rows of  −log p_label,  of  −Σ q_c·log p_c,   p = softmax(x)
 *   stable    log Σ e^(x_c − m) − (x_label − m), m the row's maximum: no overflow, no logarithm of 0
 *   gradient  ∂L/∂x_c = (p_c − [c = label])/N
 *   because   ∂ log Σ eˣ/∂x_c = p_c
 *
 * Options, all as in PyTorch's `cross_entropy`: with `labelSmoothing` ε, q is (1 − ε)·target + ε/C. With
 * class weights w, a row is −Σ w_c·q_c·log p_c, and for labels the mean divides by the rows' Σ w_label. Rows
 * labelled `ignoreIndex` are 0, have no gradient, and don't count; the mean of none is NaN.
 *
 * @throws IndexError for a label outside 0 … C − 1; ArgumentError for `Probabilities` as logits
 */
export const crossEntropy = defineOp<
  [logits: Logits],
  [target: Labels | Tensor, options?: CrossEntropyOptions]
>({
  name: 'crossEntropy',
  inputs: ['logits'],
  compose(logits, target, options = {}) {
    const name = 'crossEntropy';
    checkOptions(name, options, ['weight', 'labelSmoothing', 'ignoreIndex', 'reduction']);
    const { labelSmoothing: smoothing = 0 } = options;
    checkNumber(name, 'labelSmoothing', smoothing, { min: 0, max: 1 });
    checkLogits(name, logits, 'softmax');
    const classes = checkClasses(name, 'logits', logits, options);
    if (isDistribution(target, logits.shape)) {
      if (options.ignoreIndex !== undefined)
        throw new ArgumentError(
          name,
          'ignoreIndex with a target of probabilities',
          'only labels can be ignored',
        );
      return distributionLoss(logits, target, smoothing, classes);
    }
    const targets = checkTargets(name, target, classes);
    const rows = asRows(logits);
    if (smoothing === 0) return reduceRows(crossEntropyRows(rows, targets.labels), targets, classes);
    const logP = logSoftmax(rows);
    const losses = neg(mean(classes.weight ? mul(logP, classes.weight) : logP, 1));
    return reduceRows(pick(logP, targets.labels), targets, classes, { part: smoothing, losses });
  },
  samples: (random) => [
    [random.uniform([3, 4]), random.integers(3, 4)],
    [random.uniform([5]), 3],
    [random.uniform([3, 4]), [3, -100, 1], { weight: [1, 2, 0.5, 0.25] }],
    [random.uniform([3, 4]), [3, 2, 2], { weight: [1, 2, 0.5, 0.25], labelSmoothing: 0.2 }],
    [random.uniform([3, 4]), [0, 2, 7], { labelSmoothing: 0.3, ignoreIndex: 7, reduction: 'none' }],
    [random.uniform([2, 3]), random.uniform([2, 3], 0.1, 0.9)],
    [
      random.uniform([2, 3]),
      random.uniform([2, 3], 0.1, 0.9),
      { weight: [1, 2, 0.5], labelSmoothing: 0.2, reduction: 'sum' },
    ],
  ],
});

/**
 * Negative log-likelihood: cross-entropy of predictions that are log-probabilities already, as `logSoftmax`
 * returns them.
 *
 *   shape     logP [N, C], N labels  →  a scalar, or [N] unreduced; one row may come as [C] with one label
 *   forward   mean over the rows of  −logP_label
 *   gradient  ∂L/∂logP_c = −[c = label]/N
 *
 * `weight` and `ignoreIndex` as for {@link crossEntropy}.
 *
 * @throws ArgumentError for a value greater than 0: probabilities and logits are not log-probabilities
 */
export const nllLoss = defineOp<[logProbabilities: Tensor], [target: Labels, options?: NllLossOptions]>({
  name: 'nllLoss',
  inputs: ['logProbabilities'],
  compose(logProbabilities, target, options = {}) {
    checkOptions('nllLoss', options, ['weight', 'ignoreIndex', 'reduction']);
    const classes = checkClasses('nllLoss', 'logProbabilities', logProbabilities, options);
    const targets = checkTargets('nllLoss', target, classes);
    checkLogProbabilities(
      'nllLoss',
      'logProbabilities',
      logProbabilities,
      'crossEntropy(logits, target), or nllLoss(logSoftmax(logits), target)',
    );
    return reduceRows(pick(asRows(logProbabilities), targets.labels), targets, classes);
  },
  samples: (random) => [
    [random.uniform([3, 4], -3, -0.1), random.integers(3, 4)],
    [random.uniform([5], -3, -0.1), 3, { reduction: 'none' }],
    [random.uniform([3, 4], -3, -0.1), [3, -100, 1], { weight: [1, 2, 0.5, 0.25] }],
    [random.uniform([3, 4], -3, -0.1), [3, 9, 1], { ignoreIndex: 9, reduction: 'sum' }],
  ],
});

/** A single row as a matrix. */
const asRows = (x: Tensor): Tensor => (x.rank === 1 ? reshape(x, [1, x.size]) : x);

const isDistribution = (target: Labels | Tensor, shape: Shape): target is Tensor =>
  target instanceof Tensor && sameShape(target.shape, shape);

/** −Σ w_c·q_c·log p_c for each row, q being the smoothed target; reduced. */
function distributionLoss(logits: Tensor, target: Tensor, smoothing: number, classes: Classes): Tensor {
  checkProbabilities('crossEntropy', 'the target', target);
  const q =
    smoothing > 0 ? add(mul(target, 1 - smoothing), smoothing / logits.shape[logits.rank - 1]) : target;
  const terms = mul(q, logSoftmax(logits));
  return reduceLoss(neg(sum(classes.weight ? mul(terms, classes.weight) : terms, -1)), classes.reduction);
}

/** −log softmax(logits)[label], one for each row. */
const crossEntropyRows = defineOp<[logits: Tensor], [labels: Int32Array]>({
  name: 'crossEntropy',
  inputs: ['logits'],
  shape: (_logits, labels) => [labels.length],
  forward: (Y, logits, labels) => backend().crossEntropy(logits, labels, Y),
  compose: (logits, labels) => pick(logSoftmax(logits), labels),
  gradient: {
    logits(G, _Y, logits, labels) {
      const dX = emptyTensor(logits.shape);
      backend().crossEntropyGradient(G, logits, labels, dX);
      return dX;
    },
  },
  reads: ['logits'],
  samples: (random) => [[random.uniform([3, 4]), random.integers(3, 4)]],
});

/** −logP[label], one for each row. */
const pick = (logP: Tensor, labels: Int32Array): Tensor => {
  const [rows, classes] = logP.shape;
  const places = labels.map((label, row) => row * classes + label);
  return neg(gather(reshape(logP, [rows * classes]), places, 0));
};

/** What is given about classes, checked. */
interface Classes {
  /** [N, C], or [C] for a single row. */
  shape: Shape;
  weight: Tensor | undefined;
  ignoreIndex: number;
  reduction: LossReduction;
}

function checkClasses(where: string, name: string, x: Tensor, options: NllLossOptions): Classes {
  const { shape } = x;
  const classes = shape[shape.length - 1] ?? 0;
  if ((x.rank !== 1 && x.rank !== 2) || classes === 0)
    throw new ShapeError(
      where,
      `${name} has shape ${show(shape)}`,
      `${name} must be [N, C], or [C] for a single row, with at least one class`,
      x.rank > 2 && classes > 0
        ? `reshape(${name}, [-1, ${classes}]), the classes being the last axis`
        : undefined,
    );
  const reduction = checkReduction(where, options.reduction);
  const { ignoreIndex = -100 } = options;
  checkNumber(where, 'ignoreIndex', ignoreIndex, { integer: true });
  const weight = checkWeight(where, 'weight', options.weight);
  if (weight && !sameShape(weight.shape, [classes]))
    throw new ShapeError(
      where,
      `the weight has shape ${show(weight.shape)}`,
      `it must be [${classes}], one for each class`,
    );
  return { shape, weight, ignoreIndex, reduction };
}

interface Targets {
  /** The class of each row; 0 where it is ignored. */
  labels: Int32Array;
  /** 1 for each row that counts, 0 for each that is ignored; undefined if all count. */
  kept: Tensor | undefined;
}

function checkTargets(where: string, target: Labels, { shape, ignoreIndex }: Classes): Targets {
  const rows = shape.length === 1 ? 1 : shape[0];
  const unfit = (given: string, repair?: string) => {
    const others = where === 'crossEntropy' ? `, or a tensor ${show(shape)} of probabilities` : '';
    const rule = `there must be one label for each row: ${rows}${others}`;
    return new ShapeError(where, `${given} for predictions ${show(shape)}`, rule, repair);
  };
  if (target instanceof Tensor && target.rank > 1)
    throw unfit(`a target ${show(target.shape)}`, target.size === rows ? 'flatten(target)' : undefined);
  const isSingle = typeof target === 'number' || (target instanceof Tensor && target.rank === 0);
  const given = isSingle ? [typeof target === 'number' ? target : target.item()] : target;
  const labels = checkLabels(where, given, shape[shape.length - 1], ignoreIndex);
  if (labels.length !== rows) throw unfit(`${labels.length} label${labels.length === 1 ? '' : 's'}`);
  if (!labels.includes(ignoreIndex)) return { labels, kept: undefined };
  const kept = new Tensor([rows]);
  labels.forEach((label, row) => {
    kept.data[row] = label === ignoreIndex ? 0 : 1;
  });
  return { labels: labels.map((label) => (label === ignoreIndex ? 0 : label)), kept };
}

/**
 * The rows' losses, weighted, without the ignored ones, and reduced. `smooth` is a row's loss for a label of
 * no class in particular.
 */
function reduceRows(
  nll: Tensor,
  targets: Targets,
  classes: Classes,
  smooth?: { part: number; losses: Tensor },
): Tensor {
  const { labels, kept } = targets;
  const { weight, reduction, shape } = classes;
  const factors = weight && gather(weight, labels, 0);
  let losses = factors ? mul(nll, factors) : nll;
  if (smooth) losses = add(mul(losses, 1 - smooth.part), mul(smooth.losses, smooth.part));
  if (kept) losses = where(kept, losses, 0);
  const counts = factors && kept ? mul(factors, kept) : (factors ?? kept);
  if (reduction === 'mean' && counts) return div(sum(losses), sum(counts));
  return reduceLoss(shape.length === 1 ? reshape(losses, []) : losses, reduction);
}
