// Linear: the layer y = x Wᵀ + b.
import { linear } from '../autograd/index.ts';
import { checkFlag, checkNumber, lastingTensor, checkOptions, type Tensor } from '../tensor/index.ts';
import { uniform } from './init.ts';
import { Module, Parameter } from './module.ts';
import { type Widths, widths } from './widths.ts';

export interface LinearOptions {
  /** Whether to add a bias. Default true. */
  bias?: boolean;
}

/**
 * A fully connected layer: y = x Wᵀ + b.
 *
 *   shape    x [..., in]  →  y [..., out];   weight [out, in], bias [out]
 *   start    weight and bias uniform in ±1/√in, as in PyTorch
 *
 * @throws ShapeError when the last axis of x is not `in`
 */
export class Linear<In extends number = number, Out extends number = number> extends Module {
  readonly weight: Parameter<[Out, In]>;
  readonly bias: Parameter<[Out]> | undefined;

  constructor(inputs: In, outputs: Out, options: LinearOptions = {}) {
    super();
    checkNumber('nn.Linear', 'inputs', inputs, { integer: true, min: 1 });
    checkNumber('nn.Linear', 'outputs', outputs, { integer: true, min: 1 });
    checkOptions('nn.Linear', options, ['bias']);
    const { bias = true } = options;
    checkFlag('nn.Linear', 'bias', bias);
    const bound = 1 / Math.sqrt(inputs);
    this.weight = new Parameter(uniform(lastingTensor([outputs, inputs]), -bound, bound));
    this.bias = bias ? new Parameter(uniform(lastingTensor([outputs]), -bound, bound)) : undefined;
  }

  get inputs(): In {
    return this.weight.shape[1] as In;
  }

  get outputs(): Out {
    return this.weight.shape[0] as Out;
  }

  /** @internal */
  override get [widths](): Widths {
    return { takes: this.inputs, gives: this.outputs };
  }

  forward<B extends number[] = [number]>(x: Tensor<[...B, In]>): Tensor<[...B, Out]> {
    return linear(x, this.weight, this.bias);
  }
}
