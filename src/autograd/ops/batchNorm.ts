// Batch normalisation with given statistics: each channel is brought to mean 0 and variance 1.
import {
  ArgumentError,
  checkNumber,
  checkOptions,
  type Shape,
  ShapeError,
  show,
  type Tensor,
} from '../../tensor/index.ts';
import { defineOp } from '../op.ts';
import { add, mul, sub } from './arithmetic.ts';
import type { NormOptions } from './layerNorm.ts';
import { rsqrt } from './power.ts';
import { reshape } from './reshape.ts';

/**
 * Batch normalisation: each channel (axis 1) by its own mean and variance, then a scale and a shift for each.
 * Statistics that were computed from x by operations carry their part of the gradient; running ones are
 * constants.
 *
 *   shape     X [N, C, ...], mean, variance, weight, bias [C]  →  Y as X
 *   forward   Y = (X − mean)/√(variance + eps)·weight + bias
 *
 * Source: Ioffe, Szegedy, "Batch normalization" (2015), algorithm 1.
 */
export const batchNorm = defineOp<
  [x: Tensor, mean: Tensor, variance: Tensor, weight?: Tensor, bias?: Tensor],
  [options?: NormOptions]
>({
  name: 'batchNorm',
  inputs: ['x', 'mean', 'variance', 'weight?', 'bias?'],
  compose(x, mean, variance, weight, bias, options = {}) {
    checkOptions('batchNorm', options, ['eps']);
    const { eps = 1e-5 } = options;
    checkNumber('batchNorm', 'eps', eps, { min: 0, below: Infinity });
    if (x.rank < 2)
      throw new ShapeError(
        'batchNorm',
        `x has shape ${show(x.shape)}`,
        'x must be [N, C, ...]: a batch, then channels',
      );
    const channels = x.shape[1];
    for (const [name, input] of Object.entries({ mean, variance, weight, bias }))
      checkChannels(name, input, channels);
    variance.data.forEach((value, c) => {
      if (value < 0)
        throw new ArgumentError(
          'batchNorm',
          `the variance of channel ${c} is ${value}`,
          'a variance is never negative',
        );
    });

    const perChannel: Shape = [channels, ...x.shape.slice(2).fill(1)];
    const spread = (values: Tensor) => reshape(values, perChannel);
    const rstd = rsqrt(add(variance, eps));
    const scaled = mul(sub(x, spread(mean)), spread(weight ? mul(rstd, weight) : rstd));
    return bias ? add(scaled, spread(bias)) : scaled;
  },
  samples: (random) => [
    [
      random.uniform([4, 3]),
      random.uniform([3]),
      random.uniform([3], 0.5, 2),
      random.uniform([3]),
      random.uniform([3]),
    ],
    [
      random.uniform([2, 3, 4]),
      random.uniform([3]),
      random.uniform([3], 0.5, 2),
      random.uniform([3]),
      random.uniform([3]),
    ],
    [
      random.uniform([4, 3]),
      random.uniform([3]),
      random.uniform([3], 0.5, 2),
      undefined,
      undefined,
      { eps: 0.1 },
    ],
  ],
});

function checkChannels(name: string, input: Tensor | undefined, channels: number): void {
  if (!input || (input.rank === 1 && input.shape[0] === channels)) return;
  throw new ShapeError(
    'batchNorm',
    `${name} has shape ${show(input.shape)}`,
    `${name} must be [${channels}], one for each channel`,
  );
}
