/**
 * Random numbers without a state, as in `reference/random.ts`: Philox 4×32-10, four blocks at a time.
 *
 * k0 and k1 are the lower and upper half of the seed, s0 and s1 those of the stream: element i depends on
 * them and i. y is the place of element `first` of a tensor, a multiple of 16, and n elements are made, 16 at a
 * time: what lies behind the last one, up to a multiple of 16, is overwritten too. Threads cut there.
 */
import { log, select, sineOfSmall } from './math';

// @ts-ignore: decorator
@inline
function upperHalves(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 1, 3, 5, 7);
}

// @ts-ignore: decorator
@inline
function lowerHalves(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}

// In memory, as the constants of math.ts are.
const MULTIPLIER_0 = memory.data<u32>([0xd2511f53]);
const MULTIPLIER_1 = memory.data<u32>([0xcd9e8d57]);

/** The 16 words of blocks block … block + 3, at `to`. */
function sixteenWords(k0: i32, k1: i32, s0: i32, s1: i32, block: i32, to: usize): void {
  const M0 = v128.load_splat<u32>(MULTIPLIER_0);
  const M1 = v128.load_splat<u32>(MULTIPLIER_1);
  let a = i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3));
  let b = i32x4.splat(0);
  let c = i32x4.splat(s0);
  let d = i32x4.splat(s1);
  for (let round = 0; round < 10; round++) {
    const a01 = i64x2.extmul_low_i32x4_u(M0, a);
    const a23 = i64x2.extmul_high_i32x4_u(M0, a);
    const c01 = i64x2.extmul_low_i32x4_u(M1, c);
    const c23 = i64x2.extmul_high_i32x4_u(M1, c);
    a = v128.xor(upperHalves(c01, c23), v128.xor(b, i32x4.splat(k0)));
    b = lowerHalves(c01, c23);
    c = v128.xor(upperHalves(a01, a23), v128.xor(d, i32x4.splat(k1)));
    d = lowerHalves(a01, a23);
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  // a has the four blocks' first words, b the second ones: transposed, each vector is a block.
  const ab01 = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const cd01 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const ab23 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cd23 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i32>(ab01, cd01, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<i32>(ab01, cd01, 2, 3, 6, 7), 16);
  v128.store(to, v128.shuffle<i32>(ab23, cd23, 0, 1, 4, 5), 32);
  v128.store(to, v128.shuffle<i32>(ab23, cd23, 2, 3, 6, 7), 48);
}

const TWO_TO_MINUS_24: f32 = 5.9604644775390625e-8;

/** Multiples of 2⁻²⁴ in [0, 1): the words' upper 24 bits. */
// @ts-ignore: decorator
@inline
function unit(words: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(words, 8)), f32x4.splat(TWO_TO_MINUS_24));
}

/** low + width·u; low itself where rounding reaches `limit`, the least float32 that is excluded. */
export function uniform(
  k0: i32, k1: i32, s0: i32, s1: i32, first: i32, y: usize, n: i32, low: f32, width: f32, limit: f32,
): void {
  const end = y + (<usize>n << 2);
  const from = f32x4.splat(low);
  for (let block = first >> 2; y < end; block += 4) {
    sixteenWords(k0, k1, s0, s1, block, y);
    for (const next = y + 64; y < next; y += 16) {
      const value = f32x4.add(from, f32x4.mul(f32x4.splat(width), unit(v128.load(y))));
      const inside = v128.or(f32x4.lt(value, f32x4.splat(limit)), f32x4.eq(value, from));
      v128.store(y, select(inside, value, from));
    }
  }
}

/** mean + std·z, where uniform u and v give two z, √(−2 log(1 − u))·cos 2πv and √(−2 log(1 − u))·sin 2πv. */
export function normal(
  k0: i32, k1: i32, s0: i32, s1: i32, first: i32, y: usize, n: i32, mean: f32, std: f32,
): void {
  const end = y + (<usize>n << 2);
  for (let block = first >> 2; y < end; block += 4) {
    sixteenWords(k0, k1, s0, s1, block, y);
    for (const next = y + 64; y < next; y += 32) {
      const left = unit(v128.load(y));
      const right = unit(v128.load(y, 16));
      const u = v128.shuffle<f32>(left, right, 0, 2, 4, 6);
      const v = v128.shuffle<f32>(left, right, 1, 3, 5, 7);
      const radius = f32x4.sqrt(f32x4.mul(f32x4.splat(-2), log(f32x4.sub(f32x4.splat(1), u))));
      const angle = f32x4.mul(f32x4.splat(6.283185307179586), v);
      const cosines = stretch(f32x4.mul(radius, sineOfSmall(angle, 1)), mean, std);
      const sines = stretch(f32x4.mul(radius, sineOfSmall(angle, 0)), mean, std);
      v128.store(y, v128.shuffle<f32>(cosines, sines, 0, 4, 1, 5));
      v128.store(y, v128.shuffle<f32>(cosines, sines, 2, 6, 3, 7), 16);
    }
  }
}

// @ts-ignore: decorator
@inline
function stretch(z: v128, mean: f32, std: f32): v128 {
  return f32x4.add(f32x4.splat(mean), f32x4.mul(f32x4.splat(std), z));
}

/** scale where u < keep, else 0. */
export function mask(
  k0: i32, k1: i32, s0: i32, s1: i32, first: i32, y: usize, n: i32, keep: f32, scale: f32,
): void {
  const end = y + (<usize>n << 2);
  for (let block = first >> 2; y < end; block += 4) {
    sixteenWords(k0, k1, s0, s1, block, y);
    for (const next = y + 64; y < next; y += 16) {
      const isKept = f32x4.lt(unit(v128.load(y)), f32x4.splat(keep));
      v128.store(y, v128.and(f32x4.splat(scale), isKept));
    }
  }
}

/**
 * order [count] of i32: 0 … count − 1, shuffled by Fisher and Yates: from the last place down, each changes
 * with one at or before it. One thread does it all. `work` is room for 64 bytes.
 */
export function permutation(
  k0: i32,
  k1: i32,
  s0: i32,
  s1: i32,
  order: usize,
  count: i32,
  work: usize,
): void {
  for (let i = 0; i < count; i++) store<i32>(order + (<usize>i << 2), i);
  for (let i = 0; i < count; i++) {
    if ((i & 15) == 0) sixteenWords(k0, k1, s0, s1, i >> 2, work);
    const word = load<u32>(work + (<usize>(i & 15) << 2));
    const places = count - i;
    const here = order + (<usize>(places - 1) << 2);
    const there = order + (<usize>((<f64>word / 4294967296) * <f64>places) << 2);
    const value = load<i32>(here);
    store<i32>(here, load<i32>(there));
    store<i32>(there, value);
  }
}
