// The tensor: numbers with a shape, and a note of how they were made. No arithmetic.
import { describe, isNumericArray } from './check.ts';
import { ArgumentError, ShapeError } from './errors.ts';
import { printTensor } from './print.ts';
import { checkShape, type Shape, sameShape, show, sizeOf } from './shape.ts';
import { allocate, allocateRaw, detached, type Storage } from './storage.ts';

declare const widths: unique symbol;
declare const byMembers: unique symbol;

/** The sizes that the compiler knows. Where it doesn't know one (`number`), or how many there are, all fit. */
type Widths<S extends Shape> = number[] extends S
  ? any
  : { readonly [K in keyof S]: number extends S[K] ? any : S[K] };

/** A tensor's values as nested arrays; a plain number for a scalar. */
export type NestedArray = number | NestedArray[];

/** How a tensor was made: what `backward` needs to walk from it to its inputs. */
export interface Origin {
  readonly op: string;
  readonly inputs: readonly (Tensor | undefined)[];
}

/**
 * An array of float32 numbers with a shape: contiguous, row-major.
 *
 * The type argument names the sizes that are known when compiling: `Tensor<[number, 784]>` is any number of
 * rows of 784. `Tensor` alone is a tensor of any shape. Make one with {@link tensor}, `zeros`, `randn`, ...
 */
export class Tensor<S extends Shape = any> {
  readonly shape: Shape;
  /** @internal */
  readonly storage: Storage;
  /** The sum of the gradients that `backward()` has brought here; undefined before the first. */
  grad: Tensor<S> | undefined = undefined;
  /** A gradient that was forgotten by `zeroGrad()`: its memory serves the next. @internal */
  spareGrad: Tensor<S> | undefined = undefined;
  /** How it was made; undefined for a leaf of the graph. @internal */
  origin: Origin | undefined = undefined;
  #requiresGrad = false;
  declare readonly [widths]?: Widths<S>;
  /** Always empty. A mapped type of S makes the compiler compare tensors by their members, not their S's. */
  declare readonly [byMembers]?: { [K in keyof S as never]: never };

  /** A tensor of zeros; `tensor([[1, 2], [3, 4]])` makes one of given values. */
  constructor(shape: Shape);
  /** @internal */
  constructor(shape: Shape, storage?: Storage);
  constructor(shape: Shape, storage: Storage = allocate(sizeOf(checkShape('Tensor', shape)))) {
    this.shape = shape;
    this.storage = storage;
  }

  /** The number of elements. */
  get size(): number {
    return this.storage.length;
  }

  /** The number of axes; 0 for a scalar. */
  get rank(): number {
    return this.shape.length;
  }

  /**
   * The values, row by row: a view that is borrowed, always the same one. Read it, don't write to it
   * (`copyFrom` writes, `toArray` copies).
   */
  get data(): Float32Array {
    return this.storage.read();
  }

  /** The values, once they have arrived: `data` for tensors that may live on another device. */
  read(): Promise<Float32Array> {
    return this.storage.fetch();
  }

  /** Whether `backward()` brings a gradient here. Set it on leaves only: results inherit it from their inputs. */
  get requiresGrad(): boolean {
    return this.#requiresGrad || this.origin !== undefined;
  }

  set requiresGrad(value: boolean) {
    if (typeof value !== 'boolean') {
      throw new ArgumentError(
        'requiresGrad',
        `cannot be ${describe(value)}`,
        'requiresGrad must be true or false',
      );
    }
    if (this.origin) {
      throw new ArgumentError(
        'requiresGrad',
        `cannot be set on the result of ${this.origin.op}`,
        'only leaves (tensors that no recorded operation made) can be switched',
        'detach() first, or use noGrad(() => ...)',
      );
    }
    this.#requiresGrad = value;
  }

  /** The single value of a tensor that has one element. */
  item(): number {
    if (this.size === 1) return this.data[0];
    throw new ShapeError(
      'item',
      `a tensor of shape ${show(this.shape)} holds ${this.size} values`,
      'item() needs exactly one',
      'toArray() or data',
    );
  }

  /** A copy of the values as nested arrays, one level for each axis; a number for a scalar. */
  toArray(): NestedArray {
    const { data, shape } = this;
    let next = 0;
    const level = (axis: number): NestedArray =>
      axis === shape.length ? data[next++] : Array.from({ length: shape[axis] }, () => level(axis + 1));
    return level(0);
  }

  /**
   * Overwrites the values in place. `source` is a tensor of the same shape, or as many numbers as there are elements,
   * row by row.
   * Counts as a write: a graph that still needs the old values will refuse to go backward.
   */
  copyFrom(source: Tensor | ArrayLike<number>): this {
    if (source instanceof Tensor && !sameShape(source.shape, this.shape)) {
      throw new ShapeError(
        'copyFrom',
        `cannot copy ${show(source.shape)} into ${show(this.shape)}`,
        'both shapes must be equal',
      );
    }
    const values = source instanceof Tensor ? source.data : source;
    const wrong = Array.isArray(values) ? values.findIndex((value) => typeof value !== 'number') : -1;
    if (wrong >= 0 || !(Array.isArray(values) || isNumericArray(values))) {
      throw new ArgumentError(
        'copyFrom',
        wrong >= 0
          ? `value ${wrong} is ${describe((values as ArrayLike<unknown>)[wrong])}`
          : `cannot copy from ${describe(values)}`,
        'the source must be a tensor or a flat array of numbers',
        wrong >= 0 ? 'copyFrom(tensor(values))' : undefined,
      );
    }
    if (values.length !== this.size) {
      throw new ShapeError(
        'copyFrom',
        `cannot copy ${values.length} values into ${show(this.shape)}`,
        `${this.size} values are needed`,
      );
    }
    this.storage.write().set(values);
    return this;
  }

  /**
   * Forgets the gradient, so that the next `backward()` starts afresh. Its memory is used again for the next one: clone a
   * gradient that shall outlive this call.
   */
  zeroGrad(): void {
    this.spareGrad = this.grad ?? this.spareGrad;
    this.grad = undefined;
  }

  /** The same values (shared, not copied) without a history: gradients stop here. */
  detach(): Tensor<S> {
    return new Tensor<S>(this.shape, this.storage);
  }

  toString(): string {
    return printTensor(this);
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/**
 * What softmax returns: values that are already normalised. It can be used wherever a tensor can, except as
 * logits: losses that take logits apply softmax themselves, and a second one would flatten their gradient.
 */
export class Probabilities<S extends Shape = any> extends Tensor<S> {
  declare readonly 'softmax was applied already; this function wants logits': true;
}

/** A tensor that may be used as logits: any but {@link Probabilities}. */
export type Logits<S extends Shape = any> = Tensor<S> & {
  readonly 'softmax was applied already; this function wants logits'?: never;
};

/** A tensor of any values, for a result that will be written whole. */
export const emptyTensor = <S extends Shape>(shape: S): Tensor<S> =>
  new Tensor(shape, allocateRaw(sizeOf(shape)));

/** A tensor of zeros that outlives scopes: for parameters, buffers and the state of optimizers. @internal */
export const lastingTensor = <S extends number[]>(shape: readonly [...S]): Tensor<S> =>
  detached(() => new Tensor<S>(shape));
