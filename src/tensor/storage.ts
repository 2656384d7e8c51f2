// Where a tensor's floats live, and when they go. Several tensors may share one storage (`reshape`, `detach`).
import { MemoryError, ReleasedError } from './errors.ts';
import { blockSize, type Heap, heap } from './heap.ts';

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

/** The storages that were made while a scope was the innermost one. */
export class ScopeRecord {
  readonly storages: Storage[] = [];

  /** Runs `body` with this as the innermost scope, and releases nothing yet. */
  run<T>(body: () => T): T {
    openScopes.push(this);
    try {
      return body();
    } finally {
      openScopes.pop();
    }
  }

  /** Ends all storages that were made here and not kept. */
  release(): void {
    for (const storage of this.storages) storage.release(this);
    this.storages.length = 0;
  }
}

/** The scopes that are open now, innermost last. */
export const openScopes: ScopeRecord[] = [];

const innermost = (): ScopeRecord | undefined => openScopes[openScopes.length - 1];

let lasting = false;

/**
 * Runs `body` outside of all scopes: what it makes lives in the heap as long as somebody refers to it, whatever its size.
 * For parameters, their gradients, and the state of optimizers.
 */
export function detached<T>(body: () => T): T {
  const scopes = openScopes.splice(0);
  const before = lasting;
  lasting = true;
  try {
    return body();
  } finally {
    lasting = before;
    openScopes.unshift(...scopes);
  }
}

const released = () =>
  new ReleasedError(
    'data',
    'this tensor was released when its scope ended',
    'what a scope makes ends with it',
    'step.keep(x), or return it from scope(() => ...)',
  );

/** What tensors hold of the heap outside of scopes, in bytes. They give it back when they are collected, which may be late: so it is limited. */
const unscoped = { small: 0, large: 0 };

/** Small ones are left behind by the thousand in a loop; large ones are data, and few. */
const kindOf = (bytes: number): keyof typeof unscoped => (bytes < 16 * 2 ** 20 ? 'small' : 'large');

function fits(bytes: number): boolean {
  const kind = kindOf(bytes);
  const limit = kind === 'small' ? 48 * 2 ** 20 : (heap() as Heap).maximum / 4;
  return unscoped[kind] + blockSize(bytes) <= limit;
}

/** How many arrays there were that the heap had no room for. */
let overflow = 0;

interface Block {
  address: number;
  bytes: number;
  /** Whether it counts against the limit. */
  counted: boolean;
}

/** Gives back the blocks of unscoped storages whose array nobody can reach any more. */
const reclaim = new FinalizationRegistry(({ address, bytes, counted }: Block) => {
  if (counted) unscoped[kindOf(bytes)] -= blockSize(bytes);
  (heap() as Heap).free(address, bytes);
});

/** The floats of a storage as another device has them. */
export interface Remote {
  /** Brings them here. Throws where this thread cannot wait for them. */
  read(to: Float32Array): void;
  /** Brings them here, in time. */
  fetch(to: Float32Array): Promise<void>;
  /** Nobody needs them any more. */
  release(): void;
}

/**
 * A run of floats, and a count of how often it was written to. Readers and writers go through
 * `read` and `write`, so that floats on another device come here when they are needed, and not before.
 *
 * The floats are a block of the heap, or an array of their own. A block goes back to the heap when the scope ends that
 * the storage was made in; outside of scopes, when the array that stands for it can no longer be reached.
 */
export class Storage {
  readonly length: number;
  /** Rises by one with each write; operations remember it, so backward can tell that a value is gone. */
  version = 0;
  /** Whether several threads wrote these floats last, each its own part: that is then in each one's cache. */
  isShared = false;
  /** The scope that ends this storage; none if it lives as long as somebody refers to it. */
  #owner: ScopeRecord | undefined = undefined;
  #address = 0;
  #array: Float32Array | undefined = undefined;
  /** The same values on another device. */
  #remote: Remote | undefined = undefined;
  /** Only there: the floats here are old. */
  #isAway = false;

  constructor(length: number) {
    this.length = length;
    const memory = Floats === Float32Array ? heap() : undefined;
    const owner = innermost();
    const bytes = 4 * length;
    if (memory && (owner || lasting || fits(bytes))) this.#address = memory.allocate(bytes);
    if (this.#address === 0) {
      this.#array = newArray(length);
      if (memory) overflow++;
    } else if (owner) {
      this.#owner = owner;
      owner.storages.push(this);
    } else this.#outliveScopes();
  }

  /** The byte offset in the heap of the floats, to be read; 0 for an array of its own. */
  get address(): number {
    if (this.#address < 0) throw released();
    if (this.#isAway) this.#bring();
    return this.#address;
  }

  /** `address`, to be written; counts as one write. */
  writeAddress(): number {
    const { address } = this;
    this.#wrote();
    return address;
  }

  /** The floats, to be read only. Always the same array. */
  read(): Float32Array {
    if (this.#isAway) this.#bring();
    return this.#view();
  }

  /** The floats, to be written; counts as one write. */
  write(): Float32Array {
    const floats = this.read();
    this.#wrote();
    return floats;
  }

  /** Writes the same value everywhere. */
  fill(value: number): void {
    if (this.length === 1 && this.#address > 0) {
      this.#isAway = false;
      this.#wrote();
      (heap() as Heap).setFloat(this.#address, value); // a view would take longer to make than the value to write
    } else this.write().fill(value);
  }

  /** `read`, which waits for floats on another device. */
  async fetch(): Promise<Float32Array> {
    while (this.#isAway) {
      const remote = this.#remote as Remote;
      const arrived = new Float32Array(this.length);
      await remote.fetch(arrived);
      if (remote !== this.#remote || !this.#isAway) continue; // written, released or read meanwhile
      this.#view().set(arrived);
      this.#isAway = false;
    }
    return this.read();
  }

  /** The same values on another device, if they are there. */
  get remote(): Remote | undefined {
    return this.#remote;
  }

  /** Whether the values are on another device only. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** Remembers a copy of these values on another device. */
  copiedTo(remote: Remote): void {
    this.#remote?.release();
    this.#remote = remote;
  }

  /** Brings the values here if they are on another device only, and lets go of those. */
  leave(): void {
    if (this.#isAway) this.#bring();
    this.#remote?.release();
    this.#remote = undefined;
  }

  /** Another device has written all values; counts as one write. */
  writtenBy(remote: Remote): void {
    this.#wrote();
    this.#remote = remote;
    this.#isAway = true;
  }

  #view(): Float32Array {
    if (this.#array === undefined) {
      if (this.#address < 0) throw released();
      this.#array = (heap() as Heap).floats(this.#address, this.length);
    }
    return this.#array;
  }

  #bring(): void {
    (this.#remote as Remote).read(this.#view());
    this.#isAway = false;
  }

  #wrote(): void {
    this.version++;
    if (this.#remote === undefined) return;
    this.#remote.release();
    this.#remote = undefined;
    this.#isAway = false;
  }

  /** Moves the storage from the scope that would end it to `owner`; without one, it lives as long as it is referred to. */
  keep(owner: ScopeRecord | undefined): void {
    if (this.#address < 0) throw released();
    if (this.#owner === undefined || this.#address === 0) return;
    this.#owner = owner;
    if (owner) owner.storages.push(this);
    else this.#outliveScopes();
  }

  /** Gives the block back if `owner` still owns it. */
  release(owner: ScopeRecord): void {
    if (this.#owner !== owner || this.#address <= 0) return;
    (heap() as Heap).free(this.#address, 4 * this.length);
    this.#address = -1;
    this.#array = undefined;
    this.#remote?.release();
    this.#remote = undefined;
    this.#isAway = false;
  }

  #outliveScopes(): void {
    const block = { address: this.#address, bytes: 4 * this.length, counted: !lasting };
    if (block.counted && !fits(block.bytes)) {
      this.#array = new Float32Array(this.#view());
      this.#address = 0;
      (heap() as Heap).free(block.address, block.bytes);
      overflow++;
      return;
    }
    if (block.counted) unscoped[kindOf(block.bytes)] += blockSize(block.bytes);
    reclaim.register(this.#view(), block);
  }
}

const mostFloats = 2 ** 30; // 4 GiB, all that a kernel's 32-bit addresses reach

function newArray(length: number): Float32Array {
  try {
    // A machine may promise more than it has, and end the process when it is asked to keep the promise.
    if (length < mostFloats) return new Floats(length);
  } catch {} // more than the machine has
  const gibibytes = (length * 4) / 2 ** 30;
  throw new MemoryError(
    'Tensor',
    `${length} values need ${gibibytes < 100 ? gibibytes.toFixed(1) : gibibytes.toPrecision(3)} GiB`,
    'a tensor must fit into memory, and be smaller than 4 GiB',
  );
}

/** A new storage of `length` zeros. */
export function allocate(length: number): Storage {
  const storage = new Storage(length);
  if (storage.address !== 0) (heap() as Heap).clear(storage.address, 4 * length);
  return storage;
}

/** A new storage of `length` floats of any value, for results that will be written whole. */
export const allocateRaw = (length: number): Storage => new Storage(length);

/** What tensors hold now. */
export interface MemoryReport {
  /** Tensors in the heap; those that share their values count once. */
  tensors: number;
  /** Bytes of the heap that they take, and the most they ever took. */
  bytes: number;
  peak: number;
  /** Bytes of it that are held outside of scopes: at most 48 MiB by tensors below 16 MiB, and a quarter of the heap by larger ones. */
  unscoped: number;
  /** How many tensors became ordinary garbage-collected arrays, because the heap had no room for them. */
  overflow: number;
}

/** What tensors hold of the heap now. */
export function memory(): MemoryReport {
  const own = heap();
  return {
    tensors: own?.blocks ?? 0,
    bytes: own?.inUse ?? 0,
    peak: own?.peak ?? 0,
    unscoped: unscoped.small + unscoped.large,
    overflow,
  };
}
