// Reductions, and what else runs along an axis, over the heap.
import type { Backend, Reduction } from '../backend.ts';
import { type Kernels, read, room, settle, write } from './module.ts';
import type { Cutter } from './pieces.ts';

const verbs = ['sum', 'prod', 'max', 'min', 'argmax', 'argmin'] as const;

/** Elements that are worth waking another thread for. */
const worthOf = (name: string): number => (name === 'sum' ? 2 ** 18 : 2 ** 16);
const line = 16; // columns of a cache line
const block = 4096; // elements of a row whose total another thread may take, as the contract has it

export function reductions(kernels: Kernels, cut: Cutter): Pick<Backend, (typeof verbs)[number] | 'cumsum'> {
  const reduction = (name: string): Reduction => {
    const worth = worthOf(name);
    const isPlace = name.startsWith('arg');
    const rows = cut(`${name}Rows`, worth, 1, 'same same from to');
    const blocks = isPlace ? undefined : cut(`${name}Blocks`, worth, 1, 'same same from to');
    // Bound by memory: narrow strips of columns cost more than a second thread brings, except where places are looked for.
    const columns = kernels[`${name}Columns`];
    const places = isPlace ? cut(`${name}Columns`, worth, line, 'same same same same from to') : undefined;
    return (x, { outer, size, inner }, y) => {
      if (places && inner !== 1) places(inner, outer * size, read(x), outer, size, inner, 0, inner, write(y));
      else if (inner !== 1) columns(read(x), outer, size, inner, 0, inner, write(y));
      else if (blocks && outer === 1 && size >= 2 * worth) {
        const count = Math.ceil(size / block);
        const totals = room(count);
        blocks(count, block, read(x), size, 0, count, totals);
        kernels[`${name}Totals`](totals, count, write(y));
      } else rows(outer, size, read(x), size, 0, outer, write(y));
      settle();
    };
  };
  const cumsumRows = cut('cumsumRows', 2 ** 15, 1, 'same same same from to');
  return {
    ...(Object.fromEntries(verbs.map((name) => [name, reduction(name)])) as Record<
      (typeof verbs)[number],
      Reduction
    >),
    cumsum(x, { outer, size, inner }, reverse, y) {
      if (inner === 1) cumsumRows(outer, size, read(x), size, Number(reverse), 0, outer, write(y));
      else kernels.cumsumColumns(read(x), outer, size, inner, Number(reverse), 0, inner, write(y));
      settle();
    },
  };
}
