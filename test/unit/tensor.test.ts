// Tensors: how they are made, read, overwritten and printed, and what is refused. No arithmetic here.
import { inspect } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  ArgumentError,
  arange,
  eye,
  full,
  linspace,
  MemoryError,
  manualSeed,
  ones,
  randomState,
  ShapeError,
  StateError,
  setRandomState,
  tensor,
  zeros,
} from '../../src/index.ts';
import type { Tensor } from '../../src/index.ts';
import {
  axisView,
  broadcastShapes,
  broadcastStrides,
  checkAxes,
  checkAxis,
  checkChoice,
  checkNumber,
  checkOptions,
  checkShape,
  describe as inWords,
  finite,
  nearest,
  reducedShape,
  sameShape,
  sizeOf,
  stridesOf,
} from '../../src/tensor/index.ts';
import { expectError } from '../support/errors.ts';

/** Anything that is not allowed, past the compiler. */
const bad = (value: unknown) => value as never;

const expectTensor = (x: Tensor, shape: number[], values: number[]) => {
  expect(x.shape).to.deep.equal(shape);
  expect([...x.data]).to.deep.equal(values);
};

describe('tensor', () => {
  it('takes a number, nested arrays and typed arrays', () => {
    expectTensor(tensor(3), [], [3]);
    expectTensor(tensor([1, 2, 3]), [3], [1, 2, 3]);
    expectTensor(
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      [2, 3],
      [1, 2, 3, 4, 5, 6],
    );
    expectTensor(tensor([[[1], [2]]]), [1, 2, 1], [1, 2]);
    expectTensor(tensor(new Float64Array([1, 2])), [2], [1, 2]);
    expectTensor(tensor([new Uint8Array([1, 255]), [3, 4]]), [2, 2], [1, 255, 3, 4]);
  });

  it('takes empty arrays: an axis may have no entries', () => {
    expectTensor(tensor([]), [0], []);
    expectTensor(tensor([[], []]), [2, 0], []);
    expectTensor(tensor(new Float32Array(0)), [0], []);
    expectTensor(tensor([], [3, 0]), [3, 0], []);
  });

  it('takes the shape beside the values, which fill it row by row', () => {
    expectTensor(tensor([1, 2, 3, 4, 5, 6], [2, 3]), [2, 3], [1, 2, 3, 4, 5, 6]);
    expectTensor(tensor(7, [1, 1]), [1, 1], [7]);
    expectTensor(tensor([7], []), [], [7]);
    expectTensor(tensor([[1, 2]], [2]), [2], [1, 2]);
  });

  it('copies the values and the shape, so that later changes of the originals do not reach it', () => {
    const values = new Float32Array([1, 2]);
    const shape = [1, 2];
    const x = tensor(values, shape);
    values[0] = 9;
    shape[0] = 9;
    expectTensor(x, [1, 2], [1, 2]);
  });

  it('rounds to float32: 0.1 becomes the nearest multiple of 2⁻²⁷, and 1e39 is too large', () => {
    expect(tensor(0.1).item()).to.equal(13421773 / 2 ** 27);
    expect(tensor(1e39).item()).to.equal(Infinity);
    expect(tensor(2 ** 24 + 1).item()).to.equal(2 ** 24);
  });

  it('needs no gradient unless it is told so', () => {
    expect(tensor(1).requiresGrad).to.equal(false);
    expect(tensor([1], { requiresGrad: true }).requiresGrad).to.equal(true);
    expect(tensor([1], [1, 1], { requiresGrad: true }).requiresGrad).to.equal(true);
    expect(tensor([1], { requiresGrad: undefined }).requiresGrad).to.equal(false);
  });

  it('refuses ragged arrays, and says where they are', () => {
    expectError(
      () => tensor([[1, 2], [3]]),
      ShapeError,
      'tensor: ragged values: values[1] is an array of 1, not an array of 2',
      'rule: arrays at the same depth must have the same length',
    );
    expectError(() => tensor(bad([[1, 2], 3])), ShapeError, 'values[1] is 3, not an array of 2');
    expectError(() => tensor(bad([1, [2]])), ShapeError, 'values[1] is an array of 1, not a number');
    expectError(
      () => tensor(bad([[[1], [2]], new Float32Array(2)])),
      ShapeError,
      'values[1][0] is 0, not an array of 1',
    );
    expectError(() => tensor(bad([[], [1]])), ShapeError, 'values[1] is an array of 1, not an array of 0');
    // The first branch promises 10¹² values: nothing may be allocated before the rest was looked at.
    const wide = [new Array(1e6).fill(0), ...new Array(1e6 - 1).fill(0)];
    expectError(() => tensor(bad(wide)), ShapeError, 'values[1] is 0, not an array of 1000000');
  });

  it('refuses values that are no numbers', () => {
    for (const [value, words] of [
      [null, 'values is null'],
      [undefined, 'values is undefined'],
      ['3', 'values is "3"'],
      [true, 'values is true'],
      [3n, 'values is 3n'],
      [{ length: 2 }, 'values is an object'],
      [new BigInt64Array(0), 'values is BigInt64Array(0)'],
      [new DataView(new ArrayBuffer(4)), 'values is a DataView'],
      [[1, '2'], 'values[1] is "2"'],
      [
        [
          [1, 2],
          [3, null],
        ],
        'values[1][1] is null',
      ],
      [[1n], 'values[0] is 1n'],
      [[tensor(1)], 'values[0] is a Tensor'],
      [new Array(2), 'values[0] is undefined'],
    ] as const)
      expectError(
        () => tensor(bad(value)),
        ArgumentError,
        `tensor: ${words}`,
        'rule: values are numbers, nested arrays of numbers, or a typed array',
        'try:  tensor([[1, 2], [3, 4]])',
      );
  });

  it('refuses values that do not fill the shape', () => {
    expectError(
      () => tensor([1, 2, 3, 4, 5], [2, 3]),
      ShapeError,
      '5 values do not fill the shape [2, 3]',
      'that shape needs 6 values',
    );
    expectError(() => tensor([], []), ShapeError, '0 values', 'needs 1');
  });

  it('refuses sizes that are not whole, negative, or no numbers', () => {
    for (const [size, words] of [
      [Number.NaN, 'contains NaN'],
      [1.5, 'contains 1.5'],
      [-1, 'contains -1'],
      ['2', 'contains "2"'],
      [Infinity, 'contains Infinity'],
    ] as const)
      expectError(
        () => tensor([1, 2], bad([2, size])),
        ArgumentError,
        'tensor: shape [2, ',
        words,
        'sizes must be whole numbers, 0 or greater',
      );
  });

  it('refuses unknown options, and names the one that was meant', () => {
    expectError(
      () => tensor([1], bad({ requiresgrad: true })),
      ArgumentError,
      'unknown option "requiresgrad"',
      'known options: requiresGrad',
      '{ requiresGrad: ... }',
    );
    expectError(() => tensor([1], [1], bad({ dtype: 'float32' })), ArgumentError, 'unknown option "dtype"');
    expectError(() => tensor([1], bad(null)), ArgumentError, 'options is null', 'must be an object');
    expectError(() => tensor([1], bad({ requiresGrad: 1 })), ArgumentError, 'cannot be 1', 'true or false');
  });
});

describe('zeros, ones, full and eye', () => {
  it('fill a shape', () => {
    expectTensor(zeros([2, 2]), [2, 2], [0, 0, 0, 0]);
    expectTensor(ones([3]), [3], [1, 1, 1]);
    expectTensor(full([2], -2.5), [2], [-2.5, -2.5]);
    expectTensor(zeros([]), [], [0]);
    expectTensor(ones([]), [], [1]);
    expectTensor(full([0, 3], 7), [0, 3], []);
    expect(full([1], Number.NaN).item()).to.be.NaN;
  });

  it('eye has ones where row and column agree, also when it is not square', () => {
    expectTensor(eye(2), [2, 2], [1, 0, 0, 1]);
    expectTensor(eye(2, 3), [2, 3], [1, 0, 0, 0, 1, 0]);
    expectTensor(eye(3, 1), [3, 1], [1, 0, 0]);
    expectTensor(eye(0), [0, 0], []);
  });

  it('refuse what is no shape, naming themselves', () => {
    for (const [name, make] of Object.entries({ zeros, ones, full }))
      for (const shape of [3, undefined, null, '2', new Int32Array([2])])
        expectError(
          () => make(bad(shape), 1),
          ArgumentError,
          `${name}: shape is `,
          'a shape is an array of sizes',
          `${name}([2, 3])`,
        );
    expectError(() => ones([2, -1]), ArgumentError, 'ones: shape [2, -1] contains -1');
    expectError(() => full([2], bad('1')), ArgumentError, 'full: value is "1"', 'a number', 'full([2], 1)');
    expectError(() => full([2], bad(undefined)), ArgumentError, 'value is undefined');
    expectError(() => eye(1.5), ArgumentError, 'eye: n is 1.5', 'n must be a whole number, at least 0');
    expectError(() => eye(2, -1), ArgumentError, 'm is -1');
  });

  it('refuse a shape that no memory holds, instead of crashing', () => {
    expectError(
      () => zeros([1e9, 1e9]),
      MemoryError,
      '1000000000000000000 values need 3.73e+9 GiB',
      'a tensor must fit into memory',
    );
  });
});

describe('arange', () => {
  it('counts from start to before stop', () => {
    expectTensor(arange(4), [4], [0, 1, 2, 3]);
    expectTensor(arange(2, 5), [3], [2, 3, 4]);
    expectTensor(arange(1, 2, 0.25), [4], [1, 1.25, 1.5, 1.75]);
    expectTensor(arange(0, 5, 2), [3], [0, 2, 4]);
  });

  it('counts down with a negative step', () => {
    expectTensor(arange(3, 0, -1), [3], [3, 2, 1]);
    expectTensor(arange(1, -1, -0.5), [4], [1, 0.5, 0, -0.5]);
  });

  it('is empty when start is stop', () => {
    expectTensor(arange(0), [0], []);
    expectTensor(arange(5, 5, -2), [0], []);
  });

  it('adds no rounding errors up: element i is start + i · step, rounded once', () => {
    expect(arange(0, 1000, 0.1).data[9999]).to.equal(Math.fround(9999 * 0.1));
  });

  it('refuses steps that lead away from stop, and what is no finite number', () => {
    expectError(
      () => arange(3, 0),
      ArgumentError,
      '3 never reaches 0 in steps of 1',
      'step must not be 0, and must lead from start to stop',
    );
    expectError(() => arange(-1), ArgumentError, '0 never reaches -1');
    expectError(() => arange(0, 5, 0), ArgumentError, 'in steps of 0');
    expectError(() => arange(0, 0, 0), ArgumentError, 'in steps of 0');
    expectError(() => arange(Number.NaN), ArgumentError, 'stop is NaN', 'stop must be a finite number');
    expectError(() => arange(-Infinity, 0), ArgumentError, 'start is -Infinity');
    expectError(() => arange(0, bad('4')), ArgumentError, 'stop is "4"');
    expectError(() => arange(0, 1, bad(null)), ArgumentError, 'step is null');
  });
});

describe('linspace', () => {
  it('includes both ends, exactly', () => {
    expectTensor(linspace(0, 1, 5), [5], [0, 0.25, 0.5, 0.75, 1]);
    expectTensor(linspace(1, -1, 3), [3], [1, 0, -1]);
    expect(linspace(0, 0.7, 8).data[7]).to.equal(Math.fround(0.7));
    expect(linspace(2 ** 90, 1, 3).data[2]).to.equal(1); // 2⁹⁰ + (1 − 2⁹⁰) would be 0
  });

  it('of one element is the start; of two, the ends; of none, empty', () => {
    expectTensor(linspace(2, 9, 1), [1], [2]);
    expectTensor(linspace(2, 9, 2), [2], [2, 9]);
    expectTensor(linspace(2, 9, 0), [0], []);
    expectTensor(linspace(3, 3, 3), [3], [3, 3, 3]);
  });

  it('refuses ends that are not finite, and counts that are not whole', () => {
    expectError(() => linspace(0, Infinity, 3), ArgumentError, 'stop is Infinity', 'a finite number');
    expectError(() => linspace(bad('0'), 1, 3), ArgumentError, 'start is "0"');
    expectError(() => linspace(0, 1, 2.5), ArgumentError, 'count is 2.5', 'a whole number, at least 0');
    expectError(() => linspace(0, 1, -1), ArgumentError, 'count is -1');
    expectError(() => linspace(0, 1, bad(undefined)), ArgumentError, 'count is undefined');
  });
});

describe('a tensor', () => {
  it('knows its shape, size and rank', () => {
    const x = zeros([2, 3, 4]);
    expect([x.size, x.rank]).to.deep.equal([24, 3]);
    expect([tensor(1).size, tensor(1).rank]).to.deep.equal([1, 0]);
    expect([zeros([2, 0]).size, zeros([2, 0]).rank]).to.deep.equal([0, 2]);
  });

  it('gives its single value as item()', () => {
    expect(tensor(2.5).item()).to.equal(2.5);
    expect(tensor([[[2.5]]]).item()).to.equal(2.5);
    expectError(
      () => tensor([1, 2]).item(),
      ShapeError,
      'item: a tensor of shape [2] holds 2 values',
      'item() needs exactly one',
      'toArray()',
    );
    expectError(() => zeros([0]).item(), ShapeError, 'holds 0 values');
  });

  it('gives its values nested as its axes are', () => {
    expect(arange(6).reshape([1, 2, 3]).toArray()).to.deep.equal([
      [
        [0, 1, 2],
        [3, 4, 5],
      ],
    ]);
    expect(tensor(3).toArray()).to.equal(3);
    expect(zeros([2, 0]).toArray()).to.deep.equal([[], []]);
    expect(zeros([0, 2]).toArray()).to.deep.equal([]);
  });

  it('gives a copy as toArray(), and always the same view as data', () => {
    const x = tensor([1, 2]);
    (x.toArray() as number[])[0] = 9;
    expect([...x.data]).to.deep.equal([1, 2]);
    expect(x.data).to.equal(x.data);
  });

  it('gives its values as read(), too, which waits for them', async () => {
    const x = tensor([1, 2]);
    const reading = x.read();
    expect(reading).to.be.instanceOf(Promise);
    expect(await reading).to.equal(x.data);
  });

  it('rebuilds itself from toArray()', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 }), (shape) => {
        const x = arange(sizeOf(shape)).reshape(shape) as Tensor;
        const again = tensor(x.toArray()) as Tensor;
        expectTensor(again, shape, [...x.data]);
      }),
      { seed: 1 },
    );
  });

  it('shares its values with what detach() returns, which has no history', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const y = x.mul(2).detach();
    expect([y.requiresGrad, y.origin]).to.deep.equal([false, undefined]);
    x.detach().copyFrom([3, 4]);
    expect([...x.data]).to.deep.equal([3, 4]);
  });
});

describe('copyFrom', () => {
  it('overwrites the values in place and returns the tensor', () => {
    const x = zeros([2, 2]);
    const view = x.data;
    expect(x.copyFrom([1, 2, 3, 4])).to.equal(x);
    expect([...view]).to.deep.equal([1, 2, 3, 4]);
    x.copyFrom(new Uint8Array([5, 6, 7, 8]));
    expect([...view]).to.deep.equal([5, 6, 7, 8]);
    x.copyFrom(ones([2, 2]));
    expect([...view]).to.deep.equal([1, 1, 1, 1]);
    expect(tensor(0).copyFrom([7]).item()).to.equal(7);
  });

  it('counts as a write; a refused copy does not, and changes nothing', () => {
    const x = tensor([1, 2]);
    const before = x.storage.version;
    x.copyFrom([3, 4]);
    expect(x.storage.version).to.equal(before + 1);
    expectError(() => x.copyFrom([5, bad('6')]), ArgumentError);
    expect(x.storage.version).to.equal(before + 1);
    expect([...x.data]).to.deep.equal([3, 4]);
  });

  it('refuses another shape, even of the same size, and another number of values', () => {
    expectError(
      () => zeros([2, 3]).copyFrom(zeros([3, 2])),
      ShapeError,
      'cannot copy [3, 2] into [2, 3]',
      'both shapes must be equal',
    );
    expectError(
      () => zeros([2, 3]).copyFrom([1, 2]),
      ShapeError,
      'cannot copy 2 values into [2, 3]',
      '6 values are needed',
    );
  });

  it('refuses what is no flat list of numbers', () => {
    const x = zeros([2]);
    for (const [source, words] of [
      [null, 'cannot copy from null'],
      [undefined, 'cannot copy from undefined'],
      ['12', 'cannot copy from "12"'],
      [3, 'cannot copy from 3'],
      [{ length: 2 }, 'cannot copy from an object'],
      [new BigInt64Array(2), 'cannot copy from BigInt64Array(2)'],
      [[1, '2'], 'value 1 is "2"'],
      [[1n, 2], 'value 0 is 1n'],
      [[[1], [2]], 'value 0 is an array of 1'],
    ] as const)
      expectError(
        () => x.copyFrom(bad(source)),
        ArgumentError,
        `copyFrom: ${words}`,
        'a flat array of numbers',
      );
  });
});

/** Exact text, as people see it. */
const expectPrinted = (x: Tensor, ...lines: string[]) => expect(String(x)).to.equal(lines.join('\n'));

describe('the printed form', () => {
  it('of a scalar is one line', () => {
    expectPrinted(tensor(3), 'Tensor [] 3');
    expectPrinted(tensor(-0.123456), 'Tensor [] -0.1235');
  });

  it('of whole numbers has no decimals', () => {
    expectPrinted(tensor([1, -20, 300]), 'Tensor [3]', '[  1, -20, 300]');
  });

  it('of other numbers has four decimals, and columns that stand under each other', () => {
    expectPrinted(
      tensor([
        [1, -2.5],
        [10.25, 0.0625],
      ]),
      'Tensor [2, 2]',
      '[[ 1.0000, -2.5000],',
      ' [10.2500,  0.0625]]',
    );
  });

  it('tells an exact 0 from a value that is only rounded to it', () => {
    expectPrinted(tensor([0, 0.5, 0.00001]), 'Tensor [3]', '[     0, 0.5000, 0.0000]');
    expectPrinted(tensor([-0, 1]), 'Tensor [2]', '[-0,  1]');
  });

  it('of NaN and infinite values keeps the format of the others', () => {
    expectPrinted(tensor([1, Number.NaN, Infinity, -Infinity]), 'Tensor [4]', '[   1,  NaN,  Inf, -Inf]');
    expectPrinted(tensor([0.5, Number.NaN]), 'Tensor [2]', '[0.5000,    NaN]');
    expectPrinted(tensor([Number.NaN]), 'Tensor [1]', '[NaN]');
  });

  it('of very large and very small numbers has exponents', () => {
    expectPrinted(tensor([100_000.5, 1]), 'Tensor [2]', '[1.0000e+5, 1.0000e+0]');
    expectPrinted(tensor([99_999.5]), 'Tensor [1]', '[99999.5000]');
    expectPrinted(tensor([0.0005, -2e-20]), 'Tensor [2]', '[  5.0000e-4, -2.0000e-20]');
    expectPrinted(tensor([0.001]), 'Tensor [1]', '[0.0010]');
    expectPrinted(tensor([2 ** 24, 0]), 'Tensor [2]', '[1.6777e+7,         0]');
    expectPrinted(tensor([9_999_999]), 'Tensor [1]', '[9999999]');
  });

  it('of rank 3 keeps its matrices a line apart', () => {
    expectPrinted(
      arange(12).reshape([2, 3, 2]),
      'Tensor [2, 3, 2]',
      '[[[ 0,  1],',
      '  [ 2,  3],',
      '  [ 4,  5]],',
      '',
      ' [[ 6,  7],',
      '  [ 8,  9],',
      '  [10, 11]]]',
    );
  });

  it('of rank 4 keeps its matrices a line apart, too', () => {
    expectPrinted(
      arange(4).reshape([2, 2, 1, 1]),
      'Tensor [2, 2, 1, 1]',
      '[[[[0]],',
      '',
      '  [[1]]],',
      '',
      ' [[[2]],',
      '',
      '  [[3]]]]',
    );
  });

  it('of an empty tensor is its shape', () => {
    expectPrinted(zeros([0, 3]), 'Tensor [0, 3] (empty)');
  });

  it('shows 12 entries whole, and of longer axes the first and last three', () => {
    expectPrinted(arange(12), 'Tensor [12]', '[ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11]');
    expectPrinted(arange(13), 'Tensor [13]', '[ 0,  1,  2, ..., 10, 11, 12]');
    expectPrinted(
      arange(100 * 100).reshape([100, 100]),
      'Tensor [100, 100]',
      '[[   0,    1,    2, ...,   97,   98,   99],',
      ' [ 100,  101,  102, ...,  197,  198,  199],',
      ' [ 200,  201,  202, ...,  297,  298,  299],',
      ' ...,',
      ' [9700, 9701, 9702, ..., 9797, 9798, 9799],',
      ' [9800, 9801, 9802, ..., 9897, 9898, 9899],',
      ' [9900, 9901, 9902, ..., 9997, 9998, 9999]]',
    );
  });

  it('shows of a long stack of matrices the first and the last', () => {
    expectPrinted(
      arange(400).reshape([100, 2, 2]),
      'Tensor [100, 2, 2]',
      '[[[  0,   1],',
      '  [  2,   3]],',
      '',
      ' ...,',
      '',
      ' [[396, 397],',
      '  [398, 399]]]',
    );
  });

  it('is what console.log shows', () => {
    expect(inspect(tensor([1, 2]))).to.equal('Tensor [2]\n[1, 2]');
  });

  it('never shows more than a screen or two, whatever the shape', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 5 }), (shape) => {
        expect(String(zeros(shape)).length).to.be.below(8000);
      }),
      { seed: 2 },
    );
  });
});

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });

describe('shapes', () => {
  it('have the product of their sizes as size, and as strides the sizes of what follows', () => {
    expect([sizeOf([]), sizeOf([2, 3]), sizeOf([2, 0, 3])]).to.deep.equal([1, 6, 0]);
    expect(stridesOf([2, 3, 4])).to.deep.equal([12, 4, 1]);
    fc.assert(
      fc.property(shapes, (shape) => {
        const strides = stridesOf(shape);
        shape.forEach((_, axis) => expect(strides[axis]).to.equal(sizeOf(shape.slice(axis + 1))));
      }),
      { seed: 3 },
    );
  });

  it('are the same when all sizes are', () => {
    expect(sameShape([2, 3], [2, 3])).to.equal(true);
    expect(sameShape([2, 3], [3, 2])).to.equal(false);
    expect(sameShape([2], [2, 1])).to.equal(false);
  });

  it('are copied when they are checked', () => {
    const shape = [2, 3];
    const copy = checkShape('here', shape);
    expect(copy).to.deep.equal([2, 3]);
    expect(copy).not.to.equal(shape);
  });

  it('broadcast by NumPy’s rule', () => {
    expect(broadcastShapes('here', [2, 3], [3])).to.deep.equal([2, 3]);
    expect(broadcastShapes('here', [2, 1, 3], [4, 1])).to.deep.equal([2, 4, 3]);
    expect(broadcastShapes('here', [], [2])).to.deep.equal([2]);
    expect(broadcastShapes('here', [1], [0])).to.deep.equal([0]);
    expectError(
      () => broadcastShapes('add', [2, 3], [2, 4]),
      ShapeError,
      'add: cannot broadcast [2, 3] with [2, 4]',
      'counted from the end, axis −1 has 3 and 4',
    );
    expectError(() => broadcastShapes('add', [2], [0]), ShapeError, 'axis −1 has 2 and 0');
  });

  it('broadcast alike in either order, with themselves and with 1', () => {
    fc.assert(
      fc.property(shapes, shapes, (a, b) => {
        const broadcast = (x: number[], y: number[]) => {
          try {
            return broadcastShapes('here', x, y);
          } catch {
            return 'an error';
          }
        };
        expect(broadcast(a, b)).to.deep.equal(broadcast(b, a));
        expect(broadcast(a, a)).to.deep.equal(a);
        expect(broadcast(a, [])).to.deep.equal(a);
        const both = broadcast(a, b);
        if (typeof both !== 'string') expect(broadcast(a, both)).to.deep.equal(both);
      }),
      { seed: 4 },
    );
  });

  it('broadcast with strides of 0: the same element is read again', () => {
    expect(broadcastStrides([2, 1, 3], [5, 2, 4, 3])).to.deep.equal([0, 3, 0, 1]);
    expect(broadcastStrides([], [2, 2])).to.deep.equal([0, 0]);
  });

  it('keep or drop the axes that are reduced', () => {
    expect(reducedShape([2, 3, 4], [0, 2], false)).to.deep.equal([3]);
    expect(reducedShape([2, 3, 4], [0, 2], true)).to.deep.equal([1, 3, 1]);
  });

  it('are seen along an axis as blocks, rows and neighbours', () => {
    expect(axisView([2, 3, 4, 5], 1, 2)).to.deep.equal({ outer: 2, size: 12, inner: 5 });
    expect(axisView([2, 3], 1)).to.deep.equal({ outer: 2, size: 3, inner: 1 });
  });
});

describe('axes', () => {
  it('count from the end when they are negative', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 5 }), (rank, axis) => {
        fc.pre(axis < rank);
        const shape = new Array(rank).fill(1);
        expect(checkAxis('here', axis, shape)).to.equal(axis);
        expect(checkAxis('here', axis - rank, shape)).to.equal(axis);
      }),
      { seed: 5 },
    );
  });

  it('outside the shape are refused', () => {
    for (const axis of [2, -3, 0.5, Number.NaN, '0', null, 0n])
      expectError(
        () => checkAxis('sum', axis, [2, 3]),
        ShapeError,
        `sum: axis ${inWords(axis)} of a tensor of shape [2, 3]`,
        'an axis must be a whole number from -2 to 1',
      );
    expectError(() => checkAxis('sum', 0, []), ShapeError, 'a scalar has no axes');
  });

  it('are sorted; all of them, if none are named', () => {
    expect(checkAxes('here', [-1, 0], [2, 3, 4])).to.deep.equal([0, 2]);
    expect(checkAxes('here', undefined, [2, 3])).to.deep.equal([0, 1]);
    expect(checkAxes('here', 1, [2, 3])).to.deep.equal([1]);
    expect(checkAxes('here', [], [2, 3])).to.deep.equal([]);
  });

  it('may be named once', () => {
    expectError(() => checkAxes('sum', [1, -1], [2, 3]), ShapeError, 'axis 1 is named twice in [1, -1]');
  });
});

describe('checks of arguments', () => {
  it('describe a value in a few words, with its type', () => {
    for (const [value, words] of [
      ['a', '"a"'],
      ['x'.repeat(50), `"${'x'.repeat(37)}..."`],
      [3, '3'],
      [3n, '3n'],
      [null, 'null'],
      [undefined, 'undefined'],
      [[1, 2], 'an array of 2'],
      [new Int8Array(3), 'Int8Array(3)'],
      [{}, 'an object'],
      [Object.create(null), 'an object'],
      [new Map(), 'a Map'],
      [new Error('x'), 'an Error'],
      [Math.max, 'the function max'],
      [() => 1, 'a function'],
      [Symbol('s'), 'Symbol(s)'],
    ] as const)
      expect(inWords(value)).to.equal(words);
  });

  it('hold numbers to their range, and put it in words', () => {
    const rule = (value: unknown, range: object, words: string) =>
      expectError(
        () => checkNumber('here', 'p', value, range),
        ArgumentError,
        `p is ${inWords(value)}`,
        `p must be ${words}`,
      );
    rule(1, { min: 0, below: 1 }, 'a number, at least 0 and less than 1');
    rule(0, { above: 0, max: 1 }, 'a number, greater than 0 and at most 1');
    rule(1.5, { integer: true, min: 1 }, 'a whole number, at least 1');
    rule(Infinity, finite, 'a finite number');
    rule(-Infinity, finite, 'a finite number');
    rule(Infinity, { min: 0, below: Infinity }, 'a finite number, at least 0');
    rule(Number.NaN, {}, 'a number');
    rule('1', {}, 'a number');
    expect(checkNumber('here', 'p', -Infinity)).to.equal(-Infinity);
    expect(checkNumber('here', 'p', 0.5, { above: 0, below: 1 })).to.equal(0.5);
  });

  it('find the word that was meant, unless none is near', () => {
    expect(nearest('weightdecay', ['lr', 'weightDecay'])).to.equal('weightDecay');
    expect(nearest('momentun', ['lr', 'momentum'])).to.equal('momentum');
    expect(nearest('Ir', ['lr', 'eps'])).to.equal('lr');
    expect(nearest('form', ['from'])).to.equal('from');
    expect(nearest('banana', ['lr', 'momentum'])).to.equal(undefined);
    expect(nearest('x', ['p'])).to.equal(undefined);
  });

  it('refuse options that are no object, and choices that are none', () => {
    for (const options of [null, 3, 'x', [1], new Float32Array(1)])
      expectError(
        () => checkOptions('adam', options, ['lr']),
        ArgumentError,
        `adam: options is ${inWords(options)}`,
        'adam(..., { lr: ... })',
      );
    expectError(() => checkOptions('relu', { a: 1 }, []), ArgumentError, 'known options: none');
    expect(checkChoice('here', 'mode', 'mean', ['mean', 'sum'])).to.equal('mean');
    expectError(
      () => checkChoice('here', 'mode', 'means', ['mean', 'sum']),
      ArgumentError,
      'mode is "means"',
      "mode must be one of 'mean', 'sum'",
      "{ mode: 'mean' }",
    );
  });
});

describe('the seed', () => {
  it('and its state can be saved and put back', () => {
    manualSeed(7);
    expect(randomState()).to.deep.equal({ seed: 7, stream: 0 });
    setRandomState({ seed: 3, stream: 12 });
    expect(randomState()).to.deep.equal({ seed: 3, stream: 12 });
    const copy = randomState();
    copy.seed = 9;
    expect(randomState().seed).to.equal(3);
  });

  it('must be a whole number, and a refused one changes nothing', () => {
    manualSeed(7);
    for (const seed of [-1, 1.5, Number.NaN, 2 ** 53, '7', undefined, 7n])
      expectError(() => manualSeed(bad(seed)), ArgumentError, `manualSeed: seed is ${inWords(seed)}`);
    for (const state of [null, undefined, 3]) expectError(() => setRandomState(bad(state)), StateError);
    expectError(() => setRandomState(bad({ seed: 1 })), ArgumentError, 'stream is undefined');
    expect(randomState()).to.deep.equal({ seed: 7, stream: 0 });
  });
});
