// Tensors made from numbers: tensor, zeros, ones, full, eye, arange, linspace.
import { checkNumber, checkOptions, describe, finite, isNumericArray, type NumericArray } from './check.ts';
import { ArgumentError, ShapeError } from './errors.ts';
import { checkShape, type Shape, show, sizeOf } from './shape.ts';
import { Tensor } from './tensor.ts';

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
export function tensor<const S extends number[]>(
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
  const own = shapeOfValues('tensor', 'values', values);
  const shape = hasShape ? checkShape('tensor', shapeOrOptions) : own;
  if (sizeOf(shape) !== sizeOf(own)) {
    throw new ShapeError(
      'tensor',
      `${sizeOf(own)} values do not fill the shape ${show(shape)}`,
      `that shape needs ${sizeOf(shape)} values`,
    );
  }
  const result = filledWith(shape, values);
  result.requiresGrad = requiresGrad;
  return result;
}

/** {@link tensor} for an argument of another function, which errors name. @internal */
export const tensorFrom = (where: string, name: string, values: Values): Tensor =>
  filledWith(shapeOfValues(where, name, values), values);

function checkTensorOptions(options: TensorOptions = {}): TensorOptions {
  checkOptions('tensor', options, ['requiresGrad']);
  return options;
}

/** The shape that the first branch of the nesting has; all others are held against it. */
function shapeOfValues(where: string, name: string, values: unknown): number[] {
  const shape: number[] = [];
  for (let level = values; isList(level); level = level[0]) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  checkNesting(where, name, values, shape, 0, []);
  return shape;
}

const isList = (values: unknown): values is ArrayLike<unknown> =>
  Array.isArray(values) || isNumericArray(values);

/** Throws unless `value`, which stands at `path`, is what belongs at depth `axis` of nested arrays of that shape. */
function checkNesting(
  where: string,
  name: string,
  value: unknown,
  shape: Shape,
  axis: number,
  path: number[],
): void {
  const isLeaf = axis === shape.length;
  const fits = isLeaf ? typeof value === 'number' : isList(value) && value.length === shape[axis];
  if (!fits) {
    const place = [name, ...path.slice(0, axis).map((i) => `[${i}]`)].join('');
    throw typeof value === 'number' || isList(value)
      ? new ShapeError(
          where,
          `ragged values: ${place} is ${describe(value)}, not ${isLeaf ? 'a number' : `an array of ${shape[axis]}`}`,
          'arrays at the same depth must have the same length',
        )
      : new ArgumentError(
          where,
          `${place} is ${describe(value)}`,
          `${name} must be numbers, nested arrays of numbers, or a typed array`,
          where === 'tensor' ? 'tensor([[1, 2], [3, 4]])' : undefined,
        );
  }
  if (isLeaf || (axis === shape.length - 1 && isNumericArray(value))) return;
  const list = value as ArrayLike<unknown>;
  for (path[axis] = 0; path[axis] < list.length; path[axis]++)
    checkNesting(where, name, list[path[axis]], shape, axis + 1, path);
}

function filledWith(shape: Shape, values: Values): Tensor {
  const result = new Tensor(shape);
  const data = result.storage.write();
  let next = 0;
  const visit = (level: Values): void => {
    if (typeof level === 'number') data[next++] = level;
    else if (typeof level[0] === 'number') {
      data.set(level as readonly number[], next);
      next += level.length;
    } else for (const inner of level as readonly Values[]) visit(inner);
  };
  visit(values);
  return result;
}

const filled = <S extends number[]>(shape: Shape, value: number): Tensor<S> => {
  const result = new Tensor<S>(shape);
  result.storage.write().fill(value);
  return result;
};

/** A tensor of which every element is `value`. */
export function full<const S extends number[]>(shape: readonly [...S], value: number): Tensor<S> {
  const sizes = checkShape('full', shape);
  if (typeof value !== 'number')
    throw new ArgumentError(
      'full',
      `value is ${describe(value)}`,
      'value must be a number',
      `full(${show(sizes)}, 1)`,
    );
  return filled(sizes, value);
}

/** A tensor of zeros. */
export const zeros = <const S extends number[]>(shape: readonly [...S]): Tensor<S> =>
  new Tensor<S>(checkShape('zeros', shape));

/** A tensor of ones. */
export const ones = <const S extends number[]>(shape: readonly [...S]): Tensor<S> =>
  filled(checkShape('ones', shape), 1);

/** The identity matrix `[n, n]`, or `[n, m]` with ones where row and column agree. */
export function eye<N extends number, M extends number = N>(n: N, m: M = n as unknown as M): Tensor<[N, M]> {
  checkNumber('eye', 'n', n, { integer: true, min: 0 });
  checkNumber('eye', 'm', m, { integer: true, min: 0 });
  const result = new Tensor<[N, M]>([n, m]);
  const values = result.storage.write();
  for (let i = 0; i < Math.min(n, m); i++) values[i * m + i] = 1;
  return result;
}

/** A vector of `count` values. */
function vector<N extends number>(count: N, value: (i: number) => number): Tensor<[N]> {
  const result = new Tensor<[N]>([count]);
  const values = result.storage.write();
  for (let i = 0; i < count; i++) values[i] = value(i);
  return result;
}

/**
 * Evenly spaced numbers: start, start + step, ... as long as they are before `stop`.
 *
 *     arange(4)            0 1 2 3
 *     arange(1, 2, 0.25)   1 1.25 1.5 1.75
 *     arange(3, 0, -1)     3 2 1
 *
 * With steps such as 0.1, rounding decides whether `stop` itself is reached: use `linspace` there.
 */
export function arange(stop: number): Tensor<[number]>;
export function arange(start: number, stop: number, step?: number): Tensor<[number]>;
export function arange(first: number, second?: number, step = 1): Tensor<[number]> {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  for (const [name, value] of Object.entries({ start, stop, step }))
    checkNumber('arange', name, value, finite);
  const count = Math.ceil((stop - start) / step) || 0; // never −0
  if (step === 0 || count < 0) {
    throw new ArgumentError(
      'arange',
      `${start} never reaches ${stop} in steps of ${step}`,
      'step must not be 0, and must lead from start to stop',
    );
  }
  return vector(count, (i) => start + i * step);
}

/** `count` evenly spaced numbers from `start` to `stop`, both included. */
export function linspace<N extends number>(start: number, stop: number, count: N): Tensor<[N]> {
  checkNumber('linspace', 'start', start, finite);
  checkNumber('linspace', 'stop', stop, finite);
  checkNumber('linspace', 'count', count, { integer: true, min: 0 });
  const last = count - 1;
  return vector(count, (i) => (i === 0 ? start : i === last ? stop : start + ((stop - start) * i) / last));
}
