// Copies over the heap: strided, and by index.
import { sizeOf } from '../../tensor/index.ts';
import type { Backend, Layout } from '../backend.ts';
import { type Kernels, lend, read, settle, write } from './module.ts';

const axes = 6; // as many as assembly/movement.ts has room for

type Verbs = 'copy' | 'gather' | 'scatterAdd' | 'select' | 'selectAdd';

/** Sizes, strides in x and strides in y, each of six axes; those that are missing stand in front with size 1. */
function layoutOf(sizes: readonly number[], from: Layout, to: Layout): Int32Array {
  const layout = new Int32Array(3 * axes).fill(1, 0, axes);
  layout.set(sizes, axes - sizes.length);
  layout.set(from.strides, 2 * axes - sizes.length);
  layout.set(to.strides, 3 * axes - sizes.length);
  return layout;
}

/** @param fallBack copies tensors of more axes than the kernel knows */
export function movement(kernels: Kernels, fallBack: Backend['copy']): Pick<Backend, Verbs> {
  return {
    copy(x, from, sizes, to, y) {
      if (sizes.length > axes) return fallBack(x, from, sizes, to, y);
      if (sizeOf(sizes) === 0) return;
      const layout = lend(layoutOf(sizes, from, to));
      const lines = kernels.mergeAxes(layout);
      kernels.copy(read(x) + 4 * from.offset, layout, 0, lines, write(y) + 4 * to.offset);
      settle();
    },
    gather(x, { outer, size, inner }, index, y) {
      const lines = inner === 0 ? 0 : index.length / inner;
      if (lines > 0) kernels.gather(read(x), size, inner, lend(index), lines / outer, 0, lines, write(y));
      settle();
    },
    scatterAdd(x, index, { outer, size, inner }, y) {
      if (index.length > 0)
        kernels.scatterAdd(
          read(x),
          lend(index),
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
      kernels.select(read(x), size, inner, lend(index), index.length, 0, outer * index.length, write(y));
      settle();
    },
    selectAdd(x, index, { outer, size, inner }, y) {
      kernels.selectAdd(read(x), lend(index), index.length, outer, size, inner, 0, inner, write(y));
      settle();
    },
  };
}
