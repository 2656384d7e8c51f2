// The library's worker threads, for tests that need them awake, slow, or dead.
import { once } from 'node:events';
import workerThreads, { type Worker, type WorkerOptions } from 'node:worker_threads';
import { matmul, rand, scope, setThreads } from '../../src/index.ts';

/** The workers that the library has started since the list was last emptied. */
export const started: Worker[] = [];

const ready = new WeakMap<Worker, Promise<unknown>>();
const { Worker: Original } = workerThreads;

/** JavaScript before what a worker gets to run. */
let prelude = '';

/** Wraps the kernels of workers that are started from now on, by the source of a function of a kernel. */
function wrapKernels(wrap: string): void {
  prelude = `{
    const { Instance } = WebAssembly;
    const wrap = ${wrap};
    WebAssembly.Instance = function (...args) {
      const { exports } = new Instance(...args);
      return {
        exports: Object.fromEntries(
          Object.entries(exports).map(([name, item]) => [name, typeof item === 'function' ? wrap(item) : item]),
        ),
      };
    };
  }`;
}

/**
 * Workers that are started from now on die at the beginning of their `count`-th call of a kernel, which is lost. No other thread can
 * end one at a certain moment, since the caller waits for it.
 */
export function killWorkersAt(count: number): void {
  prelude = '';
  if (count < Infinity)
    wrapKernels(
      `(left => kernel => (...numbers) => --left > 0 ? kernel(...numbers) : process.exit())(${count})`,
    );
}

/** Workers that are started from now on compute everything so many times. */
export function slowWorkers(times: number): void {
  wrapKernels(`kernel => (...numbers) => { for (let i = 0; i < ${times}; i++) kernel(...numbers); }`);
}

/** From now on, the library's workers are listed in `started`. */
export function watchWorkers(): void {
  workerThreads.Worker = class extends Original {
    constructor(source: string | URL, options?: WorkerOptions) {
      super(`${prelude}${source}`, options);
      started.push(this);
      ready.set(this, once(this, 'online'));
    }
  };
}

/** Undoes all of this. */
export function ignoreWorkers(): void {
  prelude = '';
  workerThreads.Worker = Original;
}

/**
 * Sets the number of threads and waits until all of them run. A call waits for no one, so without this the caller could have
 * computed everything alone before its first worker came.
 */
export async function awaken(threads: number): Promise<void> {
  setThreads(1);
  setThreads(threads);
  started.length = 0;
  const product = () => scope(() => void matmul(rand([300, 300]), rand([300, 300])));
  product();
  await Promise.all(started.map((worker) => ready.get(worker)));
  product();
}
