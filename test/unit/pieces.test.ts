// Large calls are cut into pieces for the thread pool, and have the reference's bits with any number of threads.
import { expect } from 'chai';
import type { Backend } from '../../src/kernels/backend.ts';
import { backend, setThreads } from '../../src/kernels/index.ts';
import { cores } from '../../src/kernels/platform.ts';
import { reference } from '../../src/kernels/reference/index.ts';
import { settle } from '../../src/kernels/wasm/module.ts';
import { cutter } from '../../src/kernels/wasm/pieces.ts';
import { type Argument, Pool } from '../../src/kernels/wasm/pool.ts';
import { type AxisView, scope, sizeOf, stridesOf, Tensor } from '../../src/tensor/index.ts';
import { seeded } from '../support/random.ts';
import { expectSameBits } from '../support/wasm.ts';

const specials = [Number.NaN, Infinity, -Infinity, 0, -0, 1, -1, 1e-42, 3e38];

/** The same numbers in every call: ordinary ones, and here and there a special one. */
function numbers(shape: readonly number[], seed: number): Tensor {
  const random = seeded(seed);
  const x = new Tensor(shape);
  const to = x.storage.write();
  for (let i = 0; i < to.length; i++) {
    const u = random();
    to[i] = u < 0.001 ? specials[Math.floor(u * 1000 * specials.length)] : random() * 10 - 5;
  }
  return x;
}

const integers = (count: number, below: number): Int32Array => {
  const random = seeded(count + below);
  return Int32Array.from({ length: count }, () => Math.floor(random() * below));
};

/** A large call: the kernel that is cut, the shapes of its operands, and the tensors that it writes to. */
interface Call {
  title: string;
  kernel: string;
  shapes: number[][];
  /** How many of the operands, the last ones, are results. */
  results?: number;
  run(verbs: Backend, operands: Tensor[]): void;
}

const n = 300_007; // elements, for verbs that are light work; no multiple of anything
const few = 50_021; // and for those that are not
const view = (outer: number, size: number, inner: number): AxisView => ({ outer, size, inner });

const light = ['neg', 'abs', 'sign', 'square', 'sqrt', 'rsqrt', 'relu', 'isFinite'] as const;
const functions = [
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
] as const;
const binary = [
  ...(['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'reluGradient'] as const),
  ...(['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'] as const),
];
const withRows = ['add', 'sub', 'mul', 'div'] as const;
const reductions = ['sum', 'prod', 'max', 'min', 'argmax', 'argmin'] as const;

const calls: Call[] = [];
const large = (
  title: string,
  kernel: string,
  shapes: number[][],
  run: Call['run'],
  results?: number,
): unknown => calls.push({ title, kernel, shapes, run, results });

for (const name of light) large(name, name, [[n], [n]], (verbs, [x, y]) => verbs[name](x, y));
for (const name of functions) large(name, name, [[few], [few]], (verbs, [x, y]) => verbs[name](x, y));
large('neg in place', 'neg', [[n]], (verbs, [x]) => verbs.neg(x, x));
large('expm1 in place', 'expm1', [[few]], (verbs, [x]) => verbs.expm1(x, x));
large('leakyRelu', 'leakyRelu', [[n], [n]], (verbs, [x, y]) => verbs.leakyRelu(x, 0.1, y));
large('elu', 'elu', [[few], [few]], (verbs, [x, y]) => verbs.elu(x, 1.5, y));
large('clip', 'clip', [[n], [n]], (verbs, [x, y]) => verbs.clip(x, -1, 2, y));

for (const name of binary) {
  for (const [title, a, b] of [
    [name, [n], [n]],
    [`${name} of a scalar`, [1], [n]],
    [`${name} with a scalar`, [n], [1]],
  ] as const)
    large(title, name, [[...a], [...b], [n]], (verbs, [p, q, y]) => verbs[name](p, q, y));
}
large(
  'less in long rows',
  'less',
  [
    [2, n],
    [2, 1],
    [2, n],
  ],
  (verbs, [p, q, y]) => verbs.less(p, q, y),
);
for (const name of withRows) {
  for (const [a, b] of [
    [
      [1001, 307],
      [1, 307],
    ],
    [
      [1001, 1],
      [1001, 307],
    ],
    [
      [1, 307],
      [1001, 1],
    ],
  ])
    large(`${name} [${a}] and [${b}]`, `${name}Rows`, [a, b, [1001, 307]], (verbs, [p, q, y]) =>
      verbs[name](p, q, y),
    );
}
for (const [c, a, b] of [
  [[n], [n], [n]],
  [[n], [1], [n]],
  [[n], [n], [1]],
  [[1], [n], [n]],
])
  large(`where [${c}] [${a}] [${b}]`, 'where', [c, a, b, [n]], (verbs, [p, q, r, y]) =>
    verbs.where(p, q, r, y),
  );

for (const name of reductions) {
  large(`${name} of rows`, `${name}Rows`, [[1901, 307], [1901]], (verbs, [x, y]) =>
    verbs[name](x, view(1901, 307, 1), y),
  );
  if (name.startsWith('arg'))
    large(`${name} of columns`, `${name}Columns`, [[3 * 701 * 307], [3 * 307]], (verbs, [x, y]) =>
      verbs[name](x, view(3, 701, 307), y),
    );
  else
    large(`${name} of one long row`, `${name}Blocks`, [[2 * n], [1]], (verbs, [x, y]) =>
      verbs[name](x, view(1, 2 * n, 1), y),
    );
}
for (const reverse of [false, true])
  large(
    `cumsum of rows${reverse ? ', reversed' : ''}`,
    'cumsumRows',
    [
      [701, 307],
      [701, 307],
    ],
    (verbs, [x, y]) => verbs.cumsum(x, view(701, 307, 1), reverse, y),
  );

for (const name of ['softmax', 'logSoftmax', 'logSumExp'] as const) {
  const [inRows, inColumns] = name === 'logSumExp' ? [[701], [3 * 107]] : [[701 * 107], [3 * 701 * 107]];
  large(`${name} of rows`, `${name}Rows`, [[701 * 107], inRows], (verbs, [x, y]) =>
    verbs[name](x, view(701, 107, 1), y),
  );
  large(`${name} of columns`, `${name}Columns`, [[3 * 701 * 107], inColumns], (verbs, [x, y]) =>
    verbs[name](x, view(3, 701, 107), y),
  );
}
large('crossEntropy', 'crossEntropy', [[1701, 37], [1701]], (verbs, [x, y]) =>
  verbs.crossEntropy(x, integers(1701, 37), y),
);
large(
  'crossEntropyGradient',
  'crossEntropyGradient',
  [[1701], [1701, 37], [1701, 37]],
  (verbs, [dy, x, dx]) => verbs.crossEntropyGradient(dy, x, integers(1701, 37), dx),
);
large('layerNorm', 'layerNorm', [[701, 107], [107], [107], [701, 107]], (verbs, [x, w, b, y]) =>
  verbs.layerNorm(x, w, b, 1e-5, y),
);
large(
  'layerNorm without weights',
  'layerNorm',
  [
    [701, 107],
    [701, 107],
  ],
  (verbs, [x, y]) => verbs.layerNorm(x, undefined, undefined, 1e-5, y),
);
large(
  'layerNormGradient',
  'layerNormGradient',
  [[701, 107], [701, 107], [107], [701, 107]],
  (verbs, [dy, x, w, dx]) => verbs.layerNormGradient(dy, x, w, 1e-5, dx),
);
large(
  'layerNormGradient without weights',
  'layerNormGradient',
  [
    [701, 107],
    [701, 107],
    [701, 107],
  ],
  (verbs, [dy, x, dx]) => verbs.layerNormGradient(dy, x, undefined, 1e-5, dx),
);

const key = { seed: 2 ** 40 + 7, stream: 2 ** 33 + 5 };
large('uniform', 'uniform', [[few]], (verbs, [y]) => verbs.uniform(key, -1, 3, y));
large('normal', 'normal', [[few]], (verbs, [y]) => verbs.normal(key, 1, 2, y));
large('mask', 'mask', [[few]], (verbs, [y]) => verbs.mask(key, 0.7, 1.5, y));

/** y [sizes] = x, its axes taken in another order. */
const permute = (shape: number[], order: number[]): Call['run'] => {
  const sizes = order.map((axis) => shape[axis]);
  const strides = order.map((axis) => stridesOf(shape)[axis]);
  return (verbs, [x, y]) =>
    verbs.copy(x, { offset: 0, strides }, sizes, { offset: 0, strides: stridesOf(sizes) }, y);
};
for (const [shape, order] of [
  [
    [701, 307],
    [1, 0],
  ],
  [
    [3, 307, 201],
    [2, 1, 0],
  ],
  [
    [31, 7, 5, 203],
    [2, 0, 3, 1],
  ],
])
  large(
    `copy of [${shape}] as [${order}]`,
    'copy',
    [[sizeOf(shape)], [sizeOf(shape)]],
    permute(shape, order),
  );
large('copy of a part into a part', 'copy', [[801 * 401], [803 * 405]], (verbs, [x, y]) =>
  verbs.copy(x, { offset: 5, strides: [401, 1] }, [790, 390], { offset: 407, strides: [405, 1] }, y),
);
const [across, along] = [integers(3 * 301 * 103, 207), integers(301, 207)];
large('gather', 'gather', [[3 * 207 * 103], [3 * 301 * 103]], (verbs, [x, y]) =>
  verbs.gather(x, view(3, 207, 103), across, y),
);
large('gather of single elements', 'gather', [[3 * 207], [3 * 301 * 103]], (verbs, [x, y]) =>
  verbs.gather(x, view(3, 207, 1), across, y),
);
const wide = integers(3 * 101 * 307, 51);
large('scatterAdd', 'scatterAdd', [[3 * 101 * 307], [3 * 51 * 307]], (verbs, [x, y]) =>
  verbs.scatterAdd(x, wide, view(3, 51, 307), y),
);
large('select', 'select', [[3 * 207 * 203], [3 * 301 * 203]], (verbs, [x, y]) =>
  verbs.select(x, view(3, 207, 203), along, y),
);
for (const first of [false, true]) {
  const options = { lr: 0.1, momentum: 0.9, dampening: 0.1, nesterov: true, weightDecay: 0.01, first };
  const title = `sgd with momentum${first ? ', first step' : ''}`;
  large(title, 'sgd', [[n], [n], [n]], (verbs, [g, w, u]) => verbs.sgd([[w, g, u]], options), 2);
}
const plain = { lr: 0.1, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, first: false };
large('sgd', 'sgd', [[n], [n]], (verbs, [g, w]) => verbs.sgd([[w, g]], plain));
const rms = { lr: 0.1, alpha: 0.9, eps: 1e-8, momentum: 0.5, weightDecay: 0.1 };
const three = [[n], [n], [n]];
large('rmsprop', 'rmsprop', three, (verbs, [g, w, v]) => verbs.rmsprop([[w, g, v]], rms), 2);
large(
  'rmsprop with momentum',
  'rmsprop',
  [...three, [n]],
  (verbs, [g, w, v, u]) => verbs.rmsprop([[w, g, v, u]], rms),
  3,
);
large(
  'adagrad',
  'adagrad',
  three,
  (verbs, [g, w, total]) => verbs.adagrad([[w, g, total]], { lr: 0.1, eps: 1e-8, weightDecay: 0.1 }),
  2,
);

describe('large calls in pieces', () => {
  const cut: string[] = [];
  const { run } = Pool.prototype;
  const expected = new Map<Call, Tensor[]>();

  before(() => {
    Pool.prototype.run = function (name, end, grain, args, unit) {
      if (end > grain) cut.push(name);
      // Pieces that do more than their own part would have the right bits, too.
      const has = (from: number, to: number) => (move: Argument) =>
        typeof move !== 'number' && move[1] === from && move[2] === to;
      const [counts, begins, ends] = [has(-1, 1), has(1, 0), has(0, 1)].map((is) => args.filter(is).length);
      expect(counts + ends, 'a count, or an end').to.equal(1);
      expect(begins, 'a beginning').to.be.at.least(ends);
      run.call(this, name, end, grain, args, unit);
    };
  });
  after(() => {
    Pool.prototype.run = run;
    setThreads(cores());
  });

  function resultsOf(call: Call, verbs: Backend): Tensor[] {
    const operands = call.shapes.map((shape, i) => numbers(shape, i + 1));
    call.run(verbs, operands);
    return operands.slice(-(call.results ?? 1));
  }

  for (const threads of [1, 2, 3, 8]) {
    describe(`with ${threads} threads`, () => {
      before(() => {
        setThreads(threads);
        const [x, y] = [new Tensor([500_000]), new Tensor([500_000])];
        for (const end = performance.now() + 200; performance.now() < end; ) backend().sin(x, y); // until all work
      });

      for (const call of calls) {
        it(`${call.title}: the reference's bits`, () => {
          const theirs = expected.get(call) ?? resultsOf(call, reference);
          expected.set(call, theirs);
          cut.length = 0;
          using _ = scope(); // in the heap: large arrays outside are not cut
          resultsOf(call, backend()).forEach((mine, i) =>
            expectSameBits(mine.data, theirs[i].data, call.title),
          );
          if (threads > 1) expect(cut).to.include(call.kernel);
          else expect(cut).to.deep.equal([]);
        });
      }
    });
  }
});

describe('the cutter', () => {
  const kernelCalls: number[][] = [];
  const poolCalls: unknown[] = [];
  const pool = { threads: 3, run: (...call: unknown[]) => poolCalls.push(call) } as unknown as Pool;
  const kernels = { twice: (...args: number[]) => kernelCalls.push(args) };
  const moves = 'place place strided same from to count work';
  const twice = cutter(kernels, pool)('twice', 100, 4, moves);
  const args = [640, 0, 1280, 3, 0, 50, 50, 64, 1.5];

  beforeEach(() => {
    kernelCalls.length = poolCalls.length = 0;
  });
  afterEach(settle);

  it('tells the pool how each argument follows a piece', () => {
    twice(50, 7, ...args);
    expect(kernelCalls).to.deep.equal([]);
    const [[name, end, grain, pieces]] = poolCalls as [string, number, number, number[][]][];
    expect([name, end, grain]).to.deep.equal(['twice', 50, 16]); // 16 · 7 is the first multiple of 4 · 7 above 100
    const [room] = pieces[7];
    expect(pieces).to.deep.equal([
      ...[[640, 28, 0], 0, [1280, 12, 0], 3],
      ...[
        [0, 1, 0],
        [0, 0, 1],
        [0, -1, 1],
      ],
      ...[[room, 0, 0, 64], 1.5],
    ]);
  });

  it('calls the kernel itself if there are no two pieces of worth, or fewer items than threads for a room each', () => {
    twice(28, 7, ...args);
    twice(2, 1000, ...args);
    expect(kernelCalls).to.deep.equal([args, args]);
    expect(poolCalls).to.deep.equal([]);
  });
});
