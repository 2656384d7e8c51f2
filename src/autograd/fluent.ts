// Operations as methods of Tensor: x.matmul(w).add(b).relu(). Each method is the function of the same name.
import { type Axes, type Shape, Tensor, type Values } from '../tensor/index.ts';
import type { MatmulOptions } from '../kernels/index.ts';
import { type BackwardOptions, backward } from './backward.ts';
import type { Indices } from './indices.ts';
import type { AnyDefinition, Operand } from './op.ts';
import * as ops from './ops/index.ts';
import type { InnerSizesMeet, ProductOf } from './ops/matmul.ts';
import type { ReduceOptions } from './ops/sum.ts';

type Correction = ReduceOptions & { correction?: number };

declare module '../tensor/tensor.ts' {
  interface Tensor<S extends Shape> {
    /** Adds ∂this/∂leaf to the `grad` of every leaf behind this tensor; see the function `backward`. */
    backward(gradient?: Tensor, options?: BackwardOptions): void;

    add(b: number): Tensor<S>;
    add(b: Operand): Tensor;
    sub(b: number): Tensor<S>;
    sub(b: Operand): Tensor;
    mul(b: number): Tensor<S>;
    mul(b: Operand): Tensor;
    div(b: number): Tensor<S>;
    div(b: Operand): Tensor;
    pow(b: number): Tensor<S>;
    pow(b: Operand): Tensor;
    maximum(b: number): Tensor<S>;
    maximum(b: Operand): Tensor;
    minimum(b: number): Tensor<S>;
    minimum(b: Operand): Tensor;
    equal(b: number): Tensor<S>;
    equal(b: Operand): Tensor;
    notEqual(b: number): Tensor<S>;
    notEqual(b: Operand): Tensor;
    less(b: number): Tensor<S>;
    less(b: Operand): Tensor;
    lessEqual(b: number): Tensor<S>;
    lessEqual(b: Operand): Tensor;
    greater(b: number): Tensor<S>;
    greater(b: Operand): Tensor;
    greaterEqual(b: number): Tensor<S>;
    greaterEqual(b: Operand): Tensor;

    neg(): Tensor<S>;
    abs(): Tensor<S>;
    sign(): Tensor<S>;
    square(): Tensor<S>;
    sqrt(): Tensor<S>;
    rsqrt(): Tensor<S>;
    exp(): Tensor<S>;
    log(): Tensor<S>;
    log1p(): Tensor<S>;
    expm1(): Tensor<S>;
    sin(): Tensor<S>;
    cos(): Tensor<S>;
    erf(): Tensor<S>;
    isFinite(): Tensor<S>;
    clip(options: { min?: number; max?: number }): Tensor<S>;

    relu(): Tensor<S>;
    leakyRelu(options?: { slope?: number }): Tensor<S>;
    elu(options?: { alpha?: number }): Tensor<S>;
    gelu(options?: { approximate?: 'none' | 'tanh' }): Tensor<S>;
    silu(): Tensor<S>;
    softplus(): Tensor<S>;
    sigmoid(): Tensor<S>;
    logSigmoid(): Tensor<S>;
    tanh(): Tensor<S>;
    hardtanh(options?: { min?: number; max?: number }): Tensor<S>;
    softmax(axis?: number): Probabilities<S>;
    logSoftmax(axis?: number): Tensor<S>;
    logSumExp(axes?: Axes, options?: ReduceOptions): Tensor;

    matmul(B: Tensor, options: MatmulOptions): Tensor;
    matmul<B extends Shape>(B: Tensor<B> & InnerSizesMeet<S, B>): Tensor<ProductOf<S, B>>;
    dot(b: Tensor): Tensor<[]>;
    outer<M extends number, N extends number>(this: Tensor<[M]>, b: Tensor<[N]>): Tensor<[M, N]>;

    sum(axes?: Axes, options?: ReduceOptions): Tensor;
    mean(axes?: Axes, options?: ReduceOptions): Tensor;
    max(axes?: Axes, options?: ReduceOptions): Tensor;
    min(axes?: Axes, options?: ReduceOptions): Tensor;
    prod(axes?: Axes, options?: ReduceOptions): Tensor;
    variance(axes?: Axes, options?: Correction): Tensor;
    var(axes?: Axes, options?: Correction): Tensor;
    std(axes?: Axes, options?: Correction): Tensor;
    norm(axes?: Axes, options?: ReduceOptions & { p?: number }): Tensor;
    argmax(axis?: number): Tensor;
    argmin(axis?: number): Tensor;
    cumsum(axis: number): Tensor<S>;
    sort(axis?: number, options?: { descending?: boolean }): { values: Tensor<S>; indices: Tensor<S> };
    argsort(axis?: number, options?: { descending?: boolean }): Tensor<S>;
    topk(k: number, axis?: number, options?: { largest?: boolean }): { values: Tensor; indices: Tensor };

    reshape<T extends number[]>(shape: readonly [...T]): Tensor<-1 extends T[number] ? any : T>;
    flatten(from?: number, to?: number): Tensor;
    expandDims(axis: number): Tensor;
    squeeze(axes?: Axes): Tensor;
    transpose<M extends number, N extends number>(this: Tensor<[M, N]>): Tensor<[N, M]>;
    transpose(axis1?: number, axis2?: number): Tensor;
    permute(axes: readonly number[]): Tensor;
    broadcastTo<T extends number[]>(shape: readonly [...T]): Tensor<T>;
    slice(start: number, end?: number, axis?: number): Tensor;
    split(sizes: number | readonly number[], axis?: number): Tensor[];
    pad(widths: readonly (readonly [number, number])[], value?: number): Tensor;
    flip(axes?: Axes): Tensor<S>;
    gather(index: Indices, axis: number): Tensor;
    indexSelect(index: Indices, axis?: number): Tensor;
    indexAdd(index: Indices, source: Tensor, axis?: number): Tensor<S>;
    scatterAdd(index: Indices, source: Tensor, axis: number): Tensor<S>;
    tril(diagonal?: number): Tensor<S>;
    triu(diagonal?: number): Tensor<S>;

    linear(weight: Tensor, bias?: Tensor): Tensor;
    embedding(indices: Indices): Tensor;
    dropout(options?: ops.DropoutOptions): Tensor<S>;
    layerNorm(weight?: Tensor, bias?: Tensor, options?: ops.NormOptions): Tensor<S>;
    batchNorm(
      mean: Tensor,
      variance: Tensor,
      weight?: Tensor,
      bias?: Tensor,
      options?: ops.NormOptions,
    ): Tensor<S>;

    crossEntropy(this: Logits, target: ops.Labels | Tensor, options?: ops.CrossEntropyOptions): Tensor;
    nllLoss(target: ops.Labels, options?: ops.NllLossOptions): Tensor;
    binaryCrossEntropyWithLogits(
      this: Logits,
      target: Tensor,
      options?: ops.BinaryCrossEntropyOptions,
    ): Tensor;
    mse(target: Tensor, options?: ops.LossOptions): Tensor;
    l1(target: Tensor, options?: ops.LossOptions): Tensor;
    huber(target: Tensor, options?: ops.HuberOptions): Tensor;
    klDiv(target: Tensor, options?: ops.KlDivOptions): Tensor;
    hinge(target: Tensor | Values, options?: ops.HingeOptions): Tensor;
  }
}

const define = (name: string, method: (this: Tensor, ...rest: never[]) => unknown) =>
  Object.defineProperty(Tensor.prototype, name, { value: method, writable: true, configurable: true });

/**
 * Operations whose first argument is one tensor; the three with several results carry no definition. `where` begins with
 * its condition: as a method it would be taken for PyTorch's x.where(condition, other), which is something else.
 */
const isMethod = ([name, op]: [string, unknown]): boolean =>
  ['sort', 'split', 'topk'].includes(name) ||
  (typeof op === 'function' &&
    name !== 'where' &&
    'definition' in op &&
    !(op.definition as AnyDefinition).inputs[0].endsWith('...'));

for (const [name, op] of Object.entries(ops).filter(isMethod)) {
  define(name, function (...rest) {
    return (op as (...args: unknown[]) => unknown)(this, ...rest);
  });
}

define('backward', function (gradient?: Tensor, options?: BackwardOptions) {
  backward(this, gradient, options);
});
