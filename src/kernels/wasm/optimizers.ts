// Optimizer steps over the heap. Constants are combined in float64, and rounded to float32 as they enter the kernel.
import { type Backend, biasCorrection, type ParameterBuffers } from '../backend.ts';
import { type Heap, heap } from '../../tensor/index.ts';
import { allocate, type Kernels, read, settle, write } from './module.ts';
import type { Argument, Pool } from './pool.ts';

const rowSize = 8192; // parameters in a row of the table, a multiple of 16: some 10 µs of one thread
const worthwhile = 2 ** 17; // parameters that are worth sharing, whoever computed their gradients
const rowWords = 6;

/** A parameter's weights, gradient and state, and where the parts of threads begin; of one that is not shared, the caller's. */
interface Run {
  addresses: number[];
  borders: number[];
}

export function optimizers(
  kernels: Kernels,
  pool: Pool,
): Pick<Backend, 'sgd' | 'adam' | 'rmsprop' | 'adagrad'> {
  let table = new Int32Array(0);

  /**
   * Runs a kernel over the table of all parameters. Threads share those whose gradients they shared: what a thread has computed of a
   * gradient, and what it will need of the weights, stays in its own cache. The caller has the others.
   */
  function run(kernel: string, parameters: readonly ParameterBuffers[], ...constants: number[]): void {
    const runs: Run[] = [];
    let [all, threads] = [0, 1];
    for (const buffers of parameters) {
      const { size } = buffers[0];
      const addresses: number[] = [];
      for (let i = 0; i < buffers.length; i++) addresses.push(i === 1 ? read(buffers[i]) : write(buffers[i]));
      const isShared = buffers[1].storage.isShared || size >= worthwhile;
      if (isShared) threads = pool.threads;
      runs.push({ addresses, borders: isShared ? pool.borders(size, 16) : [0, size] });
      all += size;
    }
    const most = Math.ceil(all / rowSize) + threads * runs.length;
    if (table.length < most * rowWords) table = renew(table, 2 * most * rowWords);
    let count = 0;
    const borders = [0]; // of the threads' rows
    for (let thread = 0; thread < threads; thread++) {
      for (const run of runs) {
        const end = run.borders[thread + 1] ?? 0;
        for (let from = run.borders[thread]; from < end; from += rowSize, count++) {
          const at = count * rowWords;
          for (let i = 0; i < rowWords - 1; i++)
            table[at + i] = i < run.addresses.length ? run.addresses[i] + 4 * from : 0;
          table[at + rowWords - 1] = Math.min(rowSize, end - from);
        }
      }
      borders.push(count);
    }
    const args = [table.byteOffset, ...constants];
    const grain = Math.ceil(count / threads / (count < 32 * threads ? 1 : 8));
    if (threads === 1) kernels[kernel](0, count, ...args);
    else pool.run(kernel, count, grain, [...rows, ...args], 1, borders);
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
