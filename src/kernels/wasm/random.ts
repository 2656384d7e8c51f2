// Random numbers into the heap: element i is a function of (seed, stream, i) alone.
import type { RandomKey, Tensor } from '../../tensor/index.ts';
import type { Backend } from '../backend.ts';
import { integers, type Kernels, room, settle, write } from './module.ts';
import type { Cutter } from './pieces.ts';

/** The key's and the stream's two halves, and the number of the first element. */
const wordsOf = ({ seed, stream }: RandomKey): number[] => [seed, high(seed), stream, high(stream), 0];

const high = (n: number): number => Math.floor(n / 2 ** 32);

const worth = 8192; // elements that are worth waking another thread for
const line = 16; // elements that a kernel makes at a time

export function random(
  kernels: Kernels,
  cut: Cutter,
): Pick<Backend, 'uniform' | 'normal' | 'mask' | 'permutation'> {
  const [uniform, normal, mask] = ['uniform', 'normal', 'mask'].map((name) => {
    const kernel = cut(name, worth, line, 'same same same same from place count');
    return (key: RandomKey, y: Tensor, ...parameters: number[]): void => {
      kernel(y.size, 1, ...wordsOf(key), write(y), y.size, ...parameters);
      settle();
    };
  });
  return {
    uniform(key, low, highest, y) {
      const [from, limit] = [Math.fround(low), Math.fround(highest)];
      uniform(key, y, from, limit - from, limit);
    },
    normal: (key, mean, std, y) => normal(key, y, mean, std),
    mask: (key, keep, scale, y) => mask(key, y, keep, scale),
    permutation(key, count) {
      const [order, words] = [room(count), room(16)];
      kernels.permutation(...wordsOf(key).slice(0, 4), order, count, words);
      const numbers = integers(order, count);
      settle();
      return numbers;
    },
  };
}
