// Every verb of a device against the reference, on the same inputs. Runs in Node and in a page.
import type { Backend, ParameterBuffers } from '../../src/kernels/backend.ts';
import { Client } from '../../src/kernels/gpu/client.ts';
import type { Description } from '../../src/kernels/gpu/device.ts';
import type { Link } from '../../src/kernels/gpu/link.ts';
import { reference } from '../../src/kernels/reference/index.ts';
import { type AxisView, ScopeRecord, sizeOf, Tensor, tensor, zeros } from '../../src/tensor/index.ts';
import { seeded } from '../support/random.ts';

/** A call that was compared. */
export interface Finding {
  verb: string;
  /** Shapes and options. */
  what: string;
  /** What is wrong; undefined if all is well. */
  problem?: string;
  /** The greatest error, as a part of what the tolerance allows. */
  used: number;
}

interface Case {
  verb: string;
  what: string;
  /** As the contract says. What is written is compared, the rest must stay as it was. */
  args: readonly unknown[];
  /** Where it must run. */
  on: 'gpu' | 'cpu';
}

/** |error| ≤ ulps·2⁻²³·|right| + absolute + ofTerms·Σ|terms| + the smallest normal number, since a GPU may flush those below it to 0. */
interface Tolerance {
  ulps?: number | ((right: number) => number);
  absolute?: number;
  ofTerms?: number;
}

const exact: Tolerance = {};
const logOf = (right: number): number => Math.abs(Math.log(Math.abs(right)));

// WGSL and Vulkan promise: + − × are rounded once; x/y 2.5 ulp; √x, as 1/(1/√x), 2 + 2.5 ulp; eˣ 3 + 2|x| ulp; log x 3 ulp, and
// 2⁻²¹ between 0.5 and 2; xʸ as 2^(y·log₂x). A sum's order is free: 1e-6·Σ|terms| holds for all sizes that are compared here.
const nearOne = 2 ** -21;
const sums: Tolerance = { ofTerms: 1e-6 };
const afterLog: Tolerance = { ulps: 3, absolute: nearOne + 1e-6 };
/** A step has up to six roundings, two divisions and a root, of numbers about as large as 4. */
const step: Tolerance = { ulps: 8, absolute: 2e-6 };

export const tolerances: Record<string, Tolerance> = {
  ...Object.fromEntries(
    [
      ...['neg', 'abs', 'sign', 'relu', 'isFinite', 'clip', 'maximum', 'minimum', 'where', 'reluGradient'],
      ...['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'],
      ...['fill', 'copy', 'gather', 'select', 'max', 'min', 'argmax', 'argmin'],
      ...['add', 'sub', 'mul', 'square', 'leakyRelu'],
    ].map((verb) => [verb, exact]),
  ),
  div: { ulps: 2.5 },
  sqrt: { ulps: 4.5 },
  rsqrt: { ulps: 7 },
  exp: { ulps: (right) => 4 + 2 * logOf(right) },
  log: { ulps: 3, absolute: nearOne },
  log1p: { ulps: 4, absolute: nearOne },
  expm1: { ulps: (right) => 6 + 2 * logOf(right) },
  elu: { ulps: (right) => 8 + 2 * logOf(right) },
  sin: { ulps: 4, absolute: 1e-6 }, // of angles of several turns, 2⁻²⁴ of a turn is 4e-7
  cos: { ulps: 4, absolute: 1e-6 },
  tanh: { ulps: 6 },
  erf: { ulps: 8 },
  sigmoid: { ulps: (right) => 6 + 2 * logOf(right) },
  softplus: { ulps: (right) => 6 + 2 * logOf(right), absolute: nearOne },
  pow: { ulps: (right) => 32 + 8 * logOf(right) },

  matmul: sums,
  linear: sums,
  sum: sums,
  prod: { ulps: 300 }, // one rounding for each of at most 300 factors other than 1

  softmax: { ulps: (right) => 12 + 2 * logOf(right) },
  logSoftmax: afterLog,
  logSumExp: afterLog,
  crossEntropy: afterLog,
  crossEntropyGradient: { absolute: 2e-6 },
  layerNorm: { ulps: 8, absolute: 2e-6 },
  layerNormGradient: { ulps: 8, absolute: 4e-6 },

  sgd: step,
  adam: step,
  rmsprop: step,
  adagrad: step,
};

// ---- Numbers ----------------------------------------------------------------------------------------------

const random = seeded(20);

const special = [
  ...[Number.NaN, Infinity, -Infinity, 0, -0, 1, -1, 2, -2, 3, 0.5, 1e-30, -1e-30, 1e30, -1e30, 100, -100],
  ...[1e-4, -1e-4, 0.1, -0.1, 0.9999999, 1.0000001, 16777217, -16777217, 30, -30],
];
const anyOf = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)];

type Source = () => number;

const plain: Source = () => random() * 4 - 2;
const positive: Source = () => random() * 4 + 0.01;
const wide: Source = () => random() * 24 - 12;
const small: Source = () => (random() - 0.5) / 8;
const whole: Source = () => Math.floor(random() * 9 - 4);
const mixed: Source = () => anyOf([() => anyOf(special), plain, wide, small, whole])();
const strangely: Source = () => (random() < 0.1 ? anyOf([Number.NaN, Infinity, -Infinity]) : plain());
const nearlyOne: Source = () => (random() < 0.9 ? 1 : 0.5 + random());

function of(shape: readonly number[], source: Source): Tensor {
  const y = zeros(shape as number[]);
  const floats = y.storage.write();
  for (let i = 0; i < floats.length; i++) floats[i] = source();
  return y;
}

const integers = (count: number, below: number): Int32Array =>
  Int32Array.from({ length: count }, () => Math.floor(random() * below));

// ---- Calls ------------------------------------------------------------------------------------------------

const lengths = [1, 3, 4, 5, 7, 8, 15, 16, 17, 63, 64, 65, 129, 1000];

/** Shapes that are broadcast together, and to what. */
const broadcasts: [a: number[], b: number[], y: number[]][] = [
  [[], [], []],
  [[], [5], [5]],
  [[1], [7], [7]],
  [
    [3, 4],
    [3, 4],
    [3, 4],
  ],
  [[3, 4], [4], [3, 4]],
  [
    [3, 1],
    [1, 4],
    [3, 4],
  ],
  [
    [65, 1],
    [65, 17],
    [65, 17],
  ],
  [
    [2, 1, 5],
    [3, 1],
    [2, 3, 5],
  ],
  [
    [2, 3, 1, 5],
    [1, 3, 4, 1],
    [2, 3, 4, 5],
  ],
  [
    [2, 1, 4, 1],
    [3, 1, 5],
    [2, 3, 4, 5],
  ],
  [
    [1, 3, 1, 5],
    [2, 1, 4, 1],
    [2, 3, 4, 5],
  ],
  [[1], [600_000], [600_000]], // longer than a launch of more than one axis may be
];

/** Along the last axis, along others, and rows that are cut into blocks. */
const views: AxisView[] = [
  ...lengths.map((size) => ({ outer: 3, size, inner: 1 })),
  ...[1, 5, 17, 129].map((size) => ({ outer: 2, size, inner: 3 })),
  { outer: 1, size: 7, inner: 65 },
  { outer: 129, size: 4, inner: 1 },
  { outer: 1, size: 1025, inner: 1 },
  { outer: 2, size: 4099, inner: 1 },
  { outer: 1, size: 70_001, inner: 1 },
  { outer: 20_000, size: 2, inner: 1 }, // longer than a texture
];

const shapeOf = ({ outer, size, inner }: AxisView): number[] => [outer, size, inner];

const products: [a: number[], b: number[], y: number[]][] = [
  ...lengths.slice(0, 13).map((size): [number[], number[], number[]] => [
    [size, 5],
    [5, size],
    [size, size],
  ]),
  ...lengths.map((terms): [number[], number[], number[]] => [
    [3, terms],
    [terms, 4],
    [3, 4],
  ]),
  [
    [65, 130],
    [130, 67],
    [65, 67],
  ],
  [
    [1, 2],
    [2, 5000],
    [1, 5000],
  ],
  [
    [1, 1, 3, 4],
    [4, 5],
    [1, 1, 3, 5],
  ],
  [
    [6, 3, 4],
    [6, 4, 5],
    [6, 3, 5],
  ],
  [
    [6, 3, 4],
    [4, 5],
    [6, 3, 5],
  ],
  [
    [2, 1, 3, 4],
    [1, 3, 4, 5],
    [2, 3, 3, 5],
  ],
  [
    [3, 4],
    [2, 3, 4, 5],
    [2, 3, 3, 5],
  ],
  [
    [2, 17, 33],
    [2, 33, 65],
    [2, 17, 65],
  ],
];

const swapped = (shape: readonly number[], isSwapped: boolean): number[] =>
  isSwapped ? [...shape.slice(0, -2), shape.at(-1) as number, shape.at(-2) as number] : [...shape];

/** A copy from the strided places of x to a new tensor, row by row. */
function copyOf(
  verbs: (what: string, args: unknown[], on?: Case['on']) => Case,
  x: number[],
  offset: number,
  strides: number[],
  shape: number[],
  on: Case['on'] = 'gpu',
): Case {
  const to = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const what = `[${x}] from ${offset} by [${strides}] to [${shape}]`;
  return verbs(
    what,
    [of(x, mixed), { offset, strides }, shape, { offset: 0, strides: to }, zeros(shape)],
    on,
  );
}

/** A parameter, its gradient, and `states` more; variances and sums of squares are not negative. */
const parameter = (size: number, states: number, source: Source = plain): ParameterBuffers => [
  of([size], source),
  of([size], source),
  ...Array.from({ length: states }, () => of([size], positive)),
];

const call =
  (verb: string) =>
  (what: string, args: unknown[], on: Case['on'] = 'gpu'): Case => ({ verb, what, args, on });

function* productCases(): Generator<Case> {
  for (const [a, b, y] of products)
    for (const transposeA of [false, true])
      for (const transposeB of [false, true]) {
        const [A, B] = [of(swapped(a, transposeA), plain), of(swapped(b, transposeB), plain)];
        const what = `[${a}]${transposeA ? 'ᵀ' : ''} [${b}]${transposeB ? 'ᵀ' : ''}`;
        yield call('matmul')(what, [A, B, { transposeA, transposeB }, zeros(y)]);
      }
  const two = [of([9, 10], strangely), of([10, 9], strangely)];
  yield call('matmul')('NaN and ∞', [...two, {}, zeros([9, 9])]);
  yield call('matmul')('no terms', [zeros([3, 0]), zeros([0, 4]), {}, of([3, 4], plain)], 'cpu');
  const long = [of([1, 1], plain), of([1, 600_000], plain), {}, zeros([1, 600_000])];
  yield call('matmul')('longer than a launch', long, 'cpu');
  for (const [rows, terms, n] of [
    ...lengths.map((size) => [size, 7, 5]),
    ...lengths.map((size) => [5, size, 7]),
    ...lengths.map((size) => [7, 5, size]),
    [65, 130, 67],
  ]) {
    const [X, W, b] = [of([rows, terms], plain), of([n, terms], plain), of([n], plain)];
    yield call('linear')(`[${rows}, ${terms}] by ${n}`, [X, W, b, zeros([rows, n])]);
    yield call('linear')(`[${rows}, ${terms}] by ${n}, no bias`, [X, W, undefined, zeros([rows, n])]);
  }
}

function* cases({ largest, backend }: Description): Generator<Case> {
  // A kernel for each set of sizes is compiled on WebGL, which takes a while.
  const sizes = backend === 'webgpu' ? lengths : [1, 5, 16, 65, 1000];
  for (const verb of [
    ...['neg', 'abs', 'sign', 'square', 'sqrt', 'rsqrt', 'exp', 'log', 'log1p', 'expm1', 'sin', 'cos'],
    ...['tanh', 'erf', 'sigmoid', 'softplus', 'relu', 'isFinite', 'leakyRelu', 'elu', 'clip'],
  ]) {
    const own: Record<string, number[][]> = {
      leakyRelu: [[0.01], [-0.3]],
      elu: [[1], [1.7]],
      clip: [
        [-0.5, 2],
        [2, -0.5],
        [0, Infinity],
      ],
    };
    for (const options of own[verb] ?? [[]]) {
      for (const size of sizes)
        yield call(verb)(`[${size}] ${options}`, [of([size], mixed), ...options, zeros([size])]);
      const all = tensor(Float32Array.from(special));
      yield call(verb)(`special numbers ${options}`, [all, ...options, zeros(all.shape as number[])]);
      yield call(verb)(`[3, 65] ${options}`, [of([3, 65], wide), ...options, zeros([3, 65])]);
      yield call(verb)(`[2000] near 0 ${options}`, [of([2000], small), ...options, zeros([2000])]);
      yield call(verb)(`[0] ${options}`, [zeros([0]), ...options, zeros([0])], 'cpu');
    }
  }
  for (const verb of ['sin', 'cos']) {
    const angles = Array.from({ length: 600 }, (_, i) => (i - 300) * (Math.PI / 8));
    const large = Array.from({ length: 600 }, () => (random() - 0.5) * 2 ** (random() * 126));
    for (const values of [angles, large])
      yield call(verb)(`from ${values[0]}`, [tensor(Float32Array.from(values)), zeros([600])]);
  }

  for (const verb of [
    ...['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'equal', 'notEqual', 'less', 'lessEqual'],
    ...['greater', 'greaterEqual', 'reluGradient'],
  ]) {
    const source = verb === 'pow' ? () => anyOf([positive, whole, plain])() : mixed;
    for (const size of sizes)
      yield call(verb)(`[${size}]`, [of([size], source), of([size], source), zeros([size])]);
    for (const [a, b, y] of broadcasts) {
      yield call(verb)(`[${a}] and [${b}]`, [of(a, source), of(b, source), zeros(y)]);
      yield call(verb)(`[${b}] and [${a}]`, [of(b, source), of(a, source), zeros(y)]);
    }
    // Large exponents multiply the logarithm's error, and a GPU does not tell −0 from 0: 1/−0 may be ∞.
    const some =
      verb === 'pow'
        ? special.filter((x) => !(Math.abs(x) > 4 && Math.abs(x) < Infinity) && !Object.is(x, -0))
        : special;
    const n = some.length;
    const pairs = [tensor(Float32Array.from(some), [n, 1]), tensor(Float32Array.from(some), [1, n])];
    yield call(verb)('every pair of special numbers', [...pairs, zeros([n, n])]);
    yield call(verb)('[2, 0] and [1]', [zeros([2, 0]), zeros([1]), zeros([2, 0])], 'cpu');
    const six = [zeros([2, 1, 2, 1, 2, 1]), zeros([1, 2, 1, 2, 1, 2]), zeros([2, 2, 2, 2, 2, 2])];
    yield call(verb)('six axes that cannot be joined', six, 'cpu');
  }
  for (const [a, b, y] of broadcasts)
    for (const [c, p, q] of [
      [a, b, y],
      [y, a, b],
      [b, y, a],
    ])
      yield call('where')(`[${c}] ? [${p}] : [${q}]`, [of(c, whole), of(p, mixed), of(q, mixed), zeros(y)]);

  for (const value of [0, 1.1, Number.NaN, -Infinity, 1e30])
    for (const size of [1, 5, 1000]) yield call('fill')(`${value} [${size}]`, [value, zeros([size])]);

  const copy = call('copy');
  yield copyOf(copy, [7], 0, [1], [7]);
  yield copyOf(copy, [3, 4], 0, [1, 4], [4, 3]);
  yield copyOf(copy, [65, 17], 0, [1, 17], [17, 65]);
  yield copyOf(copy, [2, 3, 4], 0, [4, 12, 1], [3, 2, 4]);
  yield copyOf(copy, [2, 3, 4], 0, [1, 4, 12], [4, 3, 2]);
  yield copyOf(copy, [2, 3, 4, 5], 0, [1, 5, 20, 60], [5, 4, 3, 2]);
  yield copyOf(copy, [2, 3, 4, 5], 0, [20, 5, 60, 1], [3, 4, 2, 5]);
  yield copyOf(copy, [2, 3, 4, 5], 0, [5, 60, 1, 20], [4, 2, 5, 3]);
  yield copyOf(copy, [10], 3, [1], [5]);
  yield copyOf(copy, [10], 1, [2], [4]);
  yield copyOf(copy, [5, 6], 8, [6, 1], [3, 4]);
  yield copyOf(copy, [5, 6], 7, [12, 2], [2, 2]);
  yield copyOf(copy, [4, 5, 6], 37, [30, 6, 1], [2, 3, 4]);
  yield copyOf(copy, [3, 4, 5, 6], 151, [120, 30, 6, 1], [2, 2, 3, 4]);
  yield copyOf(copy, [1], 0, [0], [600_000]);
  yield copyOf(copy, [3], 0, [1, 0], [3, 4]);
  yield copyOf(copy, [4], 0, [0, 1], [3, 4]);
  yield copyOf(copy, [2, 3], 0, [3, 0, 1, 0], [2, 4, 3, 5]);
  yield copyOf(copy, [4], 3, [-1], [4], 'cpu');
  yield copyOf(copy, [2, 2, 2, 2, 2], 0, [1, 2, 4, 8, 16], [2, 2, 2, 2, 2], 'cpu');
  yield copyOf(copy, [5], 0, [1], [0], 'cpu');
  const part = [
    of([3], plain),
    { offset: 0, strides: [1] },
    [3],
    { offset: 1, strides: [1] },
    of([5], plain),
  ];
  yield copy('to a part of y', part, 'cpu');
  const turned = [of([6], plain), { offset: 0, strides: [3, 1] }, [2, 3], { offset: 0, strides: [1, 2] }];
  yield copy('to places that are not in order', [...turned, zeros([3, 2])], 'cpu');

  for (const view of views.filter(({ size }) => size < 5000)) {
    const { outer, size, inner } = view;
    const x = of(shapeOf(view), mixed);
    const what = shapeOf(view).join('×');
    for (const count of [1, 5, 17]) {
      const y = () => zeros([outer, count, inner]);
      yield call('gather')(`${what} at ${count}`, [x, view, integers(outer * count * inner, size), y()]);
      yield call('select')(`${what} at ${count}`, [x, view, integers(count, size), y()]);
    }
  }

  yield* productCases();

  for (const verb of ['sum', 'prod', 'max', 'min', 'argmax', 'argmin']) {
    const source = { sum: plain, prod: nearlyOne }[verb] ?? wide;
    for (const view of views) {
      const y = () => zeros([view.outer, view.inner]);
      const what = shapeOf(view).join('×');
      const factors = verb === 'prod' && view.size > 2000 ? () => 1 - (random() < 1e-3 ? 0.5 : 0) : source;
      yield call(verb)(what, [of(shapeOf(view), factors), view, y()]);
      if (verb !== 'prod') yield call(verb)(`${what}, equal ones`, [of(shapeOf(view), whole), view, y()]);
    }
    for (const view of views.filter(({ size }) => size < 70))
      yield call(verb)(`${shapeOf(view).join('×')}, NaN and ∞`, [
        of(shapeOf(view), () => anyOf([Number.NaN, Infinity, -Infinity, 1, 2, 3, 1, 2, 3, 1, 2, 3])),
        view,
        zeros([view.outer, view.inner]),
      ]);
    const empty = { outer: 3, size: 0, inner: 1 };
    if (!verb.startsWith('arg')) yield call(verb)('3×0', [zeros([3, 0]), empty, zeros([3])], 'cpu');
  }
  // A float32 holds every whole number up to 2²⁴: an index that was one would miss single elements above.
  const count = 2 ** 24 + 4097;
  const marks = zeros([1, count]);
  marks.storage.write().forEach((_, i, floats) => {
    floats[i] = i < 2 ** 24 ? 0 : i % 2;
  });
  const place = 4 * count <= largest ? 'gpu' : 'cpu';
  yield call('sum')(`1×${count}`, [marks, { outer: 1, size: count, inner: 1 }, zeros([1])], place);

  for (const verb of ['softmax', 'logSoftmax', 'logSumExp'])
    for (const view of views) {
      const shape = shapeOf(view);
      const y = () => (verb === 'logSumExp' ? zeros([view.outer, view.inner]) : zeros(shape));
      for (const [name, source] of Object.entries({ plain, wide }))
        yield call(verb)(`${shape.join('×')} ${name}`, [of(shape, source), view, y()]);
      if (view.size > 70) continue;
      const infinite = () => anyOf([-Infinity, 1e30, 1, 2]);
      yield call(verb)(`${shape.join('×')}, −∞ and 1e30`, [of(shape, infinite), view, y()]);
      const any = () => anyOf([Number.NaN, Infinity, -Infinity, 1, 2, 3]);
      yield call(verb)(`${shape.join('×')}, NaN and ∞`, [of(shape, any), view, y()]);
    }
  for (const [rows, classes] of [
    ...sizes.map((size) => [size, 10]),
    ...sizes.map((size) => [3, size]),
    [2, 5000],
  ])
    for (const source of [plain, wide, strangely]) {
      const x = of([rows, classes], source);
      const labels = integers(rows, classes);
      const dy = of([rows], () => random() * 2 - 1);
      yield call('crossEntropy')(`[${x.shape}]`, [x, labels, zeros([rows])]);
      yield call('crossEntropyGradient')(`[${x.shape}]`, [dy, x, labels, zeros([rows, classes])]);
    }

  for (const [rows, width] of [
    ...sizes.map((size) => [size, 9]),
    ...sizes.map((size) => [3, size]),
    [2, 5000],
  ]) {
    const shape = width === 9 ? [rows, 1, width] : [rows, width];
    for (const isWeighted of [true, false])
      for (const hasBias of [true, false]) {
        const weight = isWeighted ? of([width], plain) : undefined;
        const bias = hasBias ? of([width], plain) : undefined;
        const x = of(shape, rows > 60 ? strangely : plain);
        const what = `[${shape}]${weight ? ' weight' : ''}${bias ? ' bias' : ''}`;
        const eps = width === 1 ? 1e-3 : 1e-5;
        yield call('layerNorm')(what, [x, weight, bias, eps, zeros(shape)]);
        if (!hasBias)
          yield call('layerNormGradient')(what, [of(shape, plain), x, weight, 1e-2, zeros(shape)]);
      }
  }

  for (const size of sizes) {
    for (const momentum of [0, 0.9])
      for (const nesterov of momentum ? [false, true] : [false])
        for (const [weightDecay, dampening, first] of [
          [0, 0, true],
          [0.1, 0, false],
          [0.1, nesterov ? 0 : 0.3, false],
        ] as const) {
          const options = { lr: 0.1, momentum, dampening, nesterov, weightDecay, first };
          const states = momentum ? 1 : 0;
          const empty = [of([3], () => Number.NaN)]; // which the first step does not read
          yield call('sgd')(`[${size}] ${JSON.stringify(options)}`, [
            [
              parameter(size, states),
              first ? [...parameter(3, 0), ...empty.slice(0, states)] : parameter(3, states),
            ],
            options,
          ]);
        }
    for (const amsgrad of [false, true])
      for (const decoupled of [false, true])
        for (const [weightDecay, step] of [
          [0, 1],
          [0.1, 1],
          [0.1, 1000],
        ]) {
          const options = { lr: 0.1, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay, decoupled, step };
          const what = `[${size}] ${amsgrad ? 'amsgrad ' : ''}${JSON.stringify(options)}`;
          const states = amsgrad ? 3 : 2;
          yield call('adam')(what, [[parameter(size, states), parameter(3, states)], options]);
        }
    for (const momentum of [0, 0.9])
      for (const weightDecay of [0, 0.1]) {
        const options = { lr: 0.1, alpha: 0.99, eps: 1e-8, momentum, weightDecay };
        const what = `[${size}] ${JSON.stringify(options)}`;
        yield call('rmsprop')(what, [[parameter(size, momentum ? 2 : 1)], options]);
      }
    for (const weightDecay of [0, 0.1])
      yield call('adagrad')(`[${size}] ${weightDecay}`, [
        [parameter(size, 1)],
        { lr: 0.1, eps: 1e-10, weightDecay },
      ]);
  }
  const broken: Source = () => anyOf([Number.NaN, Infinity, 1, -2]);
  const amsgrad = { lr: 0.1, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, decoupled: false, step: 3 };
  yield call('adam')('NaN and ∞', [[parameter(50, 3, broken)], amsgrad]);
}

// ---- Comparison -------------------------------------------------------------------------------------------

const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;

/** Tensors as new ones, here and in lists; everything else as it is. */
function copied<T>(value: T, change: (x: number) => number = (x) => x): T {
  if (isTensor(value)) return tensor(value.storage.read().map(change), value.shape as number[]) as T;
  return Array.isArray(value) ? (value.map((item) => copied(item, change)) as T) : value;
}

const tensorsOf = (args: readonly unknown[]): Tensor[] => args.flat(2).filter(isTensor);

/** What a call writes to. */
function resultsOf(args: readonly unknown[]): Tensor[] {
  if (!Array.isArray(args[0])) return [args.at(-1) as Tensor];
  return args[0].flatMap(([parameter, , ...state]: ParameterBuffers) => [parameter, ...state]);
}

const run = (backend: Backend, verb: string, args: readonly unknown[]): void =>
  (backend[verb as keyof Backend] as (...args: readonly unknown[]) => void)(...args);

const show = (x: number): string => (Object.is(x, -0) ? '−0' : String(x));

/** The error of a number as a part of what is allowed; Infinity if it is another kind of number. ±0 count as one: GPUs do not keep them apart. */
function errorOf(got: number, right: number, { ulps = 0, absolute = 0 }: Tolerance, terms: number): number {
  if (got === right || (Number.isNaN(got) && Number.isNaN(right))) return 0;
  if (!Number.isFinite(got) || !Number.isFinite(right)) return Infinity;
  const relative = typeof ulps === 'number' ? ulps : right === 0 ? 0 : ulps(right);
  return Math.abs(got - right) / (relative * 2 ** -23 * Math.abs(right) + absolute + terms + 2 ** -126);
}

async function compare({ verb, what, args, on }: Case, gpu: Backend, client: Client): Promise<Finding> {
  const made = new ScopeRecord();
  const [theirs, ours] = made.run(() => [copied(args), copied(args)]);
  const before = { ...client.counter(verb) };
  run(reference, verb, theirs);
  run(gpu, verb, ours);
  const { gpu: onGpu, cpu: onCpu } = client.counter(verb);
  const ran = onGpu > before.gpu ? 'gpu' : onCpu > before.cpu ? 'cpu' : 'nowhere';
  const finding: Finding = { verb, what, used: 0 };
  if (ran !== on) finding.problem = `ran on ${ran}, not on ${on}`;
  const tolerance = on === 'gpu' ? tolerances[verb] : exact;

  let terms: Float32Array | undefined;
  if (tolerance.ofTerms) {
    const sizes = copied(args, Math.abs);
    run(reference, verb, sizes);
    terms = (sizes.at(-1) as Tensor).storage.read().map((sum) => (tolerance.ofTerms as number) * sum);
  }
  const [written, right] = [resultsOf(ours), tensorsOf(theirs)];
  for (const [t, mine] of tensorsOf(ours).entries()) {
    const isResult = written.includes(mine);
    const [got, wanted] = [await mine.storage.fetch(), right[t].storage.read()];
    for (let i = 0; i < wanted.length; i++) {
      const error = errorOf(got[i], wanted[i], isResult ? tolerance : exact, (isResult && terms?.[i]) || 0);
      finding.used = Math.max(finding.used, error);
      if (error <= 1) continue;
      const operands = tensorsOf(args).map((x) => (x.size === got.length ? show(x.storage.read()[i]) : '…'));
      finding.problem ??= `element ${i} of tensor ${t} is ${show(got[i])}, not ${show(wanted[i])} (operands ${operands}; ${error.toPrecision(3)} times what is allowed)`;
    }
  }
  made.release();
  return finding;
}

/** A client that sends to the device whatever it can run. The CPU does not take over if the device fails. */
export function clientOf(link: Link): Client {
  const failure = (reason: string) => new Error(reason);
  return new Client(link, reference, {
    decide: () => true,
    onCpu: () => 0,
    mayFallBack: false,
    fellBack() {},
    failure,
    cannotWait: () => failure('this thread cannot wait for values'),
    make: (shape) => zeros(shape as number[]),
  });
}

export interface SweepOptions {
  /** Is told of each call. */
  report?: (finding: Finding) => void;
  /** Compares the first of so many calls of a verb, for devices that take long for each. Default: 1, all. */
  every?: number;
}

/** Compares every verb of a device, products by each kernel that it has. A device that fails ends it. */
export async function sweep(link: Link, { report, every = 1 }: SweepOptions = {}): Promise<Finding[]> {
  const client = clientOf(link);
  const gpu = client.over(reference);
  const findings: Finding[] = [];
  const compareAll = async (cases: Iterable<Case>): Promise<void> => {
    const seen: Record<string, number> = {};
    for (const each of cases) {
      seen[each.verb] = (seen[each.verb] ?? -1) + 1;
      if (seen[each.verb] % every !== 0) continue;
      const finding = await compare(each, gpu, client);
      findings.push(finding);
      report?.(finding);
    }
  };
  await compareAll(cases(link.description));
  if (link.description.backend !== 'webgpu') return findings;
  link.send([{ do: 'choose', product: 'tiled' }]);
  await compareAll(productCases());
  link.send([{ do: 'choose', product: 'plain' }]);
  return findings;
}
