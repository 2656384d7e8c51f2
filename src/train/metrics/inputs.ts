// What metrics are given: a model's outputs and targets, or arrays of true and predicted values. Here they are checked.
import {
  ArgumentError,
  describe,
  IndexError,
  isNumericArray,
  type NumericArray,
  ShapeError,
  show,
  Tensor,
} from '../../tensor/index.ts';
import { argmax } from '../../autograd/index.ts';

/** Numbers: one for each sample. */
export type List = readonly number[] | NumericArray;

/** For each sample a number, or a row of numbers. */
export type Table = List | readonly List[];

/** A table row by row. */
export interface Grid {
  readonly values: ArrayLike<number>;
  readonly rows: number;
  readonly columns: number;
}

/** True and predicted classes. */
export interface Classes {
  readonly truth: ArrayLike<number>;
  readonly predicted: ArrayLike<number>;
}

/** A model's output that is logits. */
export interface Output {
  readonly logits: Tensor;
  readonly rows: number;
  readonly columns: number;
}

/** Scores, one for each sample or one for each class, with the targets and the class that these mean. */
export interface Scores {
  readonly labels: Int32Array;
  readonly targets: Grid;
  readonly scores: Grid;
}

export const isList = (value: unknown): value is List => Array.isArray(value) || isNumericArray(value);

/** The place of the greatest of `columns` values from `begin` on: the first, if there are several. */
export function greatest(values: ArrayLike<number>, begin: number, columns: number): number {
  let place = 0;
  for (let c = 1; c < columns; c++) if (values[begin + c] > values[begin + place]) place = c;
  return place;
}

/**
 * How many rows and columns a model's output has: [n, columns], and [n] is one column.
 *
 * @throws ArgumentError, ShapeError when it is no such tensor
 */
export function checkLogits(where: string, logits: unknown): Output {
  checkOutput(where, 'logits', logits);
  const [rows, columns = 1] = logits.shape;
  if (logits.rank === 1 || (logits.rank === 2 && columns > 0)) return { logits, rows, columns };
  throw new ShapeError(
    where,
    `the logits are ${show(logits.shape)}`,
    'logits must be [n, classes]; of two classes also [n, 1] or [n]',
  );
}

/** Throws unless the output is a tensor. */
export function checkOutput(where: string, name: string, output: unknown): asserts output is Tensor {
  if (output instanceof Tensor) return;
  const isRecord = output !== null && typeof output === 'object' && !isList(output);
  throw new ArgumentError(
    where,
    `the ${name} are ${describe(output)}`,
    `${name} must be a tensor${isRecord ? ': a metric judges one output' : ''}`,
    isRecord ? 'update: (output, targets) => metric.update(output.task, targets.task)' : undefined,
  );
}

/**
 * The predicted classes: of logits [n, classes] the place of each row's greatest value (the first, if there are
 * several); of logits [n, 1] or [n], one a sample, 1 where it is above `threshold`, else 0.
 */
export async function classesOf({ logits, columns }: Output, threshold: number): Promise<Int32Array> {
  if (columns > 1) return Int32Array.from(await argmax(logits, 1).read());
  return Int32Array.from(await logits.read(), (logit) => (logit > threshold ? 1 : 0));
}

/**
 * The targets as a table of `rows` rows.
 *
 * @throws ArgumentError, ShapeError when they are no numbers, or not one row for each prediction
 */
export async function readTargets(where: string, targets: unknown, rows: number): Promise<Grid> {
  const isTensor = targets instanceof Tensor;
  if (!isTensor && !isList(targets))
    throw new ArgumentError(
      where,
      `the labels are ${describe(targets)}`,
      'labels are a list of classes, or a tensor',
    );
  const [count, columns = 1, ...more] = isTensor ? targets.shape : [targets.length];
  if (more.length > 0 || count === undefined)
    throw new ShapeError(
      where,
      `the labels are ${show((targets as Tensor).shape)}`,
      'labels must be [n], [n, 1], or shares of the classes: [n, classes]',
    );
  if (count !== rows)
    throw new ShapeError(
      where,
      `${rows} predictions, ${count} labels`,
      'there must be one label for each row of logits',
    );
  return { values: isTensor ? await targets.read() : targets, rows, columns };
}

/**
 * The class of each sample, of a model with `columns` logits a sample. One logit: 1 for targets above ½, which lie in
 * [0, 1]. More: a label a row, or a row of shares (one-hot, or mixed), whose greatest is the class.
 *
 * @throws ArgumentError, IndexError, ShapeError when the targets cannot belong to such a model
 */
export function labelsOf(where: string, { values, rows, columns: width }: Grid, columns: number): Int32Array {
  if (width === 1)
    return Int32Array.from({ length: rows }, (_, i) =>
      columns === 1 ? checkBinary(where, values[i], i) : checkClass(where, values[i], i, columns),
    );
  if (width !== columns)
    throw new ShapeError(
      where,
      `targets ${show([rows, width])} for logits ${show([rows, columns])}`,
      columns === 1
        ? 'one logit for each sample needs one target, 0 or 1'
        : 'targets are labels [n], or have a share for each class',
    );
  return Int32Array.from({ length: rows }, (_, i) => {
    let sum = 0;
    for (let c = 0; c < columns; c++) sum += values[i * columns + c];
    if (Math.abs(sum - 1) <= 1e-3) return greatest(values, i * columns, columns);
    throw new ArgumentError(
      where,
      `row ${i} of the targets adds up to ${sum}`,
      'targets [n, classes] are shares of one class each: one-hot, or mixed',
      'where several may be true at once, judge each column by itself: [n, 1]',
    );
  });
}

function checkBinary(where: string, target: number, i: number): number {
  if (target >= 0 && target <= 1) return target > 0.5 ? 1 : 0;
  throw new ArgumentError(
    where,
    `target ${i} is ${describe(target)}`,
    'with one logit for each sample, targets are 0 or 1, or shares in between',
    Number.isInteger(target) && target > 1
      ? 'a model with a logit for each class'
      : target === -1
        ? '0 instead of −1'
        : "metrics: ['mae', 'r2'], if the model predicts numbers",
  );
}

function checkClass(where: string, value: number, i: number, classes: number): number {
  if (Number.isInteger(value) && value >= 0 && value < classes) return value;
  throw new IndexError(where, `label ${i} is ${describe(value)}`, `classes are numbered 0 … ${classes - 1}`);
}

/** The scores of a batch: the logits of a model, and its targets. */
export async function readScores(where: string, output: unknown, given: unknown): Promise<Scores> {
  const { logits, rows, columns } = checkLogits(where, output);
  const targets = await readTargets(where, given, rows);
  const labels = labelsOf(where, targets, columns);
  return { labels, targets, scores: { values: await logits.read(), rows, columns } };
}

/**
 * Lists of true and predicted classes, which are any whole numbers.
 *
 * @throws ArgumentError, ShapeError when they are not, or when there are none
 */
export function checkClasses(where: string, truth: unknown, predicted: unknown): Classes {
  for (const [name, list] of Object.entries({ truth, predicted })) {
    const { values, columns } = toGrid(where, name, list);
    if (columns !== 1)
      throw new ShapeError(
        where,
        `${name} has rows of ${columns} numbers`,
        `${name} is a list of classes, one for each sample`,
      );
    for (let i = 0; i < values.length; i++)
      if (!Number.isSafeInteger(values[i]))
        throw new ArgumentError(
          where,
          `${name}[${i}] is ${describe(values[i])}`,
          'classes are whole numbers',
          name === 'predicted' ? 'await train.predictedClasses(logits)' : undefined,
        );
  }
  checkSameLength(where, (truth as List).length, (predicted as List).length);
  return { truth: truth as List, predicted: predicted as List };
}

/**
 * Class labels, and scores: a number for each sample, or one for each class.
 *
 * @throws ArgumentError, IndexError, ShapeError when they are not, or when there are none
 */
export function checkScores(where: string, truth: unknown, scores: unknown): Scores {
  const [targets, grid] = [toGrid(where, 'truth', truth), toGrid(where, 'scores', scores)];
  checkSameLength(where, targets.rows, grid.rows);
  return { labels: labelsOf(where, targets, grid.columns), targets, scores: grid };
}

/**
 * True and predicted numbers, tables of the same shape.
 *
 * @throws ArgumentError, ShapeError when they are not, or when there are none
 */
export function checkValues(
  where: string,
  truth: unknown,
  predicted: unknown,
): { truth: Grid; predicted: Grid } {
  const [t, p] = [toGrid(where, 'truth', truth), toGrid(where, 'predicted', predicted)];
  checkSameLength(where, t.rows, p.rows);
  if (t.columns !== p.columns)
    throw new ShapeError(
      where,
      `${t.columns} true values a sample, ${p.columns} predicted`,
      'both must have the same columns',
    );
  return { truth: t, predicted: p };
}

function checkSameLength(where: string, labels: number, predictions: number): void {
  if (labels === predictions) return;
  throw new ShapeError(
    where,
    `${labels} labels, ${predictions} predictions`,
    'both must have the same length',
  );
}

/** A list, or a list of rows, as one grid of numbers. */
function toGrid(where: string, name: string, table: unknown): Grid {
  if (!isList(table))
    throw new ArgumentError(
      where,
      `${name} is ${describe(table)}`,
      `${name} is a list: a number for each sample, or a row of them`,
      table instanceof Tensor
        ? table.rank < 2
          ? 'await x.read()'
          : 'the rows that toArray() returns'
        : undefined,
    );
  if (table.length === 0)
    throw new ArgumentError(where, `${name} is empty`, 'there must be at least one sample');
  const first: unknown = table[0];
  const rows = table as readonly unknown[];
  if (!isList(first)) {
    const wrong = isNumericArray(table) ? -1 : rows.findIndex((value) => typeof value !== 'number');
    if (wrong < 0) return { values: table, rows: table.length, columns: 1 };
    throw new ArgumentError(where, `${name}[${wrong}] is ${describe(rows[wrong])}`, `${name} are numbers`);
  }
  const values: number[] = [];
  rows.forEach((row, i) => {
    if (!isList(row) || row.length !== first.length || row.length === 0)
      throw new ShapeError(
        where,
        `${name}[${i}] is ${describe(row)}, ${name}[0] ${describe(first)}`,
        'all rows must have the same length, at least 1',
      );
    for (let c = 0; c < row.length; c++) {
      if (typeof row[c] !== 'number')
        throw new ArgumentError(where, `${name}[${i}][${c}] is ${describe(row[c])}`, `${name} are numbers`);
      values.push(row[c]);
    }
  });
  return { values, rows: rows.length, columns: first.length };
}
