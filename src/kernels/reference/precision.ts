// What the loops of the reference compute in: float32. Gradient checks put a float64 file in this one's place.
export const elements = Float32Array;
export const fround = Math.fround;
export * from './math.ts';
