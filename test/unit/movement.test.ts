// Movement and indexing: where every element goes, what comes back to it, and what is refused.
import { expect } from 'chai';
import { checkIndices, checkLabels } from '../../src/autograd/indices.ts';
import { backend } from '../../src/kernels/index.ts';
import {
  add,
  ArgumentError,
  arange,
  concat,
  embedding,
  flip,
  gather,
  grad,
  IndexError,
  indexAdd,
  indexSelect,
  mul,
  oneHot,
  pad,
  permute,
  reshape,
  scatterAdd,
  ShapeError,
  slice,
  split,
  stack,
  sum,
  type Tensor,
  tensor,
  transpose,
  tril,
  triu,
  zeros,
} from '../../src/index.ts';
import { expectError } from '../support/errors.ts';

/** 1, 2, 3, ... in that shape. */
const counted = (...shape: number[]): Tensor =>
  reshape(add(arange(shape.reduce((a, b) => a * b, 1)), 1), shape);

const shown = (x: Tensor) => ({ shape: [...x.shape], values: x.toArray() });

/** Expects nested values; the shape is asked for too, since [] does not show [0, 3]. */
function expectTensor(x: Tensor, values: unknown, shape?: number[]): void {
  expect(x.toArray()).to.deep.equal(values);
  if (shape) expect([...x.shape]).to.deep.equal(shape);
}

const leaf = (x: Tensor): Tensor => {
  const own = x.detach();
  own.requiresGrad = true;
  return own;
};

/** What comes back to x from `op`, when 1, 10, 100, ... comes from above (so that each element is told apart). */
function comesBack(op: (x: Tensor) => Tensor, x: Tensor): unknown {
  const from = leaf(x);
  const y = op(from);
  const gradient = reshape(tensor(Array.from({ length: y.size }, (_, i) => 10 ** i)), y.shape);
  return grad(y, [from], { gradient })[0].toArray();
}

const matrix = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

describe('permute and transpose', () => {
  it('permute puts axis axes[i] of x at place i', () => {
    // Y[k][i][j] = X[i][j][k]: the last of three axes goes to the front
    expectTensor(permute(counted(2, 2, 3), [2, 0, 1]), [
      [
        [1, 4],
        [7, 10],
      ],
      [
        [2, 5],
        [8, 11],
      ],
      [
        [3, 6],
        [9, 12],
      ],
    ]);
  });

  it('permute counts negative axes from the end', () => {
    expectTensor(permute(matrix, [-1, 0]), [
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
  });

  it('permuting there and back changes nothing', () => {
    const x = counted(2, 3, 4);
    expect(shown(permute(permute(x, [2, 0, 1]), [1, 2, 0]))).to.deep.equal(shown(x));
  });

  it('transpose turns rows into columns', () => {
    expectTensor(transpose(matrix), [
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
  });

  it('transpose works on the last two axes, or on any two', () => {
    const x = counted(1, 2, 3);
    expectTensor(transpose(x), [
      [
        [1, 4],
        [2, 5],
        [3, 6],
      ],
    ]);
    expect(transpose(x, 0, -1).shape).to.deep.equal([3, 2, 1]);
    expectTensor(transpose(x, 0, 1), [[[1, 2, 3]], [[4, 5, 6]]]);
    expectTensor(transpose(x, 1, 1), x.toArray());
  });

  it('transposing is a copy: writing to it does not change x', () => {
    const x = counted(2, 1);
    transpose(x).copyFrom([8, 9]);
    expectTensor(x, [[1], [2]]);
  });

  it('a scalar permutes into itself, and empty tensors keep their sizes', () => {
    expectTensor(permute(tensor(7), []), 7, []);
    expectTensor(transpose(zeros([0, 3])), [[], [], []], [3, 0]);
    expectTensor(permute(zeros([2, 0, 3]), [1, 2, 0]), [], [0, 3, 2]);
  });

  it('each gradient goes back to where its element came from', () => {
    expect(comesBack(transpose, matrix)).to.deep.equal([
      [1, 100, 10000],
      [10, 1000, 100000],
    ]);
  });

  it('the compiler knows the sizes of a transposed matrix', () => {
    const x = zeros([3, 5]);
    const y: Tensor<[5, 3]> = transpose(x);
    // @ts-expect-error 3 rows became 3 columns
    const wrong: Tensor<[3, 5]> = transpose(x);
    const unknown: Tensor<[2, 4, 3]> = transpose(zeros([2, 3, 4]) as Tensor);
    expect([y, wrong, unknown].map(({ shape }) => [...shape])).to.deep.equal([
      [5, 3],
      [5, 3],
      [2, 4, 3],
    ]);
  });

  it('refuse axes that are missing, named twice or not there', () => {
    expectError(() => permute(matrix, [0]), ShapeError, 'permute: axes [0]', 'must be named once', '[1, 0]');
    expectError(() => permute(matrix, [0, 0]), ShapeError, 'permute: axes [0, 0]', 'must be named once');
    expectError(() => permute(matrix, [1, -1]), ShapeError, 'axes [1, -1]');
    expectError(() => permute(matrix, [0, 2]), ShapeError, 'permute: axis 2', 'from -2 to 1');
    expectError(() => permute(matrix, [0, 0.5]), ShapeError, 'axis 0.5');
    expectError(() => permute(matrix, 1 as never), ArgumentError, 'axes is 1', 'permute(x, [1, 0])');
    expectError(() => permute([1, 2] as never, [0]), ArgumentError, 'permute: x is an array of 2');
    expectError(() => transpose(tensor([1, 2])), ShapeError, 'transpose: axis -2', '[2]');
    expectError(() => transpose(tensor(1)), ShapeError, 'a scalar has no axes');
    expectError(() => transpose(matrix, 0, 2), ShapeError, 'transpose: axis 2');
  });
});

describe('slice', () => {
  const x = tensor([1, 2, 3, 4, 5]);

  it('takes from start up to, not including, end', () => {
    expectTensor(slice(x, 1, 3), [2, 3]);
    expectTensor(slice(x, 3), [4, 5]);
  });

  it('agrees with Array.prototype.slice for every start and end, also far outside', () => {
    const array = [1, 2, 3, 4, 5];
    for (let start = -7; start <= 7; start++) {
      expectTensor(slice(x, start), array.slice(start));
      for (let end = -7; end <= 7; end++) expectTensor(slice(x, start, end), array.slice(start, end));
    }
  });

  it('slices along any axis', () => {
    expectTensor(slice(matrix, 1), [[4, 5, 6]]);
    expectTensor(slice(matrix, 0, -1, 1), [
      [1, 2],
      [4, 5],
    ]);
    expectTensor(slice(counted(2, 2, 2), 1, undefined, -2), [[[3, 4]], [[7, 8]]]);
  });

  it('an empty slice keeps the other sizes', () => {
    expectTensor(slice(matrix, 2), [], [0, 3]);
    expectTensor(slice(matrix, 2, 1, 1), [[], []], [2, 0]);
    expectTensor(slice(zeros([0, 3]), 0, 2), [], [0, 3]);
  });

  it('is a copy, even when it takes everything', () => {
    const whole = slice(x, 0);
    whole.copyFrom([0, 0, 0, 0, 0]);
    expectTensor(x, [1, 2, 3, 4, 5]);
  });

  it('what was cut off has gradient 0', () => {
    expect(comesBack((a) => slice(a, 1, 3), x)).to.deep.equal([0, 1, 10, 0, 0]);
    expect(comesBack((a) => slice(a, -1, undefined, 1), matrix)).to.deep.equal([
      [0, 0, 1],
      [0, 0, 10],
    ]);
    expect(comesBack((a) => slice(a, 2), matrix)).to.deep.equal([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  it('does not need the values for its gradient: they may be overwritten', () => {
    const w = leaf(counted(3));
    const loss = sum(slice(w, 1));
    w.copyFrom([7, 8, 9]);
    expectTensor(grad(loss, [w])[0], [0, 1, 1]);
  });

  it('refuses fractions, missing starts, and axes that are not there', () => {
    expectError(() => slice(x, 0.5), ArgumentError, 'slice: start is 0.5', 'a whole number');
    expectError(() => slice(x, 0, 1.5), ArgumentError, 'end is 1.5');
    expectError(() => slice(x, Number.NaN), ArgumentError, 'start is NaN');
    expectError(() => slice(x, undefined as never), ArgumentError, 'start is undefined');
    expectError(() => slice(x, '1' as never), ArgumentError, 'start is "1"');
    expectError(() => slice(x, 0, null as never), ArgumentError, 'end is null');
    expectError(() => slice(x, 0, 1, 1), ShapeError, 'slice: axis 1', '[5]');
    expectError(() => slice(tensor(3), 0), ShapeError, 'a scalar has no axes');
    expectError(() => slice([1, 2] as never, 0), ArgumentError, 'tensor(x)');
  });
});

describe('pad', () => {
  it('puts zeros before and after, axis by axis', () => {
    expectTensor(
      pad(matrix, [
        [1, 0],
        [0, 2],
      ]),
      [
        [0, 0, 0, 0, 0],
        [1, 2, 3, 0, 0],
        [4, 5, 6, 0, 0],
      ],
    );
  });

  it('puts any value, −∞ too', () => {
    expectTensor(pad(tensor([1, 2]), [[2, 1]], 9), [9, 9, 1, 2, 9]);
    expectTensor(pad(tensor([1]), [[1, 0]], -Infinity), [-Infinity, 1]);
  });

  it('slice takes away what pad has put', () => {
    const padded = pad(matrix, [
      [2, 1],
      [1, 3],
    ]);
    expectTensor(slice(slice(padded, 2, -1), 1, -3, 1), matrix.toArray());
  });

  it('fills an empty tensor with the value, and leaves a scalar as it is', () => {
    expectTensor(pad(zeros([0]), [[1, 2]], 4), [4, 4, 4], [3]);
    expectTensor(
      pad(zeros([0, 2]), [
        [1, 0],
        [0, 0],
      ]),
      [[0, 0]],
    );
    expectTensor(pad(tensor(5), []), 5, []);
  });

  it('what was put around has no gradient to give', () => {
    expect(comesBack((a) => pad(a, [[1, 2]], 7), tensor([1, 2]))).to.deep.equal([10, 100]);
  });

  it('refuses widths that are too few, too many, negative, fractional or no pairs', () => {
    expectError(() => pad(matrix, [[1, 1]]), ShapeError, 'widths for 1 axes', '[2, 3] has 2', 'each axis');
    expectError(
      () =>
        pad(tensor([1]), [
          [1, 1],
          [0, 0],
        ]),
      ShapeError,
      'widths for 2 axes',
    );
    expectError(() => pad(tensor([1]), [[0, -1]]), ArgumentError, 'widths[0][1] is -1', 'at least 0');
    expectError(() => pad(tensor([1]), [[0.5, 0]]), ArgumentError, 'widths[0][0] is 0.5', 'whole number');
    expectError(
      () => pad(tensor([1]), [1] as never),
      ArgumentError,
      'widths[0] is 1',
      'pair',
      'pad(x, [[1, 1]])',
    );
    expectError(() => pad(tensor([1]), [[1]] as never), ArgumentError, 'widths[0] is an array of 1');
    expectError(() => pad(tensor([1]), 1 as never), ArgumentError, 'widths is 1');
    expectError(() => pad(tensor([1]), [[1, 1]], '0' as never), ArgumentError, 'value is "0"');
  });
});

describe('concat and stack', () => {
  const [a, b] = [
    tensor([[1, 2]]),
    tensor([
      [3, 4],
      [5, 6],
    ]),
  ];

  it('concat puts rows below rows', () => {
    expectTensor(concat([a, b]), [
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
  });

  it('concat puts columns beside columns', () => {
    expectTensor(concat([b, tensor([[7], [8]])], 1), [
      [3, 4, 7],
      [5, 6, 8],
    ]);
    expectTensor(concat([counted(2, 1, 2), counted(2, 2, 2)], -2), [
      [
        [1, 2],
        [1, 2],
        [3, 4],
      ],
      [
        [3, 4],
        [5, 6],
        [7, 8],
      ],
    ]);
  });

  it('concat takes a tensor alone, a tensor twice, and empty ones', () => {
    expectTensor(concat([a]), [[1, 2]]);
    expectTensor(concat([a, a], 1), [[1, 2, 1, 2]]);
    expectTensor(concat([zeros([0, 2]), a, zeros([0, 2])]), [[1, 2]]);
    expectTensor(concat([zeros([0, 2]), zeros([0, 2])]), [], [0, 2]);
    expectTensor(concat([zeros([2, 0]), zeros([2, 0])]), [[], [], [], []], [4, 0]);
  });

  it('concat gives each tensor its own part of the gradient', () => {
    const [x, y] = [leaf(a), leaf(b)];
    const gradient = tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const [dx, dy] = grad(concat([x, y]), [x, y], { gradient });
    expectTensor(dx, [[1, 2]]);
    expectTensor(dy, [
      [3, 4],
      [5, 6],
    ]);
  });

  it('a tensor that stands in the list twice collects both parts', () => {
    expect(comesBack((x) => concat([x, mul(x, 3), x]), tensor([1, 2]))).to.deep.equal([
      1 + 3 * 100 + 10000,
      10 + 3 * 1000 + 100000,
    ]);
  });

  it('stack makes a new axis', () => {
    const [x, y] = [tensor([1, 2]), tensor([3, 4])];
    expectTensor(stack([x, y]), [
      [1, 2],
      [3, 4],
    ]);
    for (const axis of [1, -1])
      expectTensor(stack([x, y], axis), [
        [1, 3],
        [2, 4],
      ]);
    expectTensor(stack([matrix, matrix], 1), [
      [
        [1, 2, 3],
        [1, 2, 3],
      ],
      [
        [4, 5, 6],
        [4, 5, 6],
      ],
    ]);
  });

  it('stack makes a vector of scalars and numbers', () => {
    expectTensor(stack([tensor(1), 2, tensor(3)]), [1, 2, 3]);
    expectTensor(stack([zeros([0]), zeros([0])]), [[], []], [2, 0]);
  });

  it('concat names the tensor and the axis that do not fit, and the axis that would', () => {
    expectError(
      () => concat([zeros([2, 3]), zeros([2, 3]), zeros([2, 4])]),
      ShapeError,
      'concat: tensors[2] [2, 4] does not fit tensors[0] [2, 3] along axis 1',
      'sizes may differ along axis 0 only; axis 1 has 4 and 3',
      'concat(tensors, 1)',
    );
    expectError(() => concat([zeros([2, 3]), zeros([4, 5])], 1), ShapeError, 'along axis 0', 'has 4 and 2');
    expectError(() => concat([matrix, tensor([1, 2, 3])]), ShapeError, 'tensors[1] [3]', 'number of axes: 2');
  });

  it('refuse empty lists, things that are no tensors, scalars, and axes that are not there', () => {
    expectError(() => concat([]), ArgumentError, 'concat', 'at least one tensor');
    expectError(() => concat(matrix as never), ArgumentError, 'a list of at least one tensor');
    expectError(() => concat([matrix, [1]] as never), ArgumentError, 'tensors[1] is an array of 1');
    expectError(() => concat([tensor(1), tensor(2)]), ShapeError, 'a scalar has no axes');
    expectError(() => concat([matrix], 2), ShapeError, 'concat: axis 2');
    expectError(() => stack([]), ArgumentError, 'stack', 'at least one tensor');
    expectError(() => stack([matrix], 3), ShapeError, 'stack: axis 3');
    expectError(
      () => stack([zeros([2]), zeros([3])]),
      ShapeError,
      'stack: tensors[1] [3] does not fit tensors[0] [2]',
      'must be equal',
    );
  });
});

describe('split', () => {
  it('cuts into pieces of one size, the last one smaller if need be', () => {
    expect(split(counted(5), 2).map((piece) => piece.toArray())).to.deep.equal([[1, 2], [3, 4], [5]]);
    expect(split(counted(4), 2).map((piece) => piece.toArray())).to.deep.equal([
      [1, 2],
      [3, 4],
    ]);
    expect(split(counted(2), 5).map((piece) => piece.toArray())).to.deep.equal([[1, 2]]);
  });

  it('cuts into pieces of the given sizes, along any axis', () => {
    const [left, none, right] = split(matrix, [1, 0, 2], -1);
    expectTensor(left, [[1], [4]]);
    expectTensor(none, [[], []], [2, 0]);
    expectTensor(right, [
      [2, 3],
      [5, 6],
    ]);
  });

  it('concat puts the pieces together again', () => {
    const x = counted(3, 5, 2);
    for (const axis of [0, 1, 2]) expect(shown(concat(split(x, 2, axis), axis))).to.deep.equal(shown(x));
  });

  it('cuts an empty axis into one empty piece, or as many as there are sizes', () => {
    expect(split(zeros([0, 3]), 2).map((piece) => [...piece.shape])).to.deep.equal([[0, 3]]);
    expect(split(zeros([0, 3]), [0, 0]).map((piece) => [...piece.shape])).to.deep.equal([
      [0, 3],
      [0, 3],
    ]);
  });

  it('each piece brings back its own part of the gradient', () => {
    expect(comesBack((x) => mul(split(x, [1, 2])[1], 2), counted(3))).to.deep.equal([0, 2, 20]);
  });

  it('is a method, too', () => {
    expect(matrix.split(1)).to.have.length(2);
  });

  it('refuses sizes that do not add up, and says what is missing', () => {
    expectError(
      () => split(matrix, [1, 1], 1),
      ShapeError,
      'split: the sizes [1, 1] add up to 2, but axis 1 of [2, 3] has size 3',
      'split(x, [1, 1, 1], 1)',
    );
    expectError(() => split(matrix, [1, 2]), ShapeError, 'add up to 3, but axis 0 of [2, 3] has size 2');
    expectError(() => split(matrix, []), ShapeError, 'add up to 0');
  });

  it('refuses sizes that are 0, negative or fractional, and axes that are not there', () => {
    expectError(() => split(matrix, 0), ArgumentError, 'the size is 0', 'at least 1');
    expectError(() => split(matrix, 1.5), ArgumentError, 'the size is 1.5', 'whole number');
    expectError(() => split(matrix, [3, -1]), ArgumentError, 'sizes[1] is -1', 'at least 0');
    expectError(() => split(matrix, undefined as never), ArgumentError, 'sizes is undefined');
    expectError(() => split(matrix, 1, 2), ShapeError, 'split: axis 2');
    expectError(() => split(tensor(1), 1), ShapeError, 'a scalar has no axes');
    expectError(() => split([1, 2] as never, 1), ArgumentError, 'x is an array of 2');
  });
});

describe('flip', () => {
  it('turns every axis around, or the given ones', () => {
    expectTensor(flip(matrix), [
      [6, 5, 4],
      [3, 2, 1],
    ]);
    expectTensor(flip(matrix, 0), [
      [4, 5, 6],
      [1, 2, 3],
    ]);
    expectTensor(flip(matrix, -1), [
      [3, 2, 1],
      [6, 5, 4],
    ]);
    expectTensor(flip(counted(2, 2, 2), [0, -1]), [
      [
        [6, 5],
        [8, 7],
      ],
      [
        [2, 1],
        [4, 3],
      ],
    ]);
    expectTensor(flip(matrix, []), matrix.toArray());
  });

  it('twice changes nothing', () => {
    const x = counted(2, 3, 4);
    expect(shown(flip(flip(x, [1, 2]), [1, 2]))).to.deep.equal(shown(x));
  });

  it('leaves scalars and empty tensors as they are', () => {
    expectTensor(flip(tensor(4)), 4, []);
    expectTensor(flip(zeros([2, 0])), [[], []], [2, 0]);
    expectTensor(flip(zeros([0, 2])), [], [0, 2]);
  });

  it('turns the gradient around, too', () => {
    expect(comesBack((x) => flip(x), tensor([1, 2, 3]))).to.deep.equal([100, 10, 1]);
  });

  it('refuses axes that are not there or named twice', () => {
    expectError(() => flip(matrix, 2), ShapeError, 'flip: axis 2');
    expectError(() => flip(matrix, [0, -2]), ShapeError, 'axis 0 is named twice');
    expectError(() => flip(tensor(1), 0), ShapeError, 'a scalar has no axes');
    expectError(() => flip('abc' as never), ArgumentError, 'x is "abc"');
  });
});

describe('tril and triu', () => {
  const square = counted(3, 3);

  it('cut at the main diagonal, which both keep', () => {
    expectTensor(tril(square), [
      [1, 0, 0],
      [4, 5, 0],
      [7, 8, 9],
    ]);
    expectTensor(triu(square), [
      [1, 2, 3],
      [0, 5, 6],
      [0, 0, 9],
    ]);
  });

  it('cut at other diagonals: 1 is above the main one, −1 below', () => {
    expectTensor(tril(square, 1), [
      [1, 2, 0],
      [4, 5, 6],
      [7, 8, 9],
    ]);
    expectTensor(tril(square, -1), [
      [0, 0, 0],
      [4, 0, 0],
      [7, 8, 0],
    ]);
    expectTensor(triu(square, 1), [
      [0, 2, 3],
      [0, 0, 6],
      [0, 0, 0],
    ]);
    expectTensor(triu(square, -1), [
      [1, 2, 3],
      [4, 5, 6],
      [0, 8, 9],
    ]);
  });

  it('keep everything or nothing when the diagonal lies outside', () => {
    const none = zeros([3, 3]).toArray();
    expectTensor(tril(square, 5), square.toArray());
    expectTensor(tril(square, -5), none);
    expectTensor(triu(square, 5), none);
    expectTensor(triu(square, -5), square.toArray());
  });

  it('cut wide and tall matrices, and each matrix of a stack', () => {
    expectTensor(tril(matrix), [
      [1, 0, 0],
      [4, 5, 0],
    ]);
    expectTensor(triu(counted(2, 3, 2)), [
      [
        [1, 2],
        [0, 4],
        [0, 0],
      ],
      [
        [7, 8],
        [0, 10],
        [0, 0],
      ],
    ]);
    expectTensor(tril(zeros([2, 0])), [[], []], [2, 0]);
    expectTensor(triu(zeros([0, 2, 2])), [], [0, 2, 2]);
  });

  it('put 0 where NaN and ∞ stood outside the triangle, and keep those inside', () => {
    const wild = tensor([
      [Infinity, Number.NaN],
      [Number.NaN, -Infinity],
    ]);
    expectTensor(tril(wild), [
      [Infinity, 0],
      [Number.NaN, -Infinity],
    ]);
    expectTensor(triu(wild), [
      [Infinity, Number.NaN],
      [0, -Infinity],
    ]);
  });

  it('let no gradient through outside the triangle, not even NaN', () => {
    const x = leaf(counted(2, 2));
    const gradient = tensor([
      [1, Number.NaN],
      [3, 4],
    ]);
    expectTensor(grad(tril(x), [x], { gradient })[0], [
      [1, 0],
      [3, 4],
    ]);
  });

  it('refuse vectors, scalars, and diagonals that are not whole', () => {
    expectError(() => tril(tensor([1, 2])), ShapeError, 'tril: x has shape [2]', 'last two axes');
    expectError(() => triu(tensor(1)), ShapeError, 'triu: x has shape []');
    expectError(() => tril(square, 0.5), ArgumentError, 'diagonal is 0.5', 'whole number');
    expectError(() => triu(square, '1' as never), ArgumentError, 'triu: diagonal is "1"');
  });
});

describe('gather', () => {
  it('takes one element of each column, axis 0: Yᵢⱼ = X[indexᵢⱼ, j]', () => {
    expectTensor(gather(matrix, [[1, 0, 1]], 0), [[4, 2, 6]]);
  });

  it('takes elements of each row, axis 1: Yᵢⱼ = X[i, indexᵢⱼ]', () => {
    expectTensor(
      gather(
        matrix,
        [
          [2, 0],
          [1, 1],
        ],
        1,
      ),
      [
        [3, 1],
        [5, 5],
      ],
    );
    expectTensor(
      gather(
        matrix,
        [
          [2, 0],
          [1, 1],
        ],
        -1,
      ),
      [
        [3, 1],
        [5, 5],
      ],
    );
  });

  it('takes elements along a middle axis', () => {
    // X[0] = [[1, 2], [3, 4], [5, 6]], X[1] = [[7, 8], [9, 10], [11, 12]]; the last axis stays in place
    expectTensor(gather(counted(2, 3, 2), [[[2, 0]], [[1, 1]]], 1), [[[5, 2]], [[9, 10]]]);
  });

  it('takes more elements than there are, and none', () => {
    expectTensor(gather(tensor([8, 9]), [1, 1, 0, 1], 0), [9, 9, 8, 9]);
    expectTensor(gather(tensor([8, 9]), [], 0), [], [0]);
    expectTensor(gather(matrix, [[], []], 1), [[], []], [2, 0]);
    expectTensor(gather(zeros([0]), [], 0), [], [0]);
    expectTensor(gather(zeros([2, 0, 3]), zeros([2, 0, 3]), 1), [[], []], [2, 0, 3]);
    expectTensor(gather(zeros([0, 3]), zeros([0, 2]), 1), [], [0, 2]);
    expectTensor(gather(zeros([3, 0]), zeros([2, 0]), 0), [[], []], [2, 0]);
  });

  it('an index that is smaller along the other axes leaves the rest of x alone', () => {
    expectTensor(gather(matrix, [[2, 1, 0]], 1), [[3, 2, 1]]);
    expectTensor(gather(matrix, [[1, 0]], 0), [[4, 2]]);
    expectTensor(gather(counted(2, 3, 2), [[[2], [0]]], 1), [[[5], [1]]]);
  });

  it('takes its index as typed arrays, nested arrays and tensors', () => {
    const x = tensor([10, 20, 30]);
    for (const index of [[2, 0], Int32Array.of(2, 0), Uint8Array.of(2, 0), tensor([2, 0])])
      expectTensor(gather(x, index, 0), [30, 10]);
    expectTensor(gather(matrix, [Int32Array.of(1, 1, 0)], 0), [[4, 5, 3]]);
  });

  it('an element that was taken twice collects both gradients', () => {
    expect(comesBack((x) => gather(x, [2, 0, 2], 0), tensor([1, 2, 3]))).to.deep.equal([10, 0, 101]);
    expect(comesBack((x) => gather(x, [[1, 1]], 1), matrix)).to.deep.equal([
      [0, 11, 0],
      [0, 0, 0],
    ]);
  });

  it('keeps the index as it was: overwriting the array does not change the gradient', () => {
    const index = Int32Array.of(1);
    const x = leaf(tensor([1, 2]));
    const y = gather(x, index, 0);
    index[0] = 0;
    expectTensor(grad(y, [x])[0], [0, 1]);
  });

  it('does not need the values for its gradient: they may be overwritten', () => {
    const w = leaf(counted(2));
    const y = gather(w, [1], 0);
    w.copyFrom([0, 0]);
    expectTensor(grad(y, [w])[0], [0, 1]);
  });

  it('names the place, the value and the range of a bad index', () => {
    expectError(() => gather(tensor([1, 2]), [0, 2], 0), IndexError, 'gather: index[1] is 2', 'from 0 to 1');
    expectError(
      () =>
        gather(
          matrix,
          [
            [0, 1],
            [0, 3],
          ],
          1,
        ),
      IndexError,
      'index[1][1] is 3',
      'from 0 to 2',
    );
    expectError(() => gather(matrix, [[0, 0, -1]], 0), IndexError, 'index[0][2] is -1', '1, if -1 was meant');
    expectError(
      () => gather(tensor([1, 2]), tensor([0.5]), 0),
      IndexError,
      'index[0] is 0.5',
      'whole number',
    );
    expectError(() => gather(tensor([1, 2]), [Number.NaN], 0), IndexError, 'index[0] is NaN');
    expectError(() => gather(zeros([0]), [0], 0), IndexError, 'index[0] is 0', 'the range is empty');
  });

  it('refuses an index with another number of axes, or one that reaches beyond x', () => {
    expectError(() => gather(matrix, [0], 0), ShapeError, 'index [1] on x [2, 3]', 'as many axes as x: 2');
    expectError(
      () => gather(matrix, zeros([3, 1]), 1),
      ShapeError,
      'gather: index [3, 1] reaches beyond x [2, 3] along axis 0',
      'except along axis 1',
    );
    expectError(() => gather(tensor(1), [0], 0), ShapeError, 'a scalar has no axes');
    expectError(() => gather(matrix, [[0]], 2), ShapeError, 'gather: axis 2');
    expectError(() => gather(matrix, [[0]], undefined as never), ShapeError, 'axis undefined');
    expectError(() => gather([1] as never, [0], 0), ArgumentError, 'gather: x is an array of 1');
  });
});

describe('scatterAdd', () => {
  it('adds each element where its index says, axis 0: Y[indexᵢⱼ, j] += Sᵢⱼ', () => {
    expectTensor(scatterAdd(matrix, [[1, 0, 1]], tensor([[10, 20, 30]]), 0), [
      [1, 22, 3],
      [14, 5, 36],
    ]);
  });

  it('adds along axis 1: Y[i, indexᵢⱼ] += Sᵢⱼ, and repeated indices add up', () => {
    const S = tensor([
      [10, 20],
      [30, 40],
    ]);
    for (const axis of [1, -1])
      expectTensor(
        scatterAdd(
          matrix,
          [
            [2, 2],
            [0, 1],
          ],
          S,
          axis,
        ),
        [
          [1, 2, 33],
          [34, 45, 6],
        ],
      );
  });

  it('adds in the order of source: 2²⁴ + 1 is 2²⁴ in float32, so 1 + 1 must come first to count', () => {
    const add = (...S: number[]) => scatterAdd(tensor([0, 7]), [0, 0, 0], tensor(S), 0).data[0];
    expect(add(1, 1, 2 ** 24)).to.equal(2 ** 24 + 2);
    expect(add(2 ** 24, 1, 1)).to.equal(2 ** 24);
  });

  it('leaves x as it was, and −0 where nothing is added', () => {
    const x = tensor([-0, 1]);
    const y = scatterAdd(x, [1], tensor([5]), 0);
    expectTensor(y, [-0, 6]);
    expectTensor(x, [-0, 1]);
  });

  it('an index that is smaller than source and x takes their first elements only', () => {
    const S = tensor([
      [10, 20, 30],
      [40, 50, 60],
    ]);
    expectTensor(scatterAdd(matrix, [[1, 1]], S, 0), [
      [1, 2, 3],
      [14, 25, 6],
    ]);
    expectTensor(scatterAdd(zeros([2, 2]), [[1], [0]], S, 0), [
      [40, 0],
      [10, 0],
    ]);
    expectTensor(scatterAdd(zeros([3, 2]), [[1]], S, 0), [
      [0, 0],
      [10, 0],
      [0, 0],
    ]);
  });

  it('undoes gather when no index repeats', () => {
    const order = [
      [2, 0, 1],
      [1, 2, 0],
    ];
    const sorted = gather(matrix, order, 1);
    expectTensor(sorted, [
      [3, 1, 2],
      [5, 6, 4],
    ]);
    expectTensor(scatterAdd(zeros([2, 3]), order, sorted, 1), matrix.toArray());
  });

  it('an empty index adds nothing', () => {
    expectTensor(scatterAdd(tensor([1, 2]), [], tensor([5]), 0), [1, 2]);
    expectTensor(scatterAdd(zeros([0]), [], zeros([0]), 0), [], [0]);
    expectTensor(scatterAdd(matrix, zeros([0, 2]), zeros([0, 2]), 0), matrix.toArray());
    expectTensor(scatterAdd(zeros([0, 3]), zeros([2, 0]), zeros([2, 3]), 0), [], [0, 3]);
  });

  it('x receives the whole gradient, source that of the places it went to', () => {
    const x = leaf(tensor([1, 2, 3]));
    const S = leaf(tensor([1, 1, 1, 1]));
    const y = scatterAdd(x, [2, 0, 2], S, 0);
    const [dx, dS] = grad(y, [x, S], { gradient: tensor([5, 50, 500]) });
    expectTensor(dx, [5, 50, 500]);
    expectTensor(dS, [500, 5, 500, 0]); // the fourth was beyond the index
  });

  it('refuses shapes that do not fit, and bad indices', () => {
    const S = zeros([2, 2]);
    expectError(() => scatterAdd(matrix, [0], S, 0), ShapeError, 'scatterAdd: index [1] on x [2, 3]');
    expectError(() => scatterAdd(matrix, [[0]], zeros([2]), 0), ShapeError, 'index [1, 1] on source [2]');
    expectError(
      () => scatterAdd(matrix, [[0, 1, 1]], S, 0),
      ShapeError,
      'index [1, 3] reaches beyond source [2, 2] along axis 1',
    );
    expectError(
      () => scatterAdd(zeros([1, 3]), zeros([2, 2]), S, 1),
      ShapeError,
      'index [2, 2] reaches beyond x [1, 3] along axis 0',
    );
    expectError(() => scatterAdd(matrix, [[2]], S, 0), IndexError, 'index[0][0] is 2', 'from 0 to 1');
    expectError(() => scatterAdd(matrix, [[0.5]], S, 0), IndexError, 'index[0][0] is 0.5');
    expectError(() => scatterAdd(matrix, [[0]], S, -3), ShapeError, 'scatterAdd: axis -3');
    expectError(() => scatterAdd(matrix, [[0]], 5 as never, 0), ShapeError, 'on source []');
    expectError(() => scatterAdd(matrix, [[0]], undefined as never, 0), ArgumentError, 'source is undefined');
  });
});

describe('indexSelect and indexAdd', () => {
  it('indexSelect takes rows in any order, any number of times', () => {
    expectTensor(indexSelect(matrix, [1, 0, 1]), [
      [4, 5, 6],
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it('indexSelect takes columns, and planes', () => {
    for (const axis of [1, -1])
      expectTensor(indexSelect(matrix, [2, 2], axis), [
        [3, 3],
        [6, 6],
      ]);
    expectTensor(indexSelect(counted(2, 3, 2), Int32Array.of(2), 1), [[[5, 6]], [[11, 12]]]);
    expectTensor(indexSelect(tensor([7, 8, 9]), tensor([2])), [9]);
  });

  it('indexSelect takes nothing, and from nothing', () => {
    expectTensor(indexSelect(matrix, []), [], [0, 3]);
    expectTensor(indexSelect(matrix, [], 1), [[], []], [2, 0]);
    expectTensor(indexSelect(zeros([0, 3]), [1, 1, 0], 1), [], [0, 3]);
    expectTensor(indexSelect(zeros([2, 0]), [1, 1, 0]), [[], [], []], [3, 0]);
  });

  it('a row that was taken twice collects both gradients', () => {
    expect(comesBack((x) => indexSelect(x, [1, 1, 0]), counted(3, 2))).to.deep.equal([
      [10000, 100000],
      [1 + 100, 10 + 1000],
      [0, 0],
    ]);
    expect(comesBack((x) => indexSelect(x, [2, 2], 1), matrix)).to.deep.equal([
      [0, 0, 11],
      [0, 0, 1100],
    ]);
  });

  it('indexAdd adds rows, and leaves x as it was', () => {
    const S = tensor([
      [10, 20],
      [30, 40],
      [50, 60],
    ]);
    const x = counted(2, 2);
    expectTensor(indexAdd(x, [1, 0, 1], S), [
      [31, 42],
      [63, 84],
    ]);
    expectTensor(x, [
      [1, 2],
      [3, 4],
    ]);
    expectTensor(indexAdd(zeros([3, 3]), [2, 0], S, -1), [
      [20, 0, 10],
      [40, 0, 30],
      [60, 0, 50],
    ]);
    expectTensor(indexAdd(x, [], zeros([0, 2])), x.toArray());
  });

  it('indexAdd gives x the whole gradient, and source that of the rows it went to', () => {
    const [x, S] = [leaf(zeros([3])), leaf(zeros([2]))];
    const [dx, dS] = grad(indexAdd(x, [2, 2], S), [x, S], { gradient: tensor([5, 50, 500]) });
    expectTensor(dx, [5, 50, 500]);
    expectTensor(dS, [500, 500]);
  });

  it('refuse nested indices, indices out of range, and sources that do not fit', () => {
    expectError(() => indexSelect(matrix, [[0]]), ShapeError, 'index has shape [1, 1]', 'one axis');
    expectError(() => indexSelect(matrix, tensor(0)), ShapeError, 'index has shape []');
    expectError(() => indexSelect(matrix, [0, 2]), IndexError, 'indexSelect: index[1] is 2', 'from 0 to 1');
    expectError(() => indexSelect(matrix, [-1], 1), IndexError, 'index[0] is -1', '2, if -1 was meant');
    expectError(() => indexSelect(matrix, [0.5]), IndexError, 'index[0] is 0.5');
    expectError(() => indexSelect(matrix, 1 as never), ArgumentError, 'index is 1', '[1]');
    expectError(() => indexSelect(matrix, [0], 2), ShapeError, 'indexSelect: axis 2');
    expectError(() => indexSelect(tensor(1), [0]), ShapeError, 'a scalar has no axes');
    expectError(
      () => indexAdd(matrix, [0, 1], zeros([1, 3])),
      ShapeError,
      'indexAdd: source [1, 3] for 2 indices along axis 0 of x [2, 3]',
      'source must be [2, 3]',
    );
    expectError(() => indexAdd(matrix, [2], zeros([1, 3])), IndexError, 'indexAdd: index[0] is 2');
    expectError(() => indexAdd(matrix, [[0]], zeros([1, 3])), ShapeError, 'index has shape [1, 1]');
    expectError(() => indexAdd(matrix, [0], zeros([1, 3]), 5), ShapeError, 'indexAdd: axis 5');
  });
});

describe('oneHot', () => {
  it('marks each label’s place with a 1', () => {
    expectTensor(oneHot([2, 0], 3), [
      [0, 0, 1],
      [1, 0, 0],
    ]);
  });

  it('has as many classes as the greatest label needs, unless more are asked for', () => {
    for (const labels of [[1, 0], Uint8Array.of(1, 0), tensor([1, 0])])
      expectTensor(oneHot(labels), [
        [0, 1],
        [1, 0],
      ]);
    expectTensor(oneHot([0], 4), [[1, 0, 0, 0]]);
    expectTensor(oneHot([], 3), [], [0, 3]);
  });

  it('is the matrix that picks rows: oneHot(index) · X = indexSelect(X, index)', () => {
    expectTensor(oneHot([1, 0, 1]).matmul(matrix), indexSelect(matrix, [1, 0, 1]).toArray());
  });

  it('refuses labels out of range, tables of labels, and numbers of classes that make no sense', () => {
    expectError(() => oneHot([0, 3], 3), IndexError, 'oneHot: labels[1] is 3', 'from 0 to 2');
    expectError(() => oneHot([0, -1]), IndexError, 'labels[1] is -1', '0 or greater');
    expectError(() => oneHot([1.5]), IndexError, 'labels[0] is 1.5');
    expectError(() => oneHot([[0]]), ShapeError, 'labels have shape [1, 1]', 'one axis');
    expectError(() => oneHot(tensor([[0], [1]])), ShapeError, 'flatten(labels)', '[2]');
    expectError(() => oneHot([]), ArgumentError, 'no labels to count');
    expectError(() => oneHot([0], 0), ArgumentError, 'classes is 0', 'at least 1');
    expectError(() => oneHot([0], 2.5), ArgumentError, 'classes is 2.5');
    expectError(() => oneHot('0' as never), ArgumentError, 'labels is "0"');
  });
});

describe('embedding', () => {
  const weight = tensor([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);

  it('replaces each index by its row', () => {
    expectTensor(embedding(weight, [2, 0]), [
      [5, 6],
      [1, 2],
    ]);
    expectTensor(embedding(weight, tensor(1)), [3, 4]);
  });

  it('keeps the shape of the indices, and adds the width', () => {
    expectTensor(
      embedding(weight, [
        [2, 0],
        [1, 1],
        [0, 2],
      ]),
      [
        [
          [5, 6],
          [1, 2],
        ],
        [
          [3, 4],
          [3, 4],
        ],
        [
          [1, 2],
          [5, 6],
        ],
      ],
    );
    expectTensor(embedding(weight, zeros([2, 0])), [[], []], [2, 0, 2]);
    expectTensor(embedding(weight, []), [], [0, 2]);
  });

  it('a row’s gradient is the sum over its uses, 0 if there was none', () => {
    expect(comesBack((w) => embedding(w, [[2, 0, 2]]), weight)).to.deep.equal([
      [100, 1000],
      [0, 0],
      [1 + 10000, 10 + 100000],
    ]);
  });

  it('the compiler knows the width', () => {
    const table = zeros([3, 4]);
    const y: Tensor<[number, 4]> = embedding(table, Int32Array.of(1));
    // @ts-expect-error the rows are 4 wide
    const wrong: Tensor<[number, 5]> = embedding(table, [1]);
    expect([y.shape[1], wrong.shape[1]]).to.deep.equal([4, 4]);
  });

  it('refuses weights that are no tables, and indices without a row', () => {
    expectError(
      () => embedding(tensor([1, 2]) as never, [0]),
      ShapeError,
      'the weight has shape [2]',
      '[count, width]',
    );
    expectError(
      () =>
        embedding(weight, [
          [0, 1],
          [1, 3],
        ]),
      IndexError,
      'indices[1][1] is 3',
      'from 0 to 2',
    );
    expectError(() => embedding(weight, [-1]), IndexError, 'indices[0] is -1');
    expectError(() => embedding(weight, [0.5]), IndexError, 'indices[0] is 0.5');
    expectError(() => embedding(weight, [[0, 1], [1]]), ShapeError, 'indices is ragged', 'indices[1]');
  });
});

describe('checkIndices', () => {
  it('gives the indices and their shape, from whatever they come in', () => {
    for (const given of [[[1], [2]], [Uint8Array.of(1), Int32Array.of(2)], tensor([[1], [2]])]) {
      const { values, shape } = checkIndices('op', 'index', given, 3);
      expect(values).to.deep.equal(Int32Array.of(1, 2));
      expect([...shape]).to.deep.equal([2, 1]);
    }
    expect(checkIndices('op', 'index', tensor(2)).shape).to.deep.equal([]);
    expect(checkIndices('op', 'index', [[], []]).shape).to.deep.equal([2, 0]);
  });

  it('tells 2²⁴ + 1 from 2²⁴, which float32 cannot', () => {
    expect(checkIndices('op', 'index', [2 ** 24 + 1]).values[0]).to.equal(2 ** 24 + 1);
  });

  it('refuses what an Int32Array cannot hold', () => {
    expectError(() => checkIndices('op', 'index', [2 ** 31]), IndexError, 'index[0] is 2147483648');
    expect(checkIndices('op', 'index', [2 ** 31 - 1]).values[0]).to.equal(2 ** 31 - 1);
  });

  it('names the place of what is ragged, or no number', () => {
    const check = (given: unknown) => () => checkIndices('op', 'index', given as number[]);
    expectError(
      check([[1, 2], [3]]),
      ShapeError,
      'index is ragged: index[1] is an array of 1, not an array of 2',
    );
    expectError(check([[1], 2]), ShapeError, 'index[1] is 2, not an array of 1');
    expectError(check([1, [2]]), ShapeError, 'index[1] is an array of 1, not a number');
    expectError(check([[1], ['2']]), ArgumentError, 'index[1][0] is "2"');
    expectError(check([1n]), ArgumentError, 'index[0] is 1n');
    expectError(check(new BigInt64Array(1)), ArgumentError, 'index is BigInt64Array(1)');
    expectError(check(null), ArgumentError, 'index is null');
    expectError(check([1, undefined]), ArgumentError, 'index[1] is undefined');
  });
});

describe('checkLabels', () => {
  it('keeps the label that is ignored, in range or not', () => {
    expect(checkLabels('loss', [0, -100, 2], 3, -100)).to.deep.equal(Int32Array.of(0, -100, 2));
    expect(checkLabels('loss', Uint8Array.of(255, 1), 3, 255)).to.deep.equal(Int32Array.of(255, 1));
    expect(checkLabels('loss', tensor([1, 0]), 3, 1)).to.deep.equal(Int32Array.of(1, 0));
  });

  it('gives a copy: the original may be written to', () => {
    const given = Int32Array.of(1, 2);
    const checked = checkLabels('loss', given, 3);
    given[0] = 0;
    expect(checked[0]).to.equal(1);
  });

  it('names the bad label, the range and what is ignored', () => {
    expectError(
      () => checkLabels('loss', [0, 3], 3, -100),
      IndexError,
      'loss: labels[1] is 3',
      'each must be a whole number from 0 to 2, or -100, which is ignored',
    );
    expectError(() => checkLabels('loss', [0.5], 3), IndexError, 'labels[0] is 0.5', 'from 0 to 2');
    expectError(() => checkLabels('loss', [-1], 3, -100), IndexError, 'labels[0] is -1');
    expectError(() => checkLabels('loss', [0], 3, 0.5), ArgumentError, 'ignoreIndex is 0.5', 'whole number');
    expectError(() => checkLabels('loss', [0], 3, 2 ** 31), ArgumentError, 'ignoreIndex is 2147483648');
  });
});

describe('the verb copy', () => {
  it('reads backwards, reads one element again and again, and writes only where it is told', () => {
    const x = tensor([1, 2, 3]);
    const y = tensor([9, 9, 9, 9, 9, 9, 9]);
    backend().copy(x, { offset: 2, strides: [-1, 0] }, [3, 2], { offset: 1, strides: [2, 1] }, y);
    expectTensor(y, [9, 3, 3, 2, 2, 1, 1]);
  });

  it('writes backwards', () => {
    const y = zeros([5]);
    backend().copy(tensor([1, 2]), { offset: 0, strides: [1] }, [2], { offset: 4, strides: [-3] }, y);
    expectTensor(y, [0, 2, 0, 0, 1]);
  });

  it('copies one element where there are no axes, and none where one is empty', () => {
    const y = tensor([7, 8]);
    backend().copy(tensor([1, 2]), { offset: 1, strides: [] }, [], { offset: 0, strides: [] }, y);
    expectTensor(y, [2, 8]);
    for (const sizes of [
      [0, 2],
      [2, 0],
    ])
      backend().copy(
        tensor([1, 2]),
        { offset: 0, strides: [1, 1] },
        sizes,
        { offset: 0, strides: [1, 1] },
        y,
      );
    expectTensor(y, [2, 8]);
  });
});
