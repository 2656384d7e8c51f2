// Evaluation: a model's loss and metrics over all batches, without training.
import { ArgumentError, checkOptions, describe, ScopeRecord, show, Tensor } from '../tensor/index.ts';
import { noGrad } from '../autograd/index.ts';
import type { Batch, Loader, Targets } from '../data/index.ts';
import { Module } from '../nn/index.ts';
import { type Metric, type MetricName, toMetrics } from './metrics.ts';

/** A loss: one number from the model's output and the targets, smaller is better. */
export type Loss<Y extends Targets = any> = (output: any, targets: Y) => Tensor;

export interface EvaluateOptions<Y extends Targets = any> {
  /** Also report the mean loss of a sample, as `loss`. */
  loss?: Loss<Y>;
}

/**
 * Measures a model on all batches, in evaluation mode and without gradients; its mode is put back afterwards.
 *
 *     await train.evaluate(model, data.loader(test, { batchSize: 512 }), ['accuracy'])   →  { accuracy: 0.97 }
 */
export async function evaluate<Y extends Targets>(
  model: Module,
  data: Loader<Batch<Tensor, Y>>,
  metrics: readonly (MetricName | Metric)[] = ['accuracy'],
  options: EvaluateOptions<Y> = {},
): Promise<Record<string, number>> {
  checkModel('evaluate', model);
  checkLoader('evaluate', 'data', data);
  checkOptions('evaluate', options, ['loss']);
  const { loss } = options;
  if (loss !== undefined) checkLoss('evaluate', loss);
  const list = toMetrics('evaluate', metrics, ['loss']);
  for (const metric of list) metric.reset();
  const mean = new Mean();
  for await (const { x, y } of data) {
    const scope = new ScopeRecord();
    try {
      const { output, cost } = scope.run(() => {
        const output = model.predict(x);
        return { output, cost: loss && noGrad(() => checkCost('evaluate', loss(output, y))) };
      });
      if (cost) mean.add((await cost.read())[0], x.shape[0]);
      for (const metric of list) await metric.update(output, y);
    } finally {
      scope.release();
    }
  }
  return { ...(loss && { loss: mean.value }), ...valuesOf(list) };
}

/** The metrics' values by name. */
export const valuesOf = (metrics: readonly Metric[]): Record<string, number> =>
  Object.fromEntries(metrics.map((metric) => [metric.name, metric.value()]));

/** A mean over samples, of batches' means. */
export class Mean {
  total = 0;
  samples = 0;

  add(mean: number, samples: number): void {
    this.total += mean * samples;
    this.samples += samples;
  }

  get value(): number {
    return this.total / this.samples;
  }
}

export function checkModel(where: string, model: unknown): asserts model is Module {
  if (!(model instanceof Module))
    throw new ArgumentError(
      where,
      `the model is ${describe(model)}`,
      'the model must be a Module',
      `${where}(new nn.Sequential(...), ...)`,
    );
}

export function checkLoss(where: string, loss: unknown): void {
  if (typeof loss !== 'function')
    throw new ArgumentError(
      where,
      `loss is ${describe(loss)}`,
      'loss must be a function of output and targets',
      '{ loss: nn.crossEntropy }',
    );
}

/** What the loss function returned, if it is one number. */
export function checkCost(where: string, cost: unknown): Tensor {
  if (cost instanceof Tensor && cost.size === 1) return cost;
  throw new ArgumentError(
    where,
    `the loss returned ${cost instanceof Tensor ? `a tensor of shape ${show(cost.shape)}` : describe(cost)}`,
    'a loss must return a tensor of one element',
    cost instanceof Tensor ? 'mean(loss)' : undefined,
  );
}

export function checkLoader(where: string, name: string, value: unknown): void {
  if (value === null || typeof value !== 'object' || !(Symbol.asyncIterator in value))
    throw new ArgumentError(
      where,
      `${name} is ${describe(value)}`,
      `${name} must be a loader`,
      `{ ${name}: data.loader(dataset, { batchSize: 128 }) }`,
    );
  if ('length' in value && value.length === 0)
    throw new ArgumentError(
      where,
      `${name} has no batches`,
      'there must be at least one sample; with dropLast, one whole batch',
    );
}
