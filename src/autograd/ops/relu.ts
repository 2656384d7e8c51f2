// The rectifier and its leaky relatives.
import { backend } from '../../kernels/index.ts';
import { checkNumber, checkOptions, type Shape, type Tensor } from '../../tensor/index.ts';
import { defineOp } from '../op.ts';
import { mul, type UnaryOp } from './arithmetic.ts';
import { clip } from './clip.ts';
import { greater, lessEqual } from './compare.ts';
import { exp } from './power.ts';
import { where } from './select.ts';

/**
 * Rectified linear unit.
 *
 *   forward   Y = max(X, 0)
 *   gradient  ∂L/∂X = 0 where Y ≤ 0, else G    (0 at the kink, G at NaN, as in PyTorch)
 */
export const relu: UnaryOp = defineOp<[x: Tensor]>({
  name: 'relu',
  inputs: ['x'],
  shape: (x) => x.shape,
  forward: (Y, x) => backend().relu(x, Y),
  gradient: { x: (G, Y) => reluGradient(G, Y) },
  reads: ['result'],
  samples: (random) => [[random.awayFromZero([3, 4])]],
});

/** 0 where y ≤ 0, else G: linear in G, and flat in y. */
const reluGradient: (G: Tensor, y: Tensor) => Tensor = defineOp<[G: Tensor, y: Tensor]>({
  name: 'reluGradient',
  inputs: ['G', 'y'],
  shape: (G) => G.shape,
  forward: (dX, G, y) => backend().reluGradient(G, y, dX),
  gradient: { G: (H, _dX, _G, y) => reluGradient(H, y) },
  reads: ['y'],
  samples: (random) => [[random.uniform([3, 4]), random.awayFromZero([3, 4])]],
});

export interface LeakyReluOptions {
  /** The slope below 0. Default 0.01. */
  slope?: number;
}

/**
 * A rectifier that lets a little through.
 *
 *   forward   Y = X where X > 0, else slope·X
 *   gradient  ∂L/∂X = G where X > 0, else slope·G    (slope·G at the kink, as in PyTorch)
 *   source    Maas, Hannun & Ng 2013
 */
export const leakyRelu: <S extends Shape>(x: Tensor<S>, options?: LeakyReluOptions) => Tensor<S> = defineOp<
  [x: Tensor],
  [options?: LeakyReluOptions]
>({
  name: 'leakyRelu',
  inputs: ['x'],
  shape(x, options = {}) {
    checkOptions('leakyRelu', options, ['slope']);
    const { slope = 0.01 } = options;
    checkNumber('leakyRelu', 'slope', slope);
    return x.shape;
  },
  forward: (Y, x, { slope = 0.01 } = {}) => backend().leakyRelu(x, slope, Y),
  gradient: { x: (G, _Y, x, { slope = 0.01 } = {}) => mul(G, where(greater(x, 0), 1, slope)) },
  reads: ['x'],
  samples: (random) => [[random.awayFromZero([3, 4])], [random.awayFromZero([3, 4]), { slope: 0.3 }]],
});

export interface EluOptions {
  /** −Y for X → −∞. Default 1. */
  alpha?: number;
}

/**
 * Exponential linear unit.
 *
 *   forward   Y = X where X > 0, else alpha·(eˣ − 1)
 *   gradient  ∂L/∂X = G where X > 0, else G·alpha·eˣ    (G·alpha at the kink, as in PyTorch)
 *   stable    the exponential is taken of min(X, 0): an ∞ that is not chosen would be NaN in the second derivative
 *   source    Clevert, Unterthiner & Hochreiter 2015, arXiv:1511.07289
 */
export const elu: <S extends Shape>(x: Tensor<S>, options?: EluOptions) => Tensor<S> = defineOp<
  [x: Tensor],
  [options?: EluOptions]
>({
  name: 'elu',
  inputs: ['x'],
  shape(x, options = {}) {
    checkOptions('elu', options, ['alpha']);
    const { alpha = 1 } = options;
    checkNumber('elu', 'alpha', alpha);
    return x.shape;
  },
  forward: (Y, x, { alpha = 1 } = {}) => backend().elu(x, alpha, Y),
  gradient: {
    x: (G, _Y, x, { alpha = 1 } = {}) =>
      mul(G, where(lessEqual(x, 0), mul(exp(clip(x, { max: 0 })), alpha), 1)),
  },
  reads: ['x'],
  samples: (random) => [[random.awayFromZero([3, 4])], [random.awayFromZero([3, 4]), { alpha: 0.5 }]],
});
