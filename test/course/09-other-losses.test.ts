/*
 * 9. Other losses
 *
 * A loss is a question: which mistakes are bad, and how bad? Squares, absolute values, surprises and margins
 * answer it differently. What is the best answer under each, and how hard does each pull at a mistake?
 *
 *   a number to be predicted                        mse; with outliers l1 or huber
 *   one class out of several                        crossEntropy (chapter 8)
 *   several yes-or-no questions                     binaryCrossEntropyWithLogits
 *   a distribution to be imitated                   klDiv
 *   two classes, to be separated with room between  hinge
 */
import { expect } from 'chai';
import {
  binaryCrossEntropyWithLogits,
  broadcastTo,
  crossEntropy,
  hinge,
  huber,
  klDiv,
  l1,
  log,
  logSoftmax,
  mse,
  ShapeError,
  tensor,
  type Tensor,
  zeros,
} from '../../src/index.ts';
import { expectError } from '../support/errors.ts';
import { checkGradient } from '../support/gradients.ts';

const [ln2, ln3] = [Math.log(2), Math.log(3)];

/** ∂L/∂x at the given values. */
function gradientAt(x: number[], loss: (x: Tensor<[number]>) => Tensor): number[] {
  const leaf = tensor(x, { requiresGrad: true });
  loss(leaf).backward();
  return [...(leaf.grad as Tensor).data];
}

/** Logarithms are rounded to float32; the numbers here are below 10. */
const expectNear = (actual: number[], expected: number[]) => {
  expect(actual.length).to.equal(expected.length);
  expected.forEach((value, i) => expect(actual[i]).to.be.closeTo(value, 1e-6));
};

describe('9. Other losses', () => {
  describe('numbers: mse, l1, huber', () => {
    /*
     * Four predictions and targets, with errors d = p − t = ½, 2, 3, −1:
     *
     *                                            terms             mean      slopes by p, each divided by 4
     *   mse    d²                                ¼   4    9    1   57/16     2d:           1, 4, 6, −2
     *   l1     |d|                               ½   2    3    1   13/8      sign of d:    1, 1, 1, −1
     *   huber  ½d² up to |d| = 1, then |d| − ½   ⅛   3/2  5/2  ½   37/32     d in [−1, 1]: ½, 1, 1, −1
     */
    const p = [1.5, 2, 4, 0];
    const t = tensor([1, 0, 1, 1]);

    it('are means over all terms', () => {
      expect(mse(tensor(p), t).item()).to.equal(57 / 16); // (¼ + 4 + 9 + 1)/4
      expect(l1(tensor(p), t).item()).to.equal(13 / 8); // 6½/4
      expect(huber(tensor(p), t).item()).to.equal(37 / 32); // 4⅝/4
    });

    it('a square pulls the harder the larger the error; an absolute value pulls always alike', () => {
      expect(gradientAt(p, (x) => mse(x, t))).to.deep.equal([1 / 4, 1, 3 / 2, -1 / 2]);
      expect(gradientAt(p, (x) => l1(x, t))).to.deep.equal([1 / 4, 1 / 4, 1 / 4, -1 / 4]);
      expect(gradientAt(p, (x) => huber(x, t))).to.deep.equal([1 / 8, 1 / 4, 1 / 4, -1 / 4]); // both in one
    });

    it('for one number that shall stand for many, mse wants their mean and l1 their median', () => {
      /*
       * Let c stand for 1, 2, 3, 4, 100. The best c is where the slope is 0:
       *   mse    Σ 2(c − x) = 0        c = 110/5 = 22: the outlier has drawn it away from all the others
       *   l1     Σ sign(c − x) = 0     c = 3: as many above as below, however far
       *   huber  (c − 1) + (c − 2) + (c − 3) + (c − 4) − 10 = 0, c = 5: with δ = 10, no pull exceeds 10
       */
      const x = tensor([1, 2, 3, 4, 100]);
      const reduction = 'sum';
      const squares = (c: Tensor) => mse(c, x, { reduction });
      const distances = (c: Tensor) => l1(c, x, { reduction });
      const either = (c: Tensor) => huber(c, x, { delta: 10, reduction });
      const slope = (loss: (c: Tensor) => Tensor, c: number) =>
        gradientAt([c], (c) => loss(broadcastTo(c, [5])))[0];
      expect([slope(squares, 22), slope(distances, 3), slope(either, 5)]).to.deep.equal([0, 0, 0]);
      // One lower: 5 · 2·(−1), 1 + 0 − 1 − 1 − 1, and 3 + 2 + 1 + 0 − 10. The loss falls towards the best c.
      expect([slope(squares, 21), slope(distances, 2), slope(either, 4)]).to.deep.equal([-10, -2, -4]);
    });

    it('a mean does not grow with the batch, a sum does, and with it the step that is taken', () => {
      const [one, two] = [zeros([1]), zeros([2])];
      expect(gradientAt([3], (x) => mse(x, one))).to.deep.equal([6]);
      expect(gradientAt([3], (x) => mse(broadcastTo(x, [2]), two))).to.deep.equal([6]);
      expect(gradientAt([3], (x) => mse(broadcastTo(x, [2]), two, { reduction: 'sum' }))).to.deep.equal([12]);
      expect(mse(tensor(p), t, { reduction: 'none' }).toArray()).to.deep.equal([0.25, 4, 9, 1]);
    });

    it('shapes must be equal: the trap of chapter 2, a column against a list, is closed', () => {
      expectError(
        () => mse(tensor([[1], [2], [3]]), tensor([1, 2, 3])),
        ShapeError,
        'prediction [3, 1] against target [3]',
        'a loss does not broadcast',
        'squeeze(prediction, 1)  →  [3]',
      );
    });
  });

  describe('yes or no: binaryCrossEntropyWithLogits', () => {
    /*
     * A picture may show a dog, and a tree, or neither: not one class out of several, but several questions.
     * Each has a logit z and a probability σ(z). The surprise is −ln σ(z) if the answer is yes, −ln(1 − σ(z))
     * if no.
     */
    it('by hand: the gradient is σ(z) − y, each question by itself', () => {
      /*
       * z = (ln 3, 0, −ln 3), σ = (¾, ½, ¼), y = (1, 0, 1):
       *   L = (−ln ¾ − ln ½ − ln ¼)/3 = ln(4/3 · 2 · 4)/3 = ln(32/3)/3
       *   (σ − y)/3 = (−¼, ½, −¾)/3
       */
      const z = [ln3, 0, -ln3];
      const y = tensor([1, 0, 1]);
      expectNear([binaryCrossEntropyWithLogits(tensor(z), y).item()], [Math.log(32 / 3) / 3]);
      const slopes = gradientAt(z, (x) => binaryCrossEntropyWithLogits(x, y));
      expectNear(slopes, [-1 / 12, 1 / 6, -1 / 4]);
    });

    it('it is the cross-entropy of two classes with logits 0 and z', () => {
      // softmax(0, z) has eᶻ/(1 + eᶻ) = σ(z) for the second: one of two logits is always superfluous.
      const two = crossEntropy(tensor([[0, ln3]]), [1]).item();
      expectNear([two], [binaryCrossEntropyWithLogits(tensor([ln3]), tensor([1])).item()]);
    });

    it('takes logits, because σ rounds to 0 or 1 where the loss is only large', () => {
      expect(binaryCrossEntropyWithLogits(tensor([-200]), tensor([1])).item()).to.equal(200);
      expect(gradientAt([-200], (x) => binaryCrossEntropyWithLogits(x, tensor([1])))).to.deep.equal([-1]);
    });

    it('the best single answer is how often yes is true, unless yes is made to count more', () => {
      /*
       * One yes in four. Σ (σ − y) = 4σ − 1 = 0 at σ = ¼, z = −ln 3.
       * With posWeight 3 the single yes counts as three: 3(σ − 1) + 3σ = 0 at σ = ½, z = 0. It is found more
       * often, at the price of more false alarms.
       */
      const y = tensor([1, 0, 0, 0]);
      const slope = (z: number, posWeight: number) =>
        gradientAt([z], (x) => binaryCrossEntropyWithLogits(broadcastTo(x, [4]), y, { posWeight }));
      expectNear(slope(-ln3, 1), [0]);
      expectNear(slope(0, 3), [0]);
      expectNear(slope(0, 1), [1 / 4]); // (4·½ − 1)/4
    });
  });

  describe('distributions: klDiv', () => {
    /*
     * KL(t ‖ p) = Σ tᵢ (ln tᵢ − ln pᵢ): how much more surprised is one who believes p, than one who knows t?
     * It is the cross-entropy less the surprise that cannot be avoided: −Σ tᵢ ln pᵢ − (−Σ tᵢ ln tᵢ).
     */
    const t = tensor([[1 / 2, 1 / 2, 0]]);
    const p = tensor([[1 / 4, 1 / 4, 1 / 2]]);

    it('by hand; 0·ln 0 counts as 0, its limit', () => {
      // ½(ln ½ − ln ¼) + ½(ln ½ − ln ¼) + 0 = ln 2
      expectNear([klDiv(log(p), t, { reduction: 'batchMean' }).item()], [ln2]);
      // Cross-entropy −½ ln ¼ − ½ ln ¼ = 2 ln 2, less −½ ln ½ − ½ ln ½ = ln 2. (ln p are logits of p.)
      expectNear([crossEntropy(log(p), t).item()], [2 * ln2]);
    });

    it('the plain mean divides by the number of elements, not of rows: batchMean is the divergence', () => {
      expectNear([klDiv(log(p), t).item()], [ln2 / 3]);
    });

    it('is no distance: the other way round it is another number, here an infinite one', () => {
      // p says ½ where t says 0: who believes t is infinitely surprised.
      expect(klDiv(log(t), p, { reduction: 'batchMean' }).item()).to.equal(Infinity);
    });

    it('has the gradient of cross-entropy, p − t: what cannot be avoided has no slope', () => {
      // softmax(ln 1, ln 1, ln 2) = (¼, ¼, ½)
      const loss = (z: Tensor) => klDiv(logSoftmax(z), tensor([1 / 2, 1 / 2, 0]), { reduction: 'sum' });
      expectNear(gradientAt([0, 0, ln2], loss), [-1 / 4, -1 / 4, 1 / 2]);
    });
  });

  describe('margins: hinge', () => {
    it('right by a margin of 1 is good enough: what lies beyond is left alone', () => {
      /*
       * Scores s = 2, ½, −1, −3 of classes y = +1, +1, +1, −1:  max(0, 1 − y·s) = 0, ½, 2, 0, with mean 5/8.
       * Slope −y/4 for the two that are not yet clear of the margin. Cross-entropy would pull at all four.
       */
      const [s, y] = [
        [2, 0.5, -1, -3],
        [1, 1, 1, -1],
      ];
      expect(hinge(tensor(s), y).item()).to.equal(5 / 8);
      expectNear(
        gradientAt(s, (x) => hinge(x, y)),
        [0, -1 / 4, -1 / 4, 0],
      );
      const yes = tensor([1, 1, 1, 0]);
      for (const g of gradientAt(s, (x) => binaryCrossEntropyWithLogits(x, yes))) expect(g).not.to.equal(0);
    });
  });

  describe('held against the measured slope', () => {
    it('all agree, away from corners', () => {
      for (const loss of [mse, huber]) {
        checkGradient(loss, (random) => [random.uniform([3, 4]), random.uniform([3, 4])]);
        checkGradient(loss, (random) => [
          random.uniform([3, 4]),
          random.uniform([3, 4]),
          { reduction: 'none' },
        ]);
      }
      checkGradient(l1, (random) => [random.uniform([3, 4], 1, 2), random.uniform([3, 4], -1, 0.9)]);
      checkGradient(hinge, (random) => [random.uniform([4], -0.9, 0.9), [1, -1, 1, -1]]);
      checkGradient(binaryCrossEntropyWithLogits, (random) => [
        random.uniform([3, 4], -3, 3),
        random.uniform([3, 4], 0.1, 0.9),
      ]);
      checkGradient(klDiv, (random) => [random.uniform([3, 4], -3, -0.1), random.uniform([3, 4], 0.1, 0.9)]);
    });
  });
});
