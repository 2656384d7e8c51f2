// Powers, roots, exponentials and logarithms: pow, square, sqrt, rsqrt, exp, log, log1p, expm1.
import { broadcastShapes, type Tensor } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { defineOp, type Operand } from '../op.ts';
import { add, type BinaryOp, binarySamples, div, mul, sub, type UnaryOp } from './arithmetic.ts';
import { equal, greaterEqual, isFinite } from './compare.ts';
import { where } from './select.ts';
import { sumTo } from './sum.ts';

/**
 * Power, element by element. The exponent may be a number or a tensor.
 *
 *   shape     A, B broadcast to Y
 *   forward   Y = Aᴮ; A⁰ = 1 for every A, and NaN where A < 0 and B is not a whole number
 *   gradient  ∂L/∂A = G·B·Aᴮ⁻¹, 0 where B = 0   ∂L/∂B = G·Y·ln A, 0 where A = 0 and B ≥ 0, as in PyTorch
 *   stable    at those places a base of 1 stands in for A: 0·∞ does not arise, nor in the second derivative
 *
 * @throws ShapeError when the shapes do not broadcast
 */
export const pow: BinaryOp = defineOp<[a: Operand, b: Operand]>({
  name: 'pow',
  inputs: ['a', 'b'],
  shape: (a, b) => broadcastShapes('pow', a.shape, b.shape),
  forward: (Y, a, b) => backend().pow(a, b, Y),
  gradient: {
    a(G, _Y, a, b) {
      const invertible = where(isFinite(div(1, a)), a, 1);
      const base = where(equal(b, 0), invertible, a);
      return sumTo(mul(G, mul(b, pow(base, sub(b, 1)))), a.shape);
    },
    b(G, Y, a, b) {
      const base = where(mul(equal(a, 0), greaterEqual(b, 0)), 1, a);
      return sumTo(mul(G, mul(Y, log(base))), b.shape);
    },
  },
  reads: ['a', 'b', 'result'],
  samples: (random) => [
    ...binarySamples((shape) => random.uniform(shape, 0.5, 2)),
    [random.uniform([2, 3], 0.5, 2), random.awayFromZero([2, 3])],
    [random.awayFromZero([2, 3], 0.5), 3],
    [random.awayFromZero([2, 3], 0.5), -2],
    [random.awayFromZero([2, 3], 0.5), 0],
  ],
});

/**
 * Square, element by element.
 *
 *   forward   Y = X²
 *   gradient  ∂L/∂X = 2·G·X
 */
export const square: UnaryOp = defineOp<[x: Tensor]>({
  name: 'square',
  inputs: ['x'],
  shape: (x) => x.shape,
  forward: (Y, x) => backend().square(x, Y),
  gradient: { x: (G, _Y, x) => mul(mul(G, 2), x) },
  reads: ['x'],
  samples: (random) => [[random.uniform([2, 3])]],
});

/**
 * Square root, element by element.
 *
 *   forward   Y = √X; NaN where X < 0
 *   gradient  ∂L/∂X = G / (2Y): ∞ at 0
 */
export const sqrt: UnaryOp = defineOp<[x: Tensor]>({
  name: 'sqrt',
  inputs: ['x'],
  shape: (x) => x.shape,
  forward: (Y, x) => backend().sqrt(x, Y),
  gradient: { x: (G, Y) => div(G, mul(Y, 2)) },
  reads: ['result'],
  samples: (random) => [[random.uniform([2, 3], 0.5, 2)]],
});

/**
 * One divided by the square root, element by element.
 *
 *   forward   Y = 1/√X; ∞ at 0, NaN where X < 0
 *   gradient  ∂L/∂X = −½·G·Y³
 */
export const rsqrt: UnaryOp = defineOp<[x: Tensor]>({
  name: 'rsqrt',
  inputs: ['x'],
  shape: (x) => x.shape,
  forward: (Y, x) => backend().rsqrt(x, Y),
  gradient: { x: (G, Y) => mul(mul(G, -0.5), mul(square(Y), Y)) },
  reads: ['result'],
  samples: (random) => [[random.uniform([2, 3], 0.5, 2)]],
});

/**
 * Exponential, element by element.
 *
 *   forward   Y = eˣ
 *   gradient  ∂L/∂X = G·Y
 */
export const exp: UnaryOp = defineOp<[x: Tensor]>({
  name: 'exp',
  inputs: ['x'],
  shape: (x) => x.shape,
  forward: (Y, x) => backend().exp(x, Y),
  gradient: { x: (G, Y) => mul(G, Y) },
  reads: ['result'],
  samples: (random) => [[random.uniform([2, 3])]],
});

/**
 * Natural logarithm, element by element.
 *
 *   forward   Y = ln X; −∞ at 0, NaN where X < 0
 *   gradient  ∂L/∂X = G / X
 */
export const log: UnaryOp = defineOp<[x: Tensor]>({
  name: 'log',
  inputs: ['x'],
  shape: (x) => x.shape,
  forward: (Y, x) => backend().log(x, Y),
  gradient: { x: (G, _Y, x) => div(G, x) },
  reads: ['x'],
  samples: (random) => [[random.uniform([2, 3], 0.5, 2)]],
});

/**
 * ln(1 + X), element by element, exact for small X too, where 1 + X would lose it.
 *
 *   forward   Y = ln(1 + X); −∞ at −1, NaN where X < −1
 *   gradient  ∂L/∂X = G / (1 + X)
 */
export const log1p: UnaryOp = defineOp<[x: Tensor]>({
  name: 'log1p',
  inputs: ['x'],
  shape: (x) => x.shape,
  forward: (Y, x) => backend().log1p(x, Y),
  gradient: { x: (G, _Y, x) => div(G, add(x, 1)) },
  reads: ['x'],
  samples: (random) => [[random.uniform([2, 3], -0.5, 1)]],
});

/**
 * eˣ − 1, element by element, exact for small X too, where eˣ would lose it.
 *
 *   forward   Y = eˣ − 1
 *   gradient  ∂L/∂X = G·eˣ
 *   because   Y + 1 is eˣ too, but has lost its digits where X is far below 0
 */
export const expm1: UnaryOp = defineOp<[x: Tensor]>({
  name: 'expm1',
  inputs: ['x'],
  shape: (x) => x.shape,
  forward: (Y, x) => backend().expm1(x, Y),
  gradient: { x: (G, _Y, x) => mul(G, exp(x)) },
  reads: ['x'],
  samples: (random) => [[random.uniform([2, 3])]],
});
