// Flatten: rows from pictures.
import { flatten } from '../autograd/index.ts';
import { checkNumber, type Tensor } from '../tensor/index.ts';
import { Module } from './module.ts';

/**
 * Joins the axes `from … to` into one: all but the first, unless said.
 *
 *   shape    x [n, 28, 28]  →  [n, 784]
 */
export class Flatten extends Module {
  readonly from: number;
  readonly to: number;

  constructor(from = 1, to = -1) {
    super();
    this.from = checkNumber('nn.Flatten', 'from', from, { integer: true });
    this.to = checkNumber('nn.Flatten', 'to', to, { integer: true });
  }

  forward(x: Tensor): Tensor {
    return flatten(x, this.from, this.to);
  }
}
