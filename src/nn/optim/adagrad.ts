// Adagrad.
import { checkNumber, finite } from '../../tensor/index.ts';
import { backend, type ParameterBuffers } from '../../kernels/index.ts';
import { Optimizer, type Parameters } from './optimizer.ts';

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
    for (const [name, value] of Object.entries({ lr, eps, weightDecay, initialAccumulator }))
      checkNumber(this.name, name, value, { ...finite, min: 0 });
  }

  protected stateNames(): string[] {
    return ['total'];
  }

  protected update(parameters: readonly ParameterBuffers[], options: AdagradOptions, step: number): void {
    if (step === 1) for (const [, , total] of parameters) backend().fill(options.initialAccumulator, total);
    backend().adagrad(parameters, options);
  }
}
