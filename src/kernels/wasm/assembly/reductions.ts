// Reductions, and what else runs along one axis of x, seen as [outer, size, inner].
//
//   ...Rows      inner = 1: x [rows, size] → y [rows], for the rows `from` … `to` − 1. Any split of the rows gives the same bits.
//   ...Blocks    one long row x [size]: the totals of its 4,096-blocks `from` … `to` − 1, each into totals[block]
//   ...Totals    what the blocks' totals come to, taken ascending: y [1]
//   ...Columns   x [outer, size, inner] → y [outer, inner], for the columns `from` … `to` − 1 of inner. Any split likewise.
//
// x and y don't overlap. Nothing outside of x is read, and nothing outside of the range of y is written.

import { BLOCK, combine, MAX, MIN, PROD, put, reduce, start, SUM, take } from './rows';

// @ts-ignore: decorator
@inline
function rows(op: i32, x: usize, size: i32, from: i32, to: i32, y: usize): void {
  for (let r = from; r < to; r++) {
    const row = x + ((<usize>r * <usize>size) << 2);
    v128.store_lane<f32>(y + (<usize>r << 2), reduce(op, false, row, 0, size), 0);
  }
}

// @ts-ignore: decorator
@inline
function blocks(op: i32, x: usize, size: i32, from: i32, to: i32, totals: usize): void {
  for (let b = from; b < to; b++) {
    const first = b * BLOCK;
    const total = reduce(op, false, x + (<usize>first << 2), 0, min(size - first, BLOCK));
    v128.store_lane<f32>(totals + (<usize>b << 2), total, 0);
  }
}

// @ts-ignore: decorator
@inline
function totals(op: i32, totals: usize, count: i32, y: usize): void {
  let total = start(op);
  for (let b = 0; b < count; b++) total = combine(op, total, v128.load_splat<f32>(totals + (<usize>b << 2)));
  v128.store_lane<f32>(y, total, 0);
}

/** Up to four columns of y take the next `count`, 1 or 4, rows of x. */
// @ts-ignore: decorator
@inline
function takeRows(op: i32, count: i32, x: usize, step: usize, y: usize, width: i32): void {
  let total = combine(op, take(y, width), take(x, width));
  if (count == 4) {
    total = combine(op, total, take(x + step, width));
    total = combine(op, total, take(x + 2 * step, width));
    total = combine(op, total, take(x + 3 * step, width));
  }
  put(y, total, width);
}

// @ts-ignore: decorator
@inline
function takeAll(op: i32, count: i32, x: usize, step: usize, y: usize, width: i32): void {
  const end = y + (<usize>(width & ~3) << 2);
  while (y < end) {
    takeRows(op, count, x, step, y, 4);
    x += 16;
    y += 16;
  }
  if (width & 3) takeRows(op, count, x, step, y, width & 3);
}

/** Row after row is added to y, so that x streams by while y stays in the first cache; four at a time, which spares y. */
// @ts-ignore: decorator
@inline
function columns(op: i32, x: usize, outer: i32, size: i32, inner: i32, from: i32, to: i32, y: usize): void {
  const step = <usize>inner << 2;
  x += <usize>from << 2;
  y += <usize>from << 2;
  for (let o = 0; o < outer; o++) {
    for (let i = from; i < to; i += 4) put(y + (<usize>(i - from) << 2), start(op), to - i);
    let j = size;
    for (; j >= 4; j -= 4) {
      takeAll(op, 4, x, step, y, to - from);
      x += 4 * step;
    }
    for (; j > 0; j--) {
      takeAll(op, 1, x, step, y, to - from);
      x += step;
    }
    y += step;
  }
}

export function sumRows(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  rows(SUM, x, size, from, to, y);
}
export function sumBlocks(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  blocks(SUM, x, size, from, to, y);
}
export function sumTotals(x: usize, count: i32, y: usize): void {
  totals(SUM, x, count, y);
}
export function sumColumns(x: usize, outer: i32, size: i32, inner: i32, from: i32, to: i32, y: usize): void {
  columns(SUM, x, outer, size, inner, from, to, y);
}

export function prodRows(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  rows(PROD, x, size, from, to, y);
}
export function prodBlocks(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  blocks(PROD, x, size, from, to, y);
}
export function prodTotals(x: usize, count: i32, y: usize): void {
  totals(PROD, x, count, y);
}
export function prodColumns(x: usize, outer: i32, size: i32, inner: i32, from: i32, to: i32, y: usize): void {
  columns(PROD, x, outer, size, inner, from, to, y);
}

export function maxRows(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  rows(MAX, x, size, from, to, y);
}
export function maxBlocks(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  blocks(MAX, x, size, from, to, y);
}
export function maxTotals(x: usize, count: i32, y: usize): void {
  totals(MAX, x, count, y);
}
export function maxColumns(x: usize, outer: i32, size: i32, inner: i32, from: i32, to: i32, y: usize): void {
  columns(MAX, x, outer, size, inner, from, to, y);
}

export function minRows(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  rows(MIN, x, size, from, to, y);
}
export function minBlocks(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  blocks(MIN, x, size, from, to, y);
}
export function minTotals(x: usize, count: i32, y: usize): void {
  totals(MIN, x, count, y);
}
export function minColumns(x: usize, outer: i32, size: i32, inner: i32, from: i32, to: i32, y: usize): void {
  columns(MIN, x, outer, size, inner, from, to, y);
}

// ---- Places -----------------------------------------------------------------------------------------------

/** A NaN is nobody's equal, not even its own. */
// @ts-ignore: decorator
@inline
function isNaN4(v: v128): v128 {
  return f32x4.ne(v, v);
}

/** The first element that equals the row's best, or is NaN: if there is a NaN, nothing equals the best. */
// @ts-ignore: decorator
@inline
function placeRows(op: i32, x: usize, size: i32, from: i32, to: i32, y: usize): void {
  for (let r = from; r < to; r++) {
    const row = x + ((<usize>r * <usize>size) << 2);
    const total = reduce(op, false, row, 0, size);
    const best = v128.shuffle<f32>(total, total, 0, 0, 0, 0);
    let place = 0;
    while (place < size) {
      const v = take(row + (<usize>place << 2), size - place);
      const found = i32x4.bitmask(v128.or(f32x4.eq(v, best), isNaN4(v)));
      if (found) {
        place += ctz(found);
        break;
      }
      place += 4;
    }
    store<f32>(y + (<usize>r << 2), <f32>place);
  }
}

/** The best so far of four columns, and its place: a NaN, or something better, takes its place, unless it's NaN itself. */
// @ts-ignore: decorator
@inline
function placeColumns(op: i32, x: usize, outer: i32, size: i32, inner: i32, from: i32, to: i32, y: usize): void {
  const step = <usize>inner << 2;
  for (let o = 0; o < outer; o++) {
    for (let i = from; i < to; i += 4) {
      let at = x + ((<usize>o * <usize>size * <usize>inner + <usize>i) << 2);
      let best = start(op);
      let place = i32x4.splat(0);
      for (let j = 0; j < size; j++) {
        const v = take(at, to - i);
        const better = v128.or(op == MAX ? f32x4.gt(v, best) : f32x4.lt(v, best), isNaN4(v));
        const beats = v128.andnot(better, isNaN4(best));
        best = v128.bitselect(v, best, beats);
        place = v128.bitselect(i32x4.splat(j), place, beats);
        at += step;
      }
      put(y + ((<usize>o * <usize>inner + <usize>i) << 2), f32x4.convert_i32x4_s(place), to - i);
    }
  }
}

export function argmaxRows(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  placeRows(MAX, x, size, from, to, y);
}
export function argminRows(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  placeRows(MIN, x, size, from, to, y);
}
export function argmaxColumns(x: usize, outer: i32, size: i32, inner: i32, from: i32, to: i32, y: usize): void {
  placeColumns(MAX, x, outer, size, inner, from, to, y);
}
export function argminColumns(x: usize, outer: i32, size: i32, inner: i32, from: i32, to: i32, y: usize): void {
  placeColumns(MIN, x, outer, size, inner, from, to, y);
}

// ---- Running sums -----------------------------------------------------------------------------------------

/** y [rows, size]: a row's sums one after the other, from its end if `reverse`. */
export function cumsumRows(x: usize, size: i32, reverse: bool, from: i32, to: i32, y: usize): void {
  const step: isize = reverse ? -4 : 4;
  for (let r = from; r < to; r++) {
    let at = (<usize>r * <usize>size + (reverse ? <usize>size - 1 : 0)) << 2;
    let total: f32 = 0;
    for (let j = 0; j < size; j++) {
      total += load<f32>(x + at);
      store<f32>(y + at, total);
      at += step;
    }
  }
}

/** y [outer, size, inner]: each row of y is the one before it plus a row of x. */
export function cumsumColumns(
  x: usize, outer: i32, size: i32, inner: i32, reverse: bool, from: i32, to: i32, y: usize,
): void {
  const step: isize = reverse ? -(inner << 2) : inner << 2;
  for (let o = 0; o < outer; o++) {
    const first = <usize>o * <usize>size + (reverse ? <usize>size - 1 : 0);
    let at = (first * <usize>inner + <usize>from) << 2;
    for (let j = 0; j < size; j++) {
      for (let i = from; i < to; i += 4) {
        const before = j == 0 ? f32x4.splat(0) : take(y + at - step + (<usize>(i - from) << 2), to - i);
        put(y + at + (<usize>(i - from) << 2), f32x4.add(before, take(x + at + (<usize>(i - from) << 2), to - i)), to - i);
      }
      at += step;
    }
  }
}
