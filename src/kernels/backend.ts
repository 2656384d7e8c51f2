// The contract: every verb that a backend may offer, its arguments, and its order of operations.
import type { AxisView, RandomKey, Shape, Tensor } from '../tensor/index.ts';

/*
 * The last-named tensor receives the result; the caller made it with the right shape. Its old values are not read
 * (but scatterAdd and selectAdd add to them, and copy keeps those that it is not told to write). Verbs check
 * nothing: shapes, axes and indices are right when they arrive here.
 *
 * One arithmetic. Every operation rounds to float32, in the order that is written here, so that every backend
 * on the CPU gives the same bits. "Ascending" means: the accumulator starts at +0 (a product's at 1) and takes
 * one term after the other, rounding after each. NaN equals NaN whatever its payload.
 *
 * An elementwise result may be written over an operand of the same shape.
 */

/** yᵢ = f(xᵢ), rounded once; the accuracy of exp, log, ... is stated in `reference/math.ts`. */
export type Unary = (x: Tensor, y: Tensor) => void;

/** yᵢ = f(aᵢ, bᵢ), rounded once. a and b are broadcast to y's shape. Comparisons give 1 or 0. */
export type Binary = (a: Tensor, b: Tensor, y: Tensor) => void;

/**
 * x, seen as [outer, size, inner], is reduced to y, [outer, inner].
 *
 * If inner is 1, a row of `size` elements is cut into blocks of 4,096. Within a block, lane l of 16 takes the
 * elements l, l + 16, l + 32, ... in ascending order; then the lanes are folded: lane l takes lane l + 8 (l < 8),
 * then l + 4 (l < 4), then l + 2 (l < 2), then lane 0 takes lane 1. The blocks' totals are taken ascending.
 * If inner is greater than 1, each of the inner results takes its `size` terms ascending.
 */
export type Reduction = (x: Tensor, view: AxisView, y: Tensor) => void;

/** Where the elements of a copy lie: element (i₀, i₁, ...) at offset + i₀·strides₀ + i₁·strides₁ + ... */
export interface Layout {
  offset: number;
  strides: readonly number[];
}

/** How a row of numbers is an image: [channels, height, width], the last two below 2²². */
export interface ImageView {
  channels: number;
  height: number;
  width: number;
}

export interface MatmulOptions {
  /** Use Aᵀ (its last two axes swapped) in place of A. */
  transposeA?: boolean;
  /** Use Bᵀ in place of B. */
  transposeB?: boolean;
}

export interface AdamOptions {
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  /** Adam adds weightDecay·w to the gradient; AdamW (`decoupled`) takes lr·weightDecay·w from the weight. */
  weightDecay: number;
  decoupled: boolean;
  /** The number of this step, from 1: for the bias corrections 1 − βᵗ. */
  step: number;
}

export interface SgdOptions {
  lr: number;
  momentum: number;
  dampening: number;
  nesterov: boolean;
  weightDecay: number;
  /** The first step sets the velocity to the gradient. */
  first: boolean;
}

export interface RmspropOptions {
  lr: number;
  alpha: number;
  eps: number;
  momentum: number;
  weightDecay: number;
}

export interface AdagradOptions {
  lr: number;
  eps: number;
  weightDecay: number;
}

/** A parameter, its gradient, and what the optimizer remembers of it. */
export type ParameterBuffers = readonly [parameter: Tensor, gradient: Tensor, ...state: Tensor[]];

/** A step of all these parameters, which have the same options, and as many state tensors. */
export type OptimizerStep<Options> = (parameters: readonly ParameterBuffers[], options: Options) => void;

export interface Backend {
  readonly name: string;
  /** The constructor of the arrays it computes on: Float32Array (Float64Array in gradient checks). */
  readonly elements: unknown;

  // Movement: nothing is rounded.
  /** y = value everywhere. */
  fill(value: number, y: Tensor): void;
  /** y at `to` = x at `from`, for every index below `sizes`. Elements of y that are not named keep their value. */
  copy(x: Tensor, from: Layout, sizes: Shape, to: Layout, y: Tensor): void;
  /** y[o, j, i] = x[o, index[o, j, i], i]: x is [outer, size, inner], index and y are [outer, count, inner]. */
  gather(x: Tensor, view: AxisView, index: Int32Array, y: Tensor): void;
  /** y[o, index[o, j, i], i] += x[o, j, i], in ascending o, j, i: y is [outer, size, inner], index and x [outer, count, inner]. */
  scatterAdd(x: Tensor, index: Int32Array, view: AxisView, y: Tensor): void;
  /** y[o, j, i] = x[o, index[j], i]: whole rows along one axis. */
  select(x: Tensor, view: AxisView, index: Int32Array, y: Tensor): void;
  /** y[o, index[j], i] += x[o, j, i], in ascending j. */
  selectAdd(x: Tensor, index: Int32Array, view: AxisView, y: Tensor): void;

  // Images.
  /**
   * y[n, c, i, j] = x[n, c] at column u = m₀·j + (m₁·i + m₂) and row v = m₃·j + (m₄·i + m₅), where m is row n of `matrices` [n, 6] and
   * x and y are [n, channels, height, width]. u is limited to −1 … width, v to −1 … height; a pixel that x does not have is `fill`.
   * Between pixels: with (p, q) = (⌊u⌋, ⌊v⌋) and (f, g) = (u − p, v − q), rounded, between a, at q, and b, at q + 1, stands a − g·(a − b), each of
   * them found between columns p and p + 1 by f in the same way; a itself where the fraction is 0, whatever b is.
   */
  warp(x: Tensor, view: ImageView, matrices: Tensor, fill: number, y: Tensor): void;
  /** y[j, i] = x[index[j], i]/divisor, rounded once. x holds rows of bytes, as long as those of y, packed: four bytes for each number. */
  selectBytes(x: Tensor, index: Int32Array, divisor: number, y: Tensor): void;

  // Elementwise, one operand.
  neg: Unary;
  abs: Unary;
  sign: Unary;
  square: Unary;
  sqrt: Unary;
  /** 1/√x: two roundings, √ first. */
  rsqrt: Unary;
  exp: Unary;
  log: Unary;
  log1p: Unary;
  expm1: Unary;
  sin: Unary;
  cos: Unary;
  tanh: Unary;
  erf: Unary;
  /** 1/(1 + e⁻ˣ) */
  sigmoid: Unary;
  /** log(1 + eˣ) */
  softplus: Unary;
  /** max(x, 0); NaN stays NaN, and relu(−0) is +0. */
  relu: Unary;
  /** 1 where x is neither NaN nor infinite, else 0. */
  isFinite: Unary;
  /** x where x > 0, else slope·x. */
  leakyRelu(x: Tensor, slope: number, y: Tensor): void;
  /** x where x > 0, else alpha·(eˣ − 1). */
  elu(x: Tensor, alpha: number, y: Tensor): void;
  /** min where x < min, max where x > max, else x; NaN stays NaN. */
  clip(x: Tensor, min: number, max: number, y: Tensor): void;

  // Elementwise, two operands.
  add: Binary;
  sub: Binary;
  mul: Binary;
  div: Binary;
  pow: Binary;
  /** The greater one; NaN if either is NaN; +0 is greater than −0. */
  maximum: Binary;
  minimum: Binary;
  equal: Binary;
  notEqual: Binary;
  less: Binary;
  lessEqual: Binary;
  greater: Binary;
  greaterEqual: Binary;
  /** a where condition is not 0, else b; all three are broadcast to y's shape. */
  where(condition: Tensor, a: Tensor, b: Tensor, y: Tensor): void;
  /** dx = 0 where y ≤ 0, else dy: the gradient of relu, from its result. */
  reluGradient(dy: Tensor, y: Tensor, dx: Tensor): void;

  // Products.
  /** Y = A·B over the last two axes, A and B broadcast over the others; terms of a sum ascending in k. */
  matmul(A: Tensor, B: Tensor, options: MatmulOptions, Y: Tensor): void;
  /** Y = X·Wᵀ + b: X [rows, in], W [out, in], b [out]; terms ascending in k, then the bias. */
  linear(X: Tensor, W: Tensor, b: Tensor | undefined, Y: Tensor): void;

  // Reductions.
  sum: Reduction;
  prod: Reduction;
  /** The greatest element; NaN if there is one. −∞ of no elements. */
  max: Reduction;
  min: Reduction;
  /** The place, in 0 … size − 1, of the first greatest element; a NaN counts as greatest. */
  argmax: Reduction;
  argmin: Reduction;
  /** Running sums along the axis, ascending; descending if `reverse`. */
  cumsum(x: Tensor, view: AxisView, reverse: boolean, y: Tensor): void;
  /** The order that sorts each row: stable, NaN last, both when ascending and when descending. y as x. */
  argsort(x: Tensor, view: AxisView, descending: boolean, y: Tensor): void;

  // Softmax along an axis: m the row's max, eᵢ = exp(xᵢ − m), s their sum (summed as a Reduction).
  /** yᵢ = eᵢ / s */
  softmax(x: Tensor, view: AxisView, y: Tensor): void;
  /** yᵢ = (xᵢ − m) − log s */
  logSoftmax(x: Tensor, view: AxisView, y: Tensor): void;
  /** y = m + log s; m itself where m is infinite. */
  logSumExp(x: Tensor, view: AxisView, y: Tensor): void;
  /** loss[r] = log s − (x[r, label[r]] − m), for rows of logits [rows, classes]. */
  crossEntropy(logits: Tensor, labels: Int32Array, loss: Tensor): void;
  /** dx[r, c] = dy[r] · (eᵣ꜀ / s − [c = label[r]]); the difference is rounded, then the product. */
  crossEntropyGradient(dy: Tensor, logits: Tensor, labels: Int32Array, dx: Tensor): void;

  // Layer norm of rows [rows, width]: sums as a Reduction of inner 1.
  /** y = (x − mean)·rstd·weight + bias, rstd = 1/√(mean((x − mean)²) + eps). */
  layerNorm(x: Tensor, weight: Tensor | undefined, bias: Tensor | undefined, eps: number, y: Tensor): void;
  /** With x̂ = (x − mean)·rstd and g = dy·weight:  dx = rstd·(g − mean(g) − x̂·mean(g·x̂)). */
  layerNormGradient(dy: Tensor, x: Tensor, weight: Tensor | undefined, eps: number, dx: Tensor): void;

  // Random numbers: element i is a function of (seed, stream, i) alone.
  /** Uniform in [low, high), both rounded to float32: low + (high − low)·u, u a multiple of 2⁻²⁴ in [0, 1). */
  uniform(key: RandomKey, low: number, high: number, y: Tensor): void;
  /** Normal with the given mean and standard deviation, by Box and Muller's formula. */
  normal(key: RandomKey, mean: number, std: number, y: Tensor): void;
  /** `scale` with probability `keep`, else 0. */
  mask(key: RandomKey, keep: number, scale: number, y: Tensor): void;
  /** The whole numbers 0 … count − 1 in random order. */
  permutation(key: RandomKey, count: number): Int32Array;

  // Optimizers: one step of many parameters; they and their state are overwritten. Formulas stand beside the reference loops.
  /** State: the velocity, if there is momentum. */
  sgd: OptimizerStep<SgdOptions>;
  /** State: m, v, and the greatest v so far for AMSGrad. */
  adam: OptimizerStep<AdamOptions>;
  /** State: the mean square, and the velocity, if there is momentum. */
  rmsprop: OptimizerStep<RmspropOptions>;
  /** State: the sum of squares. */
  adagrad: OptimizerStep<AdagradOptions>;
}

/** Adam's 1 − βᵗ in float64. βᵗ by squaring: the same bits everywhere, which Math.pow does not promise. */
export function biasCorrection(beta: number, step: number): number {
  let power = 1;
  for (let factor = beta, rest = step; rest > 0; rest = Math.floor(rest / 2), factor *= factor)
    if (rest % 2 === 1) power *= factor;
  return 1 - power;
}
