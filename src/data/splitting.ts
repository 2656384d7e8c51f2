// Splitting with an eye on the classes: equal shares, folds for cross-validation, and weights against imbalance.
import {
  ArgumentError,
  checkFlag,
  checkNumber,
  checkOptions,
  describe,
  nextKey,
  ShapeError,
  Tensor,
} from '../tensor/index.ts';
import { backend } from '../kernels/index.ts';
import { type Batch, Dataset, type Integers, toIntegers } from './dataset.ts';

export interface KFoldOptions {
  /** The number of parts. Default 5. */
  folds?: number;
  /** Whether to mix the samples first, in an order that follows from the seed. Default true. */
  shuffle?: boolean;
  /** A label for each sample: every part gets an equal share of each class. */
  stratify?: Integers;
}

/** The two sides of one round of cross-validation. */
export interface Fold<T> {
  train: T;
  validation: T;
}

/**
 * Cross-validation: the samples are cut into `folds` parts of equal size (the first may be larger by one), and each part is
 * the validation set once, all others together the training set.
 *
 *     for (const { train, validation } of data.kFold(dataset, { folds: 5, stratify: labels })) ...
 *
 * A preprocessor must be fitted anew in each round, on `train`.
 *
 * @param samples a data set; or the number of samples, and the folds are lists of sample numbers
 */
export function kFold<B extends Batch>(samples: Dataset<B>, options?: KFoldOptions): Fold<Dataset<B>>[];
export function kFold(samples: number, options?: KFoldOptions): Fold<Int32Array>[];
export function kFold(samples: Dataset | number, options: KFoldOptions = {}): Fold<Dataset | Int32Array>[] {
  const isSet = samples instanceof Dataset;
  if (!isSet && typeof samples !== 'number')
    throw new ArgumentError(
      'kFold',
      `the samples are ${describe(samples)}`,
      'the first argument must be a data set, or a number of samples',
    );
  const count = isSet ? samples.length : checkNumber('kFold', 'samples', samples, { integer: true, min: 0 });
  checkOptions('kFold', options, ['folds', 'shuffle', 'stratify']);
  const { folds = 5, shuffle = true, stratify } = options;
  checkNumber('kFold', 'folds', folds, { integer: true, min: 2 });
  checkFlag('kFold', 'shuffle', shuffle);
  if (folds > count)
    throw new ArgumentError(
      'kFold',
      `${folds} folds of ${count} samples`,
      'every fold must have at least one sample',
    );
  const order = shuffle ? backend().permutation(nextKey(), count) : ascending(count);
  const foldOf = new Int32Array(count);
  if (stratify) {
    // Like cards: class after class, dealt out one by one, so that no fold gets more than one more of anything than another.
    const labels = checkLabels('kFold', stratify, count);
    order.sort((a, b) => labels[a] - labels[b]);
    order.forEach((sample, place) => {
      foldOf[sample] = place % folds;
    });
  } else
    order.forEach((sample, place) => {
      foldOf[sample] = Math.floor((place * folds) / count);
    });
  return Array.from({ length: folds }, (_, fold) => {
    const train = ascending(count).filter((sample) => foldOf[sample] !== fold);
    const validation = ascending(count).filter((sample) => foldOf[sample] === fold);
    return isSet
      ? { train: samples.subset(train), validation: samples.subset(validation) }
      : { train, validation };
  });
}

export interface ClassWeightsOptions {
  /** The number of classes. Default: the largest label, plus one. */
  classes?: number;
}

/**
 * Weights that make each class count the same in a loss, however rare it is: n / (classes · count of the class), as
 * scikit-learn's 'balanced'. Their mean over the samples is 1.
 *
 *     nn.crossEntropy(logits, labels, { weight: data.classWeights(labels) })
 *
 * @returns [classes]
 * @throws ArgumentError that names a class without samples, which no weight could make up for
 */
export function classWeights(labels: Integers, options: ClassWeightsOptions = {}): Tensor<[number]> {
  checkOptions('classWeights', options, ['classes']);
  const list = checkLabels('classWeights', labels);
  if (list.length === 0)
    throw new ArgumentError(
      'classWeights',
      'there are no labels',
      'there must be at least one of each class',
    );
  const largest = list.reduce((a, b) => Math.max(a, b));
  const { classes = largest + 1 } = options;
  checkNumber('classWeights', 'classes', classes, { integer: true, min: largest + 1 });
  const counts = new Float64Array(classes);
  for (const label of list) counts[label]++;
  const empty = counts.indexOf(0);
  if (empty >= 0)
    throw new ArgumentError(
      'classWeights',
      `class ${empty} has no sample`,
      'every class from 0 to the largest must have at least one',
      'data.LabelEncoder numbers the classes that there are',
    );
  const weights = new Tensor<[number]>([classes]);
  return weights.copyFrom(counts.map((count) => list.length / (classes * count)));
}

/** Labels from 0, `count` of them. */
function checkLabels(where: string, labels: Integers, count = labels?.length): Int32Array {
  const list = toIntegers(where, 'labels', labels);
  if (list.length !== count)
    throw new ShapeError(
      where,
      `${list.length} labels for ${count} samples`,
      'there must be a label for each sample',
    );
  const negative = list.findIndex((label) => label < 0);
  if (negative >= 0)
    throw new ArgumentError(
      where,
      `label ${negative} is ${list[negative]}`,
      'labels are numbers of classes, from 0',
    );
  return list;
}

const ascending = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i);
