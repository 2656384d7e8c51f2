// The text of src/kernels/reference/precision.ts for a copy of the reference that computes in float64.
export const doublePrecision = `export const elements = Float64Array;
export const fround = (x) => x;
export * from './math64.ts';`;
