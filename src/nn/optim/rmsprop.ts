// RMSprop.
import { checkNumber, Tensor } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { Optimizer, type Parameters, type ParameterState } from './optimizer.ts';

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

/** RMSprop (Hinton's lecture 6e, 2012): v ← α v + (1 − α) g²;  w ← w − η g / (√v + ε), or with momentum along a velocity. */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(parameters: Parameters<RMSpropOptions>, options: Partial<RMSpropOptions> = {}) {
    super('RMSprop', parameters, options, defaults);
  }

  protected checkGroup({ lr, alpha, eps, momentum, weightDecay }: RMSpropOptions): void {
    checkNumber(this.name, 'lr', lr, { min: 0, below: Infinity });
    checkNumber(this.name, 'alpha', alpha, { min: 0, max: 1 });
    checkNumber(this.name, 'eps', eps, { min: 0 });
    checkNumber(this.name, 'momentum', momentum, { min: 0 });
    checkNumber(this.name, 'weightDecay', weightDecay, { min: 0 });
  }

  protected newState({ shape }: Tensor, { momentum }: RMSpropOptions): Record<string, Tensor> {
    return { v: new Tensor(shape), ...(momentum > 0 && { velocity: new Tensor(shape) }) };
  }

  protected update(
    parameter: Tensor,
    gradient: Tensor,
    { v, velocity }: ParameterState,
    options: RMSpropOptions,
  ): void {
    backend().rmsprop(parameter, gradient, v as Tensor, velocity as Tensor | undefined, options);
  }
}
