// Metrics: scikit-learn's numbers, from arrays and over batches of any size; what models put out; states; tables.
import { expect } from 'chai';
import fc from 'fast-check';
import {
  ArgumentError,
  data,
  IndexError,
  nn,
  ShapeError,
  sigmoid,
  softmax,
  StateError,
  Tensor,
  tensor,
  train,
} from '../../src/index.ts';
import { expectError, expectRejection } from '../support/errors.ts';
import { readGolden } from '../support/golden.ts';

type Table = number[] | number[][];
type Options = Record<string, unknown>;

interface Case {
  about: string;
  truth: Table;
  predicted: Table;
  values: [metric: string, options: Options, value: number | string][];
}

const cases = readGolden<Case[]>('metrics');
const { NaN: nan } = Number;
const bad = (value: unknown) => value as never;

/** Both forms of a metric, by its name. */
const form = (name: string) => (train as any)[name] as (...args: unknown[]) => any;

/** As a tensor: lists as [n]. */
const toTensor = (table: Table): Tensor => tensor(table as number[]);

/** What a metric makes of batches of `size` samples. */
async function gathered(metric: train.Metric, output: Tensor, targets: Int32Array | Tensor, size: number) {
  const [all, width] = [await output.read(), output.size / output.shape[0]];
  for (let begin = 0; begin < output.shape[0]; begin += size) {
    const end = Math.min(begin + size, output.shape[0]);
    const rows = (x: Tensor) => {
      const wide = x.size / x.shape[0];
      return tensor(Array.from(x.data.slice(begin * wide, end * wide)), [end - begin, ...x.shape.slice(1)]);
    };
    expect(all.length).to.equal(width * output.shape[0]);
    await metric.update(rows(output), targets instanceof Tensor ? rows(targets) : targets.slice(begin, end));
  }
  return metric.value();
}

/** Expects |found − golden| ≤ tolerance · max(1, |golden|); NaN where NaN is. */
function expectNear(found: number, golden: number | string, tolerance: number, what: string): void {
  const wanted = Number(golden);
  if (Number.isNaN(wanted)) expect(found, what).to.be.NaN;
  else
    expect(Math.abs(found - wanted), `${what}: ${found}, not ${wanted}`).to.be.at.most(
      tolerance * Math.max(1, Math.abs(wanted)),
    );
}

/** Of predicted classes, logits that say so: as far from each other as they like. */
function logitsFor(predicted: readonly number[], classes: number): Tensor {
  return tensor(
    predicted.map((p, i) => Array.from({ length: classes }, (_, c) => (c === p ? 1 : -(i % 3) - c))),
  );
}

describe('metrics are scikit-learn’s', () => {
  const names = [...new Set(cases.flatMap(({ values }) => values.map(([name]) => name)))];

  it('the golden numbers cover every metric', () => {
    expect(names.sort()).to.deep.equal([
      'accuracy',
      'f1',
      'logLoss',
      'mae',
      'mse',
      'precision',
      'r2',
      'recall',
      'report',
      'rocAuc',
      'topKAccuracy',
    ]);
  });

  for (const name of names.filter((name) => name !== 'report')) {
    const all = cases.flatMap((one) =>
      one.values.filter(([of]) => of === name).map(([, options, value]) => ({ ...one, options, value })),
    );

    it(`${name}: ${all.length} numbers, from arrays`, () => {
      for (const { about, truth, predicted, options, value } of all) {
        // The Metric takes logits of several classes; the function of arrays takes probabilities.
        if (name === 'rocAuc' && Array.isArray(predicted[0])) continue;
        const tolerance = name === 'logLoss' ? 1e-6 : 1e-12;
        expectNear(
          form(name)(truth, predicted, ...(Object.keys(options).length ? [options] : [])),
          value,
          tolerance,
          `${name} ${about}`,
        );
      }
    });

    it(`${name}: the same, to the bit, over batches of any size`, async () => {
      const takesClasses = ['accuracy', 'precision', 'recall', 'f1'].includes(name);
      for (const { about, truth, predicted, options, value } of all) {
        const what = `${name} ${about}`;
        const flat = truth.flat();
        if (takesClasses && flat.includes(-1)) continue; // a model has no class −1
        const classes = Math.max(...flat, ...(predicted.flat() as number[])) + 1;
        const isBinary = options.average === 'binary' || 'positive' in options;
        const output = takesClasses
          ? logitsFor(predicted as number[], isBinary ? 2 : Math.max(classes, 2))
          : toTensor(predicted);
        const targets = ['mse', 'mae', 'r2'].includes(name)
          ? toTensor(truth)
          : Int32Array.from(truth as number[]);
        const found = await gathered(form(name)(options), output, targets, truth.length);
        // Outputs are float32, so numbers like 0.1 are not what scikit-learn was given.
        const tolerance = ['mse', 'mae', 'r2', 'logLoss'].includes(name) ? 1e-3 : 1e-12;
        expectNear(found, value, tolerance, what);
        for (const size of [1, 3, 7])
          expect(
            await gathered(form(name)(options), output, targets, size),
            `${what}, batches of ${size}`,
          ).to.satisfy((other: number) => Object.is(other, found));
      }
    });
  }

  it('classification reports, letter by letter', () => {
    for (const { about, truth, predicted, values } of cases)
      for (const [name, , text] of values)
        if (name === 'report') {
          const report = train.classificationReport(truth as number[], predicted as number[]);
          expect(train.formatClassificationReport(report, { digits: 6 }), about).to.equal(text);
        }
  });
});
