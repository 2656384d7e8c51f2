/*
 * 13. Overfitting
 *
 * A network with more weights than examples can learn them all by heart, noise included, and be the worse for it on
 * others. How does one notice? And what can be done: make large weights expensive or forbid them, let no unit rely on
 * another, blur the examples, never ask for certainty, or stop in time?
 */
import { expect } from 'chai';
import {
  type Tensor,
  add,
  concat,
  cos,
  dropout,
  linear,
  manualSeed,
  mse,
  mul,
  nn,
  ones,
  optim,
  randn,
  sin,
  square,
  stack,
  sub,
  sum,
  tensor,
  uniform,
  zeros,
} from '../../src/index.ts';
import { checkGradient } from '../support/gradients.ts';

/** The slope of a loss at w, the weights [1, n] of one unit. */
function slope(values: number[], loss: (w: Tensor) => Tensor): number[] {
  const w = tensor([values], { requiresGrad: true });
  loss(w).backward();
  return [...(w.grad as Tensor).data];
}

describe('13. Overfitting', () => {
  describe('penalties', () => {
    it('½λw² in the loss holds back most what the examples say least about', () => {
      /*
       * Near its lowest point a, a loss is ½c(w − a)² (chapter 10). The curvature c tells how much the examples
       * insist on a. With the penalty the slope is c(w − a) + λw, which is 0 at
       *
       *   w = a · c/(c + λ)
       *
       * a = 5 for two weights, of curvatures 4 and ¼, and λ = 1:  w = 5·4/5 = 4 and 5·¼/(5/4) = 1. What the
       * examples insist on is kept; what they barely suggest is nearly dropped.
       */
      const c = tensor([4, 1 / 4]);
      const loss = (w: Tensor) => mul(add(sum(mul(c, square(sub(w, 5)))), sum(square(w))), 1 / 2);
      expect(slope([4, 1], loss)).to.deep.equal([0, 0]);
    });

    it('λ|w| makes weights exactly 0, which squares never do', () => {
      /*
       * It pulls towards 0 with the same force λ however small w is. For ½(w − a)² + |w| with a = 3, ½, −2:
       *   w = 2:   (2 − 3) + 1 = 0           w = −1:  (−1 + 2) − 1 = 0
       *   a = ½:   on the right of 0 the slope is (w − ½) + 1 > 0, on the left (w − ½) − 1 < 0: both lead to 0
       */
      const penalty = nn.l1Penalty(1);
      const loss = (w: Tensor) => add(mul(sum(square(sub(w, tensor([3, 0.5, -2])))), 1 / 2), penalty(w));
      expect(slope([2, 1 / 8, -1], loss)).to.deep.equal([0, 5 / 8, 0]);
      expect(slope([2, -1 / 8, -1], loss)).to.deep.equal([0, -13 / 8, 0]);
    });

    it('weight decay is the slope of ½λw², put in by the optimizer', () => {
      // w = 2, g = 1, λ = ½, η = ½:  w − η(g + λw) = 2 − ½(1 + 1) = 1
      const penalised = tensor([[2]], { requiresGrad: true });
      add(sum(penalised), nn.l2Penalty(1 / 4)(penalised)).backward(); // L = w + ½λw²
      new optim.SGD([penalised], { lr: 1 / 2 }).step();
      const decayed = tensor([2], { requiresGrad: true });
      sum(decayed).backward();
      new optim.SGD([decayed], { lr: 1 / 2, weightDecay: 1 / 2 }).step();
      expect([penalised.item(), decayed.item()]).to.deep.equal([1, 1]);
    });

    it('in Adam the two differ: what goes through √v̂ is a step of η, whatever λ and w; AdamW goes round it', () => {
      /*
       * w = 1 and 4, g = 0, λ = ½, η = ⅛. Adam's first step is η·g/|g| (chapter 10), now with g = λw:  w − ⅛ for both.
       * AdamW: w − ηλw = w·15/16, in proportion to w, as a decay should be.
       */
      const stepped = (Optimizer: typeof optim.Adam | typeof optim.AdamW) => {
        const w = tensor([1, 4], { requiresGrad: true });
        w.grad = zeros([2]);
        new Optimizer([w], { lr: 1 / 8, weightDecay: 1 / 2 }).step();
        return [...w.data];
      };
      stepped(optim.Adam).forEach((w, i) => expect(w).to.be.closeTo([7 / 8, 31 / 8][i], 1e-6)); // √0.001 is rounded
      expect(stepped(optim.AdamW)).to.deep.equal([15 / 16, 15 / 4]);
    });

    it('biases are left out of it: of weight decay by a group of their own, of a penalty unless one asks', () => {
      // A bias says where the middle is; to draw it to 0 would only shift the answer. w = b = 2, g = 0, λ = η = ½.
      const layer = new nn.Linear(1, 1);
      const bias = layer.bias as Tensor;
      for (const parameter of [layer.weight, bias]) {
        nn.init.constant(parameter, 2);
        parameter.grad = zeros(parameter.shape);
      }
      const groups = [{ parameters: [layer.weight], weightDecay: 1 / 2 }, { parameters: [bias] }];
      new optim.SGD(groups, { lr: 1 / 2 }).step();
      expect([layer.weight.item(), bias.item()]).to.deep.equal([1.5, 2]);

      // λ = ½:  1.5²/2 = 1.125, and with the bias 4/2 more
      expect(
        nn
          .l2Penalty(1 / 2)(layer)
          .item(),
      ).to.equal(1.125);
      expect(
        nn
          .l2Penalty(1 / 2, { biases: true })(layer)
          .item(),
      ).to.equal(3.125);
    });
  });

  describe('a limit instead of a price', () => {
    it('the weights of a unit may be as long as they like, up to a limit: nn.maxNorm, after each step', () => {
      /*
       * A row of [out, in] holds what one unit's inputs are multiplied by. (3, 4) has length 5, the limit is 2½: both are
       * halved, and the direction stays. (1, 2) has length √5 = 2.24, which is allowed, and costs nothing: small weights are
       * not drawn to 0, as a penalty would.
       *
       * The unit's result is at most length times length: |w·x| ≤ ‖w‖·‖x‖ (Cauchy and Schwarz). For the first unit, the input
       * (6, 8) of length 10 lies in its direction: 50 before, 25 = 2½·10 after.
       */
      const layer = new nn.Linear(2, 2, { bias: false });
      layer.weight.copyFrom([3, 4, 1, 2]);
      const x = tensor([[6, 8]]);
      expect(layer.forward(x).toArray()).to.deep.equal([[50, 22]]);
      nn.maxNorm(layer, 2.5);
      expect([...layer.weight.data]).to.deep.equal([1.5, 2, 1, 2]);
      expect(layer.forward(x).toArray()).to.deep.equal([[25, 22]]);
    });
  });

  describe('dropout', () => {
    it('while training, each value is 0 with probability p, else divided by 1 − p', () => {
      manualSeed(0);
      const y = dropout(ones([10_000]), { p: 0.75 }).data;
      expect(new Set(y)).to.deep.equal(new Set([0, 4])); // 1/(1 − ¾)
      // The mean stays 1: ¼·4. Each has variance ¼·16 − 1 = 3, so that the mean of 10,000 strays by √3/100. We allow five
      // times that.
      expect(y.reduce((a, b) => a + b) / 10_000).to.be.closeTo(1, 0.087);
    });

    it('in evaluation it does nothing: whoever forgets eval() gets a different answer each time', () => {
      manualSeed(0);
      const layer = new nn.Dropout(0.5);
      const x = ones([100]);
      expect(layer.forward(x).toArray()).not.to.deep.equal(layer.forward(x).toArray());
      layer.eval();
      expect(layer.forward(x).toArray()).to.deep.equal(x.toArray());
    });

    it('what was dropped gets no gradient, the rest gets it in the same proportion', () => {
      const x = tensor([1, 1, 1, 1, 1, 1], { requiresGrad: true });
      const G = tensor([5, 50, 500, 7, 60, 800]);
      const y = dropout(x, { p: 0.5 });
      y.backward(G);
      expect(x.grad?.toArray()).to.deep.equal(mul(y, G).toArray()); // x = 1, so y is the mask itself
    });

    it('is a penalty in disguise: Σ (wᵢxᵢ)², at p = ½', () => {
      /*
       * w = (1, 2, 3) and x = (1, 1, 1) have y = 6; say that this is right. Under all 8 masks, each term is 0 or
       * doubled, that is wᵢxᵢ ± wᵢxᵢ. So y = 6 ± 1 ± 2 ± 3: 6 on average, and the mean square of the error is 1 + 4 +
       * 9 = 14 (the mixed terms cancel, as in chapter 11). It is cheapest to spread the work over many small weights:
       * (2, 2, 2) says 6, too, and pays 12.
       */
      const masks = tensor(Array.from({ length: 8 }, (_, k) => [0, 1, 2].map((bit) => ((k >> bit) & 1) * 2)));
      const cost = (w: number[]) => mse(linear(masks, tensor([w])), tensor(new Array(8).fill([6]))).item();
      expect([cost([1, 2, 3]), cost([2, 2, 2])]).to.deep.equal([14, 12]);
    });

    it('agrees with the measured slope, as long as the mask is the same', () => {
      checkGradient(dropout, (random) => [random.uniform([3, 4]), { p: 0.3, key: { seed: 1, stream: 0 } }]);
    });
  });

  describe('noise on the examples', () => {
    it('is a penalty as well: σ² Σ wᵢ²', () => {
      /*
       * y = w·(x + e), with e = ±½ on each of two inputs, in all four ways: y strays by ±½w₁ ± ½w₂, whose mean square
       * is ¼(w₁² + w₂²). For w = (2, 4): ¼(4 + 16) = 5.
       *
       * That holds for noise that is new at every step, and on the examples that are learned from. A widespread
       * example adds it once, before training: then it is one more thing to be learned by heart. And to the test set,
       * too: then the test asks another question than was meant.
       */
      const e = [
        [1, 1],
        [1, -1],
        [-1, 1],
        [-1, -1],
      ].map((row) => row.map((sign) => sign / 2));
      const [x, w] = [tensor([[3, 1]]), tensor([[2, 4]])];
      const right = linear(x, w); // 10
      const noisy = linear(add(x, tensor(e)), w);
      expect(mse(noisy, tensor(new Array(4).fill([right.item()]))).item()).to.equal(5);
    });
  });

  describe('label smoothing', () => {
    it('asks for a probability below 1, so that logits need not grow for ever', () => {
      /*
       * Chapter 8: the slope is p − q. With q = (1, 0) it is never 0: p comes nearer to 1 the larger the logits, hence the
       * weights, become. With ε = 0.2 spread over both classes, q = (0.9, 0.1). Then p = q, where the slope is 0, is at a
       * difference of logits of ln(0.9/0.1) = ln 9 = 2.2, and beyond it the slope has turned.
       */
      const at = (difference: number, labelSmoothing: number) =>
        slope([difference, 0], (z) => nn.crossEntropy(z, [0], { labelSmoothing }))[0];
      expect(at(Math.log(9), 0)).to.be.closeTo(-0.1, 1e-6);
      expect(at(Math.log(9), 0.2)).to.be.closeTo(0, 1e-6);
      expect(at(Math.log(19), 0)).to.be.closeTo(-0.05, 1e-6);
      expect(at(Math.log(19), 0.2)).to.be.closeTo(0.05, 1e-6);
    });
  });

  describe('forty examples, and a network of 322 weights', () => {
    /** The moons of chapter 12, blurred until they overlap: about one point in eight lies on the wrong side. */
    function moons(n: number): { x: Tensor; labels: number[] } {
      const angle = uniform([n / 2], 0, Math.PI);
      const upper = stack([cos(angle), sin(angle)], 1);
      const lower = stack([cos(angle).neg().add(1), sin(angle).neg().add(0.5)], 1);
      return {
        x: concat([upper, lower]).add(randn([n, 2]).mul(0.35)),
        labels: Array.from({ length: n }, (_, i) => (i < n / 2 ? 0 : 1)),
      };
    }

    /** Learns for 300 steps and looks at all sets every ten: the loss on each, and a copy of the weights. */
    function run({
      dropout = 0,
      weightDecay = 0,
      penalty = nn.l2Penalty(0),
      limit = Number.MAX_VALUE,
      labelSmoothing = 0,
    }) {
      manualSeed(3);
      const [seen, validation, test] = [moons(40), moons(200), moons(400)]; // the same in every run
      const model = new nn.FeedForward({ inputs: 2, hidden: 64, outputs: 2, dropout }); // 2·64 + 64 + 64·2 + 2 = 322
      const optimizer = new optim.AdamW(model.parameters(), { lr: 0.02, weightDecay });
      const lossOn = ({ x, labels }: typeof seen) => nn.crossEntropy(model.predict(x), labels).item();
      const looks = [];
      for (let step = 1; step <= 300; step++) {
        model.train();
        optimizer.zeroGrad();
        add(
          nn.crossEntropy(model.forward(seen.x), seen.labels, { labelSmoothing }),
          penalty(model),
        ).backward();
        optimizer.step();
        nn.maxNorm(model, limit);
        if (step % 10 === 0)
          looks.push({
            step,
            seen: lossOn(seen),
            validation: lossOn(validation),
            weights: model.parameters().map((parameter) => [...parameter.data]),
          });
      }
      return { model, looks, end: looks[looks.length - 1], test: () => lossOn(test) };
    }

    let plain: ReturnType<typeof run>;
    let best: (typeof plain)['end'];
    before(() => {
      plain = run({});
      best = plain.looks.reduce((a, b) => (b.validation < a.validation ? b : a));
    });

    it('the loss on what was seen falls and falls, that on other points turns and rises', () => {
      /*
       * Measured:                   step 10     50      300
       *   on the 40 points          0.28        0.16    0.03
       *   on 200 others             0.44        0.34    0.88
       *
       * For the seeds 0 … 7, the loss on others rises to 1.8 … 3.9 times its lowest value, which it has between the
       * steps 10 and 70. It is certainty that grows: the accuracy changes little, but each wrong answer is given with
       * conviction, and costs −ln p (chapter 8).
       */
      const { looks, end } = plain;
      expect(best.step).to.be.within(20, 150);
      expect(best.validation).to.be.lessThan(looks[0].validation / 1.2); // at first both fall
      expect(end.seen).to.be.lessThan(best.seen / 2); //                    then only one does
      expect(end.validation).to.be.greaterThan(1.5 * best.validation);
    });

    it('stopping in time: keep the weights of the best look at the validation set', () => {
      /*
       * One cannot know at the time that a turn is the last one. So one goes on for a while (the patience), and then
       * takes back the best weights. They must have been copied: what a list of the parameters holds is the same
       * tensors, which learn on.
       */
      const patience = 5;
      let [lowest, since, stopped] = [Infinity, 0, 0];
      for (const { step, validation } of plain.looks) {
        since = validation < lowest ? 0 : since + 1;
        lowest = Math.min(lowest, validation);
        stopped = step;
        if (since === patience) break;
      }
      expect(stopped).to.equal(best.step + 10 * patience); // the rest of the 300 steps would have been saved
      expect(stopped).to.be.lessThan(300);

      const atTheEnd = plain.test();
      plain.model.parameters().forEach((parameter, i) => parameter.copyFrom(best.weights[i]));
      // The validation set has chosen, so it can't judge. The test set, which had no say, agrees.
      expect(plain.test()).to.be.lessThan(atTheEnd / 1.5);
    });

    it('weight decay and dropout keep the two losses together', () => {
      /*
       * Measured after 300 steps on the 200 others: plain 0.88, λ = 1 0.36, p = ½ 0.57. For the seeds 0 … 7, weight
       * decay leaves 28 … 57 % of the plain loss; dropout 39 … 86 %, but once 113 %: it helps mostly, not always.
       */
      const decayed = run({ weightDecay: 1 });
      expect(decayed.end.validation).to.be.lessThan(plain.end.validation / 1.5);
      expect(decayed.end.seen).to.be.greaterThan(plain.end.seen); // the price, and the purpose
      const dropped = run({ dropout: 0.5 });
      expect(dropped.end.validation).to.be.lessThan(plain.end.validation / 1.2);
    });

    it('so do penalties, a limit to the length, and smoothed labels', () => {
      /*
       * Measured after 300 steps on the 200 others, where plain is 0.88; and what is left of the plain loss, for the seeds
       * 0 … 7:
       *
       *   0.003 Σ w²      0.36    27 … 54 %
       *   0.01 Σ |w|      0.41    29 … 71 %
       *   rows ≤ 1        0.36    25 … 61 %
       *   ε = 0.1         0.38    32 … 64 %
       */
      for (const way of [
        { penalty: nn.l2Penalty(0.003) },
        { penalty: nn.l1Penalty(0.01) },
        { limit: 1 },
        { labelSmoothing: 0.1 },
      ])
        expect(run(way).end.validation, JSON.stringify(way)).to.be.lessThan(plain.end.validation / 1.5);
    });
  });
});
