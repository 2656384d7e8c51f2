/*
 * 6. A layer
 *
 * A layer is Y = X Wᵀ + b: what does each letter hold, and what goes back through it? Then two layers make a
 * network of 2 inputs, 3 hidden units and 1 output, small enough for a pencil: forward, backward, and a step.
 * It is a favourite example, and is often worked out wrongly; the mistakes are looked at, too.
 */
import { expect } from 'chai';
import {
  add,
  flatten,
  grad,
  linear,
  ModifiedError,
  matmul,
  nn,
  optim,
  ShapeError,
  sigmoid,
  square,
  sub,
  sum,
  tensor,
  type Tensor,
  zeros,
} from '../../src/index.ts';
import { expectError } from '../support/errors.ts';
import { checkGradient } from '../support/gradients.ts';

describe('6. A layer: Y = X Wᵀ + b', () => {
  const X = tensor([
    [1, 2],
    [3, 4],
  ]);
  const W = tensor([
    [1, 2],
    [0, 1],
    [3, -1],
  ]);
  const b = tensor([10, 20, 30]);

  describe('forward', () => {
    it('each row of X is an example, each row of W a unit: every example meets every unit', () => {
      /*
       * X is [examples, in], W is [out, in], b is [out], Y is [examples, out].
       *
       *   example (1, 2):   1·1 + 2·2 + 10 = 15     1·0 + 2·1 + 20 = 22     1·3 − 2·1 + 30 = 31
       *   example (3, 4):   3·1 + 4·2 + 10 = 21     3·0 + 4·1 + 20 = 24     3·3 − 4·1 + 30 = 35
       */
      expect(linear(X, W, b).toArray()).to.deep.equal([
        [15, 22, 31],
        [21, 24, 35],
      ]);
    });

    it('it is a product (chapter 5) and a stretched sum (chapter 2), in one', () => {
      const product = matmul(X, W, { transposeB: true });
      expect(add(product, b).toArray()).to.deep.equal(linear(X, W, b).toArray());
    });
  });

  describe('backward', () => {
    /*
     * Both chapters have done the work. Chapter 5 has, for Y = A B, ∂L/∂A = G Bᵀ and ∂L/∂B = Aᵀ G. Here A is
     * X and B is Wᵀ, so the second is the gradient of Wᵀ, Xᵀ G; that of W is its transpose, Gᵀ X.
     *
     *   ∂L/∂X = G W        every unit sends its gradient back along its weights
     *   ∂L/∂W = Gᵀ X       every weight collects gradient times input, over the examples
     *   ∂L/∂b = Σ G        over the examples, over which b was stretched
     */
    it('by hand', () => {
      /*
       * G = (5, 50, 500) for the first example, (7, 60, 800) for the second.
       *   G W       5·1 + 50·0 + 500·3 = 1505     5·2 + 50·1 − 500·1 = −440
       *             7·1 + 60·0 + 800·3 = 2407     7·2 + 60·1 − 800·1 = −726
       *   Gᵀ X      5·1 + 7·3 = 26                5·2 + 7·4 = 38             first unit, and so on
       *   Σ G       5 + 7 = 12                    50 + 60 = 110              500 + 800 = 1300
       */
      const leaf = (t: Tensor): Tensor => tensor(t.data, t.shape, { requiresGrad: true });
      const [x, weight, bias] = [leaf(X), leaf(W), leaf(b)];
      linear(x, weight, bias).backward(
        tensor([
          [5, 50, 500],
          [7, 60, 800],
        ]),
      );
      expect(x.grad?.toArray()).to.deep.equal([
        [1505, -440],
        [2407, -726],
      ]);
      expect(weight.grad?.toArray()).to.deep.equal([
        [26, 38],
        [230, 340], // 50·1 + 60·3, 50·2 + 60·4
        [2900, 4200], // 500·1 + 800·3, 500·2 + 800·4
      ]);
      expect(bias.grad?.toArray()).to.deep.equal([12, 110, 1300]);
    });

    it('agrees with the measured slope for a random G, with a bias and without', () => {
      checkGradient(linear, (random) => [
        random.uniform([4, 3]),
        random.uniform([2, 3]),
        random.uniform([2]),
      ]);
      checkGradient(linear, (random) => [random.uniform([4, 3]), random.uniform([2, 3])]);
    });
  });

  describe('layers must meet', () => {
    it('a layer of 64 outputs cannot feed one of 128 inputs', () => {
      /*
       * A mistake of many printed programs: 784 → 64, then 128 → 10. What a layer gives must be what the next
       * one takes. The compiler refuses it; where there is no compiler, the network does, before it sees any
       * data.
       */
      expectError(
        () =>
          new nn.Sequential(
            new nn.Linear(784, 64),
            new nn.ReLU(),
            // @ts-expect-error layer 2 takes 128 values, but layer 1 gives 64
            new nn.Linear(128, 10),
          ),
        ShapeError,
        'layer 2 takes 128 values, but layer 1 gives 64',
      );
    });

    it('a picture must be flattened first: a layer of 784 inputs knows nothing of rows and columns', () => {
      const pictures = zeros([32, 28, 28]);
      const layer = new nn.Linear(784, 64);
      expectError(
        // @ts-expect-error three axes, where a layer takes rows of 784
        () => layer.forward(pictures),
        ShapeError,
        'x [32, 28, 28] does not fit the weight [64, 784]',
        'flatten(x, 1)  →  [32, 784]',
      );
      expect(layer.forward(flatten(pictures, 1)).shape).to.deep.equal([32, 64]);
    });

    it('two layers with nothing between them are only one', () => {
      /*
       * (x W₁ᵀ) W₂ᵀ = x (W₂ W₁)ᵀ: what two layers compute, one computes with the product of their weights.
       * W₂ = (1, −2, 1) after W above:  W₂ W = (1 − 0 + 3, 2 − 2 − 1) = (4, −1)
       * To gain anything, something that is not a straight line must stand between: the next chapter.
       */
      const W2 = tensor([[1, -2, 1]]);
      const one = matmul(W2, W);
      expect(one.toArray()).to.deep.equal([[4, -1]]);
      expect(linear(linear(X, W), W2).toArray()).to.deep.equal(linear(X, one).toArray()); // (2, 8)
    });
  });
});

describe('6. A network of 2-3-1 units, by hand', () => {
  /*
   * The curve after each layer is σ(z) = 1/(1 + e⁻ᶻ), with slope σ' = σ(1 − σ) (chapter 7). The weights are
   * such that every z is a multiple of ln 3: σ(ln 3) = 1/(1 + ⅓) = ¾, σ(0) = ½ and σ(−ln 3) = ¼ suit a
   * pencil.
   *
   *   forward     x  = (1, 2)
   *               z₁ = W₁x + b₁ = ln 3 · (−1 + 2, 2 − 2, 1 − 2) = (ln 3, 0, −ln 3)
   *               h  = σ(z₁) = (¾, ½, ¼)
   *               z₂ = W₂h + b₂ = 2·¾ − 1·½ − 4·¼ + ln 3 = ln 3
   *               y  = σ(z₂) = ¾          the target is t = 1
   *               L  = (y − t)² = 1/16
   *
   *   backward    ∂L/∂y  = 2(y − t)           = −1/2
   *     δ₂ =      ∂L/∂z₂ = ∂L/∂y · y(1 − y)   = −1/2 · 3/16 = −3/32
   *               ∂L/∂W₂ = δ₂ h               = −3/32 · (¾, ½, ¼) = (−9/128, −3/64, −3/128)
   *               ∂L/∂b₂ = δ₂                 = −3/32
   *               ∂L/∂h  = δ₂ W₂              = −3/32 · (2, −1, −4) = (−3/16, 3/32, 3/8)
   *     δ₁ =      ∂L/∂z₁ = ∂L/∂h ⊙ h(1 − h)   = (−3/16 · 3/16, 3/32 · 1/4, 3/8 · 3/16)
   *                                           = (−9/256, 6/256, 18/256)
   *               ∂L/∂W₁ = δ₁ xᵀ              row by row: −9/256 · (1, 2), 6/256 · (1, 2), 18/256 · (1, 2)
   *               ∂L/∂b₁ = δ₁
   */
  const ln3 = Math.log(3);
  const x = tensor([[1, 2]]);
  const target = tensor([[1]]);

  function network() {
    const [hidden, output] = [new nn.Linear(2, 3), new nn.Linear(3, 1)];
    hidden.weight.copyFrom([-1, 1, 2, -1, 1, -1].map((w) => w * ln3));
    hidden.bias?.copyFrom([0, 0, 0]);
    output.weight.copyFrom([2, -1, -4]);
    output.bias?.copyFrom([ln3]);
    const parameters = [...hidden.parameters(), ...output.parameters()];
    const loss = () => {
      const h = sigmoid(hidden.forward(x));
      const y = sigmoid(output.forward(h));
      return { h, y, L: sum(square(sub(y, target))) };
    };
    return { hidden, output, parameters, loss };
  }

  /** ln 3 and σ are rounded to float32, to about seven digits; all numbers here are below 1. */
  const expectNear = (actual: Tensor | undefined, expected: number[]) => {
    expect(actual?.size).to.equal(expected.length);
    expected.forEach((value, i) => expect(actual?.data[i]).to.be.closeTo(value, 1e-6));
  };

  const delta1 = [-9 / 256, 6 / 256, 18 / 256];

  it('forward: ¾, ½, ¼ in the hidden layer, ¾ at the end, and a loss of 1/16', () => {
    const { h, y, L } = network().loss();
    expectNear(h, [3 / 4, 1 / 2, 1 / 4]);
    expectNear(y, [3 / 4]);
    expectNear(L, [1 / 16]);
  });

  it('backward: the library finds what the pencil found', () => {
    const { hidden, output, loss } = network();
    loss().L.backward();
    expectNear(output.weight.grad, [-9 / 128, -3 / 64, -3 / 128]);
    expectNear(output.bias?.grad, [-3 / 32]);
    expectNear(hidden.weight.grad, [-9 / 256, -18 / 256, 6 / 256, 12 / 256, 18 / 256, 36 / 256]);
    expectNear(hidden.bias?.grad, delta1);
  });

  it('a step against the gradient lowers the loss as much as the gradient says', () => {
    /*
     * Going by −η·g changes L by about g·(−η·g) = −η·Σ g². In units of 1/65536:
     *   W₂   (81 + 36 + 9)·4 = 504                b₂   9·64 = 576
     *   W₁   (81 + 36 + 324)·(1 + 4) = 2205       b₁   81 + 36 + 324 = 441
     * Together 3726/65536 = 0.05685. With η = 0.01 the loss should fall by 0.00057, but for the curvature, of
     * which η² = 0.0001 is a factor.
     */
    const { parameters, loss } = network();
    const before = loss().L;
    before.backward();
    new optim.SGD(parameters, { lr: 0.01 }).step();
    expect(before.item() - loss().L.item()).to.be.closeTo((0.01 * 3726) / 65536, 1e-5);
  });

  describe('mistakes', () => {
    /** The loss in plain arithmetic, with the hidden biases open: its measured slope by b₁ is the true δ₁. */
    const lossAt = (b1: number[]) => {
      const σ = (z: number) => 1 / (1 + Math.exp(-z));
      const h = [ln3, 0, -ln3].map((z, i) => σ(z + b1[i]));
      return (σ(2 * h[0] - h[1] - 4 * h[2] + ln3) - 1) ** 2;
    };
    const measured = [0, 1, 2].map((i) => {
      const nudged = (by: number) => lossAt([0, 0, 0].with(i, by));
      return (nudged(1e-5) - nudged(-1e-5)) / 2e-5;
    });

    it('the second weight has a number for each hidden unit: 1×3, neither 1×2 nor 2×1', () => {
      /*
       * Three hidden units hand on three numbers, h₁ h₂ h₃. One output needs a weight for each: W₂ is 1×3, as W₁, which
       * makes three of two, is 3×2. Written as 1×2 there is none for h₃; 2×1 would take one number and make two.
       */
      const { hidden, output } = network();
      expect([hidden.weight.shape, output.weight.shape]).to.deep.equal([
        [3, 2],
        [1, 3],
      ]);
      const h = tensor([[3 / 4, 1 / 2, 1 / 4]]);
      for (const wrong of [zeros([1, 2]), zeros([2, 1])])
        expectError(() => linear(h, wrong), ShapeError, 'x [1, 3] does not fit the weight');
      expect(linear(h, zeros([1, 3])).shape).to.deep.equal([1, 1]);
    });

    it('the measured slope decides: it is δ₁', () => {
      // A step of h = 10⁻⁵ to both sides is off by some h² = 10⁻¹⁰ (chapter 3).
      measured.forEach((slope, i) => expect(slope).to.be.closeTo(delta1[i], 1e-9));
    });

    it('the slope of σ left out: not only too long a step, but a step elsewhere', () => {
      /*
       * With δ₂ = 2(y − t) and δ₁ = δ₂W₂, where y(1 − y) and h(1 − h) are forgotten:
       *   δ₂ = −1/2, which is 16/3 times too large;   δ₁ = −1/2 · (2, −1, −4) = (−1, 1/2, 2)
       * Against the true δ₁ that is 256/9 = 28.4 times too much for the first unit and the third, 64/3 = 21.3
       * times for the second. No learning rate puts that right. (The familiar δ₂ = y − t belongs to another
       * loss: chapter 8.)
       */
      const wrong = [2, -1, -4].map((w) => 2 * (3 / 4 - 1) * w);
      expect(wrong).to.deep.equal([-1, 1 / 2, 2]);
      expect(wrong[0] / measured[0]).to.be.closeTo(256 / 9, 1e-4);
      expect(wrong[1] / measured[1]).to.be.closeTo(64 / 3, 1e-4);
    });

    it('W₂ moved before δ₁ was taken: the gradient belongs to no network at all', () => {
      /*
       * Many write the backward pass layer by layer, and update each layer as they go. With η = 1:
       *   W₂ ← W₂ + (9/128, 6/128, 3/128) = (265/128, −122/128, −509/128)
       * Now δ₁ = δ₂W₂ ⊙ h(1 − h) is taken with δ₂ and h of the old network, and W₂ of the new one:
       *   −3/32 · 265/128 · 3/16 = −2385/65536        where −2304/65536 is right, 3½ % off
       *   −3/32 · −122/128 · 1/4 = 1464/65536         where 1536/65536 is right, 5 % off the other way
       * Small η hides the mistake and does not remove it. All gradients first, then all updates.
       */
      const moved = [2 + 9 / 128, -1 + 6 / 128, -4 + 3 / 128];
      const wrong = moved.map((w, i) => (-3 / 32) * w * [3 / 16, 1 / 4, 3 / 16][i]);
      expect(wrong.slice(0, 2)).to.deep.equal([-2385 / 65536, 1464 / 65536]);
      expect(Math.abs(wrong[0] - measured[0])).to.be.greaterThan(0.001);
    });

    it('here it cannot be made: the walk back finds that W₂ is no longer what it was', () => {
      const { hidden, output, loss } = network();
      const { L } = loss();
      const [gradient] = grad(L, [output.weight], { retainGraph: true });
      output.weight.copyFrom(sub(output.weight, gradient));
      expectError(
        () => grad(L, [hidden.weight]),
        ModifiedError,
        'linear: weight [1, 3] was overwritten',
        'before optimizer.step()',
      );
    });
  });
});
