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
import { isObject } from '../resume.ts';

export interface EarlyStoppingOptions {
  /** The number of the log to go by. Default `validationLoss`. */
  monitor?: string;
  /** Whether it should fall (`min`) or rise (`max`). Default `auto`: losses and errors fall, everything else rises. */
  mode?: Mode;
  /** Training ends after so many looks in a row that bring nothing better. Default 1; 0 is the same. */
  patience?: number;
  /** What counts as better must be better by more than this. Default 0. */
  minDelta?: number;
  /** Put the best parameters back when training ends, whether it was stopped or not. Default false. */
  restoreBest?: boolean;
}

/** Early stopping, which tells what was best. */
export interface EarlyStopping extends Callback {
  /** The best look so far: the monitored number, and when it was; undefined before the first. */
  readonly best: { value: number; epoch: number; totalSteps: number } | undefined;
}

/**
 * A callback that ends training when the monitored number has not become better for `patience` looks in a row: epochs, and with `validateEvery`
 * the looks between. A number that is NaN is never better.
 *
 * Source: Prechelt, "Early stopping, but when?" (1998); `patience` counts as in Keras.
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): EarlyStopping {
  checkOptions('earlyStopping', options, ['monitor', 'mode', 'patience', 'minDelta', 'restoreBest']);
  const { monitor = 'validationLoss', mode, patience = 1, minDelta = 0, restoreBest = false } = options;
  checkNumber('earlyStopping', 'patience', patience, { integer: true, min: 0 });
  checkNumber('earlyStopping', 'minDelta', minDelta, { min: 0 });
  checkFlag('earlyStopping', 'restoreBest', restoreBest);
  const watched = new Monitor('earlyStopping', monitor, mode, minDelta);
  let waited = 0;
  let best: EarlyStopping['best'];
  let parameters: StateDict | undefined; // of the best look
  let isResumed = false;
  let isRunning = false; // not yet, when an earlier callback fails at the start

  const stopIfDone = (state: TrainingState) => {
    if (waited >= Math.max(patience, 1) && best)
      state.stop(
        `${monitor} has not become better than ${best.value} (epoch ${best.epoch}) for ${waited} looks in a row`,
      );
  };
  const look = (log: Readonly<Record<string, number>>, state: TrainingState) => {
    const isBetter = watched.improves(log);
    waited = isBetter ? 0 : waited + 1;
    if (isBetter) best = { value: watched.best, epoch: state.epoch, totalSteps: state.totalSteps };
    if (isBetter && restoreBest) parameters = copyOf(state.model.stateDict(), parameters);
    stopIfDone(state);
  };
  return {
    get best() {
      return best && { ...best };
    },
    onStart(state) {
      isRunning = true;
      if (isResumed) stopIfDone(state);
      else {
        watched.best = Number.NaN;
        waited = 0;
        best = parameters = undefined;
      }
      isResumed = false;
    },
    onValidation: look,
    onEpochEnd: look,
    onEnd({ model }) {
      if (parameters && isRunning) model.loadStateDict(parameters);
      isRunning = false;
    },
    stateDict: () => ({
      monitor,
      waited,
      best: best && { ...best },
      parameters: parameters && { ...parameters },
    }),
    loadStateDict(saved) {
      const state = isObject(saved) ? saved : {};
      const isWhole =
        Number.isSafeInteger(state.waited) &&
        (state.best === undefined || isObject(state.best)) &&
        (state.parameters === undefined || isObject(state.parameters));
      if (!isWhole)
        throw new StateError(
          'earlyStopping',
          'the state is not one of early stopping',
          'pass what stateDict() returned',
        );
      if (state.monitor !== monitor)
        throw new StateError(
          'earlyStopping',
          `the state is that of ${describe(state.monitor)}, but ${describe(monitor)} is monitored`,
          'monitor must be as before',
        );
      waited = state.waited as number;
      best = state.best as EarlyStopping['best'];
      watched.best = best?.value ?? Number.NaN;
      parameters = state.parameters ? copyOf(state.parameters as StateDict) : undefined;
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
