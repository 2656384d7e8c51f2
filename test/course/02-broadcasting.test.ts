/*
 * 2. Broadcasting
 *
 * A layer adds the same 3 numbers, its bias, to each of 32 rows. Nobody copies the bias 32 times: shapes that
 * differ are stretched to fit. By which rule? And why is the gradient of what was stretched a sum?
 */
import { expect } from 'chai';
import {
  add,
  broadcastTo,
  div,
  expandDims,
  mul,
  ShapeError,
  square,
  sub,
  sum,
  tensor,
  zeros,
} from '../../src/index.ts';
import { expectError } from '../support/errors.ts';
import { checkGradient } from '../support/gradients.ts';

const X = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const b = tensor([10, 20, 30]);

describe('2. Broadcasting', () => {
  describe('the rule', () => {
    /*
     * Write both shapes so that they end at the same place. Going from the last axis to the first, two sizes
     * must be equal, or one of them 1, or missing; that one is stretched to the other's size.
     *
     *     X       [2, 3]          column    [2, 1]          P       [2, 1, 3]
     *     b          [3]          row       [1, 3]          Q          [4, 1]
     *     X + b   [2, 3]          c·r       [2, 3]          P·Q     [2, 4, 3]
     */
    it('a missing axis is stretched: one bias for every row', () => {
      expect(add(X, b).toArray()).to.deep.equal([
        [11, 22, 33],
        [14, 25, 36],
      ]);
    });

    it('an axis of size 1 is stretched: a column times a row is the table of all products', () => {
      expect(mul(tensor([[2], [3]]), tensor([[5, 7, 11]])).toArray()).to.deep.equal([
        [10, 14, 22],
        [15, 21, 33],
      ]);
    });

    it('both may be stretched at once, and a number, which has no axes, fits everything', () => {
      expect(mul(zeros([2, 1, 3]), zeros([4, 1])).shape).to.deep.equal([2, 4, 3]);
      expect(mul(X, 2).toArray()).to.deep.equal([
        [2, 4, 6],
        [8, 10, 12],
      ]);
    });

    it('it is what a copy would give', () => {
      expect(broadcastTo(b, [2, 3]).toArray()).to.deep.equal([
        [10, 20, 30],
        [10, 20, 30],
      ]);
      expect(add(X, b).toArray()).to.deep.equal(add(X, broadcastTo(b, [2, 3])).toArray());
    });

    it('sizes are aligned at the end: one number for each of two rows must be a column', () => {
      const perRow = tensor([100, 200]);
      expectError(() => add(X, perRow), ShapeError, 'cannot broadcast [2, 3] with [2]', 'has 3 and 2');
      expect(add(X, expandDims(perRow, 1)).toArray()).to.deep.equal([
        [101, 102, 103],
        [204, 205, 206],
      ]);
    });

    it('an axis that a sum has kept, with size 1, can be stretched back over what was summed', () => {
      // Row means: (1+2+3)/3 = 2 and (4+5+6)/3 = 5. As [2, 1] they can be taken from the rows they came from.
      const means = div(sum(X, 1, { keepDims: true }), 3);
      expect(sub(X, means).toArray()).to.deep.equal([
        [-1, 0, 1],
        [-1, 0, 1],
      ]);
    });
  });

  describe('the trap', () => {
    it('a column minus a vector is no error, and is not what was meant', () => {
      /*
       * A model answers with one number a row, [3, 1]; the targets are a list, [3]. All answers are right:
       *
       *       1          1 2 3            0 −1 −2
       *       2    −     1 2 3      =     1  0 −1       nine differences, of every answer with every target
       *       3          1 2 3            2  1  0
       *
       * Training would go on, towards answers that are all alike, the mean of the targets. The losses of this
       * library do not broadcast (chapter 9).
       */
      const [answers, targets] = [tensor([[1], [2], [3]]), tensor([1, 2, 3])];
      const differences = sub(answers, targets);
      expect(differences.shape).to.deep.equal([3, 3]);
      expect(sum(square(differences)).item()).to.equal(12); // 4·1 + 2·4, where 0 was meant
      const meant = sub(answers, expandDims(targets, 1));
      expect(meant.toArray()).to.deep.equal([[0], [0], [0]]);
    });
  });

  describe('the gradient', () => {
    /*
     * The gradient ∂L/∂b₁ answers: if b₁ grows by a little h, how many times h does L grow? (Chapter 3 goes
     * into it.) b₁ was used in row 1 and in row 2. If it grows by h, so do Y₁₁ and Y₂₁, and L through both:
     *
     *     Yᵢⱼ = Xᵢⱼ + bⱼ      ∂L/∂bⱼ = Σᵢ ∂L/∂Yᵢⱼ · ∂Yᵢⱼ/∂bⱼ = Σᵢ Gᵢⱼ · 1          with G = ∂L/∂Y
     *
     * The sum runs over the rows because b was stretched over them. What is used m times collects m terms.
     */
    const G = tensor([
      [5, 50, 500],
      [7, 70, 700],
    ]);

    it('a stretched bias gets the sum of the gradients over the rows it was stretched over', () => {
      const [x, bias] = [
        tensor([...X.data], [2, 3], { requiresGrad: true }),
        tensor([10, 20, 30], { requiresGrad: true }),
      ];
      add(x, bias).backward(G);
      expect(bias.grad?.toArray()).to.deep.equal([12, 120, 1200]); // 5+7, 50+70, 500+700
      expect(x.grad?.toArray()).to.deep.equal(G.toArray()); // each Xᵢⱼ was used once
    });

    it('measured: nudge b₁ by ½, and L moves by 12 times as much', () => {
      /*
       * L = Σ G·(X + b) is a loss whose gradient by Y is G. With b₁ = 10.5, Y₁₁ and Y₂₁ grow by ½ each,
       * and L by 5·½ + 7·½ = 6 = 12·½. (X + b is a straight line in b, so no nudge is too large.)
       */
      const L = (bias: number[]) => sum(mul(G, add(X, tensor(bias)))).item();
      expect(L([10.5, 20, 30]) - L([10, 20, 30])).to.equal(12 * 0.5);
    });

    it('a stretched factor sums, too, each term weighed with what the factor met there', () => {
      /*
       * Yᵢⱼ = Xᵢⱼ·sⱼ grows by Xᵢⱼ h when sⱼ grows by h: ∂L/∂sⱼ = Σᵢ Gᵢⱼ Xᵢⱼ.
       *   5·1 + 7·4 = 33     50·2 + 70·5 = 450     500·3 + 700·6 = 5700
       */
      const s = tensor([1, 1, 1], { requiresGrad: true });
      mul(X, s).backward(G);
      expect(s.grad?.toArray()).to.deep.equal([33, 450, 5700]);
    });

    it('a number that every element uses collects from all of them', () => {
      const c = tensor(0, { requiresGrad: true });
      add(X, c).backward(G);
      expect(c.grad?.item()).to.equal(1332); // 12 + 120 + 1200
    });

    it('the other way round, the gradient of a sum is stretched: each is the other’s gradient', () => {
      // sⱼ = Σᵢ Xᵢⱼ grows by h if any Xᵢⱼ of its column does: ∂L/∂Xᵢⱼ = Gⱼ, the same for every row.
      const x = tensor([...X.data], [2, 3], { requiresGrad: true });
      sum(x, 0).backward(tensor([5, 50, 500]));
      expect(x.grad?.toArray()).to.deep.equal([
        [5, 50, 500],
        [5, 50, 500],
      ]);
    });

    it('both at work: taking the mean from a row takes the mean from its gradient', () => {
      /*
       * yⱼ = xⱼ − m with m = (x₁ + x₂ + x₃)/3. Each xⱼ reaches the loss directly, with Gⱼ, and through m.
       * That was stretched over all three and collects −(G₁ + G₂ + G₃), of which a third goes to each xⱼ:
       *   ∂L/∂xⱼ = Gⱼ − mean(G)
       *   G = (5, 50, 500), mean 185:   (5 − 185, 50 − 185, 500 − 185) = (−180, −135, 315)
       * These add up to 0, as they must: moving all x together does not change y at all.
       */
      const x = tensor([[1, 2, 3]], { requiresGrad: true });
      sub(x, div(sum(x, 1, { keepDims: true }), 3)).backward(tensor([[5, 50, 500]]));
      expect(x.grad?.toArray()).to.deep.equal([[-180, -135, 315]]);
    });

    it('agrees with the measured slope for a random G, one side stretched or both', () => {
      for (const op of [add, sub, mul]) {
        checkGradient(op, (random) => [random.uniform([2, 3]), random.uniform([3])]);
        checkGradient(op, (random) => [random.uniform([2, 1, 3]), random.uniform([4, 1])]);
      }
      checkGradient(div, (random) => [random.uniform([2, 1, 3]), random.awayFromZero([4, 1], 0.5)]);
      checkGradient(broadcastTo, (random) => [random.uniform([2, 1, 3]), [2, 4, 3]]);
      checkGradient(sum, (random) => [random.uniform([2, 4, 3]), [0, 2]]);
    });
  });
});
