// The program that browser.ts runs in Node, in pages and in a Web Worker: what it computes must be the same bits everywhere.

/** What it needs of the package. */
export const names = [
  'device',
  'enableWideVectors',
  'io',
  'manualSeed',
  'matmul',
  'nn',
  'optim',
  'rand',
  'randn',
  'scope',
] as const;

type Typegrad = Pick<typeof import('../src/index.ts'), (typeof names)[number]>;

export interface Outcome {
  backend: string;
  threads: number;
  /** SHA-256 of the bits of what was computed. */
  digests: Record<'product' | 'chain' | 'network' | 'checkpoint', string>;
  /** The pieces of calls that other threads computed. */
  helped: number;
  /** Calls of Atomics.wait by this thread. */
  waits: number;
  wide: boolean;
  wideReason: string;
  /** What is said to who reads a file. */
  noFile: string;
}

export async function program(typegrad: Typegrad): Promise<Outcome> {
  const counted = countAtomics();
  const { device, enableWideVectors, io, manualSeed, matmul, nn, optim, rand, randn, scope } = typegrad;

  manualSeed(42);
  const [A, B] = [randn([300, 500]), randn([500, 400])];
  const product = await digest([matmul(A, B)]);
  // A page's workers start when the page comes to rest: again, until they have taken part.
  const { threads } = device.info();
  for (const begin = performance.now(); threads > 1 && performance.now() - begin < 10_000; ) {
    if ((await digest([matmul(A, B)])) !== product) throw new Error('the same product has other bits');
    if (counted.dealt > counted.own) break;
    await new Promise((resume) => setTimeout(resume, 5));
  }

  const x = randn([1000, 1003]);
  const y = scope(() => x.mul(0.5).exp().add(1).log().tanh().sub(x.sigmoid()).mul(x).div(3));
  const chain = await digest([y, y.sum()]);

  const pictures = rand([128, 784]);
  const labels = Int32Array.from({ length: 128 }, (_, i) => i % 10);
  const model = new nn.Sequential(
    new nn.Linear(784, 64),
    new nn.ReLU(),
    new nn.Linear(64, 128),
    new nn.ReLU(),
    new nn.Linear(128, 10),
  );
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
  for (let step = 0; step < 50; step++) {
    scope(() => {
      optimizer.zeroGrad();
      nn.crossEntropy(model.forward(pictures), labels).backward();
      optimizer.step();
    });
  }
  const network = await digest(model.parameters());

  const file = new Blob([io.toCheckpoint({ model: model.stateDict(), losses: [Number.NaN, undefined] })]);
  const { model: loaded } = (await io.loadCheckpoint(file)) as { model: ReturnType<typeof model.stateDict> };
  if ((await digest(Object.values(loaded))) !== network) throw new Error('a checkpoint has other bits');
  const checkpoint = await sha256(file);

  const { backend } = device.info();
  const wide = enableWideVectors();
  const { wideReason } = device.info();
  const noFile = await io.readFile('absent').then(
    () => '',
    (error: Error) => error.message,
  );
  const [helped, waits] = [counted.dealt - counted.own, counted.waits];
  return {
    backend,
    threads,
    digests: { product, chain, network, checkpoint },
    helped,
    waits,
    wide,
    wideReason,
    noFile,
  };
}

async function digest(tensors: { read(): Promise<Float32Array> }[]): Promise<string> {
  const parts: Uint8Array[] = [];
  for (const tensor of tensors) parts.push(new Uint8Array(new Float32Array(await tensor.read()).buffer));
  return sha256(new Blob(parts as BlobPart[]));
}

async function sha256(bytes: Blob): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', await bytes.arrayBuffer());
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Counts what this thread asks of Atomics. The pool deals a call's pieces out by storing their number, and a thread takes one
 * by a compareExchange that succeeds.
 */
function countAtomics(): { dealt: number; own: number; waits: number } {
  const counted = { dealt: 0, own: 0, waits: 0 };
  const { compareExchange, store, wait } = Atomics;
  Object.assign(Atomics, {
    store(array: Int32Array, index: number, value: number) {
      counted.dealt += value;
      return store(array, index, value);
    },
    compareExchange(array: Int32Array, index: number, expected: number, value: number) {
      const found = compareExchange(array, index, expected, value);
      if (found === expected) counted.own++;
      return found;
    },
    wait(array: Int32Array, index: number, value: number, timeout?: number) {
      counted.waits++;
      return wait(array, index, value, timeout);
    },
  });
  return counted;
}
