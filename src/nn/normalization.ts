// Normalisation: layers that bring values to mean 0 and variance 1, by the sample or by the batch.
import { batchNorm, layerNorm, mean, noGrad, variance } from '../autograd/index.ts';
import {
  ArgumentError,
  checkFlag,
  checkNumber,
  checkOptions,
  describe,
  lastingTensor,
  ShapeError,
  show,
  Tensor,
} from '../tensor/index.ts';
import { ones } from './init.ts';
import { Buffer, Module, Parameter } from './module.ts';
import { type Widths, widths } from './widths.ts';

export interface LayerNormOptions {
  /** Added to the variance, so that a constant row is not divided by 0. Default 1e-5. */
  eps?: number;
  /** Whether to learn a weight and a bias. Default true. */
  affine?: boolean;
}

/**
 * Brings each row to mean 0 and variance 1, whatever its batch: y = (x − μ)/√(σ² + eps)·weight + bias.
 *
 *   shape    x [..., width]  →  y as x;   weight [width], bias [width]
 *   start    weight 1, bias 0
 *
 * Source: Ba, Kiros, Hinton, "Layer normalization" (2016). σ² divides by the width, as in PyTorch.
 */
export class LayerNorm<Width extends number = number> extends Module {
  readonly width: Width;
  readonly eps: number;
  readonly weight: Parameter<[Width]> | undefined;
  readonly bias: Parameter<[Width]> | undefined;

  constructor(width: Width, options: LayerNormOptions = {}) {
    super();
    checkNumber('nn.LayerNorm', 'width', width, { integer: true, min: 1 });
    checkOptions('nn.LayerNorm', options, ['eps', 'affine']);
    this.width = width;
    const { eps = 1e-5, affine = true } = options;
    this.eps = checkNumber('nn.LayerNorm', 'eps', eps, { min: 0, below: Infinity });
    if (!checkFlag('nn.LayerNorm', 'affine', affine)) return;
    this.weight = new Parameter(ones(lastingTensor([width])));
    this.bias = new Parameter(lastingTensor([width]));
  }

  /** @internal */
  override get [widths](): Widths {
    return { takes: this.width, gives: this.width };
  }

  forward<B extends number[] = [number]>(x: Tensor<[...B, Width]>): Tensor<[...B, Width]> {
    if (x instanceof Tensor && x.shape[x.rank - 1] !== this.width)
      throw new ShapeError(
        'nn.LayerNorm',
        `x is ${show(x.shape)}`,
        `the last axis of x must be ${this.width}, the layer's width`,
      );
    return layerNorm(x, this.weight, this.bias, { eps: this.eps });
  }
}

export interface BatchNormOptions {
  /** Added to the variance, so that a constant feature is not divided by 0. Default 1e-5. */
  eps?: number;
  /** How much of a batch's statistics goes into the running ones. Default 0.1. */
  momentum?: number;
  /** Whether to learn a weight and a bias. Default true. */
  affine?: boolean;
}

/**
 * Brings each feature to mean 0 and variance 1: y = (x − μ)/√(σ² + eps)·weight + bias.
 *
 *   shape    x [n, features] or [n, features, length]  →  y as x;   weight, bias, runningMean, runningVar [features]
 *   start    weight 1, bias 0, runningMean 0, runningVar 1
 *
 * While training, μ and σ² are the batch's (σ² divided by the count n·length), and the running statistics move towards
 * them: running ← (1 − momentum)·running + momentum·batch, where the batch's variance is divided by the count − 1. In
 * evaluation, μ and σ² are the running ones. As in PyTorch, whose running_mean and running_var these are.
 *
 * Types, and the widths of a `Sequential`, take x for [n, features]; give a longer one as a `Tensor` without sizes.
 *
 * @throws ShapeError when x has other features, or, while training, one value for each
 *
 * Source: Ioffe, Szegedy, "Batch normalization" (2015).
 */
export class BatchNorm1d<Features extends number = number> extends Module {
  readonly eps: number;
  readonly momentum: number;
  readonly weight: Parameter<[Features]> | undefined;
  readonly bias: Parameter<[Features]> | undefined;
  readonly runningMean: Buffer<[Features]>;
  readonly runningVar: Buffer<[Features]>;

  constructor(features: Features, options: BatchNormOptions = {}) {
    super();
    checkNumber('nn.BatchNorm1d', 'features', features, { integer: true, min: 1 });
    checkOptions('nn.BatchNorm1d', options, ['eps', 'momentum', 'affine']);
    const { eps = 1e-5, momentum = 0.1, affine = true } = options;
    this.eps = checkNumber('nn.BatchNorm1d', 'eps', eps, { min: 0, below: Infinity });
    this.momentum = checkNumber('nn.BatchNorm1d', 'momentum', momentum, { min: 0, max: 1 });
    if (checkFlag('nn.BatchNorm1d', 'affine', affine)) {
      this.weight = new Parameter(ones(lastingTensor([features])));
      this.bias = new Parameter(lastingTensor([features]));
    }
    this.runningMean = new Buffer(lastingTensor([features]));
    this.runningVar = new Buffer(ones(lastingTensor([features])));
  }

  get features(): Features {
    return this.runningMean.size as Features;
  }

  /** @internal */
  override get [widths](): Widths {
    return { takes: this.features, gives: this.features };
  }

  forward<B extends number[] = [number]>(x: Tensor<[...B, Features]>): Tensor<[...B, Features]> {
    if (!(x instanceof Tensor))
      throw new ArgumentError('nn.BatchNorm1d', `x is ${describe(x)}`, 'x must be a tensor');
    const input: Tensor = x;
    this.#check(input);
    const [mu, sigma2] = this.training ? this.#statistics(input) : [this.runningMean, this.runningVar];
    return batchNorm(input, mu, sigma2, this.weight, this.bias, { eps: this.eps });
  }

  #check({ shape, rank }: Tensor): void {
    const { features } = this;
    if ((rank === 2 || rank === 3) && shape[1] === features) return;
    throw new ShapeError(
      'nn.BatchNorm1d',
      `x is ${show(shape)}`,
      `x must be [n, ${features}] or [n, ${features}, length]`,
    );
  }

  /** The batch's mean and variance of each feature; the running ones move towards them. */
  #statistics(x: Tensor): [Tensor, Tensor] {
    const axes = x.rank === 2 ? [0] : [0, 2];
    const count = x.size / this.features;
    if (count < 2)
      throw new ShapeError(
        'nn.BatchNorm1d',
        `x is ${show(x.shape)}`,
        'training needs more than one value for each feature, to have a variance',
        'a larger batch, { dropLast: true } in the loader, or model.eval()',
      );
    const [mu, sigma2] = [mean(x, axes), variance(x, axes, { correction: 0 })];
    noGrad(() => {
      const { momentum, runningMean, runningVar } = this;
      const move = (running: Tensor, batch: Tensor) =>
        running.copyFrom(running.mul(1 - momentum).add(batch.mul(momentum)));
      move(runningMean, mu);
      move(runningVar, sigma2.mul(count / (count - 1)));
    });
    return [mu, sigma2];
  }
}
