// ofHead: a metric of one of several tasks.
import { ArgumentError, describe } from '../tensor/index.ts';
import type { Metric } from './metrics.ts';

/**
 * A metric of one head of a model that has several, such as `nn.MultiTask`: it looks at the output and the targets of that name. In the log
 * it is called `digitAccuracy`.
 *
 *     { metrics: [train.ofHead('digit', train.accuracy()), train.ofHead('parity', train.accuracy())] }
 */
export function ofHead(head: string, metric: Metric): Metric {
  if (typeof head !== 'string' || head === '')
    throw new ArgumentError(
      'ofHead',
      `the head is ${describe(head)}`,
      'the head must be a name',
      "ofHead('digit', train.accuracy())",
    );
  if (typeof metric?.update !== 'function')
    throw new ArgumentError(
      'ofHead',
      `the metric is ${describe(metric)}`,
      'the metric must be a metric object',
      `ofHead('${head}', train.accuracy())`,
    );
  const pick = (what: string, value: unknown): unknown => {
    if (value !== null && typeof value === 'object' && Object.hasOwn(value, head))
      return (value as Record<string, unknown>)[head];
    throw new ArgumentError(
      'ofHead',
      `the ${what} has nothing of the name ${head}`,
      'outputs and targets must be objects with a value for each head',
    );
  };
  return {
    name: `${head}${metric.name[0].toUpperCase()}${metric.name.slice(1)}`,
    reset: () => metric.reset(),
    update: (output, targets) => metric.update(pick('output', output), pick('targets', targets)),
    value: () => metric.value(),
    stateDict: () => metric.stateDict?.(),
    loadStateDict: (saved) => metric.loadStateDict?.(saved),
  };
}
