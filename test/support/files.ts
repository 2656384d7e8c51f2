// Files built by hand, so that what the library writes is not its own witness.

/** A safetensors file with this header (an object, or text as it stands), and these values, or as many zeros, after it. */
export function safetensorsFile(header: unknown, values: number | Uint8Array = 0): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const parts = [length, json, typeof values === 'number' ? Buffer.alloc(values) : values];
  return new Uint8Array(Buffer.concat(parts));
}

/** What a header says of one array. */
export const entry = (shape: unknown, begin: unknown, end: unknown, dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

/** An idx file of the given type and sizes, with these bytes as values. */
export const idxFile = (
  type: number,
  sizes: readonly number[],
  values: readonly number[] | Uint8Array,
): Uint8Array =>
  Uint8Array.from([
    ...[0, 0, type, sizes.length],
    ...sizes.flatMap((n) => [n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255]),
    ...values,
  ]);
