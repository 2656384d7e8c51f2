// Running sums.
import { axisView, checkAxis, type Shape, type Tensor } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { defineOp } from '../op.ts';

type AlongAxis = <S extends Shape>(x: Tensor<S>, axis: number) => Tensor<S>;

/** Running sums from the first element on, or (`reverse`) from the last; each is the other's gradient. */
const running = (reverse: boolean): AlongAxis =>
  defineOp<[x: Tensor], [axis: number]>({
    name: 'cumsum',
    inputs: ['x'],
    shape(x, axis) {
      checkAxis('cumsum', axis, x.shape);
      return x.shape;
    },
    forward: (Y, x, axis) =>
      backend().cumsum(x, axisView(x.shape, checkAxis('cumsum', axis, x.shape)), reverse, Y),
    gradient: { x: (G, _Y, _x, axis) => (reverse ? cumsum : cumsumReversed)(G, axis) },
    reads: [],
    samples: (random) => [
      [random.uniform([5]), 0],
      [random.uniform([2, 4, 3]), 1],
      [random.uniform([2, 4]), -1],
    ],
  });

/**
 * Running sums along an axis.
 *
 *   shape     as X
 *   forward   Yᵢ = X₀ + ... + Xᵢ
 *   gradient  ∂L/∂Xᵢ = Gᵢ + ... + Gₙ₋₁, running from the other end
 *   because   Xᵢ enters its own sum and all later ones
 *
 * @throws ShapeError when the axis is out of range
 */
export const cumsum = running(false);

const cumsumReversed = running(true);
