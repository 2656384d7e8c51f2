// Matrix products over the heap.
import { broadcastStrides, type Heap, heap, type Shape, sizeOf, type Tensor } from '../../tensor/index.ts';
import type { Backend } from '../backend.ts';
import { allocate, type Instance, read, settle, write } from './module.ts';
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

/** Multiplications that are worth a piece of their own: some 3 µs of one thread. */
const worthwhile = 2 ** 17;
const termsAtOnce = 8192;
const packedAtOnce = 2 ** 22; // floats of a factor
const rowsAtOnce = 256; // of C: with their part of A they stay in the second cache
const columnsAtOnce = 256; // of C, too

export function products({ kernels, fused, wide }: Instance, pool: Pool): Pick<Backend, 'matmul' | 'linear'> {
  const gemm = fused ? 'fusedGemm' : 'gemm';
  const [R, EDGE] = (fused ? [kernels.fusedR, kernels.fusedEdge] : [kernels.R, kernels.EDGE]).map(valueOf);
  const columns = wide ? 16 : 8; // of a tile
  const scratch = { address: 0, bytes: 0 };

  /** Room that products keep, since each needs it for a moment. It grows by doubling. */
  function workspace(bytes: number): number {
    if (scratch.bytes < bytes) {
      if (scratch.bytes > 0) (heap() as Heap).free(scratch.address, scratch.bytes);
      scratch.bytes = 0;
      const doubled = 2 ** Math.ceil(Math.log2(bytes));
      scratch.address = allocate(doubled);
      scratch.bytes = doubled;
    }
    return scratch.address;
  }

  /** Puts the lines of a factor (rows of A, columns of B) next to each other in groups, term by term, as tiles take them. */
  function pack(
    x: number,
    ldx: number,
    across: boolean,
    count: number,
    k: number,
    group: number,
    to: number,
  ): void {
    const panels = Math.ceil(count / group);
    const args = [count, k, x, ldx, Number(across), group, to];
    const grain = Math.max(Math.ceil(2 ** 14 / (k * group)), Math.ceil(panels / (4 * pool.threads)));
    if (grain >= panels) kernels.pack(0, panels, ...args);
    else pool.run('pack', panels, grain, [...span, ...args]);
  }

  /** C [m, n] = A·B + bias, A [m, k] or, transposed, [k, m]; B likewise. */
  function multiply(
    m: number,
    k: number,
    n: number,
    a: number,
    transposeA: boolean,
    b: number,
    transposeB: boolean,
    c: number,
    bias: number,
  ): void {
    if (m === 0 || n === 0) return;
    const [lda, ldb] = [4 * (transposeA ? m : k), 4 * (transposeB ? k : n)];
    const packsA = transposeA && m * n > 2 ** 16;
    const packsB = transposeB || n % columns !== 0 || (m > 64 && k * n > 2 ** 16);
    const kMost = Math.min(k, termsAtOnce);
    const mMost = packsA ? most(m, kMost, R) : m;
    const nMost = packsB ? most(n, kMost, columns) : n;
    const packedB = packsB ? 4 * kMost * (nMost + columns) : 0;
    const packedA = packsA ? 4 * kMost * (mMost + R) : 0;
    const work = workspace(pool.threads * EDGE + packedB + packedA);
    const toB = work + pool.threads * EDGE;
    const toA = toB + packedB;

    let p = 0;
    do {
      const terms = Math.min(kMost, k - p);
      const addBias = bias !== 0 && p + terms === k;
      for (let j = 0; j < n; j += nMost) {
        const width = Math.min(nMost, n - j);
        const fromB = b + (transposeB ? j * ldb + 4 * p : p * ldb + 4 * j);
        if (packsB) pack(fromB, ldb, !transposeB, width, terms, columns, toB);
        for (let i = 0; i < m; i += mMost) {
          const height = Math.min(mMost, m - i);
          const fromA = a + (transposeA ? p * lda + 4 * i : i * lda + 4 * p);
          if (packsA) pack(fromA, lda, true, height, terms, R, toA);
          run(
            height,
            terms,
            width,
            packsA ? toA : fromA, // its address; then bytes from R rows to the next, from row to row, from term to term
            packsA ? 4 * terms * R : transposeA ? 4 * R : R * lda,
            transposeA ? 4 : lda,
            packsA ? 4 * R : transposeA ? lda : 4,
            packsB ? toB : fromB, // its address; then bytes from panel to panel, from term to term
            packsB ? 4 * terms * columns : 4 * columns,
            packsB ? 4 * columns : ldb,
            c + 4 * (i * n + j),
            4 * n,
            Number(p > 0),
            addBias ? bias + 4 * j : 0,
            Number(wide),
          );
        }
      }
      p += kMost;
    } while (p < k);
  }

  /** A product of factors that lie as tiles take them, cut into blocks that threads take one after the other. */
  function run(m: number, k: number, n: number, ...operands: number[]): void {
    const [down, across] = [Math.ceil(m / R), Math.ceil(n / columns)]; // in tiles
    const most = pool.threads === 1 ? 1 : 4 * pool.threads;
    const pieces = Math.max(Math.min(Math.floor((m * k * n) / worthwhile), most), 1);
    const byRows = down >= across;
    const blockRows = Math.min(byRows ? Math.ceil(down / pieces) * R : m, Math.ceil(rowsAtOnce / R) * R);
    const blockColumns = Math.min(byRows ? n : Math.ceil(across / pieces) * columns, columnsAtOnce);
    const side = Math.ceil(n / blockColumns);
    const blocks = side * Math.ceil(m / blockRows);
    const args = [side, blockRows, blockColumns, m, n, k, ...operands];
    if (pieces === 1) kernels[gemm](0, blocks, ...args, scratch.address);
    else pool.run(gemm, blocks, 1, [...span, ...args, [scratch.address, 0, 0, EDGE]]);
  }

  return {
    matmul(A, B, { transposeA = false, transposeB = false }, Y) {
      const [m, n] = [Y.shape[Y.rank - 2], Y.shape[Y.rank - 1]];
      const k = A.shape[A.rank - (transposeA ? 2 : 1)];
      const [a, b, y] = [read(A), read(B), write(Y)];
      if (Y.rank === 2) multiply(m, k, n, a, transposeA, b, transposeB, y, 0);
      else {
        const batches = Y.shape.slice(0, -2);
        const bStarts = [...starts(B.shape, batches)];
        [...starts(A.shape, batches)].forEach((a0, i) =>
          multiply(m, k, n, a + 4 * a0, transposeA, b + 4 * bStarts[i], transposeB, y + 4 * i * m * n, 0),
        );
      }
      settle();
    },

    linear(X: Tensor, W: Tensor, bias: Tensor | undefined, Y: Tensor) {
      const [n, k] = W.shape;
      const m = n === 0 ? 0 : Y.size / n;
      multiply(m, k, n, read(X), false, read(W), true, write(Y), bias ? read(bias) : 0);
      settle();
    },
  };
}

/** The piece of a range. */
const span: readonly Argument[] = [
  [0, 1, 0],
  [0, 0, 1],
];

const valueOf = (constant: unknown): number => (constant as WebAssembly.Global).value;

/** How many of `count` lines are packed at a time: all, or whole groups. */
const most = (count: number, k: number, group: number): number =>
  Math.min(count, Math.max(Math.floor(packedAtOnce / Math.max(k, 1) / group), 1) * group);
