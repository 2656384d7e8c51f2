// What several runs say together.

export const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b) / list.length;

/** The standard deviation of a sample of runs (÷ n − 1). */
export const deviation = (list: readonly number[]): number =>
  Math.sqrt(list.reduce((sum, x) => sum + (x - mean(list)) ** 2, 0) / (list.length - 1));

/** 0.98765 → 98.77 */
export const percent = (share: number): number => Number((100 * share).toFixed(2));
