// The only public door.
export * from './autograd/index.ts';
export { tensor, zeros, ones, full, eye, arange, linspace } from './tensor/index.ts';
