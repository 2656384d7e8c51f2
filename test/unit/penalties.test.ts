// Penalties of the weights, and the limit to their length: values by hand, what counts, gradients, bits.
import { expect } from 'chai';
import fc from 'fast-check';
import {
  add,
  crossEntropy,
  ModifiedError,
  manualSeed,
  mse,
  nn,
  optim,
  square,
  sum,
  type Tensor,
  tensor,
  uniform,
} from '../../src/index.ts';
import { expectError } from '../support/errors.ts';
import { checkGradient } from '../support/gradients.ts';

const weight = (rows: number[][], requiresGrad = true) => tensor(rows, { requiresGrad }) as Tensor;

/** A model of a weight [[3, −4]], a bias [2], and a frozen weight [[100]]. */
function model(): nn.Sequential {
  const [layer, frozen] = [new nn.Linear(2, 1), new nn.Linear(1, 1)];
  layer.weight.copyFrom([3, -4]);
  (layer.bias as Tensor).copyFrom([2]);
  frozen.weight.copyFrom([100]);
  for (const parameter of frozen.parameters()) parameter.requiresGrad = false;
  return new nn.Sequential(layer, frozen);
}

describe('penalties', () => {
  it('λ Σ |w| and λ Σ w², over the weights', () => {
    expect(
      nn
        .l1Penalty(1 / 2)(model())
        .item(),
    ).to.equal(3.5); // (3 + 4)/2
    expect(
      nn
        .l2Penalty(1 / 2)(model())
        .item(),
    ).to.equal(12.5); // (9 + 16)/2
  });

  it('with biases: of everything that learns', () => {
    expect(
      nn
        .l1Penalty(1 / 2, { biases: true })(model())
        .item(),
    ).to.equal(4.5);
    expect(
      nn
        .l2Penalty(1 / 2, { biases: true })(model())
        .item(),
    ).to.equal(14.5);
  });

  it('of parameters: one, a list, or anything that can be gone through', () => {
    const [a, b] = [weight([[1, 2]]), weight([[3], [4]])];
    const penalty = nn.l2Penalty(1);
    expect([a, [a, b], new Set([b]).values()].map((given) => penalty(given).item())).to.deep.equal([
      5, 30, 25,
    ]);
    expect(penalty([a, tensor([7], { requiresGrad: true })]).item()).to.equal(5); // the vector does not count
  });

  it('a weight that is used twice is paid for once', () => {
    const layer = new nn.Linear(2, 2);
    layer.weight.copyFrom([1, 1, 1, 1]);
    expect(nn.l1Penalty(1)(new nn.Sequential(layer, layer)).item()).to.equal(4);
  });

  it('a model with nothing to pay for pays 0, and the loss can still go backward', () => {
    const w = tensor([2], { requiresGrad: true });
    const frozen = weight([[5]], false);
    const loss = add(sum(square(w)), nn.l1Penalty(1)([frozen]));
    expect(loss.item()).to.equal(4);
    loss.backward();
    expect([w.grad?.item(), frozen.grad]).to.deep.equal([4, undefined]);
  });

  it('are called what they are, for the log', () => {
    expect([nn.l1Penalty(1).name, nn.l2Penalty(1).name]).to.deep.equal(['l1Penalty', 'l2Penalty']);
  });

  it('gradients: λ sign w, 0 at 0, and 2λw', () => {
    const gradient = (penalty: nn.Penalty) => {
      const w = weight([[3, 0, -4]]);
      penalty(w).backward();
      return [...(w.grad as Tensor).data];
    };
    expect(gradient(nn.l1Penalty(1 / 2))).to.deep.equal([0.5, 0, -0.5]);
    expect(gradient(nn.l2Penalty(1 / 2))).to.deep.equal([3, 0, -4]);
  });

  it('gradients agree with the measured slopes, for a random G', () => {
    for (const penalty of [nn.l1Penalty(0.3), nn.l2Penalty(0.7)])
      checkGradient(
        (a: Tensor, b: Tensor) => penalty([a, b]),
        (random) => [random.awayFromZero([3, 4]), random.awayFromZero([2, 3])],
      );
  });

  it('of λ is weight decay of 2λ, for every optimizer that adds it to the gradient', () => {
    for (const Optimizer of [optim.SGD, optim.Adam, optim.RMSprop, optim.Adagrad]) {
      manualSeed(1);
      const x = uniform([5, 3]);
      const y = uniform([5, 2]);
      const start = [...uniform([6]).data];
      const run = (penalty: nn.Penalty, weightDecay: number) => {
        const layer = new nn.Linear(3, 2, { bias: false });
        layer.weight.copyFrom(start);
        const optimizer = new Optimizer(layer.parameters(), { lr: 0.05, weightDecay });
        for (let step = 0; step < 10; step++) {
          optimizer.zeroGrad();
          add(mse(layer.forward(x), y), penalty(layer)).backward();
          optimizer.step();
        }
        return layer.weight.data;
      };
      const [penalised, decayed, plain] = [
        run(nn.l2Penalty(0.2), 0),
        run(nn.l2Penalty(0), 0.4),
        run(nn.l2Penalty(0), 0),
      ];
      penalised.forEach((w, i) => expect(w).to.be.closeTo(decayed[i], 1e-5));
      expect(Math.max(...plain.map((w, i) => Math.abs(w - decayed[i])))).to.be.greaterThan(1e-3);
    }
  });

  it('both together: the elastic net', () => {
    const w = weight([[3, -4]]);
    add(nn.l1Penalty(1)(w), nn.l2Penalty(1 / 2)(w)).backward();
    expect([...(w.grad as Tensor).data]).to.deep.equal([4, -5]);
  });
});

describe('maxNorm', () => {
  const length = (row: number[]) => Math.sqrt(row.reduce((total, w) => total + w * w, 0));

  it('shortens rows that are too long, and no others', () => {
    const w = weight([
      [3, 4], // 5 → 2.5
      [0, 2],
      [-30, 40], // 50 → 2.5
      [0, 0],
    ]);
    nn.maxNorm(w, 2.5);
    expect(w.toArray()).to.deep.equal([
      [1.5, 2],
      [0, 2],
      [-1.5, 2],
      [0, 0],
    ]);
  });

  it('of a model: its weights, not its biases, nothing frozen', () => {
    const net = model();
    nn.maxNorm(net, 1);
    const [w, b, frozen] = net.parameters().map((parameter) => parameter.data[0]);
    expect(w).to.be.closeTo(0.6, 1e-7);
    expect([b, frozen]).to.deep.equal([2, 100]);
  });

  it('a row is everything behind the first axis', () => {
    const w = tensor([2, 2, 2, 2, 1, 0, 0, 0], [2, 2, 2], { requiresGrad: true }) as Tensor; // lengths 4 and 1
    nn.maxNorm([w], 2);
    expect([...w.data]).to.deep.equal([1, 1, 1, 1, 1, 0, 0, 0]);
  });

  it('no row is longer then, by more than a rounding; a second time changes no bit', () => {
    const value = fc.float({ min: -1e3, max: 1e3, noNaN: true });
    const rows = fc.array(fc.array(value, { minLength: 7, maxLength: 7 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(rows, fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (values, limit) => {
        const w = weight(values);
        const before = w.toArray() as number[][];
        nn.maxNorm(w, limit);
        const after = w.toArray() as number[][];
        after.forEach((row, i) => {
          expect(length(row)).to.be.at.most(limit * (1 + 2 ** -23));
          if (length(before[i]) <= limit) expect(row).to.deep.equal(before[i]);
          else expect(length(row)).to.be.closeTo(limit, limit * 1e-6);
        });
        nn.maxNorm(w, limit);
        expect(w.toArray()).to.deep.equal(after);
      }),
    );
  });

  it('rows with NaN or infinities stay as they are, to be seen', () => {
    const w = weight([
      [Number.NaN, 5],
      [Infinity, 5],
      [3, 4],
    ]);
    nn.maxNorm(w, 2.5);
    expect(w.toArray()).to.deep.equal([
      [Number.NaN, 5],
      [Infinity, 5],
      [1.5, 2],
    ]);
  });

  it('lengths of numbers whose squares float32 cannot hold', () => {
    const w = weight([
      [3e30, 4e30],
      [3e-30, 4e-30],
    ]);
    nn.maxNorm(w, 5e-15);
    const rows = w.toArray() as number[][];
    expect(rows[0][0] / 3e-15).to.be.closeTo(1, 1e-6);
    expect(rows[1]).to.deep.equal([Math.fround(3e-30), Math.fround(4e-30)]);
  });

  it('counts as a write: a graph that still needs the old weights refuses; if none is too long, nothing was written', () => {
    const w = weight([[3, 4]]);
    const loss = () => sum(square(w));
    const first = loss();
    nn.maxNorm(w, 5);
    first.backward();
    expect([...(w.grad as Tensor).data]).to.deep.equal([6, 8]);
    const second = loss();
    nn.maxNorm(w, 2);
    expectError(() => second.backward(), ModifiedError, 'square');
  });

  it('keeps a network within bounds while it learns', () => {
    manualSeed(1);
    const net = new nn.FeedForward({ inputs: 4, hidden: 8, outputs: 3 });
    const optimizer = new optim.SGD(net.parameters(), { lr: 1 });
    const x = uniform([12, 4]);
    const labels = Array.from({ length: 12 }, (_, i) => i % 3);
    const weights = () => net.parameters().filter(({ rank }) => rank === 2);
    const longest = () =>
      Math.max(...weights().flatMap((w) => (w.toArray() as number[][]).map((row) => length(row))));
    const losses = Array.from({ length: 60 }, () => {
      optimizer.zeroGrad();
      const loss = crossEntropy(net.forward(x), labels);
      loss.backward();
      optimizer.step();
      nn.maxNorm(net, 1.5);
      expect(longest()).to.be.at.most(1.5 * (1 + 2 ** -23));
      return loss.item();
    });
    expect(longest()).to.be.greaterThan(1.4999); // it was needed
    expect(losses.at(-1)).to.be.lessThan(losses[0] / 1.2);
  });
});
