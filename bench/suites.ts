// What is measured: single kernels against this machine's limits, whole training steps, and SIMD against plain loops.
import { nn, optim, rand, randn, scope, type Tensor, zeros } from '../src/index.ts';
import type { Backend } from '../src/kernels/index.ts';
import type { Limits } from './limits.ts';

export interface Case {
  name: string;
  /** Operations or bytes in one call. */
  work: number;
  /** Makes the operands, and returns the call: kernels run on the given backend, whole steps on the public API's. */
  prepare(): (verbs: Backend) => void;
}

export interface Suite {
  title: string;
  /** The headings of what `show` returns, and of the ratio. */
  columns: readonly string[];
  /** What is shown of `hz` calls in a second, with `work` in each. */
  show(hz: number, work: number): number[];
  /** What it is held against: a limit of this machine, with as many threads, or the plain loops, with one. */
  against: keyof Limits | 'reference';
  cases: Case[];
}

const giga = (hz: number, work: number) => [(hz * work) / 1e9];

/** A [m, k] · B [k, n], either stored transposed. */
const product = (m: number, k: number, n: number, transposeA = false, transposeB = false): Case => ({
  name: `${m}×${k}×${n}${transposeA ? ', Aᵀ' : ''}${transposeB ? ', Bᵀ' : ''}`,
  work: 2 * m * k * n,
  prepare() {
    const A = randn(transposeA ? [k, m] : [m, k]);
    const B = randn(transposeB ? [n, k] : [k, n]);
    const Y = zeros([m, n]);
    return ({ matmul }) => matmul(A, B, { transposeA, transposeB }, Y);
  },
});

/** A kernel on tensors [side, side], which reads and writes `floats` numbers for each element. */
const kernel = (
  name: string,
  side: number,
  floats: number,
  operands: number,
  call: (verbs: Backend, x: Tensor[], row: Tensor) => void,
): Case => ({
  name: `${name} [${side}, ${side}]`,
  work: 4 * floats * side * side,
  prepare() {
    const x = Array.from({ length: operands }, () => rand([side, side]));
    const row = rand([side]);
    return (verbs) => call(verbs, x, row);
  },
});

const lines = (x: Tensor) => ({ outer: x.shape[0], size: x.shape[1], inner: 1 });
const adam = { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, decoupled: false, step: 100 };

const kernels = (side: number): Case[] => [
  kernel('relu', side, 2, 2, ({ relu }, [x, y]) => relu(x, y)),
  kernel('add', side, 3, 3, ({ add }, [a, b, y]) => add(a, b, y)),
  kernel('add a bias to rows', side, 2, 2, ({ add }, [x, y], bias) => add(x, bias, y)),
  kernel('sum of rows', side, 1, 1, ({ sum }, [x], y) => sum(x, lines(x), y)),
  kernel('softmax of rows', side, 2, 2, ({ softmax }, [x, y]) => softmax(x, lines(x), y)),
  kernel('adam', side, 7, 4, (verbs, [w, g, m, v]) => verbs.adam([[w, g, m, v]], adam)),
];

/** A training step by hand: forward, loss, backward, Adam. Without `classes`, the loss is the squared error. */
const step = (widths: readonly number[], batch: number, classes: boolean): Case => {
  const weights = widths.slice(1).reduce((sum, width, i) => sum + width * widths[i], 0);
  return {
    name: `${widths.join('-')}, batch ${batch}`,
    work: 2 * batch * (3 * weights - widths[0] * widths[1]), // the input needs no gradient
    prepare() {
      const outputs = widths[widths.length - 1];
      const model = new nn.FeedForward({ inputs: widths[0], hidden: widths.slice(1, -1), outputs });
      // A rate of 0 keeps the weights: an error that goes to 0 would end in denormal numbers, which are slow.
      const optimizer = new optim.Adam(model.parameters(), { lr: 0 });
      const x = rand([batch, widths[0]]);
      const labels = Int32Array.from({ length: batch }, (_, i) => i % outputs);
      const target = randn([batch, outputs]);
      return () => {
        using _ = scope();
        optimizer.zeroGrad();
        const y = model.forward(x);
        const loss = classes ? nn.crossEntropy(y, labels) : nn.mse(y, target);
        loss.backward();
        optimizer.step();
      };
    },
  };
};

export const suites: readonly Suite[] = [
  {
    title: 'products',
    columns: ['GFLOP/s', '% of limit'],
    show: giga,
    against: 'arithmetic',
    cases: [
      product(512, 512, 512),
      product(1024, 1024, 1024),
      product(128, 784, 64, false, true), // Y = X Wᵀ
      product(128, 64, 784), // ∂L/∂X = G W
      product(64, 128, 784, true), // ∂L/∂W = Gᵀ X
      product(512, 768, 3072, false, true),
    ],
  },
  {
    title: 'kernels bound by memory',
    columns: ['GB/s', '% of copy'],
    show: giga,
    against: 'copy',
    cases: kernels(1024),
  },
  {
    title: 'training steps',
    columns: ['ms', 'steps/s', '% of limit'],
    show: (hz) => [1000 / hz, hz],
    against: 'arithmetic',
    cases: [
      ...[1, 32, 128, 1024].map((batch) => step([784, 64, 128, 10], batch, true)),
      step([784, 512, 512, 10], 128, true),
      step([768, 3072, 768], 512, false),
    ],
  },
  {
    title: 'SIMD against plain loops',
    columns: ['µs', 'times faster'],
    show: (hz) => [1e6 / hz],
    against: 'reference',
    cases: [product(256, 256, 256), ...kernels(256)],
  },
];
