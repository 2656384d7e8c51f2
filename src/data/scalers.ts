// Scalers: features of different sizes are brought to the same one, so that descent has no long narrow valley to follow.
import { ArgumentError, checkChoice, checkNumber, checkOptions, describe, finite } from '../tensor/index.ts';
import { type Change, FeaturePreprocessor, type Learned } from './preprocessor.ts';
import { deviation, mean, quantile } from './statistics.ts';

export interface ScalerOptions {
  /**
   * Whether each feature has numbers of its own (the default), or all values share them, as pixels of an image do, which
   * are of one kind and then keep their proportions.
   */
  per?: 'feature' | 'all';
}

/**
 * y = (x − center) / scale + offset, with numbers of each feature. They are computed in float64 from the values that are not
 * NaN; NaN stays NaN. A feature that is constant has scale 1.
 */
abstract class Scaler extends FeaturePreprocessor {
  constructor(name: string, options: ScalerOptions, known: readonly string[] = []) {
    checkOptions(name, options, ['per', ...known]);
    const { per = 'feature' } = options;
    super(name, ['center', 'scale', 'offset'], checkChoice(name, 'per', per, ['feature', 'all'] as const));
  }

  /** What is subtracted from each feature. */
  get center(): Float64Array {
    return this.statistic('center');
  }

  /** What each feature is divided by. */
  get scale(): Float64Array {
    return this.statistic('scale');
  }

  protected forward({ center, scale, offset }: Learned): Change {
    return (value, j) => (value - center[j]) / scale[j] + offset[j];
  }

  protected backward({ center, scale, offset }: Learned): Change {
    return (value, j) => (value - offset[j]) * scale[j] + center[j];
  }
}

/**
 * To mean 0 and standard deviation 1:  y = (x − mean) / std,  std = √(Σ (x − mean)² / n).
 *
 * As scikit-learn's StandardScaler.
 */
export class StandardScaler extends Scaler {
  constructor(options: ScalerOptions = {}) {
    super('StandardScaler', options);
  }

  protected learn(values: Float32Array): number[] {
    return [mean(values), deviation(values) || 1, 0];
  }
}

export interface MinMaxScalerOptions extends ScalerOptions {
  /** What the smallest and the largest value become. Default [0, 1]. */
  range?: readonly [number, number];
}

/**
 * To a range, [0, 1] or another:  y = (x − min) / (max − min) · (high − low) + low. Values beyond those that were seen in
 * training come to lie outside of the range.
 *
 * As scikit-learn's MinMaxScaler.
 */
export class MinMaxScaler extends Scaler {
  readonly #range: readonly [number, number];

  constructor(options: MinMaxScalerOptions = {}) {
    super('MinMaxScaler', options, ['range']);
    const { range = [0, 1] } = options;
    checkPair('MinMaxScaler', 'range', range, (value, i) =>
      checkNumber('MinMaxScaler', `range[${i}]`, value, finite),
    );
    this.#range = [range[0], range[1]];
  }

  protected learn(values: Float32Array): number[] {
    const [low, high] = this.#range;
    const min = values.reduce((a, b) => Math.min(a, b));
    const max = values.reduce((a, b) => Math.max(a, b));
    return [min, (max - min || 1) / (high - low), low];
  }
}

export interface RobustScalerOptions extends ScalerOptions {
  /** The two quantiles whose distance is the scale. Default [0.25, 0.75]. */
  quantiles?: readonly [number, number];
}

/**
 * By numbers that a few outliers cannot move:  y = (x − median) / (upper quartile − lower quartile). Quantiles lie on
 * straight lines between neighbours, as NumPy's do.
 *
 * As scikit-learn's RobustScaler.
 */
export class RobustScaler extends Scaler {
  readonly #quantiles: readonly [number, number];

  constructor(options: RobustScalerOptions = {}) {
    super('RobustScaler', options, ['quantiles']);
    const { quantiles = [0.25, 0.75] } = options;
    checkPair('RobustScaler', 'quantiles', quantiles, (value, i) =>
      checkNumber('RobustScaler', `quantiles[${i}]`, value, { min: 0, max: 1 }),
    );
    this.#quantiles = [quantiles[0], quantiles[1]];
  }

  protected learn(values: Float32Array): number[] {
    const sorted = values.slice().sort();
    const [low, high] = this.#quantiles.map((q) => quantile(sorted, q));
    return [quantile(sorted, 0.5), high - low || 1, 0];
  }
}

/** Throws unless `pair` holds two numbers, the first below the second. */
function checkPair(
  where: string,
  name: string,
  pair: unknown,
  check: (value: unknown, i: number) => void,
): void {
  if (Array.isArray(pair) && pair.length === 2) {
    pair.forEach(check);
    if (pair[0] < pair[1]) return;
  }
  throw new ArgumentError(
    where,
    `${name} is ${Array.isArray(pair) ? `[${pair.join(', ')}]` : describe(pair)}`,
    `${name} must be two numbers, the smaller first`,
    `{ ${name}: ${name === 'range' ? '[0, 1]' : '[0.25, 0.75]'} }`,
  );
}
