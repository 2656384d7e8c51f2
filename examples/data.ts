// The data sets of the examples. data/README.md says where they come from.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { DataError, data, type Tensor } from '../src/index.ts';

/** A file of data/. */
const readTable = (name: string): Promise<data.Table> =>
  data.readCsv(fileURLToPath(new URL(`data/${name}`, import.meta.url)));

/** Samples with classes: x [n, features.length], y the numbers of their classes. */
export interface Classified {
  x: Tensor<[number, number]>;
  y: Int32Array;
}

/** What the columns of x, and the classes, are called. */
export interface Names {
  features: string[];
  classes: string[];
}

/** 569 tumours by 30 measures of their cells: y is 1 for the malignant ones, 0 for the benign. */
export async function breastCancer(): Promise<Classified & Names> {
  const table = await readTable('breast-cancer.csv');
  const features = table.columns.slice(0, -1);
  const classes = ['benign', 'malignant'];
  return { ...classified(table, features, 'diagnosis', classes), features, classes };
}

/** 442 patients by ten measures, in their own units: y [442, 1] is the progression of diabetes after one year, 25 … 346. */
export async function diabetes(): Promise<{
  x: Tensor<[number, number]>;
  y: Tensor<[number, number]>;
  features: string[];
}> {
  const table = await readTable('diabetes.csv');
  const features = table.columns.slice(0, -1);
  return { x: table.toTensor(features), y: table.toTensor(['progression']), features };
}

/** Samples of speech, and who spoke. */
export interface Spoken extends Classified {
  speakers: Int32Array;
}

/** Eleven spoken vowels by nine measures of the vocal tract; 528 samples of eight speakers to train on, 462 of seven others to test. */
export async function vowels(): Promise<{ train: Spoken; test: Spoken } & Names> {
  const table = await readTable('vowel.csv');
  const features = table.columns.slice(1, -1);
  const classes = [...new Set(table.column('vowel') as string[])];
  const part = (rows: data.Table): Spoken => ({
    ...classified(rows, features, 'vowel', classes),
    speakers: Int32Array.from(rows.column('speaker') as Float64Array),
  });
  const isForTraining = ({ speaker }: data.Row) => Number(speaker) < 8;
  return {
    train: part(table.filter(isForTraining)),
    test: part(table.filter((row) => !isForTraining(row))),
    features,
    classes,
  };
}

/** Columns of features, and a column of the classes' names. */
function classified(table: data.Table, features: string[], label: string, classes: string[]): Classified {
  const names = table.column(label) as readonly string[];
  return {
    x: table.toTensor(features),
    y: Int32Array.from(names, (name) => classes.indexOf(name)),
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
