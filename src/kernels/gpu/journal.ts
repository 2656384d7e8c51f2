// What a device was told since everything was here last, so that the CPU can do it again if the device fails.
import type { Tensor } from '../../tensor/index.ts';
import type { Backend } from '../backend.ts';
import { type Command, isRef } from './command.ts';
import { rowMajor } from './strided.ts';

/** When to bring everything here and begin a new journal: by what is kept, and by what the CPU would have to do. */
const limits = { bytes: 256 * 2 ** 20, commands: 20_000, milliseconds: 30_000 };

/** Makes a tensor that lives outside of scopes: with a copy of these values, or any. */
export type MakeTensor = (shape: readonly number[], values?: Float32Array) => Tensor;

export class Journal {
  #commands: Command[] = [];
  #bytes = 0;
  #milliseconds = 0;

  /** @param milliseconds what the CPU would need for it, about */
  note(command: Command, milliseconds: number): void {
    this.#commands.push(command);
    this.#milliseconds += milliseconds;
    if (command.do === 'put') this.#bytes += command.values.byteLength;
  }

  get isFull(): boolean {
    return (
      this.#bytes > limits.bytes ||
      this.#commands.length > limits.commands ||
      this.#milliseconds > limits.milliseconds
    );
  }

  /** This place in the journal. */
  mark(): number {
    return this.#commands.length;
  }

  /** Everything up to `mark` is here now: these values, by their numbers. What was noted later stays. */
  beginWith(ids: readonly number[], values: readonly Float32Array[], mark = this.mark()): void {
    const later = this.#commands.slice(mark);
    this.#commands = [];
    this.#bytes = 0;
    this.#milliseconds = 0;
    for (const [i, id] of ids.entries()) this.note({ do: 'put', id, values: values[i] }, 0);
    for (const command of later) this.note(command, 0);
  }

  /** Does it all again on the CPU. Returns the values that are still wanted, by their numbers. */
  replay(cpu: Backend, make: MakeTensor): Map<number, Tensor> {
    const values = new Map<number, Tensor>();
    const operand = (argument: unknown): unknown => {
      if (!isRef(argument)) return argument;
      const { storage } = values.get(argument.id) as Tensor;
      return argument.isIndex ? Int32Array.from(storage.read()) : make(argument.shape, storage.read());
    };
    for (const command of this.#commands) {
      switch (command.do) {
        case 'put':
          values.set(command.id, make([command.values.length], command.values));
          break;
        case 'fill':
          values.set(command.result.id, make(command.result.shape, Float32Array.of(command.value)));
          break;
        case 'free':
          for (const id of command.ids) values.delete(id);
          break;
        case 'run': {
          const results = runAgain(cpu, command.verb, command.args.map(operand), command.results, make);
          results.forEach((result, i) => values.set(command.results[i].id, result));
        }
      }
    }
    return values;
  }
}

const optimizers = ['sgd', 'adam', 'rmsprop', 'adagrad'];

/** Runs a command's verb on the CPU. */
function runAgain(
  cpu: Backend,
  verb: string,
  args: unknown[],
  shapes: readonly { shape: readonly number[] }[],
  make: MakeTensor,
): Tensor[] {
  const run = cpu[verb as keyof Backend] as (...args: unknown[]) => void;
  if (optimizers.includes(verb)) {
    const options = args.pop();
    run([args], options); // its operands are copies, which it overwrites
    return (args as Tensor[]).filter((_, place) => place !== 1); // all but the gradient
  }
  const y = make(shapes[0].shape);
  if (verb === 'copy') args.push({ offset: 0, strides: rowMajor(args[2] as number[]) });
  run(...args, y);
  return [y];
}
