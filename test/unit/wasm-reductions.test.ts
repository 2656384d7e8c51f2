// The WebAssembly kernels of reductions.ts against the reference, bit by bit: rows, blocks, columns, places, running sums.
import { expect } from 'chai';
import { reference } from '../../src/kernels/reference/index.ts';
import { tensor } from '../../src/tensor/index.ts';
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

const verbs = ['sum', 'prod', 'max', 'min'] as const;
const places = ['argmax', 'argmin'] as const;

/** Sizes around 4, 16 and 4,096, where vectors, groups of lanes and blocks end; with the number of rows. */
const rowSizes: [size: number, rows: number][] = [
  ...[...Array(34).keys(), 63, 64, 65, 129].map((size): [number, number] => [size, 5]),
  ...[1000, 4095, 4096, 4097, 4111, 8192, 10000].map((size): [number, number] => [size, 2]),
];
const columnViews: [outer: number, size: number, inner: number][] = [
  [1, 0, 5],
  [1, 1, 7],
  [3, 2, 2],
  [2, 3, 3],
  [1, 4, 4],
  [2, 5, 6],
  [1, 9, 8],
  [1, 129, 10],
  [2, 17, 17],
  [1, 33, 64],
  [1, 6, 1001],
  [1, 5000, 3],
];

beforeEach(clearMemory);

describe('wasm reductions', () => {
  for (const verb of [...verbs, ...places]) {
    it(`${verb} of rows is the reference's, whatever the ranges`, () => {
      for (const [size, rows] of rowSizes) {
        eachKind(rows * size, (x, what) => {
          clearMemory();
          const [from, y] = [input(x), output(rows)];
          inRanges(rows, (first, end) => kernels[`${verb}Rows`](from, size, first, end, y.at));
          const view = { outer: rows, size, inner: 1 };
          const theirs = expected(rows, (y) => reference[verb](tensor(x), view, y));
          expectSameBits(y.read(), theirs, `${verb} of ${rows} rows, ${what}`);
        });
      }
    });

    it(`${verb} of columns is the reference's, whatever the ranges`, () => {
      for (const [outer, size, inner] of columnViews) {
        eachKind(outer * size * inner, (x, what) => {
          clearMemory();
          const [from, y] = [input(x), output(outer * inner)];
          inRanges(inner, (first, end) =>
            kernels[`${verb}Columns`](from, outer, size, inner, first, end, y.at),
          );
          const view = { outer, size, inner };
          const theirs = expected(outer * inner, (y) => reference[verb](tensor(x), view, y));
          expectSameBits(y.read(), theirs, `${verb} of [${outer}, ${size}, ${inner}], ${what}`);
        });
      }
    });
  }

  for (const verb of verbs) {
    it(`${verb} of one long row is the same from the totals of its blocks`, () => {
      for (const size of [0, 1, 4095, 4096, 4097, 8192, 10000, 50001]) {
        eachKind(size, (x, what) => {
          clearMemory();
          const count = Math.ceil(size / 4096);
          const [from, totals, y] = [input(x), output(count), output(1)];
          inRanges(count, (first, end) => kernels[`${verb}Blocks`](from, size, first, end, totals.at));
          totals.read();
          kernels[`${verb}Totals`](totals.at, count, y.at);
          const theirs = expected(1, (y) => reference[verb](tensor(x), { outer: 1, size, inner: 1 }, y));
          expectSameBits(y.read(), theirs, `${verb} of blocks, ${what}`);
        });
      }
    });
  }

  for (const reverse of [false, true]) {
    it(`cumsum${reverse ? ' from the end' : ''} is the reference's, whatever the ranges`, () => {
      for (const [size, outer] of rowSizes) {
        eachKind(outer * size, (x, what) => {
          clearMemory();
          const [from, y] = [input(x), output(x.length)];
          inRanges(outer, (first, end) => kernels.cumsumRows(from, size, Number(reverse), first, end, y.at));
          const view = { outer, size, inner: 1 };
          const theirs = expected(x.length, (y) => reference.cumsum(tensor(x), view, reverse, y));
          expectSameBits(y.read(), theirs, `cumsum of ${outer} rows, ${what}`);
        });
      }
      for (const [outer, size, inner] of columnViews) {
        eachKind(outer * size * inner, (x, what) => {
          clearMemory();
          const [from, y] = [input(x), output(x.length)];
          inRanges(inner, (first, end) =>
            kernels.cumsumColumns(from, outer, size, inner, Number(reverse), first, end, y.at),
          );
          const theirs = expected(x.length, (y) =>
            reference.cumsum(tensor(x), { outer, size, inner }, reverse, y),
          );
          expectSameBits(y.read(), theirs, `cumsum of [${outer}, ${size}, ${inner}], ${what}`);
        });
      }
    });
  }

  it('a range leaves the results of others alone', () => {
    const [rows, size] = [7, 33];
    eachKind(rows * size, (x) => {
      clearMemory();
      const [from, before] = [input(x), Float32Array.from({ length: rows * size }, (_, i) => 1000 + i)];
      const [y, z] = [input(before), input(before)];
      kernels.sumRows(from, size, 2, 5, y);
      kernels.sumColumns(from, 1, rows, size, 3, 9, z);
      const [rowSums, columnSums] = [before.slice(), before.slice()];
      rowSums.set(
        expected(rows, (y) => reference.sum(tensor(x), { outer: rows, size, inner: 1 }, y)).slice(2, 5),
        2,
      );
      columnSums.set(
        expected(size, (y) => reference.sum(tensor(x), { outer: 1, size: rows, inner: size }, y)).slice(3, 9),
        3,
      );
      expectSameBits(contents(y, before.length), rowSums, 'rows 2 … 4');
      expectSameBits(contents(z, before.length), columnSums, 'columns 3 … 8');
    });
  });

  it('reads nothing behind x', () => {
    for (let size = 1; size <= 40; size++) {
      clearMemory();
      const [x, y] = [inputAtTheEnd(new Float32Array(3 * size).fill(1)), output(3 * size)];
      for (const verb of [...verbs, ...places]) {
        kernels[`${verb}Rows`](x, size, 0, 3, y.at);
        kernels[`${verb}Columns`](x, 1, 3, size, 0, size, y.at);
      }
      kernels.cumsumRows(x, size, 0, 0, 3, y.at);
      kernels.cumsumColumns(x, 1, 3, size, 0, 0, size, y.at);
      expect(y.read()[3 * size - 1]).to.equal(3);
    }
  });
});
