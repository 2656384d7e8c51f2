// Optimizer steps over the heap. Constants are combined in float64, and rounded to float32 as they enter the kernel.
import { type Backend, biasCorrection, type ParameterBuffers } from '../backend.ts';
import { type Heap, heap } from '../../tensor/index.ts';
import { allocate, type Kernels, read, settle, write } from './module.ts';
import type { Argument, Pool } from './pool.ts';

const rowSize = 8192; // parameters in a row of the table, a multiple of 16: some 10 µs of one thread
const worthwhile = 2 ** 17; // parameters that are worth sharing, whoever computed their gradients
const rowWords = 6;

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
    const runs = parameters.map((buffers) => ({
      size: buffers[0].size,
      addresses: buffers.map((x, place) => (place === 1 ? read(x) : write(x))),
      isShared: buffers[1].storage.isShared || buffers[0].size >= worthwhile,
    }));
    const all = runs.reduce((sum, { size }) => sum + size, 0);
    const threads = runs.some(({ isShared }) => isShared) ? pool.threads : 1;
    const ends = runs.map(({ size, isShared }) => (isShared ? pool.borders(size, 16).slice(1) : [size]));
    const most = Math.ceil(all / rowSize) + threads * runs.length;
    if (table.length < most * rowWords) table = renew(table, 2 * most * rowWords);
    let count = 0;
    const borders = [0]; // of the threads' rows
    const done = runs.map(() => 0);
    for (let thread = 0; thread < threads; thread++) {
      runs.forEach(({ addresses }, i) => {
        for (const end = ends[i][thread] ?? 0; done[i] < end; count++) {
          const at = count * rowWords;
          const size = Math.min(rowSize, end - done[i]);
          for (let word = 0; word < rowWords - 1; word++)
            table[at + word] = word < addresses.length ? addresses[word] + 4 * done[i] : 0;
          table[at + rowWords - 1] = size;
          done[i] += size;
        }
      });
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
