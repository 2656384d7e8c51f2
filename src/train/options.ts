// What `fit` can be told, and its checks.
import {
  ArgumentError,
  checkFlag,
  checkNumber,
  checkOptions,
  describe,
  type Saved,
  type Tensor,
} from '../tensor/index.ts';
import type { Batch, Loader, Targets } from '../data/index.ts';
import { optim } from '../nn/index.ts';
import { type Callback, checkCallbacks } from './callback.ts';
import { checkLoader, checkLoss, type Loss } from './evaluate.ts';
import { type Metric, type MetricName, toMetrics } from './metrics.ts';
import type { Stateful } from './resume.ts';

/** What else a log says, so that no metric may be called that. */
const reserved = ['epoch', 'totalSteps', 'loss', 'penalty', 'seconds', 'lr'];

export interface FitOptions<Y extends Targets = any> {
  data: Loader<Batch<Tensor, Y>>;
  /** Looked at after each epoch, in evaluation mode. */
  validation?: Loader<Batch<Tensor, Y>>;
  /** Also look at the validation set after every so many steps. */
  validateEvery?: number;
  loss: Loss<Y>;
  /** What is added to the loss, such as `nn.l2Penalty(1e-4)`. The epoch's log has their sum as `penalty`, too. */
  penalties?: readonly ((model: any) => Tensor)[];
  optimizer: optim.Optimizer<any>;
  /** Changes the learning rate: after each step, or after each epoch, as the schedule itself says. */
  schedule?: optim.Schedule;
  /** How many batches make a step: their gradients are averaged, as if they were one large batch. Default 1. */
  accumulate?: number;
  /** Scale the gradients of a step so that their common norm is at most this. */
  clipNorm?: number;
  /** Clip every element of the gradients to ± this. */
  clipValue?: number;
  /** How many times all data are gone through. Default 1. */
  epochs?: number;
  /** Metrics for training and validation. Default none. */
  metrics?: readonly (MetricName | Metric)[];
  callbacks?: readonly Callback[];
  /** Aborting it ends training before the next batch: `fit` rejects with the signal's reason, and the model stays as it is then. */
  signal?: AbortSignal;
  /** What else checkpoints hold, by name: anything with a state, such as a scaler. */
  extras?: Record<string, Stateful>;
  /** Go on from a checkpoint: a file's name, or what `io.loadCheckpoint` gave. The same bits come out as without the break. */
  resume?: string | Saved;
  /** Go on although the loss is NaN or infinite. Default false: `fit` throws before anything is changed. */
  allowNonFinite?: boolean;
  /** Check every gradient, too, before it moves anything: an error says which operation's is not finite. Default false. */
  detectAnomaly?: boolean;
}

const known: readonly (keyof FitOptions)[] = [
  'data',
  'validation',
  'validateEvery',
  'loss',
  'penalties',
  'optimizer',
  'schedule',
  'accumulate',
  'clipNorm',
  'clipValue',
  'epochs',
  'metrics',
  'callbacks',
  'signal',
  'extras',
  'resume',
  'allowNonFinite',
  'detectAnomaly',
];

/** Throws unless the options make sense. Returns the metrics. */
export function checkFitOptions(options: FitOptions): Metric[] {
  checkOptions('fit', options ?? null, known);
  const { data, validation, loss, optimizer, epochs = 1, accumulate = 1, callbacks = [] } = options;
  checkRepeatable('data', data);
  if (validation !== undefined) checkRepeatable('validation', validation);
  checkLoss('fit', loss);
  checkOptimizer(optimizer);
  checkNumber('fit', 'epochs', epochs, { integer: true, min: 0 });
  checkNumber('fit', 'accumulate', accumulate, { integer: true, min: 1 });
  for (const name of ['allowNonFinite', 'detectAnomaly'] as const)
    if (options[name] !== undefined) checkFlag('fit', name, options[name]);
  checkTuning(options);
  const metrics = toMetrics('fit', options.metrics === undefined ? [] : options.metrics, reserved);
  checkCallbacks(callbacks);
  if (options.validateEvery !== undefined) checkHaveState(metrics);
  return metrics;
}

/** Throws unless this is a loader: one that can be gone through epoch after epoch, from any batch on. */
function checkRepeatable(name: string, value: unknown): void {
  checkLoader('fit', name, value);
  const { batches, length } = value as Partial<Loader>;
  if (typeof batches === 'function' && Number.isSafeInteger(length)) return;
  throw new ArgumentError(
    'fit',
    `${name} is ${describe(value)} without batches() and length`,
    `${name} must be a loader: its batches are counted, and gone through again in each epoch`,
    `{ ${name}: data.loader(dataset, { batchSize: 128 }) }`,
  );
}

/** Throws when a look at the validation set in mid-epoch would make a metric forget what it has seen of the epoch. */
function checkHaveState(metrics: readonly Metric[]): void {
  const forgetful = metrics.find((metric) => metric.stateDict?.() === undefined || !metric.loadStateDict);
  if (forgetful)
    throw new ArgumentError(
      'fit',
      `validateEvery, and the metric ${forgetful.name} has no state`,
      'a metric that is used in mid-epoch for the validation set must have stateDict() and loadStateDict()',
    );
}

function checkTuning({
  validation,
  validateEvery,
  penalties = [],
  schedule,
  signal,
  extras,
  ...options
}: FitOptions): void {
  const fail = (problem: string, rule: string, repair?: string) => {
    throw new ArgumentError('fit', problem, rule, repair);
  };
  if (validateEvery !== undefined) {
    checkNumber('fit', 'validateEvery', validateEvery, { integer: true, min: 1 });
    if (!validation)
      fail(
        'validateEvery without a validation set',
        'there must be something to look at',
        '{ validation: loader }',
      );
  }
  for (const name of ['clipNorm', 'clipValue'] as const)
    if (options[name] !== undefined) checkNumber('fit', name, options[name], { above: 0 });
  if (!Array.isArray(penalties) || penalties.some((term) => typeof term !== 'function'))
    fail(
      `penalties is ${describe(penalties)}`,
      'penalties must be a list of functions of the model',
      '{ penalties: [nn.l2Penalty(1e-4)] }',
    );
  if (schedule !== undefined && !(schedule instanceof optim.Schedule))
    fail(
      `schedule is ${describe(schedule)}`,
      'schedule must be a schedule of the optimizer',
      '{ schedule: new optim.StepLR(optimizer, { stepSize: 10 }) }',
    );
  if (schedule && schedule.optimizer !== options.optimizer)
    fail('the schedule is for another optimizer', 'the schedule must change the optimizer that fit uses');
  if (signal !== undefined && !(signal instanceof AbortSignal))
    fail(`signal is ${describe(signal)}`, 'signal must be an AbortSignal', '{ signal: controller.signal }');
  checkExtras(extras);
}

function checkExtras(extras: unknown): void {
  if (extras === undefined) return;
  const isStateful = (item: any) =>
    typeof item?.stateDict === 'function' && typeof item?.loadStateDict === 'function';
  if (extras !== null && typeof extras === 'object' && Object.values(extras).every(isStateful)) return;
  throw new ArgumentError(
    'fit',
    `extras is ${describe(extras)}`,
    'extras must be an object of things with stateDict() and loadStateDict()',
    '{ extras: { scaler } }',
  );
}

function checkOptimizer(optimizer: unknown): void {
  if (typeof (optimizer as optim.Optimizer<any> | undefined)?.step === 'function') return;
  throw new ArgumentError(
    'fit',
    `optimizer is ${describe(optimizer)}`,
    'optimizer must be an optimizer',
    '{ optimizer: new optim.Adam(model.parameters()) }',
  );
}
