// The way to a host: in a worker, where a thread may sleep until values arrive, or in this thread.
import type { Command } from './command.ts';
import type { Description } from './device.ts';
import { answers, type Backend, Host, type Request, Unavailable, words } from './host.ts';
import { type HostThread, isNode, startHost } from './platform.ts';

export interface Link {
  readonly description: Description;
  /** Whether `read` works: this thread can wait for values. */
  readonly waits: boolean;
  send(commands: Command[]): void;
  /** Brings values, after all that was sent. Throws with the reason if anything has failed. */
  read(ids: readonly number[], to: readonly Float32Array[]): void;
  fetch(ids: readonly number[], to: readonly Float32Array[]): Promise<void>;
  end(): void;
  /** As if the driver had lost the device. For tests. */
  lose(): void;
}

const patience = 1500; // ms without a sign of life, before the worker counts as dead
const nap = 100; // ms between two looks
const slow = 30_000; // ms while a driver may hold up the worker

const died = 'its worker has died';
const silent = 'it gives no sign of life';

/** Deals values that lie one behind the other out to where they belong. */
function deal(values: Float32Array, to: readonly Float32Array[]): void {
  let from = 0;
  for (const each of to) {
    each.set(values.subarray(from, from + each.length));
    from += each.length;
  }
}

const lengthOf = (arrays: readonly Float32Array[]): number =>
  arrays.reduce((sum, { length }) => sum + length, 0);

class WorkerDied extends Unavailable {}

interface Opened {
  opened?: Description;
  unavailable?: string;
  repair?: string;
}

interface Answer {
  ticket: number;
  values?: Float32Array;
  failure?: string;
}

/** A host in a worker. */
class WorkerLink implements Link {
  readonly description: Description;
  readonly waits = true;
  readonly #thread: HostThread;
  readonly #control: Int32Array;
  #staging = new SharedArrayBuffer(0);
  /** That it has died, and how that was noticed. */
  #death: string | undefined;
  readonly #awaited = new Map<number, (answer: Answer) => void>();
  #tickets = 0;

  private constructor(thread: HostThread, control: Int32Array, description: Description) {
    this.#thread = thread;
    this.#control = control;
    this.description = description;
    thread.listen(
      (answer: Answer) => this.#awaited.get(answer.ticket)?.(answer),
      (reason) => this.#died(reason),
    );
  }

  #died(reason: string): string {
    this.#death ??= `${died}: ${reason}`;
    for (const [ticket, answer] of this.#awaited) answer({ ticket, failure: this.#death });
    return this.#death;
  }

  /** Tells, when it is asked, whether the worker has given a sign of life lately. */
  #watch(): () => boolean {
    const holdsUp = this.description.backend !== 'webgpu'; // WebGL answers when it has computed
    let [last, waited, before] = [-1, 0, performance.now()];
    return () => {
      const [beat, now] = [Atomics.load(this.#control, words.beat), performance.now()];
      waited = beat === last ? waited + Math.min(now - before, 2 * nap) : 0; // who is stopped himself can tell nothing
      [last, before] = [beat, now];
      const isHeldUp =
        holdsUp || [words.compiling, words.inDriver].some((at) => Atomics.load(this.#control, at) === 1);
      return waited <= (isHeldUp ? slow : patience);
    };
  }

  /** Throws Unavailable if there is no such device, WorkerDied if there is no worker. */
  static async open(backends: readonly Backend[], allowSoftware: boolean): Promise<WorkerLink> {
    const thread = startHost();
    thread.hold(true); // while somebody waits for it
    const control = new SharedArrayBuffer(4 * words.count + words.textBytes);
    try {
      const { opened, unavailable, repair } = await new Promise<Opened>((resolve, reject) => {
        thread.listen(resolve, (reason) => reject(new WorkerDied(`${died}: ${reason}`)));
        thread.post({ open: { backends, allowSoftware, control } } satisfies Request);
      });
      if (opened) return new WorkerLink(thread, new Int32Array(control), opened);
      throw new Unavailable(unavailable as string, repair);
    } finally {
      thread.hold(false);
    }
  }

  send(commands: Command[]): void {
    this.#thread.post({ commands } satisfies Request);
  }

  read(ids: readonly number[], to: readonly Float32Array[]): void {
    if (this.#death) throw new Error(this.#death);
    const control = this.#control;
    const bytes = 4 * lengthOf(to);
    if (this.#staging.byteLength < bytes) this.#staging = new SharedArrayBuffer(bytes);
    Atomics.store(control, words.answer, answers.none);
    this.#thread.post({ read: ids, to: this.#staging } satisfies Request);
    const isAlive = this.#watch();
    while (Atomics.load(control, words.answer) === answers.none) {
      if (!isAlive()) throw new Error(this.#died(silent));
      Atomics.wait(control, words.answer, answers.none, nap);
    }
    if (Atomics.load(control, words.answer) === answers.failed) {
      const text = new Uint8Array(control.buffer, 4 * words.count, control[words.length]);
      throw new Error(new TextDecoder().decode(text.slice()));
    }
    deal(new Float32Array(this.#staging), to);
  }

  async fetch(ids: readonly number[], to: readonly Float32Array[]): Promise<void> {
    if (this.#death) throw new Error(this.#death);
    const ticket = this.#tickets++;
    this.#thread.hold(true);
    const answer = new Promise<Answer>((resolve) => this.#awaited.set(ticket, resolve));
    this.#thread.post({ fetch: ids, ticket } satisfies Request);
    // Browsers do not tell of every worker's death.
    const isAlive = this.#watch();
    const watching = setInterval(() => {
      if (!isAlive()) this.#died(silent);
    }, nap);
    const { values, failure } = await answer;
    clearInterval(watching);
    this.#awaited.delete(ticket);
    if (this.#awaited.size === 0) this.#thread.hold(false);
    if (!values) throw new Error(failure);
    deal(values, to);
  }

  end(): void {
    this.#thread.post({ end: true } satisfies Request);
  }

  lose(): void {
    this.#thread.post({ lose: true } satisfies Request);
  }
}

/** A host in this thread: of a page, or of a worker that cannot share memory with another. */
class ThreadLink implements Link {
  readonly waits: boolean;
  readonly #host: Host;
  #failure: string | undefined;
  #done: Promise<void> = Promise.resolve();

  constructor(host: Host) {
    this.#host = host;
    this.waits = this.description.backend !== 'webgpu';
  }

  get description(): Description {
    return this.#host.device.description;
  }

  send(commands: Command[]): void {
    if (this.waits) for (const command of commands) this.#attempt(() => this.#host.execute(command));
    else
      this.#done = this.#done.then(async () => {
        try {
          for (const command of commands) if (!this.#failure) await this.#host.execute(command);
        } catch (error) {
          this.#failure ??= (error as Error).message;
        }
      });
  }

  #attempt<T>(body: () => T): T | undefined {
    try {
      if (!this.#failure) return body();
    } catch (error) {
      this.#failure ??= (error as Error).message;
    }
    return undefined;
  }

  read(ids: readonly number[], to: readonly Float32Array[]): void {
    const values = this.#attempt(() => this.#host.read(ids) as Float32Array);
    if (this.#failure) throw new Error(this.#failure);
    deal(values as Float32Array, to);
  }

  async fetch(ids: readonly number[], to: readonly Float32Array[]): Promise<void> {
    await this.#done;
    if (this.#failure) throw new Error(this.#failure);
    const read = async () => deal(await this.#host.read(ids), to);
    this.#done = read().catch((error) => {
      this.#failure ??= (error as Error).message;
    });
    await this.#done;
    if (this.#failure) throw new Error(this.#failure);
  }

  end(): void {
    this.#host.end();
  }

  lose(): void {
    this.#host.device.lose();
  }
}

/**
 * Opens the first of these devices that there is: in a worker if that is wanted. Where no worker can be started (a bundler has not heard of
 * it, a page forbids it) the device lives in this thread, which then may be unable to wait for it. Node can start one.
 */
export async function openLink(
  backends: readonly Backend[],
  allowSoftware: boolean,
  inWorker: boolean,
): Promise<Link> {
  try {
    if (inWorker) return await WorkerLink.open(backends, allowSoftware);
  } catch (error) {
    if (!(error instanceof WorkerDied) || isNode()) throw error;
  }
  return new ThreadLink(await Host.open(backends, allowSoftware));
}
