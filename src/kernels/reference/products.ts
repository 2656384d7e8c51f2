// Matrix products. Each sum starts at +0 and takes its terms in ascending k, rounding after each.
import { axisView, broadcastStrides, type Shape, sizeOf } from '../../tensor/index.ts';
import type { Backend } from '../backend.ts';
import { fround } from './precision.ts';

type Floats = Float32Array;

/** C [m, n] = A [m, k] · B [k, n], where the matrices begin at a0, b0, c0. */
function product(
  A: Floats,
  a0: number,
  B: Floats,
  b0: number,
  C: Floats,
  c0: number,
  m: number,
  k: number,
  n: number,
): void {
  C.fill(0, c0, c0 + m * n);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const a = A[a0 + i * k + p];
      for (let j = 0; j < n; j++) C[c0 + i * n + j] += fround(a * B[b0 + p * n + j]);
    }
  }
}

/** C [m, n] = A [m, k] · Bᵀ, B [n, k]: rows against rows. */
function productTransposedB(
  A: Floats,
  a0: number,
  B: Floats,
  b0: number,
  C: Floats,
  c0: number,
  m: number,
  k: number,
  n: number,
): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum = fround(sum + fround(A[a0 + i * k + p] * B[b0 + j * k + p]));
      C[c0 + i * n + j] = sum;
    }
  }
}

/** C [m, n] = Aᵀ · B, A [k, m], B [k, n]: one row of A and one of B at a time. */
function productTransposedA(
  A: Floats,
  a0: number,
  B: Floats,
  b0: number,
  C: Floats,
  c0: number,
  m: number,
  k: number,
  n: number,
): void {
  C.fill(0, c0, c0 + m * n);
  for (let p = 0; p < k; p++) {
    for (let i = 0; i < m; i++) {
      const a = A[a0 + p * m + i];
      for (let j = 0; j < n; j++) C[c0 + i * n + j] += fround(a * B[b0 + p * n + j]);
    }
  }
}

/** C [m, n] = Aᵀ · Bᵀ, A [k, m], B [n, k]. */
function productTransposedBoth(
  A: Floats,
  a0: number,
  B: Floats,
  b0: number,
  C: Floats,
  c0: number,
  m: number,
  k: number,
  n: number,
): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum = fround(sum + fround(A[a0 + p * m + i] * B[b0 + j * k + p]));
      C[c0 + i * n + j] = sum;
    }
  }
}

/** Where each matrix of a stack begins, when the stack is broadcast to `batches`. */
function starts(shape: Shape, batches: Shape): number[] {
  const own = shape.slice(0, -2);
  const matrix = sizeOf(shape.slice(-2));
  const strides = broadcastStrides(own, batches);
  return Array.from({ length: sizeOf(batches) }, (_, i) => {
    let offset = 0;
    for (let axis = batches.length - 1, rest = i; axis >= 0; axis--) {
      offset += (rest % batches[axis]) * strides[axis];
      rest = Math.floor(rest / batches[axis]);
    }
    return offset * matrix;
  });
}

export const products: Pick<Backend, 'matmul' | 'linear'> = {
  matmul(A, B, { transposeA = false, transposeB = false }, Y) {
    const [m, n] = Y.shape.slice(-2);
    const k = A.shape[A.shape.length - (transposeA ? 2 : 1)];
    const multiply = transposeA
      ? transposeB
        ? productTransposedBoth
        : productTransposedA
      : transposeB
        ? productTransposedB
        : product;
    const [a, b, y] = [A.storage.read(), B.storage.read(), Y.storage.write()];
    const batches = Y.shape.slice(0, -2);
    const bStarts = starts(B.shape, batches);
    starts(A.shape, batches).forEach((a0, batch) =>
      multiply(a, a0, b, bStarts[batch], y, batch * m * n, m, k, n),
    );
  },

  linear(X, W, b, Y) {
    const { outer: rows, size: outputs } = axisView(Y.shape, Y.shape.length - 1);
    const y = Y.storage.write();
    productTransposedB(X.storage.read(), 0, W.storage.read(), 0, y, 0, rows, W.shape[1], outputs);
    if (!b) return;
    const bias = b.storage.read();
    for (let i = 0; i < y.length; i++) y[i] += bias[i % outputs];
  },
};
