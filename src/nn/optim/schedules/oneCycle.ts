// OneCycleLR: up once, down once, with momentum the other way round.
import {
  ArgumentError,
  checkChoice,
  checkFlag,
  checkNumber,
  checkOptions,
  finite,
} from '../../../tensor/index.ts';
import type { Optimizer } from '../optimizer.ts';
import { cosine, linear } from './curves.ts';
import { PlannedSchedule, type ScheduleOptions } from './schedule.ts';

export interface OneCycleLROptions extends ScheduleOptions {
  /** The highest rate: one number for all groups, or one for each. It takes the place of the optimizer's lr. */
  maxLr: number | readonly number[];
  /** How many steps the cycle has: epochs · loader.length. */
  totalSteps: number;
  /** The share of the steps that the way up takes. Default 0.3. */
  pctStart?: number;
  /** The shape of the ways. Default 'cos'. */
  annealStrategy?: 'cos' | 'linear';
  /**
   * Whether momentum (of SGD and RMSprop, also where it was 0) or the first of betas (of Adam and AdamW) moves against the
   * rate. Default: if the optimizer has one of them.
   */
  cycleMomentum?: boolean;
  /** The momentum where the rate is highest. Default 0.85. */
  baseMomentum?: number;
  /** The momentum at both ends. Default 0.95. */
  maxMomentum?: number;
  /** The first rate is maxLr / divFactor. Default 25. */
  divFactor?: number;
  /** The last rate is maxLr / divFactor / finalDivFactor. Default 1e4. */
  finalDivFactor?: number;
  /** Go down to the first rate as fast as up, and to the last rate in the steps that remain. Default false. */
  threePhase?: boolean;
}

const known = [
  'maxLr',
  'totalSteps',
  'pctStart',
  'annealStrategy',
  'cycleMomentum',
  'baseMomentum',
  'maxMomentum',
  'divFactor',
  'finalDivFactor',
  'threePhase',
  'per',
];

type Level = 'first' | 'highest' | 'last';

/** A way from one level to another, which ends at a step (or between two). */
interface Phase {
  end: number;
  from: Level;
  to: Level;
}

/**
 * The 1cycle policy: the rate goes from maxLr / divFactor up to maxLr, which it reaches at step pctStart · totalSteps − 1, and
 * down to maxLr / divFactor / finalDivFactor at step totalSteps − 1. Momentum goes from maxMomentum to baseMomentum and back.
 *
 * `per` is 'step' unless told otherwise. When the cycle is over, the last rate stays; PyTorch throws then.
 *
 * Source: Smith, Topin, "Super-convergence: very fast training of neural networks using large learning rates" (2018); two
 * phases instead of three, and their shape, are fastai's.
 */
export class OneCycleLR extends PlannedSchedule {
  readonly #phases: readonly Phase[];
  readonly #anneal: typeof cosine;
  readonly #divFactor: number;
  readonly #finalDivFactor: number;
  readonly #momenta: Record<Level, number>;
  readonly #cyclesMomentum: boolean;

  constructor(optimizer: Optimizer<any>, options: OneCycleLROptions) {
    checkOptions('OneCycleLR', options ?? null, known);
    const { maxLr, totalSteps, pctStart = 0.3, annealStrategy = 'cos', cycleMomentum = true } = options;
    const { baseMomentum = 0.85, maxMomentum = 0.95, divFactor = 25, finalDivFactor = 1e4 } = options;
    const { threePhase = false, per = 'step' } = options;
    super('OneCycleLR', optimizer, per);
    const { groups } = optimizer;
    if (Array.isArray(maxLr) && maxLr.length !== groups.length)
      throw new ArgumentError(
        'OneCycleLR',
        `maxLr has ${maxLr.length} numbers for ${groups.length} groups`,
        'maxLr must be one number, or one for each group of the optimizer',
      );
    this.baseLrs = groups.map((_, i) =>
      Array.isArray(maxLr)
        ? checkNumber('OneCycleLR', `maxLr[${i}]`, maxLr[i], { ...finite, min: 0 })
        : checkNumber('OneCycleLR', 'maxLr', maxLr, { ...finite, min: 0 }),
    );
    checkNumber('OneCycleLR', 'totalSteps', totalSteps, { integer: true, min: 1 });
    checkFlag('OneCycleLR', 'threePhase', threePhase);
    checkNumber('OneCycleLR', 'pctStart', pctStart, { min: 0, max: threePhase ? 0.5 : 1 });
    checkChoice('OneCycleLR', 'annealStrategy', annealStrategy, ['cos', 'linear']);
    checkFlag('OneCycleLR', 'cycleMomentum', cycleMomentum);
    if (options.cycleMomentum && !groups.some(hasMomentum))
      throw new ArgumentError(
        'OneCycleLR',
        'cycleMomentum is true, but the optimizer has no momentum',
        'the optimizer must have momentum or betas',
        '{ cycleMomentum: false }',
      );
    const share = { min: 0, below: 1 };
    checkNumber('OneCycleLR', 'baseMomentum', baseMomentum, share);
    checkNumber('OneCycleLR', 'maxMomentum', maxMomentum, share);
    this.#anneal = annealStrategy === 'cos' ? cosine : linear;
    this.#divFactor = checkNumber('OneCycleLR', 'divFactor', divFactor, { ...finite, above: 0 });
    this.#finalDivFactor = checkNumber('OneCycleLR', 'finalDivFactor', finalDivFactor, {
      ...finite,
      above: 0,
    });
    this.#momenta = { first: maxMomentum, highest: baseMomentum, last: maxMomentum };
    this.#cyclesMomentum = cycleMomentum;
    const up: Phase = { end: pctStart * totalSteps - 1, from: 'first', to: 'highest' };
    const end = totalSteps - 1;
    this.#phases = threePhase
      ? [
          up,
          { end: 2 * pctStart * totalSteps - 2, from: 'highest', to: 'first' },
          { end, from: 'first', to: 'last' },
        ]
      : [up, { end, from: 'highest', to: 'last' }];
    this.moveTo(0);
  }

  protected rate(base: number, t: number): number {
    const first = base / this.#divFactor;
    return this.#at(t, { first, highest: base, last: first / this.#finalDivFactor });
  }

  override moveTo(t: number): void {
    super.moveTo(t);
    if (!this.#cyclesMomentum) return;
    const momentum = this.#at(t, this.#momenta);
    for (const group of this.optimizer.groups) {
      if ('momentum' in group) group.momentum = momentum;
      else if ('betas' in group) group.betas = [momentum, group.betas[1]];
    }
  }

  /** Where between the levels step t is. */
  #at(t: number, levels: Record<Level, number>): number {
    const i = this.#phases.findIndex(({ end }) => t <= end);
    const phase = this.#phases.at(i) as Phase; // the last one, when all are over
    const start = i === 0 ? 0 : (this.#phases.at(i - 1) as Phase).end;
    const x = phase.end > start ? Math.min((t - start) / (phase.end - start), 1) : 1;
    return this.#anneal(levels[phase.from], levels[phase.to], x);
  }
}

const hasMomentum = (group: object): boolean => 'momentum' in group || 'betas' in group;
