// Reductions and what runs along an axis: worked numbers, the order of sums, ties, empty rows, NaN, infinities, bad input.
import { expect } from 'chai';
import * as ops from '../../src/autograd/index.ts';
import {
  add,
  argmax,
  argmin,
  argsort,
  cumsum,
  div,
  dot,
  exp,
  grad,
  log,
  logSoftmax,
  logSumExp,
  max,
  mean,
  min,
  norm,
  outer,
  prod,
  softmax,
  sort,
  std,
  sub,
  sum,
  topk,
  variance,
} from '../../src/autograd/index.ts';
import {
  ArgumentError,
  Probabilities,
  ShapeError,
  type Tensor,
  tensor,
  type Values,
  zeros,
} from '../../src/tensor/index.ts';
import { checkGradient } from '../support/gradients.ts';
import { seeded } from '../support/random.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const f = Math.fround;

const leaf = (values: Values) => tensor(values, { requiresGrad: true });

/** ∂⟨G, op(x)⟩/∂x as a flat list. */
const gradient = (op: (x: Tensor) => Tensor, x: Values, G: Values): number[] => {
  const input = leaf(x);
  return [...grad(op(input), [input], { gradient: tensor(G) })[0].data];
};

const expectClose = (x: ArrayLike<number>, expected: number[], relative = 1e-6) => {
  expect(x).to.have.length(expected.length);
  expected.forEach((value, i) => expect(x[i]).to.be.closeTo(value, relative * Math.max(1, Math.abs(value))));
};

const noise = (count: number, seed: number): Float32Array => {
  const random = seeded(seed);
  return Float32Array.from({ length: count }, () => random() * 2 - 0.5);
};

describe('the order of a sum', () => {
  // The order that backend.ts states, written down a second time.
  const fold = (lanes: number[]): number => {
    const half = lanes.length / 2;
    return half < 1 ? lanes[0] : fold(lanes.slice(0, half).map((lane, l) => f(lane + lanes[l + half])));
  };
  const ascending = (x: Iterable<number>): number => [...x].reduce((total, term) => f(total + term), 0);
  const column = (x: Float32Array, first: number, step: number): Float32Array =>
    x.filter((_, i) => i % step === first);
  const inLanes = (x: Float32Array): number => {
    const blocks = [];
    for (let begin = 0; begin < x.length; begin += 4096) blocks.push(x.subarray(begin, begin + 4096));
    return ascending(
      blocks.map((block) =>
        fold(Array.from({ length: 16 }, (_, lane) => ascending(column(block, lane, 16)))),
      ),
    );
  };

  it('along the last axis: blocks of 4,096 in 16 lanes, bit for bit', () => {
    const x = noise(10_000, 1);
    expect(sum(tensor(x)).item()).to.equal(inLanes(x));
  });

  it('one total after the other would give other bits', () => {
    const x = noise(10_000, 1);
    expect(ascending(x)).not.to.equal(inLanes(x));
    expect(ascending(x)).to.be.closeTo(inLanes(x), 0.05);
  });

  it('holds for every length near a lane, a block, and two blocks', () => {
    for (const length of [1, 2, 15, 16, 17, 31, 33, 4095, 4096, 4097, 4111, 8191, 8192, 8193]) {
      const x = noise(length, length);
      expect(sum(tensor(x)).item(), `${length} numbers`).to.equal(inLanes(x));
    }
  });

  it('gives every row of a matrix the sum that it has alone', () => {
    const x = noise(3 * 5000, 2);
    const alone = [0, 1, 2].map((row) => inLanes(x.subarray(row * 5000, (row + 1) * 5000)));
    expect([...sum(tensor(x, [3, 5000]), 1).data]).to.deep.equal(alone);
  });

  it('along any other axis: row after row, for each column', () => {
    const x = noise(5000 * 3, 3);
    const columns = [0, 1, 2].map((i) => column(x, i, 3));
    expect([...sum(tensor(x, [5000, 3]), 0).data]).to.deep.equal(columns.map(ascending));
    expect(columns.map(inLanes)).not.to.deep.equal(columns.map(ascending));
  });

  it('axes that are neighbours are one row; of others the last is summed first', () => {
    const x = noise(30 * 20 * 40, 4);
    expect(sum(tensor(x, [30, 20, 40]), [0, 1, 2]).item()).to.equal(inLanes(x));
    const rows = Array.from({ length: 600 }, (_, row) => inLanes(x.subarray(row * 40, (row + 1) * 40)));
    const expected = Array.from({ length: 20 }, (_, j) => ascending(rows.filter((_, row) => row % 20 === j)));
    expect([...sum(tensor(x, [30, 20, 40]), [0, 2]).data]).to.deep.equal(expected);
  });

  it('softmax and its logarithms sum in the same order, along the last axis and along the first', () => {
    for (const axis of [1, 0]) {
      const shape: number[] = axis === 1 ? [3, 5000] : [5000, 3];
      const x = tensor(noise(15_000, 5), shape);
      const m = max(x, axis, { keepDims: true });
      const e = exp(sub(x, m));
      const s = sum(e, axis, { keepDims: true });
      expect([...softmax(x, axis).data]).to.deep.equal([...div(e, s).data]);
      expect([...logSoftmax(x, axis).data]).to.deep.equal([...sub(sub(x, m), log(s)).data]);
      expect([...logSumExp(x, axis).data]).to.deep.equal([...add(m, log(s)).data]);
    }
  });
});

describe('mean', () => {
  const x = [
    [1, 2, 3],
    [4, 5, 9],
  ];

  it('is the sum through the count: over all, down the columns, along the rows', () => {
    expect(mean(tensor(x)).item()).to.equal(4); // 24/6
    expect(mean(tensor(x), 0).toArray()).to.deep.equal([2.5, 3.5, 6]);
    expect(mean(tensor(x), -1).toArray()).to.deep.equal([2, 6]);
    expect(mean(tensor(x), [0, 1], { keepDims: true }).toArray()).to.deep.equal([[4]]);
  });

  it('hands each element its share of G', () => {
    expect(gradient((x) => mean(x, 1), x, [3, 30])).to.deep.equal([1, 1, 1, 10, 10, 10]);
  });

  it('of nothing is NaN, while a sum of nothing is 0 and a product of nothing 1', () => {
    expect(mean(zeros([0])).item()).to.deep.equal(nan);
    expect(mean(zeros([2, 0]), 1).toArray()).to.deep.equal([nan, nan]);
    expect(sum(zeros([2, 0]), 1).toArray()).to.deep.equal([0, 0]);
    expect(prod(zeros([2, 0]), 1).toArray()).to.deep.equal([1, 1]);
  });

  it('along a full axis of an empty tensor is empty', () => {
    for (const op of [mean, sum, prod, variance, std, norm, max, min, logSumExp])
      expect(op(zeros([2, 0]), 0).shape).to.deep.equal([0]);
    for (const op of [mean, sum, prod, variance, std, norm, max, min, logSumExp])
      expect(gradient((x) => op(x, 0), [[], []], [])).to.deep.equal([]);
  });
});

describe('max and min', () => {
  const x = [
    [1, 3, 3],
    [2, 2, 2],
  ];

  it('find the greatest and the least', () => {
    expect(max(tensor(x)).item()).to.equal(3);
    expect(max(tensor(x), 0).toArray()).to.deep.equal([2, 3, 3]);
    expect(min(tensor(x), 0).toArray()).to.deep.equal([1, 2, 2]);
    expect(min(tensor(x), [-1, 0], { keepDims: true }).toArray()).to.deep.equal([[1]]);
  });

  it('split G evenly among tied elements', () => {
    expect(gradient((x) => max(x, 1), x, [6, 30])).to.deep.equal([0, 3, 3, 10, 10, 10]);
    expect(gradient((x) => min(x, 1), x, [6, 30])).to.deep.equal([6, 0, 0, 10, 10, 10]);
  });

  it('split G among the ties of all reduced axes together', () => {
    expect(gradient((x) => max(x), x, 6)).to.deep.equal([0, 3, 3, 0, 0, 0]);
    expect(gradient((x) => min(x, [0]), x, [5, 50, 500])).to.deep.equal([5, 0, 0, 0, 50, 500]);
  });

  it('count +0 and −0 as tied, and return the right one of them', () => {
    expect(Object.is(max(tensor([-0, 0])).item(), 0)).to.equal(true);
    expect(Object.is(min(tensor([0, -0])).item(), -0)).to.equal(true);
    expect(gradient((x) => max(x), [-0, 0], 6)).to.deep.equal([3, 3]);
  });

  it('are NaN where there is a NaN, and so is that row of the gradient', () => {
    const rows = [
      [nan, 3, 4],
      [1, 2, 3],
    ];
    expect(max(tensor(rows), 1).toArray()).to.deep.equal([nan, 3]);
    expect(min(tensor(rows), 1).toArray()).to.deep.equal([nan, 1]);
    expect(gradient((x) => max(x, 1), rows, [1, 7])).to.deep.equal([nan, nan, nan, 0, 0, 7]);
  });

  it('take infinities for numbers', () => {
    expect(max(tensor([-inf, -inf])).item()).to.equal(-inf);
    expect(gradient((x) => max(x), [inf, 3, inf], 8)).to.deep.equal([4, 0, 4]);
  });

  it('of nothing do not exist', () => {
    expect(() => max(zeros([0, 3]), 0)).to.throw(ShapeError, 'max: axis 0 of [0, 3] is empty');
    expect(() => min(zeros([2, 0]))).to.throw(ShapeError, 'min: axis 1 of [2, 0] is empty');
  });
});

describe('prod', () => {
  /** All second derivatives of the product of x. */
  const hessian = (x: number[]): number[][] => {
    const input = leaf(x);
    const [g] = grad(prod(input), [input], { createGraph: true });
    return x.map((_, i) => {
      const basis = tensor(x.map((_, j) => (i === j ? 1 : 0)));
      return [...grad(g, [input], { gradient: basis, retainGraph: true })[0].data];
    });
  };

  it('multiplies; each gradient is the product of the others', () => {
    expect(prod(tensor([2, 3, 4])).item()).to.equal(24);
    expect(gradient((x) => prod(x), [2, 3, 4], 1)).to.deep.equal([12, 8, 6]);
    const x = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    expect(prod(tensor(x), 0).toArray()).to.deep.equal([4, 10, 18]);
    expect(gradient((x) => prod(x, 0), x, [1, 10, 100])).to.deep.equal([4, 50, 600, 1, 20, 300]);
    expect(gradient((x) => prod(x, [0, 1]), x, 1)).to.deep.equal([720, 360, 240, 180, 144, 120]);
  });

  it('with one zero, only the zero has a gradient; with two, nothing has', () => {
    expect(gradient((x) => prod(x), [0, 3, 2], 5)).to.deep.equal([30, 0, 0]);
    expect(gradient((x) => prod(x), [0, 3, 0], 5)).to.deep.equal([0, 0, 0]);
  });

  it('∂²Y/∂Xᵢ∂Xⱼ is the product of all others, with no zero, one, two, or three', () => {
    expect(hessian([2, 3, 5])).to.deep.equal([
      [0, 5, 3],
      [5, 0, 2],
      [3, 2, 0],
    ]);
    expect(hessian([0, 3, 2])).to.deep.equal([
      [0, 2, 3],
      [2, 0, 0],
      [3, 0, 0],
    ]);
    expect(hessian([0, 7, 0])).to.deep.equal([
      [0, 0, 7],
      [0, 0, 0],
      [7, 0, 0],
    ]);
    expect(hessian([0, 0, 0])).to.deep.equal([
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  it('has the measured slopes for every length from 1 to 9, with zeros at random places', () => {
    for (let n = 1; n <= 9; n++) {
      const random = seeded(n);
      const values = Array.from({ length: n }, () => (random() < 0.25 ? 0 : random() * 2 - 1));
      checkGradient((x) => prod(x), [tensor(values)]);
    }
  });

  it('has a gradient even where the product itself underflows, or overflows', () => {
    expectClose(
      gradient((x) => prod(x), [1e-30, 1e-30], 1).map((g) => g * 1e30),
      [1, 1],
    );
    expectClose(
      gradient((x) => prod(x), [1e30, 1e30], 1).map((g) => g / 1e30),
      [1, 1],
    );
  });

  it('passes NaN on, and ∞·0 is NaN', () => {
    expect(prod(tensor([nan, 0])).item()).to.deep.equal(nan);
    expect(prod(tensor([inf, 0])).item()).to.deep.equal(nan);
    expect(prod(tensor([inf, -2])).item()).to.equal(-inf);
  });
});

describe('variance and std', () => {
  const x = [2, 4, 4, 4, 5, 5, 7, 9]; // mean 5, squares 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32

  it('of a sample divide by n − 1, of a population by n', () => {
    expect(variance(tensor(x)).item()).to.equal(f(32 / 7));
    expect(variance(tensor(x), 0, { correction: 0 }).item()).to.equal(4);
    expect(std(tensor(x), -1, { correction: 0, keepDims: true }).toArray()).to.deep.equal([2]);
    expect(std(tensor(x), 0, { correction: 6 }).item()).to.equal(4); // √(32/2)
  });

  it('go along any axes', () => {
    const rows = [
      [1, 3],
      [5, 11],
    ];
    expect(variance(tensor(rows), 0).toArray()).to.deep.equal([8, 32]); // ±2 and ±4, through 1
    expect(variance(tensor(rows), 1).toArray()).to.deep.equal([2, 18]);
    expect(variance(tensor(rows), [0, 1], { correction: 0 }).item()).to.equal(14); // 16 + 4 + 0 + 36 through 4
  });

  it('have gradients 2(X − mean)/n and (X − mean)/(n·std)', () => {
    const population = { correction: 0 };
    expectClose(
      gradient((x) => variance(x, 0, population), x, 4),
      [-3, -1, -1, -1, 0, 0, 2, 4],
    );
    expectClose(
      gradient((x) => std(x, 0, population), x, 16),
      [-3, -1, -1, -1, 0, 0, 2, 4],
    );
  });

  it('do not lose a small spread on a great mean', () => {
    expect(variance(tensor([10_001, 10_002, 10_003])).item()).to.equal(1);
    expect(variance(tensor([-10_001, -10_002, -10_003])).item()).to.equal(1);
  });

  it('of a constant row are 0 exactly, though its mean may be off by a rounding; and so is the gradient', () => {
    for (const value of [0, 0.1, 0.3, -0.7, 1e4, 1e-3, 12345.678]) {
      for (const n of [2, 3, 7, 10, 49, 1000]) {
        const row = new Array<number>(n).fill(value);
        expect(variance(tensor(row)).item(), `${n} times ${value}`).to.equal(0);
        expect(gradient((x) => std(x), row, 3).every((g) => g === 0)).to.equal(true);
      }
    }
  });

  it('of one value are NaN for a sample, and 0 for a population', () => {
    expect(variance(tensor([3])).item()).to.deep.equal(nan);
    expect(std(tensor([3])).item()).to.deep.equal(nan);
    expect(std(tensor([3]), 0, { correction: 0 }).item()).to.equal(0);
    expect(gradient((x) => std(x, 0, { correction: 0 }), [3], 5)).to.deep.equal([0]);
  });

  it('of nothing, of a NaN, or of an infinity are NaN', () => {
    expect(variance(zeros([2, 0]), 1).toArray()).to.deep.equal([nan, nan]);
    expect(std(tensor([1, nan])).item()).to.deep.equal(nan);
    expect(variance(tensor([1, inf])).item()).to.deep.equal(nan);
  });

  it('a correction beyond n divides by 0, not by a negative number', () => {
    expect(variance(tensor([1, 2]), 0, { correction: 5 }).item()).to.equal(inf);
  });

  it('stands in the index under the name var too', () => {
    expect(ops.var(tensor(x), 0, { correction: 0 }).item()).to.equal(4);
    expect(() => ops.var(tensor(x), 1)).to.throw(ShapeError, /^var: axis 1/);
  });
});

describe('norm', () => {
  const p = (p: number) => (x: Tensor) => norm(x, undefined, { p });

  it('measures a vector: Euclid, the sum of sizes, the greatest size, and between', () => {
    const x = tensor([3, -4]);
    expect(norm(x).item()).to.equal(5);
    expect(norm(x, 0, { p: 1 }).item()).to.equal(7);
    expect(norm(x, 0, { p: Infinity }).item()).to.equal(4);
    expectClose(norm(x, -1, { p: 3, keepDims: true }).data, [4.497941445]); // ∛(27 + 64)
    expectClose(norm(x, 0, { p: 0.5 }).data, [13.92820323]); // (√3 + 2)² = 7 + 4√3
  });

  it('goes along any axes', () => {
    const x = tensor([
      [3, 5],
      [4, 12],
    ]);
    expect(norm(x, 0).toArray()).to.deep.equal([5, 13]);
    expect(norm(x, [0, 1], { p: 1, keepDims: true }).toArray()).to.deep.equal([[24]]);
  });

  it('has the gradient sign(X)·(|X|/Y)^(p − 1)', () => {
    expectClose(gradient(p(2), [3, -4], 10), [6, -8]);
    expect(gradient(p(1), [3, -4, 0], 10)).to.deep.equal([10, -10, 0]);
    expect(gradient(p(Infinity), [3, -4], 10)).to.deep.equal([0, -10]);
    expectClose(gradient(p(3), [3, -4], 1), [0.444851339, -0.790846825]); // (3/4.4979)², (4/4.4979)²
  });

  it('with p below 1 gives zeros in the row no gradient, where the formula has ∞', () => {
    expectClose(gradient(p(0.5), [0, 3, -4], 1), [0, 2.154700538, -1.866025404]); // √(13.928/3), √(13.928/4)
  });

  it('splits G among the tied greatest of the ∞-norm', () => {
    expect(gradient(p(Infinity), [3, -3, 1], 8)).to.deep.equal([4, -4, 0]);
  });

  it('has the gradient 0 at the zero vector, for every p', () => {
    for (const exponent of [0.5, 1, 1.5, 2, 3, Infinity])
      expect(
        gradient(p(exponent), [0, 0], 5).every((g) => g === 0),
        `p = ${exponent}`,
      ).to.equal(true);
  });

  it('of nothing is 0, but the greatest of nothing does not exist', () => {
    for (const exponent of [0.5, 1, 2, 3])
      expect(norm(zeros([2, 0]), 1, { p: exponent }).toArray()).to.deep.equal([0, 0]);
    expect(() => norm(zeros([2, 0]), 1, { p: Infinity })).to.throw(ShapeError, 'norm: axis 1 of [2, 0]');
  });

  it('stays finite at ±10⁴, where 10000¹⁰ would not be', () => {
    expectClose(norm(tensor([1e4, -1e4]), 0, { p: 10 }).data, [10717.73463]); // 10⁴·2^0.1
    expectClose(gradient(p(10), [1e4, -1e4], 1), [0.535886731, -0.535886731]); // 2^(−0.9)
    expectClose(norm(tensor([1e4, -1e4])).data, [14142.13562]);
  });

  it('of an infinity is infinite, of a NaN is NaN', () => {
    for (const exponent of [0.5, 1, 2, 3, Infinity]) {
      expect(p(exponent)(tensor([-inf, 1])).item(), `p = ${exponent}`).to.equal(inf);
      expect(p(exponent)(tensor([nan, 1])).item(), `p = ${exponent}`).to.deep.equal(nan);
    }
  });
});

describe('argmax and argmin', () => {
  const x = tensor([
    [1, 7, 7],
    [0, 9, 0],
  ]);

  it('name the first of equal places', () => {
    expect(argmax(x, 1).toArray()).to.deep.equal([1, 1]);
    expect(argmin(x, -1).toArray()).to.deep.equal([0, 0]);
    expect(argmax(x, 0).toArray()).to.deep.equal([0, 1, 0]);
    expect(argmin(x, 0).toArray()).to.deep.equal([1, 0, 1]);
  });

  it('without an axis count through the flattened tensor', () => {
    expect(argmax(x).item()).to.equal(4);
    expect(argmin(x).item()).to.equal(3);
    expect(argmax(x).shape).to.deep.equal([]);
    expect(argmax(tensor(5)).item()).to.equal(0);
  });

  it('name the first NaN before any number, and infinities as they are', () => {
    expect(argmax(tensor([inf, nan, nan])).item()).to.equal(1);
    expect(argmin(tensor([-inf, 1, nan])).item()).to.equal(2);
    expect(argmax(tensor([-inf, -inf, 0])).item()).to.equal(2);
  });

  it('record nothing: a place does not move with the values', () => {
    expect(argmax(leaf([1, 2])).requiresGrad).to.equal(false);
  });

  it('of nothing do not exist; along a full axis of an empty tensor they are empty', () => {
    expect(() => argmax(zeros([0, 3]), 0)).to.throw(ShapeError, 'argmax: axis 0 of [0, 3] is empty');
    expect(() => argmin(zeros([0, 3]))).to.throw(ShapeError, 'argmin: axis 0 of [0, 3] is empty');
    expect(argmax(zeros([0, 3]), 1).shape).to.deep.equal([0]);
  });

  it('refuse rows whose places float32 cannot tell apart', () => {
    const long = zeros([2 ** 24 + 2, 0]);
    for (const op of [argmax, argmin, argsort, sort, (x: Tensor, axis: number) => topk(x, 1, axis)])
      expect(() => op(long, 0)).to.throw(ShapeError, 'exact up to 16777216');
    expect(argsort(zeros([2 ** 24 + 1, 0]), 0).size).to.equal(0);
  });
});

describe('cumsum', () => {
  it('adds up from the front', () => {
    expect(cumsum(tensor([1, 2, 3]), 0).toArray()).to.deep.equal([1, 3, 6]);
    const x = tensor([
      [1, 2],
      [10, 20],
      [100, 200],
    ]);
    expect(cumsum(x, 0).toArray()).to.deep.equal([
      [1, 2],
      [11, 22],
      [111, 222],
    ]);
    expect(cumsum(x, -1).toArray()).to.deep.equal([
      [1, 3],
      [10, 30],
      [100, 300],
    ]);
  });

  it('the gradient adds up from the back', () => {
    expect(gradient((x) => cumsum(x, 0), [1, 2, 3], [5, 50, 500])).to.deep.equal([555, 550, 500]);
  });

  it('rounds after each addition', () => {
    const x = noise(3000, 6);
    let total = 0;
    const expected = Array.from(x, (term) => (total = f(total + term)));
    expect([...cumsum(tensor(x), 0).data]).to.deep.equal(expected);
  });

  it('carries NaN and ∞ on, and leaves empty tensors empty', () => {
    expect(cumsum(tensor([1, inf, 2, -inf, 3]), 0).toArray()).to.deep.equal([1, inf, inf, nan, nan]);
    expect(cumsum(zeros([2, 0]), 1).shape).to.deep.equal([2, 0]);
  });
});

describe('sort, argsort and topk', () => {
  it('equal elements keep their order, ascending and descending', () => {
    expect(argsort(tensor([2, 1, 2, 1])).toArray()).to.deep.equal([1, 3, 0, 2]);
    expect(argsort(tensor([2, 1, 2, 1]), 0, { descending: true }).toArray()).to.deep.equal([0, 2, 1, 3]);
    expect(argsort(tensor([0, -0, 0, -0])).toArray()).to.deep.equal([0, 1, 2, 3]);
  });

  it('NaN comes last, ascending and descending', () => {
    const x = tensor([nan, inf, 1, nan, -inf]);
    const up = sort(x);
    expect(up.values.toArray()).to.deep.equal([-inf, 1, inf, nan, nan]);
    expect(up.indices.toArray()).to.deep.equal([4, 2, 1, 0, 3]);
    const down = sort(x, -1, { descending: true });
    expect(down.values.toArray()).to.deep.equal([inf, 1, -inf, nan, nan]);
    expect(down.indices.toArray()).to.deep.equal([1, 2, 4, 0, 3]);
  });

  it('sort along any axis', () => {
    const x = tensor([
      [3, 10],
      [1, 30],
      [2, 20],
    ]);
    const { values, indices } = sort(x, 0);
    expect(values.toArray()).to.deep.equal([
      [1, 10],
      [2, 20],
      [3, 30],
    ]);
    expect(indices.toArray()).to.deep.equal([
      [1, 0],
      [2, 2],
      [0, 1],
    ]);
  });

  it('a stable sort of 2,000 numbers with many ties, against one that counts', () => {
    const random = seeded(7);
    const x = Array.from({ length: 2000 }, () => Math.floor(random() * 50));
    const expected = Array.from({ length: 50 }, (_, value) =>
      x.flatMap((v, i) => (v === value ? [i] : [])),
    ).flat();
    expect([...argsort(tensor(x)).data]).to.deep.equal(expected);
  });

  it('the gradient goes back to where the values came from', () => {
    expect(gradient((x) => sort(x).values, [3, 1, 2], [5, 50, 500])).to.deep.equal([500, 5, 50]);
    expect(gradient((x) => topk(x, 2).values, [5, 1, 9, 7], [5, 50])).to.deep.equal([0, 0, 5, 50]);
    checkGradient(
      (x) => sort(x, 1, { descending: true }).values,
      (random) => [random.distinct([2, 4, 3])],
    );
    checkGradient(
      (x) => topk(x, 2, -2).values,
      (random) => [random.distinct([2, 4, 3])],
    );
  });

  it('topk takes the k greatest, or the k least', () => {
    const top = topk(tensor([5, 1, 9, 7]), 2);
    expect(top.values.toArray()).to.deep.equal([9, 7]);
    expect(top.indices.toArray()).to.deep.equal([2, 3]);
    const least = topk(tensor([5, 1, 9, 7]), 3, 0, { largest: false });
    expect(least.values.toArray()).to.deep.equal([1, 5, 7]);
    expect(least.indices.toArray()).to.deep.equal([1, 0, 3]);
  });

  it('topk along another axis; the first of equals wins; NaN only when nothing else is left', () => {
    const x = tensor([
      [4, nan],
      [4, 1],
      [0, nan],
    ]);
    const { values, indices } = topk(x, 2, 0);
    expect(values.toArray()).to.deep.equal([
      [4, 1],
      [4, nan],
    ]);
    expect(indices.toArray()).to.deep.equal([
      [0, 1],
      [1, 0],
    ]);
  });

  it('topk of none and of all, and of an empty tensor', () => {
    expect(topk(tensor([2, 3]), 0).values.shape).to.deep.equal([0]);
    expect(topk(tensor([2, 3]), 2).values.toArray()).to.deep.equal([3, 2]);
    expect(topk(zeros([0, 4]), 2).indices.shape).to.deep.equal([0, 2]);
    expect(sort(zeros([4, 0])).values.shape).to.deep.equal([4, 0]);
  });
});

describe('softmax, logSoftmax and logSumExp', () => {
  const ln3 = Math.log(3);

  it('weigh exponentials: eˡⁿ³ is three times e⁰', () => {
    expectClose(softmax(tensor([0, ln3])).data, [0.25, 0.75]);
    expectClose(logSoftmax(tensor([0, ln3])).data, [-1.386294361, -0.287682072]); // ln ¼, ln ¾
    expectClose(logSumExp(tensor([0, ln3])).data, [1.386294361]); // ln 4
  });

  it('go along any axis', () => {
    const x = tensor([
      [0, 1],
      [ln3, 1],
    ]);
    expectClose(softmax(x, 0).data, [0.25, 0.5, 0.75, 0.5]);
    expectClose(softmax(x, -2).data, [0.25, 0.5, 0.75, 0.5]);
    expectClose(logSumExp(zeros([2, 3, 4]), [0, -1]).data, [2.079441542, 2.079441542, 2.079441542]); // ln 8
    expectClose(logSumExp(zeros([2, 3])).data, [1.791759469]); // ln 6
    expect(logSumExp(zeros([2, 3]), 1, { keepDims: true }).shape).to.deep.equal([2, 1]);
  });

  it('softmax returns Probabilities, of the same shape', () => {
    const p: Probabilities<[number, 3]> = softmax(zeros([2, 3]) as Tensor<[number, 3]>);
    expect(p).to.be.instanceOf(Probabilities);
    expect(logSoftmax(zeros([2, 3]))).not.to.be.instanceOf(Probabilities);
  });

  it('have gradients made of the probabilities ¼ and ¾', () => {
    const x = [0, ln3];
    expectClose(
      gradient((x) => softmax(x), x, [4, 8]),
      [-0.75, 0.75],
    ); // ΣGY = 7: ¼(4 − 7), ¾(8 − 7)
    expectClose(
      gradient((x) => logSoftmax(x), x, [4, 8]),
      [1, -1],
    ); // ΣG = 12: 4 − ¼·12, 8 − ¾·12
    expectClose(
      gradient((x) => logSumExp(x), x, 8),
      [2, 6],
    );
  });

  it('stay right at ±10⁴', () => {
    const x = [1e4, 0, -1e4];
    expect(softmax(tensor(x)).toArray()).to.deep.equal([1, 0, 0]);
    expect(logSoftmax(tensor(x)).toArray()).to.deep.equal([0, -1e4, -2e4]);
    expect(logSumExp(tensor(x)).item()).to.equal(1e4);
    expect(logSumExp(tensor([-1e4, -1e4])).item()).to.equal(f(f(-1e4) + f(Math.LN2)));
    expect(gradient((x) => logSoftmax(x), x, [1, 2, 3])).to.deep.equal([-5, 2, 3]);
    expect(gradient((x) => logSumExp(x), x, 7)).to.deep.equal([7, 0, 0]);
    const close = [1e4, 1e4 + 1];
    expectClose(softmax(tensor(close)).data, [0.268941421, 0.731058579]); // 1/(1 + e), e/(1 + e)
    expectClose(logSoftmax(tensor(close)).data, [-1.313261688, -0.313261688]); // their logarithms
  });

  it('a logit of −∞ is masked out', () => {
    expect(softmax(tensor([2, -inf])).toArray()).to.deep.equal([1, 0]);
    expect(logSoftmax(tensor([2, -inf])).toArray()).to.deep.equal([0, -inf]);
    expect(logSumExp(tensor([2, -inf])).item()).to.equal(2);
    expect(gradient((x) => softmax(x), [0, 0, -inf], [4, 8, 99])).to.deep.equal([-1, 1, 0]); // ½(4 − 6), ½(8 − 6)
    expect(gradient((x) => logSumExp(x), [2, -inf], 3)).to.deep.equal([3, 0]);
  });

  it('a row of nothing but −∞ is NaN, with logSumExp −∞ and a gradient of NaN', () => {
    const x = [
      [-inf, -inf],
      [0, 0],
    ];
    expect(softmax(tensor(x)).toArray()).to.deep.equal([
      [nan, nan],
      [0.5, 0.5],
    ]);
    expect([...logSoftmax(tensor(x)).data].slice(0, 2)).to.deep.equal([nan, nan]);
    expect(logSumExp(tensor(x), 1).toArray()).to.deep.equal([-inf, f(Math.LN2)]);
    expect(gradient((x) => logSumExp(x, 1), x, [1, 2])).to.deep.equal([nan, nan, 1, 1]);
  });

  it('a logit of +∞ is NaN, with logSumExp +∞; a NaN is NaN', () => {
    expect(softmax(tensor([inf, 0])).toArray()).to.deep.equal([nan, nan]);
    expect(logSumExp(tensor([inf, 0])).item()).to.equal(inf);
    expect(gradient((x) => logSumExp(x), [inf, 0], 1)).to.deep.equal([nan, 0]);
    expect(logSumExp(tensor([nan, inf])).item()).to.deep.equal(nan);
    expect(softmax(tensor([nan, 0])).toArray()).to.deep.equal([nan, nan]);
  });

  it('of an empty row: nothing, and the logarithm of nothing', () => {
    expect(softmax(zeros([2, 0])).shape).to.deep.equal([2, 0]);
    expect(logSoftmax(zeros([0, 2]), 0).shape).to.deep.equal([0, 2]);
    expect(logSumExp(zeros([2, 0]), 1).toArray()).to.deep.equal([-inf, -inf]);
  });
});

describe('dot and outer', () => {
  const [a, b] = [
    [1, 2, 3],
    [4, 5, 6],
  ];

  it('dot adds the products up, outer keeps them apart', () => {
    expect(dot(tensor(a), tensor(b)).item()).to.equal(32); // 4 + 10 + 18
    expect(outer(tensor([1, 2]), tensor(b)).toArray()).to.deep.equal([
      [4, 5, 6],
      [8, 10, 12],
    ]);
  });

  it('each factor is the gradient of the other', () => {
    expect(gradient((x) => dot(x, tensor(b)), a, 2)).to.deep.equal([8, 10, 12]);
    expect(gradient((x) => dot(x, x), a, 1)).to.deep.equal([2, 4, 6]);
    const G = [
      [1, 0, 2],
      [0, 3, 0],
    ];
    expect(gradient((x) => outer(x, tensor(b)), [7, 8], G)).to.deep.equal([16, 15]); // 4 + 12, 15
    expect(gradient((x) => outer(tensor([7, 8]), x), b, G)).to.deep.equal([7, 24, 14]);
  });

  it('of empty vectors are 0, and an empty matrix', () => {
    expect(dot(zeros([0]), zeros([0])).item()).to.equal(0);
    expect(outer(zeros([0]), zeros([3])).shape).to.deep.equal([0, 3]);
  });
});

describe('bad input', () => {
  const x = zeros([2, 3]);
  const wrong = (value: unknown) => value as any;

  const reductions = { mean, max, min, prod, variance, std, norm, logSumExp };
  for (const [name, op] of Object.entries(reductions)) {
    it(`${name} refuses what is no tensor, axes that do not exist, and options it does not know`, () => {
      expect(() => op(wrong('x'))).to.throw(ArgumentError, `${name}: x is "x"`);
      expect(() => op(wrong([1, 2]))).to.throw(ArgumentError, `${name}: x is an array of 2`);
      expect(() => op(x, 2)).to.throw(ShapeError, `${name}: axis 2 of a tensor of shape [2, 3]`);
      expect(() => op(x, [0, -3])).to.throw(ShapeError, `${name}: axis -3`);
      expect(() => op(x, 0.5)).to.throw(ShapeError, `${name}: axis 0.5`);
      expect(() => op(x, [1, -1])).to.throw(ShapeError, `${name}: axis 1 is named twice`);
      expect(() => op(zeros([]), 0)).to.throw(ShapeError, 'a scalar has no axes');
      expect(() => op(x, 0, wrong({ keepdims: true }))).to.throw(ArgumentError, '{ keepDims: ... }');
      expect(() => op(x, 0, wrong({ keepDims: 1 }))).to.throw(ArgumentError, `${name}: keepDims is 1`);
      expect(() => op(x, 0, wrong({ keepDims: null }))).to.throw(ArgumentError, 'keepDims is null');
      expect(() => op(x, 0, wrong(true))).to.throw(ArgumentError, `${name}: options is true`);
      expect(() => op(x, 0, wrong(null))).to.throw(ArgumentError, `${name}: options is null`);
    });
  }

  it('variance and std refuse a correction that is no number, or negative', () => {
    for (const correction of [nan, inf, -1, '1', null, true]) {
      expect(() => variance(x, 0, wrong({ correction }))).to.throw(ArgumentError, 'variance: correction is');
      expect(() => std(x, 0, wrong({ correction }))).to.throw(ArgumentError, 'std: correction is');
    }
  });

  it('norm refuses a p that is not greater than 0', () => {
    for (const p of [0, -1, nan, -inf, 'fro', null])
      expect(() => norm(x, 0, wrong({ p }))).to.throw(ArgumentError, 'norm: p is');
  });

  for (const [name, op] of Object.entries({ argmax, argmin, cumsum, sort, argsort, softmax, logSoftmax })) {
    it(`${name} refuses what is no tensor, and an axis that does not exist`, () => {
      expect(() => op(wrong('x'), 0)).to.throw(ArgumentError, `${name}: x is "x"`);
      expect(() => op(wrong(undefined), 0)).to.throw(ArgumentError, `${name}: x is undefined`);
      for (const axis of [2, -3, 0.5, nan, '0', null, [0]])
        expect(() => op(x, wrong(axis))).to.throw(ShapeError, `${name}: axis`);
      expect(() => op(zeros([]), 0)).to.throw(ShapeError, `${name}: axis 0 of a tensor of shape []`);
    });
  }

  it('cumsum wants its axis to be named', () => {
    expect(() => cumsum(x, wrong(undefined))).to.throw(ShapeError, 'cumsum: axis undefined');
  });

  it('sort and argsort refuse options they do not know, and those that are not true or false', () => {
    for (const [name, op] of Object.entries({ sort, argsort })) {
      expect(() => op(x, 0, wrong({ decending: true }))).to.throw(ArgumentError, '{ descending: ... }');
      expect(() => op(x, 0, wrong({ descending: 1 }))).to.throw(ArgumentError, `${name}: descending is 1`);
      expect(() => op(x, 0, wrong(true))).to.throw(ArgumentError, `${name}: options is true`);
    }
  });

  it('topk refuses a k outside 0 … n, an axis that does not exist, and wrong options', () => {
    for (const k of [-1, 4, 1.5, nan, '1', undefined])
      expect(() => topk(x, wrong(k))).to.throw(ArgumentError, 'topk: k is');
    expect(() => topk(x, 4)).to.throw(ArgumentError, 'k must be a whole number, at least 0 and at most 3');
    expect(() => topk(x, 1, 2)).to.throw(ShapeError, 'topk: axis 2');
    expect(() => topk(wrong('x'), 1)).to.throw(ArgumentError, 'topk: x is "x"');
    expect(() => topk(x, 1, 0, wrong({ biggest: true }))).to.throw(ArgumentError, 'topk: unknown option');
    expect(() => topk(x, 1, 0, wrong({ largest: 1 }))).to.throw(ArgumentError, 'topk: largest is 1');
  });

  it('dot and outer take vectors only, and dot wants equal lengths', () => {
    expect(() => dot(zeros([2]), wrong(zeros([3])))).to.throw(
      ShapeError,
      'dot: cannot multiply a [2] by b [3]',
    );
    expect(() => dot(wrong(x), wrong(x))).to.throw(ShapeError, 'matmul(a, b)');
    expect(() => dot(wrong(2), wrong(3))).to.throw(ShapeError, 'both must be vectors');
    expect(() => outer(wrong(x), zeros([3]))).to.throw(
      ShapeError,
      'outer: cannot multiply a [2, 3] by b [3]',
    );
    expect(() => outer(wrong([1]), zeros([3]))).to.throw(ArgumentError, 'outer: a is an array of 1');
  });
});
