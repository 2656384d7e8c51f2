// One of two, element by element: where, maximum, minimum.
import { broadcastShapes, type Shape, type Tensor } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { defineOp, type Operand, type Samples } from '../op.ts';
import { add, type BinaryOp, mul } from './arithmetic.ts';
import { equal, greater, less } from './compare.ts';
import { sumTo } from './sum.ts';

/** The shape is kept where both choices are numbers. */
export interface Where {
  <S extends Shape>(condition: Tensor<S>, a: number, b: number): Tensor<S>;
  (condition: Operand, a: Operand, b: Operand): Tensor;
}

/**
 * Chooses between two, element by element.
 *
 *   shape     C, A, B broadcast to Y
 *   forward   Y = A where C ≠ 0 (so where it is NaN, too), else B
 *   gradient  ∂L/∂A = G where C ≠ 0, else 0   ∂L/∂B = 0 where C ≠ 0, else G   (each summed over what was stretched)
 *   because   a product with a 1-or-0 mask would say so too, but 0·∞ and 0·NaN are NaN: what was not chosen must not count
 *
 * @throws ShapeError when the shapes do not broadcast
 */
export const where: Where = defineOp<[condition: Operand, a: Operand, b: Operand]>({
  name: 'where',
  inputs: ['condition', 'a', 'b'],
  shape: (condition, a, b) =>
    broadcastShapes('where', broadcastShapes('where', condition.shape, a.shape), b.shape),
  forward: (Y, condition, a, b) => backend().where(condition, a, b, Y),
  gradient: {
    a: (G, _Y, condition, a) => sumTo(where(condition, G, 0), a.shape),
    b: (G, _Y, condition, _a, b) => sumTo(where(condition, 0, G), b.shape),
  },
  reads: ['condition'],
  samples: (random) => [
    [random.awayFromZero([2, 3]), random.uniform([2, 3]), random.uniform([3])],
    [random.awayFromZero([2, 1]), 0.5, random.uniform([3])],
    [1, random.uniform([2, 2]), 1.5],
    [0, random.uniform([2, 1]), random.uniform([3])],
  ],
});

/** What a maximum or minimum passes on to one side: G, half of it at a tie, 0 where that side lost. */
const share = (G: Tensor, a: Tensor, b: Tensor, lost: Tensor, shape: Shape): Tensor =>
  sumTo(where(lost, 0, where(equal(a, b), mul(G, 0.5), G)), shape);

const withoutTies = (random: Samples): [Operand, Operand][] => {
  const between = (shape: Shape) => add(random.distinct(shape), 0.075);
  return [
    [random.distinct([2, 3]), between([2, 3])],
    [random.distinct([2, 3]), between([3])],
    [random.distinct([2, 1, 3]), between([4, 1])],
    [random.distinct([2, 2]), 0.075],
    [0.075, random.distinct([2, 2])],
  ];
};

/**
 * The greater one, element by element.
 *
 *   shape     A, B broadcast to Y
 *   forward   Y = max(A, B); NaN if either is NaN
 *   gradient  G goes to the greater one; at a tie, half to each, as in PyTorch
 *
 * @throws ShapeError when the shapes do not broadcast
 */
export const maximum: BinaryOp = defineOp<[a: Operand, b: Operand]>({
  name: 'maximum',
  inputs: ['a', 'b'],
  shape: (a, b) => broadcastShapes('maximum', a.shape, b.shape),
  forward: (Y, a, b) => backend().maximum(a, b, Y),
  gradient: {
    a: (G, _Y, a, b) => share(G, a, b, less(a, b), a.shape),
    b: (G, _Y, a, b) => share(G, a, b, greater(a, b), b.shape),
  },
  reads: ['a', 'b'],
  samples: withoutTies,
});

/**
 * The smaller one, element by element.
 *
 *   shape     A, B broadcast to Y
 *   forward   Y = min(A, B); NaN if either is NaN
 *   gradient  G goes to the smaller one; at a tie, half to each, as in PyTorch
 *
 * @throws ShapeError when the shapes do not broadcast
 */
export const minimum: BinaryOp = defineOp<[a: Operand, b: Operand]>({
  name: 'minimum',
  inputs: ['a', 'b'],
  shape: (a, b) => broadcastShapes('minimum', a.shape, b.shape),
  forward: (Y, a, b) => backend().minimum(a, b, Y),
  gradient: {
    a: (G, _Y, a, b) => share(G, a, b, greater(a, b), a.shape),
    b: (G, _Y, a, b) => share(G, a, b, less(a, b), b.shape),
  },
  reads: ['a', 'b'],
  samples: withoutTies,
});
