// Embedding: a row of numbers for each word, class or item.
import { embedding } from '../autograd/index.ts';
import { checkNumber, lastingTensor, type NumericArray, type Tensor } from '../tensor/index.ts';
import { normal } from './init.ts';
import { Module, Parameter } from './module.ts';
import { type Widths, widths } from './widths.ts';

/** Row numbers, in a list or with a shape of their own. */
type Indices = Parameters<typeof embedding>[1];

/**
 * A table of `count` rows; the layer looks rows up by their numbers.
 *
 *   shape    indices [...]  →  y [..., width];   weight [count, width]
 *   start    weight normal with mean 0 and standard deviation 1, as in PyTorch
 *
 * @throws IndexError when an index is not in 0 … count − 1
 */
export class Embedding<Width extends number = number> extends Module {
  readonly weight: Parameter<[number, Width]>;

  constructor(count: number, width: Width) {
    super();
    checkNumber('nn.Embedding', 'count', count, { integer: true, min: 1 });
    checkNumber('nn.Embedding', 'width', width, { integer: true, min: 1 });
    this.weight = new Parameter(normal(lastingTensor([count, width])));
  }

  /** @internal */
  override get [widths](): Widths {
    return { gives: this.weight.shape[1] };
  }

  forward(indices: readonly number[] | NumericArray): Tensor<[number, Width]>;
  forward(indices: Indices): Tensor<[...number[], Width]>;
  forward(indices: Indices): Tensor {
    return embedding(this.weight, indices);
  }
}
