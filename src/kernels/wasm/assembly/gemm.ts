// Matrix products in the reference's order: cache-blocked, packed, and every sum takes its terms ascending in k.
//
// C [m, n] = A [m, k] · B [k, n], where A and B may be stored transposed. B is packed into panels of `nr` columns, which
// stream through the registers against mr rows of A; a tile of mr × nr sums stays in registers meanwhile. When k is cut into
// blocks, the tile goes back to C and is loaded again, so blocking never changes a sum's order. A is packed
// into panels of mr rows.

const KC: i32 = 256; // terms taken at a time: a panel of B (KC · nr floats) stays in the first cache
const MC: i32 = 120; // rows of A that are packed at a time: MC · KC floats stay in the second cache
const NC: i32 = 1024; // columns of B that are packed at a time

/** The bytes that `gemm` works in: a tile of C, a block of A, a block of B, and a panel's end. */
export const WORK: i32 = 1024 + MC * KC * 4 + NC * KC * 4 + 16 * KC * 4;

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

/** `lines` lines of kc contiguous floats, `stride` apart → kc groups of `group` neighbours; missing lines are zeros. */
function packLines(x: usize, stride: usize, lines: i32, kc: i32, group: i32, to: usize): void {
  const step = <usize>group << 2;
  if (lines < group) memory.fill(to, 0, step * kc);
  let line = 0;
  for (; line + 4 <= lines; line += 4) {
    const from = x + <usize>line * stride;
    const at = to + (<usize>line << 2);
    let p = 0;
    for (; p + 4 <= kc; p += 4) transpose4(from + (<usize>p << 2), stride, at + <usize>p * step, step);
    for (; p < kc; p++) {
      for (let r = 0; r < 4; r++) store<f32>(at + <usize>p * step + (<usize>r << 2), load<f32>(from + <usize>r * stride + (<usize>p << 2)));
    }
  }
  for (; line < lines; line++) {
    const from = x + <usize>line * stride;
    for (let p = 0; p < kc; p++) store<f32>(to + <usize>p * step + (<usize>line << 2), load<f32>(from + (<usize>p << 2)));
  }
}

/** kc lines, `stride` apart, of which `width` neighbours are taken → kc groups of `group`; missing ones are zeros. */
function packGroups(x: usize, stride: usize, width: i32, kc: i32, group: i32, to: usize): void {
  const step = <usize>group << 2;
  const whole = width & ~3;
  if (width < group) memory.fill(to, 0, step * kc);
  for (let p = 0; p < kc; p++) {
    let c = 0;
    for (; c < whole; c += 4) v128.store(to + (<usize>c << 2), v128.load(x + (<usize>c << 2)));
    for (; c < width; c++) store<f32>(to + (<usize>c << 2), load<f32>(x + (<usize>c << 2)));
    x += stride;
    to += step;
  }
}

/** C [5, 8] += A [5, kc] · B [kc, 8], both packed: ten sums, two vectors of B, one of A, in 15 registers. */
function tile5x8(kc: i32, a: usize, b: usize, c: usize, ldc: usize): void {
  const c0 = c, c1 = c0 + ldc, c2 = c1 + ldc, c3 = c2 + ldc, c4 = c3 + ldc;
  let s00 = v128.load(c0), s01 = v128.load(c0, 16);
  let s10 = v128.load(c1), s11 = v128.load(c1, 16);
  let s20 = v128.load(c2), s21 = v128.load(c2, 16);
  let s30 = v128.load(c3), s31 = v128.load(c3, 16);
  let s40 = v128.load(c4), s41 = v128.load(c4, 16);
  while (kc > 0) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    const a0 = v128.load_splat<f32>(a);
    s00 = f32x4.add(s00, f32x4.mul(a0, b0));
    s01 = f32x4.add(s01, f32x4.mul(a0, b1));
    const a1 = v128.load_splat<f32>(a, 4);
    s10 = f32x4.add(s10, f32x4.mul(a1, b0));
    s11 = f32x4.add(s11, f32x4.mul(a1, b1));
    const a2 = v128.load_splat<f32>(a, 8);
    s20 = f32x4.add(s20, f32x4.mul(a2, b0));
    s21 = f32x4.add(s21, f32x4.mul(a2, b1));
    const a3 = v128.load_splat<f32>(a, 12);
    s30 = f32x4.add(s30, f32x4.mul(a3, b0));
    s31 = f32x4.add(s31, f32x4.mul(a3, b1));
    const a4 = v128.load_splat<f32>(a, 16);
    s40 = f32x4.add(s40, f32x4.mul(a4, b0));
    s41 = f32x4.add(s41, f32x4.mul(a4, b1));
    a += 20;
    b += 32;
    kc--;
  }
  v128.store(c0, s00);
  v128.store(c0, s01, 16);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c2, s20);
  v128.store(c2, s21, 16);
  v128.store(c3, s30);
  v128.store(c3, s31, 16);
  v128.store(c4, s40);
  v128.store(c4, s41, 16);
}

/** C [4, 16] += A [4, kc] · B [kc, 16]: for vectors that the engine makes twice as wide. */
function tile4x16(kc: i32, a: usize, b: usize, c: usize, ldc: usize): void {
  const c0 = c, c1 = c0 + ldc, c2 = c1 + ldc, c3 = c2 + ldc;
  let s00 = v128.load(c0), s01 = v128.load(c0, 16), s02 = v128.load(c0, 32), s03 = v128.load(c0, 48);
  let s10 = v128.load(c1), s11 = v128.load(c1, 16), s12 = v128.load(c1, 32), s13 = v128.load(c1, 48);
  let s20 = v128.load(c2), s21 = v128.load(c2, 16), s22 = v128.load(c2, 32), s23 = v128.load(c2, 48);
  let s30 = v128.load(c3), s31 = v128.load(c3, 16), s32 = v128.load(c3, 32), s33 = v128.load(c3, 48);
  while (kc > 0) {
    const b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32), b3 = v128.load(b, 48);
    const a0 = v128.load_splat<f32>(a);
    s00 = f32x4.add(s00, f32x4.mul(a0, b0));
    s01 = f32x4.add(s01, f32x4.mul(a0, b1));
    s02 = f32x4.add(s02, f32x4.mul(a0, b2));
    s03 = f32x4.add(s03, f32x4.mul(a0, b3));
    const a1 = v128.load_splat<f32>(a, 4);
    s10 = f32x4.add(s10, f32x4.mul(a1, b0));
    s11 = f32x4.add(s11, f32x4.mul(a1, b1));
    s12 = f32x4.add(s12, f32x4.mul(a1, b2));
    s13 = f32x4.add(s13, f32x4.mul(a1, b3));
    const a2 = v128.load_splat<f32>(a, 8);
    s20 = f32x4.add(s20, f32x4.mul(a2, b0));
    s21 = f32x4.add(s21, f32x4.mul(a2, b1));
    s22 = f32x4.add(s22, f32x4.mul(a2, b2));
    s23 = f32x4.add(s23, f32x4.mul(a2, b3));
    const a3 = v128.load_splat<f32>(a, 12);
    s30 = f32x4.add(s30, f32x4.mul(a3, b0));
    s31 = f32x4.add(s31, f32x4.mul(a3, b1));
    s32 = f32x4.add(s32, f32x4.mul(a3, b2));
    s33 = f32x4.add(s33, f32x4.mul(a3, b3));
    a += 16;
    b += 64;
    kc--;
  }
  v128.store(c0, s00);
  v128.store(c0, s01, 16);
  v128.store(c0, s02, 32);
  v128.store(c0, s03, 48);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c1, s12, 32);
  v128.store(c1, s13, 48);
  v128.store(c2, s20);
  v128.store(c2, s21, 16);
  v128.store(c2, s22, 32);
  v128.store(c2, s23, 48);
  v128.store(c3, s30);
  v128.store(c3, s31, 16);
  v128.store(c3, s32, 32);
  v128.store(c3, s33, 48);
}

/**
 * The part of C that lies in rows i0 … i1 − 1 and columns j0 … j1 − 1.
 *
 * `a` is A [m, k], or [k, m] if `transposeA`, its lines `lda` bytes apart; B likewise. `work` is room for WORK bytes. `wide`
 * takes the tile for vectors of 256 bits: the same sums in the same order. Any split into parts gives the same C.
 */
export function gemm(
  i0: i32,
  i1: i32,
  j0: i32,
  j1: i32,
  k: i32,
  a: usize,
  lda: usize,
  transposeA: bool,
  b: usize,
  ldb: usize,
  transposeB: bool,
  c: usize,
  ldc: usize,
  wide: bool,
  work: usize,
): void {
  const mr = wide ? 4 : 5;
  const nr = wide ? 16 : 8;
  const edge = work; // a tile of C whose other rows or columns lie outside
  const panelsA = edge + 1024;
  const panelsB = panelsA + <usize>(MC * KC * 4);
  const edgeLine = <usize>nr << 2;
  for (let i = i0; i < i1; i++) memory.fill(c + <usize>i * ldc + (<usize>j0 << 2), 0, (j1 - j0) << 2);

  for (let j = j0; j < j1; j += NC) {
    const columns = min(NC, j1 - j);
    for (let p = 0; p < k; p += KC) {
      const kc = min(KC, k - p);
      for (let jj = 0; jj < columns; jj += nr) {
        const to = panelsB + (<usize>(jj * kc) << 2);
        const width = min(nr, columns - jj);
        if (transposeB) packLines(b + <usize>(j + jj) * ldb + (<usize>p << 2), ldb, width, kc, nr, to);
        else packGroups(b + <usize>p * ldb + (<usize>(j + jj) << 2), ldb, width, kc, nr, to);
      }
      for (let i = i0; i < i1; i += MC) {
        const rows = min(MC, i1 - i);
        for (let ii = 0; ii < rows; ii += mr) {
          const to = panelsA + (<usize>(ii * kc) << 2);
          const height = min(mr, rows - ii);
          if (transposeA) packGroups(a + <usize>p * lda + (<usize>(i + ii) << 2), lda, height, kc, mr, to);
          else packLines(a + <usize>(i + ii) * lda + (<usize>p << 2), lda, height, kc, mr, to);
        }
        for (let jj = 0; jj < columns; jj += nr) {
          const panelB = panelsB + (<usize>(jj * kc) << 2);
          const width = min(nr, columns - jj);
          for (let ii = 0; ii < rows; ii += mr) {
            const height = min(mr, rows - ii);
            const panelA = panelsA + (<usize>(ii * kc) << 2);
            const at = c + <usize>(i + ii) * ldc + (<usize>(j + jj) << 2);
            // Two calls of each kernel: one alone would be inlined here, and lose half its speed on Node 20.
            if (height == mr && width == nr) {
              if (wide) tile4x16(kc, panelA, panelB, at, ldc);
              else tile5x8(kc, panelA, panelB, at, ldc);
            } else {
              for (let r = 0; r < height; r++) memory.copy(edge + <usize>r * edgeLine, at + <usize>r * ldc, width << 2);
              if (wide) tile4x16(kc, panelA, panelB, edge, edgeLine);
              else tile5x8(kc, panelA, panelB, edge, edgeLine);
              for (let r = 0; r < height; r++) memory.copy(at + <usize>r * ldc, edge + <usize>r * edgeLine, width << 2);
            }
          }
        }
      }
    }
  }
}
