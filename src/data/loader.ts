// The loader: a data set in batches, shuffled from the seed, each changed by transforms on its way.
import {
  ArgumentError,
  checkFlag,
  checkNumber,
  checkOptions,
  describe,
  nextKey,
  ScopeRecord,
  ShapeError,
  Tensor,
} from '../tensor/index.ts';
import { backend } from '../kernels/index.ts';
import { type Batch, Dataset } from './dataset.ts';

/**
 * Makes a new batch of a batch, with the same number of samples: `data.augment` has some, and any function will do. What it gets is
 * not to be changed. Random ones take their numbers from the engine's generator, so that they follow from the seed.
 */
export type Transform<A extends Batch = Batch, B extends Batch = A> = (batch: A) => B;

/** What comes out when batches B go through the transforms T, one after the other. */
export type Transformed<
  B extends Batch,
  T extends readonly Transform<any, any>[],
> = number extends T['length']
  ? Result<B, T[number]>
  : T extends readonly [infer First, ...infer Rest extends readonly Transform<any, any>[]]
    ? Transformed<Result<B, First>, Rest>
    : B;

/** A transform of any kind of batch leaves its kind as it is. */
type Result<B extends Batch, F> =
  F extends <A extends Batch>(batch: A) => A
    ? B
    : F extends (batch: any) => infer R
      ? R extends Batch
        ? R
        : Batch
      : Batch;

export interface LoaderOptions {
  /** The number of samples in a batch. Default 32. */
  batchSize?: number;
  /** Whether each pass takes the samples in a new random order, which follows from the seed. Default false. */
  shuffle?: boolean;
  /** Whether to leave out a last batch that is not full. Default false. */
  dropLast?: boolean;
  /** What each batch goes through, first to last: `[data.augment.noise({ std: 0.1 })]`. Default none. */
  transforms?: readonly Transform<any, any>[];
}

/** Batches of a data set: `for await (const { x, y } of loader)`. Every pass begins anew. */
export interface Loader<B extends Batch = Batch> extends AsyncIterable<B> {
  /** The number of batches in a pass. */
  readonly length: number;
  /** The number of samples in a pass. */
  readonly samples: number;
  /**
   * One pass from batch number `from` on (default 0), for runs that go on in mid-epoch. Its order is drawn from the generator when this
   * is called, as for a whole pass; the batches before are not computed, and their transforms draw no numbers. To be gone through once.
   */
  batches(from?: number): AsyncIterable<B>;
}

/**
 * A data set in batches. A batch lives until the next one is asked for.
 *
 * Batches are made when they are asked for, not ahead on a thread of their own: their kernels run on all cores, as those of the training
 * step do, so no core is idle that could make the next batch meanwhile (docs/performance.md).
 */
export function loader<B extends Batch>(
  dataset: Dataset<B>,
  options?: LoaderOptions & { transforms?: undefined },
): Loader<B>;
export function loader<B extends Batch, const T extends readonly Transform<any, any>[]>(
  dataset: Dataset<B>,
  options: LoaderOptions & { transforms?: T },
): Loader<Transformed<B, T>>;
export function loader(dataset: Dataset, options: LoaderOptions = {}): Loader {
  if (!(dataset instanceof Dataset))
    throw new ArgumentError(
      'loader',
      `the data set is ${describe(dataset)}`,
      'the first argument must be a Dataset',
      'loader(data.fromTensors(x, y))',
    );
  checkOptions('loader', options, ['batchSize', 'shuffle', 'dropLast', 'transforms']);
  const { batchSize = 32, shuffle = false, dropLast = false } = options;
  checkNumber('loader', 'batchSize', batchSize, { integer: true, min: 1 });
  checkFlag('loader', 'shuffle', shuffle);
  checkFlag('loader', 'dropLast', dropLast);
  const transforms = checkTransforms(options.transforms);
  const samples = dropLast ? dataset.length - (dataset.length % batchSize) : dataset.length;
  const length = Math.ceil(samples / batchSize);

  async function* pass(order: Int32Array, from: number): AsyncGenerator<Batch> {
    const scope = new ScopeRecord();
    try {
      for (let begin = from * batchSize; begin < samples; begin += batchSize) {
        await breathe();
        scope.release();
        const chosen = order.subarray(begin, Math.min(begin + batchSize, samples));
        yield scope.run(() => transformed(dataset.batch(chosen), transforms));
      }
    } finally {
      scope.release();
    }
  }

  const batches = (from = 0) => {
    checkNumber('loader.batches', 'from', from, { integer: true, min: 0, max: length });
    const order = shuffle
      ? backend().permutation(nextKey(), dataset.length)
      : Int32Array.from({ length: dataset.length }, (_, i) => i);
    return pass(order, from);
  };
  return { length, samples, batches, [Symbol.asyncIterator]: () => batches() };
}

function checkTransforms(transforms: unknown): Transform[] {
  if (transforms === undefined) return [];
  const example = '{ transforms: [data.augment.noise({ std: 0.1 })] }';
  if (!Array.isArray(transforms))
    throw new ArgumentError(
      'loader',
      `transforms is ${describe(transforms)}`,
      'transforms must be a list of functions',
      example,
    );
  transforms.forEach((transform, i) => {
    if (typeof transform !== 'function')
      throw new ArgumentError(
        'loader',
        `transforms[${i}] is ${describe(transform)}`,
        'a transform is a function from a batch to a batch',
        example,
      );
  });
  return [...transforms];
}

/** The batch after all transforms. An error says which one it came from. */
function transformed(batch: Batch, transforms: readonly Transform[]): Batch {
  const samples = batch.x?.shape[0];
  transforms.forEach((transform, i) => {
    const name = `transforms[${i}]${transform.name ? ` (${transform.name})` : ''}`;
    try {
      batch = transform(batch);
    } catch (error) {
      throw error instanceof Error ? preceded(error, `loader: ${name}: `) : error;
    }
    checkBatch(name, batch, samples);
  });
  return batch;
}

/** The same error with more in front of its message, in its stack, too. */
function preceded(error: Error, place: string): Error {
  const { message, stack } = error;
  const define = (key: string, value: unknown) =>
    Object.defineProperty(error, key, { value, configurable: true, writable: true });
  define('message', place + message);
  if (stack)
    define(
      'stack',
      stack.replace(message, () => place + message),
    );
  return error;
}

/** Throws unless this is a batch of as many samples as before. */
function checkBatch(name: string, batch: unknown, samples: number): void {
  const { x, y } = (batch ?? {}) as { x?: unknown; y?: object };
  if (!(x instanceof Tensor) || y === null || typeof y !== 'object')
    throw new ArgumentError(
      'loader',
      `${name} returned ${batch instanceof Promise ? 'a promise' : describe(batch)}`,
      'a transform returns a batch, { x, y }, at once',
      '({ x, y }) => ({ x: change(x), y })',
    );
  const isOne = y instanceof Tensor || ArrayBuffer.isView(y);
  const targets = isOne ? { y } : y;
  for (const [part, value] of [['x', x], ...Object.entries(targets)] as [string, Tensor | Int32Array][]) {
    const count = value instanceof Tensor ? value.shape[0] : (value?.length ?? 0);
    if (count === samples) continue;
    throw new ShapeError(
      'loader',
      `${name} returned ${part} of ${count} samples for ${samples}`,
      'a transform keeps the number of samples, in x and in y',
    );
  }
}

const longest = 50; // ms: how long batches may keep timers, input and finalizers waiting
let lastBreath = -Infinity;

/** Lets the event loop turn if it has not for a while: awaiting alone never does. */
async function breathe(): Promise<void> {
  if (performance.now() - lastBreath < longest) return;
  await new Promise<void>((resume) => (globalThis.setImmediate ?? setTimeout)(resume));
  lastBreath = performance.now();
}
