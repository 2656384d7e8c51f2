// Indices and class labels: whatever they come as becomes an Int32Array, every value of it checked.
import {
  ArgumentError,
  checkNumber,
  describe,
  IndexError,
  isNumericArray,
  type NumericArray,
  type Shape,
  ShapeError,
  show,
  Tensor,
} from '../tensor/index.ts';

type Nested = readonly number[] | NumericArray | readonly Nested[];

/** Whole numbers as a typed array, as an array (nested, if there are several axes), or as a tensor. */
export type Indices = Tensor | Nested;

/** What an Int32Array can hold, where nothing else limits an index. */
const unlimited = 2 ** 31;

/** Indices that lie in range: a copy, so that writing to the original does no harm. */
export interface CheckedIndices {
  readonly values: Int32Array;
  readonly shape: Shape;
}

/**
 * The indices, and the shape that they are given in. Each must be a whole number from 0 to below − 1; as in PyTorch,
 * none counts from the end.
 *
 * @throws ArgumentError when they are no numbers
 * @throws ShapeError when nested arrays are ragged
 * @throws IndexError when one is out of range or not whole: names its place, its value and the range
 */
export function checkIndices(
  where: string,
  name: string,
  indices: Indices,
  below: number = unlimited,
): CheckedIndices {
  return check(where, name, indices, below);
}

/**
 * Class labels, one for each row: whole numbers from 0 to classes − 1, or `ignoreIndex`, which stays what it is.
 *
 * @throws ArgumentError when they are no numbers, or ignoreIndex is not a whole one
 * @throws ShapeError when they have not exactly one axis
 * @throws IndexError when one is out of range or not whole: names its place, its value and the range
 */
export function checkLabels(
  where: string,
  labels: Indices,
  classes: number = unlimited,
  ignoreIndex?: number,
): Int32Array {
  if (ignoreIndex !== undefined)
    checkNumber(where, 'ignoreIndex', ignoreIndex, { integer: true, min: -(2 ** 31), max: 2 ** 31 - 1 });
  const { values, shape } = check(where, 'labels', labels, classes, ignoreIndex);
  if (shape.length === 1) return values;
  throw new ShapeError(
    where,
    `the labels have shape ${show(shape)}`,
    'labels have one axis: a class for each row',
    labels instanceof Tensor && shape.every((n, axis) => axis === 0 || n === 1)
      ? `flatten(labels)  →  [${values.length}]`
      : undefined,
  );
}

function check(
  where: string,
  name: string,
  indices: Indices,
  below: number,
  ignored?: number,
): CheckedIndices {
  const { given, shape } = read(where, name, indices);
  const values = new Int32Array(given.length);
  for (let i = 0; i < given.length; i++) {
    const value = given[i];
    if (!(value >= 0 && value < below && Number.isInteger(value)) && value !== ignored) {
      throw new IndexError(
        where,
        `${name}${place(i, shape)} is ${value}`,
        range(below, ignored),
        Number.isInteger(value) && value < 0 && value >= -below && below < unlimited
          ? `${value + below}, if ${value} was meant to count from the end`
          : undefined,
      );
    }
    values[i] = value;
  }
  return { values, shape };
}

/** Where the element i of a tensor stands: `[1][2]`. */
function place(i: number, shape: Shape): string {
  let text = '';
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    text = `[${i % shape[axis]}]${text}`;
    i = Math.floor(i / shape[axis]);
  }
  return text;
}

function range(below: number, ignored: number | undefined): string {
  const or = ignored === undefined ? '' : `, or ${ignored}, which is ignored`;
  if (below === 0) return `there is nothing to choose from: the range is empty${or}`;
  return `each must be a whole number${below === unlimited ? ', 0 or greater' : ` from 0 to ${below - 1}`}${or}`;
}

/** The numbers, unchecked, row by row. */
function read(where: string, name: string, indices: Indices): { given: ArrayLike<number>; shape: Shape } {
  if (indices instanceof Tensor) return { given: indices.data, shape: indices.shape };
  if (isNumericArray(indices)) return { given: indices, shape: [indices.length] };
  if (!Array.isArray(indices)) {
    throw new ArgumentError(
      where,
      `${name} is ${describe(indices)}`,
      `${name} must be whole numbers in an array, a typed array or a tensor`,
      typeof indices === 'number' ? `[${indices}]` : undefined,
    );
  }
  const shape: number[] = [];
  for (let level: unknown = indices; isList(level); level = level[0]) shape.push(level.length);
  const given: number[] = [];
  const path: number[] = [];
  const visit = (level: unknown, axis: number): void => {
    const here = () =>
      `${name}${path
        .slice(0, axis)
        .map((i) => `[${i}]`)
        .join('')}`;
    if (typeof level !== 'number' && !isList(level))
      throw new ArgumentError(where, `${here()} is ${describe(level)}`, `${name} must be whole numbers`);
    const isRow = typeof level !== 'number';
    if (isRow !== axis < shape.length || (isRow && level.length !== shape[axis])) {
      const expected = axis === shape.length ? 'a number' : `an array of ${shape[axis]}`;
      throw new ShapeError(
        where,
        `${name} is ragged: ${here()} is ${describe(level)}, not ${expected}`,
        'along each axis, all arrays must have the same length and the same depth',
      );
    }
    if (isRow)
      for (path[axis] = 0; path[axis] < level.length; path[axis]++) visit(level[path[axis]], axis + 1);
    else given.push(level);
  };
  visit(indices, 0);
  return { given, shape };
}

const isList = (value: unknown): value is ArrayLike<unknown> => Array.isArray(value) || isNumericArray(value);
