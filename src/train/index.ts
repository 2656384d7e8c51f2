// Training and evaluation.
export { detectAnomaly } from './anomaly.ts';
export type { Callback, EpochLog, TrainingState, ValidationLog } from './callback.ts';
export * from './callbacks/index.ts';
export { evaluate, type EvaluateOptions, type Loss } from './evaluate.ts';
export { fit } from './fit.ts';
export {
  accuracy,
  confusionMatrix,
  formatConfusionMatrix,
  type Metric,
  type MetricName,
  predictedClasses,
} from './metrics.ts';
export { ofHead } from './ofHead.ts';
export type { FitOptions } from './options.ts';
export { type Predictions, predict } from './predict.ts';
export type { Stateful } from './resume.ts';
