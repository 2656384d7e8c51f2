// Numbers with a shape. Nothing in here computes.
export * from './check.ts';
export * from './create.ts';
export * from './errors.ts';
export * from './heap.ts';
export * from './random.ts';
export type { Saved } from './saved.ts';
export * from './scope.ts';
export * from './shape.ts';
export * from './storage.ts';
export * from './tensor.ts';
