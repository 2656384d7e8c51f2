// Training and evaluation.
export { detectAnomaly } from './anomaly.ts';
export type { Callback, EpochLog, TrainingState, ValidationLog } from './callback.ts';
export * from './callbacks/index.ts';
export { evaluate, type EvaluateOptions, type Loss } from './evaluate.ts';
export { fit } from './fit.ts';
export {
  accuracy,
  type AverageOptions,
  type ClassificationReport,
  type ClassificationReportOptions,
  classificationReport,
  confusionMatrix,
  f1,
  type FormatReportOptions,
  formatClassificationReport,
  formatConfusionMatrix,
  logLoss,
  mae,
  type Metric,
  type MetricName,
  mse,
  precision,
  predictedClasses,
  r2,
  recall,
  type ReportLine,
  type RocAucOptions,
  rocAuc,
  type ThresholdOptions,
  topKAccuracy,
  type TopKOptions,
  type ZeroDivisionOptions,
} from './metrics.ts';
export { ofHead } from './ofHead.ts';
export type { FitOptions } from './options.ts';
export { type Predictions, predict } from './predict.ts';
export type { Stateful } from './resume.ts';
