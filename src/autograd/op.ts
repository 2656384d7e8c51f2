// defineOp: what an operation is, and how a call checks its arguments, runs, and is recorded.
import {
  allocateRaw,
  ArgumentError,
  describe,
  scope,
  type Origin,
  type Shape,
  type Storage,
  sizeOf,
  Tensor,
} from '../tensor/index.ts';

/** What an operation takes where it wants a tensor: a number stands for a scalar. */
export type Operand = Tensor | number;

/** The inputs as an operation's own functions see them: numbers have become tensors. */
type Resolved<Inputs extends readonly unknown[]> = {
  [K in keyof Inputs]: Inputs[K] extends readonly Operand[]
    ? Tensor[]
    : Tensor | Extract<Inputs[K], undefined>;
};

/** The gradient of one input. G is ∂L/∂Y, Y the result; the rest are the call's arguments. */
export type Pullback<Inputs extends readonly unknown[], Rest extends readonly unknown[]> = (
  G: Tensor,
  Y: Tensor,
  ...args: [...Resolved<Inputs>, ...Rest]
) => Tensor;

/** Random arguments for tests, made in whatever precision the engine runs in. */
export interface Samples {
  /** Uniform in [low, high); −1 and 1 unless said. */
  uniform(shape: Shape, low?: number, high?: number): Tensor;
  /** Uniform in ±[least, 1): away from a kink at 0. */
  awayFromZero(shape: Shape, least?: number): Tensor;
  /** Values in random order of which no two are nearer than 0.1. */
  distinct(shape: Shape): Tensor;
  /** Whole numbers in 0 … below − 1. */
  integers(count: number, below: number): Int32Array;
}

interface Named<Inputs extends readonly unknown[], Rest extends readonly unknown[]> {
  /** The function's name, as it appears in errors. */
  name: string;
  /** The names of the tensor arguments, which come first; one that ends in `?` may be left out, one that ends in `...` is a list. */
  inputs: readonly string[];
  /** Argument lists that tests run the operation and its gradient with: sizes that differ, so that a swapped axis cannot hide. */
  samples(random: Samples): [...Inputs, ...Rest][];
}

/** A kernel, and the gradient of each input, written with operations. */
export interface Primitive<Inputs extends readonly unknown[], Rest extends readonly unknown[]>
  extends Named<Inputs, Rest> {
  /** The result's shape. Throws what there is to say about bad arguments. */
  shape(...args: [...Resolved<Inputs>, ...Rest]): Shape;
  /** Fills Y, which has that shape. */
  forward(Y: Tensor, ...args: [...Resolved<Inputs>, ...Rest]): void;
  /** ∂L/∂input for each input that has one, by its name; a list's takes the place in the list last. `none`: not differentiable. */
  gradient: Record<string, Pullback<Inputs, Rest>> | ((place: number) => Pullback<Inputs, Rest>) | 'none';
  /** The inputs whose values the gradient reads, and `result` if it reads Y: they must not change before backward. */
  reads: readonly string[];
  /** The class of the result, if it is not plain `Tensor`. */
  result?: new (
    shape: Shape,
    storage?: Storage,
  ) => Tensor;
  /** The result shares the first input's storage; `forward` has nothing to do. */
  shares?: true;
}

/** A formula in other operations, whose gradient follows from theirs. */
export interface Composed<Inputs extends readonly unknown[], Rest extends readonly unknown[]>
  extends Named<Inputs, Rest> {
  compose(...args: [...Resolved<Inputs>, ...Rest]): Tensor;
}

/**
 * A formula for which there are faster kernels in both directions. `compose` is what it means: tests hold the
 * kernels against it, and it is what a second derivative differentiates.
 */
export interface Fused<Inputs extends readonly unknown[], Rest extends readonly unknown[]>
  extends Omit<Primitive<Inputs, Rest>, 'gradient'>,
    Composed<Inputs, Rest> {
  gradient: Record<string, Pullback<Inputs, Rest>>;
}

export type Definition<Inputs extends readonly unknown[], Rest extends readonly unknown[]> =
  | Primitive<Inputs, Rest>
  | Composed<Inputs, Rest>
  | Fused<Inputs, Rest>;

export type AnyDefinition = Definition<any, any>;

/** An operation: called with its inputs and then its other arguments. */
export type Op<Inputs extends readonly unknown[], Rest extends readonly unknown[]> = ((
  ...args: [...Inputs, ...Rest]
) => Tensor) & {
  readonly definition: Definition<Inputs, Rest>;
};

/** One recorded call. */
export interface Call extends Origin {
  /** Calls are numbered as they happen, so inputs always have lower numbers than results. */
  readonly number: number;
  readonly definition: AnyDefinition;
  readonly result: Tensor;
  /** The arguments, until the graph is freed. */
  args: readonly unknown[] | undefined;
  /** The tensors that the gradient reads, and how often each had been written to. */
  reads: readonly { name: string; tensor: Tensor; version: number }[];
}

let recording = true;
let calls = 0;

/** Runs `body` with recording switched on or off. */
export function withRecording<T>(on: boolean, body: () => T): T {
  const before = recording;
  recording = on;
  try {
    return body();
  } finally {
    recording = before;
  }
}

/**
 * Runs `body` without recording: results need no gradient, and nothing is kept for backward. Returns what `body` returns.
 * It covers synchronous code only, and is a scope: of the tensors that it makes, those that it returns are kept.
 */
export function noGrad<T>(body: () => T): T {
  if (typeof body !== 'function')
    throw new ArgumentError(
      'noGrad',
      `cannot run ${describe(body)}`,
      'the argument must be a function',
      'noGrad(() => model.forward(x))',
    );
  return scope(() => {
    const result = withRecording(false, body);
    if (!(result instanceof Promise)) return result;
    throw new ArgumentError(
      'noGrad',
      'the function is asynchronous',
      'noGrad ends when the function returns, before what it awaits has run',
      'await first, then noGrad(() => ...)',
    );
  });
}

/** Whether calls are recorded now. */
export const isRecording = (): boolean => recording;

/** Makes an operation from its definition. */
export function defineOp<Inputs extends readonly unknown[], Rest extends readonly unknown[] = []>(
  definition: Definition<Inputs, Rest>,
): Op<Inputs, Rest> {
  const op = (...args: unknown[]) => call(definition, args);
  return Object.assign(op, { definition }) as unknown as Op<Inputs, Rest>;
}

const isList = (definition: AnyDefinition) => definition.inputs[0].endsWith('...');

function call(definition: AnyDefinition, given: unknown[]): Tensor {
  const args = resolve(definition, given);
  if (!('forward' in definition)) return definition.compose(...args);

  const { shape, forward, shares, result: Result = Tensor } = definition;
  const sizes = shape.call(definition, ...args);
  const Y = new Result(sizes, shares ? (args[0] as Tensor).storage : allocateRaw(sizeOf(sizes)));
  forward.call(definition, Y, ...args);

  const inputs = (isList(definition) ? args[0] : args.slice(0, definition.inputs.length)) as (
    | Tensor
    | undefined
  )[];
  if (recording && definition.gradient !== 'none' && inputs.some((input) => input?.requiresGrad))
    record(definition, args, inputs, Y);
  return Y;
}

/** Checks the tensor arguments, and makes scalars of numbers. */
function resolve(definition: AnyDefinition, given: unknown[]): unknown[] {
  const { name, inputs } = definition;
  if (isList(definition)) {
    const list = given[0];
    if (!Array.isArray(list) || list.length === 0) {
      throw new ArgumentError(
        name,
        `the first argument is ${describe(list)}`,
        `${name} takes a list of at least one tensor`,
        `${name}([a, b])`,
      );
    }
    return [
      list.map((item, i) => toTensor(name, `${inputs[0].slice(0, -3)}[${i}]`, item)),
      ...given.slice(1),
    ];
  }
  const args = given.slice();
  inputs.forEach((input, i) => {
    if (given[i] === undefined && input.endsWith('?')) return;
    args[i] = toTensor(name, input.replace('?', ''), given[i]);
  });
  return args;
}

function toTensor(where: string, name: string, value: unknown): Tensor {
  if (value instanceof Tensor) return value;
  if (typeof value !== 'number') {
    throw new ArgumentError(
      where,
      `${name} is ${describe(value)}`,
      `${name} must be a tensor or a number`,
      Array.isArray(value) || ArrayBuffer.isView(value) ? `tensor(${name})` : undefined,
    );
  }
  const scalar = new Tensor([]);
  scalar.data[0] = value;
  return scalar;
}

function record(
  definition: Exclude<AnyDefinition, Composed<never, never>>,
  args: unknown[],
  inputs: (Tensor | undefined)[],
  Y: Tensor,
): void {
  const { name, inputs: names, reads } = definition as Primitive<never, never>;
  const read: Call['reads'] = reads.flatMap((input) => {
    if (input === 'result') return [{ name: 'its result', tensor: Y, version: Y.storage.version }];
    const places = isList(definition)
      ? inputs.map((_, i) => i)
      : [names.findIndex((n) => n.replace('?', '') === input)];
    return places.flatMap((i) => {
      const tensor = inputs[i];
      return tensor ? [{ name: input, tensor, version: tensor.storage.version }] : [];
    });
  });
  const origin: Call = { op: name, number: calls++, definition, inputs, result: Y, args, reads: read };
  Y.origin = origin;
}
