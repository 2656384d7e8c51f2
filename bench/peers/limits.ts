// Prints what this machine can do at most, as JSON: the limit lines of the plots.
import { availableParallelism } from 'node:os';
import { enableWideVectors, setArithmetic } from '../../src/index.ts';
import { findLimits, type Measurable } from '../limits.ts';

const bits = enableWideVectors() ? 256 : 128;
setArithmetic('fast');
const limits = await findLimits(true);
const cores = availableParallelism();
const one = best(limits(1).arithmetic);
const all = cores === 1 ? one : best(limits(cores).arithmetic);
const what = `multiply-adds in registers, WebAssembly with vectors of ${bits} bits; copies of 4 MiB with ${cores} threads`;
console.log(
  JSON.stringify({ gflopsOneCore: one, gflopsAllCores: all, gbPerSecond: best(limits(cores).copy), what }),
);
process.exit();

/** In billions a second: the best of ten tenths of a second, since a limit is what can be reached. */
function best({ work, run }: Measurable): number {
  return Math.max(
    ...Array.from({ length: 10 }, () => {
      const begin = performance.now();
      let calls = 0;
      for (; performance.now() - begin < 100; calls++) run();
      return (calls * work) / (performance.now() - begin) / 1e6;
    }),
  );
}
