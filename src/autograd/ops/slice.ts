// Cutting apart and putting together: slice and split, pad, concat and stack. They are each other's gradients.
import {
  ArgumentError,
  checkAxis,
  checkNumber,
  describe,
  sameShape,
  ShapeError,
  type Shape,
  show,
  stridesOf,
  Tensor,
} from '../../tensor/index.ts';
import { backend, type Layout } from '../../kernels/index.ts';
import { defineOp, type Operand } from '../op.ts';
import { expandDims } from './reshape.ts';

/**
 * The elements from `start` up to, not including, `end` along one axis. Both may be negative, counted from the
 * end, and reach too far: as in `Array.prototype.slice`.
 *
 *   shape     X [m, n], axis 0  →  Y [end − start, n]
 *   forward   Yᵢⱼ = X[start + i, j]
 *   gradient  ∂L/∂X = G, padded with zeros: what was cut off has no effect
 *
 * @throws ShapeError when the axis is out of range; ArgumentError when a place is no whole number
 */
export const slice = defineOp<[x: Tensor], [start: number, end?: number, axis?: number]>({
  name: 'slice',
  inputs: ['x'],
  compose(x, start, end, axis = 0) {
    const along = checkAxis('slice', axis, x.shape);
    const size = x.shape[along];
    const place = (name: string, value: number) => {
      checkNumber('slice', name, value, { integer: true });
      return Math.min(Math.max(value < 0 ? value + size : value, 0), size);
    };
    const from = place('start', start);
    const to = end === undefined ? size : place('end', end);
    return crop(x, origin(x, along, from), x.shape.with(along, Math.max(to - from, 0)));
  },
  samples: (random) => [
    [random.uniform([5, 3]), 1, 4],
    [random.uniform([2, 5]), -3, -1, 1],
    [random.uniform([2, 4, 3]), 2, undefined, -2],
    [random.uniform([6]), -100, 2],
  ],
});

/** The block of the given sizes that begins at `start`. */
const crop: (x: Tensor, start: Shape, sizes: Shape) => Tensor = defineOp<
  [x: Tensor],
  [start: Shape, sizes: Shape]
>({
  name: 'slice',
  inputs: ['x'],
  shape: (_x, _start, sizes) => sizes,
  forward: (Y, x, start) => backend().copy(x, blockAt(start, x.shape), Y.shape, whole(Y.shape), Y),
  gradient: {
    x: (G, _Y, x, start) =>
      pad(
        G,
        x.shape.map((n: number, axis: number) => [start[axis], n - start[axis] - G.shape[axis]]),
      ),
  },
  reads: [],
  samples: () => [],
});

/** For each axis, how many before and how many after. */
export type PadWidths = readonly (readonly [before: number, after: number])[];

/**
 * Puts `value` around x: for each axis, so many before and so many after.
 *
 *   shape     X [m, n], widths [[a, b], [c, d]]  →  Y [a + m + b, c + n + d]
 *   forward   Y[a + i, c + j] = Xᵢⱼ, and value elsewhere
 *   gradient  ∂L/∂X = the block of G where X lies
 *
 * @throws ShapeError when there is not one pair for each axis
 */
export const pad: (x: Tensor, widths: PadWidths, value?: number) => Tensor = defineOp<
  [x: Tensor],
  [widths: PadWidths, value?: number]
>({
  name: 'pad',
  inputs: ['x'],
  shape(x, widths, value = 0) {
    checkWidths(x, widths);
    checkNumber('pad', 'value', value);
    return x.shape.map((n: number, axis: number) => widths[axis][0] + n + widths[axis][1]);
  },
  forward(Y, x, widths, value = 0) {
    backend().fill(value, Y);
    backend().copy(x, whole(x.shape), x.shape, blockAt(befores(widths), Y.shape), Y);
  },
  gradient: { x: (G, _Y, x, widths) => crop(G, befores(widths), x.shape) },
  reads: [],
  samples: (random) => [
    [
      random.uniform([2, 3]),
      [
        [1, 0],
        [2, 1],
      ],
    ],
    [
      random.uniform([2, 1, 3]),
      [
        [0, 1],
        [1, 2],
        [0, 0],
      ],
      0.5,
    ],
    [random.uniform([]), []],
  ],
});

const befores = (widths: PadWidths): number[] => widths.map(([before]) => before);

function checkWidths(x: Tensor, widths: unknown): void {
  const example = `pad(x, [${x.shape.map(() => '[1, 1]').join(', ')}])`;
  if (!Array.isArray(widths))
    throw new ArgumentError('pad', `widths is ${describe(widths)}`, 'widths is a list of pairs', example);
  if (widths.length !== x.rank) {
    throw new ShapeError(
      'pad',
      `widths for ${widths.length} axes, but x ${show(x.shape)} has ${x.rank}`,
      'each axis needs a pair [before, after]; [0, 0] leaves it as it is',
      example,
    );
  }
  widths.forEach((pair, axis) => {
    if (!Array.isArray(pair) || pair.length !== 2) {
      const rule = 'each axis needs a pair [before, after]';
      throw new ArgumentError('pad', `widths[${axis}] is ${describe(pair)}`, rule, example);
    }
    pair.forEach((width, i) => {
      checkNumber('pad', `widths[${axis}][${i}]`, width, { integer: true, min: 0 });
    });
  });
}

/**
 * Tensors, one behind the other along an axis.
 *
 *   shape     A [m, k], B [n, k], axis 0  →  Y [m + n, k]
 *   forward   Y = the rows of A, then those of B
 *   gradient  ∂L/∂A = G's first m rows, ∂L/∂B = the n behind them
 *
 * @throws ShapeError when shapes differ along another axis
 */
export const concat = defineOp<[tensors: readonly Operand[]], [axis?: number]>({
  name: 'concat',
  inputs: ['tensors...'],
  shape(tensors, axis = 0) {
    const first: Shape = tensors[0].shape;
    const along = checkAxis('concat', axis, first);
    tensors.forEach(({ shape }, i) => {
      checkFit(shape, `tensors[${i}]`, first, along);
    });
    return tensors[0].shape.with(
      along,
      tensors.reduce((size, x) => size + x.shape[along], 0),
    );
  },
  forward(Y, tensors, axis = 0) {
    const along = checkAxis('concat', axis, Y.shape);
    let start = 0;
    for (const x of tensors) {
      backend().copy(x, whole(x.shape), x.shape, blockAt(origin(x, along, start), Y.shape), Y);
      start += x.shape[along];
    }
  },
  gradient:
    (place) =>
    (G, _Y, tensors, axis = 0) => {
      const along = checkAxis('concat', axis, G.shape);
      const before = tensors.slice(0, place).reduce((size, x) => size + x.shape[along], 0);
      return crop(G, origin(G, along, before), tensors[place].shape);
    },
  reads: [],
  samples: (random) => [
    [[random.uniform([2, 3]), random.uniform([1, 3]), random.uniform([3, 3])]],
    [[random.uniform([2, 1, 3]), random.uniform([2, 4, 3])], -2],
    [[random.uniform([2])]],
  ],
});

function checkFit(shape: Shape, name: string, first: Shape, along: number): void {
  const rank = first.length;
  const off = shape.length === rank ? shape.findIndex((n, axis) => axis !== along && n !== first[axis]) : -1;
  if (shape.length === rank && off < 0) return;
  const others = (axis: number) =>
    shape.length === rank && shape.every((n, k) => k === axis || n === first[k]);
  const instead = first.findIndex((_, axis) => others(axis));
  throw new ShapeError(
    'concat',
    `${name} ${show(shape)} does not fit tensors[0] ${show(first)}${off < 0 ? '' : ` along axis ${off}`}`,
    off < 0
      ? `all must have the same number of axes: ${rank}`
      : `sizes may differ along axis ${along} only; axis ${off} has ${shape[off]} and ${first[off]}`,
    instead < 0 ? undefined : `concat(tensors, ${instead})`,
  );
}

/**
 * Tensors of one shape, one behind the other along a new axis.
 *
 *   shape     k tensors [m, n]  →  Y [k, m, n], or [m, k, n] (axis 1), or [m, n, k] (axis 2 or −1)
 *   forward   axis 0: Y[i] = the i-th tensor
 *   gradient  ∂L/∂(i-th tensor) = G[i]
 *
 * @throws ShapeError when shapes differ
 */
export const stack = defineOp<[tensors: readonly Operand[]], [axis?: number]>({
  name: 'stack',
  inputs: ['tensors...'],
  compose(tensors, axis = 0) {
    const first: Shape = tensors[0].shape;
    const at = checkAxis('stack', axis, [...first, 1]);
    tensors.forEach(({ shape }, i) => {
      if (sameShape(shape, first)) return;
      throw new ShapeError(
        'stack',
        `tensors[${i}] ${show(shape)} does not fit tensors[0] ${show(first)}`,
        'all shapes must be equal',
      );
    });
    return concat(
      tensors.map((x) => expandDims(x, at)),
      at,
    );
  },
  samples: (random) => [
    [[random.uniform([2, 3]), random.uniform([2, 3])]],
    [[random.uniform([2, 3]), random.uniform([2, 3]), random.uniform([2, 3])], -1],
    [[random.uniform([]), 1.5]],
  ],
});

/**
 * Cuts a tensor along an axis: into pieces of one size (the last may be smaller), or of the given sizes.
 *
 *     split(x, 2)            x [5, 3]  →  [2, 3], [2, 3], [1, 3]
 *     split(x, [1, 2], 1)    x [5, 3]  →  [5, 1], [5, 2]
 *
 * @throws ShapeError when the sizes don't add up to the axis's size
 */
export function split(x: Tensor, sizes: number | readonly number[], axis: number = 0): Tensor[] {
  if (!(x instanceof Tensor)) throw new ArgumentError('split', `x is ${describe(x)}`, 'x must be a tensor');
  const along = checkAxis('split', axis, x.shape);
  let end = 0;
  return pieces(sizes, x.shape, along).map((size) => {
    const start = end;
    end += size;
    return crop(x, origin(x, along, start), x.shape.with(along, size));
  });
}

function pieces(sizes: number | readonly number[], shape: Shape, axis: number): readonly number[] {
  const total = shape[axis];
  if (typeof sizes === 'number') {
    checkNumber('split', 'the size', sizes, { integer: true, min: 1 });
    const count = Math.max(Math.ceil(total / sizes), 1);
    return Array.from({ length: count }, (_, i) => Math.min(sizes, total - i * sizes));
  }
  if (!Array.isArray(sizes)) {
    const rule = 'sizes is one size for all pieces, or a list with the size of each';
    throw new ArgumentError('split', `sizes is ${describe(sizes)}`, rule, `split(x, ${total}, ${axis})`);
  }
  sizes.forEach((size, i) => {
    checkNumber('split', `sizes[${i}]`, size, { integer: true, min: 0 });
  });
  const sum = sizes.reduce((a, b) => a + b, 0);
  if (sum === total) return sizes;
  throw new ShapeError(
    'split',
    `the sizes ${show(sizes)} add up to ${sum}, but axis ${axis} of ${show(shape)} has size ${total}`,
    'the pieces must take the whole axis',
    sum < total ? `split(x, ${show([...sizes, total - sum])}, ${axis})` : undefined,
  );
}

const whole = (shape: Shape): Layout => ({ offset: 0, strides: stridesOf(shape) });

/** Where the block lies, in a tensor of that shape, that begins at `start`. */
function blockAt(start: Shape, shape: Shape): Layout {
  const strides = stridesOf(shape);
  return { offset: strides.reduce((offset, stride, axis) => offset + stride * start[axis], 0), strides };
}

/** `at` along one axis, 0 along the others. */
const origin = ({ shape }: Tensor, axis: number, at: number): number[] => shape.map(() => 0).with(axis, at);
