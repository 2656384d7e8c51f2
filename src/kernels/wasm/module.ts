// The WebAssembly module, instantiated over the heap, and the way of tensors into it.
import { blockSize, type Heap, heap, MemoryError, type Tensor } from '../../tensor/index.ts';
import { binary, sharedFlag } from './binary.ts';

/** The kernels: addresses, counts and constants in; what they compute is in the heap. */
export type Kernels = Record<string, (...args: number[]) => number>;

/** The kernels over the heap's memory, and what workers need to have them too. */
export interface Instance {
  kernels: Kernels;
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
}

/**
 * The kernels' instance; undefined where there is no WebAssembly, or no SIMD.
 *
 * @param fresh compile anew, though this process has compiled the kernels before
 */
export function instantiate(fresh: boolean): Instance | undefined {
  const memory = heap()?.memory;
  if (!memory) return undefined;
  const bytes = Uint8Array.from(atob(binary) + (fresh ? differentName : ''), (c) => c.charCodeAt(0));
  if (!isShared(memory)) bytes[sharedFlag] = 1; // the module imports a memory with a maximum, shared (3) or not (1)
  const module = compile(bytes);
  if (!module) return undefined;
  const { exports } = new WebAssembly.Instance(module, { env: { memory, abort: () => {} } });
  return { kernels: exports as Kernels, module, memory };
}

function compile(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module | undefined {
  try {
    return new WebAssembly.Module(bytes);
  } catch {
    return undefined; // no SIMD, or a page's policy forbids WebAssembly: it lacks 'wasm-unsafe-eval'
  }
}

/** Whether workers can have the memory, too. */
export const isShared = (memory: WebAssembly.Memory): boolean =>
  typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer;

/** A custom section that holds nothing: engines share the code of modules that are equal byte for byte. */
const differentName = '\x00\x05\x04wide';

interface Loan {
  address: number;
  bytes: number;
  /** Where the values go when the kernel is done. */
  to: Float32Array | undefined;
}

const loans: Loan[] = [];

/** A block of `bytes` bytes until `settle()`. */
function borrow(bytes: number, to?: Float32Array): number {
  const memory = heap() as Heap;
  const address = memory.allocate(bytes);
  if (address === 0) {
    settle();
    throw new MemoryError(
      'kernels',
      `no room for ${blockSize(bytes)} bytes`,
      `${memory.inUse} bytes of the heap are in use`,
    );
  }
  loans.push({ address, bytes, to });
  return address;
}

/** Room for `count` floats, until `settle()`. */
export const room = (count: number): number => borrow(4 * count);

/** A block that holds a copy of `values` until `settle()`, and then goes to `to`. */
export function lend(values: Float32Array | Int32Array, to?: Float32Array): number {
  const memory = heap() as Heap;
  const address = borrow(values.byteLength, to);
  if (values instanceof Float32Array) memory.floats(address, values.length).set(values);
  else new Int32Array(memory.memory.buffer, address, values.length).set(values);
  return address;
}

/** The address of a tensor's values, to be read: its own, or that of a copy. */
export const read = (x: Tensor): number => x.storage.address || lend(x.storage.read());

/** The address of a tensor's values, to be written. */
export function write(y: Tensor): number {
  const address = y.storage.address;
  if (address === 0) {
    const own = y.storage.write();
    return lend(own, own);
  }
  y.storage.version++;
  return address;
}

/** After the kernel: results that lie in a loan go where they belong, and all loans are given back. */
export function settle(): void {
  if (loans.length === 0) return;
  const memory = heap() as Heap;
  for (const { address, bytes, to } of loans) {
    to?.set(memory.floats(address, to.length));
    memory.free(address, bytes);
  }
  loans.length = 0;
}
