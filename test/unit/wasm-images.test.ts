// The WebAssembly kernels of images.ts against the reference, bit by bit.
import { expect } from 'chai';
import { reference } from '../../src/kernels/reference/index.ts';
import { backend, type ImageView } from '../../src/kernels/index.ts';
import { Tensor, tensor } from '../../src/tensor/index.ts';
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

/** `count` bytes, all 256 kinds of them if there are so many, and the tensor that holds them. */
function bytes(count: number): { list: Uint8Array; packed: Tensor } {
  const list = Uint8Array.from({ length: 4 * Math.ceil(count / 4) }, (_, i) => (i * 77) % 256);
  return { list, packed: tensor(new Float32Array(list.buffer)) };
}

describe('wasm selectBytes', () => {
  it("is the reference's for rows of any length, whatever the ranges", () => {
    const index = Int32Array.of(6, 0, 3, 3, 5);
    for (const inner of [1, 3, 4, 15, 16, 17, 31, 32, 33, 784])
      for (const divisor of [255, 1, 127.5]) {
        clearMemory();
        const { list, packed } = bytes(7 * inner);
        const [from, places] = [input(new Int32Array(list.buffer)), input(index)];
        const y = output(5 * inner);
        inRanges(5, (first, end) => kernels.selectBytes(from, places, inner, divisor, first, end, y.at));
        const theirs = expected(5 * inner, (result) => reference.selectBytes(packed, index, divisor, result));
        expectSameBits(y.read(), theirs, `rows of ${inner} over ${divisor}`);
        expect(theirs[inner]).to.equal(list[0] / divisor); // row 1 is x's row 0
      }
  });

  it('divides all 256 bytes by 255, each rounded once, in the heap and outside of it', () => {
    const { list, packed } = bytes(256);
    const outside = new Tensor([64], { ...packed.storage, address: 0, read: () => packed.data } as never);
    for (const x of [packed, outside]) {
      const y = tensor(new Float32Array(256), [1, 256]);
      backend().selectBytes(x, Int32Array.of(0), 255, y);
      expect([...y.data]).to.deep.equal(Array.from(list, (byte) => Math.fround(byte / 255)));
    }
    expect(new Set(list).size).to.equal(256);
    expect(() => backend().selectBytes(packed, new Int32Array(), 255, tensor([], [0, 300]))).not.to.throw();
  });
});
