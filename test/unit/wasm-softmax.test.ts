// The WebAssembly kernels of softmax.ts and layerNorm.ts against the reference, bit by bit.
import { expect } from 'chai';
import { reference } from '../../src/kernels/reference/index.ts';
import { Tensor, tensor } from '../../src/tensor/index.ts';
import { seeded } from '../support/random.ts';
import {
  clearMemory,
  contents,
  eachKind,
  expected,
  expectSameBits,
  inRanges,
  input,
  inputAtTheEnd,
  kernels,
  output,
} from '../support/wasm.ts';

const rowSizes: [size: number, rows: number][] = [
  ...[...Array(34).keys(), 63, 64, 65, 129].slice(1).map((size): [number, number] => [size, 6]),
  ...[1000, 4095, 4096, 4097, 4111, 10000].map((size): [number, number] => [size, 2]),
];
const columnViews: [outer: number, size: number, inner: number][] = [
  [1, 1, 7],
  [3, 2, 2],
  [2, 3, 3],
  [1, 4, 4],
  [2, 10, 6],
  [1, 33, 17],
  [1, 500, 5],
  [1, 5000, 3],
];

const matrix = (x: Float32Array, rows: number, columns: number) => {
  const y = new Tensor([rows, columns]);
  y.storage.write().set(x);
  return y;
};

const uniform = (count: number, seed: number): Float32Array => {
  const random = seeded(seed);
  return Float32Array.from({ length: count }, () => random() * 4 - 2);
};

const verbs = ['softmax', 'logSoftmax', 'logSumExp'] as const;

/** logSumExp has one result for a row, and a place to work in. */
const isTotal = (verb: string): boolean => verb === 'logSumExp';

beforeEach(clearMemory);

describe('wasm softmax', () => {
  for (const verb of verbs) {
    it(`${verb} of rows is the reference's, whatever the ranges`, () => {
      for (const [size, rows] of rowSizes) {
        eachKind(rows * size, (x, what) => {
          clearMemory();
          const count = isTotal(verb) ? rows : rows * size;
          const [from, work, y] = [input(x), output(size), output(count)];
          inRanges(rows, (first, end) => {
            if (isTotal(verb)) kernels[`${verb}Rows`](from, size, first, end, work.at, y.at);
            else kernels[`${verb}Rows`](from, size, first, end, y.at);
          });
          work.read();
          const view = { outer: rows, size, inner: 1 };
          const theirs = expected(count, (y) => reference[verb](tensor(x), view, y));
          expectSameBits(y.read(), theirs, `${verb} of ${rows} rows, ${what}`);
        });
      }
    });

    it(`${verb} of columns is the reference's, whatever the ranges`, () => {
      for (const [outer, size, inner] of columnViews) {
        eachKind(outer * size * inner, (x, what) => {
          clearMemory();
          const count = isTotal(verb) ? outer * inner : x.length;
          const [from, y] = [input(x), output(count)];
          inRanges(inner, (first, end) =>
            kernels[`${verb}Columns`](from, outer, size, inner, first, end, y.at),
          );
          const theirs = expected(count, (y) => reference[verb](tensor(x), { outer, size, inner }, y));
          expectSameBits(y.read(), theirs, `${verb} of [${outer}, ${size}, ${inner}], ${what}`);
        });
      }
    });
  }

  it('logSumExp of an empty row is −∞', () => {
    const y = output(2);
    kernels.logSumExpRows(input(new Float32Array(0)), 0, 0, 2, output(0).at, y.at);
    expectSameBits(y.read(), Float32Array.of(-Infinity, -Infinity), 'empty rows');
  });

  it('softmax and the gradient of crossEntropy may take the place of x', () => {
    const [rows, size] = [5, 37];
    const x = uniform(rows * size, 1);
    const [dy, labels] = [input(uniform(rows, 2)), input(Int32Array.of(0, 36, 5, 4, 33))];
    const [from, inPlace, y] = [input(x), input(x), output(x.length)];
    kernels.softmaxRows(from, size, 0, rows, y.at);
    kernels.softmaxRows(inPlace, size, 0, rows, inPlace);
    expectSameBits(contents(inPlace, x.length), y.read(), 'softmax in place');
    const inPlaceToo = input(x);
    kernels.crossEntropyGradient(dy, from, labels, size, 0, rows, y.at);
    kernels.crossEntropyGradient(dy, inPlaceToo, labels, size, 0, rows, inPlaceToo);
    expectSameBits(contents(inPlaceToo, x.length), y.read(), 'gradient in place');
  });

  it('reads nothing behind x', () => {
    for (let size = 1; size <= 40; size++) {
      clearMemory();
      const x = inputAtTheEnd(new Float32Array(3 * size).fill(1));
      const [dy, labels] = [input(Float32Array.of(1, 1, 1)), input(new Int32Array(3))];
      const [work, y] = [output(size), output(3 * size)];
      for (const verb of verbs) {
        if (isTotal(verb)) kernels[`${verb}Rows`](x, size, 0, 3, work.at, y.at);
        else kernels[`${verb}Rows`](x, size, 0, 3, y.at);
        kernels[`${verb}Columns`](x, 1, 3, size, 0, size, y.at);
      }
      kernels.crossEntropy(x, labels, size, 0, 3, work.at, y.at);
      kernels.crossEntropyGradient(dy, x, labels, size, 0, 3, y.at);
      expect(y.read()[3 * size - 1]).to.be.closeTo(size === 1 ? 0 : 1 / size, 1e-6);
    }
  });

  it("crossEntropy is the reference's, whatever the ranges", () => {
    for (const [classes, rows] of rowSizes) {
      eachKind(rows * classes, (x, what) => {
        clearMemory();
        const labels = Int32Array.from({ length: rows }, (_, r) => (r * 7919 + classes - 1) % classes);
        const [from, index, work, loss] = [input(x), input(labels), output(classes), output(rows)];
        inRanges(rows, (first, end) =>
          kernels.crossEntropy(from, index, classes, first, end, work.at, loss.at),
        );
        work.read();
        const theirs = expected(rows, (y) => reference.crossEntropy(matrix(x, rows, classes), labels, y));
        expectSameBits(loss.read(), theirs, `losses of ${rows} rows, ${what}`);
      });
    }
  });

  it("crossEntropyGradient is the reference's, whatever the ranges", () => {
    for (const [classes, rows] of rowSizes) {
      eachKind(rows * classes, (x, what) => {
        clearMemory();
        const labels = Int32Array.from({ length: rows }, (_, r) => (r * 7919 + classes - 1) % classes);
        const dy = uniform(rows, classes);
        const [g, from, index, dx] = [input(dy), input(x), input(labels), output(x.length)];
        inRanges(rows, (first, end) =>
          kernels.crossEntropyGradient(g, from, index, classes, first, end, dx.at),
        );
        const theirs = expected(x.length, (y) =>
          reference.crossEntropyGradient(tensor(dy), matrix(x, rows, classes), labels, y),
        );
        expectSameBits(dx.read(), theirs, `gradients of ${rows} rows, ${what}`);
      });
    }
  });
});

describe('wasm layer norm', () => {
  const eps = Math.fround(1e-5);
  const affine: [weight: boolean, bias: boolean][] = [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ];

  it("layerNorm is the reference's, whatever the ranges", () => {
    for (const [width, rows] of rowSizes) {
      for (const [withWeight, withBias] of affine) {
        eachKind(rows * width, (x, what) => {
          clearMemory();
          const weight = withWeight ? uniform(width, 2) : undefined;
          const bias = withBias ? uniform(width, 3) : undefined;
          const [from, y] = [input(x), output(x.length)];
          const [w, b] = [weight ? input(weight) : 0, bias ? input(bias) : 0];
          inRanges(rows, (first, end) => kernels.layerNorm(from, w, b, eps, width, first, end, y.at));
          const theirs = matrix(new Float32Array(x.length), rows, width);
          reference.layerNorm(
            matrix(x, rows, width),
            weight && tensor(weight),
            bias && tensor(bias),
            eps,
            theirs,
          );
          expectSameBits(
            y.read(),
            theirs.data,
            `${rows} rows, weight ${withWeight}, bias ${withBias}, ${what}`,
          );
        });
      }
    }
  });

  it("layerNormGradient is the reference's, whatever the ranges", () => {
    for (const [width, rows] of rowSizes) {
      for (const withWeight of [false, true]) {
        eachKind(rows * width, (x, what) => {
          clearMemory();
          const weight = withWeight ? uniform(width, 2) : undefined;
          const dy = uniform(rows * width, 4);
          const [g, from, work, dx] = [input(dy), input(x), output(width), output(x.length)];
          const w = weight ? input(weight) : 0;
          inRanges(rows, (first, end) =>
            kernels.layerNormGradient(g, from, w, eps, width, first, end, work.at, dx.at),
          );
          work.read();
          const theirs = matrix(new Float32Array(x.length), rows, width);
          reference.layerNormGradient(
            matrix(dy, rows, width),
            matrix(x, rows, width),
            weight && tensor(weight),
            eps,
            theirs,
          );
          expectSameBits(dx.read(), theirs.data, `${rows} rows, weight ${withWeight}, ${what}`);
        });
      }
    }
  });

  it('both may take the place of x, and read nothing behind it', () => {
    for (let width = 1; width <= 40; width++) {
      clearMemory();
      const [x, dy, weight] = [uniform(3 * width, 1), input(uniform(3 * width, 2)), input(uniform(width, 3))];
      const [from, work, y] = [input(x), output(width), output(x.length)];
      kernels.layerNorm(from, weight, weight, eps, width, 0, 3, y.at);
      const inPlace = inputAtTheEnd(x);
      kernels.layerNorm(inPlace, weight, weight, eps, width, 0, 3, inPlace);
      expectSameBits(contents(inPlace, x.length), y.read(), `layerNorm in place, width ${width}`);
      kernels.layerNormGradient(dy, from, weight, eps, width, 0, 3, work.at, y.at);
      kernels.layerNormGradient(dy, inputAtTheEnd(x), weight, eps, width, 0, 3, work.at, inPlace);
      expectSameBits(contents(inPlace, x.length), y.read(), `gradient in place, width ${width}`);
    }
  });
});
