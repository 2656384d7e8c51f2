/*
 * 22. Judging a model
 *
 * What does 97 % mean? That 97 answers out of 100 were right: no more. It does not say which ones, nor how sure the
 * model was, nor what one gets without a model. Each number of this chapter answers one of these questions.
 *
 *   how many answers are right                        accuracy
 *   how many alarms are true; how many cases found    precision, recall; both in one: F1
 *   all classes alike, or all samples alike           macro, micro
 *   are positives ranked above negatives              AUC
 *   how sure, and with how much right                 log loss
 *   how much better than the mean                     R²
 */
import { expect } from 'chai';
import { ArgumentError, sigmoid, tensor, train } from '../../src/index.ts';
import { expectError } from '../support/errors.ts';

/** A list with each value repeated: [value, how often], ... */
const repeat = (...runs: [value: number, times: number][]) =>
  runs.flatMap(([value, times]) => new Array<number>(times).fill(value));

describe('22. Judging a model', () => {
  describe('a hundred people, three of them ill', () => {
    /*
     * Two tests for an illness. The first calls everybody healthy. The second finds two of the three, and alarms two of
     * the healthy. Rows are what is true, columns what was said:
     *
     *               healthy  ill                   healthy  ill
     *    healthy       97      0         healthy      95      2
     *    ill            3      0         ill           1      2
     *
     *    right: 97 + 0 = 97              right: 95 + 2 = 97
     */
    const truth = repeat([0, 97], [1, 3]);
    const idle = repeat([0, 100]);
    const useful = repeat([0, 95], [1, 2], [0, 1], [1, 2]);

    it('accuracy cannot tell the useful test from the idle one: both are right for 97', () => {
      expect(train.confusionMatrix(truth, idle, 2)).to.deep.equal([
        [97, 0],
        [3, 0],
      ]);
      expect(train.confusionMatrix(truth, useful, 2)).to.deep.equal([
        [95, 2],
        [1, 2],
      ]);
      expect(train.accuracy(truth, idle)).to.equal(0.97);
      expect(train.accuracy(truth, useful)).to.equal(0.97);
    });

    it('recall: of those who are ill, how many were found? precision: of the alarms, how many were true?', () => {
      expect(train.recall(truth, idle)).to.equal(0); // 0 of 3
      expect(train.recall(truth, useful)).to.equal(2 / 3);
      expect(train.precision(truth, useful)).to.equal(2 / 4);
    });

    it('the precision of no alarm is 0/0: one must say what that is', () => {
      expect(train.precision(truth, idle)).to.equal(0); // what no one has praised yet deserves no praise
      expect(train.precision(truth, idle, { zeroDivision: 1 })).to.equal(1); // no false alarm was given
      expect(train.precision(truth, idle, { zeroDivision: Number.NaN })).to.be.NaN;
    });

    it('and what is positive: of the healthy, both tests find nearly all', () => {
      expect(train.recall(truth, idle, { positive: 0 })).to.equal(1);
      expect(train.recall(truth, useful, { positive: 0 })).to.equal(95 / 97);
    });
  });

  describe('F1: precision and recall in one number', () => {
    /*
     * With TP true alarms, FP false ones, FN missed cases: P = TP/(TP + FP), R = TP/(TP + FN).
     *
     * The arithmetic mean of P and R rewards who neglects one of them: one true alarm, and 49 cases missed, have P = 1 and
     * R = 1/50, mean 0.51. Who cries always, with one case in 50, has R = 1, P = 1/50, and 0.51 too. The harmonic mean
     * stays near the smaller of the two:
     *
     *   F1 = 2/(1/P + 1/R) = 2PR/(P + R) = 2/((TP + FP)/TP + (TP + FN)/TP) = 2·TP/(2·TP + FP + FN)
     *
     * Here: 2 · (1/50)/(51/50) = 2/51, less than 0.04.
     */
    const timid = { truth: repeat([1, 50], [0, 50]), predicted: repeat([1, 1], [0, 99]) };
    const loud = { truth: repeat([1, 1], [0, 49]), predicted: repeat([1, 50]) };

    it('is the harmonic mean, which neither the timid nor the loud can please', () => {
      for (const { truth, predicted } of [timid, loud]) {
        const [P, R] = [train.precision(truth, predicted), train.recall(truth, predicted)];
        expect((P + R) / 2).to.equal(0.51);
        expect(train.f1(truth, predicted)).to.equal(2 / 51);
        expect((2 * P * R) / (P + R)).to.be.closeTo(2 / 51, 1e-15);
      }
    });

    it('cannot be had from accuracy: the same 97 % went with an F1 of 0 and of 4/7', () => {
      /*
       * A widespread example does so. But F1 does not ask for TN, the healthy who were called
       * so; accuracy is (TP + TN)/n. Of the tests above, 2·0/(0 + 0 + 3) = 0 and 2·2/(2·2 + 2 + 1) = 4/7.
       */
      const truth = repeat([0, 97], [1, 3]);
      expect(train.f1(truth, repeat([0, 100]))).to.equal(0);
      expect(train.f1(truth, repeat([0, 95], [1, 2], [0, 1], [1, 2]))).to.equal(4 / 7);
    });
  });

  describe('three classes: whose mean?', () => {
    /*
     * Eight cats, a dog, a bird, and a model that says "cat".
     *
     *            right   true   predicted   precision   recall   F1 = 2·right/(true + predicted)
     *   cat      8       8      10          8/10        1        16/18 = 8/9
     *   dog      0       1      0           0/0 = 0     0        0
     *   bird     0       1      0           0/0 = 0     0        0
     */
    const truth = repeat([0, 8], [1, 1], [2, 1]);
    const cats = repeat([0, 10]);

    it('micro adds up the counts first: every sample is alike, and it is the accuracy', () => {
      expect(train.f1(truth, cats, { average: 'micro' })).to.equal(8 / 10); // 2·8/(10 + 10)
      expect(train.precision(truth, cats, { average: 'micro' })).to.equal(8 / 10);
      expect(train.accuracy(truth, cats)).to.equal(8 / 10);
    });

    it('macro takes the mean of the classes: every class is alike, rare or not', () => {
      expect(train.recall(truth, cats, { average: 'macro' })).to.equal(1 / 3);
      expect(train.f1(truth, cats, { average: 'macro' })).to.equal(8 / 27);
    });

    it('weighted lets a class count as often as it is true: the cats are back', () => {
      expect(train.f1(truth, cats, { average: 'weighted' })).to.be.closeTo((8 * 8) / 9 / 10, 1e-15);
      expect(train.recall(truth, cats, { average: 'weighted' })).to.equal(8 / 10); // Σ true·(right/true)/n: accuracy again
    });

    it('a report has all of it', () => {
      const report = train.classificationReport(truth, cats, { names: ['cat', 'dog', 'bird'] });
      expect(train.formatClassificationReport(report).split('\n')).to.deep.equal([
        '              precision    recall  f1-score   support',
        '',
        '         cat       0.80      1.00      0.89         8',
        '         dog       0.00      0.00      0.00         1',
        '        bird       0.00      0.00      0.00         1',
        '',
        '    accuracy                           0.80        10',
        '   macro avg       0.27      0.33      0.30        10',
        'weighted avg       0.64      0.80      0.71        10',
      ]);
    });
  });

  describe('before the decision: scores', () => {
    /*
     * A model's logits for six samples, three of them positive (+), from the highest to the lowest. A threshold cuts the
     * list: what is above is called positive.
     *
     *   logit   3   2   1  −1  −2  −3
     *   truth   +   −   +   +   −   −
     */
    const logits = [3, 2, 1, -1, -2, -3];
    const labels = [1, 0, 1, 1, 0, 0];
    const at = async (metric: train.Metric) => {
      await metric.update(tensor(logits), Int32Array.from(labels));
      return metric.value();
    };

    it('a lower threshold finds more, and raises more false alarms', async () => {
      const [P, R] = [[] as number[], [] as number[]];
      for (const threshold of [2.5, 0, -1.5, -4]) {
        P.push(await at(train.precision({ threshold })));
        R.push(await at(train.recall({ threshold })));
      }
      //                          2.5    0     −1.5   −4
      expect(R).to.deep.equal([1 / 3, 2 / 3, 3 / 3, 3 / 3]);
      expect(P).to.deep.equal([1 / 1, 2 / 3, 3 / 4, 3 / 6]);
    });

    it('0 is the threshold of a logit: there σ is ½', async () => {
      expect(sigmoid(tensor(0)).item()).to.equal(0.5);
      expect(await at(train.recall())).to.equal(2 / 3);
    });

    it('AUC asks for no threshold: how probable is it that a positive is above a negative?', () => {
      /*
       * There are 3 · 3 pairs. +3 is above all three negatives, +1 and −1 above two each: (3 + 2 + 2)/9.
       *
       * Why an area? Go down the list; each positive is a step up, each negative a step to the right. The area under this
       * staircase (the ROC curve, with steps of 1/3) is, for each step to the right, how many positives came before it:
       * 1, 3, 3, together 7 of 9.
       */
      expect(train.rocAuc(labels, logits)).to.equal(7 / 9);
    });

    it('it is ½ for who knows nothing, 1 if all are in order, and 1 − AUC for the opposite opinion', () => {
      expect(train.rocAuc(labels, [5, 5, 5, 5, 5, 5])).to.equal(1 / 2); // equal scores: half a pair
      expect(train.rocAuc(labels, labels)).to.equal(1);
      expect(
        train.rocAuc(
          labels,
          logits.map((z) => -z),
        ),
      ).to.equal(1 - 7 / 9);
    });

    it('only the order counts: probabilities do as well as logits, and it cannot see a wrong threshold', () => {
      expect(train.rocAuc(labels, [...sigmoid(tensor(logits)).data])).to.equal(7 / 9);
      const far = logits.map((z) => z + 100);
      expect(train.rocAuc(labels, far)).to.equal(7 / 9);
      const everything = far.map((z) => (z > 0 ? 1 : 0));
      expect(train.accuracy(labels, everything)).to.equal(1 / 2); // all are taken for positive
    });

    it('log loss asks how sure: two models that are always right are not the same', () => {
      /*
       * Logits ±ln 9 are probabilities 9/10, ±ln 1.5 are 6/10 (p = 1/(1 + e⁻ᶻ)): −ln 0.9 ≈ 0.105, −ln 0.6 ≈ 0.511. Then one
       * of four goes wrong. It costs −ln 0.1 = 2.303 the one, −ln 0.4 = 0.916 the other: now who doubted is ahead,
       * (3 · 0.511 + 0.916)/4 = 0.612 against (3 · 0.105 + 2.303)/4 = 0.655.
       */
      const [sure, unsure] = [9, 1.5].map((odds) => [1, 1, -1, -1].map((sign) => sign * Math.log(odds)));
      const loss = (...args: [truth: number[], logits: number[]]) =>
        Number(train.logLoss(...args).toFixed(3));
      expect([loss([1, 1, 0, 0], sure), loss([1, 1, 0, 0], unsure)]).to.deep.equal([0.105, 0.511]);
      expect([loss([1, 1, 0, 1], sure), loss([1, 1, 0, 1], unsure)]).to.deep.equal([0.655, 0.612]);
    });

    it('a probability is no class: to compare it with labels finds next to nothing right', () => {
      /*
       * 0.97 is a good answer where the label is 1, and yet 0.97 ≠ 1. A widespread example compares the two, and reports an
       * accuracy of 0. Here that is refused.
       */
      const p = [0.97, 0.02, 0.88];
      expect(p.filter((value, i) => value === [1, 0, 1][i])).to.have.length(0);
      expectError(() => train.accuracy([1, 0, 1], p), ArgumentError, 'classes are whole numbers');
      expect(
        train.accuracy(
          [1, 0, 1],
          p.map((value) => (value > 0.5 ? 1 : 0)),
        ),
      ).to.equal(1);
    });
  });

  describe('numbers instead of classes: R²', () => {
    /*
     * Three houses cost 1, 2 and 6; their mean is 3. Who knows nothing else of a house does best to say 3 (chapter 9), with
     * squared errors of 4 + 1 + 9 = 14. R² is the part of these 14 that a model saves:
     *
     *   R² = 1 − Σ(true − predicted)² / Σ(true − mean)²
     */
    const prices = [1, 2, 6];

    it('is 0 for the mean itself, 1 for perfection, and below 0 for worse than the mean', () => {
      expect(train.r2(prices, [3, 3, 3])).to.equal(0);
      expect(train.r2(prices, [1, 2, 6])).to.equal(1);
      expect(train.r2(prices, [2, 2, 5])).to.equal(1 - 2 / 14);
      expect(train.r2(prices, [6, 2, 1])).to.equal(1 - 50 / 14); // 25 + 0 + 25
    });

    it('has no unit, where the squared error has one, squared', () => {
      const inThousands = prices.map((price) => 1000 * price);
      expect(train.mse(prices, [2, 2, 5])).to.equal(2 / 3);
      expect(train.mse(inThousands, [2000, 2000, 5000])).to.equal(2e6 / 3);
      expect(train.mae(inThousands, [2000, 2000, 5000])).to.equal(2000 / 3); // the unit itself
      expect(train.r2(inThousands, [2000, 2000, 5000])).to.equal(1 - 2 / 14);
    });

    it('says nothing of a single house, which is its own mean', () => {
      expect(train.r2([1], [2])).to.be.NaN; // 1 − 1/0
      expect(train.mse([1], [2])).to.equal(1);
    });
  });

  describe('batch by batch', () => {
    it('the mean of the batches’ F1 is not F1: what is gathered is counts', async () => {
      /*
       * Two batches, of class 1: TP, FP, FN = 1, 0, 0 and 1, 2, 1. F1 is 2/2 = 1 and 2/(2 + 3) = 2/5, the mean 7/10.
       * Of both together: 2·2/(2·2 + 2 + 1) = 4/7.
       */
      const batches = [
        { truth: [1, 0, 0, 0], predicted: [1, 0, 0, 0] },
        { truth: [1, 0, 0, 1], predicted: [1, 1, 1, 0] },
      ];
      expect(batches.map(({ truth, predicted }) => train.f1(truth, predicted))).to.deep.equal([1, 2 / 5]);
      const metric = train.f1();
      for (const { truth, predicted } of batches)
        await metric.update(tensor(predicted.map((label) => 2 * label - 1)), Int32Array.from(truth)); // logits ±1
      expect(metric.value()).to.equal(4 / 7);
      const [truth, predicted] = (['truth', 'predicted'] as const).map((key) =>
        batches.flatMap((batch) => batch[key]),
      );
      expect(train.f1(truth, predicted)).to.equal(4 / 7);
    });

    it('nor is a mean of AUCs one: most pairs have their partners in different batches', async () => {
      /*
       * Each batch is in perfect order: 2 above 1, and −1 above −2. But the positive −1 is below the negative 1: of all four
       * pairs, three are in order.
       */
      const metric = train.rocAuc();
      await metric.update(tensor([2, 1]), Int32Array.of(1, 0));
      expect(metric.value()).to.equal(1);
      await metric.update(tensor([-1, -2]), Int32Array.of(1, 0));
      expect(metric.value()).to.equal(3 / 4);
    });
  });
});
