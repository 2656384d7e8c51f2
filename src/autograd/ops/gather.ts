// Elements by index along an axis: gather reads them, scatterAdd adds to them. Each is the other's gradient.
import {
  axisView,
  checkAxis,
  sameShape,
  ShapeError,
  type Shape,
  show,
  stridesOf,
  Tensor,
} from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { type CheckedIndices, checkIndices, type Indices } from '../indices.ts';
import { defineOp } from '../op.ts';
import { pad } from './slice.ts';

/**
 * One element of x for each index, taken along an axis: in every other axis, it stands where its index stands.
 *
 *   shape     X [m, n], index [p, q]  →  Y [p, q]        axis 0: q ≤ n;  axis 1: p ≤ m
 *   forward   axis 0: Yᵢⱼ = X[indexᵢⱼ, j]      axis 1: Yᵢⱼ = X[i, indexᵢⱼ]
 *   gradient  ∂L/∂X = zeros, to which each Gᵢⱼ is added where Yᵢⱼ came from: scatterAdd
 *   because   an element that was read twice has two effects on L, and they add up
 *   source    torch.gather
 *
 * @throws ShapeError when index has not as many axes as x, or reaches beyond x along another axis
 * @throws IndexError when an index is not a whole number from 0 to n − 1, n the size of the axis
 */
export const gather = defineOp<[x: Tensor], [index: Indices, axis: number]>({
  name: 'gather',
  inputs: ['x'],
  compose(x, index, axis) {
    const along = checkAxis('gather', axis, x.shape);
    const checked = checkIndices('gather', 'index', index, x.shape[along]);
    checkReach('gather', checked.shape, 'x', x.shape, along);
    return gatherAt(x, checked, along);
  },
  samples: (random) => [
    [random.uniform([3, 4]), [[2, 0, 2, 2]], 0],
    [
      random.uniform([3, 4]),
      [
        [3, 3],
        [0, 3],
        [1, 1],
      ],
      -1,
    ],
    [
      random.uniform([2, 3, 4]),
      [
        [
          [2, 0],
          [1, 1],
          [1, 2],
          [0, 0],
        ],
      ],
      1,
    ],
    [random.uniform([5]), random.integers(7, 5), 0],
  ],
});

/**
 * Adds each element of source to the element of x that its index names along an axis: in every other axis, both
 * stand where the index stands. x itself stays as it is. Terms are added in the order of source.
 *
 *   shape     X [m, n], index [p, q], source at least [p, q]  →  Y [m, n]        axis 0: q ≤ n;  axis 1: p ≤ m
 *   forward   Y = X, then    axis 0: Y[indexᵢⱼ, j] += Sᵢⱼ      axis 1: Y[i, indexᵢⱼ] += Sᵢⱼ
 *   gradient  ∂L/∂X = G      ∂L/∂S = gather(G, index), and 0 beyond the index
 *   source    torch.scatter_add
 *
 * @throws ShapeError when the numbers of axes differ, index reaches beyond source, or beyond x along another axis
 * @throws IndexError when an index is not a whole number from 0 to n − 1, n the size of the axis in x
 */
export const scatterAdd = defineOp<[x: Tensor], [index: Indices, source: Tensor, axis: number]>({
  name: 'scatterAdd',
  inputs: ['x'],
  compose(x, index, source, axis) {
    const along = checkAxis('scatterAdd', axis, x.shape);
    const checked = checkIndices('scatterAdd', 'index', index, x.shape[along]);
    checkReach('scatterAdd', checked.shape, 'x', x.shape, along);
    return scatterInto(source, x, checked, x.shape, along);
  },
  samples: (random) => [
    [
      random.uniform([3, 4]),
      [
        [2, 0, 2, 2],
        [1, 0, 2, 0],
      ],
      random.uniform([2, 4]),
      0,
    ],
    [
      random.uniform([3, 4]),
      [
        [3, 3],
        [0, 3],
      ],
      random.uniform([4, 3]),
      -1,
    ],
    [
      random.uniform([2, 3, 4]),
      [
        [
          [2, 0],
          [2, 1],
          [1, 2],
          [2, 0],
        ],
      ],
      random.uniform([1, 4, 2]),
      1,
    ],
    [random.uniform([5]), random.integers(7, 5), random.uniform([7]), 0],
  ],
});

/** `gather` of checked indices. */
const gatherAt: (x: Tensor, index: CheckedIndices, axis: number) => Tensor = defineOp<
  [x: Tensor],
  [index: CheckedIndices, axis: number]
>({
  name: 'gather',
  inputs: ['x'],
  shape: (_x, index) => index.shape,
  forward(Y, x, index, axis) {
    const reached = index.shape.with(axis, x.shape[axis]);
    const X = sameShape(reached, x.shape) ? x : copyCorner(x, reached, new Tensor(reached));
    backend().gather(X, axisView(reached, axis), index.values, Y);
  },
  gradient: { x: (G, _Y, x, index, axis) => scatterInto(G, undefined, index, x.shape, axis) },
  reads: [],
  samples: () => [],
});

/** `scatterAdd` to x, or to zeros of that shape, of checked indices. */
const scatterInto: (
  source: Tensor,
  x: Tensor | undefined,
  index: CheckedIndices,
  shape: Shape,
  axis: number,
) => Tensor = defineOp<
  [source: Tensor, x: Tensor | undefined],
  [index: CheckedIndices, shape: Shape, axis: number]
>({
  name: 'scatterAdd',
  inputs: ['source', 'x?'],
  shape(source, _x, index, shape) {
    checkReach('scatterAdd', index.shape, 'source', source.shape);
    return shape;
  },
  forward(Y, source, x, index, shape, axis) {
    if (x) copyCorner(x, shape, Y);
    else backend().fill(0, Y);
    const S = sameShape(index.shape, source.shape)
      ? source
      : copyCorner(source, index.shape, new Tensor(index.shape));
    const reached = index.shape.with(axis, shape[axis]);
    const whole = sameShape(reached, shape);
    const part = whole ? Y : copyCorner(Y, reached, new Tensor(reached));
    backend().scatterAdd(S, index.values, axisView(reached, axis), part);
    if (!whole) copyCorner(part, reached, Y);
  },
  gradient: {
    source: (G, _Y, source, _x, index, _shape, axis) => {
      const read = gatherAt(G, index, axis);
      return sameShape(index.shape, source.shape)
        ? read
        : pad(
            read,
            source.shape.map((n: number, k: number) => [0, n - index.shape[k]]),
          );
    },
    x: (G) => G,
  },
  reads: [],
  samples: () => [],
});

/** Throws unless the index has as many axes as what it is used on, and is no larger, except along `free`. */
function checkReach(where: string, index: Shape, name: string, shape: Shape, free?: number): void {
  if (index.length !== shape.length) {
    throw new ShapeError(
      where,
      `index ${show(index)} on ${name} ${show(shape)}`,
      `index must have as many axes as ${name}: ${shape.length}`,
    );
  }
  const beyond = index.findIndex((n, axis) => axis !== free && n > shape[axis]);
  if (beyond < 0) return;
  throw new ShapeError(
    where,
    `index ${show(index)} reaches beyond ${name} ${show(shape)} along axis ${beyond}`,
    `index may not be larger than ${name}${free === undefined ? '' : `, except along axis ${free}`}`,
  );
}

/** Copies the elements whose places lie below `sizes`. Returns `to`. */
function copyCorner(from: Tensor, sizes: Shape, to: Tensor): Tensor {
  const layout = ({ shape }: Tensor) => ({ offset: 0, strides: stridesOf(shape) });
  backend().copy(from, layout(from), sizes, layout(to), to);
  return to;
}
