// Layers, losses and networks.
export * from './activations.ts';
export * from './linear.ts';
export * from './module.ts';
export * from './sequential.ts';
export * as optim from './optim/index.ts';
