// Where pixels go: rotation, shift, scale and shear in one step, mirror images, and crops.
import { ArgumentError, checkNumber, checkOptions, emptyTensor, finite, scope } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import {
  type Augmentation,
  changing,
  checkPair,
  checkRange,
  checkSize,
  draw,
  type ImageOptions,
  imagesOf,
  type Range,
  warped,
} from './options.ts';

export interface WarpOptions extends ImageOptions {
  /** The value of pixels that come from outside of the image. Default 0. */
  fill?: number;
}

export interface AffineOptions extends WarpOptions {
  /** Degrees, counter-clockwise about the centre: 10 is anything between −10 and 10. Default 0. */
  rotate?: Range;
  /** Parts of the width, to the right, and of the height, downwards: 0.1, or `{ x: 0.1, y: [0, 0.2] }`. Default 0. */
  shift?: Range | { x?: Range; y?: Range };
  /** Factors, between two numbers: `[0.9, 1.1]`; 2 is twice as large. Default [1, 1]. */
  scale?: readonly [min: number, max: number];
  /** Degrees by which vertical lines lean over, to the right if positive. Default 0. */
  shear?: Range;
}

/**
 * Rotates, shifts, scales and shears each image at random, about its centre c: what was at p goes to
 *
 *   c + t + R·H·s·(p − c),   R = | cos r   sin r |   H = | 1  −tan h |
 *                                | −sin r  cos r |       | 0     1   |
 *
 * for p = (column, row), rotation r, shear h, scale s and shift t. Computed the other way round: each pixel of the result asks where it
 * came from, and takes what stands there, between the pixels in proportion (bilinear), as torchvision's RandomAffine does with
 * `InterpolationMode.BILINEAR`. It rounds shifts to whole pixels; this does not. Whole pixels' shifts and quarters of turns are exact.
 *
 * x [n, height, width], [n, channels, height, width], or rows with `size`. r, t, h and s are drawn anew for each image, uniformly.
 *
 *     data.augment.affine({ rotate: 10, shift: 0.1, scale: [0.9, 1.1], size: [28, 28] })
 *
 * @throws ShapeError, from the transform, when the rows of x are not such images
 */
export const affine = (options: AffineOptions = {}): Augmentation => affineAs('affine', options);

/** Rotates each image by random degrees: 10 is anything between −10 and 10. See {@link affine}. */
export const rotate = (degrees: Range, options: WarpOptions = {}): Augmentation =>
  affineOf('rotate', degrees, options, 'rotate(10)');

/** Shifts each image by random parts of its width and height: `shift(0.1)`. See {@link affine}. */
export const shift = (parts: Range | { x?: Range; y?: Range }, options: WarpOptions = {}): Augmentation =>
  affineOf('shift', parts, options, 'shift(0.1)');

/** Scales each image by a random factor: `scale([0.9, 1.1])`. See {@link affine}. */
export const scale = (
  factors: readonly [min: number, max: number],
  options: WarpOptions = {},
): Augmentation => affineOf('scale', factors, options, 'scale([0.9, 1.1])');

const warpOptions = ['size', 'fill'];

/** `affine` with one of its options, that it is called after. */
function affineOf(name: string, value: unknown, options: WarpOptions, example: string): Augmentation {
  checkOptions(name, options, warpOptions);
  if (value === undefined)
    throw new ArgumentError(name, 'the first argument is undefined', 'it says by how much', example);
  return affineAs(name, { ...options, [name]: value });
}

function affineAs(where: string, options: AffineOptions): Augmentation {
  checkOptions(where, options, ['rotate', 'shift', 'scale', 'shear', ...warpOptions]);
  const { rotate = 0, shift = 0, scale = [1, 1], shear = 0, fill = 0 } = options;
  const perAxis = typeof shift === 'object' && !Array.isArray(shift) && shift !== null;
  if (perAxis) checkOptions(where, shift, ['x', 'y']);
  const { x: right = 0, y: down = 0 } = (perAxis ? shift : { x: shift, y: shift }) as {
    x?: Range;
    y?: Range;
  };
  const part = { min: -1, max: 1 };
  const ranges = [
    checkRange(where, 'rotate', rotate),
    checkRange(where, perAxis ? 'shift.x' : 'shift', right, part),
    checkRange(where, perAxis ? 'shift.y' : 'shift', down, part),
    checkPair(where, 'scale', scale, { above: 0, below: Infinity }),
    checkRange(where, 'shear', shear, { above: -90, below: 90 }),
  ];
  checkWarp(where, options);

  return changing(where, (x) => {
    const view = imagesOf(where, x, options);
    const count = x.shape[0];
    const drawn = draw(ranges.length * count);
    const value = (i: number, k: number) =>
      ranges[k][0] + (ranges[k][1] - ranges[k][0]) * drawn[ranges.length * i + k];
    const rotations = directions(count, (i) => value(i, 0));
    const shears = directions(count, (i) => value(i, 4));
    const [column, row] = [(view.width - 1) / 2, (view.height - 1) / 2];
    const places = new Float64Array(6 * count);
    for (let i = 0; i < count; i++) {
      const cos = rotations.cos[i] / value(i, 3);
      const sin = rotations.sin[i] / value(i, 3);
      const tan = shears.sin[i] / shears.cos[i];
      const u = column + value(i, 1) * view.width;
      const v = row + value(i, 2) * view.height;
      const at = 6 * i;
      places[at] = cos + tan * sin;
      places[at + 1] = tan * cos - sin;
      places[at + 2] = column - places[at] * u - places[at + 1] * v;
      places[at + 3] = sin;
      places[at + 4] = cos;
      places[at + 5] = row - sin * u - cos * v;
    }
    return warped(x, view, places, fill);
  });
}

function checkWarp(where: string, { size, fill }: WarpOptions): void {
  checkSize(where, size);
  if (fill !== undefined) checkNumber(where, 'fill', fill, finite);
}

/** The cosines and sines of angles in degrees. Quarters of turns are taken off first, so that theirs are exact. */
function directions(count: number, degrees: (i: number) => number): Record<'cos' | 'sin', Float32Array> {
  const quarters = new Float64Array(count);
  const [cos, sin] = scope(() => {
    const [rest, cosines, sines] = [emptyTensor([count]), emptyTensor([count]), emptyTensor([count])];
    const angles = rest.storage.write();
    for (let i = 0; i < count; i++) {
      quarters[i] = Math.round(degrees(i) / 90);
      angles[i] = ((degrees(i) - 90 * quarters[i]) * Math.PI) / 180;
    }
    backend().cos(rest, cosines);
    backend().sin(rest, sines);
    return [cosines.data.slice(), sines.data.slice()];
  });
  for (let i = 0; i < count; i++) {
    const quarter = ((quarters[i] % 4) + 4) % 4;
    if (quarter % 2 === 1) [cos[i], sin[i]] = [-sin[i], cos[i]];
    if (quarter >= 2) [cos[i], sin[i]] = [-cos[i], -sin[i]];
  }
  return { cos, sin };
}

export interface FlipOptions extends ImageOptions {
  /** The probability that left and right change places. Default 0.5. */
  horizontal?: number;
  /** The probability that top and bottom change places. Default 0. */
  vertical?: number;
}

/**
 * Some of the images, chosen at random, as in a mirror. For digits and letters it is none: few stay what they are.
 *
 * x [n, height, width], [n, channels, height, width], or rows with `size`.
 */
export function flip(options: FlipOptions = {}): Augmentation {
  checkOptions('flip', options, ['horizontal', 'vertical', 'size']);
  const { horizontal = 0.5, vertical = 0 } = options;
  checkNumber('flip', 'horizontal', horizontal, { min: 0, max: 1 });
  checkNumber('flip', 'vertical', vertical, { min: 0, max: 1 });
  checkSize('flip', options.size);
  return changing('flip', (x) => {
    const view = imagesOf('flip', x, options);
    const drawn = draw(2 * x.shape[0]);
    const places = new Float32Array(6 * x.shape[0]);
    for (let i = 0; i < x.shape[0]; i++) {
      const across = drawn[2 * i] < horizontal;
      const over = drawn[2 * i + 1] < vertical;
      places[6 * i] = across ? -1 : 1;
      places[6 * i + 2] = across ? view.width - 1 : 0;
      places[6 * i + 4] = over ? -1 : 1;
      places[6 * i + 5] = over ? view.height - 1 : 0;
    }
    return warped(x, view, places, 0);
  });
}

export interface CropOptions extends WarpOptions {
  /** How many pixels of `fill` are put around an image before the crop: the greatest distance it may move. */
  padding: number;
}

/**
 * Puts pixels of `fill` around each image, and cuts a piece of the old size out of that, anywhere: the image moves by up to `padding`
 * whole pixels in each direction, as in torchvision's RandomCrop(size, padding).
 *
 * x [n, height, width], [n, channels, height, width], or rows with `size`.
 */
export function randomCrop(options: CropOptions): Augmentation {
  checkOptions('randomCrop', options ?? null, ['padding', ...warpOptions]);
  const { padding, fill = 0 } = options;
  checkNumber('randomCrop', 'padding', padding, { integer: true, min: 0 });
  checkWarp('randomCrop', options);
  return changing('randomCrop', (x) => {
    const view = imagesOf('randomCrop', x, options);
    const drawn = draw(2 * x.shape[0]);
    const move = (u: number): number => Math.floor(u * (2 * padding + 1)) - padding;
    const places = new Float32Array(6 * x.shape[0]);
    for (let i = 0; i < x.shape[0]; i++) {
      places[6 * i] = places[6 * i + 4] = 1;
      places[6 * i + 2] = move(drawn[2 * i]);
      places[6 * i + 5] = move(drawn[2 * i + 1]);
    }
    return warped(x, view, places, fill);
  });
}
