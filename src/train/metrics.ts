// Metrics: numbers that people judge a model by, gathered batch by batch.
import {
  ArgumentError,
  checkChoice,
  checkNumber,
  describe,
  IndexError,
  ShapeError,
  show,
  Tensor,
} from '../tensor/index.ts';
import type { Targets } from '../data/index.ts';

/** Gathers a number over batches. */
export interface Metric {
  readonly name: string;
  reset(): void;
  /** Takes in the model's output for one batch, and the targets. */
  update(output: Tensor, targets: Targets): void | Promise<void>;
  value(): number;
}

/** The place of each row's greatest value: the predicted classes of logits [n, classes]. */
export async function predictedClasses(logits: Tensor): Promise<Int32Array> {
  if (!(logits instanceof Tensor) || logits.rank !== 2) {
    throw new ShapeError(
      'predictedClasses',
      `the output is ${logits instanceof Tensor ? show(logits.shape) : describe(logits)}`,
      'logits must be [n, classes]',
    );
  }
  const [n, classes] = logits.shape;
  const values = await logits.read();
  return Int32Array.from({ length: n }, (_, row) => {
    let best = 0;
    for (let c = 1; c < classes; c++) if (values[row * classes + c] > values[row * classes + best]) best = c;
    return best;
  });
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
      const truth = labels instanceof Tensor ? await labels.read() : labels;
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

/** The metrics behind names; objects are taken as they are. */
export function toMetrics(where: string, metrics: readonly (MetricName | Metric)[]): Metric[] {
  if (!Array.isArray(metrics))
    throw new ArgumentError(
      where,
      `metrics is ${describe(metrics)}`,
      'metrics must be a list',
      "['accuracy']",
    );
  return metrics.map((metric) => {
    if (typeof metric === 'object' && metric !== null && typeof metric.update === 'function') return metric;
    return byName[checkChoice(where, 'a metric', metric, Object.keys(byName) as MetricName[])]();
  });
}

/** How often each class was taken for each: row = the true class, column = the predicted one. */
export function confusionMatrix(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): number[][] {
  checkNumber('confusionMatrix', 'classes', classes, { integer: true, min: 1 });
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
          `${name} ${i} is ${value}`,
          `classes are numbered 0 … ${classes - 1}`,
        );
    }
    counts[truth[i]][predicted[i]]++;
  }
  return counts;
}

/** A confusion matrix as a table: a row for each true class, a column for each predicted one. */
export function formatConfusionMatrix(counts: readonly (readonly number[])[]): string {
  const cells = [
    ['', ...counts.map((_, c) => String(c))],
    ...counts.map((row, c) => [String(c), ...row.map((n) => (n === 0 ? '·' : String(n)))]),
  ];
  const width = Math.max(...cells.flat().map((cell) => cell.length)) + 1;
  const [head, ...rows] = cells.map(
    ([label, ...row]) => `${label.padStart(6)} │${row.map((cell) => cell.padStart(width)).join('')}`,
  );
  const line = `${'─'.repeat(7)}┼${'─'.repeat(width * counts.length)}`;
  return ['  true │ predicted', head, line, ...rows].join('\n');
}
