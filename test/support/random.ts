// Repeatable numbers for tests, from a generator that owes nothing to the library's.

/** Numbers in [0, 1): a linear congruential generator with Numerical Recipes' constants, and a mixing step. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    let word = state ^ (state >>> 16);
    word = Math.imul(word, 0x45d9f3b);
    return ((word ^ (word >>> 15)) >>> 0) / 2 ** 32;
  };
}
