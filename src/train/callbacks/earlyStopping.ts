// earlyStopping: end training when it no longer helps, and keep the best parameters.
import {
  checkFlag,
  checkNumber,
  checkOptions,
  describe,
  detached,
  StateError,
  Tensor,
} from '../../tensor/index.ts';
import type { StateDict } from '../../nn/index.ts';
import type { Callback, TrainingState } from '../callback.ts';
import { type Mode, Monitor } from '../monitor.ts';

export interface EarlyStoppingOptions {
  /** The number of the log to go by. Default `validationLoss`. */
  monitor?: string;
  /** Whether it should fall (`min`) or rise (`max`). Default `auto`: losses and errors fall, everything else rises. */
  mode?: Mode;
  /** How many looks in a row may bring nothing better. Default 0: the first that does not ends training. */
  patience?: number;
  /** What counts as better must be better by more than this. Default 0. */
  minDelta?: number;
  /** Put the best parameters back when training ends, whether it was stopped or not. Default false. */
  restoreBest?: boolean;
}

/**
 * A callback that ends training when the monitored number has not become better for more than `patience` looks (epochs, and with
 * `validateEvery` the looks between). A number that is NaN is never better.
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  checkOptions('earlyStopping', options, ['monitor', 'mode', 'patience', 'minDelta', 'restoreBest']);
  const { monitor = 'validationLoss', mode, patience = 0, minDelta = 0, restoreBest = false } = options;
  checkNumber('earlyStopping', 'patience', patience, { integer: true, min: 0 });
  checkNumber('earlyStopping', 'minDelta', minDelta, { min: 0 });
  checkFlag('earlyStopping', 'restoreBest', restoreBest);
  const watched = new Monitor('earlyStopping', monitor, mode, minDelta);
  let waited = 0;
  let best: StateDict | undefined;

  const stopIfDone = (state: TrainingState) => {
    if (waited > patience)
      state.stop(`${monitor} has not become better than ${watched.best} for ${waited} looks`);
  };
  const look = (log: Readonly<Record<string, number>>, state: TrainingState) => {
    const isBetter = watched.improves(log);
    waited = isBetter ? 0 : waited + 1;
    if (isBetter && restoreBest) best = copyOf(state.model.stateDict(), best);
    stopIfDone(state);
  };
  let isResumed = false;
  let isRunning = false; // not yet, when an earlier callback fails at the start
  return {
    onStart(state) {
      isRunning = true;
      if (isResumed) stopIfDone(state);
      else {
        watched.best = Number.NaN;
        waited = 0;
        best = undefined;
      }
      isResumed = false;
    },
    onValidation: look,
    onEpochEnd: look,
    onEnd({ model }) {
      if (best && isRunning) model.loadStateDict(best);
      isRunning = false;
    },
    stateDict: () => ({ monitor, best: watched.best, waited, parameters: best && { ...best } }),
    loadStateDict(saved) {
      const {
        monitor: name,
        best: value,
        waited: count,
        parameters,
      } = (saved ?? {}) as Record<string, unknown>;
      const isParameters =
        parameters === undefined || (parameters !== null && typeof parameters === 'object');
      if (typeof value !== 'number' || !Number.isSafeInteger(count) || !isParameters)
        throw new StateError(
          'earlyStopping',
          'the state is not one of early stopping',
          'pass what stateDict() returned',
        );
      if (name !== monitor)
        throw new StateError(
          'earlyStopping',
          `the state is that of ${describe(name)}, but ${describe(monitor)} is monitored`,
          'monitor must be as before',
        );
      watched.best = value;
      waited = count as number;
      best = parameters && copyOf(parameters as StateDict);
      isResumed = true;
    },
  };
}

/** A copy of the tensors, into those of an earlier copy if there is one. */
const copyOf = (state: StateDict, into?: StateDict): StateDict =>
  detached(() =>
    Object.fromEntries(
      Object.entries(state).map(([name, value]) => [
        name,
        (into?.[name] ?? new Tensor(value.shape)).copyFrom(value),
      ]),
    ),
  );
