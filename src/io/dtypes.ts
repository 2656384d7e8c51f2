// The types of numbers in safetensors files, and how their bytes become numbers. Little-endian, as all that WebAssembly runs on.

/** Numbers that a Float32Array can take over: each is rounded once, to the nearest float32. */
export type Numbers =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

export interface Dtype {
  /** Bytes of a value. */
  width: number;
  read(bytes: Uint8Array): Numbers;
}

interface NumbersConstructor<T extends Numbers> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
}

/** The bytes as numbers: where they lie, if they lie on a multiple of their size; else a copy. */
function view<T extends Numbers>(Type: NumbersConstructor<T>, bytes: Uint8Array): T {
  const width = Type.BYTES_PER_ELEMENT;
  const { buffer, byteOffset, length } = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
  return new Type(buffer, byteOffset, length / width);
}

const plain = (Type: NumbersConstructor<Numbers>): Dtype => ({
  width: Type.BYTES_PER_ELEMENT,
  read: (bytes) => view(Type, bytes),
});

const half = (toBits: (half: number) => number): Dtype => ({
  width: 2,
  read(bytes) {
    const halves = view(Uint16Array, bytes);
    const bits = new Uint32Array(halves.length);
    for (let i = 0; i < bits.length; i++) bits[i] = toBits(halves[i]);
    return new Float32Array(bits.buffer);
  },
});

/** The bits of the float32 that equals a float16 (IEEE 754: 1 bit of sign, 5 of exponent, 10 of fraction); NaNs keep their fraction. */
function float16Bits(half: number): number {
  const [sign, exponent, fraction] = [(half & 0x8000) << 16, (half >> 10) & 31, half & 1023];
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13); // 112 = 127 − 15
  if (fraction === 0) return sign;
  // A subnormal is fraction · 2⁻²⁴. Its highest one becomes float32's hidden bit.
  const zeros = Math.clz32(fraction) - 21; // in front of it, of the 10 bits and the hidden one
  return sign | ((113 - zeros) << 23) | (((fraction << zeros) & 1023) << 13);
}

const word64 = (isSigned: boolean): Dtype => ({
  width: 8,
  read(bytes) {
    const words = view(Uint32Array, bytes);
    const values = new Float64Array(words.length / 2);
    for (let i = 0; i < values.length; i++) {
      const high = isSigned ? words[2 * i + 1] | 0 : words[2 * i + 1];
      let low = words[2 * i];
      // float64 holds 53 bits, so that a longer number would be rounded twice. Its last 11 bits only tell on which side of
      // the middle between two float32 it lies: one bit in their place does too.
      if (high >= 2 ** 21 || high < -(2 ** 21)) low = ((low & ~2047) | (low & 2047 ? 2048 : 0)) >>> 0;
      values[i] = high * 2 ** 32 + low;
    }
    return values;
  },
});

/** The types that are read, by the names that the format gives them. */
export const dtypes: ReadonlyMap<string, Dtype> = new Map([
  ['F64', plain(Float64Array)],
  ['F32', plain(Float32Array)],
  ['F16', half(float16Bits)],
  ['BF16', half((upper) => upper << 16)], // the upper half of a float32
  ['I64', word64(true)],
  ['I32', plain(Int32Array)],
  ['I16', plain(Int16Array)],
  ['I8', plain(Int8Array)],
  ['U64', word64(false)],
  ['U32', plain(Uint32Array)],
  ['U16', plain(Uint16Array)],
  ['U8', plain(Uint8Array)],
  ['BOOL', { width: 1, read: (bytes) => bytes.map((byte) => (byte === 0 ? 0 : 1)) }],
]);

/** The types that are written, and whose arrays come back as they were. */
export const written = {
  F64: Float64Array,
  F32: Float32Array,
  I32: Int32Array,
  U8: Uint8Array,
} as const;
