// The WebAssembly backend: the verbs that have SIMD kernels. Every one gives the reference's bits.
import type { Backend } from '../backend.ts';
import { elementwise } from './elementwise.ts';
import { instantiate } from './module.ts';
import { movement } from './movement.ts';
import { optimizers } from './optimizers.ts';
import { products } from './products.ts';
import { random } from './random.ts';
import { reductions } from './reductions.ts';
import { softmax } from './softmax.ts';

/**
 * The verbs that run in WebAssembly; undefined where it cannot run.
 *
 * @param fallBack what serves the cases that a kernel leaves out
 */
export function wasmVerbs(fallBack: Pick<Backend, 'copy'>): Partial<Backend> | undefined {
  const kernels = instantiate();
  if (!kernels) return undefined;
  return {
    ...elementwise(kernels),
    ...movement(kernels, fallBack.copy),
    ...optimizers(kernels),
    ...products(kernels),
    ...random(kernels),
    ...reductions(kernels),
    ...softmax(kernels),
  };
}
