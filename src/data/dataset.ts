// Data sets: samples that can be counted, taken by number, and split.
import {
  ArgumentError,
  checkNumber,
  describe,
  emptyTensor,
  IndexError,
  isNumericArray,
  nextKey,
  ShapeError,
  show,
  sizeOf,
  Tensor,
} from '../tensor/index.ts';
import { backend } from '../kernels/index.ts';

/** Of one task: class labels, one for each sample, or a tensor whose first axis counts the samples. */
export type TaskTargets = Int32Array | Tensor;

/** What is to be learned from the samples; for several tasks, by the task's name. */
export type Targets = TaskTargets | { [task: string]: TaskTargets };

/** Whole numbers: class labels, or the numbers of samples. */
export type Integers = Int32Array | Uint8Array | readonly number[];

/** Some samples together: x [n, ...], y their labels or target values. */
export interface Batch<X extends Tensor = Tensor, Y = Targets> {
  x: X;
  y: Y;
}

/** Numbered samples. Make one with `data.fromTensors(x, y)` or `data.mnist()`. */
export class Dataset<B extends Batch = Batch> {
  /** The number of samples. */
  readonly length: number;
  readonly #take: (indices: Int32Array) => B;

  /** @param take makes a batch of the samples with the given numbers, which are in range */
  constructor(length: number, take: (indices: Int32Array) => B) {
    this.length = checkNumber('Dataset', 'length', length, { integer: true, min: 0 });
    if (typeof take !== 'function')
      throw new ArgumentError(
        'Dataset',
        `take is ${describe(take)}`,
        'take must be a function from sample numbers to a batch',
        'data.fromTensors(x, y)',
      );
    this.#take = take;
  }

  /** The samples with the given numbers, as one batch. */
  batch(indices: Integers): B {
    return this.#take(this.#check('batch', indices));
  }

  /** The samples with the given numbers, as a data set of its own. */
  subset(indices: Integers): Dataset<B> {
    const list = this.#check('subset', indices);
    return new Dataset(list.length, (chosen) => this.#take(chosen.map((i) => list[i])));
  }

  /**
   * Random parts that don't overlap: `split(0.9, 0.1)`. Which sample goes where follows from the seed. When the
   * fractions add up to 1, every sample goes somewhere.
   */
  split<F extends number[]>(...fractions: F): { [K in keyof F]: Dataset<B> } {
    checkFractions('split', fractions);
    return this.#cut(backend().permutation(nextKey(), this.length), fractions);
  }

  /**
   * The same, where each part gets its share of every class (as nearly as whole samples allow), which chance alone denies
   * to rare ones.
   *
   *     dataset.splitStratified(labels, 0.8, 0.1, 0.1)
   *
   * @param labels the class of each sample, in the order of the data set
   */
  splitStratified<F extends number[]>(labels: Integers, ...fractions: F): { [K in keyof F]: Dataset<B> } {
    const classes = toIntegers('splitStratified', 'labels', labels);
    if (classes.length !== this.length)
      throw new ShapeError(
        'splitStratified',
        `${classes.length} labels for ${this.length} samples`,
        'there must be a label for each sample',
      );
    checkFractions('splitStratified', fractions);
    return this.#cut(evenly(backend().permutation(nextKey(), this.length), classes), fractions);
  }

  /** Parts of these sizes, of the samples in this order. */
  #cut<F extends number[]>(order: Int32Array, fractions: F): { [K in keyof F]: Dataset<B> } {
    let sum = 0;
    let begin = 0;
    return fractions.map((fraction) => {
      const end = Math.round((sum += fraction) * this.length);
      const part = this.subset(order.subarray(begin, end));
      begin = end;
      return part;
    }) as { [K in keyof F]: Dataset<B> };
  }

  /** A copy of `indices`, every one of them the number of a sample. */
  #check(where: string, indices: Integers): Int32Array {
    const list = toIntegers(where, 'sample numbers', indices);
    const wrong = list.findIndex((index) => index < 0 || index >= this.length);
    if (wrong >= 0)
      throw new IndexError(
        where,
        `there is no sample ${list[wrong]} (place ${wrong} of the list)`,
        this.length === 0 ? 'the data set is empty' : `samples are numbered 0 … ${this.length - 1}`,
      );
    return list;
  }
}

/**
 * The rows of x with the rows of y: x [n, ...]; y [n, ...], or n class labels, or an object of those for several tasks.
 *
 *     data.fromTensors(tensor([[0, 0], [0, 1]]), [0, 1])
 *     data.fromTensors(x, { digit: digits, parity: digits.map((digit) => digit % 2) })
 *
 * @throws ShapeError when x and y don't count the same number of samples
 */
export function fromTensors(x: Tensor, y: Tensor): Dataset<Batch<Tensor, Tensor>>;
export function fromTensors(x: Tensor, y: Integers): Dataset<Batch<Tensor, Int32Array>>;
export function fromTensors<Tasks extends { readonly [task: string]: Tensor | Integers }>(
  x: Tensor,
  y: Tasks,
): Dataset<Batch<Tensor, { [Task in keyof Tasks]: Tasks[Task] extends Tensor ? Tensor : Int32Array }>>;
export function fromTensors(
  x: Tensor,
  y: Tensor | Integers | { readonly [task: string]: Tensor | Integers },
): Dataset {
  if (!(x instanceof Tensor))
    throw new ArgumentError(
      'fromTensors',
      `x is ${describe(x)}`,
      'x must be a tensor',
      'fromTensors(tensor(rows), labels)',
    );
  if (x.rank === 0) throw new ShapeError('fromTensors', 'x is a scalar', 'the first axis counts the samples');
  const take = isTasks(y) ? takeTasks(x, y) : takeTargets('y', x, y);
  return new Dataset<Batch>(x.shape[0], (indices) => ({ x: takeRows(x, indices), y: take(indices) }));
}

type Take<Y> = (indices: Int32Array) => Y;

const isTasks = (y: unknown): y is { readonly [task: string]: Tensor | Integers } =>
  y !== null && typeof y === 'object' && Object.getPrototypeOf(y) === Object.prototype;

function takeTasks(x: Tensor, tasks: { readonly [task: string]: Tensor | Integers }): Take<Targets> {
  const takes = Object.entries(tasks).map(([task, y]) => [task, takeTargets(task, x, y)] as const);
  if (takes.length === 0)
    throw new ArgumentError(
      'fromTensors',
      'y has no targets',
      'there must be targets for at least one task',
      'fromTensors(x, { digit: labels })',
    );
  return (indices) => Object.fromEntries(takes.map(([task, take]) => [task, take(indices)]));
}

function takeTargets(name: string, x: Tensor, y: Tensor | Integers): Take<TaskTargets> {
  const targets =
    y instanceof Tensor ? y : toIntegers('fromTensors', name === 'y' ? 'labels' : `labels of ${name}`, y);
  const shape = targets instanceof Tensor ? targets.shape : [targets.length];
  if (shape.length === 0)
    throw new ShapeError('fromTensors', `${name} is a scalar`, 'the first axis counts the samples');
  if (x.shape[0] !== shape[0])
    throw new ShapeError(
      'fromTensors',
      `x ${show(x.shape)} has ${x.shape[0]} samples, ${name} ${show(shape)} has ${shape[0]}`,
      `x and ${name} must have the same number of samples`,
    );
  return (indices) =>
    targets instanceof Tensor ? takeRows(targets, indices) : indices.map((i) => targets[i]);
}

function checkFractions(where: string, fractions: readonly number[]): void {
  fractions.forEach((fraction, i) => checkNumber(where, `fraction ${i}`, fraction, { min: 0, max: 1 }));
  const total = fractions.reduce((a, b) => a + b, 0);
  if (total > 1 + 1e-9)
    throw new ArgumentError(
      where,
      `the fractions ${fractions.join(', ')} add up to ${total}`,
      'fractions must not add up to more than 1',
    );
}

/**
 * The samples in an order of which every stretch holds each class in proportion: of a class of m, the r-th stands at
 * (r + ½) / m of the way. Where two stand at the same place, the order is the given one.
 */
function evenly(order: Int32Array, classes: Int32Array): Int32Array {
  const sizes = new Map<number, number>();
  const ranks = new Int32Array(order.length);
  for (const sample of order) {
    const rank = sizes.get(classes[sample]) ?? 0;
    ranks[sample] = rank;
    sizes.set(classes[sample], rank + 1);
  }
  const places = Float64Array.from(ranks, (rank, sample) => (rank + 0.5) / sizes.get(classes[sample])!);
  return order.slice().sort((a, b) => places[a] - places[b]);
}

/** A copy of a list of whole numbers. @internal */
export function toIntegers(where: string, name: string, values: Integers): Int32Array {
  if (!Array.isArray(values) && !isNumericArray(values))
    throw new ArgumentError(
      where,
      `${name} are ${describe(values)}`,
      `${name} are a list of whole numbers`,
      `${where === 'fromTensors' ? 'fromTensors(x, [0, 1, 2])' : `${where}([0, 1, 2])`}`,
    );
  const list = new Int32Array(values.length);
  for (let i = 0; i < list.length; i++) {
    const value: unknown = values[i];
    if (typeof value !== 'number' || (value | 0) !== value)
      throw new ArgumentError(
        where,
        `${name} hold ${describe(value)} (place ${i})`,
        `${name} must be whole numbers`,
        name.startsWith('labels') ? 'tensor(values), for targets that are not classes' : undefined,
      );
    list[i] = value;
  }
  return list;
}

function takeRows(x: Tensor, indices: Int32Array): Tensor {
  const rest = x.shape.slice(1);
  const inner = sizeOf(rest);
  const rows = emptyTensor([indices.length, ...rest]);
  backend().select(x, { outer: 1, size: x.shape[0], inner }, indices, rows);
  return rows;
}
