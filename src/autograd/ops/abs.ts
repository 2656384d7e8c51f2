// The size and the sign of a number: abs, sign.
import { type Tensor, zeros } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { defineOp } from '../op.ts';
import { mul, type UnaryOp } from './arithmetic.ts';

/**
 * Absolute value, element by element.
 *
 *   forward   Y = |X|
 *   gradient  ∂L/∂X = G·sign X    (0 at the kink, as in PyTorch)
 */
export const abs: UnaryOp = defineOp<[x: Tensor]>({
  name: 'abs',
  inputs: ['x'],
  shape: (x) => x.shape,
  forward: (Y, x) => backend().abs(x, Y),
  gradient: { x: (G, _Y, x) => mul(G, sign(x)) },
  reads: ['x'],
  samples: (random) => [[random.awayFromZero([2, 3])]],
});

/**
 * The sign, element by element.
 *
 *   forward   Y = 1 where X > 0, −1 where X < 0; ±0 and NaN stay as they are
 *   gradient  ∂L/∂X = 0, at the step too, as in PyTorch
 */
export const sign: UnaryOp = defineOp<[x: Tensor]>({
  name: 'sign',
  inputs: ['x'],
  shape: (x) => x.shape,
  forward: (Y, x) => backend().sign(x, Y),
  gradient: { x: (G) => zeros(G.shape) },
  reads: [],
  samples: (random) => [[random.awayFromZero([2, 3])]],
});
