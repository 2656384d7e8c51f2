// Whether others need the cores: then calls take longer with workers than without.

const long = 0.1; // ms for workers to be woken, or to be waited for: it takes tens of µs, unless they are kept from running
const [shortest, longest] = [0.1, 16]; // ms without workers

/**
 * Decides when calls do without workers. One whom the system keeps from running holds up the piece that it has taken, or comes when all is done;
 * one who is woken may be given the caller's core. After such a call the next ones are the caller's alone, for twice as long if it happens
 * again soon.
 */
export class Crowding {
  #until = 0;
  #pause = shortest;

  /** Whether calls had better do without workers at this time, in ms. */
  lastsAt(now: number): boolean {
    return now < this.#until;
  }

  /**
   * Takes notice of a call with workers that ended now.
   *
   * @param waking ms to wake those who slept; 0 if nobody did
   * @param came whether any worker did some of its own share
   * @param worked ms of the caller's work
   * @param waited ms that it waited for workers then
   */
  notice(now: number, waking: number, came: boolean, worked: number, waited: number): void {
    const isHeldUp = waited > long && waited > 4 * worked; // less may be a slower core, which shares make up for
    if (waking > long || (waking === 0 && !came) || isHeldUp) {
      this.#until = now + this.#pause;
      this.#pause = Math.min(2 * this.#pause, longest);
    } else this.#pause = Math.max(0.98 * this.#pause, shortest);
  }
}
