// Random numbers into the heap: element i is a function of (seed, stream, i) alone.
import type { RandomKey } from '../../tensor/index.ts';
import type { Backend } from '../backend.ts';
import { type Kernels, settle, write } from './module.ts';

/** The key's and the stream's two halves, and the number of the first element. */
const wordsOf = ({ seed, stream }: RandomKey): number[] => [seed, high(seed), stream, high(stream), 0];

const high = (n: number): number => Math.floor(n / 2 ** 32);

export function random(kernels: Kernels): Pick<Backend, 'uniform' | 'normal' | 'mask'> {
  return {
    uniform(key, low, highest, y) {
      const [from, limit] = [Math.fround(low), Math.fround(highest)];
      kernels.uniform(...wordsOf(key), write(y), y.size, from, limit - from, limit);
      settle();
    },
    normal(key, mean, std, y) {
      kernels.normal(...wordsOf(key), write(y), y.size, mean, std);
      settle();
    },
    mask(key, keep, scale, y) {
      kernels.mask(...wordsOf(key), write(y), y.size, keep, scale);
      settle();
    },
  };
}
