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
const rowsAtOnce = 256; // of A: with a block of terms they stay in the second cache

/** A matrix of `count` lines (rows of A, columns of B) in groups: bytes from group to group, from line to line, from term to term. */
interface Factor {
  address: number;
  group: number;
  line: number;
  term: number;
}

export function products({ kernels, fused, wide }: Instance, pool: Pool): Pick<Backend, 'matmul' | 'linear'> {
  const gemm = fused ? 'fusedGemm' : 'gemm';
  const [R, EDGE] = (fused ? [kernels.fusedR, kernels.fusedEdge] : [kernels.R, kernels.EDGE]).map(valueOf);
  const columns = wide ? 16 : 8; // of a tile
  const scratch = { address: 0, bytes: 0 };

  /** Room that products keep, since each needs it for a moment. */
  function workspace(bytes: number): number {
    if (scratch.bytes < bytes) {
      const own = heap() as Heap;
      if (scratch.bytes > 0) own.free(scratch.address, scratch.bytes);
      scratch.bytes = 0;
      scratch.address = allocate(bytes);
      scratch.bytes = bytes;
    }
    return scratch.address;
  }

  /** The lines of a factor next to each other, as tiles take them: packed, unless they lie well. */
  function pack(
    x: number,
    ldx: number,
    across: boolean,
    count: number,
    k: number,
    group: number,
    to: number,
  ): Factor {
    const panels = Math.ceil(count / group);
    const grain = Math.max(Math.ceil(2 ** 14 / (k * group)), Math.ceil(panels / (4 * pool.threads)));
    pool.run('pack', panels, grain, [...span, count, k, x, ldx, Number(across), group, to]);
    return { address: to, group: 4 * k * group, line: 4, term: 4 * group };
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
    const packsA = (globalThis as any).PA ?? (transposeA && m * n > 2 ** 16);
    const packsB = transposeB || n % columns !== 0 || ((globalThis as any).PB ?? (m > 64 && k * n > 2 ** 16));
    const kMost = Math.min(k, termsAtOnce);
    const mMost = packsA ? most(m, kMost, R) : m;
    const nMost = packsB ? most(n, kMost, columns) : n;
    const edges = pool.threads * EDGE;
    const roomB = packsB ? 4 * kMost * nMost + 64 * kMost : 0;
    const work = workspace(2 ** Math.ceil(Math.log2(edges + roomB + (packsA ? 4 * kMost * (mMost + R) : 0))));

    let p = 0;
    do {
      const terms = Math.min(kMost, k - p);
      for (let j = 0; j < n; j += nMost) {
        const width = Math.min(nMost, n - j);
        const bAt = b + (transposeB ? j * ldb + 4 * p : p * ldb + 4 * j);
        const B = packsB
          ? pack(bAt, ldb, !transposeB, width, terms, columns, work + edges)
          : { address: bAt, group: 4 * columns, line: 4, term: ldb };
        for (let i = 0; i < m; i += mMost) {
          const height = Math.min(mMost, m - i);
          const aAt = a + (transposeA ? p * lda + 4 * i : i * lda + 4 * p);
          const A = packsA
            ? pack(aAt, lda, transposeA, height, terms, R, work + edges + roomB)
            : transposeA
              ? { address: aAt, group: 4 * R, line: 4, term: lda }
              : { address: aAt, group: R * lda, line: lda, term: 4 };
          const [blockRows, blockColumns] = blocks(height, terms, width);
          const across = Math.ceil(width / blockColumns);
          const count = across * Math.ceil(height / blockRows);
          pool.run(gemm, count, 1, [
            ...span,
            ...[across, blockRows, blockColumns, height, width, terms],
            ...[A.address, A.group, A.line, A.term, B.address, B.group, B.term],
            ...[c + 4 * (i * n + j), 4 * n, Number(p > 0)],
            ...[bias && p + terms === k ? bias + 4 * j : 0, Number(wide), [work, 0, 0, EDGE] as Argument],
          ]);
        }
      }
      p += kMost;
    } while (p < k);
  }

  /** How a product is cut into blocks that threads take, one after the other. */
  function blocks(m: number, k: number, n: number): [rows: number, columns: number] {
    const [down, across] = [Math.ceil(m / R), Math.ceil(n / columns)];
    const pieces =
      pool.threads === 1 ? 1 : Math.min(Math.floor((m * k * n) / worthwhile) || 1, 4 * pool.threads);
    const rows = down >= across ? Math.ceil(down / pieces) * R : m;
    const side = down >= across ? n : Math.ceil(across / pieces) * columns;
    return [Math.min(rows, Math.ceil(rowsAtOnce / R) * R), side];
  }

  return {
    matmul(A, B, { transposeA = false, transposeB = false }, Y) {
      const [m, n] = [Y.shape[Y.rank - 2], Y.shape[Y.rank - 1]];
      const k = A.shape[A.rank - (transposeA ? 2 : 1)];
      const [a, b, y] = [read(A), read(B), write(Y)];
      const run = (a0: number, b0: number, y0: number) =>
        multiply(m, k, n, a + 4 * a0, transposeA, b + 4 * b0, transposeB, y + 4 * y0, 0);
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
