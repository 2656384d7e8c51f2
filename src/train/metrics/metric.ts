// A metric in its two forms: an object that gathers batches, and a function of arrays.
import { checkOptions, describe, type Saved, StateError, Tensor } from '../../tensor/index.ts';
import { isList } from './inputs.ts';

/** Gathers a number over batches. */
export interface Metric {
  readonly name: string;
  reset(): void;
  /** Takes in the model's output for one batch, and the targets. */
  update(output: any, targets: any): void | Promise<void>;
  /** The number, of all that was taken in since the last reset; NaN before anything was. */
  value(): number;
  /** What was gathered so far, for a run that goes on later. */
  stateDict?(): Saved;
  /** Goes on from what `stateDict()` returned. */
  loadStateDict?(saved: Saved): void;
}

/** Gathers samples, in whatever portions they come, and makes a number of them. */
export interface Gathered<Samples> {
  reset(): void;
  add(samples: Samples): void;
  /** NaN as long as there are no samples. */
  value(): number;
  stateDict(): Saved;
  /** @returns whether the state fitted; if not, nothing is changed */
  load(saved: any): boolean;
}

/** What makes a metric: how it gathers, and how samples come out of a batch or of arrays. */
export interface Definition<Samples> {
  name: string;
  gathered: Gathered<Samples>;
  fromBatch(output: unknown, targets: unknown): Promise<Samples>;
  fromArrays(truth: unknown, predicted: unknown): Samples;
}

/**
 * Both forms of a metric: called with arrays (truth, predicted, options) it is a number, called with options a Metric.
 *
 * @param known the options; those of the second list only say how a model's output is understood
 */
export function metricOrNumber<Options extends object, Samples>(
  where: string,
  args: readonly unknown[],
  [known, knownForBatches = []]: readonly [readonly string[], (readonly string[])?],
  define: (options: Options) => Definition<Samples>,
): any {
  if (args.length > 1 || isList(args[0]) || args[0] instanceof Tensor) {
    const [truth, predicted, options = {}] = args;
    checkOptions(where, options, known);
    const { gathered, fromArrays } = define(options as Options);
    gathered.add(fromArrays(truth, predicted));
    return gathered.value();
  }
  const [options = {}] = args;
  checkOptions(where, options, [...known, ...knownForBatches]);
  const { name, gathered, fromBatch } = define(options as Options);
  const metric: Metric = {
    name,
    reset: () => gathered.reset(),
    update: async (output, targets) => gathered.add(await fromBatch(output, targets)),
    value: () => gathered.value(),
    stateDict: () => gathered.stateDict(),
    loadStateDict(saved) {
      if (saved !== null && typeof saved === 'object' && gathered.load(saved)) return;
      throw new StateError(
        `${name}.loadStateDict`,
        `${describe(saved)} is no state of this metric`,
        'the state must come from stateDict() of the same metric',
      );
    },
  };
  return metric;
}

/** The mean of one number a sample, added up in their order. */
export function meanOf(): Gathered<ArrayLike<number>> {
  let sum = 0;
  let count = 0;
  return {
    reset() {
      sum = count = 0;
    },
    add(terms) {
      for (let i = 0; i < terms.length; i++) sum += terms[i];
      count += terms.length;
    },
    value: () => sum / count,
    stateDict: () => ({ sum, count }),
    load(saved) {
      if (typeof saved.sum !== 'number' || !isCount(saved.count)) return false;
      ({ sum, count } = saved);
      return true;
    },
  };
}

export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;
