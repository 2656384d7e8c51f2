// Activations as layers. Formulas and gradients stand with the operations of the same names.
import {
  elu,
  gelu,
  hardtanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  relu,
  sigmoid,
  silu,
  softmax,
  softplus,
  tanh,
} from '../autograd/index.ts';
import {
  ArgumentError,
  checkChoice,
  checkNumber,
  checkOptions,
  finite,
  type Probabilities,
  type Shape,
  type Tensor,
} from '../tensor/index.ts';
import { Module } from './module.ts';
import { type Widths, widths } from './widths.ts';

/** A layer without parameters whose result has the shape of its input. */
export abstract class Activation extends Module {
  /** @internal */
  override get [widths](): Widths {
    return { same: true };
  }

  abstract override forward<S extends Shape>(x: Tensor<S>): Tensor<S>;
}

/** max(x, 0) */
export class ReLU extends Activation {
  forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return relu(x);
  }
}

export interface LeakyReLUOptions {
  /** The slope below 0. Default 0.01. */
  slope?: number;
}

/** x where x > 0, else slope·x */
export class LeakyReLU extends Activation {
  readonly slope: number;

  constructor(options: LeakyReLUOptions = {}) {
    super();
    checkOptions('nn.LeakyReLU', options, ['slope']);
    const { slope = 0.01 } = options;
    this.slope = checkNumber('nn.LeakyReLU', 'slope', slope, finite);
  }

  forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return leakyRelu(x, { slope: this.slope });
  }
}

export interface ELUOptions {
  /** −y for x → −∞. Default 1. */
  alpha?: number;
}

/** x where x > 0, else alpha·(eˣ − 1) */
export class ELU extends Activation {
  readonly alpha: number;

  constructor(options: ELUOptions = {}) {
    super();
    checkOptions('nn.ELU', options, ['alpha']);
    const { alpha = 1 } = options;
    this.alpha = checkNumber('nn.ELU', 'alpha', alpha, finite);
  }

  forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return elu(x, { alpha: this.alpha });
  }
}

export interface GELUOptions {
  /** `tanh` for Hendrycks and Gimpel's approximation. Default `none`: by erf. */
  approximate?: 'none' | 'tanh';
}

/** x·Φ(x), Φ the normal distribution function */
export class GELU extends Activation {
  readonly approximate: 'none' | 'tanh';

  constructor(options: GELUOptions = {}) {
    super();
    checkOptions('nn.GELU', options, ['approximate']);
    const { approximate = 'none' } = options;
    this.approximate = checkChoice('nn.GELU', 'approximate', approximate, ['none', 'tanh']);
  }

  forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return gelu(x, { approximate: this.approximate });
  }
}

/** x·σ(x), also called swish */
export class SiLU extends Activation {
  forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return silu(x);
  }
}

/** log(1 + eˣ) */
export class Softplus extends Activation {
  forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return softplus(x);
  }
}

/** σ(x) = 1/(1 + e⁻ˣ) */
export class Sigmoid extends Activation {
  forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return sigmoid(x);
  }
}

/** log σ(x) */
export class LogSigmoid extends Activation {
  forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return logSigmoid(x);
  }
}

/** tanh x */
export class Tanh extends Activation {
  forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return tanh(x);
  }
}

export interface HardtanhOptions {
  /** Default −1. */
  min?: number;
  /** Default 1. */
  max?: number;
}

/** min where x < min, max where x > max, else x */
export class Hardtanh extends Activation {
  readonly min: number;
  readonly max: number;

  constructor(options: HardtanhOptions = {}) {
    super();
    checkOptions('nn.Hardtanh', options, ['min', 'max']);
    const { min = -1, max = 1 } = options;
    this.min = checkNumber('nn.Hardtanh', 'min', min);
    this.max = checkNumber('nn.Hardtanh', 'max', max);
    if (this.min > this.max)
      throw new ArgumentError(
        'nn.Hardtanh',
        `min is ${this.min} and max is ${this.max}`,
        'min must not be greater than max',
      );
  }

  forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return hardtanh(x, { min: this.min, max: this.max });
  }
}

/**
 * eˣⁱ / Σⱼ eˣʲ along an axis, the last unless said. Not in front of a loss that takes logits: `crossEntropy` applies
 * softmax itself, and refuses to do so twice.
 */
export class Softmax extends Activation {
  readonly axis: number;

  constructor(axis = -1) {
    super();
    this.axis = checkNumber('nn.Softmax', 'axis', axis, { integer: true });
  }

  forward<S extends Shape>(x: Tensor<S>): Probabilities<S> {
    return softmax(x, this.axis);
  }
}

/** log softmax(x) along an axis, the last unless said: what `nllLoss` takes. */
export class LogSoftmax extends Activation {
  readonly axis: number;

  constructor(axis = -1) {
    super();
    this.axis = checkNumber('nn.LogSoftmax', 'axis', axis, { integer: true });
  }

  forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return logSoftmax(x, this.axis);
  }
}
