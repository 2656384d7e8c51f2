// Schedules that lower the rate by a factor: every so often, at given times, at every step.
import { ArgumentError, checkNumber, checkOptions, describe, finite } from '../../../tensor/index.ts';
import type { Optimizer } from '../optimizer.ts';
import { power } from './curves.ts';
import { PlannedSchedule, type ScheduleOptions } from './schedule.ts';

const factor = { ...finite, min: 0 };

export interface StepLROptions extends ScheduleOptions {
  /** After how many steps the rate falls, each time. */
  stepSize: number;
  /** What it is multiplied by. Default 0.1. */
  gamma?: number;
}

/** lr = base · gamma^⌊t / stepSize⌋ after t epochs (or steps: `per`, default 'epoch'). */
export class StepLR extends PlannedSchedule {
  readonly #stepSize: number;
  readonly #gamma: number;

  constructor(optimizer: Optimizer<any>, options: StepLROptions) {
    checkOptions('StepLR', options ?? null, ['stepSize', 'gamma', 'per']);
    const { stepSize, gamma = 0.1, per = 'epoch' } = options;
    super('StepLR', optimizer, per);
    this.#stepSize = checkNumber('StepLR', 'stepSize', stepSize, { integer: true, min: 1 });
    this.#gamma = checkNumber('StepLR', 'gamma', gamma, factor);
    this.moveTo(0);
  }

  protected rate(base: number, t: number): number {
    return base * power(this.#gamma, Math.floor(t / this.#stepSize));
  }
}

export interface MultiStepLROptions extends ScheduleOptions {
  /** After how many steps the rate falls: whole numbers, such as [30, 80]. */
  milestones: readonly number[];
  /** What it is multiplied by. Default 0.1. */
  gamma?: number;
}

/** lr = base · gamma^(number of milestones ≤ t) after t epochs (or steps: `per`, default 'epoch'). */
export class MultiStepLR extends PlannedSchedule {
  readonly #milestones: readonly number[];
  readonly #gamma: number;

  constructor(optimizer: Optimizer<any>, options: MultiStepLROptions) {
    checkOptions('MultiStepLR', options ?? null, ['milestones', 'gamma', 'per']);
    const { milestones, gamma = 0.1, per = 'epoch' } = options;
    super('MultiStepLR', optimizer, per);
    if (!Array.isArray(milestones))
      throw new ArgumentError(
        'MultiStepLR',
        `milestones is ${describe(milestones)}`,
        'milestones must be an array of whole numbers',
        '{ milestones: [30, 80] }',
      );
    milestones.forEach((milestone, i) =>
      checkNumber('MultiStepLR', `milestones[${i}]`, milestone, { integer: true, min: 0 }),
    );
    this.#milestones = [...milestones];
    this.#gamma = checkNumber('MultiStepLR', 'gamma', gamma, factor);
    this.moveTo(0);
  }

  protected rate(base: number, t: number): number {
    return base * power(this.#gamma, this.#milestones.filter((milestone) => milestone <= t).length);
  }
}

export interface ExponentialLROptions extends ScheduleOptions {
  /** What the rate is multiplied by each time. */
  gamma: number;
}

/** lr = base · gammaᵗ after t epochs (or steps: `per`, default 'epoch'). */
export class ExponentialLR extends PlannedSchedule {
  readonly #gamma: number;

  constructor(optimizer: Optimizer<any>, options: ExponentialLROptions) {
    checkOptions('ExponentialLR', options ?? null, ['gamma', 'per']);
    const { gamma, per = 'epoch' } = options;
    super('ExponentialLR', optimizer, per);
    this.#gamma = checkNumber('ExponentialLR', 'gamma', gamma, factor);
    this.moveTo(0);
  }

  protected rate(base: number, t: number): number {
    return base * power(this.#gamma, t);
  }
}
