// Random arguments for every operation: shapes out of the sizes at which kernels go wrong.
import { type Tensor, tensor } from '../../src/index.ts';
import { samplesFrom } from './gradients.ts';
import { seeded } from './random.ts';

/** Nothing, one, and what lies around one vector, two, four, sixteen and thirty-two of them. */
export const sizes = [0, 1, 3, 4, 5, 7, 8, 15, 16, 17, 63, 64, 65, 129, 1000];

const most = 8_000; // elements of a tensor, multiplications of a product: plain loops compute each case
const specials = [Number.NaN, Infinity, -Infinity, 0, -0, 1e-45, -1e-42, 3.4e38, -3.4e38, 1, -1];

/** A source of random shapes and numbers, of which every shape has one axis of size `focus`. */
export class Draw {
  readonly #random: () => number;
  readonly focus: number;

  constructor(seed: number, focus: number) {
    this.#random = seeded(seed);
    this.focus = focus;
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)];
  }

  /** A size that leaves a product of at most `most`, if `others` are its other factors. */
  size(...others: number[]): number {
    const product = others.reduce((a, b) => a * Math.max(b, 1), 1);
    return this.pick(sizes.filter((size) => size * product <= most));
  }

  /** As many axes as are asked for, the focus in a random place. */
  shape(rank: number = this.pick([1, 2, 2, 3])): number[] {
    const shape: number[] = [];
    const place = Math.floor(this.#random() * rank);
    for (let i = 1; i < rank; i++) shape.push(this.size(this.focus, ...shape));
    if (rank > 0) shape.splice(place, 0, this.focus);
    return shape;
  }

  /** A shape without an empty axis. */
  filled(rank?: number): number[] {
    return this.shape(rank).map((size) => Math.max(size, 1));
  }

  axis(shape: readonly number[]): number {
    return Math.floor(this.#random() * shape.length) - this.pick([0, shape.length]);
  }

  uniform(shape: readonly number[], low = -8, high = 8): Tensor {
    return samplesFrom(this.#random).uniform(shape, low, high);
  }

  /** Numbers in −8 … 8; in every second tensor some are NaN, infinite, zero of either sign, tiny or huge. */
  numbers(shape: readonly number[]): Tensor {
    const x = this.uniform(shape);
    if (this.pick([true, false])) return x;
    return tensor(
      x.data.map((value) => (this.#random() < 0.1 ? this.pick(specials) : value)),
      shape,
    ) as Tensor;
  }

  /** Whole numbers below `below`, of which many are the same. */
  integers(count: number, below: number): Int32Array {
    return samplesFrom(this.#random).integers(count, below);
  }

  /** So many shapes that broadcast to one. */
  broadcast(count: number): number[][] {
    const shape = this.shape();
    return Array.from({ length: count }, () =>
      shape
        .map((size) => (this.pick([true, true, false]) ? size : 1))
        .slice(this.pick([true, true, false]) ? 0 : Math.floor(this.#random() * (shape.length + 1))),
    );
  }
}

type Arguments = (draw: Draw) => unknown[];

const one: Arguments = (draw) => [draw.numbers(draw.shape())];
const two: Arguments = (draw) => draw.broadcast(2).map((shape) => draw.numbers(shape));
const alongAxis: Arguments = (draw) => {
  const shape = draw.shape();
  return [draw.numbers(shape), draw.axis(shape)];
};
const alongFilledAxis: Arguments = (draw) => {
  const shape = draw.filled();
  return [draw.numbers(shape), draw.axis(shape)];
};
const matrix: Arguments = (draw) => [draw.numbers(draw.shape(2)), draw.pick([-20, -1, 0, 1, 3, 70])];

/** Two tensors of one shape, each in its interval. */
const alike =
  (first: [number, number], second: [number, number], rank?: number): Arguments =>
  (draw) => {
    const shape = draw.shape(rank);
    return [
      draw.uniform(shape, ...first),
      draw.uniform(shape, ...second),
      { reduction: draw.pick(['none', 'sum', 'mean']) },
    ];
  };

const classified: Arguments = (draw) => {
  const [rows, classes] = draw.filled(2);
  return [
    draw.uniform([rows, classes], -8, -0.1),
    draw.integers(rows, classes),
    { reduction: draw.pick(['none', 'sum', 'mean']) },
  ];
};

/** Indices for a tensor's axis, as an index tensor of the same shape but for that axis. */
function indexed(draw: Draw): { shape: number[]; axis: number; index: Tensor; at: number[] } {
  const shape = draw.filled(draw.pick([1, 2]));
  const axis = draw.pick(shape.map((_, i) => i));
  const at = shape.with(axis, draw.size(...shape.toSpliced(axis, 1)));
  const count = at.reduce((a, b) => a * b, 1);
  const index = tensor(Float32Array.from(draw.integers(count, shape[axis])), at) as Tensor;
  return { shape, axis, index, at };
}

/** A list of tensors that differ along one axis only. */
const list =
  (differ: boolean): Arguments =>
  (draw) => {
    const shape = draw.shape();
    const axis = draw.pick(shape.map((_, i) => i));
    const more = [0, 1, 2].map(() =>
      draw.numbers(differ ? shape.with(axis, draw.size(...shape.toSpliced(axis, 1))) : shape),
    );
    return [more, axis];
  };

/** Random arguments for each operation, by its name. */
export const randomArguments: Record<string, Arguments> = {
  ...Object.fromEntries(
    `abs cos erf exp expm1 elu gelu hardtanh isFinite leakyRelu log log1p logSigmoid neg relu rsqrt sigmoid sign silu sin softplus
     sqrt square tanh flip flatten squeeze dropout`
      .split(/\s+/)
      .map((name) => [name, one]),
  ),
  ...Object.fromEntries(
    'add sub mul div pow maximum minimum equal notEqual less lessEqual greater greaterEqual'
      .split(' ')
      .map((name) => [name, two]),
  ),
  ...Object.fromEntries(
    'sum mean prod cumsum softmax logSoftmax logSumExp variance var std norm argsort'
      .split(' ')
      .map((name) => [name, alongAxis]),
  ),
  ...Object.fromEntries('max min argmax argmin'.split(' ').map((name) => [name, alongFilledAxis])),
  where: (draw) => draw.broadcast(3).map((shape) => draw.numbers(shape)),
  clip: (draw) => [draw.numbers(draw.shape()), draw.pick([{ min: -1, max: 2 }, { min: 0 }, { max: 0 }])],

  matmul(draw) {
    const [m, k, n] = draw.shape(3);
    const [transposeA, transposeB] = [draw.pick([true, false]), draw.pick([true, false])];
    const batches = draw.pick([
      [[], []],
      [[], []],
      [[2], []],
      [[3, 1], [2]],
    ]);
    return [
      draw.numbers([...batches[0], ...(transposeA ? [k, m] : [m, k])]),
      draw.numbers([...batches[1], ...(transposeB ? [n, k] : [k, n])]),
      { transposeA, transposeB },
    ];
  },
  linear(draw) {
    const [m, k, n] = draw.shape(3);
    const x = draw.numbers(draw.pick([[m, k], [m, k], [2, m, k], [k]]));
    const bias = draw.pick([true, false]) ? draw.numbers([n]) : undefined;
    return [x, draw.numbers([n, k]), bias];
  },
  dot: (draw) => [draw.numbers([draw.focus]), draw.numbers([draw.focus])],
  outer: (draw) => draw.shape(2).map((size) => draw.numbers([size])),

  layerNorm(draw) {
    const shape = draw.shape();
    const width = shape.slice(-1);
    const [weight, bias] = [draw.numbers(width), draw.numbers(width)];
    return [draw.numbers(shape), ...draw.pick([[], [weight], [weight, bias], [undefined, bias]])];
  },
  batchNorm(draw) {
    const shape = draw.shape(draw.pick([2, 3]));
    const channels = [shape[1]];
    return [
      draw.numbers(shape),
      draw.uniform(channels),
      draw.uniform(channels, 0.1, 3),
      ...draw.pick([[], [draw.numbers(channels), draw.numbers(channels)]]),
    ];
  },

  crossEntropy: classified,
  nllLoss: classified,
  mse: alike([-8, 8], [-8, 8]),
  l1: alike([-8, 8], [-8, 8]),
  huber: alike([-3, 3], [-3, 3]),
  binaryCrossEntropyWithLogits: alike([-8, 8], [0, 1]),
  klDiv: alike([-8, -0.1], [0, 1]),
  hinge(draw) {
    const shape = draw.shape();
    return [
      draw.uniform(shape),
      tensor(
        draw.uniform(shape).data.map((x) => (x < 0 ? -1 : 1)),
        shape,
      ),
    ];
  },

  embedding(draw) {
    const [count, width] = draw.filled(2);
    return [draw.numbers([count, width]), draw.integers(draw.size(width), count)];
  },
  gather(draw) {
    const { shape, axis, index } = indexed(draw);
    return [draw.numbers(shape), index, axis];
  },
  scatterAdd(draw) {
    const { shape, axis, index, at } = indexed(draw);
    return [draw.numbers(shape), index, draw.numbers(at), axis];
  },
  indexSelect(draw) {
    const shape = draw.filled();
    const axis = draw.pick(shape.map((_, i) => i));
    return [draw.numbers(shape), draw.integers(draw.size(...shape.toSpliced(axis, 1)), shape[axis]), axis];
  },
  indexAdd(draw) {
    const shape = draw.filled();
    const axis = draw.pick(shape.map((_, i) => i));
    const count = draw.size(...shape.toSpliced(axis, 1));
    return [
      draw.numbers(shape),
      draw.integers(count, shape[axis]),
      draw.numbers(shape.with(axis, count)),
      axis,
    ];
  },

  concat: list(true),
  stack: list(false),
  slice: (draw) => [
    ...one(draw),
    draw.pick([0, 1, 3, -5]),
    draw.pick([undefined, 4, 100, -1]),
    draw.pick([0, -1]),
  ],
  pad(draw) {
    const shape = draw.shape();
    return [draw.numbers(shape), shape.map(() => [draw.pick([0, 1, 3]), draw.pick([0, 2, 5])]), 0.5];
  },
  permute(draw) {
    const axes = draw.pick([
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]);
    return [draw.numbers(draw.shape(3)), axes];
  },
  transpose: (draw) => [draw.numbers(draw.shape(draw.pick([2, 3])))],
  tril: matrix,
  triu: matrix,
  reshape: (draw) => [draw.numbers(draw.filled(2)), [-1]],
  expandDims: alongAxis,
  broadcastTo(draw) {
    const shape = draw.shape();
    return [draw.numbers(shape.map((size) => draw.pick([1, size]))), shape];
  },
};
