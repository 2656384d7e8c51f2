// Data sets and batches.
export * as augment from './augment/index.ts';
export * from './dataset.ts';
export * from './loader.ts';
export * from './mnist.ts';
