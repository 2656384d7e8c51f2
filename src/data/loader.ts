// The loader: a data set in batches, shuffled from the seed.
import {
  ArgumentError,
  checkFlag,
  checkNumber,
  checkOptions,
  describe,
  nextKey,
  ScopeRecord,
} from '../tensor/index.ts';
import { backend } from '../kernels/index.ts';
import { type Batch, Dataset } from './dataset.ts';

export interface LoaderOptions {
  /** The number of samples in a batch. Default 32. */
  batchSize?: number;
  /** Whether each pass takes the samples in a new random order, which follows from the seed. Default false. */
  shuffle?: boolean;
  /** Whether to leave out a last batch that is not full. Default false. */
  dropLast?: boolean;
}

/** Batches of a data set: `for await (const { x, y } of loader)`. Every pass begins anew. */
export interface Loader<B extends Batch = Batch> extends AsyncIterable<B> {
  /** The number of batches in a pass. */
  readonly length: number;
  /** The number of samples in a pass. */
  readonly samples: number;
}

/** A data set in batches. */
export function loader<B extends Batch>(dataset: Dataset<B>, options: LoaderOptions = {}): Loader<B> {
  if (!(dataset instanceof Dataset))
    throw new ArgumentError(
      'loader',
      `the data set is ${describe(dataset)}`,
      'the first argument must be a Dataset',
      'loader(data.fromTensors(x, y))',
    );
  checkOptions('loader', options, ['batchSize', 'shuffle', 'dropLast']);
  const { batchSize = 32, shuffle = false, dropLast = false } = options;
  checkNumber('loader', 'batchSize', batchSize, { integer: true, min: 1 });
  checkFlag('loader', 'shuffle', shuffle);
  checkFlag('loader', 'dropLast', dropLast);
  const samples = dropLast ? dataset.length - (dataset.length % batchSize) : dataset.length;
  return {
    length: Math.ceil(samples / batchSize),
    samples,
    async *[Symbol.asyncIterator]() {
      const order = shuffle
        ? backend().permutation(nextKey(), dataset.length)
        : Int32Array.from({ length: dataset.length }, (_, i) => i);
      const scope = new ScopeRecord();
      try {
        for (let begin = 0; begin < samples; begin += batchSize) {
          await breathe();
          scope.release();
          yield scope.run(() => dataset.batch(order.subarray(begin, Math.min(begin + batchSize, samples))));
        }
      } finally {
        scope.release();
      }
    },
  };
}

const longest = 50; // ms: how long batches may keep timers, input and finalizers waiting
let lastBreath = -Infinity;

/** Lets the event loop turn if it has not for a while: awaiting alone never does. */
async function breathe(): Promise<void> {
  if (performance.now() - lastBreath < longest) return;
  await new Promise<void>((resume) => (globalThis.setImmediate ?? setTimeout)(resume));
  lastBreath = performance.now();
}
