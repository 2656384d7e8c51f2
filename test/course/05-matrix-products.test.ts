/*
 * 5. Matrix products
 *
 * Almost all the time of a network goes into products of matrices. What is one, and why does the gradient of a
 * product transpose the other factor?
 */
import { expect } from 'chai';
import { matmul, ShapeError, tensor } from '../../src/index.ts';
import { expectError } from '../support/errors.ts';
import { checkGradient } from '../support/gradients.ts';

const A = tensor([
  [1, 2],
  [3, 4],
]);
const B = tensor([
  [5, 6],
  [7, 8],
]);

describe('5. Matrix products: Y = A B', () => {
  describe('forward', () => {
    it('each entry of Y is a row of A times a column of B', () => {
      /*
       *   Y₁₁ = 1·5 + 2·7 = 19     Y₁₂ = 1·6 + 2·8 = 22
       *   Y₂₁ = 3·5 + 4·7 = 43     Y₂₂ = 3·6 + 4·8 = 50
       */
      expect(matmul(A, B).toArray()).to.deep.equal([
        [19, 22],
        [43, 50],
      ]);
    });

    it('the order matters: B A is another matrix', () => {
      // 5·1 + 6·3 = 23, 5·2 + 6·4 = 34, 7·1 + 8·3 = 31, 7·2 + 8·4 = 46
      expect(matmul(B, A).toArray()).to.deep.equal([
        [23, 34],
        [31, 46],
      ]);
    });

    it('[m, k] times [k, n] is [m, n]: the inner size vanishes into the sum', () => {
      const rows = tensor([[1, 2, 3]]); // [1, 3]
      const columns = tensor([[1], [10], [100]]); // [3, 1]
      expect(matmul(rows, columns).toArray()).to.deep.equal([[321]]); // 1·1 + 2·10 + 3·100
      expect(matmul(columns, rows).shape).to.deep.equal([3, 3]);
    });

    it('sizes that do not meet are an error, which names the rule and, where there is one, the repair', () => {
      /*
       * A layer's weight is kept as [out, in]. Whoever writes x W instead of x Wᵀ reads this:
       *
       *   ShapeError: matmul: cannot multiply A [32, 784] by B [128, 784]
       *     rule: columns of A (784) must equal rows of B (128)
       *     try:  matmul(A, B, { transposeB: true })  →  [32, 128]
       */
      const [x, W] = [
        tensor(new Float32Array(32 * 784), [32, 784]),
        tensor(new Float32Array(128 * 784), [128, 784]),
      ];
      expectError(
        () => matmul(x as never, W),
        ShapeError,
        'cannot multiply A [32, 784] by B [128, 784]',
        'columns of A (784) must equal rows of B (128)',
        'matmul(A, B, { transposeB: true })  →  [32, 128]',
      );
    });
  });

  describe('gradient', () => {
    /*
     * Change one entry Aᵢₚ a little. It touches row i of Y alone: Yᵢⱼ = ... + Aᵢₚ Bₚⱼ + ..., so ∂Yᵢⱼ/∂Aᵢₚ = Bₚⱼ.
     * The loss changes through all of that row:
     *
     *   ∂L/∂Aᵢₚ = Σⱼ ∂L/∂Yᵢⱼ · Bₚⱼ = Σⱼ Gᵢⱼ (Bᵀ)ⱼₚ = (G Bᵀ)ᵢₚ
     *
     * In the same way Bₚⱼ touches column j: ∂L/∂Bₚⱼ = Σᵢ Aᵢₚ Gᵢⱼ = (Aᵀ G)ₚⱼ. The transposes come from summing over the
     * index that Y has in common with the changed entry. No need to remember them: only one order fits the shapes.
     */
    it('∂L/∂A = G Bᵀ and ∂L/∂B = Aᵀ G, by hand for L = Σ Y', () => {
      /*
       * L = Σ Y means G = [1 1; 1 1].
       *   G Bᵀ: each row is (5+6, 7+8) = (11, 15)
       *   Aᵀ G: row p is the sum of column p of A: 1+3 = 4 and 2+4 = 6
       */
      const [a, b] = [
        tensor(
          [
            [1, 2],
            [3, 4],
          ],
          { requiresGrad: true },
        ),
        tensor(
          [
            [5, 6],
            [7, 8],
          ],
          { requiresGrad: true },
        ),
      ];
      matmul(a, b).sum().backward();
      expect(a.grad?.toArray()).to.deep.equal([
        [11, 15],
        [11, 15],
      ]);
      expect(b.grad?.toArray()).to.deep.equal([
        [4, 4],
        [6, 6],
      ]);
    });

    it('weighs each entry of Y by its own upstream gradient', () => {
      /*
       * G = [5 50; 500 5000], four sizes that cannot be confused.
       *   G Bᵀ = [5·5+50·6, 5·7+50·8; 500·5+5000·6, 500·7+5000·8] = [325 435; 32500 43500]
       *   Aᵀ G = [1·5+3·500, 1·50+3·5000; 2·5+4·500, 2·50+4·5000] = [1505 15050; 2010 20100]
       */
      const [a, b] = [
        tensor(
          [
            [1, 2],
            [3, 4],
          ],
          { requiresGrad: true },
        ),
        tensor(
          [
            [5, 6],
            [7, 8],
          ],
          { requiresGrad: true },
        ),
      ];
      matmul(a, b).backward(
        tensor([
          [5, 50],
          [500, 5000],
        ]),
      );
      expect(a.grad?.toArray()).to.deep.equal([
        [325, 435],
        [32500, 43500],
      ]);
      expect(b.grad?.toArray()).to.deep.equal([
        [1505, 15050],
        [2010, 20100],
      ]);
    });

    it('agrees with the measured slope for a random G', () => {
      checkGradient(matmul, (random) => [random.uniform([3, 4]), random.uniform([4, 2])]);
    });
  });

  describe('transposes', () => {
    it('transposeA and transposeB read a factor the other way round, without copying it', () => {
      expect(matmul(A, B, { transposeB: true }).toArray()).to.deep.equal([
        [17, 23], // 1·5 + 2·6, 1·7 + 2·8
        [39, 53], // 3·5 + 4·6, 3·7 + 4·8
      ]);
      expect(matmul(A, B, { transposeA: true }).toArray()).to.deep.equal(matmul(A.transpose(), B).toArray());
    });

    it('so a gradient, itself a product with one factor transposed, costs no copy either', () => {
      const flags = [false, true];
      for (const transposeA of flags) {
        for (const transposeB of flags) {
          checkGradient(matmul, (random) => [
            random.uniform(transposeA ? [4, 3] : [3, 4]),
            random.uniform(transposeB ? [2, 4] : [4, 2]),
            { transposeA, transposeB },
          ]);
        }
      }
    });
  });

  describe('stacks', () => {
    it('axes in front of the last two are a stack of matrices, multiplied one by one', () => {
      const stack = tensor([[[1, 2]], [[3, 4]]]); // two matrices [1, 2]
      expect(matmul(stack, B).toArray()).to.deep.equal([[[19, 22]], [[43, 50]]]); // B is used for both
    });

    it('a matrix that is used for the whole stack collects the gradient of each use', () => {
      const b = tensor(
        [
          [5, 6],
          [7, 8],
        ],
        { requiresGrad: true },
      );
      matmul(tensor([[[1, 2]], [[3, 4]]]), b)
        .sum()
        .backward();
      expect(b.grad?.toArray()).to.deep.equal([
        [4, 4], // 1 + 3: as above, where the rows stood in one matrix
        [6, 6],
      ]);
    });
  });
});
