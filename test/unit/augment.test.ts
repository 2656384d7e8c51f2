// Augmentation: each transform by hand, against PyTorch, and what all of them promise: the seed, fresh numbers, untouched inputs.
import { expect } from 'chai';
import {
  ArgumentError,
  arange,
  data,
  IndexError,
  manualSeed,
  memory,
  ones,
  rand,
  randomState,
  ShapeError,
  scope,
  setThreads,
  type Tensor,
  tensor,
  zeros,
} from '../../src/index.ts';
import { cores } from '../../src/kernels/platform.ts';
import { expectError } from '../support/errors.ts';
import { expectGolden, type GoldenTensor, decodeTensor, readGolden } from '../support/golden.ts';

const { augment } = data;
const labels = (n: number) => Int32Array.from({ length: n }, (_, i) => i);
const batchOf = (x: Tensor) => ({ x, y: labels(x.shape[0]) });

/** The x that an augmentation makes of an x. */
const of = (change: data.augment.Augmentation, x: Tensor): Tensor => change(batchOf(x)).x;

/** 1 … 9 as one image. */
const square = () => arange(1, 10).reshape([1, 3, 3]);
const rowsOf = (x: Tensor) => (x.toArray() as number[][][])[0];

describe('affine', () => {
  it('rotates by 90° counter-clockwise, exactly: the right column becomes the first row', () => {
    const turned = of(augment.rotate([90, 90]), square());
    expect(rowsOf(turned)).to.deep.equal([
      [3, 6, 9],
      [2, 5, 8],
      [1, 4, 7],
    ]);
    expect(rowsOf(of(augment.rotate([-90, -90]), turned))).to.deep.equal(rowsOf(square()));
    expect(of(augment.rotate([180, 180]), square()).data).to.deep.equal(square().data.slice().reverse());
    for (const degrees of [-270, 450, 90 - 3600])
      expect(of(augment.rotate([degrees, degrees]), square()).data).to.deep.equal(turned.data);
  });

  it('shifts by whole pixels: x to the right, y downwards, fill behind', () => {
    const x = arange(1, 9).reshape([1, 2, 4]);
    expect(rowsOf(of(augment.shift({ x: [0.25, 0.25] }, { fill: -1 }), x))).to.deep.equal([
      [-1, 1, 2, 3],
      [-1, 5, 6, 7],
    ]);
    expect(rowsOf(of(augment.shift({ y: [0.5, 0.5] }), x))).to.deep.equal([
      [0, 0, 0, 0],
      [1, 2, 3, 4],
    ]);
    expect(rowsOf(of(augment.shift({ x: [-0.5, -0.5], y: [-0.5, -0.5] }), x))).to.deep.equal([
      [7, 8, 0, 0],
      [0, 0, 0, 0],
    ]);
  });

  it('shifts by half a pixel: each the mean of two, at the border one of them fill', () => {
    const x = tensor([[[8, 4, 2, 6]]]);
    expect(rowsOf(of(augment.shift({ x: [1 / 8, 1 / 8] }), x))).to.deep.equal([[4, 6, 3, 4]]);
    expect(rowsOf(of(augment.shift({ x: [1 / 8, 1 / 8] }, { fill: 2 }), x))).to.deep.equal([[5, 6, 3, 4]]);
  });

  it('doubles about the centre: between-pixels are weighted 1 : 3', () => {
    // Twice as large: pixel j of 4 comes from 1.5 + (j − 1.5)/2 = 0.75, 1.25, 1.75, 2.25; rows likewise, which are all alike here.
    const row = [0, 4, 8, 16];
    expect(rowsOf(of(augment.scale([2, 2]), tensor([[row, row, row, row]])))[1]).to.deep.equal([3, 5, 7, 10]);
  });

  it('shears: the upper rows to the right, the lower ones to the left, by tan of the angle a row', () => {
    // tan 45° = 1: the row above the centre moves by one pixel. Float32 knows cos 45° and sin 45°, which are equal, as one number or two.
    const sheared = rowsOf(of(augment.affine({ shear: [45, 45] }), square()));
    [
      [0, 1, 2],
      [4, 5, 6],
      [8, 9, 0],
    ].forEach((row, i) => {
      row.forEach((value, j) => expect(sheared[i][j]).to.be.closeTo(value, 1e-5));
    });
  });

  it('that changes nothing is the identity bit for bit, also of −0, NaN and infinities', () => {
    const values = [-0, Number.NaN, Infinity, 1e-45, -Infinity, 3e38, 0, 1, -1, 0.1, -0, 7];
    for (const shape of [
      [2, 2, 3],
      [1, 3, 4],
      [1, 2, 2, 3],
    ]) {
      const x = tensor(values, shape);
      for (const same of [
        augment.affine(),
        augment.rotate(0),
        augment.rotate([360, 360]),
        augment.flip({ horizontal: 0 }),
      ])
        expect(of(same, x).data).to.deep.equal(x.data);
      expect(of(augment.affine(), x)).not.to.equal(x);
    }
  });

  it('agrees with affine_grid and grid_sample of PyTorch', () => {
    interface Case {
      options: Partial<Record<'rotate' | 'shiftX' | 'shiftY' | 'scale' | 'shear' | 'fill', number>>;
      x: GoldenTensor;
      result: GoldenTensor;
    }
    const cases = readGolden<Case[]>('augment');
    expect(cases).to.have.length(40);
    const exactly = (value: number): [number, number] => [value, value];
    for (const { options, x, result } of cases) {
      const { rotate = 0, shiftX = 0, shiftY = 0, scale = 1, shear = 0, fill } = options;
      const change = augment.affine({
        rotate: exactly(rotate),
        shift: { x: exactly(shiftX), y: exactly(shiftY) },
        scale: exactly(scale),
        shear: exactly(shear),
        fill,
      });
      expectGolden(of(change, decodeTensor(x)), result, `${JSON.stringify(options)} of ${x.shape}`);
    }
  });

  it('draws each of its numbers for each image, within its range', () => {
    manualSeed(3);
    // A ramp shows its shift: of 64 columns of value j, column 32 becomes 32 − 64·shift.
    const ramp = tensor(
      Array.from({ length: 2000 * 64 }, (_, i) => i % 64),
      [2000, 1, 64],
    );
    const shifts = (x: data.augment.Range) => {
      const moved = of(augment.shift({ x }), ramp).data;
      return Array.from({ length: 2000 }, (_, i) => (32 - moved[64 * i + 32]) / 64);
    };
    const found = shifts([-0.1, 0.3]);
    expect(Math.min(...found)).to.be.within(-0.1001, -0.099);
    expect(Math.max(...found)).to.be.within(0.299, 0.3001);
    const mean = found.reduce((a, b) => a + b) / 2000;
    expect(mean).to.be.closeTo(0.1, 4 * (0.4 / Math.sqrt(12 * 2000))); // four standard errors
    const both = shifts(0.2); // −0.2 … 0.2
    expect(Math.min(...both)).to.be.within(-0.2001, -0.199);
    expect(Math.max(...both)).to.be.within(0.199, 0.2001);
  });

  it('reads rows as images by size, with channels too', () => {
    const flat = of(augment.rotate([90, 90], { size: [3, 3] }), square().reshape([1, 9]));
    expect(flat.shape).to.deep.equal([1, 9]);
    expect([...flat.data]).to.deep.equal([3, 6, 9, 2, 5, 8, 1, 4, 7]);
    const two = of(augment.rotate([90, 90], { size: [2, 2, 2] }), arange(8).reshape([1, 8]));
    expect([...two.data]).to.deep.equal([1, 3, 0, 2, 5, 7, 4, 6]); // each channel by itself
    const four = of(augment.rotate([90, 90], { size: [2, 2, 2] }), arange(8).reshape([1, 2, 2, 2]));
    expect(four.data).to.deep.equal(two.data);
  });
});

describe('flip', () => {
  it('changes left and right, or top and bottom', () => {
    expect(rowsOf(of(augment.flip({ horizontal: 1 }), square()))[0]).to.deep.equal([3, 2, 1]);
    expect(rowsOf(of(augment.flip({ horizontal: 0, vertical: 1 }), square()))[0]).to.deep.equal([7, 8, 9]);
    expect(of(augment.flip({ horizontal: 1, vertical: 1 }), square()).data).to.deep.equal(
      square().data.slice().reverse(),
    );
  });

  it('with its probability, each image by itself, and the two ways independently', () => {
    manualSeed(1);
    const x = tensor(Array.from({ length: 4000 }, () => [1, 2, 3, 4]).flat(), [4000, 2, 2]);
    const counts = [0, 0, 0, 0]; // by the number in the upper left corner
    const { data: found } = of(augment.flip({ horizontal: 0.5, vertical: 0.25 }), x);
    for (let i = 0; i < 4000; i++) counts[found[4 * i] - 1]++;
    [0.375, 0.375, 0.125, 0.125].forEach((p, i) => {
      expect(counts[i]).to.be.closeTo(4000 * p, 4 * Math.sqrt(4000 * p * (1 - p)));
    });
  });
});

describe('randomCrop', () => {
  it('moves each image by whole pixels, up to the padding, all places alike', () => {
    manualSeed(5);
    const x = zeros([5000, 5, 5]);
    x.copyFrom(Array.from({ length: 5000 * 25 }, (_, i) => (i % 25 === 12 ? 1 : 0))); // the middle one
    const { data: found } = of(augment.randomCrop({ padding: 2, fill: 9 }), x);
    const places = new Array<number>(25).fill(0);
    for (let i = 0; i < 5000; i++) {
      const image = [...found.slice(25 * i, 25 * (i + 1))];
      const place = image.indexOf(1);
      places[place]++;
      // Where the middle went, all went: so many pixels came from outside.
      const [down, right] = [Math.abs(Math.floor(place / 5) - 2), Math.abs((place % 5) - 2)];
      expect(image.filter((value) => value === 9)).to.have.length(25 - (5 - down) * (5 - right));
    }
    for (const count of places) expect(count).to.be.closeTo(200, 4 * Math.sqrt(200 * 0.96));
  });

  it('without padding nothing moves', () => {
    expect(of(augment.randomCrop({ padding: 0 }), square()).data).to.deep.equal(square().data);
  });
});

describe('cutout', () => {
  it('cuts a square around a pixel anywhere, the same in all channels, and less at the border', () => {
    manualSeed(2);
    const x = ones([3000, 2, 6, 7]);
    const { data: found } = of(augment.cutout({ length: 3, fill: -1 }), x);
    const centres = new Set<string>();
    for (let i = 0; i < 3000; i++) {
      const [first, second] = [0, 1].map((channel) => [
        ...found.slice(42 * (2 * i + channel), 42 * (2 * i + channel + 1)),
      ]);
      expect(second).to.deep.equal(first);
      const cut = first.flatMap((value, place) => (value === -1 ? [place] : []));
      const rows = [...new Set(cut.map((place) => Math.floor(place / 7)))];
      const columns = [...new Set(cut.map((place) => place % 7))];
      expect(cut).to.have.length(rows.length * columns.length); // a rectangle
      for (const [list, size] of [
        [rows, 6],
        [columns, 7],
      ] as const) {
        const atBorder = list.includes(0) || list.includes(size - 1);
        expect(list.length).to.be.within(atBorder ? 2 : 3, 3);
        expect(Math.max(...list) - Math.min(...list)).to.equal(list.length - 1);
      }
      centres.add(`${rows} ${columns}`);
    }
    expect(centres.size).to.equal(42); // every pixel was one
  });

  it('cuts several holes, none, or everything', () => {
    const count = (options: Partial<data.augment.CutoutOptions>) =>
      of(augment.cutout({ length: 1, ...options }), ones([500, 10, 10])).data.filter((value) => value === 0)
        .length;
    manualSeed(4);
    expect(count({ holes: 0 })).to.equal(0);
    expect(count({})).to.equal(500);
    expect(count({ holes: 2 })).to.be.within(970, 999); // two of 100 pixels are the same one with probability 1/100
    expect(count({ length: 40 })).to.equal(50_000);
  });
});

describe('noise', () => {
  it('adds normal numbers of the standard deviation asked for, in the shape of x', () => {
    manualSeed(8);
    const x = tensor(
      Array.from({ length: 40_000 }, (_, i) => i / 40_000),
      [100, 400],
    );
    const y = of(augment.noise({ std: 0.25 }), x);
    expect(y.shape).to.deep.equal([100, 400]);
    const added = Array.from(y.data, (value, i) => value - x.data[i]);
    const mean = added.reduce((a, b) => a + b) / 40_000;
    const deviation = Math.sqrt(added.reduce((a, b) => a + (b - mean) ** 2, 0) / 40_000);
    expect(mean).to.be.closeTo(0, (4 * 0.25) / 200); // four standard errors: σ/√n
    expect(deviation).to.be.closeTo(0.25, (4 * 0.25) / Math.sqrt(80_000)); // σ/√(2n)
    expect(of(augment.noise({ std: 0 }), x).data).to.deep.equal(x.data);
  });

  it('leaves values where they fall, unless told to clip them', () => {
    const free = of(augment.noise({ std: 1 }), ones([1, 1000])).data;
    expect(Math.max(...free)).to.be.above(2);
    const { data: held } = of(augment.noise({ std: 1, clip: [0, 1] }), ones([1, 1000]));
    expect([Math.min(...held), Math.max(...held)]).to.deep.equal([0, 1]);
  });
});

describe('mixup', () => {
  it('mixes x and y in the same parts, with one partner for each sample, and one λ for the batch', () => {
    manualSeed(6);
    // Sample i is (i, 100 + i), of class i: its parts can be read from y.
    const x = tensor(Array.from({ length: 8 }, (_, i) => [i, 100 + i]));
    const { x: mixedX, y } = augment.mixup({ alpha: 1, classes: 8 })(batchOf(x));
    expect(y.shape).to.deep.equal([8, 8]);
    const rows = y.toArray() as number[][];
    const partners = rows.map((row, i) => {
      const other = row.findIndex((value, j) => value > 0 && j !== i);
      return other < 0 ? i : other;
    });
    expect([...partners].sort()).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
    const first = partners.findIndex((partner, i) => partner !== i);
    const part = rows[first][first];
    rows.forEach((row, i) => {
      const other = partners[i];
      expect(row[i]).to.equal(other === i ? 1 : part);
      expect(row.reduce((a, b) => a + b)).to.be.closeTo(1, 1e-7);
      expect(mixedX.data[2 * i]).to.be.closeTo(part * i + (1 - part) * other, 1e-5);
      expect(mixedX.data[2 * i + 1]).to.be.closeTo(part * (100 + i) + (1 - part) * (100 + other), 1e-4);
    });
  });

  it('mixes targets that are a tensor as it mixes x', () => {
    const x = rand([6, 3]);
    const { x: mixedX, y } = augment.mixup({ alpha: 1 })({ x, y: x });
    expect(y.data).to.deep.equal(mixedX.data);
    expect(y.data).not.to.deep.equal(x.data);
  });

  /** λ of many batches: two samples, 1 and 0, of which the first becomes λ, or stays 1 when it is its own partner. */
  function parts(alpha: number, count: number): number[] {
    const mix = augment.mixup({ alpha });
    const found: number[] = [];
    while (found.length < count)
      scope(() => {
        const [a, b] = mix({
          x: tensor([[1], [0]]),
          y: tensor([
            [0, 1],
            [1, 0],
          ]),
        }).y.data;
        if (b !== 1) found.push(b);
        else if (a !== 0) throw new Error('neither a partner nor alone');
      });
    return found.sort((a, b) => a - b);
  }

  it('draws λ from Beta(α, α): where its distribution function is known', () => {
    manualSeed(9);
    const known: [alpha: number, cdf: (x: number) => number][] = [
      [0.5, (x) => (2 / Math.PI) * Math.asin(Math.sqrt(x))],
      [1, (x) => x],
      [2, (x) => 3 * x ** 2 - 2 * x ** 3],
      [3, (x) => 10 * x ** 3 - 15 * x ** 4 + 6 * x ** 5],
    ];
    for (const [alpha, cdf] of known) {
      const found = parts(alpha, 2000);
      const distance = Math.max(...found.map((x, i) => Math.max(cdf(x) - i / 2000, (i + 1) / 2000 - cdf(x))));
      expect(distance, `α = ${alpha}`).to.be.below(1.95 / Math.sqrt(2000)); // Kolmogorov and Smirnov, at 0.1 %
    }
  });

  it('and by its variance, 1/(4·(2α + 1)), for any other α, tiny or huge', () => {
    manualSeed(10);
    for (const alpha of [1e-4, 0.2, 8, 1000]) {
      const found = parts(alpha, 1000);
      for (const part of found) expect(part).to.be.within(0, 1);
      const second = found.reduce((sum, part) => sum + (part - 0.5) ** 2, 0) / 1000;
      const expected = 1 / (4 * (2 * alpha + 1));
      expect(second / expected, `α = ${alpha}`).to.be.within(0.8, 1.2);
    }
  });

  it('refuses labels without their number of classes, or beyond it, and several tasks', () => {
    const batch = batchOf(ones([3, 2]));
    expectError(
      () => augment.mixup()(batch),
      ArgumentError,
      'mixup: y holds class labels, and classes is undefined',
      'mixup({ classes: 10 })',
    );
    expectError(() => augment.mixup({ classes: 2 })(batch), IndexError, 'mixup: label 2 is 2', 'from 0 to 1');
    expectError(
      () => augment.mixup({ classes: 2 })({ x: ones([3, 2]), y: { a: labels(3) } }),
      ArgumentError,
      'mixup: y is an object',
    );
  });
});

/** Every augmentation, for images of 6 × 6. */
const every = {
  affine: augment.affine({ rotate: 20, shift: 0.1, scale: [0.8, 1.2], shear: 10 }),
  rotate: augment.rotate(20),
  shift: augment.shift(0.2),
  scale: augment.scale([0.5, 2]),
  flip: augment.flip({ vertical: 0.5 }),
  randomCrop: augment.randomCrop({ padding: 2 }),
  noise: augment.noise({ std: 0.1 }),
  cutout: augment.cutout({ length: 3 }),
  mixup: augment.mixup({ alpha: 1, classes: 40 }),
} as Record<string, data.Transform<any, any>>;

describe('every augmentation', () => {
  it('is among those that are tested here', () => {
    expect(Object.keys(every).sort()).to.deep.equal(Object.keys(augment).sort());
  });

  for (const [name, change] of Object.entries(every)) {
    it(`${name}: the same seed gives the same bits, with any number of threads, and the next call others`, () => {
      const x = rand([40, 6, 6]);
      const runs = [1, 2, 5].map((threads) => {
        setThreads(threads);
        manualSeed(77);
        return [change(batchOf(x)), change(batchOf(x))].map(({ x }) => x.data);
      });
      setThreads(cores());
      expect(runs[1]).to.deep.equal(runs[0]);
      expect(runs[2]).to.deep.equal(runs[0]);
      expect(runs[0][1]).not.to.deep.equal(runs[0][0]);
      manualSeed(78);
      expect(change(batchOf(x)).x.data).not.to.deep.equal(runs[0][0]);
    });

    it(`${name}: leaves the batch that it gets as it is, keeps shapes and other entries, and no memory`, () => {
      const x = rand([40, 6, 6]);
      const [before, { version }] = [x.data.slice(), x.storage];
      const y = labels(40);
      scope(() => {
        const result = change({ x, y, note: 'kept' } as data.Batch);
        expect(result.x.shape).to.deep.equal([40, 6, 6]);
        expect(result.x).not.to.equal(x);
        expect(result).to.have.property('note', 'kept');
        if (name !== 'mixup') expect(result.y).to.equal(y);
      });
      expect([x.data, x.storage.version]).to.deep.equal([before, version]);
      expect([...y]).to.deep.equal([...labels(40)]);
      scope(() => {
        const { tensors } = memory();
        change(batchOf(x));
        expect(memory().tensors - tensors).to.equal(name === 'mixup' ? 2 : 1); // the result, and soft targets
      });
    });

    it(`${name}: makes no images of no images`, () => {
      expect(change({ x: zeros([0, 6, 6]), y: labels(0) }).x.shape).to.deep.equal([0, 6, 6]);
    });

    it(`${name}: is called that, and refuses what is no batch`, () => {
      expect(change.name).to.equal(name);
      for (const wrong of [undefined, null, 3, {}, { x: [1] }, { x: tensor(1) }])
        expectError(() => change(wrong), ArgumentError, `${name}: cannot change `, 'a batch is { x, y }');
    });
  }
});

describe('images', () => {
  it('are asked for where rows could be anything', () => {
    expectError(
      () => of(augment.rotate(10), ones([2, 784])),
      ShapeError,
      'rotate: are rows of x [2, 784] images?',
      'try:  { size: [28, 28] }',
    );
    expectError(() => of(augment.flip(), ones([2, 30])), ShapeError, 'try:  { size: [height, width] }');
    expectError(
      () => of(augment.flip(), ones([2, 1, 1, 3, 3])),
      ShapeError,
      'flip: are rows of x [2, 1, 1, 3, 3] images?',
    );
    expectError(() => of(augment.flip(), ones([4])), ShapeError, 'flip: are rows of x [4] images?');
  });

  it('must have the size that was said', () => {
    for (const x of [ones([2, 35]), ones([2, 4, 9]), ones([2, 1, 6, 6]), ones([2])])
      expectError(
        () => of(augment.cutout({ length: 1, size: [6, 6] }), x),
        ShapeError,
        'are no images of size [6, 6]',
      );
    expect(of(augment.cutout({ length: 1, size: [6, 6] }), ones([2, 6, 6])).shape).to.deep.equal([2, 6, 6]);
  });

  it('a refused batch draws no random number', () => {
    const before = randomState();
    for (const change of [
      augment.rotate(10),
      augment.flip(),
      augment.randomCrop({ padding: 1 }),
      augment.cutout({ length: 1 }),
    ])
      expectError(() => of(change, ones([2, 784])), ShapeError);
    expectError(() => augment.mixup({ classes: 2 })(batchOf(ones([3, 2]))), IndexError);
    expect(randomState()).to.deep.equal(before);
  });
});
