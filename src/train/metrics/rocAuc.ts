// How well scores rank: the area under the ROC curve.
import { ArgumentError, checkChoice, Probabilities, ShapeError } from '../../tensor/index.ts';
import { exp } from '../../kernels/index.ts';
import { checkScores, type Grid, greatest, type List, readScores, type Table } from './inputs.ts';
import { type Gathered, isCount, type Metric, metricOrNumber } from './metric.ts';

export interface RocAucOptions {
  /**
   * What becomes of the areas of more than two classes: `macro` (default), their mean; `weighted`, each counting as often as
   * its class is true.
   */
  average?: 'macro' | 'weighted';
}

/**
 * The area under the ROC curve: the probability that a positive sample, drawn at random, has a greater score than a
 * negative one, where equal scores count ½. With more than two classes, the average of each class against the rest.
 *
 *     train.rocAuc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])   →  3/4     one score a sample: probabilities or logits
 *     train.rocAuc(truth, probabilities)                              [n][classes]
 *     metrics: [train.rocAuc()]                           or  metrics: ['rocAuc']
 *
 * As a Metric it takes logits, or `Probabilities`; logits of several classes are ranked by p/(1 − p), p = softmax(logits),
 * which does not saturate where p rounds to 1. It keeps all scores. NaN if a class is always or never true (for `weighted`,
 * never is no matter), or a score is NaN.
 *
 * Source: Fawcett, An introduction to ROC analysis, 2006; averages as scikit-learn's `roc_auc_score` with
 * `multi_class='ovr'`.
 *
 * @throws ArgumentError when scores of several classes, as arrays, are no probabilities; else as {@link accuracy}
 */
export function rocAuc(options?: RocAucOptions): Metric;
export function rocAuc(truth: List, scores: Table, options?: RocAucOptions): number;
export function rocAuc(...args: unknown[]): Metric | number {
  const where = 'rocAuc';
  return metricOrNumber(where, args, [['average']], ({ average = 'macro' }: RocAucOptions) => {
    checkChoice(where, 'average', average, ['macro', 'weighted']);
    return {
      name: average === 'macro' ? where : 'rocAucWeighted',
      gathered: gatherScores(average),
      async fromBatch(output, targets) {
        const { labels, scores } = await readScores(where, output, targets);
        if (scores.columns === 1 || output instanceof Probabilities) return { labels, ...scores };
        return { labels, ...oddsOf(scores) };
      },
      fromArrays(truth, given) {
        const { labels, scores } = checkScores(where, truth, given);
        if (scores.columns > 1) checkProbabilities(scores);
        return { labels, ...scores };
      },
    };
  });
}

/** Samples with one score each, of class 1, or one for each class. */
interface Ranked {
  labels: Int32Array;
  values: ArrayLike<number>;
  columns: number;
}

/**
 * p/(1 − p) of logits, as one column if there are two classes: then e^(z₁ − z₀), which ranks as z₁ − z₀ does. Otherwise,
 * with e_c = e^(z_c − max z), e_c divided by the sum of the others, which is added up without the greatest:
 * taken off the whole sum, that would leave only rounding errors.
 */
function oddsOf({ values: z, rows, columns }: Grid): Grid {
  if (columns === 2)
    return {
      values: Float64Array.from({ length: rows }, (_, i) => z[2 * i + 1] - z[2 * i]),
      rows,
      columns: 1,
    };
  const odds = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const row = odds.subarray(i * columns, (i + 1) * columns);
    const m = greatest(z, i * columns, columns);
    let others = 0;
    for (let c = 0; c < columns; c++) {
      row[c] = exp(Math.fround(z[i * columns + c] - z[i * columns + m]));
      if (c !== m) others += row[c];
    }
    for (let c = 0; c < columns; c++) row[c] /= c === m ? others : 1 + others - row[c];
  }
  return { values: odds, rows, columns };
}

function checkProbabilities({ values, rows, columns }: Grid): void {
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let c = 0; c < columns; c++) sum += values[i * columns + c];
    if (Math.abs(sum - 1) > 1e-5)
      throw new ArgumentError(
        'rocAuc',
        `row ${i} of the scores adds up to ${sum}`,
        'scores of several classes must be probabilities, which add up to 1',
        'the softmax of the logits',
      );
  }
}

function gatherScores(average: 'macro' | 'weighted'): Gathered<Ranked> {
  let parts: (Ranked & { values: Float64Array })[] = [];
  const joined = () => {
    const columns = parts[0]?.columns ?? 0;
    const count = parts.reduce((n, { labels }) => n + labels.length, 0);
    const [labels, values] = [new Int32Array(count), new Float64Array(count * columns)];
    let at = 0;
    for (const part of parts) {
      labels.set(part.labels, at);
      values.set(part.values, at * columns);
      at += part.labels.length;
    }
    return { columns, labels, values };
  };
  return {
    reset() {
      parts = [];
    },
    add({ labels, values, columns }) {
      if (parts.length > 0 && parts[0].columns !== columns)
        throw new ShapeError(
          'rocAuc',
          `${columns} scores a sample, after batches of ${parts[0].columns}`,
          'all batches must have the same number of scores',
        );
      parts.push({ labels, values: Float64Array.from(values), columns }); // what a batch lends is taken back
    },
    value: () => areaOf(joined(), average),
    stateDict: joined,
    load({ columns, labels, values }) {
      const fits =
        isCount(columns) &&
        labels instanceof Int32Array &&
        values instanceof Float64Array &&
        values.length === labels.length * columns &&
        labels.every((label) => label >= 0 && label < Math.max(columns, 2));
      if (fits)
        parts = labels.length > 0 ? [{ columns, labels: labels.slice(), values: values.slice() }] : [];
      return fits;
    },
  };
}

/** The average over the classes whose scores are given: if there is one score a sample, class 1. */
function areaOf({ labels, values, columns }: Ranked, average: 'macro' | 'weighted'): number {
  const classes = columns === 1 ? [1] : Array.from({ length: columns }, (_, c) => c);
  let [sum, weights] = [0, 0];
  classes.forEach((label, column) => {
    const count = labels.reduce((n, of) => n + (of === label ? 1 : 0), 0);
    const [positive, negative] = [new Float64Array(count), new Float64Array(labels.length - count)];
    let [p, q] = [0, 0];
    for (let i = 0; i < labels.length; i++) {
      const score = values[i * columns + column];
      if (labels[i] === label) positive[p++] = score;
      else negative[q++] = score;
    }
    const weight = average === 'macro' ? 1 : count;
    if (weight === 0) return;
    sum += weight * shareAbove(positive.sort(), negative.sort());
    weights += weight;
  });
  return sum / weights;
}

/** Of all pairs, the share whose positive score is the greater one; equal ones count ½. Both lists are sorted. */
function shareAbove(positive: Float64Array, negative: Float64Array): number {
  if (positive.some(Number.isNaN) || negative.some(Number.isNaN)) return Number.NaN;
  let twice = 0; // a whole number, and exact
  let less = 0;
  let notGreater = 0;
  for (const score of positive) {
    while (less < negative.length && negative[less] < score) less++;
    while (notGreater < negative.length && negative[notGreater] <= score) notGreater++;
    twice += less + notGreater;
  }
  return twice / (2 * positive.length * negative.length);
}
