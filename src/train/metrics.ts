// Metrics: numbers that people judge a model by. Each is a function of arrays, or gathers batches: f1(truth, predicted), f1().
import { ArgumentError, checkNumber, checkOptions, describe, nearest, type Tensor } from '../tensor/index.ts';
import { accuracy, f1, precision, recall, type ThresholdOptions } from './metrics/classes.ts';
import { checkLogits, classesOf } from './metrics/inputs.ts';
import type { Metric } from './metrics/metric.ts';
import { mae, mse, r2 } from './metrics/regression.ts';
import { rocAuc } from './metrics/rocAuc.ts';
import { logLoss, topKAccuracy } from './metrics/scores.ts';

export * from './metrics/report.ts';
export { accuracy, f1, logLoss, mae, mse, precision, r2, recall, rocAuc, topKAccuracy };
export type { AverageOptions, ThresholdOptions, ZeroDivisionOptions } from './metrics/classes.ts';
export type { RocAucOptions } from './metrics/rocAuc.ts';
export type { TopKOptions } from './metrics/scores.ts';
export type { Metric };

/**
 * The predicted classes. Of logits [n, classes] the place of each row's greatest value: the first, if there are several.
 * Of logits [n, 1] or [n], one a sample: 1 where it is above `threshold`, else 0.
 */
export async function predictedClasses(logits: Tensor, options: ThresholdOptions = {}): Promise<Int32Array> {
  const output = checkLogits('predictedClasses', logits);
  checkOptions('predictedClasses', options, ['threshold']);
  const { threshold = 0 } = options;
  return classesOf(output, checkNumber('predictedClasses', 'threshold', threshold));
}

const byName = {
  accuracy: () => accuracy(),
  precision: () => precision(),
  precisionMacro: () => precision({ average: 'macro' }),
  precisionMicro: () => precision({ average: 'micro' }),
  precisionWeighted: () => precision({ average: 'weighted' }),
  recall: () => recall(),
  recallMacro: () => recall({ average: 'macro' }),
  recallMicro: () => recall({ average: 'micro' }),
  recallWeighted: () => recall({ average: 'weighted' }),
  f1: () => f1(),
  f1Macro: () => f1({ average: 'macro' }),
  f1Micro: () => f1({ average: 'micro' }),
  f1Weighted: () => f1({ average: 'weighted' }),
  top3Accuracy: () => topKAccuracy({ k: 3 }),
  top5Accuracy: () => topKAccuracy({ k: 5 }),
  rocAuc: () => rocAuc(),
  rocAucWeighted: () => rocAuc({ average: 'weighted' }),
  logLoss: () => logLoss(),
  mse: () => mse(),
  mae: () => mae(),
  r2: () => r2(),
};

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
        `{ ...metric, name: 'another' }`,
      );
  });
  return list;
}
