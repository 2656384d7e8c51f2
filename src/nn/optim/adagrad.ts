// Adagrad.
import { checkNumber, Tensor } from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { Optimizer, type Parameters, type ParameterState } from './optimizer.ts';

export interface AdagradOptions {
  /** The learning rate η. Default 1e-2. */
  lr: number;
  /** Keeps the quotient finite. Default 1e-10. */
  eps: number;
  /** λ: adds λ w to the gradient. Default 0. */
  weightDecay: number;
  /** Where the sum of squares starts. Default 0. */
  initialAccumulator: number;
}

const defaults: AdagradOptions = { lr: 1e-2, eps: 1e-10, weightDecay: 0, initialAccumulator: 0 };

/** Adagrad (Duchi, Hazan, Singer 2011): s ← s + g²;  w ← w − η g / (√s + ε). */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(parameters: Parameters<AdagradOptions>, options: Partial<AdagradOptions> = {}) {
    super('Adagrad', parameters, options, defaults);
  }

  protected checkGroup({ lr, eps, weightDecay, initialAccumulator }: AdagradOptions): void {
    checkNumber(this.name, 'lr', lr, { min: 0, below: Infinity });
    checkNumber(this.name, 'eps', eps, { min: 0 });
    checkNumber(this.name, 'weightDecay', weightDecay, { min: 0 });
    checkNumber(this.name, 'initialAccumulator', initialAccumulator, { min: 0 });
  }

  protected newState({ shape }: Tensor, { initialAccumulator }: AdagradOptions): Record<string, Tensor> {
    const total = new Tensor(shape);
    total.data.fill(initialAccumulator);
    return { total };
  }

  protected update(
    parameter: Tensor,
    gradient: Tensor,
    { total }: ParameterState,
    options: AdagradOptions,
  ): void {
    backend().adagrad(parameter, gradient, total as Tensor, options);
  }
}
