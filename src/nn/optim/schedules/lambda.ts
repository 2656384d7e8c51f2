// LambdaLR: any function of the number of steps.
import { ArgumentError, checkOptions, describe } from '../../../tensor/index.ts';
import type { Optimizer } from '../optimizer.ts';
import { type Group, PlannedSchedule, type ScheduleOptions } from './schedule.ts';

/** What a rate is multiplied by after t steps. */
type Lambda = (t: number) => number;

export interface LambdaLROptions extends ScheduleOptions {
  /** What the base rate is multiplied by after t steps: one function for all groups, or one for each. */
  lrLambda: Lambda | readonly Lambda[];
}

/**
 * lr = base · lrLambda(t) after t epochs (or steps: `per`, default 'epoch').
 *
 *     new optim.LambdaLR(optimizer, { lrLambda: (t) => 1 / Math.sqrt(1 + t) })
 *
 * A function is no state: a resumed run must make the schedule with the same one. Groups that are added later have the last of
 * a list's functions.
 */
export class LambdaLR extends PlannedSchedule {
  readonly #lambdas = new Map<Group, Lambda>();
  /** For groups that are added later. */
  readonly #last: Lambda;

  constructor(optimizer: Optimizer<any>, options: LambdaLROptions) {
    checkOptions('LambdaLR', options ?? null, ['lrLambda', 'per']);
    const { lrLambda, per = 'epoch' } = options;
    super('LambdaLR', optimizer, per);
    const lambdas: unknown[] = Array.isArray(lrLambda) ? lrLambda : [lrLambda];
    const wrong = lambdas.findIndex((lambda) => typeof lambda !== 'function');
    if (wrong >= 0)
      throw new ArgumentError(
        'LambdaLR',
        `${Array.isArray(lrLambda) ? `lrLambda[${wrong}]` : 'lrLambda'} is ${describe(lambdas[wrong])}`,
        'lrLambda must be a function of the number of steps, or one for each group',
        '{ lrLambda: (t) => 0.95 ** t }',
      );
    if (Array.isArray(lrLambda) && lambdas.length !== optimizer.groups.length)
      throw new ArgumentError(
        'LambdaLR',
        `lrLambda has ${lambdas.length} functions for ${optimizer.groups.length} groups`,
        'lrLambda must be one function, or one for each group of the optimizer',
      );
    this.#last = lambdas.at(-1) as Lambda;
    lambdas.forEach((lambda, i) => this.#lambdas.set(optimizer.groups[i], lambda as Lambda));
    this.moveTo(0);
  }

  protected rate(base: number, t: number, group: Group): number {
    const factor = (this.#lambdas.get(group) ?? this.#last)(t);
    if (typeof factor === 'number' && factor >= 0 && factor < Infinity) return base * factor;
    throw new ArgumentError(
      'LambdaLR',
      `lrLambda(${t}) is ${describe(factor)}`,
      'lrLambda must return a finite number, at least 0',
    );
  }
}
