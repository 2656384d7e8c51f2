// What differs between Node and browsers: how many cores there are, and how to start a worker. Nowhere else.

/** A worker that runs `source`, a function's text, with one message. */
export interface Thread {
  post(message: unknown): void;
  end(): void;
}

interface NodeModules {
  'node:os': { availableParallelism(): number };
  'node:v8': { setFlagsFromString(flag: string): void };
  'node:worker_threads': {
    Worker: new (
      source: string,
      options: object,
    ) => { postMessage(message: unknown): void; terminate(): void; unref(): void };
    isMainThread: boolean;
  };
}

/** A module of Node's own, without an import that a bundler would follow; undefined in browsers. */
function nodeModule<K extends keyof NodeModules>(name: K): NodeModules[K] | undefined {
  const node = (globalThis as { process?: { getBuiltinModule?(name: string): unknown } }).process;
  return node?.getBuiltinModule?.(name) as NodeModules[K] | undefined;
}

/** The number of cores that this program may use. */
export const cores = (): number =>
  nodeModule('node:os')?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;

/** Whether this thread may sleep until another wakes it: everywhere but on a browser's main thread. */
export const maySleep = (): boolean => nodeModule('node:os') !== undefined || typeof document === 'undefined';

/** An environment variable; undefined in browsers. */
export const environment = (name: string): string | undefined =>
  (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name];

/**
 * Asks V8 to join neighbouring vectors of 128 bits in WebAssembly that is compiled from now on. Returns why it cannot, or undefined.
 * The flag is experimental and holds for the whole process.
 */
export function askForWideVectors(): string | undefined {
  const v8 = nodeModule('node:v8');
  const version = (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node;
  if (!v8 || Number.parseInt(version ?? '', 10) < 24)
    return `needs Node 24 or later${version ? `, this is ${version}` : ''}`;
  v8.setFlagsFromString('--experimental-wasm-revectorize');
  return undefined;
}

/**
 * Starts a worker. `body` gets the first message; it is sent as text, so it must not refer to anything outside itself.
 * The worker does not keep the process alive. Undefined where workers cannot be started.
 */
export function startThread(body: (message: never) => void): Thread | undefined {
  const node = nodeModule('node:worker_threads');
  if (node) {
    const source = `require('node:worker_threads').parentPort.once('message', ${body.toString()});`;
    const worker = new node.Worker(source, { eval: true, execArgv: [], stdin: false });
    worker.unref();
    return { post: (message) => worker.postMessage(message), end: () => worker.terminate() };
  }
  if (typeof Worker === 'undefined') return undefined;
  const source = `onmessage = ({ data }) => (${body.toString()})(data);`;
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
  return { post: (message) => worker.postMessage(message), end: () => worker.terminate() };
}
