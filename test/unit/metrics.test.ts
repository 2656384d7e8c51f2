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

/** softmax, in float64; rounded as in scripts/golden_sklearn.py, so that equal ones are equal. */
const probabilities = (logits: number[][]) =>
  logits.map((row) => {
    const e = row.map((z) => Math.exp(z - Math.max(...row)));
    const sum = e.reduce((a, b) => a + b);
    return e.map((value) => Number((value / sum).toFixed(12)));
  });

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
        const given =
          name === 'rocAuc' && Array.isArray(predicted[0])
            ? probabilities(predicted as number[][])
            : predicted;
        const tolerance = name === 'logLoss' ? 1e-6 : 1e-12;
        expectNear(
          form(name)(truth, given, ...(Object.keys(options).length ? [options] : [])),
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
        for (const size of [2, 7])
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

/** A metric's value after one batch. */
async function once(metric: train.Metric, output: unknown, targets: unknown): Promise<number> {
  await metric.update(output, targets);
  return metric.value();
}

describe('0/0', () => {
  // Class 1 is never predicted, class 2 never true: the precision of 1 and the recall of 2 are 0/0.
  const [truth, predicted] = [
    [0, 0, 1, 0],
    [0, 0, 0, 2],
  ];
  const scores = (zeroDivision?: 0 | 1 | number) =>
    (['macro', 'weighted'] as const).map((average) => [
      train.precision(truth, predicted, { average, zeroDivision }),
      train.recall(truth, predicted, { average, zeroDivision }),
      train.f1(truth, predicted, { average, zeroDivision }),
    ]);

  /*
   *   class   right  true  predicted   precision   recall   F1
   *   0       2      3     3           2/3         2/3      2/3
   *   1       0      1     0           0/0         0        0
   *   2       0      0     1           0           0/0      0
   */
  it('is 0 unless told otherwise', () => {
    expect(scores()).to.deep.equal([
      [2 / 9, 2 / 9, 2 / 9],
      [1 / 2, 1 / 2, 1 / 2],
    ]);
    expect(scores(0)).to.deep.equal(scores());
  });

  it('is 1 if told so; F1 of a class that is true or predicted is never 0/0', () => {
    expect(scores(1)).to.deep.equal([
      [(2 / 3 + 1) / 3, (2 / 3 + 1) / 3, 2 / 9],
      [3 / 4, 1 / 2, 1 / 2], // a class that is never true has no weight
    ]);
  });

  it('as NaN leaves a class out of the averages', () => {
    expect(scores(nan)).to.deep.equal([
      [1 / 3, 1 / 3, 2 / 9], // (2/3 + 0)/2
      [2 / 3, 1 / 2, 1 / 2], // (2/3 · 3)/3, (2/3 · 3 + 0 · 1)/4
    ]);
  });

  it('as NaN is NaN where nothing else is left, and where only classes without weight are left, these count alike', () => {
    for (const average of ['binary', 'macro', 'weighted'] as const) {
      const options = { average, zeroDivision: nan, positive: 1 };
      expect(train.precision([1, 1], [0, 0], { ...options, average: 'binary' })).to.be.NaN;
      expect(train.f1([0, 0], [0, 0], { ...options, average: 'binary' })).to.be.NaN;
      expect(train.f1([0, 0], [0, 0], options)).to.satisfy((value: number) =>
        average === 'binary' ? Number.isNaN(value) : value === 1,
      );
    }
    // The precision of 1 is 0/0; that of 0, which is never true, is 0/2.
    expect(train.precision([1, 1], [0, 0], { average: 'weighted', zeroDivision: nan })).to.equal(0);
    expect(train.recall([1, 1], [0, 0], { average: 'macro', zeroDivision: nan })).to.equal(0);
  });

  it('of a class that is neither true nor predicted is what binary metrics say, too', () => {
    for (const zeroDivision of [0, 1] as const)
      for (const score of [train.precision, train.recall, train.f1])
        expect(score([0, 0], [0, 0], { zeroDivision })).to.equal(zeroDivision);
  });

  it('is what a report says', () => {
    const report = train.classificationReport(truth, predicted, { zeroDivision: nan });
    expect(
      report.classes.map(({ precision, recall, f1, support }) => [precision, recall, f1, support]),
    ).to.deep.equal([
      [2 / 3, 2 / 3, 2 / 3, 3],
      [nan, 0, 0, 1],
      [0, nan, 0, 0],
    ]);
    expect([report.macro.precision, report.weighted.precision, report.accuracy]).to.deep.equal([
      1 / 3,
      2 / 3,
      1 / 2,
    ]);
  });
});

describe('what a model puts out', () => {
  const labels = Int32Array.of(0, 1, 1, 0);
  const logits = [-2, 3, -1, 0.5]; // classes 0, 1, 0, 1; of class 1: one right, one missed, one false
  const column = (values: number[]) => tensor(values, [values.length, 1]);
  const expected = { accuracy: 1 / 2, precision: 1 / 2, recall: 1 / 2, f1: 1 / 2, rocAuc: 3 / 4 };
  const metrics = Object.keys(expected) as (keyof typeof expected)[];

  it('one logit a sample: decided at 0, whatever holds the targets', async () => {
    for (const output of [tensor(logits), column(logits)])
      for (const targets of [labels, [...labels], tensor([...labels]), column([...labels])])
        for (const name of metrics)
          expect(await once(form(name)(), output, targets), name).to.equal(expected[name]);
  });

  it('two logits a sample are the same as their difference', async () => {
    const two = tensor(logits.map((z, i) => [i - z / 2, i + z / 2]));
    for (const name of [...metrics, 'logLoss'] as const)
      expect(await once(form(name)(), two, labels), name).to.be.closeTo(
        await once(form(name)(), tensor(logits), labels),
        1e-6,
      );
  });

  it('a logit of exactly 0 is class 0, as the first of two equal ones is', async () => {
    expect([...(await train.predictedClasses(tensor([-1, 0, 1])))]).to.deep.equal([0, 0, 1]);
    expect([...(await train.predictedClasses(column([0, 1e-30])))]).to.deep.equal([0, 1]);
    expect([...(await train.predictedClasses(tensor([[2, 2]])))]).to.deep.equal([0]);
  });

  it('probabilities of a model that ends with a sigmoid want a threshold of ½', async () => {
    const p = sigmoid(column(logits));
    for (const name of ['accuracy', 'precision', 'recall', 'f1'] as const)
      expect(await once(form(name)({ threshold: 0.5 }), p, labels), name).to.equal(expected[name]);
    expect(await once(train.recall(), p, labels)).to.equal(1); // all of them are above 0
    expect([...(await train.predictedClasses(p, { threshold: 0.5 }))]).to.deep.equal([0, 1, 0, 1]);
  });

  it('a higher threshold: fewer are taken for positive', async () => {
    expect(await once(train.precision({ threshold: 1 }), tensor(logits), labels)).to.equal(1);
    expect(await once(train.recall({ threshold: -1.5 }), tensor(logits), labels)).to.equal(1);
  });

  it('probabilities, the result of softmax, are ranked and chosen as the logits are', async () => {
    const z = tensor([
      [3, 1, 0],
      [0, 2, 1],
      [1, 0, 1],
      [2, 0, 3],
    ]);
    const y = Int32Array.of(0, 1, 2, 0);
    for (const name of ['accuracy', 'f1Macro', 'rocAuc', 'rocAucWeighted', 'precisionMicro'] as const) {
      const [a] = await evaluated(z, y, name);
      const [b] = await evaluated(softmax(z), y, name);
      expect(a, name).to.equal(b);
    }
  });

  it('probabilities are ranked as they are: softmax a second time would be another order', async () => {
    const { truth, predicted } = cases.findLast(({ values }) => values[0][0] === 'rocAuc') as Case;
    const p = softmax(toTensor(predicted));
    const area = await once(train.rocAuc(), p, Int32Array.from(truth as number[]));
    expect(area).to.equal(train.rocAuc(truth as number[], p.toArray() as number[][]));
    const again = await once(train.rocAuc(), p.detach(), Int32Array.from(truth as number[]));
    expect(again).not.to.equal(area);
  });

  it('mixed targets count as their greatest share', async () => {
    const z = tensor([
      [1, 2, 0],
      [3, 0, 0],
    ]);
    const mixed = tensor([
      [0.2, 0.7, 0.1],
      [0.3, 0.3, 0.4],
    ]); // classes 1, 2
    expect(await once(train.accuracy(), z, mixed)).to.equal(1 / 2);
    expect(
      await once(
        train.accuracy(),
        z,
        tensor([
          [0, 1, 0],
          [1, 0, 0],
        ]),
      ),
    ).to.equal(1);
    expect(await once(train.accuracy(), tensor([1, 1]), tensor([0.4, 0.6]))).to.equal(1 / 2);
    expect(await once(train.accuracy(), tensor([[2, 1]]), tensor([[0.5, 0.5]]))).to.equal(1); // the first of two equal ones
    // Log loss takes them as they are: it is the loss of that name.
    const [loss, other] = [await once(train.logLoss(), z, mixed), nn.crossEntropy(z, mixed).item()];
    expect(loss).to.be.closeTo(other, 1e-6);
    const [y, one] = [tensor([0.4, 0.9]), tensor([1.5, -0.5])];
    expect(await once(train.logLoss(), one, y)).to.be.closeTo(
      nn.binaryCrossEntropyWithLogits(one, y).item(),
      1e-6,
    );
    expect(train.logLoss([0.4, 0.9], [1.5, -0.5])).to.be.closeTo(await once(train.logLoss(), one, y), 1e-6);
  });

  it('numbers: [n] and [n, 1] are the same, rows of any shape are', async () => {
    const [p, t] = [
      [1, 2, 4],
      [1, 3, 2],
    ];
    for (const output of [tensor(p), column(p)])
      for (const targets of [tensor(t), column(t), Int32Array.from(t), t]) {
        expect(await once(train.mse(), output, targets)).to.equal(5 / 3);
        expect(await once(train.mae(), output, targets)).to.equal(1);
        expect(await once(train.r2(), output, targets)).to.equal(1 - 5 / 2);
      }
    const images = tensor([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);
    expect(await once(train.mse(), images, images.neg())).to.equal((4 * 204) / 8); // Σ (2x)² = 4 · 204
  });

  it('borrowed memory is not kept: batches may be released', async () => {
    const [output, metric] = [tensor(logits), train.rocAuc()];
    await metric.update(output, labels);
    output.copyFrom([0, 0, 0, 0]);
    expect(metric.value()).to.equal(3 / 4);
  });

  it('a model in fit and evaluate', async () => {
    const x = tensor([[-2], [3], [-1], [0.5]]);
    const model = new nn.Sequential(new nn.Linear(1, 1));
    model.parameters().forEach((parameter, i) => parameter.copyFrom([1 - i])); // w = 1, b = 0
    const loader = data.loader(data.fromTensors(x, tensor([[0], [1], [1], [0]])), { batchSize: 3 });
    const found = await train.evaluate(model, loader, [...metrics, 'logLoss', 'r2', 'mse', 'mae'], {
      loss: nn.binaryCrossEntropyWithLogits,
    });
    expect(found).to.include(expected);
    expect(found.logLoss).to.be.closeTo(found.loss, 1e-6);
    // As numbers: errors −2, 2, −2, ½ of 0, 1, 1, 0, which spread by 1.
    expect([found.mse, found.mae, found.r2]).to.deep.equal([12.25 / 4, 6.5 / 4, 1 - 12.25]);
  });
});

/** The values of the metrics of these names, through evaluate. */
async function evaluated(
  output: Tensor,
  targets: Int32Array | Tensor,
  ...names: train.MetricName[]
): Promise<number[]> {
  class Says extends nn.Module {
    forward(): Tensor {
      return output;
    }
  }
  const n = output.shape[0];
  const set = data.fromTensors(tensor(new Array(n).fill(0), [n, 1]), targets as Tensor);
  return Object.values(await train.evaluate(new Says(), data.loader(set, { batchSize: n }), names));
}

describe('names', () => {
  it('stand for the metrics that are called so', async () => {
    const z = tensor([
      [3, 1, 0, 0, 1, 2, 7],
      [0, 2, 1, 0, 5, 6, 1],
      [1, 0, 1, 3, 3, 3, 3],
    ]);
    const y = Int32Array.of(6, 1, 2);
    const names = ['precision', 'recall', 'f1'].flatMap((name) =>
      ['Macro', 'Micro', 'Weighted'].map((a) => name + a),
    );
    names.push('accuracy', 'top3Accuracy', 'top5Accuracy', 'rocAucWeighted', 'logLoss');
    for (const name of names) {
      const [, kind, average] = /^(.*?)(Macro|Micro|Weighted)?$/.exec(name) as RegExpExecArray;
      const k = /^top(\d)/.exec(name)?.[1];
      const metric = k
        ? train.topKAccuracy({ k: Number(k) })
        : form(kind)(average && { average: average.toLowerCase() });
      expect(metric.name).to.equal(name);
      expect((await evaluated(z, y, name as train.MetricName))[0], name).to.equal(await once(metric, z, y));
    }
    for (const name of ['precision', 'recall', 'f1', 'rocAuc', 'mse', 'mae', 'r2'])
      expect(form(name)().name).to.equal(name);
  });

  it('may be one’s own: a metric is a plain object', async () => {
    const labels = Int32Array.of(0, 1, 1);
    const of0 = { ...train.recall({ positive: 0 }), name: 'specificity' };
    expect(await once(of0, tensor([-1, 2, -3]), labels)).to.equal(1);
    const loader = data.loader(data.fromTensors(tensor([[-1], [2], [-3]]), labels));
    expect(await train.evaluate(new nn.Sequential(new nn.Flatten()), loader, ['recall', of0])).to.deep.equal({
      recall: 1 / 2,
      specificity: 1,
    });
  });
});

describe('ranks', () => {
  it('AUC is the share of pairs that are in order, by counting them', () => {
    const score = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true }));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 1 }), score), { minLength: 1, maxLength: 40 }),
        (samples) => {
          const of = (label: number) => samples.filter(([y]) => y === label).map(([, s]) => s);
          let [inOrder, pairs] = [0, 0];
          for (const p of of(1))
            for (const q of of(0)) {
              inOrder += p > q ? 1 : p === q ? 0.5 : 0;
              pairs++;
            }
          expect(
            train.rocAuc(
              samples.map(([y]) => y),
              samples.map(([, s]) => s),
            ),
          ).to.deep.equal(inOrder / pairs);
        },
      ),
    );
  });

  it('AUC is NaN where nothing can be ranked: one class only, a class that is never true, a score of NaN', async () => {
    expect(train.rocAuc([1, 1], [0, 1])).to.be.NaN;
    expect(train.rocAuc([0, 0], [0, 1])).to.be.NaN;
    expect(train.rocAuc([0, 1, 0], [0, 1, nan])).to.be.NaN;
    const [truth, p] = [
      [0, 1, 0],
      [
        [0.5, 0.3, 0.2],
        [0.2, 0.5, 0.3],
        [0.4, 0.5, 0.1],
      ],
    ];
    expect(train.rocAuc(truth, p)).to.be.NaN;
    // Class 0 is right of both 0.5 and 0.4 against 0.2; class 1: 0.5 against 0.3 and 0.5, one tie. Weights 2 and 1.
    expect(train.rocAuc(truth, p, { average: 'weighted' })).to.equal((2 * 1 + 3 / 4) / 3);
    expect(await once(train.rocAuc(), tensor([0, nan]), [0, 1])).to.be.NaN;
  });

  it('AUC from logits goes on where probabilities have become 1', async () => {
    // Against logits of 0, class 0 has 40, 60, 50: p rounds to 1 for all, even in float64, but the ranks are kept.
    const z = tensor([
      [40, 0, 0],
      [60, 0, 0],
      [50, 0, 0],
      [-9, 3, 2],
      [-9, 2, 3],
    ]);
    const y = Int32Array.of(1, 0, 0, 1, 2);
    const areas = async (output: Tensor) => once(train.rocAuc({ average: 'weighted' }), output, y);
    // Class 0: both above all others, 1. Class 1 (twice): 0.73 is above 3 others; e⁻⁴⁰ above two, below 0.27: 5/6.
    // Class 2: 1. (2 · 1 + 2 · 5/6 + 1)/5
    expect(await areas(z)).to.be.closeTo((2 + 5 / 3 + 1) / 5, 1e-12);
    expect(await areas(softmax(z))).to.be.below((2 + 5 / 3 + 1) / 5);
  });

  it('of equal scores, top-k takes those of later classes first, and a NaN before all', async () => {
    expect(
      train.topKAccuracy(
        [0, 1, 2],
        [
          [1, 1, 1],
          [1, 1, 1],
          [1, 1, 1],
        ],
        { k: 1 },
      ),
    ).to.equal(1 / 3);
    expect(train.topKAccuracy([1], [[1, 1, 1]], { k: 2 })).to.equal(1);
    expect(train.topKAccuracy([0], [[1, nan, 0]], { k: 1 })).to.equal(0);
    expect(train.topKAccuracy([0], [[nan, 1, 0]], { k: 2 })).to.equal(0);
  });
});

describe('numbers', () => {
  it('R² keeps its digits however far from 0 the targets are', async () => {
    const [truth, predicted] = [
      [1, 2, 3, 4],
      [1, 2, 3, 5],
    ];
    const far = (values: number[]) => values.map((value) => value + 1e9);
    expect(train.r2(truth, predicted)).to.equal(0.8); // 1 − 1/5
    expect(train.r2(far(truth), far(predicted))).to.be.closeTo(0.8, 1e-12); // Σy² − (Σy)²/n would have none left
  });

  it('R² of targets that are all 0.1 is 0 or 1, though their mean is rounded', () => {
    const constant = new Array(10).fill(0.1);
    expect(train.r2(constant, constant)).to.equal(1);
    expect(train.r2(constant, [...constant.slice(1), 0.2])).to.equal(0);
  });

  it('log loss is finite however sure and wrong a model is, and small differences count', async () => {
    expect(train.logLoss([1], [[1000, 0]])).to.equal(1000);
    expect(train.logLoss([1], [-1000])).to.equal(1000);
    expect(train.logLoss([0], [[20, 0]])).to.be.closeTo(2.06115362e-9, 1e-15); // ln(1 + e⁻²⁰)
    expect(train.logLoss([0], [[0, -Infinity]])).to.equal(0);
    expect(train.logLoss([1], [[0, -Infinity]])).to.equal(Infinity);
    expect(train.logLoss([[1, 0]], [[0, -Infinity]])).to.equal(0);
    expect(train.logLoss([0], [[nan, 1]])).to.be.NaN;
    expect(train.logLoss([0], [[1, nan]])).to.be.NaN;
  });
});

describe('what was gathered', () => {
  const logits = tensor([
    [1, 2, 0],
    [3, 0, 1],
    [0, 1, 5],
    [2, 1, 0],
    [1, 1, 3],
  ]);
  const labels = Int32Array.of(1, 0, 1, 2, 2);
  const numbers = tensor([
    [1, 5, 2],
    [2, 0, 1],
    [0, 1, 4],
    [2, 2, 0],
    [1, 1, 1],
  ]);
  const all: [() => train.Metric, Int32Array | Tensor][] = [
    [() => train.accuracy(), labels],
    [() => train.f1({ average: 'macro' }), labels],
    [() => train.topKAccuracy({ k: 2 }), labels],
    [() => train.rocAuc(), labels],
    [() => train.logLoss(), labels],
    [() => train.mse(), numbers],
    [() => train.mae(), numbers],
    [() => train.r2(), numbers],
  ];
  const part = (x: Tensor | Int32Array, begin: number, end: number) =>
    x instanceof Tensor ? tensor((x.toArray() as number[][]).slice(begin, end)) : x.slice(begin, end);

  for (const [make, targets] of all) {
    const { name } = make();

    it(`${name}: nothing is NaN, before anything came and after reset`, async () => {
      const metric = make();
      expect(metric.value()).to.be.NaN;
      const value = await once(metric, logits, targets);
      expect(value).not.to.be.NaN;
      metric.reset();
      expect(metric.value()).to.be.NaN;
      expect(await once(metric, logits, targets)).to.equal(value);
    });

    it(`${name}: goes on from a state, which is a copy`, async () => {
      const [whole, first, second, third] = [make(), make(), make(), make()];
      await whole.update(logits, targets);
      await first.update(part(logits, 0, 2), part(targets, 0, 2));
      const state = first.stateDict?.();
      const before = structuredClone(state);
      await first.update(part(logits, 0, 2), part(targets, 0, 2)); // not in the state
      await second.update(part(logits, 3, 5), part(targets, 3, 5)); // forgotten
      for (const metric of [second, third]) {
        const lent = structuredClone(state);
        metric.loadStateDict?.(lent);
        for (const item of Object.values(lent as object))
          if (ArrayBuffer.isView(item)) (item as Float64Array).fill(1);
        await metric.update(part(logits, 2, 5), part(targets, 2, 5));
        expect(metric.value()).to.equal(whole.value());
      }
      expect(state).to.deep.equal(before);
    });

    it(`${name}: an empty state is one, too; another metric’s is refused and changes nothing`, async () => {
      const [metric, other] = [make(), make()];
      const empty = other.stateDict?.();
      const value = await once(metric, logits, targets);
      const foreign = [
        ...all.map(([make]) => make().stateDict?.()),
        null,
        undefined,
        3,
        [],
        {},
        [{}],
        [{ label: 0 }],
      ];
      for (const state of foreign) {
        if (JSON.stringify(state) === JSON.stringify(empty)) continue;
        expectError(
          () => metric.loadStateDict?.(state as never),
          StateError,
          `${name}.loadStateDict: `,
          'the same metric',
        );
        expect(metric.value()).to.equal(value);
      }
      metric.loadStateDict?.(empty);
      expect(metric.value()).to.be.NaN;
      expect(await once(metric, logits, targets)).to.equal(value);
    });
  }

  it('nothing is NaN, and not 0/0', () => {
    for (const average of ['binary', 'micro', 'macro', 'weighted'] as const)
      expect(train.f1({ average, zeroDivision: 1 }).value()).to.be.NaN;
  });

  it('states whose numbers cannot be are refused', async () => {
    const counts = { label: 0, right: 2, truth: 1, predicted: 2 };
    expectError(() => train.accuracy().loadStateDict?.([counts]), StateError);
    expectError(() => train.accuracy().loadStateDict?.([{ ...counts, right: -1 }]), StateError);
    expectError(() => train.mse().loadStateDict?.({ sum: 1, count: 0.5 }), StateError);
    const scores = { columns: 1, labels: Int32Array.of(0, 2), values: Float64Array.of(1, 2) };
    expectError(() => train.rocAuc().loadStateDict?.(scores), StateError);
    const [one, two] = [Float64Array.of(1), Float64Array.of(1, 2)];
    expectError(
      () => train.r2().loadStateDict?.({ count: 2, means: one, spreads: one, errors: two }),
      StateError,
    );
    expectError(() => train.rocAuc().loadStateDict?.({ ...scores, labels: Int32Array.of(0) }), StateError);
  });

  it('batches that don’t fit each other are refused', async () => {
    for (const [metric, targets] of [
      [train.rocAuc(), [0, 1]],
      [train.r2(), zero()],
    ] as const) {
      await metric.update(logits, metric.name === 'r2' ? numbers : labels);
      await expectRejection(
        Promise.resolve(metric.update(tensor([[1], [2]]), targets)),
        ShapeError,
        'after batches of 3',
        'all batches must have the same number',
      );
    }
  });
});

const zero = () => tensor([[0], [0]]);

describe('metrics refuse', () => {
  const update = (metric: train.Metric, output: unknown, targets: unknown) =>
    Promise.resolve(metric.update(output, targets));

  it('to guess: several classes have no precision', async () => {
    const logits = tensor([[1, 2, 3]]);
    for (const name of ['precision', 'recall', 'f1'] as const) {
      await expectRejection(
        update(train[name](), logits, [2]),
        ArgumentError,
        `${name}: there are 3 classes`,
        `'${name}Macro'`,
      );
      expectError(() => train[name]([0, 1, 2], [0, 0, 0]), ArgumentError, `${name}: there are 3 classes`);
      expectError(() => train[name]([0, 1], [2, 0]), ArgumentError, `${name}: there are 3 classes`);
      expectError(
        () => train[name]([2, 5], [5, 5]),
        ArgumentError,
        'no class is 1',
        '2 or 5',
        '{ positive: 5 }',
      );
      await expectRejection(
        update(train[name]({ positive: 2 }), tensor([1]), [1]),
        ArgumentError,
        'no class is 2',
      );
    }
  });

  it('targets that cannot belong to the output', async () => {
    const [one, three] = [
      tensor([1, 2]),
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ];
    for (const metric of [
      train.accuracy(),
      train.f1({ average: 'macro' }),
      train.rocAuc(),
      train.logLoss(),
    ]) {
      await expectRejection(update(metric, three, [0, 3]), IndexError, 'label 1 is 3', '0 … 2');
      await expectRejection(update(metric, three, [0, 0.5]), IndexError, 'label 1 is 0.5');
      await expectRejection(update(metric, three, [0]), ShapeError, '2 predictions, 1 labels');
      await expectRejection(
        update(
          metric,
          three,
          tensor([
            [1, 0],
            [0, 1],
          ]),
        ),
        ShapeError,
        'targets [2, 2] for logits [2, 3]',
      );
      await expectRejection(
        update(
          metric,
          three,
          tensor([
            [1, 1, 0],
            [0, 1, 0],
          ]),
        ),
        ArgumentError,
        'row 0 of the targets adds up to 2',
      );
      await expectRejection(
        update(metric, one, [0, 2]),
        ArgumentError,
        'target 1 is 2',
        'a logit for each class',
      );
      await expectRejection(update(metric, one, [0, -1]), ArgumentError, 'target 1 is -1', '0 instead of −1');
      await expectRejection(
        update(metric, one, tensor([0, 3.5])),
        ArgumentError,
        'target 1 is 3.5',
        "['mae', 'r2']",
      );
      await expectRejection(
        update(
          metric,
          one,
          tensor([
            [1, 0],
            [0, 1],
          ]),
        ),
        ShapeError,
        'one logit for each sample',
      );
      await expectRejection(
        update(metric, { a: one }, { a: [0, 1] }),
        ArgumentError,
        'a metric judges one output',
      );
      await expectRejection(update(metric, one, { a: [0, 1] }), ArgumentError, 'the labels are an object');
    }
    await expectRejection(
      update(train.mse(), three, [0, 1]),
      ShapeError,
      'predictions [2, 3], targets [2]',
      "['accuracy']",
    );
    await expectRejection(
      update(train.mse(), three, tensor([1, 2, 3, 4, 5, 6], [3, 2])),
      ShapeError,
      'targets [3, 2]',
    );
    await expectRejection(update(train.logLoss(), softmax(three), [0, 1]), ArgumentError, 'Probabilities');
    await expectRejection(
      update(train.topKAccuracy({ k: 3 }), three, [0, 1]),
      ArgumentError,
      'k is 3',
      '{ k: 2 }',
    );
  });

  it('tensors instead of arrays, and says how to read them', () => {
    for (const name of ['accuracy', 'f1', 'rocAuc', 'mse', 'r2', 'logLoss'] as const) {
      const call =
        (...args: unknown[]) =>
        () =>
          form(name)(...args);
      expectError(
        call(tensor([1, 0]), [1, 0]),
        ArgumentError,
        `${name}: truth is a Tensor`,
        'await x.read()',
      );
      expectError(call([1, 0], tensor([1, 0])), ArgumentError, `${name}: `, ' is a Tensor', 'await x.read()');
      expectError(call([1, 0]), ArgumentError, ' is undefined');
      expectError(call([], []), ArgumentError, ' is empty', 'at least one sample');
      expectError(call([1, 0], [1]), ShapeError, '2 labels, 1 predictions');
      expectError(call([1, 0], [1, '0']), ArgumentError, '[1] is "0"');
    }
  });

  it('logits where classes are wanted', () => {
    for (const name of ['accuracy', 'f1'] as const) {
      expectError(
        () => form(name)([1, 0], [0.3, 2]),
        ArgumentError,
        'predicted[0] is 0.3',
        'predictedClasses',
      );
      expectError(
        () =>
          form(name)(
            [1, 0],
            [
              [1, 2],
              [2, 1],
            ],
          ),
        ShapeError,
        'predicted has rows of 2 numbers',
      );
    }
    expectError(
      () =>
        train.rocAuc(
          [1, 0, 2],
          [
            [1, 2, 3],
            [3, 2, 1],
            [1, 1, 1],
          ],
        ),
      ArgumentError,
      'adds up to 6',
      'softmax',
    );
  });

  it('ragged rows', () => {
    expectError(
      () =>
        train.mse(
          [[1, 2], [3]],
          [
            [1, 2],
            [3, 4],
          ],
        ),
      ShapeError,
      'truth[1] is an array of 1, truth[0] an array of 2',
    );
    expectError(() => train.mse([[1, 2]], [[1]]), ShapeError, '2 true values a sample, 1 predicted');
    expectError(() => train.mse([[]], [[]]), ShapeError, 'at least 1');
    expectError(() => train.mse([[1, bad('2')]], [[1, 2]]), ArgumentError, 'truth[0][1] is "2"');
  });
});

describe('classificationReport', () => {
  const [truth, predicted] = [
    [0, 1, 2, 2, 0],
    [0, 0, 2, 1, 0],
  ];

  it('names the classes', () => {
    const report = train.classificationReport(truth, predicted, {
      names: ['a cat', 'a quite large dog', 'a bird'],
    });
    expect(train.formatClassificationReport(report).split('\n')).to.deep.equal([
      '                   precision    recall  f1-score   support',
      '',
      '            a cat       0.67      1.00      0.80         2',
      'a quite large dog       0.00      0.00      0.00         1',
      '           a bird       1.00      0.50      0.67         2',
      '',
      '         accuracy                           0.60         5',
      '        macro avg       0.56      0.50      0.49         5',
      '     weighted avg       0.67      0.60      0.59         5',
    ]);
  });

  it('agrees with the metrics', () => {
    const { accuracy, macro, weighted } = train.classificationReport(truth, predicted);
    expect(accuracy).to.equal(train.accuracy(truth, predicted));
    expect(macro.f1).to.equal(train.f1(truth, predicted, { average: 'macro' }));
    expect(weighted.precision).to.equal(train.precision(truth, predicted, { average: 'weighted' }));
    expect(weighted.recall).to.equal(accuracy); // Σ true · right/true
  });

  it('lists classes that occur; a class must have a name if any has', () => {
    expect(train.classificationReport([3, 8], [3, 3]).classes.map(({ name }) => name)).to.deep.equal([
      '3',
      '8',
    ]);
    const names = ['zero', 'one', 'two', 'three'];
    expect(
      train.classificationReport([3, 1], [3, 3], { names }).classes.map(({ name }) => name),
    ).to.deep.equal(['one', 'three']);
    expectError(
      () => train.classificationReport([3, 8], [3, 3], { names }),
      IndexError,
      'class 8 has no name',
      '4 names',
    );
  });
});
