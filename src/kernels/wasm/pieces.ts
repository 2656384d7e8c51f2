// Large kernel calls, cut into pieces for the thread pool.
import { type Kernels, room } from './module.ts';
import type { Argument, Pool } from './pool.ts';

/** A kernel over `items` items of `size` elements each; `args` are those for all of them. */
export type Cut = (items: number, size: number, ...args: number[]) => void;

/**
 * Makes a kernel's calls, if they are large, calls in pieces.
 *
 * @param worth the elements that are worth waking another thread for: 10 to 50 µs of one
 * @param unit pieces begin at multiples of this many items
 * @param moves a word for each argument: how it follows a piece. Further arguments are the same for every piece
 */
export type Cutter = (name: string, worth: number, unit: number, moves: string) => Cut;

/** How arguments follow a piece, the items `from` … `to` − 1. An address of 0 is an absent buffer, and stays 0. */
const following: Record<string, (value: number, next: number, size: number, threads: number) => Argument> = {
  same: (value) => value,
  from: () => [0, 1, 0],
  to: () => [0, 0, 1],
  count: () => [0, -1, 1],
  /** The address of an item; the next item lies behind it. */
  place: (value, _next, size) => (value === 0 ? 0 : [value, 4 * size, 0]),
  /** The address of an item; the next item lies as many elements further as the next argument says. */
  strided: (value, next) => [value, 4 * next, 0],
  /** The address of room for one item: each thread has its own, in cache lines of its own. */
  work(_value, _next, size, threads) {
    const own = Math.ceil(size / 16) * 16;
    return [room(threads * own), 0, 0, 4 * own];
  },
};

export const cutter =
  (kernels: Kernels, pool: Pool): Cutter =>
  (name, worth, unit, moves) => {
    const kernel = kernels[name];
    const follow = moves.split(' ').map((move) => following[move]);
    const needsRoom = moves.includes('work');

    function inPieces(items: number, size: number, args: readonly number[]): void {
      const grain = Math.ceil(worth / size / unit) * unit;
      const each = args.map((value, i) => follow[i]?.(value, args[i + 1], size, pool.threads) ?? value);
      pool.run(name, items, grain, each, unit);
    }

    return (items, size, ...args) => {
      if (items * size < 2 * worth || pool.threads === 1) kernel(...args);
      else if (needsRoom && items < pool.threads)
        kernel(...args); // else the room would outgrow the operands
      else inPieces(items, size, args);
    };
  };
