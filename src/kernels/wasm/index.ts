// The WebAssembly backend: the verbs that have SIMD kernels. Every one gives the reference's bits.
import type { Backend } from '../backend.ts';
import { elementwise } from './elementwise.ts';
import { images } from './images.ts';
import { allocate, instantiate, type Kernels, type Variant } from './module.ts';
import { movement } from './movement.ts';
import { optimizers } from './optimizers.ts';
import { cutter } from './pieces.ts';
import { Pool } from './pool.ts';
import { products } from './products.ts';
import { random } from './random.ts';
import { reductions } from './reductions.ts';
import { softmax } from './softmax.ts';

export type { Kernels };

export interface Wasm {
  kernels: Kernels;
  verbs: Partial<Backend>;
  pool: Pool;
  /** What it has of what was asked for. */
  variant: Variant;
}

/**
 * The verbs that run in WebAssembly, and their threads; undefined where it cannot run.
 *
 * @param fallBack what serves the cases that a kernel leaves out
 */
export function loadWasm(
  fallBack: Pick<Backend, 'copy' | 'selectBytes'>,
  variant: Variant,
): Wasm | undefined {
  const instance = instantiate(variant);
  if (!instance) return undefined;
  const { kernels } = instance;
  const pool = new Pool(instance, allocate);
  const cut = cutter(kernels, pool);
  const verbs = {
    ...elementwise(kernels, cut),
    ...images(cut, fallBack.selectBytes),
    ...movement(kernels, cut, fallBack.copy),
    ...optimizers(kernels, pool),
    ...products(instance, pool),
    ...random(kernels, cut),
    ...reductions(kernels, cut),
    ...softmax(cut),
  };
  return { kernels, verbs, pool, variant: instance };
}
