// Which backend runs a verb.
import { checkNumber, setElementArray } from '../tensor/index.ts';
import type { Backend } from './backend.ts';
import { askForWideVectors, environment } from './platform.ts';
import { reference } from './reference/index.ts';
import { loadWasm, type Wasm } from './wasm/index.ts';
import { objection } from './wide.ts';

export type * from './backend.ts';

let active: Backend | undefined;
let wasm: Wasm | undefined;
let wide = 'not asked for'; // or why not; 'on' if on

/** How often a verb without a kernel of its own fell through to the reference. */
export const fallenThrough: Record<string, number> = {};

/** The SIMD kernels where they can run, over the reference, which serves the verbs that have none. */
function fastest(fresh = false): Backend {
  const { name: _, elements, ...verbs } = reference;
  const counted = Object.entries(verbs).map(([name, verb]) => [name, counting(name, verb as Verb)]);
  const plain: Backend = { ...Object.fromEntries(counted), name: 'reference', elements };
  wasm = loadWasm(plain, fresh);
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
  if (!active) {
    active = fastest();
    if (environment('TYPEGRAD_WIDE') === '1') enableWideVectors();
  }
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

/**
 * Asks for vectors of 256 bits, which make products about twice as fast, with the same bits. It takes an experimental flag of V8
 * that holds for the whole process, so it is yours to ask for: call this first, or set TYPEGRAD_WIDE=1. Node 24 or later.
 *
 * Some products are held against the reference, and the kernels race; if either says no, the narrow ones stay.
 *
 * @returns whether wide vectors are in use; `device.info()` says why not
 */
export function enableWideVectors(): boolean {
  const before = backend();
  if (wide === 'on') return true;
  if (!wasm) {
    wide = 'needs WebAssembly with SIMD';
    return false;
  }
  const [narrow, threads] = [wasm, wasm.pool.threads];
  const refusal = askForWideVectors();
  if (refusal) {
    wide = refusal;
    return false;
  }
  narrow.pool.threads = 1; // its workers run the old code
  active = fastest(true);
  const doubt = objection(wasm);
  if (doubt) [active, wasm] = [before, narrow];
  wasm.pool.threads = threads;
  wide = doubt ?? 'on';
  return doubt === undefined;
}

/** What computes. */
export interface DeviceInfo {
  /** `wasm`: SIMD kernels; `reference`: plain loops, where WebAssembly is missing or forbidden. */
  backend: string;
  /** How many threads a kernel may use. */
  threads: number;
  /** Whether vectors of 256 bits are in use. */
  wideVectors: boolean;
  /** Why they are not; `on` if they are. */
  wideReason: string;
}

/** The devices that compute. */
export const device = {
  /** What runs, and why. */
  info(): DeviceInfo {
    const { name } = backend();
    return { backend: name, threads: wasm?.pool.threads ?? 1, wideVectors: wide === 'on', wideReason: wide };
  },
};
