// Matrix products in the reference's order: every sum takes its terms ascending in k.
//
// C [m, n] = A [m, k] · B [k, n]. A tile of C, R rows by two or four vectors, stays in registers while the terms go by: each takes a
// row of a panel of B, and one number from each of R rows of A. Both are read where they lie, or where `pack` has put them: strides
// tell. When k is cut into blocks, which keeps a panel in the first cache, the tile goes back to C and is loaded again, so the order
// of a sum never changes.
//
// This file is compiled twice. The engine's relaxed SIMD has a multiply-add that rounds once; with it, tiles may be higher, for
// the products' registers are free.
import { put, take } from './rows';

/** Rows of a tile. */
export const R: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;
const KC: i32 = 384; // terms taken at a time: a panel of B, KC · 16 floats, stays in the first cache
const ROWS: i32 = R * (240 / R); // of A at a time: KC terms of them stay in the second cache, as does their part of C,
const COLUMNS: i32 = 256; // which has so many columns
const ZEROS = memory.data(64); // where the sums of a new tile come from; and no bias: a sum of rounded products that begins with +0 is never −0

/** s + a·b */
// @ts-ignore: decorator
@inline
export function madd(s: v128, a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, s);
  return f32x4.add(s, f32x4.mul(a, b));
}

/**
 * to [R, 8] = from [R, 8] + A [R, kc] · B [kc, 8] + bias [8]. A's terms are aTerm bytes apart, and its rows lie a1, a2, … bytes behind the
 * first: `tiles` computes those, since V8 up to 12 computes them here again for every term, which takes a fifth longer.
 */
export function tile8(
  kc: i32, a: usize, a1: usize, a2: usize, a3: usize, a4: usize, a5: usize, aTerm: usize, b: usize, bTerm: usize,
  from: usize, fromRow: usize, bias: usize, to: usize, toRow: usize,
): void {
  const f1 = from + fromRow, f2 = f1 + fromRow, f3 = f2 + fromRow, f4 = f3 + fromRow, f5 = f4 + fromRow;
  const t1 = to + toRow, t2 = t1 + toRow, t3 = t2 + toRow, t4 = t3 + toRow, t5 = t4 + toRow;
  let s00 = v128.load(from), s01 = v128.load(from, 16);
  let s10 = v128.load(f1), s11 = v128.load(f1, 16);
  let s20 = v128.load(f2), s21 = v128.load(f2, 16);
  let s30 = v128.load(f3), s31 = v128.load(f3, 16);
  let s40 = s00, s41 = s00, s50 = s00, s51 = s00;
  if (R > 4) {
    s40 = v128.load(f4), s41 = v128.load(f4, 16);
    s50 = v128.load(f5), s51 = v128.load(f5, 16);
  }
  while (kc > 0) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    const x0 = v128.load_splat<f32>(a);
    s00 = madd(s00, x0, b0), s01 = madd(s01, x0, b1);
    const x1 = v128.load_splat<f32>(a + a1);
    s10 = madd(s10, x1, b0), s11 = madd(s11, x1, b1);
    const x2 = v128.load_splat<f32>(a + a2);
    s20 = madd(s20, x2, b0), s21 = madd(s21, x2, b1);
    const x3 = v128.load_splat<f32>(a + a3);
    s30 = madd(s30, x3, b0), s31 = madd(s31, x3, b1);
    if (R > 4) {
      const x4 = v128.load_splat<f32>(a + a4);
      s40 = madd(s40, x4, b0), s41 = madd(s41, x4, b1);
      const x5 = v128.load_splat<f32>(a + a5);
      s50 = madd(s50, x5, b0), s51 = madd(s51, x5, b1);
    }
    a += aTerm;
    b += bTerm;
    kc--;
  }
  const c0 = v128.load(bias), c1 = v128.load(bias, 16);
  v128.store(to, f32x4.add(s00, c0)), v128.store(to, f32x4.add(s01, c1), 16);
  v128.store(t1, f32x4.add(s10, c0)), v128.store(t1, f32x4.add(s11, c1), 16);
  v128.store(t2, f32x4.add(s20, c0)), v128.store(t2, f32x4.add(s21, c1), 16);
  v128.store(t3, f32x4.add(s30, c0)), v128.store(t3, f32x4.add(s31, c1), 16);
  if (R > 4) {
    v128.store(t4, f32x4.add(s40, c0)), v128.store(t4, f32x4.add(s41, c1), 16);
    v128.store(t5, f32x4.add(s50, c0)), v128.store(t5, f32x4.add(s51, c1), 16);
  }
}

/** `tile8`, for 16 columns: four vectors in a row, which the engine may join to two of 256 bits. */
export function tile16(
  kc: i32, a: usize, a1: usize, a2: usize, a3: usize, a4: usize, a5: usize, aTerm: usize, b: usize, bTerm: usize,
  from: usize, fromRow: usize, bias: usize, to: usize, toRow: usize,
): void {
  const f1 = from + fromRow, f2 = f1 + fromRow, f3 = f2 + fromRow, f4 = f3 + fromRow, f5 = f4 + fromRow;
  const t1 = to + toRow, t2 = t1 + toRow, t3 = t2 + toRow, t4 = t3 + toRow, t5 = t4 + toRow;
  let s00 = v128.load(from), s01 = v128.load(from, 16), s02 = v128.load(from, 32), s03 = v128.load(from, 48);
  let s10 = v128.load(f1), s11 = v128.load(f1, 16), s12 = v128.load(f1, 32), s13 = v128.load(f1, 48);
  let s20 = v128.load(f2), s21 = v128.load(f2, 16), s22 = v128.load(f2, 32), s23 = v128.load(f2, 48);
  let s30 = v128.load(f3), s31 = v128.load(f3, 16), s32 = v128.load(f3, 32), s33 = v128.load(f3, 48);
  let s40 = s00, s41 = s00, s42 = s00, s43 = s00, s50 = s00, s51 = s00, s52 = s00, s53 = s00;
  if (R > 4) {
    s40 = v128.load(f4), s41 = v128.load(f4, 16), s42 = v128.load(f4, 32), s43 = v128.load(f4, 48);
    s50 = v128.load(f5), s51 = v128.load(f5, 16), s52 = v128.load(f5, 32), s53 = v128.load(f5, 48);
  }
  while (kc > 0) {
    const b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32), b3 = v128.load(b, 48);
    const x0 = v128.load_splat<f32>(a);
    s00 = madd(s00, x0, b0), s01 = madd(s01, x0, b1), s02 = madd(s02, x0, b2), s03 = madd(s03, x0, b3);
    const x1 = v128.load_splat<f32>(a + a1);
    s10 = madd(s10, x1, b0), s11 = madd(s11, x1, b1), s12 = madd(s12, x1, b2), s13 = madd(s13, x1, b3);
    const x2 = v128.load_splat<f32>(a + a2);
    s20 = madd(s20, x2, b0), s21 = madd(s21, x2, b1), s22 = madd(s22, x2, b2), s23 = madd(s23, x2, b3);
    const x3 = v128.load_splat<f32>(a + a3);
    s30 = madd(s30, x3, b0), s31 = madd(s31, x3, b1), s32 = madd(s32, x3, b2), s33 = madd(s33, x3, b3);
    if (R > 4) {
      const x4 = v128.load_splat<f32>(a + a4);
      s40 = madd(s40, x4, b0), s41 = madd(s41, x4, b1), s42 = madd(s42, x4, b2), s43 = madd(s43, x4, b3);
      const x5 = v128.load_splat<f32>(a + a5);
      s50 = madd(s50, x5, b0), s51 = madd(s51, x5, b1), s52 = madd(s52, x5, b2), s53 = madd(s53, x5, b3);
    }
    a += aTerm;
    b += bTerm;
    kc--;
  }
  const c0 = v128.load(bias), c1 = v128.load(bias, 16), c2 = v128.load(bias, 32), c3 = v128.load(bias, 48);
  v128.store(to, f32x4.add(s00, c0)), v128.store(to, f32x4.add(s01, c1), 16);
  v128.store(to, f32x4.add(s02, c2), 32), v128.store(to, f32x4.add(s03, c3), 48);
  v128.store(t1, f32x4.add(s10, c0)), v128.store(t1, f32x4.add(s11, c1), 16);
  v128.store(t1, f32x4.add(s12, c2), 32), v128.store(t1, f32x4.add(s13, c3), 48);
  v128.store(t2, f32x4.add(s20, c0)), v128.store(t2, f32x4.add(s21, c1), 16);
  v128.store(t2, f32x4.add(s22, c2), 32), v128.store(t2, f32x4.add(s23, c3), 48);
  v128.store(t3, f32x4.add(s30, c0)), v128.store(t3, f32x4.add(s31, c1), 16);
  v128.store(t3, f32x4.add(s32, c2), 32), v128.store(t3, f32x4.add(s33, c3), 48);
  if (R > 4) {
    v128.store(t4, f32x4.add(s40, c0)), v128.store(t4, f32x4.add(s41, c1), 16);
    v128.store(t4, f32x4.add(s42, c2), 32), v128.store(t4, f32x4.add(s43, c3), 48);
    v128.store(t5, f32x4.add(s50, c0)), v128.store(t5, f32x4.add(s51, c1), 16);
    v128.store(t5, f32x4.add(s52, c2), 32), v128.store(t5, f32x4.add(s53, c3), 48);
  }
}

/** The bytes of a tile of which a part lies outside of C, and those of a block of A. */
export const EDGE: i32 = R * 64;
export const BLOCK_A: i32 = ROWS * KC * 4;

/** `height` rows of `width` floats from one place to another. */
function copyTile(from: usize, fromRow: usize, to: usize, toRow: usize, height: i32, width: i32): void {
  for (; height > 0; height--) {
    for (let c = 0; c < width; c += 4) put(to + (<usize>c << 2), take(from + (<usize>c << 2), width - c), width - c);
    from += fromRow;
    to += toRow;
  }
}

/**
 * C [m, n] = A·B, the rows of tiles t0 … t1 − 1 if `byRows`, else the columns of tiles. Any cut gives the same C.
 *
 * A's rows are aRow bytes apart, its terms aTerm; with `packsA`, which wants aRow = 4, blocks of it are packed first. B's lines are ldb
 * bytes apart: its terms, or, if `transposeB`, its columns; with `packsB`, which transposeB wants, and columns that do not fill their
 * last tile, it is packed first. With `more`, the product is added to C. A bias [n], or 0, is added last; it is read to the end of its last
 * tile. Tiles are for vectors of 256 bits if `wide`. `work` is room for EDGE bytes, BLOCK_A if it packs A, and, if it packs B, for k terms
 * of COLUMNS columns, or of all if they are fewer.
 */
export function gemm(
  t0: i32, t1: i32, byRows: bool, m: i32, n: i32, k: i32,
  a: usize, aRow: usize, aTerm: usize, packsA: bool, b: usize, ldb: usize, transposeB: bool, packsB: bool,
  c: usize, ldc: usize, more: bool, bias: usize, wide: bool, work: usize,
): void {
  const width = wide ? 16 : 8;
  const rows0 = byRows ? t0 * R : 0, rows1 = byRows ? min(t1 * R, m) : m;
  const columns0 = byRows ? 0 : t0 * width, columns1 = byRows ? n : min(t1 * width, n);
  const blockA = work + EDGE, blockB = blockA + (packsA ? BLOCK_A : 0);
  for (let j0 = columns0; j0 < columns1; j0 += COLUMNS) {
    const j1 = min(j0 + COLUMNS, columns1);
    const fromB = b + (transposeB ? <usize>j0 * ldb : <usize>j0 << 2);
    if (packsB) pack(fromB, ldb, !transposeB, j1 - j0, k, width, blockB);
    const panels = packsB ? blockB : fromB;
    const panel = <usize>width * (packsB ? <usize>k << 2 : 4), bTerm = packsB ? <usize>width << 2 : ldb;
    for (let i0 = rows0; i0 < rows1; i0 += ROWS) {
      const i1 = min(i0 + ROWS, rows1);
      const corner = c + <usize>i0 * ldc + (<usize>j0 << 2);
      let p = 0;
      do {
        const kc = min(KC, k - p);
        const fresh = p == 0 && !more;
        let fromA = a + <usize>i0 * aRow + <usize>p * aTerm;
        if (packsA) {
          pack(fromA, aTerm, true, i1 - i0, kc, R, blockA);
          fromA = blockA;
        }
        tiles(
          i1 - i0, j1 - j0, kc, fromA, R * (packsA ? <usize>kc << 2 : aRow), aRow, packsA ? 4 * R : aTerm,
          panels + <usize>p * bTerm, panel, bTerm, corner, ldc, fresh, p + kc == k && bias ? bias + (<usize>j0 << 2) : 0, wide, work,
        );
        p += kc;
      } while (p < k);
    }
  }
}

/** A block of C, tile by tile. R rows of A begin aTile bytes after the R before, a panel of B begins bPanel bytes after the one before. */
function tiles(
  rows: i32, columns: i32, kc: i32, a: usize, aTile: usize, aRow: usize, aTerm: usize,
  b: usize, bPanel: usize, bTerm: usize, c: usize, ldc: usize, fresh: bool, bias: usize, wide: bool, edge: usize,
): void {
  const across = wide ? 16 : 8;
  for (let j = 0; j < columns; j += across) {
    const width = min(across, columns - j);
    const last = bias ? bias + (<usize>j << 2) : ZEROS;
    let x = a, place = c + (<usize>j << 2);
    for (let i = 0; i < rows; i += R) {
      const height = min(R, rows - i);
      const whole = height == R && width == across;
      const to = whole ? place : edge, toRow = whole ? ldc : 64;
      if (!whole && !fresh) copyTile(place, ldc, edge, 64, height, width);
      const from = fresh ? ZEROS : to, fromRow = fresh ? 0 : toRow;
      // The last row stands for missing ones.
      const a1 = height > 1 ? aRow : 0, a2 = height > 2 ? a1 + aRow : a1, a3 = height > 3 ? a2 + aRow : a2;
      const a4 = height > 4 ? a3 + aRow : a3, a5 = height > 5 ? a4 + aRow : a4;
      if (wide) tile16(kc, x, a1, a2, a3, a4, a5, aTerm, b, bTerm, from, fromRow, last, to, toRow);
      else tile8(kc, x, a1, a2, a3, a4, a5, aTerm, b, bTerm, from, fromRow, last, to, toRow);
      if (!whole) copyTile(edge, 64, place, ldc, height, width);
      x += aTile;
      place += R * ldc;
    }
    b += bPanel;
  }
}

/** Rows a, a + stride, ... of 4 floats → columns at `to`, `toStride` apart. */
// @ts-ignore: decorator
@inline
function transpose4(a: usize, stride: usize, to: usize, toStride: usize): void {
  const r0 = v128.load(a);
  const r1 = v128.load(a + stride);
  const r2 = v128.load(a + 2 * stride);
  const r3 = v128.load(a + 3 * stride);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(to + toStride, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
  v128.store(to + 2 * toStride, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
  v128.store(to + 3 * toStride, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
}

/**
 * Packs `count` lines of k terms: `group` lines make a panel, in which a term of every line comes before the next. x has its lines ldx
 * bytes apart, or, if `across`, its terms. Behind the last line stands anything.
 */
function pack(x: usize, ldx: usize, across: bool, count: i32, k: i32, group: i32, to: usize): void {
  const step = <usize>group << 2;
  for (let line = 0; line < count; line += group) {
    const lines = min(group, count - line);
    if (across) packAcross(x + (<usize>line << 2), ldx, lines, k, step, to);
    else packAlong(x + <usize>line * ldx, ldx, lines, k, step, to);
    to += <usize>k * step;
  }
}

function packAlong(x: usize, ldx: usize, lines: i32, k: i32, step: usize, to: usize): void {
  let line = 0;
  for (; line + 4 <= lines; line += 4) {
    let p = 0;
    let from = x, at = to;
    for (; p + 4 <= k; p += 4, from += 16, at += 4 * step) transpose4(from, ldx, at, step);
    for (; p < k; p++, from += 4, at += step) {
      for (let r = 0; r < 4; r++) store<f32>(at + (<usize>r << 2), load<f32>(from + <usize>r * ldx));
    }
    x += 4 * ldx;
    to += 16;
  }
  for (; line < lines; line++) {
    for (let p = 0; p < k; p++) store<f32>(to + <usize>p * step, load<f32>(x + (<usize>p << 2)));
    x += ldx;
    to += 4;
  }
}

function packAcross(x: usize, ldx: usize, lines: i32, k: i32, step: usize, to: usize): void {
  if (lines == 16) {
    for (; k > 0; k--, x += ldx, to += step) {
      const x0 = v128.load(x), x1 = v128.load(x, 16), x2 = v128.load(x, 32), x3 = v128.load(x, 48);
      v128.store(to, x0), v128.store(to, x1, 16), v128.store(to, x2, 32), v128.store(to, x3, 48);
    }
    return;
  }
  for (; k > 0; k--, x += ldx, to += step) {
    let c = 0;
    for (; c + 4 <= lines; c += 4) v128.store(to + (<usize>c << 2), v128.load(x + (<usize>c << 2)));
    for (; c < lines; c++) store<f32>(to + (<usize>c << 2), load<f32>(x + (<usize>c << 2)));
  }
}
