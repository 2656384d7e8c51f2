// The verbs that a GPU can run: how a call becomes a command, which calls it cannot serve, and how much there is to do.
import type { AxisView, Shape, Tensor } from '../../tensor/index.ts';
import type { Backend, Layout, MatmulOptions, ParameterBuffers } from '../backend.ts';
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

const most = { y: 500_000, z: 65_535 }; // threads along the second and the third axis of a launch

/** Operands first, the result last. */
const plain: Encode = (args) => [{ args: args.slice(0, -1), results: [args.at(-1)] }];

const fewAxes = ({ sizes }: { sizes: readonly number[] }, length: number): boolean => {
  if (sizes.length > 4 || (sizes.length === 4 && length > 2 ** 22)) return false; // four axes: an index is a float32
  const [y = 1, z = 1, outer = 1] = sizes.toReversed().slice(1);
  return y <= most.y && z * outer <= most.z;
};

const broadcast: Encode = (args) => {
  const y: Tensor = args.at(-1);
  const fits = args
    .slice(0, -1)
    .every((x: Tensor) => x.size === y.size || fewAxes(collapse(y.shape, spread(x.shape, y.shape)), x.size));
  return fits ? plain(args) : undefined;
};

const viewed: Encode = (args) => {
  const { outer, inner }: AxisView = args[1];
  return outer <= (inner === 1 ? most.y : most.z) && inner < 2 ** 24 ? plain(args) : undefined;
};

const rowwise: Encode = (args) => {
  const x: Tensor =
    args.find((argument: Tensor | undefined) => argument !== undefined && argument.rank >= 2) ?? args.at(-1);
  return x.rank > 0 && x.size / x.shape[x.rank - 1] <= most.y ? plain(args) : undefined;
};

const along: Encode = (args) => {
  const { outer, size }: AxisView = args[1];
  return outer <= most.z && size <= most.y ? plain(args) : undefined;
};

const product = (args: any[], terms: number, rows: number): Call[] | undefined => {
  const Y: Tensor = args.at(-1);
  if (rows > most.y || terms === 0) return undefined;
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
  gather: along,
  select: ([x, view, index, y]: [Tensor, AxisView, Int32Array, Tensor]) =>
    view.outer <= most.z && index.length <= most.y ? plain([x, view, index, y]) : undefined,

  matmul([A, B, options, Y]: [Tensor, Tensor, MatmulOptions, Tensor]) {
    const [m, n] = Y.shape.slice(-2);
    if (Y.size / (m * n) > most.z) return undefined;
    return product([A, B, options, Y], A.shape[A.rank - (options.transposeA ? 2 : 1)], m);
  },
  linear: ([X, W, b, Y]: [Tensor, Tensor, Tensor | undefined, Tensor]) =>
    product([X, W, b, Y], W.shape[1], Y.size / W.shape[0]),

  sum: viewed,
  prod: viewed,
  max: viewed,
  min: viewed,
  argmax: viewed,
  argmin: viewed,

  softmax: along,
  logSoftmax: along,
  logSumExp: along,
  crossEntropy: rowwise,
  crossEntropyGradient: rowwise,
  layerNorm: rowwise,
  layerNormGradient: rowwise,

  sgd: optimizer,
  adam: optimizer,
  rmsprop: optimizer,
  adagrad: optimizer,
};
