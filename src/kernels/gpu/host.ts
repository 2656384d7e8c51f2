// The host: where a device lives. It carries out commands, in this thread or as a worker's whole program.
import { type Command, isRef, type Ref, sizeOfRef } from './command.ts';
import type { Description, Device, Handle, Steps, Value } from './device.ts';
import { loadGpuJs, parentOfWorker, Unavailable } from './platform.ts';
import { programs } from './programs/index.ts';
import { WebGl } from './webgl.ts';
import { WebGpu } from './webgpu.ts';

export { Unavailable }; // from here, so that the package has one class of it

export type Backend = Description['backend'];

type Later<T> = T | Promise<T>;

/** `next` of a value that is here, or will be. */
const then = <T, U>(value: Later<T>, next: (value: T) => Later<U>): Later<U> =>
  value instanceof Promise ? value.then(next) : next(value);

/** A device, and the values that it holds. */
export class Host {
  readonly device: Device;
  /** Told before and after a call that the driver may hold up: what waits for it then gives no sign of life. */
  onDriver: ((isInside: boolean) => void) | undefined;
  readonly #values = new Map<number, { handle: Handle; size: number }>();

  constructor(device: Device) {
    this.device = device;
  }

  /** Opens the first of these devices that there is. Throws Unavailable with the reasons if there is none. */
  static async open(backends: readonly Backend[], allowSoftware: boolean): Promise<Host> {
    const gpuJs = await loadGpuJs();
    const reasons: string[] = [];
    let repair: string | undefined;
    for (const backend of backends) {
      try {
        const device = backend === 'webgpu' ? await WebGpu.open(gpuJs) : WebGl.open(gpuJs, backend);
        const { adapter, isSoftware } = device.description;
        if (!isSoftware || allowSoftware) return new Host(device);
        device.end();
        reasons.push(`${backend}: ${adapter} is software, which is slower than this engine on the CPU`);
        repair = `setDevice('${backend}', { allowSoftware: true })`;
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        reasons.push(error.message);
        repair ??= error.repair;
      }
    }
    throw new Unavailable(reasons.join('; '), repair);
  }

  #inDriver<T>(body: () => T): T {
    this.onDriver?.(true);
    try {
      return body();
    } finally {
      this.onDriver?.(false);
    }
  }

  get bytes(): number {
    let bytes = 0;
    for (const { size } of this.#values.values()) bytes += 4 * size;
    return bytes;
  }

  execute(command: Command): Later<void> {
    switch (command.do) {
      case 'put':
        return then(this.#upload(command.values), (handle) =>
          this.#keep(command.id, handle, command.values.length),
        );
      case 'fill':
        return this.#run('fill', [command.value], [command.result]);
      case 'run':
        return this.#run(command.verb, command.args, command.results);
      case 'choose':
        if (this.device.productKernel) this.device.productKernel = command.product;
        return;
      case 'free':
        for (const id of command.ids) this.#free(id);
    }
  }

  /** Values, one behind the other. */
  read(ids: readonly number[]): Later<Float32Array> {
    return this.#inDriver(() => this.device.download(ids.map((id) => this.#value(id))));
  }

  #upload(values: Float32Array): Later<Handle> {
    return this.#inDriver(() => this.device.upload(values));
  }

  end(): void {
    for (const { handle } of this.#values.values()) this.device.free(handle);
    this.#values.clear();
    this.device.end();
  }

  #run(verb: string, args: readonly unknown[], results: readonly Ref[]): Later<void> {
    const shaped = results.map((result) => ({ shape: result.shape, size: sizeOfRef(result) }));
    const steps = programs[verb](
      args.map((argument) => (isRef(argument) ? this.#valueOf(argument) : argument)),
      shaped,
    );
    return then(this.#drive(steps), (handles) => {
      for (const [i, { id }] of results.entries()) this.#keep(id, handles[i], shaped[i].size);
    });
  }

  /** Launches what a program yields; what it made on the way and does not return is freed. */
  #drive(steps: Steps): Later<Handle[]> {
    const made: Handle[] = [];
    const advance = (turn: ReturnType<Steps['next']>): Later<Handle[]> => {
      let step = turn;
      while (!step.done) {
        const wish = step.value;
        const handle =
          'floats' in wish ? this.#upload(wish.floats) : this.#inDriver(() => this.device.launch(wish));
        if (handle instanceof Promise)
          return handle.then((arrived) => {
            made.push(arrived);
            return advance(steps.next(arrived));
          });
        made.push(handle);
        step = steps.next(handle);
      }
      for (const handle of made) if (!step.value.includes(handle)) this.device.free(handle);
      return step.value;
    };
    return advance(steps.next());
  }

  #value(id: number) {
    const value = this.#values.get(id);
    if (!value) throw new Error(`there is no value ${id}`);
    return value;
  }

  #valueOf(ref: Ref): Value {
    return { shape: ref.shape, size: sizeOfRef(ref), handle: this.#value(ref.id).handle };
  }

  #keep(id: number, handle: Handle, size: number): void {
    this.#values.set(id, { handle, size });
  }

  #free(id: number): void {
    this.device.free(this.#value(id).handle);
    this.#values.delete(id);
  }
}

/** The words that a worker and its owner share; behind them, the text of a failure. */
export const words = { answer: 0, beat: 1, length: 2, compiling: 3, inDriver: 4, count: 5, textBytes: 2048 };
export const answers = { none: 0, done: 1, failed: 2 };

export interface Opening {
  backends: readonly Backend[];
  allowSoftware: boolean;
  control: SharedArrayBuffer;
}

/** What the owner of a worker asks of it. */
export type Request =
  | { open: Opening }
  | { commands: Command[] }
  /** Values into shared memory, while the owner sleeps. */
  | { read: readonly number[]; to: SharedArrayBuffer }
  /** Values as a message, with the ticket's number. */
  | { fetch: readonly number[]; ticket: number }
  | { lose: true }
  | { end: true };

const parent = parentOfWorker();
if (parent) {
  let host: Host;
  let failure: string | undefined;
  let control: Int32Array;
  const beat = () => Atomics.add(control, words.beat, 1);

  const open = async (opening: Opening): Promise<void> => {
    control = new Int32Array(opening.control);
    try {
      host = await Host.open(opening.backends, opening.allowSoftware);
    } catch (error) {
      parent.post({ unavailable: (error as Error).message, repair: (error as Unavailable).repair });
      return parent.leave();
    }
    host.device.onCompile = (isCompiling) => Atomics.store(control, words.compiling, Number(isCompiling));
    host.onDriver = (isInside) => {
      beat();
      Atomics.store(control, words.inDriver, Number(isInside));
    };
    setInterval(beat, 100);
    parent.post({ opened: host.device.description });
  };

  const values = async (ids: readonly number[]): Promise<Float32Array | undefined> => {
    try {
      if (failure === undefined) return await host.read(ids);
    } catch (error) {
      failure = (error as Error).message;
    }
    return undefined;
  };

  const read = async (ids: readonly number[], to: SharedArrayBuffer): Promise<void> => {
    const arrived = await values(ids);
    if (arrived) new Float32Array(to).set(arrived);
    else {
      const text = new TextEncoder().encode(failure).subarray(0, words.textBytes);
      new Uint8Array(control.buffer, 4 * words.count).set(text);
      control[words.length] = text.length;
    }
    Atomics.store(control, words.answer, arrived ? answers.done : answers.failed);
    Atomics.notify(control, words.answer);
  };

  const execute = async (commands: readonly Command[]): Promise<void> => {
    try {
      for (const command of commands) {
        if (failure) return;
        beat();
        await host.execute(command);
      }
    } catch (error) {
      failure ??= (error as Error).message;
    }
  };

  let done: Promise<void> = Promise.resolve();
  parent.listen((request: Request) => {
    done = done.then(() => {
      if ('open' in request) return open(request.open);
      if ('commands' in request) return execute(request.commands);
      if ('read' in request) return read(request.read, request.to);
      if ('fetch' in request)
        return values(request.fetch).then((values) =>
          parent.post({ ticket: request.ticket, values, failure }),
        );
      if ('lose' in request) return host.device.lose();
      host.end();
      parent.leave(); // nobody ends it from outside: Node aborts when a worker goes that waits for a GPU
    });
  });
}
