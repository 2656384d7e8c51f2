// Matrix products: packed, cache-blocked, 128 bits wide, in the reference's order: every sum takes its terms ascending in k.
//
// C [m, n] = A [m, k] · B [k, n], each read through a row stride and a column stride, so that a transpose is a change of
// strides. B is packed into panels of `nr` columns, A into panels of `mr` rows; a tile of mr × nr sums lives in registers
// while one panel of each streams by. When k is cut into blocks, the tile goes back to C and is loaded again: no sum changes
// its order.

const KC: i32 = 256; // terms taken at a time: a panel of B (KC · nr floats) stays in the first cache
const MC: i32 = 120; // rows of A packed at a time: MC · KC floats stay in the second cache
const NC: i32 = 2048;

/** A [rows, kc] → panels of mr rows: kc groups of mr neighbours; missing rows are zeros. */
function packA(a: usize, rs: usize, cs: usize, rows: i32, kc: i32, mr: i32, to: usize): void {
  for (let i = 0; i < rows; i += mr) {
    const here = min(mr, rows - i);
    if (here < mr) memory.fill(to, 0, (kc * mr) << 2);
    for (let r = 0; r < here; r++) {
      let from = a + <usize>(i + r) * rs;
      let at = to + (<usize>r << 2);
      for (let p = 0; p < kc; p++) {
        store<f32>(at, load<f32>(from));
        from += cs;
        at += <usize>mr << 2;
      }
    }
    to += <usize>(kc * mr) << 2;
  }
}

/** B [kc, columns] → panels of nr columns: kc groups of nr neighbours; missing columns are zeros. */
function packB(b: usize, rs: usize, cs: usize, kc: i32, columns: i32, nr: i32, to: usize): void {
  for (let j = 0; j < columns; j += nr) {
    const here = min(nr, columns - j);
    if (here < nr) memory.fill(to, 0, (kc * nr) << 2);
    if (cs == 4) {
      for (let p = 0; p < kc; p++) {
        const from = b + <usize>p * rs + (<usize>j << 2);
        const at = to + (<usize>(p * nr) << 2);
        if (here == nr) for (let c: usize = 0; c < <usize>nr << 2; c += 16) v128.store(at + c, v128.load(from + c));
        else for (let c: usize = 0; c < <usize>here << 2; c += 4) store<f32>(at + c, load<f32>(from + c));
      }
    } else {
      for (let c = 0; c < here; c++) {
        let from = b + <usize>(j + c) * cs;
        let at = to + (<usize>c << 2);
        for (let p = 0; p < kc; p++) {
          store<f32>(at, load<f32>(from));
          from += rs;
          at += <usize>nr << 2;
        }
      }
    }
    to += <usize>(kc * nr) << 2;
  }
}

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

/** The part of C that lies in rows i0 … i1 and columns j0 … j1. `work` has room for the packed blocks. */
export function gemm(
  i0: i32, i1: i32, j0: i32, j1: i32, k: i32,
  a: usize, ars: usize, acs: usize, b: usize, brs: usize, bcs: usize, c: usize, ldc: usize,
  wide: i32, work: usize,
): void {
  const mr = wide ? 4 : 5;
  const nr = wide ? 16 : 8;
  const tile = work; // one tile of C, for the edges
  const packedA = work + 1024;
  const packedB = packedA + (<usize>(MC + 8) * KC << 2);
  const bytes = <usize>nr << 2;
  for (let i = i0; i < i1; i++) memory.fill(c + <usize>i * ldc + (<usize>j0 << 2), 0, (j1 - j0) << 2);
  for (let j = j0; j < j1; j += NC) {
    const columns = min(NC, j1 - j);
    for (let p = 0; p < k; p += KC) {
      const kc = min(KC, k - p);
      packB(b + <usize>p * brs + <usize>j * bcs, brs, bcs, kc, columns, nr, packedB);
      for (let i = i0; i < i1; i += MC) {
        const rows = min(MC, i1 - i);
        packA(a + <usize>i * ars + <usize>p * acs, ars, acs, rows, kc, mr, packedA);
        for (let jj = 0; jj < columns; jj += nr) {
          const panelB = packedB + (<usize>(jj * kc) << 2);
          const w = min(nr, columns - jj);
          for (let ii = 0; ii < rows; ii += mr) {
            const panelA = packedA + (<usize>(ii * kc) << 2);
            const at = c + <usize>(i + ii) * ldc + (<usize>(j + jj) << 2);
            const h = min(mr, rows - ii);
            if (h == mr && w == nr) {
              if (wide) tile4x16(kc, panelA, panelB, at, ldc);
              else tile5x8(kc, panelA, panelB, at, ldc);
            } else {
              for (let r = 0; r < h; r++) memory.copy(tile + <usize>r * bytes, at + <usize>r * ldc, w << 2);
              if (wide) tile4x16(kc, panelA, panelB, tile, bytes);
              else tile5x8(kc, panelA, panelB, tile, bytes);
              for (let r = 0; r < h; r++) memory.copy(at + <usize>r * ldc, tile + <usize>r * bytes, w << 2);
            }
          }
        }
      }
    }
  }
}
