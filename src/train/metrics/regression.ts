// How near predicted numbers come: mean squared and absolute error, R².
import { describe, ArgumentError, ShapeError, show, Tensor } from '../../tensor/index.ts';
import { checkOutput, checkValues, type Grid, isList, type Table } from './inputs.ts';
import { type Gathered, isCount, type Metric, meanOf, metricOrNumber } from './metric.ts';

/** True and predicted numbers, of the same shape. */
interface Values {
  readonly truth: Grid;
  readonly predicted: Grid;
}

/**
 * The mean squared error: the mean of (true − predicted)², over samples and columns.
 *
 *     train.mse([1, 2], [1, 4])   →  2         numbers, or rows of numbers
 *     metrics: [train.mse()]      or  metrics: ['mse']
 *
 * Output and targets have the same shape; [n] and [n, 1] are the same. Added up in float64, in the samples' order.
 *
 * @throws ArgumentError, ShapeError when output and targets don't belong together
 */
export function mse(): Metric;
export function mse(truth: Table, predicted: Table): number;
export function mse(...args: unknown[]): Metric | number {
  return meanError('mse', args, (error) => error * error);
}

/** The mean absolute error: the mean of |true − predicted|. Else as {@link mse}. */
export function mae(): Metric;
export function mae(truth: Table, predicted: Table): number;
export function mae(...args: unknown[]): Metric | number {
  return meanError('mae', args, Math.abs);
}

function meanError(
  where: string,
  args: readonly unknown[],
  term: (error: number) => number,
): Metric | number {
  const terms = ({ truth, predicted }: Values) =>
    Float64Array.from(truth.values, (value, i) => term(value - predicted.values[i]));
  return metricOrNumber(where, args, [[]], () => ({
    name: where,
    gathered: meanOf(),
    fromBatch: async (output, targets) => terms(await readValues(where, output, targets)),
    fromArrays: (truth, predicted) => terms(checkValues(where, truth, predicted)),
  }));
}

/**
 * The coefficient of determination: R² = 1 − Σ(true − predicted)² / Σ(true − mean of true)². 1 is perfect, 0 as good as
 * always predicting the mean, below 0 worse. Of several columns, the mean of each one's.
 *
 *     train.r2([1, 2, 3], [1, 2, 4])   →  1/2
 *     metrics: [train.r2()]            or  metrics: ['r2']
 *
 * Where all targets are equal it is 1 if each was met exactly, else 0; of fewer than 2 samples, NaN: scikit-learn's
 * conventions (`r2_score`). Targets' spread is gathered by Welford's method, so that a large mean costs no digits.
 *
 * @throws as {@link mse}
 */
export function r2(): Metric;
export function r2(truth: Table, predicted: Table): number;
export function r2(...args: unknown[]): Metric | number {
  return metricOrNumber('r2', args, [[]], () => ({
    name: 'r2',
    gathered: gatherSpread(),
    fromBatch: (output, targets) => readValues('r2', output, targets),
    fromArrays: (truth, predicted) => checkValues('r2', truth, predicted),
  }));
}

/** Of each column: the mean of what is true, Σ(true − mean)², Σ(true − predicted)². */
function gatherSpread(): Gathered<Values> {
  let count = 0;
  let means = new Float64Array();
  let spreads = new Float64Array();
  let errors = new Float64Array();
  return {
    reset() {
      count = 0;
    },
    add({ truth, predicted }) {
      const { rows, columns } = truth;
      if (count === 0) [means, spreads, errors] = [0, 0, 0].map(() => new Float64Array(columns));
      if (columns !== means.length)
        throw new ShapeError(
          'r2',
          `${columns} values a sample, after batches of ${means.length}`,
          'all batches must have the same number of values',
        );
      for (let i = 0; i < rows; i++) {
        count++;
        for (let c = 0; c < columns; c++) {
          const value = truth.values[i * columns + c];
          const apart = value - means[c];
          means[c] += apart / count;
          spreads[c] += apart * (value - means[c]);
          errors[c] += (value - predicted.values[i * columns + c]) ** 2;
        }
      }
    },
    value() {
      if (count < 2) return Number.NaN;
      let sum = 0;
      spreads.forEach((spread, c) => {
        sum += spread !== 0 ? 1 - errors[c] / spread : errors[c] === 0 ? 1 : 0;
      });
      return sum / spreads.length;
    },
    stateDict: () => ({ count, means: means.slice(), spreads: spreads.slice(), errors: errors.slice() }),
    load(saved) {
      const columns = [saved.means, saved.spreads, saved.errors];
      const fits =
        isCount(saved.count) &&
        columns.every((column) => column instanceof Float64Array && column.length === saved.means.length);
      if (fits) [count, means, spreads, errors] = [saved.count, ...columns.map((column) => column.slice())];
      return fits;
    },
  };
}

/** A batch's predictions and targets, of the same shape; a column of one is no column. */
async function readValues(where: string, output: unknown, targets: unknown): Promise<Values> {
  checkOutput(where, 'predictions', output);
  if (!(targets instanceof Tensor) && !isList(targets))
    throw new ArgumentError(
      where,
      `the targets are ${describe(targets)}`,
      'targets must be a tensor, or a list of numbers',
    );
  const given = targets instanceof Tensor ? targets.shape : [targets.length];
  const [a, b] = [output.shape, given].map((shape) =>
    show(shape.length === 2 && shape[1] === 1 ? [shape[0]] : shape),
  );
  if (a !== b || output.rank === 0)
    throw new ShapeError(
      where,
      `predictions ${show(output.shape)}, targets ${show(given)}`,
      'both must have the same shape: a number for each sample, or a row of them',
      output.rank === 2 && given.length === 1
        ? "metrics: ['accuracy'], if these are logits and labels"
        : undefined,
    );
  const [rows] = output.shape;
  const columns = rows === 0 ? 1 : output.size / rows;
  const [predicted, truth] = [
    await output.read(),
    targets instanceof Tensor ? await targets.read() : targets,
  ];
  return { truth: { values: truth, rows, columns }, predicted: { values: predicted, rows, columns } };
}
