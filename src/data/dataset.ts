// Data sets: samples that can be counted, taken by number, and split.
import {
  ArgumentError,
  checkNumber,
  describe,
  IndexError,
  nextKey,
  type Shape,
  ShapeError,
  show,
  sizeOf,
  Tensor,
} from '../tensor/index.ts';
import { backend } from '../kernels/index.ts';

/** Class labels, one for each sample, or a tensor whose first axis counts the samples. */
export type Targets = Int32Array | Tensor;

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

  /** @param take makes a batch of the samples with the given numbers */
  constructor(length: number, take: (indices: Int32Array) => B) {
    this.length = checkNumber('Dataset', 'length', length, { integer: true, min: 0 });
    this.#take = take;
  }

  /** The samples with the given numbers, as one batch. */
  batch(indices: Int32Array | readonly number[]): B {
    const list = Int32Array.from(indices);
    indices.forEach((index, i) => {
      if (index !== list[i] || index < 0 || index >= this.length) {
        throw new IndexError(
          'batch',
          `sample ${index} (place ${i})`,
          `samples are numbered 0 … ${this.length - 1}`,
        );
      }
    });
    return this.#take(list);
  }

  /** The samples with the given numbers, as a data set of its own. */
  subset(indices: Int32Array | readonly number[]): Dataset<B> {
    const list = Int32Array.from(indices);
    return new Dataset(list.length, (chosen) => this.batch(chosen.map((i) => list[i])));
  }

  /**
   * Random parts that don't overlap: `split(0.9, 0.1)`. Which sample goes where follows from the seed. When the
   * fractions add up to 1, every sample goes somewhere.
   */
  split<F extends number[]>(...fractions: F): { [K in keyof F]: Dataset<B> } {
    fractions.forEach((fraction, i) => checkNumber('split', `fraction ${i}`, fraction, { min: 0, max: 1 }));
    const total = fractions.reduce((a, b) => a + b, 0);
    if (total > 1 + 1e-9)
      throw new ArgumentError(
        'split',
        `the fractions ${fractions.join(', ')} add up to ${total}`,
        'fractions must not add up to more than 1',
      );
    const order = backend().permutation(nextKey(), this.length);
    let sum = 0;
    let begin = 0;
    return fractions.map((fraction) => {
      const end = Math.round((sum += fraction) * this.length);
      const part = this.subset(order.subarray(begin, end));
      begin = end;
      return part;
    }) as { [K in keyof F]: Dataset<B> };
  }
}

/**
 * The rows of x with the rows of y: x [n, ...]; y [n, ...], or n class labels.
 *
 *     data.fromTensors(tensor([[0, 0], [0, 1]]), [0, 1])
 */
export function fromTensors<S extends Shape>(x: Tensor<S>, y: Tensor): Dataset<Batch<Tensor, Tensor>>;
export function fromTensors<S extends Shape>(
  x: Tensor<S>,
  y: Int32Array | Uint8Array | readonly number[],
): Dataset<Batch<Tensor, Int32Array>>;
export function fromTensors(x: Tensor, y: Tensor | Int32Array | Uint8Array | readonly number[]): Dataset {
  if (!(x instanceof Tensor))
    throw new ArgumentError(
      'fromTensors',
      `x is ${describe(x)}`,
      'x must be a tensor',
      'fromTensors(tensor(rows), labels)',
    );
  if (x.rank === 0)
    throw new ShapeError('fromTensors', 'x is a scalar', 'the first axis of x counts the samples');
  if (!(y instanceof Tensor) && !Array.isArray(y) && !ArrayBuffer.isView(y))
    throw new ArgumentError('fromTensors', `y is ${describe(y)}`, 'y must be a tensor or a list of labels');
  const count = y instanceof Tensor ? y.shape[0] : (y as ArrayLike<number>).length;
  if (count !== x.shape[0])
    throw new ShapeError(
      'fromTensors',
      `x ${show(x.shape)} has ${x.shape[0]} samples, y has ${count}`,
      'x and y must have the same number of samples',
    );
  const labels = y instanceof Tensor ? undefined : toLabels(y as ArrayLike<number>);
  return new Dataset<Batch>(count, (indices) => ({
    x: takeRows(x, indices),
    y: labels ? indices.map((i) => labels[i]) : takeRows(y as Tensor, indices),
  }));
}

function toLabels(values: ArrayLike<number>): Int32Array {
  const labels = Int32Array.from(values);
  const wrong = labels.findIndex((label, i) => label !== values[i]);
  if (wrong >= 0)
    throw new ArgumentError(
      'fromTensors',
      `label ${wrong} is ${describe(values[wrong])}`,
      'labels must be whole numbers',
      'a tensor for targets that are not classes',
    );
  return labels;
}

function takeRows(x: Tensor, indices: Int32Array): Tensor {
  const rest = x.shape.slice(1);
  const rows = new Tensor([indices.length, ...rest]);
  backend().select(x, { outer: 1, size: x.shape[0], inner: sizeOf(rest) }, indices, rows);
  return rows;
}
