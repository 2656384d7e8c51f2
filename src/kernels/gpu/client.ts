// The engine's side of a device: it turns calls into commands, knows which values are there, and moves those that are missing.
import type { Remote, Storage, Tensor } from '../../tensor/index.ts';
import type { Backend } from '../backend.ts';
import type { Command, Ref } from './command.ts';
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

/** Says whether a call goes to the device. */
export type Decide = (verb: string, calls: readonly Call[], client: Client) => boolean;

/** What happens when the device fails: it throws, or has brought everything back to the CPU. */
export type Failed = (reason: string, client: Client) => void;

const atOnce = 32; // commands that are sent together
const labelsKept = 8;

/** A value on the device. */
class Copy implements Remote {
  readonly ref: Ref;
  readonly #client: Client;

  constructor(client: Client, ref: Ref) {
    this.#client = client;
    this.ref = ref;
  }

  read(to: Float32Array): void {
    this.#client.bring(this.ref, to);
  }

  fetch(to: Float32Array): Promise<void> {
    return this.#client.fetch(this.ref, to);
  }

  release(): void {
    this.#client.release(this.ref.id);
  }
}

export class Client {
  readonly link: Link;
  readonly counters: Counters = {};
  readonly #failed: Failed;
  readonly #makeScalarError: () => Error;
  #failure: string | undefined;
  #pending: Command[] = [];
  #ids = 0;
  /** Who has a value there, so that it can be brought back. */
  readonly #holders = new Map<number, { storage: WeakRef<Storage>; bytes: number }>();
  readonly #unreachable = new FinalizationRegistry<number>((id) => this.release(id));
  /** Labels and indices that were sent lately: backward sends those of forward. */
  readonly #labels: { values: Int32Array; copy: Int32Array; ref: Ref }[] = [];
  /** The verb that values move for. */
  #verb = 'read';

  constructor(link: Link, failed: Failed, cannotWait: () => Error) {
    this.link = link;
    this.#failed = failed;
    this.#makeScalarError = cannotWait;
  }

  /** Bytes of values on the device. */
  get bytes(): number {
    let bytes = 0;
    for (const holder of this.#holders.values()) bytes += holder.bytes;
    return bytes;
  }

  counter(verb: string): Counter {
    this.counters[verb] ??= { gpu: 0, cpu: 0, up: 0, down: 0 };
    return this.counters[verb];
  }

  /** The verbs of `cpu`, of which those that the device can run, and that `decide` sends there, run there. */
  over(cpu: Backend, decide: Decide): Backend {
    const over: Record<string, unknown> = { ...cpu };
    for (const [name, encode] of Object.entries(verbs)) {
      const onCpu = cpu[name as keyof Backend] as (...args: unknown[]) => unknown;
      over[name] = (...args: unknown[]) => {
        const calls = this.#failure === undefined ? encode(args as any[]) : undefined;
        const goes =
          calls !== undefined && calls.every((call) => this.#fits(call)) && decide(name, calls, this);
        if (goes) for (const call of calls) this.#run(name, call);
        else this.#onCpu(name, () => onCpu(...args));
      };
    }
    for (const name of Object.keys(cpu)) {
      const verb = cpu[name as keyof Backend];
      if (name in verbs || name === 'elements' || typeof verb !== 'function') continue;
      over[name] = (...args: unknown[]) =>
        this.#onCpu(name, () => (verb as (...args: unknown[]) => unknown)(...args));
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

  /** Whether the tensors of a call are neither empty nor too large. */
  #fits({ args, results }: Call): boolean {
    const { largest } = this.link.description;
    const fits = (x: Tensor) => x.size > 0 && 4 * x.size <= largest;
    return args.every((argument) => !isTensor(argument) || fits(argument)) && results.every(fits);
  }

  #run(verb: string, { args, results }: Call): void {
    this.#verb = verb;
    this.counter(verb).gpu++;
    const told = args.map((argument) => {
      if (isTensor(argument)) return this.#refOf(argument);
      return argument instanceof Int32Array ? this.#refOfLabels(argument) : argument;
    });
    this.#verb = 'read';
    const refs = results.map(({ shape }) => ({ id: this.#ids++, shape }));
    this.#tell({ do: 'run', verb, args: told, results: refs });
    results.forEach((result, i) => this.#hold(result.storage, refs[i], true));
  }

  /** A tensor's value on the device, which gets it if it has it not. */
  #refOf({ storage, shape }: Tensor): Ref {
    const copy = storage.remote;
    if (copy instanceof Copy) return { id: copy.ref.id, shape };
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
    const ref = { id: this.#ids++, shape: [values.length] };
    this.#put(ref, values);
    this.#labels.push({ values, copy: values.slice(), ref });
    if (this.#labels.length > labelsKept) this.release(this.#labels.shift()?.ref.id as number);
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
    this.#holders.set(ref.id, { storage: new WeakRef(storage), bytes: 4 * storage.length });
    this.#unreachable.register(storage, ref.id, copy);
    if (isResult) storage.writtenBy(copy);
    else storage.copiedTo(copy);
  }

  #tell(command: Command): void {
    this.#pending.push(command);
    if (this.#pending.length >= atOnce) this.#flush();
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    this.link.send(this.#pending);
    this.#pending = [];
  }

  /** Called when a storage lets go of its value there. */
  release(id: number): void {
    const held = this.#holders.delete(id);
    if (this.#failure !== undefined || !(held || this.#labels.every(({ ref }) => ref.id !== id))) return;
    this.#tell({ do: 'free', ids: [id] });
  }

  bring(ref: Ref, to: Float32Array): void {
    if (!this.link.waits) throw this.#makeScalarError();
    this.counter(this.#verb).down += to.byteLength;
    this.#flush();
    this.link.read(ref.id, to);
  }

  async fetch(ref: Ref, to: Float32Array): Promise<void> {
    this.counter('read').down += to.byteLength;
    this.#flush();
    await this.link.fetch(ref.id, to);
  }

  /** Brings back everything that is only there, and ends the device. */
  async end(): Promise<void> {
    for (const { storage } of this.#holders.values()) await storage.deref()?.fetch();
    this.#failure = 'the device was given up';
    this.link.end();
  }
}

const isTensor = (value: unknown): value is Tensor =>
  value !== null && typeof value === 'object' && 'storage' in value && 'shape' in value;
