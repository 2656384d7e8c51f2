// Layer norm of rows x [rows, width]: y = x̂·weight + bias,  x̂ = (x − mean)·rstd,  rstd = 1/√(mean((x − mean)²) + eps).
//
// weight and bias are [width], or 0 where there is none. For the rows `from` … `to` − 1: any split gives the same bits.
// Nothing outside of the range of y or dx is written. y may be x, dx may be x.

import { at, dot, put, sum, take } from './rows';

/** sum / width, rounded once: in float64, where every width is a number. */
// @ts-ignore: decorator
@inline
function mean(total: f32, width: i32): f32 {
  return <f32>(<f64>total / <f64>width);
}

/** y = x − mean(x); returns rstd. */
function centre(x: usize, width: i32, eps: f32, y: usize): f32 {
  const middle = f32x4.splat(mean(sum(x, width), width));
  for (let j = 0; j < width; j += 4) put(at(y, j), f32x4.sub(take(at(x, j), width - j), middle), width - j);
  return 1 / sqrt<f32>(mean(dot(y, y, width), width) + eps);
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
    for (let j = 0; j < width; j += 4) {
      let v = f32x4.mul(take(at(row, j), width - j), rstd);
      if (weight) v = f32x4.mul(v, take(at(weight, j), width - j));
      if (bias) v = f32x4.add(v, take(at(bias, j), width - j));
      put(at(row, j), v, width - j);
    }
  }
}

/** dx = rstd·(g − mean(g) − x̂·mean(g·x̂)),  g = dy·weight. `work` is room for one row, `width` floats. dx is not dy. */
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
    const normal = at(dx, r * width); // holds x̂ first
    const rstd = f32x4.splat(centre(at(x, r * width), width, eps, normal));
    for (let j = 0; j < width; j += 4) {
      put(at(normal, j), f32x4.mul(take(at(normal, j), width - j), rstd), width - j);
      if (weight)
        put(
          at(work, j),
          f32x4.mul(take(at(upstream, j), width - j), take(at(weight, j), width - j)),
          width - j,
        );
    }
    const g = weight ? work : upstream;
    const middle = f32x4.splat(mean(sum(g, width), width));
    const slope = f32x4.splat(mean(dot(g, normal, width), width));
    for (let j = 0; j < width; j += 4) {
      const deviation = f32x4.sub(take(at(g, j), width - j), middle);
      const along = f32x4.mul(take(at(normal, j), width - j), slope);
      put(at(normal, j), f32x4.mul(rstd, f32x4.sub(deviation, along)), width - j);
    }
  }
}
