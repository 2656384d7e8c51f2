// Copies over the heap: strided, and by index.
import { type AxisView, sizeOf } from '../../tensor/index.ts';
import type { Backend, Layout } from '../backend.ts';
import { type Kernels, lendIntegers, read, readPart, settle, write } from './module.ts';
import type { Cutter } from './pieces.ts';

const axes = 6; // as many as assembly/movement.ts has room for

type Verbs = 'copy' | 'gather' | 'scatterAdd' | 'select' | 'selectAdd';

/** The address of sizes, strides in x and strides in y, each of six axes; those that are missing stand in front with size 1. */
function lendLayout(sizes: readonly number[], from: Layout, to: Layout): number {
  const missing = axes - sizes.length;
  for (let axis = 0; axis < axes; axis++) {
    const isMissing = axis < missing;
    layout[axis] = isMissing ? 1 : sizes[axis - missing];
    layout[axes + axis] = isMissing ? 0 : from.strides[axis - missing];
    layout[2 * axes + axis] = isMissing ? 0 : to.strides[axis - missing];
  }
  return lendIntegers(layout);
}
const layout = new Int32Array(3 * axes);

/** The places of the first and the last element that a layout reads. */
function extent(sizes: readonly number[], { offset, strides }: Layout): [first: number, last: number] {
  let [first, last] = [offset, offset];
  for (let axis = 0; axis < sizes.length; axis++) {
    const way = (sizes[axis] - 1) * strides[axis];
    if (way < 0) first += way;
    else last += way;
  }
  return [first, last];
}

/** `select` from an array that is not in the heap: a copy would have to bring all of it there for each batch. */
function selectFromArray(
  from: Float32Array,
  { outer, size, inner }: AxisView,
  index: Int32Array,
  to: Float32Array,
): void {
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const line of index) {
      const begin = (o * size + line) * inner;
      to.set(from.subarray(begin, begin + inner), at);
      at += inner;
    }
  }
}

const [light, heavy] = [2 ** 16, 2 ** 14]; // elements that are worth waking another thread for: side by side, and from many places
const line = 16; // elements of a cache line, and a multiple of what a transpose writes side by side
const wide = 128; // columns: narrower strips of them cost more than a second thread brings

/** @param fallBack copies tensors of more axes than the kernel knows */
export function movement(kernels: Kernels, cut: Cutter, fallBack: Backend['copy']): Pick<Backend, Verbs> {
  const copy = cut('copy', light, line, 'same same from to');
  const byIndex = 'same same same same same from to';
  const gather = cut('gather', heavy, 1, byIndex);
  const select = cut('select', heavy, 1, byIndex);
  const scatterAdd = cut('scatterAdd', heavy, wide, `same ${byIndex}`);
  return {
    copy(x, from, sizes, to, y) {
      if (sizes.length > axes) return fallBack(x, from, sizes, to, y);
      const size = sizeOf(sizes);
      if (size === 0) return;
      const layout = lendLayout(sizes, from, to);
      const lines = kernels.mergeAxes(layout);
      const [first, last] = extent(sizes, from);
      const place = readPart(x, first, last + 1) + 4 * (from.offset - first);
      copy(lines, size / lines, place, layout, 0, lines, write(y) + 4 * to.offset);
      settle();
    },
    gather(x, { outer, size, inner }, index, y) {
      const lines = inner === 0 ? 0 : index.length / inner;
      if (lines > 0)
        gather(lines, inner, read(x), size, inner, lendIntegers(index), lines / outer, 0, lines, write(y));
      settle();
    },
    scatterAdd(x, index, { outer, size, inner }, y) {
      if (index.length > 0) {
        const count = index.length / (outer * inner);
        const [terms, at] = [read(x), lendIntegers(index)];
        scatterAdd(inner, outer * count, terms, at, count, outer, size, inner, 0, inner, write(y));
      }
      settle();
    },
    select(x, view, index, y) {
      if (x.storage.address === 0) return selectFromArray(x.data, view, index, y.storage.write());
      const { outer, size, inner } = view;
      const [count, lines] = [index.length, outer * index.length];
      select(lines, inner, read(x), size, inner, lendIntegers(index), count, 0, lines, write(y));
      settle();
    },
    // Bound by memory, and narrower columns make it slower.
    selectAdd(x, index, { outer, size, inner }, y) {
      const count = index.length;
      kernels.selectAdd(read(x), lendIntegers(index), count, outer, size, inner, 0, inner, write(y));
      settle();
    },
  };
}
