// A device as programs see it: it launches kernels over arrays that stay with it.

import type { Product } from './tiled.ts';

/** What gpu.js hands to a kernel as `this`: the place in the output that it computes. */
export interface Thread {
  thread: { x: number; y: number; z: number };
}

/**
 * A kernel of gpu.js, which reads the function's text: it must be a plain function expression that names nothing outside
 * itself, and no variable of two loops may have the same name, nor any argument that of an array with Size or Dim behind it.
 * In a loop that ends at a constant, a block of several statements behind an `if` loses its braces on WebGL.
 * A variable is a float32, but for those that loops count with: the place of an element is one expression of whole numbers.
 */
export interface Kernel {
  /** Of each argument: an array, a whole number, or a number. */
  types: ReadonlyArray<'array' | 'integer' | 'float'>;
  run: (this: Thread, ...args: any[]) => number;
}

const letters = { a: 'array', i: 'integer', f: 'float' } as const;

/** A kernel whose arguments have the types that these letters stand for: a array, i whole number, f number. */
export const kernel = (types: string, run: Kernel['run']): Kernel => ({
  types: [...types].map((letter) => letters[letter as keyof typeof letters]),
  run,
});

export type ProductKernel = 'plain' | 'tiled';

/** An array on the device. What it is, the device knows. */
export type Handle = object;

/** A kernel to be launched: for each place of `output`, [x], [x, y] or [x, y, z], x running fastest. */
export interface Launch {
  kernel: Kernel;
  output: readonly number[];
  args: readonly (Handle | number)[];
  /** The same as a matrix product, for a device that has a kernel of its own for those. */
  product?: Product<Handle>;
}

/** A value of a command, and the array that holds it. */
export interface Value {
  shape: readonly number[];
  size: number;
  handle: Handle;
}

/**
 * What a verb does: it yields launches, gets their results, and returns an array that it made for each of its own results. A
 * generator, since some devices answer at once and others later.
 */
export type Program = (args: any, results: { shape: readonly number[]; size: number }[]) => Steps;

export type Steps = Generator<Launch | Floats, Handle[], Handle>;

/** Numbers that a program needs beside its arguments. */
export interface Floats {
  floats: Float32Array;
}

/** What is known of a device. */
export interface Description {
  backend: 'webgpu' | 'webgl2' | 'headlessgl';
  /** The adapter's own name. */
  adapter: string;
  isSoftware: boolean;
  /** The largest array, in bytes. */
  largest: number;
}

/** An array on the device, and how many numbers it holds. */
export interface Sized {
  handle: Handle;
  size: number;
}

export interface Device {
  readonly description: Description;
  /** Told when the driver begins to compile, which may hold up its thread, and when it has. */
  onCompile?: (isCompiling: boolean) => void;
  /** Which kernel makes matrix products, on a device that has both. At first the plain one. */
  productKernel?: ProductKernel;
  launch(launch: Launch): Handle | Promise<Handle>;
  upload(values: Float32Array): Handle | Promise<Handle>;
  /** The numbers of these arrays, one behind the other, or none, when all is done that was launched before. Throws if any of it has failed. */
  download(arrays: readonly Sized[]): Float32Array | Promise<Float32Array>;
  free(handle: Handle): void;
  /** Lets go of all kernels. */
  end(): void;
  /** As if the driver had lost it. For tests. */
  lose(): void;
}
