// Data sets and batches.
export * from './dataset.ts';
export * from './loader.ts';
export * from './mnist.ts';
