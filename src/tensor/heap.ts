// The heap: one WebAssembly memory that kernels compute in, and the allocator that deals out its blocks.

const page = 65536;
const alignment = 64; // bytes: a cache line, and whole vectors for every block
const growth = 64 * 2 ** 20; // bytes to grow by, at least

/** Every block is one of these sizes: multiples of 64 bytes up to 4 KiB, then eight sizes for each doubling. */
export function blockSize(bytes: number): number {
  const step = bytes <= 4096 ? alignment : 2 ** (Math.ceil(Math.log2(bytes)) - 4);
  return Math.max(Math.ceil(bytes / step) * step, alignment);
}

/**
 * Deals out blocks of one memory. A freed block is given out again for the same size: training asks for the same sizes
 * in every step, so after the first nothing is carved any more. Addresses are byte offsets; 0 is never one.
 */
export class Heap {
  readonly memory: WebAssembly.Memory;
  /** Bytes that it may grow to. */
  readonly maximum: number;
  /** Bytes in blocks that are given out now, and the most there ever were. */
  inUse = 0;
  peak = 0;
  /** Blocks that are given out now. */
  blocks = 0;
  #top: number;
  /** The block that was allocated last, if it was carved. */
  #fresh = 0;
  #buffer: ArrayBufferLike;
  #doubles: Float64Array;
  #words: Int32Array;
  #floats: Float32Array;
  readonly #free = new Map<number, number[]>();

  /**
   * @param base where the first block may begin: what lies before is the kernels' own
   * @param maximum bytes that the memory may grow to
   */
  constructor(memory: WebAssembly.Memory, base: number, maximum: number) {
    this.memory = memory;
    this.maximum = maximum;
    this.#buffer = memory.buffer;
    this.#doubles = new Float64Array(memory.buffer);
    this.#words = new Int32Array(memory.buffer);
    this.#floats = new Float32Array(memory.buffer);
    this.#top = Math.ceil(base / alignment) * alignment;
  }

  /** The address of a block for `bytes` bytes, with any contents; 0 if there is no room. */
  allocate(bytes: number): number {
    const size = blockSize(bytes);
    const used = this.#free.get(size)?.pop();
    const address = used ?? this.#carve(size);
    if (address === 0) return 0;
    this.#fresh = used === undefined ? address : 0;
    this.inUse += size;
    this.blocks++;
    this.peak = Math.max(this.peak, this.inUse);
    return address;
  }

  /** Takes back the block at `address` that was asked for with `bytes`. */
  free(address: number, bytes: number): void {
    const size = blockSize(bytes);
    this.inUse -= size;
    this.blocks--;
    const list = this.#free.get(size);
    if (list) list.push(address);
    else this.#free.set(size, [address]);
  }

  /** The floats of a block. */
  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.#buffer, address, length);
  }

  /** Fills the block that was allocated last with zeros, up to a multiple of 8 bytes. */
  clear(address: number, bytes: number): void {
    if (address === this.#fresh) return; // nobody has had it before: memory begins as zeros
    this.#doubles.fill(0, address / 8, Math.ceil((address + bytes) / 8)); // eight times as fast as by bytes
  }

  /** Writes one float. */
  setFloat(address: number, value: number): void {
    this.#floats[address / 4] = value;
  }

  /** Writes whole numbers, as 32 bits each. */
  setIntegers(address: number, values: ArrayLike<number>): void {
    const at = address / 4;
    for (let i = 0; i < values.length; i++) this.#words[at + i] = values[i];
  }

  #carve(size: number): number {
    const end = this.#top + size;
    if (end > this.#buffer.byteLength && !this.#grow(end - this.#buffer.byteLength)) return 0;
    const address = this.#top;
    this.#top = end;
    return address;
  }

  #grow(missing: number): boolean {
    for (const bytes of [Math.max(missing, growth), missing]) {
      try {
        this.memory.grow(Math.ceil(bytes / page));
        const { buffer } = this.memory; // views of the old one stay valid: only a shared memory may grow, and it never moves
        this.#buffer = buffer;
        this.#doubles = new Float64Array(buffer);
        this.#words = new Int32Array(buffer);
        this.#floats = new Float32Array(buffer);
        return true;
      } catch {} // at the maximum, or the machine is out of memory
    }
    return false;
  }
}

const base = 2 ** 16; // the kernels' own data lie below

/**
 * A heap in the largest memory that this machine lets us reserve. Without SharedArrayBuffer (a browser page that is not cross-origin
 * isolated) it has a fixed size: growing would detach every view of it. Undefined where there is no WebAssembly.
 */
function reserve(): Heap | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  const shared = typeof SharedArrayBuffer !== 'undefined';
  for (const mebibytes of shared ? [4096, 2048, 1024, 512] : [1024, 512, 256, 128]) {
    const maximum = Math.min((mebibytes * 2 ** 20) / page, 65535); // no block may end at 2³², which would wrap to 0
    try {
      const memory = new WebAssembly.Memory(
        shared ? { initial: growth / page, maximum, shared } : { initial: maximum, maximum },
      );
      return new Heap(memory, base, maximum * page);
    } catch {} // too large to reserve: try less
  }
  return undefined;
}

let shared: Heap | undefined | 'none';

/** The heap that all tensors share, made when it is first needed; undefined where there is no WebAssembly. */
export function heap(): Heap | undefined {
  shared ??= reserve() ?? 'none';
  return shared === 'none' ? undefined : shared;
}
