// Reductions, and what else runs along one axis of x, seen as [outer, size, inner].
//
//   ...Rows      inner = 1: x [rows, size] → y [rows], for the rows `from` … `to` − 1
//   ...Blocks    one long row x [size]: the totals of its 4,096-blocks `from` … `to` − 1, into totals [blocks]
//   ...Totals    the blocks' totals, taken ascending: y [1]
//   ...Columns   x [outer, size, inner] → y [outer, inner], for the columns `from` … `to` − 1 of inner
//
// Any split into ranges gives the same bits. x and y don't overlap. Nothing outside of x is read, and nothing
// outside of the range of y is written.

import { add, at, BLOCK, combine, Op, put, start, take, total } from './rows';

// @ts-ignore: decorator
@inline
function rows(op: Op, x: usize, size: i32, from: i32, to: i32, y: usize): void {
  for (let r = from; r < to; r++) store<f32>(at(y, r), total(op, at(x, r * size), size));
}

// @ts-ignore: decorator
@inline
function blocks(op: Op, x: usize, size: i32, from: i32, to: i32, totals: usize): void {
  for (let b = from; b < to; b++) {
    const first = b * BLOCK;
    store<f32>(at(totals, b), total(op, at(x, first), min(size - first, BLOCK)));
  }
}

// @ts-ignore: decorator
@inline
function addTotals(op: Op, totals: usize, count: i32, y: usize): void {
  let sum = start(op);
  for (let b = 0; b < count; b++) sum = combine(op, sum, v128.load_splat<f32>(at(totals, b)));
  v128.store_lane<f32>(y, sum, 0);
}

/** Up to four columns of y take the next `count`, 1 or 4, rows of x. */
// @ts-ignore: decorator
@inline
function takeFour(op: Op, count: i32, x: usize, step: usize, y: usize, width: i32): void {
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
function takeRows(op: Op, count: i32, x: usize, step: usize, y: usize, width: i32): void {
  const end = at(y, width & ~3);
  while (y < end) {
    takeFour(op, count, x, step, y, 4);
    x += 16;
    y += 16;
  }
  if (width & 3) takeFour(op, count, x, step, y, width & 3);
}

/** y takes row after row, so that x streams by and y stays in the first cache; four at a time, which spares y. */
// @ts-ignore: decorator
@inline
function columns(op: Op, x: usize, outer: i32, size: i32, inner: i32, from: i32, to: i32, y: usize): void {
  const step = at(0, inner);
  const width = to - from;
  x = at(x, from);
  y = at(y, from);
  for (; outer > 0; outer--) {
    for (let i = 0; i < width; i += 4) put(at(y, i), start(op), width - i);
    let left = size;
    for (; left >= 4; left -= 4) {
      takeRows(op, 4, x, step, y, width);
      x += 4 * step;
    }
    for (; left > 0; left--) {
      takeRows(op, 1, x, step, y, width);
      x += step;
    }
    y += step;
  }
}

export function sumRows(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  rows(Op.sum, x, size, from, to, y);
}
export function sumBlocks(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  blocks(Op.sum, x, size, from, to, y);
}
export function sumTotals(x: usize, count: i32, y: usize): void {
  addTotals(Op.sum, x, count, y);
}
export function sumColumns(x: usize, outer: i32, size: i32, inner: i32, from: i32, to: i32, y: usize): void {
  columns(Op.sum, x, outer, size, inner, from, to, y);
}

export function prodRows(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  rows(Op.prod, x, size, from, to, y);
}
export function prodBlocks(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  blocks(Op.prod, x, size, from, to, y);
}
export function prodTotals(x: usize, count: i32, y: usize): void {
  addTotals(Op.prod, x, count, y);
}
export function prodColumns(x: usize, outer: i32, size: i32, inner: i32, from: i32, to: i32, y: usize): void {
  columns(Op.prod, x, outer, size, inner, from, to, y);
}

export function maxRows(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  rows(Op.max, x, size, from, to, y);
}
export function maxBlocks(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  blocks(Op.max, x, size, from, to, y);
}
export function maxTotals(x: usize, count: i32, y: usize): void {
  addTotals(Op.max, x, count, y);
}
export function maxColumns(x: usize, outer: i32, size: i32, inner: i32, from: i32, to: i32, y: usize): void {
  columns(Op.max, x, outer, size, inner, from, to, y);
}

export function minRows(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  rows(Op.min, x, size, from, to, y);
}
export function minBlocks(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  blocks(Op.min, x, size, from, to, y);
}
export function minTotals(x: usize, count: i32, y: usize): void {
  addTotals(Op.min, x, count, y);
}
export function minColumns(x: usize, outer: i32, size: i32, inner: i32, from: i32, to: i32, y: usize): void {
  columns(Op.min, x, outer, size, inner, from, to, y);
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
function placeRows(op: Op, x: usize, size: i32, from: i32, to: i32, y: usize): void {
  for (let r = from; r < to; r++) {
    const row = at(x, r * size);
    const best = f32x4.splat(total(op, row, size));
    let place = 0;
    for (let j = 0; j < size; j += 4) {
      const v = take(at(row, j), size - j);
      const found = i32x4.bitmask(v128.or(f32x4.eq(v, best), isNaN4(v)));
      if (found) {
        place = j + ctz(found);
        break;
      }
    }
    store<f32>(at(y, r), <f32>place);
  }
}

/** Up to four columns, a lane each: what is better than the best, or NaN, takes its place, unless NaN has it. */
// @ts-ignore: decorator
@inline
function placeStrip(op: Op, x: usize, size: i32, inner: i32, y: usize, count: i32): void {
  let best = start(op);
  let place = i32x4.splat(0);
  for (let j = 0; j < size; j++) {
    const v = take(at(x, j * inner), count);
    const better = op == Op.max ? f32x4.gt(v, best) : f32x4.lt(v, best);
    const beats = v128.andnot(v128.or(better, isNaN4(v)), isNaN4(best));
    best = v128.bitselect(v, best, beats);
    place = v128.bitselect(i32x4.splat(j), place, beats);
  }
  put(y, f32x4.convert_i32x4_s(place), count);
}

// @ts-ignore: decorator
@inline
function placeColumns(
  op: Op,
  x: usize,
  outer: i32,
  size: i32,
  inner: i32,
  from: i32,
  to: i32,
  y: usize,
): void {
  for (let o = 0; o < outer; o++) {
    const xs = at(x, o * size * inner);
    const ys = at(y, o * inner);
    let i = from;
    for (; i + 4 <= to; i += 4) placeStrip(op, at(xs, i), size, inner, at(ys, i), 4);
    if (i < to) placeStrip(op, at(xs, i), size, inner, at(ys, i), to - i);
  }
}

export function argmaxRows(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  placeRows(Op.max, x, size, from, to, y);
}
export function argminRows(x: usize, size: i32, from: i32, to: i32, y: usize): void {
  placeRows(Op.min, x, size, from, to, y);
}
export function argmaxColumns(
  x: usize,
  outer: i32,
  size: i32,
  inner: i32,
  from: i32,
  to: i32,
  y: usize,
): void {
  placeColumns(Op.max, x, outer, size, inner, from, to, y);
}
export function argminColumns(
  x: usize,
  outer: i32,
  size: i32,
  inner: i32,
  from: i32,
  to: i32,
  y: usize,
): void {
  placeColumns(Op.min, x, outer, size, inner, from, to, y);
}

// ---- Running sums -----------------------------------------------------------------------------------------

/** y [rows, size]: a row's sums one after the other, from its end if `reverse`. */
export function cumsumRows(x: usize, size: i32, reverse: bool, from: i32, to: i32, y: usize): void {
  const step = reverse ? -1 : 1;
  for (let r = from; r < to; r++) {
    let i = r * size + (reverse ? size - 1 : 0);
    let total: f32 = 0;
    for (let j = 0; j < size; j++) {
      total += load<f32>(at(x, i));
      store<f32>(at(y, i), total);
      i += step;
    }
  }
}

/** y [outer, size, inner]: its first row is +0 + x's; each other one is the one before it plus x's. */
export function cumsumColumns(
  x: usize,
  outer: i32,
  size: i32,
  inner: i32,
  reverse: bool,
  from: i32,
  to: i32,
  y: usize,
): void {
  const step = reverse ? -inner : inner;
  for (let o = 0; o < outer; o++) {
    let row = (o * size + (reverse ? size - 1 : 0)) * inner;
    for (let j = 0; j < size; j++) {
      let i = row + from;
      const end = row + to;
      if (j == 0) {
        for (; i < end; i++) store<f32>(at(y, i), <f32>0 + load<f32>(at(x, i)));
      } else {
        for (; i + 4 <= end; i += 4) add(at(y, i - step), at(x, i), at(y, i), 4);
        if (i < end) add(at(y, i - step), at(x, i), at(y, i), end - i);
      }
      row += step;
    }
  }
}
