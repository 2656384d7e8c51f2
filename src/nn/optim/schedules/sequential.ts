// SequentialLR: one schedule after another.
import { ArgumentError, checkNumber, checkOptions, describe, type Saved } from '../../../tensor/index.ts';
import type { Optimizer } from '../optimizer.ts';
import { type Group, PlannedSchedule } from './schedule.ts';

export interface SequentialLROptions {
  /** The schedules, first to last, all over the same optimizer and with the same `per`. */
  schedules: readonly PlannedSchedule[];
  /** After how many steps the second one begins, the third, ...: one number less than there are schedules. */
  milestones: readonly number[];
}

/**
 * One schedule after another; each begins with its own step 0 where the one before ends. A warm-up, then a cosine:
 *
 *     new optim.SequentialLR(optimizer, {
 *       schedules: [
 *         new optim.LinearLR(optimizer, { totalIters: 5 }),
 *         new optim.CosineAnnealingLR(optimizer, { tMax: 95 }),
 *       ],
 *       milestones: [5],
 *     })
 *
 * All have the base rates that the optimizer had before the first was made. Only the sequence is stepped, or handed to `fit`;
 * its `per` is theirs. ReduceLROnPlateau, which follows a metric, cannot be a part.
 */
export class SequentialLR extends PlannedSchedule {
  readonly #schedules: readonly PlannedSchedule[];
  /** Where each schedule begins. */
  readonly #starts: readonly number[];

  constructor(optimizer: Optimizer<any>, options: SequentialLROptions) {
    checkOptions('SequentialLR', options ?? null, ['schedules', 'milestones']);
    const { schedules, milestones } = options;
    const fail = (problem: string, rule: string, repair?: string): never => {
      throw new ArgumentError('SequentialLR', problem, rule, repair);
    };
    const example = '{ schedules: [warmUp, cosine], milestones: [5] }';
    if (!Array.isArray(schedules) || schedules.length === 0)
      fail(
        `schedules is ${describe(schedules)}`,
        'schedules must be an array of at least one schedule',
        example,
      );
    schedules.forEach((schedule, i) => {
      if (!(schedule instanceof PlannedSchedule))
        fail(
          `schedules[${i}] is ${describe(schedule)}`,
          'a part must be a schedule whose rates are known in advance',
        );
      if (schedule.optimizer !== optimizer)
        fail(
          `schedules[${i}] changes another optimizer`,
          'all schedules must be made with the same optimizer',
        );
    });
    const { per } = schedules[0];
    const other = schedules.findIndex((schedule) => schedule.per !== per);
    if (other > 0)
      fail(
        `schedules[0] counts per ${per}, schedules[${other}] per ${schedules[other].per}`,
        'all schedules must count the same',
        `{ per: '${per}' } for each of them`,
      );
    super('SequentialLR', optimizer, per);
    if (!Array.isArray(milestones) || milestones.length !== schedules.length - 1)
      fail(
        `milestones is ${describe(milestones)}, for ${schedules.length} schedules`,
        'there must be one milestone less than there are schedules',
        example,
      );
    milestones.forEach((milestone, i) =>
      checkNumber('SequentialLR', `milestones[${i}]`, milestone, {
        integer: true,
        above: i > 0 ? milestones[i - 1] : 0,
      }),
    );
    this.#schedules = [...schedules];
    this.#starts = [0, ...milestones];
    this.moveTo(0);
  }

  protected rate(_base: number, t: number, group: Group): number {
    const part = this.#partAt(t);
    return this.#schedules[part].lrAt(t - this.#starts[part], group);
  }

  override moveTo(t: number): void {
    const part = this.#partAt(t);
    this.#schedules[part].moveTo(t - this.#starts[part]); // it may set more than the rate
    super.moveTo(t);
  }

  #partAt(t: number): number {
    return this.#starts.findLastIndex((start) => start <= t);
  }

  override stateDict(): Saved {
    const own = super.stateDict() as { [name: string]: Saved };
    return { ...own, schedules: this.#schedules.map((schedule) => schedule.stateDict()) };
  }

  override reader(saved: Saved): () => void {
    const read = super.reader(saved);
    const { schedules } = this.open(saved);
    if (!Array.isArray(schedules) || schedules.length !== this.#schedules.length)
      this.refuse(`schedules is ${describe(schedules)}; there are ${this.#schedules.length}`);
    const parts = this.#schedules.map((schedule, i) => schedule.reader(schedules[i]));
    return () => {
      for (const readPart of parts) readPart();
      read();
    };
  }
}
