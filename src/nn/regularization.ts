// Regularization of weights: penalties that are added to the loss, and a limit to their length.
import {
  ArgumentError,
  checkFlag,
  checkNumber,
  checkOptions,
  describe,
  finite,
  Tensor,
  tensor,
} from '../tensor/index.ts';
import { abs, add, mul, square, sum } from '../autograd/index.ts';
import { Module } from './module.ts';

/** A model, or some parameters. */
export type Weights = Module | Tensor | Iterable<Tensor>;

/** What is added to the loss: one number, with a gradient. */
export interface Penalty {
  (model: Weights): Tensor;
  readonly name: string;
}

export interface PenaltyOptions {
  /** Whether vectors and scalars (biases, the factors of norms) count, too. Default false: only weights of two axes or more. */
  biases?: boolean;
}

/**
 * λ Σ |w|, over all weights that require a gradient: draws each towards 0 by the same force λ, so that those which help little end near it.
 *
 *     fit(model, { ..., penalties: [nn.l1Penalty(1e-5)] })       or by hand       add(loss, nn.l1Penalty(1e-5)(model))
 *
 * The gradient is λ sign(w), 0 at 0. For the elastic net, add both penalties.
 *
 * Source: Tibshirani, "Regression shrinkage and selection via the lasso" (1996).
 */
export function l1Penalty(lambda: number, options: PenaltyOptions = {}): Penalty {
  return makePenalty('l1Penalty', abs, lambda, options);
}

/**
 * λ Σ w², over all weights that require a gradient: draws each towards 0 by a force in proportion to it.
 *
 *     fit(model, { ..., penalties: [nn.l2Penalty(1e-4)] })       or by hand       add(loss, nn.l2Penalty(1e-4)(model))
 *
 * The gradient is 2λw; `weightDecay: d` of SGD, Adam, RMSprop and Adagrad adds d·w, which is the same for d = 2λ. AdamW's is
 * something else: it does not pass through the running means.
 */
export function l2Penalty(lambda: number, options: PenaltyOptions = {}): Penalty {
  return makePenalty('l2Penalty', square, lambda, options);
}

function makePenalty(
  name: string,
  cost: (w: Tensor) => Tensor,
  lambda: number,
  options: PenaltyOptions,
): Penalty {
  checkNumber(name, 'lambda', lambda, { ...finite, min: 0 });
  checkOptions(name, options, ['biases']);
  const { biases = false } = options;
  checkFlag(name, 'biases', biases);
  const penalty = (model: Weights): Tensor => {
    const costs = learning(name, model, biases).map((w) => sum(cost(w)));
    return mul(
      costs.reduce((total, next) => add(total, next), tensor(0)),
      lambda,
    );
  };
  return Object.defineProperty(penalty, 'name', { value: name }); // a bundler may rename the function
}

/**
 * Shortens every row of every weight that is longer than `limit` to that length: the weights [out, in] of each unit's inputs.
 * To be called after `optimizer.step()`.
 *
 *     w ← w · limit / ‖w‖    if ‖w‖ > limit
 *
 * Only weights of two axes or more that require a gradient; rows are along the first axis. Rows that are short enough keep their
 * bits, and a weight without a longer one is not written to.
 *
 * Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014), 5.1.
 */
export function maxNorm(model: Weights, limit: number): void {
  checkNumber('maxNorm', 'limit', limit, { above: 0, below: Infinity });
  for (const weight of learning('maxNorm', model, false)) {
    const { data, shape } = weight;
    const width = weight.size / (shape[0] || 1);
    let to: Float32Array | undefined;
    for (let start = 0; start < weight.size; start += width) {
      let total = 0;
      for (let i = start; i < start + width; i++) total += data[i] * data[i];
      const length = Math.sqrt(total);
      // What was shortened before may be a rounding too long; what is infinite has no direction.
      if (!(length > limit * (1 + 2 ** -23) && length < Infinity)) continue;
      to ??= weight.storage.write();
      for (let i = start; i < start + width; i++) to[i] = data[i] * (limit / length);
    }
  }
}

/** The parameters that learn: all, or those of two axes or more. */
function learning(where: string, model: Weights, biases: boolean): Tensor[] {
  if (model instanceof Module) return model.parameters().filter(counts);
  const list: readonly unknown[] = model instanceof Tensor ? [model] : isIterable(model) ? [...model] : [];
  if (list.length === 0 || !list.every((item) => item instanceof Tensor))
    throw new ArgumentError(
      where,
      `cannot be applied to ${describe(model)}`,
      'it wants a model, a parameter, or a list of parameters',
      where === 'maxNorm' ? 'nn.maxNorm(model, 3)' : `nn.${where}(1e-4)(model)`,
    );
  if (!biases && list.every(({ rank }) => rank < 2))
    throw new ArgumentError(
      where,
      'none of the parameters has two axes',
      where === 'maxNorm' ? 'rows belong to weights [out, in]' : 'only weights of two axes or more count',
      where === 'maxNorm' ? undefined : `nn.${where}(lambda, { biases: true })`,
    );
  return list.filter(counts);

  function counts({ requiresGrad, rank }: Tensor): boolean {
    return requiresGrad && (biases || rank >= 2);
  }
}

const isIterable = (value: unknown): value is Iterable<unknown> =>
  value !== null && typeof value === 'object' && Symbol.iterator in value;
