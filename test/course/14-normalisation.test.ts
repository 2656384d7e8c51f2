/*
 * 14. Normalisation
 *
 * A good start keeps values in their size (chapter 11), but learning moves the weights, and the sizes with them.
 * Normalisation puts them back in every step: subtract the mean, divide by the standard deviation. Over which numbers
 * are those taken, what goes back through it, and why must batch norm know whether it is training?
 */
import { expect } from 'chai';
import {
  type Tensor,
  batchNorm,
  layerNorm,
  linear,
  manualSeed,
  mean,
  mul,
  nn,
  optim,
  randn,
  ShapeError,
  tensor,
  variance,
} from '../../src/index.ts';
import { expectError } from '../support/errors.ts';
import { checkGradient } from '../support/gradients.ts';

const exact = { eps: 0 };

/** Square roots are rounded to float32; the numbers are below 10. */
function expectNear(actual: Tensor | undefined, expected: number[]): void {
  expect(actual?.size).to.equal(expected.length);
  expected.forEach((value, i) => expect(actual?.data[i]).to.be.closeTo(value, 1e-5));
}

describe('14. Normalisation', () => {
  describe('layer norm: each row by itself', () => {
    it('y = (x − μ)/σ·weight + bias', () => {
      /*
       * 2 4 4 4 5 5 7 9:  μ = 40/8 = 5,  x − μ = −3 −1 −1 −1 0 0 2 4,  σ² = (9 + 1 + 1 + 1 + 4 + 16)/8 = 4,  σ = 2
       */
      const x = tensor([[2, 4, 4, 4, 5, 5, 7, 9]]);
      expect(layerNorm(x, undefined, undefined, exact).toArray()).to.deep.equal([
        [-1.5, -0.5, -0.5, -0.5, 0, 0, 1, 2],
      ]);
      // The weight and bias let the network take back as much of it as it likes: with 2 and 5 all of it.
      const [weight, bias] = [2, 5].map((value) => tensor(new Array<number>(8).fill(value)));
      expect(layerNorm(x, weight, bias, exact).toArray()).to.deep.equal(x.toArray());
    });

    it('a row that is shifted or stretched comes out the same', () => {
      const row = [2, 4, 4, 4, 5, 5, 7, 9];
      const x = tensor([row, row.map((value) => value + 100), row.map((value) => value * 64)]);
      const [plain, shifted, stretched] = layerNorm(x, undefined, undefined, exact).toArray() as number[][];
      expect(shifted).to.deep.equal(plain);
      expect(stretched).to.deep.equal(plain);
    });

    it('eps keeps a constant row from being divided by 0, and damps what hardly differs', () => {
      // ±¼ has σ² = 1/16. With eps = 3/16:  √(1/16 + 3/16) = ½, and y = ±½ instead of ±1.
      expect(layerNorm(tensor([[7, 7, 7]])).toArray()).to.deep.equal([[0, 0, 0]]);
      expectNear(layerNorm(tensor([[1 / 4, -1 / 4]]), undefined, undefined, { eps: 3 / 16 }), [
        1 / 2,
        -1 / 2,
      ]);
    });
  });

  describe('its gradient', () => {
    /*
     * What comes out cannot see a shift of the row, nor a stretch. So the gradient has no part in these two
     * directions. With x̂ = (x − μ)/σ and g = G·weight:
     *
     *   ∂L/∂x = (g − mean(g) − x̂·mean(g·x̂))/σ
     *
     * mean(g) is the part along a shift, (1, 1, …); x̂·mean(g·x̂) the part along a stretch, x̂ itself.
     */
    it('by hand', () => {
      /*
       * x = (3, 3, 7, 7):  μ = 5, σ = 2, x̂ = (−1, −1, 1, 1).  G = (5, 50, 500, 5000):
       *   mean(g)    = 5555/4 = 1388.75
       *   mean(g·x̂)  = (−5 − 50 + 500 + 5000)/4 = 1361.25
       *   x₁  5 − 1388.75 + 1361.25 = −22.5       x₃   500 − 1388.75 − 1361.25 = −2250
       *   x₂  50 − 1388.75 + 1361.25 = 22.5       x₄  5000 − 1388.75 − 1361.25 = 2250       all divided by σ = 2
       */
      const x = tensor([[3, 3, 7, 7]], { requiresGrad: true });
      layerNorm(x, undefined, undefined, exact).backward(tensor([[5, 50, 500, 5000]]));
      expect(x.grad?.toArray()).to.deep.equal([[-11.25, 11.25, -1125, 1125]]);
    });

    it('a row of two has none: it is always −1 and 1, wherever the two numbers are', () => {
      const x = tensor([[3, 8]], { requiresGrad: true });
      const y = layerNorm(x, undefined, undefined, exact);
      y.backward(tensor([[5, 500]]));
      expectNear(y, [-1, 1]);
      for (const g of x.grad?.data ?? []) expect(g).to.be.closeTo(0, 1e-4); // 500 · 2⁻²⁴, a few roundings
    });

    it('weights in front of it may grow: the output stays, and their gradient shrinks', () => {
      // 4W gives 4x, which is normalised to the same y; ∂L/∂x is divided by σ, which is now 4σ. A step that was too long
      // lengthens the weights, and thereby shortens the steps to come.
      manualSeed(1);
      const [x, W, G] = [randn([3, 5]), randn([4, 5]), randn([3, 4])];
      const run = (scale: number) => {
        const weight = tensor([...mul(W, scale).data], [4, 5], { requiresGrad: true });
        const y = layerNorm(linear(x, weight), undefined, undefined, exact);
        y.backward(G);
        return { y, gradient: weight.grad as Tensor };
      };
      const [one, four] = [run(1), run(4)];
      expectNear(four.y, [...one.y.data]);
      expectNear(mul(four.gradient, 4), [...one.gradient.data]);
    });
  });

  describe('batch norm: each column over the batch', () => {
    const batch = tensor([
      [1, 10],
      [3, 30],
    ]);

    it('features of different size become alike', () => {
      // Column 1 3: μ = 2, σ = 1. Column 10 30: μ = 20, σ = 10. (eps = 10⁻⁵ is added to σ² = 1: a relative 5·10⁻⁶.)
      expectNear(new nn.BatchNorm1d(2).forward(batch), [-1, -1, 1, 1]);
    });

    it('so an example has no answer of its own while training: it depends on who else is in the batch', () => {
      const layer = new nn.BatchNorm1d(1);
      expectNear(layer.forward(tensor([[3], [1]])), [1, -1]); // 3 is the greater one
      expectNear(layer.forward(tensor([[3], [5]])), [-1, 1]); // 3 is the smaller one
      expectError(() => layer.forward(tensor([[3]])), ShapeError, 'more than one value', 'model.eval()');
    });

    it('in evaluation it takes running statistics instead, which training has gathered', () => {
      /*
       * running ← (1 − m)·running + m·batch, from mean 0 and variance 1, here with m = ½:
       *   mean      ½·0 + ½·(2, 20) = (1, 10)
       *   variance  ½·1 + ½·(2, 200) = (1.5, 100.5)
       * The batch's variance is divided by n − 1 here, not n: ((1 − 2)² + (3 − 2)²)/1 = 2. A sample's own mean lies
       * too near to it, and n − 1 makes up for that, when the variance of all is meant.
       */
      const layer = new nn.BatchNorm1d(2, { momentum: 1 / 2 });
      layer.forward(batch);
      expect(layer.runningMean.toArray()).to.deep.equal([1, 10]);
      expect(layer.runningVar.toArray()).to.deep.equal([1.5, 100.5]);

      layer.eval();
      const alone = layer.forward(tensor([[1 + Math.sqrt(1.5), 10]])); // one σ above the mean, and the mean
      expectNear(alone, [1, 0]);
      layer.forward(batch);
      expect(layer.runningMean.toArray()).to.deep.equal([1, 10]); // only training gathers
    });

    it('they are part of the model, though they are not learned: saved with it, and not given to the optimizer', () => {
      const layer = new nn.BatchNorm1d(2);
      expect(Object.keys(layer.stateDict())).to.have.members(['weight', 'bias', 'runningMean', 'runningVar']);
      expect([...layer.namedParameters().keys()]).to.deep.equal(['weight', 'bias']);
    });

    it('a bias in front of it is wasted: the mean takes it away again', () => {
      const layer = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3));
      const linearLayer = layer[0] as nn.Linear;
      layer.forward(batch).backward(
        tensor([
          [5, 50, 500],
          [7, 60, 800],
        ]),
      );
      // 0, but for a few roundings of gradients up to 800: 800 · 2⁻²⁴ each
      for (const g of linearLayer.bias?.grad?.data ?? [NaN]) expect(g).to.be.closeTo(0, 1e-3);
    });
  });

  describe('why it helps', () => {
    it("it makes the valley round: chapter 10's valley of curvatures 1 and 16 takes a single step", () => {
      /*
       * Inputs ±1 and ±4, in all four ways, and t = x₁ + x₂. The loss ½·mean (w·x − t)² has curvature mean(x₁²) = 1
       * along w₁ and mean(x₂²) = 16 along w₂: the valley of chapter 10, where η < 2/16 and w₁ creeps. The input's
       * size is the weight's curvature.
       *
       * With x̂ = (x − μ)/σ both are 1, and η = 1 arrives at once. From w = 0:
       *   ∂L/∂w = −mean(t·x̂) = −mean((x₁ + x₂)·(x₁, x₂/4)) = (−1, −4),   w = (1, 4),   w·x̂ = x₁ + 4·x₂/4 = t
       */
      const x = tensor([
        [1, 4],
        [1, -4],
        [-1, 4],
        [-1, -4],
      ]);
      const t = tensor([[5], [-3], [3], [-5]]);
      const halfSquare = (y: Tensor) => mul(nn.mse(y, t), 1 / 2);
      const lossAfter = (input: Tensor, lr: number, steps: number) => {
        const w = tensor([[0, 0]], { requiresGrad: true });
        const optimizer = new optim.SGD([w], { lr });
        for (let i = 0; i < steps; i++) {
          optimizer.zeroGrad();
          halfSquare(linear(input, w)).backward();
          optimizer.step();
        }
        return halfSquare(linear(input, w)).item();
      };
      const normal = new nn.BatchNorm1d(2, { eps: 0, affine: false }).forward(x);
      expect(normal.toArray()).to.deep.equal([
        [1, 1],
        [1, -1],
        [-1, 1],
        [-1, -1],
      ]);
      expect(lossAfter(normal, 1, 1)).to.equal(0);
      // On x itself with η = 1/16: w₂ is there at once, w₁ is short by (15/16)ᵗ: after 10 steps, the loss is ½(15/16)²⁰.
      expect(lossAfter(x, 1 / 16, 10)).to.be.closeTo(0.5 * (15 / 16) ** 20, 1e-6);
    });

    it('which one? batch norm needs large batches and looks at neighbours; layer norm does neither', () => {
      // Transformers take layer norm: its rows may come alone, in any number, and training and evaluation are the same.
      const layer = new nn.LayerNorm(3);
      const x = tensor([
        [1, 2, 6],
        [0, 5, 1],
      ]);
      const together = layer.forward(x).toArray() as number[][];
      expect(layer.forward(tensor([[1, 2, 6]])).toArray()).to.deep.equal([together[0]]);
      expect(layer.eval().forward(x).toArray()).to.deep.equal(together);
    });
  });

  it('both agree with their measured slopes; in training, the statistics are functions of x as well', () => {
    checkGradient(layerNorm, (random) => [random.uniform([3, 4]), random.uniform([4]), random.uniform([4])]);
    checkGradient(
      (x: Tensor, weight: Tensor, bias: Tensor) =>
        batchNorm(x, mean(x, 0), variance(x, 0, { correction: 0 }), weight, bias),
      (random) => [random.uniform([5, 3]), random.uniform([3]), random.uniform([3])],
    );
  });
});
