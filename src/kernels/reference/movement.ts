// Copies: strided, and by index. Nothing is rounded, except where terms are added.
import type { Backend } from '../backend.ts';

type Verbs = 'fill' | 'copy' | 'gather' | 'scatterAdd' | 'select' | 'selectAdd';

export const movement: Pick<Backend, Verbs> = {
  fill(value, y) {
    y.storage.write().fill(value);
  },

  copy(x, from, sizes, to, y) {
    const [xs, ys] = [x.storage.read(), y.storage.write()];
    const last = sizes.length - 1;
    if (last < 0) {
      ys[to.offset] = xs[from.offset];
      return;
    }
    const visit = (axis: number, p: number, q: number): void => {
      const [size, pStep, qStep] = [sizes[axis], from.strides[axis], to.strides[axis]];
      if (axis === last) for (let i = 0; i < size; i++) ys[q + i * qStep] = xs[p + i * pStep];
      else for (let i = 0; i < size; i++) visit(axis + 1, p + i * pStep, q + i * qStep);
    };
    visit(0, from.offset, to.offset);
  },

  gather(x, { outer, size, inner }, index, y) {
    const [xs, ys] = [x.storage.read(), y.storage.write()];
    const block = index.length / outer; // count · inner
    for (let i = 0; i < index.length; i++) {
      const o = Math.floor(i / block);
      ys[i] = xs[(o * size + index[i]) * inner + (i % inner)];
    }
  },

  scatterAdd(x, index, { outer, size, inner }, y) {
    const [xs, ys] = [x.storage.read(), y.storage.write()];
    const block = index.length / outer;
    for (let i = 0; i < index.length; i++) {
      const o = Math.floor(i / block);
      ys[(o * size + index[i]) * inner + (i % inner)] += xs[i];
    }
  },

  select(x, { outer, size, inner }, index, y) {
    const [xs, ys] = [x.storage.read(), y.storage.write()];
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < index.length; j++) {
        const row = (o * size + index[j]) * inner;
        ys.set(xs.subarray(row, row + inner), (o * index.length + j) * inner);
      }
    }
  },

  selectAdd(x, index, { outer, size, inner }, y) {
    const [xs, ys] = [x.storage.read(), y.storage.write()];
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < index.length; j++) {
        const row = (o * size + index[j]) * inner;
        for (let i = 0; i < inner; i++) ys[row + i] += xs[(o * index.length + j) * inner + i];
      }
    }
  },
};
