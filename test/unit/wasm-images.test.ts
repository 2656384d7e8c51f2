// The WebAssembly kernels of images.ts against the reference, bit by bit.
import { expect } from 'chai';
import { reference } from '../../src/kernels/reference/index.ts';
import { backend, type ImageView } from '../../src/kernels/index.ts';
import { scope, type Tensor, tensor } from '../../src/tensor/index.ts';
import { seeded } from '../support/random.ts';
import {
  clearMemory,
  eachKind,
  expected,
  expectSameBits,
  inRanges,
  input,
  inputAtTheEnd,
  kernels,
  output,
} from '../support/wasm.ts';

const random = seeded(21);
const within = (low: number, high: number): number => low + (high - low) * random();

/** Images of every width around a vector's, flat and tall ones, several channels. */
const views: [count: number, channels: number, height: number, width: number][] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 28, 33].map((width): (typeof views)[0] => [3, 1, 5, width]),
  [5, 3, 4, 6],
  [2, 2, 1, 1],
  [1, 4, 9, 3],
  [4, 1, 28, 28],
  [1, 1, 1, 300],
  [1, 1, 300, 1],
];

/** Ways to read images of this size, six numbers for each of `count`. */
const ways: Record<string, (height: number, width: number) => number[]> = {
  identity: () => [1, 0, 0, 0, 1, 0],
  'whole pixels': () => [1, 0, Math.floor(within(-5, 5)), 0, 1, Math.floor(within(-5, 5))],
  'mirror image': (_, width) => [-1, 0, width - 1, 0, 1, 0],
  'quarter of a turn': (height) => [0, -1, height - 1, 1, 0, 0],
  'anything near': () => Array.from({ length: 6 }, () => within(-3, 3)),
  'far away': () => Array.from({ length: 6 }, () => within(-1e9, 1e9)),
  'one place': (height, width) => [0, 0, within(-1, width), 0, 0, within(-1, height)],
  'hardly outside': () => [1, 0, -1e-8, 0, 1, -1e-8],
  'not a number': () => [Number.NaN, 0, Infinity, 3e38, 0, -Infinity],
};

function check(
  view: ImageView,
  count: number,
  x: Float32Array,
  m: Float32Array,
  fill: number,
  what: string,
): void {
  clearMemory();
  const { channels, height, width } = view;
  const [from, places, work, y] = [input(x), input(m), output((height + 3) * (width + 3)), output(x.length)];
  inRanges(count * channels, (first, end) =>
    kernels.warp(from, channels, height, width, places, fill, work.at, first, end, y.at),
  );
  const theirs = expected(x.length, (result) =>
    reference.warp(tensor(x), view, tensor(m, [count, 6]), fill, result),
  );
  expectSameBits(y.read(), theirs, what);
  work.read();
}

describe('wasm warp', () => {
  for (const [way, matrix] of Object.entries(ways))
    it(`${way}: the reference's bits for any size, cut between planes`, () => {
      for (const [count, channels, height, width] of views)
        eachKind(count * channels * height * width, (x, kind) => {
          const matrices = Float32Array.from(
            Array.from({ length: count }, () => matrix(height, width)).flat(),
          );
          for (const fill of [0, -1.5])
            check(
              { channels, height, width },
              count,
              x,
              matrices,
              fill,
              `${kind}, [${[count, channels, height, width]}]`,
            );
        });
    });

  it('moves by whole pixels leave every bit as it is: −0, NaN beside numbers, infinities, the smallest numbers', () => {
    const x = Float32Array.of(-0, Number.NaN, Infinity, 1e-45, -Infinity, 0, 1, -0, 3e38);
    const view = { channels: 1, height: 3, width: 3 };
    for (const { warp } of [reference, backend()]) {
      const read = (...m: number[]) => expected(9, (y) => warp(tensor(x), view, tensor(m, [1, 6]), -0, y));
      expectSameBits(read(1, 0, 0, 0, 1, 0), x, 'in place');
      expectSameBits(read(-1, 0, 2, 0, -1, 2), x.slice().reverse(), 'half a turn');
      expectSameBits(
        read(1, 0, 1, 0, 1, 0),
        Float32Array.of(Number.NaN, Infinity, -0, -Infinity, 0, -0, -0, 3e38, -0),
        'to the left',
      );
    }
  });

  it('reads nothing behind x and the matrices', () => {
    for (let width = 1; width <= 9; width++) {
      clearMemory();
      const x = Float32Array.from({ length: 2 * width }, (_, i) => i + 1);
      const [work, y] = [output(5 * (width + 3)), output(x.length)];
      const m = input(Float32Array.of(1, 0, 0, 0, 1, 0));
      kernels.warp(inputAtTheEnd(x), 1, 2, width, m, 0, work.at, 0, 1, y.at);
      expectSameBits(y.read(), x, `width ${width}`);
      const end = inputAtTheEnd(Float32Array.of(1, 0, 0, 0, 1, 0));
      kernels.warp(input(x), 1, 2, width, end, 0, work.at, 0, 1, y.at);
      expectSameBits(y.read(), x, `width ${width}`);
    }
  });
});

describe('wasm bytesToFloats', () => {
  it('divides every byte as the reference does, whatever the ranges', () => {
    for (const divisor of [255, 1, 127.5, 3])
      for (const count of [0, 1, 3, 15, 16, 17, 31, 32, 33, 256, 1000]) {
        clearMemory();
        const bytes = Uint8Array.from({ length: Math.ceil(count / 4) * 4 }, (_, i) => (i * 77) % 256);
        const from = input(new Int32Array(bytes.buffer));
        const blocks = Math.ceil(count / 16);
        const y = output(count);
        inRanges(blocks, (first, end) =>
          kernels.bytesToFloats(from, divisor, 16 * first, Math.min(16 * end, count), y.at),
        );
        expectSameBits(
          y.read(),
          Float32Array.from(bytes.slice(0, count), (byte) => byte / divisor),
          `${count} bytes`,
        );
      }
  });

  it("selectBytes takes rows, and has the reference's bits: all 256 bytes over 255", () => {
    const bytes = Uint8Array.from({ length: 7 * 300 }, (_, i) => (i * 31) % 256);
    const index = Int32Array.of(6, 0, 3, 3);
    const rows = (verb: typeof reference.selectBytes): Tensor => {
      const y = tensor(new Float32Array(4 * 300).fill(-9), [4, 300]);
      verb(bytes, index, 255, y);
      return y;
    };
    scope(() => {
      const ours = rows(backend().selectBytes);
      expectSameBits(ours.data, rows(reference.selectBytes).data, 'selectBytes');
      expect(new Set(ours.data).size).to.equal(256);
      expect([...ours.data.slice(300, 303)]).to.deep.equal(
        [0, 31, 62].map((byte) => Math.fround(byte / 255)),
      );
    });
    expect(() => backend().selectBytes(bytes, new Int32Array(), 255, tensor([], [0, 300]))).not.to.throw();
  });
});
