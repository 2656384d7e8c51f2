// Metrics: numbers that people judge a model by, gathered batch by batch.
import {
  ArgumentError,
  checkNumber,
  describe,
  IndexError,
  isNumericArray,
  nearest,
  ShapeError,
  show,
  Tensor,
} from '../tensor/index.ts';
import { argmax } from '../autograd/index.ts';
import type { Targets } from '../data/index.ts';

/** Gathers a number over batches. */
export interface Metric {
  readonly name: string;
  reset(): void;
  /** Takes in the model's output for one batch, and the targets. */
  update(output: Tensor, targets: Targets): void | Promise<void>;
  value(): number;
}

/** The place of each row's greatest value (the first, if there are several): the predicted classes of logits [n, classes]. */
export async function predictedClasses(logits: Tensor): Promise<Int32Array> {
  if (!(logits instanceof Tensor))
    throw new ArgumentError(
      'predictedClasses',
      `the logits are ${describe(logits)}`,
      'logits must be a tensor',
    );
  if (logits.rank !== 2)
    throw new ShapeError(
      'predictedClasses',
      `the logits are ${show(logits.shape)}`,
      'logits must be [n, classes]',
    );
  return Int32Array.from(await argmax(logits, 1).read());
}

/** The share of samples whose predicted class is their label. */
export function accuracy(): Metric {
  let right = 0;
  let total = 0;
  return {
    name: 'accuracy',
    reset() {
      right = total = 0;
    },
    async update(logits, labels) {
      const predicted = await predictedClasses(logits);
      const truth: unknown = labels instanceof Tensor ? await labels.read() : labels;
      if (!Array.isArray(truth) && !isNumericArray(truth))
        throw new ArgumentError(
          'accuracy',
          `the labels are ${describe(truth)}`,
          'labels are a list of classes, or a tensor',
        );
      if (truth.length !== predicted.length)
        throw new ShapeError(
          'accuracy',
          `${predicted.length} predictions, ${truth.length} labels`,
          'there must be one label for each row of logits',
        );
      predicted.forEach((c, i) => {
        right += c === truth[i] ? 1 : 0;
      });
      total += predicted.length;
    },
    value: () => right / total,
  };
}

const byName = { accuracy };

/** Metrics that can be asked for by name. */
export type MetricName = keyof typeof byName;

const isMetric = (value: Partial<Metric>): value is Metric =>
  typeof value?.name === 'string' &&
  [value.reset, value.update, value.value].every((method) => typeof method === 'function');

const names = Object.keys(byName) as MetricName[];

/**
 * The metrics behind names; objects are taken as they are.
 *
 * @param reserved names that mean something else where the metrics will stand
 * @internal
 */
export function toMetrics(
  where: string,
  metrics: readonly (MetricName | Metric)[],
  reserved: readonly string[],
): Metric[] {
  if (!Array.isArray(metrics))
    throw new ArgumentError(
      where,
      `metrics is ${describe(metrics)}`,
      'metrics must be a list',
      "['accuracy']",
    );
  const list = metrics.map((metric) => {
    if (typeof metric === 'string' && Object.hasOwn(byName, metric)) return byName[metric as MetricName]();
    if (isMetric(metric)) return metric;
    const guess = typeof metric === 'string' ? nearest(metric, names) : undefined;
    throw new ArgumentError(
      where,
      `a metric is ${describe(metric)}`,
      `metrics are objects such as train.accuracy(), or one of ${names.map((name) => `'${name}'`).join(', ')}`,
      guess && `'${guess}'`,
    );
  });
  list.forEach(({ name }, i) => {
    if (reserved.includes(name) || list.findIndex((other) => other.name === name) !== i)
      throw new ArgumentError(
        where,
        `two numbers would be called ${name}`,
        'every metric must have a name of its own',
      );
  });
  return list;
}

/**
 * How often each class was taken for each: row = the true class, column = the predicted one.
 *
 * @throws IndexError when a class is not in 0 … classes − 1
 */
export function confusionMatrix(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): number[][] {
  checkNumber('confusionMatrix', 'classes', classes, { integer: true, min: 1 });
  for (const [name, list] of Object.entries({ truth, predicted })) {
    if (!Array.isArray(list) && !isNumericArray(list))
      throw new ArgumentError(
        'confusionMatrix',
        `${name} is ${describe(list)}`,
        `${name} is a list of classes`,
      );
  }
  if (truth.length !== predicted.length)
    throw new ShapeError(
      'confusionMatrix',
      `${truth.length} labels, ${predicted.length} predictions`,
      'both must have the same length',
    );
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < truth.length; i++) {
    for (const [name, value] of [
      ['label', truth[i]],
      ['prediction', predicted[i]],
    ] as const) {
      if (!Number.isInteger(value) || value < 0 || value >= classes)
        throw new IndexError(
          'confusionMatrix',
          `${name} ${i} is ${describe(value)}`,
          `classes are numbered 0 … ${classes - 1}`,
        );
    }
    counts[truth[i]][predicted[i]]++;
  }
  return counts;
}

/** A confusion matrix as a table: a row for each true class, a column for each predicted one; a dot for 0. */
export function formatConfusionMatrix(counts: readonly (readonly number[])[]): string {
  const isSquare =
    Array.isArray(counts) && counts.every((row) => Array.isArray(row) && row.length === counts.length);
  if (!isSquare)
    throw new ArgumentError(
      'formatConfusionMatrix',
      `counts is ${describe(counts)}`,
      'counts must be a square table',
      'formatConfusionMatrix(confusionMatrix(truth, predicted, 10))',
    );
  counts.forEach((row: readonly number[], t) => {
    row.forEach((n, p) => {
      checkNumber('formatConfusionMatrix', `counts[${t}][${p}]`, n, { integer: true, min: 0 });
    });
  });
  const cells = [
    ['', ...counts.map((_, c) => String(c))],
    ...counts.map((row, c) => [String(c), ...row.map((n: number) => (n === 0 ? '·' : String(n)))]),
  ];
  const width = Math.max(...cells.flat().map((cell) => cell.length)) + 1;
  const [head, ...rows] = cells.map(
    ([label, ...row]) => `${label.padStart(6)} │${row.map((cell) => cell.padStart(width)).join('')}`,
  );
  const line = `${'─'.repeat(7)}┼${'─'.repeat(width * counts.length)}`;
  return ['  true │ predicted', head, line, ...rows].join('\n');
}
