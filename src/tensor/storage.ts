// Where a tensor's floats live. Several tensors may share one storage (`reshape`, `detach`).
import { ArgumentError } from './errors.ts';

type FloatsConstructor = new (length: number) => Float32Array;

let Floats: FloatsConstructor = Float32Array;

/**
 * The array that new storages are made of. float32 always, except in gradient checks, which run the
 * whole engine in float64 (where Float32Array in our types stands for Float64Array).
 * @internal
 */
export function setElementArray(constructor: unknown): void {
  Floats = constructor as FloatsConstructor;
}

/** @internal */
export const elementArray = (): FloatsConstructor => Floats;

/**
 * A run of floats, and a count of how often it was written to. Readers and writers go through
 * `read` and `write`, so that a storage on another device can fetch and mark itself.
 */
export class Storage {
  readonly device = 'cpu';
  /** Rises by one with each write; operations remember it, so backward can tell that a value is gone. */
  version = 0;
  readonly #array: Float32Array;

  constructor(array: Float32Array) {
    this.#array = array;
  }

  get length(): number {
    return this.#array.length;
  }

  /** The floats, to be read only. Always the same array. */
  read(): Float32Array {
    return this.#array;
  }

  /** The floats, to be written; counts as one write. */
  write(): Float32Array {
    this.version++;
    return this.#array;
  }

  /** `read`, for storages that can only be fetched asynchronously. */
  async fetch(): Promise<Float32Array> {
    return this.#array;
  }
}

/** A new storage of `length` zeros. */
export function allocate(length: number): Storage {
  try {
    return new Storage(new Floats(length));
  } catch {
    const size = (length * 4) / 2 ** 30;
    throw new ArgumentError(
      'Tensor',
      `${length} values need ${size < 100 ? size.toFixed(1) : size.toPrecision(3)} GiB`,
      'a tensor must fit into memory',
    );
  }
}
