// Which backend runs a verb.
import {
  ArgumentError,
  checkChoice,
  checkFlag,
  checkNumber,
  checkOptions,
  describe,
  detached,
  DeviceError,
  setElementArray,
  Tensor,
} from '../tensor/index.ts';
import type { Backend } from './backend.ts';
import type { Counters, Gpu, Unavailable } from './gpu/index.ts';
import { askForWideVectors, cores, environment } from './platform.ts';
import { reference } from './reference/index.ts';
import { loadWasm, type Wasm } from './wasm/index.ts';
import { objection } from './wide.ts';

export type * from './backend.ts';
/** Of single float32 values, for code that has no tensors: the bits are the kernels'. */
export { exp, log1p, softplus } from './reference/math.ts';

let active: Backend | undefined;
/** The fastest on the CPU. */
let cpu: Backend | undefined;
let gpu: Gpu | undefined;
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

/** Chooses anew: the fastest on the CPU, under the GPU if there is one. */
function choose(): void {
  cpu = fastest();
  active = gpu ? gpu.over(cpu) : cpu;
}

/** The backend that runs the verbs now. */
export function backend(): Backend {
  if (!active) {
    choose();
    if (environment('TYPEGRAD_WIDE') === '1') enableWideVectors();
  }
  return active as Backend;
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
  choose();
  wide = objection(wasm) ?? 'on';
  arithmetic = wanted;
  if (wide !== 'on' || arithmetic !== 'exact') choose();
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
  choose();
}

/** What may compute: see {@link setDevice}. */
export type DeviceName = 'auto' | 'cpu' | 'gpu' | 'webgpu' | 'webgl2' | 'headlessgl';

export interface DeviceOptions {
  /** Also take an adapter that computes on the CPU itself, such as SwiftShader: for tests. Default false. */
  allowSoftware?: boolean;
}

let chosen = 'setDevice was not called';
/** Calls of setDevice take effect one after the other. */
let settled: Promise<unknown> = Promise.resolve();

/**
 * Says what computes.
 *
 * `auto`, the default: a GPU where there is one, for the calls that are faster there, as measured once for each device and remembered; the
 * CPU for all others, and for everything if the GPU fails. Never throws, never takes an adapter that is software.
 * `gpu`: any GPU; `webgpu`, `webgl2` (browsers), `headlessgl` (Node, with the package `gl`): that one. Everything that has a kernel for it
 * runs there, and a failure is an error. `cpu`: this engine's own kernels, as if setDevice had not been called.
 *
 * Results stay on the GPU until somebody reads them. They are the CPU's within float32's accuracy, not to the bit. On a browser's main
 * thread, values of `webgpu` cannot be waited for: read them with `await x.read()`, or compute in a Web Worker.
 *
 * GPUs need the optional package gpu.js, in Node also webgpu: `npm i gpu.js@2.24.1 webgpu`.
 *
 * @returns what `device.info()` says afterwards
 * @throws DeviceError when the device that was asked for is not there; what computed before goes on
 */
export function setDevice(name: DeviceName = 'auto', options: DeviceOptions = {}): Promise<DeviceInfo> {
  const turn = settled.then(() => changeDevice(name, options));
  settled = turn.catch(() => {});
  return turn;
}

async function changeDevice(name: DeviceName, options: DeviceOptions): Promise<DeviceInfo> {
  checkChoice('setDevice', 'name', name, ['auto', 'cpu', 'gpu', 'webgpu', 'webgl2', 'headlessgl']);
  checkOptions('setDevice', options, ['allowSoftware']);
  const { allowSoftware = false } = options;
  checkFlag('setDevice', 'allowSoftware', allowSoftware);
  backend();
  const before = gpu;
  let reason = 'it was asked for';
  let next: Gpu | undefined;
  if (name !== 'cpu') {
    try {
      const { openGpu } = await import('./gpu/index.ts');
      next = await openGpu(name, allowSoftware, {
        cpu: cpu as Backend,
        machine: `${(cpu as Backend).name}, ${wasm?.pool.threads ?? 1} threads`,
        warn,
        fellBack(failed) {
          warn(`the GPU failed (${failed}): the CPU goes on from the same step`);
          useGpu(undefined, `the GPU failed: ${failed}`);
        },
        failure: (failed) =>
          new DeviceError(
            'device',
            `the GPU failed: ${failed}`,
            'what was only there is lost',
            "await setDevice('cpu'), and load a checkpoint; setDevice('auto') would have gone on",
          ),
        cannotWait: () =>
          new DeviceError(
            'data',
            'the values are on the GPU',
            'WebGPU can be waited for only in a Web Worker of a page that is cross-origin isolated',
            'await x.read()',
          ),
        make: (shape, values) => {
          const made = detached(() => new Tensor(shape));
          if (values) made.storage.write().set(values);
          return made;
        },
      });
      reason = name === 'auto' ? 'for the calls that are faster there' : reason;
    } catch (error) {
      const { message, repair } = error as InstanceType<typeof Unavailable>;
      if (name !== 'auto' && !('repair' in (error as Error))) throw error; // not one of Unavailable
      if (name !== 'auto')
        throw new DeviceError(
          'setDevice',
          `cannot use '${name}': ${message}`,
          'the device must be there',
          repair,
        );
      reason = `no GPU: ${message}`;
    }
  }
  await before?.end();
  useGpu(next, reason);
  return device.info();
}

function useGpu(next: Gpu | undefined, reason: string): void {
  gpu = next;
  chosen = reason;
  active = gpu ? gpu.over(cpu as Backend) : cpu;
}

const warn = (problem: string): void => console.warn(`typegrad: ${problem}`);

/** What computes. */
export interface DeviceInfo {
  /**
   * `wasm`: SIMD kernels on the CPU; `reference`: plain loops, where WebAssembly is missing or forbidden; `webgpu`, `webgl2`, `headlessgl`: a
   * GPU, over one of these two.
   */
  backend: string;
  /** Why: what was asked of `setDevice`, and what was found. */
  reason: string;
  /** The GPU's name; undefined if there is none. */
  adapter: string | undefined;
  /** Whether that adapter computes on the CPU itself. */
  isSoftware: boolean;
  /** Bytes of tensors on the GPU. */
  bytes: number;
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
      reason: chosen,
      adapter: gpu?.description.adapter,
      isSoftware: gpu?.description.isSoftware ?? false,
      bytes: gpu?.bytes ?? 0,
      threads: wasm?.pool.threads ?? 1,
      wideVectors: wide === 'on',
      wideReason: wide,
      arithmetic: wasm?.variant.fused ? 'fast' : 'exact',
    };
  },

  /**
   * Of each verb of the kernels, since `setDevice`: how often it ran on the GPU and on the CPU, and how many bytes moved to the GPU (`up`) and
   * back (`down`) for it; `read` is what the program itself read. Empty without a GPU.
   */
  counters(): Counters {
    return structuredClone(gpu?.counters ?? {});
  },

  /**
   * Why `auto` sends a verb where it does: what it costs on the GPU and on the CPU, with its operands on either.
   *
   *     console.log(device.explain('matmul', [[512, 768], [768, 3072]]));
   */
  explain(verb: string, shapes: readonly (readonly number[])[]): string {
    const verbs = Object.keys(backend()).filter((key) => key !== 'name' && key !== 'elements');
    checkChoice('explain', 'verb', verb, verbs);
    if (!Array.isArray(shapes) || shapes.length === 0 || !shapes.every(isShape))
      throw new ArgumentError(
        'explain',
        `the shapes are ${describe(shapes)}`,
        "they must be a list of the operands' shapes",
        "explain('matmul', [[512, 768], [768, 3072]])",
      );
    return gpu ? gpu.explain(verb, shapes) : `${verb}: on the CPU, since ${chosen}`;
  },

  /** Forgets what was measured of GPUs; the next `setDevice('auto')` measures again. */
  async recalibrate(): Promise<void> {
    await (await import('./gpu/index.ts')).forgetRates();
  },
};

const isShape = (shape: unknown): boolean =>
  Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
