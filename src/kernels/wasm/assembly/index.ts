// The WebAssembly module: every kernel, as the backend calls it.
export * from './elementwise';
export { FEW_COLUMNS, fewRows } from './fewRows';
export { BLOCK_A, EDGE, gemm, R, tile8, tile16 } from './gemm';
export * from './images';
export * from './layerNorm';
export * from './movement';
export * from './optimizers';
export * from './random';
export * from './reductions';
export * from './softmax';
