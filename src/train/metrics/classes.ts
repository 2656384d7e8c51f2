// How well classes are told apart: accuracy, precision, recall, F1.
import { ArgumentError, checkChoice, checkNumber, describe } from '../../tensor/index.ts';
import { type Average, averageOf, countClasses, type Fraction, shareRight } from './counts.ts';
import {
  type Classes,
  checkClasses,
  checkLogits,
  classesOf,
  labelsOf,
  type List,
  readTargets,
} from './inputs.ts';
import { type Metric, metricOrNumber } from './metric.ts';

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
  average?: Average;
  /** The class that `binary` is about. Default 1. */
  positive?: number;
}

const averages: readonly Average[] = ['binary', 'macro', 'micro', 'weighted'];

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
    const checked = checkLogits(where, output);
    const truth = labelsOf(where, await readTargets(where, targets, checked.rows), checked.columns);
    return { truth, predicted: await classesOf(checked, threshold) };
  };
}
