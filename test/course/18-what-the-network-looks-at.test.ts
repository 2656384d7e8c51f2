/*
 * 18. What the network looks at
 *
 * A network says "seven". Because of the stroke, or because of a speck in the corner? The gradient of its answer, not
 * by the weights this time but by the input, tells which pixels would change it. What does that say, what does it not
 * say, and how is it checked?
 */
import { expect } from 'chai';
import {
  type Tensor,
  grad,
  linear,
  manualSeed,
  mean,
  mul,
  nn,
  optim,
  relu,
  sigmoid,
  softmax,
  sub,
  sum,
  tanh,
  tensor,
} from '../../src/index.ts';
import { seeded } from '../support/random.ts';
import { checkGradient } from '../support/gradients.ts';

type Network = (x: Tensor) => Tensor;

/** ∂(logit of class c)/∂x: the upstream gradient is 1 for that class, else 0. */
function saliency(f: Network, values: number[], c: number, classes: number): number[] {
  const x = tensor([values], { requiresGrad: true });
  const oneHot = tensor([Array.from({ length: classes }, (_, i) => (i === c ? 1 : 0))]);
  const [gradient] = grad(f(x), [x], { gradient: oneHot });
  return [...gradient.data];
}

/** By how much the logit of class c falls if input i is set to 0. */
const occlusion = (f: Network, values: number[], c: number) =>
  values.map((_, i) => f(tensor([values])).data[c] - f(tensor([values.with(i, 0)])).data[c]);

describe('18. What the network looks at', () => {
  describe('the gradient of a logit by the input', () => {
    it('of a linear layer, it is the row of weights: what the class looks for, whatever it is shown', () => {
      const W = tensor([
        [3, -1, 0],
        [-2, 4, 1],
      ]);
      const f = (x: Tensor) => linear(x, W, tensor([10, 20]));
      expect(saliency(f, [1, 2, 3], 0, 2)).to.deep.equal([3, -1, 0]);
      expect(saliency(f, [-5, 0, 8], 1, 2)).to.deep.equal([-2, 4, 1]);
    });

    /*
     * A small network:  W₁ = [1 −1 1; −1 1 −1],  h = relu(x W₁ᵀ),  W₂ = [3 5; −1 4],  no biases
     *
     *   x = (1, 2, 3):   x W₁ᵀ = (2, −2),   h = (2, 0),   logits (6, −2)
     */
    const W1 = tensor([
      [1, -1, 1],
      [-1, 1, -1],
    ]);
    const W2 = tensor([
      [3, 5],
      [-1, 4],
    ]);
    const f = (x: Tensor) => linear(relu(linear(x, W1)), W2);
    const x = [1, 2, 3];

    it('of a network, it is the weights of the units that are awake', () => {
      /*
       * The second hidden unit is off and passes nothing. Logit 0 is 3h₁ = 3(x₁ − x₂ + x₃), logit 1 is −h₁:
       *   ∂z₀/∂x = (3, −3, 3)      ∂z₁/∂x = (−1, 1, −1)
       */
      expect(saliency(f, x, 0, 2)).to.deep.equal([3, -3, 3]);
      expect(saliency(f, x, 1, 2)).to.deep.equal([-1, 1, -1]);
    });

    it('gradient × input divides the logit among the inputs', () => {
      /*
       * Without biases, a network with relu is a matrix for each choice of units that are awake, so z = Σ xᵢ·∂z/∂xᵢ
       * exactly:
       *   (1·3, 2·−3, 3·3) = (3, −6, 9), together 6.
       */
      const shares = saliency(f, x, 0, 2).map((g, i) => g * x[i]);
      expect(shares).to.deep.equal([3, -6, 9]);
      expect(f(tensor([x])).data[0]).to.equal(6);
    });

    it('occlusion checks it: take an input away and see; they agree until a unit wakes up or falls asleep', () => {
      /*
       *   x₁ = 0:  x W₁ᵀ = (1, −1),   z₀ = 3,    it fell by 3      predicted  3
       *   x₂ = 0:  x W₁ᵀ = (4, −4),   z₀ = 12,   it fell by −6     predicted −6
       *   x₃ = 0:  x W₁ᵀ = (−1, 1),   z₀ = 5·1,  it fell by 1      predicted  9: the first unit fell asleep at x₃ = 1
       *                                                            already, and the other has woken up
       * The gradient is true for small changes. Taking away a pixel is not a small change.
       */
      expect(occlusion(f, x, 0)).to.deep.equal([3, -6, 1]);
    });

    it('the weights are not touched: grad() leaves nothing behind', () => {
      const model = new nn.FeedForward({ inputs: 3, hidden: 4, outputs: 2 });
      saliency((x) => model.forward(x), x, 0, 2);
      for (const parameter of model.parameters()) expect(parameter.grad).to.equal(undefined);
    });

    it('take the logit, not the probability: where the network is sure, the slope of softmax has died', () => {
      /*
       * ∂p₀/∂z = p₀(1 − p₀)·(1, −1) for two classes (chapter 8). Here p₀ = σ(6 + 2) = 0.99966, p₀(1 − p₀) = 0.000335:
       *   ∂p₀/∂x = 0.000335·((3, −3, 3) − (−1, 1, −1)) = 0.000335·(4, −4, 4)
       * The answer that matters most, the one the network is sure of, would have the faintest picture.
       */
      const p = 1 / (1 + Math.exp(-8));
      saliency((x) => softmax(f(x)), x, 0, 2).forEach((g, i) =>
        expect(g).to.be.closeTo(p * (1 - p) * [4, -4, 4][i], 1e-6),
      );
    });
  });

  describe('a gradient of 0 does not mean "not looked at"', () => {
    /*
     * f(x) = 1 − relu(1 − x₁ − x₂): one of the two is enough. At (1, 1) the answer is 1, and stays 1 if either
     * changes a little: the gradient is 0. It stays 1 if either is taken away, too: so says occlusion. Taken away
     * both, it is 0.
     */
    const f = (x: Tensor) => sub(1, relu(sub(1, sum(x, 1, { keepDims: true }))));

    it('neither the slope nor the loss of a single input shows what only both together carry', () => {
      expect(f(tensor([[1, 1]])).item()).to.equal(1);
      expect(f(tensor([[0, 0]])).item()).to.equal(0);
      for (const found of [saliency(f, [1, 1], 0, 1), occlusion(f, [1, 1], 0)])
        for (const value of found) expect(value).to.be.closeTo(0, 0); // 0 or −0
    });

    it('the mean gradient on the way from nothing to x does: it shares out all of the difference', () => {
      /*
       * Along x(t) = t·(1, 1), t from 0 to 1, f = 1 − relu(1 − 2t): the slope by each input is 1 until t = ½, then 0.
       * Its mean is ½ for each, together 1 = f(1, 1) − f(0, 0). By the chain rule that is always so:
       *
       *   f(x) − f(0) = ∫ df/dt dt = Σ xᵢ · ∫ ∂f/∂xᵢ (t·x) dt
       *
       * These are integrated gradients. Eight points, t = 1/16, 3/16, … 15/16, go through the network as one batch.
       */
      const points = tensor(
        Array.from({ length: 8 }, (_, i) => [1, 1].map((value) => (value * (2 * i + 1)) / 16)),
        { requiresGrad: true },
      );
      const [gradient] = grad(sum(f(points)), [points]);
      expect(mean(gradient, 0).toArray()).to.deep.equal([1 / 2, 1 / 2]);
    });

    it('of a smooth network, too: the shares add up to the difference', () => {
      // By the midpoint rule, whose error shrinks with the square of the 200 steps.
      const W1 = tensor([
        [1, -2],
        [2, 1],
        [-1, 1],
      ]);
      const W2 = tensor([[1, -1, 2]]);
      const smooth = (x: Tensor) => sigmoid(linear(tanh(linear(x, W1)), W2));
      const x = tensor([[1.5, -0.5]]);
      const t = tensor(Array.from({ length: 200 }, (_, i) => [(i + 0.5) / 200]));
      const points = mul(t, x).detach();
      points.requiresGrad = true;
      const [gradient] = grad(sum(smooth(points)), [points]);
      const shares = mul(mean(gradient, 0, { keepDims: true }), x);
      const difference = smooth(x).item() - smooth(tensor([[0, 0]])).item();
      expect(sum(shares).item()).to.be.closeTo(difference, 1e-4);
    });
  });

  describe('a network that cheats', () => {
    /*
     * Pictures of 5 × 5: class 0 has a faint row, class 1 a faint column, in noise. But in all pictures of class 1
     * somebody has left a bright speck in the first corner, as a scanner or a watermark may. The network is to tell
     * rows from columns.
     */
    type Speck = 'with class 1' | 'with class 0' | 'by chance';
    function pictures(n: number, speck: Speck, random: () => number): { x: Tensor; labels: number[] } {
      const labels = Array.from({ length: n }, (_, i) => i % 2);
      const rows = labels.map((label) => {
        const line = 1 + Math.floor(random() * 4); // not the first one, where the speck is
        const isMarked =
          speck === 'by chance' ? random() < 0.5 : label === (speck === 'with class 1' ? 1 : 0);
        return Array.from({ length: 25 }, (_, i) => {
          const onLine = label === 0 ? Math.floor(i / 5) === line : i % 5 === line;
          return (i === 0 && isMarked ? 2 : 0) + (onLine ? 0.4 : 0) + 0.5 * random();
        });
      });
      return { x: tensor(rows), labels };
    }
    type Pictures = ReturnType<typeof pictures>;

    function trained({ x, labels }: Pictures): nn.FeedForward {
      manualSeed(1);
      const model = new nn.FeedForward({ inputs: 25, hidden: 16, outputs: 2 });
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
      for (let step = 0; step < 150; step++) {
        optimizer.zeroGrad();
        nn.crossEntropy(model.forward(x), labels).backward();
        optimizer.step();
      }
      return model;
    }

    function accuracy(model: nn.FeedForward, { x, labels }: Pictures): number {
      const predicted = model.predict(x).argmax(1).data;
      return labels.filter((c, i) => c === predicted[i]).length / labels.length;
    }

    /** The mean size of ∂(z₁ − z₀)/∂xᵢ over the pictures: how much pixel i speaks for one class against the other. */
    function looksAt(model: nn.FeedForward, { x }: Pictures): number[] {
      const leaf: Tensor = tensor(x.data, x.shape, { requiresGrad: true });
      const against = tensor(Array.from({ length: x.shape[0] }, () => [-1, 1]));
      const [gradient] = grad(model.forward(leaf), [leaf], { gradient: against });
      return [...mean(gradient.abs(), 0).data];
    }

    it('is perfect on more of the same, and the gradient shows why: it looks at the corner', () => {
      /*
       * Measured for eight seeds: 100 % right on pictures of the same kind; the corner's gradient is 1.2 … 1.8 times
       * the greatest of the others. With the speck moved to the other class, at most 2 % are right, where a guess
       * would have 50 %.
       */
      const random = seeded(2);
      const model = trained(pictures(200, 'with class 1', random));
      const [same, opposite] = [pictures(200, 'with class 1', random), pictures(200, 'with class 0', random)];
      expect(accuracy(model, same)).to.be.greaterThan(0.98);
      const [corner, ...others] = looksAt(model, same);
      expect(corner).to.be.greaterThan(1.3 * Math.max(...others));
      // What the gradient suspects, a test confirms: move the speck to the other class, and the answers follow it.
      expect(accuracy(model, opposite)).to.be.lessThan(0.1);
    });

    it('with a speck that tells nothing, it has to look at the pictures', () => {
      /*
       * Measured for eight seeds: 90 … 99.5 % right, wherever the speck is; the corner's gradient is 0.03 … 0.14 of
       * the greatest.
       */
      const random = seeded(2);
      const model = trained(pictures(200, 'by chance', random));
      const opposite = pictures(200, 'with class 0', random);
      expect(accuracy(model, opposite)).to.be.greaterThan(0.9);
      const [corner, ...others] = looksAt(model, opposite);
      expect(corner).to.be.lessThan(Math.max(...others) / 4);
    });
  });

  it('the gradient by the input agrees with the measured slope', () => {
    checkGradient(
      (x: Tensor, W1: Tensor, b1: Tensor, W2: Tensor) => linear(tanh(linear(x, W1, b1)), W2),
      (random) => [
        random.uniform([2, 5]),
        random.uniform([4, 5]),
        random.uniform([4]),
        random.uniform([3, 4]),
      ],
    );
  });
});
