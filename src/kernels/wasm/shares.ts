// How much of a call each thread gets: as much as it is fast.

const weight = 1 / 32; // of the latest speeds, beside those before
const floor = 1 / 4; // of a speed, as a part of the greatest
const noticeable = 0.05; // a change of a share that is worth it: what moves to another thread must come from its cache

/**
 * The parts of a call that threads have, side by side. They begin equal, and follow the threads' speeds: cores differ by kind, and by who
 * else uses what they share.
 */
export class Shares {
  #parts: number[];
  readonly #recent: number[];

  constructor(threads: number) {
    this.#parts = new Array<number>(threads).fill(1 / threads);
    this.#recent = [...this.#parts];
  }

  /** Where the share of each thread of [0, end) begins, at multiples of `unit`, and the end of the last. */
  borders(end: number, unit = 1): number[] {
    const borders = [0];
    let part = 0;
    for (let thread = 1; thread < this.#parts.length; thread++) {
      part += this.#parts[thread - 1];
      borders.push(Math.min(Math.round((part * end) / unit) * unit, end));
    }
    borders.push(end);
    return borders;
  }

  /** Takes notice of what each thread did of its share in a millisecond. */
  learn(speeds: readonly number[]): void {
    const least = floor * Math.max(...speeds);
    let total = 0;
    for (const speed of speeds) total += Math.max(speed, least);
    let greatest = 0;
    for (let thread = 0; thread < speeds.length; thread++) {
      const part = Math.max(speeds[thread], least) / total;
      this.#recent[thread] += weight * (part - this.#recent[thread]);
      greatest = Math.max(greatest, Math.abs(this.#recent[thread] / this.#parts[thread] - 1));
    }
    if (greatest > noticeable) this.#parts = [...this.#recent];
  }
}
