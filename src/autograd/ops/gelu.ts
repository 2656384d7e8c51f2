// The Gaussian error linear unit, and the error function that it is made of.
import { checkChoice, checkOptions, type Shape, type Tensor } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { defineOp } from '../op.ts';
import { add, mul, neg, type UnaryOp } from './arithmetic.ts';
import { exp, square } from './power.ts';
import { tanh } from './tanh.ts';

/**
 * Error function, element by element.
 *
 *   forward   Y = erf X = 2/√π ∫₀ˣ e^(−t²) dt
 *   gradient  ∂L/∂X = G·2/√π·e^(−X²)
 */
export const erf: UnaryOp = defineOp<[x: Tensor]>({
  name: 'erf',
  inputs: ['x'],
  shape: (x) => x.shape,
  forward: (Y, x) => backend().erf(x, Y),
  gradient: { x: (G, _Y, x) => mul(G, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))) },
  reads: ['x'],
  samples: (random) => [[random.uniform([2, 3], -2, 2)]],
});

export interface GeluOptions {
  /** `'none'` for the exact form, with erf; `'tanh'` for the approximation. Default `'none'`. */
  approximate?: 'none' | 'tanh';
}

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

/**
 * Gaussian error linear unit, element by element.
 *
 *   forward   Y = X·Φ(X),  Φ(X) = ½(1 + erf(X/√2)), the normal distribution function.
 *             At −∞, and in the gradient at ±∞, this is ∞·0 = NaN, as in PyTorch
 *   gradient  ∂L/∂X = G·(Φ(X) + X·φ(X)),  φ(X) = e^(−X²/2)/√(2π)
 *   tanh      Φ(X) ≈ ½(1 + tanh(√(2/π)·(X + 0.044715·X³)))
 *   source    Hendrycks & Gimpel 2016, arXiv:1606.08415
 */
export const gelu: <S extends Shape>(x: Tensor<S>, options?: GeluOptions) => Tensor<S> = defineOp<
  [x: Tensor],
  [options?: GeluOptions]
>({
  name: 'gelu',
  inputs: ['x'],
  compose(x, options = {}) {
    checkOptions('gelu', options, ['approximate']);
    const { approximate = 'none' } = options;
    checkChoice('gelu', 'approximate', approximate, ['none', 'tanh']);
    const odd = // 2Φ(X) − 1
      approximate === 'none'
        ? erf(mul(x, Math.SQRT1_2))
        : tanh(mul(x, add(mul(square(x), 0.044715 * SQRT_2_OVER_PI), SQRT_2_OVER_PI)));
    return mul(mul(x, 0.5), add(odd, 1));
  },
  samples: (random) => [
    [random.uniform([2, 3], -3, 3)],
    [random.uniform([2, 3], -3, 3), { approximate: 'none' }],
    [random.uniform([2, 3], -3, 3), { approximate: 'tanh' }],
  ],
});
