// Linear: the layer y = x Wᵀ + b.
import { checkNumber, checkOptions, Tensor } from '../tensor/index.ts';
import { linear } from '../autograd/index.ts';
import { uniform_ } from './init.ts';
import { Module, Parameter } from './module.ts';

export interface LinearOptions {
  /** Whether to add a bias. Default true. */
  bias?: boolean;
}

/**
 * A fully connected layer: y = x Wᵀ + b.
 *
 *   shape    x [..., in]  →  y [..., out];   weight [out, in], bias [out]
 *   start    weight and bias uniform in ±1/√in, as in PyTorch
 */
export class Linear<In extends number = number, Out extends number = number> extends Module {
  readonly weight: Parameter<[Out, In]>;
  readonly bias: Parameter<[Out]> | undefined;

  constructor(inputs: In, outputs: Out, options: LinearOptions = {}) {
    super();
    checkNumber('nn.Linear', 'inputs', inputs, { integer: true, min: 1 });
    checkNumber('nn.Linear', 'outputs', outputs, { integer: true, min: 1 });
    checkOptions('nn.Linear', options, ['bias']);
    const bound = 1 / Math.sqrt(inputs);
    this.weight = new Parameter(uniform_(new Tensor<[Out, In]>([outputs, inputs]), -bound, bound));
    this.bias =
      options.bias === false
        ? undefined
        : new Parameter(uniform_(new Tensor<[Out]>([outputs]), -bound, bound));
  }

  get inputs(): In {
    return this.weight.shape[1] as In;
  }

  get outputs(): Out {
    return this.weight.shape[0] as Out;
  }

  forward<N extends number>(x: Tensor<[N, In]>): Tensor<[N, Out]> {
    return linear(x, this.weight, this.bias);
  }
}
