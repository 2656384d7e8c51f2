// The WebAssembly kernels of random.ts against the reference, bit by bit.
import { expect } from 'chai';
import { reference } from '../../src/kernels/reference/index.ts';
import type { RandomKey } from '../../src/tensor/index.ts';
import { clearMemory, expected, expectSameBits, inRanges, kernels, output } from '../support/wasm.ts';

const sizes = [0, 1, 3, 4, 5, 7, 8, 15, 16, 17, 63, 64, 65, 129, 1000, 4095, 4097, 10000];
const keys: RandomKey[] = [
  { seed: 0, stream: 0 },
  { seed: 42, stream: 7 },
  { seed: 0xdeadbeef, stream: 0xfffffffe },
  { seed: 2 ** 53 - 1, stream: 2 ** 40 + 5 },
];

/** The four words that name a stream. */
const wordsOf = ({ seed, stream }: RandomKey): number[] =>
  [seed, seed / 2 ** 32, stream, stream / 2 ** 32].map(Math.floor);

/** The least float32 that is not below x. */
function atLeast(x: number): number {
  const bits = new Int32Array([0]);
  const float = new Float32Array(bits.buffer);
  float[0] = x;
  if (float[0] < x) bits[0] += x > 0 ? 1 : -1;
  return float[0];
}

/** Each kernel with its parameters, and the reference's verb with its own. */
const cases: [name: 'uniform' | 'normal' | 'mask', kernel: number[], theirs: [number, number]][] = [
  ...[
    [0, 1],
    [-3, 5],
    [1e8, 1e8 + 8],
    [2, 2],
    [-0, 0],
    [0.1, 0.7],
    [-0.7, -0.1],
  ].map(([low, high]): (typeof cases)[0] => [
    'uniform',
    [low, Math.fround(high) - Math.fround(low), atLeast(high)],
    [low, high],
  ]),
  ['normal', [0, 1], [0, 1]],
  ['normal', [-0.1, 3.3], [-0.1, 3.3]],
  ['normal', [5, 0], [5, 0]],
  ['mask', [0.8, 1 / 0.8], [0.8, 1 / 0.8]],
  ['mask', [0, 1], [0, 1]],
  ['mask', [1, -2], [1, -2]],
];

beforeEach(clearMemory);

describe('wasm random numbers', () => {
  for (const [name, parameters, theirs] of cases) {
    it(`${name} (${theirs}) is the reference's for any size, cut at multiples of 16`, () => {
      for (const key of keys) {
        for (const count of sizes) {
          clearMemory();
          const blocks = Math.ceil(count / 16);
          const y = output(blocks * 16);
          inRanges(blocks, (from, to) =>
            kernels[name](
              ...wordsOf(key),
              ...[from * 16, y.at + from * 64, Math.min(to * 16, count) - from * 16],
              ...parameters,
            ),
          );
          expectSameBits(
            y.read().slice(0, count),
            expected(count, (result) => reference[name](key, ...theirs, result)),
            `${name} of ${count}`,
          );
        }
      }
    });
  }

  it("normal is the reference's for 300,000 numbers", () => {
    const y = output(300_000);
    kernels.normal(...wordsOf(keys[1]), 0, y.at, 300_000, 0, 1);
    expectSameBits(
      y.read(),
      expected(300_000, (result) => reference.normal(keys[1], 0, 1, result)),
      'normal',
    );
  });

  it("permutation is the reference's for any size", () => {
    for (const key of keys) {
      for (const count of [...sizes, 65536]) {
        clearMemory();
        const [order, work] = [output(count), output(16)];
        kernels.permutation(...wordsOf(key), order.at, count, work.at);
        const bits = new Int32Array(order.read().buffer);
        expect(bits).to.deep.equal(reference.permutation(key, count));
        work.read();
      }
    }
  });
});
