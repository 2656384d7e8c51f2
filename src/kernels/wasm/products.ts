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

const worthwhile = 2 ** 19; // multiplications that are worth waking another thread for: some 12 µs of one
const large = 2 ** 22; // and those that are worth several pieces for each thread, so that one who is late holds up nobody
const largest = 2 ** 30; // and those of the largest piece, some 30 ms: a thread that is silent for long counts as dead
const few = 2; // rows, for which B is read where it lies: from three on, to pack it is as fast
const worthwhileFew = 2 ** 18; // multiplications of few rows that are worth waking another thread for: 11 to 22 µs of one
const termsAtOnce = 4096; // of a factor that is packed
const columnsAtOnce = 256; // likewise: COLUMNS of assembly/gemm.ts

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

export function products({ kernels, fused, wide }: Instance, pool: Pool): Pick<Backend, 'matmul' | 'linear'> {
  const [gemm, fewRows] = fused ? ['fusedGemm', 'fusedFewRows'] : ['gemm', 'fewRows'];
  const constants = fused
    ? [kernels.fusedR, kernels.fusedEdge, kernels.fusedBlockA, kernels.fusedFewColumns]
    : [kernels.R, kernels.EDGE, kernels.BLOCK_A, kernels.FEW_COLUMNS];
  const [tileRows, edge, blockA, fewColumns] = constants.map(
    (constant) => (constant as unknown as WebAssembly.Global).value,
  );
  const tileColumns = wide ? 16 : 8;

  /** C [m, n] = A·B + bias, A [m, k] or, transposed, [k, m]; B likewise. Returns whether several threads computed it. */
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
  ): boolean {
    if (m === 0 || n === 0) return false;
    const aRow = transposeA ? 4 : 4 * k;
    const aTerm = transposeA ? 4 * m : 4;
    const ldb = 4 * (transposeB ? k : n);
    const work = m * k * n;
    if (m <= few) {
      const tiles = Math.ceil(n / fewColumns);
      const isShared = work >= worthwhileFew;
      const grain = isShared ? Math.ceil(tiles / pool.threads) : tiles;
      const args = [from, to, m, n, k, a, aRow, aTerm, b, ldb, Number(transposeB), c, 4 * n, bias];
      pool.run(fewRows, tiles, grain, args);
      return isShared;
    }
    // A copy of a factor pays if it is read often enough, or cannot be read as it lies.
    const packsA = transposeA && m * n > 2 ** 16;
    const packsB = transposeB || n % tileColumns !== 0 || (m > 64 && k * n > 2 ** 16);
    const down = Math.ceil(m / tileRows);
    const across = Math.ceil(n / tileColumns); // in tiles
    const enough = 2 * pool.threads; // tiles, to be shared evenly
    // Threads share the side that is a layer's outputs, so that each finds its own weights and gradients in its cache; but large data, which
    // would be read by all, is shared itself.
    const byRows = transposeA ? down >= enough && (n <= m || k * n < 2 ** 18) : across < enough;
    const tiles = byRows ? down : across;
    const share = Math.ceil(tiles / pool.threads);
    const pieces = work < large * pool.threads ? 1 : Math.max(4, work / pool.threads / largest);
    const grain = work < worthwhile ? tiles : Math.ceil(share / pieces);

    const terms = packsB ? Math.min(k, termsAtOnce) : k;
    const packed = packsB ? 4 * terms * (Math.min(n, columnsAtOnce) + tileColumns) : 0;
    const room = Math.ceil((edge + (packsA ? blockA : 0) + packed) / 64) * 64;
    const space = workspace(pool.threads * room);
    let p = 0;
    do {
      const count = Math.min(terms, k - p);
      const isLast = p + count === k;
      pool.run(gemm, tiles, grain, [
        from,
        to,
        Number(byRows),
        m,
        n,
        count,
        a + p * aTerm,
        aRow,
        aTerm,
        Number(packsA),
        b + p * (transposeB ? 4 : ldb),
        ldb,
        Number(transposeB),
        Number(packsB),
        c,
        4 * n,
        Number(p > 0),
        isLast ? bias : 0,
        Number(wide),
        [space, 0, 0, room],
      ]);
      p += count;
    } while (p < k);
    return grain < tiles;
  }

  return {
    matmul(A, B, { transposeA = false, transposeB = false }, Y) {
      const [m, n] = [Y.shape[Y.rank - 2], Y.shape[Y.rank - 1]];
      const k = A.shape[A.rank - (transposeA ? 2 : 1)];
      const [a, b, y] = [read(A), read(B), write(Y)];
      if (Y.rank === 2) Y.storage.isShared = multiply(m, k, n, a, transposeA, b, transposeB, y, 0);
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

/** Where the piece of a range begins, and ends. */
const from: Argument = [0, 1, 0];
const to: Argument = [0, 0, 1];
