// The training loop, and evaluation.
import {
  ArgumentError,
  checkNumber,
  checkOptions,
  describe,
  nearest,
  ScopeRecord,
  show,
  Tensor,
} from '../tensor/index.ts';
import { noGrad } from '../autograd/index.ts';
import type { Batch, Loader, Targets } from '../data/index.ts';
import { Module, type optim } from '../nn/index.ts';
import { type Metric, type MetricName, toMetrics } from './metrics.ts';

/** What else an epoch's log says, so that no metric may be called that. */
const reserved = ['epoch', 'loss', 'seconds'];

/** One epoch's numbers: loss, seconds, the metrics; with a validation set also `validationLoss`, `validationAccuracy`, ... */
export interface EpochLog {
  /** From 1. */
  epoch: number;
  /** The mean over the training samples, as they were seen. */
  loss: number;
  /** The time of the whole epoch, validation included. */
  seconds: number;
  [name: string]: number;
}

/** What a callback may look at. */
export interface TrainingState {
  model: Module;
  /** The epoch that runs, or has ended last: from 1. */
  epoch: number;
  /** How many epochs there will be. */
  epochs: number;
  /** Steps done in this epoch. */
  step: number;
  /** Steps in an epoch. */
  steps: number;
  /** Steps done in all epochs. */
  totalSteps: number;
  /** The loss of the last batch; NaN before the first. */
  loss: number;
}

/** What may be called while `fit` runs. Anything asynchronous is waited for. */
export interface Callback {
  onStart?(state: TrainingState): void | Promise<void>;
  onEpochStart?(state: TrainingState): void | Promise<void>;
  onStep?(state: TrainingState): void | Promise<void>;
  onEpochEnd?(log: EpochLog, state: TrainingState): void | Promise<void>;
  /** Also called when training ends by an error. */
  onEnd?(state: TrainingState): void | Promise<void>;
}

/** A loss: one number from the model's output and the targets, smaller is better. */
export type Loss<Y extends Targets = any> = (output: any, targets: Y) => Tensor;

export interface FitOptions<Y extends Targets = any> {
  data: Loader<Batch<Tensor, Y>>;
  /** Looked at after each epoch, in evaluation mode. */
  validation?: Loader<Batch<Tensor, Y>>;
  loss: Loss<Y>;
  optimizer: optim.Optimizer<any>;
  /** How many times all data are gone through. Default 1. */
  epochs?: number;
  /** Metrics for training and validation. Default none. */
  metrics?: readonly (MetricName | Metric)[];
  callbacks?: readonly Callback[];
}

/**
 * Trains a model: for each batch the loss, its gradient, a step of the optimizer. The model is left in training mode.
 *
 * @returns the log of every epoch
 */
export async function fit<Y extends Targets>(model: Module, options: FitOptions<Y>): Promise<EpochLog[]> {
  checkModel('fit', model);
  checkOptions('fit', options ?? null, [
    'data',
    'validation',
    'loss',
    'optimizer',
    'epochs',
    'metrics',
    'callbacks',
  ]);
  const { data, validation, loss, optimizer, epochs = 1, callbacks = [] } = options;
  checkLoader('fit', 'data', data);
  if (validation !== undefined) checkLoader('fit', 'validation', validation);
  checkLoss('fit', loss);
  if (typeof optimizer?.step !== 'function')
    throw new ArgumentError(
      'fit',
      `optimizer is ${describe(optimizer)}`,
      'optimizer must be an optimizer',
      '{ optimizer: new optim.Adam(model.parameters()) }',
    );
  checkNumber('fit', 'epochs', epochs, { integer: true, min: 0 });
  const metrics = toMetrics('fit', options.metrics === undefined ? [] : options.metrics, reserved);
  if (!Array.isArray(callbacks) || callbacks.some((item) => item === null || typeof item !== 'object'))
    throw new ArgumentError(
      'fit',
      'callbacks is no list of callbacks',
      'a callback is an object with functions such as onEpochEnd',
      '{ callbacks: [train.progressBar()] }',
    );
  callbacks.forEach(checkCallback);

  const state: TrainingState = {
    model,
    epoch: 0,
    epochs,
    step: 0,
    steps: data.length,
    totalSteps: 0,
    loss: Number.NaN,
  };
  const history: EpochLog[] = [];
  const call = async (event: (callback: Callback) => void | Promise<void>) => {
    for (const callback of callbacks) await event(callback);
  };

  try {
    await call((callback) => callback.onStart?.(state));
    while (state.epoch < epochs) {
      const begin = performance.now();
      state.epoch++;
      state.step = 0;
      await call((callback) => callback.onEpochStart?.(state));
      model.train();
      const step = ({ x, y }: Batch<Tensor, Y>) => {
        optimizer.zeroGrad();
        const output = model.forward(x);
        const cost = checkCost('fit', loss(output, y));
        cost.backward();
        if (state.totalSteps === 0) checkReached(optimizer);
        optimizer.step();
        return { output, cost };
      };
      const mean = await pass(data, metrics, step, async (cost) => {
        state.loss = cost;
        state.step++;
        state.totalSteps++;
        await call((callback) => callback.onStep?.(state));
      });
      const log: EpochLog = { epoch: state.epoch, loss: mean, seconds: 0 };
      for (const metric of metrics) log[metric.name] = metric.value();
      if (validation) {
        const found = await evaluate(model, validation, metrics, { loss });
        for (const [name, value] of Object.entries(found))
          log[`validation${name[0].toUpperCase()}${name.slice(1)}`] = value;
      }
      log.seconds = (performance.now() - begin) / 1e3;
      history.push(log);
      await call((callback) => callback.onEpochEnd?.(log, state));
    }
  } finally {
    await call((callback) => callback.onEnd?.(state));
  }
  return history;
}

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
  const mean = await pass(data, list, ({ x, y }) => {
    const output = model.predict(x);
    return { output, cost: loss && noGrad(() => checkCost('evaluate', loss(output, y))) };
  });
  return {
    ...(loss && { loss: mean }),
    ...Object.fromEntries(list.map((metric) => [metric.name, metric.value()])),
  };
}

/** Runs all batches, gathers the metrics, and returns the mean cost of a sample. */
async function pass<Y extends Targets>(
  data: Loader<Batch<Tensor, Y>>,
  metrics: readonly Metric[],
  run: (batch: Batch<Tensor, Y>) => { output: Tensor; cost?: Tensor },
  after?: (cost: number) => Promise<void>,
): Promise<number> {
  for (const metric of metrics) metric.reset();
  let total = 0;
  let samples = 0;
  for await (const batch of data) {
    const scope = new ScopeRecord();
    try {
      const { output, cost } = scope.run(() => run(batch));
      const mean = cost ? (await cost.read())[0] : 0;
      const count = batch.x.shape[0];
      total += mean * count;
      samples += count;
      for (const metric of metrics) await metric.update(output, batch.y);
      await after?.(mean);
    } finally {
      scope.release();
    }
  }
  return total / samples;
}

function checkModel(where: string, model: unknown): void {
  if (!(model instanceof Module))
    throw new ArgumentError(
      where,
      `the model is ${describe(model)}`,
      'the model must be a Module',
      `${where}(new nn.Sequential(...), ...)`,
    );
}

function checkLoss(where: string, loss: unknown): void {
  if (typeof loss !== 'function')
    throw new ArgumentError(
      where,
      `loss is ${describe(loss)}`,
      'loss must be a function of output and targets',
      '{ loss: nn.crossEntropy }',
    );
}

/** What the loss function returned, if it is one number. */
function checkCost(where: string, cost: unknown): Tensor {
  if (cost instanceof Tensor && cost.size === 1) return cost;
  throw new ArgumentError(
    where,
    `the loss returned ${cost instanceof Tensor ? `a tensor of shape ${show(cost.shape)}` : describe(cost)}`,
    'a loss must return a tensor of one element',
    cost instanceof Tensor ? 'mean(loss)' : undefined,
  );
}

function checkLoader(where: string, name: string, value: unknown): void {
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

const events: readonly (keyof Callback)[] = ['onStart', 'onEpochStart', 'onStep', 'onEpochEnd', 'onEnd'];

/** Throws when something stands under an event's name that cannot be called, or under a name that is nearly an event's. */
function checkCallback(callback: Callback): void {
  for (const [name, value] of Object.entries(callback)) {
    if (!name.startsWith('on')) continue;
    if (!events.includes(name as keyof Callback)) {
      const guess = nearest(name, events);
      throw new ArgumentError(
        'fit',
        `unknown event ${name} in a callback`,
        `events are ${events.join(', ')}`,
        guess && `{ ${guess}() { ... } }`,
      );
    }
    if (value !== undefined && typeof value !== 'function')
      throw new ArgumentError(
        'fit',
        `${name} of a callback is ${describe(value)}`,
        'an event must be a function',
      );
  }
}

/** Throws when backward has brought no gradient to what the optimizer moves. */
function checkReached(optimizer: optim.Optimizer<any>): void {
  const parameters = (optimizer.groups ?? []).flatMap((group) => group.parameters);
  if (parameters.length === 0 || parameters.some((parameter) => parameter.grad)) return;
  throw new ArgumentError(
    'fit',
    'no parameter of the optimizer has a gradient after backward',
    "the optimizer must move this model's parameters",
    'new optim.Adam(model.parameters())',
  );
}
