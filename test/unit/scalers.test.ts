// Scalers, imputers, outliers, encoders: scikit-learn's numbers, and that what is learned on one part is applied to others.
import { expect } from 'chai';
import fc from 'fast-check';
import {
  data,
  manualSeed,
  randn,
  type Saved,
  ShapeError,
  StateError,
  Tensor,
  tensor,
} from '../../src/index.ts';
import { ArgumentError, IndexError, io, scope } from '../../src/index.ts';
import { expectError } from '../support/errors.ts';
import { decodeTensor, type GoldenTensor, readGolden } from '../support/golden.ts';

const bad = (value: unknown) => value as never;

interface Golden {
  train: GoldenTensor;
  test: GoldenTensor;
  cases: { name: string; options: object; train: GoldenTensor; test: GoldenTensor; inverse?: GoldenTensor }[];
  pipeline: GoldenTensor;
  words: string[];
  labels: number[];
  classes: string[];
  numbers: number[];
  numberLabels: number[];
  oneHot: GoldenTensor;
  oneHotNumbers: GoldenTensor;
}
const golden = readGolden<Golden>('prepare');

/** Expects each element to be the golden number rounded to float32, give or take its last bit. */
function expectRounded(found: Tensor, { shape, data }: GoldenTensor, what: string): void {
  expect(found.shape, what).to.deep.equal(shape);
  data.forEach((value, i) => {
    const exact = Number(value);
    const error = Math.abs(found.data[i] - exact);
    const fits = Number.isNaN(exact)
      ? Number.isNaN(found.data[i])
      : error <= 1.2e-7 * Math.abs(exact) + 1e-12;
    if (!fits) expect.fail(`${what}[${i}] is ${found.data[i]}, but scikit-learn's is ${exact}`);
  });
}

const kinds = {
  StandardScaler: data.StandardScaler,
  MinMaxScaler: data.MinMaxScaler,
  RobustScaler: data.RobustScaler,
  Imputer: data.Imputer,
  OutlierClipper: data.OutlierClipper,
};
type Kind = keyof typeof kinds;
const make = (name: string, options: object = {}): data.Preprocessor => new kinds[name as Kind](options);

describe('scikit-learn’s numbers', () => {
  for (const { name, options, train, test, inverse } of golden.cases)
    it(`${name} ${JSON.stringify(options)}: on what it was fitted to, and on other rows`, () => {
      const fitted = make(name, options).fit(decodeTensor(golden.train));
      const [x, other] = [decodeTensor(golden.train), decodeTensor(golden.test)];
      expectRounded(fitted.transform(x), train, `${name} of train`);
      expectRounded(fitted.transform(other), test, `${name} of test`);
      if (!inverse) return;
      const back = fitted.inverse(fitted.transform(other));
      inverse.data.forEach((value, i) => {
        // float32 lies between; next to a mean of 2·10⁶, that costs some digits of what is left
        if (value === 'NaN') expect(back.data[i]).to.be.NaN;
        else
          expect(Math.abs(back.data[i] - Number(value))).to.be.at.most(3e-7 * Math.abs(Number(value)) + 1e-6);
      });
    });

  it('a pipeline', () => {
    const pipeline = new data.Pipeline([new data.Imputer({ strategy: 'median' }), new data.RobustScaler()]);
    pipeline.fit(decodeTensor(golden.train));
    expectRounded(pipeline.transform(decodeTensor(golden.test)), golden.pipeline, 'the pipeline');
  });

  it('LabelEncoder: classes in the order of their letters, or of their sizes', () => {
    const encoder = new data.LabelEncoder();
    expect([...encoder.fitTransform(golden.words)]).to.deep.equal(golden.labels);
    expect(encoder.classes).to.deep.equal(golden.classes);
    expect([...encoder.fitTransform(golden.numbers)]).to.deep.equal(golden.numberLabels);
  });

  it('OneHotEncoder: columns side by side, zeros for what is unknown', () => {
    const [w, n] = [golden.words, golden.numbers];
    const encoder = new data.OneHotEncoder({ handleUnknown: 'ignore' });
    // The numbers are words here, as in the script: '10' comes before '2'
    encoder.fit(data.Table.from({ w, n: n.map(String) }));
    const table = data.Table.from({ w: ['fig', 'pear', 'kiwi'], n: ['2', '4', '10'] });
    expectRounded(encoder.transform(table), golden.oneHot, 'oneHot');
    expectRounded(
      new data.OneHotEncoder().fitTransform(data.Table.from({ n })),
      golden.oneHotNumbers,
      'numbers',
    );
  });
});

/** Can be fitted once. */
class Stubborn extends data.StandardScaler {
  #isFitted = false;

  override fit(x: Tensor | data.Dataset): this {
    if (this.#isFitted) throw new Error('stubborn');
    this.#isFitted = true;
    return super.fit(x);
  }
}

describe('scalers', () => {
  const x = () =>
    tensor([
      [1, 100, 5],
      [2, 200, 5],
      [3, 600, 5],
    ]);

  it('StandardScaler, by hand', () => {
    // 1, 2, 3: mean 2, std √(2/3). 100, 200, 600: mean 300, squares 4 + 1 + 9 (·10⁴), std 100·√(14/3). 5, 5, 5: std 0, so 1.
    const scaler = new data.StandardScaler().fit(x());
    expect(scaler.center).to.deep.equal(new Float64Array([2, 300, 5]));
    expect(scaler.scale[0]).to.be.closeTo(Math.sqrt(2 / 3), 1e-15);
    expect(scaler.scale[1]).to.be.closeTo(100 * Math.sqrt(14 / 3), 1e-13);
    expect(scaler.scale[2]).to.equal(1);
    expect(scaler.transform(tensor([[2, 300, 7]])).toArray()).to.deep.equal([[0, 0, 2]]);
  });

  it('MinMaxScaler meets the ends of its range exactly, and lets others lie beyond', () => {
    const scaler = new data.MinMaxScaler({ range: [-1, 1] }).fit(x());
    expect(scaler.transform(x()).toArray()).to.deep.equal([
      [-1, -1, -1],
      [0, Math.fround(-0.6), -1],
      [1, 1, -1],
    ]);
    expect(scaler.transform(tensor([[5, 0, 5]])).toArray()).to.deep.equal([[3, Math.fround(-1.4), -1]]);
  });

  it('RobustScaler does not see how far away an outlier is', () => {
    const of = (last: number) => new data.RobustScaler().fit(tensor([[1], [2], [3], [4], [last]]));
    // median 3, quartiles 2 and 4
    for (const last of [5, 1e6]) expect([of(last).center[0], of(last).scale[0]]).to.deep.equal([3, 2]);
  });

  it('a constant is found out exactly', () => {
    // 0.1 in float32 has 24 digits, 10⁶ has 20: together less than the 53 of float64
    const scaler = new data.StandardScaler().fit(
      tensor(new Float32Array(1_000_000).fill(0.1), [1_000_000, 1]),
    );
    expect(scaler.center[0]).to.equal(Math.fround(0.1));
    expect(scaler.scale[0]).to.equal(1);
    const tiny = new data.StandardScaler().fit(tensor([[1e-20], [3e-20]])); // and small is not constant
    expect(tiny.transform(tensor([[3e-20]])).item()).to.be.closeTo(1, 1e-6);
  });

  it('NaN is left out when fitting, and stays NaN', () => {
    for (const name of ['StandardScaler', 'MinMaxScaler', 'RobustScaler'] as const) {
      const [a, b] = [make(name), make(name)];
      a.fit(tensor([[1], [Number.NaN], [3], [4]]));
      b.fit(tensor([[1], [3], [4]]));
      expect(a.stateDict(), name).to.deep.equal(b.stateDict());
      expect(a.transform(tensor([[Number.NaN], [3]])).data[0], name).to.be.NaN;
    }
  });

  it('per all: one number for everything, of samples of any shape', () => {
    const images = tensor([
      [
        [0, 255],
        [51, 0],
      ],
    ]);
    const scaler = new data.MinMaxScaler({ per: 'all' }).fit(images);
    expect(scaler.transform(images).toArray()).to.deep.equal([
      [
        [0, 1],
        [Math.fround(0.2), 0],
      ],
    ]);
    expect(scaler.transform(tensor([255, 0])).toArray()).to.deep.equal([1, 0]);
    expect(new data.StandardScaler({ per: 'all' }).fit(tensor([[1, 3]])).center).to.deep.equal(
      new Float64Array([2]),
    );
  });

  it('features are the positions in a sample, whatever its shape; x [n] has one', () => {
    const images = tensor([0, 10, 20, 30, 100, 110, 120, 130], [2, 2, 2]);
    const scaler = new data.MinMaxScaler().fit(images);
    expect(scaler.center).to.deep.equal(new Float64Array([0, 10, 20, 30]));
    expect(scaler.transform(images).toArray()).to.deep.equal([
      [
        [0, 0],
        [0, 0],
      ],
      [
        [1, 1],
        [1, 1],
      ],
    ]);
    expect(new data.MinMaxScaler().fitTransform(tensor([2, 4, 3])).toArray()).to.deep.equal([0, 1, 0.5]);
  });

  it('inverse undoes transform', () => {
    manualSeed(4);
    fc.assert(
      fc.property(fc.constantFrom('StandardScaler', 'MinMaxScaler', 'RobustScaler'), (name) => {
        const values = randn([20, 3]).mul(tensor([1, 50, 0.01]));
        const scaler = make(name).fit(values);
        const back = scaler.inverse(scaler.transform(values));
        back.data.forEach((value, i) => {
          expect(value).to.be.closeTo(values.data[i], 1e-6 * [10, 500, 0.1][i % 3]);
        });
      }),
      { numRuns: 30, seed: 1 },
    );
  });

  it('fits on a data set, and changes the batches of any', () => {
    const set = data.fromTensors(x(), [0, 1, 2]);
    const scaler = new data.StandardScaler().fit(set.subset([0, 1]));
    expect(scaler.center).to.deep.equal(new Float64Array([1.5, 150, 5]));
    const batch = { ...set.batch([2]), extra: 'kept' };
    const changed = scaler.asTransform()(batch);
    expect(changed.x.toArray()).to.deep.equal([[3, 9, 0]]); // (3 − 1.5)/½, (600 − 150)/50
    expect(changed.y).to.deep.equal(new Int32Array([2]));
    expect(changed.extra).to.equal('kept');
    expect(batch.x.toArray()).to.deep.equal([[3, 600, 5]]);
  });

  it('as a transform of a loader, it changes every batch, and keeps its type', async () => {
    const set = data.fromTensors(x(), [0, 1, 2]);
    const scaler = new data.StandardScaler().fit(set);
    const found: unknown[] = [];
    for await (const batch of data.loader(set, { batchSize: 2, transforms: [scaler.asTransform()] })) {
      const labels: Int32Array = batch.y;
      expect(labels).to.be.instanceOf(Int32Array);
      found.push(...(batch.x.toArray() as number[][]));
    }
    expect(found).to.deep.equal(scaler.transform(x()).toArray());
  });

  it('keeps nothing of a scope, and its results have no history', () => {
    const scaler = new data.StandardScaler();
    const result = scope(() => scaler.fitTransform(x()));
    expect(result.requiresGrad).to.equal(false);
    expect(scaler.transform(x()).toArray()).to.deep.equal(result.toArray());
  });

  it('refuses what it cannot learn from, and what it has not learned', () => {
    expectError(
      () => new data.StandardScaler().fit(bad([[1]])),
      ArgumentError,
      'StandardScaler.fit: x is an array of 1',
    );
    expectError(() => new data.StandardScaler().fit(tensor(1)), ShapeError, 'x is a scalar');
    expectError(() => new data.StandardScaler().fit(new Tensor([0, 2])), ShapeError, 'x [0, 2] is empty');
    expectError(
      () =>
        new data.RobustScaler().fit(
          tensor([
            [1, 2, 3, 4],
            [1, 2, Infinity, 4],
          ]),
        ),
      ArgumentError,
      'RobustScaler.fit: sample 1 has Infinity at feature 2',
    );
    expectError(
      () => new data.MinMaxScaler().fit(tensor([[1, Number.NaN]])),
      ArgumentError,
      'feature 1 is NaN in every sample',
    );
    for (const name of Object.keys(kinds)) {
      for (const method of ['transform', 'inverse'] as const)
        expectError(() => make(name)[method](x()), StateError, `${name}.${method}: it has not been fitted`);
      expectError(() => make(name).stateDict(), StateError, `${name}.stateDict: it has not been fitted`);
      const fitted = make(name).fit(x());
      expectError(
        () => fitted.transform(tensor([[1, 2]])),
        ShapeError,
        `${name}.transform: x is [1, 2]`,
        'fitted on samples of shape [3], so x must be [n, 3]',
      );
      expectError(() => fitted.transform(bad(null)), ArgumentError, 'x is null');
    }
    expectError(() => new data.MinMaxScaler({ range: [1, 1] }), ArgumentError, 'range is [1, 1]');
    expectError(() => new data.RobustScaler({ quantiles: [0.5, 2] }), ArgumentError, 'quantiles[1] is 2');
  });

  it('a fit that fails leaves what was learned before', () => {
    const scaler = new data.StandardScaler().fit(x());
    const before = scaler.stateDict();
    expect(() => scaler.fit(tensor([[1, Infinity]]))).to.throw();
    expect(scaler.stateDict()).to.deep.equal(before);
    const pipeline = new data.Pipeline([new data.Imputer(), new Stubborn()]).fit(x());
    const state = pipeline.stateDict();
    expect(() => pipeline.fit(tensor([[7, 8]]))).to.throw('stubborn');
    expect(pipeline.stateDict()).to.deep.equal(state);
  });
});

describe('Imputer and OutlierClipper', () => {
  const gap = Number.NaN;

  it('fill in the mean, the median, the most frequent or a constant, which the training data decide', () => {
    const x = tensor([[1], [1], [2], [8], [gap]]);
    const fills = { mean: 3, median: 1.5, mostFrequent: 1, constant: -7 } as const;
    for (const strategy of ['mean', 'median', 'mostFrequent', 'constant'] as const) {
      const imputer = new data.Imputer({ strategy, value: -7 }).fit(x);
      expect(imputer.fill).to.deep.equal(new Float64Array([fills[strategy]]));
      expect(imputer.transform(tensor([[gap], [5]])).toArray()).to.deep.equal([[fills[strategy]], [5]]);
    }
    expect(new data.Imputer({ strategy: 'mostFrequent' }).fit(tensor([3, 2, 3, 2, 1])).fill[0]).to.equal(2); // of two, the smaller
    expect(new data.Imputer({ strategy: 'constant' }).fitTransform(tensor([[gap]])).item()).to.equal(0);
    expectError(
      () => new data.Imputer().fit(tensor([[gap]])),
      ArgumentError,
      'feature 0 is NaN in every sample',
    );
  });

  it('iqr: Tukey’s fences', () => {
    // 0 … 4 and 100: quartiles 1.25 and 3.75, IQR 2.5, fences −2.5 and 7.5
    const x = tensor([[0], [1], [2], [3], [4], [100]]);
    const clipper = new data.OutlierClipper().fit(x);
    expect([clipper.lower[0], clipper.upper[0]]).to.deep.equal([-2.5, 7.5]);
    expect(clipper.transform(tensor([[-9], [gap], [7.5], [8]])).toArray()).to.deep.equal([
      [-2.5],
      [gap],
      [7.5],
      [7.5],
    ]);
    expect([...clipper.inliers(tensor([[-9], [gap], [7.5], [8], [0]]))]).to.deep.equal([1, 2, 4]);
  });

  it('zScore: so many standard deviations from the mean', () => {
    // 2, 4, 4, 4, 5, 5, 7, 9: mean 5, deviation 2
    const x = tensor([2, 4, 4, 4, 5, 5, 7, 9]);
    const clipper = new data.OutlierClipper({ method: 'zScore', factor: 1 }).fit(x);
    expect(clipper.transform(x).toArray()).to.deep.equal([3, 4, 4, 4, 5, 5, 7, 7]);
    expect([...clipper.inliers(x)]).to.deep.equal([1, 2, 3, 4, 5, 6]);
    expect(new data.OutlierClipper({ method: 'zScore' }).fit(x).upper[0]).to.equal(11); // 5 + 3·2
  });

  it('drops rows of a table: an outlier in any feature is enough', () => {
    const table = data.Table.from({ a: [0, 1, 2, 3, 4, 100], b: [0, -50, 0, 0, 0, 0], w: [...'uvwxyz'] });
    const x = table.toTensor(['a', 'b']);
    const kept = table.rows(new data.OutlierClipper().fit(x).inliers(x));
    expect(kept.column('w')).to.deep.equal([...'uwxy']);
  });

  it('inverse changes nothing', () => {
    const x = tensor([1, 2, 3, 50]);
    for (const step of [new data.Imputer(), new data.OutlierClipper()])
      expect(
        step
          .fit(tensor([1, 2, 3]))
          .inverse(x)
          .toArray(),
      ).to.deep.equal([1, 2, 3, 50]);
  });
});

describe('saved states', () => {
  /** The arrays in a state, at any depth. */
  const arraysIn = (state: unknown): Float64Array[] =>
    state instanceof Float64Array
      ? [state]
      : typeof state === 'object' && state !== null
        ? Object.values(state).flatMap(arraysIn)
        : [];

  const x = tensor([
    [1, 2],
    [3, 7],
    [4, 0],
  ]);
  const pipeline = () =>
    new data.Pipeline([new data.Imputer(), new data.OutlierClipper(), new data.StandardScaler()]);
  const all: [string, () => data.Preprocessor][] = [
    ...Object.keys(kinds).map((name): [string, () => data.Preprocessor] => [name, () => make(name)]),
    ['Pipeline', pipeline],
  ];

  for (const [name, create] of all)
    it(`${name}: another one with the state does the same`, () => {
      const fitted = create().fit(x);
      const state = fitted.stateDict();
      const other = create();
      other.loadStateDict(state);
      const expected = fitted.transform(x).toArray();
      expect(other.transform(x).toArray()).to.deep.equal(expected);
      expect(other.inverse(x).toArray()).to.deep.equal(fitted.inverse(x).toArray());
      for (const list of arraysIn(state)) list.fill(7); // the state is a copy, on both ways
      expect(arraysIn(state).length).to.be.greaterThan(0);
      for (const one of [fitted, other]) expect(one.transform(x).toArray()).to.deep.equal(expected);
    });

  it('all of them come back from a checkpoint as they were', () => {
    const table = data.Table.from({ w: ['é', '', 'x'], n: [0.1, -0, 3] });
    const fitted = {
      ...Object.fromEntries(all.map(([name, create]) => [name, create().fit(x)])),
      shared: new data.MinMaxScaler({ per: 'all' }).fit(x),
      labels: new data.LabelEncoder().fit(table.column('w')),
      oneHot: new data.OneHotEncoder().fit(table),
    };
    const states = Object.fromEntries(Object.entries(fitted).map(([name, one]) => [name, one.stateDict()]));
    const saved = io.parseCheckpoint(io.toCheckpoint(states)) as { [name: string]: Saved };
    expect(saved).to.deep.equal(states);
    for (const [name, one] of Object.entries(fitted)) one.loadStateDict(saved[name]);
    expect(fitted.shared.transform(x).data[3]).to.equal(1);
    expect(fitted.oneHot.names).to.deep.equal(['w=', 'w=x', 'w=é', 'n=0', 'n=0.1', 'n=3']);
  });

  it('a scaler with options of its own takes those of the state', () => {
    const state = new data.MinMaxScaler({ range: [-1, 1] }).fit(x).stateDict();
    const other = new data.MinMaxScaler();
    other.loadStateDict(state);
    expect(other.transform(tensor([[4, 7]])).toArray()).to.deep.equal([[1, 1]]);
    const shared = new data.StandardScaler({ per: 'all' }).fit(x);
    const third = new data.StandardScaler();
    third.loadStateDict(shared.stateDict());
    expect(third.transform(tensor([1, 2])).toArray()).to.deep.equal(
      shared.transform(tensor([1, 2])).toArray(),
    );
  });

  it('what does not fit is refused, and changes nothing', () => {
    const scaler = new data.StandardScaler().fit(x);
    const state = scaler.stateDict() as { [key: string]: Saved };
    const wrong: [Saved, string][] = [
      [null, 'the state is null'],
      [[], 'the state is an array of 0'],
      [{}, 'of the kind undefined'],
      [new data.RobustScaler().fit(x).stateDict(), 'of the kind "RobustScaler"'],
      [{ ...state, scale: new Float64Array(3) }, 'scale is Float64Array(3), not Float64Array(2)'],
      [{ ...state, center: [1, 2] }, 'center is an array of 2'],
      [{ ...state, features: 'two' }, 'features is "two"'],
      [{ ...state, features: [2, -1] }, 'features is an array of 2'],
      [{ ...state, features: undefined }, 'center is Float64Array(2), not Float64Array(1)'],
    ];
    for (const [saved, says] of wrong) {
      expectError(() => scaler.loadStateDict(saved), StateError, 'StandardScaler.loadStateDict', says);
      expect(scaler.stateDict()).to.deep.equal(state);
    }

    const steps = pipeline().fit(x);
    const before = steps.stateDict() as { kind: string; steps: Saved[] };
    const [first, second] = before.steps;
    expectError(
      () => steps.loadStateDict({ kind: 'Pipeline', steps: [first] }),
      StateError,
      'it has 1 steps, not 3',
    );
    const changed = new data.Imputer().fit(tensor([[9, 9]])).stateDict();
    expectError(
      () => steps.loadStateDict({ kind: 'Pipeline', steps: [changed, second, null] }),
      StateError,
      'StandardScaler.loadStateDict: the state is null',
    );
    expect(steps.stateDict()).to.deep.equal(before); // the first step, too
  });

  it('encoders', () => {
    const labels = new data.LabelEncoder().fit(['b', 'a']);
    const other = new data.LabelEncoder();
    other.loadStateDict(labels.stateDict());
    expect(other.classes).to.deep.equal(['a', 'b']);
    const oneHot = new data.OneHotEncoder().fit(data.Table.from({ __w: ['x', 'y'], n: [3, 1] }));
    const another = new data.OneHotEncoder();
    another.loadStateDict(oneHot.stateDict());
    expect(another.names).to.deep.equal(['__w=x', '__w=y', 'n=1', 'n=3']);
    for (const classes of [undefined, [], ['a', 1], ['a', 'a'], [true], 'ab'])
      expectError(
        () => other.loadStateDict(bad({ kind: 'LabelEncoder', classes })),
        StateError,
        'LabelEncoder.loadStateDict',
      );
    for (const columns of [undefined, [null], [{ name: 'a' }], [{ name: 1, categories: ['x'] }]])
      expectError(
        () => another.loadStateDict(bad({ kind: 'OneHotEncoder', columns })),
        StateError,
        'OneHotEncoder',
      );
    expect(other.classes).to.deep.equal(['a', 'b']);
    expect(another.names.length).to.equal(4);
  });
});

describe('encoders', () => {
  it('LabelEncoder: there and back, for any words', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (words) => {
        const encoder = new data.LabelEncoder();
        expect(encoder.inverse(encoder.fitTransform(words))).to.deep.equal(words);
        expect(encoder.classes).to.deep.equal([...new Set(words)].sort());
      }),
      { seed: 1 },
    );
    expect([
      ...new data.LabelEncoder().fit(new Float64Array([10, 9, Number.NaN])).transform([9, 10]),
    ]).to.deep.equal([0, 1]);
  });

  it('LabelEncoder: an unknown word is an error that names it', () => {
    const encoder = new data.LabelEncoder().fit(['cat', 'dog', undefined]);
    expectError(
      () => encoder.transform(['dog', 'cow']),
      ArgumentError,
      '"cow" (place 1) is unknown',
      '"cat", "dog"',
    );
    expectError(() => encoder.transform(['dog', undefined]), ArgumentError, 'place 1 is missing');
    expectError(() => encoder.transform(['__proto__']), ArgumentError, '"__proto__" (place 0) is unknown');
    expectError(() => encoder.inverse([0, 2]), IndexError, 'no class 2 (place 1)', '0 … 1');
    expectError(() => new data.LabelEncoder().transform(['a']), StateError, 'it has not been fitted');
    expectError(() => encoder.fit([]), ArgumentError, 'hold no category');
    expectError(() => encoder.fit(['a', 1]), ArgumentError, 'hold "a" and 1');
    expectError(() => encoder.fit(bad('ab')), ArgumentError, 'the labels are "ab"');
    expectError(() => encoder.fit(bad([null])), ArgumentError, 'hold null (place 0)');
    expect(encoder.classes).to.deep.equal(['cat', 'dog']);
  });

  it('OneHotEncoder: there and back, and names', () => {
    const table = data.Table.from({ sex: ['m', 'f', 'm'], class: [3, 1, 1] });
    const encoder = new data.OneHotEncoder();
    const x = encoder.fitTransform(table);
    expect(encoder.names).to.deep.equal(['sex=f', 'sex=m', 'class=1', 'class=3']);
    expect(x.toArray()).to.deep.equal([
      [0, 1, 0, 1],
      [1, 0, 1, 0],
      [0, 1, 1, 0],
    ]);
    const back = encoder.inverse(x);
    expect(back.column('sex')).to.deep.equal(['m', 'f', 'm']);
    expect(back.column('class')).to.deep.equal(new Float64Array([3, 1, 1]));
    const likely = encoder.inverse(tensor([[0.7, 0.2, 0, 0]])); // the largest; none, if nothing is above 0
    expect(likely.column('sex')).to.deep.equal(['f']);
    expect(likely.column('class')).to.deep.equal(new Float64Array([Number.NaN]));
  });

  it('OneHotEncoder: what is unknown or missing is an error, or zeros', () => {
    const table = data.Table.from({ w: ['a', 'b'], v: ['x', 'x'] });
    const test = data.Table.from({ v: ['x', 'y'], w: ['b', 'a'], more: [1, 2] });
    const strict = new data.OneHotEncoder().fit(table);
    expectError(
      () => strict.transform(test),
      ArgumentError,
      'OneHotEncoder.transform: "y" (column "v", row 1) is unknown',
      'known: "x"',
      "handleUnknown: 'ignore'",
    );
    const lenient = new data.OneHotEncoder({ handleUnknown: 'ignore' }).fit(table);
    expect(lenient.transform(test).toArray()).to.deep.equal([
      [0, 1, 1],
      [1, 0, 0],
    ]);
    const gap = data.Table.from({ w: ['a', undefined], v: ['x', 'x'] });
    expectError(() => strict.transform(gap), ArgumentError, 'column "w", row 1 is missing');
    expect(lenient.transform(gap).toArray()).to.deep.equal([
      [1, 0, 1],
      [0, 0, 1],
    ]);
    expectError(() => strict.transform(test.drop(['w'])), ArgumentError, 'no column "w"');
    expectError(() => strict.transform(bad(['a'])), ArgumentError, 'the table is an array of 1');
    expectError(() => strict.inverse(tensor([[1, 2]])), ShapeError, 'x must be [n, 3]');
    expectError(
      () => new data.OneHotEncoder().names,
      StateError,
      'OneHotEncoder.names: it has not been fitted',
    );
  });
});
