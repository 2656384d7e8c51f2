// safetensors: tensors by name in one file, readable by PyTorch and by us.
import { ArgumentError, DataError, describe, sizeOf, Tensor } from '../tensor/index.ts';
import { readFile, writeFile } from './files.ts';

/** What the header says of one tensor; the offsets count from the end of the header. */
interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [begin: number, end: number];
}

const metadata = '__metadata__'; // the one name in a header that is no tensor's

/**
 * The bytes of a safetensors file: the header's length (64 bits, little-endian), the header (JSON: dtype, shape and
 * offsets by name), the values (float32, little-endian) without gaps.
 *
 * @throws ArgumentError when a value is no tensor
 */
export function toSafetensors(tensors: Record<string, Tensor>): Uint8Array {
  if (tensors === null || typeof tensors !== 'object' || tensors instanceof Tensor)
    throw new ArgumentError(
      'toSafetensors',
      `the tensors are ${describe(tensors)}`,
      'tensors are an object, each by its name',
      'model.stateDict()',
    );
  let end = 0;
  const entries = Object.entries(tensors).map(([name, value]): [string, Entry] => {
    if (!(value instanceof Tensor))
      throw new ArgumentError(
        'toSafetensors',
        `${name} is ${describe(value)}`,
        'every value must be a tensor',
        'model.stateDict()',
      );
    if (name === metadata)
      throw new ArgumentError(
        'toSafetensors',
        `a tensor is called ${name}`,
        'the format keeps that name for itself',
      );
    return [name, { dtype: 'F32', shape: [...value.shape], data_offsets: [end, (end += 4 * value.size)] }];
  });
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const values = 8 + Math.ceil(header.length / 8) * 8; // spaces after the header, so that the values are aligned
  const bytes = new Uint8Array(values + end).fill(0x20, 8, values);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(values - 8), true);
  bytes.set(header, 8);
  let next = values;
  for (const { data } of Object.values(tensors)) {
    for (let i = 0; i < data.length; i++, next += 4) view.setFloat32(next, data[i], true);
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
  const fail: (problem: string, rule: string, repair?: string) => never = (problem, rule, repair) => {
    throw new DataError('parseSafetensors', `${name} ${problem}`, rule, repair);
  };
  if (!(bytes instanceof Uint8Array))
    throw new ArgumentError(
      'parseSafetensors',
      `${name} is ${describe(bytes)}`,
      'the bytes must be a Uint8Array',
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = bytes.length < 8 ? Infinity : 8 + Number(view.getBigUint64(0, true));
  if (start > bytes.length)
    fail('is no safetensors file, or is cut off', 'it begins with the length of its header, then the header');

  const entries = Object.entries(
    parseHeader(bytes.subarray(8, start)) ?? fail('has no readable header', 'the header is a JSON object'),
  )
    .filter(([key]) => key !== metadata)
    .map(([key, entry]) => {
      const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Partial<Entry>;
      if (dtype !== 'F32')
        fail(`holds ${key} as ${describe(dtype)}`, 'values must be F32', 'in Python, .float() before saving');
      if (!isWhole(shape) || !isWhole(offsets) || offsets[1] !== offsets[0] + 4 * sizeOf(shape))
        fail(`misplaces ${key}`, 'from the first to the second of data_offsets there are 4 bytes a value');
      return { key, shape, begin: offsets[0], end: offsets[1] };
    })
    .sort((a, b) => a.begin - b.begin || a.end - b.end);

  let next = 0;
  for (const { key, begin, end } of entries) {
    if (begin !== next)
      fail(`has ${key} at ${begin}, not at ${next}`, 'tensors must follow each other without gaps');
    next = end;
  }
  if (start + next !== bytes.length)
    fail(
      `has ${bytes.length} bytes, not ${start + next}`,
      'a file ends with the last value of its last tensor',
    );

  return Object.fromEntries(
    entries.map(({ key, shape, begin }) => {
      const result = new Tensor(shape);
      const values = result.storage.write();
      for (let i = 0; i < values.length; i++) values[i] = view.getFloat32(start + begin + 4 * i, true);
      return [key, result];
    }),
  );
}

/** The header, if it is a JSON object. */
function parseHeader(bytes: Uint8Array): object | undefined {
  try {
    const header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof header === 'object' && !Array.isArray(header) ? (header ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

const isWhole = (list: unknown): list is number[] =>
  Array.isArray(list) && list.every((n) => Number.isSafeInteger(n) && n >= 0);

/** Saves tensors, such as a model's `stateDict()`, as a safetensors file. The old file stays whole until the new one is. */
export async function save(path: string, tensors: Record<string, Tensor>): Promise<void> {
  await writeFile(path, toSafetensors(tensors));
}

/** The tensors of a safetensors file. */
export const load = async (path: string): Promise<Record<string, Tensor>> =>
  parseSafetensors(await readFile(path), path);
