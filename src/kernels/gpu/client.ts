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
const mostBytes = 2 ** 30; // on the device, of tensors that live outside of scopes as long as the engine does not pause

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
    this.client.release(this.ref.id);
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
  #ids = 0;
  /** Who has a value there, so that it can be brought back; the oldest first. */
  readonly #holders = new Map<number, { storage: WeakRef<Storage>; bytes: number }>();
  readonly #unreachable = new FinalizationRegistry<number>((id) => this.release(id));
  #bytes = 0;
  /** Labels and indices that were sent lately: backward sends those of forward. */
  readonly #labels: { values: Int32Array; copy: Int32Array; ref: Ref }[] = [];
  readonly #journal: Journal | undefined;
  #isWritingJournal = false;
  /** What the CPU has computed again after a failure. */
  #rescued = new Map<number, Tensor>();
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

  /** Why it has failed, if it has. */
  get failure(): string | undefined {
    return this.#failure;
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
        const calls = this.#failure === undefined ? encode?.(args as any[]) : undefined;
        const goes = calls?.every((call) => this.#fits(call) && this.#terms.decide(name, call));
        if (!calls || !goes)
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
    const bytes = 4 * storage.length;
    this.#holders.set(ref.id, { storage: new WeakRef(storage), bytes });
    this.#bytes += bytes;
    this.#unreachable.register(storage, ref.id);
    if (isResult) storage.writtenBy(copy);
    else storage.copiedTo(copy);
    if (this.#bytes > mostBytes) this.#makeRoom();
  }

  /** Brings the oldest values back: a loop that never pauses lets no finalizer run. */
  #makeRoom(): void {
    for (const [id, { storage }] of this.#holders) {
      if (this.#bytes <= mostBytes / 2 || !this.link.waits) return;
      const holder = storage.deref();
      if (holder) holder.leave();
      else this.release(id);
    }
  }

  #tell(command: Command, milliseconds = 0): void {
    this.#journal?.note(command, milliseconds);
    this.#pending.push(command);
    if (this.#pending.length >= atOnce) this.#flush();
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    this.link.send(this.#pending);
    this.#pending = [];
    if (this.#journal?.isFull) this.#beginJournal(this.#journal);
  }

  /** Brings everything here, so that what was done before need not be remembered. */
  #beginJournal(journal: Journal): void {
    const ids = [...this.#holders.keys(), ...this.#labels.map(({ ref }) => ref.id)];
    const counter = this.counter('journal');
    const room = (id: number) => {
      const length = (this.#holders.get(id)?.bytes ?? 4 * this.#lengthOfLabels(id)) / 4;
      counter.down += 4 * length;
      return [id, new Float32Array(length)] as const;
    };
    if (this.link.waits) {
      const values = ids.map(room);
      for (const [id, floats] of values) this.#reading(() => this.link.read(id, floats));
      if (this.#failure === undefined) journal.beginWith(values);
      return;
    }
    if (this.#isWritingJournal) return;
    this.#isWritingJournal = true;
    const mark = journal.mark();
    const arriving = ids.map(async (id) => {
      const value = room(id);
      await this.link.fetch(...value);
      return value;
    });
    Promise.all(arriving).then(
      (values) => {
        journal.beginWith(values, mark);
        this.#isWritingJournal = false;
      },
      () => {}, // the next read will tell
    );
  }

  #lengthOfLabels(id: number): number {
    return this.#labels.find(({ ref }) => ref.id === id)?.copy.length ?? 0;
  }

  /** Called when a storage lets go of its value there. */
  release(id: number): void {
    const holder = this.#holders.get(id);
    this.#holders.delete(id);
    this.#bytes -= holder?.bytes ?? 0;
    this.#rescued.delete(id);
    if (this.#failure === undefined && holder) this.#tell({ do: 'free', ids: [id] });
  }

  bring(ref: Ref, to: Float32Array): void {
    if (!this.link.waits && this.#failure === undefined) throw this.#terms.cannotWait();
    this.counter(this.#verb).down += to.byteLength;
    this.#flush();
    this.#reading(() => this.link.read(ref.id, to));
    this.#rescue(ref, to);
  }

  async fetch(ref: Ref, to: Float32Array): Promise<void> {
    this.counter('read').down += to.byteLength;
    this.#flush();
    try {
      if (this.#failure === undefined) await this.link.fetch(ref.id, to);
    } catch (error) {
      this.#fail((error as Error).message);
    }
    this.#rescue(ref, to);
  }

  #reading(read: () => void): void {
    if (this.#failure !== undefined) return;
    try {
      read();
    } catch (error) {
      this.#fail((error as Error).message);
    }
  }

  /** The device has failed: the CPU does again what was not here yet, if it may. */
  #fail(reason: string): void {
    if (this.#failure === undefined) {
      this.#failure = reason;
      this.link.end();
      if (this.#journal) {
        this.#rescued = this.#journal.replay(this.#cpu, this.#terms.make);
        this.#terms.fellBack(reason);
      }
    }
    if (!this.#journal) throw this.#terms.failure(reason);
  }

  #rescue({ id }: Ref, to: Float32Array): void {
    if (this.#failure === undefined) return;
    const value = this.#rescued.get(id);
    if (!value) throw this.#terms.failure(this.#failure);
    to.set(value.storage.read());
  }

  /** Brings back everything that is only there, and ends the device. */
  async end(): Promise<void> {
    if (this.#failure !== undefined) return;
    for (const { storage } of [...this.#holders.values()]) await storage.deref()?.fetch();
    this.#failure = 'it was given up';
    this.link.end();
  }
}

const isTensor = (value: unknown): value is Tensor =>
  value !== null && typeof value === 'object' && 'storage' in value && 'shape' in value;
