// What pixels hold: noise on all of them, and holes in place of some.
import { checkNumber, checkOptions, emptyTensor, finite, nextKey } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import {
  type Augmentation,
  changing,
  checkPair,
  checkSize,
  draw,
  type ImageOptions,
  imagesOf,
} from './options.ts';

export interface NoiseOptions {
  /** The standard deviation, in units of x. */
  std: number;
  /** Limits of the result: `[0, 1]` for pixels. Default none. */
  clip?: readonly [min: number, max: number];
}

/** Adds normal noise of mean 0 to each number of x, which may have any shape: x + std·ε, then limited if asked for. */
export function noise(options: NoiseOptions): Augmentation {
  checkOptions('noise', options ?? null, ['std', 'clip']);
  const { std, clip } = options;
  checkNumber('noise', 'std', std, { min: 0, below: Infinity });
  const limits = clip === undefined ? undefined : checkPair('noise', 'clip', clip, finite);
  return changing('noise', (x) => {
    const y = emptyTensor(x.shape);
    backend().normal(nextKey(), 0, std, y);
    backend().add(x, y, y);
    if (limits) backend().clip(y, ...limits, y);
    return y;
  });
}

export interface CutoutOptions extends ImageOptions {
  /** The side of a hole, in pixels. */
  length: number;
  /** How many holes an image gets. Default 1. */
  holes?: number;
  /** What stands in them. Default 0. */
  fill?: number;
}

/**
 * Puts square holes into each image, around pixels anywhere; what of a hole would lie outside is cut off. So a network must not rely on
 * any one part.
 *
 * x [n, height, width], [n, channels, height, width], or rows with `size`; all channels have the same holes.
 *
 * Source: DeVries and Taylor, "Improved regularization of convolutional neural networks with cutout" (2017).
 */
export function cutout(options: CutoutOptions): Augmentation {
  checkOptions('cutout', options ?? null, ['length', 'holes', 'fill', 'size']);
  const { length, holes = 1, fill = 0 } = options;
  checkNumber('cutout', 'length', length, { integer: true, min: 1 });
  checkNumber('cutout', 'holes', holes, { integer: true, min: 0 });
  checkNumber('cutout', 'fill', fill, finite);
  checkSize('cutout', options.size);
  return changing('cutout', (x) => {
    const { channels, height, width } = imagesOf('cutout', x, options);
    const drawn = draw(2 * holes * x.shape[0]);
    const y = emptyTensor(x.shape);
    const flat = { offset: 0, strides: [1] };
    backend().copy(x, flat, [x.size], flat, y);
    const pixels = y.storage.write();
    for (let hole = 0; hole < drawn.length / 2; hole++) {
      const top = Math.floor(drawn[2 * hole] * height) - Math.floor(length / 2);
      const left = Math.floor(drawn[2 * hole + 1] * width) - Math.floor(length / 2);
      const [from, to] = [Math.max(left, 0), Math.min(left + length, width)];
      for (let channel = 0; channel < channels; channel++) {
        const first = (Math.floor(hole / holes) * channels + channel) * height;
        for (let row = Math.max(top, 0); row < Math.min(top + length, height); row++)
          pixels.fill(fill, (first + row) * width + from, (first + row) * width + to);
      }
    }
    return y;
  });
}
