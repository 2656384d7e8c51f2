// How well classes are told apart: accuracy, precision, recall, F1, top-k accuracy, log loss.
import {
  ArgumentError,
  checkChoice,
  checkNumber,
  describe,
  Probabilities,
  type Tensor,
  tensor,
} from '../../tensor/index.ts';
import { binaryCrossEntropyWithLogits, crossEntropy, flatten, noGrad } from '../../autograd/index.ts';
import {
  type Classes,
  checkClasses,
  checkLogits,
  checkScores,
  classesOf,
  computed,
  type Grid,
  labelsOf,
  type List,
  readScores,
  readTargets,
  type Scores,
  type Table,
} from './inputs.ts';
import { type Gathered, isCount, type Metric, meanOf, metricOrNumber } from './metric.ts';

/** How often a class was true, was predicted, and both. */
export interface Counts {
  readonly label: number;
  right: number;
  truth: number;
  predicted: number;
}

export interface ThresholdOptions {
  /**
   * For models with one output a sample: above it, class 1 is predicted. Default 0, for logits; 0.5, for probabilities,
   * if the model ends with a sigmoid.
   */
  threshold?: number;
}

export interface ZeroDivisionOptions {
  /** What 0/0 is: 0 (default), 1, or NaN, which averages over classes leave out. */
  zeroDivision?: 0 | 1 | number;
}

export interface AverageOptions extends ZeroDivisionOptions {
  /**
   * `binary` (default): of the class `positive`, one of two. `macro`: the mean over the classes. `weighted`: the same,
   * each class counting as often as it is true. `micro`: of the sums over the classes.
   */
  average?: 'binary' | 'macro' | 'micro' | 'weighted';
  /** The class that `binary` is about. Default 1. */
  positive?: number;
}

const averages = ['binary', 'macro', 'micro', 'weighted'] as const;

/** The parts of each number: numerator, denominator. */
const fractions = {
  precision: ({ right, predicted }: Counts) => [right, predicted],
  recall: ({ right, truth }: Counts) => [right, truth],
  f1: ({ right, truth, predicted }: Counts) => [2 * right, truth + predicted],
} as const;

/** A number that is a fraction of each class's counts. */
export type Fraction = keyof typeof fractions;

/**
 * The share of samples whose predicted class is their label.
 *
 *     train.accuracy([0, 1, 2], [0, 1, 1])   →  2/3                    arrays of classes
 *     metrics: [train.accuracy()]            or  metrics: ['accuracy']  gathers over batches
 *
 * The model's output is logits: [n, classes], whose greatest is the prediction, or [n, 1] or [n], which are class 1
 * above `threshold`, else class 0. Targets are labels, or shares of the classes, of which the greatest counts; with
 * one logit, numbers in [0, 1], of which those above ½ are class 1. So it is for every metric of classes.
 *
 * @throws ArgumentError, IndexError, ShapeError when output and targets don't belong together
 */
export function accuracy(options?: ThresholdOptions): Metric;
export function accuracy(truth: List, predicted: List): number;
export function accuracy(...args: unknown[]): Metric | number {
  return metricOrNumber('accuracy', args, [[], ['threshold']], (options: ThresholdOptions) => ({
    name: 'accuracy',
    gathered: countClasses(shareRight),
    fromBatch: batchReader('accuracy', options),
    fromArrays: (truth, predicted) => checkClasses('accuracy', truth, predicted),
  }));
}

/**
 * Of the samples that were taken for a class, the share that is of it: right/predicted.
 *
 *     train.precision([0, 1, 1], [1, 1, 0])                      →  1/2
 *     train.precision([0, 2, 1], [2, 2, 1], { average: 'macro' })  →  (0 + 1 + 1/2)/3
 *     metrics: [train.precision({ average: 'macro' })]           or  metrics: ['precisionMacro']
 *
 * Classes that are neither true nor predicted don't count. Source: scikit-learn's `precision_score`, version 1.3 on.
 *
 * @throws ArgumentError when `binary` meets more than two classes, or none of them is `positive`; else as {@link accuracy}
 */
export function precision(options?: AverageOptions & ThresholdOptions): Metric;
export function precision(truth: List, predicted: List, options?: AverageOptions): number;
export function precision(...args: unknown[]): Metric | number {
  return averaged('precision', args);
}

/**
 * Of the samples of a class, the share that was found: right/true. Else as {@link precision}.
 */
export function recall(options?: AverageOptions & ThresholdOptions): Metric;
export function recall(truth: List, predicted: List, options?: AverageOptions): number;
export function recall(...args: unknown[]): Metric | number {
  return averaged('recall', args);
}

/**
 * The harmonic mean of precision P and recall R: 2PR/(P + R) = 2·right/(true + predicted). Else as {@link precision};
 * `macro` is the mean of the classes' F1, not the F1 of means.
 */
export function f1(options?: AverageOptions & ThresholdOptions): Metric;
export function f1(truth: List, predicted: List, options?: AverageOptions): number;
export function f1(...args: unknown[]): Metric | number {
  return averaged('f1', args);
}

function averaged(what: Fraction, args: readonly unknown[]): Metric | number {
  const known = [['average', 'positive', 'zeroDivision'], ['threshold']] as const;
  return metricOrNumber(what, args, known, (options: AverageOptions & ThresholdOptions) => {
    const { average = 'binary', positive = 1 } = options;
    checkChoice(what, 'average', average, averages);
    checkNumber(what, 'positive', positive, { integer: true });
    const zeroDivision = checkZeroDivision(what, options.zeroDivision);
    const read = batchReader(what, options);
    return {
      name: average === 'binary' ? what : `${what}${average[0].toUpperCase()}${average.slice(1)}`,
      gathered: countClasses((counts) => averageOf(what, counts, { average, positive, zeroDivision })),
      async fromBatch(logits, targets) {
        const { columns } = checkLogits(what, logits);
        if (average === 'binary')
          checkPositive(
            what,
            Array.from({ length: Math.max(columns, 2) }, (_, c) => c),
            positive,
          );
        return read(logits, targets);
      },
      fromArrays(truth, predicted) {
        const classes = checkClasses(what, truth, predicted);
        if (average === 'binary')
          checkPositive(
            what,
            [...new Set([...Array.from(classes.truth), ...Array.from(classes.predicted)])],
            positive,
          );
        return classes;
      },
    };
  });
}

/** Throws unless there are at most two classes; if there are two, one of them must be the positive one. */
function checkPositive(where: Fraction, labels: readonly number[], positive: number): void {
  if (labels.length > 2)
    throw new ArgumentError(
      where,
      `there are ${labels.length} classes`,
      `${where} alone is about one of two classes: several need an average`,
      `'${where}Macro', or { average: 'macro' }`,
    );
  if (labels.length === 2 && !labels.includes(positive))
    throw new ArgumentError(
      where,
      `no class is ${positive}`,
      `positive must be one of the classes, ${labels.toSorted((a, b) => a - b).join(' or ')}`,
      `{ positive: ${Math.max(...labels)} }`,
    );
}

/** The number itself, or its default 0. */
export function checkZeroDivision(where: string, value: unknown = 0): number {
  if (value === 0 || value === 1 || Number.isNaN(value)) return value as number;
  throw new ArgumentError(
    where,
    `zeroDivision is ${describe(value)}`,
    'zeroDivision, what 0/0 is, must be 0, 1 or NaN',
  );
}

/** Reads a batch's classes; the options are checked at once. */
function batchReader(where: string, { threshold = 0 }: ThresholdOptions) {
  checkNumber(where, 'threshold', threshold);
  return async (output: unknown, targets: unknown): Promise<Classes> => {
    const { logits, rows, columns } = checkLogits(where, output);
    const truth = labelsOf(where, await readTargets(where, targets, rows), columns);
    return { truth, predicted: await classesOf(logits, threshold) };
  };
}

/** Counts right, true and predicted samples of each class. */
export function countClasses(number: (counts: readonly Counts[]) => number): Gathered<Classes> & {
  counts(): Counts[];
} {
  let byLabel = new Map<number, Counts>();
  const of = (label: number): Counts => {
    let counts = byLabel.get(label);
    if (!counts) byLabel.set(label, (counts = { label, right: 0, truth: 0, predicted: 0 }));
    return counts;
  };
  const counts = () => [...byLabel.values()].sort((a, b) => a.label - b.label);
  return {
    counts,
    reset: () => byLabel.clear(),
    add({ truth, predicted }) {
      for (let i = 0; i < truth.length; i++) {
        const counts = of(truth[i]);
        counts.truth++;
        of(predicted[i]).predicted++;
        if (truth[i] === predicted[i]) counts.right++;
      }
    },
    value: () => (byLabel.size === 0 ? Number.NaN : number(counts())),
    stateDict: () => counts().map((counts) => ({ ...counts })),
    load(saved) {
      const fits =
        Array.isArray(saved) &&
        saved.every(
          (c) =>
            Number.isSafeInteger(c?.label) &&
            [c.right, c.truth, c.predicted].every(isCount) &&
            c.right <= Math.min(c.truth, c.predicted),
        );
      if (fits)
        byLabel = new Map(
          saved.map(({ label, right, truth, predicted }) => [label, { label, right, truth, predicted }]),
        );
      return fits;
    },
  };
}

/** The sum of each count. */
function total(counts: readonly Counts[]): Counts {
  const sum = { label: 0, right: 0, truth: 0, predicted: 0 };
  for (const { right, truth, predicted } of counts) {
    sum.right += right;
    sum.truth += truth;
    sum.predicted += predicted;
  }
  return sum;
}

/** The share of all samples that are right: of all classes together, precision, recall and F1 are the same. */
export function shareRight(counts: readonly Counts[]): number {
  const { right, truth } = total(counts);
  return right / truth;
}

/** A fraction of one class; 0/0 is `zeroDivision`. */
export function fractionOf(what: Fraction, counts: Counts, zeroDivision: number): number {
  const [part, whole] = fractions[what](counts);
  return whole === 0 ? zeroDivision : part / whole;
}

/** A fraction of all classes. */
export function averageOf(
  what: Fraction,
  counts: readonly Counts[],
  {
    average,
    positive,
    zeroDivision,
  }: { average: (typeof averages)[number]; positive?: number; zeroDivision: number },
): number {
  if (average === 'micro') return fractionOf(what, total(counts), zeroDivision);
  if (average === 'binary') {
    const of = counts.find(({ label }) => label === positive);
    return of ? fractionOf(what, of, zeroDivision) : zeroDivision;
  }
  const terms = counts
    .map((of) => ({ value: fractionOf(what, of, zeroDivision), weight: of.truth }))
    .filter(({ value }) => !Number.isNaN(value));
  // As in scikit-learn: if what is left has no weight, it counts alike.
  const isWeighted = average === 'weighted' && terms.some(({ weight }) => weight > 0);
  let [sum, weights] = [0, 0];
  for (const { value, weight } of terms) {
    sum += isWeighted ? value * weight : value;
    weights += isWeighted ? weight : 1;
  }
  return sum / weights;
}

export interface TopKOptions {
  /** How many guesses a sample has. Default 5. */
  k?: number;
}

/**
 * The share of samples whose label is among the k classes with the greatest scores.
 *
 *     train.topKAccuracy([0, 1], [[3, 2, 1], [3, 1, 2]], { k: 2 })   →  1/2
 *     metrics: [train.topKAccuracy({ k: 3 })]                        or  metrics: ['top3Accuracy']
 *
 * Of equal scores, those of later classes are taken for greater. Source: scikit-learn's `top_k_accuracy_score`.
 *
 * @throws ArgumentError when k is not less than the number of classes, so that every guess would be right
 */
export function topKAccuracy(options?: TopKOptions): Metric;
export function topKAccuracy(truth: List, scores: readonly List[], options?: TopKOptions): number;
export function topKAccuracy(...args: unknown[]): Metric | number {
  const where = 'topKAccuracy';
  return metricOrNumber(where, args, [['k']], ({ k = 5 }: TopKOptions) => {
    checkNumber(where, 'k', k, { integer: true, min: 1 });
    return {
      name: `top${k}Accuracy`,
      gathered: meanOf(),
      fromBatch: async (output, targets) => hits(await readScores(where, output, targets), k),
      fromArrays: (truth, scores) => hits(checkScores(where, truth, scores), k),
    };
  });
}

/** For each sample 1 if fewer than k scores come before the label's, else 0. NaN comes before everything. */
function hits({ labels, scores: { values, columns } }: Scores, k: number): Uint8Array {
  if (k >= columns)
    throw new ArgumentError(
      'topKAccuracy',
      `k is ${k}, and a sample has ${columns === 1 ? 'one score' : `${columns} scores`}`,
      'k must be less than the number of classes, or every guess would be right',
      columns > 2 ? `{ k: ${columns - 1} }` : "'accuracy'",
    );
  return Uint8Array.from(labels, (label, i) => {
    const own = values[i * columns + label];
    let before = 0;
    for (let c = 0; c < columns; c++) {
      const score = values[i * columns + c];
      if (c !== label && !(score < own || (score === own && c < label))) before++;
    }
    return before < k ? 1 : 0;
  });
}

/**
 * The mean of −log p(true class): cross-entropy, also known as log loss.
 *
 *     train.logLoss([0, 1], [[2, 0], [0, 1]])   from logits [n][classes]
 *     train.logLoss([0, 1], [-2, 1])            from logits of class 1
 *     metrics: [train.logLoss()]                or  metrics: ['logLoss']
 *
 * p is softmax(logits), of one logit a sample σ(logit), and is never computed, so no logarithm of 0 occurs; each
 * sample's is a float32. Targets that are shares of the classes weigh their −log p.
 * Source: scikit-learn's `log_loss`, which takes probabilities.
 *
 * @throws ArgumentError for `Probabilities`; else as {@link accuracy}
 */
export function logLoss(options?: Record<never, never>): Metric;
export function logLoss(truth: List, logits: Table): number;
export function logLoss(...args: unknown[]): Metric | number {
  const where = 'logLoss';
  return metricOrNumber(where, args, [[]], () => ({
    name: where,
    gathered: meanOf(),
    async fromBatch(output, targets) {
      if (output instanceof Probabilities)
        throw new ArgumentError(
          where,
          'the output is Probabilities, a result of softmax',
          'logLoss applies softmax itself: it needs the logits',
          'remove the softmax at the end of the model',
        );
      const scores = await readScores(where, output, targets);
      return computed(() => surprises(scores));
    },
    fromArrays: (truth, logits) => noGrad(() => surprises(checkScores(where, truth, logits))).data,
  }));
}

/** −log p of each sample. */
function surprises({ labels, targets, scores }: Scores): Tensor {
  const options = { reduction: 'none' } as const;
  const whole = ({ values, rows, columns }: Grid) => tensor(Array.from(values), [rows, columns]);
  if (scores.columns === 1)
    return flatten(binaryCrossEntropyWithLogits(whole(scores), whole(targets), options));
  return crossEntropy(whole(scores), targets.columns === 1 ? labels : whole(targets), options);
}
