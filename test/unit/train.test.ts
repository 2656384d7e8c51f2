// The training loop, evaluation, metrics and progress lines.
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  ArgumentError,
  crossEntropy,
  data,
  GradientError,
  IndexError,
  isRecording,
  manualSeed,
  mse,
  mul,
  nn,
  optim,
  ShapeError,
  tensor,
  train,
  zeros,
} from '../../src/index.ts';
import type { Tensor } from '../../src/index.ts';
import { expectError, expectRejection } from '../support/errors.ts';

const bad = (value: unknown) => value as never;

/** y = w x, with w = 0 at first. */
class Slope extends nn.Module {
  w = new nn.Parameter(zeros([1]));
  /** Whether it was training, for each call of forward. */
  modes: boolean[] = [];

  forward(x: Tensor): Tensor {
    this.modes.push(this.training);
    return mul(x, this.w);
  }
}

/** Samples (x, 2x). */
const doubled = (...xs: number[]) =>
  data.fromTensors(
    tensor(xs, [xs.length, 1]),
    tensor(
      xs.map((x) => 2 * x),
      [xs.length, 1],
    ),
  );

/*
 * The problem that most tests share: the samples (1, 2) and (2, 4), and y = w x. With r = 2 − w left to go,
 *
 *   L = ((1·r)² + (2·r)²) / 2 = 5r²/2        dL/dw = −5r
 *
 * so a step with η = 1/8 makes r ← r − 5r/8 = 3r/8: exactly 2, 3/4, 9/32, 27/256, ... in float32.
 */
const problem = () => {
  const model = new Slope();
  return {
    model,
    options: {
      data: data.loader(doubled(1, 2), { batchSize: 2 }),
      loss: mse as (output: Tensor, target: Tensor) => Tensor,
      optimizer: new optim.SGD(model.parameters(), { lr: 1 / 8 }),
    },
  };
};

describe('fit', () => {
  it('goes down: each epoch’s loss is the one before its step', async () => {
    const { model, options } = problem();
    const history = await train.fit(model, { ...options, epochs: 3 });
    // 5r²/2 for r = 2, 3/4, 9/32
    expect(history.map(({ loss }) => loss)).to.deep.equal([10, 1.40625, 0.19775390625]);
    expect(model.w.item()).to.equal(2 - 27 / 256);
  });

  it('logs epoch, loss and seconds; one epoch unless told otherwise', async () => {
    const { model, options } = problem();
    const history = await train.fit(model, options);
    expect(history).to.have.length(1);
    expect(Object.keys(history[0])).to.deep.equal(['epoch', 'loss', 'seconds']);
    expect(history[0].epoch).to.equal(1);
    expect(history[0].seconds).to.be.above(0).and.below(20);
  });

  it('looks at the validation set after each epoch', async () => {
    const { model, options } = problem();
    const validation = data.loader(doubled(1, 1, 1), { batchSize: 2 });
    const history = await train.fit(model, { ...options, validation, epochs: 2 });
    expect(Object.keys(history[0])).to.deep.equal(['epoch', 'loss', 'seconds', 'validationLoss']);
    // r² after the step, r = 3/4 and 9/32
    expect(history.map(({ validationLoss }) => validationLoss)).to.deep.equal([0.5625, 0.0791015625]);
  });

  it('trains in training mode, validates in evaluation mode, and ends in training mode', async () => {
    const { model, options } = problem();
    model.eval();
    const validation = data.loader(doubled(1), { batchSize: 1 });
    await train.fit(model, { ...options, validation, epochs: 2 });
    expect(model.modes).to.deep.equal([true, false, true, false]);
    expect(model.training).to.equal(true);
  });

  it('counts a last, smaller batch by its samples', async () => {
    const { model, options } = problem();
    const frozen = new optim.SGD(model.parameters(), { lr: 0 });
    const uneven = data.loader(doubled(1, 2, 3), { batchSize: 2 });
    const [{ loss }] = await train.fit(model, { ...options, data: uneven, optimizer: frozen });
    expect(loss).to.be.closeTo((4 + 16 + 36) / 3, 1e-12); // not (10 + 36) / 2
  });

  it('starts every step from gradients of zero', async () => {
    const { model, options } = problem();
    model.w.grad = tensor([1000]);
    await train.fit(model, options);
    expect(model.w.item()).to.equal(1.25);
  });

  it('does nothing in 0 epochs', async () => {
    const { model, options } = problem();
    expect(await train.fit(model, { ...options, epochs: 0 })).to.deep.equal([]);
    expect(model.w.item()).to.equal(0);
  });

  it('learns to tell classes apart, the same way from the same seed', async () => {
    const run = async () => {
      manualSeed(5);
      const points = Array.from({ length: 60 }, (_, i) => [Math.cos(i), Math.sin(i)]);
      const set = data.fromTensors(
        tensor(points),
        points.map(([a, b]) => (a + b > 0 ? 1 : 0)),
      );
      const [fitOn, validation] = set.split(0.8, 0.2);
      const model = new nn.Sequential(new nn.Linear(2, 8), new nn.ReLU(), new nn.Linear(8, 2));
      return train.fit(model, {
        data: data.loader(fitOn, { batchSize: 8, shuffle: true }),
        validation: data.loader(validation, { batchSize: 100 }),
        loss: crossEntropy,
        optimizer: new optim.Adam(model.parameters(), { lr: 0.05 }),
        epochs: 10,
        metrics: ['accuracy'],
      });
    };
    const history = await run();
    const last = history[9];
    expect(Object.keys(last)).to.deep.equal([
      'epoch',
      'loss',
      'seconds',
      'accuracy',
      'validationLoss',
      'validationAccuracy',
    ]);
    expect(last.loss).to.be.below(history[0].loss / 3);
    expect(last.accuracy).to.be.above(0.9);
    expect(last.validationAccuracy).to.be.above(0.9);
    const untimed = (logs: train.EpochLog[]) => logs.map((log) => ({ ...log, seconds: 0 }));
    expect(untimed(await run())).to.deep.equal(untimed(history));
  });
});

describe('callbacks', () => {
  /** Writes down what is called, when, with the state's counters. */
  const recorder = (events: string[], name = ''): train.Callback => {
    const note =
      (event: string) =>
      ({ epoch, epochs, step, steps, totalSteps, loss }: train.TrainingState) => {
        events.push(`${name}${event} ${epoch}/${epochs} ${step}/${steps} ${totalSteps} ${loss}`);
      };
    return {
      onStart: note('start'),
      onEpochStart: note('epoch start'),
      onStep: note('step'),
      onEpochEnd: (log, state) => note(`epoch end (${log.loss})`)(state),
      onEnd: note('end'),
    };
  };

  it('are called in this order, with these counters', async () => {
    const { model, options } = problem();
    const events: string[] = [];
    // Batches of one sample: (1, 2), then (2, 4). η = 0, so the losses are 4 and 16 for ever.
    await train.fit(model, {
      ...options,
      data: data.loader(doubled(1, 2), { batchSize: 1 }),
      optimizer: new optim.SGD(model.parameters(), { lr: 0 }),
      epochs: 2,
      callbacks: [recorder(events)],
    });
    expect(events).to.deep.equal([
      'start 0/2 0/2 0 NaN',
      'epoch start 1/2 0/2 0 NaN',
      'step 1/2 1/2 1 4',
      'step 1/2 2/2 2 16',
      'epoch end (10) 1/2 2/2 2 16',
      'epoch start 2/2 0/2 2 16',
      'step 2/2 1/2 3 4',
      'step 2/2 2/2 4 16',
      'epoch end (10) 2/2 2/2 4 16',
      'end 2/2 2/2 4 16',
    ]);
  });

  it('are called one after the other, and waited for', async () => {
    const { model, options } = problem();
    const events: string[] = [];
    const slow: train.Callback = {
      async onStep() {
        events.push('slow begins');
        await new Promise((resume) => setImmediate(resume));
        events.push('slow ends');
      },
    };
    await train.fit(model, { ...options, callbacks: [slow, { onStep: () => void events.push('quick') }] });
    expect(events).to.deep.equal(['slow begins', 'slow ends', 'quick']);
  });

  it('are told of the end when something fails, wherever it does', async () => {
    const failing: [string, train.Callback][] = (
      ['onStart', 'onEpochStart', 'onStep', 'onEpochEnd'] as const
    ).map((event) => [
      event,
      {
        [event]: () => {
          throw new Error(`my ${event}`);
        },
      },
    ]);
    for (const [event, callback] of failing) {
      const { model, options } = problem();
      const events: string[] = [];
      const outcome = train.fit(model, { ...options, callbacks: [recorder(events), callback] });
      expect(await outcome.catch((error: Error) => error.message)).to.equal(`my ${event}`);
      expect(events[0]).to.match(/^start/);
      expect(events.filter((line) => line.startsWith('end'))).to.have.length(1);
      expect(events.at(-1)).to.match(/^end/);
    }
  });

  it('are told of the end when the loss fails in the middle of an epoch', async () => {
    const { model, options } = problem();
    const events: string[] = [];
    let calls = 0;
    const loss = (output: Tensor, target: Tensor) => {
      if (++calls === 3) throw new Error('third batch');
      return mse(output, target);
    };
    const outcome = train.fit(model, { ...options, loss, epochs: 5, callbacks: [recorder(events)] });
    expect(await outcome.catch((error: Error) => error.message)).to.equal('third batch');
    expect(events.at(-1)).to.match(/^end 3\/5 0\/1 2/);
    expect(isRecording()).to.equal(true);
  });
});

describe('fit refuses', () => {
  const refuse = async (change: object, ...parts: string[]) => {
    const { model, options } = problem();
    const events: string[] = [];
    const callbacks = [{ onStart: () => void events.push('start') }];
    await expectRejection(
      train.fit(model, bad({ callbacks, ...options, ...change })),
      ArgumentError,
      ...parts,
    );
    expect(events).to.deep.equal([]);
  };

  it('what is no model, and missing options', async () => {
    await expectRejection(
      train.fit(bad({}), problem().options),
      ArgumentError,
      'fit: the model is an object',
      'the model must be a Module',
    );
    await expectRejection(
      train.fit(bad(undefined), problem().options),
      ArgumentError,
      'the model is undefined',
    );
    for (const options of [undefined, null, 3])
      await expectRejection(train.fit(new Slope(), bad(options)), ArgumentError, 'fit: options is ');
  });

  it('each option that makes no sense, before anything starts', async () => {
    await refuse({ epoch: 3 }, 'unknown option "epoch"', '{ epochs: ... }');
    await refuse({ data: undefined }, 'data is undefined', 'data must be a loader', 'data.loader(dataset');
    await refuse({ data: doubled(1) }, 'data is a Dataset');
    await refuse({ validation: [1] }, 'validation is an array of 1');
    await refuse({ loss: 'mse' }, 'loss is "mse"', '{ loss: nn.crossEntropy }');
    await refuse({ optimizer: optim.Adam }, 'optimizer is the function Adam', 'new optim.Adam(');
    for (const epochs of [-1, 1.5, Number.NaN, '3', null, Infinity])
      await refuse({ epochs }, 'epochs is ', 'epochs must be a whole number, at least 0');
    await refuse({ metrics: 'accuracy' }, 'metrics is "accuracy"', "['accuracy']");
    await refuse({ metrics: ['acuracy'] }, 'a metric is "acuracy"', "'accuracy'", "try:  'accuracy'");
    await refuse({ metrics: ['toString'] }, 'a metric is "toString"');
    await refuse({ metrics: [train.accuracy] }, 'a metric is the function accuracy', 'train.accuracy()');
    await refuse({ metrics: [null] }, 'a metric is null');
    await refuse({ metrics: ['accuracy', train.accuracy()] }, 'two numbers would be called accuracy');
    await refuse({ metrics: [{ ...train.accuracy(), name: 'loss' }] }, 'two numbers would be called loss');
    await refuse({ callbacks: train.progressBar() }, 'callbacks is no list', '[train.progressBar()]');
    await refuse({ callbacks: [train.progressBar] }, 'callbacks is no list');
  });

  it('a loss that gives no single number', async () => {
    const { model, options } = problem();
    const run = (loss: unknown) => train.fit(model, { ...options, loss: bad(loss) });
    await expectRejection(
      run(() => 3),
      ArgumentError,
      'fit: the loss returned 3',
      'a tensor of one element',
    );
    await expectRejection(
      run(async () => tensor(1)),
      ArgumentError,
      'the loss returned a Promise',
    );
    await expectRejection(
      run((output: Tensor, target: Tensor) => mse(output, target, { reduction: 'none' })),
      ArgumentError,
      'the loss returned a tensor of shape [2, 1]',
      'mean(loss)',
    );
    await expectRejection(
      run(() => tensor(1)),
      GradientError,
      'fit: the loss depends on no parameter that learns',
      'outside noGrad',
    );
    model.freeze();
    await expectRejection(
      run(mse),
      GradientError,
      'fit: every parameter of the model is frozen',
      'model.unfreeze()',
    );
    expect(model.w.item()).to.equal(0);
  });

  it('data without samples: an average of nothing says nothing', async () => {
    const none = data.loader(doubled());
    const tooLarge = data.loader(doubled(1, 2), { batchSize: 3, dropLast: true });
    await refuse({ data: none }, 'fit: data has no batches', 'at least one sample');
    await refuse({ data: tooLarge }, 'fit: data has no batches', 'with dropLast, one whole batch');
    await refuse({ validation: none }, 'fit: validation has no batches');
  });
});

describe('evaluate', () => {
  it('measures without training: no gradient, no step, and the mode is put back', async () => {
    const model = new Slope();
    const found = await train.evaluate(model, data.loader(doubled(1, 2, 3), { batchSize: 2 }), [], {
      loss: mse as (output: Tensor, target: Tensor) => Tensor,
    });
    expect(Object.keys(found)).to.deep.equal(['loss']);
    expect(found.loss).to.be.closeTo(56 / 3, 1e-12); // (4 + 16 + 36) / 3
    expect(model.modes).to.deep.equal([false, false]);
    expect([model.training, model.w.grad]).to.deep.equal([true, undefined]);
    model.eval();
    await train.evaluate(model, data.loader(doubled(1)), []);
    expect(model.training).to.equal(false);
  });

  it('finds the accuracy unless told otherwise, over all batches', async () => {
    /** Logits (0, x): class 1 for positive x. */
    class Sign extends nn.Module {
      forward(x: Tensor): Tensor {
        return mul(x, tensor([0, 1]));
      }
    }
    const set = data.fromTensors(tensor([[1], [-1], [2], [-2], [3]]), [1, 0, 0, 0, 1]);
    const loader = data.loader(set, { batchSize: 2 });
    expect(await train.evaluate(new Sign(), loader)).to.deep.equal({ accuracy: 0.8 });
    expect(await train.evaluate(new Sign(), loader, [train.accuracy()])).to.deep.equal({ accuracy: 0.8 });
  });

  it('takes metrics of one’s own, which may be asynchronous', async () => {
    let total = 0;
    const meanOutput: train.Metric = {
      name: 'meanOutput',
      reset: () => void (total = 0),
      async update(output) {
        for (const value of await output.read()) total += value;
      },
      value: () => total / 4,
    };
    const model = new Slope();
    model.w.copyFrom([3]);
    const loader = data.loader(doubled(1, 2, 3, 4), { batchSize: 3 });
    expect(await train.evaluate(model, loader, [meanOutput])).to.deep.equal({ meanOutput: 7.5 }); // 3 · 2.5
    expect(await train.evaluate(model, loader, [meanOutput])).to.deep.equal({ meanOutput: 7.5 });
  });

  it('refuses what is no model, no loader, no metric, no loss, and empty data', async () => {
    const model = new Slope();
    const loader = data.loader(doubled(1));
    await expectRejection(train.evaluate(bad(1), loader), ArgumentError, 'evaluate: the model is 1');
    await expectRejection(train.evaluate(model, bad([])), ArgumentError, 'evaluate: data is an array of 0');
    await expectRejection(
      train.evaluate(model, loader, bad('accuracy')),
      ArgumentError,
      'metrics is "accuracy"',
    );
    await expectRejection(train.evaluate(model, loader, bad(['f2'])), ArgumentError, 'a metric is "f2"');
    await expectRejection(train.evaluate(model, loader, [], bad({ loss: 3 })), ArgumentError, 'loss is 3');
    await expectRejection(
      train.evaluate(model, loader, [], { loss: bad(() => 1) }),
      ArgumentError,
      'the loss returned 1',
    );
    await expectRejection(
      train.evaluate(model, loader, [], bad({ los: mse })),
      ArgumentError,
      '{ loss: ... }',
    );
    const none = data.loader(doubled());
    await expectRejection(train.evaluate(model, none, []), ArgumentError, 'evaluate: data has no batches');
  });
});

describe('accuracy', () => {
  const logits = tensor([
    [0, 1, 0],
    [5, 4, 3],
    [-3, -2, -1],
    [1, 1, 0],
  ]); // classes 1, 0, 2 and, of equals, the first: 0

  it('is the share of rows whose greatest value stands at the label', async () => {
    expect([...(await train.predictedClasses(logits))]).to.deep.equal([1, 0, 2, 0]);
    const metric = train.accuracy();
    await metric.update(logits, new Int32Array([1, 0, 2, 0]));
    expect(metric.value()).to.equal(1);
    await metric.update(logits, new Int32Array([1, 1, 1, 1]));
    expect(metric.value()).to.equal(5 / 8);
    metric.reset();
    await metric.update(logits, tensor([2, 0, 0, 1]));
    expect(metric.value()).to.equal(1 / 4);
  });

  it('of nothing is NaN', () => {
    expect(train.accuracy().value()).to.be.NaN;
  });

  it('refuses outputs that are no rows of logits, and labels that are not one a row', async () => {
    const update = async (output: unknown, labels: Int32Array) =>
      train.accuracy().update(bad(output), labels);
    await expectRejection(
      update(zeros([4, 1, 1]), new Int32Array(4)),
      ShapeError,
      'the logits are [4, 1, 1]',
      '[n, classes]',
    );
    await expectRejection(update([[1, 2]], new Int32Array(1)), ArgumentError, 'the logits are an array of 1');
    await expectRejection(update(logits, new Int32Array(3)), ShapeError, '4 predictions, 3 labels');
  });
});

describe('confusionMatrix', () => {
  it('counts: the row is the true class, the column the predicted one', () => {
    const counts = train.confusionMatrix([0, 0, 1, 2, 2, 2], new Int32Array([0, 1, 1, 2, 0, 2]), 3);
    expect(counts).to.deep.equal([
      [1, 1, 0],
      [0, 1, 0],
      [1, 0, 2],
    ]);
  });

  it('is a table in which a dot stands for 0', () => {
    const counts = [
      [980, 0, 7],
      [0, 5, 0],
      [12, 0, 1032],
    ];
    expect(train.formatConfusionMatrix(counts).split('\n')).to.deep.equal([
      '  true │ predicted',
      '       │    0    1    2',
      '───────┼───────────────',
      '     0 │  980    ·    7',
      '     1 │    ·    5    ·',
      '     2 │   12    · 1032',
    ]);
    expect(train.formatConfusionMatrix([[3]]).split('\n')).to.deep.equal([
      '  true │ predicted',
      '       │ 0',
      '───────┼──',
      '     0 │ 3',
    ]);
  });

  it('refuses classes outside its range, and lists that do not fit', () => {
    expectError(
      () => train.confusionMatrix([0, 3], [0, 0], 3),
      IndexError,
      'confusionMatrix: label 1 is 3',
      'classes are numbered 0 … 2',
    );
    expectError(() => train.confusionMatrix([0], [-1], 3), IndexError, 'prediction 0 is -1');
    expectError(() => train.confusionMatrix([0.5], [0], 3), IndexError, 'label 0 is 0.5');
    expectError(() => train.confusionMatrix([bad('0')], [0], 3), IndexError, 'label 0 is "0"');
    expectError(() => train.confusionMatrix([0], [0, 1], 3), ShapeError, '1 labels, 2 predictions');
    expectError(() => train.confusionMatrix([], [], 0), ArgumentError, 'classes is 0', 'at least 1');
    expectError(() => train.confusionMatrix(bad(undefined), [], 3), ArgumentError, 'truth is undefined');
    expectError(() => train.confusionMatrix([], bad('01'), 3), ArgumentError, 'predicted is "01"');
    for (const counts of [undefined, [[1, 2]], [1, 2], [[1], [2]]])
      expectError(
        () => train.formatConfusionMatrix(bad(counts)),
        ArgumentError,
        'counts must be a square table',
      );
  });
});

describe('progress', () => {
  it('says an epoch in one line', () => {
    const log = { epoch: 2, loss: 0.33641, seconds: 3.249, accuracy: 0.904, validationLoss: 0.4 };
    expect(train.formatEpoch(log, 5)).to.equal(
      'epoch 2/5  loss 0.3364  accuracy 0.9040  validation loss 0.4000  3.2 s',
    );
  });

  it('writes a line for each epoch where nobody watches', async () => {
    const { model, options } = problem();
    const lines: string[] = [];
    const progress = train.progressBar({ write: (line) => lines.push(line), bar: false });
    await train.fit(model, { ...options, epochs: 2, callbacks: [progress] });
    expect(lines.map((line) => line.replace(/[\d.]+ s$/, 's'))).to.deep.equal([
      'epoch 1/2  loss 10.0000  s',
      'epoch 2/2  loss 1.4063  s',
    ]);
  });

  it('writes the same lines beside a bar, which ends with training even when that fails', async () => {
    const { model, options } = problem();
    const lines: string[] = [];
    const callbacks = [train.progressBar({ write: (line) => lines.push(line), bar: true })];
    await train.fit(model, { ...options, callbacks });
    expect(lines).to.have.length(1);
    const outcome = train.fit(model, { ...options, loss: bad(() => 3), callbacks });
    await expectRejection(outcome, ArgumentError, 'the loss returned 3');
    await train.fit(model, { ...options, epochs: 0, callbacks });
    expect(lines).to.have.length(1);
  });

  it('refuses options that make no sense', () => {
    expectError(() => train.progressBar(bad({ colour: 'red' })), ArgumentError, 'known options: write, bar');
    expectError(() => train.progressBar(bad({ bar: 'yes' })), ArgumentError, 'bar must be true or false');
    expectError(() => train.progressBar(bad({ write: 'stdout' })), ArgumentError, 'write is "stdout"');
  });
});

it('train/ waits for values with read(), and never asks for them at once', () => {
  const folder = new URL('../../src/train/', import.meta.url);
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  ))
    expect(readFileSync(new URL(file, folder), 'utf8'), file).not.to.match(/\.(data|item|toArray)\b/);
});
