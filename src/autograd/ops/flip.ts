// The opposite order along axes.
import { type Axes, checkAxes, type Shape, stridesOf, type Tensor } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { defineOp } from '../op.ts';

/**
 * Turns the order around, along the given axes (all, unless said).
 *
 *   shape     X [m, n]  →  Y [m, n]
 *   forward   axis 0: Yᵢⱼ = X[m − 1 − i, j]
 *   gradient  ∂L/∂X = G, turned around
 *
 * @throws ShapeError when an axis is out of range or named twice
 */
export const flip: <S extends Shape>(x: Tensor<S>, axes?: Axes) => Tensor<S> = defineOp<
  [x: Tensor],
  [axes?: Axes]
>({
  name: 'flip',
  inputs: ['x'],
  shape(x, axes) {
    checkAxes('flip', axes, x.shape);
    return x.shape;
  },
  forward(Y, x, axes) {
    const strides = stridesOf(x.shape);
    const turned = strides.slice();
    let offset = 0;
    for (const axis of checkAxes('flip', axes, x.shape)) {
      turned[axis] = -strides[axis];
      offset += (x.shape[axis] - 1) * strides[axis];
    }
    backend().copy(x, { offset, strides: turned }, x.shape, { offset: 0, strides }, Y);
  },
  gradient: { x: (G, _Y, _x, axes) => flip(G, axes) },
  reads: [],
  samples: (random) => [
    [random.uniform([2, 3])],
    [random.uniform([2, 3, 4]), 1],
    [random.uniform([2, 3, 4]), [0, -1]],
    [random.uniform([])],
  ],
});
