// Images: read between their pixels, and made from bytes.
import { at, put, take } from './rows';

// A plane is copied into `work` [height + 3, width + 3] with a frame of `fill`: one pixel before it, two behind. A place is limited to
// −1 … size, so its pixel and the next are always in there, and no lane needs to ask whether it is inside.

/** The frame around a plane: all of `work` that `enframe` leaves as it is. */
function frame(work: usize, height: i32, width: i32, fill: f32): void {
  const stride = width + 3;
  for (let i = 0; i < stride; i++) {
    store<f32>(at(work, i), fill);
    store<f32>(at(work, (height + 1) * stride + i), fill);
    store<f32>(at(work, (height + 2) * stride + i), fill);
  }
  for (let row = 1; row <= height; row++) {
    store<f32>(at(work, row * stride), fill);
    store<f32>(at(work, row * stride + width + 1), fill);
    store<f32>(at(work, row * stride + width + 2), fill);
  }
}

/** Copies a plane into its frame. */
function enframe(x: usize, work: usize, height: i32, width: i32): void {
  for (let row = 0; row < height; row++) {
    const from = at(x, row * width);
    const to = at(work, (row + 1) * (width + 3) + 1);
    let i = 0;
    for (; i + 4 <= width; i += 4) v128.store(at(to, i), v128.load(at(from, i)));
    if (i < width) put(at(to, i), take(at(from, i), width - i), width - i);
  }
}

// In memory, as the constants of math.ts are.
const MINUS_ONE = memory.data<f32>([-1]);
const FOUR = memory.data<f32>([4]);

/** A place, limited to −1 … size. */
// @ts-ignore: decorator
@inline
function near(place: v128, size: v128): v128 {
  return f32x4.pmin(size, f32x4.pmax(v128.load_splat<f32>(MINUS_ONE), place));
}

const ROUNDER = memory.data<f32>([12582912]); // 1.5·2²³: added to a whole number below 2²², it leaves that in the lowest bits

/** Whole floats as integers: a third of the instructions that a conversion takes. */
// @ts-ignore: decorator
@inline
function whole(x: v128): v128 {
  return i32x4.sub(f32x4.add(x, v128.load_splat<f32>(ROUNDER)), v128.load_splat<f32>(ROUNDER));
}

/** a − f·(a − b); a − 0, which is a, where f is 0. */
// @ts-ignore: decorator
@inline
function between(a: v128, b: v128, f: v128): v128 {
  return f32x4.sub(a, v128.andnot(f32x4.mul(f, f32x4.sub(a, b)), f32x4.eq(f, f32x4.splat(0))));
}

/** Two neighbours at p and two at q, side by side. */
// @ts-ignore: decorator
@inline
function pairs(p: usize, q: usize): v128 {
  return v128.load64_lane(q, v128.load64_zero(p), 1);
}

/**
 * y[n, c, i, j] = x[n, c] at column u = m₀·j + (m₁·i + m₂) and row v = m₃·j + (m₄·i + m₅), m being row n of `matrices` (f32), for the
 * planes `from` … `to` − 1 of all (n, c). `work` is room for (height + 3)·(width + 3) floats.
 */
export function warp(
  x: usize,
  channels: i32,
  height: i32,
  width: i32,
  matrices: usize,
  fill: f32,
  work: usize,
  from: i32,
  to: i32,
  y: usize,
): void {
  frame(work, height, width, fill);
  const stride = width + 3;
  const below = <usize>stride << 2;
  const origin = at(work, stride + 1); // of the plane in its frame
  const w = f32x4.splat(<f32>width);
  const h = f32x4.splat(<f32>height);
  for (let plane = from; plane < to; plane++) {
    enframe(at(x, plane * height * width), work, height, width);
    const m = at(matrices, 6 * (plane / channels));
    const uStep = v128.load_splat<f32>(m);
    const vStep = v128.load_splat<f32>(m + 12);
    for (let i = 0; i < height; i++) {
      const left = f32x4.splat(load<f32>(m + 4) * <f32>i + load<f32>(m + 8));
      const top = f32x4.splat(load<f32>(m + 16) * <f32>i + load<f32>(m + 20));
      const row = at(y, (plane * height + i) * width);
      let lanes = f32x4(0, 1, 2, 3);
      for (let j = 0; j < width; j += 4) {
        const u = near(f32x4.add(f32x4.mul(uStep, lanes), left), w);
        const v = near(f32x4.add(f32x4.mul(vStep, lanes), top), h);
        lanes = f32x4.add(lanes, v128.load_splat<f32>(FOUR));
        const column = f32x4.floor(u);
        const line = f32x4.floor(v);
        const inFrame = i32x4.add(i32x4.mul(whole(line), i32x4.splat(stride)), whole(column));
        const places = i32x4.add(i32x4.shl(inFrame, 2), i32x4.splat(origin));
        const p = <usize>i32x4.extract_lane(places, 0);
        const q = <usize>i32x4.extract_lane(places, 1);
        const r = <usize>i32x4.extract_lane(places, 2);
        const s = <usize>i32x4.extract_lane(places, 3);
        const upper = pairs(p, q);
        const upperRest = pairs(r, s);
        const lower = pairs(p + below, q + below);
        const lowerRest = pairs(r + below, s + below);
        const alongRow = f32x4.sub(u, column);
        const value = between(
          between(
            v128.shuffle<f32>(upper, upperRest, 0, 2, 4, 6),
            v128.shuffle<f32>(upper, upperRest, 1, 3, 5, 7),
            alongRow,
          ),
          between(
            v128.shuffle<f32>(lower, lowerRest, 0, 2, 4, 6),
            v128.shuffle<f32>(lower, lowerRest, 1, 3, 5, 7),
            alongRow,
          ),
          f32x4.sub(v, line),
        );
        put(at(row, j), value, width - j);
      }
    }
  }
}

/** Four bytes of eight 16-bit numbers, as floats, divided. */
// @ts-ignore: decorator
@inline
function quotient(numbers: v128, divisor: v128): v128 {
  return f32x4.div(f32x4.convert_i32x4_s(numbers), divisor);
}

/** y[j, i] = x[index[j], i]/divisor: rows of `inner` bytes, for the rows `from` … `to` − 1 of y. */
export function selectBytes(
  x: usize,
  index: usize,
  inner: i32,
  divisor: f32,
  from: i32,
  to: i32,
  y: usize,
): void {
  const d = f32x4.splat(divisor);
  for (let row = from; row < to; row++) {
    const source = x + load<i32>(at(index, row)) * inner;
    const target = at(y, row * inner);
    let i = 0;
    for (; i + 16 <= inner; i += 16) {
      const bytes = v128.load(source + i);
      const low = i16x8.extend_low_i8x16_u(bytes);
      const high = i16x8.extend_high_i8x16_u(bytes);
      const place = at(target, i);
      v128.store(place, quotient(i32x4.extend_low_i16x8_u(low), d));
      v128.store(place, quotient(i32x4.extend_high_i16x8_u(low), d), 16);
      v128.store(place, quotient(i32x4.extend_low_i16x8_u(high), d), 32);
      v128.store(place, quotient(i32x4.extend_high_i16x8_u(high), d), 48);
    }
    for (; i < inner; i++) store<f32>(at(target, i), <f32>load<u8>(source + i) / divisor);
  }
}
