// Layer norm of rows x [rows, width]: y = x̂·weight + bias, with x̂ = (x − mean)·rstd.
//
// rstd = 1/√(mean((x − mean)²) + eps). weight and bias are [width], or 0 where there is none. Both kernels take the
// rows `from` … `to` − 1: any split gives the same bits. Nothing outside of these rows of y or dx is written; y and
// dx may take the place of x, but dx not that of dy.

import { at, dot, put, sum, take } from './rows';

/** Σ / width, rounded once: float64 has room for every width. */
// @ts-ignore: decorator
@inline
function mean(total: f32, width: i32): f32 {
  return <f32>(<f64>total / <f64>width);
}

// @ts-ignore: decorator
@inline
function subtract(x: usize, middle: v128, y: usize, count: i32): void {
  put(y, f32x4.sub(take(x, count), middle), count);
}

/** y = x − mean(x); returns rstd. */
function centre(x: usize, width: i32, eps: f32, y: usize): f32 {
  const middle = f32x4.splat(mean(sum(x, width), width));
  let j = 0;
  for (; j + 4 <= width; j += 4) subtract(at(x, j), middle, at(y, j), 4);
  if (j < width) subtract(at(x, j), middle, at(y, j), width - j);
  return 1 / sqrt<f32>(mean(dot(y, y, width), width) + eps);
}

/** y becomes y·rstd·weight + bias. */
// @ts-ignore: decorator
@inline
function affine(y: usize, rstd: v128, weight: usize, bias: usize, j: i32, count: i32): void {
  let v = f32x4.mul(take(at(y, j), count), rstd);
  if (weight) v = f32x4.mul(v, take(at(weight, j), count));
  if (bias) v = f32x4.add(v, take(at(bias, j), count));
  put(at(y, j), v, count);
}

export function layerNorm(
  x: usize,
  weight: usize,
  bias: usize,
  eps: f32,
  width: i32,
  from: i32,
  to: i32,
  y: usize,
): void {
  for (let r = from; r < to; r++) {
    const row = at(y, r * width);
    const rstd = f32x4.splat(centre(at(x, r * width), width, eps, row));
    let j = 0;
    for (; j + 4 <= width; j += 4) affine(row, rstd, weight, bias, j, 4);
    if (j < width) affine(row, rstd, weight, bias, j, width - j);
  }
}

// @ts-ignore: decorator
@inline
function multiply(a: usize, b: usize, y: usize, count: i32): void {
  put(y, f32x4.mul(take(a, count), take(b, count)), count);
}

/** normal becomes rstd·((g − middle) − normal·slope). */
// @ts-ignore: decorator
@inline
function pull(g: usize, normal: usize, middle: v128, slope: v128, rstd: v128, count: i32): void {
  const deviation = f32x4.sub(take(g, count), middle);
  const along = f32x4.mul(take(normal, count), slope);
  put(normal, f32x4.mul(rstd, f32x4.sub(deviation, along)), count);
}

/** dx = rstd·(g − mean(g) − x̂·mean(g·x̂)),  g = dy·weight. `work` is room for one row, if there is a weight. */
export function layerNormGradient(
  dy: usize,
  x: usize,
  weight: usize,
  eps: f32,
  width: i32,
  from: i32,
  to: i32,
  work: usize,
  dx: usize,
): void {
  for (let r = from; r < to; r++) {
    const upstream = at(dy, r * width);
    const normal = at(dx, r * width); // x̂, and in the end dx
    const rstd = f32x4.splat(centre(at(x, r * width), width, eps, normal));
    let j = 0;
    for (; j + 4 <= width; j += 4) affine(normal, rstd, 0, 0, j, 4);
    if (j < width) affine(normal, rstd, 0, 0, j, width - j);
    let g = upstream;
    if (weight) {
      g = work;
      for (j = 0; j + 4 <= width; j += 4) multiply(at(upstream, j), at(weight, j), at(g, j), 4);
      if (j < width) multiply(at(upstream, j), at(weight, j), at(g, j), width - j);
    }
    const middle = f32x4.splat(mean(sum(g, width), width));
    const slope = f32x4.splat(mean(dot(g, normal, width), width));
    for (j = 0; j + 4 <= width; j += 4) pull(at(g, j), at(normal, j), middle, slope, rstd, 4);
    if (j < width) pull(at(g, j), at(normal, j), middle, slope, rstd, width - j);
  }
}
