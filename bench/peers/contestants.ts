// Who is measured. A new contestant is an entry here, and an adapter in adapters/.
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';

export type Discipline = 'product' | 'step' | 'inference' | 'epoch' | 'start' | 'memory';

export interface Declared {
  id: string;
  label: string;
  /** Those of one library share it. */
  library: string;
  settings: string;
  /** A file of adapters/; one of Python runs in Python. */
  adapter: string;
  /** What the adapter gets. */
  options?: Record<string, unknown>;
  env?: Record<string, string>;
  /** What has to be installed in bench/peers. */
  packages?: string[];
  /** How many cores it may use: the others may be busy without disturbing it. */
  threads: number;
  /** What it takes part in; everything unless said. Settings that make no difference to some work are left out there. */
  disciplines?: Discipline[];
}

const cores = availableParallelism();
const built = resolve(import.meta.dirname, '../../dist/index.js');
const computing: Discipline[] = ['product', 'step', 'inference'];

const typegrad = (id: string, settings: string, more: Partial<Declared>): Declared => ({
  id,
  label: 'typegrad',
  library: 'typegrad',
  settings,
  adapter: 'typegrad.ts',
  threads: cores,
  ...more,
  options: { threads: more.threads ?? cores, from: built, ...more.options },
});

const torch = (
  id: string,
  settings: string,
  threads: number,
  fused: boolean,
  disciplines?: Discipline[],
): Declared => ({
  id,
  label: 'PyTorch',
  library: 'PyTorch',
  settings,
  adapter: 'torch.py',
  threads,
  options: { threads, fused },
  env: { OMP_NUM_THREADS: `${threads}`, MKL_NUM_THREADS: `${threads}` },
  disciplines,
});

/** The same one with another number of threads. */
export const withThreads = (declared: Declared, threads: number): Declared => ({
  ...declared,
  threads,
  options: { ...declared.options, threads },
  env:
    declared.library === 'PyTorch'
      ? { OMP_NUM_THREADS: `${threads}`, MKL_NUM_THREADS: `${threads}` }
      : declared.env,
});

/** The one whose speed is held against the others'. */
export const base = 'typegrad';

const wide = { TYPEGRAD_WIDE: '1' };
const fast = { arithmetic: 'fast' };

export const contestants: readonly Declared[] = [
  typegrad('typegrad', 'all threads, exact', {}),
  typegrad('typegrad-fast', 'all threads, fast', { options: fast, disciplines: computing }),
  typegrad('typegrad-wide', 'all threads, fast, vectors of 256 bits', { options: fast, env: wide }),
  typegrad('typegrad-1t', 'one thread, exact', { threads: 1, disciplines: computing }),
  typegrad('typegrad-wide-1t', 'one thread, fast, vectors of 256 bits', {
    ...{ threads: 1, options: fast, env: wide, disciplines: computing },
  }),
  // typegrad on a GPU: typegrad('typegrad-gpu', 'GPU', { options: { device: 'gpu' } }),
  torch('torch', 'all threads, Adam', cores, false),
  torch('torch-fused', 'all threads, Adam(fused=True)', cores, true, ['step', 'epoch']),
  torch('torch-1t', 'one thread, Adam', 1, false, computing),
  torch('torch-fused-1t', 'one thread, Adam(fused=True)', 1, true, ['step']),
  {
    ...{
      id: 'tfjs-wasm',
      label: 'TensorFlow.js (wasm)',
      library: 'TensorFlow.js',
      settings: 'one thread, SIMD',
    },
    ...{ adapter: 'tfjs.ts', options: { backend: 'wasm' }, threads: 1 },
    packages: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'],
  },
  {
    ...{
      id: 'tfjs-cpu',
      label: 'TensorFlow.js (cpu)',
      library: 'TensorFlow.js',
      settings: 'one thread, plain JavaScript',
    },
    ...{ adapter: 'tfjs.ts', options: { backend: 'cpu' }, threads: 1 },
    packages: ['@tensorflow/tfjs'],
  },
  {
    ...{ id: 'jax-js', label: 'jax-js', library: 'jax-js', settings: 'one thread, wasm, jit' },
    ...{ adapter: 'jax.ts', threads: 1, packages: ['@jax-js/jax'] },
  },
  {
    ...{
      id: 'onnx',
      label: 'ONNX Runtime',
      library: 'ONNX Runtime',
      settings: 'all threads, native, forward only',
    },
    ...{ adapter: 'onnx.ts', options: { threads: cores }, threads: cores, packages: ['onnxruntime-node'] },
  },
  {
    ...{
      id: 'js-pytorch',
      label: 'js-pytorch',
      library: 'js-pytorch',
      settings: 'one thread, plain JavaScript',
    },
    ...{ adapter: 'jspytorch.ts', threads: 1, packages: ['js-pytorch'] },
  },
  {
    ...{ id: 'brain.js', label: 'brain.js', library: 'brain.js', settings: 'one thread, plain JavaScript' },
    ...{ adapter: 'brain.ts', threads: 1, packages: ['brain.js'] },
  },
  {
    ...{ id: 'gpu.js', label: 'gpu.js', library: 'gpu.js', settings: 'one thread, webasm; products only' },
    ...{ adapter: 'gpujs.ts', options: { mode: 'webasm' }, threads: 1, packages: ['gpu.js'] },
  },
  {
    ...{ id: 'loops', label: 'plain loops', library: 'plain loops', settings: 'one thread, typed arrays' },
    ...{ adapter: 'loops.ts', threads: 1 },
  },
];
