// RMSprop.
import { checkNumber, finite } from '../../tensor/index.ts';
import { backend, type ParameterBuffers } from '../../kernels/index.ts';
import { Optimizer, type Parameters } from './optimizer.ts';

export interface RMSpropOptions {
  /** The learning rate η. Default 1e-2. */
  lr: number;
  /** α: how much of the running mean of g² is kept. Default 0.99. */
  alpha: number;
  /** Keeps the quotient finite. Default 1e-8. */
  eps: number;
  /** μ: how much of the velocity is kept. Default 0. */
  momentum: number;
  /** λ: adds λ w to the gradient. Default 0. */
  weightDecay: number;
}

const defaults: RMSpropOptions = { lr: 1e-2, alpha: 0.99, eps: 1e-8, momentum: 0, weightDecay: 0 };

/**
 * RMSprop (Hinton's lecture 6e, 2012): steps are divided by a running mean of the gradient's size.
 *
 *     v ← α v + (1 − α) g²
 *     u ← μ u + g / (√v + ε)        w ← w − η u
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(parameters: Parameters<RMSpropOptions>, options: Partial<RMSpropOptions> = {}) {
    super('RMSprop', parameters, options, defaults);
  }

  protected checkGroup({ lr, alpha, eps, momentum, weightDecay }: RMSpropOptions): void {
    for (const [name, value] of Object.entries({ lr, eps, momentum, weightDecay }))
      checkNumber(this.name, name, value, { ...finite, min: 0 });
    checkNumber(this.name, 'alpha', alpha, { min: 0, max: 1 });
  }

  protected stateNames({ momentum }: RMSpropOptions): string[] {
    return momentum > 0 ? ['v', 'velocity'] : ['v'];
  }

  protected update(parameters: readonly ParameterBuffers[], options: RMSpropOptions): void {
    backend().rmsprop(parameters, options);
  }
}
