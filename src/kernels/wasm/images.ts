// Images over the heap: read between their pixels, and made from bytes.
import type { Backend } from '../backend.ts';
import { lendRows, read, room, settle, write } from './module.ts';
import type { Cutter } from './pieces.ts';

const worth = 2 ** 14; // elements that are worth waking another thread for
const line = 16; // elements of a cache line

export function images(cut: Cutter): Pick<Backend, 'warp' | 'selectBytes'> {
  const warp = cut('warp', worth, 1, 'same same same same same same work from to');
  const bytesToFloats = cut('bytesToFloats', 4 * worth, line, 'same same from to');
  return {
    warp(x, { channels, height, width }, matrices, fill, y) {
      const planes = matrices.shape[0] * channels;
      const framed = (height + 3) * (width + 3);
      const [from, places, work, to] = [read(x), read(matrices), room(framed), write(y)];
      if (y.size > 0) warp(planes, framed, from, channels, height, width, places, fill, work, 0, planes, to);
      settle();
    },
    selectBytes(x, index, divisor, y) {
      if (y.size > 0)
        bytesToFloats(y.size, 1, lendRows(x, index, y.size / index.length), divisor, 0, y.size, write(y));
      settle();
    },
  };
}
