// Activations as layers.
import type { Shape, Tensor } from '../tensor/index.ts';
import { relu } from '../autograd/index.ts';
import { Module } from './module.ts';

/** max(x, 0) */
export class ReLU extends Module {
  forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return relu(x);
  }
}
