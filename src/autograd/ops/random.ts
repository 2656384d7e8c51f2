// Tensors of random numbers. Nothing in here has a gradient; `manualSeed` decides what comes.
import { ArgumentError, checkNumber, checkShape, nextKey, Tensor } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';

/** Uniform in [0, 1): multiples of 2⁻²⁴, all equally likely. */
export function rand<const S extends number[]>(shape: readonly [...S]): Tensor<S> {
  return draw('rand', shape, (y) => backend().uniform(nextKey(), 0, 1, y));
}

/** Normal with mean 0 and standard deviation 1. */
export function randn<const S extends number[]>(shape: readonly [...S]): Tensor<S> {
  return draw('randn', shape, (y) => backend().normal(nextKey(), 0, 1, y));
}

/** Uniform in [low, high), both as float32. With low = high, every value is that. */
export function uniform<const S extends number[]>(shape: readonly [...S], low = 0, high = 1): Tensor<S> {
  const range = { min: -Number.MAX_VALUE, max: Number.MAX_VALUE };
  checkNumber('uniform', 'low', low, range);
  checkNumber('uniform', 'high', high, range);
  if (low > high)
    throw new ArgumentError(
      'uniform',
      `the interval [${low}, ${high}) is empty`,
      'low must not be greater than high',
      `uniform(shape, ${high}, ${low})`,
    );
  if (!Number.isFinite(Math.fround(high) - Math.fround(low)) || Math.fround(high - low) === Infinity)
    throw new ArgumentError(
      'uniform',
      `the interval [${low}, ${high}) is too wide`,
      'high - low must be a finite float32',
    );
  return draw('uniform', shape, (y) => backend().uniform(nextKey(), low, high, y));
}

/**
 * The whole numbers 0 … n − 1 in random order, all orders equally likely: what `indexSelect` takes to shuffle
 * rows.
 */
export function randperm(n: number): Int32Array {
  checkNumber('randperm', 'n', n, { integer: true, min: 0, max: 2 ** 31 });
  return backend().permutation(nextKey(), n);
}

function draw<S extends number[]>(
  where: string,
  shape: readonly [...S],
  fill: (y: Tensor) => void,
): Tensor<S> {
  const y = new Tensor<S>(checkShape(where, shape));
  fill(y);
  return y;
}
