// Tensors made from numbers: tensor, zeros, ones, full, eye, arange, linspace.
import { checkNumber, checkOptions, describe } from './check.ts';
import { ArgumentError, ShapeError } from './errors.ts';
import { checkShape, type Shape, show, sizeOf } from './shape.ts';
import { Tensor } from './tensor.ts';

/** Typed arrays of numbers; the 64-bit integers are not among them. */
export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** What {@link tensor} takes: a number, nested arrays of numbers, or a typed array. */
export type Values = number | NumericArray | readonly Values[];

export interface TensorOptions {
  /** Whether `backward()` brings a gradient here. Default false. */
  requiresGrad?: boolean;
}

type ShapeOf<V> = V extends number
  ? []
  : V extends NumericArray | readonly number[]
    ? [number]
    : V extends readonly (NumericArray | readonly number[])[]
      ? [number, number]
      : V extends readonly (readonly (NumericArray | readonly number[])[])[]
        ? [number, number, number]
        : any;

/**
 * A tensor of the given values, which are copied and rounded to float32.
 *
 *     tensor(3)                              a scalar, []
 *     tensor([[1, 2, 3], [4, 5, 6]])         [2, 3]
 *     tensor(new Float32Array(6), [2, 3])    [2, 3]
 *     tensor([1, 2], { requiresGrad: true })
 *
 * @throws ShapeError when nested arrays are ragged, or the values don't fill the shape
 */
export function tensor<V extends Values>(values: V, options?: TensorOptions): Tensor<ShapeOf<V>>;
export function tensor<S extends number[]>(
  values: Values,
  shape: readonly [...S],
  options?: TensorOptions,
): Tensor<S>;
export function tensor(
  values: Values,
  shapeOrOptions?: Shape | TensorOptions,
  options?: TensorOptions,
): Tensor {
  const hasShape = Array.isArray(shapeOrOptions);
  const { requiresGrad = false } = checkTensorOptions(hasShape ? options : (shapeOrOptions as TensorOptions));
  const own = shapeOfValues(values);
  const shape = hasShape ? checkShape('tensor', shapeOrOptions) : own;
  if (sizeOf(shape) !== sizeOf(own)) {
    throw new ShapeError(
      'tensor',
      `${sizeOf(own)} values do not fill the shape ${show(shape)}`,
      `that shape needs ${sizeOf(shape)} values`,
    );
  }
  const result = new Tensor(shape);
  fillWith(result.data, values);
  result.requiresGrad = requiresGrad;
  return result;
}

function checkTensorOptions(options: TensorOptions = {}): TensorOptions {
  checkOptions('tensor', options, ['requiresGrad']);
  return options;
}

const isNumericArray = (values: unknown): values is NumericArray =>
  ArrayBuffer.isView(values) &&
  typeof (values as unknown as ArrayLike<unknown>)[0] !== 'bigint' &&
  !(values instanceof DataView);

/** The shape that the first branch of the nesting has; the rest is held against it while copying. */
function shapeOfValues(values: unknown): number[] {
  const shape: number[] = [];
  for (let level: unknown = values; typeof level !== 'number'; level = (level as unknown[])[0]) {
    if (!Array.isArray(level) && !isNumericArray(level)) {
      throw new ArgumentError(
        'tensor',
        `cannot be made from ${describe(level)}`,
        'values are numbers, nested arrays of numbers, or a typed array',
        'tensor([[1, 2], [3, 4]])',
      );
    }
    shape.push(level.length);
    if (level.length === 0) break;
  }
  checkRegular(values, shape, 0);
  return shape;
}

function checkRegular(values: unknown, shape: Shape, axis: number): void {
  const isLeaf = axis === shape.length;
  const fits = isLeaf
    ? typeof values === 'number'
    : (Array.isArray(values) || isNumericArray(values)) && values.length === shape[axis];
  if (!fits) {
    const expected = isLeaf ? 'a number' : `an array of ${shape[axis]}`;
    const isValue = typeof values === 'number' || Array.isArray(values) || ArrayBuffer.isView(values);
    throw new (isValue ? ShapeError : ArgumentError)(
      'tensor',
      `ragged values: expected ${expected} at depth ${axis}, found ${describe(values)}`,
      'all rows of an axis must have the same length, and every value must be a number',
    );
  }
  if (isLeaf || isNumericArray(values)) {
    if (!isLeaf && axis !== shape.length - 1)
      throw new ShapeError(
        'tensor',
        'ragged values: numbers and arrays stand side by side',
        'every value must be equally deep',
      );
    return;
  }
  for (const inner of values as unknown[]) checkRegular(inner, shape, axis + 1);
}

function fillWith(data: Float32Array, values: Values): void {
  let next = 0;
  const visit = (level: Values): void => {
    if (typeof level === 'number') data[next++] = level;
    else if (isNumericArray(level)) {
      data.set(level, next);
      next += level.length;
    } else for (const inner of level as readonly Values[]) visit(inner);
  };
  visit(values);
}

/** A tensor of which every element is `value`. */
export function full<S extends number[]>(shape: readonly [...S], value: number): Tensor<S> {
  const result = new Tensor<S>(checkShape('full', shape));
  if (typeof value !== 'number')
    throw new ArgumentError('full', `value is ${describe(value)}`, 'value must be a number');
  result.data.fill(value);
  return result;
}

/** A tensor of zeros. */
export const zeros = <S extends number[]>(shape: readonly [...S]): Tensor<S> =>
  new Tensor<S>(checkShape('zeros', shape));

/** A tensor of ones. */
export const ones = <S extends number[]>(shape: readonly [...S]): Tensor<S> =>
  full<S>(checkShape('ones', shape) as [...S], 1);

/** The identity matrix `[n, n]`, or `[n, m]` with ones where row and column agree. */
export function eye<N extends number, M extends number = N>(n: N, m: M = n as unknown as M): Tensor<[N, M]> {
  checkNumber('eye', 'n', n, { integer: true, min: 0 });
  checkNumber('eye', 'm', m, { integer: true, min: 0 });
  const result = new Tensor<[N, M]>([n, m]);
  for (let i = 0; i < Math.min(n, m); i++) result.data[i * m + i] = 1;
  return result;
}

/**
 * Evenly spaced numbers: start, start + step, ... as long as they are before `stop`.
 *
 *     arange(4)            0 1 2 3
 *     arange(1, 2, 0.25)   1 1.25 1.5 1.75
 */
export function arange(stop: number): Tensor<[number]>;
export function arange(start: number, stop: number, step?: number): Tensor<[number]>;
export function arange(start: number, stop?: number, step = 1): Tensor<[number]> {
  if (stop === undefined) return arange(0, start, step);
  for (const [name, value] of Object.entries({ start, stop, step }))
    checkNumber('arange', name, value, { above: -Infinity, min: -Number.MAX_VALUE, max: Number.MAX_VALUE });
  if (step === 0 || (stop - start) / step < 0) {
    throw new ArgumentError(
      'arange',
      `${start} never reaches ${stop} in steps of ${step}`,
      'step must not be 0, and must lead from start to stop',
    );
  }
  const result = new Tensor<[number]>([Math.ceil((stop - start) / step)]);
  for (let i = 0; i < result.size; i++) result.data[i] = start + i * step;
  return result;
}

/** `count` evenly spaced numbers from `start` to `stop`, both included. */
export function linspace<N extends number>(start: number, stop: number, count: N): Tensor<[N]> {
  checkNumber('linspace', 'start', start, { min: -Number.MAX_VALUE, max: Number.MAX_VALUE });
  checkNumber('linspace', 'stop', stop, { min: -Number.MAX_VALUE, max: Number.MAX_VALUE });
  checkNumber('linspace', 'count', count, { integer: true, min: 0 });
  const result = new Tensor<[N]>([count]);
  for (let i = 0; i < count; i++)
    result.data[i] = i === count - 1 && i > 0 ? stop : start + ((stop - start) * i) / Math.max(count - 1, 1);
  return result;
}
