// What augmentations share: their checks, which numbers of a row are an image, and the random numbers of a batch.
import {
  ArgumentError,
  checkNumber,
  describe,
  emptyTensor,
  finite,
  nextKey,
  scope,
  ShapeError,
  show,
  sizeOf,
  Tensor,
} from '../../tensor/index.ts';
import { backend, type ImageView } from '../../kernels/index.ts';
import type { Batch } from '../dataset.ts';

/** A transform that changes the numbers of a batch, and neither its shapes nor its kind. */
export type Augmentation = <B extends Batch>(batch: B) => B;

/** What a random number is drawn from, uniformly: between two numbers, or between −r and r. */
export type Range = number | readonly [min: number, max: number];

export interface ImageOptions {
  /**
   * What a row of x [n, ...] is: `[28, 28]`, height and width, or `[3, 32, 32]`, channels first. Needed for x [n, pixels] only; the
   * shapes [n, height, width] and [n, channels, height, width] say it themselves.
   */
  size?: readonly number[];
}

/** An augmentation of x; y stays. It is called `where`, so that errors can name it. */
export function changing(where: string, change: (x: Tensor) => Tensor): Augmentation {
  const augmentation: Augmentation = (batch) => ({ ...batch, x: change(tensorOf(where, batch)) });
  return Object.defineProperty(augmentation, 'name', { value: where });
}

/** The x of a batch. */
export function tensorOf(where: string, batch: Batch): Tensor {
  if (batch?.x instanceof Tensor && batch.x.rank > 0) return batch.x;
  throw new ArgumentError(
    where,
    `cannot change ${describe(batch)}`,
    'a batch is { x, y }, x a tensor whose first axis counts the samples',
    `data.loader(set, { transforms: [data.augment.${where}(...)] })`,
  );
}

export function checkSize(where: string, size: unknown): void {
  if (size === undefined) return;
  const isSide = (side: unknown) =>
    Number.isInteger(side) && (side as number) > 0 && (side as number) < longest;
  if (Array.isArray(size) && (size.length === 2 || size.length === 3) && size.every(isSide)) return;
  throw new ArgumentError(
    where,
    `size is ${Array.isArray(size) ? show(size) : describe(size)}`,
    'size is [height, width] or [channels, height, width]',
    `{ size: [28, 28] }`,
  );
}

const longest = 2 ** 22; // pixels of a side, which kernels count in float32

/** How the rows of x are images. */
export function imagesOf(where: string, x: Tensor, { size }: ImageOptions): ImageView {
  const own = x.shape.slice(1);
  const sizes = size ?? own;
  const fits = own.length === 1 ? own[0] === sizeOf(sizes) : show(own) === show(sizes);
  if (sizes.length < 2 || sizes.length > 3 || !fits || sizes.some((side) => side >= longest)) {
    const side = Math.sqrt(sizeOf(own));
    throw new ShapeError(
      where,
      size
        ? `rows of x ${show(x.shape)} are no images of size ${show(size)}`
        : `are rows of x ${show(x.shape)} images?`,
      'x is [n, height, width] or [n, channels, height, width], or `size` says so',
      `{ size: ${Number.isInteger(side) ? show([side, side]) : '[height, width]'} }`,
    );
  }
  const [height, width] = sizes.slice(-2);
  return { channels: sizes.length === 3 ? sizes[0] : 1, height, width };
}

/** The images of x [n, ...], read at the places that `places` gives: six numbers for each sample, as the backend's `warp` wants them. */
export function warped(x: Tensor, view: ImageView, places: ArrayLike<number>, fill: number): Tensor {
  return scope(() => {
    const [matrices, y] = [emptyTensor([x.shape[0], 6]), emptyTensor(x.shape)];
    matrices.storage.write().set(places);
    backend().warp(x, view, matrices, fill, y);
    return y;
  });
}

/** `count` random numbers in [0, 1), of a stream of their own. */
export function draw(count: number): Float32Array {
  return scope(() => {
    const numbers = emptyTensor([count]);
    backend().uniform(nextKey(), 0, 1, numbers);
    return numbers.data.slice();
  });
}

/** The two ends of a range that lies within these bounds. */
export function checkRange(where: string, name: string, range: unknown, bounds: Bounds = finite): Pair {
  if (typeof range === 'number') {
    checkNumber(where, name, range, { ...bounds, min: 0 });
    return [-range, range];
  }
  if (Array.isArray(range)) return checkPair(where, name, range, bounds);
  throw new ArgumentError(
    where,
    `${name} is ${describe(range)}`,
    `${name} must be a number r, for anything between −r and r, or [min, max]`,
  );
}

type Bounds = NonNullable<Parameters<typeof checkNumber>[3]>;
type Pair = [min: number, max: number];

/** Two numbers within these bounds, the lower one first. */
export function checkPair(where: string, name: string, pair: unknown, bounds: Bounds): Pair {
  if (!Array.isArray(pair) || pair.length !== 2)
    throw new ArgumentError(where, `${name} is ${describe(pair)}`, `${name} must be [min, max]`);
  const [min, max] = pair.map((value, i) => checkNumber(where, `${name}[${i}]`, value, bounds));
  if (min > max)
    throw new ArgumentError(
      where,
      `${name} is ${show(pair)}`,
      'the least value stands first',
      `{ ${name}: ${show([max, min])} }`,
    );
  return [min, max];
}
