// Elementwise operations and activations at kinks, ties and special values, and with bad input.
import { expect } from 'chai';
import {
  ArgumentError,
  abs,
  clip,
  cos,
  elu,
  equal,
  erf,
  exp,
  expm1,
  gelu,
  grad,
  greater,
  greaterEqual,
  hardtanh,
  isFinite,
  leakyRelu,
  less,
  lessEqual,
  log,
  log1p,
  logSigmoid,
  maximum,
  minimum,
  mul,
  notEqual,
  pow,
  relu,
  rsqrt,
  ShapeError,
  sigmoid,
  sign,
  silu,
  sin,
  softplus,
  sqrt,
  square,
  sum,
  type Tensor,
  tanh,
  tensor,
  where,
  zeros,
} from '../../src/index.ts';
import { inFloat64 } from '../support/float64.ts';
import { checkGradient } from '../support/gradients.ts';

type Operation = (x: Tensor) => Tensor;

/** The same test in float32 and in float64. */
const inBoth = (body: () => void) => () => {
  body();
  inFloat64(body);
};

const leaf = (values: number[]): Tensor => tensor(values, { requiresGrad: true });

/** Values, and the gradient that `upstream` becomes. */
function run(op: Operation, values: number[], upstream: number[]) {
  const x = leaf(values);
  const y = op(x);
  const [g] = grad(y, [x], { gradient: tensor(upstream) });
  return { values: [...y.data], gradient: [...g.data] };
}

/** 0, ±∞ and NaN must be exactly that (a zero of either sign); other numbers may be off by 4e-7 of their size, four float32 roundings. */
function expectNear(actual: number, expected: number, name: string): void {
  const exact = expected === 0 || !Number.isFinite(expected);
  const near = exact
    ? Object.is(actual + 0, expected + 0)
    : Math.abs(actual - expected) <= 4e-7 * Math.abs(expected);
  if (!near) expect.fail(`${name} is ${actual}, expected ${expected}`);
}

const noSign = (values: number[]) => values.map((value) => value + 0);

describe('kinks: the slope where there is none is the one of PyTorch', () => {
  const kinks: [title: string, op: Operation, x: number[], upstream: number[], gradient: number[]][] = [
    ['relu has slope 0 at 0', relu, [-2, -0, 0, 2], [2, 3, 5, 7], [0, 0, 0, 7]],
    [
      'leakyRelu takes the lower slope at 0',
      (x) => leakyRelu(x, { slope: 0.25 }),
      [-2, -0, 0, 2],
      [4, 8, 12, 7],
      [1, 2, 3, 7],
    ],
    [
      'elu takes the lower branch, alpha·e⁰, at 0',
      (x) => elu(x, { alpha: 2 }),
      [-0, 0, 2],
      [3, 5, 7],
      [6, 10, 7],
    ],
    ['abs has slope 0 at 0', abs, [-2, -0, 0, 2], [2, 3, 5, 7], [-2, 0, 0, 7]],
    ['sign has slope 0 everywhere, at its step too', sign, [-2, -0, 0, 2], [2, 3, 5, 7], [0, 0, 0, 0]],
    [
      'clip passes the gradient at its bounds',
      (x) => clip(x, { min: -1, max: 1 }),
      [-2, -1, 0, 1, 2],
      [2, 3, 5, 7, 11],
      [0, 3, 5, 7, 0],
    ],
    [
      'clip with a min alone passes all above',
      (x) => clip(x, { min: -1 }),
      [-2, -1, 9],
      [2, 3, 5],
      [0, 3, 5],
    ],
    ['clip with a max alone passes all below', (x) => clip(x, { max: 1 }), [-9, 1, 2], [2, 3, 5], [2, 3, 0]],
    [
      'clip between equal bounds passes them alone',
      (x) => clip(x, { min: 1, max: 1 }),
      [0, 1, 2],
      [2, 3, 5],
      [0, 3, 0],
    ],
    [
      'hardtanh does not pass the gradient at its bounds',
      hardtanh,
      [-2, -1, 0, 1, 2],
      [2, 3, 5, 7, 11],
      [0, 0, 5, 0, 0],
    ],
    [
      'hardtanh takes other bounds',
      (x) => hardtanh(x, { min: 0, max: 6 }),
      [-1, 0, 3, 6, 7],
      [2, 3, 5, 7, 11],
      [0, 0, 5, 0, 0],
    ],
  ];
  for (const [title, op, x, upstream, gradient] of kinks)
    it(
      title,
      inBoth(() => expect(noSign(run(op, x, upstream).gradient)).to.deep.equal(gradient)),
    );

  it(
    'a bound that float32 rounds is the same number in the value and in the bound',
    inBoth(() => {
      expect(run((x) => clip(x, { max: 0.1 }), [0.1], [3]).gradient).to.deep.equal([3]);
      expect(run((x) => clip(x, { min: 0.7 }), [0.7], [3]).gradient).to.deep.equal([3]);
      expect(run((x) => hardtanh(x, { min: 0.1, max: 0.7 }), [0.1, 0.7], [3, 3]).gradient).to.deep.equal([
        0, 0,
      ]);
    }),
  );

  it(
    'clip and hardtanh move what lies outside to the nearer bound',
    inBoth(() => {
      const bounds = { min: -0.5, max: 2 };
      for (const op of [clip, hardtanh])
        expect([...op(tensor([-Infinity, -0.5, 0.25, 2, 3, Infinity]), bounds).data]).to.deep.equal([
          -0.5, -0.5, 0.25, 2, 2, 2,
        ]);
    }),
  );
});

describe('ties: maximum and minimum', () => {
  const pair = (op: typeof maximum, as: number[], bs: number[], upstream: number[]) => {
    const [a, b] = [leaf(as), leaf(bs)];
    const y = op(a, b);
    const gradients = grad(y, [a, b], { gradient: tensor(upstream) });
    return [y, ...gradients].map((t) => [...t.data]);
  };

  it(
    'the winner takes the gradient, and a tie is split half and half',
    inBoth(() => {
      const [as, bs, upstream] = [
        [1, 2, -0, Infinity],
        [1, 3, 0, Infinity],
        [6, 5, 10, 14],
      ];
      expect(pair(maximum, as, bs, upstream)).to.deep.equal([
        [1, 3, 0, Infinity],
        [3, 0, 5, 7],
        [3, 5, 5, 7],
      ]);
      expect(pair(minimum, as, bs, upstream)).to.deep.equal([
        [1, 2, -0, Infinity],
        [3, 5, 5, 7],
        [3, 0, 5, 7],
      ]);
    }),
  );

  it(
    'a NaN on either side makes the result NaN, and both sides take the gradient',
    inBoth(() => {
      for (const op of [maximum, minimum])
        expect(pair(op, [NaN, 1], [1, NaN], [3, 5])).to.deep.equal([
          [NaN, NaN],
          [3, 5],
          [3, 5],
        ]);
    }),
  );

  it(
    'a number on one side is a scalar, whose ties are split too',
    inBoth(() => {
      expect(run((x) => maximum(x, 1), [0, 1, 2], [3, 4, 5])).to.deep.equal({
        values: [1, 1, 2],
        gradient: [0, 2, 5],
      });
      expect(run((x) => minimum(1, x), [0, 1, 2], [3, 4, 5])).to.deep.equal({
        values: [0, 1, 1],
        gradient: [3, 2, 0],
      });
    }),
  );

  it(
    'a tensor against itself: the two halves meet again',
    inBoth(() => {
      expect(run((x) => maximum(x, x), [1, -2], [3, 5])).to.deep.equal({ values: [1, -2], gradient: [3, 5] });
    }),
  );
});

describe('where', () => {
  it(
    'every condition but ±0 chooses the first, NaN too',
    inBoth(() => {
      const y = where(tensor([1, 0, -0, NaN, -2]), 10, tensor([1, 2, 3, 4, 5]));
      expect([...y.data]).to.deep.equal([10, 2, 3, 10, 10]);
    }),
  );

  it('the gradient goes to the chosen side, summed over what was stretched', () => {
    const condition = tensor([[1], [0]]);
    const a = tensor([1, 2, 3], { requiresGrad: true });
    const b = tensor(4, { requiresGrad: true });
    const G = [
      [1, 10, 100],
      [2, 20, 200],
    ];
    const [da, db] = grad(where(condition, a, b), [a, b], { gradient: tensor(G) });
    expect(da.toArray()).to.deep.equal([1, 10, 100]); // row 0 alone
    expect(db.toArray()).to.equal(222); // 2 + 20 + 200, row 1
  });

  it('agrees with the measured slope where some are chosen and some are not', () => {
    const condition = tensor([
      [1, 0, 1],
      [0, 0, 1],
    ]);
    checkGradient(
      (a: Tensor, b: Tensor) => where(condition, a, b),
      (random) => [random.uniform([2, 3]), random.uniform([3])],
    );
  });

  it('a condition gets a gradient of zeros', () => {
    const condition = leaf([1, 0]);
    const y = sum(where(condition, leaf([2, 3]), 0));
    expect([...grad(y, [condition])[0].data]).to.deep.equal([0, 0]);
  });

  it(
    'what was not chosen gets 0 even from an infinite gradient, where a mask would give 0·∞ = NaN',
    inBoth(() => {
      const ops: [Operation, number][] = [
        [(x) => where(0, x, 1), 5],
        [(x) => where(1, 1, x), 5],
        [(x) => maximum(x, 9), 5],
        [(x) => minimum(1, x), 5],
        [(x) => clip(x, { max: 1 }), 5],
        [hardtanh, 5],
        [relu, -5],
      ];
      for (const [op, x] of ops)
        for (const upstream of [Infinity, NaN]) expect(run(op, [x], [upstream]).gradient).to.deep.equal([0]);
    }),
  );
});

describe('comparisons', () => {
  const as = [1, 2, 3, -0, Infinity, -Infinity, NaN, 1, NaN];
  const bs = [2, 2, 2, 0, Infinity, Infinity, 1, NaN, NaN];
  const table: [name: string, op: typeof equal, expected: number[]][] = [
    ['equal', equal, [0, 1, 0, 1, 1, 0, 0, 0, 0]],
    ['notEqual', notEqual, [1, 0, 1, 0, 0, 1, 1, 1, 1]],
    ['less', less, [1, 0, 0, 0, 0, 1, 0, 0, 0]],
    ['lessEqual', lessEqual, [1, 1, 0, 1, 1, 1, 0, 0, 0]],
    ['greater', greater, [0, 0, 1, 0, 0, 0, 0, 0, 0]],
    ['greaterEqual', greaterEqual, [0, 1, 1, 1, 1, 0, 0, 0, 0]],
  ];
  for (const [name, op, expected] of table)
    it(
      `${name} is 1 or 0, and knows that NaN compares with nothing`,
      inBoth(() => expect([...op(tensor(as), tensor(bs)).data]).to.deep.equal(expected)),
    );

  it('comparisons broadcast, and take a number on either side', () => {
    expect(less(tensor([[1], [2]]), tensor([1, 2, 3])).toArray()).to.deep.equal([
      [0, 1, 1],
      [0, 0, 1],
    ]);
    expect(greater(2, tensor([1, 2, 3])).toArray()).to.deep.equal([1, 0, 0]);
  });

  it(
    'isFinite tells numbers from NaN and ±∞',
    inBoth(() => {
      const x = tensor([0, -0, 3e38, 1e-45, Infinity, -Infinity, NaN]);
      expect([...isFinite(x).data]).to.deep.equal([1, 1, 1, 1, 0, 0, 0]);
    }),
  );

  it('comparisons and isFinite record nothing', () => {
    const x = leaf([1, 2]);
    for (const op of [equal, notEqual, less, lessEqual, greater, greaterEqual])
      expect(op(x, 1).requiresGrad).to.equal(false);
    expect(isFinite(x).requiresGrad).to.equal(false);
  });
});

describe('special values of functions of one variable', () => {
  const [inf, big] = [Infinity, 1e4];
  const e20 = 2.061153622438558e-9; // e⁻²⁰
  const geluTanh: Operation = (x) => gelu(x, { approximate: 'tanh' });
  const clipBelow: Operation = (x) => clip(x, { min: -1 });

  type Row = [name: string, op: Operation, x: number[], value: number[], slope: number[]];
  const table: Row[] = [
    ['abs', abs, [-3, -big, -inf, inf], [3, big, inf, inf], [-1, -1, -1, 1]],
    ['sign', sign, [-big, -inf, inf, 1e-30], [-1, -1, 1, 1], [0, 0, 0, 0]],
    ['square', square, [-3, big, -inf], [9, 1e8, inf], [-6, 2e4, -inf]],
    ['sqrt', sqrt, [4, 0, inf, -1], [2, 0, inf, NaN], [1 / 4, inf, 0, NaN]],
    // (x^−½)′ = −½·x^(−3/2): at 4, −½/8
    ['rsqrt', rsqrt, [4, 0, inf, -1], [1 / 2, inf, 0, NaN], [-1 / 16, -inf, 0, NaN]],
    ['exp', exp, [0, -20, big, -big, inf, -inf], [1, e20, inf, 0, inf, 0], [1, e20, inf, 0, inf, 0]],
    ['log', log, [1, big, 0, inf], [0, 9.210340371976184, -inf, inf], [1, 1e-4, inf, 0]],
    [
      'log1p',
      log1p,
      [0, 1e-10, big - 1, -1, inf],
      [0, 1e-10, 9.210340371976184, -inf, inf],
      [1, 1, 1e-4, inf, 0],
    ],
    // the slope at −20 is e⁻²⁰; as (eˣ − 1) + 1 in float32 it would be 0
    [
      'expm1',
      expm1,
      [0, 1e-10, -20, -big, big, inf, -inf],
      [0, 1e-10, e20 - 1, -1, inf, inf, -1],
      [1, 1, e20, 0, inf, inf, 0],
    ],
    [
      'sin',
      sin,
      [0, big, inf, -inf],
      [0, -0.30561438888825215, NaN, NaN],
      [1, -0.9521553682590149, NaN, NaN],
    ],
    ['cos', cos, [0, big, inf, -inf], [1, -0.9521553682590149, NaN, NaN], [0, 0.30561438888825215, NaN, NaN]],
    [
      'tanh',
      tanh,
      [0, 0.5, big, -big, inf, -inf],
      [0, 0.46211715726000976, 1, -1, 1, -1],
      [1, 0.7864477329659274, 0, 0, 0, 0],
    ],
    // slope 2/√π at 0, 2/(e√π) at 1
    [
      'erf',
      erf,
      [0, 1, big, -big, inf, -inf],
      [0, 0.8427007929497149, 1, -1, 1, -1],
      [1.1283791670955126, 0.41510749742059477, 0, 0, 0, 0],
    ],
    // at −20: e⁻²⁰/(1 + e⁻²⁰), which is e⁻²⁰ in the first eight digits; so are its slope and softplus
    ['sigmoid', sigmoid, [0, -20, big, -big, inf, -inf], [1 / 2, e20, 1, 0, 1, 0], [1 / 4, e20, 0, 0, 0, 0]],
    [
      'softplus',
      softplus,
      [0, -20, big, -big, inf, -inf],
      [Math.LN2, e20, big, 0, inf, 0],
      [1 / 2, e20, 1, 0, 1, 0],
    ],
    [
      'logSigmoid',
      logSigmoid,
      [0, 20, big, -big, inf, -inf],
      [-Math.LN2, -e20, 0, -big, 0, -inf],
      [1 / 2, e20, 0, 1, 0, 1],
    ],
    ['silu', silu, [0, big, -big, 1e20, -1e20], [0, big, 0, 1e20, 0], [1 / 2, 1, 0, 1, 0]],
    // Φ(1) = 0.84134…, φ(1) = 0.24197…: slope Φ(1) + φ(1) at 1, and 1 − Φ(1) − φ(1) at −1
    [
      'gelu',
      gelu,
      [0, 1, -1],
      [0, 0.8413447460685429, -0.15865525393145707],
      [1 / 2, 1.0833154705876864, -0.0833154705876864],
    ],
    ['gelu', gelu, [big, -big, 1e20, -1e20], [big, 0, 1e20, 0], [1, 0, 1, 0]],
    [
      'gelu with tanh',
      geluTanh,
      [0, 1, 2],
      [0, 0.8411919906082768, 1.954597694087775],
      [1 / 2, 1.0829640838457826, 1.0860992566236183],
    ],
    ['gelu with tanh', geluTanh, [big, -big], [big, 0], [1, 0]],
    ['relu', relu, [big, -big, inf, -inf], [big, 0, inf, 0], [1, 0, 1, 0]],
    ['leakyRelu', leakyRelu, [big, -big, inf, -inf], [big, -100, inf, -inf], [1, 0.01, 1, 0.01]],
    [
      'elu',
      elu,
      [-1, big, -big, inf, -inf],
      [Math.exp(-1) - 1, big, -1, inf, -1],
      [Math.exp(-1), 1, 0, 1, 0],
    ],
    ['hardtanh', hardtanh, [big, -big, inf, -inf], [1, -1, 1, -1], [0, 0, 0, 0]],
    ['clip', clipBelow, [big, -big, inf, -inf], [big, -1, inf, -1], [1, 0, 1, 0]],
  ];

  for (const [name, op, xs, expected, slopes] of table)
    it(
      `${name} and its slope are right at ${xs.join(', ')}`,
      inBoth(() => {
        const { values, gradient } = run(
          op,
          xs,
          xs.map(() => 2),
        );
        xs.forEach((x, i) => {
          expectNear(values[i], expected[i], `${name}(${x})`);
          expectNear(gradient[i], 2 * slopes[i], `twice the slope of ${name} at ${x}`);
        });
      }),
    );

  it(
    'NaN goes in, NaN comes out',
    inBoth(() => {
      for (const [name, op] of table) expect([...op(tensor([NaN])).data], name).to.deep.equal([NaN]);
    }),
  );

  it(
    'the slope of a smooth function is NaN at NaN',
    inBoth(() => {
      const smooth = { square, sqrt, rsqrt, exp, log, log1p, expm1, sin, cos, tanh, erf, sigmoid, softplus };
      for (const [name, op] of Object.entries({ ...smooth, logSigmoid, silu, gelu, geluTanh }))
        expect(run(op, [NaN], [1]).gradient, name).to.deep.equal([NaN]);
    }),
  );

  it(
    'there is no logarithm below 0',
    inBoth(() => {
      expect([...log(tensor([-1, -inf])).data]).to.deep.equal([NaN, NaN]);
      expect([...log1p(tensor([-2, -inf])).data]).to.deep.equal([NaN, NaN]);
    }),
  );

  it(
    'silu and gelu grow to ∞',
    inBoth(() => {
      for (const op of [silu, gelu, geluTanh]) expect([...op(tensor([inf])).data]).to.deep.equal([inf]);
    }),
  );

  it(
    'functions that pass through 0 keep the sign of a zero',
    inBoth(() => {
      const ops = { sign, sqrt, log1p, expm1, sin, tanh, erf, silu, gelu, leakyRelu, elu, hardtanh };
      for (const [name, op] of Object.entries(ops))
        expect([...op(tensor([-0, 0])).data], name).to.deep.equal([-0, 0]);
      expect([...clip(tensor([-0, 0]), { min: 0 }).data], 'clip').to.deep.equal([-0, 0]);
    }),
  );

  it(
    'functions that cannot be negative make every zero +0, and 1/√−0 is −∞',
    inBoth(() => {
      for (const op of [abs, square, relu]) expect([...op(tensor([-0, 0])).data]).to.deep.equal([0, 0]);
      expect([...rsqrt(tensor([-0, 0])).data]).to.deep.equal([-Infinity, Infinity]);
    }),
  );

  it(
    'second derivatives are 0, not NaN, far from 0',
    inBoth(() => {
      const flat: Record<string, Operation> = {
        sigmoid,
        softplus,
        logSigmoid,
        silu,
        gelu,
        geluTanh,
        tanh,
        erf,
        elu,
        leakyRelu,
        relu,
        hardtanh,
        abs,
        sign,
        clipBelow,
      };
      for (const [name, op] of Object.entries(flat)) {
        const x = leaf([-1e4, 1e4]);
        const [slope] = grad(sum(op(x)), [x], { createGraph: true });
        const [curvature] = slope.requiresGrad ? grad(sum(slope), [x]) : [zeros([2])];
        expect(noSign([...curvature.data]), name).to.deep.equal([0, 0]);
      }
    }),
  );
});

describe('pow', () => {
  const ln = Math.log;
  // a, b, aᵇ, b·aᵇ⁻¹ (0 where b = 0), aᵇ·ln a (0 where a = 0 and b ≥ 0)
  const rows: [a: number, b: number, value: number, da: number, db: number][] = [
    [2, 3, 8, 12, 8 * ln(2)],
    [2, -1, 0.5, -0.25, 0.5 * ln(2)],
    [2, 0, 1, 0, ln(2)],
    [1, 5, 1, 5, 0],
    [0, 2, 0, 0, 0],
    [0, 1, 0, 1, 0],
    [0, 0.5, 0, Infinity, 0],
    [0, 0, 1, 0, 0],
    [-0, 0, 1, 0, 0],
    [0, -1, Infinity, -Infinity, -Infinity],
    [-2, 3, -8, 12, NaN],
    [-2, 0.5, NaN, NaN, NaN],
    [1e-40, 0, 1, 0, ln(1e-40)], // 1/a is ∞ in float32
    [Infinity, 2, Infinity, Infinity, Infinity],
    [Infinity, 0, 1, 0, Infinity],
    [Infinity, -1, 0, 0, NaN], // 0·∞
    [-Infinity, 3, -Infinity, Infinity, NaN],
    [NaN, 0, 1, 0, NaN],
    [NaN, 2, NaN, NaN, NaN],
    [1, NaN, 1, NaN, 0],
  ];
  for (const [a, b, value, da, db] of rows)
    it(
      `${Object.is(a, -0) ? '−0' : a} to the power of ${b} is ${value}, with its two slopes`,
      inBoth(() => {
        const [A, B] = [leaf([a]), leaf([b])];
        const y = pow(A, B);
        const [dA, dB] = grad(y, [A, B], { gradient: tensor([2]) });
        expectNear(y.data[0], value, 'the value');
        expectNear(dA.data[0], 2 * da, 'twice the slope in a');
        expectNear(dB.data[0], 2 * db, 'twice the slope in b');
      }),
    );

  it(
    'an exponent of 0, given as a number, gives ones and no gradient, whatever the base',
    inBoth(() => {
      const { values, gradient } = run((x) => pow(x, 0), [0, -2, Infinity, NaN], [2, 3, 5, 7]);
      expect(values).to.deep.equal([1, 1, 1, 1]);
      expect(noSign(gradient)).to.deep.equal([0, 0, 0, 0]);
    }),
  );

  it(
    'the second derivative of x², x and x⁰ at 0 is 2, 0 and 0',
    inBoth(() => {
      const curvature = [2, 1, 0].map((b) => {
        const x = leaf([0]);
        const [slope] = grad(pow(x, b), [x], { createGraph: true });
        return grad(slope, [x])[0].data[0];
      });
      expect(noSign(curvature)).to.deep.equal([2, 0, 0]);
    }),
  );

  it('the mixed second derivative aᵇ⁻¹·(1 + b·ln a) is 1/a at b = 0', () => {
    const [a, b] = [leaf([4]), leaf([0])];
    const [da] = grad(pow(a, b), [a], { createGraph: true });
    const [db] = grad(pow(a, b), [b], { createGraph: true });
    expect(grad(da, [b])[0].data[0]).to.equal(0.25);
    expect(grad(db, [a])[0].data[0]).to.equal(0.25);
  });
});

describe('types', () => {
  it('operations of one variable keep the sizes that the compiler knows', () => {
    const x = zeros([2, 3]);
    const kept: Tensor<[2, 3]>[] = [
      gelu(x),
      clip(x, { min: 0 }),
      hardtanh(x),
      leakyRelu(x, { slope: 0.1 }),
      sigmoid(x),
      maximum(x, 0),
      where(x, 1, 0),
    ];
    for (const y of kept) expect(y.shape).to.deep.equal([2, 3]);
    // @ts-expect-error: widths 3 and 4 differ
    const other: Tensor<[2, 4]> = silu(x);
    expect(other.shape).to.deep.equal([2, 3]);
  });
});

describe('bad input', () => {
  const unary = {
    ...{ abs, sign, square, sqrt, rsqrt, exp, log, log1p, expm1, sin, cos, isFinite, sigmoid, softplus },
    ...{ logSigmoid, silu, tanh, erf, gelu, relu, leakyRelu, elu, hardtanh },
    clip: (x: Tensor) => clip(x, { min: 0 }),
  };
  const binary = { pow, maximum, minimum, equal, notEqual, less, lessEqual, greater, greaterEqual };
  const wrong: [value: unknown, described: string][] = [
    ['3', '"3"'],
    [[1, 2], 'an array of 2'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{}, 'an object'],
    [true, 'true'],
  ];

  for (const [name, op] of Object.entries(unary))
    it(`${name} takes a tensor or a number, and nothing else`, () => {
      for (const [value, described] of wrong)
        expect(() => (op as (x: unknown) => unknown)(value)).to.throw(
          ArgumentError,
          `${name}: x is ${described}\n  rule: x must be`,
        );
    });

  for (const [name, op] of Object.entries(binary))
    it(`${name} takes tensors and numbers on both sides, of shapes that broadcast`, () => {
      const call = op as (a: unknown, b: unknown) => unknown;
      for (const [value, described] of wrong) {
        expect(() => call(value, 1)).to.throw(ArgumentError, `${name}: a is ${described}`);
        expect(() => call(1, value)).to.throw(ArgumentError, `${name}: b is ${described}`);
      }
      expect(() => call(zeros([2, 3]), zeros([2]))).to.throw(
        ShapeError,
        new RegExp(`^${name}: .*\\[2, 3\\].*\\[2\\]`),
      );
    });

  it('where names the argument that is wrong, and the shapes that do not fit', () => {
    const call = where as (...args: unknown[]) => unknown;
    expect(() => call('yes', 1, 2)).to.throw(ArgumentError, 'where: condition is "yes"');
    expect(() => call(1, undefined, 2)).to.throw(ArgumentError, 'where: a is undefined');
    expect(() => call(1, 2)).to.throw(ArgumentError, 'where: b is undefined');
    expect(() => where(zeros([2]), zeros([3]), 0)).to.throw(ShapeError, /^where: .*\[2\].*\[3\]/);
    expect(() => where(zeros([2]), 0, zeros([3]))).to.throw(ShapeError, /^where: .*\[2\].*\[3\]/);
  });

  const x = zeros([2]);
  const refused: [title: string, call: () => unknown, message: string][] = [
    [
      'leakyRelu',
      () => leakyRelu(x, { slop: 1 } as object),
      'leakyRelu: unknown option "slop"\n  rule: known options: slope\n  try:  { slope: ... }',
    ],
    [
      'elu',
      () => elu(x, { alhpa: 1 } as object),
      'elu: unknown option "alhpa"\n  rule: known options: alpha\n  try:  { alpha: ... }',
    ],
    [
      'gelu',
      () => gelu(x, { aproximate: 'tanh' } as object),
      'gelu: unknown option "aproximate"\n  rule: known options: approximate\n  try:  { approximate: ... }',
    ],
    [
      'hardtanh',
      () => hardtanh(x, { maxx: 1 } as object),
      'hardtanh: unknown option "maxx"\n  rule: known options: min, max\n  try:  { max: ... }',
    ],
    [
      'clip',
      () => clip(x, { mn: 1 } as object),
      'clip: unknown option "mn"\n  rule: known options: min, max\n  try:  { min: ... }',
    ],
  ];
  for (const [name, call, message] of refused)
    it(`${name} names the nearest option to an unknown one`, () =>
      expect(call).to.throw(ArgumentError, message));

  it('options that are no object are refused, with an example', () => {
    for (const options of [0, 'tanh', null, [0, 1]] as unknown as object[]) {
      expect(() => clip(x, options)).to.throw(
        ArgumentError,
        /clip: options is .*\n.*\n {2}try: {2}clip\(\.\.\., \{ min: /,
      );
      expect(() => hardtanh(x, options)).to.throw(ArgumentError, 'hardtanh: options is');
      expect(() => leakyRelu(x, options)).to.throw(ArgumentError, 'leakyRelu: options is');
      expect(() => elu(x, options)).to.throw(ArgumentError, 'elu: options is');
      expect(() => gelu(x, options)).to.throw(ArgumentError, 'gelu: options is');
    }
  });

  it('slope, alpha, min and max must be numbers', () => {
    for (const value of ['1', null, NaN] as unknown as number[]) {
      expect(() => leakyRelu(x, { slope: value })).to.throw(ArgumentError, 'slope must be a number');
      expect(() => elu(x, { alpha: value })).to.throw(ArgumentError, 'alpha must be a number');
      for (const op of [clip, hardtanh]) {
        expect(() => op(x, { min: value })).to.throw(ArgumentError, 'min must be a number');
        expect(() => op(x, { max: value })).to.throw(ArgumentError, 'max must be a number');
      }
    }
  });

  it('an option that is undefined takes its default', () => {
    const y = tensor([-2, 3]);
    expect(leakyRelu(y, { slope: undefined }).data[0]).to.be.closeTo(-0.02, 1e-8);
    expect([...hardtanh(y, { min: undefined, max: 2 }).data]).to.deep.equal([-1, 2]);
    expect([...clip(y, { min: undefined, max: 2 }).data]).to.deep.equal([-2, 2]);
  });

  it('a min above the max is refused, by clip and by hardtanh with its defaults', () => {
    expect(() => clip(x, { min: 2, max: 1 })).to.throw(
      ArgumentError,
      'clip: min is 2 and max is 1\n  rule: min must not be greater than max\n  try:  clip(x, { min: 1, max: 2 })',
    );
    expect(() => hardtanh(x, { min: 2 })).to.throw(ArgumentError, 'hardtanh: min is 2 and max is 1');
  });

  it('clip without any bound is refused', () => {
    expect(() => (clip as (x: Tensor) => Tensor)(x)).to.throw(ArgumentError, 'clip: there are no bounds');
    expect(() => clip(x, {})).to.throw(ArgumentError, 'at least one of min and max must be given');
  });

  it('gelu names the nearest form to an unknown one', () => {
    expect(() => gelu(x, { approximate: 'tan' as 'tanh' })).to.throw(
      ArgumentError,
      "gelu: approximate is \"tan\"\n  rule: approximate must be one of 'none', 'tanh'\n  try:  { approximate: 'tanh' }",
    );
    expect(() => gelu(x, { approximate: true as unknown as 'tanh' })).to.throw(
      ArgumentError,
      'approximate is true',
    );
  });

  it('a number may stand where a tensor is wanted, and the result is a scalar', () => {
    expect(square(3 as unknown as Tensor).item()).to.equal(9);
    expect(mul(2, pow(2, 3)).item()).to.equal(16);
  });
});
