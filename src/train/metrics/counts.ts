// How often each class is true, predicted, and both: all that precision, recall and F1 are made of.
import type { Classes } from './inputs.ts';
import { type Gathered, isCount } from './metric.ts';

/** How often a class was true, was predicted, and both. */
export interface Counts {
  readonly label: number;
  right: number;
  truth: number;
  predicted: number;
}

export type Average = 'binary' | 'macro' | 'micro' | 'weighted';

/** Numerator and denominator of each number. */
const fractions = {
  precision: ({ right, predicted }: Counts) => [right, predicted],
  recall: ({ right, truth }: Counts) => [right, truth],
  f1: ({ right, truth, predicted }: Counts) => [2 * right, truth + predicted],
};

/** A number that is a fraction of a class's counts. */
export type Fraction = keyof typeof fractions;

/** Counts right, true and predicted samples of each class. */
export function countClasses(number: (counts: readonly Counts[]) => number): Gathered<Classes> & {
  counts(): Counts[];
} {
  let byLabel = new Map<number, Counts>();
  const of = (label: number): Counts => {
    let counts = byLabel.get(label);
    if (!counts) byLabel.set(label, (counts = { label, right: 0, truth: 0, predicted: 0 }));
    return counts;
  };
  const counts = () => [...byLabel.values()].sort((a, b) => a.label - b.label);
  return {
    counts,
    reset: () => byLabel.clear(),
    add({ truth, predicted }) {
      for (let i = 0; i < truth.length; i++) {
        const counts = of(truth[i]);
        counts.truth++;
        of(predicted[i]).predicted++;
        if (truth[i] === predicted[i]) counts.right++;
      }
    },
    value: () => (byLabel.size === 0 ? Number.NaN : number(counts())),
    stateDict: () => counts().map((counts) => ({ ...counts })),
    load(saved) {
      const fits =
        Array.isArray(saved) &&
        saved.every(
          (c) =>
            Number.isSafeInteger(c?.label) &&
            [c.right, c.truth, c.predicted].every(isCount) &&
            c.right <= Math.min(c.truth, c.predicted),
        );
      if (fits)
        byLabel = new Map(
          saved.map(({ label, right, truth, predicted }) => [label, { label, right, truth, predicted }]),
        );
      return fits;
    },
  };
}

/** The sum of each count. */
function total(counts: readonly Counts[]): Counts {
  const sum = { label: 0, right: 0, truth: 0, predicted: 0 };
  for (const { right, truth, predicted } of counts) {
    sum.right += right;
    sum.truth += truth;
    sum.predicted += predicted;
  }
  return sum;
}

/** The share of all samples that are right: of all classes together, precision, recall and F1 are the same. */
export function shareRight(counts: readonly Counts[]): number {
  const { right, truth } = total(counts);
  return right / truth;
}

/** A fraction of one class; 0/0 is `zeroDivision`. */
export function fractionOf(what: Fraction, counts: Counts, zeroDivision: number): number {
  const [part, whole] = fractions[what](counts);
  return whole === 0 ? zeroDivision : part / whole;
}

/** A fraction of all classes. */
export function averageOf(
  what: Fraction,
  counts: readonly Counts[],
  { average, positive, zeroDivision }: { average: Average; positive?: number; zeroDivision: number },
): number {
  if (average === 'micro') return fractionOf(what, total(counts), zeroDivision);
  if (average === 'binary') {
    const of = counts.find(({ label }) => label === positive);
    return of ? fractionOf(what, of, zeroDivision) : zeroDivision;
  }
  const terms = counts
    .map((of) => ({ value: fractionOf(what, of, zeroDivision), weight: of.truth }))
    .filter(({ value }) => !Number.isNaN(value));
  // As in scikit-learn: if what is left has no weight, it counts alike.
  const isWeighted = average === 'weighted' && terms.some(({ weight }) => weight > 0);
  let [sum, weights] = [0, 0];
  for (const { value, weight } of terms) {
    sum += isWeighted ? value * weight : value;
    weights += isWeighted ? weight : 1;
  }
  return sum / weights;
}
