// Pictures as PNG in data URIs.
import { encode } from 'fast-png';

/** Grey values from 0, black, to 1, white: rows from the top, `width` · `height` of them. What lies outside is cut off. */
export interface Picture {
  width: number;
  height: number;
  values: ArrayLike<number>;
}

/** The rows of x [n, height · width] as pictures. */
export function picturesOf(
  { shape, data }: { readonly shape: readonly number[]; readonly data: ArrayLike<number> },
  { width, height }: { width: number; height: number },
): Picture[] {
  const values = Float32Array.from(data);
  const pixels = width * height;
  if (values.length !== shape[0] * pixels)
    throw new RangeError(`${shape[0]} pictures of ${width} × ${height} have ${values.length} values`);
  return Array.from({ length: shape[0] }, (_, i) => ({
    width,
    height,
    values: values.subarray(pixels * i, pixels * (i + 1)),
  }));
}

/** A grey picture. */
export function greyPng({ width, height, values }: Picture): string {
  check(width, height, values);
  const data = Uint8Array.from(values, (value) => Math.round(255 * Math.min(Math.max(value, 0), 1)));
  return dataUri({ width, height, channels: 1, data });
}

const steps = 15; // of opacity on either side of 0
const colours = { negative: [37, 99, 235], positive: [234, 88, 12] };

/**
 * A picture of numbers about 0: the further from it, the more opaque, blue below and orange above; `limit` and more are
 * opaque. What is 0 is transparent, so that the picture fits a light page and a dark one.
 */
export function signedPng({ width, height, values }: Picture, limit: number): string {
  check(width, height, values);
  // From transparent to opaque, below and above 0 by turns: fast-png takes opaque colours for the last of a palette.
  const palette = [...Array(2 * steps + 1).keys()].map((index) => {
    const colour = index % 2 === 1 ? colours.negative : colours.positive;
    return [...colour, Math.round((255 * Math.ceil(index / 2)) / steps)];
  });
  const data = Uint8Array.from(values, (value) => {
    const step = Math.round(steps * Math.min(Math.abs(value) / limit, 1)) || 0; // NaN is transparent
    return value < 0 && step > 0 ? 2 * step - 1 : 2 * step;
  });
  return dataUri({ width, height, channels: 1, data, palette });
}

function check(width: number, height: number, values: ArrayLike<number>): void {
  if (values.length !== width * height)
    throw new RangeError(`a picture of ${width} × ${height} has ${values.length} values`);
}

const dataUri = (picture: Parameters<typeof encode>[0]): string =>
  `data:image/png;base64,${Buffer.from(encode(picture, { zlib: { level: 9 } })).toString('base64')}`;
