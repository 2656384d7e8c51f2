// Strided copies with as few axes as they need: a kernel has three.

export interface Strided {
  sizes: number[];
  strides: number[];
}

/** The same elements in the same order: axes of size 1 are dropped, and those that continue each other joined. */
export function collapse(sizes: readonly number[], strides: readonly number[]): Strided {
  const joined: Strided = { sizes: [], strides: [] };
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    if (sizes[axis] === 1) continue;
    const continues = joined.sizes.length > 0 && strides[axis] === joined.strides[0] * joined.sizes[0];
    if (continues) joined.sizes[0] *= sizes[axis];
    else {
      joined.sizes.unshift(sizes[axis]);
      joined.strides.unshift(strides[axis]);
    }
  }
  return joined;
}

/** The strides of row-major order. */
export function rowMajor(sizes: readonly number[]): number[] {
  const strides = new Array<number>(sizes.length);
  for (let axis = sizes.length - 1, stride = 1; axis >= 0; stride *= sizes[axis--]) strides[axis] = stride;
  return strides;
}

/** How far a step along each axis of `to` goes in a row-major array of shape `from`, which is broadcast to it. */
export function spread(from: readonly number[], to: readonly number[]): number[] {
  const own = rowMajor(from);
  const missing = to.length - from.length;
  return to.map((_, axis) => (axis < missing || from[axis - missing] === 1 ? 0 : own[axis - missing]));
}
