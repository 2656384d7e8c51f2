// Comparisons, element by element: 1 where they hold, else 0. They have no gradient.
import { broadcastShapes, type Tensor } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { defineOp, type Operand } from '../op.ts';
import { type BinaryOp, binarySamples, type UnaryOp } from './arithmetic.ts';

type Comparison = 'equal' | 'notEqual' | 'less' | 'lessEqual' | 'greater' | 'greaterEqual';

/** Steps have slope 0 wherever they have one: nothing is recorded. A ShapeError when the shapes do not broadcast. */
const comparison = (name: Comparison): BinaryOp =>
  defineOp<[a: Operand, b: Operand]>({
    name,
    inputs: ['a', 'b'],
    shape: (a, b) => broadcastShapes(name, a.shape, b.shape),
    forward: (Y, a, b) => backend()[name](a, b, Y),
    gradient: 'none',
    reads: [],
    samples: (random) => binarySamples((shape) => random.uniform(shape)),
  });

/** A = B: 1 or 0, element by element, after broadcasting. NaN equals nothing; +0 equals −0. */
export const equal = comparison('equal');

/** A ≠ B: 1 or 0, element by element, after broadcasting. 1 where either is NaN. */
export const notEqual = comparison('notEqual');

/** A < B: 1 or 0, element by element, after broadcasting. 0 where either is NaN. */
export const less = comparison('less');

/** A ≤ B: 1 or 0, element by element, after broadcasting. 0 where either is NaN. */
export const lessEqual = comparison('lessEqual');

/** A > B: 1 or 0, element by element, after broadcasting. 0 where either is NaN. */
export const greater = comparison('greater');

/** A ≥ B: 1 or 0, element by element, after broadcasting. 0 where either is NaN. */
export const greaterEqual = comparison('greaterEqual');

/** 1 where X is neither NaN nor infinite, else 0. It has no gradient. */
export const isFinite: UnaryOp = defineOp<[x: Tensor]>({
  name: 'isFinite',
  inputs: ['x'],
  shape: (x) => x.shape,
  forward: (Y, x) => backend().isFinite(x, Y),
  gradient: 'none',
  reads: [],
  samples: (random) => [[random.uniform([2, 3])]],
});
