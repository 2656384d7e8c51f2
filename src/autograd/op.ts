// defineOp: what an operation is, and how a call checks its arguments, runs, and is recorded.
import {
  allocateRaw,
  ArgumentError,
  describe,
  emptyTensor,
  type Origin,
  scope,
  type Shape,
  sizeOf,
  type Storage,
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
  readonly signature: Signature;
  readonly result: Tensor;
  /** The walk that has found it last. */
  walk: number;
  /** The arguments, until the graph is freed. */
  args: readonly unknown[] | undefined;
  /** The tensors that the gradient reads, and how often each had been written to. */
  reads: { name: string; tensor: Tensor; version: number }[];
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
  const signature = signatureOf(definition);
  const op = (...args: unknown[]) => call(signature, args);
  return Object.assign(op, { definition }) as unknown as Op<Inputs, Rest>;
}

/** A definition, read once: what each call needs to know of its arguments. */
export interface Signature {
  definition: AnyDefinition;
  /** The tensor arguments, without their marks. */
  names: readonly string[];
  mayBeLeftOut: readonly boolean[];
  /** The first argument is a list. */
  isList: boolean;
  /** The inputs that the gradient reads, by place. */
  reads: readonly number[];
  readsResult: boolean;
  /** The gradient of the input in a place, if there is one. */
  pullback(place: number): Pullback<unknown[], unknown[]> | undefined;
}

function signatureOf(definition: AnyDefinition): Signature {
  const { inputs, reads = [], gradient } = definition as Primitive<unknown[], unknown[]>;
  const names = inputs.map((input) => input.replace(/\?$|\.{3}$/, ''));
  const pullbacks = names.map((name) => (gradient as Record<string, Pullback<unknown[], unknown[]>>)?.[name]);
  return {
    definition,
    names,
    mayBeLeftOut: inputs.map((input) => input.endsWith('?')),
    isList: inputs[0].endsWith('...'),
    reads: names.flatMap((name, place) => (reads.includes(name) ? [place] : [])),
    readsResult: reads.includes('result'),
    pullback: typeof gradient === 'function' ? gradient : (place) => pullbacks[place],
  };
}

function call(signature: Signature, args: unknown[]): Tensor {
  const { definition, isList, names } = signature;
  resolve(signature, args);
  if (!('forward' in definition)) return definition.compose(...args);

  const { forward, shares, result: Result = Tensor } = definition;
  const sizes = definition.shape(...args);
  const Y = new Result(sizes, shares ? (args[0] as Tensor).storage : storageFor(sizeOf(sizes)));
  forward.call(definition, Y, ...args);

  const isRecorded = recording && definition.gradient !== 'none';
  if (isRecorded || observer) {
    const inputs = (isList ? args[0] : args.slice(0, names.length)) as (Tensor | undefined)[];
    if (isRecorded && inputs.some(needsGrad)) record(signature, args, inputs, Y);
    observer?.call(Y, definition, inputs);
  }
  return Y;
}

/** Is told of everything that is computed. */
export interface Observer {
  /** An operation has returned. */
  call(result: Tensor, definition: AnyDefinition, inputs: readonly (Tensor | undefined)[]): void;
  /** The gradient of one of a call's inputs is there. */
  gradient(G: Tensor, call: Call, place: number): void;
}

let observer: Observer | undefined;

/** Who is told of everything, if somebody is. */
export const currentObserver = (): Observer | undefined => observer;

/** Runs `body` while `told` is told of everything; nobody, if undefined. */
export function withObserver<T>(told: Observer | undefined, body: () => T): T {
  const before = observer;
  observer = told;
  try {
    return body();
  } finally {
    observer = before;
  }
}

let offered: Storage | undefined;

/**
 * Runs `body`, in which the first result of the storage's length is computed into it, without a copy. Whether it was, the result's
 * storage tells. Nothing may be recorded meanwhile, and nobody may need what the storage holds.
 */
export function offering<T>(storage: Storage | undefined, body: () => T): T {
  offered = storage;
  try {
    return body();
  } finally {
    offered = undefined;
  }
}

function storageFor(length: number): Storage {
  if (offered?.length !== length) return allocateRaw(length);
  const storage = offered;
  offered = undefined;
  return storage;
}

const needsGrad = (input: Tensor | undefined): boolean => input?.requiresGrad === true;

/** Checks the tensor arguments, and makes scalars of numbers, in place. */
function resolve({ definition: { name }, names, mayBeLeftOut, isList }: Signature, args: unknown[]): void {
  if (isList) {
    args[0] = resolveList(name, names[0], args[0]);
    return;
  }
  for (let i = 0; i < names.length; i++) {
    const given = args[i];
    if (!(given instanceof Tensor || (given === undefined && mayBeLeftOut[i])))
      args[i] = toTensor(name, names[i], given);
  }
}

function resolveList(where: string, name: string, list: unknown): Tensor[] {
  if (Array.isArray(list) && list.length > 0)
    return list.map((item, i) => toTensor(where, `${name}[${i}]`, item));
  throw new ArgumentError(
    where,
    `the first argument is ${describe(list)}`,
    `${where} takes a list of at least one tensor`,
    `${where}([a, b])`,
  );
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
  const scalar = emptyTensor([]);
  scalar.storage.fill(value);
  return scalar;
}

function record(signature: Signature, args: unknown[], inputs: (Tensor | undefined)[], Y: Tensor): void {
  const { definition, names, isList, reads, readsResult } = signature;
  const read: Call['reads'] = [];
  if (isList && reads.length > 0) for (const tensor of inputs) remember(read, names[0], tensor);
  else for (const place of reads) remember(read, names[place], inputs[place]);
  if (readsResult) remember(read, 'its result', Y);
  const origin: Call = {
    op: definition.name,
    number: calls++,
    signature,
    inputs,
    result: Y,
    walk: 0,
    args,
    reads: read,
  };
  Y.origin = origin;
}

function remember(reads: Call['reads'], name: string, tensor: Tensor | undefined): void {
  if (tensor) reads.push({ name, tensor, version: tensor.storage.version });
}
