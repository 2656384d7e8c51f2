// The idx format of MNIST and its relatives: a header with sizes, then the numbers, big-endian.
import { DataError, show } from '../tensor/index.ts';
import { asBytes, type Bytes } from './files.ts';

/** What an idx file holds: numbers with a shape. */
export interface IdxArray {
  shape: number[];
  data: Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;
}

const types = {
  8: [Uint8Array, 'getUint8'],
  9: [Int8Array, 'getInt8'],
  11: [Int16Array, 'getInt16'],
  12: [Int32Array, 'getInt32'],
  13: [Float32Array, 'getFloat32'],
  14: [Float64Array, 'getFloat64'],
} as const;

/**
 * Reads the bytes of an idx file: two zero bytes, the type, the number of axes, the sizes (32 bits each), the numbers.
 *
 * @param name how to call the file in errors
 * @throws DataError when the bytes are no idx file, are cut off, or go on after the last number
 */
export function parseIdx(file: Bytes, name = 'the file'): IdxArray {
  const fail = (problem: string, rule: string, repair = 'download the file again'): never => {
    throw new DataError('parseIdx', `${name} ${problem}`, rule, repair);
  };
  const bytes = asBytes('parseIdx', name, file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    fail('is compressed with gzip', 'idx files are read uncompressed', 'gunzip it first');
  if (bytes.length < 4 || view.getUint16(0) !== 0)
    fail('is not an idx file', 'an idx file begins with two zero bytes, its type and its number of axes');
  const type = types[bytes[2] as keyof typeof types];
  if (!type)
    fail(
      `has the unknown type ${bytes[2]}`,
      `the third byte must be one of ${Object.keys(types).join(', ')}`,
    );

  const [Numbers, read] = type;
  const header = 4 + 4 * bytes[3];
  if (bytes.length < header)
    fail(
      `ends inside its header, after ${bytes.length} bytes`,
      `a header of ${bytes[3]} axes has ${header} bytes`,
    );
  const shape = Array.from({ length: bytes[3] }, (_, axis) => view.getUint32(4 + 4 * axis));
  const count = shape.reduce((product, size) => product * size, 1);
  const needed = header + count * Numbers.BYTES_PER_ELEMENT;
  if (!Number.isSafeInteger(needed))
    fail(`has an impossible shape: ${show(shape.slice(0, 8))}`, 'a shape must have less than 2⁵³ bytes');
  if (bytes.length !== needed)
    fail(
      `${bytes.length > needed ? 'is too long' : 'is cut off'}: it has ${bytes.length} bytes`,
      `the shape ${show(shape)} needs ${needed}`,
    );
  if (Numbers === Uint8Array) return { shape, data: bytes.slice(header) };
  const data = new Numbers(count);
  for (let i = 0; i < count; i++) data[i] = view[read](header + i * Numbers.BYTES_PER_ELEMENT);
  return { shape, data };
}
