// The verbs that a GPU can run: how a call becomes a command, which calls it cannot serve, and how much there is to do.
import type { AxisView, Shape, Tensor } from '../../tensor/index.ts';
import type { Backend, Layout, MatmulOptions, ParameterBuffers } from '../backend.ts';
import { share } from './programs/reductions.ts';
import { collapse, rowMajor, spread } from './strided.ts';

/** A call as a command: the tensors among `args` are its operands. */
export interface Call {
  args: readonly unknown[];
  results: readonly Tensor[];
  /** Floating-point operations, beside those that every element costs. */
  flops?: number;
}

type Verb = keyof Backend;

/** How a call is told to the GPU. Several calls, if the verb takes several things at once; undefined if it cannot serve it. */
type Encode = (args: any) => Call[] | undefined;

/** Whether so many threads can be launched along each axis. Along one alone there is no limit. */
const canLaunch = (x: number, y: number, z = 1): boolean => x <= 500_000 && y <= 500_000 && z <= 65_535;

const mostExact = 2 ** 24; // above it, a float32 does not hold every whole number: what is found by a computed index must be smaller

/** Operands first, the result last. */
const plain: Encode = (args) => [{ args: args.slice(0, -1), results: [args.at(-1)] }];

const fewAxes = ({ sizes }: { sizes: readonly number[] }, length: number): boolean => {
  if (sizes.length < 2) return true;
  const [x, y, z = 1, outer = 1] = sizes.toReversed();
  if (sizes.length > 4 || (outer > 1 && length > mostExact)) return false; // of four axes, an index is a float32
  return canLaunch(x, y, z * outer);
};

const broadcast: Encode = (args) => {
  const y: Tensor = args.at(-1);
  const fits = args
    .slice(0, -1)
    .every((x: Tensor) => x.size === y.size || fewAxes(collapse(y.shape, spread(x.shape, y.shape)), x.size));
  return fits ? plain(args) : undefined;
};

const canReduce = ({ outer, size, inner }: AxisView): boolean =>
  canLaunch(inner === 1 ? size / share : inner, outer);

const reduction: Encode = (args) => (canReduce(args[1]) ? plain(args) : undefined);

/** Along an axis, what is as large as the whole. */
const along: Encode = (args) => {
  const view: AxisView = args[1];
  return canReduce(view) && canLaunch(view.inner, view.size, view.outer) ? plain(args) : undefined;
};

/** Row by row of the argument at `place`. */
const ofRows =
  (place: number): Encode =>
  (args) => {
    const { shape, size }: Tensor = args[place];
    const width = shape[shape.length - 1];
    return width > 0 && canLaunch(width, size / width) ? plain(args) : undefined;
  };

/** At indices, `count` of them along the axis. */
const at =
  (count: (index: Int32Array, view: AxisView) => number): Encode =>
  (args) => {
    const [x, view, index]: [Tensor, AxisView, Int32Array] = args;
    return x.size <= mostExact && canLaunch(view.inner, count(index, view), view.outer)
      ? plain(args)
      : undefined;
  };

const product = (args: any[], terms: number, rows: number, columns: number): Call[] | undefined => {
  const Y: Tensor = args.at(-1);
  if (!canLaunch(columns, rows, Y.size / (rows * columns)) || terms === 0) return undefined;
  return [{ args: args.slice(0, -1), results: [Y], flops: 2 * Y.size * terms }];
};

/** The parameters one by one: what is overwritten becomes a result of its own. */
const optimizer: Encode = ([parameters, options]: [readonly ParameterBuffers[], object]) =>
  parameters.map((buffers) => {
    const [parameter, , ...state] = buffers;
    return { args: [...buffers, options], results: [parameter, ...state] };
  });

const unary: Verb[] = [
  'neg',
  'abs',
  'sign',
  'square',
  'sqrt',
  'rsqrt',
  'exp',
  'log',
  'log1p',
  'expm1',
  'sin',
  'cos',
  'tanh',
  'erf',
  'sigmoid',
  'softplus',
  'relu',
  'isFinite',
];

const binary: Verb[] = [
  'add',
  'sub',
  'mul',
  'div',
  'pow',
  'maximum',
  'minimum',
  'equal',
  'notEqual',
  'less',
  'lessEqual',
  'greater',
  'greaterEqual',
  'where',
  'reluGradient',
];

const all = (verbs: Verb[], encode: Encode) => Object.fromEntries(verbs.map((verb) => [verb, encode]));

export const verbs: Partial<Record<Verb, Encode>> = {
  ...all(unary, plain),
  leakyRelu: ([x, slope, y]) => plain([x, slope, y]),
  elu: plain,
  clip: plain,
  ...all(binary, broadcast),

  fill: plain,
  copy([x, from, sizes, to, y]: [Tensor, Layout, Shape, Layout, Tensor]) {
    const isWhole = to.offset === 0 && sizes.reduce((product, size) => product * size, 1) === y.size;
    const inOrder = collapse(sizes, to.strides).sizes.length <= 1 && isWhole;
    const isRowMajor =
      inOrder && rowMajor(sizes).every((stride, axis) => sizes[axis] === 1 || stride === to.strides[axis]);
    const isAhead = from.strides.every((stride) => stride >= 0);
    if (!isRowMajor || !isAhead || !fewAxes(collapse(sizes, from.strides), x.size)) return undefined;
    return [{ args: [x, from, sizes], results: [y] }];
  },
  gather: at((index, { outer, inner }) => index.length / (outer * inner)),
  select: at((index) => index.length),

  matmul([A, B, options, Y]: [Tensor, Tensor, MatmulOptions, Tensor]) {
    const [m, n] = Y.shape.slice(-2);
    if (Y.size > m * n && Math.max(A.size, B.size) > mostExact) return undefined;
    return product([A, B, options, Y], A.shape[A.rank - (options.transposeA ? 2 : 1)], m, n);
  },
  linear: ([X, W, b, Y]: [Tensor, Tensor, Tensor | undefined, Tensor]) =>
    product([X, W, b, Y], W.shape[1], Y.size / W.shape[0], W.shape[0]),

  sum: reduction,
  prod: reduction,
  max: reduction,
  min: reduction,
  argmax: reduction,
  argmin: reduction,

  softmax: along,
  logSoftmax: along,
  logSumExp: reduction,
  crossEntropy: (args) => (args[0].size <= mostExact ? ofRows(0)(args) : undefined),
  crossEntropyGradient: ofRows(1),
  layerNorm: ofRows(0),
  layerNormGradient: ofRows(1),

  sgd: optimizer,
  adam: optimizer,
  rmsprop: optimizer,
  adagrad: optimizer,
};
