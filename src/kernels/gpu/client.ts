// The engine's side of a device: it turns calls into commands, knows which values are there, and moves those that are missing.
import type { Remote, Storage, Tensor } from '../../tensor/index.ts';
import type { Backend } from '../backend.ts';
import type { Command, Ref } from './command.ts';
import { Journal, type MakeTensor } from './journal.ts';
import type { Link } from './link.ts';
import { type Call, verbs } from './verbs.ts';

/** What was done for one verb. */
export interface Counter {
  /** Calls on the device, and on the CPU. */
  gpu: number;
  cpu: number;
  /** Bytes that went to the device for it, and came back for it. */
  up: number;
  down: number;
}

export type Counters = Record<string, Counter>;

/** How a client stands to the engine. */
export interface Terms {
  /** Whether a call goes to the device. */
  decide(verb: string, call: Call): boolean;
  /** Milliseconds that the CPU would need for a call, about. */
  onCpu(verb: string, call: Call): number;
  /** Whether the CPU takes over if the device fails; else the failure is an error. */
  mayFallBack: boolean;
  /** Told of a failure that the CPU has taken over. */
  fellBack(reason: string): void;
  /** The error of a failure, and of a read where this thread cannot wait. */
  failure(reason: string): Error;
  cannotWait(): Error;
  make: MakeTensor;
}

const atOnce = 32; // commands that are sent together
const labelsKept = 8;
/** What may be on the device: a loop outside of scopes that never pauses lets go of nothing. */
const most = { values: 20_000, bytes: 2 ** 30 };
/** Bytes that may wait for the device, a command being a few thousand: who never reads would fill the memory with what is still to be done. */
const mostAhead = 2 ** 28;
const commandBytes = 2 ** 13;

/** A value on the device. */
class Copy implements Remote {
  readonly ref: Ref;
  readonly client: Client;

  constructor(client: Client, ref: Ref) {
    this.client = client;
    this.ref = ref;
  }

  read(to: Float32Array): void {
    this.client.bring(this.ref, to);
  }

  fetch(to: Float32Array): Promise<void> {
    return this.client.fetch(this.ref, to);
  }

  release(): void {
    this.client.release(this.ref.id, this);
  }
}

export class Client {
  readonly link: Link;
  readonly counters: Counters = {};
  #cpu: Backend;
  readonly #terms: Terms;
  /** Why it has failed. */
  #failure: string | undefined;
  #pending: Command[] = [];
  /** Bytes that were sent since the device was waited for. */
  #ahead = 0;
  #ids = 0;
  /** The lengths of the tensors' values that are there. Not who has them: even a weak reference would keep them until the program pauses. */
  readonly #lengths = new Map<number, number>();
  readonly #unreachable = new FinalizationRegistry<number>((id) => this.release(id));
  #bytes = 0;
  /** Labels and indices that were sent lately: backward sends those of forward. */
  readonly #labels: { values: Int32Array; copy: Int32Array; ref: Ref }[] = [];
  readonly #journal: Journal | undefined;
  #isBeginning = false;
  /** Values that were there, after the end of the device. */
  #kept = new Map<number, Float32Array>();
  /** The verb that values move for. */
  #verb = 'read';

  constructor(link: Link, cpu: Backend, terms: Terms) {
    this.link = link;
    this.#cpu = cpu;
    this.#terms = terms;
    if (terms.mayFallBack) this.#journal = new Journal();
  }

  /** Bytes of tensors on the device. */
  get bytes(): number {
    return this.#bytes;
  }

  counter(verb: string): Counter {
    this.counters[verb] ??= { gpu: 0, cpu: 0, up: 0, down: 0 };
    return this.counters[verb];
  }

  /** The CPU's verbs, of which those that the device can run, and that are decided to run there, run there. */
  over(cpu: Backend): Backend {
    this.#cpu = cpu;
    const over: Record<string, unknown> = { ...cpu, name: this.link.description.backend };
    for (const [name, verb] of Object.entries(cpu)) {
      if (typeof verb !== 'function' || name === 'elements') continue;
      const encode = verbs[name as keyof Backend];
      over[name] = (...args: unknown[]) => {
        if (this.#failure !== undefined && !this.#journal) throw this.#terms.failure(this.#failure);
        const calls = this.#hasRoom ? encode?.(args as any[]) : undefined;
        const goes = calls?.every((call) => this.#fits(call) && this.#terms.decide(name, call));
        if (!calls || !goes || !this.#keepsUp())
          return this.#onCpu(name, () => (verb as (...args: unknown[]) => unknown)(...args));
        for (const call of calls) this.#run(name, call);
      };
    }
    return over as unknown as Backend;
  }

  #onCpu(verb: string, body: () => unknown): unknown {
    this.counter(verb).cpu++;
    const before = this.#verb;
    this.#verb = verb;
    try {
      return body();
    } finally {
      this.#verb = before;
    }
  }

  /** Whether a tensor's values are on the device. */
  has(tensor: unknown): boolean {
    const copy = (tensor as Tensor).storage.remote;
    return copy instanceof Copy && copy.client === this;
  }

  get #hasRoom(): boolean {
    return this.#failure === undefined && this.#lengths.size < most.values && this.#bytes < most.bytes;
  }

  /** Whether the tensors of a call are neither empty nor too large. */
  #fits({ args, results }: Call): boolean {
    const { largest } = this.link.description;
    const fits = (x: Tensor) => x.size > 0 && 4 * x.size <= largest;
    return args.every((argument) => !isTensor(argument) || fits(argument)) && results.every(fits);
  }

  #run(verb: string, call: Call): void {
    const { args, results } = call;
    this.#verb = verb;
    this.counter(verb).gpu++;
    const told = args.map((argument) => {
      if (isTensor(argument)) return this.#refOf(argument);
      return argument instanceof Int32Array ? this.#refOfLabels(argument) : argument;
    });
    this.#verb = 'read';
    const refs = results.map(({ shape }) => ({ id: this.#ids++, shape }));
    this.#tell(
      { do: 'run', verb, args: told, results: refs },
      this.#journal ? this.#terms.onCpu(verb, call) : 0,
    );
    results.forEach((result, i) => this.#hold(result.storage, refs[i], true));
  }

  /** A tensor's value on the device, which gets it if it has it not. */
  #refOf({ storage, shape }: Tensor): Ref {
    const copy = storage.remote;
    if (copy instanceof Copy && copy.client === this) return { id: copy.ref.id, shape };
    const ref = { id: this.#ids++, shape };
    // A single number travels in the command, like the learning rate: it is no data.
    if (storage.length === 1) this.#tell({ do: 'fill', value: storage.read()[0], result: ref });
    else this.#put(ref, storage.read());
    this.#hold(storage, ref, false);
    return ref;
  }

  #refOfLabels(values: Int32Array): Ref {
    const known = this.#labels.find(
      (labels) => labels.values === values && labels.copy.every((label, i) => label === values[i]),
    );
    if (known) return known.ref;
    const ref: Ref = { id: this.#ids++, shape: [values.length], isIndex: true };
    this.#put(ref, values);
    this.#labels.push({ values, copy: values.slice(), ref });
    if (this.#labels.length > labelsKept)
      this.#tell({ do: 'free', ids: [(this.#labels.shift() as { ref: Ref }).ref.id] });
    return ref;
  }

  #put(ref: Ref, values: ArrayLike<number>): void {
    this.counter(this.#verb).up += 4 * values.length;
    const floats = new Float32Array(values.length);
    floats.set(values);
    this.#tell({ do: 'put', id: ref.id, values: floats });
  }

  #hold(storage: Storage, ref: Ref, isResult: boolean): void {
    const copy = new Copy(this, ref);
    this.#lengths.set(ref.id, storage.length);
    this.#bytes += 4 * storage.length;
    this.#unreachable.register(storage, ref.id, copy);
    if (isResult) storage.writtenBy(copy);
    else storage.copiedTo(copy);
  }

  #tell(command: Command, milliseconds = 0): void {
    this.#journal?.note(command, milliseconds);
    this.#ahead += commandBytes + (command.do === 'put' ? command.values.byteLength : 0);
    this.#pending.push(command);
    if (this.#pending.length >= atOnce) this.#flush();
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    this.link.send(this.#pending);
    this.#pending = [];
  }

  /** Lets the device, and the journal, catch up. Between calls, when everything that is there is held. Returns whether the device is still there. */
  #keepsUp(): boolean {
    if (this.#journal?.isFull) this.#beginJournal(this.#journal);
    if (this.#ahead > mostAhead && this.link.waits) this.#attempt(() => this.#read([], []));
    return this.#failure === undefined;
  }

  /** Waits until everything that was told is done, and brings these values. */
  #read(ids: readonly number[], to: readonly Float32Array[]): void {
    this.#flush();
    this.#ahead = 0;
    this.link.read(ids, to);
  }

  /** Brings everything here, so that what was done before need not be remembered. */
  #beginJournal(journal: Journal): void {
    if (this.link.waits) {
      const values = this.#roomForAll();
      if (this.#attempt(() => this.#read(...values))) journal.beginWith(...values);
      return;
    }
    if (this.#isBeginning) return;
    this.#isBeginning = true;
    this.#flush();
    const mark = journal.mark();
    const values = this.#roomForAll();
    this.link.fetch(...values).then(
      () => {
        journal.beginWith(...values, mark);
        this.#isBeginning = false;
      },
      () => {}, // the next read will tell
    );
  }

  /** All values that are there, and room for them here. */
  #roomForAll(): [ids: number[], to: Float32Array[]] {
    const labels = this.#labels.map(({ ref, copy }): [number, number] => [ref.id, copy.length]);
    const all = [...this.#lengths, ...labels];
    this.counter('journal').down += 4 * all.reduce((sum, [, length]) => sum + length, 0);
    return [all.map(([id]) => id), all.map(([, length]) => new Float32Array(length))];
  }

  /** Called when a storage lets go of its value there. */
  release(id: number, copy?: Copy): void {
    if (copy) this.#unreachable.unregister(copy);
    const length = this.#lengths.get(id);
    this.#kept.delete(id);
    if (length === undefined) return;
    this.#lengths.delete(id);
    this.#bytes -= 4 * length;
    if (this.#failure === undefined) this.#tell({ do: 'free', ids: [id] });
  }

  bring({ id }: Ref, to: Float32Array): void {
    if (!this.link.waits && this.#failure === undefined) throw this.#terms.cannotWait();
    this.counter(this.#verb).down += to.byteLength;
    if (!this.#attempt(() => this.#read([id], [to]))) this.#take(id, to);
  }

  async fetch({ id }: Ref, to: Float32Array): Promise<void> {
    this.counter('read').down += to.byteLength;
    this.#flush();
    try {
      if (this.#failure === undefined) return await this.link.fetch([id], [to]);
    } catch (error) {
      this.#fail((error as Error).message);
    }
    this.#take(id, to);
  }

  /** Whether it could be done. */
  #attempt(read: () => void): boolean {
    if (this.#failure !== undefined) return false;
    try {
      read();
      return true;
    } catch (error) {
      this.#fail((error as Error).message);
      return false;
    }
  }

  /** The device has failed: the CPU does again what was not here yet, if it may. */
  #fail(reason: string): void {
    if (this.#failure === undefined) {
      this.#failure = reason;
      this.link.end();
      if (this.#journal) {
        for (const [id, { storage }] of this.#journal.replay(this.#cpu, this.#terms.make))
          if (this.#lengths.has(id)) this.#kept.set(id, storage.read().slice());
        this.#terms.fellBack(reason);
      }
    }
    if (!this.#journal) throw this.#terms.failure(reason);
  }

  #take(id: number, to: Float32Array): void {
    const values = this.#kept.get(id);
    if (!values) throw this.#terms.failure(this.#failure as string);
    to.set(values);
  }

  /** Brings back everything, what is computed meanwhile too, and ends the device. */
  async end(): Promise<void> {
    while (this.#failure === undefined) {
      const ids = [...this.#lengths.keys()].filter((id) => !this.#kept.has(id));
      if (ids.length === 0) {
        this.#failure = 'it was given up';
        this.link.end();
        return;
      }
      this.#flush();
      const values = ids.map((id) => new Float32Array(this.#lengths.get(id) as number));
      try {
        await this.link.fetch(ids, values);
        for (const [i, id] of ids.entries()) if (this.#lengths.has(id)) this.#kept.set(id, values[i]);
      } catch (error) {
        this.#fail((error as Error).message);
      }
    }
  }
}

const isTensor = (value: unknown): value is Tensor =>
  value !== null && typeof value === 'object' && 'storage' in value && 'shape' in value;
