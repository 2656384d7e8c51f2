// One optimizer step of many parameters: the formulas of `reference/optimizers.ts`, in its order.
//
// A table names runs of parameters: a row is six 32-bit words, the addresses of the weights, their gradients and their state (0 for what
// is absent), and the number of elements. A kernel takes the rows r0 … r1 − 1; threads share the rows. Constants come as float32,
// combined and rounded by the caller as in the reference, and named as there. Buffers start at multiples of 16 floats and are run over in
// whole vectors: what lies behind the last parameter, up to a multiple of 16, is overwritten too.

const ROW: usize = 24;

/** Word i of a row. */
// @ts-ignore: decorator
@inline
function word(row: usize, i: usize): usize {
  return load<u32>(row + 4 * i);
}

/** a·x + b·y in float32: three roundings. */
// @ts-ignore: decorator
@inline
function blend(a: v128, x: v128, b: v128, y: v128): v128 {
  return f32x4.add(f32x4.mul(a, x), f32x4.mul(b, y));
}

/** g + λ w; g itself if λ is 0, for 0·∞ is NaN. */
// @ts-ignore: decorator
@inline
function decayed(g: v128, decay: f32, w: v128): v128 {
  return decay == 0 ? g : f32x4.add(g, f32x4.mul(f32x4.splat(decay), w));
}

/** A row is w, g, the velocity u or 0, two words that are not read, n. first and nesterov are 1 or 0. */
export function sgd(
  r0: i32, r1: i32, table: usize,
  lr: f32, momentum: f32, fresh: f32, decay: f32, first: i32, nesterov: i32,
): void {
  for (let r = r0; r < r1; r++) {
    const row = table + <usize>r * ROW;
    let w = word(row, 0), g = word(row, 1), u = word(row, 2);
    const end = w + (word(row, 5) << 2);
    while (w < end) {
      const weight = v128.load(w);
      let move = decayed(v128.load(g), decay, weight);
      if (u) {
        const velocity = first ? move : blend(f32x4.splat(momentum), v128.load(u), f32x4.splat(fresh), move);
        v128.store(u, velocity);
        move = nesterov ? f32x4.add(move, f32x4.mul(f32x4.splat(momentum), velocity)) : velocity;
        u += 16;
      }
      v128.store(w, f32x4.sub(weight, f32x4.mul(f32x4.splat(lr), move)));
      w += 16;
      g += 16;
    }
  }
}

/**
 * A row is w, g, the moments m and v, the greatest v or 0, n.
 *
 *   rate   η √(1 − β₂ᵗ)/(1 − β₁ᵗ)      floor   ε √(1 − β₂ᵗ)
 *   Adam   decay = λ, keep = 1          AdamW   decay = 0, keep = 1 − ηλ
 */
export function adam(
  r0: i32, r1: i32, table: usize,
  beta1: f32, fresh1: f32, beta2: f32, fresh2: f32, rate: f32, floor: f32, decay: f32, keep: f32,
): void {
  for (let r = r0; r < r1; r++) {
    const row = table + <usize>r * ROW;
    if (word(row, 4)) moments(true, row, beta1, fresh1, beta2, fresh2, rate, floor, decay, keep);
    else moments(false, row, beta1, fresh1, beta2, fresh2, rate, floor, decay, keep);
  }
}

/** One row. Two vectors at a time, and no branch: the engine may join them to one of 256 bits, which halves the time of division. */
// @ts-ignore: decorator
@inline
function moments(
  amsgrad: bool, row: usize,
  beta1: f32, fresh1: f32, beta2: f32, fresh2: f32, rate: f32, floor: f32, decay: f32, keep: f32,
): void {
  const keeps = f32x4.splat(keep), rates = f32x4.splat(rate), floors = f32x4.splat(floor);
  const old1 = f32x4.splat(beta1), new1 = f32x4.splat(fresh1), old2 = f32x4.splat(beta2), new2 = f32x4.splat(fresh2);
  const decays = f32x4.splat(decay), isDecayed = i32x4.splat(decay == 0 ? 0 : -1);
  let w = word(row, 0), g = word(row, 1), m = word(row, 2), v = word(row, 3), most = word(row, 4);
  const end = w + (word(row, 5) << 2);
  while (w < end) {
    const w0 = f32x4.mul(v128.load(w), keeps), w1 = f32x4.mul(v128.load(w, 16), keeps); // times 1 changes no bit
    let g0 = v128.load(g), g1 = v128.load(g, 16);
    g0 = v128.bitselect(f32x4.add(g0, f32x4.mul(decays, w0)), g0, isDecayed); // 0·∞ would be NaN
    g1 = v128.bitselect(f32x4.add(g1, f32x4.mul(decays, w1)), g1, isDecayed);
    const m0 = blend(old1, v128.load(m), new1, g0), m1 = blend(old1, v128.load(m, 16), new1, g1);
    let v0 = blend(old2, v128.load(v), new2, f32x4.mul(g0, g0)), v1 = blend(old2, v128.load(v, 16), new2, f32x4.mul(g1, g1));
    v128.store(m, m0), v128.store(m, m1, 16);
    v128.store(v, v0), v128.store(v, v1, 16);
    if (amsgrad) {
      v0 = f32x4.max(v128.load(most), v0), v1 = f32x4.max(v128.load(most, 16), v1);
      v128.store(most, v0), v128.store(most, v1, 16);
      most += 32;
    }
    const d0 = f32x4.add(f32x4.sqrt(v0), floors), d1 = f32x4.add(f32x4.sqrt(v1), floors);
    v128.store(w, f32x4.sub(w0, f32x4.div(f32x4.mul(rates, m0), d0)));
    v128.store(w, f32x4.sub(w1, f32x4.div(f32x4.mul(rates, m1), d1)), 16);
    w += 32;
    g += 32;
    m += 32;
    v += 32;
  }
}

/** A row is w, g, the mean square v, the velocity u or 0, a word that is not read, n. */
export function rmsprop(
  r0: i32, r1: i32, table: usize,
  lr: f32, alpha: f32, fresh: f32, eps: f32, momentum: f32, decay: f32,
): void {
  for (let r = r0; r < r1; r++) {
    const row = table + <usize>r * ROW;
    let w = word(row, 0), g = word(row, 1), v = word(row, 2), u = word(row, 3);
    const end = w + (word(row, 5) << 2);
    while (w < end) {
      const weight = v128.load(w);
      const slope = decayed(v128.load(g), decay, weight);
      const square = blend(f32x4.splat(alpha), v128.load(v), f32x4.splat(fresh), f32x4.mul(slope, slope));
      v128.store(v, square);
      let move = f32x4.div(slope, f32x4.add(f32x4.sqrt(square), f32x4.splat(eps)));
      if (u) {
        move = f32x4.add(f32x4.mul(f32x4.splat(momentum), v128.load(u)), move);
        v128.store(u, move);
        u += 16;
      }
      v128.store(w, f32x4.sub(weight, f32x4.mul(f32x4.splat(lr), move)));
      w += 16;
      g += 16;
      v += 16;
    }
  }
}

/** A row is w, g, the sum of squares s, two words that are not read, n. */
export function adagrad(r0: i32, r1: i32, table: usize, lr: f32, eps: f32, decay: f32): void {
  for (let r = r0; r < r1; r++) {
    const row = table + <usize>r * ROW;
    let w = word(row, 0), g = word(row, 1), s = word(row, 2);
    const end = w + (word(row, 5) << 2);
    while (w < end) {
      const weight = v128.load(w);
      const slope = decayed(v128.load(g), decay, weight);
      const total = f32x4.add(v128.load(s), f32x4.mul(slope, slope));
      v128.store(s, total);
      const move = f32x4.div(
        f32x4.mul(f32x4.splat(lr), slope),
        f32x4.add(f32x4.sqrt(total), f32x4.splat(eps)),
      );
      v128.store(w, f32x4.sub(weight, move));
      w += 16;
      g += 16;
      s += 16;
    }
  }
}
