// FeedForward: linear layers with an activation between them.
import {
  ArgumentError,
  checkChoice,
  checkNumber,
  checkOptions,
  describe,
  type Tensor,
} from '../tensor/index.ts';
import {
  type Activation,
  ELU,
  GELU,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  ReLU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Tanh,
} from './activations.ts';
import { Dropout } from './dropout.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';
import { type Widths, widths } from './widths.ts';

const activations = {
  relu: ReLU,
  leakyRelu: LeakyReLU,
  elu: ELU,
  gelu: GELU,
  silu: SiLU,
  softplus: Softplus,
  sigmoid: Sigmoid,
  logSigmoid: LogSigmoid,
  tanh: Tanh,
  hardtanh: Hardtanh,
  softmax: Softmax,
  logSoftmax: LogSoftmax,
} as const;

/** An activation by the name of its operation. */
export type ActivationName = keyof typeof activations;

export interface FeedForwardOptions<In extends number = number, Out extends number = number> {
  /** How many values a sample has. */
  inputs: In;
  /** How many a hidden layer has; for several layers, a list. */
  hidden: number | readonly number[];
  /** How many values come out: as many as there are classes, for a classifier. */
  outputs: Out;
  /** What follows each hidden layer: `relu` (default), `gelu`, `tanh`, ... */
  activation?: ActivationName;
  /** The probability that a hidden value is dropped while training. Default 0. */
  dropout?: number;
}

/**
 * The feed-forward network: for each hidden width a linear layer, the activation and dropout, then a linear layer. What
 * comes out are logits.
 *
 *     new nn.FeedForward({ inputs: 784, hidden: [64, 128], outputs: 10 })
 *
 *   shape    x [..., inputs]  →  y [..., outputs]
 *   names    hidden.0.weight, hidden.0.bias, hidden.1.weight, ..., output.weight, output.bias, with dropout and without
 */
export class FeedForward<In extends number = number, Out extends number = number> extends Module {
  hidden: Linear[];
  activation: Activation;
  dropout: Dropout | undefined;
  output: Linear<number, Out>;

  constructor(options: FeedForwardOptions<In, Out>) {
    super();
    if (options === undefined)
      throw new ArgumentError(
        'nn.FeedForward',
        'there are no options',
        'inputs, hidden and outputs must be given',
        'new nn.FeedForward({ inputs: 784, hidden: [64, 128], outputs: 10 })',
      );
    checkOptions('nn.FeedForward', options, ['inputs', 'hidden', 'outputs', 'activation', 'dropout']);
    const { inputs, outputs, activation = 'relu', dropout = 0 } = options;
    const whole = { integer: true, min: 1 };
    checkNumber('nn.FeedForward', 'inputs', inputs, whole);
    const between = hiddenWidths(options.hidden);
    checkNumber('nn.FeedForward', 'outputs', outputs, whole);
    checkChoice('nn.FeedForward', 'activation', activation, Object.keys(activations) as ActivationName[]);
    checkNumber('nn.FeedForward', 'dropout', dropout, { min: 0, max: 1 });

    const before = [inputs, ...between];
    this.activation = new activations[activation]();
    this.dropout = dropout > 0 ? new Dropout(dropout) : undefined;
    this.hidden = between.map((width, i) => new Linear(before[i], width));
    this.output = new Linear(before[between.length], outputs);
  }

  /** @internal */
  override get [widths](): Widths {
    return { takes: (this.hidden[0] ?? this.output).inputs, gives: this.output.outputs };
  }

  forward<B extends number[] = [number]>(x: Tensor<[...B, In]>): Tensor<[...B, Out]> {
    let h: Tensor = x;
    for (const layer of this.hidden) {
      h = this.activation.forward(layer.forward(h));
      if (this.dropout) h = this.dropout.forward(h);
    }
    return this.output.forward(h) as Tensor;
  }
}

function hiddenWidths(hidden: unknown): number[] {
  const list: unknown = typeof hidden === 'number' ? [hidden] : hidden;
  if (!Array.isArray(list))
    throw new ArgumentError(
      'nn.FeedForward',
      `hidden is ${describe(hidden)}`,
      'hidden must be a width, or a list of widths',
      '{ hidden: [64, 128] }',
    );
  return list.map((width, i) =>
    checkNumber('nn.FeedForward', typeof hidden === 'number' ? 'hidden' : `hidden[${i}]`, width, {
      integer: true,
      min: 1,
    }),
  );
}
