// Cleaning: what stands in for missing values, and what is done about outliers.
import { checkChoice, checkNumber, checkOptions, finite, type Tensor } from '../tensor/index.ts';
import { type Change, FeaturePreprocessor, type Learned } from './preprocessor.ts';
import { deviation, mean, mostFrequent, quantile } from './statistics.ts';

const strategies = ['mean', 'median', 'mostFrequent', 'constant'] as const;

export interface ImputerOptions {
  /** What stands in for a missing value: a number of its feature, or `value`. Default 'mean'. */
  strategy?: (typeof strategies)[number];
  /** The number that stands in with the strategy 'constant'. Default 0. */
  value?: number;
}

/**
 * Fills in missing values (NaN) with the mean, the median, or the most frequent value that the feature has in the training
 * data (the smallest of several), or with a constant.
 *
 * `inverse` changes nothing: what was missing is no longer known. As scikit-learn's SimpleImputer, except that a feature
 * without any value is an error instead of being left out.
 */
export class Imputer extends FeaturePreprocessor {
  readonly #strategy: (typeof strategies)[number];
  readonly #value: number;

  constructor(options: ImputerOptions = {}) {
    super('Imputer', ['fill']);
    checkOptions('Imputer', options, ['strategy', 'value']);
    const { strategy = 'mean', value = 0 } = options;
    this.#strategy = checkChoice('Imputer', 'strategy', strategy, strategies);
    this.#value = checkNumber('Imputer', 'value', value, finite);
  }

  /** What stands in, by feature. */
  get fill(): Float64Array {
    return this.statistic('fill');
  }

  protected override get acceptsMissing(): boolean {
    return this.#strategy === 'constant';
  }

  protected learn(values: Float32Array): number[] {
    switch (this.#strategy) {
      case 'mean':
        return [mean(values)];
      case 'median':
        return [quantile(values.slice().sort(), 0.5)];
      case 'mostFrequent':
        return [mostFrequent(values)];
      case 'constant':
        return [this.#value];
    }
  }

  protected forward({ fill }: Learned): Change {
    return (value, j) => (Number.isNaN(value) ? fill[j] : value);
  }

  protected backward(): Change {
    return (value) => value;
  }
}

export interface OutlierClipperOptions {
  /**
   * What counts as usual. 'iqr': from `factor` interquartile ranges below the lower quartile to as many above the upper one
   * (Tukey's fences). 'zScore': up to `factor` standard deviations from the mean, which outliers themselves enlarge.
   * Default 'iqr'.
   */
  method?: 'iqr' | 'zScore';
  /** Default 1.5 for 'iqr', 3 for 'zScore'. */
  factor?: number;
}

/**
 * Moves outliers to the nearest usual value, feature by feature; `inliers` finds the samples without any, for those who would
 * rather leave them out:
 *
 *     const clipper = new data.OutlierClipper().fit(x);
 *     clipper.transform(x)                     // or
 *     table.rows(clipper.inliers(x))
 *
 * NaN stays, and is no outlier. `inverse` changes nothing: how far off a value was is no longer known.
 */
export class OutlierClipper extends FeaturePreprocessor {
  readonly #method: 'iqr' | 'zScore';
  readonly #factor: number;

  constructor(options: OutlierClipperOptions = {}) {
    super('OutlierClipper', ['lower', 'upper']);
    checkOptions('OutlierClipper', options, ['method', 'factor']);
    const { method = 'iqr', factor = method === 'iqr' ? 1.5 : 3 } = options;
    this.#method = checkChoice('OutlierClipper', 'method', method, ['iqr', 'zScore']);
    this.#factor = checkNumber('OutlierClipper', 'factor', factor, { above: 0, below: Infinity });
  }

  /** The smallest usual value, by feature. */
  get lower(): Float64Array {
    return this.statistic('lower');
  }

  /** The largest usual value, by feature. */
  get upper(): Float64Array {
    return this.statistic('upper');
  }

  protected learn(values: Float32Array): number[] {
    if (this.#method === 'zScore') {
      const [middle, reach] = [mean(values), this.#factor * deviation(values)];
      return [middle - reach, middle + reach];
    }
    const sorted = values.slice().sort();
    const [low, high] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
    return [low - this.#factor * (high - low), high + this.#factor * (high - low)];
  }

  protected forward({ lower, upper }: Learned): Change {
    return (value, j) => (value < lower[j] ? lower[j] : value > upper[j] ? upper[j] : value);
  }

  protected backward(): Change {
    return (value) => value;
  }

  /** The numbers of the samples of x none of whose features is an outlier. */
  inliers(x: Tensor): Int32Array {
    const columns = this.columnsOf('inliers', x);
    const { data } = x;
    const { lower, upper } = this;
    const found: number[] = [];
    for (let row = 0; row < x.shape[0]; row++) {
      let isUsual = true;
      for (let j = 0; j < columns; j++) {
        const value = data[row * columns + j];
        if (value < lower[j] || value > upper[j]) isUsual = false;
      }
      if (isUsual) found.push(row);
    }
    return Int32Array.from(found);
  }
}
