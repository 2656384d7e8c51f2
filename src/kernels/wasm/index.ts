// The WebAssembly backend: the verbs that have SIMD kernels. Every one gives the reference's bits.
import type { Backend } from '../backend.ts';
import { elementwise } from './elementwise.ts';
import { instantiate } from './module.ts';
import { products } from './products.ts';
import { reductions } from './reductions.ts';

/** The verbs that run in WebAssembly; undefined where it cannot run. */
export function wasmVerbs(): Partial<Backend> | undefined {
  const kernels = instantiate();
  return kernels && { ...elementwise(kernels), ...products(kernels), ...reductions(kernels) };
}
