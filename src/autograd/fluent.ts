// Operations as methods of Tensor: x.matmul(w).add(b).relu().
import { type Shape, Tensor } from '../tensor/index.ts';
import { type BackwardOptions, backward } from './backward.ts';
import * as ops from './ops/index.ts';
import type { AnyDefinition, Operand } from './op.ts';

declare module '../tensor/tensor.ts' {
  interface Tensor<S extends Shape> {
    /** Adds ∂this/∂leaf to the `grad` of every leaf behind this tensor; see the function `backward`. */
    backward(gradient?: Tensor, options?: BackwardOptions): void;
    add(b: number): Tensor<S>;
    add(b: Operand): Tensor;
    relu(): Tensor<S>;
    matmul<M extends number, K extends number, N extends number>(this: Tensor<[M, K]>, B: Tensor<[K, N]>): Tensor<[M, N]>;
  }
}

/** Every operation whose first argument is one tensor becomes a method of it. */
const define = (name: string, method: (this: Tensor, ...rest: never[]) => unknown) =>
  Object.defineProperty(Tensor.prototype, name, { value: method, writable: true, configurable: true });

for (const [name, op] of Object.entries(ops)) {
  if (!('definition' in op) || (op.definition as AnyDefinition).inputs[0].endsWith('...')) continue;
  define(name, function (...rest) {
    return (op as (...args: unknown[]) => unknown)(this, ...rest);
  });
}

define('backward', function (gradient?: Tensor, options?: BackwardOptions) {
  backward(this, gradient, options);
});
