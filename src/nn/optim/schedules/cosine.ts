// Schedules that fall along half a cosine, once or again and again.
import { checkNumber, checkOptions, finite } from '../../../tensor/index.ts';
import type { Optimizer } from '../optimizer.ts';
import { cosine } from './curves.ts';
import { PlannedSchedule, type ScheduleOptions } from './schedule.ts';

export interface CosineAnnealingLROptions extends ScheduleOptions {
  /** After how many steps etaMin is reached. */
  tMax: number;
  /** The lowest rate. Default 0. */
  etaMin?: number;
}

/**
 * From the base rate down to etaMin along half a cosine:
 *
 *     lr = etaMin + (base − etaMin) · (1 + cos(π t / tMax)) / 2
 *
 * after t epochs, or steps: `per`, default 'epoch'. After tMax it rises again along the other half, to base at 2 tMax: as
 * in PyTorch.
 *
 * Source: Loshchilov, Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017), without the restarts.
 */
export class CosineAnnealingLR extends PlannedSchedule {
  readonly #tMax: number;
  readonly #etaMin: number;

  constructor(optimizer: Optimizer<any>, options: CosineAnnealingLROptions) {
    checkOptions('CosineAnnealingLR', options ?? null, ['tMax', 'etaMin', 'per']);
    const { tMax, etaMin = 0, per = 'epoch' } = options;
    super('CosineAnnealingLR', optimizer, per);
    this.#tMax = checkNumber('CosineAnnealingLR', 'tMax', tMax, { integer: true, min: 1 });
    this.#etaMin = checkNumber('CosineAnnealingLR', 'etaMin', etaMin, { ...finite, min: 0 });
    this.moveTo(0);
  }

  protected rate(base: number, t: number): number {
    const inPeriod = t % (2 * this.#tMax);
    return cosine(base, this.#etaMin, Math.min(inPeriod, 2 * this.#tMax - inPeriod) / this.#tMax);
  }
}

export interface CosineAnnealingWarmRestartsOptions extends ScheduleOptions {
  /** After how many steps the rate starts anew for the first time. */
  t0: number;
  /** By how much each cycle is longer than the one before, a whole number. Default 1. */
  tMult?: number;
  /** What each cycle falls towards. Default 0. */
  etaMin?: number;
}

/**
 * From the base rate towards etaMin along half a cosine, and again from the base rate, in cycles of t0, t0·tMult,
 * t0·tMult², ... epochs (or steps: `per`, default 'epoch'). After s of the T steps of a cycle:
 *
 *     lr = etaMin + (base − etaMin) · (1 + cos(π s / T)) / 2
 *
 * Source: Loshchilov, Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017), (5).
 */
export class CosineAnnealingWarmRestarts extends PlannedSchedule {
  readonly #t0: number;
  readonly #tMult: number;
  readonly #etaMin: number;

  constructor(optimizer: Optimizer<any>, options: CosineAnnealingWarmRestartsOptions) {
    checkOptions('CosineAnnealingWarmRestarts', options ?? null, ['t0', 'tMult', 'etaMin', 'per']);
    const { t0, tMult = 1, etaMin = 0, per = 'epoch' } = options;
    super('CosineAnnealingWarmRestarts', optimizer, per);
    const whole = { integer: true, min: 1 };
    this.#t0 = checkNumber('CosineAnnealingWarmRestarts', 't0', t0, whole);
    this.#tMult = checkNumber('CosineAnnealingWarmRestarts', 'tMult', tMult, whole);
    this.#etaMin = checkNumber('CosineAnnealingWarmRestarts', 'etaMin', etaMin, { ...finite, min: 0 });
    this.moveTo(0);
  }

  protected rate(base: number, t: number): number {
    let [since, length] = [this.#tMult === 1 ? t % this.#t0 : t, this.#t0];
    for (; since >= length; length *= this.#tMult) since -= length;
    return cosine(base, this.#etaMin, since / length);
  }
}
