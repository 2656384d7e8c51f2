// Every operation, one line a file. What is not named here is for the other operations alone.
export { abs, sign } from './abs.ts';
export { add, div, mul, neg, sub, type UnaryOp, type BinaryOp } from './arithmetic.ts';
export { batchNorm } from './batchNorm.ts';
export { binaryCrossEntropyWithLogits, type BinaryCrossEntropyOptions } from './binaryCrossEntropy.ts';
export { clip, hardtanh, type ClipOptions } from './clip.ts';
export { equal, greater, greaterEqual, isFinite, less, lessEqual, notEqual } from './compare.ts';
export {
  crossEntropy,
  nllLoss,
  type NllLossOptions,
  type CrossEntropyOptions,
  type Labels,
} from './crossEntropy.ts';
export { cumsum } from './cumsum.ts';
export { dot, outer } from './dot.ts';
export { dropout, type DropoutOptions } from './dropout.ts';
export { embedding, type Embedding } from './embedding.ts';
export { flip } from './flip.ts';
export { gather, scatterAdd } from './gather.ts';
export { erf, gelu, type GeluOptions } from './gelu.ts';
export { hinge, type HingeOptions } from './hinge.ts';
export { indexAdd, indexSelect, oneHot } from './indexSelect.ts';
export { klDiv, type KlDivOptions } from './klDiv.ts';
export { layerNorm, type NormOptions } from './layerNorm.ts';
export { linear, matmul, type Matmul } from './matmul.ts';
export { norm, std, var, variance, type VarianceOptions, type VectorNormOptions } from './norm.ts';
export {
  argmax,
  argmin,
  argsort,
  sort,
  topk,
  type SortOptions,
  type Sorted,
  type TopkOptions,
} from './order.ts';
export { exp, expm1, log, log1p, pow, rsqrt, sqrt, square } from './power.ts';
export { prod } from './prod.ts';
export { rand, randn, randperm, uniform } from './random.ts';
export { max, mean, min } from './reduce.ts';
export { huber, l1, mse, type HuberOptions, type LossOptions, type LossReduction } from './regression.ts';
export { elu, leakyRelu, relu, type LeakyReluOptions, type EluOptions } from './relu.ts';
export { expandDims, flatten, reshape, squeeze } from './reshape.ts';
export { maximum, minimum, where, type Where } from './select.ts';
export { logSigmoid, sigmoid, silu, softplus } from './sigmoid.ts';
export { concat, pad, slice, split, stack, type PadWidths } from './slice.ts';
export { logSoftmax, logSumExp, softmax } from './softmax.ts';
export { broadcastTo, sum, type ReduceOptions } from './sum.ts';
export { tanh } from './tanh.ts';
export { permute, transpose, type Transpose } from './transpose.ts';
export { tril, triu } from './triangle.ts';
export { cos, sin } from './trig.ts';
