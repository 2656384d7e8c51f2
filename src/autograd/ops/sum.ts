// Sums and broadcasting: each is the other's gradient.
import {
  type Axes,
  axisView,
  broadcastShapes,
  broadcastStrides,
  checkAxes,
  checkFlag,
  checkOptions,
  checkShape,
  emptyTensor,
  reducedShape,
  sameShape,
  type Shape,
  ShapeError,
  show,
  stridesOf,
  type Tensor,
} from '../../tensor/index.ts';
import { backend, type Reduction } from '../../kernels/index.ts';
import { defineOp } from '../op.ts';
import { reshape } from './reshape.ts';

export interface ReduceOptions {
  /** Keep the reduced axes, with size 1. Default false. */
  keepDims?: boolean;
}

/**
 * The checked axes of a reduction, the shape it leaves, and the number of elements it takes together.
 *
 * @param also the options, besides `keepDims`, that the operation knows
 */
export function reduction(
  where: string,
  x: Tensor,
  axes: Axes | undefined,
  options: ReduceOptions = {},
  also: readonly string[] = [],
) {
  checkOptions(where, options, [...also, 'keepDims']);
  const { keepDims = false } = options;
  checkFlag(where, 'keepDims', keepDims);
  const checked = checkAxes(where, axes, x.shape);
  let count = 1;
  for (const axis of checked) count *= x.shape[axis];
  return { axes: checked, shape: reducedShape(x.shape, checked, keepDims), count };
}

/** Throws if one of the axes (checked) is empty, for reductions that nothing has no answer to. */
export function checkNotEmpty(where: string, x: Tensor, axes: readonly number[]): void {
  const empty = axes.find((axis) => x.shape[axis] === 0);
  if (empty !== undefined)
    throw new ShapeError(
      where,
      `axis ${empty} of ${show(x.shape)} is empty`,
      `there must be at least one element to take the ${where} of`,
    );
}

/**
 * Reduces over several axes (checked, ascending): neighbours are taken together as one, from the last group to the first.
 * The groups' order is part of the arithmetic.
 */
export function reduceAxes(verb: Reduction, x: Tensor, axes: readonly number[], y: Tensor): void {
  const groups: [first: number, last: number][] = [];
  for (const axis of axes) {
    const group = groups.at(-1);
    if (group && group[1] === axis - 1) group[1] = axis;
    else groups.push([axis, axis]);
  }
  if (groups.length === 0) {
    verb(x, { outer: x.size, size: 1, inner: 1 }, y);
    return;
  }
  let from = x;
  for (let i = groups.length - 1; i >= 0; i--) {
    const [first, last] = groups[i];
    const view = axisView(from.shape, first, last);
    const to = i === 0 ? y : emptyTensor([...from.shape.slice(0, first), ...from.shape.slice(last + 1)]);
    verb(from, view, to);
    from = to;
  }
}

/**
 * The sum over one axis, several, or all.
 *
 *   shape     X [..., n, ...]  →  Y, without the summed axes (or with size 1 there, `keepDims`)
 *   forward   Y = Σ X over the axes
 *   gradient  ∂L/∂X = G, stretched over the summed axes
 *   because   each Xᵢ enters the sum once, with slope 1
 *
 * @throws ShapeError when an axis is out of range or named twice
 */
export const sum = defineOp<[x: Tensor], [axes?: Axes, options?: ReduceOptions]>({
  name: 'sum',
  inputs: ['x'],
  shape: (x, axes, options) => reduction('sum', x, axes, options).shape,
  forward: (Y, x, axes) => reduceAxes(backend().sum, x, checkAxes('sum', axes, x.shape), Y),
  gradient: { x: (G, _Y, x, axes) => stretch(G, x, axes) },
  reads: [],
  samples: (random) => [
    [random.uniform([2, 3])],
    [random.uniform([2, 3, 4]), 1],
    [random.uniform([2, 3, 4]), [0, -1]],
    [random.uniform([2, 3]), -1, { keepDims: true }],
  ],
});

/** Gives what a reduction of x left the reduced axes back, with size 1: it broadcasts against x again. */
export const restoreAxes = (G: Tensor, x: Tensor, axes: Axes | undefined): Tensor =>
  reshape(G, reducedShape(x.shape, checkAxes('restoreAxes', axes, x.shape), true));

/** Stretches what a reduction of x left, back over the reduced axes. */
export const stretch = (G: Tensor, x: Tensor, axes: Axes | undefined): Tensor =>
  broadcastTo(G.rank === 0 ? G : restoreAxes(G, x, axes), x.shape);

/**
 * Repeats values along axes of size 1, and along new leading axes, until they fill `shape`.
 *
 *   shape     X [1, n] or [n]  →  Y [m, n]
 *   forward   Yᵢⱼ = Xⱼ
 *   gradient  ∂L/∂X = Σᵢ Gᵢⱼ: a value that was used m times collects m terms
 *
 * @throws ShapeError when an axis that is not 1 would have to be stretched
 */
export const broadcastTo: <S extends number[]>(x: Tensor, shape: readonly [...S]) => Tensor<S> = defineOp<
  [x: Tensor],
  [shape: Shape]
>({
  name: 'broadcastTo',
  inputs: ['x'],
  shape(x, to) {
    const shape = checkShape('broadcastTo', to);
    if (sameShape(broadcastShapes('broadcastTo', x.shape, shape), shape)) return shape;
    throw new ShapeError(
      'broadcastTo',
      `cannot stretch ${show(x.shape)} to ${show(shape)}`,
      'only axes of size 1, and new leading axes, can be stretched',
    );
  },
  forward: (Y, x) =>
    backend().copy(
      x,
      { offset: 0, strides: broadcastStrides(x.shape, Y.shape) },
      Y.shape,
      { offset: 0, strides: stridesOf(Y.shape) },
      Y,
    ),
  gradient: { x: (G, _Y, x) => sumTo(G, x.shape) },
  reads: [],
  samples: (random) => [
    [random.uniform([3]), [2, 3]],
    [random.uniform([2, 1, 3]), [2, 4, 3]],
    [random.uniform([]), [2, 2]],
  ],
});

/**
 * Sums until `shape` is left: what broadcasting stretched is added up again. The gradient of every operation that
 * broadcasts.
 */
export function sumTo(G: Tensor, shape: Shape): Tensor {
  if (sameShape(G.shape, shape)) return G;
  const missing = G.rank - shape.length;
  const stretched = G.shape.flatMap((n: number, axis: number) =>
    axis < missing || (shape[axis - missing] === 1 && n !== 1) ? [axis] : [],
  );
  return reshape(sum(G, stretched), shape);
}
