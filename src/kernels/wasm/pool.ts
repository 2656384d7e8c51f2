// The thread pool: workers that run pieces of one kernel call over the shared memory.
import { ThreadError } from '../../tensor/index.ts';
import { cores, maySleep, startThread, type Thread } from '../platform.ts';
import { Crowding } from './crowding.ts';
import { abandon, type Instance, isShared } from './module.ts';
import { Shares } from './shares.ts';

/*
 * A call is cut into pieces, and each thread has a share of them side by side: the same part of every call, so that what a thread has
 * computed tends to be in its own cache when it is needed again. Shares are as large as threads are fast: cores differ, by kind, or
 * because somebody else uses what they share. A thread takes its own pieces, by counting what is `left` of its share
 * down, and then those of others. The caller is a thread, too; so a busy neighbour slows a call and never stalls it. A call's arguments
 * stay as they are until all of its pieces are done; so a worker that comes late finds nothing left, or pieces of a newer call, which
 * are as good.
 */

const [done, wake, kernel, count, asleep, behind] = [0, 1, 2, 3, 4, 5]; // places among the control block's 32-bit words
const words = 16; // behind them, in float64: the size of pieces, the arguments, and four numbers for each that follows a piece
const longest = 24; // arguments
const sharesAt = 1088; // bytes behind the beginning: a cache line for each thread, and one for what lies behind the last
const [begins, took, did] = [1, 2, 3]; // in its float64 words, behind what is left of a share: where it begins, the ms it took, and what was done
const measurable = 0.01; // ms
const patience = 1500; // ms for the last pieces of a call, before a worker counts as dead
const nap = 100; // ms between two looks at what is done
const worthStarting = 20; // ms of calls that workers could have shared, before the first is started: that takes 15 ms of the caller
const spin = 0.2; // ms that a thread waits in a loop before it sleeps: to wake it takes tens of µs

/** One argument of a kernel, for the piece [from, to) on a thread: a constant, or base + from·f + to·t + thread·w. */
export type Argument = number | readonly [base: number, from: number, to: number, thread?: number];

interface Start {
  modules: WebAssembly.Module[];
  memory: WebAssembly.Memory;
  thread: number;
  threads: number;
  control: number;
  spin: number;
}

/**
 * What a worker runs. It is sent as text, so it names nothing outside itself; the places are those above. Its parts are methods, because
 * engines optimize what is called often, not a loop that never ends, and because some compilers add helpers to inner functions.
 */
function serve({ modules, memory, thread, threads, control, spin }: Start): void {
  const kernels = modules
    .map((module) => new WebAssembly.Instance(module, { env: { memory, abort() {} } }))
    .flatMap(({ exports }) => Object.values(exports))
    .filter((item) => typeof item === 'function') as ((...args: number[]) => void)[];
  const state = new Int32Array(memory.buffer, control, 16);
  const numbers = new Float64Array(memory.buffer, control + 64, 1 + 5 * 24);
  const left = new Int32Array(memory.buffer, control + 1088, 16 * threads);
  const shares = new Float64Array(memory.buffer, control + 1088, 8 * (threads + 1));
  const worker = {
    /** Waits for the next call. */
    wait(seen: number): void {
      const begin = performance.now();
      for (let turn = 1; Atomics.load(state, 1) === seen; turn++) {
        if (turn % 256 !== 0 || performance.now() - begin < spin) continue;
        Atomics.add(state, 4, 1);
        Atomics.wait(state, 1, seen);
        Atomics.sub(state, 4, 1);
      }
    },
    /** Takes pieces of a thread's share until none is left. */
    take(owner: number): void {
      for (let own = Atomics.load(left, 16 * owner); own > 0; own = Atomics.load(left, 16 * owner))
        if (Atomics.compareExchange(left, 16 * owner, own, own - 1) === own) worker.run(owner, own);
    },
    run(owner: number, own: number): void {
      const grain = numbers[0];
      const [begin, end] = [shares[8 * owner + 1], shares[8 * owner + 9]];
      const from = begin + (Math.ceil((end - begin) / grain) - own) * grain;
      const to = Math.min(from + grain, end);
      const args: number[] = [];
      for (let i = 1; i <= state[3]; i++) args.push(numbers[i]);
      for (let at = 25; at < state[5]; at += 4)
        args[numbers[at]] += from * numbers[at + 1] + to * numbers[at + 2] + thread * numbers[at + 3];
      const start = performance.now();
      kernels[state[2]](...args);
      if (owner === thread) {
        shares[8 * owner + 2] += performance.now() - start;
        shares[8 * owner + 3] += to - from;
      }
      Atomics.add(state, 0, 1);
      Atomics.notify(state, 0);
    },
  };
  for (let seen = 0; ; ) {
    worker.wait(seen);
    seen = Atomics.load(state, 1);
    for (let i = 0; i < threads; i++) worker.take((thread + i) % threads);
  }
}

interface Kernel {
  /** Its place among the kernels: how workers know it. */
  number: number;
  call(...args: number[]): number;
  /** The arguments of the caller's own piece: kept, since calls are many and short. */
  values: number[];
}

function call({ call, values }: Kernel, args: readonly Argument[], from: number, to: number): void {
  for (let i = 0; i < args.length; i++) {
    const argument = args[i];
    values[i] = typeof argument === 'number' ? argument : argument[0] + from * argument[1] + to * argument[2];
  }
  call(...values);
}

/** Runs kernels on several threads; the results do not depend on how many. */
export class Pool {
  readonly #kernels: ReadonlyMap<string, Kernel>;
  readonly #modules: WebAssembly.Module[];
  readonly #memory: WebAssembly.Memory;
  readonly #allocate: (bytes: number) => number;
  #state = new Int32Array();
  #numbers = new Float64Array();
  /** A line for each thread, as 32-bit words and as float64. */
  #left = new Int32Array();
  #lines = new Float64Array();
  #shares: Shares;
  #crowding = new Crowding();
  #threads: number;
  #workers: Thread[] = [];
  /** ms of calls that workers could have shared, until they are started; another number of threads than usual is asked for by somebody who wants them. */
  #alone = 0;

  /** @param allocate gives a block of the memory */
  constructor(
    { kernels, modules, memory }: Pick<Instance, 'kernels' | 'modules' | 'memory'>,
    allocate: (bytes: number) => number,
  ) {
    const functions = Object.entries(kernels).filter(([, item]) => typeof item === 'function');
    this.#kernels = new Map(functions.map(([name, call], number) => [name, { number, call, values: [] }]));
    this.#modules = modules;
    this.#memory = memory;
    this.#allocate = allocate;
    this.#threads = isShared(memory) ? cores() : 1;
    this.#shares = new Shares(this.#threads);
  }

  /** The number of threads that a call may use, the caller's own among them. */
  get threads(): number {
    return this.#threads;
  }

  set threads(value: number) {
    if (value === this.#threads || !isShared(this.#memory)) return;
    this.#alone = worthStarting;
    this.#end();
    this.#threads = value;
    this.#shares = new Shares(value);
    this.#crowding = new Crowding();
  }

  /** Where the share of each thread of [0, end) begins, at multiples of `unit`, and the end of the last. */
  borders(end: number, unit?: number): number[] {
    return this.#shares.borders(end, unit);
  }

  /**
   * Calls a kernel for [0, end) in pieces of at most `grain`; a share that equal ones would not exceed is one piece. Pieces begin at
   * multiples of `unit`, of which `grain` is one too: the kernel's own file says where it may be cut.
   *
   * @param given the borders of the shares, where [0, end) are not all the same work
   */
  run(
    name: string,
    end: number,
    grain: number,
    args: readonly Argument[],
    unit = 1,
    given?: readonly number[],
  ): void {
    const own = this.#kernels.get(name) as Kernel;
    if (end <= grain || this.#threads === 1) {
      call(own, args, 0, end);
      return;
    }
    if (!this.#start()) {
      const begin = performance.now();
      call(own, args, 0, end);
      this.#alone += performance.now() - begin;
      return;
    }
    const hasSmallPieces = grain * this.#threads < end; // a large call: who comes late finds some, too
    const begin = performance.now();
    if (!hasSmallPieces && this.#crowding.lastsAt(begin)) {
      call(own, args, 0, end);
      return;
    }
    const state = this.#state;
    const left = this.#left;
    const lines = this.#lines;
    const threads = this.#threads;
    const borders = given ?? this.borders(end, unit);
    const piece = hasSmallPieces ? grain : end;
    this.#publish(own, args, piece);
    for (let owner = 0; owner <= threads; owner++) {
      lines[8 * owner + begins] = borders[owner];
      lines[8 * owner + took] = 0;
      lines[8 * owner + did] = 0;
    }
    let pieces = 0;
    for (let owner = 0; owner < threads; owner++) {
      const share = Math.ceil((borders[owner + 1] - borders[owner]) / piece);
      Atomics.store(left, 16 * owner, share);
      pieces += share;
    }
    Atomics.add(state, wake, 1);
    const isAsleep = Atomics.load(state, asleep) > 0;
    if (isAsleep) Atomics.notify(state, wake); // it takes microseconds, even if nobody sleeps

    const start = performance.now();
    if (!hasSmallPieces) this.#crowding.notice(start, isAsleep ? start - begin : 0);
    for (let owner = 0; owner < threads; owner++) {
      const share = Math.ceil((borders[owner + 1] - borders[owner]) / piece);
      for (let rest = Atomics.load(left, 16 * owner); rest > 0; rest = Atomics.load(left, 16 * owner)) {
        if (Atomics.compareExchange(left, 16 * owner, rest, rest - 1) !== rest) continue;
        const from = borders[owner] + (share - rest) * piece;
        const to = Math.min(from + piece, borders[owner + 1]);
        call(own, args, from, to);
        Atomics.add(state, done, 1);
        if (owner === 0) lines[did] += to - from;
      }
      if (owner === 0) lines[took] = performance.now() - start;
    }
    this.#finish(pieces);
    if (!given) this.#learn();
  }

  /** Puts a call where workers will look for it. */
  #publish({ number }: Kernel, args: readonly Argument[], piece: number): void {
    const state = this.#state;
    const numbers = this.#numbers;
    numbers[0] = piece;
    let at = 1 + longest;
    for (let i = 0; i < args.length; i++) {
      const argument = args[i];
      const isConstant = typeof argument === 'number';
      numbers[1 + i] = isConstant ? argument : argument[0];
      if (isConstant) continue;
      numbers[at++] = i;
      for (let part = 1; part < 4; part++) numbers[at++] = argument[part] ?? 0;
    }
    state[kernel] = number;
    state[count] = args.length;
    state[behind] = at;
    Atomics.store(state, done, 0);
  }

  /** Notices how fast each thread was, if all had something of their share to do. */
  #learn(): void {
    const lines = this.#lines;
    const speeds: number[] = [];
    for (let at = 0; at < 8 * this.#threads; at += 8) {
      if (lines[at + took] < measurable) return;
      speeds.push(lines[at + did] / lines[at + took]);
    }
    this.#shares.learn(speeds);
  }

  /** Waits for the pieces that workers have taken. */
  #finish(pieces: number): void {
    const state = this.#state;
    const begin = performance.now();
    for (let turn = 1; turn % 256 !== 0 || performance.now() - begin < spin; turn++)
      if (Atomics.load(state, done) >= pieces) return;
    let [last, waited, before] = [-1, 0, performance.now()];
    while (waited < patience) {
      const finished = Atomics.load(state, done);
      if (finished >= pieces) return;
      if (finished !== last) [last, waited] = [finished, 0];
      if (maySleep()) Atomics.wait(state, done, finished, nap);
      const now = performance.now();
      waited += Math.min(now - before, 2 * nap); // if all of the process was stopped, or the machine, nobody could work
      before = now;
    }
    abandon();
    this.#end();
    throw new ThreadError(
      'kernels',
      'a worker thread died',
      'what it was computing is lost; the next call starts new workers',
      'setThreads(1) runs without workers',
    );
  }

  /** Whether there are workers, after a start if it is worth it. */
  #start(): boolean {
    if (this.#alone < worthStarting) return false;
    if (this.#workers.length === 0) this.#open();
    while (this.#workers.length < this.#threads - 1) {
      const worker = startThread(serve);
      if (!worker) return false;
      worker.post({
        modules: this.#modules,
        memory: this.#memory,
        thread: this.#workers.push(worker),
        threads: this.#threads,
        control: this.#state.byteOffset,
        spin,
      } satisfies Start);
    }
    return true;
  }

  /** New workers have a control block of their own: those that were told to end may still watch the old one, which is not given back. */
  #open(): void {
    const buffer = this.#memory.buffer as ArrayBuffer;
    const lines = this.#threads + 1;
    const address = this.#allocate(sharesAt + 64 * lines);
    this.#state = new Int32Array(buffer, address, words).fill(0);
    this.#numbers = new Float64Array(buffer, address + 4 * words, 1 + 5 * longest);
    this.#left = new Int32Array(buffer, address + sharesAt, 16 * lines).fill(0);
    this.#lines = new Float64Array(buffer, address + sharesAt, 8 * lines);
  }

  #end(): void {
    for (const worker of this.#workers) worker.end();
    this.#workers = [];
  }
}
