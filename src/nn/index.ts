// Layers, losses and networks.
export {
  binaryCrossEntropyWithLogits,
  crossEntropy,
  hinge,
  huber,
  klDiv,
  l1,
  mse,
  nllLoss,
} from '../autograd/index.ts';
export * from './activations.ts';
export * from './dropout.ts';
export * from './embedding.ts';
export * from './feedForward.ts';
export * from './flatten.ts';
export * as init from './init.ts';
export * from './layers.ts';
export * from './linear.ts';
export * from './lora.ts';
export { Buffer, Module, Parameter } from './module.ts';
export * from './multiTask.ts';
export * from './normalization.ts';
export * from './regularization.ts';
export * from './replaceHead.ts';
export type { Selection } from './selection.ts';
export * from './sequential.ts';
export type { LoadOptions, LoadReport, StateDict } from './state.ts';
export * as optim from './optim/index.ts';
