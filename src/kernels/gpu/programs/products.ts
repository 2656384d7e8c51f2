// Matrix products as gpu.js kernels: one thread for each element of the result.
import {
  type Handle,
  kernel,
  type Launch,
  type Program,
  type Steps,
  type Thread,
  type Value,
} from '../device.ts';
import { spread } from '../strided.ts';
import type { Product } from '../tiled.ts';

const product = kernel(
  'aaiiiii',
  function (
    this: Thread,
    a: number[],
    b: number[],
    terms: number,
    aRow: number,
    aTerm: number,
    bTerm: number,
    bColumn: number,
  ) {
    let sum = 0;
    for (let p = 0; p < terms; p++)
      sum += a[this.thread.y * aRow + p * aTerm] * b[p * bTerm + this.thread.x * bColumn];
    return sum;
  },
);

const productWithBias = kernel(
  'aaaiiiii',
  function (
    this: Thread,
    a: number[],
    b: number[],
    bias: number[],
    terms: number,
    aRow: number,
    aTerm: number,
    bTerm: number,
    bColumn: number,
  ) {
    let sum = 0;
    for (let p = 0; p < terms; p++)
      sum += a[this.thread.y * aRow + p * aTerm] * b[p * bTerm + this.thread.x * bColumn];
    return sum + bias[this.thread.x];
  },
);

/** `aMatrix` and `bMatrix`: which matrix of A and of B makes each one of the result. */
const stackedProducts = kernel(
  'aaaaiiiiiii',
  function (
    this: Thread,
    a: number[],
    b: number[],
    aMatrix: number[],
    bMatrix: number[],
    terms: number,
    aLength: number,
    bLength: number,
    aRow: number,
    aTerm: number,
    bTerm: number,
    bColumn: number,
  ) {
    let sum = 0;
    for (let p = 0; p < terms; p++)
      sum +=
        a[aMatrix[this.thread.z] * aLength + this.thread.y * aRow + p * aTerm] *
        b[bMatrix[this.thread.z] * bLength + p * bTerm + this.thread.x * bColumn];
    return sum;
  },
);

/** The matrix of a stack of shape `from` that stands at each place of `to`. */
function matrices(from: readonly number[], to: readonly number[]): Float32Array {
  const steps = spread(from, to);
  return Float32Array.from({ length: to.reduce((product, size) => product * size, 1) }, (_, i) => {
    let place = 0;
    for (let axis = to.length - 1, rest = i; axis >= 0; axis--) {
      place += (rest % to[axis]) * steps[axis];
      rest = Math.floor(rest / to[axis]);
    }
    return place;
  });
}

interface Options {
  transposeA?: boolean;
  transposeB?: boolean;
}

/** A launch of the plain kernel, which another one of the device's may take the place of. */
function launchOf(sizes: Product<Handle>): Launch {
  const { a, b, bias, rows, columns, terms, aRow, aTerm, bTerm, bColumn } = sizes;
  const steps = [terms, aRow, aTerm, bTerm, bColumn];
  const output = [columns, rows];
  if (bias) return { kernel: productWithBias, output, args: [a, b, bias, ...steps], product: sizes };
  return { kernel: product, output, args: [a, b, ...steps], product: sizes };
}

export const products: Record<string, Program> = {
  *matmul([A, B, { transposeA = false, transposeB = false }]: [Value, Value, Options], [Y]): Steps {
    const [rows, columns] = Y.shape.slice(-2);
    const terms = A.shape[A.shape.length - (transposeA ? 2 : 1)];
    const [aRow, aTerm] = transposeA ? [1, rows] : [terms, 1];
    const [bTerm, bColumn] = transposeB ? [1, terms] : [columns, 1];
    const sizes = { rows, columns, terms, aRow, aTerm, bTerm, bColumn };
    if (Y.size === rows * columns)
      return [yield launchOf({ a: A.handle, b: B.handle, bias: undefined, ...sizes })];
    const batches = Y.shape.slice(0, -2);
    const aMatrix = yield { floats: matrices(A.shape.slice(0, -2), batches) };
    const bMatrix = yield { floats: matrices(B.shape.slice(0, -2), batches) };
    const matrix = [A.handle, B.handle, aMatrix, bMatrix, terms, rows * terms, terms * columns];
    const args = [...matrix, aRow, aTerm, bTerm, bColumn];
    return [yield { kernel: stackedProducts, output: [columns, rows, Y.size / (rows * columns)], args }];
  },

  *linear([X, W, bias]: [Value, Value, Value | undefined], [Y]): Steps {
    const [columns, terms] = W.shape;
    const sizes = { rows: Y.size / columns, columns, terms, aRow: terms, aTerm: 1, bTerm: 1, bColumn: terms };
    return [yield launchOf({ a: X.handle, b: W.handle, bias: bias?.handle, ...sizes })];
  },
};
