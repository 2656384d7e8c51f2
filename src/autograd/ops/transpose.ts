// Axes in another order: permute and transpose.
import {
  ArgumentError,
  checkAxis,
  describe,
  ShapeError,
  type Shape,
  show,
  stridesOf,
  type Tensor,
} from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { defineOp } from '../op.ts';

/**
 * The axes of x in another order: axis i of the result is axis `axes[i]` of x.
 *
 *   shape     X [a, b, c], axes [2, 0, 1]  →  Y [c, a, b]
 *   forward   Yₖᵢⱼ = Xᵢⱼₖ
 *   gradient  ∂L/∂X = G, its axes put back
 *
 * @throws ShapeError unless every axis is named exactly once
 */
export const permute: (x: Tensor, axes: readonly number[]) => Tensor = defineOp<
  [x: Tensor],
  [axes: readonly number[]]
>({
  name: 'permute',
  inputs: ['x'],
  shape: (x, axes) => checkOrder(axes, x.shape).map((axis) => x.shape[axis]),
  forward(Y, x, axes) {
    const strides = stridesOf(x.shape);
    const from = { offset: 0, strides: checkOrder(axes, x.shape).map((axis) => strides[axis]) };
    backend().copy(x, from, Y.shape, { offset: 0, strides: stridesOf(Y.shape) }, Y);
  },
  gradient: {
    x(G, _Y, x, axes) {
      const order = checkOrder(axes, x.shape);
      return permute(
        G,
        order.map((_, axis) => order.indexOf(axis)),
      );
    },
  },
  reads: [],
  samples: (random) => [
    [random.uniform([2, 3, 4]), [2, 0, 1]],
    [random.uniform([2, 3, 4]), [1, -1, 0]],
    [random.uniform([2, 1, 3, 2]), [3, 1, 0, 2]],
    [random.uniform([]), []],
  ],
});

/** The axes counted from the front, in the order in which they are named. */
function checkOrder(axes: unknown, shape: Shape): number[] {
  const example = `permute(x, ${show(shape.map((_, axis) => axis).reverse())})`;
  if (!Array.isArray(axes)) {
    const rule = 'axes is a list that names every axis once';
    throw new ArgumentError('permute', `axes is ${describe(axes)}`, rule, example);
  }
  const order = axes.map((axis) => checkAxis('permute', axis, shape));
  if (order.length === shape.length && new Set(order).size === shape.length) return order;
  throw new ShapeError(
    'permute',
    `axes ${show(axes)} of a tensor of shape ${show(shape)}`,
    `each of the ${shape.length} axes must be named once`,
    example,
  );
}

type IsAny<T> = 0 extends 1 & T ? true : false;

/** [m, n] → [n, m]; of stacks and of unknown shapes, anything. */
type TransposeOf<S> =
  true extends IsAny<S>
    ? any
    : S extends readonly [infer M extends number, infer N extends number]
      ? [N, M]
      : any;

export interface Transpose {
  <S extends Shape>(x: Tensor<S>): Tensor<TransposeOf<S>>;
  (x: Tensor, axis1?: number, axis2?: number): Tensor;
}

/**
 * Two axes change places: the last two, unless said.
 *
 *   shape     X [m, n]  →  Y [n, m]
 *   forward   Yⱼᵢ = Xᵢⱼ
 *   gradient  ∂L/∂X = Gᵀ
 *
 * @throws ShapeError when an axis is out of range, or there are less than two
 */
export const transpose: Transpose = defineOp<[x: Tensor], [axis1?: number, axis2?: number]>({
  name: 'transpose',
  inputs: ['x'],
  compose(x, axis1 = -2, axis2 = -1) {
    const [i, j] = [checkAxis('transpose', axis1, x.shape), checkAxis('transpose', axis2, x.shape)];
    return permute(
      x,
      x.shape.map((_: number, axis: number) => (axis === i ? j : axis === j ? i : axis)),
    );
  },
  samples: (random) => [
    [random.uniform([2, 3])],
    [random.uniform([2, 3, 4])],
    [random.uniform([2, 3, 4]), 0, -1],
  ],
});
