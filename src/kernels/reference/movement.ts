// Copies: strided, and by index. Nothing is rounded, except where terms are added.
import type { Backend } from '../backend.ts';

type Verbs = 'fill' | 'copy' | 'gather' | 'scatterAdd' | 'select' | 'selectAdd';

export const movement: Pick<Backend, Verbs> = {
  fill(value, y) {
    y.storage.write().fill(value);
  },

  copy(x, from, sizes, to, y) {
    const xs = x.storage.read();
    const ys = y.storage.write();
    const last = sizes.length - 1;
    const visit = (axis: number, p: number, q: number): void => {
      const size = sizes[axis];
      const pStep = from.strides[axis];
      const qStep = to.strides[axis];
      if (axis < last) for (let i = 0; i < size; i++) visit(axis + 1, p + i * pStep, q + i * qStep);
      else for (let i = 0; i < size; i++) ys[q + i * qStep] = xs[p + i * pStep];
    };
    if (sizes.length > 0) visit(0, from.offset, to.offset);
    else ys[to.offset] = xs[from.offset];
  },

  gather(x, { outer, size, inner }, index, y) {
    const xs = x.storage.read();
    const ys = y.storage.write();
    const count = index.length / (outer * inner);
    for (let o = 0, at = 0; o < outer; o++)
      for (let j = 0; j < count; j++)
        for (let i = 0; i < inner; i++, at++) ys[at] = xs[(o * size + index[at]) * inner + i];
  },

  scatterAdd(x, index, { outer, size, inner }, y) {
    const xs = x.storage.read();
    const ys = y.storage.write();
    const count = index.length / (outer * inner);
    for (let o = 0, at = 0; o < outer; o++)
      for (let j = 0; j < count; j++)
        for (let i = 0; i < inner; i++, at++) ys[(o * size + index[at]) * inner + i] += xs[at];
  },

  select(x, { outer, size, inner }, index, y) {
    const xs = x.storage.read();
    const ys = y.storage.write();
    for (let o = 0, at = 0; o < outer; o++)
      for (let j = 0; j < index.length; j++) {
        const row = (o * size + index[j]) * inner;
        for (let i = 0; i < inner; i++, at++) ys[at] = xs[row + i];
      }
  },

  selectAdd(x, index, { outer, size, inner }, y) {
    const xs = x.storage.read();
    const ys = y.storage.write();
    for (let o = 0, at = 0; o < outer; o++)
      for (let j = 0; j < index.length; j++) {
        const row = (o * size + index[j]) * inner;
        for (let i = 0; i < inner; i++, at++) ys[row + i] += xs[at];
      }
  },
};
