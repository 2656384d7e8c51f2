// Laws that hold for all shapes and values, tried on random ones.
import { expect } from 'chai';
import fc from 'fast-check';
import {
  add,
  broadcastTo,
  concat,
  div,
  flip,
  grad,
  matmul,
  maximum,
  mul,
  permute,
  relu,
  reshape,
  slice,
  softmax,
  split,
  sub,
  sum,
  tensor,
  transpose,
} from '../../src/index.ts';
import type { Tensor } from '../../src/index.ts';
import { sizeOf } from '../../src/tensor/index.ts';

/** Runs a law on 60 random cases, the same in every run. */
const holds = <T>(cases: fc.Arbitrary<T>, law: (value: T) => void): void =>
  fc.assert(fc.property(cases, law), { seed: 20_26, numRuns: 60 });

const size = fc.integer({ min: 1, max: 4 });
const shapes = (minLength = 0, maxLength = 4) => fc.array(size, { minLength, maxLength });

/** Multiples of 1/8 in ±8: sums and products of a few of them are exact in float32, so laws can hold exactly. */
const exact = fc.integer({ min: -64, max: 64 }).map((n) => n / 8);
const smooth = fc.double({ min: -5, max: 5, noNaN: true });

const tensors = (shape: number[], values: fc.Arbitrary<number> = exact): fc.Arbitrary<Tensor> =>
  fc.array(values, { minLength: sizeOf(shape), maxLength: sizeOf(shape) }).map((list) => tensor(list, shape));

/** A tensor of a random shape. */
const anyTensor = (minLength = 0, values = exact) =>
  shapes(minLength).chain((shape) => tensors(shape, values));

const expectSame = (a: Tensor, b: Tensor): void => {
  expect(a.shape).to.deep.equal(b.shape);
  expect([...a.data]).to.deep.equal([...b.data]);
};

const expectClose = (a: Tensor, b: Tensor, tolerance: number): void => {
  expect(a.shape).to.deep.equal(b.shape);
  a.data.forEach((value, i) =>
    expect(value).to.be.closeTo(b.data[i], tolerance * Math.max(1, Math.abs(b.data[i]))),
  );
};

/** Every index of a shape, as [i₀, i₁, ...], in row-major order. */
function* indicesOf(shape: readonly number[]): Generator<number[]> {
  if (shape.length === 0) yield [];
  else for (let i = 0; i < shape[0]; i++) for (const rest of indicesOf(shape.slice(1))) yield [i, ...rest];
}

/** The element at an index, by walking nested arrays: no strides. */
const at = (x: Tensor, index: number[]): number =>
  index.reduce<unknown>((level, i) => (level as unknown[])[i], x.toArray()) as number;

describe('broadcasting', () => {
  /** A common shape, and two shapes that broadcast to it: axes missing in front, others shrunk to 1. */
  const pairs = shapes(1).chain((whole) => {
    const part = fc
      .tuple(
        fc.nat(whole.length),
        fc.array(fc.boolean(), { minLength: whole.length, maxLength: whole.length }),
      )
      .map(([missing, keep]) => whole.map((n, axis) => (keep[axis] ? n : 1)).slice(missing));
    return fc.tuple(part, part).chain(([a, b]) => fc.tuple(tensors(a), tensors(b)));
  });

  const operations = {
    add: [add, (a: number, b: number) => a + b],
    sub: [sub, (a: number, b: number) => a - b],
    mul: [mul, (a: number, b: number) => a * b],
    maximum: [maximum, (a: number, b: number) => Math.max(a, b)],
    div: [div, (a: number, b: number) => Math.fround(a / b)],
  } as const;

  for (const [name, [op, formula]] of Object.entries(operations)) {
    it(`of ${name} is what NumPy's rule says, index by index`, () => {
      holds(pairs, ([a, b]) => {
        const Y = op(a, b);
        /** The operand's own index: its axes are the last ones, and an axis of size 1 has only place 0. */
        const own = (x: Tensor, index: number[]) =>
          index.slice(index.length - x.rank).map((i, axis) => (x.shape[axis] === 1 ? 0 : i));
        for (const index of indicesOf(Y.shape))
          expect(at(Y, index)).to.deep.equal(formula(at(a, own(a, index)), at(b, own(b, index))));
      });
    });
  }

  it('to its own shape changes nothing; and summed over, it multiplies', () => {
    holds(anyTensor(), (x) => {
      expectSame(broadcastTo(x, x.shape), x);
      expectSame(sum(broadcastTo(x, [3, ...x.shape]), 0), mul(x, 3));
    });
  });
});

describe('matrix products', () => {
  const matrix = (rows: number, columns: number) => tensors([rows, columns]);
  const chain = fc
    .tuple(size, size, size)
    .chain(([m, k, n]) => fc.tuple(matrix(m, k), matrix(m, k), matrix(k, n), exact));

  it('are linear: (sA + B)C = s·AC + BC', () => {
    holds(chain, ([A, B, C, s]) => {
      expectSame(matmul(add(mul(A, s), B), C), add(mul(matmul(A, C), s), matmul(B, C)));
    });
  });

  it('transpose in reverse: (AB)ᵀ = BᵀAᵀ', () => {
    holds(chain, ([A, , B]) => {
      const expected = transpose(matmul(A, B));
      expectSame(matmul(transpose(B), transpose(A)), expected);
      expectSame(matmul(B, A, { transposeA: true, transposeB: true }), expected);
    });
  });

  it('are sums of products, index by index', () => {
    holds(chain, ([A, , B]) => {
      const Y = matmul(A, B);
      for (const [i, j] of indicesOf(Y.shape)) {
        let total = 0;
        for (let p = 0; p < A.shape[1]; p++) total += at(A, [i, p]) * at(B, [p, j]);
        expect(at(Y, [i, j])).to.equal(total);
      }
    });
  });
});

describe('reshape', () => {
  it('there and back changes nothing, and keeps the row-major order', () => {
    holds(anyTensor(), (x) => {
      const flat = reshape(x, [-1]);
      expect([...flat.data]).to.deep.equal([...x.data]);
      expectSame(reshape(flat, x.shape), x);
    });
  });
});

describe('sums', () => {
  /** A tensor, and its axes in random order, cut into groups. */
  const cases = anyTensor(1, smooth).chain((x) =>
    fc.tuple(
      fc.constant(x),
      fc.shuffledSubarray([...x.shape.keys()], { minLength: x.rank, maxLength: x.rank }),
      fc.nat(x.rank),
    ),
  );

  it('over the axes in any order and any grouping agree with the sum of everything', () => {
    holds(cases, ([x, order, cut]) => {
      const first = order.slice(0, cut);
      const kept = sum(x, first, { keepDims: true });
      expectClose(sum(sum(kept, order.slice(cut))), sum(x), 1e-5);
      expectClose(reshape(kept, sum(x, first).shape), sum(x, first), 0);
      const oneByOne = order.reduce((y, axis) => sum(y, axis, { keepDims: true }), x);
      expectClose(reshape(oneByOne, []), sum(x), 1e-5);
    });
  });

  it('have a gradient of ones', () => {
    holds(cases, ([x, order, cut]) => {
      x.requiresGrad = true;
      const [g] = grad(sum(sum(x, order.slice(0, cut))), [x]);
      expect(g.shape).to.deep.equal(x.shape);
      expect(g.data.every((value) => value === 1)).to.equal(true);
    });
  });
});

describe('softmax', () => {
  const cases = anyTensor(1, smooth).chain((x) => fc.tuple(fc.constant(x), fc.nat(x.rank - 1), exact));

  it('sums to 1 along its axis, and is never negative', () => {
    holds(cases, ([x, axis]) => {
      const y = softmax(x, axis);
      for (const total of sum(y, axis).data) expect(total).to.be.closeTo(1, 1e-6);
      expect(y.data.every((p) => p >= 0 && p <= 1)).to.equal(true);
    });
  });

  it('does not change when all logits are shifted by the same', () => {
    holds(cases, ([x, axis, shift]) => {
      expectClose(softmax(add(x, shift), axis), softmax(x, axis), 2e-6);
    });
  });
});

describe('pieces', () => {
  /** A tensor, an axis, and sizes that add up to it. */
  const cases = anyTensor(1).chain((x) =>
    fc.nat(x.rank - 1).chain((axis) =>
      fc
        .uniqueArray(fc.nat(x.shape[axis]), { maxLength: 3 })
        .map((cuts) => [0, ...cuts.sort((a, b) => a - b), x.shape[axis]])
        .map((ends) => ({ x, axis, ends, sizes: ends.slice(1).map((end, i) => end - ends[i]) })),
    ),
  );

  it('that split made are put together again by concat', () => {
    holds(cases, ({ x, axis, sizes }) => expectSame(concat(split(x, sizes, axis), axis), x));
  });

  it('are what slice takes', () => {
    holds(cases, ({ x, axis, ends, sizes }) =>
      split(x, sizes, axis).forEach((piece, i) => {
        expectSame(piece, slice(x, ends[i], ends[i + 1], axis));
      }),
    );
  });
});

describe('permutations of axes', () => {
  it('are undone by their inverse, and move each element to where its index went', () => {
    const cases = anyTensor().chain((x) =>
      fc.tuple(
        fc.constant(x),
        fc.shuffledSubarray([...x.shape.keys()], { minLength: x.rank, maxLength: x.rank }),
      ),
    );
    holds(cases, ([x, axes]) => {
      const y = permute(x, axes);
      const inverse = axes.map((_, axis) => axes.indexOf(axis));
      expectSame(permute(y, inverse), x);
      for (const index of indicesOf(x.shape))
        expect(
          at(
            y,
            axes.map((axis) => index[axis]),
          ),
        ).to.equal(at(x, index));
    });
  });

  it('flipping twice changes nothing', () => {
    holds(anyTensor(), (x) => expectSame(flip(flip(x)), x));
  });
});

describe('relu', () => {
  it('twice is relu once, and x is the difference of its positive and negative parts', () => {
    holds(anyTensor(), (x) => {
      expectSame(relu(relu(x)), relu(x));
      expectSame(add(sub(relu(x), relu(mul(x, -1))), 0), add(x, 0));
    });
  });
});
