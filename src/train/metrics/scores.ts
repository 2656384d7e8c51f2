// What the scores of all classes say: top-k accuracy, log loss.
import { ArgumentError, checkNumber, Probabilities } from '../../tensor/index.ts';
import { exp, log1p, softplus } from '../../kernels/index.ts';
import { checkScores, greatest, type List, readScores, type Scores, type Table } from './inputs.ts';
import { type Metric, meanOf, metricOrNumber } from './metric.ts';

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
 *   p        softmax(z), of one logit a sample σ(z)
 *   stable   −log p_c = (z_m − z_c) + log(1 + Σ_{j≠m} e^(z_j − z_m)), m the greatest; softplus(−z). Exponentials and
 *            logarithms are rounded to float32
 *
 * Targets that are shares of the classes weigh their −log p. Source: scikit-learn's `log_loss`, which takes probabilities.
 *
 * @throws ArgumentError for `Probabilities`; else as {@link accuracy}
 */
export function logLoss(): Metric;
export function logLoss(truth: Table, logits: Table): number;
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
      return surprises(await readScores(where, output, targets));
    },
    fromArrays: (truth, logits) => surprises(checkScores(where, truth, logits)),
  }));
}

/** −log p of each sample. */
function surprises({ labels, targets, scores: { values: z, columns } }: Scores): Float64Array {
  const { fround } = Math;
  if (columns === 1)
    return Float64Array.from(labels, (_, i) => {
      const share = targets.values[i];
      return share * softplus(fround(-z[i])) + (1 - share) * softplus(fround(z[i]));
    });
  return Float64Array.from(labels, (label, i) => {
    const begin = i * columns;
    const m = begin + greatest(z, begin, columns);
    let others = 0;
    for (let j = begin; j < begin + columns; j++) if (j !== m) others += exp(fround(z[j] - z[m]));
    const whole = log1p(fround(others));
    if (targets.columns === 1) return z[m] - z[begin + label] + whole;
    let sum = 0;
    for (let j = begin; j < begin + columns; j++)
      if (targets.values[j] !== 0) sum += targets.values[j] * (z[m] - z[j] + whole);
    return sum;
  });
}
