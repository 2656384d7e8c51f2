// Operations that remember how they were called, and the walk back through them.
export { type AnomalyOptions, detectAnomaly } from './anomaly.ts';
export { backward, grad, type BackwardOptions, type GradOptions } from './backward.ts';
import './fluent.ts';

export type { Indices } from './indices.ts';
export type { Weight } from './loss.ts';
export { isRecording, noGrad, type Op, type Operand, type Samples } from './op.ts';
export * from './ops/index.ts';
