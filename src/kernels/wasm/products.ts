// Matrix products over the heap.
import { broadcastStrides, type Heap, heap, type Shape, sizeOf, type Tensor } from '../../tensor/index.ts';
import type { Backend } from '../backend.ts';
import { type Kernels, read, settle, write } from './module.ts';
import type { Argument, Pool } from './pool.ts';

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

/** Multiplications that are worth waking another thread for: some 25 µs of one. */
const worthwhile = 2 ** 19;

export function products({ addRows, WORK }: Kernels, pool: Pool): Pick<Backend, 'matmul' | 'linear'> {
  const workBytes = Math.ceil((WORK as unknown as WebAssembly.Global).value / 64) * 64;
  const scratch = { address: 0, threads: 0 };

  /** Room for the packed blocks of every thread. */
  function workspace(): number {
    if (scratch.threads < pool.threads) {
      const own = heap() as Heap;
      if (scratch.address !== 0) own.free(scratch.address, scratch.threads * workBytes);
      scratch.threads = pool.threads;
      scratch.address = own.allocate(scratch.threads * workBytes);
    }
    return scratch.address;
  }

  /** C [m, n] = A·B, A [m, k] or, transposed, [k, m]; B likewise. */
  function multiply(
    m: number,
    k: number,
    n: number,
    a: number,
    transposeA: boolean,
    b: number,
    transposeB: boolean,
    c: number,
  ): void {
    const work = m * k * n;
    const parts = work < worthwhile ? 1 : work < 16 * worthwhile ? pool.threads : 4 * pool.threads;
    const byColumns = n > m; // a piece packs its own part of one factor, and the whole of the other: the smaller one
    const [size, unit] = byColumns ? [n, pool.wide ? 16 : 8] : [m, pool.wide ? 4 : 5];
    const grain = Math.max(Math.ceil(size / parts / unit), 1) * unit;
    const piece: Argument[] = [
      [0, 1, 0],
      [0, 0, 1],
    ];
    const ranges = byColumns ? [0, m, ...piece] : [...piece, 0, n];
    const [lda, ldb] = [4 * (transposeA ? m : k), 4 * (transposeB ? k : n)];
    const operands = [a, lda, Number(transposeA), b, ldb, Number(transposeB), c, 4 * n];
    pool.run('gemm', size, grain, [
      ...ranges,
      k,
      ...operands,
      Number(pool.wide),
      [workspace(), 0, 0, workBytes],
    ]);
  }

  return {
    matmul(A, B, { transposeA = false, transposeB = false }, Y) {
      const [m, n] = [Y.shape[Y.rank - 2], Y.shape[Y.rank - 1]];
      const k = A.shape[A.rank - (transposeA ? 2 : 1)];
      const [a, b, y] = [read(A), read(B), write(Y)];
      const run = (a0: number, b0: number, y0: number) =>
        multiply(m, k, n, a + 4 * a0, transposeA, b + 4 * b0, transposeB, y + 4 * y0);
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
      const y = write(Y);
      multiply(m, k, n, read(X), false, read(W), true, y);
      if (bias) addRows(y, n, 1, read(bias), 0, 1, y, m, n);
      settle();
    },
  };
}
