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
export * from './linear.ts';
export * from './module.ts';
export * from './normalization.ts';
export * from './regularization.ts';
export * from './sequential.ts';
export * as optim from './optim/index.ts';
