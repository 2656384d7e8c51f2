// The data sets of the examples: sizes, classes, and sums that scikit-learn and R give for the same data.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { DataError } from '../../src/index.ts';
import * as datasets from '../../examples/data.ts';
import { expectRejection } from '../support/errors.ts';

/** The mean of a column of x [n, columns]. */
function mean({ shape, data }: { shape: readonly number[]; data: Float32Array }, column: number): number {
  let sum = 0;
  for (let i = column; i < data.length; i += shape[1]) sum += data[i];
  return sum / shape[0];
}

const counts = (labels: Int32Array): number[] =>
  labels.reduce<number[]>((list, label) => Object.assign(list, { [label]: (list[label] ?? 0) + 1 }), []);

describe('data of the examples', () => {
  it('breast cancer', async () => {
    const { x, y, features, classes } = await datasets.breastCancer();
    expect(x.shape).to.deep.equal([569, 30]);
    expect(counts(y)).to.deep.equal([357, 212]);
    expect(classes[y[0]]).to.equal('malignant');
    expect([features.length, features[0], features[29]]).to.deep.equal([
      30,
      'mean radius',
      'worst fractal dimension',
    ]);
    expect(mean(x, 0)).to.be.closeTo(14.127292, 1e-5);
    expect(mean(x, 29)).to.be.closeTo(0.083946, 1e-6);
  });

  it('diabetes', async () => {
    const { x, y, features } = await datasets.diabetes();
    expect([x.shape, y.shape]).to.deep.equal([
      [442, 10],
      [442, 1],
    ]);
    expect(features).to.deep.equal(['age', 'sex', 'bmi', 'bp', 's1', 's2', 's3', 's4', 's5', 's6']);
    expect(mean(x, 2)).to.be.closeTo(26.375792, 1e-5);
    expect(mean(y, 0)).to.be.closeTo(152.133484, 1e-5);
  });

  it('vowels: no speaker is in both parts', async () => {
    const { train, test, features, classes } = await datasets.vowels();
    expect([train.x.shape, test.x.shape]).to.deep.equal([
      [528, 9],
      [462, 9],
    ]);
    expect([features.length, classes.length]).to.deep.equal([9, 11]);
    expect(counts(train.y)).to.deep.equal(new Array(11).fill(48));
    expect(counts(test.y)).to.deep.equal(new Array(11).fill(42));
    expect([...new Set(train.speakers)]).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
    expect([...new Set(test.speakers)]).to.deep.equal([8, 9, 10, 11, 12, 13, 14]);
    expect((528 * mean(train.x, 0) + 462 * mean(test.x, 0)) / 990).to.be.closeTo(-3.20374, 1e-5);
    expect((528 * mean(train.x, 8) + 462 * mean(test.x, 8)) / 990).to.be.closeTo(-0.071339, 1e-5);
  });

  for (const source of datasets.sources)
    it(`sentences of ${source}`, () => {
      const { sentences, labels } = datasets.sentences(source);
      expect(sentences).to.have.length(1000);
      expect(counts(labels)).to.deep.equal([500, 500]);
      for (const sentence of sentences) expect(sentence.trim()).to.equal(sentence).and.not.equal('');
    });

  it('Fashion-MNIST is read from idx files, packed or not, and says what to install where there are none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'typegrad-fashion-'));
    try {
      await expectRejection(
        datasets.fashionMnist(folder),
        DataError,
        'train-images-idx3-ubyte',
        'apt-get install dataset-fashion-mnist',
      );
      const idx = (shape: number[], bytes: number[]) =>
        Uint8Array.from([0, 0, 8, shape.length, ...shape.flatMap((n) => [0, 0, n >> 8, n & 255]), ...bytes]);
      for (const [name, n] of [
        ['train', 2],
        ['t10k', 1],
      ] as const) {
        const pixels = Array.from({ length: n * 784 }, (_, i) => i % 256);
        writeFileSync(join(folder, `${name}-images-idx3-ubyte.gz`), gzipSync(idx([n, 28, 28], pixels)));
        writeFileSync(join(folder, `${name}-labels-idx1-ubyte`), idx([n], [9, 3].slice(0, n)));
      }
      const { train, test } = await datasets.fashionMnist(folder);
      expect([train.length, test.length]).to.deep.equal([2, 1]);
      const { x, y } = train.batch([1]);
      expect([y[0], datasets.fashionClasses[y[0]]]).to.deep.equal([3, 'Dress']);
      expect(x.data[1]).to.equal(Math.fround((785 % 256) / 255));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
