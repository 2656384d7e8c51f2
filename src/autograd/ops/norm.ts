// How far values lie from 0, and from their mean: norm, variance, std.
import { type Axes, checkNumber, type Tensor } from '../../tensor/index.ts';
import { defineOp, noGrad, type Samples } from '../op.ts';
import { abs } from './abs.ts';
import { div, mul, sub } from './arithmetic.ts';
import { equal, greater, isFinite } from './compare.ts';
import { pow, sqrt, square } from './power.ts';
import { max, mean } from './reduce.ts';
import { reshape } from './reshape.ts';
import { where } from './select.ts';
import { checkNotEmpty, type ReduceOptions, reduction, sum } from './sum.ts';

export interface VarianceOptions extends ReduceOptions {
  /** What the divisor is less than n by: 1 (Bessel) for a sample, 0 for a whole population. Default 1. */
  correction?: number;
}

export interface VectorNormOptions extends ReduceOptions {
  /** The exponent: 1, 2, Infinity, or any other number greater than 0. Default 2. */
  p?: number;
}

const varianceUnderName = (name: string) =>
  defineOp<[x: Tensor], [axes?: Axes, options?: VarianceOptions]>({
    name,
    inputs: ['x'],
    compose: (x, axes, options) => meanSquare(name, x, axes, options),
    samples: varianceSamples,
  });

/**
 * The variance over one axis, several, or all; also under the name `var`.
 *
 *   shape     X [..., n, ...]  →  Y, without the axes (or with size 1 there, `keepDims`)
 *   forward   Y = Σ (X − mean X)² / max(n − correction, 0)
 *   gradient  ∂L/∂X = G · 2 (X − mean X) / (n − correction)
 *
 * A single value has no variance unless the correction is 0: 0/0 is NaN.
 *
 * @throws ShapeError when an axis is out of range or named twice; ArgumentError when the correction is negative
 */
export const variance = varianceUnderName('variance');

const alias = varianceUnderName('var');
export { alias as var };

/**
 * The standard deviation over one axis, several, or all.
 *
 *   shape     as {@link variance}
 *   forward   Y = √variance(X)
 *   gradient  ∂L/∂X = G (X − mean X) / (Y (n − correction));  0 where Y is 0, as in PyTorch
 */
export const std = defineOp<[x: Tensor], [axes?: Axes, options?: VarianceOptions]>({
  name: 'std',
  inputs: ['x'],
  compose: (x, axes, options) => unlessZero(meanSquare('std', x, axes, options), sqrt),
  samples: varianceSamples,
});

function varianceSamples(random: Samples): [Tensor, Axes?, VarianceOptions?][] {
  return [
    [random.uniform([2, 3])],
    [random.uniform([2, 3, 4]), 1],
    [random.uniform([2, 3, 4]), [0, -1], { correction: 0 }],
    [random.uniform([2, 5]), -1, { keepDims: true, correction: 1.5 }],
  ];
}

/**
 * Σ (X − mean X)² / (n − correction), after its arguments are checked.
 *
 * The mean of equal numbers may differ from them in the last bit. So the mean of the differences, 0 but for rounding, is
 * subtracted too: then a constant row has variance 0 exactly. As a function it is 0, and needs no gradient.
 */
function meanSquare(name: string, x: Tensor, axes: Axes | undefined, options: VarianceOptions = {}): Tensor {
  const { axes: over, count } = reduction(name, x, axes, options, ['correction']);
  const { correction = 1, keepDims } = options;
  checkNumber(name, 'correction', correction, { min: 0, below: Infinity });
  const difference = sub(x, mean(x, over, { keepDims: true }));
  const rest = noGrad(() => mean(difference, over, { keepDims: true }));
  return div(sum(square(sub(difference, rest)), over, { keepDims }), Math.max(count - correction, 0));
}

/**
 * The p-norm over one axis, several, or all.
 *
 *   shape     X [..., n, ...]  →  Y, without the axes (or with size 1 there, `keepDims`)
 *   forward   Y = (Σ |X|ᵖ)^(1/p);  the greatest |X| for p = ∞, where n must not be 0
 *   gradient  ∂L/∂X = G · sign(X) (|X|/Y)^(p − 1);  0 where X is 0, even for p < 1;  a tie at p = ∞ shares evenly
 *   stable    if p is not 1, 2 or ∞, every |X| is divided by the greatest first: 10000¹⁰ is ∞ in float32
 *
 * @throws ShapeError when an axis is out of range or named twice; ArgumentError unless p is greater than 0
 */
export const norm = defineOp<[x: Tensor], [axes?: Axes, options?: VectorNormOptions]>({
  name: 'norm',
  inputs: ['x'],
  compose(x, axes, options = {}) {
    const { axes: over, shape, count } = reduction('norm', x, axes, options, ['p']);
    const { p = 2, keepDims } = options;
    checkNumber('norm', 'p', p, { above: 0 });
    if (p === Infinity) {
      checkNotEmpty('norm', x, over);
      return max(abs(x), over, { keepDims });
    }
    if (p === 1 || count === 0) return sum(abs(x), over, { keepDims });
    if (p === 2) return unlessZero(sum(square(x), over, { keepDims }), sqrt);
    const scale = noGrad(() => greatest(x, over));
    const powers = unlessZero(abs(div(x, scale)), (ratio) => pow(ratio, p));
    const root = unlessZero(sum(powers, over, { keepDims: true }), (total) => pow(total, 1 / p));
    return reshape(mul(root, scale), shape);
  },
  samples: (random) => [
    [random.awayFromZero([2, 3])],
    [random.awayFromZero([2, 3, 4]), 1, { p: 1 }],
    [random.distinct([2, 3, 4]), [0, -1], { p: Infinity, keepDims: true }],
    [random.awayFromZero([2, 3, 4]), [0, -1], { p: 3 }],
    [random.awayFromZero([2, 3]), -1, { p: 0.5, keepDims: true }],
  ],
});

/** What to divide by: the greatest |X|, axes kept, or 1 where that is 0 or not finite. The norm does not depend on it. */
function greatest(x: Tensor, axes: readonly number[]): Tensor {
  const most = max(abs(x), axes, { keepDims: true });
  return where(mul(isFinite(most), greater(most, 0)), most, 1);
}

/** f(x), but where x is 0 the value 0 and, unlike f, a slope of 0. */
function unlessZero(x: Tensor, f: (x: Tensor) => Tensor): Tensor {
  const isZero = equal(x, 0);
  return where(isZero, 0, f(where(isZero, 1, x)));
}
