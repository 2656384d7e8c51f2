// A program that saves a checkpoint again and again until it is killed: for test/unit/atomic.test.ts.
import { loadCheckpoint, saveCheckpoint } from '../../src/io/index.ts';

/** The state number n of so many bytes. */
export const stateOf = (n: number, bytes: number) => ({ n, bytes: new Uint8Array(bytes).fill(n) });

const [path, bytes] = process.argv.slice(2);
if (process.send && path) {
  const begun = (await loadCheckpoint(path)) as { n: number };
  for (let n = begun.n + 1; ; n++) {
    const begin = performance.now();
    await saveCheckpoint(path, stateOf(n, Number(bytes)));
    process.send({ n, took: performance.now() - begin }); // done: whatever comes, the file is never older than this
  }
}
