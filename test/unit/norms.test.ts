// Layer norm, batch norm and dropout: numbers worked by hand, edges, and what must be refused.
import { expect } from 'chai';
import {
  ArgumentError,
  batchNorm,
  dropout,
  grad,
  layerNorm,
  manualSeed,
  mean,
  ones,
  randn,
  randomState,
  ShapeError,
  square,
  sub,
  type Tensor,
  tensor,
  type TypegradError,
} from '../../src/index.ts';

function expectValues(x: Tensor, expected: readonly number[], tolerance = 1e-6): void {
  expect(x.size).to.equal(expected.length);
  Array.from(x.data).forEach((value, i) => {
    expect(value, `place ${i}`).to.be.closeTo(expected[i], tolerance);
  });
}

type Refusal = [title: string, call: () => unknown, error: typeof TypegradError, message: RegExp];

function refuses(cases: readonly Refusal[]): void {
  for (const [title, call, error, message] of cases)
    it(`refuses ${title}`, () => {
      expect(call).to.throw(error, message);
    });
}

describe('layerNorm', () => {
  /* The row 1, 2, 3 has mean 2 and variance ⅔, so r = √1.5 and x̂ = −r, 0, r (eps = 0). */
  const r = Math.sqrt(1.5);
  const exact = { eps: 0 };

  it('gives each row mean 0 and variance 1', () => {
    const x = tensor([
      [1, 2, 3],
      [30, 20, 10],
    ]);
    expectValues(layerNorm(x, undefined, undefined, exact), [-r, 0, r, r, 0, -r]);
  });

  it('scales and shifts each column', () => {
    const [weight, bias] = [tensor([1, 10, 100]), tensor([0.5, 5, 50])];
    expectValues(layerNorm(tensor([[1, 2, 3]]), weight, bias, exact), [0.5 - r, 5, 50 + 100 * r], 1e-5);
    expectValues(layerNorm(tensor([[1, 2, 3]]), weight, undefined, exact), [-r, 0, 100 * r], 1e-5);
    expectValues(layerNorm(tensor([[1, 2, 3]]), undefined, bias, exact), [0.5 - r, 5, 50 + r], 1e-5);
  });

  it('adds eps to the variance', () => {
    expectValues(layerNorm(tensor([[-1, 1]]), undefined, undefined, { eps: 3 }), [-0.5, 0.5]); // 1/√(1 + 3)
  });

  it('adds 1e-5 unless told otherwise, so a constant row becomes 0', () => {
    expectValues(layerNorm(tensor([[7, 7, 7, 7]])), [0, 0, 0, 0], 0);
    // variance 1e-4: ±0.01/√(1.1e-4) = ±0.953463
    expectValues(layerNorm(tensor([[-0.01, 0.01]])), [-0.953463, 0.953463], 2e-6);
  });

  it('normalises the last axis, however many come before it', () => {
    expectValues(layerNorm(tensor([1, 2, 3]), undefined, undefined, exact), [-r, 0, r]);
    const cube = layerNorm(tensor([[[1, 2, 3]], [[3, 2, 1]]]), undefined, undefined, exact);
    expect(cube.shape).to.deep.equal([2, 1, 3]);
    expectValues(cube, [-r, 0, r, r, 0, -r]);
    expect(layerNorm(tensor([], [0, 3])).shape).to.deep.equal([0, 3]);
  });

  it('does not lose the variance of a row that lies far from 0', () => {
    // mean(x²) − mean(x)² would be ⅔ of nothing here: 4097² = 16785409 needs 25 bits
    const near = layerNorm(tensor([[0, 1, 2]]));
    expect([...layerNorm(tensor([[4096, 4097, 4098]])).data]).to.deep.equal([...near.data]);
  });

  it('has the gradient r·(g − mean(g) − x̂·mean(g·x̂))', () => {
    // G = (6, 0, 0) has mean 2, G·x̂ = (−6r, 0, 0) has mean −2r, x̂ times that is (3, 0, −3):
    // r·(6 − 2 − 3, −2, −2 + 3)
    const x = tensor([[1, 2, 3]], { requiresGrad: true });
    const Y = layerNorm(x, undefined, undefined, exact);
    const [dx] = grad(Y, [x], { gradient: tensor([[6, 0, 0]]) });
    expectValues(dx, [r, -2 * r, r], 5e-6);
    const weighted = layerNorm(x, tensor([2, 10, 100]), undefined, exact); // g = (6, 0, 0) again
    expectValues(grad(weighted, [x], { gradient: tensor([[3, 0, 0]]) })[0], [r, -2 * r, r], 5e-6);
  });

  it('brings weight and bias the sums over the rows', () => {
    const x = tensor([
      [1, 2, 3],
      [30, 20, 10],
    ]);
    const weight = tensor([1, 10, 100], { requiresGrad: true });
    const bias = tensor([0, 0, 0], { requiresGrad: true });
    const G = tensor([
      [1, 2, 3],
      [10, 20, 30],
    ]);
    const [dWeight, dBias] = grad(layerNorm(x, weight, bias, exact), [weight, bias], { gradient: G });
    expectValues(dWeight, [9 * r, 0, -27 * r], 2e-5); // −1·r + 10·r, 0, 3·r − 30·r
    expectValues(dBias, [11, 22, 33], 0);
  });

  refuses([
    [
      'a weight of another width',
      () => layerNorm(ones([2, 3]), ones([2])),
      ShapeError,
      /layerNorm: the weight has shape \[2\], x \[2, 3\]\n {2}rule: the weight must be \[3\]/,
    ],
    [
      'a bias that is a row',
      () => layerNorm(ones([2, 3]), undefined, ones([1, 3])),
      ShapeError,
      /the bias has shape \[1, 3\]/,
    ],
    ['a scalar', () => layerNorm(tensor(1)), ShapeError, /x is a scalar/],
    [
      'a negative eps',
      () => layerNorm(ones([2, 3]), undefined, undefined, { eps: -1 }),
      ArgumentError,
      /eps is -1/,
    ],
    [
      'an eps that is no number',
      () => layerNorm(ones([2, 3]), undefined, undefined, { eps: '1' as never }),
      ArgumentError,
      /eps is "1"/,
    ],
    [
      'an unknown option',
      () => layerNorm(ones([2, 3]), undefined, undefined, { epsilon: 1 } as never),
      ArgumentError,
      /"epsilon"\n {2}rule: known options: eps/,
    ],
    [
      'options in the weight’s place',
      () => layerNorm(ones([2, 3]), { eps: 1 } as never),
      ArgumentError,
      /weight is an object/,
    ],
    ['an array', () => layerNorm([1, 2] as never), ArgumentError, /tensor\(x\)/],
  ]);
});

describe('batchNorm', () => {
  const x = tensor([
    [1, 10],
    [3, 40],
  ]);
  const center = tensor([2, 20]);
  const spread = tensor([1, 100]); // deviations 1 and 10
  const exact = { eps: 0 };

  it('brings each channel by its own mean and variance to its own scale', () => {
    expectValues(batchNorm(x, center, spread, undefined, undefined, exact), [-1, -1, 1, 2]);
    const [weight, bias] = [tensor([2, 3]), tensor([10, 20])];
    expectValues(batchNorm(x, center, spread, weight, bias, exact), [8, 17, 12, 26]);
    expectValues(batchNorm(x, center, spread, undefined, bias, exact), [9, 19, 11, 22]);
  });

  it('takes the second axis for the channels of images', () => {
    const images = tensor([1, 3, 10, 40, 2, 2, 20, 20], [2, 2, 1, 2]);
    const Y = batchNorm(images, center, spread, undefined, undefined, exact);
    expect(Y.shape).to.deep.equal([2, 2, 1, 2]);
    expectValues(Y, [-1, 1, -1, 2, 0, 0, 0, 0]);
  });

  it('adds eps to the variance, 1e-5 unless told otherwise', () => {
    expectValues(batchNorm(x, center, spread, undefined, undefined, { eps: 3 }).reshape([4]), [
      -0.5,
      -10 / Math.sqrt(103),
      0.5,
      20 / Math.sqrt(103),
    ]);
    const tiny = tensor([1e-4, 1e-4]); // 1/√(1.1e-4) = 95.34626
    expectValues(batchNorm(x, center, tiny), [-95.34626, -953.4626, 95.34626, 1906.9252], 1e-3);
  });

  it('has gradients for x, both statistics, weight and bias', () => {
    const [m, v, w, b] = [
      [2, 20],
      [1, 100],
      [2, 3],
      [0, 0],
    ].map((values) => tensor(values, { requiresGrad: true }));
    const leaf = tensor(x.toArray() as number[][], { requiresGrad: true });
    const G = tensor([
      [1, 2],
      [5, 40],
    ]);
    const [dx, dm, dv, dw, db] = grad(batchNorm(leaf, m, v, w, b, exact), [leaf, m, v, w, b], {
      gradient: G,
    });
    expectValues(dx, [2, 0.6, 10, 12]); // G·w/√v, w/√v = 2 and 0.3
    expectValues(dm, [-12, -12.6], 1e-5); // −Σ G·w/√v
    expectValues(dv, [-4, -1.17], 1e-5); // −½ Σ G·(x − m)·w/√v³: −½·4·2, −½·780·0.003
    expectValues(dw, [4, 78], 1e-5); // Σ G·x̂: −1 + 5, −2 + 80
    expectValues(db, [6, 42]);
  });

  it('lets statistics of the batch carry their part of the gradient', () => {
    // shifting and stretching a column change nothing, so its gradient is at right angles to 1 and to x̂
    const column = tensor([[1], [2], [4], [9]], { requiresGrad: true });
    const mu = mean(column, 0);
    const Y = batchNorm(column, mu, mean(square(sub(column, mu)), 0), undefined, undefined, exact);
    const [dx] = grad(Y, [column], { gradient: tensor([[5], [-2], [3], [1]]) });
    const along = (direction: readonly number[]) =>
      direction.reduce((total, d, i) => total + d * dx.data[i], 0);
    expect(along([1, 1, 1, 1])).to.be.closeTo(0, 1e-6);
    expect(along([...Y.data])).to.be.closeTo(0, 1e-6);
    expect(Math.abs(dx.data[0])).to.be.above(0.1);
  });

  refuses([
    [
      'a single row without a batch',
      () => batchNorm(ones([2]), center, spread),
      ShapeError,
      /x must be \[N, C, \.\.\.\]/,
    ],
    [
      'a mean of another length',
      () => batchNorm(x, ones([3]), spread),
      ShapeError,
      /mean has shape \[3\]\n {2}rule: mean must be \[2\], one for each channel/,
    ],
    [
      'a variance of another rank',
      () => batchNorm(x, center, ones([1, 2])),
      ShapeError,
      /variance has shape \[1, 2\]/,
    ],
    [
      'a weight of another length',
      () => batchNorm(x, center, spread, ones([4])),
      ShapeError,
      /weight has shape \[4\]/,
    ],
    [
      'a scalar bias',
      () => batchNorm(x, center, spread, undefined, tensor(1)),
      ShapeError,
      /bias has shape \[\]/,
    ],
    [
      'a negative variance',
      () => batchNorm(x, center, tensor([1, -1])),
      ArgumentError,
      /the variance of channel 1 is -1/,
    ],
    ['no variance', () => batchNorm(x, center, undefined as never), ArgumentError, /variance is undefined/],
    [
      'a negative eps',
      () => batchNorm(x, center, spread, undefined, undefined, { eps: -1 }),
      ArgumentError,
      /eps is -1/,
    ],
    [
      'an unknown option',
      () => batchNorm(x, center, spread, undefined, undefined, { momentum: 1 } as never),
      ArgumentError,
      /unknown option "momentum"/,
    ],
  ]);
});

describe('dropout', () => {
  const n = 40_000;
  const dropped = (y: Tensor): number => y.data.filter((value) => value === 0).length / y.size;

  it('leaves 0 or x/(1 − p)', () => {
    manualSeed(1);
    expect(new Set(dropout(ones([1000])).data)).to.deep.equal(new Set([0, 2]));
    expect(new Set(dropout(ones([1000]), { p: 0.2 }).data)).to.deep.equal(new Set([0, 1.25]));
    expect(new Set(dropout(ones([1000]), { p: 0.75 }).data)).to.deep.equal(new Set([0, 4]));
  });

  for (const p of [0.1, 0.5, 0.9]) {
    it(`drops ${100 * p}% and keeps the expectation`, () => {
      manualSeed(2);
      const y = dropout(ones([n]), { p });
      expect(dropped(y)).to.be.closeTo(p, 5 * Math.sqrt((p * (1 - p)) / n));
      // M² is 1/(1 − p)² with probability 1 − p, so M has variance 1/(1 − p) − 1 = p/(1 − p)
      const average = y.data.reduce((total, value) => total + value, 0) / n;
      expect(average).to.be.closeTo(1, 5 * Math.sqrt(p / (1 - p) / n));
    });
  }

  it('drops each element on its own', () => {
    manualSeed(3);
    const y = Array.from(dropout(ones([n])).data, (value) => value - 1); // ±1
    for (const lag of [1, 2, 4]) {
      const together = y.slice(lag).reduce((total, value, i) => total + value * y[i], 0);
      expect(together / n).to.be.closeTo(0, 5 / Math.sqrt(n));
    }
  });

  it('is x itself when p is 0 or the training is over, and then draws nothing', () => {
    const x = ones([3]);
    const before = randomState();
    expect(dropout(x, { p: 0 })).to.equal(x);
    expect(dropout(x, { training: false })).to.equal(x);
    expect(dropout(x, { p: 1, training: false })).to.equal(x);
    expect(randomState()).to.deep.equal(before);
  });

  it('is 0 everywhere when p is 1, and so is its gradient', () => {
    const x = tensor([1, 2, 3], { requiresGrad: true });
    const y = dropout(x, { p: 1 });
    expect([...y.data]).to.deep.equal([0, 0, 0]);
    expect([...grad(y, [x], { gradient: tensor([5, 50, 500]) })[0].data]).to.deep.equal([0, 0, 0]);
  });

  it('passes the gradient where it passed the value, by the same factor', () => {
    manualSeed(4);
    const x = randn([100]);
    x.requiresGrad = true;
    const G = randn([100]);
    const y = dropout(x, { p: 0.2 });
    const [dx] = grad(y, [x], { gradient: G });
    expect(dropped(y)).to.be.within(0.05, 0.5);
    expectValues(
      dx,
      Array.from(y.data, (value, i) => (value === 0 ? 0 : 1.25 * G.data[i])),
    );
  });

  it('keeps an element when its random number lies below 1 − p', () => {
    // with seed and stream 0, the first word is the published 6627e8d5, so the number is 6627e8 / 2²⁴
    const key = { seed: 0, stream: 0 };
    const number = 0x6627e8 / 2 ** 24;
    expect(dropout(ones([1]), { p: 1 - number, key }).item()).to.equal(0);
    expect(dropout(ones([1]), { p: 1 - number - 2 ** -24, key }).item()).to.be.above(2);
  });

  it('the same seed drops the same elements, the next call others', () => {
    const x = ones([100]);
    manualSeed(5);
    const [first, second] = [dropout(x), dropout(x)];
    manualSeed(5);
    expect([...dropout(x).data]).to.deep.equal([...first.data]);
    expect([...second.data]).not.to.deep.equal([...first.data]);
  });

  it('the same key drops the same elements, and leaves the generator alone', () => {
    const x = ones([100]);
    const key = { seed: 6, stream: 7 };
    const before = randomState();
    expect([...dropout(x, { key }).data]).to.deep.equal([...dropout(x, { key }).data]);
    expect(randomState()).to.deep.equal(before);
  });

  refuses([
    [
      'a probability above 1',
      () => dropout(ones([2]), { p: 1.5 }),
      ArgumentError,
      /p is 1\.5\n {2}rule: p must be a number/,
    ],
    ['a negative probability', () => dropout(ones([2]), { p: -0.1 }), ArgumentError, /p is -0\.1/],
    ['a probability that is NaN', () => dropout(ones([2]), { p: Number.NaN }), ArgumentError, /p is NaN/],
    [
      'a bad probability after the training too',
      () => dropout(ones([2]), { p: 2, training: false }),
      ArgumentError,
      /p is 2/,
    ],
    [
      'a probability in place of the options',
      () => dropout(ones([2]), 0.5 as never),
      ArgumentError,
      /options is 0\.5[\s\S]*\{ p: /,
    ],
    [
      'a training that is no boolean',
      () => dropout(ones([2]), { training: 1 as never }),
      ArgumentError,
      /training is 1/,
    ],
    [
      'an unknown option',
      () => dropout(ones([2]), { train: false } as never),
      ArgumentError,
      /"train"\n {2}rule: known options: p, training, key/,
    ],
    ['an array', () => dropout([1, 2] as never), ArgumentError, /tensor\(x\)/],
  ]);
});
