// Copies over the heap: strided, and by index.
import { sizeOf } from '../../tensor/index.ts';
import type { Backend, Layout } from '../backend.ts';
import { type Kernels, lendIntegers, read, settle, write } from './module.ts';

const axes = 6; // as many as assembly/movement.ts has room for

type Verbs = 'copy' | 'gather' | 'scatterAdd' | 'select' | 'selectAdd';

/** Sizes, strides in x and strides in y, each of six axes; those that are missing stand in front with size 1. */
function layoutOf(sizes: readonly number[], from: Layout, to: Layout): number[] {
  const layout = [...[1, 1, 1, 1, 1, 1], ...[0, 0, 0, 0, 0, 0], ...[0, 0, 0, 0, 0, 0]];
  for (let axis = 0, at = axes - sizes.length; axis < sizes.length; axis++, at++) {
    layout[at] = sizes[axis];
    layout[axes + at] = from.strides[axis];
    layout[2 * axes + at] = to.strides[axis];
  }
  return layout;
}

/** @param fallBack copies tensors of more axes than the kernel knows */
export function movement(kernels: Kernels, fallBack: Backend['copy']): Pick<Backend, Verbs> {
  return {
    copy(x, from, sizes, to, y) {
      if (sizes.length > axes) return fallBack(x, from, sizes, to, y);
      if (sizeOf(sizes) === 0) return;
      const layout = lendIntegers(layoutOf(sizes, from, to));
      const lines = kernels.mergeAxes(layout);
      kernels.copy(read(x) + 4 * from.offset, layout, 0, lines, write(y) + 4 * to.offset);
      settle();
    },
    gather(x, { outer, size, inner }, index, y) {
      const lines = inner === 0 ? 0 : index.length / inner;
      if (lines > 0)
        kernels.gather(read(x), size, inner, lendIntegers(index), lines / outer, 0, lines, write(y));
      settle();
    },
    scatterAdd(x, index, { outer, size, inner }, y) {
      if (index.length > 0)
        kernels.scatterAdd(
          read(x),
          lendIntegers(index),
          index.length / (outer * inner),
          outer,
          size,
          inner,
          0,
          inner,
          write(y),
        );
      settle();
    },
    select(x, { outer, size, inner }, index, y) {
      kernels.select(
        read(x),
        size,
        inner,
        lendIntegers(index),
        index.length,
        0,
        outer * index.length,
        write(y),
      );
      settle();
    },
    selectAdd(x, index, { outer, size, inner }, y) {
      kernels.selectAdd(read(x), lendIntegers(index), index.length, outer, size, inner, 0, inner, write(y));
      settle();
    },
  };
}
