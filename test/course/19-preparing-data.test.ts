/*
 * 19. Preparing data
 *
 * Numbers come from files: some are missing, some are wrong, one column counts millions and the next one thousandths, and
 * some are words. What must happen to them before a network sees them? And from which of them may one learn how?
 */
import { expect } from 'chai';
import {
  type Tensor,
  concat,
  data,
  linear,
  manualSeed,
  mse,
  mul,
  nn,
  optim,
  sum,
  tensor,
  uniform,
} from '../../src/index.ts';

describe('19. Preparing data', () => {
  describe('what is missing', () => {
    const text = 'age,sex\n22,male\n,female\n38,?\n';

    it('in a table, a number that is missing is NaN, a word undefined', async () => {
      const table = await data.readCsv({ text });
      expect(table.column('age')).to.deep.equal(new Float64Array([22, Number.NaN, 38]));
      expect(table.column('sex')).to.deep.equal(['male', 'female', undefined]);
    });

    it('one NaN makes the loss NaN, and every weight after the first step: so a tensor of it must be asked for', async () => {
      const w = tensor([[1]], { requiresGrad: true });
      mse(linear(tensor([[22], [Number.NaN]]), w), tensor([[1], [1]])).backward();
      expect(w.grad?.item()).to.be.NaN;

      const table = await data.readCsv({ text });
      expect(() => table.toTensor(['age'])).to.throw('column "age", row 1 is missing');
      expect(table.dropMissing(['age']).toTensor(['age']).toArray()).to.deep.equal([[22], [38]]);
      expect(table.toTensor(['age'], { allowMissing: true }).data[1]).to.be.NaN;
    });

    it('the mean stands in for it and is not moved by that; but the spread shrinks', () => {
      /*
       * 1 and 5 are known, two values are missing. Mean 3, which is what they become. Then the variance is
       *   ¼(2² + 2² + 0 + 0) = 2, and of the known ones it was ½(2² + 2²) = 4
       * Where much is missing, that says much which nobody knows. Whether a value was missing can be a feature of its own.
       */
      const x = tensor([[1], [5], [Number.NaN], [Number.NaN]]);
      const filled = new data.Imputer().fitTransform(x);
      expect(filled.toArray()).to.deep.equal([[1], [5], [3], [3]]);
      const std = (values: Tensor) => new data.StandardScaler().fit(values).scale[0];
      expect([std(x), std(filled)]).to.deep.equal([2, Math.sqrt(2)]);
    });

    it('the median does not follow an outlier, the mean does', () => {
      // 1, 2, 3, 4, 90: mean 20, which is near none of them; median 3
      const x = tensor([[1], [2], [3], [4], [90], [Number.NaN]]);
      const fill = (strategy: 'mean' | 'median') => new data.Imputer({ strategy }).fit(x).fill[0];
      expect([fill('mean'), fill('median')]).to.deep.equal([20, 3]);
    });
  });

  describe('outliers', () => {
    it('no one of ten values can be more than 3 standard deviations from the mean, however wrong it is', () => {
      /*
       * n − 1 times 0, and once a:  mean a/n, variance (a²/n) − (a/n)² = a²(n − 1)/n²,
       *
       *   z = (a − a/n) / (a√(n − 1)/n) = (n − 1)/√(n − 1) = √(n − 1)
       *
       * whatever a is, and no other values put one of them further out. Here n = 10: z = 3. An outlier hides behind the
       * deviation that it makes.
       */
      for (const a of [10, 1000]) {
        const x = tensor([0, 0, 0, 0, 0, 0, 0, 0, 0, a]);
        expect(new data.StandardScaler().fitTransform(x).data[9]).to.equal(3);
      }
    });

    it('quartiles do not see it: what lies 1.5 times their distance beyond them is an outlier', () => {
      /*
       * 0, 1, 2, 3, 4, 100: the quartiles lie at the places 1.25 and 3.75 of 0 … 5, so they are 1.25 and 3.75.
       * Distance 2.5, fences 1.25 − 3.75 = −2.5 and 3.75 + 3.75 = 7.5.
       */
      const x = tensor([0, 1, 2, 3, 4, 100]);
      const byQuartiles = new data.OutlierClipper({ method: 'iqr' }).fit(x);
      expect(byQuartiles.transform(x).toArray()).to.deep.equal([0, 1, 2, 3, 4, 7.5]);
      expect([...byQuartiles.inliers(x)]).to.deep.equal([0, 1, 2, 3, 4]);
      const byDeviation = new data.OutlierClipper({ method: 'zScore' }).fit(x); // z = 2.23 at most, among six
      expect(byDeviation.transform(x).toArray()).to.deep.equal(x.toArray());
    });

    it('one outlier squeezes all others into a corner of [0, 1]; the quartiles keep them apart', () => {
      // min-max: 4 → 4/100. Median 2.5, distance of the quartiles 2.5:  4 → (4 − 2.5)/2.5 = 0.6
      const x = tensor([0, 1, 2, 3, 4, 100]);
      expect(new data.MinMaxScaler().fitTransform(x).data[4]).to.equal(Math.fround(0.04));
      expect(new data.RobustScaler().fitTransform(x).data[4]).to.equal(Math.fround(0.6));
    });
  });

  describe('scaling, and what it does for descent', () => {
    /*
     * Four points, (±1, ±8), and y = 3x₁ + 2x₂. The loss ½·mean (w·x − y)² is, around its lowest point w* = (3, 2),
     *
     *   ½(c₁(w₁ − 3)² + c₂(w₂ − 2)²)    cⱼ = mean of xⱼ²:  c₁ = 1, c₂ = 64
     *
     * (the mixed term has the mean of x₁x₂, which is 0). It is a valley, 8 times as long as it is wide; the ratio of the
     * curvatures, 64, is called its condition number. A step multiplies the distance wⱼ − wⱼ* by 1 − ηcⱼ.
     */
    const x = tensor([
      [1, 8],
      [1, -8],
      [-1, 8],
      [-1, -8],
    ]);

    /** The weights after some steps from 0. */
    function descend(inputs: Tensor, targets: Tensor, lr: number, steps: number): number[] {
      const w = tensor([[0, 0]], { requiresGrad: true });
      const optimizer = new optim.SGD([w], { lr });
      for (let step = 0; step < steps; step++) {
        optimizer.zeroGrad();
        mul(mse(linear(inputs, w), targets), 1 / 2).backward();
        optimizer.step();
      }
      return [...w.data];
    }
    const y = linear(x, tensor([[3, 2]]));

    it('the steep feature limits the step, and the flat one pays for it', () => {
      // η = 1/64: w₂ is there at once, 1 − 64/64 = 0. w₁ has 63/64 of its way left after each step: (63/64)⁶⁴ = 0.365.
      const [w1, w2] = descend(x, y, 1 / 64, 64);
      expect(w2).to.equal(2);
      expect(w1).to.be.closeTo(3 * (1 - (63 / 64) ** 64), 1e-5);
    });

    it('a step that is right for the flat one throws the steep one out', () => {
      // η = 1/16: 1 − 64/16 = −3. The distance of w₂, at first −2, is 6, −18, 54 after one, two, three steps.
      const after = (steps: number) => descend(x, y, 1 / 16, steps)[1] - 2;
      expect([1, 2, 3].map(after)).to.deep.equal([6, -18, 54]);
    });

    it('scaled to deviation 1, the valley is round: one step of η = 1', () => {
      // x₂/8: c₁ = c₂ = 1, so 1 − ηc = 0 for both. The weight of x₂/8 is 8·2 = 16.
      const scaled = new data.StandardScaler().fitTransform(x);
      expect(scaled.toArray()).to.deep.equal([
        [1, 1],
        [1, -1],
        [-1, 1],
        [-1, -1],
      ]);
      expect(descend(scaled, y, 1, 1)).to.deep.equal([3, 16]);
    });

    it('a mean that is far from 0 is worse than a wrong size', () => {
      /*
       * x = 99 and 101, with a bias: a second feature that is always 1. Now the mixed term has the mean of x, 100:
       *
       *   the curvatures are the eigenvalues of  [ 10001  100 ]   trace 10002, determinant 10001 − 10000 = 1,
       *                                          [   100    1 ]
       *
       * so they are about 10002 and 1/10002: condition number 10⁸. To move the weight and not the answer at 100, the bias must
       * go the other way a hundred times as far. Without the mean, x = ±1, the matrix is the identity.
       *
       * η = 1/16384 is small enough (10002η < 2). y = x − 100, that is w = 1 and b = −100; after 1000 steps b has hardly left.
       */
      const far = tensor([
        [99, 1],
        [101, 1],
      ]);
      const targets = tensor([[-1], [1]]);
      expect(Math.abs(descend(far, targets, 1 / 16384, 1000)[1])).to.be.lessThan(0.1);
      const x = new data.StandardScaler().fitTransform(tensor([[99], [101]]));
      const near = concat([x, tensor([[1], [1]])], 1);
      expect(descend(near, targets, 1, 1)).to.deep.equal([1, 0]);
    });

    it('a constant feature says nothing: it becomes 0 instead of 0/0', () => {
      expect(new data.StandardScaler().fitTransform(tensor([[5], [5]])).toArray()).to.deep.equal([[0], [0]]);
    });

    it('images keep their proportions: one number for all pixels', () => {
      // A pixel of the rim may have been 0 or 1 in training. Scaled by its own range, it would count as much as those of the ink.
      const images = tensor([
        [0, 0, 255],
        [1, 51, 0],
      ]);
      const shared = new data.MinMaxScaler({ per: 'all' }).fitTransform(images);
      expect(shared.toArray()).to.deep.equal([
        [0, 0, 1],
        [Math.fround(1 / 255), Math.fround(0.2), 0],
      ]);
      expect(new data.MinMaxScaler().fitTransform(images).toArray()).to.deep.equal([
        [0, 0, 1],
        [1, 1, 0],
      ]);
    });
  });

  describe('what may be learned from', () => {
    it('a set that is scaled by its own numbers loses what sets it apart', () => {
      /*
       * Temperatures of the healthy, 36 and 38 say: mean 37, deviation 1, so −1 and 1. Tomorrow's two patients have 40 and 42.
       * By their own mean and deviation they become −1 and 1, too, and nobody is ill. By the numbers from training: 3 and 5.
       */
      const [train, test] = [tensor([[36], [38]]), tensor([[40], [42]])];
      const fitted = new data.StandardScaler().fit(train);
      expect(fitted.transform(test).toArray()).to.deep.equal([[3], [5]]);
      expect(new data.StandardScaler().fitTransform(test).toArray()).to.deep.equal([[-1], [1]]);
    });

    it('a scaler that has seen the test set tells the model about it', () => {
      /*
       * Training 0 and 4, test 8. Fitted on all three, the range is 8, and the training data lie in [0, ½]: that something
       * twice as large will come is known before it has. The test set was to stand for what nobody has seen; a score that
       * was got with its help is too good, and cannot be had again in use.
       */
      const [train, test] = [tensor([[0], [4]]), tensor([[8]])];
      const honest = new data.MinMaxScaler().fit(train);
      expect([...honest.transform(train).data, ...honest.transform(test).data]).to.deep.equal([0, 1, 2]);
      const leaky = new data.MinMaxScaler().fit(concat([train, test]));
      expect([...leaky.transform(train).data, ...leaky.transform(test).data]).to.deep.equal([0, 1 / 2, 1]);
    });

    it('so: split first, fit on the training part, apply to all; in each fold anew', () => {
      manualSeed(0);
      const dataset = data.fromTensors(uniform([50, 3], 0, 10), new Array(50).fill(0));
      const centers = data
        .kFold(dataset, { folds: 5 })
        .map(({ train }) => new data.StandardScaler().fit(train).center[0]);
      expect(new Set(centers).size).to.equal(5); // each has seen other samples
    });

    it('it belongs to the model: weights without the numbers that they were learned with are worth nothing', () => {
      const prepare = () => new data.Pipeline([new data.Imputer(), new data.StandardScaler()]);
      const fitted = prepare().fit(tensor([[1], [Number.NaN], [3]])); // mean 2; 1, 2, 3 have deviation √(2/3)
      const later = prepare();
      later.loadStateDict(fitted.stateDict());
      expect(later.transform(tensor([[Number.NaN], [3]])).toArray()).to.deep.equal([
        [0],
        [Math.fround(Math.sqrt(1.5))],
      ]);
    });
  });

  describe('words', () => {
    /*
     * Three ports, C, Q and S, and what is to be learned of them: 1, 0, 1.
     */
    const table = data.Table.from({ port: ['C', 'Q', 'S'] });
    const targets = tensor([[1], [0], [1]]);

    /** The loss of a layer, and its slopes. */
    function lossAt(x: Tensor, weight: number[], bias: number): { loss: number; slopes: number[] } {
      const w = tensor([weight], { requiresGrad: true });
      const b = tensor([bias], { requiresGrad: true });
      const loss = mse(linear(x, w, b), targets);
      loss.backward();
      return { loss: loss.item(), slopes: [...(w.grad as Tensor).data, ...(b.grad as Tensor).data] };
    }

    it('numbered 0, 1, 2, they lie on a line, and Q must be halfway between the others', () => {
      /*
       * The best line through (0, 1), (1, 0), (2, 1) is level, at ⅔: the errors ⅓, −⅔, ⅓ add up to 0, also when they are
       * multiplied by 0, 1, 2. The loss is (1/9 + 4/9 + 1/9)/3 = 2/9, and there is no lower one.
       */
      const labels = new data.LabelEncoder().fitTransform(table.column('port'));
      expect([...labels]).to.deep.equal([0, 1, 2]);
      const { loss, slopes } = lossAt(tensor([...labels], [3, 1]), [0], 2 / 3);
      expect(loss).to.be.closeTo(2 / 9, 1e-7);
      for (const slope of slopes) expect(slope).to.be.closeTo(0, 1e-7);
    });

    it('one-hot, each has a weight of its own, and none is nearer to another than to the third', () => {
      const encoder = new data.OneHotEncoder();
      const x = encoder.fitTransform(table);
      expect(encoder.names).to.deep.equal(['port=C', 'port=Q', 'port=S']);
      expect(lossAt(x, [1, 0, 1], 0)).to.deep.equal({ loss: 0, slopes: [0, 0, 0, 0] });
      const distance = (i: number, j: number) =>
        sum(
          x
            .slice(i, i + 1)
            .sub(x.slice(j, j + 1))
            .square(),
        ).item();
      expect([distance(0, 1), distance(1, 2), distance(0, 2)]).to.deep.equal([2, 2, 2]);
    });

    it('a word that training did not have has no weight: an error, or zeros if that is what one wants', () => {
      const later = data.Table.from({ port: ['B'] });
      expect(() => new data.OneHotEncoder().fit(table).transform(later)).to.throw(
        '"B" (column "port", row 0) is unknown',
      );
      const lenient = new data.OneHotEncoder({ handleUnknown: 'ignore' }).fit(table);
      expect(lenient.transform(later).toArray()).to.deep.equal([[0, 0, 0]]);
    });
  });

  describe('rare classes', () => {
    /* 100 samples, 10 of them of class 1, and a test set of 10. */
    const labels = Array.from({ length: 100 }, (_, i) => (i < 90 ? 0 : 1));
    const dataset = data.fromTensors(tensor(labels, [100, 1]), labels);
    const rare = (part: data.Dataset<data.Batch<Tensor, Int32Array>>) =>
      part.batch([...Array(part.length).keys()]).y.reduce((a, b) => a + b, 0);

    it('chance leaves a third of all test sets without any', () => {
      /*
       * The first of the 10 is of class 0 with probability 90/100, the next with 89/99, ...:
       *   90/100 · 89/99 · … · 81/91 = 0.330
       * Of 400 sets that is 132, give or take √(400·0.33·0.67) = 9.4. We allow four times that.
       */
      let none = 1;
      for (let i = 0; i < 10; i++) none *= (90 - i) / (100 - i);
      expect(none).to.be.closeTo(0.33, 0.001);
      let without = 0;
      for (let seed = 0; seed < 400; seed++) {
        manualSeed(seed);
        if (rare(dataset.split(0.9, 0.1)[1]) === 0) without++;
      }
      expect(without).to.be.closeTo(132, 38);
    });

    it('stratified, each part has its tenth; so has each fold', () => {
      for (let seed = 0; seed < 20; seed++) {
        manualSeed(seed);
        expect(dataset.splitStratified(labels, 0.7, 0.2, 0.1).map(rare)).to.deep.equal([7, 2, 1]);
        for (const { validation } of data.kFold(dataset, { folds: 5, stratify: labels }))
          expect(rare(validation)).to.equal(2);
      }
    });

    it('who always says 0 is right nine times of ten; weights make that cost as much as always saying 1', () => {
      // n/(2·90) = 5/9 and n/(2·10) = 5: the classes weigh 90·5/9 = 10·5 = 50 each
      const weight = data.classWeights(labels);
      expect(weight.toArray()).to.deep.equal([Math.fround(5 / 9), 5]);
      const always = (logits: number[]) =>
        nn
          .crossEntropy(
            tensor(
              labels.flatMap(() => logits),
              [100, 2],
            ),
            labels,
            { weight },
          )
          .item();
      expect(always([4, 0])).to.be.closeTo(always([0, 4]), 1e-5);
    });
  });

  describe('from a file to a model', () => {
    /** Flats: size in m², distance in km, town; the rent follows from them. One size in twenty is missing. */
    function flats(): string {
      manualSeed(1);
      const [size, distance] = [uniform([120], 20, 140).data, uniform([120], 0, 30).data];
      const towns = ['Aachen', 'Bonn', 'Celle'];
      const lines = Array.from({ length: 120 }, (_, i) => {
        const rent = 10 * size[i] - 8 * distance[i] + [100, 300, 0][i % 3];
        const shown = i % 20 === 3 ? '' : size[i].toFixed(1);
        return `${shown};${distance[i].toFixed(2)};${towns[i % 3]};${rent.toFixed(2)}`;
      });
      return ['size;distance;town;rent', ...lines].join('\n');
    }

    /** The mean square error on the validation set after 200 steps, in units of the rent's own variance. */
    async function learn(scaled: boolean): Promise<number> {
      const table = await data.readCsv({ text: flats() }, { delimiter: ';' });
      manualSeed(2);
      const [{ train: fitOn, validation: heldOut }] = data.kFold(table.length, { folds: 4 });
      const [train, validation] = [table.rows(fitOn), table.rows(heldOut)];

      const numeric = (rows: data.Table) => rows.toTensor(['size', 'distance'], { allowMissing: true });
      const imputer = new data.Imputer({ strategy: 'median' });
      const prepare = new data.Pipeline(scaled ? [imputer, new data.StandardScaler()] : [imputer]);
      prepare.fit(numeric(train));
      const town = new data.OneHotEncoder().fit(train.select(['town']));
      const rent = new data.StandardScaler().fit(train.toTensor(['rent']));
      const input = (rows: data.Table) => concat([prepare.transform(numeric(rows)), town.transform(rows)], 1);
      const target = (rows: data.Table) => rent.transform(rows.toTensor(['rent']));

      const model = new nn.Linear(5, 1);
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
      const [x, y] = [input(train), target(train)];
      for (let step = 0; step < 200; step++) {
        optimizer.zeroGrad();
        mse(model.forward(x), y).backward();
        optimizer.step();
      }
      return mse(model.predict(input(validation)), target(validation)).item();
    }

    it('prepared, it learns with an ordinary step; without scaling, the same step leads to infinity', async () => {
      /*
       * Always to say the mean costs 1. What is left is the flats whose size is not known: one in twenty, and the size makes
       * 0.86 of the variance: about 0.05 · 0.86. Among 30 flats chance decides how many: measured 0.006 … 0.15 for four seeds.
       */
      expect(await learn(true)).to.be.lessThan(0.3);
      expect(await learn(false)).to.be.NaN; // ∞ − ∞
    });
  });
});
