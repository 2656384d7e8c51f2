// Training and evaluation.
export * from './fit.ts';
export * from './gradualUnfreezing.ts';
export {
  accuracy,
  confusionMatrix,
  formatConfusionMatrix,
  type Metric,
  type MetricName,
  predictedClasses,
} from './metrics.ts';
export * from './progress.ts';
