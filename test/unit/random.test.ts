// Random numbers: published vectors, distributions, and that nothing but seed, stream and place decides.
import { expect } from 'chai';
import {
  ArgumentError,
  manualSeed,
  rand,
  randn,
  randomState,
  randperm,
  setRandomState,
  StateError,
  uniform,
} from '../../src/index.ts';
import { philox } from '../../src/kernels/reference/random.ts';

const n = 40_000;
const values = (x: { data: Float32Array }): number[] => Array.from(x.data);
const average = (list: readonly number[]): number =>
  list.reduce((total, value) => total + value, 0) / list.length;

/**
 * Fails unless the average of `list` is within five standard errors of what it should be; `sd` is one value's
 * deviation.
 */
function expectAverage(list: readonly number[], expected: number, sd: number): void {
  expect(average(list)).to.be.closeTo(expected, (5 * sd) / Math.sqrt(list.length));
}

/**
 * Fails unless Pearson's χ² of equally likely cells is within five deviations of its mean k − 1; its variance
 * is 2(k − 1).
 */
function expectEvenly(counts: readonly number[]): void {
  const expected = average(counts);
  const freedom = counts.length - 1;
  const chi2 = counts.reduce((total, count) => total + (count - expected) ** 2 / expected, 0);
  expect(Math.abs(chi2 - freedom)).to.be.below(5 * Math.sqrt(2 * freedom));
}

const count = (keys: readonly number[], cells: number): number[] => {
  const counts = new Array<number>(cells).fill(0);
  for (const key of keys) counts[key]++;
  return counts;
};

describe('philox', () => {
  /* "Random123" publishes these with the paper, in kat_vectors, for philox4x32 with 10 rounds. */
  const ones = 0xffffffff;
  const vectors: [counter: number[], key: number[], words: number[]][] = [
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [ones, ones, ones, ones],
      [ones, ones],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ];
  for (const [counter, key, words] of vectors) {
    it(`turns counter ${counter.map((w) => w.toString(16))} into the published words`, () => {
      const [a, b, c, d] = counter;
      expect([...philox(a, b, c, d, key[0], key[1])]).to.deep.equal(words);
    });
  }
});

describe('rand', () => {
  it('takes the upper 24 bits of each word', () => {
    manualSeed(0); // so key and counter are 0, and the words are the first vector's
    expect(values(rand([4]))).to.deep.equal(
      [0x6627e8, 0xe169c5, 0xbc57ac, 0x9b00db].map((bits) => bits / 2 ** 24),
    );
  });

  it('has the mean and the variance of a uniform distribution', () => {
    manualSeed(1);
    const u = values(rand([n]));
    expectAverage(u, 1 / 2, Math.sqrt(1 / 12));
    // (u − ½)² has mean 1/12 and second moment 1/80, so variance 1/80 − 1/144 = 1/180
    const squares = u.map((value) => (value - 0.5) ** 2);
    expectAverage(squares, 1 / 12, Math.sqrt(1 / 180));
  });

  it('fills a hundred cells evenly', () => {
    manualSeed(2);
    expectEvenly(
      count(
        values(rand([n])).map((u) => Math.floor(u * 100)),
        100,
      ),
    );
  });

  it('is even in its last bits too', () => {
    manualSeed(3);
    expectEvenly(
      count(
        values(rand([n])).map((u) => (u * 2 ** 24) % 16),
        16,
      ),
    );
  });

  it('never leaves [0, 1)', () => {
    manualSeed(4);
    const u = values(rand([n]));
    expect(Math.min(...u)).to.be.within(0, 0.001);
    expect(Math.max(...u)).to.be.within(0.999, 1 - 2 ** -24);
  });

  it('has neighbours that know nothing of each other', () => {
    manualSeed(5);
    const u = values(rand([n]));
    for (const lag of [1, 2, 3, 4]) // the four words of a block, and the next block's
      expectAverage(
        u.slice(lag).map((value, i) => (value - 0.5) * (u[i] - 0.5)),
        0,
        1 / 12,
      );
  });

  it('makes scalars, empty tensors and matrices', () => {
    expect(rand([]).shape).to.deep.equal([]);
    expect(rand([0, 3]).size).to.equal(0);
    expect(rand([2, 3]).shape).to.deep.equal([2, 3]);
  });
});

describe('randn', () => {
  it("is Box and Muller's formula of two neighbouring words", () => {
    manualSeed(0);
    const u = 1 - 0x6627e8 / 2 ** 24; // in (0, 1]: a logarithm of 0 cannot be
    const v = 0xe169c5 / 2 ** 24;
    const radius = Math.sqrt(-2 * Math.log(u));
    const [first, second] = randn([2]).data;
    expect(first).to.be.closeTo(radius * Math.cos(2 * Math.PI * v), 1e-6);
    expect(second).to.be.closeTo(radius * Math.sin(2 * Math.PI * v), 1e-6);
  });

  it('has the first four moments of a normal distribution', () => {
    manualSeed(6);
    const z = values(randn([n]));
    // E zᵏ = 0, 1, 0, 3; variances E z²ᵏ − (E zᵏ)²: 1, 3 − 1 = 2, 15, 105 − 9 = 96
    [0, 1, 0, 3].forEach((moment, i) =>
      expectAverage(
        z.map((value) => value ** (i + 1)),
        moment,
        Math.sqrt([1, 2, 15, 96][i]),
      ),
    );
  });

  it('lies beyond 1.959964 in one of twenty cases', () => {
    manualSeed(7);
    const beyond = values(randn([n])).map((z) => (Math.abs(z) > 1.959964 ? 1 : 0));
    expectAverage(beyond, 0.05, Math.sqrt(0.05 * 0.95));
  });

  it("has neighbours that know nothing of each other, nor of each other's size", () => {
    manualSeed(8);
    const z = values(randn([n]));
    expectAverage(
      z.slice(1).map((value, i) => value * z[i]),
      0,
      1,
    );
    expectAverage(
      z.slice(1).map((value, i) => (value ** 2 - 1) * (z[i] ** 2 - 1)),
      0,
      2,
    );
  });

  it('fills an odd number of places', () => {
    manualSeed(9);
    const five = values(randn([5]));
    expect(five).to.have.length(5);
    expect(five.every((z) => z !== 0 && Number.isFinite(z))).to.equal(true);
  });
});

describe('uniform', () => {
  it('has the mean and the variance of its interval', () => {
    manualSeed(10);
    const u = values(uniform([n], -3, 5)); // width 8: variance 8²/12, of (u − 1)² it is 8⁴/180
    expectAverage(u, 1, 8 / Math.sqrt(12));
    expectAverage(
      u.map((value) => (value - 1) ** 2),
      64 / 12,
      64 / Math.sqrt(180),
    );
    expect(Math.min(...u)).to.be.within(-3, -2.99);
    expect(Math.max(...u)).to.be.within(4.99, 5);
  });

  it('never reaches its upper bound, even where rounding would', () => {
    manualSeed(11);
    // near 10⁸ float32 numbers lie 8 apart, so half of all sums 10⁸ + 8u round to the bound
    expect(new Set(uniform([1000], 1e8, 1e8 + 8).data)).to.deep.equal(new Set([1e8]));
  });

  it('is constant when its bounds are equal', () => {
    expect(values(uniform([3], 2, 2))).to.deep.equal([2, 2, 2]);
  });

  it('is rand unless told otherwise', () => {
    manualSeed(12);
    const plain = values(rand([10]));
    manualSeed(12);
    expect(values(uniform([10]))).to.deep.equal(plain);
  });
});

describe('randperm', () => {
  it('holds each number once', () => {
    manualSeed(13);
    const order = randperm(1000);
    expect(order).to.be.instanceOf(Int32Array);
    expect([...order].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 1000 }, (_, i) => i));
    expect([...order]).not.to.deep.equal([...order].sort((a, b) => a - b));
  });

  it('makes all six orders of three equally often', () => {
    manualSeed(14);
    const orders = Array.from({ length: 6000 }, () => randperm(3));
    const code = (order: Int32Array) => 2 * order[0] + (order[1] < order[2] ? 0 : 1);
    expectEvenly(count(orders.map(code), 6));
  });

  it('puts every number everywhere equally often', () => {
    manualSeed(15);
    const orders = Array.from({ length: 5000 }, () => randperm(7));
    for (let place = 0; place < 7; place++)
      expectEvenly(
        count(
          orders.map((order) => order[place]),
          7,
        ),
      );
  });

  it('has nothing to do for none and one', () => {
    expect([...randperm(0)]).to.deep.equal([]);
    expect([...randperm(1)]).to.deep.equal([0]);
  });
});

describe('seed, stream and place', () => {
  const everything = () => [
    ...rand([9]).data,
    ...randn([9]).data,
    ...uniform([9], 2, 3).data,
    ...randperm(9),
  ];

  it('the same seed gives the same bits', () => {
    manualSeed(16);
    const once = everything();
    manualSeed(16);
    expect(everything()).to.deep.equal(once);
  });

  it('another seed gives other numbers, also where only its upper half differs', () => {
    const firsts = [17, 18, 17 + 2 ** 32, 17 + 2 ** 52].map((seed) => {
      manualSeed(seed);
      return rand([8]).toArray();
    });
    expect(new Set(firsts.map(String)).size).to.equal(4);
  });

  it('another stream gives other numbers, also where only its upper half differs', () => {
    const firsts = [0, 1, 2 ** 32, 2 ** 52].map((stream) => {
      setRandomState({ seed: 19, stream });
      return rand([8]).toArray();
    });
    expect(new Set(firsts.map(String)).size).to.equal(4);
  });

  it('neighbouring streams, and neighbouring seeds, know nothing of each other', () => {
    manualSeed(20);
    const [a, b] = [values(randn([n])), values(randn([n]))];
    manualSeed(21);
    const c = values(randn([n]));
    expectAverage(
      a.map((value, i) => value * b[i]),
      0,
      1,
    );
    expectAverage(
      a.map((value, i) => value * c[i]),
      0,
      1,
    );
  });

  it('a number depends on its place, not on how many are drawn', () => {
    for (const draw of [rand, randn]) {
      manualSeed(22);
      const long = values(draw([11]));
      manualSeed(22);
      expect(values(draw([6]))).to.deep.equal(long.slice(0, 6));
    }
  });

  it('a saved state brings the same numbers again', () => {
    manualSeed(23);
    everything();
    const saved = randomState();
    const next = everything();
    expect(everything()).not.to.deep.equal(next);
    setRandomState(saved);
    expect(everything()).to.deep.equal(next);
    setRandomState(JSON.parse(JSON.stringify(saved)));
    expect(everything()).to.deep.equal(next);
  });

  it('a saved state is a copy, and each drawing takes one stream', () => {
    manualSeed(24);
    const saved = randomState();
    everything();
    expect(saved).to.deep.equal({ seed: 24, stream: 0 });
    expect(randomState()).to.deep.equal({ seed: 24, stream: 4 });
  });
});

describe('bad input to random numbers', () => {
  const bad: [string, () => unknown, RegExp][] = [
    ['a shape that is a number', () => rand(3 as never), /rand: shape is 3\n {2}rule: a shape is an array/],
    ['a negative size', () => randn([2, -1]), /randn: shape \[2, -1\] contains -1/],
    ['a size that is not whole', () => uniform([1.5]), /uniform: shape \[1.5\] contains 1.5/],
    [
      'bounds that are swapped',
      () => uniform([2], 1, 0),
      /\[1, 0\) is empty[\s\S]*try: {2}uniform\(shape, 0, 1\)/,
    ],
    ['a bound that is not a number', () => uniform([2], '0' as never), /low is "0"/],
    ['a bound that is NaN', () => uniform([2], 0, Number.NaN), /high is NaN/],
    ['an infinite bound', () => uniform([2], -Infinity, 0), /low is -Infinity/],
    ['a width that float32 cannot hold', () => uniform([2], -3e38, 3e38), /too wide/],
    ['a bound that float32 cannot hold', () => uniform([2], 0, 1e39), /too wide/],
    ['a negative count', () => randperm(-1), /n is -1\n {2}rule: n must be a whole number/],
    ['a count that is not whole', () => randperm(2.5), /n is 2.5/],
    ['no count', () => randperm(undefined as never), /n is undefined/],
    ['a seed that is not whole', () => manualSeed(0.5), /seed is 0.5/],
    ['a negative seed', () => manualSeed(-1), /seed is -1/],
    ['a state without a stream', () => setRandomState({ seed: 1 } as never), /stream is undefined/],
  ];
  for (const [title, call, message] of bad) {
    it(`refuses ${title}, and uses up no stream`, () => {
      const before = randomState();
      expect(call).to.throw(ArgumentError, message);
      expect(randomState()).to.deep.equal(before);
    });
  }

  it('refuses a state that is no object with a StateError', () => {
    expect(() => setRandomState(null as never)).to.throw(StateError, /randomState\(\)/);
  });
});
