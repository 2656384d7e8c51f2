// A run that was broken off and goes on from a checkpoint ends with the bits of one that was not.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  add,
  DataError,
  data,
  io,
  manualSeed,
  nn,
  optim,
  randn,
  type Saved,
  StateError,
  train,
  type Tensor,
} from '../../src/index.ts';
import { expectRejection } from '../support/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'typegrad-resume-'));
after(() => rmSync(folder, { recursive: true }));

type Batch = data.Batch<Tensor, Int32Array>;
const noise = ({ x, y }: Batch): Batch => ({ x: add(x, randn(x.shape)) as Tensor, y });

/** Everything of a run that has a state: dropout and noise draw random numbers, the schedule and early stopping count. */
function makeRun(seed: number) {
  manualSeed(seed);
  const xs = randn([90, 6]);
  const labels = Array.from({ length: 90 }, (_, i) => (xs.data[6 * i] + xs.data[6 * i + 1] > 0 ? 1 : 0));
  const [fitOn, validation] = data.fromTensors(xs, labels).split(2 / 3, 1 / 3);
  const model = new nn.FeedForward({ inputs: 6, hidden: [8, 8], outputs: 2, dropout: 0.2 });
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  const scaler = new data.StandardScaler();
  scaler.fit(xs);
  const options = {
    data: data.loader(fitOn, { batchSize: 8, shuffle: true, transforms: [noise] }),
    validation: data.loader(validation, { batchSize: 16 }),
    loss: nn.crossEntropy as (output: Tensor, labels: Int32Array) => Tensor,
    optimizer,
    schedule: new optim.CosineAnnealingLR(optimizer, { tMax: 40, per: 'step' }),
    penalties: [nn.l2Penalty(1e-3)],
    clipNorm: 1,
    validateEvery: 3,
    metrics: ['accuracy', 'f1Macro'] as train.MetricName[],
    epochs: 5,
    extras: { scaler },
  };
  const stopping = () => train.earlyStopping({ patience: 7, minDelta: 0.01, restoreBest: true });
  return { model, options, scaler, stopping };
}

const bitsOf = (model: nn.Module): string => {
  const hash = createHash('sha256');
  for (const { data: values } of Object.values(model.stateDict()) as Tensor[])
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return hash.digest('hex');
};

const untimed = (history: train.EpochLog[]) => history.map((log) => ({ ...log, seconds: 0 }));

describe('a resumed run', () => {
  it('ends with the bits of the uninterrupted one, from every checkpoint of it', async () => {
    const whole = makeRun(1);
    const history = await train.fit(whole.model, {
      ...whole.options,
      callbacks: [whole.stopping(), train.checkpoint(join(folder, 'every-{epoch}-{step}'), { every: 1 })],
    });
    expect(history.length, 'epochs until it was stopped early').to.equal(3);
    // 60 samples in batches of 8 are 8 steps an epoch: a checkpoint after each.
    const files = readdirSync(folder).filter((name) => name.startsWith('every-'));
    expect(files.length).to.be.within(17, 24);
    for (const file of files) {
      const part = makeRun(1);
      manualSeed(999); // what the checkpoint says counts
      nn.init.constant(part.model.output.weight, 7);
      const rest = await train.fit(part.model, {
        ...part.options,
        callbacks: [part.stopping(), train.checkpoint(join(folder, 'again'), { every: 7 })],
        resume: join(folder, file),
      });
      expect(untimed(rest), file).to.deep.equal(untimed(history));
      expect(bitsOf(part.model), file).to.equal(bitsOf(whole.model));
    }
  });

  it('the same when several batches make a step', async () => {
    const run = () => {
      const { model, options } = makeRun(2);
      return { model, options: { ...options, accumulate: 3, validateEvery: undefined, epochs: 2 } };
    };
    const whole = run();
    const name = join(folder, 'gathered-{step}');
    await train.fit(whole.model, { ...whole.options, callbacks: [train.checkpoint(name, { every: 1 })] });
    for (let step = 1; step <= 6; step++) {
      const part = run();
      const callbacks = [train.checkpoint(join(folder, 'again'))];
      await train.fit(part.model, { ...part.options, callbacks, resume: name.replace('{step}', `${step}`) });
      expect(bitsOf(part.model), `after step ${step}`).to.equal(bitsOf(whole.model));
    }
  });

  it('the same when callbacks draw random numbers, too', async () => {
    const draw = () => void randn([3]);
    const run = (onEvent: train.Callback, name: string, resume?: string) => {
      const { model, options } = makeRun(9);
      const callbacks = [onEvent, train.checkpoint(join(folder, name), { every: 1 })];
      return { model, done: train.fit(model, { ...options, epochs: 2, callbacks, resume }) };
    };
    for (const event of ['onStart', 'onEpochStart', 'onStep', 'onEpochEnd']) {
      const whole = run({ [event]: draw }, 'drawn-{step}');
      await whole.done;
      for (const step of [1, 8, 9]) {
        const part = run({ [event]: draw }, 'again', join(folder, `drawn-${step}`));
        await part.done;
        expect(bitsOf(part.model), `${event}, step ${step}`).to.equal(bitsOf(whole.model));
      }
    }
  });

  it('the same after an abort: running statistics, layers that join, groups whose rates a plateau lowers', async () => {
    const path = join(folder, 'aborted');
    const run = (extra: Partial<train.FitOptions> = {}, more: train.Callback[] = []) => {
      const { options } = makeRun(10);
      const layers = [
        new nn.Linear(6, 8),
        new nn.BatchNorm1d(8),
        new nn.ReLU(),
        new nn.Linear(8, 2),
      ] as const;
      const model = new nn.Sequential(...layers);
      const [first, second] = [
        layers[0].parameters(),
        [...layers[1].parameters(), ...layers[3].parameters()],
      ];
      const optimizer = new optim.Adam([{ parameters: first, lr: 0.01 }, { parameters: second }], {
        lr: 0.1,
      });
      const schedule = new optim.ReduceLROnPlateau(optimizer, { patience: 0 });
      const callbacks = [
        train.gradualUnfreezing({ every: 2 }),
        train.checkpoint(path, { every: 1 }),
        ...more,
      ];
      const done = train.fit(model, { ...options, optimizer, schedule, accumulate: 2, callbacks, ...extra });
      return { model, optimizer, done };
    };
    const whole = run();
    const history = await whole.done;
    expect(whole.optimizer.groups[1].lr, 'a rate that was lowered').to.be.below(0.1);
    for (const step of [2, 9, 14]) {
      const controller = new AbortController();
      const abort = {
        onStep: ({ totalSteps }: train.TrainingState) => totalSteps === step && controller.abort(),
      };
      const outcome = run({ signal: controller.signal }, [abort as train.Callback]).done;
      expect(await outcome.catch((error) => error.name)).to.equal('AbortError');
      const rest = run({ resume: path });
      expect(untimed(await rest.done), `aborted after step ${step}`).to.deep.equal(untimed(history));
      expect(bitsOf(rest.model)).to.equal(bitsOf(whole.model));
    }
  });

  it('goes on for more epochs than were asked for at first', async () => {
    const whole = makeRun(3);
    await train.fit(whole.model, whole.options);
    const part = makeRun(3);
    const path = join(folder, 'more');
    await train.fit(part.model, { ...part.options, epochs: 2, callbacks: [train.checkpoint(path)] });
    const rest = makeRun(3);
    const callbacks = [train.checkpoint(path)];
    const history = await train.fit(rest.model, { ...rest.options, callbacks, resume: path });
    expect(history.map(({ epoch }) => epoch)).to.deep.equal([1, 2, 3, 4, 5]);
    expect(bitsOf(rest.model)).to.equal(bitsOf(whole.model));
  });

  it('brings the extras back, such as the scaler that the data went through', async () => {
    const path = join(folder, 'extras');
    const { model, options, scaler } = makeRun(4);
    await train.fit(model, { ...options, epochs: 1, callbacks: [train.checkpoint(path)] });
    const other = makeRun(5);
    const callbacks = [train.checkpoint(path)];
    await train.fit(other.model, { ...other.options, epochs: 1, callbacks, resume: path });
    expect(other.scaler.stateDict()).to.deep.equal(scaler.stateDict());
    const { extras } = (await io.loadCheckpoint(path)) as { extras: { scaler: Saved } };
    expect(extras.scaler).to.deep.equal(scaler.stateDict());
  });

  it('killed with SIGKILL whenever it happens, and started again and again, ends with the same bits', async function () {
    this.timeout(60_000);
    const program = new URL('../support/resumed.ts', import.meta.url).pathname;
    const path = join(folder, 'killed');
    /** Runs the program; kills it as soon as it has said that this step is done. */
    const run = (killAfter = Infinity) =>
      new Promise<string>((resolve, reject) => {
        const child = spawn(process.execPath, [...process.execArgv, program, path, `${killAfter}`], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let out = '';
        child.stdout.on('data', (text) => {
          out += text;
          if (out.includes(`step ${killAfter}\n`)) child.kill('SIGKILL');
        });
        child.on('error', reject);
        child.on('close', () =>
          resolve(out.split('\n').find((line) => line.startsWith('bits ')) ?? 'killed'),
        );
      });
    const whole = await run();
    expect(whole).to.match(/^bits [0-9a-f]{64}$/);
    rmSync(path);
    for (const step of [4, 20, 21, 47, 80])
      expect(await run(step), `killed after step ${step}`).to.equal('killed');
    expect(existsSync(path)).to.equal(true);
    expect(await run()).to.equal(whole);
  });
});

describe('resume refuses, and changes nothing,', () => {
  const checkpointOf = async (): Promise<Record<string, Saved>> => {
    const path = join(folder, 'refused');
    const { model, options } = makeRun(6);
    await train.fit(model, { ...options, epochs: 1, callbacks: [train.checkpoint(path, { every: 2 })] });
    return (await io.loadCheckpoint(path)) as Record<string, Saved>;
  };
  const refuse = async (change: object, resume: unknown, ...parts: string[]) => {
    const { model, options } = makeRun(7);
    const before = bitsOf(model);
    const callbacks = [train.checkpoint(join(folder, 'again'))];
    const outcome = train.fit(model, { ...options, callbacks, ...change, resume: resume as Saved });
    await expectRejection(outcome, StateError, ...parts);
    expect(bitsOf(model)).to.equal(before);
    expect(options.optimizer.stateDict().state).to.deep.equal({});
  };

  it('what is no training run', async () => {
    for (const nothing of [null, 3, [], {}, { kind: 'training' }])
      await refuse({}, nothing, 'holds no training run', 'train.checkpoint()');
    const path = join(folder, 'weights');
    await io.save(path, makeRun(8).model.stateDict());
    const outcome = train.fit(makeRun(7).model, { ...makeRun(7).options, resume: path });
    await expectRejection(outcome, DataError, 'weights is a safetensors file, but no checkpoint');
  });

  it('one whose parts are not those of this run', async () => {
    const saved = await checkpointOf();
    await refuse({ callbacks: [] }, saved, '1 callbacks with a state were saved, and there are 0');
    await refuse({ metrics: ['accuracy'] }, saved, '2 metrics');
    await refuse({ extras: {} }, saved, 'its extras are scaler, not none');
    await refuse({ schedule: undefined }, saved, 'it was saved with a schedule');
    await refuse({}, { ...saved, model: {} }, 'the state does not fit');
    await refuse({}, { ...saved, optimizer: { groups: [], state: {} } }, '0 groups');
    await refuse({}, { ...saved, schedule: 3 }, 'the state is 3');
    const other = (monitor: string) => train.earlyStopping({ monitor, patience: 9 });
    const kept = train.checkpoint(join(folder, 'best'), { monitor: 'validationLoss' });
    const path = join(folder, 'two');
    const { model, options } = makeRun(6);
    const callbacks = [other('loss'), other('validationLoss'), kept, train.checkpoint(path)];
    await train.fit(model, { ...options, epochs: 1, callbacks });
    const [one, two, three, four] = callbacks;
    const swapped = { callbacks: [two, one, three, four] };
    await refuse(swapped, path, 'the state is that of "loss", but "validationLoss" is monitored');
    await refuse({ callbacks: [one, two, four, three] }, path, 'monitor "validationLoss", and not undefined');
    const middle = { ...saved, history: [], step: 2, steps: 9 };
    await refuse({}, middle, 'an epoch had 9 steps then, and has 8 now');
  });
});
