// Which backend runs a verb.
import { checkChoice, checkNumber, setElementArray } from '../tensor/index.ts';
import type { Backend } from './backend.ts';
import { askForWideVectors, cores, environment } from './platform.ts';
import { reference } from './reference/index.ts';
import { loadWasm, type Wasm } from './wasm/index.ts';
import { objection } from './wide.ts';

export type * from './backend.ts';
/** Of single float32 values, for code that has no tensors: the bits are the kernels'. */
export { exp, log1p, softplus } from './reference/math.ts';

let active: Backend | undefined;
let wasm: Wasm | undefined;
let arithmetic: Arithmetic = 'exact';
let wide = 'not asked for'; // or why not; 'on' if on

/** How often a verb without a kernel of its own fell through to the reference. */
export const fallenThrough: Record<string, number> = {};

/** The SIMD kernels where they can run, over the reference, which serves the verbs that have none. */
function fastest(): Backend {
  const { name: _, elements, ...verbs } = reference;
  const counted = Object.entries(verbs).map(([name, verb]) => [name, counting(name, verb as Verb)]);
  const plain: Backend = { ...Object.fromEntries(counted), name: 'reference', elements };
  const threads = wasm?.pool.threads;
  if (wasm) wasm.pool.threads = 1; // ends its workers, which run other code
  wasm = loadWasm(plain, { fused: arithmetic === 'fast', wide: wide === 'on' });
  if (!wasm) return reference;
  if (threads) wasm.pool.threads = threads;
  return { ...plain, ...wasm.verbs, name: 'wasm' };
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
 * Sets how many threads a kernel may use, at most four times as many as there are cores (or 16); all cores unless said. The results are
 * the same bits with any number. Workers start with the first call that is worth cutting up, and do not keep the program alive.
 */
export function setThreads(count: number): void {
  checkNumber('setThreads', 'count', count, { integer: true, min: 1, max: Math.max(4 * cores(), 16) });
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
  backend();
  if (wide === 'on') return true;
  if (!wasm) {
    wide = 'needs WebAssembly with SIMD';
    return false;
  }
  const refusal = askForWideVectors();
  if (refusal) {
    wide = refusal;
    return false;
  }
  const wanted = arithmetic;
  [wide, arithmetic] = ['on', 'exact']; // what rounds exactly can be held against the reference
  active = fastest();
  wide = objection(wasm) ?? 'on';
  arithmetic = wanted;
  if (wide !== 'on' || arithmetic !== 'exact') active = fastest();
  return wide === 'on';
}

/** How numbers are rounded. */
export type Arithmetic = 'exact' | 'fast';

/**
 * Says how products round.
 *
 * `exact`, the default: each multiplication and each addition rounds, in one order, so that all engines, vectors and numbers of threads
 * give the same bits. `fast`: a multiplication and its addition round once, where the engine has relaxed SIMD (Node 22 and later, current
 * browsers) — more accurate if anything, up to 1.2 times as fast for large products, the same for any number of threads, but not the
 * same bits on every machine. Where the engine has none, `exact` stays; `device.info().arithmetic` tells.
 */
export function setArithmetic(wanted: Arithmetic): void {
  checkChoice('setArithmetic', 'arithmetic', wanted, ['exact', 'fast']);
  backend();
  if (wanted === arithmetic) return;
  arithmetic = wanted;
  active = fastest();
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
  /** `fast` if products round a multiplication and its addition once: asked for by `setArithmetic`, and possible here. */
  arithmetic: Arithmetic;
}

/** The devices that compute. */
export const device = {
  /** What runs, and why. */
  info(): DeviceInfo {
    const { name } = backend();
    return {
      backend: name,
      threads: wasm?.pool.threads ?? 1,
      wideVectors: wide === 'on',
      wideReason: wide,
      arithmetic: wasm?.variant.fused ? 'fast' : 'exact',
    };
  },
};
