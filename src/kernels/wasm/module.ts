// The WebAssembly module, instantiated over the heap, and the way of tensors into it.
import { blockSize, type Heap, heap, MemoryError, type Tensor } from '../../tensor/index.ts';
import { binary, fusedBinary } from './binary.ts';

/** The kernels: addresses, counts and constants in; what they compute is in the heap. */
export type Kernels = Record<string, (...args: number[]) => number>;

/** Which kernels are asked for. */
export interface Variant {
  /** Products that round a multiplication and its addition once, where the engine can. */
  fused: boolean;
  /** Products for vectors of 256 bits. The engine must have been told before. */
  wide: boolean;
}

/** The kernels over the heap's memory, and what workers need to have them too. */
export interface Instance extends Variant {
  kernels: Kernels;
  modules: WebAssembly.Module[];
  memory: WebAssembly.Memory;
}

/** The kernels' instance; undefined where there is no WebAssembly, or no SIMD. */
export function instantiate({ fused, wide }: Variant): Instance | undefined {
  const memory = heap()?.memory;
  if (!memory) return undefined;
  const main = compile(binary, memory, wide);
  const products = fused ? compile(fusedBinary, memory, wide) : undefined;
  if (!main) return undefined;
  const modules = products ? [main, products] : [main];
  const instances = modules.map(
    (module) => new WebAssembly.Instance(module, { env: { memory, abort() {} } }),
  );
  const kernels = Object.assign({}, ...instances.map(({ exports }) => exports));
  return { kernels, modules, memory, fused: products !== undefined, wide };
}

/** The module of a binary in base64; undefined if it cannot be compiled here. */
function compile(base64: string, memory: WebAssembly.Memory, wide: boolean): WebAssembly.Module | undefined {
  const text = atob(base64);
  const bytes = bytesOf(wide ? text + differentName : text);
  if (!isShared(memory)) bytes[text.indexOf(memoryImport) + memoryImport.length] = 1;
  try {
    return new WebAssembly.Module(bytes);
  } catch {
    return undefined; // no SIMD, or a page's policy forbids WebAssembly: it lacks 'wasm-unsafe-eval'
  }
}

/** Each letter as a byte. A loop, since `Uint8Array.from` takes ten times as long: this is a part of every program's start. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const fast = (globalThis as { Buffer?: typeof Buffer }).Buffer?.from(text, 'latin1');
  if (fast) return fast as Uint8Array<ArrayBuffer>;
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** How the import of the memory begins. Behind it stands whether it has a maximum and is shared (3), or only has one (1). */
const memoryImport = '\x03env\x06memory\x02';

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

/** The address of a new block of `bytes` bytes. Throws if there is no room. */
export function allocate(bytes: number): number {
  const memory = heap() as Heap;
  const address = memory.allocate(bytes);
  if (address !== 0) return address;
  abandon();
  throw new MemoryError(
    'kernels',
    `no room for ${blockSize(bytes)} bytes`,
    `${memory.inUse} bytes of the heap are in use`,
  );
}

/** A block of `bytes` bytes until `settle()`. */
function borrow(bytes: number, to?: Float32Array): number {
  const address = allocate(bytes);
  loans.push({ address, bytes, to });
  return address;
}

/** Room for `count` floats, until `settle()`. */
export const room = (count: number): number => borrow(4 * count);

/** A copy of whole numbers in the heap. */
export const integers = (address: number, count: number): Int32Array =>
  new Int32Array((heap() as Heap).memory.buffer, address, count).slice();

/** A block that holds a copy of `values` until `settle()`, and then goes to `to`. */
export function lend(values: Float32Array, to?: Float32Array): number {
  const address = borrow(values.byteLength, to);
  (heap() as Heap).floats(address, values.length).set(values);
  return address;
}

/** A block that holds whole numbers until `settle()`. */
export function lendIntegers(values: ArrayLike<number>): number {
  const address = borrow(4 * values.length);
  (heap() as Heap).setIntegers(address, values);
  return address;
}

/** The address of a tensor's values, to be read: its own, or that of a copy. */
export const read = (x: Tensor): number => x.storage.address || lend(x.storage.read());

/** The address of a tensor's values `from` … `to` − 1, to be read: `read` would copy all of a large array that is not in the heap. */
export const readPart = (x: Tensor, from: number, to: number): number =>
  x.storage.address ? x.storage.address + 4 * from : lend(x.storage.read().subarray(from, to));

/** The address of a tensor's values, to be written. */
export function write(y: Tensor): number {
  const address = y.storage.writeAddress();
  if (address !== 0) return address;
  const own = y.storage.read();
  return lend(own, own);
}

/** After the kernel: results that lie in a loan go where they belong, and all loans are given back. */
export function settle(): void {
  if (loans.length === 0) return;
  for (const { address, to } of loans) to?.set((heap() as Heap).floats(address, to.length));
  abandon();
}

/** After a kernel that failed: all loans are given back. */
export function abandon(): void {
  for (const { address, bytes } of loans) (heap() as Heap).free(address, bytes);
  loans.length = 0;
}
