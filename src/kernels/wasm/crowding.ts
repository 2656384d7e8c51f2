// Whether others need the cores: then calls take longer with workers than without.

const long = 0.1; // ms to wake workers: it takes tens of µs, unless one of them gets the core that the caller had
const [shortest, longest] = [0.1, 16]; // ms without workers

/**
 * Decides when calls do without workers. Where there is no core for a worker that was asleep, the system may give it the caller's: there it works,
 * and waits in vain for the next call, while the caller cannot go on. After that, the next calls are the caller's alone, for twice as long
 * if it happens again soon.
 */
export class Crowding {
  #until = 0;
  #pause = shortest;

  /** Whether calls had better do without workers at this time, in ms. */
  lastsAt(now: number): boolean {
    return now < this.#until;
  }

  /** Takes notice of a call with workers: now, `waking` ms were needed to wake them; 0 if none was asleep. */
  notice(now: number, waking: number): void {
    if (waking > long) {
      this.#until = now + this.#pause;
      this.#pause = Math.min(2 * this.#pause, longest);
    } else this.#pause = Math.max(0.9 * this.#pause, shortest);
  }
}
