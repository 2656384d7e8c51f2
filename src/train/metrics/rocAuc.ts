// How well scores rank: the area under the ROC curve.
import { ArgumentError, checkChoice, Probabilities, ShapeError, type Tensor } from '../../tensor/index.ts';
import { exp, max, sub } from '../../autograd/index.ts';
import {
  checkLogits,
  checkScores,
  computed,
  type Grid,
  type List,
  readScores,
  type Table,
} from './inputs.ts';
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
        return { labels, ...(await oddsOf(checkLogits(where, output).logits, scores)) };
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
 * with e_c = e^(z_c − max z), e_c divided by the sum of the others, which is added up anew for the greatest:
 * taking it off the whole sum would leave only rounding errors.
 */
async function oddsOf(logits: Tensor, { values, rows, columns }: Grid): Promise<Grid> {
  if (columns === 2)
    return {
      values: Float64Array.from({ length: rows }, (_, i) => values[2 * i + 1] - values[2 * i]),
      rows,
      columns: 1,
    };
  const e = await computed(() => exp(sub(logits, max(logits, 1, { keepDims: true }))));
  const odds = new Float64Array(e.length);
  for (let i = 0; i < e.length; i += columns) {
    let sum = 0;
    let greatest = 0;
    for (let c = 0; c < columns; c++) {
      sum += e[i + c];
      if (e[i + c] > e[i + greatest]) greatest = c;
    }
    let others = 0;
    for (let c = 0; c < columns; c++) if (c !== greatest) others += e[i + c];
    for (let c = 0; c < columns; c++) odds[i + c] = e[i + c] / (c === greatest ? others : sum - e[i + c]);
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
        'softmax(logits).toArray()',
      );
  }
}

function gatherScores(average: 'macro' | 'weighted'): Gathered<Ranked> {
  let parts: Ranked[] = [];
  const joined = () => ({
    columns: parts[0]?.columns ?? 0,
    labels: Int32Array.from(parts.flatMap(({ labels }) => Array.from(labels))),
    values: Float64Array.from(parts.flatMap(({ values }) => Array.from(values))),
  });
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
      parts.push({ labels, values, columns });
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

function areaOf({ labels, values, columns }: Ranked, average: 'macro' | 'weighted'): number {
  if (columns <= 1) return areaOfClass(labels, values, 1, 0, 1);
  let [sum, weights] = [0, 0];
  for (let c = 0; c < columns; c++) {
    const weight = average === 'macro' ? 1 : labels.reduce((n, label) => n + (label === c ? 1 : 0), 0);
    if (weight === 0) continue;
    sum += weight * areaOfClass(labels, values, columns, c, c);
    weights += weight;
  }
  return sum / weights;
}

/** The share of pairs (positive, negative) whose positive has the greater score in one column; equal ones count ½. */
function areaOfClass(
  labels: Int32Array,
  values: ArrayLike<number>,
  columns: number,
  column: number,
  positive: number,
): number {
  const scores = (isPositive: boolean) =>
    Float64Array.from(
      [...labels.keys()].filter((i) => (labels[i] === positive) === isPositive),
      (i) => values[i * columns + column],
    ).sort();
  const [above, below] = [scores(true), scores(false)];
  if (above.some(Number.isNaN) || below.some(Number.isNaN)) return Number.NaN;
  let twice = 0; // whole numbers, so exact
  let less = 0;
  let notGreater = 0;
  for (const score of above) {
    while (less < below.length && below[less] < score) less++;
    while (notGreater < below.length && below[notGreater] <= score) notGreater++;
    twice += less + notGreater;
  }
  return twice / (2 * above.length * below.length);
}
