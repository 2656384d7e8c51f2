// The data sets of the examples. data/README.md says where they come from.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gunzipSync } from 'node:zlib';
import { DataError, data, type Tensor, tensor } from '../src/index.ts';

/** Samples with classes: x [n, features.length], y the numbers of their classes. */
export interface Classified<F extends number = number> {
  x: Tensor<[number, F]>;
  y: Int32Array;
}

/** 569 tumours by 30 measures of their cells: y is 1 for the malignant ones, 0 for the benign. */
export function breastCancer(): Classified<30> & { features: string[]; classes: string[] } {
  const { columns, rows } = readCsv('breast-cancer.csv');
  const classes = ['benign', 'malignant'];
  return { ...classified(rows, classes), features: columns.slice(0, -1), classes };
}

/** 442 patients by ten measures, in their own units: y [442, 1] is the progression of diabetes after one year, 25 … 346. */
export function diabetes(): { x: Tensor<[number, 10]>; y: Tensor<[number, 1]>; features: string[] } {
  const { columns, rows } = readCsv('diabetes.csv');
  const numbers = rows.map((row) => row.map(Number));
  return {
    x: tensor(numbers.map((row) => row.slice(0, -1))) as Tensor<[number, 10]>,
    y: tensor(numbers.map((row) => row.slice(-1))) as Tensor<[number, 1]>,
    features: columns.slice(0, -1),
  };
}

/** Samples of speech, and who spoke. */
export interface Spoken extends Classified<9> {
  speakers: Int32Array;
}

/** Eleven spoken vowels by nine measures of the vocal tract; 528 samples of eight speakers to train on, 462 of seven others to test. */
export function vowels(): { train: Spoken; test: Spoken; features: string[]; classes: string[] } {
  const { columns, rows } = readCsv('vowel.csv');
  const classes = [...new Set(rows.map((row) => row[row.length - 1]))];
  const part = (chosen: string[][]): Spoken => ({
    ...classified(
      chosen.map((row) => row.slice(1)),
      classes,
    ),
    speakers: Int32Array.from(chosen, (row) => Number(row[0])),
  });
  const isForTraining = ([speaker]: string[]) => Number(speaker) < 8;
  return {
    train: part(rows.filter(isForTraining)),
    test: part(rows.filter((row) => !isForTraining(row))),
    features: columns.slice(1, -1),
    classes,
  };
}

/** Where the sentences were written: about films, restaurants, products. */
export const sources = ['imdb', 'yelp', 'amazon'] as const;

/** 1,000 sentences of reviews; label 1 for the positive half, 0 for the negative. */
export function sentences(source: (typeof sources)[number]): { sentences: string[]; labels: Int32Array } {
  const require = createRequire(import.meta.url);
  const entries: { text: string; class: number | null }[] = require(`sentiment/test/fixtures/${source}.json`);
  const labelled = entries.filter((entry) => entry.class !== null); // the last entry is empty
  return {
    sentences: labelled.map(({ text }) => text.trim()),
    labels: Int32Array.from(labelled, (entry) => Number(entry.class)),
  };
}

/** The classes of Fashion-MNIST, in the order of their numbers. */
export const fashionClasses = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

/** Where Debian's package dataset-fashion-mnist puts its files. */
export const fashionFolder = '/usr/share/datasets/fashion-mnist';

/**
 * Fashion-MNIST, 60,000 and 10,000 pictures of clothes.
 *
 * @param from the folder of its four idx files, packed by gzip or not
 * @throws DataError when they are not there
 */
export async function fashionMnist(from = fashionFolder): Promise<{ train: data.Digits; test: data.Digits }> {
  const read = (name: string): Uint8Array => {
    const path = `${from}/${name}`;
    if (existsSync(path)) return readFileSync(path);
    if (existsSync(`${path}.gz`)) return gunzipSync(readFileSync(`${path}.gz`));
    throw new DataError(
      'fashionMnist',
      `there is neither ${path} nor ${name}.gz beside it`,
      'Fashion-MNIST comes from the Debian package dataset-fashion-mnist, or from a folder that holds its four files',
      'apt-get install dataset-fashion-mnist',
    );
  };
  return data.mnist({
    from: {
      trainImages: read('train-images-idx3-ubyte'),
      trainLabels: read('train-labels-idx1-ubyte'),
      testImages: read('t10k-images-idx3-ubyte'),
      testLabels: read('t10k-labels-idx1-ubyte'),
    },
  });
}

/** A file of data/: its columns' names, and its rows. None of them holds a quote or a comma within a cell. */
function readCsv(name: string): { columns: string[]; rows: string[][] } {
  const text = readFileSync(new URL(`data/${name}`, import.meta.url), 'utf8');
  const [columns, ...rows] = text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
  return { columns, rows };
}

/** Rows of numbers that end with the name of their class. */
function classified<F extends number>(rows: string[][], classes: string[]): Classified<F> {
  return {
    x: tensor(rows.map((row) => row.slice(0, -1).map(Number))) as Tensor<[number, F]>,
    y: Int32Array.from(rows, (row) => classes.indexOf(row[row.length - 1])),
  };
}
