// safetensors: tensors by name in one file, readable by PyTorch and by us.
import { ArgumentError, DataError, describe, Tensor, tensor } from '../tensor/index.ts';
import { readFile, writeFile } from './files.ts';

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/**
 * The bytes of a safetensors file: the header's length (64 bits, little-endian), the header (JSON: dtype, shape and
 * offsets by name), the values (float32, little-endian).
 */
export function toSafetensors(tensors: Record<string, Tensor>): Uint8Array {
  const header: Record<string, Entry> = {};
  let end = 0;
  for (const [name, value] of Object.entries(tensors)) {
    if (!(value instanceof Tensor))
      throw new ArgumentError(
        'toSafetensors',
        `${name} is ${describe(value)}`,
        'every value must be a tensor',
      );
    header[name] = { dtype: 'F32', shape: [...value.shape], data_offsets: [end, (end += 4 * value.size)] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(json.length / 8) * 8; // spaces at the end, so that the values are aligned
  const bytes = new Uint8Array(8 + padded + end).fill(0x20, 8, 8 + padded);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(padded), true);
  bytes.set(json, 8);
  for (const [name, value] of Object.entries(tensors)) {
    const begin = 8 + padded + header[name].data_offsets[0];
    value.data.forEach((x, i) => view.setFloat32(begin + 4 * i, x, true));
  }
  return bytes;
}

/**
 * The tensors of a safetensors file's bytes.
 *
 * @param name how to call the file in errors
 * @throws DataError when the bytes are no safetensors file, are cut off, or hold other types than float32
 */
export function parseSafetensors(bytes: Uint8Array, name = 'the file'): Record<string, Tensor> {
  const fail = (problem: string, rule?: string): never => {
    throw new DataError('parseSafetensors', `${name} ${problem}`, rule);
  };
  if (!(bytes instanceof Uint8Array)) fail(`is ${describe(bytes)}`, 'the bytes must be a Uint8Array');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < 8 ? 0 : Number(view.getBigUint64(0, true));
  if (bytes.length < 8 || 8 + length > bytes.length)
    fail('is not a safetensors file, or is cut off', 'it begins with the length of its header');
  let header: Record<string, Entry> = {};
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch {
    fail('has a header that is not JSON');
  }
  const tensors: Record<string, Tensor> = {};
  for (const [key, entry] of Object.entries(header)) {
    if (key === '__metadata__') continue;
    const [begin, end] = entry.data_offsets ?? [];
    if (entry.dtype !== 'F32') fail(`holds ${key} as ${entry.dtype}`, 'values are read as F32');
    const size = entry.shape?.reduce((a, b) => a * b, 1);
    if (!(begin >= 0 && end - begin === 4 * size && 8 + length + end <= bytes.length))
      fail(`is cut off, or gives ${key} a wrong place`);
    const values = Float32Array.from({ length: size }, (_, i) =>
      view.getFloat32(8 + length + begin + 4 * i, true),
    );
    tensors[key] = tensor(values, entry.shape);
  }
  return tensors;
}

/** Saves tensors, such as a model's `stateDict()`, as a safetensors file. The old file stays whole until the new one is. */
export const save = (path: string, tensors: Record<string, Tensor>): Promise<void> =>
  writeFile(path, toSafetensors(tensors));

/** The tensors of a safetensors file. */
export const load = async (path: string): Promise<Record<string, Tensor>> =>
  parseSafetensors(await readFile(path), path);
