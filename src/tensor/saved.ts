// What can be written into a checkpoint and read back as it was.
import type { Tensor } from './tensor.ts';

/** A state that can be saved: tensors, numbers and words, in lists and plain objects at any depth. */
export type Saved =
  | Tensor
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint8Array
  | number
  | string
  | boolean
  | null
  | undefined
  | readonly Saved[]
  | { readonly [name: string]: Saved };
