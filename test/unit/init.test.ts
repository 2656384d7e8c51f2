// Initializers: bounds, variances within five standard errors, orthogonality.
import { expect } from 'chai';
import { ArgumentError, manualSeed, nn, ShapeError, type Tensor, zeros } from '../../src/index.ts';

const { init } = nn;

const variance = (x: Tensor): number => {
  const mean = x.data.reduce((sum, value) => sum + value, 0) / x.size;
  return x.data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.size;
};

/** A sample variance is off by σ²·√((κ − 1)/n), κ the kurtosis: 9/5 of a uniform distribution, 3 of a normal one. */
function expectSpread(x: Tensor, kind: 'uniform' | 'normal', expected: number): void {
  const tolerance = 5 * expected * Math.sqrt((kind === 'uniform' ? 0.8 : 2) / x.size);
  expect(variance(x)).to.be.closeTo(expected, tolerance);
  const mean = x.data.reduce((sum, value) => sum + value, 0) / x.size;
  expect(mean).to.be.closeTo(0, 5 * Math.sqrt(expected / x.size));
  const largest = Math.max(...x.data.map(Math.abs));
  if (kind === 'uniform') expect(largest / Math.sqrt(3 * expected)).to.be.within(0.99, 1 + 1e-6);
  else expect(largest / Math.sqrt(expected)).to.be.within(3, 6);
}

const weight = () => zeros([100, 300]); // fanOut 100, fanIn 300

describe('initializers', () => {
  beforeEach(() => manualSeed(7));

  it('overwrite a tensor in place, count it as a write, and return it', () => {
    const calls: ((x: Tensor) => Tensor)[] = [
      (x) => init.uniform(x),
      (x) => init.normal(x),
      (x) => init.zeros(x),
      (x) => init.ones(x),
      (x) => init.constant(x, 3),
      (x) => init.xavierUniform(x),
      (x) => init.xavierNormal(x),
      (x) => init.kaimingUniform(x),
      (x) => init.kaimingNormal(x),
      (x) => init.orthogonal(x),
    ];
    const names = Object.keys(init).filter((name) => name !== 'calculateGain');
    expect(calls).to.have.length(names.length);
    for (const call of calls) {
      const parameter = new nn.Parameter(zeros([3, 4]));
      const before = parameter.storage.version;
      expect(call(parameter)).to.equal(parameter);
      expect(parameter.storage.version).to.be.above(before);
      expect(parameter.requiresGrad).to.equal(true);
      expect(parameter.origin).to.equal(undefined);
    }
  });

  it('draw new numbers each time, and the same ones after the same seed', () => {
    for (const name of ['uniform', 'normal', 'xavierUniform', 'kaimingNormal', 'orthogonal'] as const) {
      const draw = () => [...init[name](zeros([3, 4])).data];
      manualSeed(3);
      const [first, second] = [draw(), draw()];
      expect(second).not.to.deep.equal(first);
      manualSeed(3);
      expect(draw()).to.deep.equal(first);
    }
  });

  it('constant, zeros and ones fill', () => {
    const x = zeros([2, 2]);
    expect([...init.constant(x, 2.5).data]).to.deep.equal([2.5, 2.5, 2.5, 2.5]);
    expect([...init.ones(x).data]).to.deep.equal([1, 1, 1, 1]);
    expect([...init.zeros(x).data]).to.deep.equal([0, 0, 0, 0]);
  });

  it('uniform fills [low, high), [0, 1) unless said', () => {
    const x = init.uniform(weight(), -3, 5);
    expect(Math.min(...x.data)).to.be.within(-3, -2.99);
    expect(Math.max(...x.data))
      .to.be.within(4.99, 5)
      .and.below(5);
    expect(Math.min(...init.uniform(x).data)).to.be.within(0, 0.001);
    expect(Math.max(...x.data))
      .to.be.within(0.999, 1)
      .and.below(1);
    expect(new Set(init.uniform(x, 2, 2).data)).to.deep.equal(new Set([2]));
  });

  it('normal has the given mean and standard deviation, 0 and 1 unless said', () => {
    expectSpread(init.normal(weight()), 'normal', 1);
    const x = init.normal(weight(), 10, 2);
    expectSpread(x.sub(10), 'normal', 4);
  });

  it('Xavier: variance gain² · 2/(fanIn + fanOut)', () => {
    expectSpread(init.xavierUniform(weight()), 'uniform', 2 / 400);
    expectSpread(init.xavierNormal(weight()), 'normal', 2 / 400);
    expectSpread(init.xavierUniform(weight(), { gain: 3 }), 'uniform', 18 / 400);
    expectSpread(init.xavierNormal(weight(), { gain: 3 }), 'normal', 18 / 400);
  });

  it('Kaiming: variance gain²/fan, the fan-in unless said, and relu’s gain √2 unless said', () => {
    for (const [kind, fill] of [
      ['uniform', init.kaimingUniform],
      ['normal', init.kaimingNormal],
    ] as const) {
      expectSpread(fill(weight()), kind, 2 / 300);
      expectSpread(fill(weight(), { mode: 'fanOut' }), kind, 2 / 100);
      expectSpread(fill(weight(), { nonlinearity: 'linear' }), kind, 1 / 300);
      expectSpread(fill(weight(), { nonlinearity: 'tanh' }), kind, 25 / 9 / 300);
      expectSpread(fill(weight(), { a: 1 }), kind, 1 / 300);
      expectSpread(fill(weight(), { a: 1, nonlinearity: 'relu' }), kind, 2 / 300);
      expectSpread(fill(weight(), { a: Math.sqrt(5) }), kind, 1 / 900); // Linear's own start: 2/6/300
    }
  });

  it('Kaiming keeps the size of values through 30 layers of relu; half of it loses them', () => {
    const through = (gain: number): number => {
      let x = init.normal(zeros([64, 128]));
      for (let layer = 0; layer < 30; layer++)
        x = x.matmul(init.kaimingNormal(zeros([128, 128]), { mode: 'fanOut' }).mul(gain)).relu() as typeof x;
      return Math.sqrt(x.data.reduce((sum, value) => sum + value * value, 0) / x.size);
    };
    expect(through(1)).to.be.within(0.1, 10);
    expect(through(0.5)).to.be.below(1e-6); // 2⁻³⁰
  });

  it('gains are PyTorch’s', () => {
    expect(init.calculateGain('linear')).to.equal(1);
    expect(init.calculateGain('sigmoid')).to.equal(1);
    expect(init.calculateGain('tanh')).to.equal(5 / 3);
    expect(init.calculateGain('relu')).to.equal(Math.SQRT2);
    expect(init.calculateGain('leakyRelu')).to.equal(Math.sqrt(2 / 1.0001));
    expect(init.calculateGain('leakyRelu', 3)).to.be.closeTo(Math.sqrt(0.2), 1e-15);
  });
});

describe('orthogonal', () => {
  beforeEach(() => manualSeed(7));

  /** The largest distance of W Wᵀ (or Wᵀ W, for a tall W) from gain² times the identity, in double precision. */
  function deviation(W: Tensor, gain = 1): number {
    const [rows, columns] = W.shape;
    const [count, length] = rows <= columns ? [rows, columns] : [columns, rows];
    const at = (i: number, k: number) => W.data[rows <= columns ? i * columns + k : k * columns + i];
    let worst = 0;
    for (let i = 0; i < count; i++) {
      for (let j = 0; j <= i; j++) {
        let product = 0;
        for (let k = 0; k < length; k++) product += at(i, k) * at(j, k);
        worst = Math.max(worst, Math.abs(product - (i === j ? gain ** 2 : 0)));
      }
    }
    return worst;
  }

  it('rows are orthonormal if there are few, columns if there are many', () => {
    for (const shape of [
      [64, 64],
      [10, 128],
      [128, 10],
      [1, 5],
      [5, 1],
      [1, 1],
    ])
      expect(deviation(init.orthogonal(zeros(shape)))).to.be.below(1e-6);
    expect(deviation(init.orthogonal(zeros([20, 30]), { gain: 3 }), 3)).to.be.below(9e-6);
  });

  it('a large square one, too, whose last vectors have little room left', () => {
    expect(deviation(init.orthogonal(zeros([200, 200])))).to.be.below(1e-6);
  });

  it('all directions are equally likely: signs and mirrors come half of the time each', () => {
    const draws = Array.from({ length: 400 }, () => init.orthogonal(zeros([2, 2])).data);
    const half = (found: number) => expect(found).to.be.within(150, 250); // 200 ± 5 · √(400/4)
    for (let i = 0; i < 4; i++) half(draws.filter((q) => q[i] > 0).length);
    half(draws.filter(([a, b, c, d]) => a * d - b * c > 0).length);
  });
});

describe('bad input to initializers', () => {
  const w = zeros([3, 4]);
  const cases: [string, () => unknown, typeof ArgumentError | typeof ShapeError, string][] = [
    ...(Object.keys(init).filter((name) => name !== 'calculateGain') as (keyof typeof init)[]).map(
      (name): (typeof cases)[number] => [
        `${name}([1, 2])`,
        () => (init[name] as (x: unknown) => unknown)([1, 2]),
        ArgumentError,
        `init.${name}: the first argument is an array of 2`,
      ],
    ),
    ...(['xavierUniform', 'xavierNormal', 'kaimingUniform', 'kaimingNormal', 'orthogonal'] as const).flatMap(
      (name): typeof cases => [
        [
          `${name} of a vector`,
          () => init[name](zeros([3])),
          ShapeError,
          `init.${name}: the tensor has shape [3]`,
        ],
        [`${name} of three axes`, () => init[name](zeros([3, 2, 2])), ShapeError, 'only a matrix [out, in]'],
        [
          `${name}(w, { gian })`,
          () => init[name](w, { gian: 1 } as any),
          ArgumentError,
          'unknown option "gian"',
        ],
      ],
    ),
    ['uniform(w, 1, 0)', () => init.uniform(w, 1, 0), ArgumentError, 'high is 0'],
    ['uniform(w, NaN)', () => init.uniform(w, Number.NaN), ArgumentError, 'low is NaN'],
    ['uniform(w, 0, Infinity)', () => init.uniform(w, 0, Infinity), ArgumentError, 'high is Infinity'],
    ['normal(w, 0, -1)', () => init.normal(w, 0, -1), ArgumentError, 'std is -1'],
    ['normal(w, "0")', () => init.normal(w, '0' as any), ArgumentError, 'mean is "0"'],
    ['constant(w)', () => (init.constant as any)(w), ArgumentError, 'value is undefined'],
    [
      'xavierUniform(w, { gain: -1 })',
      () => init.xavierUniform(w, { gain: -1 }),
      ArgumentError,
      'gain is -1',
    ],
    [
      'orthogonal(w, { gain: NaN })',
      () => init.orthogonal(w, { gain: Number.NaN }),
      ArgumentError,
      'gain is NaN',
    ],
    [
      'kaimingNormal(w, { mode: "fan_in" })',
      () => init.kaimingNormal(w, { mode: 'fan_in' as any }),
      ArgumentError,
      "{ mode: 'fanIn' }",
    ],
    [
      'kaimingUniform(w, { nonlinearity: "leaky" })',
      () => init.kaimingUniform(w, { nonlinearity: 'leaky' as any }),
      ArgumentError,
      "{ nonlinearity: 'leakyRelu' }",
    ],
    [
      'kaimingUniform(w, { a: "1" })',
      () => init.kaimingUniform(w, { a: '1' as any }),
      ArgumentError,
      'a is "1"',
    ],
    [
      'calculateGain("gelu")',
      () => init.calculateGain('gelu' as any),
      ArgumentError,
      'nonlinearity is "gelu"',
    ],
    [
      'calculateGain("relu", NaN)',
      () => init.calculateGain('relu', Number.NaN),
      ArgumentError,
      'slope is NaN',
    ],
  ];
  for (const [call, make, kind, text] of cases)
    it(`${call} is refused, and changes nothing`, () => {
      expect(make).to.throw(kind, text);
      expect([...w.data].every((value) => value === 0)).to.equal(true);
    });
});
