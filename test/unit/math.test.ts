// The float32 functions against the true values over the whole range, and the float64 twin's against golden ones.
import { expect } from 'chai';
import * as narrow from '../../src/kernels/reference/math.ts';
import * as wide from '../../src/kernels/reference/math64.ts';

const { pow, ...functions } = narrow;
const { pow: _, ...truths } = wide;
const names = Object.keys(functions) as (keyof typeof functions)[];

// ---- The measure ---------------------------------------------------------------------------------------------

const float64 = new Float64Array(1);
const words = new Int32Array(float64.buffer);
const float32 = new Float32Array(1);
const pattern = new Uint32Array(float32.buffer);

const fromBits = (bits: number): number => {
  pattern[0] = bits;
  return float32[0];
};

/** The gap between neighbouring float32 values at `truth`: 2^(exponent − 23), and 2⁻¹⁴⁹ among the subnormals. */
function ulpAt(truth: number): number {
  float64[0] = truth;
  const exponent = Math.min(Math.max(((words[1] >>> 20) & 0x7ff) - 1023, -126), 127);
  words[1] = (exponent - 23 + 1023) << 20;
  words[0] = 0;
  return float64[0];
}

const isNegative = (x: number): boolean => x < 0 || Object.is(x, -0);

/**
 * How far `got` is from `truth`, in ulps.
 *
 * A NaN on one side, or the wrong sign (of a zero too), is infinitely far. Infinity stands for 2¹²⁸, the float32
 * that would come next, so it is half an ulp off, thus right, from 2¹²⁸ − 2¹⁰³ on, and exact from 2¹²⁸ on.
 */
function ulps(got: number, truth: number): number {
  if (Number.isNaN(got) || Number.isNaN(truth)) return Object.is(got, truth) ? 0 : Infinity;
  if (isNegative(got) !== isNegative(truth)) return Infinity;
  if (got === truth) return 0;
  if (Math.abs(got) === Infinity) return Math.max(2 ** 128 - Math.abs(truth), 0) / 2 ** 104;
  return Math.abs(got - truth) / ulpAt(truth);
}

type Unary = (x: number) => number;

/** The largest error over every `step`-th of the 2³² bit patterns; `at` is where. */
function worst(f: Unary, truth: Unary, step: number): { error: number; at: number } {
  let error = 0;
  let at = 0;
  for (let bits = 0; bits < 2 ** 32; bits += step) {
    const x = fromBits(bits);
    const here = ulps(f(x), truth(x));
    if (here > error) {
      error = here;
      at = x;
    }
  }
  return { error, at };
}

const bar = 2;

describe('the measure of an error', () => {
  const { fround } = Math;

  it('counts gaps of float32', () => {
    expect(ulps(1, 1 + 2 ** -24)).to.equal(0.5);
    expect(ulps(1 + 2 ** -23, 1)).to.equal(1);
    expect(ulps(-6, -6 - 3 * 2 ** -21)).to.equal(3);
  });

  it('keeps the gap of 2⁻¹⁴⁹ among the subnormals, down to zero', () => {
    expect(ulps(2 ** -149, 2 ** -148)).to.equal(1);
    expect(ulps(0, 2 ** -151)).to.equal(0.25);
    expect(ulps(2 ** -149, 0)).to.equal(1);
  });

  it('takes Infinity for 2¹²⁸', () => {
    expect(ulps(Infinity, 2 ** 128 - 2 ** 103)).to.equal(0.5);
    expect(ulps(Infinity, 2 ** 128 - 2 ** 105)).to.equal(2);
    expect(ulps(Infinity, 1e300)).to.equal(0);
    expect(ulps(Infinity, Infinity)).to.equal(0);
    expect(ulps(2 ** 128 - 2 ** 104, 2 ** 128)).to.equal(1);
    expect(ulps(2 ** 128 - 2 ** 104, Infinity)).to.equal(Infinity);
    expect(ulps(2 ** 127, 1e300)).to.be.above(bar);
    expect(ulps(Infinity, 1)).to.be.above(bar);
  });

  it('accepts neither a wrong sign nor a NaN', () => {
    expect(ulps(0, -0)).to.equal(Infinity);
    expect(ulps(0, -1e-300)).to.equal(Infinity);
    expect(ulps(-Infinity, Infinity)).to.equal(Infinity);
    expect(ulps(NaN, 1)).to.equal(Infinity);
    expect(ulps(1, NaN)).to.equal(Infinity);
    expect(ulps(NaN, NaN)).to.equal(0);
  });

  it('finds exp wrong when a coefficient, or the last digits, are', () => {
    const bent: Unary = (x) => {
      const k = Math.round(x / Math.LN2);
      const r = x - k * Math.LN2;
      return fround(
        2 ** k * (1 + r + (r * r) / 2 + (r ** 3 / 6) * 1.0001 + r ** 4 / 24 + r ** 5 / 120 + r ** 6 / 720),
      );
    };
    const stretched: Unary = (x) => fround(Math.exp(x) * 1.0000004);
    expect(worst(bent, Math.exp, 100_003).error).to.be.above(bar);
    expect(worst(stretched, Math.exp, 100_003).error).to.be.above(bar);
    expect(worst((x) => fround(Math.exp(x)), Math.exp, 100_003).error).to.be.at.most(0.5);
  });

  it('finds a sine wrong that reduces its argument by a rounded π, and a tanh that loses −0', () => {
    const careless: Unary = (x) => fround(Math.sin(x - Math.round(x / (2 * Math.PI)) * 2 * Math.PI));
    expect(worst(careless, Math.sin, 100_003).error).to.be.above(bar);
    expect(ulps(1 - 2 / (Math.exp(2 * -0) + 1), Math.tanh(-0))).to.equal(Infinity);
  });
});

// ---- float32 ---------------------------------------------------------------------------------------------------

it('math and math64 export the same functions', () => {
  expect(Object.keys(narrow)).to.have.members(Object.keys(wide));
  expect(Object.keys(narrow)).to.have.lengthOf(11);
});

describe('a float32 function', () => {
  for (const name of names) {
    it(`${name} is within 2 ulp of the truth, for every 1,009th float32`, () => {
      const { error, at } = worst(functions[name], truths[name], 1009);
      expect(error, `${name}(${at})`).to.be.at.most(bar);
    }).timeout(60_000);

    it(`${name} returns float32 values`, () => {
      for (const x of [-87.3, -3.3, -0.7, -1e-40, 1e-40, 0.3, 1.1, 8.8, 77.7, 1e30].map(Math.fround)) {
        expect(functions[name](x)).to.be.satisfy((y: number) => Object.is(y, Math.fround(y)));
      }
    });
  }

  const special: Record<(typeof names)[number], [x: number, y: number][]> = {
    exp: [
      [0, 1],
      [-0, 1],
      [Infinity, Infinity],
      [-Infinity, 0],
    ],
    log: [
      [1, 0],
      [0, -Infinity],
      [-0, -Infinity],
      [Infinity, Infinity],
      [-1, NaN],
      [-1e-45, NaN],
      [-Infinity, NaN],
    ],
    log1p: [
      [0, 0],
      [-0, -0],
      [-1, -Infinity],
      [Infinity, Infinity],
      [-2, NaN],
      [-1.0000001, NaN],
      [-Infinity, NaN],
    ],
    expm1: [
      [0, 0],
      [-0, -0],
      [Infinity, Infinity],
      [-Infinity, -1],
    ],
    tanh: [
      [0, 0],
      [-0, -0],
      [Infinity, 1],
      [-Infinity, -1],
      [100, 1],
      [-100, -1],
    ],
    sin: [
      [0, 0],
      [-0, -0],
      [Infinity, NaN],
      [-Infinity, NaN],
    ],
    cos: [
      [0, 1],
      [-0, 1],
      [Infinity, NaN],
      [-Infinity, NaN],
    ],
    erf: [
      [0, 0],
      [-0, -0],
      [Infinity, 1],
      [-Infinity, -1],
      [100, 1],
      [-100, -1],
    ],
    sigmoid: [
      [0, 0.5],
      [-0, 0.5],
      [Infinity, 1],
      [-Infinity, 0],
      [200, 1],
      [-200, 0],
    ],
    softplus: [
      [0, Math.fround(Math.LN2)],
      [Infinity, Infinity],
      [-Infinity, 0],
      [200, 200],
      [-200, 0],
    ],
  };
  for (const name of names) {
    it(`${name} of NaN is NaN, and its special values are exact in both precisions`, () => {
      for (const [x, y] of [...special[name], [NaN, NaN]]) {
        expect(functions[name](Math.fround(x)), `${name}(${x})`).to.satisfy((z: number) => Object.is(z, y));
        expect(Math.fround(truths[name](x)), `${name}64(${x})`).to.satisfy((z: number) => Object.is(z, y));
      }
    });
  }

  it('exp overflows and underflows between the same neighbours as the truth', () => {
    expect(functions.exp(fromBits(0x42b17217))).to.be.finite; // 88.7228317: below ln(2¹²⁸ − 2¹⁰³) = 88.7228391
    expect(functions.exp(fromBits(0x42b17218))).to.equal(Infinity); // 88.7228394: above
    expect(functions.exp(fromBits(0xc2cff1b4))).to.equal(2 ** -149); // −103.9720764: above −150 ln 2 = −103.9720771
    expect(functions.exp(fromBits(0xc2cff1b5))).to.equal(0); // −103.9720840: below
  });

  it('sin and cos are right where a float32 lies closest to a multiple of π/2', () => {
    // found among the continued fractions of 2ᵉ·2/π, e from −22 to 104; the values are mpmath's, of 80 digits
    const hardAngles = [
      [7.729178919452902e28, 1.0, -1.6147697982476211e-9],
      [21999384576.0, 1.0, -2.0126460319185528e-9],
      [1.5458357838905804e29, -3.2295395964952422e-9, -1.0],
      [43998769152.0, -4.0252920638371055e-9, -1.0],
      [252.89820861816406, 1.0, -4.185706803757208e-9],
      [3.0916715677811608e29, 6.4590791929904845e-9, 1.0],
      [4.638183382783466e25, 1.0, -6.467856984570355e-9],
      [1522788990976.0, -1.0, -6.916359710572901e-9],
      [8.11762663906456e22, 1.0, -7.3323631368543984e-9],
      [87997538304.0, 8.050584127674211e-9, 1.0],
      [505.7964172363281, -8.371413607514415e-9, -1.0],
      [4.3865578967101227e33, -1.0, -1.0224870958499254e-8],
    ];
    for (const [x, sine, cosine] of hardAngles) {
      expect(ulps(functions.sin(x), sine), `sin(${x})`).to.be.at.most(bar);
      expect(ulps(functions.cos(x), cosine), `cos(${x})`).to.be.at.most(bar);
    }
  });
});

// ---- pow -------------------------------------------------------------------------------------------------------

/** A fixed sequence of 32-bit integers: a counter, scrambled (the finalizer of MurmurHash3). */
function sequence(): () => number {
  let counter = 0;
  return () => {
    counter = (counter + 0x9e3779b9) | 0;
    let h = counter;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  };
}

describe('pow, in float32', () => {
  const next = sequence();
  /** A y for which xʸ is somewhere between 2⁻¹⁵² and 2¹³⁰: a little beyond what float32 holds, on both sides. */
  const exponentFor = (x: number): number => ((next() / 2 ** 32) * 282 - 152) / Math.log2(Math.abs(x));

  const kinds: Record<string, () => [x: number, y: number]> = {
    'any two bit patterns': () => [fromBits(next()), fromBits(next())],
    'a positive base, and a result in range': () => {
      const x = fromBits(next() >>> 1);
      return [x, Math.fround(exponentFor(x))];
    },
    'a base near 1, and a result in range': () => {
      const x = fromBits(0x3f800000 + (next() % 0x10000) - 0x8000);
      return [x, Math.fround(exponentFor(x))];
    },
    'a negative base, and an integer exponent': () => {
      const x = fromBits((next() | 0x80000000) >>> 0);
      return [x, Math.fround(Math.round(exponentFor(x)))];
    },
  };
  for (const [kind, pair] of Object.entries(kinds)) {
    it(`is within 2 ulp for 1,000,000 random pairs: ${kind}`, () => {
      let error = 0;
      let at: number[] = [];
      for (let i = 0; i < 1_000_000; i++) {
        const [x, y] = pair();
        const here = ulps(pow(x, y), wide.pow(x, y));
        if (here > error) {
          error = here;
          at = [x, y];
        }
      }
      expect(error, `pow(${at})`).to.be.within(0.4, bar); // below 0.4 it would not have met a hard pair at all
    }).timeout(60_000);
  }

  const infinity = Infinity;
  const specials: [rule: string, cases: [x: number, y: number, power: number][]][] = [
    [
      'x⁰ is 1, even for NaN',
      [0, -0].flatMap((y) =>
        [0, -0, 1, -1, 2.5, -2.5, infinity, -infinity, NaN].map((x) => [x, y, 1] as [number, number, number]),
      ),
    ],
    ['1ʸ is 1, even for NaN', [3, -3, 0.5, infinity, -infinity, NaN].map((y) => [1, y, 1])],
    [
      '(−1)^±∞ is 1',
      [
        [-1, infinity, 1],
        [-1, -infinity, 1],
      ],
    ],
    [
      'any other NaN gives NaN',
      [
        [NaN, 1, NaN],
        [2, NaN, NaN],
        [-1, NaN, NaN],
        [0, NaN, NaN],
        [-0, NaN, NaN],
        [infinity, NaN, NaN],
        [-infinity, NaN, NaN],
        [NaN, infinity, NaN],
      ],
    ],
    [
      '±0 to a negative odd integer is ±∞',
      [
        [0, -1, infinity],
        [-0, -1, -infinity],
        [0, -3, infinity],
        [-0, -3, -infinity],
        [-0, -16777215, -infinity],
      ],
    ],
    [
      '±0 to any other negative number is ∞',
      [
        [0, -2, infinity],
        [-0, -2, infinity],
        [0, -0.5, infinity],
        [-0, -0.5, infinity],
        [-0, -1e-30, infinity],
        [0, -infinity, infinity],
        [-0, -infinity, infinity],
      ],
    ],
    [
      '±0 to a positive odd integer is ±0',
      [
        [0, 1, 0],
        [-0, 1, -0],
        [0, 3, 0],
        [-0, 3, -0],
        [-0, 16777215, -0],
      ],
    ],
    [
      '±0 to any other positive number is 0',
      [
        [0, 2, 0],
        [-0, 2, 0],
        [0, 0.5, 0],
        [-0, 0.5, 0],
        [-0, 1e-30, 0],
        [0, infinity, 0],
        [-0, infinity, 0],
        [-0, 16777216, 0],
      ],
    ],
    [
      'a base below 1 in size: to −∞ is ∞, to ∞ is 0',
      [
        [0.5, -infinity, infinity],
        [-0.5, -infinity, infinity],
        [0.5, infinity, 0],
        [-0.5, infinity, 0],
        [1e-45, infinity, 0],
      ],
    ],
    [
      'a base above 1 in size: to −∞ is 0, to ∞ is ∞',
      [
        [2, -infinity, 0],
        [-2, -infinity, 0],
        [2, infinity, infinity],
        [-2, infinity, infinity],
        [1.0000001, infinity, infinity],
      ],
    ],
    [
      '−∞ to an odd integer keeps the sign',
      [
        [-infinity, 1, -infinity],
        [-infinity, 3, -infinity],
        [-infinity, -1, -0],
        [-infinity, -3, -0],
      ],
    ],
    [
      '−∞ to any other number loses it',
      [
        [-infinity, 2, infinity],
        [-infinity, 0.5, infinity],
        [-infinity, -2, 0],
        [-infinity, -0.5, 0],
        [-infinity, infinity, infinity],
        [-infinity, -infinity, 0],
      ],
    ],
    [
      '∞ to a positive number is ∞, to a negative one 0',
      [
        [infinity, 1, infinity],
        [infinity, 1e-30, infinity],
        [infinity, infinity, infinity],
        [infinity, -1, 0],
        [infinity, -1e-30, 0],
        [infinity, -infinity, 0],
      ],
    ],
    [
      'a negative base to a fraction is NaN',
      [
        [-2, 0.5, NaN],
        [-8, 1 / 3, NaN],
        [-1, 0.5, NaN],
        [-1e-45, -1.5, NaN],
        [-1, 1e-30, NaN],
      ],
    ],
    [
      'a negative base to an integer has the sign of its parity',
      [
        [-2, 3, -8],
        [-2, 4, 16],
        [-2, -3, -0.125],
        [-1, 16777215, -1],
        [-1, 16777216, 1],
        [-1, 1e30, 1],
        [-2, 127, -(2 ** 127)],
        [-2, 129, -infinity],
        [-2, -151, -0],
      ],
    ],
    [
      'powers of two are exact, subnormal ones too',
      [
        [2, 10, 1024],
        [2, -149, 2 ** -149],
        [2, 127, 2 ** 127],
        [2, 128, infinity],
        [0.5, 149, 2 ** -149],
        [2 ** -149, -0.5, Math.fround(2 ** 74.5)],
        [4, 0.5, 2],
      ],
    ],
    [
      'a tiny exponent of a huge or tiny base does not overflow on the way',
      [
        [1e38, 1e-45, 1],
        [1e-45, 1e-45, 1],
        [3e38, 3e38, infinity],
        [1e-45, 3e38, 0],
        [1.0000001, -3e38, 0],
      ],
    ],
  ];
  for (const [rule, cases] of specials) {
    it(`${rule}, in both precisions`, () => {
      for (const [x, y, power] of cases) {
        const [x32, y32] = [Math.fround(x), Math.fround(y)];
        expect(pow(x32, y32), `pow(${x}, ${y})`).to.satisfy((z: number) => Object.is(z, power));
        expect(Math.fround(wide.pow(x32, y32)), `pow64(${x}, ${y})`).to.satisfy((z: number) =>
          Object.is(z, power),
        );
      }
    });
  }
});

// ---- float64 ---------------------------------------------------------------------------------------------------

describe('a float64 function', () => {
  /** [x, erf x], from mpmath with 40 digits. */
  const golden = [
    [5e-324, 5e-324],
    [1e-310, 1.1283791670955e-310],
    [2.2250738585072014e-308, 2.5107269871883543e-308],
    [1e-200, 1.1283791670955125e-200],
    [1e-30, 1.1283791670955127e-30],
    [1e-8, 1.1283791670955126e-8],
    [1e-5, 1.1283791670579e-5],
    [0.001, 0.0011283787909692365],
    [0.01, 0.011283415555849618],
    [0.03, 0.03384122234173543],
    [0.0625, 0.07043197772238707],
    [0.1, 0.1124629160182849],
    [0.15, 0.1679959714273635],
    [0.2, 0.22270258921047847],
    [0.25, 0.27632639016823696],
    [0.3, 0.3286267594591274],
    [0.35, 0.3793820535623103],
    [0.4, 0.42839235504666845],
    [0.45, 0.47548171978692366],
    [0.46875, 0.49261347321793797],
    [0.46876, 0.4926225311068465],
    [0.47, 0.4937450508860821],
    [0.5, 0.5204998778130465],
    [0.55, 0.563323366325109],
    [0.6, 0.6038560908479259],
    [0.65, 0.6420293273556719],
    [0.7, 0.6778011938374184],
    [0.75, 0.7111556336535151],
    [0.8, 0.7421009647076605],
    [0.85, 0.7706680576083526],
    [0.9, 0.7969082124228322],
    [0.95, 0.8208908072732779],
    [1, 0.8427007929497149],
    [1.1, 0.8802050695740817],
    [1.2, 0.9103139782296353],
    [1.3, 0.9340079449406524],
    [1.4, 0.9522851197626488],
    [1.5, 0.9661051464753108],
    [1.6, 0.976348383344644],
    [1.75, 0.9866716712191824],
    [1.9, 0.9927904292352575],
    [2, 0.9953222650189527],
    [2.1, 0.997020533343667],
    [2.25, 0.9985372834133188],
    [2.4, 0.999311486103355],
    [2.5, 0.999593047982555],
    [2.7, 0.9998656672600594],
    [2.9, 0.9999589021219005],
    [3, 0.9999779095030014],
    [3.2, 0.9999939742388483],
    [3.4, 0.9999984780066371],
    [3.6, 0.999999644137007],
    [3.8, 0.9999999229960725],
    [3.92, 0.9999999703882987],
    [4, 0.9999999845827421],
    [4.2, 0.9999999971445058],
    [4.5, 0.9999999998033839],
    [4.8, 0.9999999999886479],
    [5, 0.9999999999984626],
    [5.4, 0.9999999999999777],
    [5.8, 0.9999999999999998],
    [5.95, 1.0],
  ];
  it('erf agrees with golden values to 10⁻¹⁵, and is odd', () => {
    for (const [x, y] of golden) {
      expect(Math.abs(wide.erf(x) - y), `erf(${x})`).to.be.at.most(1e-15 * y);
      expect(wide.erf(-x)).to.equal(-wide.erf(x));
    }
    expect(wide.erf(30)).to.equal(1);
  });

  it('sigmoid and softplus neither overflow nor lose their tails', () => {
    expect(wide.sigmoid(-700)).to.be.closeTo(9.85967654375977e-305, 1e-319);
    expect(wide.sigmoid(-1000)).to.equal(0);
    expect(wide.sigmoid(1000)).to.equal(1);
    expect(wide.softplus(1000)).to.equal(1000);
    expect(wide.softplus(-700)).to.be.closeTo(9.85967654375977e-305, 1e-319);
    expect(wide.softplus(0)).to.equal(Math.LN2);
  });
});
