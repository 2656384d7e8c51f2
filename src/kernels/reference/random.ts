// Random numbers without a state: Philox 4×32-10 turns (seed, stream, counter) into four random words.
import type { RandomKey } from '../../tensor/index.ts';
import type { Backend } from '../backend.ts';
import { cos, elements, fround, log, sin } from './precision.ts';

const words = new Uint32Array(4);

/**
 * Four random words, left in `words`, for a counter of four words (a, b, c, d) under a key of two: Philox
 * 4×32-10. A round multiplies two of the counter's words and mixes the products' halves with the others and
 * the key.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).
 */
export function philox(a: number, b: number, c: number, d: number, k0: number, k1: number): Uint32Array {
  for (let round = 0; round < 10; round++) {
    const [highA, lowA] = [multiplyHigh(0xd2511f53, a), Math.imul(0xd2511f53, a)];
    const [highC, lowC] = [multiplyHigh(0xcd9e8d57, c), Math.imul(0xcd9e8d57, c)];
    a = highC ^ b ^ k0;
    b = lowC;
    c = highA ^ d ^ k1;
    d = lowA;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  words[0] = a;
  words[1] = b;
  words[2] = c;
  words[3] = d;
  return words;
}

/** The high 32 bits of a·b, both unsigned. */
function multiplyHigh(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16); // below 2³²: exact
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + (middle >>> 16) + (carry >>> 16)) >>> 0;
}

/** The upper half of a whole number below 2⁵³. */
const high = (n: number) => Math.floor(n / 2 ** 32);

/**
 * A stream's words number 4·block … 4·block + 3: the key is the seed's two halves, the counter (block, 0,
 * stream's two halves).
 */
const fourWords = ({ seed, stream }: RandomKey, block: number): Uint32Array =>
  philox(block, 0, stream >>> 0, high(stream), seed >>> 0, high(seed));

/** Visits a stream's words 0 … count − 1. */
function eachWord(key: RandomKey, count: number, visit: (i: number, word: number) => void): void {
  for (let i = 0; i < count; i++) visit(i, (i % 4 === 0 ? fourWords(key, i / 4) : words)[i % 4]);
}

/** A multiple of 2⁻²⁴ in [0, 1): the word's upper 24 bits, which float32 holds exactly. */
const unit = (word: number) => (word >>> 8) / 2 ** 24;

export const random: Pick<Backend, 'uniform' | 'normal' | 'mask' | 'permutation'> = {
  uniform(key, low, highest, y) {
    const to = y.storage.write();
    const [from, limit] = [fround(low), fround(highest)];
    const width = fround(limit - from);
    eachWord(key, to.length, (i, word) => {
      const value = fround(from + fround(width * unit(word)));
      to[i] = value < limit || value === from ? value : from; // rounding may reach the limit, which is excluded
    });
  },

  /**
   * Box and Muller: uniform u in (0, 1] and v give the two
   * normal numbers √(−2 log u)·cos 2πv and √(−2 log u)·sin 2πv.
   */
  normal(key, mean, std, y) {
    const to = y.storage.write();
    const pair = new elements(2);
    for (let i = 0; i < to.length; i += 2) {
      const w = i % 4 === 0 ? fourWords(key, i / 4) : words;
      const radius = fround(Math.sqrt(fround(-2 * log(fround(1 - unit(w[i % 4]))))));
      const angle = fround(fround(2 * Math.PI) * unit(w[(i % 4) + 1]));
      pair[0] = radius * cos(angle);
      pair[1] = radius * sin(angle);
      for (let j = 0; j < 2 && i + j < to.length; j++)
        to[i + j] = fround(mean) + fround(fround(std) * pair[j]);
    }
  },

  mask(key, keep, scale, y) {
    const to = y.storage.write();
    eachWord(key, to.length, (i, word) => {
      to[i] = unit(word) < fround(keep) ? scale : 0;
    });
  },

  /** Fisher and Yates: from the last place down, each changes with one at or before it. */
  permutation(key, count) {
    const order = Int32Array.from({ length: count }, (_, i) => i);
    eachWord(key, count, (i, word) => {
      const last = count - 1 - i;
      const other = Math.floor((word / 2 ** 32) * (last + 1));
      [order[last], order[other]] = [order[other], order[last]];
    });
    return order;
  },
};
