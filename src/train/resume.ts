// What a checkpoint of a training run holds, and how a run goes on from one.
import { describe, detached, type RandomState, type Saved, StateError, Tensor } from '../tensor/index.ts';
import { loadCheckpoint } from '../io/index.ts';
import type { Module, optim } from '../nn/index.ts';
import type { Callback, EpochLog } from './callback.ts';
import type { Metric } from './metrics.ts';

/** Anything whose state can be saved and put back. */
export interface Stateful {
  stateDict(): unknown;
  loadStateDict(saved: any): unknown;
}

/** What of a run has a state of its own. */
export interface Parts {
  model: Module;
  optimizer: optim.Optimizer<any>;
  schedule: Stateful | undefined;
  extras: Readonly<Record<string, Stateful>>;
  callbacks: readonly Callback[];
  metrics: readonly Metric[];
}

type States = Record<'model' | 'optimizer' | 'schedule' | 'extras' | 'callbacks' | 'metrics', Saved>;

/** A run between two steps: its counters, its random numbers, and the state of its parts. */
export interface Checkpoint extends States {
  kind: 'training';
  epoch: number;
  step: number;
  totalSteps: number;
  loss: number;
  history: EpochLog[];
  /** Steps in an epoch. */
  steps: number;
  /** The means of the epoch so far. */
  seen: Record<'loss' | 'penalty', { total: number; samples: number }>;
  random: RandomState;
  /** The random state at the beginning of the epoch. */
  begun: RandomState | undefined;
}

type HasState = Required<Pick<Callback, 'stateDict' | 'loadStateDict'>>;

const stateful = (list: readonly (Callback | Metric)[]): HasState[] =>
  list.filter((item): item is Callback & HasState => Boolean(item.stateDict && item.loadStateDict));

/** The states of a run's parts. */
export function statesOf({ model, optimizer, schedule, extras, callbacks, metrics }: Parts): States {
  return {
    model: model.stateDict(),
    optimizer: optimizer.stateDict() as unknown as Saved,
    schedule: schedule?.stateDict() as Saved,
    extras: Object.fromEntries(
      Object.entries(extras).map(([name, item]) => [name, item.stateDict() as Saved]),
    ),
    callbacks: stateful(callbacks).map((item) => item.stateDict()),
    metrics: stateful(metrics).map((item) => item.stateDict()),
  };
}

/** A checkpoint from a file, or as it was read before. */
export async function readCheckpoint(from: unknown): Promise<Checkpoint> {
  const saved: unknown = typeof from === 'string' ? await loadCheckpoint(from) : from;
  if (isCheckpoint(saved)) return saved;
  throw new StateError(
    'fit',
    `resume is ${describe(from)}, which holds no training run`,
    'resume must be a checkpoint that train.checkpoint() has written',
    "{ resume: 'run.safetensors' }",
  );
}

/** Whether a saved value is an object with names. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function isCheckpoint(value: unknown): value is Checkpoint {
  if (!isObject(value) || value.kind !== 'training') return false;
  const { epoch, step, totalSteps, steps, history, seen, random, begun, model, optimizer, extras } = value;
  return (
    [epoch, step, totalSteps, steps].every(isCount) &&
    [model, optimizer, extras].every(isObject) &&
    [history, value.callbacks, value.metrics].every(Array.isArray) &&
    (history as unknown[]).every(isObject) &&
    isObject(seen) &&
    [seen.loss, seen.penalty].every((mean) => isObject(mean) && isCount(mean.samples)) &&
    [random, begun ?? random].every((key) => isObject(key) && isCount(key.seed) && isCount(key.stream))
  );
}

/** Puts the parts into the checkpoint's state; if one of them does not fit, all are as before. */
export function restore(saved: Checkpoint, parts: Parts, steps: number): void {
  const fail = (problem: string, rule: string) => {
    throw new StateError('fit', `cannot resume: ${problem}`, rule);
  };
  if (saved.step > 0 && saved.history.length < saved.epoch && saved.steps !== steps)
    fail(
      `an epoch had ${saved.steps} steps then, and has ${steps} now`,
      'data and batches must be as before',
    );
  const { model, optimizer, schedule, extras } = parts;
  const callbacks = stateful(parts.callbacks);
  const metrics = stateful(parts.metrics);
  const lists = { callbacks: [saved.callbacks, callbacks], metrics: [saved.metrics, metrics] } as const;
  for (const [name, [before, now]] of Object.entries(lists))
    if ((before as Saved[]).length !== now.length)
      fail(
        `${(before as Saved[]).length} ${name} with a state were saved, and there are ${now.length}`,
        `${name} must be as before`,
      );
  const names = Object.keys(extras);
  const savedNames = Object.keys(saved.extras as object);
  if (names.join() !== savedNames.join())
    fail(
      `its extras are ${savedNames.join(', ') || 'none'}, not ${names.join(', ') || 'none'}`,
      'extras must be as before',
    );
  if ((saved.schedule !== undefined) !== (schedule !== undefined))
    fail(
      `it was saved with${saved.schedule === undefined ? 'out' : ''} a schedule`,
      'the schedule must be as before',
    );

  const todo: [Stateful, unknown][] = [
    [model, saved.model],
    [optimizer, saved.optimizer],
    ...(schedule ? [[schedule, saved.schedule] as [Stateful, unknown]] : []),
    ...names.map((name): [Stateful, unknown] => [
      extras[name],
      (saved.extras as Record<string, Saved>)[name],
    ]),
    ...callbacks.map((item, i): [Stateful, unknown] => [item, (saved.callbacks as Saved[])[i]]),
    ...metrics.map((item, i): [Stateful, unknown] => [item, (saved.metrics as Saved[])[i]]),
  ];
  const done: [Stateful, unknown][] = [];
  try {
    for (const [item, state] of todo) {
      done.unshift([item, copyOf(item.stateDict())]);
      item.loadStateDict(state);
    }
  } catch (error) {
    for (const [item, state] of done.slice(1)) item.loadStateDict(state);
    throw error;
  }
}

/** A copy that later changes of the tensors leave alone. */
function copyOf(value: unknown): unknown {
  if (value instanceof Tensor) return detached(() => new Tensor(value.shape).copyFrom(value));
  if (Array.isArray(value)) return value.map(copyOf);
  if (!isObject(value) || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copyOf(item)]));
}
