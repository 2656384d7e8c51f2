// The logistic function and what is made of it: sigmoid, softplus, logSigmoid, silu.
import type { Tensor } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { defineOp } from '../op.ts';
import { mul, neg, sub, type UnaryOp } from './arithmetic.ts';

/**
 * Logistic function, element by element.
 *
 *   forward   Y = σ(X) = 1/(1 + e⁻ˣ)
 *   gradient  ∂L/∂X = G·(1 − Y)·Y
 */
export const sigmoid: UnaryOp = defineOp<[x: Tensor]>({
  name: 'sigmoid',
  inputs: ['x'],
  shape: (x) => x.shape,
  forward: (Y, x) => backend().sigmoid(x, Y),
  gradient: { x: (G, Y) => mul(mul(G, sub(1, Y)), Y) },
  reads: ['result'],
  samples: (random) => [[random.uniform([2, 3], -4, 4)]],
});

/**
 * A smooth rectifier, element by element.
 *
 *   forward   Y = ln(1 + eˣ)
 *   gradient  ∂L/∂X = G·σ(X)
 *   stable    Y = max(X, 0) + ln(1 + e^−|X|): the exponential cannot overflow
 */
export const softplus: UnaryOp = defineOp<[x: Tensor]>({
  name: 'softplus',
  inputs: ['x'],
  shape: (x) => x.shape,
  forward: (Y, x) => backend().softplus(x, Y),
  gradient: { x: (G, _Y, x) => mul(G, sigmoid(x)) },
  reads: ['x'],
  samples: (random) => [[random.uniform([2, 3], -4, 4)]],
});

/**
 * The logistic function's logarithm, element by element.
 *
 *   forward   Y = ln σ(X)
 *   gradient  ∂L/∂X = G·σ(−X)
 *   stable    Y = −softplus(−X): σ(X) may be 0, its logarithm is about X there
 */
export const logSigmoid: UnaryOp = defineOp<[x: Tensor]>({
  name: 'logSigmoid',
  inputs: ['x'],
  compose: (x) => neg(softplus(neg(x))),
  samples: (random) => [[random.uniform([2, 3], -4, 4)]],
});

/**
 * Sigmoid linear unit, also called swish, element by element.
 *
 *   forward   Y = X·σ(X); at −∞, and in the gradient at ±∞, this is ∞·0 = NaN, as in PyTorch
 *   gradient  ∂L/∂X = G·(σ + X·σ·(1 − σ)),  σ = σ(X)
 *   source    Hendrycks & Gimpel 2016, arXiv:1606.08415; Ramachandran et al. 2017, arXiv:1710.05941
 */
export const silu: UnaryOp = defineOp<[x: Tensor]>({
  name: 'silu',
  inputs: ['x'],
  compose: (x) => mul(x, sigmoid(x)),
  samples: (random) => [[random.uniform([2, 3], -4, 4)]],
});
