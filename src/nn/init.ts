// Initializers: where weights start. Each overwrites a tensor in place and returns it.
import { nextKey, type Tensor } from '../tensor/index.ts';
import { backend } from '../kernels/index.ts';

/** Uniform in [low, high). */
export function uniform_<T extends Tensor>(x: T, low: number, high: number): T {
  backend().uniform(nextKey(), low, high, x);
  return x;
}
