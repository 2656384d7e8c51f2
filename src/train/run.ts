// Run: one call of fit, as it goes on.
import {
  AnomalyError,
  ArgumentError,
  GradientError,
  randomState,
  type RandomState,
  type Saved,
  ScopeRecord,
  setRandomState,
  Tensor,
  tensor,
} from '../tensor/index.ts';
import { add, mul, noGrad, sum } from '../autograd/index.ts';
import { backend } from '../kernels/index.ts';
import type { Batch, Targets } from '../data/index.ts';
import { type Module, optim } from '../nn/index.ts';
import { detectAnomaly } from './anomaly.ts';
import type { Callback, EpochLog, Event, TrainingState, ValidationLog } from './callback.ts';
import { checkCost, evaluate, Mean, valuesOf } from './evaluate.ts';
import type { Metric } from './metrics.ts';
import { valueOf } from './monitor.ts';
import type { FitOptions } from './options.ts';
import { type Checkpoint, type Parts, restore, statesOf } from './resume.ts';

/** What one batch's forward pass gave. */
interface Forward {
  output: any;
  /** The loss, penalties included. */
  cost: Tensor;
  penalty: Tensor | undefined;
}

/** A training run: its options, checked, and its counters. */
export class Run<Y extends Targets> implements TrainingState {
  readonly model: Module;
  readonly optimizer: optim.Optimizer<any>;
  readonly epochs: number;
  readonly steps: number;
  epoch = 0;
  step = 0;
  totalSteps = 0;
  loss = Number.NaN;
  stopped: string | undefined;
  history: EpochLog[] = [];

  readonly #options: FitOptions<Y>;
  readonly #metrics: readonly Metric[];
  readonly #callbacks: readonly Callback[];
  readonly #accumulate: number;
  readonly #parts: Parts;
  /** What a forward pass changes in the model: running statistics. */
  readonly #buffers: readonly Tensor[];
  /** The means of the epoch so far. */
  readonly #seen = { loss: new Mean(), penalty: new Mean() };
  /** The random state when the epoch's batches were first asked for: their order follows from it. */
  #begun: RandomState | undefined;
  /** The random state to go on from, in a resumed run: callbacks may draw numbers when it starts. */
  #resumed: RandomState | undefined;

  constructor(model: Module, options: FitOptions<Y>, metrics: readonly Metric[]) {
    const { data, optimizer, schedule, epochs = 1, accumulate = 1, callbacks = [], extras = {} } = options;
    this.model = model;
    this.optimizer = optimizer;
    this.epochs = epochs;
    this.steps = Math.ceil(data.length / accumulate);
    this.#options = options;
    this.#metrics = metrics;
    this.#callbacks = callbacks;
    this.#accumulate = accumulate;
    this.#buffers = [...model.namedBuffers().values()];
    this.#parts = { model, optimizer, schedule, extras, callbacks, metrics };
  }

  stop(reason: string): void {
    this.stopped ??= String(reason);
  }

  checkpoint(): Saved {
    const { epoch, step, totalSteps, loss, history, steps } = this;
    return {
      kind: 'training',
      ...{ epoch, step, totalSteps, loss, steps },
      history: history.map((log) => ({ ...log })),
      seen: { loss: { ...this.#seen.loss }, penalty: { ...this.#seen.penalty } },
      random: { ...randomState() },
      begun: this.#begun && { ...this.#begun },
      ...statesOf(this.#parts),
    };
  }

  /** Takes over where a checkpoint was written. */
  resume(saved: Checkpoint): void {
    restore(saved, this.#parts, this.steps);
    const { epoch, step, totalSteps, loss, history, seen, begun, random } = saved;
    Object.assign(this, { epoch, step, totalSteps, loss, history: [...history] });
    Object.assign(this.#seen.loss, seen.loss);
    Object.assign(this.#seen.penalty, seen.penalty);
    this.#begun = begun;
    this.#resumed = random;
  }

  async train(): Promise<EpochLog[]> {
    let failure: { error: unknown } | undefined;
    try {
      await this.#tell('onStart', (callback) => callback.onStart?.(this));
      if (this.#resumed) setRandomState(this.#resumed);
      while (this.stopped === undefined && (this.epoch < this.epochs || this.#isInside())) {
        if (!this.#isInside()) this.#beginEpoch();
        await this.#tell('onEpochStart', (callback) => callback.onEpochStart?.(this));
        const start = performance.now();
        this.model.train();
        await this.#trainEpoch();
        if (this.#seen.loss.samples === 0) break; // stopped at the epoch's first loss: there is nothing to tell
        await this.#endEpoch(start);
      }
    } catch (error) {
      failure = { error };
    }
    for (const callback of this.#callbacks)
      try {
        await callback.onEnd?.(this);
      } catch (error) {
        failure ??= { error };
      }
    if (failure) throw failure.error;
    return this.history;
  }

  /** Whether an epoch has begun and not ended, as after resuming in its middle. */
  #isInside(): boolean {
    return this.history.length < this.epoch;
  }

  #beginEpoch(): void {
    this.epoch++;
    this.step = 0;
    this.#begun = undefined;
    Object.assign(this.#seen, { loss: new Mean(), penalty: new Mean() });
    for (const metric of this.#metrics) metric.reset();
  }

  /** The batches that are left of the epoch: all, unless it was resumed in its middle. */
  #batches(): AsyncIterable<Batch<Tensor, Y>> {
    const { data } = this.#options;
    if (this.#begun && this.#resumed) {
      setRandomState(this.#begun);
      const rest = data.batches(this.step * this.#accumulate);
      setRandomState(this.#resumed);
      return rest;
    }
    this.#begun = randomState();
    return data.batches();
  }

  /** Goes through the batches. Returns when they are done, or when somebody has asked to stop. */
  async #trainEpoch(): Promise<void> {
    const { data, signal } = this.#options;
    const gathered = { batches: 0, loss: new Mean() }; // of the step that comes next
    let batch = this.step * this.#accumulate;
    for await (const item of this.#batches()) {
      signal?.throwIfAborted();
      const scope = new ScopeRecord();
      try {
        if (gathered.batches === 0) this.optimizer.zeroGrad();
        await this.#learn(item, gathered.loss, scope, ++batch);
        if (this.stopped !== undefined) return;
        if (++gathered.batches < this.#accumulate && batch < data.length) continue;
        scope.run(() => this.#move(gathered.loss.samples));
        Object.assign(gathered, { batches: 0, loss: new Mean() });
        await this.#endStep();
        if (this.stopped !== undefined) return;
      } finally {
        scope.release();
      }
    }
  }

  /** One batch: its loss, and what its gradients add to those of the step. */
  async #learn(batch: Batch<Tensor, Y>, mean: Mean, scope: ScopeRecord, number: number): Promise<void> {
    const random = randomState();
    const before = scope.run(() => this.#buffers.map((buffer) => new Tensor(buffer.shape).copyFrom(buffer)));
    const putBack = () => this.#buffers.forEach((buffer, i) => buffer.copyFrom(before[i]));
    const { output, cost, penalty } = scope.run(() => this.#forward(batch));
    const count = batch.x.shape[0];
    const value = (await cost.read())[0];
    mean.add(value, count);
    this.loss = mean.value;
    await this.#tell('onLoss', (callback) => callback.onLoss?.(this));
    if (this.stopped !== undefined) return putBack();

    const { allowNonFinite, detectAnomaly } = this.#options;
    const explain = (problem: string) => {
      setRandomState(random);
      const again = () => this.#forward(batch).cost.backward();
      const error = scope.run(() =>
        explanation(`${problem} at batch ${number} of epoch ${this.epoch}`, this.model, again),
      );
      putBack();
      return error;
    };
    if (!Number.isFinite(value) && !allowNonFinite) throw explain(`the loss is ${value}`);
    checkLearns(this.model, cost);
    scope.run(() => (this.#accumulate === 1 ? cost : mul(cost, count)).backward());
    if (this.totalSteps === 0) checkReached(this.optimizer);
    if (detectAnomaly && !(await areFinite(this.optimizer))) throw explain('a gradient is not finite');

    this.#seen.loss.add(value, count);
    if (penalty) this.#seen.penalty.add((await penalty.read())[0], count);
    for (const metric of this.#metrics) await metric.update(output, batch.y);
  }

  #forward({ x, y }: Batch<Tensor, Y>): Forward {
    const { loss, penalties = [] } = this.#options;
    const output = this.model.forward(x);
    const cost = checkCost('fit', loss(output, y));
    const terms = penalties.map((penalty) => checkCost('fit', penalty(this.model)));
    if (terms.length === 0) return { output, cost, penalty: undefined };
    const penalty = terms.reduce((total, term) => add(total, term));
    return { output, cost: add(cost, penalty), penalty };
  }

  /** Scales and clips the gradients, and takes a step. */
  #move(samples: number): void {
    const { optimizer } = this;
    const { clipNorm, clipValue } = this.#options;
    const parameters = optimizer.groups.flatMap((group) => group.parameters);
    if (this.#accumulate > 1)
      for (const { grad } of parameters) if (grad) backend().mul(grad, tensor(1 / samples), grad);
    if (clipValue !== undefined) optim.clipGradValue(parameters, clipValue);
    if (clipNorm !== undefined) optim.clipGradNorm(parameters, clipNorm);
    optimizer.step();
  }

  async #endStep(): Promise<void> {
    const { schedule, validation, validateEvery } = this.#options;
    this.step++;
    this.totalSteps++;
    await this.#tell('onStep', (callback) => callback.onStep?.(this));
    if (schedule?.per === 'step') schedule.step();
    if (this.step === this.steps) return; // the epoch's end looks at everything
    if (validation && validateEvery !== undefined && this.totalSteps % validateEvery === 0) {
      const { epoch, totalSteps } = this;
      const log: ValidationLog = { epoch, totalSteps, ...this.#soFar(), ...(await this.#validate()) };
      await this.#tell('onValidation', (callback) => callback.onValidation?.(log, this));
    }
    await this.#tell('onSettled', (callback) => callback.onSettled?.(this));
  }

  async #endEpoch(start: number): Promise<void> {
    const { schedule } = this.#options;
    const log: EpochLog = { epoch: this.epoch, loss: 0, seconds: 0 };
    Object.assign(log, this.#soFar(), await this.#validate());
    log.seconds = (performance.now() - start) / 1e3;
    if (schedule?.per === 'epoch') {
      const { monitor } = schedule as { monitor?: string };
      schedule.step(monitor === undefined ? undefined : valueOf('fit', monitor, log));
    }
    this.history.push(log);
    await this.#tell('onEpochEnd', (callback) => callback.onEpochEnd?.(log, this));
    await this.#tell('onSettled', (callback) => callback.onSettled?.(this, log));
  }

  /** The means and metrics of the epoch so far. */
  #soFar(): { loss: number } & Record<string, number> {
    const { loss, penalty } = this.#seen;
    return {
      loss: loss.value,
      ...(penalty.samples > 0 && { penalty: penalty.value }),
      ...valuesOf(this.#metrics),
    };
  }

  /** Loss and metrics of the validation set: `validationLoss`, ... The metrics go on with training's afterwards. */
  async #validate(): Promise<Record<string, number>> {
    const { validation, loss } = this.#options;
    if (!validation) return {};
    const kept = this.#metrics.map((metric) => metric.stateDict?.());
    const found = await evaluate(this.model, validation, this.#metrics, { loss });
    this.#metrics.forEach((metric, i) => kept[i] !== undefined && metric.loadStateDict?.(kept[i]));
    return Object.fromEntries(
      Object.entries(found).map(([name, value]) => [
        `validation${name[0].toUpperCase()}${name.slice(1)}`,
        value,
      ]),
    );
  }

  /** Calls an event of each callback that has it, one after the other. */
  async #tell(event: Event, call: (callback: Callback) => void | Promise<void>): Promise<void> {
    for (const callback of this.#callbacks) if (callback[event]) await call(callback);
  }
}

/** Throws when nothing that could learn has a part in the loss. */
function checkLearns(model: Module, cost: Tensor): void {
  if (cost.requiresGrad) return;
  const isFrozen = model.parameters().every(({ requiresGrad }) => !requiresGrad);
  throw new GradientError(
    'fit',
    isFrozen ? 'every parameter of the model is frozen' : 'the loss depends on no parameter that learns',
    isFrozen
      ? 'at least one parameter must learn'
      : "the loss must be computed from the model's output by this library's operations, outside noGrad",
    isFrozen ? 'model.unfreeze()' : undefined,
  );
}

/** Throws when backward has brought no gradient to what the optimizer moves. */
function checkReached(optimizer: optim.Optimizer<any>): void {
  const parameters = (optimizer.groups ?? []).flatMap((group) => group.parameters);
  if (parameters.length === 0 || parameters.some((parameter) => parameter.grad)) return;
  throw new ArgumentError(
    'fit',
    'no parameter of the optimizer has a gradient after backward',
    "the optimizer must move this model's parameters",
    'new optim.Adam(model.parameters())',
  );
}

/** Whether all gradients are finite: then their sums are. */
async function areFinite(optimizer: optim.Optimizer<any>): Promise<boolean> {
  for (const { grad } of optimizer.groups.flatMap((group) => group.parameters)) {
    const total = grad && noGrad(() => sum(grad));
    if (total && !Number.isFinite((await total.read())[0])) return false;
  }
  return true;
}

/** The error that says where a number that is not finite began; `again` runs the batch once more. */
function explanation(problem: string, model: Module, again: () => void): AnomalyError {
  try {
    detectAnomaly(model, again);
  } catch (error) {
    if (!(error instanceof AnomalyError)) throw error;
    const [cause, rule, repair] = error.message
      .replace(/^detectAnomaly: /, '')
      .split(/\n {2}(?:rule|try): +/);
    return new AnomalyError('fit', `${problem}: ${cause}`, rule, repair);
  }
  return new AnomalyError('fit', problem, 'losses and gradients must be finite', 'a smaller learning rate');
}
