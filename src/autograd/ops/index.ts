// Every operation, one line a file.
export * from './arithmetic.ts';
export * from './matmul.ts';
export * from './relu.ts';
export * from './reshape.ts';
export * from './sum.ts';
