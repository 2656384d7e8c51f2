// Callbacks: what is told of a training run, and may end it.
import { ArgumentError, describe, nearest, type Saved } from '../tensor/index.ts';
import type { Module, optim } from '../nn/index.ts';

/** One epoch's numbers: loss, seconds, the metrics; with a validation set also `validationLoss`, `validationAccuracy`, ... */
export interface EpochLog {
  /** From 1. */
  epoch: number;
  /** The mean over the training samples, as they were seen, penalties included. */
  loss: number;
  /** The time of the whole epoch, validation included. */
  seconds: number;
  [name: string]: number;
}

/** The numbers in the middle of an epoch: what has been seen of it so far, and the validation set's. */
export interface ValidationLog {
  epoch: number;
  /** Steps done in all epochs. */
  totalSteps: number;
  loss: number;
  [name: string]: number;
}

/** What a callback may look at. */
export interface TrainingState {
  readonly model: Module;
  readonly optimizer: optim.Optimizer<any>;
  /** The epoch that runs, or has ended last: from 1. */
  readonly epoch: number;
  /** How many epochs there will be. */
  readonly epochs: number;
  /** Steps done in this epoch. */
  readonly step: number;
  /** Steps in an epoch. */
  readonly steps: number;
  /** Steps done in all epochs. */
  readonly totalSteps: number;
  /** The loss of the last step, penalties included; NaN before the first. */
  readonly loss: number;
  /** The logs of the epochs that have ended. */
  readonly history: readonly EpochLog[];
  /** Why training will end before its last epoch, if it will. */
  readonly stopped: string | undefined;
  /** Ends training after what runs now: the step, then the epoch's validation. Before a step (`onLoss`), that step is not done. */
  stop(reason: string): void;
  /** All that is needed to go on from here with the same bits: what `fit` takes as `resume`. Its tensors are the run's own: save it before the next step. */
  checkpoint(): Saved;
}

/** What may be called while `fit` runs. Anything asynchronous is waited for. */
export interface Callback {
  onStart?(state: TrainingState): void | Promise<void>;
  onEpochStart?(state: TrainingState): void | Promise<void>;
  /** The loss of a step is known; nothing has been changed by it yet. */
  onLoss?(state: TrainingState): void | Promise<void>;
  /** The parameters have moved; their gradients are still there. */
  onStep?(state: TrainingState): void | Promise<void>;
  /** The validation set was looked at in the middle of an epoch (`validateEvery`). */
  onValidation?(log: ValidationLog, state: TrainingState): void | Promise<void>;
  onEpochEnd?(log: EpochLog, state: TrainingState): void | Promise<void>;
  /** All callbacks have seen a step, or an epoch's end (then there is its log): the time to write down what they know. */
  onSettled?(state: TrainingState, log?: EpochLog): void | Promise<void>;
  /** Also called when training ends by an error. */
  onEnd?(state: TrainingState): void | Promise<void>;
  /** What the callback remembers, for checkpoints. */
  stateDict?(): Saved;
  loadStateDict?(saved: Saved): void;
}

/** What a callback may be told of. */
export type Event = Exclude<keyof Callback, 'stateDict' | 'loadStateDict'>;

const events: readonly Event[] = [
  'onStart',
  'onEpochStart',
  'onLoss',
  'onStep',
  'onValidation',
  'onEpochEnd',
  'onSettled',
  'onEnd',
];

/** Throws when something stands under an event's name that cannot be called, or under a name that is nearly an event's. */
export function checkCallbacks(callbacks: unknown): asserts callbacks is readonly Callback[] {
  if (!Array.isArray(callbacks) || callbacks.some((item) => item === null || typeof item !== 'object'))
    throw new ArgumentError(
      'fit',
      'callbacks is no list of callbacks',
      'a callback is an object with functions such as onEpochEnd',
      '{ callbacks: [train.progressBar()] }',
    );
  for (const callback of callbacks)
    for (const [name, value] of Object.entries(callback)) {
      if (!name.startsWith('on')) continue;
      if (!events.includes(name as Event)) {
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
