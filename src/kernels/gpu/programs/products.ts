// Matrix products as gpu.js kernels: one thread for each element of the result.
import { kernel, type Program, type Steps, type Thread, type Value } from '../device.ts';
import { spread } from '../strided.ts';

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
    aSize: number,
    bSize: number,
    aRow: number,
    aTerm: number,
    bTerm: number,
    bColumn: number,
  ) {
    let sum = 0;
    for (let p = 0; p < terms; p++)
      sum +=
        a[Math.floor(aMatrix[this.thread.z]) * aSize + this.thread.y * aRow + p * aTerm] *
        b[Math.floor(bMatrix[this.thread.z]) * bSize + p * bTerm + this.thread.x * bColumn];
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

export const products: Record<string, Program> = {
  *matmul([A, B, { transposeA = false, transposeB = false }]: [Value, Value, Options], [Y]): Steps {
    const [m, n] = Y.shape.slice(-2);
    const terms = A.shape[A.shape.length - (transposeA ? 2 : 1)];
    const steps = [...(transposeA ? [1, m] : [terms, 1]), ...(transposeB ? [1, terms] : [n, 1])];
    const batches = Y.shape.slice(0, -2);
    if (Y.size === m * n)
      return [yield { kernel: product, output: [n, m], args: [A.handle, B.handle, terms, ...steps] }];
    const aMatrix = yield { floats: matrices(A.shape.slice(0, -2), batches) };
    const bMatrix = yield { floats: matrices(B.shape.slice(0, -2), batches) };
    const args = [A.handle, B.handle, aMatrix, bMatrix, terms, m * terms, terms * n, ...steps];
    return [yield { kernel: stackedProducts, output: [n, m, Y.size / (m * n)], args }];
  },

  *linear([X, W, bias]: [Value, Value, Value | undefined], [Y]): Steps {
    const [n, terms] = W.shape;
    const sizes = [terms, terms, 1, 1, terms];
    const output = [n, Y.size / n];
    if (!bias) return [yield { kernel: product, output, args: [X.handle, W.handle, ...sizes] }];
    return [yield { kernel: productWithBias, output, args: [X.handle, W.handle, bias.handle, ...sizes] }];
  },
};
