/*
 * 3. One derivative
 *
 * Learning is changing numbers so that an error becomes smaller. Which way, and how far? The derivative
 * tells: how fast the result moves when one number does. It can be measured, by trying, and derived, by
 * thinking. This chapter does both, and holds the one against the other, as every gradient of this library is
 * held against its measured slope.
 */
import { expect } from 'chai';
import { abs, add, div, exp, grad, log, mul, neg, sub, tensor, type Tensor } from '../../src/index.ts';
import { checkGradient } from '../support/gradients.ts';

/** The slope of f at x, by a step to one side and by a step to each; in JavaScript's own numbers, float64. */
const oneSided = (f: (x: number) => number, x: number, h: number) => (f(x + h) - f(x)) / h;
const central = (f: (x: number) => number, x: number, h: number) => (f(x + h) - f(x - h)) / (2 * h);

/** The slope of f at x as the library derives it. */
function slope(f: (x: Tensor) => Tensor, at: number): number {
  const x = tensor(at, { requiresGrad: true });
  f(x).backward();
  return (x.grad as Tensor).item();
}

describe('3. One derivative', () => {
  const squared = (x: number) => x * x;
  const cubed = (x: number) => x * x * x;

  describe('measured', () => {
    it('a slope is how far the result moves, divided by how far the argument moved', () => {
      /*
       * f(x) = x² at 3, with h = 1/8:  (3⅛)² = 9.765625, less 9 is 0.765625, divided by ⅛ is 6.125.
       * In letters, ((3 + h)² − 9)/h = (6h + h²)/h = 6 + h. It tends to 6 for smaller and smaller h.
       */
      expect(oneSided(squared, 3, 1 / 8)).to.equal(6.125);
      expect(oneSided(squared, 3, 1 / 64)).to.equal(6 + 1 / 64);
      expect(oneSided(squared, 3, 1 / 1024)).to.equal(6 + 1 / 1024);
    });

    it('a step to both sides is better: its error shrinks with h², not with h', () => {
      /*
       *   x²   ((3 + h)² − (3 − h)²)/2h = 12h/2h = 6
       *   x³   ((3 + h)³ − (3 − h)³)/2h = (54h + 2h³)/2h = 27 + h²,  while one side gives 27 + 9h + h²
       * What bends the curve, the term in h², is the same on both sides and cancels.
       */
      expect(central(squared, 3, 1 / 8)).to.equal(6);
      expect(central(cubed, 3, 1 / 8)).to.equal(27 + 1 / 64);
      expect(oneSided(cubed, 3, 1 / 8)).to.equal(27 + 9 / 8 + 1 / 64);
    });

    it('but a step can be too small: rounding is divided by h, too', () => {
      /*
       * Float32 numbers near 3 are 2⁻²² apart, those near 9 are 2⁻²⁰ apart (chapter 1). With h = 2⁻²², the
       * least step that 3 can take,
       *   (3 + h)² = 9 + 6h + h² = 9 + 1.5·2⁻²⁰ + a trace, which is rounded to 9 + 2·2⁻²⁰
       * and the measured slope is 2·2⁻²⁰/2⁻²² = 8, where 6 is right.
       */
      const h = 2 ** -22;
      const x = tensor(3 + h);
      expect(sub(mul(x, x), 9).item() / h).to.equal(8);
      /*
       * So the step must be small, but large against the rounding: h = 10⁻⁶, and float64, whose numbers near
       * 9 are 2⁻⁴⁹ apart. Rounding then costs some 10⁻¹⁵/10⁻⁶ = 10⁻⁹, the curve h² = 10⁻¹². checkGradient
       * measures so.
       */
      expect(central(cubed, 3, 1e-6)).to.be.closeTo(27, 1e-8); // 27 is larger than 9, and rounded twice
    });
  });

  describe('derived', () => {
    /*
     * Write dx for a small change of x, and keep only what is proportional to it:
     *
     *   sum        d(u + v) = du + dv
     *   product    d(u·v)   = (u + du)(v + dv) − u·v = v·du + u·dv         du·dv is doubly small, and dropped
     *   quotient   q = u/v means u = q·v, so du = v·dq + q·dv:               dq = (du − q·dv)/v
     *   eˣ         is its own slope: that is what makes e special            d(eˣ) = eˣ·dx
     *   ln x       u = ln x means x = eᵘ, so dx = eᵘ·du = x·du:              du = dx/x
     *
     * These, and the chain rule of the next chapter, are nearly all that this course needs.
     */
    it('x² = x·x is a product: d(x·x) = x·dx + x·dx, so the slope is 2x', () => {
      expect(slope((x) => mul(x, x), 3)).to.equal(6);
    });

    it('x³ = x²·x: the slope is x²·1 + x·2x = 3x²', () => {
      expect(slope((x) => mul(mul(x, x), x), 3)).to.equal(27);
    });

    it('1/x: du = 0, so dq = −q·dx/x = −dx/x²', () => {
      expect(slope((x) => div(1, x), 2)).to.equal(-1 / 4);
    });

    it('a polynomial, term by term: 5x³ − 4x + 7 has 15x² − 4', () => {
      // At 2: 15·4 − 4 = 56. A constant does not move, and adds nothing.
      expect(slope((x) => add(sub(mul(mul(mul(x, x), x), 5), mul(x, 4)), 7), 2)).to.equal(56);
    });

    it('ln x: the slope is 1/x', () => {
      expect(slope(log, 4)).to.equal(1 / 4);
    });

    it('x·eˣ: the slope is eˣ + x·eˣ, which is 0 at −1, the lowest point', () => {
      expect(slope((x) => mul(x, exp(x)), 0)).to.equal(1); // e⁰ + 0·e⁰
      expect(slope((x) => mul(x, exp(x)), -1)).to.equal(0); // e⁻¹ − e⁻¹: the same rounded number twice
    });
  });

  describe('several numbers', () => {
    it('each has a slope of its own, measured while the others stand still', () => {
      /*
       * f(a, b) = a²·b at (3, 2), 18:   ∂f/∂a = 2a·b = 12     ∂f/∂b = a² = 9
       * The curled ∂ says: there are others, and they are held fast. All slopes together are the gradient.
       */
      const [a, b] = [tensor(3, { requiresGrad: true }), tensor(2, { requiresGrad: true })];
      mul(mul(a, a), b).backward();
      expect([a.grad?.item(), b.grad?.item()]).to.deep.equal([12, 9]);
      expect(central((a) => a * a * 2, 3, 1 / 8)).to.equal(12);
      expect(central((b) => 3 * 3 * b, 2, 1 / 8)).to.equal(9);
    });

    it('small changes add up: the gradient predicts any small step', () => {
      /*
       * From (3, 2) go by (1/64, −1/32). Predicted: 12/64 − 9/32 = −6/64 = −0.09375. Indeed f changes by
       * (3 + 1/64)²·(2 − 1/32) − 18 = −0.0962. What was not predicted is curvature, terms with two or more
       * small factors:
       *   b·da² + 2a·da·db + da²·db = 2/4096 − 6/2048 − 1/131072 = −321/131072
       */
      const change = (3 + 1 / 64) ** 2 * (2 - 1 / 32) - 18;
      expect(change - (12 / 64 - 9 / 32)).to.equal(-321 / 131072);
    });
  });

  describe('what it is for', () => {
    it('a step against the slope makes the result smaller', () => {
      /*
       * f(x) = (x − 2)² at 5: slope 2·(5 − 2) = 6. It rises to the right, so the lowest point is to the left.
       * With steps of η = ¼ times the slope:
       *   x ← 5 − ¼·6 = 3.5        f falls from 9 to 2.25
       *   x ← 3.5 − ¼·3 = 2.75     f falls to 0.5625
       * Each step halves the distance to 2. That is learning, in a network of one number; chapter 10 goes on.
       */
      const f = (x: Tensor) => mul(sub(x, 2), sub(x, 2));
      let x = 5;
      const seen: number[] = [];
      for (let step = 0; step < 4; step++) {
        x = x - slope(f, x) / 4;
        seen.push(x);
      }
      expect(seen).to.deep.equal([3.5, 2.75, 2.375, 2.1875]);
    });

    it('where a curve has a corner there is no slope, and one is chosen', () => {
      /*
       * |x| falls with slope −1 and rises with slope 1; at 0 it has neither. Any number between is a fair
       * answer, and the library says 0. No measurement can decide it, so gradients are checked away from
       * corners.
       */
      expect([-2, 0, 2].map((x) => slope(abs, x))).to.deep.equal([-1, 0, 1]);
      expect(oneSided(Math.abs, 0, 1 / 8)).to.equal(1);
      expect(oneSided(Math.abs, 0, -1 / 8)).to.equal(-1);
    });

    it('a slope is a function, too, and has a slope: x³, 3x², 6x, 6', () => {
      const x = tensor(2, { requiresGrad: true });
      const [first] = grad(mul(mul(x, x), x), [x], { createGraph: true });
      const [second] = grad(first, [x], { createGraph: true });
      const [third] = grad(second, [x]);
      expect([first.item(), second.item(), third.item()]).to.deep.equal([12, 12, 6]);
    });
  });

  describe('held against each other', () => {
    /*
     * checkGradient(op, arguments) measures every slope of op by central differences with h = 1e-6 in
     * float64, and demands that the gradient agrees to six digits. Results of several numbers are made one by
     * weighing them: L = Σ G·Y, with random G. With G all ones, a gradient that forgets about G would pass.
     * It then does the same to the gradient itself.
     */
    it('sums, products, quotients and exponentials agree with their measured slopes', () => {
      checkGradient(sub, (random) => [random.uniform([3]), random.uniform([3])]);
      checkGradient(mul, (random) => [random.uniform([3]), random.uniform([3])]);
      checkGradient(div, (random) => [random.uniform([3]), random.awayFromZero([3], 0.5)]);
      checkGradient(neg, (random) => [random.uniform([3])]);
      checkGradient(exp, (random) => [random.uniform([3])]);
      checkGradient(log, (random) => [random.uniform([3], 0.5, 2)]);
      checkGradient(abs, (random) => [random.awayFromZero([3])]);
    });

    it('a check that cannot fail is none: a product that forgets one of its two terms is found', () => {
      // detach() gives the same numbers, held fast: x·x then has the right value, but the slope x, not 2x.
      const forgetful = (x: Tensor) => mul(x, x.detach());
      expect(forgetful(tensor(3)).item()).to.equal(9);
      expect(slope(forgetful, 3)).to.equal(3);
      expect(() => checkGradient(forgetful, (random) => [random.uniform([3])])).to.throw('measured slope is');
    });
  });
});
