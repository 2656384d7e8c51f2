// Elementwise verbs: yᵢ = f(xᵢ) and yᵢ = f(aᵢ, bᵢ). Storing into y rounds to float32.
import { broadcastStrides, sameShape, type Shape, sizeOf, type Tensor } from '../../tensor/index.ts';
import type { Backend, Binary, Unary } from '../backend.ts';
import { erf, exp, expm1, fround, log, log1p, pow, sigmoid, sin, cos, softplus, tanh } from './precision.ts';

const unary =
  (f: (x: number) => number): Unary =>
  (x, y) =>
    map(x, f, y);

function map(x: Tensor, f: (x: number) => number, y: Tensor): void {
  const from = x.storage.read();
  const to = y.storage.write();
  for (let i = 0; i < to.length; i++) to[i] = f(from[i]);
}

const binary =
  (f: (a: number, b: number) => number): Binary =>
  (a, b, y) => {
    const [as, bs, to] = [a.storage.read(), b.storage.read(), y.storage.write()];
    if (sameShape(a.shape, y.shape) && sameShape(b.shape, y.shape)) {
      for (let i = 0; i < to.length; i++) to[i] = f(as[i], bs[i]);
      return;
    }
    eachBroadcast(
      y.shape,
      [broadcastStrides(a.shape, y.shape), broadcastStrides(b.shape, y.shape)],
      (i, [p, q]) => {
        to[i] = f(as[p], bs[q]);
      },
    );
  };

/** Visits the elements of `shape` in order, with the place of each in operands that have the given strides. */
function eachBroadcast(
  shape: Shape,
  strides: readonly (readonly number[])[],
  visit: (i: number, places: number[]) => void,
): void {
  const size = sizeOf(shape);
  const index = new Array<number>(shape.length).fill(0);
  const places = strides.map(() => 0);
  for (let i = 0; i < size; i++) {
    visit(i, places);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const wrapped = ++index[axis] === shape[axis];
      for (let s = 0; s < strides.length; s++)
        places[s] += wrapped ? -(shape[axis] - 1) * strides[s][axis] : strides[s][axis];
      if (!wrapped) break;
      index[axis] = 0;
    }
  }
}

type Elementwise =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'square'
  | 'sqrt'
  | 'rsqrt'
  | 'exp'
  | 'log'
  | 'log1p'
  | 'expm1'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'erf'
  | 'sigmoid'
  | 'softplus'
  | 'relu'
  | 'isFinite'
  | 'leakyRelu'
  | 'elu'
  | 'clip'
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'maximum'
  | 'minimum'
  | 'equal'
  | 'notEqual'
  | 'less'
  | 'lessEqual'
  | 'greater'
  | 'greaterEqual'
  | 'where'
  | 'reluGradient';

export const elementwise: Pick<Backend, Elementwise> = {
  neg: unary((x) => -x),
  abs: unary(Math.abs),
  sign: unary(Math.sign),
  square: unary((x) => x * x),
  sqrt: unary(Math.sqrt),
  rsqrt: unary((x) => 1 / fround(Math.sqrt(x))),
  exp: unary(exp),
  log: unary(log),
  log1p: unary(log1p),
  expm1: unary(expm1),
  sin: unary(sin),
  cos: unary(cos),
  tanh: unary(tanh),
  erf: unary(erf),
  sigmoid: unary(sigmoid),
  softplus: unary(softplus),
  relu: unary((x) => (x <= 0 ? 0 : x)),
  isFinite: unary((x) => (Number.isFinite(x) ? 1 : 0)),
  leakyRelu: (x, slope, y) => map(x, (v) => (v > 0 ? v : fround(slope) * v), y),
  elu: (x, alpha, y) => map(x, (v) => (v > 0 ? v : fround(alpha) * expm1(v)), y),
  clip(x, min, max, y) {
    const [low, high] = [fround(min), fround(max)];
    map(x, (v) => (v < low ? low : v > high ? high : v), y);
  },

  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  div: binary((a, b) => a / b),
  pow: binary(pow),
  maximum: binary(Math.max),
  minimum: binary(Math.min),
  equal: binary((a, b) => (a === b ? 1 : 0)),
  notEqual: binary((a, b) => (a !== b ? 1 : 0)),
  less: binary((a, b) => (a < b ? 1 : 0)),
  lessEqual: binary((a, b) => (a <= b ? 1 : 0)),
  greater: binary((a, b) => (a > b ? 1 : 0)),
  greaterEqual: binary((a, b) => (a >= b ? 1 : 0)),

  where(condition, a, b, y) {
    const [when, as, bs, to] = [
      condition.storage.read(),
      a.storage.read(),
      b.storage.read(),
      y.storage.write(),
    ];
    const strides = [condition, a, b].map((operand) => broadcastStrides(operand.shape, y.shape));
    eachBroadcast(y.shape, strides, (i, [c, p, q]) => {
      to[i] = when[c] !== 0 ? as[p] : bs[q];
    });
  },

  reluGradient: binary((dy, y) => (y <= 0 ? 0 : dy)),
};
