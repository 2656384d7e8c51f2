// Schedule: what learning-rate schedules share: when they step, the groups' base rates, their state.
import {
  ArgumentError,
  checkChoice,
  checkNumber,
  describe,
  finite,
  type Saved,
  StateError,
} from '../../../tensor/index.ts';
import { Optimizer } from '../optimizer.ts';

export interface ScheduleOptions {
  /** What one call of `step()` stands for: a step of the optimizer, or an epoch. `fit` calls accordingly. */
  per?: 'step' | 'epoch';
}

/**
 * Changes the `lr` of an optimizer's groups as training goes on. Call `step()` after `optimizer.step()`, or after
 * each epoch, as `per` says; `fit({ schedule })` does.
 */
export abstract class Schedule {
  readonly optimizer: Optimizer<any>;
  /** What one call of `step()` stands for. */
  readonly per: 'step' | 'epoch';
  /** The class's name, for errors and states. */
  protected readonly name: string;

  constructor(name: string, optimizer: Optimizer<any>, per: 'step' | 'epoch') {
    if (!(optimizer instanceof Optimizer))
      throw new ArgumentError(
        name,
        `optimizer is ${describe(optimizer)}`,
        'a schedule changes the lr of an optimizer',
        `new optim.${name}(optimizer, ...)`,
      );
    optimizer.groups.forEach(({ lr }, i) => checkNumber(name, `lr of group ${i}`, lr, { ...finite, min: 0 }));
    this.name = name;
    this.optimizer = optimizer;
    this.per = checkChoice(name, 'per', per, ['step', 'epoch']);
  }

  /** The learning rate of each group, as it is now. */
  get lastLr(): number[] {
    return this.optimizer.groups.map((group) => group.lr);
  }

  /** Goes on by one. Schedules that follow a metric need its value, the others leave it alone. */
  abstract step(metric?: number): void;

  /** All that is needed to go on where it stopped, except the options and the optimizer's own state. */
  abstract stateDict(): Saved;

  /**
   * Takes over what `stateDict()` of a schedule of the same class returned, and sets the groups' rates.
   *
   * @throws StateError when it does not fit; nothing is changed then
   */
  abstract loadStateDict(saved: Saved): void;

  /** The state as an object, if it is of a schedule of this class. */
  protected open(saved: Saved): Record<string, Saved> {
    if (saved === null || typeof saved !== 'object' || !('schedule' in saved))
      this.refuse(`the state is ${describe(saved)}`);
    if (saved.schedule !== this.name) this.refuse(`it is the state of ${describe(saved.schedule)}`);
    return saved as Record<string, Saved>;
  }

  /** A saved list of numbers, one for each group. */
  protected numberPerGroup(name: string, value: Saved): number[] {
    const count = this.optimizer.groups.length;
    if (!Array.isArray(value) || value.some((item) => typeof item !== 'number'))
      this.refuse(`${name} is ${describe(value)}`);
    if (value.length !== count) this.refuse(`${name} has ${value.length} numbers for ${count} groups`);
    return [...value];
  }

  /** A saved count. */
  protected count(name: string, value: Saved): number {
    if (!Number.isSafeInteger(value) || (value as number) < 0) this.refuse(`${name} is ${describe(value)}`);
    return value as number;
  }

  protected refuse(problem: string): never {
    throw new StateError(
      `${this.name}.loadStateDict`,
      problem,
      `the state must come from stateDict() of a ${this.name} over as many groups`,
    );
  }
}

/** A group of an optimizer. */
export type Group = Optimizer<any>['groups'][number];

/** The rate that a schedule has given a group last, and the base rate that it started from. */
const given = new WeakMap<Group, { lr: number; base: number }>();

/**
 * A group's base rate for a new schedule: its lr, unless that is what an earlier schedule has made of it. A warm-up sets
 * lr to a third as soon as it is made; the cosine that is to follow it must not take that third for the whole.
 */
function baseOf(group: Group): number {
  const last = given.get(group);
  return last !== undefined && last.lr === group.lr ? last.base : group.lr;
}

/** A schedule whose rates are known in advance: functions of a group's base rate and of the number t of steps so far. */
export abstract class PlannedSchedule extends Schedule {
  /** By group, since optimizers may gain and lose groups. */
  readonly #bases = new WeakMap<Group, number>();
  #steps = 0;

  /** The rate of a group with that base rate after `t` steps. */
  protected abstract rate(base: number, t: number, group: Group): number;

  /**
   * The rate of each group where the schedule multiplies it by 1: its lr when the schedule was made. A group that is
   * added later brings its own.
   */
  get baseLrs(): number[] {
    return this.optimizer.groups.map((group) => this.#baseLr(group));
  }

  protected set baseLrs(lrs: readonly number[]) {
    this.optimizer.groups.forEach((group, i) => this.#bases.set(group, lrs[i]));
  }

  #baseLr(group: Group): number {
    const base = this.#bases.get(group) ?? baseOf(group);
    this.#bases.set(group, base);
    return base;
  }

  /** @internal */
  lrAt(t: number, group: Group): number {
    return this.rate(this.#baseLr(group), t, group);
  }

  /** Sets the rates that hold after `t` steps; a subclass's constructor ends with `moveTo(0)`. @internal */
  moveTo(t: number): void {
    const { groups } = this.optimizer;
    const lrs = groups.map((group) => this.lrAt(t, group));
    groups.forEach((group, i) => {
      group.lr = lrs[i];
      given.set(group, { lr: lrs[i], base: this.#baseLr(group) });
    });
    this.#steps = t;
  }

  step(_metric?: number): void {
    this.moveTo(this.#steps + 1);
  }

  /** The rates of the first group for the first so many steps, to be looked at or plotted. Changes nothing. */
  preview(steps: number): number[] {
    checkNumber(`${this.name}.preview`, 'steps', steps, { integer: true, min: 0 });
    return Array.from({ length: steps }, (_, t) => this.lrAt(t, this.optimizer.groups[0]));
  }

  stateDict(): Saved {
    return { schedule: this.name, steps: this.#steps, baseLrs: this.baseLrs };
  }

  loadStateDict(saved: Saved): void {
    this.reader(saved)();
  }

  /** Throws unless the state fits; what it returns takes it over. @internal */
  reader(saved: Saved): () => void {
    const state = this.open(saved);
    const steps = this.count('steps', state.steps);
    const bases = this.numberPerGroup('baseLrs', state.baseLrs);
    return () => {
      this.baseLrs = bases;
      this.moveTo(steps);
    };
  }
}
