/*
 * 7. Activations, and where gradients die
 *
 * Two layers with nothing between them are only one (chapter 6). What is put between, a function that is
 * applied to every number by itself, is called the activation. What does it make possible? Which functions
 * are used? And how do some of them stop a network from learning, by handing back a slope of 0?
 */
import { expect } from 'chai';
import {
  crossEntropy,
  device,
  elu,
  exp,
  gelu,
  hardtanh,
  leakyRelu,
  linear,
  log1p,
  relu,
  sigmoid,
  silu,
  softmax,
  softplus,
  sub,
  tanh,
  tensor,
  type Tensor,
} from '../../src/index.ts';
import { checkGradient } from '../support/gradients.ts';

type Activation = (x: Tensor) => Tensor;

/** Value and slope of f at x. */
function at(f: Activation, value: number): [value: number, slope: number] {
  const x = tensor(value, { requiresGrad: true });
  const y = f(x);
  y.backward();
  return [y.item(), (x.grad as Tensor).item()];
}

/** Float32 has about seven digits, and all numbers here are below 2. */
function expectAt(f: Activation, x: number, [value, slope]: [value: number, slope: number]): void {
  const [y, dy] = at(f, x);
  expect(y, 'value').to.be.closeTo(value, 1e-6);
  expect(dy, 'slope').to.be.closeTo(slope, 1e-6);
}

const [ln2, ln3] = [Math.log(2), Math.log(3)];

describe('7. Activations, and where gradients die', () => {
  describe('why there must be one', () => {
    const X = tensor([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);

    it('no linear layer can say "one of the two, but not both"', () => {
      /*
       * Exclusive or wants 0 1 1 0 for the four rows of X. But y = w₁x₁ + w₂x₂ + b has
       *   y(0,0) + y(1,1) = b + (w₁ + w₂ + b)  =  (w₂ + b) + (w₁ + b) = y(0,1) + y(1,0)
       * whatever the weights are, while exclusive or has 0 + 0 on the left and 1 + 1 on the right.
       */
      const y = linear(X, tensor([[3, -5]]), tensor([2])).data;
      expect([...y]).to.deep.equal([2, -3, 5, 0]);
      expect(y[0] + y[3]).to.equal(y[1] + y[2]);
    });

    it('a corner between two layers is enough', () => {
      /*
       * h₁ = relu(x₁ + x₂), h₂ = relu(x₁ + x₂ − 1), y = h₁ − 2h₂:
       *   (0,0): 0 − 0 = 0     (0,1): 1 − 0 = 1     (1,0): 1 − 0 = 1     (1,1): 2 − 2·1 = 0
       * How such weights are found by learning is chapter 12.
       */
      const ones = tensor([
        [1, 1],
        [1, 1],
      ]);
      const h = relu(linear(X, ones, tensor([0, -1])));
      expect(linear(h, tensor([[1, -2]])).toArray()).to.deep.equal([[0], [1], [1], [0]]);
    });
  });

  describe('relu(x) = max(x, 0)', () => {
    it('passes what is positive, with slope 1, and blocks the rest, with slope 0', () => {
      const x = tensor([2, -3, 4, 0], { requiresGrad: true });
      const y = relu(x);
      y.backward(tensor([5, 50, 500, 5000]));
      expect(y.toArray()).to.deep.equal([2, 0, 4, 0]);
      expect(x.grad?.toArray()).to.deep.equal([5, 0, 500, 0]); // in the corner, at 0, slope 0 is chosen
    });

    it('a unit that is negative for every example is dead: no example can bring it back', () => {
      /*
       * z = x·w + b with w = 1, b = −10 and x = 1, 2, 4: z = −9, −8, −6. All slopes are 0, so ∂L/∂w and ∂L/∂b
       * are 0, now and in every step to come, as long as the x stay as they are. One step that was too large
       * can do that to a unit.
       */
      const x = tensor([[1], [2], [4]]);
      const [w, b] = [tensor([[1]], { requiresGrad: true }), tensor([-10], { requiresGrad: true })];
      relu(linear(x, w, b)).backward(tensor([[5], [50], [500]]));
      expect([w.grad?.item(), b.grad?.item()]).to.deep.equal([0, 0]);
    });

    it('a leak keeps it alive: leakyRelu hands back a part of the gradient', () => {
      /*
       * With slope ⅛ below 0:   ∂L/∂w = ⅛·(5·1 + 50·2 + 500·4) = 2105/8     ∂L/∂b = ⅛·(5 + 50 + 500) = 555/8
       * (The usual slope is 0.01, which is enough to find the way back in time.)
       */
      const x = tensor([[1], [2], [4]]);
      const [w, b] = [tensor([[1]], { requiresGrad: true }), tensor([-10], { requiresGrad: true })];
      leakyRelu(linear(x, w, b), { slope: 1 / 8 }).backward(tensor([[5], [50], [500]]));
      expect([w.grad?.item(), b.grad?.item()]).to.deep.equal([2105 / 8, 555 / 8]);
    });
  });

  describe('σ(x) = 1/(1 + e⁻ˣ), the sigmoid', () => {
    /*
     * The slope, by the quotient rule of chapter 3 (dq = −q·dv/v for 1/v) and dv = −e⁻ˣdx:
     *   σ' = σ · e⁻ˣ/(1 + e⁻ˣ) = σ(1 − σ),   because   1 − σ = e⁻ˣ/(1 + e⁻ˣ)
     */
    it('squeezes every number between 0 and 1; its slope is σ(1 − σ)', () => {
      expectAt(sigmoid, 0, [1 / 2, 1 / 4]);
      expectAt(sigmoid, ln3, [3 / 4, 3 / 16]);
      expectAt(sigmoid, -ln3, [1 / 4, 3 / 16]); // σ(−x) = 1 − σ(x)
    });

    it('far from 0 it saturates: the slope is e⁻²⁰ on the left, and nothing at all on the right', () => {
      /*
       * σ(−20) ≈ e⁻²⁰ = 2.06·10⁻⁹, and 1 − σ is as good as 1. On the right, 1 − σ(20) would be as small, but
       * float32 numbers just below 1 are 6·10⁻⁸ apart: σ(20) is rounded to 1, and the slope to 0. Whatever
       * learns through such a unit has stopped.
       */
      expect(at(sigmoid, -20)[1]).to.be.closeTo(2.06e-9, 1e-11);
      expect(at(sigmoid, 20)).to.deep.equal([1, 0]);
    });

    it('its slope is ¼ at best: ten in a row leave less than a millionth of the gradient', () => {
      /*
       * y ← σ(y) − ½, ten times from 0, where the slope is greatest: (¼)¹⁰ = 2⁻²⁰ = 9.5·10⁻⁷. The chain rule
       * multiplies (chapter 4), so the first layers of a deep network of sigmoids hardly learn. relu hands
       * back 1¹⁰ = 1.
       */
      const deep = (f: Activation) => (x: Tensor) => {
        let y = x;
        for (let i = 0; i < 10; i++) y = f(y);
        return y;
      };
      const centred = (x: Tensor) => sub(sigmoid(x), 0.5);
      expect(at(deep(centred), 0)).to.deep.equal([0, 2 ** -20]);
      expect(at(deep(relu), 1)).to.deep.equal([1, 1]);
      expect(at(deep(tanh), 0)).to.deep.equal([0, 1]); // tanh has slope 1 at 0, and less everywhere else
    });
  });

  describe('tanh(x) = (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)', () => {
    it('is a sigmoid that runs from −1 to 1; its slope is 1 − tanh²', () => {
      // At ln 2: (2 − ½)/(2 + ½) = 3/5, slope 1 − 9/25.   At ln 3: (3 − ⅓)/(3 + ⅓) = 4/5, slope 1 − 16/25.
      expectAt(tanh, 0, [0, 1]);
      expectAt(tanh, ln2, [3 / 5, 16 / 25]);
      expectAt(tanh, -ln3, [-4 / 5, 9 / 25]);
      expect(2 * at(sigmoid, 2 * ln2)[0] - 1).to.be.closeTo(3 / 5, 1e-6); // tanh x = 2σ(2x) − 1
    });

    it('hardtanh is the same, drawn with a ruler', () => {
      expect([-3, 0.5, 3].map((x) => at(hardtanh, x))).to.deep.equal([
        [-1, 0],
        [0.5, 1],
        [1, 0],
      ]);
    });
  });

  describe('smooth relatives of relu', () => {
    it('elu: eˣ − 1 below 0, so that what it gives can lie around 0', () => {
      expectAt(elu, -ln2, [-1 / 2, 1 / 2]); // ½ − 1, and the slope eˣ = ½
      expectAt(elu, 2, [2, 1]);
    });

    it('softplus = ln(1 + eˣ): its slope is the sigmoid', () => {
      expectAt(softplus, ln3, [Math.log(4), 3 / 4]); // ln(1 + 3)
      expectAt(softplus, -ln3, [Math.log(4 / 3), 1 / 4]);
    });

    it('and must not be computed as it is written: e¹⁰⁰ is too large for float32', () => {
      // ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|) is the same, and no exponential in it is greater than 1.
      expect(log1p(exp(tensor(100))).item()).to.equal(Infinity);
      expect(at(softplus, 100)).to.deep.equal([100, 1]);
    });

    it('silu = x·σ(x): a sigmoid as a gate, which x opens for itself', () => {
      // Slope, by the product rule: σ + x·σ(1 − σ).   At ln 3: ¾ + 3/16 · ln 3.   At −ln 3: ¼ − 3/16 · ln 3.
      expectAt(silu, ln3, [(3 / 4) * ln3, 3 / 4 + (3 / 16) * ln3]);
      expectAt(silu, -ln3, [(-1 / 4) * ln3, 1 / 4 - (3 / 16) * ln3]);
    });

    it('gelu = x·Φ(x): the gate is the share of a normal distribution that lies below x', () => {
      /*
       * From a table of the normal distribution: Φ(1) = 0.841345, and its density φ(1) = 0.241971.
       * Slope, by the product rule: Φ + x·φ.   At 1: 1.083316.   At −1, where
       * Φ = 0.158655:  0.158655 − 0.241971 = −0.083316
       */
      expectAt(gelu, 0, [0, 1 / 2]);
      expectAt(gelu, 1, [0.841345, 1.083316]);
      expectAt(gelu, -1, [-0.158655, -0.083316]);
    });

    it('gelu is often computed with a tanh instead, which is near, but another function', () => {
      // A network should be run with the one that it was trained with; GPT-2 was trained with the tanh.
      const approximate = (x: Tensor) => gelu(x, { approximate: 'tanh' });
      // √(2/π)·(1 + 0.044715) = 0.833562, tanh of it 0.682384, and ½·(1 + 0.682384) = 0.841192
      expect(at(approximate, 1)[0]).to.be.closeTo(0.841192, 1e-6);
    });
  });

  describe('which one?', () => {
    it('far to the right, all relatives of relu have slope 1, and all that saturate have slope 0', () => {
      /*
       * Between layers, take relu, the cheapest; in transformers, gelu or silu. tanh and sigmoid where a
       * number must stay in its bounds, as in a gate. At the end of a network, none: losses take the bare
       * numbers, the logits (chapter 8).
       */
      const error = device.info().adapter ? 1e-6 : 0; // a GPU's division need not be exactly rounded
      for (const f of [relu, leakyRelu, elu, softplus, silu, gelu])
        expect(at(f, 20)[1]).to.be.closeTo(1, error);
      for (const f of [sigmoid, tanh, hardtanh]) expect(at(f, 20)[1]).to.be.closeTo(0, error);
    });

    it('relu at the end of a two-class network: where both logits are negative, it answers ½ and learns nothing', () => {
      /*
       * Logits (−1, −2), and the truth is the second class. As they are: p₂ = 1/(1 + e¹), and the gradient p − y pushes
       * the second up. After relu they are (0, 0), so p = (½, ½), the loss is ln 2, and relu hands back 0.
       */
      const logits = tensor([[-1, -2]], { requiresGrad: true });
      const loss = crossEntropy(relu(logits), [1]);
      loss.backward();
      expect(loss.item()).to.be.closeTo(ln2, 1e-6);
      expect([...(logits.grad as Tensor).data]).to.deep.equal([0, 0]);

      const bare = tensor([[-1, -2]], { requiresGrad: true });
      crossEntropy(bare, [1]).backward();
      const p1 = Math.E / (1 + Math.E);
      expect((bare.grad as Tensor).data[0]).to.be.closeTo(p1, 1e-6);
      expect((bare.grad as Tensor).data[1]).to.be.closeTo(-p1, 1e-6);
    });

    it('tanh at the end of a network of ten classes: it is never more than 45 % sure', () => {
      /*
       * tanh keeps every logit between −1 and 1. The best it can do is 1 for the true class, −1 for the nine others:
       *
       *   p = e / (e + 9e⁻¹) = e²/(e² + 9) = 7.389/16.389 = 0.451        loss = −ln p = 0.797
       */
      const sure = tensor([[100, ...new Array(9).fill(-100)]]);
      expect(crossEntropy(tanh(sure), [0]).item()).to.be.closeTo(Math.log(1 + 9 * Math.exp(-2)), 1e-6);
      expect(softmax(tanh(sure)).data[0]).to.be.closeTo(0.451, 1e-3);
      expect(crossEntropy(sure, [0]).item()).to.equal(0);
    });

    it('all agree with their measured slopes, away from corners', () => {
      for (const f of [relu, leakyRelu, elu]) checkGradient(f, (random) => [random.awayFromZero([3, 4])]);
      for (const f of [sigmoid, tanh, softplus, silu, gelu])
        checkGradient(f, (random) => [random.uniform([3, 4], -3, 3)]);
      checkGradient(hardtanh, [tensor([-1.5, -0.5, 0.25, 2])]);
    });
  });
});
