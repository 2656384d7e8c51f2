// ReduceLROnPlateau: the rate falls when a metric no longer gets better.
import {
  ArgumentError,
  checkChoice,
  checkNumber,
  checkOptions,
  describe,
  finite,
  type Saved,
} from '../../../tensor/index.ts';
import type { Optimizer } from '../optimizer.ts';
import { Schedule } from './schedule.ts';

export interface ReduceLROnPlateauOptions {
  /** The metric's name in the log of an epoch, from which `fit` takes it. Default 'validationLoss'. */
  monitor?: string;
  /** Whether less of it is better, or more. Default 'min'. */
  mode?: 'min' | 'max';
  /** What the rate is multiplied by. Default 0.1. */
  factor?: number;
  /** How many epochs without a better value are put up with; the next one lowers the rate. Default 10. */
  patience?: number;
  /** By how much a value must be better than the best to count; below 1 if it is a part ('rel'). Default 1e-4. */
  threshold?: number;
  /** Whether the threshold is a part of the best value ('rel') or a difference ('abs'). Default 'rel'. */
  thresholdMode?: 'rel' | 'abs';
  /** For how many epochs after the rate has fallen none is counted as bad. Default 0. */
  cooldown?: number;
  /** The rate does not fall below this. Default 0. */
  minLr?: number;
  /** A fall of at most this much is left out. Default 1e-8. */
  eps?: number;
}

/**
 * Multiplies every group's rate by `factor` after more than `patience` epochs in a row whose metric was not better than the
 * best. Better is
 *
 *     mode 'min'     metric < best · (1 − threshold)     or, with thresholdMode 'abs',     metric < best − threshold
 *     mode 'max'     metric > best · (1 + threshold)                                        metric > best + threshold
 *
 * so NaN never is. Call `step(metric)` after each epoch; `fit` does, with what the epoch's log has under `monitor`.
 */
export class ReduceLROnPlateau extends Schedule {
  /** The metric's name in the log of an epoch. */
  readonly monitor: string;
  readonly #mode: 'min' | 'max';
  readonly #factor: number;
  readonly #patience: number;
  readonly #threshold: number;
  readonly #thresholdMode: 'rel' | 'abs';
  readonly #cooldown: number;
  readonly #minLr: number;
  readonly #eps: number;
  #best: number;
  /** Epochs since the best that count as bad. */
  #bad = 0;
  /** Epochs to come in which none counts as bad. */
  #cooling = 0;

  constructor(optimizer: Optimizer<any>, options: ReduceLROnPlateauOptions = {}) {
    const name = 'ReduceLROnPlateau';
    checkOptions(name, options, [
      'monitor',
      'mode',
      'factor',
      'patience',
      'threshold',
      'thresholdMode',
      'cooldown',
      'minLr',
      'eps',
    ]);
    super(name, optimizer, 'epoch');
    const { monitor = 'validationLoss', mode = 'min', thresholdMode = 'rel' } = options;
    const { factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0, minLr = 0, eps = 1e-8 } = options;
    if (typeof monitor !== 'string')
      throw new ArgumentError(
        name,
        `monitor is ${describe(monitor)}`,
        "monitor must be a metric's name in the log of an epoch",
        "{ monitor: 'validationLoss' }",
      );
    const notNegative = { ...finite, min: 0 };
    const whole = { integer: true, min: 0 };
    this.monitor = monitor;
    this.#mode = checkChoice(name, 'mode', mode, ['min', 'max']);
    this.#factor = checkNumber(name, 'factor', factor, { min: 0, below: 1 });
    this.#patience = checkNumber(name, 'patience', patience, whole);
    this.#threshold = checkNumber(
      name,
      'threshold',
      threshold,
      thresholdMode === 'rel' ? { min: 0, below: 1 } : notNegative,
    );
    this.#thresholdMode = checkChoice(name, 'thresholdMode', thresholdMode, ['rel', 'abs']);
    this.#cooldown = checkNumber(name, 'cooldown', cooldown, whole);
    this.#minLr = checkNumber(name, 'minLr', minLr, notNegative);
    this.#eps = checkNumber(name, 'eps', eps, notNegative);
    this.#best = mode === 'min' ? Infinity : -Infinity;
  }

  step(metric?: number): void {
    if (typeof metric !== 'number')
      throw new ArgumentError(
        `${this.name}.step`,
        `the metric is ${describe(metric)}`,
        'the metric must be a number',
        `schedule.step(log.${this.monitor})`,
      );
    if (this.#isBetter(metric)) {
      this.#best = metric;
      this.#bad = 0;
    } else this.#bad++;
    if (this.#cooling > 0) {
      this.#cooling--;
      this.#bad = 0;
    }
    if (this.#bad <= this.#patience) return;
    for (const group of this.optimizer.groups) {
      const lower = Math.max(group.lr * this.#factor, this.#minLr);
      if (group.lr - lower > this.#eps) group.lr = lower;
    }
    this.#cooling = this.#cooldown;
    this.#bad = 0;
  }

  #isBetter(metric: number): boolean {
    const sign = this.#mode === 'min' ? -1 : 1;
    const bound =
      this.#thresholdMode === 'rel'
        ? this.#best * (1 + sign * this.#threshold)
        : this.#best + sign * this.#threshold;
    return this.#mode === 'min' ? metric < bound : metric > bound;
  }

  stateDict(): Saved {
    return {
      schedule: this.name,
      best: this.#best,
      bad: this.#bad,
      cooling: this.#cooling,
      lrs: this.lastLr,
    };
  }

  loadStateDict(saved: Saved): void {
    const state = this.open(saved);
    if (typeof state.best !== 'number') this.refuse(`best is ${describe(state.best)}`);
    const bad = this.count('bad', state.bad);
    const cooling = this.count('cooling', state.cooling);
    const lrs = this.numberPerGroup('lrs', state.lrs);
    [this.#best, this.#bad, this.#cooling] = [state.best, bad, cooling];
    this.optimizer.groups.forEach((group, i) => (group.lr = lrs[i]));
  }
}
