// Optimizers: how parameters move along their gradients, and schedules: how far.
export * from './adagrad.ts';
export * from './adam.ts';
export * from './clip.ts';
export * from './layerwiseDecay.ts';
export * from './optimizer.ts';
export * from './rmsprop.ts';
export * from './schedules/index.ts';
export * from './sgd.ts';
