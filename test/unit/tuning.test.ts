// What tunes a training run: penalties, schedules, gathered batches, clipping, validation in mid-epoch, and how it may end.
import { expect } from 'chai';
import {
  AnomalyError,
  ArgumentError,
  data,
  detectAnomaly,
  div,
  log,
  manualSeed,
  mse,
  mul,
  nn,
  optim,
  relu,
  sqrt,
  sum,
  type Tensor,
  tensor,
  train,
  zeros,
} from '../../src/index.ts';
import { expectError, expectRejection } from '../support/errors.ts';

/** y = w x, with w = 0 at first. */
class Slope extends nn.Module {
  w: nn.Parameter;
  constructor(start = 0) {
    super();
    this.w = new nn.Parameter(tensor([start]));
  }
  forward(x: Tensor): Tensor {
    return mul(x, this.w);
  }
}

/** Samples (x, 2x). */
const doubled = (...xs: number[]) => {
  const column = (values: number[]) => tensor(values, [values.length, 1]);
  return data.fromTensors(column(xs), column(xs.map((x) => 2 * x)));
};

/** Of (x, 2x) and y = w x, the loss is x²(w − 2)², its slope 2x²(w − 2). */
const problem = (...xs: number[]) => {
  const model = new Slope();
  const optimizer = new optim.SGD(model.parameters(), { lr: 1 / 8 });
  const loss = mse as (output: Tensor, target: Tensor) => Tensor;
  return { model, options: { data: data.loader(doubled(...xs), { batchSize: 1 }), loss, optimizer } };
};

describe('penalties', () => {
  it('are added to the loss, move the weights, and stand in the log beside it', async () => {
    /*
     * x = 1, w = 1, penalty w²/2 (its slope w):  L = (1 − 2)² + ½ = 3/2,  dL/dw = −2 + 1 = −1,  w ← 1 + ⅛.
     */
    const { options } = problem(1);
    const model = new Slope(1);
    const optimizer = new optim.SGD(model.parameters(), { lr: 1 / 8 });
    const half = (of: Slope) => mul(sum(mul(of.w, of.w)), 1 / 2);
    const [log] = await train.fit(model, { ...options, optimizer, penalties: [half] });
    expect({ ...log, seconds: 0 }).to.deep.equal({ epoch: 1, loss: 1.5, penalty: 0.5, seconds: 0 });
    expect(model.w.item()).to.equal(1.125);
  });

  it('of several kinds add up; without any there is no such number', async () => {
    const { model, options } = problem(1);
    const [one, two] = [() => sum(mul(model.w, 0)).add(1), () => tensor(2)] as (() => Tensor)[];
    const [both] = await train.fit(model, { ...options, penalties: [one, two] });
    expect(both.penalty).to.equal(3);
    const [none] = await train.fit(model, options);
    expect(none).not.to.have.property('penalty');
  });

  it('are those of nn: λ Σ w² of the weights', async () => {
    manualSeed(1);
    const model = new nn.Linear(2, 1);
    nn.init.constant(model.weight, 3);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0 });
    const set = data.fromTensors(zeros([4, 2]), zeros([4, 1]));
    const penalties = [nn.l2Penalty(0.5)];
    const [log] = await train.fit(model, {
      data: data.loader(set),
      loss: mse as never,
      optimizer,
      penalties,
    });
    expect(log.penalty).to.equal(9); // ½ (9 + 9)
  });
});

describe('schedules', () => {
  const ratesOf = async (per: 'step' | 'epoch') => {
    const { model, options } = problem(0, 0);
    const schedule = new optim.ExponentialLR(options.optimizer, { gamma: 0.5, per });
    const rates: number[] = [];
    const callbacks = [{ onStep: () => void rates.push(options.optimizer.groups[0].lr) }];
    await train.fit(model, { ...options, schedule, epochs: 2, callbacks });
    return rates.map((rate) => 8 * rate);
  };

  it('change the rate after each step, or after each epoch, as they say', async () => {
    expect(await ratesOf('step')).to.deep.equal([1, 1 / 2, 1 / 4, 1 / 8]);
    expect(await ratesOf('epoch')).to.deep.equal([1, 1, 1 / 2, 1 / 2]);
  });

  it('that follow a number of the log are given it; one that is not there is an error', async () => {
    const { model, options } = problem(0); // the loss is 0 for ever: a plateau
    const schedule = new optim.ReduceLROnPlateau(options.optimizer, { monitor: 'loss', patience: 1 });
    await train.fit(model, { ...options, schedule, epochs: 4 });
    expect(options.optimizer.groups[0].lr).to.be.closeTo(1 / 80, 1e-12); // once: after epochs 2 and 3 brought nothing
    const blind = new optim.ReduceLROnPlateau(options.optimizer, { monitor: 'validationLoss' });
    await expectRejection(
      train.fit(model, { ...options, schedule: blind }),
      ArgumentError,
      'fit: the log has no validationLoss',
      'monitor must be one of epoch, loss, seconds',
    );
  });
});

describe('gathered batches', () => {
  it('make the step of one large batch, and a last group that is smaller counts by its samples', async () => {
    /*
     * x = 1, 2, 3 in batches of one; two make a step. The slopes 2x²(w − 2) at w = 0 are −4, −16, −36.
     * Step 1: mean of −4 and −16, w ← 10/8. Step 2: 2·9·(10/8 − 2) = −27/2 alone, w ← 10/8 + 27/16.
     */
    const { model, options } = problem(1, 2, 3);
    const seen: number[] = [];
    const callbacks: train.Callback[] = [
      { onStep: ({ step, steps, loss }) => void seen.push(model.w.item(), step, steps, loss) },
    ];
    await train.fit(model, { ...options, accumulate: 2, callbacks });
    expect(seen).to.deep.equal([10 / 8, 1, 2, (4 + 16) / 2, 10 / 8 + 27 / 16, 2, 2, 9 * (10 / 8 - 2) ** 2]);
  });

  it('of different sizes are weighed by their samples', async () => {
    const one = problem(1, 2, 3);
    const whole = data.loader(doubled(1, 2, 3), { batchSize: 3 });
    await train.fit(one.model, { ...one.options, data: whole });
    const two = problem(1, 2, 3);
    const uneven = data.loader(doubled(1, 2, 3), { batchSize: 2 });
    await train.fit(two.model, { ...two.options, data: uneven, accumulate: 2 });
    expect(two.model.w.item()).to.be.closeTo(one.model.w.item(), 1e-6); // 14/3 · 2 · 2/8
    expect(one.model.w.item()).to.be.closeTo(7 / 3, 1e-6);
  });
});

describe('clipping', () => {
  it('by norm scales the gradient, by value cuts its elements', async () => {
    // The slope is −4 at first, so w would become ½.
    const norm = problem(1);
    await train.fit(norm.model, { ...norm.options, clipNorm: 2 });
    expect(norm.model.w.item()).to.be.closeTo(1 / 4, 1e-6);
    const value = problem(1);
    await train.fit(value.model, { ...value.options, clipValue: 1 });
    expect(value.model.w.item()).to.equal(1 / 8);
  });
});

describe('validation in mid-epoch', () => {
  it('comes after every so many steps, and its numbers reach the callbacks', async () => {
    const { model, options } = problem(0, 1, 0, 0, 0);
    const logs: unknown[] = [];
    const callbacks: train.Callback[] = [
      { onValidation: (log) => void logs.push(log), onEpochEnd: ({ epoch }) => void logs.push(epoch) },
    ];
    const validation = data.loader(doubled(2));
    await train.fit(model, { ...options, validation, validateEvery: 2, callbacks });
    // After step 2 w = ½: 4 (½ − 2)² = 9. The training losses so far are 0, 4, and 0, 4, 0, 0.
    expect(logs).to.deep.equal([
      { epoch: 1, totalSteps: 2, loss: 2, validationLoss: 9 },
      { epoch: 1, totalSteps: 4, loss: 1, validationLoss: 9 },
      1,
    ]);
  });

  it('leaves the metrics of the epoch alone', async () => {
    const set = data.fromTensors(tensor([[1], [1], [1], [1]]), [1, 1, 1, 0]);
    const wrong = data.fromTensors(tensor([[1]]), [0]);
    class One extends nn.Module {
      w = new nn.Parameter(tensor([[0, 1]]));
      forward(x: Tensor): Tensor {
        return mul(x, this.w);
      }
    }
    const model = new One();
    const [log] = await train.fit(model, {
      data: data.loader(set, { batchSize: 1 }),
      validation: data.loader(wrong),
      validateEvery: 1,
      loss: nn.crossEntropy as never,
      optimizer: new optim.SGD(model.parameters(), { lr: 0 }),
      metrics: ['accuracy'],
    });
    expect([log.accuracy, log.validationAccuracy]).to.deep.equal([3 / 4, 0]);
  });
});

describe('the end', () => {
  it('reaches all callbacks, and the error that was first is thrown', async () => {
    const { model, options } = problem(1, 1);
    const ended: string[] = [];
    const failing = (name: string) => ({
      onEnd() {
        ended.push(name);
        throw Error(name);
      },
    });
    const callbacks = [failing('one'), failing('two'), { onEnd: () => void ended.push('three') }];
    const message = (outcome: Promise<unknown>) => outcome.catch((error) => error.message);
    expect(await message(train.fit(model, { ...options, callbacks }))).to.equal('one');
    expect(ended).to.deep.equal(['one', 'two', 'three']);
    const broken = { onStep: () => Promise.reject(Error('step')) };
    expect(await message(train.fit(model, { ...options, callbacks: [...callbacks, broken] }))).to.equal(
      'step',
    );
    expect(ended).to.have.length(6);
  });

  it('comes early when a callback asks for it: the step is done, the epoch logged', async () => {
    const { model, options } = problem(1, 1, 1);
    const lines: string[] = [];
    const callbacks: train.Callback[] = [
      { onStep: (state) => void (state.totalSteps === 2 && state.stop('enough')) },
      train.progressBar({ write: (line) => lines.push(line), bar: false }),
    ];
    const history = await train.fit(model, { ...options, epochs: 5, callbacks });
    expect(history).to.have.length(1);
    expect(history[0].loss).to.equal((4 + 2.25) / 2); // w = 0, ½
    expect(lines[1]).to.equal('stopped: enough');
  });

  it('comes before the next batch when the signal is aborted; the model stays as it is', async () => {
    const { model, options } = problem(1, 1, 1);
    const controller = new AbortController();
    const reason = new Error('Ctrl-C');
    let ended = 0;
    const callbacks = [{ onStep: () => controller.abort(reason), onEnd: () => void ended++ }];
    const outcome = train.fit(model, { ...options, callbacks, signal: controller.signal });
    expect(await outcome.catch((error) => error)).to.equal(reason);
    expect([model.w.item(), ended]).to.deep.equal([1 / 2, 1]);
  });
});

describe('a loss that is not finite', () => {
  const broken = (loss: (output: Tensor, target: Tensor) => Tensor, extra: object = {}) => {
    const model = new nn.Sequential(new nn.Linear(1, 2), new nn.ReLU(), new nn.Linear(2, 1));
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    const set = data.loader(doubled(1, 2, 3), { batchSize: 1 });
    return { model, run: () => train.fit(model, { data: set, loss, optimizer, ...extra }) };
  };
  const third = () => {
    let calls = 0;
    return (output: Tensor, target: Tensor) => {
      if (++calls < 3) return mse(output, target);
      return sum(log(mul(relu(output), 0))); // log 0
    };
  };

  it('is an error that names the batch, and the operation that made it, before anything is changed', async () => {
    const { model, run } = broken(third());
    await expectRejection(
      run(),
      AnomalyError,
      'fit: the loss is -Infinity at batch 3 of epoch 1: log of finite numbers gave -Infinity at [0, 0]',
      'results and gradients must be finite',
      'log(maximum(x, 1e-8))',
    );
    expect([...model.layers[0].weight.data].every(Number.isFinite)).to.equal(true);
  });

  it('that a layer made, names the layer', async () => {
    class Inverse extends nn.Module {
      forward(x: Tensor): Tensor {
        return div(1, mul(x, 0));
      }
    }
    const model = new nn.Sequential(new nn.Linear(1, 2), new Inverse(), new nn.Linear(2, 1));
    expectError(
      () => train.detectAnomaly(model, () => mse(model.forward(tensor([[1]])) as Tensor, zeros([1, 1]))),
      AnomalyError,
      'div of finite numbers gave',
      'in layer 1 (Inverse)',
    );
    expect(Object.keys(model[1])).not.to.include('forward'); // the watch is taken away again
  });

  it('that came in with the data or a weight, says which', async () => {
    const layer = new nn.Linear(2, 1);
    const model = new nn.Sequential(layer);
    const run = () => sum(model.forward(tensor([[1, 2]])) as Tensor);
    expect(train.detectAnomaly(model, run).size).to.equal(1);
    layer.weight.copyFrom([1, Number.NaN]);
    expectError(
      () => train.detectAnomaly(model, run),
      AnomalyError,
      'weight [1, 2] of linear holds NaN at [0, 1], in layer 0 (Linear)',
    );
    layer.weight.copyFrom([1, 1]);
    expectError(
      () => train.detectAnomaly(model, () => model.forward(tensor([[1, Infinity]]))),
      AnomalyError,
      'x [1, 2] of linear holds Infinity at [0, 1]',
    );
  });

  it('that first shows in a gradient, names the operation whose gradient it is', async () => {
    const x = zeros([2]);
    x.requiresGrad = true;
    expectError(
      () => detectAnomaly(() => sum(sqrt(x)).backward()),
      AnomalyError,
      'the gradient of sqrt for x [2] holds Infinity at [0]',
      'sqrt(add(x, 1e-8))',
    );
    const model = new Slope(0);
    const options = { ...problem(1).options, optimizer: new optim.SGD(model.parameters(), { lr: 1 }) };
    const loss = (output: Tensor) => sum(sqrt(output)); // √w at 0 is finite, its slope is not
    await expectRejection(
      train.fit(model, { ...options, loss, detectAnomaly: true }),
      AnomalyError,
      'fit: a gradient is not finite at batch 1 of epoch 1: the gradient of sqrt for x [1, 1] holds Infinity',
    );
    expect(model.w.item()).to.equal(0);
  });

  it('ends training quietly with stopOnNaN, with the parameters of before', async () => {
    const { model, run } = broken(third(), { callbacks: [train.stopOnNaN()] });
    const history = await run();
    expect(history).to.have.length(1);
    expect(history[0].loss).to.satisfy(Number.isFinite);
    expect([...model.layers[0].weight.data].every(Number.isFinite)).to.equal(true);
    const first = broken(() => tensor(Number.NaN), { callbacks: [train.stopOnNaN()] });
    expect(await first.run()).to.deep.equal([]);
  });

  it('leaves running statistics as they were, too', async () => {
    const rows = (bad: number) => tensor([1, 2, 3, 4, bad, 5, 6, 7], [4, 2]);
    const statistics = async (bad: number, extra: object) => {
      manualSeed(5);
      const model = new nn.Sequential(new nn.BatchNorm1d(2), new nn.Linear(2, 2));
      const outcome = train.fit(model, {
        data: data.loader(data.fromTensors(rows(bad), [0, 1, 0, 1]), { batchSize: 2 }),
        loss: nn.crossEntropy as never,
        optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
        ...extra,
      });
      await outcome.catch((error) => expect(error).to.be.instanceOf(AnomalyError));
      const { '0.runningMean': mean, '0.runningVar': variance } = model.stateDict();
      return [...mean.data, ...variance.data];
    };
    const afterOne = { callbacks: [{ onStep: (state: train.TrainingState) => state.stop('one step') }] };
    const expected = await statistics(0, afterOne);
    // By hand: the first batch is (1, 2), (3, 4): means 2 and 3, variances 2 (divided by n − 1); a tenth of it counts.
    expected.forEach((value, i) => expect(value).to.be.closeTo([0.2, 0.3, 1.1, 1.1][i], 1e-6));
    expect(await statistics(Number.NaN, { callbacks: [train.stopOnNaN()] })).to.deep.equal(expected);
    expect(await statistics(Number.NaN, {})).to.deep.equal(expected);
    expect(await statistics(Number.NaN, { detectAnomaly: true })).to.deep.equal(expected);
  });

  it('is passed over when it is allowed', async () => {
    const { run } = broken(third(), { allowNonFinite: true });
    expect((await run())[0].loss).to.equal(-Infinity);
  });
});

describe('fit refuses', () => {
  it('batches that cannot be gone through again', async () => {
    const { model, options } = problem(1);
    for (const name of ['data', 'validation'])
      await expectRejection(
        train.fit(model, { ...options, [name]: options.data.batches() }),
        ArgumentError,
        `fit: ${name} is`,
        'without batches() and length',
        `${name} must be a loader`,
      );
  });

  it('a metric in mid-epoch that would forget what it has seen', async () => {
    const { model, options } = problem(1, 1);
    const metric = { name: 'samples', reset() {}, update() {}, value: () => 0 };
    const validation = data.loader(doubled(2));
    for (const metrics of [[metric], [train.ofHead('y', metric)]])
      await expectRejection(
        train.fit(model, { ...options, validation, validateEvery: 1, metrics }),
        ArgumentError,
        `the metric ${metrics[0].name} has no state`,
        'stateDict() and loadStateDict()',
      );
    await train.fit(model, { ...options, validation, metrics: [metric] });
  });

  it('what tunes nothing', async () => {
    const { model, options } = problem(1);
    const refuse = (change: object, ...parts: string[]) =>
      expectRejection(
        train.fit(model, { ...options, ...(change as object) }),
        ArgumentError,
        'fit: ',
        ...parts,
      );
    await refuse({ accumulate: 0 }, 'accumulate is 0', 'at least 1');
    await refuse({ clipNorm: 0 }, 'clipNorm is 0', 'greater than 0');
    await refuse({ clipValue: '1' }, 'clipValue is "1"');
    await refuse({ validateEvery: 3 }, 'validateEvery without a validation set', '{ validation: loader }');
    await refuse({ validateEvery: 0, validation: options.data }, 'validateEvery is 0');
    await refuse({ penalties: nn.l2Penalty(1) }, 'penalties is', '[nn.l2Penalty(1e-4)]');
    await refuse({ penalties: [() => 1] }, 'the loss returned 1');
    await refuse({ schedule: 'cosine' }, 'schedule is "cosine"', 'new optim.StepLR(');
    const other = new optim.StepLR(problem(1).options.optimizer, { stepSize: 1 });
    await refuse({ schedule: other }, 'the schedule is for another optimizer');
    await refuse({ signal: true }, 'signal is true', 'controller.signal');
    await refuse({ extras: { scaler: 3 } }, 'extras is an object', '{ extras: { scaler } }');
    await refuse({ allowNonFinite: 1 }, 'allowNonFinite is 1');
    await refuse({ detectAnomaly: 'yes' }, 'detectAnomaly is "yes"');
    expect(model.w.item()).to.equal(0);
  });
});

describe('predict', () => {
  it('puts the outputs of all batches below each other, beside the targets', async () => {
    const model = new Slope(3);
    const { output, target } = await train.predict(model, data.loader(doubled(1, 2, 5), { batchSize: 2 }));
    expect([output.shape, [...output.data]]).to.deep.equal([
      [3, 1],
      [3, 6, 15],
    ]);
    expect([...target.data]).to.deep.equal([2, 4, 10]);
    const labelled = data.fromTensors(tensor([[1], [2]]), [7, 9]);
    expect((await train.predict(model, data.loader(labelled))).target).to.deep.equal(new Int32Array([7, 9]));
  });
});

describe('several heads', () => {
  it('learn together: the losses add up, each has its metric, outputs come by name', async () => {
    manualSeed(2);
    const points = Array.from({ length: 80 }, (_, i) => [Math.cos(i), Math.sin(i)]);
    const targets = {
      right: points.map(([a]) => (a > 0 ? 1 : 0)),
      up: points.map(([, b]) => (b > 0 ? 1 : 0)),
    };
    const loader = data.loader(data.fromTensors(tensor(points), targets), { batchSize: 16, shuffle: true });
    const model = new nn.MultiTask({
      body: new nn.Sequential(new nn.Linear(2, 16), new nn.Tanh()),
      heads: { right: new nn.Linear(16, 2), up: new nn.Linear(16, 2) },
    });
    const history = await train.fit(model, {
      data: loader,
      loss: nn.weightedLosses({ right: nn.crossEntropy, up: [nn.crossEntropy, 0.5] }),
      optimizer: new optim.Adam(model.parameters(), { lr: 0.03 }),
      metrics: [train.ofHead('right', train.accuracy()), train.ofHead('up', train.accuracy())],
      epochs: 10,
    });
    expect(history[9].rightAccuracy).to.be.above(0.9);
    expect(history[9].upAccuracy).to.be.above(0.9);
    const { output, target } = await train.predict<any, Record<string, Tensor>>(model, loader);
    expect(output.up.shape).to.deep.equal([80, 2]);
    expect(target.right).to.have.length(80);
  });
});
