/*
 * 10. Descent
 *
 * The gradient says which way the loss falls, and how steeply, here and now. How far should a step go? What becomes
 * of many steps, and what do momentum and Adam remember of the earlier ones? All of it happens in valleys that are so
 * simple that every step can be followed on paper.
 */
import { expect } from 'chai';
import { mul, optim, square, sum, tensor, type Tensor } from '../../src/index.ts';

/** A weight or several, which learn. */
const weights = (...values: number[]) => tensor(values, { requiresGrad: true });

/** Lets an optimizer take a step for each gradient in the list, and returns where the weights were after each. */
function follow(w: Tensor, optimizer: optim.Optimizer<any>, gradients: number[][]): number[][] {
  return gradients.map((g) => {
    w.grad = tensor(g); // what backward() would have left there
    optimizer.step();
    return [...w.data];
  });
}

/** Goes down L(w) = ½ Σ cᵢwᵢ² for some steps, and returns where the weights were after each. */
function descend(w: Tensor, c: number[], optimizer: optim.Optimizer<any>, steps: number): number[][] {
  return Array.from({ length: steps }, () => {
    optimizer.zeroGrad();
    mul(sum(mul(square(w), tensor(c))), 0.5).backward();
    optimizer.step();
    return [...w.data];
  });
}

describe('10. Descent', () => {
  describe('a step: w ← w − η g', () => {
    /*
     * L = ½ c w² is a parabola whose lowest point is 0, and c is its curvature: g = c w, and
     *
     *   w ← w − η c w = (1 − η c) w
     *
     * Every step multiplies the distance to the lowest point by 1 − η c. Near a minimum every smooth loss is such a
     * parabola, so this one line tells nearly all there is to say about the learning rate η.
     */
    it('the learning rate decides between creeping, arriving, swinging and flying off', () => {
      const path = (lr: number) => {
        const w = weights(16);
        return descend(w, [4], new optim.SGD([w], { lr }), 4).flat();
      };
      expect(path(1 / 8)).to.deep.equal([8, 4, 2, 1]); // 1 − 4/8 = ½
      expect(path(1 / 4)).to.deep.equal([0, 0, 0, 0]); // 1 − 4/4 = 0: there in one step
      expect(path(3 / 8)).to.deep.equal([-8, 4, -2, 1]); // −½: beyond, and back, but nearer each time
      expect(path(1 / 2)).to.deep.equal([-16, 16, -16, 16]); // −1: for ever
      expect(path(5 / 8)).to.deep.equal([-24, 36, -54, 81]); // −3/2: away, faster and faster
    });

    it('so η must be below 2/c; in a valley, the steepest side sets it and the flattest pays', () => {
      /*
       * L = ½(w₁² + 16 w₂²): curvatures 1 and 16. η < 2/16, or w₂ flies off. With η = 1/16, w₂ is there at once,
       * while w₁ keeps 15/16 of its distance at every step: 0.524 of it after 10 steps.
       */
      const w = weights(1, 1);
      const path = descend(w, [1, 16], new optim.SGD([w], { lr: 1 / 16 }), 10);
      expect(path[0]).to.deep.equal([15 / 16, 0]);
      expect(path[9][0]).to.be.closeTo((15 / 16) ** 10, 1e-6); // ten roundings of numbers below 1
    });

    it('each example pulls its own way: a small fixed step never settles, one that shrinks does', () => {
      /*
       * Let w stand for the numbers 2, 4, 9, 1, taken one by one: L = ½(w − x)², g = w − x.
       * With η = ½, w is always halfway to the last one seen:          1, 2½, 5¾, 3⅜
       * With η = 1/t at step t, it is the mean of all seen so far:     2, 3, 5, 4
       * because (1 − 1/t)·mean of t − 1 numbers + x/t is the mean of t. Hence schedules, which lower η as time goes by.
       */
      const run = (lr: (t: number) => number) => {
        const w = weights(0);
        const optimizer = new optim.SGD([w]);
        return [2, 4, 9, 1].map((x, i) => {
          optimizer.groups[0].lr = lr(i + 1);
          w.grad = tensor([w.item() - x]);
          optimizer.step();
          return w.item();
        });
      };
      expect(run(() => 1 / 2)).to.deep.equal([1, 2.5, 5.75, 3.375]);
      run((t) => 1 / t).forEach((w, i) => expect(w).to.be.closeTo([2, 3, 5, 4][i], 1e-6)); // 1/3 is rounded
    });

    it('one bad batch can throw everything away; clipping shortens the gradient and keeps its direction', () => {
      // (3, 4) for one parameter and 12 for another have length √(9 + 16 + 144) = 13. At most 6½ is half of each.
      const [a, b] = [weights(0, 0), weights(0)];
      a.grad = tensor([3, 4]);
      b.grad = tensor([12]);
      expect(optim.clipGradNorm([a, b], 6.5)).to.equal(13); // the length it found
      [1.5, 2, 6].forEach((g, i) => expect([...a.grad!.data, ...b.grad!.data][i]).to.be.closeTo(g, 1e-6));
    });
  });

  describe('momentum: u ← μ u + g, w ← w − η u', () => {
    /*
     * The velocity u is a memory of the gradients: g now, μ of the one before, μ² of the one before that.
     */
    it('what keeps its sign adds up, to 1/(1 − μ) times the gradient', () => {
      // μ = ½, η = 1, g = 1 always:  u = 1, 1½, 1¾, 1⅞ → 2, and w goes down by as much each time.
      const w = weights(0);
      const path = follow(w, new optim.SGD([w], { lr: 1, momentum: 1 / 2 }), [[1], [1], [1], [1]]);
      expect(path.flat()).to.deep.equal([-1, -2.5, -4.25, -6.125]);
    });

    it('what changes its sign cancels, to 1/(1 + μ) of it', () => {
      // g = 1, −1, 1, −1:  u = 1, ½ − 1 = −½, −¼ + 1 = ¾, ⅜ − 1 = −⅝ → ∓⅔
      const w = weights(0);
      const path = follow(w, new optim.SGD([w], { lr: 1, momentum: 1 / 2 }), [[1], [-1], [1], [-1]]);
      expect(path.flat()).to.deep.equal([-1, -0.5, -1.25, -0.625]);
    });

    it('along a valley the gradients agree, across it they alternate: that is what momentum is for', () => {
      /*
       * The valley of curvatures 1 and 16 once more. Without momentum, the best that can be done is to let the flat
       * side creep and the steep one swing at the same pace: 1 − η = −(1 − 16η), η = 2/17, and both keep 15/17 at
       * each step.
       *
       * With momentum w(t+1) = w(t) − η u, where η u = ηc w(t) + μ(w(t−1) − w(t)) holds the last move:
       *
       *   w(t+1) = (1 + μ − ηc) w(t) − μ w(t−1)
       *
       * Try w(t) = zᵗ:  z² − (1 + μ − ηc) z + μ = 0. Take μ = 0.36 and η = 0.16:
       *   c = 1    z² − 1.2 z + 0.36 = (z − 0.6)² = 0        c = 16   z² + 1.2 z + 0.36 = (z + 0.6)² = 0
       * Both sides keep 0.6 at each step, not 15/17 = 0.88. A double root z goes with (1 + at) zᵗ. From w(0) = 1, the
       * first step is a plain one, to 1 − ηc:
       *   c = 1    0.84 = (1 + a)·0.6, a = 0.4               c = 16   −1.56 = −(1 + a)·0.6, a = 1.6
       * After 20 steps:  9 · 0.6²⁰ = 0.00033 and 33 · 0.6²⁰ = 0.0012, where plain descent has (15/17)²⁰ = 0.0818.
       */
      const plain = weights(1, 1);
      const [flat, steep] = descend(plain, [1, 16], new optim.SGD([plain], { lr: 2 / 17 }), 20)[19];
      expect(flat).to.be.closeTo((15 / 17) ** 20, 1e-5); // 20 roundings, where w₂ is multiplied by 16η
      expect(steep).to.be.closeTo((15 / 17) ** 20, 1e-5);

      const heavy = weights(1, 1);
      const path = descend(heavy, [1, 16], new optim.SGD([heavy], { lr: 0.16, momentum: 0.36 }), 20);
      path.forEach(([w1, w2], i) => {
        const t = i + 1;
        expect(w1).to.be.closeTo((1 + 0.4 * t) * 0.6 ** t, 1e-5);
        expect(w2).to.be.closeTo((1 + 1.6 * t) * (-0.6) ** t, 1e-5);
      });
      expect(Math.max(...path[19].map(Math.abs))).to.be.lessThan(0.0818 / 60);
    });

    it("Nesterov's momentum moves by where the velocity will carry it: w ← w − η (g + μ u)", () => {
      // g = 1, −1 as above:  u = 1, −½.   w = −(1 + ½) = −1½,  then −1½ − (−1 − ¼) = −¼: it turns round sooner.
      const w = weights(0);
      const optimizer = new optim.SGD([w], { lr: 1, momentum: 1 / 2, nesterov: true });
      expect(follow(w, optimizer, [[1], [-1]]).flat()).to.deep.equal([-1.5, -0.25]);
    });
  });

  describe('Adam: w ← w − η m̂/(√v̂ + ε)', () => {
    /*
     *   m ← β₁ m + (1 − β₁) g       a running mean of the gradient             m̂ = m/(1 − β₁ᵗ)
     *   v ← β₂ v + (1 − β₂) g²      a running mean of its square               v̂ = v/(1 − β₂ᵗ)
     *
     * Each weight's step is its mean gradient in units of its usual size: η if the gradients agree, less if they
     * disagree.
     */
    it('two steps by hand', () => {
      /*
       * β₁ = ½, β₂ = ¾, η = 1, ε = 0. Two weights, whose gradients are 4, 10 and 4, −10.
       *
       *   t = 1   m = ½·4 = 2                    m̂ = 2/(1 − ½) = 4
       *           v = ¼·16 = 4                   v̂ = 4/(1 − ¾) = 16      step 4/√16 = 1 for both
       *   t = 2   m = ½·2 + ½·(±10) = 6, −4      m̂ = m/(1 − ¼) = 8, −16/3
       *           v = ¾·4 + ¼·100 = 28           v̂ = 28/(1 − 9/16) = 64  steps 8/8 = 1 and −16/3/8 = −2/3
       */
      const w = weights(0, 0);
      const optimizer = new optim.Adam([w], { lr: 1, betas: [1 / 2, 3 / 4], eps: 0 });
      const [first, second] = follow(w, optimizer, [
        [4, 4],
        [10, -10],
      ]);
      expect(first).to.deep.equal([-1, -1]);
      expect(second[0]).to.be.closeTo(-2, 1e-6); // 4/3 and √(7/16) are rounded
      expect(second[1]).to.be.closeTo(-1 / 3, 1e-6);
    });

    it('the first step is η for every weight, however large or small its gradient', () => {
      // m̂ = g and v̂ = g² at t = 1, so the step is η·g/|g|. (ε = 10⁻⁸ is negligible until |g| is as small.)
      const w = weights(0, 0, 0, 0);
      const [after] = follow(w, new optim.Adam([w], { lr: 1 / 4 }), [[5, -50, 500, 0.001]]);
      [-1 / 4, 1 / 4, -1 / 4, -1 / 4].forEach((x, i) => expect(after[i]).to.be.closeTo(x, 1e-5)); // ε/0.001
    });

    it('a running mean that starts at 0 holds too little: the bias correction divides by what it holds', () => {
      /*
       * m = (1 − β) Σ βᵗ⁻ⁱ gᵢ. The weights of the gᵢ add up to (1 − β)(1 + β + … + βᵗ⁻¹) = 1 − βᵗ, not to 1. Of a
       * constant gradient 1, m is 1 − βᵗ. Divided by that, it is 1 from the first step on.
       *
       * Uncorrected, m = 0.1·g and √v = √0.001·|g| at the first step, with the usual β₁ = 0.9 and β₂ = 0.999. Both
       * are too small, but not equally: 0.1/√0.001 = √10 = 3.16. The first step would be three times too long, just
       * when least is known; the worst is step 12, 0.718/√0.0119 = 6.6.
       */
      const uncorrected = (t: number) => (1 - 0.9 ** t) / Math.sqrt(1 - 0.999 ** t);
      expect(uncorrected(1)).to.be.closeTo(Math.sqrt(10), 1e-9);
      const worst = Array.from({ length: 100 }, (_, i) => uncorrected(i + 1));
      expect(worst.indexOf(Math.max(...worst)) + 1).to.equal(12);
      expect(Math.max(...worst)).to.be.closeTo(6.6, 0.05);

      const w = weights(0);
      const path = follow(w, new optim.Adam([w], { lr: 1 / 8 }), new Array(12).fill([1]));
      path.forEach(([x], i) => expect(x).to.be.closeTo(-(i + 1) / 8, 1e-5)); // with it: η at every step
    });

    it('the scale of the loss does not matter: a thousand times the loss makes the same steps', () => {
      // m grows by 1024 and √v too. (1024 = 2¹⁰ and ε = 0, so that even the rounding is the same.)
      const path = (scale: number) => {
        const w = weights(1, 1);
        const optimizer = new optim.Adam([w], { lr: 1 / 16, eps: 0 });
        return descend(w, [scale, 16 * scale], optimizer, 20);
      };
      expect(path(1024)).to.deep.equal(path(1));
    });

    it('nor does the scale of a weight: steep and flat side of the valley go down alike', () => {
      /*
       * For L = ½(w₁² + 16 w₂²) from (1, 1), the gradients of w₂ are 16 times those of w₁ as long as w₁ = w₂, and the
       * steps are the same, so w₁ = w₂ it remains. Adam measures each weight's gradient by itself. It takes valleys
       * that lie along the axes; one that lies across remains a valley.
       */
      const w = weights(1, 1);
      for (const [w1, w2] of descend(w, [1, 16], new optim.Adam([w], { lr: 1 / 16, eps: 0 }), 20))
        expect(w1).to.equal(w2);
    });
  });
});
