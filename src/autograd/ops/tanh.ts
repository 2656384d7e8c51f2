// The hyperbolic tangent.
import type { Tensor } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { defineOp } from '../op.ts';
import { mul, sub, type UnaryOp } from './arithmetic.ts';
import { square } from './power.ts';

/**
 * Hyperbolic tangent, element by element.
 *
 *   forward   Y = tanh X = (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)
 *   gradient  ∂L/∂X = G·(1 − Y²)
 */
export const tanh: UnaryOp = defineOp<[x: Tensor]>({
  name: 'tanh',
  inputs: ['x'],
  shape: (x) => x.shape,
  forward: (Y, x) => backend().tanh(x, Y),
  gradient: { x: (G, Y) => mul(G, sub(1, square(Y))) },
  reads: ['result'],
  samples: (random) => [[random.uniform([2, 3], -2, 2)]],
});
