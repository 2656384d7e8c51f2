// Images over the heap: read between their pixels, and made from bytes.
import type { Backend } from '../backend.ts';
import { lendIntegers, read, room, settle, write } from './module.ts';
import type { Cutter } from './pieces.ts';

const worth = 2 ** 14; // elements that are worth waking another thread for

/** @param fallBack serves bytes that are not in the heap: bringing all of them there for each batch would take longer */
export function images(cut: Cutter, fallBack: Backend['selectBytes']): Pick<Backend, 'warp' | 'selectBytes'> {
  const warp = cut('warp', worth, 1, 'same same same same same same work from to');
  const selectBytes = cut('selectBytes', worth, 1, 'same same same same from to');
  return {
    warp(x, { channels, height, width }, matrices, fill, y) {
      const planes = matrices.shape[0] * channels;
      const framed = (height + 3) * (width + 3);
      const [from, places, work, to] = [read(x), read(matrices), room(framed), write(y)];
      if (y.size > 0) warp(planes, framed, from, channels, height, width, places, fill, work, 0, planes, to);
      settle();
    },
    selectBytes(x, index, divisor, y) {
      if (x.storage.address === 0) return fallBack(x, index, divisor, y);
      const [rows, inner] = [index.length, y.size / index.length];
      if (y.size > 0)
        selectBytes(rows, inner, x.storage.address, lendIntegers(index), inner, divisor, 0, rows, write(y));
      settle();
    },
  };
}
