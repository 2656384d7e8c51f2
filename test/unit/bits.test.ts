// One arithmetic: the kernels give the plain loops' bits, operation by operation and after a training run, with any number of threads,
// with narrow vectors and (TYPEGRAD_WIDE=1) with wide ones.
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import {
  add,
  cumsum,
  device,
  dropout,
  linear,
  manualSeed,
  matmul,
  mul,
  nn,
  optim,
  rand,
  randn,
  randperm,
  scope,
  setThreads,
  type Tensor,
  tensor,
  uniform,
} from '../../src/index.ts';
import { backend, withBackend } from '../../src/kernels/index.ts';
import { cores } from '../../src/kernels/platform.ts';
import { reference } from '../../src/kernels/reference/index.ts';
import { objection } from '../../src/kernels/wide.ts';
import { loadWasm, type Wasm } from '../../src/kernels/wasm/index.ts';
import { countArguments, ignoreArguments } from '../support/argumentCounts.ts';
import { expectReferenceBits, type Operation, operations, withGradients } from '../support/bits.ts';
import { samplesFrom } from '../support/gradients.ts';
import { seeded } from '../support/random.ts';
import { Draw, randomArguments, sizes } from '../support/shapes.ts';
import { awaken, ignoreWorkers, watchWorkers } from '../support/workers.ts';

const operation = Object.fromEntries(operations);

/*
 * Sizes of products: every way to come short of a tile's rows and columns (multiples of 4, 5, 6, 8, 16) and to pass the end of a
 * block of k. A product of 20 million multiplications is cut into small pieces for threads, one of a million into large ones.
 */
const productSizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 15, 16, 17, 23, 31, 33, 47, 63, 65, 129, 257];
const deep = [1000, 1023, 1025, 2049, 3001];
const largeProducts = [
  [1, 1, 1],
  [1, 1031, 1],
  [1, 1031, 700],
  [700, 1031, 1],
  [1031, 1, 701],
  [2, 3001, 190],
  [37, 1301, 29],
  [300, 70, 40],
  [33, 64, 1000],
  [1000, 30, 17],
  [32, 784, 64],
  [211, 1027, 93],
  [61, 259, 1283],
  [1283, 129, 121],
] as const;

const transposes = [
  { transposeA: false, transposeB: false },
  { transposeA: true, transposeB: false },
  { transposeA: false, transposeB: true },
  { transposeA: true, transposeB: true },
];

function product(m: number, k: number, n: number, options: (typeof transposes)[number]): Tensor {
  const A = large(options.transposeA ? [k, m] : [m, k]);
  const B = large(options.transposeB ? [n, k] : [k, n], 1);
  return matmul(A, B, options) as Tensor;
}

/** For products of few rows, which have a kernel of their own: around groups of 4 terms and columns, and what threads share. */
const fewRowsSizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 63, 64, 65, 784, 1000];

/** Numbers for large tensors, made once: 0, 1 and 2 are in −8 … 8, `below` in −8 … −0.1, `part` in 0 … 1. */
const supply = Object.fromEntries(
  Object.entries({ 0: [-8, 8], 1: [-8, 8], 2: [-8, 8], below: [-8, -0.1], part: [0, 1] }).map(
    ([key, [low, high]], i) => [
      key,
      samplesFrom(seeded(i + 40))
        .uniform([1031 * 701], low, high)
        .data.slice(),
    ],
  ),
);
const large = (shape: readonly number[], key: number | 'below' | 'part' = 0): Tensor =>
  tensor(
    supply[key].subarray(
      0,
      shape.reduce((a, b) => a * b, 1),
    ),
    shape,
  ) as Tensor;

const places = (count: number, below: number): Int32Array =>
  samplesFrom(seeded(count)).integers(count, below);

/** What is large enough to be cut into pieces, with ragged ends: operations and their arguments. */
const largeCalls: Record<string, () => unknown[]> = {
  ...Object.fromEntries(
    Object.keys(randomArguments)
      .filter((name) => operation[name].definition.inputs.join() === 'x')
      .filter((name) => randomArguments[name] === randomArguments.exp && name !== 'flip')
      .map((name) => [name, () => [large([569, 601])]]),
  ),
  ...Object.fromEntries(
    Object.keys(randomArguments)
      .filter((name) => randomArguments[name] === randomArguments.add)
      .flatMap((name): [string, () => unknown[]][] => [
        [name, () => [large([569, 601]), large([569, 601], 1)]],
        [`${name} of rows and columns`, () => [large([1201, 1]), large([301], 1)]],
      ]),
  ),
  'add of a matrix and a row': () => [large([569, 601]), large([601], 1)],
  'mul of a matrix and a column': () => [large([569, 601]), large([569, 1], 1)],
  'sub of a scalar and a matrix': () => [1.5, large([569, 601])],
  where: () => [large([569, 601]), large([569, 601], 1), large([569, 601], 2)],
  'where with a row and a scalar': () => [large([601]), large([569, 601], 1), 0.5],
  clip: () => [large([569, 601]), { min: -1, max: 2 }],
  ...Object.fromEntries(
    ['sum', 'mean', 'max', 'min', 'prod', 'norm', 'variance', 'logSumExp', 'argmax', 'argmin'].flatMap(
      (name): [string, () => unknown[]][] => [
        [`${name} of rows`, () => [large([1301, 301]), 1]],
        [`${name} of columns`, () => [large([1301, 301]), 0]],
        [`${name} in the middle`, () => [large([31, 129, 101]), 1]],
        [`${name} of few long rows`, () => [large([3, 130_001]), 1]],
        [`${name} of everything`, () => [large([700_001])]],
      ],
    ),
  ),
  ...Object.fromEntries(
    ['softmax', 'logSoftmax', 'cumsum'].flatMap((name): [string, () => unknown[]][] => [
      [`${name} of many rows`, () => [large([4001, 101]), 1]],
      [`${name} of columns`, () => [large([301, 1301]), 0]],
      [`${name} in the middle`, () => [large([31, 129, 101]), 1]],
      [`${name} of few long rows`, () => [large([3, 130_001]), 1]],
    ]),
  ),
  'argsort of many rows': () => [large([3001, 33]), 1],
  layerNorm: () => [large([4001, 129]), large([129], 1), large([129], 2)],
  'layerNorm of few long rows': () => [large([3, 130_001])],
  batchNorm: () => [large([1501, 301]), large([301], 1), large([301], 'part')],
  crossEntropy: () => [large([4001, 101]), places(4001, 101), { reduction: 'none' }],
  nllLoss: () => [large([4001, 101], 'below'), places(4001, 101)],
  mse: () => [large([569, 601]), large([569, 601], 1)],
  huber: () => [large([569, 601]), large([569, 601], 1)],
  binaryCrossEntropyWithLogits: () => [large([569, 601]), large([569, 601], 'part')],
  embedding: () => [large([1009, 67]), places(9001, 1009)],
  indexSelect: () => [large([701, 401]), places(1501, 401), 1],
  indexAdd: () => [large([701, 401]), places(1501, 701), large([1501, 401], 1), 0],
  transpose: () => [large([701, 853])],
  permute: () => [large([61, 71, 83]), [2, 0, 1]],
  flip: () => [large([569, 601])],
  slice: () => [large([701, 853]), 3, -5, 1],
  pad: () => [
    large([569, 601]),
    [
      [1, 2],
      [3, 0],
    ],
  ],
  concat: () => [[large([569, 601]), large([569, 301], 1)], 1],
  stack: () => [[large([569, 301]), large([569, 301], 1)], 1],
  tril: () => [large([569, 601])],
  broadcastTo: () => [large([601]), [569, 601]],
  outer: () => [large([569]), large([601], 1)],
  dot: () => [large([350_003]), large([350_003], 1)],
};

const indexTensor = (shape: readonly number[], below: number): Tensor =>
  tensor(
    Float32Array.from(
      places(
        shape.reduce((a, b) => a * b, 1),
        below,
      ),
    ),
    shape,
  ) as Tensor;

/** Operations whose gradients have kernels of their own; those of the others are among the large calls already. */
const own = new Set(
  `relu linear layerNorm crossEntropy max cumsum embedding indexSelect indexAdd transpose permute slice concat broadcastTo`
    .split(' ')
    .map((name) => operation[name]),
);

/** Large calls of what is no operation with samples, or has arguments of its own. */
const largeResults: Record<string, () => (Tensor | Int32Array)[]> = {
  rand: () => [rand([700_001])],
  randn: () => [randn([700_001])],
  uniform: () => [uniform([700_001], -3, 5)],
  randperm: () => [randperm(100_003)],
  dropout: () => [dropout(large([569, 601]), { p: 0.3 })],
  'warp of images in three channels': () => warped([57, 3, 31, 37]),
  'warp of few large images': () => warped([2, 1, 401, 333]),
  'selectBytes, rows of images': () => {
    const y = large([501, 784]);
    backend().selectBytes(large([57 * 196], 2), places(501, 57), 255, y);
    return [y];
  },
  'cumsum, one row': () => [cumsum(large([700_001]), 0)],
  gather: () => withGradients(operation.gather, [large([701, 601]), indexTensor([701, 303], 601), 1]),
  'gather from columns': () =>
    withGradients(operation.gather, [large([701, 601]), indexTensor([503, 601], 701), 0]),
  scatterAdd: () =>
    withGradients(operation.scatterAdd, [
      large([701, 601]),
      indexTensor([503, 601], 701),
      large([503, 601], 1),
      0,
    ]),
};

/** Images, each read at places of its own: turned, moved and scaled. */
function warped([count, channels, height, width]: number[]): Tensor[] {
  const [x, y] = [large([count, channels, height, width]), large([count, channels, height, width], 1)];
  const matrices = add(uniform([count, 6], -0.5, 0.5), tensor([1, 0, 0, 0, 1, 0]));
  backend().warp(x, { channels, height, width }, matrices, 0.25, y);
  return [y];
}

/** How often each operation gets random shapes: every size stands in two of them. */
const rounds = 2 * sizes.length;

/** A few steps of each optimizer on parameters of all sizes, one of them large. */
const optimizers: Record<string, (parameters: Tensor[]) => optim.Optimizer<any>> = {
  SGD: (parameters) => new optim.SGD(parameters, { lr: 0.1 }),
  'SGD with momentum': (parameters) =>
    new optim.SGD(parameters, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
  Adam: (parameters) => new optim.Adam(parameters, { lr: 0.1, weightDecay: 0.01 }),
  'Adam with AMSGrad': (parameters) => new optim.Adam(parameters, { lr: 0.1, amsgrad: true }),
  AdamW: (parameters) => new optim.AdamW(parameters, { lr: 0.1 }),
  RMSprop: (parameters) => new optim.RMSprop(parameters, { lr: 0.1, momentum: 0.9 }),
  Adagrad: (parameters) => new optim.Adagrad(parameters, { lr: 0.1 }),
};

function steps(make: (parameters: Tensor[]) => optim.Optimizer<any>): Tensor[] {
  const parameters = [...sizes, 350_003].map((size) => large([size]));
  for (const parameter of parameters) parameter.requiresGrad = true;
  const optimizer = make(parameters);
  for (let step = 0; step < 3; step++)
    scope(() => {
      optimizer.zeroGrad();
      parameters
        .map((w, i) => mul(w, large([w.size], 1 + ((i + step) % 2))).sum())
        .reduce((a, b) => add(a, b))
        .backward();
      optim.clipGradNorm(parameters, 50);
      optimizer.step();
    });
  return parameters;
}

/** The article's network after 200 steps of Adam, 32 pictures each: a SHA-256 of its weights. */
function trained(): string {
  manualSeed(7);
  const model = new nn.Sequential(
    new nn.Linear(784, 64),
    new nn.ReLU(),
    new nn.Linear(64, 128),
    new nn.ReLU(),
    new nn.Linear(128, 10),
  );
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
  const pictures = uniform([5 * 32, 784], -1, 1).data;
  const labels = places(5 * 32, 10);
  let loss = 0;
  for (let step = 0; step < 200; step++) {
    using part = scope();
    void part;
    const first = (step % 5) * 32;
    const x = tensor(pictures.subarray(first * 784, (first + 32) * 784), [32, 784]);
    optimizer.zeroGrad();
    const L = nn.crossEntropy(model.forward(x), labels.subarray(first, first + 32));
    L.backward();
    optimizer.step();
    loss = L.item();
  }
  expect(loss).to.be.below(0.1); // the labels are random, but these pictures are known by now
  const hash = createHash('sha256');
  for (const { data } of model.parameters())
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}

let trainedPlainly: string | undefined;

describe('the kernels repeat the plain loops bit for bit', () => {
  before(watchWorkers);
  after(() => {
    ignoreWorkers();
    setThreads(cores());
  });

  it('and are what runs here', () => {
    expect(device.info().backend).to.equal('wasm');
  });

  it('every operation has samples, and random arguments in test/support/shapes.ts', () => {
    expect(Object.keys(randomArguments).sort()).to.deep.equal(operations.map(([name]) => name).sort());
    for (const [name, op] of operations)
      expect(op.definition.samples(samplesFrom(seeded(1))), name).not.to.have.length(0);
  });

  it('tiles that race for wide vectors get all of their arguments', () => {
    countArguments();
    objection(loadWasm(reference, { fused: false, wide: false }) as Wasm);
    ignoreArguments();
  });

  for (const threads of [1, 2, 3, 8])
    describe(`with ${threads} thread${threads > 1 ? 's' : ''}`, () => {
      before(() => {
        if (threads === 1) countArguments();
        return awaken(threads);
      });
      after(ignoreArguments);

      for (const [name, op] of operations) {
        it(`${name}: all samples and ${rounds} random shapes, forward and backward`, () => {
          const count = op.definition.samples(samplesFrom(seeded(1))).length;
          for (let i = 0; i < count; i++)
            expectReferenceBits(`${name}, sample ${i}`, () =>
              withGradients(op, op.definition.samples(samplesFrom(seeded(i + 1)))[i] as unknown[]),
            );
          for (let i = 0; i < rounds; i++)
            expectReferenceBits(`${name}, random shape ${i} with an axis of ${sizes[i % sizes.length]}`, () =>
              withGradients(op, randomArguments[name](new Draw(i + 1, sizes[i % sizes.length]))),
            );
        });
      }

      it('sums, softmax and layer norm of rows around a block of 4,096', () => {
        for (const n of [4095, 4096, 4097, 9000, 8 * 4096 + 3])
          for (const [name, ...rest] of [
            ['sum', 1],
            ['mean', 1],
            ['softmax', 1],
            ['logSumExp', 1],
            ['layerNorm'],
          ])
            expectReferenceBits(`${name} of rows of ${n}`, () =>
              withGradients(operation[name], [large([3, n]), ...rest]),
            );
      });

      it('products of 80 random sizes, k up to 3,001, all transposes', () => {
        const random = seeded(5);
        const pick = (list: readonly number[]) => list[Math.floor(random() * list.length)];
        for (let i = 0; i < 80; i++) {
          let [m, k, n] = [0, 0, 0];
          do [m, k, n] = [pick(productSizes), pick(i % 2 ? productSizes : deep), pick(productSizes)];
          while (m * k * n > 1_000_000);
          const options = transposes[i % 4];
          expectReferenceBits(`${m}×${k}×${n} ${JSON.stringify(options)}`, () => [product(m, k, n, options)]);
        }
      });

      it('products that threads share, by rows and by columns, all transposes', () => {
        for (const [m, k, n] of largeProducts)
          for (const options of transposes)
            expectReferenceBits(`${m}×${k}×${n} ${JSON.stringify(options)}`, () => [
              product(m, k, n, options),
            ]);
      });

      it('products and layers of one to four rows, all transposes', () => {
        for (const k of fewRowsSizes)
          for (const n of fewRowsSizes.filter((size) => k * size <= 1031 * 701))
            for (const m of k * n < 5000 ? [1, 2, 3, 4] : [1, 2]) {
              expectReferenceBits(`few rows, ${m}×${k}×${n}`, () => [
                ...transposes.map((options) => product(m, k, n, options)),
                ...[undefined, large([n], 2)].map((bias) =>
                  linear(large([m, k]), large([n, k], 1), bias as Tensor),
                ),
              ]);
            }
      });

      it('stacks of products, broadcast against each other', () => {
        for (const [a, b] of [
          [[5], [5]],
          [[4, 1], [3]],
          [[], [6]],
          [[7], []],
        ])
          expectReferenceBits(`stacks of ${a.join('×')} and ${b.join('×')}`, () =>
            withGradients(operation.matmul, [large([...a, 65, 97]), large([...b, 97, 83], 1)]),
          );
      });

      it('layers with and without a bias, forward and backward', () => {
        for (const [rows, inputs, outputs] of [
          [32, 784, 64],
          [129, 1025, 101],
          [1, 1000, 257],
          [2049, 17, 33],
        ])
          for (const bias of [true, false])
            expectReferenceBits(`linear ${rows}×${inputs} to ${outputs} ${bias}`, () =>
              withGradients(operation.linear, [
                large([rows, inputs]),
                large([outputs, inputs], 1),
                ...(bias ? [large([outputs], 2)] : []),
              ]),
            );
      });

      for (const [title, args] of Object.entries(largeCalls)) {
        const op: Operation = operation[title.split(' ')[0]];
        it(`${title}, of a size that threads share`, () =>
          expectReferenceBits(`large ${title}`, () =>
            own.has(op) ? withGradients(op, args()) : [op(...args())],
          ));
      }

      for (const [title, body] of Object.entries(largeResults))
        it(`${title}, of a size that threads share`, () => expectReferenceBits(title, body));

      for (const [title, make] of Object.entries(optimizers))
        it(`three steps of ${title}, with clipped gradients`, () =>
          expectReferenceBits(title, () => steps(make)));

      it("the article's network, trained for 200 steps: the same SHA-256 of the weights", function () {
        this.timeout(60_000); // plain loops, and a machine that is busy
        trainedPlainly ??= withBackend(reference, trained);
        expect(trained()).to.equal(trainedPlainly);
      });
    });
});
