/*
 * 1. Shapes and numbers
 *
 * Everything that a network handles - pictures, words, weights, errors - is a tensor. What is a tensor? A row
 * of numbers in memory, and a shape that says how to read it. This chapter is about both: where an element
 * lies, what changes when only the shape does, and which numbers there are.
 */
import { expect } from 'chai';
import {
  add,
  arange,
  flatten,
  mul,
  reshape,
  ShapeError,
  sum,
  tensor,
  transpose,
  zeros,
} from '../../src/index.ts';
import { expectError } from '../support/errors.ts';

const A = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

describe('1. Shapes and numbers', () => {
  describe('shapes', () => {
    it('a shape names the size of each axis, the outermost first', () => {
      expect(tensor(7).shape).to.deep.equal([]); // a scalar: no axes
      expect(tensor([1, 2, 3]).shape).to.deep.equal([3]); // a vector
      expect(A.shape).to.deep.equal([2, 3]); // a matrix: 2 rows of 3
      expect(zeros([32, 28, 28]).shape).to.deep.equal([32, 28, 28]); // 32 pictures of 28 rows of 28 pixels
    });

    it('the number of elements is the product of the sizes', () => {
      expect(A.size).to.equal(6); // 2·3
      expect(zeros([32, 28, 28]).size).to.equal(25_088); // 32·28·28
      expect(tensor(7).size).to.equal(1); // a product of no factors is 1: a scalar holds one number
      expect(zeros([4, 0, 3]).size).to.equal(0);
    });

    it('rows must be equally long: a ragged list has no shape', () => {
      expectError(
        () => tensor([[1, 2, 3], [4]]),
        ShapeError,
        'values[1] is an array of 1, not an array of 3',
      );
    });
  });

  describe('memory', () => {
    it('the elements lie in one row, the last axis running fastest', () => {
      expect([...A.data]).to.deep.equal([1, 2, 3, 4, 5, 6]);
    });

    it('element [i, j, k] of a tensor [I, J, K] lies at place (i·J + j)·K + k', () => {
      /*
       * Before block i lie i blocks of J·K numbers; in it, before row j, lie j rows of K; in that, k numbers.
       * Together i·J·K + j·K + k = (i·J + j)·K + k. The size of the first axis, I, plays no part.
       *
       * In a tensor [2, 3, 4] that counts 0, 1, 2, ..., each element therefore tells its own place:
       *   element [1, 2, 3] is (1·3 + 2)·4 + 3 = 23, the last of the 24
       *   element [1, 0, 2] is (1·3 + 0)·4 + 2 = 14
       */
      const x = reshape(arange(24), [2, 3, 4]);
      const nested = x.toArray() as number[][][];
      expect(nested[1][2][3]).to.equal(23);
      expect(nested[1][0][2]).to.equal(14);
    });
  });

  describe('the same numbers under another shape', () => {
    it('reshape moves nothing: the numbers stay in their order, only the rows are cut elsewhere', () => {
      expect(reshape(A, [3, 2]).toArray()).to.deep.equal([
        [1, 2],
        [3, 4],
        [5, 6],
      ]);
    });

    it('so it is no transpose, which turns rows into columns and has to move the numbers', () => {
      const At = transpose(A);
      expect(At.toArray()).to.deep.equal([
        [1, 4],
        [2, 5],
        [3, 6],
      ]);
      expect([...At.data]).to.deep.equal([1, 4, 2, 5, 3, 6]);
    });

    it('the reshaped tensor is the same memory: writing through one shows in the other', () => {
      const x = zeros([2, 3]);
      const y = reshape(x, [6]);
      x.copyFrom(A);
      expect(y.toArray()).to.deep.equal([1, 2, 3, 4, 5, 6]);
    });

    it('one size may be left open: −1 becomes what the others leave', () => {
      expect(reshape(A, [-1, 2]).shape).to.deep.equal([3, 2]); // 6/2
    });

    it('the number of elements cannot change', () => {
      expectError(() => reshape(A, [4, 2]), ShapeError, 'cannot reshape [2, 3] into [4, 2]', '[2, 3] has 6');
    });

    it('a layer wants a picture as one row: flatten joins rows and columns, not the pictures', () => {
      /*
       * A layer multiplies rows. To it, 32 pictures of shape [28, 28] are 32 rows of 784: flatten from axis 1
       * on. Pixel (r, c) of picture n, which lies at (n·28 + r)·28 + c = n·784 + (28r + c), is column 28r + c
       * of row n. Flattened altogether, the 32 pictures would be a single row of 25,088.
       */
      const pictures = reshape(arange(32 * 28 * 28), [32, 28, 28]);
      const rows = flatten(pictures, 1);
      expect(rows.shape).to.deep.equal([32, 784]);
      expect((rows.toArray() as number[][])[2][28 * 5 + 7]).to.equal(2 * 784 + 28 * 5 + 7);
      expect(flatten(pictures).shape).to.deep.equal([25_088]);
    });
  });

  describe('arithmetic', () => {
    it('goes element by element: · is not the product of matrices, which is chapter 5', () => {
      expect(add(A, A).toArray()).to.deep.equal([
        [2, 4, 6],
        [8, 10, 12],
      ]);
      expect(mul(A, A).toArray()).to.deep.equal([
        [1, 4, 9],
        [16, 25, 36],
      ]);
    });

    it('sum over an axis makes that axis vanish', () => {
      // The axis that is named is the one that is walked along, not the one that stays.
      expect(sum(A, 0).toArray()).to.deep.equal([5, 7, 9]); // down the rows: 1+4, 2+5, 3+6
      expect(sum(A, 1).toArray()).to.deep.equal([6, 15]); // along each row: 1+2+3, 4+5+6
      expect(sum(A, -1).toArray()).to.deep.equal([6, 15]); // −1 is the last axis, whatever its number
      expect(sum(A).toArray()).to.equal(21); // over all axes: a scalar
    });

    it('keepDims leaves the axis there with size 1, so that rows are still rows', () => {
      expect(sum(A, 1, { keepDims: true }).toArray()).to.deep.equal([[6], [15]]); // for chapter 2
    });
  });

  describe('numbers', () => {
    /*
     * A float32 is a sign, a power of two and 24 binary digits: ± m·2ᵉ, m a whole number below
     * 2²⁴ = 16,777,216. That is about seven decimal digits. JavaScript's own numbers, float64, have sixteen,
     * and take twice the memory and twice the time to fetch; networks are content with seven.
     */
    it('halves, quarters, eighths are exact; a tenth is not', () => {
      expect(tensor(0.375).item()).to.equal(3 / 8);
      /*
       * The step between float32 numbers near 0.1, in the range from 1/16 to 1/8, is 2⁻⁴/2²³ = 2⁻²⁷.
       * 0.1/2⁻²⁷ = 0.1 · 134,217,728 = 13,421,772.8. The nearest whole number is 13,421,773.
       */
      expect(tensor(0.1).item()).to.equal(13_421_773 / 2 ** 27); // 0.10000000149...
    });

    it('so the same tenth compares as unequal to the float64 that JavaScript writes', () => {
      // Tests of this course therefore use numbers that are exact, or say how near is near enough.
      expect(tensor(0.1).item()).not.to.equal(0.1);
      expect(tensor(0.1).item()).to.be.closeTo(0.1, 2 ** -28); // half a step at most
    });

    it('whole numbers are exact up to 2²⁴; the next one has no 25th digit to be written with', () => {
      expect(tensor(16_777_215).item()).to.equal(16_777_215);
      expect(tensor(16_777_216).item()).to.equal(16_777_216);
      expect(tensor(16_777_217).item()).to.equal(16_777_216);
      expect(add(tensor(16_777_216), 1).item()).to.equal(16_777_216); // adding 1 has no effect: chapter 15
    });

    it('what is too large becomes infinite, and what is no number at all is NaN', () => {
      // The largest float32 is (2²⁴ − 1)·2¹⁰⁴, about 3.4·10³⁸.
      expect(mul(tensor(1e30), 1e30).item()).to.equal(Infinity);
      expect(mul(tensor(Infinity), 0).item()).to.be.NaN; // 0 times something unbounded can be anything
    });
  });
});
