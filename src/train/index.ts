// Training and evaluation.
export * from './fit.ts';
export * from './metrics.ts';
export * from './progress.ts';
