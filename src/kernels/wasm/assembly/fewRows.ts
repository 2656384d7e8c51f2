// Products with few rows, in the reference's order: to pack B would take longer than to multiply, so it is read once, where it lies.
import { madd } from './gemm';
import { put, take } from './rows';

/** Columns of a tile, the unit in which threads share them. More lines of B at a time would push each other out of the first cache. */
export const FEW_COLUMNS: i32 = 8;

/**
 * C [m, n] = A·B, the columns of tiles t0 … t1 − 1. Any cut gives the same C. Arguments are those of `gemm`; a bias wants transposeB.
 */
export function fewRows(
  t0: i32, t1: i32, m: i32, n: i32, k: i32,
  a: usize, aRow: usize, aTerm: usize, b: usize, ldb: usize, transposeB: bool, c: usize, ldc: usize, bias: usize,
): void {
  const j0 = t0 * FEW_COLUMNS, j1 = min(t1 * FEW_COLUMNS, n);
  if (transposeB) along(j0, j1, m, n, k, a, aRow, aTerm, b, ldb, c, ldc, bias);
  else across(m, j1 - j0, k, a, aRow, aTerm, b + (<usize>j0 << 2), ldb, c + (<usize>j0 << 2), ldc);
}

/** s + four terms of four columns, which are lines of B: 4×4 numbers, transposed in registers. */
// @ts-ignore: decorator
@inline
function fourTerms(s: v128, a: usize, a1: usize, a2: usize, a3: usize, b: usize, b1: usize, b2: usize, b3: usize): v128 {
  const r0 = v128.load(b), r1 = v128.load(b + b1), r2 = v128.load(b + b2), r3 = v128.load(b + b3);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  s = madd(s, v128.load_splat<f32>(a), v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  s = madd(s, v128.load_splat<f32>(a + a1), v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  s = madd(s, v128.load_splat<f32>(a + a2), v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
  return madd(s, v128.load_splat<f32>(a + a3), v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
}

/** s + one term of four columns. */
// @ts-ignore: decorator
@inline
function oneTerm(s: v128, a: usize, b: usize, b1: usize, b2: usize, b3: usize): v128 {
  const low = v128.load_lane<f32>(b + b1, v128.load_zero<f32>(b), 1);
  const line = v128.load_lane<f32>(b + b3, v128.load_lane<f32>(b + b2, low, 2), 3);
  return madd(s, v128.load_splat<f32>(a), line);
}

/**
 * The columns j0 … j1 − 1, which are lines of B: sums of eight at a time, in two groups. A group that would pass the last column begins
 * before, and computes some once more; if there are fewer than four columns at all, the last stands for the missing ones.
 */
function along(
  j0: i32, j1: i32, m: i32, n: i32, k: i32,
  a: usize, aRow: usize, aTerm: usize, b: usize, ldb: usize, c: usize, ldc: usize, bias: usize,
): void {
  const b1 = n > 1 ? ldb : 0, b2 = n > 2 ? b1 + ldb : b1, b3 = n > 3 ? b2 + ldb : b2;
  const a1 = aTerm, a2 = 2 * aTerm, a3 = 3 * aTerm;
  const last = max(n - 4, 0);
  for (let j = j0; j < j1; j += FEW_COLUMNS) {
    const g0 = <usize>min(j, last), g1 = <usize>min(j + 4, last);
    for (let i = 0; i < m; i++) {
      let s0 = f32x4.splat(0), s1 = s0;
      let x = a + <usize>i * aRow;
      let w0 = b + g0 * ldb, w1 = b + g1 * ldb;
      let p = k;
      while (p >= 4) {
        s0 = fourTerms(s0, x, a1, a2, a3, w0, b1, b2, b3);
        s1 = fourTerms(s1, x, a1, a2, a3, w1, b1, b2, b3);
        x += 4 * aTerm;
        w0 += 16, w1 += 16;
        p -= 4;
      }
      while (p > 0) {
        s0 = oneTerm(s0, x, w0, b1, b2, b3);
        s1 = oneTerm(s1, x, w1, b1, b2, b3);
        x += aTerm;
        w0 += 4, w1 += 4;
        p--;
      }
      const y = c + <usize>i * ldc;
      finish(s0, y, g0, n, bias), finish(s1, y, g1, n, bias);
    }
  }
}

/** Stores the sums of the columns from `first`, and their bias. */
// @ts-ignore: decorator
@inline
function finish(s: v128, c: usize, first: usize, n: i32, bias: usize): void {
  const at = first << 2;
  put(c + at, bias ? f32x4.add(s, take(bias + at, n)) : s, n);
}

/** C [m, n] = A·B: four lines of B at a time are added to each row of C, which stays in the first cache. */
function across(
  m: i32, n: i32, k: i32, a: usize, aRow: usize, aTerm: usize, b: usize, ldb: usize, c: usize, ldc: usize,
): void {
  for (let i = 0; i < m; i++) memory.fill(c + <usize>i * ldc, 0, <usize>n << 2);
  for (; k >= 4; k -= 4, a += 4 * aTerm, b += 4 * ldb) {
    for (let i = 0; i < m; i++) addLines(a + <usize>i * aRow, aTerm, b, ldb, c + <usize>i * ldc, n);
  }
  for (; k > 0; k--, a += aTerm, b += ldb) {
    for (let i = 0; i < m; i++) addLine(v128.load_splat<f32>(a + <usize>i * aRow), b, c + <usize>i * ldc, n);
  }
}

/** c [n] += four terms. */
function addLines(a: usize, aTerm: usize, b0: usize, ldb: usize, c: usize, n: i32): void {
  const x0 = v128.load_splat<f32>(a), x1 = v128.load_splat<f32>(a + aTerm);
  const x2 = v128.load_splat<f32>(a + 2 * aTerm), x3 = v128.load_splat<f32>(a + 3 * aTerm);
  let b1 = b0 + ldb, b2 = b1 + ldb, b3 = b2 + ldb;
  while (n >= 8) {
    let s0 = v128.load(c), s1 = v128.load(c, 16);
    s0 = madd(s0, x0, v128.load(b0)), s1 = madd(s1, x0, v128.load(b0, 16));
    s0 = madd(s0, x1, v128.load(b1)), s1 = madd(s1, x1, v128.load(b1, 16));
    s0 = madd(s0, x2, v128.load(b2)), s1 = madd(s1, x2, v128.load(b2, 16));
    s0 = madd(s0, x3, v128.load(b3)), s1 = madd(s1, x3, v128.load(b3, 16));
    v128.store(c, s0), v128.store(c, s1, 16);
    b0 += 32, b1 += 32, b2 += 32, b3 += 32;
    c += 32;
    n -= 8;
  }
  for (; n > 0; n -= 4, b0 += 16, b1 += 16, b2 += 16, b3 += 16, c += 16) {
    let s = madd(take(c, n), x0, take(b0, n));
    s = madd(s, x1, take(b1, n));
    s = madd(s, x2, take(b2, n));
    put(c, madd(s, x3, take(b3, n)), n);
  }
}

/** c [n] += x·b */
function addLine(x: v128, b: usize, c: usize, n: i32): void {
  for (; n > 0; n -= 4, b += 16, c += 16) put(c, madd(take(c, n), x, take(b, n)), n);
}
