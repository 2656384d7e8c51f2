// The rectifier and its leaky relatives.
import { backend } from '../../kernels/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { defineOp } from '../op.ts';
import type { UnaryOp } from './arithmetic.ts';

/**
 * Rectified linear unit.
 *
 *   forward   Y = max(X, 0)
 *   gradient  ∂L/∂X = G where Y > 0, else 0    (0 at the kink, as in PyTorch)
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

/** G where y > 0, else 0: linear in G, and flat in y. */
const reluGradient: (G: Tensor, y: Tensor) => Tensor = defineOp<[G: Tensor, y: Tensor]>({
  name: 'reluGradient',
  inputs: ['G', 'y'],
  shape: (G) => G.shape,
  forward: (dX, G, y) => backend().reluGradient(G, y, dX),
  gradient: { G: (H, _dX, _G, y) => reluGradient(H, y) },
  reads: ['y'],
  samples: (random) => [[random.uniform([3, 4]), random.awayFromZero([3, 4])]],
});
