// Data sets and batches, and what comes before them: reading, cleaning, scaling, encoding, splitting.
export { type ColumnType, type CsvOptions, csvRows, type Row, readCsv } from './csv.ts';
export {
  type Batch,
  Dataset,
  fromTensors,
  type Integers,
  type Targets,
} from './dataset.ts';
export * from './loader.ts';
export * from './mnist.ts';
export { type ColumnValues, Table, type TableColumn } from './table.ts';
export type { TextOptions, TextSource } from './text.ts';
export * from './cleaning.ts';
export { FeaturePreprocessor, Pipeline, Preprocessor } from './preprocessor.ts';
export * from './scalers.ts';
