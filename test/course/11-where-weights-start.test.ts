/*
 * 11. Where weights start
 *
 * Descent goes down from where it starts (chapter 10). Why not start with zeros? Why at random, and how large? The
 * answer takes one sum, the variance of Σ wᵢxᵢ, and decides whether a deep network can learn at all.
 */
import { expect } from 'chai';
import {
  type Tensor,
  add,
  crossEntropy,
  linear,
  manualSeed,
  matmul,
  mean,
  mse,
  nn,
  noGrad,
  optim,
  randn,
  relu,
  square,
  tanh,
  tensor,
  transpose,
  variance,
  zeros,
} from '../../src/index.ts';
import { checkGradient } from '../support/gradients.ts';

const meanSquare = (x: Tensor): number => mean(square(x)).item();

describe('11. Where weights start', () => {
  describe('not all alike', () => {
    const x = tensor([
      [1, 2],
      [-1, 1],
      [2, 0],
    ]);
    const target = tensor([[1], [0], [2]]);
    const network = (w1: number, w2: number) => {
      const [hidden, output] = [new nn.Linear(2, 2), new nn.Linear(2, 1)];
      nn.init.constant(hidden.weight, w1);
      nn.init.constant(output.weight, w2);
      for (const layer of [hidden, output]) nn.init.zeros(layer.bias as Tensor);
      return { hidden, output, model: new nn.Sequential(hidden, new nn.Tanh(), output) };
    };

    it('with zeros, nothing but the last bias gets a gradient', () => {
      /*
       * h = tanh(0) = 0, so ∂L/∂W₂ = δ₂ h = 0;   W₂ = 0, so δ₁ = δ₂W₂ ⊙ h' = 0, and ∂L/∂W₁ = ∂L/∂b₁ = 0.
       * What is left is ∂L/∂b₂ = mean of 2(y − t) = ⅔·(−1 − 0 − 2) = −2. The best that one number can do: the mean of
       * t.
       */
      const { hidden, output, model } = network(0, 0);
      mse(model.forward(x), target).backward();
      for (const parameter of [hidden.weight, hidden.bias, output.weight])
        for (const g of parameter?.grad?.data ?? [NaN]) expect(g).to.equal(0);
      expect(output.bias?.grad?.item()).to.be.closeTo(-2, 1e-6); // a third is rounded
    });

    it('units that start alike stay alike: two of them are no more than one', () => {
      /*
       * Both hidden units see the same x with the same weights, so they give the same h; both are followed by the
       * same weight, so they are handed the same δ; so they get the same gradient, and make the same step. Nothing
       * can tell them apart, however long it goes on. Each unit must start from a place of its own: chance is the
       * simplest way.
       */
      const { hidden, output, model } = network(0.5, 0.25);
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.1 });
      for (let step = 0; step < 50; step++) {
        optimizer.zeroGrad();
        mse(model.forward(x), target).backward();
        optimizer.step();
      }
      const [first, second] = hidden.weight.toArray() as number[][];
      expect(first).to.deep.equal(second); // to the last bit
      expect(first).not.to.deep.equal([0.5, 0.5]); // it did learn
      expect(output.weight.data[0]).to.equal(output.weight.data[1]);
    });

    it('biases may start at 0: the weights tell the units apart already', () => {
      const layer = new nn.Linear(64, 32);
      nn.init.zeros(layer.bias as Tensor);
      const rows = (layer.weight.toArray() as number[][]).map(String);
      expect(new Set(rows).size).to.equal(32);
    });
  });

  describe('how large: on the way forward', () => {
    /*
     * y = Σ wᵢxᵢ over n inputs, the w independent, with mean 0 and variance σ². Its square has the terms wᵢ²xᵢ², and
     * the mixed ones wᵢwⱼxᵢxⱼ, which are as often positive as negative. On average
     *
     *   y² = σ² Σ xᵢ² = n σ² · (mean of the xᵢ²)
     *
     * A layer multiplies the mean square of its values by nσ². Ten layers multiply it by (nσ²)¹⁰.
     */
    it('mixed terms cancel: over all 16 choices of signs, the mean of (±1 ± 2 ± 3 ± 4)² is 1 + 4 + 9 + 16', () => {
      const signs = Array.from({ length: 16 }, (_, k) =>
        [0, 1, 2, 3].map((bit) => ((k >> bit) & 1 ? 1 : -1)),
      );
      const y = linear(tensor([[1, 2, 3, 4]]), tensor(signs)); // 16 units, one for each choice; σ² = 1
      expect(meanSquare(y)).to.equal(30);
    });

    it('relu halves the mean square: one of z and −z is dropped', () => {
      const z = tensor([1, -1, 2, -2, 3, -3]);
      expect(meanSquare(z) / meanSquare(relu(z))).to.be.closeTo(2, 1e-6); // 28/6 and 14/6
    });

    it('hence σ² = 2/n in front of relu: nσ²/2 = 1, and values keep their size through all layers', () => {
      /*
       * Ten layers of 128 units with relu multiply the mean square by (128σ²/2)¹⁰:
       *
       *   σ² = 2/128          1          He's start, kaimingNormal
       *   σ² = 1/128          2⁻¹⁰       right without relu; with it each layer halves
       *   σ² = 1/(3·128)      6⁻¹⁰ = 2⁻²⁵·⁸⁵    what nn.Linear starts with: uniform in ±1/√n, as is the custom
       *   σ² = 1              64¹⁰ = 2⁶⁰  plain normal numbers; values of a thousand million
       *
       * These are averages over all networks. Of one network with n = 128, each layer's factor strays by about
       * √(5/128) = 20 % (a squared normal number, or 0, has mean square 3/2 and mean ½), ten layers by √10 times as
       * much, 0.9 powers of two. We allow four times that.
       */
      const n = 128;
      const layers = 10;
      const growth = (start: (w: Tensor) => Tensor) => {
        manualSeed(1);
        return noGrad(() => {
          const x: Tensor = randn([16, n]);
          let h = x;
          for (let i = 0; i < layers; i++) h = relu(linear(h, start(zeros([n, n]))));
          return Math.log2(meanSquare(h) / meanSquare(x));
        });
      };
      const allowed = 3.6;
      expect(growth((w) => nn.init.kaimingNormal(w))).to.be.closeTo(0, allowed);
      expect(growth((w) => nn.init.normal(w, 0, Math.sqrt(1 / n)))).to.be.closeTo(-10, allowed);
      expect(growth((w) => w.copyFrom(new nn.Linear(n, n).weight))).to.be.closeTo(-25.85, allowed);
      expect(growth((w) => nn.init.normal(w))).to.be.closeTo(60, allowed);
    });
  });

  describe('on the way back', () => {
    it('a gradient sums over the outputs, so it wants σ² = 1/out where values want 1/in', () => {
      /*
       * δX = δY W (chapter 6): each element is a sum over the layer's m outputs. Its mean square is mσ² times that of
       * δY. As above, with all 16 choices of signs, now as the columns of W [4, 16]:
       */
      const signs = Array.from({ length: 16 }, (_, k) =>
        [0, 1, 2, 3].map((bit) => ((k >> bit) & 1 ? 1 : -1)),
      );
      const x = tensor([new Array<number>(16).fill(0)], { requiresGrad: true });
      linear(x, transpose(tensor(signs))).backward(tensor([[1, 2, 3, 4]]));
      expect(meanSquare(x.grad as Tensor)).to.equal(30);
    });

    it("Xavier's start is the compromise, σ² = 2/(in + out)", () => {
      /*
       * As a uniform distribution in ±a, whose variance is the mean of x² over 0 … a: a³/3/a = a²/3. So a = √(6/(in +
       * out)). From 64 to 128: a = √(6/192) = 0.17678, σ² = 1/96. The variance of N = 8192 uniform numbers strays by
       * √(0.8/N) = 1 %; we allow five times that.
       */
      manualSeed(2);
      const w = nn.init.xavierUniform(zeros([128, 64]));
      expect(Math.max(...w.data.map(Math.abs))).to.be.within(0.176, 0.17678);
      expect(variance(w).item() * 96).to.be.closeTo(1, 0.05);
    });

    it("in front of tanh, a little more: a gain of 5/3 against tanh's flattening", () => {
      expect(nn.init.calculateGain('tanh')).to.equal(5 / 3);
      expect(nn.init.calculateGain('relu') ** 2).to.be.closeTo(2, 1e-12); // the 2 of 2/n
      const z = tensor([0, 0.5, -0.5, 1, -1, 2, -2]);
      expect(meanSquare(tanh(z))).to.be.lessThan(meanSquare(z));
    });

    it('an orthogonal matrix changes no length at all, forward or back', () => {
      /*
       * Rows of length 1 at right angles: W Wᵀ = 1. For a square matrix also WᵀW = 1, and |xWᵀ|² = x WᵀW xᵀ = |x|².
       * Not on average: always. Through 10 layers of 32 units the mean square is what it was.
       */
      manualSeed(3);
      const W = nn.init.orthogonal(zeros([32, 32]));
      (matmul(W, W, { transposeB: true }).toArray() as number[][]).forEach((row, i) =>
        row.forEach((value, j) => expect(value).to.be.closeTo(i === j ? 1 : 0, 1e-5)),
      );
      const x: Tensor = randn([16, 32]);
      let h = x;
      for (let i = 0; i < 10; i++) h = linear(h, nn.init.orthogonal(zeros([32, 32])));
      expect(meanSquare(h) / meanSquare(x)).to.be.closeTo(1, 1e-5); // only rounding
    });
  });

  describe('the end of the network', () => {
    it('should know nothing and say so: with small last weights the first loss is ln C', () => {
      /*
       * Large logits at the start are opinions without a reason, and the first steps go into forgetting them. A
       * last layer of zeros is allowed, since the layer before it is random: its units get different h, so ∂L/∂W₂ =
       * δ₂h differs too, and after one step the gradient reaches the first layer.
       */
      manualSeed(4);
      const x = randn([32, 20]);
      const y = Array.from({ length: 32 }, (_, i) => i % 10);
      const firstLoss = (start: (w: Tensor) => Tensor) => {
        const model = new nn.FeedForward({ inputs: 20, hidden: 64, outputs: 10 });
        start(model.output.weight);
        nn.init.zeros(model.output.bias as Tensor);
        return crossEntropy(model.forward(x), y);
      };
      expect(firstLoss(nn.init.zeros).item()).to.be.closeTo(Math.log(10), 1e-6);
      // With weights of size 3: logits of size 3·√(Σ h²). One answer in ten is right by luck, the others are sure and wrong.
      expect(firstLoss((w) => nn.init.normal(w, 0, 3)).item()).to.be.greaterThan(2 * Math.log(10));
    });

    it('and a detour past the layers, y = x + f(x), starts as if they were not there', () => {
      /*
       * With f's last weights 0, a residual layer hands x and its gradient through unchanged, however many there are.
       * It then learns what to add.
       */
      const block = () => {
        const last = new nn.Linear(8, 8);
        for (const parameter of last.parameters()) nn.init.zeros(parameter);
        return new nn.Residual(new nn.Linear(8, 8), new nn.ReLU(), last);
      };
      manualSeed(5);
      const model = new nn.Sequential(...Array.from({ length: 20 }, block));
      const x = randn([4, 8]);
      x.requiresGrad = true;
      const y = model.forward(x) as Tensor;
      expect(y.toArray()).to.deep.equal(x.toArray());
      const G = randn([4, 8]);
      y.backward(G);
      expect(x.grad?.toArray()).to.deep.equal(G.toArray());

      checkGradient(
        (x: Tensor, w: Tensor) => add(x, linear(tanh(x), w)),
        (random) => [random.uniform([3, 4]), random.uniform([4, 4])],
      );
    });
  });
});
