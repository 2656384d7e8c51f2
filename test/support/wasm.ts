// The WebAssembly kernels without their backend, in a memory of their own: places for inputs and results, with guards around
// them, and comparison with the reference bit by bit.
import { expect } from 'chai';
import { binary } from '../../src/kernels/wasm/binary.ts';
import { tensor, type Tensor, zeros } from '../../src/tensor/index.ts';

type Kernel = (...arguments_: number[]) => number;

const memory = new WebAssembly.Memory({ initial: 256, maximum: 65536, shared: true });
const module = new WebAssembly.Module(Buffer.from(binary, 'base64'));

export const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<
  string,
  Kernel
>;

const start = 1024;
const guard = 64; // floats on either side
const nobody = -7.25e33; // what stands in guards, and in results before they are written

let next = start;

/** Forgets all places that were given so far. */
export function clearMemory(): void {
  next = start;
}

function reserve(count: number): number {
  const at = next + guard * 4;
  next = Math.ceil((at + count * 4) / 64) * 64 + guard * 4;
  expect(next).to.be.below(memory.buffer.byteLength);
  return at;
}

/** Puts numbers into memory, NaN around them (a NaN that is read shows), and returns their place. */
export function input(values: Float32Array | Int32Array): number {
  const at = reserve(values.length);
  new Float32Array(memory.buffer, at - guard * 4, values.length + 2 * guard).fill(Number.NaN);
  new (values.constructor as Float32ArrayConstructor)(memory.buffer, at, values.length).set(values);
  return at;
}

/** Room for `count` floats. `read` returns them, after checking that nothing around them was written. */
export function output(count: number): { at: number; read(): Float32Array } {
  const at = reserve(count);
  const all = new Float32Array(memory.buffer, at - guard * 4, count + 2 * guard).fill(nobody);
  return {
    at,
    read() {
      for (let i = 0; i < guard; i++) {
        if (all[i] !== Math.fround(nobody) || all[guard + count + i] !== Math.fround(nobody))
          expect.fail(`a kernel wrote outside of its ${count} results`);
      }
      return all.slice(guard, guard + count);
    },
  };
}

/** Demands the same bits; any NaN equals any other. */
export function expectSameBits(actual: Float32Array, expected: Float32Array, what: string): void {
  expect(actual.length, what).to.equal(expected.length);
  for (let i = 0; i < actual.length; i++) {
    if (!Object.is(actual[i], expected[i]))
      expect.fail(`${what}: element ${i} of ${actual.length} is ${actual[i]}, not ${expected[i]}`);
  }
}

/** The reference's result as a flat array: `run` gets a tensor of `count` elements to write to. */
export function expected(count: number, run: (y: Tensor) => void): Float32Array {
  const y = zeros([count]);
  run(y);
  return y.data;
}

export const flat = (values: Float32Array): Tensor => tensor(values, { shape: [values.length] });
