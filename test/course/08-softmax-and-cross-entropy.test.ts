/*
 * 8. Softmax and cross-entropy
 *
 * The last layer of a classifier gives a number for each class, its logits: the larger, the likelier. How do
 * they become probabilities, and one number that says how wrong they are? Why does the loss want logits, why
 * does it take the logarithm of a sum of exponentials, and why is its gradient simply p − y?
 */
import { expect } from 'chai';
import {
  add,
  ArgumentError,
  crossEntropy,
  div,
  exp,
  IndexError,
  log,
  logSoftmax,
  logSumExp,
  mse,
  mul,
  nllLoss,
  sigmoid,
  softmax,
  sum,
  tensor,
  type Tensor,
  zeros,
} from '../../src/index.ts';
import { expectError } from '../support/errors.ts';
import { checkGradient } from '../support/gradients.ts';

const [ln2, ln5, ln8] = [2, 5, 8].map(Math.log);

/** Logits whose exponentials are 1, 2 and 5, with sum 8: their probabilities are 1/8, 2/8 and 5/8. */
const logits = [0, ln2, ln5];
const p = [1 / 8, 2 / 8, 5 / 8];

/** Float32 has about seven digits, and the numbers here are below 10. */
function expectNear(actual: Tensor | undefined, expected: number[]): void {
  expect(actual?.size).to.equal(expected.length);
  expected.forEach((value, i) => expect(actual?.data[i]).to.be.closeTo(value, 1e-6));
}

/** ∂L/∂z for a loss of one row of logits. */
function gradientAt(z: number[], loss: (z: Tensor<[number, number]>) => Tensor): Tensor {
  const row = tensor([z], { requiresGrad: true });
  loss(row).backward();
  return row.grad as Tensor;
}

describe('8. Softmax and cross-entropy', () => {
  describe('softmax: pᵢ = eᶻⁱ / Σⱼ eᶻʲ', () => {
    it('makes every logit positive, and their sum 1', () => {
      expectNear(softmax(tensor(logits)), p); // 1, 2, 5 divided by 8
    });

    it('only differences count: a number added to all logits changes nothing', () => {
      // eᶻ⁺ᶜ = eᶜ·eᶻ, and eᶜ cancels.
      expectNear(softmax(tensor(logits.map((z) => z - 3))), p);
    });

    it('as it is written it fails: e¹⁰⁰⁰ is infinite, and ∞/∞ is no number', () => {
      /*
       * But what changes nothing may be done: subtract the greatest logit. The largest exponential is then
       * e⁰ = 1, the sum lies between 1 and the number of classes, and whatever becomes 0 was negligible.
       */
      const z = tensor([1000, 1000 + ln2]); // 1000.6931 in float32, whose numbers are 6·10⁻⁵ apart there
      const written = div(exp(z), sum(exp(z)));
      expect([...written.data]).to.deep.equal([NaN, NaN]);
      expect(softmax(z).data[0]).to.be.closeTo(1 / 3, 1e-5); // 1 : 2
    });

    it('its gradient: what goes back is measured against its own mean', () => {
      /*
       * A quotient (chapter 3) of eᶻⁱ and S = Σⱼ eᶻʲ:   dpᵢ = (eᶻⁱ dzᵢ − pᵢ dS)/S = pᵢ dzᵢ − pᵢ Σⱼ pⱼ dzⱼ
       * So dL = Σᵢ Gᵢ dpᵢ = Σᵢ pᵢ Gᵢ dzᵢ − (Σᵢ pᵢ Gᵢ)·Σⱼ pⱼ dzⱼ. What stands before dzᵢ is
       *   ∂L/∂zᵢ = pᵢ (Gᵢ − m), with m = Σ pG, the mean of G
       *
       * For G = (8, 16, 64), m = (1·8 + 2·16 + 5·64)/8 = 45:
       *   ∂L/∂z = (1/8 · (8 − 45), 2/8 · (16 − 45), 5/8 · (64 − 45)) = (−4.625, −7.25, 11.875)
       * These add up to 0, as they must: a number added to all logits changes nothing.
       */
      const z = tensor(logits, { requiresGrad: true });
      softmax(z).backward(tensor([8, 16, 64]));
      // Seven digits of 64, the largest number on the way.
      [-4.625, -7.25, 11.875].forEach((g, i) => expect(z.grad?.data[i]).to.be.closeTo(g, 1e-4));
    });
  });

  describe('log-sum-exp: ln Σⱼ eᶻʲ', () => {
    it('is a soft maximum: above the greatest by no more than the logarithm of how many there are', () => {
      expectNear(logSumExp(tensor(logits)), [ln8]); // ln(1 + 2 + 5), where the greatest is ln 5
      expect(logSumExp(tensor([3, -50])).item()).to.equal(3); // e⁻⁵³ is nothing beside 1
    });

    it('with the greatest logit m taken out, m + ln Σ eᶻ⁻ᵐ, it cannot overflow', () => {
      expect(log(sum(exp(tensor([1000, 1000])))).item()).to.equal(Infinity);
      // Float32 numbers near 1000 are 2⁻¹⁴ apart.
      expect(logSumExp(tensor([1000, 1000])).item()).to.be.closeTo(1000 + ln2, 2 ** -14);
    });

    it('and its slope is softmax: d ln S = dS/S, and dS = Σ eᶻʲ dzⱼ', () => {
      const slopes = gradientAt(logits, (z) => logSumExp(z));
      expectNear(slopes, p);
    });
  });

  describe('cross-entropy: L = −ln p of the true class', () => {
    it('is the surprise at the truth: nothing if it was certain, much if it was thought unlikely', () => {
      // −ln pᵧ = ln Σⱼ eᶻʲ − zᵧ: log-sum-exp, less the true logit.
      expectNear(crossEntropy(tensor([logits]), [2]), [ln8 - ln5]); // −ln 5/8 = 0.47
      expectNear(crossEntropy(tensor([logits]), [0]), [ln8]); // −ln 1/8 = 2.08
      expect(crossEntropy(tensor([[200, 0, 0]]), [0]).item()).to.equal(0);
    });

    it('of ten classes, a network that knows nothing has ln 10 = 2.303', () => {
      // Worth remembering: a classifier that starts far above it has weights that are too large (chapter 11).
      expectNear(crossEntropy(zeros([4, 10]), [0, 3, 5, 9]), [Math.log(10)]);
    });

    it('a batch has the mean of its rows', () => {
      // (ln 8 + (ln 8 − ln 5))/2
      expectNear(crossEntropy(tensor([logits, logits]), [0, 2]), [ln8 - ln5 / 2]);
    });

    it('labels are class numbers from 0, and one that does not exist is named', () => {
      expectError(() => crossEntropy(tensor([logits]), [3]), IndexError, '3', '0');
    });
  });

  describe('the gradient: p − y', () => {
    /*
     * L = ln Σⱼ eᶻʲ − zᵧ. The slopes of the first part are p, as above; those of the second are 1 for the
     * true class and 0 for the others, the truth y = (0, …, 1, …, 0) written as probabilities:
     *
     *   ∂L/∂z = p − y
     *
     * What was thought, less what is true. Wherever the two differ there is a slope, and it is never above 1.
     */
    it('by hand: each class is pushed by how much it was overrated', () => {
      const slopes = (truth: number) => gradientAt(logits, (z) => crossEntropy(z, [truth]));
      expectNear(slopes(0), [-7 / 8, 2 / 8, 5 / 8]); // 1/8 − 1
      expectNear(slopes(2), [1 / 8, 2 / 8, -3 / 8]); // 5/8 − 1
    });

    it('the mean of a batch divides it by the number of rows', () => {
      const z = tensor([logits, logits], { requiresGrad: true });
      crossEntropy(z, [0, 2]).backward();
      expectNear(z.grad, [-7 / 16, 2 / 16, 5 / 16, 1 / 16, 2 / 16, -3 / 16]);
    });

    it('a network that is wrong and sure of it learns fast; by squares of probabilities it would not', () => {
      /*
       * Of two classes with logits 0 and z, the second has p = σ(z). At z = −10, p = 4.54·10⁻⁵, but it is the
       * true one.
       *   cross-entropy                p − 1 = −0.99995
       *   the square of chapter 6      2(p − 1)·p(1 − p) = −2 · 1 · 4.54·10⁻⁵ = −9.08·10⁻⁵
       * The square is handed back through a saturated σ (chapter 7). The logarithm undoes the exponential,
       * and with it the saturation. This is the loss to which δ₂ = y − t belongs.
       */
      expect(gradientAt([0, -10], (z) => crossEntropy(z, [1])).data[1]).to.be.closeTo(-0.99995, 1e-5);
      const squared = gradientAt([-10], (z) => mse(sigmoid(z), tensor([[1]])));
      expect(squared.item()).to.be.closeTo(-9.08e-5, 1e-7);
    });
  });

  describe('why logits', () => {
    it('a probability may be too small for float32; its logarithm is not', () => {
      /*
       * e⁻²⁰⁰ = 10⁻⁸⁷ is 0 in float32, its logarithm −∞, and the slope 1/0.
       * From logits: ln(e⁰ + e²⁰⁰) − 0 = 200, with slopes p − y = (0 − 1, 1 − 0).
       */
      expect(log(softmax(tensor([0, 200]))).data[0]).to.equal(-Infinity);
      expect(logSoftmax(tensor([0, 200])).data[0]).to.equal(-200);
      expect(crossEntropy(tensor([[0, 200]]), [0]).item()).to.equal(200);
      expect(gradientAt([0, 200], (z) => crossEntropy(z, [0])).toArray()).to.deep.equal([[-1, 1]]);
    });

    it('cross-entropy is logSoftmax, of which the true class is picked', () => {
      expectNear(nllLoss(logSoftmax(tensor([logits, logits])), [0, 2]), [ln8 - ln5 / 2]);
    });
  });

  describe('softmax twice, the commonest mistake', () => {
    /*
     * A widespread example ends its model with softmax, and then uses a loss that applies softmax itself.
     * Nothing crashes: probabilities are numbers, and pass for logits. But logits that lie between 0 and 1
     * hardly differ.
     */
    const twice = (z: Tensor) => mul(softmax(z), 1); // times 1 makes of them what nobody can tell from logits

    it('the library refuses: what comes out of softmax is not for use as logits', () => {
      expectError(
        // @ts-expect-error softmax was applied already; this function wants logits
        () => crossEntropy(softmax(tensor([logits])), [2]),
        ArgumentError,
        'crossEntropy applies softmax itself: pass the logits',
        'remove the softmax at the end of the model',
      );
    });

    it('else the loss could not fall below 1.461, though every answer were right and certain', () => {
      /*
       * Ten classes, p = (1, 0, …, 0), the first is true:  ln(e¹ + 9·e⁰) − 1 = ln 11.71828 − 1 = 2.46115 − 1
       * It starts at 2.303, so a curve that falls and settles near 1.5 looks like learning.
       */
      const certain = tensor([[200, 0, 0, 0, 0, 0, 0, 0, 0, 0]]);
      expect(crossEntropy(certain, [0]).item()).to.equal(0);
      expectNear(crossEntropy(twice(certain), [0]), [Math.log(Math.E + 9) - 1]);
      expect(Math.log(Math.E + 9) - 1).to.be.closeTo(1.4612, 1e-4);
    });

    it('and the gradient shrinks: to a tenth at the start, to nothing where it is needed most', () => {
      /*
       * At the start, z = 0: both softmaxes give 1/10 everywhere.
       *   back through the loss           g = 1/10 − y = (−9/10, 1/10, …)
       *   through the first softmax       pᵢ(gᵢ − Σ pg) with Σ pg = 0: 1/10 · −9/10 = −9/100
       * where −9/10 is right.
       */
      const start = new Array<number>(10).fill(0);
      expect(gradientAt(start, (z) => crossEntropy(z, [0])).data[0]).to.be.closeTo(-9 / 10, 1e-6);
      expect(gradientAt(start, (z) => crossEntropy(twice(z), [0])).data[0]).to.be.closeTo(-9 / 100, 1e-6);
      /*
       * Wrong and sure: z = (0, 20), the first is true.
       *   p = (e⁻²⁰, 1), and the softmax of that is (1, e)/(1 + e) = (0.2689, 0.7311)
       *   g = (−0.7311, 0.7311), and Σ pg = 0.7311
       *   ∂L/∂z₁ = e⁻²⁰ · (−0.7311 − 0.7311) = −2.06·10⁻⁹ · 1.4622 = −3.01·10⁻⁹, where −1 is right
       */
      expect(gradientAt([0, 20], (z) => crossEntropy(z, [0])).data[0]).to.be.closeTo(-1, 1e-6);
      expect(gradientAt([0, 20], (z) => crossEntropy(twice(z), [0])).data[0]).to.be.closeTo(-3.01e-9, 1e-11);
    });
  });

  describe('softer truths', () => {
    it('the target may be probabilities: L = −Σ yᵢ ln pᵢ, and the gradient is still p − y', () => {
      // −ln pᵢ = ln 8 − zᵢ, so L = ln 8 − 0.1·0 − 0.1·ln 2 − 0.8·ln 5.
      // p − y = (0.125 − 0.1, 0.25 − 0.1, 0.625 − 0.8)
      const y = tensor([[0.1, 0.1, 0.8]]);
      expectNear(crossEntropy(tensor([logits]), y), [ln8 - 0.1 * ln2 - 0.8 * ln5]);
      const slopes = gradientAt(logits, (z) => crossEntropy(z, y));
      expectNear(slopes, [0.025, 0.15, -0.175]);
    });

    it('label smoothing makes such targets: ε of the truth is spread over all classes', () => {
      // ε = 0.3: 0.7·(0, 0, 1) + 0.3/3 = (0.1, 0.1, 0.8). The best p is y, so logits need not grow for ever.
      const slopes = gradientAt(logits, (z) => crossEntropy(z, [2], { labelSmoothing: 0.3 }));
      expectNear(slopes, [0.025, 0.15, -0.175]);
    });

    it('classes may weigh more, and rows may be left out', () => {
      const z = tensor([logits, logits]);
      // Class 0 counts three times, and the mean divides by 3 + 1: (3·ln 8 + (ln 8 − ln 5))/4
      expectNear(crossEntropy(z, [0, 2], { weight: [3, 1, 1] }), [ln8 - ln5 / 4]);
      expectNear(crossEntropy(z, [0, -100]), [ln8]); // −100 marks what does not count, such as padding
    });
  });

  describe('held against the measured slope', () => {
    it('all agree', () => {
      checkGradient(softmax, (random) => [random.uniform([4, 3], -3, 3)]);
      checkGradient(logSoftmax, (random) => [random.uniform([4, 3], -3, 3)]);
      checkGradient(logSumExp, (random) => [random.uniform([4, 3], -3, 3), 1]);
      checkGradient(crossEntropy, (random) => [random.uniform([4, 3], -3, 3), random.integers(4, 3)]);
      checkGradient(
        (z: Tensor, shift: Tensor) => crossEntropy(add(z, shift), [2, 0, 1, 1], { labelSmoothing: 0.1 }),
        (random) => [random.uniform([4, 3], -3, 3), random.uniform([4, 1])],
      );
    });
  });
});
