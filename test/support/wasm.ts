// The WebAssembly kernels without their backend, in a memory of their own: places for inputs and results, with guards around
// them, and comparison with the reference bit by bit.
import { expect } from 'chai';
import { binary } from '../../src/kernels/wasm/binary.ts';
import { type Tensor, zeros } from '../../src/tensor/index.ts';
import { seeded } from './random.ts';

type Kernel = (...arguments_: number[]) => number;

const memory = new WebAssembly.Memory({ initial: 256, maximum: 65536, shared: true });
const module = new WebAssembly.Module(Buffer.from(binary, 'base64'));

export const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<
  string,
  Kernel
>;

const start = 65536; // below it are the constants of the module
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

/** Puts numbers at the very end of memory, where reading on is an error, and returns their place. */
export function inputAtTheEnd(values: Float32Array): number {
  const at = memory.buffer.byteLength - values.length * 4;
  new Float32Array(memory.buffer, at).set(values);
  return at;
}

/** The `count` floats at a place. */
export function contents(at: number, count: number): Float32Array {
  return new Float32Array(memory.buffer, at, count).slice();
}

/** The `count` integers at a place. */
export function integers(at: number, count: number): number[] {
  return [...new Int32Array(memory.buffer, at, count)];
}

/** Room for `count` floats. `read` returns them, after checking that nothing around them was written. */
export function output(
  count: number,
  before: Float32Array = new Float32Array(count).fill(nobody),
): { at: number; read(): Float32Array } {
  const at = reserve(count);
  const all = new Float32Array(memory.buffer, at - guard * 4, count + 2 * guard).fill(nobody);
  all.set(before, guard);
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

/** Runs a kernel over 0 … count in three uneven ranges, the last one first, as threads may. */
export function inRanges(count: number, run: (from: number, to: number) => void): void {
  const [a, b] = [Math.floor(count * 0.3), Math.floor(count * 0.8)];
  run(b, count);
  run(0, a);
  run(a, b);
}

/** The reference's result as a flat array: `run` gets a tensor of `count` elements to write to. */
export function expected(count: number, run: (y: Tensor) => void): Float32Array {
  const y = zeros([count]);
  run(y);
  return y.data;
}

const specials = [Number.NaN, Infinity, -Infinity, 0, -0, 1e-45, -1e-42, 3.4e38, -3.4e38, 1];
const anyOf = (values: number[], u: number): number => values[Math.floor(u * values.length)];

/** Kinds of numbers that kernels must get right, each made from a source of numbers in [0, 1). */
const kinds: Record<string, (random: () => number) => number> = {
  ordinary: (random) => random() * 6 - 3,
  wide: (random) => (random() - 0.5) * 2 ** (random() * 160 - 100),
  zeros: (random) => anyOf([0, -0], random()),
  infinite: (random) => (random() < 0.9 ? random() - 0.5 : anyOf([Infinity, -Infinity], random())),
  special: (random) => (random() < 0.95 ? random() * 6 - 3 : anyOf(specials, random())),
};

/** Calls `visit` with `count` numbers of each kind. */
export function eachKind(count: number, visit: (x: Float32Array, kind: string) => void): void {
  for (const [kind, number] of Object.entries(kinds)) {
    const random = seeded(count);
    visit(
      Float32Array.from({ length: count }, () => number(random)),
      `${count} ${kind} numbers`,
    );
  }
}
