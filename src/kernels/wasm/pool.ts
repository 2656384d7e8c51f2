// The thread pool: workers that run pieces of one kernel call over the shared memory.
import { ThreadError } from '../../tensor/index.ts';
import { cores, maySleep, startThread, type Thread } from '../platform.ts';
import { type Instance, isShared, type Kernels } from './module.ts';

/*
 * A call is cut into pieces. Whoever is free takes one, by counting `left` down, and counts `done` up when it is finished. The
 * caller takes pieces too, so a busy neighbour slows a call and never stalls it. A call's arguments stay as they are until all of
 * its pieces are done; so a worker that comes late finds nothing left, or pieces of a newer call, which are as good.
 */

const [left, done, wake, kernel, count] = [0, 1, 2, 3, 4]; // places among the control block's 32-bit words
const words = 16; // behind them, in float64: where the pieces begin and end, their size, and the arguments
const longest = 24; // arguments
const controlAddress = 32768; // below the heap's blocks
const patience = 2000; // ms for the last pieces of a call, before a worker counts as dead
const turns = 60_000; // of a waiting loop before it sleeps: some 200 µs

/** One argument of a kernel, for the piece [from, to) on a thread: a constant, or base + from·f + to·t + thread·w. */
export type Argument = number | readonly [base: number, from: number, to: number, thread?: number];

interface Start {
  modules: WebAssembly.Module[];
  memory: WebAssembly.Memory;
  thread: number;
  control: number;
  words: number;
  turns: number;
}

/** What a worker runs. It is sent as text, so it names nothing outside itself; the places are those above. */
function serve({ modules, memory, thread, control, words, turns }: Start): void {
  const kernels = modules
    .map((module) => new WebAssembly.Instance(module, { env: { memory, abort() {} } }))
    .flatMap(({ exports }) => Object.values(exports))
    .filter((item) => typeof item === 'function') as ((...args: number[]) => void)[];
  const state = new Int32Array(memory.buffer, control, words);
  const numbers = new Float64Array(memory.buffer, control + 4 * words, 3 + 4 * 24);
  for (let seen = 0; ; ) {
    for (let turn = 0; Atomics.load(state, 2) === seen; turn++)
      if (turn > turns) Atomics.wait(state, 2, seen);
    seen = Atomics.load(state, 2);
    for (let left = Atomics.load(state, 0); left > 0; left = Atomics.load(state, 0)) {
      if (Atomics.compareExchange(state, 0, left, left - 1) !== left) continue;
      const from = numbers[0] + (left - 1) * numbers[2];
      const to = Math.min(from + numbers[2], numbers[1]);
      const args: number[] = [];
      for (let i = 0, at = 3; i < state[4]; i++, at += 4) {
        args.push(numbers[at] + from * numbers[at + 1] + to * numbers[at + 2] + thread * numbers[at + 3]);
      }
      kernels[state[3]](...args);
      Atomics.add(state, 1, 1);
      Atomics.notify(state, 1);
    }
  }
}

/** Runs kernels on several threads; the results do not depend on how many. */
export class Pool {
  readonly #kernels: Kernels;
  readonly #modules: WebAssembly.Module[];
  readonly #memory: WebAssembly.Memory;
  readonly #numberOf: Map<string, number>;
  readonly #state: Int32Array;
  readonly #numbers: Float64Array;
  #threads: number;
  #workers: Thread[] = [];

  constructor({ kernels, modules, memory }: Pick<Instance, 'kernels' | 'modules' | 'memory'>) {
    this.#kernels = kernels;
    this.#modules = modules;
    this.#memory = memory;
    this.#threads = isShared(memory) ? cores() : 1;
    const names = Object.entries(kernels).filter(([, item]) => typeof item === 'function');
    this.#numberOf = new Map(names.map(([name], i) => [name, i]));
    this.#state = new Int32Array(memory.buffer, controlAddress, words);
    this.#numbers = new Float64Array(memory.buffer, controlAddress + 4 * words, 3 + 4 * longest);
  }

  /** The number of threads that a call may use, the caller's own among them. */
  get threads(): number {
    return this.#threads;
  }

  set threads(value: number) {
    if (value === this.#threads || !isShared(this.#memory)) return;
    this.#end();
    this.#threads = value;
  }

  /**
   * Calls a kernel for [0, end) in pieces of `grain`. Pieces are what any split of the range may be: the kernel's own file says
   * where it may be cut.
   */
  run(name: string, end: number, grain: number, args: readonly Argument[]): void {
    const pieces = Math.ceil(end / grain);
    if (pieces <= 1 || this.#threads === 1 || !this.#start()) {
      this.#call(name, args, 0, end);
      return;
    }
    const [state, numbers] = [this.#state, this.#numbers];
    numbers[0] = 0;
    numbers[1] = end;
    numbers[2] = grain;
    for (let i = 0, at = 3; i < args.length; i++, at += 4) {
      const argument = args[i];
      const isConstant = typeof argument === 'number';
      numbers[at] = isConstant ? argument : argument[0];
      for (let part = 1; part < 4; part++) numbers[at + part] = isConstant ? 0 : (argument[part] ?? 0);
    }
    state[kernel] = this.#numberOf.get(name) as number;
    state[count] = args.length;
    Atomics.store(state, done, 0);
    Atomics.store(state, left, pieces);
    Atomics.add(state, wake, 1);
    Atomics.notify(state, wake);

    for (let mine = Atomics.load(state, left); mine > 0; mine = Atomics.load(state, left)) {
      if (Atomics.compareExchange(state, left, mine, mine - 1) !== mine) continue;
      const from = (mine - 1) * grain;
      const to = Math.min(from + grain, end);
      this.#call(name, args, from, to);
      Atomics.add(state, done, 1);
    }
    this.#finish(pieces);
  }

  #call(name: string, args: readonly Argument[], from: number, to: number): void {
    const values: number[] = [];
    for (const argument of args)
      values.push(
        typeof argument === 'number' ? argument : argument[0] + from * argument[1] + to * argument[2],
      );
    this.#kernels[name](...values);
  }

  /** Waits for the pieces that workers have taken. */
  #finish(pieces: number): void {
    const state = this.#state;
    for (let turn = 0; turn < turns; turn++) if (Atomics.load(state, done) >= pieces) return;
    for (let last = -1, since = 0; ; ) {
      const finished = Atomics.load(state, done);
      if (finished >= pieces) return;
      if (finished !== last) [last, since] = [finished, performance.now()];
      else if (performance.now() - since > patience) break;
      if (maySleep()) Atomics.wait(state, done, finished, patience);
    }
    this.#end();
    throw new ThreadError(
      'kernels',
      'a worker thread died',
      'what it was computing is lost; the next call starts new workers',
      'setThreads(1) runs without workers',
    );
  }

  #start(): boolean {
    while (this.#workers.length < this.#threads - 1) {
      const worker = startThread(serve);
      if (!worker) return false;
      const thread = this.#workers.push(worker);
      worker.post({
        modules: this.#modules,
        memory: this.#memory,
        thread,
        control: controlAddress,
        words,
        turns,
      } satisfies Start);
    }
    return true;
  }

  #end(): void {
    for (const worker of this.#workers) worker.end();
    this.#workers = [];
  }
}
