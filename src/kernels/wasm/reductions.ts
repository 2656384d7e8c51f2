// Reductions, and what else runs along an axis, over the heap.
import type { Backend, Reduction } from '../backend.ts';
import { type Kernels, read, settle, write } from './module.ts';

const verbs = ['sum', 'prod', 'max', 'min', 'argmax', 'argmin'] as const;

export function reductions(kernels: Kernels): Pick<Backend, (typeof verbs)[number] | 'cumsum'> {
  const reduction = (name: string): Reduction => {
    const [rows, columns] = [kernels[`${name}Rows`], kernels[`${name}Columns`]];
    return (x, { outer, size, inner }, y) => {
      if (inner === 1) rows(read(x), size, 0, outer, write(y));
      else columns(read(x), outer, size, inner, 0, inner, write(y));
      settle();
    };
  };
  return {
    ...(Object.fromEntries(verbs.map((name) => [name, reduction(name)])) as Record<
      (typeof verbs)[number],
      Reduction
    >),
    cumsum(x, { outer, size, inner }, reverse, y) {
      if (inner === 1) kernels.cumsumRows(read(x), size, Number(reverse), 0, outer, write(y));
      else kernels.cumsumColumns(read(x), outer, size, inner, Number(reverse), 0, inner, write(y));
      settle();
    },
  };
}
