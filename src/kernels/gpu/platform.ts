// What the GPU needs from outside: gpu.js, an entry to WebGPU in Node, a worker to live in, a place for the calibration.

/** What this code uses of gpu.js 2. */
export interface GpuJs {
  GPU: new (settings: { mode: string }) => GpuInstance;
  WebGPUContext: { acquire(): Promise<{ adapter: any; device: any; isLost: boolean }> };
  WebGPUBufferResult: new (settings: object) => object;
}

export interface GpuInstance {
  createKernel(run: (...args: any[]) => unknown, settings: object): any;
  destroy(): Promise<void>;
  readonly context: any;
}

interface NodeModules {
  'node:fs': typeof import('node:fs');
  'node:os': typeof import('node:os');
  'node:path': typeof import('node:path');
  'node:module': { createRequire(from: string): { resolve(name: string): string } };
  'node:url': { pathToFileURL(path: string): URL };
  'node:worker_threads': typeof import('node:worker_threads');
}

/** A module of Node's own, without an import that a bundler would follow; undefined in browsers. */
const nodeModule = <K extends keyof NodeModules>(name: K): NodeModules[K] | undefined =>
  (globalThis as { process?: { getBuiltinModule?(name: string): any } }).process?.getBuiltinModule?.(name);

const marker = 'typegrad-gpu';

export const isNode = (): boolean => nodeModule('node:worker_threads') !== undefined;

/** A package that only Node can use, without an import that a bundler would follow. */
async function importForNode(name: string): Promise<any> {
  const require = nodeModule('node:module')?.createRequire(import.meta.url);
  const file = require?.resolve(name) as string;
  return import(/* @vite-ignore */ nodeModule('node:url')?.pathToFileURL(file).href as string);
}

const reason = (error: unknown): string => String((error as Error)?.message ?? error).split('\n')[0];

export class Unavailable extends Error {
  /** What to do about it. */
  readonly repair: string | undefined;
  constructor(problem: string, repair?: string) {
    super(problem);
    this.repair = repair;
  }
}

function howToGetGpuJs(): string {
  const install = 'npm i gpu.js@2.24.1';
  if (isNode()) return install;
  if (typeof document === 'undefined')
    return `${install}; without a bundler, import maps do not reach workers`;
  return `${install}; without a bundler, also an import map from "gpu.js" to its dist/gpu-browser.js`;
}

/** The package gpu.js, an optional one. */
export async function loadGpuJs(): Promise<GpuJs> {
  try {
    const module: any = await import('gpu.js');
    const exported = module.GPU ? module : (module.default ?? (globalThis as { GPU?: unknown }).GPU);
    // As a script for browsers, the package is the class GPU, and has the rest as its members.
    return { ...exported, ...(exported.GPU ?? {}), GPU: exported.GPU ?? exported };
  } catch (error) {
    throw new Unavailable(`the package gpu.js could not be loaded: ${reason(error)}`, howToGetGpuJs());
  }
}

/** Gives Node what browsers have: navigator.gpu, by the package webgpu, an optional one. */
export async function provideWebGpu(): Promise<void> {
  if (!isNode() || (globalThis.navigator as { gpu?: unknown } | undefined)?.gpu) return;
  try {
    const { create, globals } = await importForNode('webgpu');
    Object.assign(globalThis, globals);
    Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]) }, configurable: true });
  } catch (error) {
    throw new Unavailable(`the package webgpu could not be loaded: ${reason(error)}`, 'npm i webgpu@0.6.2');
  }
}

/** The other end of a worker: what the thread that started it says, and how to answer. */
export interface Parent {
  post(message: unknown): void;
  listen(handle: (message: any) => void): void;
  /** Ends this worker. */
  leave(): void;
}

/** The thread that started this worker; undefined if this is none of ours. */
export function parentOfWorker(): Parent | undefined {
  const threads = nodeModule('node:worker_threads');
  if (threads) {
    const { parentPort, workerData } = threads;
    if (!parentPort || workerData !== marker) return undefined;
    return {
      post: (message) => parentPort.postMessage(message),
      listen: (handle) => parentPort.on('message', handle),
      leave: () => process.exit(),
    };
  }
  const scope = globalThis as unknown as {
    name?: string;
    postMessage(message: unknown): void;
    close(): void;
    onmessage: unknown;
  };
  if (typeof document !== 'undefined' || scope.name !== marker) return undefined;
  return {
    post: (message) => scope.postMessage(message),
    listen: (handle) => {
      scope.onmessage = ({ data }: { data: unknown }) => handle(data);
    },
    leave: () => scope.close(),
  };
}

/** A worker whose whole program is host.ts. */
export interface HostThread {
  post(message: unknown): void;
  /** What it says, and that it has died. A second call replaces the first. */
  listen(said: (message: any) => void, died: (reason: string) => void): void;
  /** Whether the process stays alive for it. */
  hold(on: boolean): void;
}

/** Starts a worker for a device. It does not keep the process alive. */
export function startHost(): HostThread {
  let said: (message: any) => void = () => {};
  let died: (reason: string) => void = () => {};
  const listen: HostThread['listen'] = (...both) => {
    [said, died] = both;
  };
  const threads = nodeModule('node:worker_threads');
  if (threads) {
    const file = import.meta.url.endsWith('.ts') ? './host.ts' : './host.js';
    // A flag for programs of --eval, which no file can be started with.
    const isEvaluated = process.execArgv.some((flag) => flag.startsWith('--input-type'));
    const worker = new threads.Worker(new URL(file, import.meta.url), {
      workerData: marker,
      stdin: false,
      ...(isEvaluated ? { execArgv: [] } : {}),
    });
    worker.on('message', (message) => said(message));
    worker.on('error', (error) => died(reason(error)));
    worker.on('exit', (code) => died(`exit ${code}`));
    worker.unref();
    return {
      post: (message) => worker.postMessage(message),
      listen,
      hold: (on) => (on ? worker.ref() : worker.unref()),
    };
  }
  const worker = new Worker(new URL('./host.js', import.meta.url), { type: 'module', name: 'typegrad-gpu' });
  worker.onmessage = ({ data }) => said(data);
  worker.onerror = ({ message }) => died(message ?? 'its program could not be loaded');
  return { post: (message) => worker.postMessage(message), listen, hold() {} };
}

/** A text that outlives the program. What cannot be read or written is as if it were not there. */
export interface Store {
  /** Where it is, for people. */
  readonly name: string;
  read(): Promise<string | undefined>;
  write(text: string): Promise<unknown>;
  remove(): Promise<unknown>;
}

const attempt = <T>(body: () => T): T | undefined => {
  try {
    return body();
  } catch {
    return undefined;
  }
};

/** A file in the user's folder for caches: that of TYPEGRAD_CACHE, else what the system says. */
function fileStore(): Store | undefined {
  const [fs, os, path] = [nodeModule('node:fs'), nodeModule('node:os'), nodeModule('node:path')];
  if (!fs || !os || !path) return undefined;
  const { TYPEGRAD_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  const caches = XDG_CACHE_HOME || LOCALAPPDATA || path.join(os.homedir(), '.cache');
  const folder = TYPEGRAD_CACHE || path.join(caches, 'typegrad');
  const name = path.join(folder, 'gpu.json');
  return {
    name,
    read: async () => attempt(() => fs.readFileSync(name, 'utf8')),
    async write(text) {
      attempt(() => {
        fs.mkdirSync(folder, { recursive: true });
        fs.writeFileSync(`${name}.new`, text);
        fs.renameSync(`${name}.new`, name);
      });
    },
    remove: async () => fs.rmSync(name, { force: true }),
  };
}

/** In browsers the storage for responses, which pages and Web Workers share. Without a secure connection there is none. */
const cache = async <T>(body: (cache: Cache) => Promise<T>): Promise<T | undefined> => {
  try {
    return await body(await caches.open('typegrad'));
  } catch {
    return undefined;
  }
};

const place = '/typegrad/gpu.json'; // of no file: only the name of what is stored

const browserStore: Store = {
  name: "the page's Cache Storage 'typegrad'",
  read: () => cache(async (cache) => (await cache.match(place))?.text()),
  write: (text) => cache((cache) => cache.put(place, new Response(text))),
  remove: () => cache((cache) => cache.delete(place)),
};

/** Where the calibration is kept. */
export const store = (): Store => fileStore() ?? browserStore;

/** Whether a device can live in a worker that this thread can wait for: in Node, and in a worker of an isolated page. */
export const mayWaitForWorker = (): boolean =>
  isNode() || (typeof document === 'undefined' && typeof SharedArrayBuffer !== 'undefined');

/** The devices that this platform may have, the best first. */
export const candidates = (): readonly ['webgpu', 'headlessgl' | 'webgl2'] =>
  isNode() ? ['webgpu', 'headlessgl'] : ['webgpu', 'webgl2'];
