// Schedules for the first steps: a rate that grows in a straight line, or waits at a fraction.
import { checkNumber, checkOptions } from '../../../tensor/index.ts';
import type { Optimizer } from '../optimizer.ts';
import { linear } from './curves.ts';
import { PlannedSchedule, type ScheduleOptions } from './schedule.ts';

const share = { min: 0, max: 1 };

export interface LinearLROptions extends ScheduleOptions {
  /** What the rate is multiplied by at first, from 0 to 1. Default 1/3. */
  startFactor?: number;
  /** What it is multiplied by at the end, and from then on, from 0 to 1. Default 1. */
  endFactor?: number;
  /** After how many steps the end is reached. Default 5. */
  totalIters?: number;
}

/**
 * In a straight line from one factor to another, as in a warm-up:
 *
 *     lr = base · (startFactor + (endFactor − startFactor) · min(t / totalIters, 1))
 *
 * after t epochs, or steps: `per`, default 'epoch'. A warm-up of some hundred steps says `per: 'step'`.
 */
export class LinearLR extends PlannedSchedule {
  readonly #startFactor: number;
  readonly #endFactor: number;
  readonly #totalIters: number;

  constructor(optimizer: Optimizer<any>, options: LinearLROptions = {}) {
    checkOptions('LinearLR', options, ['startFactor', 'endFactor', 'totalIters', 'per']);
    const { startFactor = 1 / 3, endFactor = 1, totalIters = 5, per = 'epoch' } = options;
    super('LinearLR', optimizer, per);
    this.#startFactor = checkNumber('LinearLR', 'startFactor', startFactor, share);
    this.#endFactor = checkNumber('LinearLR', 'endFactor', endFactor, share);
    this.#totalIters = checkNumber('LinearLR', 'totalIters', totalIters, { integer: true, min: 1 });
    this.moveTo(0);
  }

  protected rate(base: number, t: number): number {
    return base * linear(this.#startFactor, this.#endFactor, Math.min(t / this.#totalIters, 1));
  }
}

export interface ConstantLROptions extends ScheduleOptions {
  /** What the rate is multiplied by at first, from 0 to 1. Default 1/3. */
  factor?: number;
  /** After how many steps it is multiplied by 1. Default 5. */
  totalIters?: number;
}

/** lr = base · factor for the first totalIters epochs (or steps: `per`, default 'epoch'), then base. */
export class ConstantLR extends PlannedSchedule {
  readonly #factor: number;
  readonly #totalIters: number;

  constructor(optimizer: Optimizer<any>, options: ConstantLROptions = {}) {
    checkOptions('ConstantLR', options, ['factor', 'totalIters', 'per']);
    const { factor = 1 / 3, totalIters = 5, per = 'epoch' } = options;
    super('ConstantLR', optimizer, per);
    this.#factor = checkNumber('ConstantLR', 'factor', factor, share);
    this.#totalIters = checkNumber('ConstantLR', 'totalIters', totalIters, { integer: true, min: 0 });
    this.moveTo(0);
  }

  protected rate(base: number, t: number): number {
    return t < this.#totalIters ? base * this.#factor : base;
  }
}
