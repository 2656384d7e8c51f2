// What callbacks share that go by one number of the log: which way is better, and whether it has become so.
import { ArgumentError, checkChoice, describe } from '../tensor/index.ts';

/** Whether less is better, or more; `auto` tells from the name. */
export type Mode = 'min' | 'max' | 'auto';

const lessIsBetter = /loss|error|mse|mae|rmse|penalty/i;

/** Remembers the best value of one number of the log. */
export class Monitor {
  readonly name: string;
  readonly #where: string;
  readonly #sign: 1 | -1;
  readonly #minDelta: number;
  best = Number.NaN;

  constructor(where: string, name: unknown, mode: Mode = 'auto', minDelta = 0) {
    if (typeof name !== 'string' || name === '')
      throw new ArgumentError(
        where,
        `monitor is ${describe(name)}`,
        "monitor must be a name in fit's log",
        "{ monitor: 'validationLoss' }",
      );
    checkChoice(where, 'mode', mode, ['min', 'max', 'auto']);
    this.#where = where;
    this.name = name;
    this.#sign = mode === 'min' || (mode === 'auto' && lessIsBetter.test(name)) ? -1 : 1;
    this.#minDelta = minDelta;
  }

  /** Takes in a log. Returns whether its number is better than the best before, by more than minDelta; NaN never is. */
  improves(log: Readonly<Record<string, number>>): boolean {
    const value = valueOf(this.#where, this.name, log);
    const isBetter = Number.isNaN(this.best)
      ? !Number.isNaN(value)
      : this.#sign * (value - this.best) > this.#minDelta;
    if (isBetter) this.best = value;
    return isBetter;
  }
}

/** The number of that name in a log. */
export function valueOf(where: string, name: string, log: Readonly<Record<string, number>>): number {
  if (Object.hasOwn(log, name)) return log[name];
  throw new ArgumentError(
    where,
    `the log has no ${name}`,
    `monitor must be one of ${Object.keys(log).join(', ')}`,
    name.startsWith('validation') ? 'fit(model, { validation: loader, ... })' : undefined,
  );
}
