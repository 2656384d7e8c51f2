// Arithmetic with broadcasting: add, sub, mul, div, neg.
import { broadcastShapes, type Shape, type Tensor } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { defineOp, type Operand, type Samples } from '../op.ts';
import { sumTo } from './sum.ts';

/** Element by element on one tensor: the shape stays. */
export type UnaryOp = <S extends Shape>(x: Tensor<S>) => Tensor<S>;

/** Element by element on two, broadcast to a common shape; the shape is kept where a number is one of them. */
export interface BinaryOp {
  <S extends Shape>(a: Tensor<S>, b: number): Tensor<S>;
  <S extends Shape>(a: number, b: Tensor<S>): Tensor<S>;
  (a: Operand, b: Operand): Tensor;
}

/** Pairs that are equal in shape, stretched at one side, stretched at both, and a tensor with a number. */
export const binarySamples = (make: (shape: Shape) => Tensor): [Operand, Operand][] => [
  [make([2, 3]), make([2, 3])],
  [make([2, 3]), make([3])],
  [make([2, 1, 3]), make([4, 1])],
  [make([2, 2]), 1.5],
  [1.5, make([2, 2])],
];

const anywhere = (random: Samples) => binarySamples((shape) => random.uniform(shape));

/**
 * Sum, element by element.
 *
 *   shape     A, B broadcast to Y
 *   forward   Y = A + B
 *   gradient  ∂L/∂A = G   ∂L/∂B = G   (each summed over what was stretched)
 *
 * @throws ShapeError when the shapes do not broadcast
 */
export const add: BinaryOp = defineOp<[a: Operand, b: Operand]>({
  name: 'add',
  inputs: ['a', 'b'],
  shape: (a, b) => broadcastShapes('add', a.shape, b.shape),
  forward: (Y, a, b) => backend().add(a, b, Y),
  gradient: { a: (G, _Y, a) => sumTo(G, a.shape), b: (G, _Y, _a, b) => sumTo(G, b.shape) },
  reads: [],
  samples: anywhere,
});

/**
 * Difference, element by element.
 *
 *   forward   Y = A − B
 *   gradient  ∂L/∂A = G   ∂L/∂B = −G
 *
 * @throws ShapeError when the shapes do not broadcast
 */
export const sub: BinaryOp = defineOp<[a: Operand, b: Operand]>({
  name: 'sub',
  inputs: ['a', 'b'],
  shape: (a, b) => broadcastShapes('sub', a.shape, b.shape),
  forward: (Y, a, b) => backend().sub(a, b, Y),
  gradient: { a: (G, _Y, a) => sumTo(G, a.shape), b: (G, _Y, _a, b) => sumTo(neg(G), b.shape) },
  reads: [],
  samples: anywhere,
});

/**
 * Product, element by element.
 *
 *   forward   Y = A·B
 *   gradient  ∂L/∂A = G·B   ∂L/∂B = G·A
 *
 * @throws ShapeError when the shapes do not broadcast
 */
export const mul: BinaryOp = defineOp<[a: Operand, b: Operand]>({
  name: 'mul',
  inputs: ['a', 'b'],
  shape: (a, b) => broadcastShapes('mul', a.shape, b.shape),
  forward: (Y, a, b) => backend().mul(a, b, Y),
  gradient: { a: (G, _Y, a, b) => sumTo(mul(G, b), a.shape), b: (G, _Y, a, b) => sumTo(mul(G, a), b.shape) },
  reads: ['a', 'b'],
  samples: anywhere,
});

/**
 * Quotient, element by element.
 *
 *   forward   Y = A / B
 *   gradient  ∂L/∂A = G/B   ∂L/∂B = −G·Y/B
 *
 * @throws ShapeError when the shapes do not broadcast
 */
export const div: BinaryOp = defineOp<[a: Operand, b: Operand]>({
  name: 'div',
  inputs: ['a', 'b'],
  shape: (a, b) => broadcastShapes('div', a.shape, b.shape),
  forward: (Y, a, b) => backend().div(a, b, Y),
  gradient: {
    a: (G, _Y, a, b) => sumTo(div(G, b), a.shape),
    b: (G, Y, _a, b) => sumTo(neg(div(mul(G, Y), b)), b.shape),
  },
  reads: ['b', 'result'],
  samples: (random) => binarySamples((shape) => random.awayFromZero(shape, 0.5)),
});

/**
 * The negative, element by element.
 *
 *   forward   Y = −X
 *   gradient  ∂L/∂X = −G
 */
export const neg: UnaryOp = defineOp<[x: Tensor]>({
  name: 'neg',
  inputs: ['x'],
  shape: (x) => x.shape,
  forward: (Y, x) => backend().neg(x, Y),
  gradient: { x: (G) => neg(G) },
  reads: [],
  samples: (random) => [[random.uniform([2, 3])]],
});
