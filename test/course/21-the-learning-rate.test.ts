/*
 * 21. The learning rate
 *
 * How far should a step go? Too far, and it lands higher than it began; not far enough, and nothing is ever learned. No one
 * answer holds for a whole training: one wants long steps while the way is long, and short ones at its end, where only the
 * noise of the examples is left. And at the very beginning, when nothing is known yet? Schedules say when to step how far.
 */
import { expect } from 'chai';
import {
  add,
  concat,
  cos,
  crossEntropy,
  indexSelect,
  linear,
  manualSeed,
  matmul,
  mse,
  mul,
  nn,
  optim,
  randn,
  randperm,
  scope,
  sin,
  stack,
  sum,
  type Tensor,
  tensor,
  uniform,
  zeros,
} from '../../src/index.ts';

/** Weights that learn. */
const weights = (values: number[]) => tensor(values, { requiresGrad: true }) as Tensor;

/** A schedule's learning rates for the first so many steps. */
const rates = (
  lr: number,
  steps: number,
  make: (optimizer: optim.SGD) => { preview(steps: number): number[] },
) => make(new optim.SGD([weights([0])], { lr })).preview(steps);

const expectClose = (found: readonly number[], expected: readonly number[], by: number) => {
  expect(found).to.have.length(expected.length);
  found.forEach((x, i) => expect(x, `at ${i}`).to.be.closeTo(expected[i], by));
};

describe('21. The learning rate', () => {
  describe('how far at most', () => {
    it('below 2/L, where L is the greatest curvature in any direction, also in one that lies across the axes', () => {
      /*
       * L(w) = ½ wᵀHw with H = (2 1; 1 2). Its gradient is Hw, and
       *
       *   H (1, 1) = (3, 3)            H (1, −1) = (1, −1)
       *
       * so along (1, 1) the curvature is 3, along (1, −1) it is 1, and a step multiplies the two parts of w by 1 − 3η and
       * 1 − η. From w = (2, 0) = (1, 1) + (1, −1):
       *
       *   η = ½     −½ and ½     (2, 0) → −½(1, 1) + ½(1, −1) = (0, −1) → ¼(1, 1) + ¼(1, −1) = (½, 0)
       *   η = 1     −2 and 0     (2, 0) → −2(1, 1) = (−2, −2) → (4, 4): away, since 1 > 2/3
       */
      const H = tensor([
        [2, 1],
        [1, 2],
      ]);
      const path = (lr: number) => {
        const w = tensor([[2], [0]], { requiresGrad: true });
        const optimizer = new optim.SGD([w], { lr });
        return [1, 2].map(() => {
          optimizer.zeroGrad();
          mul(sum(mul(w, matmul(H, w))), 1 / 2).backward();
          optimizer.step();
          return [...w.data];
        });
      };
      expect(path(1 / 2)).to.deep.equal([
        [0, -1],
        [1 / 2, 0],
      ]);
      expect(path(1)).to.deep.equal([
        [-2, -2],
        [4, 4],
      ]);
    });

    it('the inputs make the curvature: ten times the input wants a hundredth of the rate', () => {
      /*
       * One weight, y = w·x, and the mean of (wx − y)² over the examples. Its second derivative is L = 2·mean(x²).
       *
       *   x = 10 and 20       L = 2·250 = 500      η < 2/500 = 0.004
       *   x = 1 and 2         L = 2·2.5 = 5        η < 2/5 = 0.4
       *
       * At η = 0.8 · 2/L a step multiplies the distance by 1 − ηL = −0.6, at 1.2 · 2/L by −1.4. So inputs are scaled before
       * they are learned from: then one rate suits all.
       */
      const distance = (inputs: number[], lr: number) => {
        const x = tensor(inputs.map((input) => [input]));
        const w = tensor([[4]], { requiresGrad: true });
        const y = mul(x, 3);
        const optimizer = new optim.SGD([w], { lr });
        for (let step = 0; step < 10; step++) {
          optimizer.zeroGrad();
          mse(linear(x, w), y).backward();
          optimizer.step();
        }
        return Math.abs(w.item() - 3); // 1 at first
      };
      expect(distance([10, 20], 0.8 * 0.004)).to.be.closeTo(0.6 ** 10, 1e-5);
      expect(distance([10, 20], 1.2 * 0.004)).to.be.closeTo(1.4 ** 10, 1e-2); // 28.9, in float32
      expect(distance([1, 2], 0.8 * 0.4)).to.be.closeTo(0.6 ** 10, 1e-5);
    });
  });

  describe('why it must fall: the noise floor', () => {
    /*
     * Each step sees one example, x = 1 or −1 with equal chances, and L = ½(w − x)². The lowest point of the mean loss is
     * w = 0; the gradient w − x is right on average, and off by ±1 each time:
     *
     *   w ← w − η(w − x) = (1 − η) w + ηx
     *
     * Let m be the mean of w over all that chance may bring, and v its variance:
     *
     *   m ← (1 − η) m             v ← (1 − η)² v + η²
     *
     * The first forgets where it began. The second comes to rest where v = (1 − η)² v + η², at  v = η/(2 − η):  a rate of ½
     * leaves 1/3 for ever, a rate of ⅛ leaves 1/15.
     *
     * Here nothing is left to chance: of 12 examples there are 4096 possible orders, and each is learned from, in a world
     * of its own. Example t of world k is the bit t of k.
     */
    const steps = 12;
    const worlds = 2 ** steps;
    const example = (t: number) => Array.from({ length: worlds }, (_, k) => ((k >> t) & 1) * 2 - 1);

    /** Learns in all worlds, from w = 16, and returns the mean square of the distance to 0. */
    function learn(lr: number, make?: (optimizer: optim.SGD) => optim.Schedule): number {
      const w = weights(new Array(worlds).fill(16));
      const optimizer = new optim.SGD([w], { lr });
      const schedule = make?.(optimizer);
      for (let t = 0; t < steps; t++) {
        w.grad = add(w.detach(), tensor(example(t)).neg());
        optimizer.step();
        schedule?.step();
      }
      return w.data.reduce((total, distance) => total + distance ** 2, 0) / worlds;
    }

    /** The same after the formulas above: m² + v. */
    function formula(rate: (t: number) => number): number {
      let [m, v] = [16, 0];
      for (let t = 0; t < steps; t++) {
        const keep = 1 - rate(t);
        [m, v] = [keep * m, keep ** 2 * v + rate(t) ** 2];
      }
      return m ** 2 + v;
    }

    it('a long step arrives, and keeps trembling; a short one trembles less, and has not arrived', () => {
      // ½:  m = 16/2¹² = 1/256,  v = (1 − 4⁻¹²)/3.      ⅛:  m = 16·(7/8)¹² = 3.2, and 3.2² = 10.4.
      expect(learn(1 / 2)).to.be.closeTo(1 / 3, 1e-4);
      expect(learn(1 / 8)).to.be.closeTo((16 * (7 / 8) ** 12) ** 2, 0.1);
      for (const lr of [1 / 2, 1 / 8])
        expect(learn(lr)).to.be.closeTo(
          formula(() => lr),
          1e-5,
        );
    });

    it('long steps first and short ones then do both', () => {
      /*
       * Six steps of ½:  m = 16/64 = ¼, v = 1/3.  Six of ⅛:  (7/8)¹² = 0.20 of v remain, and 1/15·(1 − 0.20) is new:
       * v = 0.067 + 0.053 = 0.12. With m² = (¼·(7/8)⁶)² = 0.013 that makes 0.133, less than either rate alone.
       */
      const fallen = learn(1 / 2, (optimizer) => new optim.StepLR(optimizer, { stepSize: 6, gamma: 1 / 4 }));
      expect(fallen).to.be.closeTo(0.133, 5e-4);
      expect(fallen).to.be.closeTo(
        formula((t) => (t < 6 ? 1 / 2 : 1 / 8)),
        1e-5,
      );
      expect(fallen).to.be.lessThan(learn(1 / 2) / 2);
    });

    it('1/t leaves less still: it makes w the mean of all that was seen', () => {
      // Chapter 10. The mean of 12 examples of variance 1 has variance 1/12. A schedule of one's own is a LambdaLR.
      const mean = learn(1, (optimizer) => new optim.LambdaLR(optimizer, { lrLambda: (t) => 1 / (1 + t) }));
      expect(mean).to.be.closeTo(1 / 12, 1e-5);
    });
  });

  describe('ways down', () => {
    it('by a factor now and then: StepLR, MultiStepLR', () => {
      const step = rates(8, 6, (optimizer) => new optim.StepLR(optimizer, { stepSize: 2, gamma: 1 / 2 }));
      expect(step).to.deep.equal([8, 8, 4, 4, 2, 2]);
      const milestones = { milestones: [1, 4], gamma: 1 / 2 };
      expect(rates(8, 6, (optimizer) => new optim.MultiStepLR(optimizer, milestones))).to.deep.equal([
        8, 4, 4, 4, 2, 2,
      ]);
    });

    it('by a factor each time: ExponentialLR, which is a tenth after ln 0.1 / ln γ steps', () => {
      // ln 0.1 / ln 0.9 = 21.85: after 22 steps it is below a tenth.
      const path = rates(1, 30, (optimizer) => new optim.ExponentialLR(optimizer, { gamma: 0.9 }));
      expect(path.findIndex((lr) => lr < 0.1)).to.equal(22);
    });

    it('along half a cosine: slowly at first, slowly at last', () => {
      /*
       *   lr = base · (1 + cos(π t/T))/2        T = 6:  cos 0, π/6, π/3, π/2, ... = 1, √3/2, ½, 0, −½, −√3/2, −1
       *
       * so that base = 4 becomes 4, 2 + √3, 3, 2, 1, 2 − √3, 0. Each step and its mirror make 4 together: on average the
       * rate is half of the highest.
       */
      const path = rates(4, 7, (optimizer) => new optim.CosineAnnealingLR(optimizer, { tMax: 6 }));
      expectClose(path, [4, 2 + Math.sqrt(3), 3, 2, 1, 2 - Math.sqrt(3), 0], 1e-15);
      path.forEach((lr, t) => expect(lr + path[6 - t]).to.be.closeTo(4, 1e-15));
    });

    it('and again, with restarts, each cycle twice as long: what was found is left once more, to find better', () => {
      // T = 2: 4, 2;  T = 4: cos 0, π/4, π/2, 3π/4 = 1, √½, 0, −√½;  then anew
      const restarts = { t0: 2, tMult: 2 };
      const path = rates(4, 7, (optimizer) => new optim.CosineAnnealingWarmRestarts(optimizer, restarts));
      expectClose(path, [4, 2, 4, 2 + Math.SQRT2, 2, 2 - Math.SQRT2, 4], 1e-15);
    });

    it('or when it no longer helps: ReduceLROnPlateau waits as long as its patience says', () => {
      /*
       * Patience 2 and factor ½. The best loss is 5, then 4. Three epochs in a row are no better than 4: the third is one
       * too many. 3.9999 would have been no better, either: less than a ten-thousandth below the best counts as nothing.
       */
      const optimizer = new optim.SGD([weights([0])], { lr: 1 });
      const schedule = new optim.ReduceLROnPlateau(optimizer, { patience: 2, factor: 1 / 2 });
      const losses = [6, 5, 5.5, 4, 4.2, 3.9999, 4.1, 3, 3.1];
      const path = losses.map((loss) => {
        schedule.step(loss);
        return schedule.lastLr[0];
      });
      expect(path).to.deep.equal([1, 1, 1, 1, 1, 1, 1 / 2, 1 / 2, 1 / 2]);
    });
  });

  describe('the first steps', () => {
    it("Adam's are as long as can be, just when least is known", () => {
      /*
       * Gradients that are pure noise, 1 or −1 with equal chances. v̂ = 1 always. m̂ is the mean of what was seen, the last
       * ones weighing most: with β₁ = ½, after t steps, (gₜ·2ᵗ⁻¹ + … + 4g₃ + 2g₂ + g₁)/(2ᵗ − 1). Its mean square, which is
       * that of a step of η = 1, is the sum of the squared weights:
       *
       *   t = 1:  1        t = 2:  (1 + 4)/9        t = 3:  (1 + 4 + 16)/49 = 3/7        t = 4:  85/225 = 17/45 → 1/3
       *
       * The first step follows one example wholly; later ones heed several, which disagree, and move less. With the usual
       * β₁ = 0.9 the mean square goes down to (1 − β₁)/(1 + β₁) = 1/19: the first step is √19 = 4.4 times as long as the
       * others, and all of it is noise.
       *
       * A warm-up makes up for that: with rates of ¼, ½, ¾, 1 the squares become 1/16, 1/4 · 5/9, 9/16 · 3/7, 17/45.
       * (All 16 orders of 4 examples are tried, as above.)
       */
      const squares = (make?: (optimizer: optim.Adam) => optim.Schedule) => {
        const w = weights(new Array(16).fill(0));
        const optimizer = new optim.Adam([w], { lr: 1, betas: [1 / 2, 0.999], eps: 0 });
        const schedule = make?.(optimizer);
        return [0, 1, 2, 3].map((t) => {
          const before = [...w.data];
          w.grad = tensor(before.map((_, k) => ((k >> t) & 1) * 2 - 1));
          optimizer.step();
          schedule?.step();
          return before.reduce((total, x, k) => total + (w.data[k] - x) ** 2, 0) / 16;
        });
      };
      expectClose(squares(), [1, 5 / 9, 3 / 7, 17 / 45], 1e-5);
      const warmUp = { startFactor: 1 / 4, totalIters: 3 };
      const warmedUp = squares((optimizer) => new optim.LinearLR(optimizer, warmUp));
      expectClose(warmedUp, [1 / 16, 5 / 36, 27 / 112, 17 / 45], 1e-5);
    });

    it('a warm-up, then a cosine: one after the other, each from its own step 0', () => {
      // Up from ½ to 1 in 2 steps, then a cosine of 3: cos 0, π/3, 2π/3, π
      const path = rates(8, 6, (optimizer) => {
        const warmUp = new optim.LinearLR(optimizer, { startFactor: 1 / 2, totalIters: 2 });
        const cosine = new optim.CosineAnnealingLR(optimizer, { tMax: 3 });
        return new optim.SequentialLR(optimizer, { schedules: [warmUp, cosine], milestones: [2] });
      });
      expectClose(path, [4, 6, 8, 6, 2, 0], 1e-14);
    });

    it('one cycle: up to a rate that could not be borne for long, and down; momentum goes the other way', () => {
      /*
       * totalSteps = 10, pctStart = 0.3: the top is reached at step 10·0.3 − 1 = 2, the end at step 9. From max/25 up, to
       * max/25/10⁴ down. Half way up, at step 1, it is the mean of both ends: (1/25 + 1)/2 = 0.52.
       *
       * Momentum multiplies what keeps its direction by 1/(1 − μ) (chapter 10): by 20 at 0.95, by 6⅔ at 0.85. So the way
       * that a weight goes per step is at first 1/25 · 20 = 0.8 and 6⅔ at the top: eight times as much, not 25 times.
       */
      const optimizer = new optim.SGD([weights([0])]);
      const schedule = new optim.OneCycleLR(optimizer, { maxLr: 1, totalSteps: 10 });
      const path = Array.from({ length: 10 }, () => {
        const { lr, momentum } = optimizer.groups[0];
        schedule.step();
        return { lr, momentum };
      });
      expectClose(
        [0, 1, 2, 9].map((t) => path[t].lr),
        [0.04, 0.52, 1, 4e-6],
        1e-15,
      );
      expectClose(
        [0, 1, 2, 9].map((t) => path[t].momentum),
        [0.95, 0.9, 0.85, 0.95],
        1e-15,
      );
      const reach = [0, 2].map((t) => path[t].lr / (1 - path[t].momentum));
      expectClose(reach, [0.8, 20 / 3], 1e-13);
    });
  });

  describe('a network', () => {
    /** The moons of chapter 13. */
    function moons(n: number): { x: Tensor; labels: number[] } {
      const angle = uniform([n / 2], 0, Math.PI);
      const upper = stack([cos(angle), sin(angle)], 1);
      const lower = stack([cos(angle).neg().add(1), sin(angle).neg().add(0.5)], 1);
      return {
        x: concat([upper, lower]).add(randn([n, 2]).mul(0.35)),
        labels: Array.from({ length: n }, (_, i) => (i < n / 2 ? 0 : 1)),
      };
    }

    /** Learns from 400 points, four at a time, in four passes; returns the loss on 2000 others. */
    function learn(lr: number, make?: (optimizer: optim.SGD) => optim.Schedule): number {
      manualSeed(4);
      const [seen, test] = [moons(400), moons(2000)];
      const model = new nn.FeedForward({ inputs: 2, hidden: 16, outputs: 2 });
      const optimizer = new optim.SGD(model.parameters(), { lr, momentum: 0.9 });
      const schedule = make?.(optimizer);
      for (let pass = 0; pass < 4; pass++) {
        const order = randperm(400);
        for (let start = 0; start < 400; start += 4)
          scope(() => {
            const batch = order.subarray(start, start + 4);
            const labels = Int32Array.from(batch, (i) => seen.labels[i]);
            optimizer.zeroGrad();
            crossEntropy(model.forward(indexSelect(seen.x, batch)), labels).backward();
            optimizer.step();
            schedule?.step();
          });
      }
      return crossEntropy(model.predict(test.x), test.labels).item();
    }

    it('from the same rate, falling to 0 beats staying; and it beats smaller rates that stay', () => {
      /*
       * 400 steps of four points each. The loss on other points, for the seeds 0 … 7, and here:
       *
       *   rate 0.1                0.29 … 0.99     0.37
       *   rate 0.03               0.27 … 0.44     0.33
       *   rate 0.003              0.32 … 0.39     0.35
       *   cosine from 0.1 to 0    0.27 … 0.36     0.31
       *   one cycle up to 0.1     0.26 … 0.35     0.29
       */
      const cosine = (optimizer: optim.SGD) =>
        new optim.CosineAnnealingLR(optimizer, { tMax: 400, per: 'step' });
      const cycle = (optimizer: optim.SGD) =>
        new optim.OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 400 });
      const [high, middle, low] = [0.1, 0.03, 0.003].map((lr) => learn(lr));
      for (const scheduled of [learn(0.1, cosine), learn(0.1, cycle)]) {
        expect(scheduled).to.be.lessThan(high / 1.15);
        expect(scheduled).to.be.lessThan(middle / 1.05);
        expect(scheduled).to.be.lessThan(low / 1.1);
      }
    });
  });

  it('parts of a network may have rates of their own: a schedule multiplies each', () => {
    // The last layer learns with 1, the rest with a tenth of it (chapter 17). Half a cosine takes both to half.
    const [body, head] = [new nn.Linear(2, 2), new nn.Linear(2, 2)];
    const groups = [
      { parameters: body.parameters(), lr: 1 / 10 },
      { parameters: head.parameters(), lr: 1 },
    ];
    const optimizer = new optim.SGD(groups);
    const schedule = new optim.CosineAnnealingLR(optimizer, { tMax: 2 });
    schedule.step();
    expect(schedule.lastLr).to.deep.equal([1 / 20, 1 / 2]);
    for (const parameter of head.parameters()) {
      nn.init.constant(parameter, 1);
      parameter.grad = zeros(parameter.shape).add(1);
    }
    optimizer.step();
    expect(head.weight.data[0]).to.equal(1 / 2);
  });
});
