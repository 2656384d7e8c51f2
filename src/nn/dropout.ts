// Dropout: a layer that may not rely on any one of its inputs.
import { dropout } from '../autograd/index.ts';
import { checkNumber, type Shape, type Tensor } from '../tensor/index.ts';
import { Module } from './module.ts';
import { type Widths, widths } from './widths.ts';

/**
 * While training, each value is 0 with probability p, else divided by 1 − p, so that its expectation stays; in evaluation,
 * every value passes as it is.
 *
 * Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014).
 */
export class Dropout extends Module {
  readonly p: number;

  constructor(p = 0.5) {
    super();
    this.p = checkNumber('nn.Dropout', 'p', p, { min: 0, max: 1 });
  }

  /** @internal */
  override get [widths](): Widths {
    return { same: true };
  }

  forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return dropout(x, { p: this.p, training: this.training });
  }
}
