// Mixup: each sample together with another one, and both their labels in the same parts.
import {
  ArgumentError,
  checkNumber,
  checkOptions,
  describe,
  emptyTensor,
  IndexError,
  nextKey,
  scope,
  sizeOf,
  Tensor,
  tensor,
} from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import type { Batch } from '../dataset.ts';
import { draw, tensorOf } from './options.ts';

export interface MixupOptions {
  /** λ is drawn from Beta(α, α): near 0 or 1 for a small α, anywhere for 1, near ½ for a large one. Default 0.2. */
  alpha?: number;
  /** How many classes there are: needed where y holds class labels. */
  classes?: number;
}

/**
 * Mixes each sample with another one of its batch, chosen by a random permutation p:
 *
 *   x′ᵢ = λ·xᵢ + (1 − λ)·x_pᵢ      y′ᵢ = λ·yᵢ + (1 − λ)·y_pᵢ
 *
 * with one λ ~ Beta(α, α) for the batch, as in the authors' program. Labels become soft targets [n, classes], λ for one class and 1 − λ
 * for the other, which `nn.crossEntropy` takes as they are; targets that are a tensor are mixed as x is. Metrics that count right labels
 * have none to look at any more: leave them to the validation set.
 *
 * Source: Zhang, Cissé, Dauphin, Lopez-Paz, "mixup: beyond empirical risk minimization" (2018).
 */
export function mixup(
  options: MixupOptions = {},
): <X extends Tensor>(batch: Batch<X, any>) => Batch<X, Tensor> {
  checkOptions('mixup', options, ['alpha', 'classes']);
  const { alpha = 0.2, classes } = options;
  checkNumber('mixup', 'alpha', alpha, { above: 0, below: Infinity });
  if (classes !== undefined) checkNumber('mixup', 'classes', classes, { integer: true, min: 1 });

  return function mixup<X extends Tensor>(batch: Batch<X, any>) {
    const x = tensorOf('mixup', batch) as X;
    const { y } = batch;
    if (y instanceof Int32Array) checkLabels(y, classes);
    else if (!(y instanceof Tensor))
      throw new ArgumentError(
        'mixup',
        `y is ${describe(y)}`,
        'y must be class labels, an Int32Array, or a tensor; several tasks are mixed by a transform of your own',
      );
    const part = Math.fround(beta(alpha));
    const others = backend().permutation(nextKey(), x.shape[0]);
    return {
      ...batch,
      x: mixed(x, others, part) as X,
      y: y instanceof Tensor ? mixed(y, others, part) : softTargets(y, others, part, classes as number),
    };
  };
}

function checkLabels(labels: Int32Array, classes: number | undefined): void {
  if (classes === undefined)
    throw new ArgumentError(
      'mixup',
      'y holds class labels, and classes is undefined',
      'labels become soft targets [n, classes]',
      'mixup({ classes: 10 })',
    );
  const wrong = labels.findIndex((label) => label < 0 || label >= classes);
  if (wrong >= 0)
    throw new IndexError(
      'mixup',
      `label ${wrong} is ${labels[wrong]}`,
      `labels run from 0 to ${classes - 1}`,
    );
}

/** λ·xᵢ + (1 − λ)·x_pᵢ. */
function mixed(x: Tensor, others: Int32Array, part: number): Tensor {
  return scope(() => {
    const [own, other] = [emptyTensor(x.shape), emptyTensor(x.shape)];
    const [size, inner] = [x.shape[0], sizeOf(x.shape.slice(1))];
    backend().select(x, { outer: 1, size, inner }, others, other);
    backend().mul(x, tensor(part), own);
    backend().mul(other, tensor(1 - part), other);
    backend().add(own, other, own);
    return own;
  });
}

function softTargets(labels: Int32Array, others: Int32Array, part: number, classes: number): Tensor {
  const targets = new Tensor([labels.length, classes]);
  const values = targets.storage.write();
  labels.forEach((label, i) => {
    values[i * classes + label] += part;
    values[i * classes + labels[others[i]]] += 1 - part;
  });
  return targets;
}

/**
 * A number of Beta(α, α), for any α > 0, from two uniform ones, u in (0, 1] and v:
 *
 *   ½ + ½·c/√(1/e + c²),   e = u^(−1/α) − 1,  c = cos 2πv
 *
 * because t = c·√(2α·e) has Student's distribution with 2α degrees of freedom (Bailey, "Polar generation of random variates with the
 * t-distribution", 1994), and ½ + ½·t/√(2α + t²) then that of Beta(α, α). No number is rejected, so each batch takes as many.
 */
function beta(alpha: number): number {
  const [u, v] = draw(2);
  return scope(() => {
    const values = tensor([-u, 0]);
    backend().log1p(values, values); // log(1 − u)
    values.storage.write()[0] /= -alpha;
    backend().expm1(values, values);
    const e = values.data[0];
    values.storage.write()[0] = 2 * Math.PI * v;
    backend().cos(values, values);
    const c = values.data[0];
    return 0.5 + (0.5 * c) / Math.sqrt(1 / e + c * c);
  });
}
