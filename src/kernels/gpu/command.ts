// What the engine tells a device: a stream of commands over numbered values. A value is written once; what overwrites it has another number.
import type { ProductKernel } from './device.ts';

/** A value on the device, as a command names it. */
export interface Ref {
  id: number;
  shape: readonly number[];
  /** Whole numbers: labels, or indices. */
  isIndex?: true;
}

export type Command =
  /** A value arrives. */
  | { do: 'put'; id: number; values: Float32Array }
  /** A value that is the same number everywhere. */
  | { do: 'fill'; value: number; result: Ref }
  /** A verb of the contract; its tensors are Refs, its results new ones. */
  | { do: 'run'; verb: string; args: readonly unknown[]; results: readonly Ref[] }
  /** Which kernel makes matrix products from now on, if the device has more than one. */
  | { do: 'choose'; product: ProductKernel }
  /** Nobody needs these any more. */
  | { do: 'free'; ids: readonly number[] };

export const isRef = (argument: unknown): argument is Ref =>
  argument !== null && typeof argument === 'object' && 'id' in argument && 'shape' in argument;

export const sizeOfRef = ({ shape }: Ref): number => shape.reduce((product, size) => product * size, 1);
