// Files and formats.
export { loadCheckpoint, parseCheckpoint, saveCheckpoint, toCheckpoint } from './checkpoint.ts';
export { type Bytes, checkWritable, readFile, type Source, writeFile } from './files.ts';
export * from './idx.ts';
export {
  load,
  loadMetadata,
  parseSafetensors,
  type SafetensorsOptions,
  type Savable,
  save,
  toSafetensors,
} from './safetensors.ts';
