// Data sets and batches, and what comes before them: reading, cleaning, scaling, encoding, splitting, augmentation.
export * as augment from './augment/index.ts';
export * from './bagOfWords.ts';
export * from './cleaning.ts';
export { type ColumnType, type CsvOptions, csvRows, readCsv } from './csv.ts';
export {
  type Batch,
  Dataset,
  fromTensors,
  type Integers,
  type Targets,
  type TaskTargets,
} from './dataset.ts';
export * from './encoding.ts';
export * from './jsonLines.ts';
export * from './loader.ts';
export * from './mnist.ts';
export { Pipeline, Preprocessor } from './preprocessor.ts';
export * from './scalers.ts';
export * from './splitting.ts';
export * from './summarize.ts';
export { type ColumnValues, type Row, Table, type TableColumn } from './table.ts';
export type { TextOptions, TextSource } from './text.ts';
