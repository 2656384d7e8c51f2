// What may be handed to `fit` as callbacks.
export * from './checkpoint.ts';
export * from './earlyStopping.ts';
export * from './gradualUnfreezing.ts';
export * from './histograms.ts';
export * from './loggers.ts';
export * from './maxNorm.ts';
export * from './progress.ts';
export * from './stopOnNaN.ts';
