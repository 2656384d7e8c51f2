// Augmentation: each epoch sees every training sample a little changed. Transforms for `data.loader`.
export * from './geometry.ts';
export type { Augmentation, ImageOptions, Range } from './options.ts';
export * from './mixup.ts';
export * from './pixels.ts';
