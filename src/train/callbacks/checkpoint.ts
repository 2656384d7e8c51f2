// checkpoint: write down all that a run needs to go on.
import { ArgumentError, checkNumber, checkOptions, describe, StateError } from '../../tensor/index.ts';
import { checkWritable, saveCheckpoint } from '../../io/index.ts';
import type { Callback } from '../callback.ts';
import { type Mode, Monitor } from '../monitor.ts';

export interface CheckpointOptions {
  /** Also save after every so many steps. Default: at each epoch's end only. */
  every?: number;
  /** Save only when this number of the epoch's log is better than ever before. */
  monitor?: string;
  /** Whether it should fall (`min`) or rise (`max`). Default `auto`: losses and errors fall, everything else rises. */
  mode?: Mode;
}

/**
 * A callback that saves a checkpoint: model, optimizer, schedule, callbacks, metrics, extras, random state, epoch and step, in a safetensors
 * file. `fit` goes on from it with `resume`, to the same bits as without the break:
 *
 *     await train.fit(model, { ..., callbacks: [train.checkpoint('run.safetensors', { every: 500 })] });
 *     await train.fit(model, { ..., callbacks: [train.checkpoint('run.safetensors', { every: 500 })], resume: 'run.safetensors' });
 *
 * `{epoch}` and `{step}` in the name stand for their numbers. A kill at any moment leaves the old or the new file, whole.
 */
export function checkpoint(path: string, options: CheckpointOptions = {}): Callback {
  if (typeof path !== 'string' || path === '')
    throw new ArgumentError(
      'checkpoint',
      `the path is ${describe(path)}`,
      'the path must be the name of a file',
      "checkpoint('run.safetensors')",
    );
  checkOptions('checkpoint', options, ['every', 'monitor', 'mode']);
  const { every, monitor, mode } = options;
  if (every !== undefined) checkNumber('checkpoint', 'every', every, { integer: true, min: 1 });
  if (every !== undefined && monitor !== undefined)
    throw new ArgumentError(
      'checkpoint',
      'every together with monitor',
      'what is monitored is known at the end of an epoch only',
      'two callbacks: one with every, one with monitor',
    );
  const watched = monitor === undefined ? undefined : new Monitor('checkpoint', monitor, mode);
  let isBetter = true;
  let isResumed = false;
  return {
    async onStart() {
      if (watched && !isResumed) watched.best = Number.NaN;
      isResumed = false;
      await checkWritable(path);
    },
    onEpochEnd(log) {
      if (watched) isBetter = watched.improves(log);
    },
    async onSettled(state, log) {
      if (log ? !isBetter : every === undefined || state.totalSteps % every !== 0) return;
      const name = path
        .replaceAll('{epoch}', String(state.epoch))
        .replaceAll('{step}', String(state.totalSteps));
      await saveCheckpoint(name, state.checkpoint());
    },
    stateDict: () => ({ monitor, best: watched?.best }),
    loadStateDict(saved) {
      const { monitor: name, best } = (saved ?? {}) as { monitor?: unknown; best?: unknown };
      if (watched && typeof best !== 'number')
        throw new StateError(
          'checkpoint',
          'the state is not one of this callback',
          'pass what stateDict() returned',
        );
      if (name !== monitor)
        throw new StateError(
          'checkpoint',
          `the state is that of monitor ${describe(name)}, and not ${describe(monitor)}`,
          'monitor must be as before',
        );
      if (watched) watched.best = best as number;
      isResumed = true;
    },
  };
}
