// Stochastic gradient descent.
import { ArgumentError, checkNumber, Tensor } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { Optimizer, type Parameters, type ParameterState } from './optimizer.ts';

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
 * Gradient descent: w ← w − η g; with momentum u ← μ u + (1 − dampening) g (u = g at first), w ← w − η u, and
 * with Nesterov's w ← w − η (g + μ u).
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(parameters: Parameters<SGDOptions>, options: Partial<SGDOptions> = {}) {
    super('SGD', parameters, options, defaults);
  }

  protected checkGroup({ lr, momentum, dampening, nesterov, weightDecay }: SGDOptions): void {
    checkNumber(this.name, 'lr', lr, { min: 0, below: Infinity });
    checkNumber(this.name, 'momentum', momentum, { min: 0 });
    checkNumber(this.name, 'dampening', dampening);
    checkNumber(this.name, 'weightDecay', weightDecay, { min: 0 });
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new ArgumentError(
        this.name,
        'nesterov without momentum, or with dampening',
        'nesterov needs momentum > 0 and dampening 0',
        '{ nesterov: true, momentum: 0.9 }',
      );
    }
  }

  protected newState({ shape }: Tensor, { momentum }: SGDOptions): Record<string, Tensor> {
    return momentum > 0 ? { velocity: new Tensor(shape) } : {};
  }

  protected update(parameter: Tensor, gradient: Tensor, state: ParameterState, options: SGDOptions): void {
    backend().sgd(parameter, gradient, state.velocity as Tensor | undefined, {
      ...options,
      first: state.step === 1,
    });
  }
}
