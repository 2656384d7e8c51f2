// safetensors: tensors by name in one file, readable by PyTorch and by us.
// The format: https://github.com/huggingface/safetensors#format
import { allocateRaw, ArgumentError, checkOptions, describe, Tensor } from '../tensor/index.ts';
import { asBytes, type Bytes, bytesOf, type Source, writeFile } from './files.ts';
import { type Entry, type Item, readContents, valuesOf, writeContents } from './layout.ts';

/** What {@link toSafetensors} writes: tensors and Float32Arrays as F32, the others as F64, I32 and U8. */
export type Savable = Tensor | Float32Array | Float64Array | Int32Array | Uint8Array;

export interface SafetensorsOptions {
  /** Texts by name that go with the tensors: Python's `safe_open(...).metadata()`. Default: none. */
  metadata?: Record<string, string>;
}

/** A tensor or typed array as it is written; undefined for anything else. @internal */
export function itemOf(value: unknown): Item | undefined {
  if (value instanceof Tensor) return { dtype: 'F32', shape: value.shape, values: value.data };
  const item = (dtype: Item['dtype'], values: Item['values']): Item => ({
    dtype,
    shape: [values.length],
    values,
  });
  if (value instanceof Float32Array) return item('F32', value);
  if (value instanceof Float64Array) return item('F64', value);
  if (value instanceof Int32Array) return item('I32', value);
  if (value instanceof Uint8Array) return item('U8', value);
  return undefined;
}

/**
 * The bytes of a safetensors file: the header's length (64 bits, little-endian), the header (JSON: dtype, shape and
 * offsets by name, in the object's order), the values, little-endian and aligned: F64 first, then F32 and I32, then U8.
 *
 * @throws ArgumentError when a value is neither tensor nor typed array, or the metadata are no strings
 */
export function toSafetensors(
  tensors: Record<string, Savable>,
  options: SafetensorsOptions = {},
): Uint8Array<ArrayBuffer> {
  checkOptions('toSafetensors', options, ['metadata']);
  if (tensors === null || typeof tensors !== 'object' || itemOf(tensors) || Array.isArray(tensors))
    throw new ArgumentError(
      'toSafetensors',
      `the tensors are ${describe(tensors)}`,
      'tensors are an object, each by its name',
      'model.stateDict()',
    );
  const items = new Map<string, Item>();
  for (const [name, value] of Object.entries(tensors)) {
    const item = itemOf(value);
    if (!item)
      throw new ArgumentError(
        'toSafetensors',
        `${name} is ${describe(value)}`,
        'every value must be a tensor, or a Float32Array, Float64Array, Int32Array or Uint8Array',
        'model.stateDict()',
      );
    items.set(name, item);
  }
  return writeContents('toSafetensors', items, options.metadata);
}

/** A new tensor of an array's values, each rounded to float32. @internal */
export function tensorOf(entry: Entry): Tensor {
  const values = valuesOf(entry);
  const result = new Tensor(entry.shape, allocateRaw(values.length));
  result.storage.write().set(values);
  return result;
}

/**
 * The tensors of a safetensors file's bytes. All types become float32: F32, F16 and BF16 as they are; F64, and whole numbers
 * beyond 2²⁴ (I64, I32, U64, U32), rounded to the nearest, ties to even; I16, U16, I8, U8 as they are; BOOL as 0 and 1.
 *
 * @param name how to call the file in errors
 * @throws DataError when the bytes are no safetensors file, or are not in every respect as the format has it
 */
export function parseSafetensors(bytes: Bytes, name = 'the file'): Record<string, Tensor> {
  const { entries } = readContents('parseSafetensors', asBytes('parseSafetensors', name, bytes), name);
  return Object.fromEntries([...entries].map(([key, entry]) => [key, tensorOf(entry)]));
}

/** Saves tensors, such as a model's `stateDict()`, as a safetensors file. The old file stays whole until the new one is. */
export async function save(
  path: string,
  tensors: Record<string, Savable>,
  options: SafetensorsOptions = {},
): Promise<void> {
  await writeFile(path, toSafetensors(tensors, options));
}

/** The tensors of a safetensors file, which is a path, bytes, or a Blob. See {@link parseSafetensors}. */
export async function load(file: Source): Promise<Record<string, Tensor>> {
  const { bytes, name } = await bytesOf('load', file);
  return parseSafetensors(bytes, name);
}

/** The metadata of a safetensors file: texts by name; none if it has none. */
export async function loadMetadata(file: Source): Promise<Record<string, string>> {
  const { bytes, name } = await bytesOf('loadMetadata', file);
  return readContents('loadMetadata', bytes, name).metadata;
}
