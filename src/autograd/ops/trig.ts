// Sine and cosine, of angles in radians.
import type { Tensor } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { defineOp } from '../op.ts';
import { mul, neg, type UnaryOp } from './arithmetic.ts';

/**
 * Sine, element by element.
 *
 *   forward   Y = sin X; NaN for ±∞
 *   gradient  ∂L/∂X = G·cos X
 */
export const sin: UnaryOp = defineOp<[x: Tensor]>({
  name: 'sin',
  inputs: ['x'],
  shape: (x) => x.shape,
  forward: (Y, x) => backend().sin(x, Y),
  gradient: { x: (G, _Y, x) => mul(G, cos(x)) },
  reads: ['x'],
  samples: (random) => [[random.uniform([2, 3], -5, 5)]],
});

/**
 * Cosine, element by element.
 *
 *   forward   Y = cos X; NaN for ±∞
 *   gradient  ∂L/∂X = −G·sin X
 */
export const cos: UnaryOp = defineOp<[x: Tensor]>({
  name: 'cos',
  inputs: ['x'],
  shape: (x) => x.shape,
  forward: (Y, x) => backend().cos(x, Y),
  gradient: { x: (G, _Y, x) => neg(mul(G, sin(x))) },
  reads: ['x'],
  samples: (random) => [[random.uniform([2, 3], -5, 5)]],
});
