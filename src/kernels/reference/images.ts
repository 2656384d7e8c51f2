// Images: read between their pixels, and made from bytes.
import type { Backend } from '../backend.ts';
import { fround } from './precision.ts';

/** The point between a and b at the fraction f of the way; a itself at 0, whatever b is. */
const between = (a: number, b: number, f: number): number =>
  f === 0 ? a : fround(a - fround(f * fround(a - b)));

/** The place on a line of `size` pixels, or one step outside of it: what lies further out looks the same. */
const near = (place: number, size: number): number => (place > -1 ? Math.min(place, size) : -1);

export const images: Pick<Backend, 'warp' | 'selectBytes'> = {
  warp(x, { channels, height, width }, matrices, fill, y) {
    const xs = x.storage.read();
    const ys = y.storage.write();
    const m = matrices.storage.read();
    const outside = fround(fill);
    const planes = (matrices.shape[0] as number) * channels;
    let at = 0;
    for (let plane = 0; plane < planes; plane++) {
      const first = plane * height * width;
      const pixel = (row: number, column: number): number =>
        row >= 0 && row < height && column >= 0 && column < width
          ? xs[first + row * width + column]
          : outside;
      const k = 6 * Math.floor(plane / channels);
      for (let i = 0; i < height; i++) {
        const [left, top] = [
          fround(fround(m[k + 1] * i) + m[k + 2]),
          fround(fround(m[k + 4] * i) + m[k + 5]),
        ];
        for (let j = 0; j < width; j++, at++) {
          const u = near(fround(fround(m[k] * j) + left), width);
          const v = near(fround(fround(m[k + 3] * j) + top), height);
          const [column, row] = [Math.floor(u), Math.floor(v)];
          const [alongRow, down] = [fround(u - column), fround(v - row)];
          ys[at] = between(
            between(pixel(row, column), pixel(row, column + 1), alongRow),
            between(pixel(row + 1, column), pixel(row + 1, column + 1), alongRow),
            down,
          );
        }
      }
    }
  },

  selectBytes(x, index, divisor, y) {
    const { buffer, byteOffset, byteLength } = x.storage.read();
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    const ys = y.storage.write();
    const inner = ys.length / index.length;
    for (let j = 0, at = 0; j < index.length; j++)
      for (let i = 0; i < inner; i++, at++) ys[at] = bytes[index[j] * inner + i] / divisor;
  },
};
