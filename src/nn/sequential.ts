// Sequential: modules one after the other.
import { ArgumentError, describe, type Tensor } from '../tensor/index.ts';
import { Module } from './module.ts';

/** Runs its layers one after the other; their names are 0, 1, 2, ... as in PyTorch. */
export class Sequential extends Module {
  [place: number]: Module;
  readonly #layers: readonly Module[];

  constructor(...layers: Module[]) {
    super();
    layers.forEach((layer, i) => {
      if (!(layer instanceof Module))
        throw new ArgumentError(
          'nn.Sequential',
          `layer ${i} is ${describe(layer)}`,
          'every layer must be a module',
        );
      this[i] = layer;
    });
    this.#layers = layers;
  }

  forward(x: Tensor): Tensor {
    return this.#layers.reduce((input, layer) => layer.forward(input), x);
  }
}
