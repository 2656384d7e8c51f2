// Softmax and its logarithms.
import {
  type Axes,
  axisView,
  checkAxes,
  checkAxis,
  Probabilities,
  type Shape,
  type Tensor,
} from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { defineOp, type Samples } from '../op.ts';
import { mul, sub } from './arithmetic.ts';
import { exp } from './power.ts';
import { reduceAxes, type ReduceOptions, reduction, restoreAxes, sum } from './sum.ts';

type Softmax = <S extends Shape>(x: Tensor<S>, axis?: number) => Probabilities<S>;

const samples = (random: Samples): [Tensor, number?][] => [
  [random.uniform([2, 3], -3, 3)],
  [random.uniform([2, 4, 3], -3, 3), 1],
  [random.uniform([4, 3], -3, 3), -2],
];

/**
 * Probabilities from logits: positive, and with sum 1 along the axis.
 *
 *   shape     as X
 *   forward   Yᵢ = exp Xᵢ / Σⱼ exp Xⱼ
 *   stable    exp(Xᵢ − max X) takes the place of exp Xᵢ: the quotient is the same, and nothing overflows
 *   gradient  ∂L/∂Xᵢ = Yᵢ (Gᵢ − Σⱼ Gⱼ Yⱼ)
 *   because   ∂Yⱼ/∂Xᵢ = Yⱼ ([i = j] − Yᵢ)
 *
 * A logit of −∞ has probability 0; a row of nothing else is NaN. Losses take logits: to them, give X itself.
 *
 * @throws ShapeError when the axis is out of range
 */
export const softmax = defineOp<[x: Tensor], [axis?: number]>({
  name: 'softmax',
  inputs: ['x'],
  shape(x, axis = -1) {
    checkAxis('softmax', axis, x.shape);
    return x.shape;
  },
  forward: (Y, x, axis = -1) =>
    backend().softmax(x, axisView(x.shape, checkAxis('softmax', axis, x.shape)), Y),
  gradient: {
    x: (G, Y, _x, axis = -1) => mul(Y, sub(G, sum(mul(G, Y), axis, { keepDims: true }))),
  },
  reads: ['result'],
  result: Probabilities,
  samples,
}) as unknown as Softmax;

/**
 * The logarithm of softmax, without the detour over probabilities that round to 0.
 *
 *   shape     as X
 *   forward   Yᵢ = Xᵢ − log Σⱼ exp Xⱼ
 *   stable    (Xᵢ − max X) − log Σⱼ exp(Xⱼ − max X)
 *   gradient  ∂L/∂Xᵢ = Gᵢ − exp(Yᵢ) Σⱼ Gⱼ
 *
 * @throws ShapeError when the axis is out of range
 */
export const logSoftmax: <S extends Shape>(x: Tensor<S>, axis?: number) => Tensor<S> = defineOp<
  [x: Tensor],
  [axis?: number]
>({
  name: 'logSoftmax',
  inputs: ['x'],
  shape(x, axis = -1) {
    checkAxis('logSoftmax', axis, x.shape);
    return x.shape;
  },
  forward: (Y, x, axis = -1) =>
    backend().logSoftmax(x, axisView(x.shape, checkAxis('logSoftmax', axis, x.shape)), Y),
  gradient: { x: (G, Y, _x, axis = -1) => sub(G, mul(exp(Y), sum(G, axis, { keepDims: true }))) },
  reads: ['result'],
  samples,
});

/**
 * The logarithm of a sum of exponentials, over one axis, several, or all: a smooth maximum.
 *
 *   shape     X [..., n, ...]  →  Y, without the axes (or with size 1 there, `keepDims`)
 *   forward   Y = log Σ exp X;  −∞ where n is 0
 *   stable    m + log Σ exp(X − m), m = max X
 *   gradient  ∂L/∂X = G softmax(X) = G exp(X − Y);  NaN at Xᵢ = Y = ±∞, as in PyTorch
 *
 * @throws ShapeError when an axis is out of range or named twice
 */
export const logSumExp = defineOp<[x: Tensor], [axes?: Axes, options?: ReduceOptions]>({
  name: 'logSumExp',
  inputs: ['x'],
  shape: (x, axes, options) => reduction('logSumExp', x, axes, options).shape,
  forward: (Y, x, axes) => reduceAxes(backend().logSumExp, x, checkAxes('logSumExp', axes, x.shape), Y),
  gradient: {
    x: (G, Y, x, axes) => mul(restoreAxes(G, x, axes), exp(sub(x, restoreAxes(Y, x, axes)))),
  },
  reads: ['x', 'result'],
  samples: (random) => [
    [random.uniform([2, 3], -3, 3)],
    [random.uniform([2, 3, 4], -3, 3), 1],
    [random.uniform([2, 3, 4], -3, 3), [0, -1]],
    [random.uniform([2, 3], -3, 3), -1, { keepDims: true }],
  ],
});
