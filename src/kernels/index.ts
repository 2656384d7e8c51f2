// Which backend runs a verb.
import { checkNumber, setElementArray } from '../tensor/index.ts';
import type { Backend } from './backend.ts';
import { reference } from './reference/index.ts';
import { loadWasm, type Wasm } from './wasm/index.ts';

export type * from './backend.ts';

let active: Backend | undefined;
let wasm: Wasm | undefined;

/** How often a verb without a kernel of its own fell through to the reference. */
export const fallenThrough: Record<string, number> = {};

/** The SIMD kernels where they can run, over the reference, which serves the verbs that have none. */
function fastest(): Backend {
  const { name: _, elements, ...verbs } = reference;
  const counted = Object.entries(verbs).map(([name, verb]) => [name, counting(name, verb as Verb)]);
  const plain: Backend = { ...Object.fromEntries(counted), name: 'reference', elements };
  wasm = loadWasm(plain);
  return wasm ? { ...plain, ...wasm.verbs, name: 'wasm' } : reference;
}

type Verb = (...args: unknown[]) => unknown;

const counting =
  (name: string, verb: Verb): Verb =>
  (...args) => {
    fallenThrough[name] = (fallenThrough[name] ?? 0) + 1;
    return verb(...args);
  };

/** The backend that runs the verbs now. */
export function backend(): Backend {
  active ??= fastest();
  return active;
}

/** Runs `body` on another backend: how tests run everything in float64, or on the reference. @internal */
export function withBackend<T>(other: Backend, body: () => T): T {
  const before = backend();
  const use = (next: Backend) => {
    active = next;
    setElementArray(next.elements);
  };
  use(other);
  try {
    return body();
  } finally {
    use(before);
  }
}

/**
 * Sets how many threads a kernel may use; all cores unless said. The results are the same bits with any number. Workers start with
 * the first call that is worth cutting up, and do not keep the program alive.
 */
export function setThreads(count: number): void {
  checkNumber('setThreads', 'count', count, { integer: true, min: 1, max: 256 });
  backend();
  if (wasm) wasm.pool.threads = count;
}
