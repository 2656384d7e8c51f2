// Splitting: every sample in one part, each class in every part, the same seed the same parts; folds and class weights.
import { expect } from 'chai';
import fc from 'fast-check';
import { ArgumentError, arange, data, manualSeed, ShapeError, type Tensor } from '../../src/index.ts';
import { expectError } from '../support/errors.ts';
import { readGolden } from '../support/golden.ts';
import { seeded } from '../support/random.ts';

const bad = (value: unknown) => value as never;

/** Samples with these labels; x is the sample's number. */
const labelled = (labels: number[]) =>
  data.fromTensors(arange(labels.length).reshape([labels.length, 1]), labels);

type Set = data.Dataset<data.Batch<Tensor, Int32Array>>;
const whole = (set: Set) => set.batch([...Array(set.length).keys()]);
const numbers = (set: Set) => [...whole(set).x.data];
const ascending = (list: Iterable<number>) => [...list].sort((a, b) => a - b);

/** How many there are of each of k classes. */
function counts(labels: Iterable<number>, k: number): number[] {
  const found = new Array<number>(k).fill(0);
  for (const label of labels) found[label]++;
  return found;
}

/** n labels of k classes, the first ones more often. */
function someLabels(n: number, k: number, seed: number): number[] {
  const random = seeded(seed);
  return Array.from({ length: n }, () => Math.floor(k * random() ** 2));
}

describe('splitStratified', () => {
  it('gives each part its share of every class', () => {
    const labels = [...Array(100).fill(0), ...Array(40).fill(1), ...Array(10).fill(2)];
    const [train, validation, test] = labelled(labels).splitStratified(labels, 0.8, 0.1, 0.1);
    expect([train, validation, test].map((part) => counts(whole(part).y, 3))).to.deep.equal([
      [80, 32, 8],
      [10, 4, 1],
      [10, 4, 1],
    ]);
    expect(ascending([train, validation, test].flatMap(numbers))).to.deep.equal([...labels.keys()]);
  });

  it('for any classes: no sample twice, sizes as split has them, shares as near as whole samples allow', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 0, max: 1000 }),
        fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 1, maxLength: 4 }),
        (n, k, seed, weights) => {
          const total = Math.max(
            1,
            weights.reduce((a, b) => a + b, 0),
          );
          const fractions = weights.map((weight) => weight / total);
          const labels = someLabels(n, k, seed);
          const set = labelled(labels);
          const parts = set.splitStratified(labels, ...fractions);
          expect(parts.map(({ length }) => length)).to.deep.equal(
            set.split(...fractions).map(({ length }) => length),
          );
          const all = parts.flatMap(numbers);
          expect(new Set(all).size).to.equal(all.length);
          const sizes = counts(labels, k);
          // At a cut, each class is at most half a sample off. Together they are off by k/2 at most, and the rounding of the
          // part's size by another half: by so much the cut moves, and each class has its share of that.
          const slack = (size: number) => 2 * (0.5 + ((k + 1) / 2) * (size / Math.max(n, 1))) + 1e-9;
          parts.forEach((part, i) => {
            counts(whole(part).y, k).forEach((count, c) => {
              expect(Math.abs(count - fractions[i] * sizes[c]), `class ${c} of part ${i}`).to.be.at.most(
                slack(sizes[c]),
              );
            });
          });
        },
      ),
      { numRuns: 200, seed: 1 },
    );
  });

  it('what cannot be shared goes where most of its share is', () => {
    const labels = [...Array(99).fill(0), 1];
    const parts = labelled(labels).splitStratified(labels, 0.1, 0.8, 0.1);
    expect(parts.map((part) => counts(whole(part).y, 2)[1])).to.deep.equal([0, 1, 0]);
  });

  it('mixes: which samples of a class go where follows from the seed', () => {
    const labels = Array.from({ length: 60 }, (_, i) => i % 3);
    const split = (seed: number) => {
      manualSeed(seed);
      return numbers(labelled(labels).splitStratified(labels, 0.5)[0]);
    };
    expect(split(1)).to.deep.equal(split(1));
    expect(ascending(split(1))).not.to.deep.equal(ascending(split(2)));
    expect(split(1)).not.to.deep.equal(ascending(split(1)));
  });

  it('refuses labels that are not one for each sample, and fractions of more than all', () => {
    const set = labelled([0, 1]);
    expectError(() => set.splitStratified([0], 0.5), ShapeError, 'splitStratified: 1 labels for 2 samples');
    expectError(() => set.splitStratified(bad(0.8), 0.2), ArgumentError, 'labels are 0.8');
    expectError(
      () => set.splitStratified([0, 1], 0.8, 0.4),
      ArgumentError,
      'splitStratified: the fractions 0.8, 0.4 add up',
    );
  });
});

describe('kFold', () => {
  it('each sample is in one validation set, and in all other training sets', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 7 }),
        fc.integer({ min: 7, max: 60 }),
        fc.boolean(),
        fc.boolean(),
        (k, n, shuffle, stratified) => {
          const stratify = stratified ? someLabels(n, 3, n) : undefined;
          const folds = data.kFold(n, { folds: k, shuffle, stratify });
          expect(folds.length).to.equal(k);
          expect(ascending(folds.flatMap(({ validation }) => [...validation]))).to.deep.equal([
            ...Array(n).keys(),
          ]);
          for (const { train, validation } of folds) {
            expect(ascending([...train, ...validation])).to.deep.equal([...Array(n).keys()]);
            expect(validation.length).to.be.within(Math.floor(n / k), Math.ceil(n / k));
            if (!stratify) continue;
            const sizes = counts(stratify, 3);
            counts(
              [...validation].map((i) => stratify[i]),
              3,
            ).forEach((count, c) => {
              expect(count).to.be.within(Math.floor(sizes[c] / k), Math.ceil(sizes[c] / k));
            });
          }
        },
      ),
      { numRuns: 200, seed: 1 },
    );
  });

  it('without shuffling, the parts are stretches of the data; with it, they follow from the seed', () => {
    expect(
      data.kFold(5, { folds: 2, shuffle: false }).map(({ validation }) => [...validation]),
    ).to.deep.equal([
      [0, 1, 2],
      [3, 4],
    ]);
    const shuffled = (seed: number) => {
      manualSeed(seed);
      return data.kFold(20).map(({ validation }) => [...validation].join());
    };
    expect(shuffled(1)).to.deep.equal(shuffled(1));
    expect(shuffled(1)).not.to.deep.equal(shuffled(2));
    expect(shuffled(1).length).to.equal(5);
  });

  it('takes a data set, and gives data sets', () => {
    const set = labelled([0, 1, 0, 1, 0, 1]);
    const folds = data.kFold(set, { folds: 3, stratify: [0, 1, 0, 1, 0, 1] });
    for (const { train, validation } of folds) {
      expect(counts(whole(train).y, 2)).to.deep.equal([2, 2]);
      expect(counts(whole(validation).y, 2)).to.deep.equal([1, 1]);
    }
    expect(ascending(folds.flatMap(({ validation }) => numbers(validation)))).to.deep.equal([
      0, 1, 2, 3, 4, 5,
    ]);
  });

  it('refuses more folds than samples, fewer than two, and labels that do not fit', () => {
    expectError(() => data.kFold(3, { folds: 4 }), ArgumentError, '4 folds of 3 samples');
    expectError(() => data.kFold(3, { folds: 1 }), ArgumentError, 'folds is 1');
    expectError(() => data.kFold(6, { stratify: [0, 1] }), ShapeError, '2 labels for 6 samples');
    expectError(() => data.kFold(2, { folds: 2, stratify: [0, -1] }), ArgumentError, 'label 1 is -1');
    expectError(() => data.kFold(bad('x')), ArgumentError, 'the samples are "x"');
    expectError(() => data.kFold(1.5), ArgumentError, 'samples is 1.5');
  });
});

describe('classWeights', () => {
  it('n / (classes · count), by hand and as scikit-learn’s balanced', () => {
    // 6 samples of 3 classes, 3, 2 and 1 of them: 6/(3·3), 6/(3·2), 6/(3·1)
    expect(data.classWeights([0, 0, 0, 1, 1, 2]).toArray()).to.deep.equal([Math.fround(2 / 3), 1, 2]);
    const { imbalanced, weights } = readGolden<{ imbalanced: number[]; weights: number[] }>('prepare');
    expect(data.classWeights(imbalanced).toArray()).to.deep.equal(weights.map(Math.fround));
  });

  it('every class counts the same, and the mean over the samples is 1', () => {
    const labels = someLabels(97, 3, 5);
    const weights = data.classWeights(labels).data;
    const sums = [0, 1, 2].map((c) => labels.filter((label) => label === c).length * weights[c]);
    for (const sum of sums) expect(sum).to.be.closeTo(97 / 3, 1e-4);
  });

  it('names a class without samples', () => {
    expectError(() => data.classWeights([0, 2, 2]), ArgumentError, 'class 1 has no sample', 'LabelEncoder');
    expectError(() => data.classWeights([0, 1], { classes: 3 }), ArgumentError, 'class 2 has no sample');
    expectError(() => data.classWeights([0, 1], { classes: 1 }), ArgumentError, 'classes is 1');
    expectError(() => data.classWeights([]), ArgumentError, 'there are no labels');
    expectError(() => data.classWeights([0, -1]), ArgumentError, 'label 1 is -1');
  });
});
