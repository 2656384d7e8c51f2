// Adam and AdamW.
import { ArgumentError, checkFlag, checkNumber, describe, finite } from '../../tensor/index.ts';
import { backend, type ParameterBuffers } from '../../kernels/index.ts';
import { Optimizer, type Parameters } from './optimizer.ts';

export interface AdamOptions {
  /** The learning rate η. Default 1e-3. */
  lr: number;
  /** How much of the running means of g and g² is kept at each step. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Keeps the quotient finite. Default 1e-8. */
  eps: number;
  /** λ. Default 0 (Adam: added to the gradient), 0.01 (AdamW: taken from the weight). */
  weightDecay: number;
  /** Divide by the greatest v so far (Reddi, Kale, Kumar 2018). Default false. */
  amsgrad: boolean;
}

const defaults: AdamOptions = { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: false };

const notNegative = { ...finite, min: 0 };
const share = { min: 0, below: 1 };

/** What Adam and AdamW share. */
abstract class Moments extends Optimizer<AdamOptions> {
  /** Whether weight decay bypasses the gradient. */
  protected abstract readonly decoupled: boolean;

  protected checkGroup({ lr, betas, eps, weightDecay, amsgrad }: AdamOptions): void {
    checkNumber(this.name, 'lr', lr, notNegative);
    checkNumber(this.name, 'eps', eps, notNegative);
    checkNumber(this.name, 'weightDecay', weightDecay, notNegative);
    checkFlag(this.name, 'amsgrad', amsgrad);
    if (!Array.isArray(betas) || betas.length !== 2)
      throw new ArgumentError(
        this.name,
        `betas is ${describe(betas)}`,
        'betas must be two numbers',
        '{ betas: [0.9, 0.999] }',
      );
    checkNumber(this.name, 'betas[0]', betas[0], share);
    checkNumber(this.name, 'betas[1]', betas[1], share);
  }

  protected stateNames({ amsgrad }: AdamOptions): string[] {
    return amsgrad ? ['m', 'v', 'vMax'] : ['m', 'v'];
  }

  protected update(
    parameters: readonly ParameterBuffers[],
    { lr, betas: [beta1, beta2], eps, weightDecay }: AdamOptions,
    step: number,
  ): void {
    const { decoupled } = this;
    backend().adam(parameters, { lr, beta1, beta2, eps, weightDecay, decoupled, step });
  }
}

/**
 * Adam (Kingma and Ba 2015): steps of a size that does not depend on the gradient's scale.
 *
 *     m ← β₁ m + (1 − β₁) g            v ← β₂ v + (1 − β₂) g²
 *     w ← w − η · m̂ / (√v̂ + ε)         m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)
 *
 * Without the divisions by 1 − βᵗ (the bias correction), m and v, which start at 0, would be far too small at first.
 */
export class Adam extends Moments {
  protected readonly decoupled = false;

  constructor(parameters: Parameters<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super('Adam', parameters, options, defaults);
  }
}

/** Adam whose weight decay does not pass through m and v: w ← w − η λ w − η m̂ / (√v̂ + ε) (Loshchilov and Hutter 2019). */
export class AdamW extends Moments {
  protected readonly decoupled = true;

  constructor(parameters: Parameters<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super('AdamW', parameters, options, { ...defaults, weightDecay: 0.01 });
  }
}
