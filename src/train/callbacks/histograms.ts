// histograms: how the weights and their gradients are distributed, epoch by epoch.
import { ArgumentError, checkNumber, checkOptions, describe, type Tensor } from '../../tensor/index.ts';
import type { Callback } from '../callback.ts';

/** The numbers of one tensor, counted. */
export interface Histogram {
  min: number;
  max: number;
  mean: number;
  /** The standard deviation (÷ n). */
  std: number;
  /** How many numbers are NaN or infinite; all else is about the others. */
  nonFinite: number;
  /** How many lie in each of the equal bins from min to max. */
  counts: number[];
}

/** The distributions of one parameter after an epoch. */
export interface ParameterHistogram {
  epoch: number;
  name: string;
  weight: Histogram;
  /** The last step's gradient; none if the parameter is frozen. */
  gradient: Histogram | undefined;
}

export interface HistogramsOptions {
  /** The number of bins. Default 30. */
  bins?: number;
  /** Takes what has been found after each epoch. */
  write: (histograms: ParameterHistogram[]) => void | Promise<void>;
}

/**
 * A callback that counts, after each epoch, how the values of every parameter and of its last gradient are distributed: what dies or
 * explodes is seen there first.
 *
 *     train.histograms({ write: (found) => all.push(...found) })
 */
export function histograms(options: HistogramsOptions): Callback {
  checkOptions('histograms', options ?? null, ['bins', 'write']);
  const { bins = 30, write } = options;
  checkNumber('histograms', 'bins', bins, { integer: true, min: 1 });
  if (typeof write !== 'function')
    throw new ArgumentError(
      'histograms',
      `write is ${describe(write)}`,
      'write must be a function of a list of histograms',
      '{ write: (found) => all.push(...found) }',
    );
  return {
    async onEpochEnd({ epoch }, { model }) {
      const found: ParameterHistogram[] = [];
      for (const [name, parameter] of model.namedParameters()) {
        const gradient = parameter.requiresGrad ? parameter.grad : undefined;
        found.push({
          epoch,
          name,
          weight: await histogram(parameter, bins),
          gradient: gradient && (await histogram(gradient, bins)),
        });
      }
      await write(found);
    },
  };
}

/** Counts the numbers of a tensor in equal bins. Sums are taken in double precision, in order. */
async function histogram(x: Tensor, bins: number): Promise<Histogram> {
  const all = await x.read();
  const values = all.filter(Number.isFinite);
  let [min, max, sum] = [Infinity, -Infinity, 0];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  const mean = sum / values.length;
  let squares = 0;
  const counts = new Array<number>(bins).fill(0);
  const width = (max - min) / bins;
  for (const value of values) {
    squares += (value - mean) ** 2;
    counts[width > 0 ? Math.min(bins - 1, Math.floor((value - min) / width)) : 0]++;
  }
  const std = Math.sqrt(squares / values.length);
  return { min, max, mean, std, nonFinite: all.length - values.length, counts };
}
