// Stochastic gradient descent.
import { ArgumentError, checkFlag, checkNumber, finite } from '../../tensor/index.ts';
import { backend, type ParameterBuffers } from '../../kernels/index.ts';
import { Optimizer, type Parameters } from './optimizer.ts';

export interface SGDOptions {
  /** The learning rate η. Default 1e-2. */
  lr: number;
  /** μ: how much of the velocity is kept. Default 0. */
  momentum: number;
  /** How much less of the gradient enters the velocity. Default 0. */
  dampening: number;
  /** Look ahead along the velocity. Needs momentum. Default false. */
  nesterov: boolean;
  /** λ: adds λ w to the gradient. Default 0. */
  weightDecay: number;
}

const defaults: SGDOptions = { lr: 1e-2, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0 };

/**
 * Gradient descent, along the gradient or along a velocity u that remembers earlier ones.
 *
 *     w ← w − η g
 *     u ← μ u + (1 − dampening) g   (u ← g at first)        w ← w − η u        with momentum
 *                                                           w ← w − η (g + μ u)   with Nesterov's
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(parameters: Parameters<SGDOptions>, options: Partial<SGDOptions> = {}) {
    super('SGD', parameters, options, defaults);
  }

  protected checkGroup({ lr, momentum, dampening, nesterov, weightDecay }: SGDOptions): void {
    for (const [name, value] of Object.entries({ lr, momentum, weightDecay }))
      checkNumber(this.name, name, value, { ...finite, min: 0 });
    checkNumber(this.name, 'dampening', dampening, finite);
    checkFlag(this.name, 'nesterov', nesterov);
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new ArgumentError(
        this.name,
        'nesterov without momentum, or with dampening',
        'nesterov needs momentum > 0 and dampening 0',
        '{ nesterov: true, momentum: 0.9 }',
      );
    }
  }

  protected stateNames({ momentum }: SGDOptions): string[] {
    return momentum > 0 ? ['velocity'] : [];
  }

  protected update(parameters: readonly ParameterBuffers[], options: SGDOptions, step: number): void {
    backend().sgd(parameters, { ...options, first: step === 1 });
  }
}
