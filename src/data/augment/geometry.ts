// Where pixels go: rotation, shift, scale and shear in one step, mirror images, and crops.
import { checkNumber, checkOptions, finite, scope, tensor } from '../../tensor/index.ts';
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
  raw,
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
 */
export const affine = (options: AffineOptions = {}): Augmentation => affineAs('affine', options);

/** Rotates each image by random degrees: 10 is anything between −10 and 10. See {@link affine}. */
export const rotate = (degrees: Range, options: WarpOptions = {}): Augmentation => {
  checkOptions('rotate', options, warpOptions);
  return affineAs('rotate', { ...options, rotate: degrees });
};

/** Shifts each image by random parts of its width and height: `shift(0.1)`. See {@link affine}. */
export const shift = (part: AffineOptions['shift'], options: WarpOptions = {}): Augmentation => {
  checkOptions('shift', options, warpOptions);
  return affineAs('shift', { ...options, shift: part });
};

/** Scales each image by a random factor: `scale([0.9, 1.1])`. See {@link affine}. */
export const scale = (
  factors: readonly [min: number, max: number],
  options: WarpOptions = {},
): Augmentation => {
  checkOptions('scale', options, warpOptions);
  return affineAs('scale', { ...options, scale: factors });
};

const warpOptions = ['size', 'fill'];

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
    const column = (k: number): number[] =>
      Array.from({ length: count }, (_, i) => {
        const [low, high] = ranges[k];
        return low + (high - low) * drawn[ranges.length * i + k];
      });
    const [turns, rights, downs, factors, leans] = ranges.map((_, k) => column(k));
    const [rotations, shears] = [directions(turns), directions(leans)];
    const centre = [(view.width - 1) / 2, (view.height - 1) / 2];
    const places = new Float32Array(6 * count);
    for (let i = 0; i < count; i++) {
      const [[cos, sin], [along, aside]] = [rotations[i], shears[i]];
      const [a, b] = [(cos + (aside / along) * sin) / factors[i], ((aside / along) * cos - sin) / factors[i]];
      const [c, d] = [sin / factors[i], cos / factors[i]];
      const [u, v] = [centre[0] + rights[i] * view.width, centre[1] + downs[i] * view.height];
      places.set([a, b, centre[0] - a * u - b * v, c, d, centre[1] - c * u - d * v], 6 * i);
    }
    return warped(x, view, places, fill);
  });
}

function checkWarp(where: string, { size, fill }: WarpOptions): void {
  checkSize(where, size);
  if (fill !== undefined) checkNumber(where, 'fill', fill, finite);
}

/** (cos, sin) of angles in degrees. Quarters of turns are taken off first, so that theirs are exact. */
function directions(degrees: readonly number[]): [cos: number, sin: number][] {
  const quarters = degrees.map((angle) => Math.round(angle / 90));
  const [cosines, sines] = scope(() => {
    const rest = tensor(degrees.map((angle, i) => ((angle - 90 * quarters[i]) * Math.PI) / 180));
    const [cos, sin] = [raw(rest.shape), raw(rest.shape)];
    backend().cos(rest, cos);
    backend().sin(rest, sin);
    return [cos.data.slice(), sin.data.slice()];
  });
  return quarters.map((quarter, i) => {
    const [cos, sin] = [cosines[i], sines[i]];
    const turned = [
      [cos, sin],
      [-sin, cos],
      [-cos, -sin],
      [sin, -cos],
    ] as const;
    return [...turned[((quarter % 4) + 4) % 4]];
  });
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
    const places = Array.from({ length: x.shape[0] }, (_, i) => {
      const across = drawn[2 * i] < horizontal ? [-1, 0, view.width - 1] : [1, 0, 0];
      const upright = drawn[2 * i + 1] < vertical ? [0, -1, view.height - 1] : [0, 1, 0];
      return [...across, ...upright];
    });
    return warped(x, view, places.flat(), 0);
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
    const moves = Array.from(draw(2 * x.shape[0]), (u) => Math.floor(u * (2 * padding + 1)) - padding);
    const places = Array.from({ length: x.shape[0] }, (_, i) => [1, 0, moves[2 * i], 0, 1, moves[2 * i + 1]]);
    return warped(x, view, places.flat(), fill);
  });
}
