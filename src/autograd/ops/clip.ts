// Values kept between two bounds: clip, hardtanh.
import { ArgumentError, checkNumber, checkOptions, type Shape, type Tensor } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { defineOp } from '../op.ts';
import { mul } from './arithmetic.ts';
import { equal, greater, less } from './compare.ts';
import { where } from './select.ts';

export interface ClipOptions {
  /** The least value to be left. Default: none for `clip`, −1 for `hardtanh`. */
  min?: number;
  /** The greatest value to be left. Default: none for `clip`, 1 for `hardtanh`. */
  max?: number;
}

function checkBounds(name: string, min: number, max: number): void {
  checkNumber(name, 'min', min);
  checkNumber(name, 'max', max);
  if (min > max)
    throw new ArgumentError(
      name,
      `min is ${min} and max is ${max}`,
      'min must not be greater than max',
      `${name}(x, { min: ${max}, max: ${min} })`,
    );
}

/**
 * Moves values that lie outside [min, max] to the nearer bound. Either bound may be left out, not both.
 *
 *   forward   Y = min where X < min, max where X > max, else X; NaN stays NaN
 *   gradient  ∂L/∂X = G where min ≤ X ≤ max, else 0    (passed at the bounds, as in PyTorch)
 *   because   Y = X says the same as min ≤ X ≤ max
 *
 * @throws ArgumentError without a bound, or when min is greater than max
 */
export const clip: <S extends Shape>(x: Tensor<S>, options: ClipOptions) => Tensor<S> = defineOp<
  [x: Tensor],
  [options: ClipOptions]
>({
  name: 'clip',
  inputs: ['x'],
  shape(x, options) {
    checkOptions('clip', options, ['min', 'max']);
    if (options?.min === undefined && options?.max === undefined)
      throw new ArgumentError(
        'clip',
        'there are no bounds',
        'at least one of min and max must be given',
        'clip(x, { min: 0 })',
      );
    const { min = -Infinity, max = Infinity } = options;
    checkBounds('clip', min, max);
    return x.shape;
  },
  forward: (Y, x, { min = -Infinity, max = Infinity }) => backend().clip(x, min, max, Y),
  gradient: { x: (G, Y, x) => where(equal(x, Y), G, 0) },
  reads: ['x', 'result'],
  samples: (random) => [
    [random.distinct([3, 4]), { min: -0.5, max: 0.5 }],
    [random.distinct([3, 4]), { min: -0.5 }],
    [random.distinct([3, 4]), { max: 0.5 }],
  ],
});

/**
 * The hyperbolic tangent made of straight lines.
 *
 *   forward   Y = min where X < min, max where X > max, else X; NaN stays NaN
 *   gradient  ∂L/∂X = G where min < X < max, else 0    (0 at the bounds, as in PyTorch)
 *   because   strictly between the bounds lies X if and only if Y does
 *
 * @throws ArgumentError when min is greater than max
 */
export const hardtanh: <S extends Shape>(x: Tensor<S>, options?: ClipOptions) => Tensor<S> = defineOp<
  [x: Tensor],
  [options?: ClipOptions]
>({
  name: 'hardtanh',
  inputs: ['x'],
  shape(x, options = {}) {
    checkOptions('hardtanh', options, ['min', 'max']);
    const { min = -1, max = 1 } = options;
    checkBounds('hardtanh', min, max);
    return x.shape;
  },
  forward: (Y, x, { min = -1, max = 1 } = {}) => backend().clip(x, min, max, Y),
  gradient: {
    x: (G, Y, _x, { min = -1, max = 1 } = {}) => where(mul(greater(Y, min), less(Y, max)), G, 0),
  },
  reads: ['result'],
  samples: (random) => [
    [mul(random.distinct([3, 4]), 2)],
    [random.distinct([3, 4]), { min: -0.5, max: 0.25 }],
  ],
});
