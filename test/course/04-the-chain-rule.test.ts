/*
 * 4. The chain rule walks a graph backwards
 *
 * A network is a long chain of small steps, and each step knows its own slope. How do they make the slope of
 * the whole? And why is it found by walking from the end to the beginning? The machine that does it fits on
 * one page, and is here.
 */
import { expect } from 'chai';
import {
  add,
  exp,
  GradientError,
  grad,
  ModifiedError,
  mul,
  noGrad,
  relu,
  square,
  sub,
  sum,
  tensor,
  type Tensor,
} from '../../src/index.ts';
import { expectError } from '../support/errors.ts';
import { checkGradient } from '../support/gradients.ts';

const leaf = (value: number) => tensor(value, { requiresGrad: true });

describe('4. The chain rule walks a graph backwards', () => {
  describe('the rule', () => {
    it('along a chain, slopes multiply', () => {
      /*
       * y = (3x + 1)² at x = 2:   u = 3x + 1 = 7,   y = u² = 49
       * When x moves by dx, u moves by 3·dx. When u moves by du, y moves by 2u·du = 14·du.
       * Together dy = 14·3·dx = 42·dx.
       */
      const x = leaf(2);
      const y = square(add(mul(x, 3), 1));
      y.backward();
      expect([y.item(), x.grad?.item()]).to.deep.equal([49, 42]);
    });

    it('where paths meet again, their slopes add', () => {
      /*
       *        ┌─ u = 2x ────┐
       *    x ──┤             ├── L = u·v           at x = 3:  u = 6, v = 4, L = 24
       *        └─ v = x + 1 ─┘
       *
       *   by the upper path  ∂L/∂u · du/dx = v·2 = 8
       *   by the lower path  ∂L/∂v · dv/dx = u·1 = 6        together 14
       *
       * Multiplied out, L = 2x² + 2x, whose slope is 4x + 2 = 14.
       */
      const x = leaf(3);
      mul(mul(x, 2), add(x, 1)).backward();
      expect(x.grad?.item()).to.equal(14);
    });
  });

  describe('the walk', () => {
    /*
     * L = (a·b + c)² with a = 2, b = 5, c = −4. Forward, from left to right; then backward, from right to
     * left. Each step is handed ∂L/∂(its result), multiplies it by its own slopes, and hands on to its
     * inputs:
     *
     *   forward          p = a·b = 10       s = p + c = 6       L = s² = 36
     *   backward                                                ∂L/∂L = 1
     *     L = s²                            ∂L/∂s = 2s·1 = 12
     *     s = p + c      ∂L/∂p = 1·12       ∂L/∂c = 1·12 = 12
     *     p = a·b        ∂L/∂a = b·12 = 60  ∂L/∂b = a·12 = 24
     *
     * No step had to know of any other. That is why a new operation needs nothing but its own slope.
     */
    it('by hand, and by the library', () => {
      const [a, b, c] = [leaf(2), leaf(5), leaf(-4)];
      const p = mul(a, b);
      const s = add(p, c);
      const L = square(s);
      expect(L.item()).to.equal(36);
      const slopes = grad(L, [s, p, c, a, b]).map((g) => g.item());
      expect(slopes).to.deep.equal([12, 12, 12, 60, 24]);
    });

    it('the whole machine, on one page', () => {
      /*
       * A value remembers what it was made of, and the slope towards each. The walk takes the values in the
       * reverse of the order in which they were made: when a value's turn comes, everything that uses it has
       * had its own, so its slope is complete and can be passed on, once.
       */
      const made: Value[] = [];
      class Value {
        slope = 0;
        readonly value: number;
        readonly inputs: [input: Value, slope: number][];
        constructor(value: number, ...inputs: [input: Value, slope: number][]) {
          this.value = value;
          this.inputs = inputs;
          made.push(this);
        }
        add = (v: Value) => new Value(this.value + v.value, [this, 1], [v, 1]);
        mul = (v: Value) => new Value(this.value * v.value, [this, v.value], [v, this.value]);
        backward() {
          this.slope = 1;
          for (const result of made.toReversed())
            for (const [input, slope] of result.inputs) input.slope += result.slope * slope;
        }
      }
      const [a, b, c] = [new Value(2), new Value(5), new Value(-4)];
      const s = a.mul(b).add(c);
      const L = s.mul(s); // s is used twice: both terms arrive before it passes its sum on
      L.backward();
      expect([L.value, s.slope, a.slope, b.slope, c.slope]).to.deep.equal([36, 12, 60, 24, 12]);
    });

    it('visits each step once, though the paths may be countless', () => {
      /*
       * y ← y + y, fifty times: from the end to x lead 2⁵⁰ paths, each with slope 1. Following them one by
       * one would take weeks; fifty steps of the walk add them up, doubling the slope each time.
       */
      const x = leaf(1);
      let y: Tensor = x;
      for (let i = 0; i < 50; i++) y = add(y, y);
      y.backward();
      expect(x.grad?.item()).to.equal(2 ** 50);
    });
  });

  describe('many numbers at once', () => {
    it('a step on tensors is handed G = ∂L/∂Y, as large as Y, and returns one as large as X', () => {
      /*
       * Y = relu(X) lets a positive number pass, with slope 1, and holds a negative one at 0, with slope 0
       * (chapter 7). Its step back: G where X > 0, else 0.
       */
      const x = tensor([2, -3, 4], { requiresGrad: true });
      relu(x).backward(tensor([5, 50, 500]));
      expect(x.grad?.toArray()).to.deep.equal([5, 0, 500]);
    });

    it('one walk back gives the slope of every input; measuring needs two runs for each', () => {
      /*
       * L = Σ wᵢ² over six weights, ∂L/∂wᵢ = 2wᵢ. Measured, that takes 2·6 runs; a network of a million
       * weights would take two million for a single step. The walk back costs about twice a run forward,
       * however many weights there are.
       *
       * That is why it goes backwards. A walk forwards would carry the slopes by one input to all results: a
       * walk for each input. A walk backwards carries the slopes of one result to all inputs, and a loss is
       * one result.
       */
      let runs = 0;
      const L = (w: Tensor) => {
        runs++;
        return sum(square(w));
      };
      const values = [1, 2, 3, 4, 5, 6];
      const w = tensor(values, { requiresGrad: true });
      L(w).backward();
      expect(w.grad?.toArray()).to.deep.equal([2, 4, 6, 8, 10, 12]);
      expect(runs).to.equal(1);

      runs = 0;
      const h = 1 / 4; // Σ wᵢ² is a parabola: the central difference is exact for every h
      const nudged = (i: number, by: number) => L(tensor(values.with(i, values[i] + by))).item();
      const measured = values.map((_, i) => (nudged(i, h) - nudged(i, -h)) / (2 * h));
      expect(measured).to.deep.equal([2, 4, 6, 8, 10, 12]);
      expect(runs).to.equal(12);
    });
  });

  describe('what to watch', () => {
    it('gradients add up from one backward to the next, until they are cleared', () => {
      const x = leaf(3);
      const slope = () => x.grad?.item();
      square(x).backward();
      square(x).backward();
      expect(slope()).to.equal(12); // 6 + 6: the clearing is easily forgotten
      x.grad = undefined; // what zeroGrad() does for every weight
      square(x).backward();
      expect(slope()).to.equal(6);
    });

    it('which has a use: a batch too large for memory can go through in parts', () => {
      // L = Σ (w·xᵢ)², ∂L/∂w = Σ 2w·xᵢ². For w = 2, x = 1 2 3 4:  4·(1 + 4) + 4·(9 + 16) = 20 + 100
      const loss = (w: Tensor, x: number[]) => sum(square(mul(w, tensor(x))));
      const [whole, parts] = [leaf(2), leaf(2)];
      loss(whole, [1, 2, 3, 4]).backward();
      loss(parts, [1, 2]).backward();
      loss(parts, [3, 4]).backward();
      expect([whole.grad?.item(), parts.grad?.item()]).to.deep.equal([120, 120]);
    });

    it('detach() and noGrad() cut the graph: beyond the cut, numbers are only numbers', () => {
      // L = x²·c with c = x² held fast: 2x·c = 2·3·9 = 54, not 4x³ = 108.
      const x = leaf(3);
      mul(square(x), square(x).detach()).backward();
      expect(x.grad?.item()).to.equal(54);
      expectError(() => noGrad(() => square(x)).backward(), GradientError, 'needs no gradient');
    });

    it('a value that the walk will read must not be overwritten first', () => {
      /*
       * L = a·b: ∂L/∂a = b, the b of the forward run. If b has been moved since, by a weight update that came
       * too early, the product rule is fed the wrong number. Nothing would crash; it would merely learn
       * badly. So the library counts writes, and refuses. Chapter 6 works the mistake out.
       */
      const [a, b] = [leaf(2), leaf(5)];
      const L = mul(a, b);
      b.copyFrom([4]);
      expectError(() => L.backward(), ModifiedError, 'mul: b [] was overwritten');
    });

    it('a graph can be walked once; it is then given back', () => {
      const L = square(leaf(3));
      L.backward();
      expectError(() => L.backward(), GradientError, 'freed', 'retainGraph: true');
    });
  });

  describe('held against the measured slope', () => {
    it('a composition agrees, whatever it is made of', () => {
      checkGradient(
        (a: Tensor, b: Tensor, c: Tensor) => square(sub(exp(mul(a, b)), c)),
        (random) => [random.uniform([3]), random.uniform([3]), random.uniform([3])],
      );
      checkGradient(
        (x: Tensor) => mul(mul(x, 2), add(x, 1)),
        (random) => [random.uniform([2, 3])],
      );
    });
  });
});
