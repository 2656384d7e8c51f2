// Optimizer steps over the heap. Constants are combined in float64, and rounded to float32 as they enter the kernel.
import { type Backend, biasCorrection, type ParameterBuffers } from '../backend.ts';
import { type Heap, heap } from '../../tensor/index.ts';
import { allocate, type Kernels, read, settle, write } from './module.ts';
import type { Argument, Pool } from './pool.ts';

const rowSize = 8192; // parameters in a row of the table, a multiple of 16: some 10 µs of one thread
const rowWords = 6;

export function optimizers(
  kernels: Kernels,
  pool: Pool,
): Pick<Backend, 'sgd' | 'adam' | 'rmsprop' | 'adagrad'> {
  let table = new Int32Array(0);

  /** Runs a kernel over the table of all parameters, large ones in several rows. */
  function run(kernel: string, parameters: readonly ParameterBuffers[], ...constants: number[]): void {
    const count = parameters.reduce((sum, [w]) => sum + Math.ceil(w.size / rowSize), 0);
    if (table.length < count * rowWords) table = renew(table, 2 * count * rowWords);
    let at = 0;
    for (const buffers of parameters) {
      const addresses = buffers.map((x, place) => (place === 1 ? read(x) : write(x)));
      for (let from = 0; from < buffers[0].size; from += rowSize, at += rowWords) {
        for (let i = 0; i < rowWords - 1; i++)
          table[at + i] = i < addresses.length ? addresses[i] + 4 * from : 0;
        table[at + rowWords - 1] = Math.min(rowSize, buffers[0].size - from);
      }
    }
    const args = [table.byteOffset, ...constants];
    if (pool.threads === 1 || count < 3) kernels[kernel](0, count, ...args);
    else pool.run(kernel, count, Math.max(Math.ceil(count / (8 * pool.threads)), 2), [...rows, ...args]);
    settle();
  }

  return {
    sgd(parameters, { lr, momentum, dampening, nesterov, weightDecay, first }) {
      const flags = [first, nesterov].map(Number);
      run('sgd', parameters, lr, momentum, 1 - dampening, weightDecay, ...flags);
    },
    adam(parameters, { lr, beta1, beta2, eps, weightDecay, decoupled, step }) {
      const root = Math.sqrt(biasCorrection(beta2, step));
      const rate = (lr * root) / biasCorrection(beta1, step);
      const [decay, keep] = decoupled ? [0, 1 - lr * weightDecay] : [weightDecay, 1];
      run('adam', parameters, beta1, 1 - beta1, beta2, 1 - beta2, rate, eps * root, decay, keep);
    },
    rmsprop(parameters, { lr, alpha, eps, momentum, weightDecay }) {
      run('rmsprop', parameters, lr, alpha, 1 - alpha, eps, momentum, weightDecay);
    },
    adagrad(parameters, { lr, eps, weightDecay }) {
      run('adagrad', parameters, lr, eps, weightDecay);
    },
  };
}

const rows: readonly Argument[] = [
  [0, 1, 0],
  [0, 0, 1],
];

/** A longer array in the heap, in place of one. */
function renew(old: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const own = heap() as Heap;
  if (old.length > 0) own.free(old.byteOffset, old.byteLength);
  const address = allocate(4 * length);
  return new Int32Array(own.memory.buffer as ArrayBuffer, address, length);
}
