// The callbacks that come with the library.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  ArgumentError,
  DataError,
  data,
  io,
  isRecording,
  mse,
  mul,
  nn,
  optim,
  StateError,
  type Tensor,
  tensor,
  train,
} from '../../src/index.ts';
import { expectError, expectRejection } from '../support/errors.ts';

const bad = (value: unknown) => value as never;
const folder = mkdtempSync(join(tmpdir(), 'typegrad-callbacks-'));
after(() => rmSync(folder, { recursive: true }));

/** y = w, and a loss of which the test says how it goes: epoch by epoch, in training and in validation. */
class Weight extends nn.Module {
  w = new nn.Parameter(tensor([0]));
  forward(x: Tensor): Tensor {
    return mul(x, this.w);
  }
}

/**
 * A run whose validation loss takes the given values. Each step adds 1 to w (its slope is −1, η = 1), so w tells the epoch.
 */
const runOf = (losses: number[], callbacks: train.Callback[], extra: object = {}) => {
  const model = new Weight();
  const optimizer = new optim.SGD(model.parameters(), { lr: 1 });
  const set = data.loader(data.fromTensors(tensor([[1]]), [0]));
  let looks = 0;
  const loss = (output: Tensor): Tensor =>
    isRecording() ? mul(output, -1) : tensor(losses[Math.min(looks++, losses.length - 1)]);
  const options = { data: set, validation: set, loss, optimizer, epochs: losses.length, callbacks, ...extra };
  return { model, options, run: () => train.fit(model, options) };
};

describe('earlyStopping', () => {
  it('ends training when the validation loss has waited longer than its patience', async () => {
    const epochsOf = async (losses: number[], options: train.EarlyStoppingOptions) =>
      (await runOf(losses, [train.earlyStopping(options)]).run()).length;
    expect(await epochsOf([3, 2, 4, 1], {})).to.equal(3);
    expect(await epochsOf([3, 2, 4, 1], { patience: 0 })).to.equal(3);
    expect(await epochsOf([3, 2, 4, 1], { patience: 2 })).to.equal(4);
    expect(await epochsOf([3, 2, 2, 1], { patience: 2 })).to.equal(4);
    expect(await epochsOf([3, 2, 2, 2, 1], { patience: 2 })).to.equal(4); // equal is not better
    expect(await epochsOf([3, 2.95, 2.9, 1], { minDelta: 0.2 })).to.equal(2);
    expect(await epochsOf([3, Number.NaN, 1], { patience: 2 })).to.equal(3);
    expect(await epochsOf([1, 2, 1, 3], { mode: 'max' })).to.equal(3);
    expect(await epochsOf([3, 2, 4, 1], { monitor: 'loss' })).to.equal(4); // −w falls
  });

  it('restores the best parameters when it has stopped, and also when nothing has', async () => {
    const options = { restoreBest: true, patience: 3 };
    const stopping = train.earlyStopping(options);
    expect(stopping.best).to.equal(undefined);
    const stopped = runOf([3, 1, 2, 2, 2, 2], [stopping]);
    expect(await stopped.run()).to.have.length(5);
    expect(stopped.model.w.item()).to.equal(2);
    expect(stopping.best).to.deep.equal({ value: 1, epoch: 2, totalSteps: 2 });
    const whole = runOf([3, 1, 2], [train.earlyStopping(options)]);
    expect(await whole.run()).to.have.length(3);
    expect(whole.model.w.item()).to.equal(2);
    const without = runOf([3, 1, 2], [train.earlyStopping({ patience: 3 })]);
    await without.run();
    expect(without.model.w.item()).to.equal(3);
  });

  it('also after an error, so that what was learned is not lost', async () => {
    const failing = {
      onEpochStart: ({ epoch }: train.TrainingState) => epoch === 4 && Promise.reject(Error('x')),
    };
    const { model, run } = runOf(
      [3, 1, 2, 2],
      [train.earlyStopping({ restoreBest: true, patience: 9 }), bad(failing)],
    );
    expect(await run().catch((error) => error.message)).to.equal('x');
    expect(model.w.item()).to.equal(2);
  });

  it('looks in mid-epoch, too, when fit does', async () => {
    const set = data.loader(data.fromTensors(tensor([[1], [1], [1], [1]]), [0, 0, 0, 0]), { batchSize: 1 });
    const { model, run } = runOf([3, 1, 2, 2], [train.earlyStopping({ restoreBest: true, patience: 2 })], {
      data: set,
      validateEvery: 1,
      epochs: 9,
    });
    expect(await run()).to.have.length(1); // stopped at the looks after steps 3 and 4, the second at the epoch's end
    expect(model.w.item()).to.equal(2);
  });

  it('begins anew in a new run', async () => {
    const stopping = train.earlyStopping({ restoreBest: true });
    const first = runOf([1, 2], [stopping]);
    await first.run();
    const second = runOf([5, 4, 6], [stopping]);
    await second.run();
    expect(second.model.w.item()).to.equal(2);
  });

  it('puts nothing back into a run that did not begin', async () => {
    const stopping = train.earlyStopping({ restoreBest: true });
    await runOf([1, 2], [stopping]).run();
    const failing = { onStart: () => Promise.reject(Error('no')) };
    const second = runOf([1], [failing, stopping]);
    expect(await second.run().catch((error) => error.message)).to.equal('no');
    expect(second.model.w.item()).to.equal(0);
  });

  it('says what it does not find, and what it cannot use', async () => {
    const { options, model } = runOf([1], [train.earlyStopping({ monitor: 'validationAccuracy' })]);
    await expectRejection(
      train.fit(model, options),
      ArgumentError,
      'earlyStopping: the log has no validationAccuracy',
      'monitor must be one of epoch, loss, seconds, validationLoss',
    );
    expectError(() => train.earlyStopping(bad({ patience: -1 })), ArgumentError, 'patience is -1');
    expectError(() => train.earlyStopping(bad({ mode: 'down' })), ArgumentError, "'min', 'max', 'auto'");
    expectError(() => train.earlyStopping().loadStateDict?.({}), StateError, 'not one of early stopping');
  });
});

describe('checkpoint', () => {
  it('saves after each epoch, and every so many steps', async () => {
    const set = data.loader(data.fromTensors(tensor([[1], [1], [1]]), [0, 0, 0]), { batchSize: 1 });
    const name = join(folder, 'a-{epoch}-{step}');
    await runOf([1, 1], [train.checkpoint(name, { every: 2 })], { data: set }).run();
    expect(readdirSync(folder).filter((file) => file.startsWith('a-'))).to.deep.equal([
      'a-1-2',
      'a-1-3',
      'a-2-4',
      'a-2-6',
    ]);
    const saved = (await io.loadCheckpoint(join(folder, 'a-2-4'))) as { model: { w: Tensor }; epoch: number };
    expect([saved.model.w.item(), saved.epoch]).to.deep.equal([4, 2]);
  });

  it('finds out at the start that it could not be written, and not after the first epoch', async () => {
    for (const callback of [train.checkpoint, train.csvLogger, train.jsonLinesLogger]) {
      const { model, run } = runOf([1, 1], [callback(join(folder, 'no', 'such', 'folder'))]);
      await expectRejection(
        run(),
        DataError,
        'cannot write',
        'its folder must be there, and writable',
        'mkdir -p ',
      );
      expect(model.w.item(), 'steps').to.equal(0);
    }
  });

  it('or only what is better than ever before', async () => {
    await runOf(
      [3, 1, 2, 0.5],
      [train.checkpoint(join(folder, 'b-{epoch}'), { monitor: 'validationLoss' })],
    ).run();
    expect(readdirSync(folder).filter((file) => file.startsWith('b-'))).to.deep.equal(['b-1', 'b-2', 'b-4']);
  });

  it('can be read by anyone: weights alone are a safetensors file’s tensors', async () => {
    const path = join(folder, 'c');
    await runOf([1], [train.checkpoint(path)]).run();
    expect(Object.keys(await io.load(path))).to.include('model.w');
  });
});

describe('loggers', () => {
  it('write a line for each epoch, numbers as they are', async () => {
    const [csv, lines] = [join(folder, 'log.csv'), join(folder, 'log.jsonl')];
    const callbacks = [train.csvLogger(csv), train.jsonLinesLogger(lines), train.learningRate()];
    const history = await runOf([3, 0.1], callbacks).run();
    expect(history.map(({ lr }) => lr)).to.deep.equal([1, 1]);
    const text = readFileSync(csv, 'utf8').trimEnd().split('\n');
    expect(text[0]).to.equal('epoch,loss,seconds,validationLoss,lr');
    expect(text.slice(1).map((row) => row.split(',').map(Number))).to.deep.equal(
      history.map((log) => Object.values(log)),
    );
    const rows = readFileSync(lines, 'utf8').trimEnd().split('\n');
    expect(rows.map((row) => JSON.parse(row))).to.deep.equal(history);
  });

  it('the learning rates of several groups get numbers', async () => {
    const model = new nn.Linear(1, 1);
    const optimizer = new optim.SGD([
      { parameters: [model.weight], lr: 0.5 },
      { parameters: [model.bias as Tensor], lr: 0.25 },
    ]);
    const set = data.loader(data.fromTensors(tensor([[1]]), tensor([[1]])));
    const callbacks = [train.learningRate()];
    const [log] = await train.fit(model, { data: set, loss: mse as never, optimizer, callbacks });
    expect([log.lr0, log.lr1]).to.deep.equal([0.5, 0.25]);
  });
});

describe('histograms', () => {
  it('count the values of each parameter, and of its gradient', async () => {
    const model = new nn.Linear(5, 1);
    model.weight.copyFrom([0, 0, 4, 4, Number.NaN]);
    nn.init.constant(model.bias as Tensor, 7);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0 });
    const set = data.loader(data.fromTensors(tensor([[1, 2, 3, 3, 6]]), tensor([[0]])));
    const found: train.ParameterHistogram[] = [];
    await train.fit(model, {
      data: set,
      loss: ((output: Tensor) => mul(output, 1)) as never,
      optimizer,
      allowNonFinite: true,
      callbacks: [train.histograms({ bins: 2, write: (all) => void found.push(...all) })],
    });
    expect(found.map(({ epoch, name }) => `${epoch} ${name}`)).to.deep.equal(['1 weight', '1 bias']);
    expect(found[0].weight).to.deep.equal({ min: 0, max: 4, mean: 2, std: 2, nonFinite: 1, counts: [2, 2] });
    // mean 15/5, squares (4 + 1 + 0 + 0 + 9)/5; the bins are 1 … 3½ … 6
    expect(found[0].gradient).to.deep.include({ min: 1, max: 6, mean: 3, nonFinite: 0, counts: [4, 1] });
    expect(found[0].gradient?.std).to.be.closeTo(Math.sqrt(14 / 5), 1e-12);
    expect(found[1].weight).to.deep.include({ min: 7, max: 7, std: 0, counts: [1, 0] });
  });
});

describe('maxNorm', () => {
  it('keeps the weights of a unit within a length, after every step', async () => {
    const model = new nn.Linear(2, 1);
    model.weight.copyFrom([3, 4]);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0 });
    const set = data.loader(data.fromTensors(tensor([[1, 1]]), tensor([[0]])));
    await train.fit(model, { data: set, loss: mse as never, optimizer, callbacks: [train.maxNorm(1)] });
    expect(model.weight.data[0]).to.be.closeTo(0.6, 1e-6);
    expect(model.weight.data[1]).to.be.closeTo(0.8, 1e-6);
  });
});
