// Matrix products over the heap.
import { broadcastStrides, type Heap, heap, type Shape, sizeOf, type Tensor } from '../../tensor/index.ts';
import type { Backend } from '../backend.ts';
import { type Kernels, read, settle, write } from './module.ts';

const workBytes = 3 * 2 ** 20; // the packed blocks of one product: see assembly/gemm.ts

/** Where each matrix of a stack begins, in elements, when the stack is broadcast to `batches`. */
function* starts(shape: Shape, batches: Shape): Iterable<number> {
  const strides = broadcastStrides(shape.slice(0, -2), batches);
  const matrix = sizeOf(shape.slice(-2));
  for (let i = 0; i < sizeOf(batches); i++) {
    let offset = 0;
    for (let axis = batches.length - 1, rest = i; axis >= 0; axis--) {
      offset += (rest % batches[axis]) * strides[axis];
      rest = Math.floor(rest / batches[axis]);
    }
    yield offset * matrix;
  }
}

export function products({ gemm, addRows }: Kernels): Pick<Backend, 'matmul' | 'linear'> {
  let work = 0;
  const scratch = (): number => (work ||= (heap() as Heap).allocate(workBytes));

  return {
    matmul(A, B, { transposeA = false, transposeB = false }, Y) {
      const [m, n] = [Y.shape[Y.rank - 2], Y.shape[Y.rank - 1]];
      const k = A.shape[A.rank - (transposeA ? 2 : 1)];
      const [aRow, aColumn] = transposeA ? [4, 4 * m] : [4 * k, 4];
      const [bRow, bColumn] = transposeB ? [4, 4 * k] : [4 * n, 4];
      const [a, b, y] = [read(A), read(B), write(Y)];
      const run = (a0: number, b0: number, y0: number) =>
        gemm(
          0,
          m,
          0,
          n,
          k,
          a + 4 * a0,
          aRow,
          aColumn,
          b + 4 * b0,
          bRow,
          bColumn,
          y + 4 * y0,
          4 * n,
          0,
          scratch(),
        );
      if (Y.rank === 2) run(0, 0, 0);
      else {
        const batches = Y.shape.slice(0, -2);
        const bStarts = [...starts(B.shape, batches)];
        [...starts(A.shape, batches)].forEach((a0, i) => run(a0, bStarts[i], i * m * n));
      }
      settle();
    },

    linear(X: Tensor, W: Tensor, bias: Tensor | undefined, Y: Tensor) {
      const [n, k] = W.shape;
      const m = n === 0 ? 0 : Y.size / n;
      const [x, w, y] = [read(X), read(W), write(Y)];
      gemm(0, m, 0, n, k, x, 4 * k, 4, w, 4, 4 * k, y, 4 * n, 0, scratch());
      if (bias) addRows(y, n, 1, read(bias), 0, 1, y, m, n);
      settle();
    },
  };
}
