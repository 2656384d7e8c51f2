// Layer normalisation: each row is brought to mean 0 and variance 1.
import { checkNumber, checkOptions, emptyTensor, ShapeError, show, type Tensor } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { defineOp, type Op } from '../op.ts';
import { add, mul, sub } from './arithmetic.ts';
import { rsqrt, square } from './power.ts';
import { mean } from './reduce.ts';
import { sumTo } from './sum.ts';

export interface NormOptions {
  /** Added to the variance, so that a constant row is not divided by 0. Default 1e-5. */
  eps?: number;
}

/**
 * Layer normalisation over the last axis, then a scale and a shift for each column.
 *
 *   shape     X [..., n], weight [n], bias [n]  →  Y as X
 *   forward   Y = X̂·weight + bias,  X̂ = (X − μ)·r,  r = 1/√(σ² + eps),  μ and σ² of each row
 *   gradient  with g = G·weight:   ∂L/∂X = r·(g − mean(g) − X̂·mean(g·X̂))
 *             ∂L/∂weight = Σ G·X̂   ∂L/∂bias = Σ G   over the rows
 *   because   shifting or stretching a row does not change X̂: g loses its parts along 1 and along X̂
 *
 * Source: Ba, Kiros, Hinton, "Layer normalization" (2016). The variance divides by n, as in PyTorch.
 *
 * @throws ShapeError when weight or bias is not [n]; ArgumentError when eps is negative
 */
export const layerNorm: Op<[x: Tensor, weight?: Tensor, bias?: Tensor], [options?: NormOptions]> = defineOp({
  name: 'layerNorm',
  inputs: ['x', 'weight?', 'bias?'],
  shape(x, weight, bias, options) {
    epsOf(options);
    if (x.rank === 0)
      throw new ShapeError('layerNorm', 'x is a scalar', 'the last axis is normalised, so there must be one');
    const width = x.shape[x.rank - 1];
    for (const [name, factor] of [
      ['weight', weight],
      ['bias', bias],
    ] as const) {
      if (!factor || (factor.rank === 1 && factor.shape[0] === width)) continue;
      throw new ShapeError(
        'layerNorm',
        `the ${name} has shape ${show(factor.shape)}, x ${show(x.shape)}`,
        `the ${name} must be [${width}], one for each column`,
      );
    }
    return x.shape;
  },
  forward: (Y, x, weight, bias, options) => backend().layerNorm(x, weight, bias, epsOf(options), Y),
  compose(x, weight, bias, options) {
    const centred = sub(x, mean(x, -1, { keepDims: true }));
    const variance = mean(square(centred), -1, { keepDims: true });
    const normal = mul(centred, rsqrt(add(variance, epsOf(options))));
    const scaled = weight ? mul(normal, weight) : normal;
    return bias ? add(scaled, bias) : scaled;
  },
  gradient: {
    x(G, _Y, x, weight, _bias, options) {
      const dX = emptyTensor(x.shape);
      backend().layerNormGradient(G, x, weight, epsOf(options), dX);
      return dX;
    },
    weight: (G, _Y, x, weight, _bias, options) =>
      sumTo(mul(G, layerNorm(x, undefined, undefined, options)), (weight as Tensor).shape),
    bias: (G, _Y, _x, _weight, bias) => sumTo(G, (bias as Tensor).shape),
  },
  reads: ['x', 'weight'],
  samples: (random) => [
    [random.uniform([3, 4]), random.uniform([4]), random.uniform([4])],
    [random.uniform([2, 3, 5])],
    [random.uniform([3, 4]), undefined, random.uniform([4]), { eps: 0.1 }],
    [random.uniform([4]), random.uniform([4])],
  ],
});

function epsOf(options: NormOptions = {}): number {
  checkOptions('layerNorm', options, ['eps']);
  const { eps = 1e-5 } = options;
  return checkNumber('layerNorm', 'eps', eps, { min: 0, below: Infinity });
}
