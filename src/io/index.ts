// Files and formats.
export * from './files.ts';
export * from './idx.ts';
export * from './safetensors.ts';
