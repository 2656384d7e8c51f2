// Text from where it comes: a file, bytes, a string, or chunks that arrive one by one. Never whole, unless it came so.
import { ArgumentError, DataError, describe } from '../tensor/index.ts';

/**
 * Where a text is read from: the name of a file (in Node), its bytes, `{ text }`, or an iterable of chunks, such as the `body`
 * of a fetched response.
 */
export type TextSource =
  | string
  | Uint8Array
  | { text: string }
  | Iterable<string | Uint8Array>
  | AsyncIterable<string | Uint8Array>;

export interface TextOptions {
  /** How to call the source in errors. Default: the file's name, or `the text`. */
  name?: string;
  /** How bytes become letters, as TextDecoder names it. Default 'utf-8'; Excel often writes 'windows-1252'. */
  encoding?: string;
}

const chunkBytes = 1 << 18;

/** What to call a source in errors. */
export function nameOf(where: string, source: TextSource, { name }: TextOptions): string {
  if (name !== undefined && typeof name !== 'string')
    throw new ArgumentError(where, `name is ${describe(name)}`, 'name must be a string');
  return name ?? (typeof source === 'string' ? source : 'the text');
}

/** The pieces that a source consists of, as they come. Throws at once where the source cannot be one. */
export function openText(where: string, source: TextSource, options: TextOptions): AsyncIterable<string> {
  const name = nameOf(where, source, options);
  const decoder = decoderFor(where, options.encoding ?? 'utf-8');
  return decode(where, name, chunksOf(where, source), decoder);
}

function decoderFor(where: string, encoding: unknown): TextDecoder {
  try {
    if (typeof encoding === 'string') return new TextDecoder(encoding, { fatal: true });
  } catch {}
  throw new ArgumentError(
    where,
    `encoding is ${describe(encoding)}`,
    'encoding must be a name that TextDecoder knows',
    "'utf-8', 'windows-1252', 'utf-16le'",
  );
}

async function* decode(
  where: string,
  name: string,
  chunks: Iterable<unknown> | AsyncIterable<unknown>,
  decoder: TextDecoder,
): AsyncGenerator<string> {
  const decoded = (bytes?: Uint8Array): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw new DataError(
        where,
        `${name} is not a text in ${decoder.encoding}`,
        'bytes are read in the encoding that is asked for',
        "{ encoding: 'windows-1252' }, or 'utf-16le'",
      );
    }
  };
  let isFirst = true;
  for await (const chunk of chunks) {
    if (typeof chunk === 'string') {
      if (chunk) yield isFirst && chunk[0] === '\ufeff' ? chunk.slice(1) : chunk; // TextDecoder drops it from bytes
    } else if (chunk instanceof Uint8Array) {
      if (isFirst && chunk[0] === 0x1f && chunk[1] === 0x8b)
        throw new DataError(
          where,
          `${name} is compressed with gzip`,
          'texts are read uncompressed',
          'gunzip it first',
        );
      for (let begin = 0; begin < chunk.length; begin += chunkBytes) {
        const text = decoded(chunk.subarray(begin, begin + chunkBytes));
        if (text) yield text;
      }
    } else
      throw new ArgumentError(
        where,
        `a chunk of ${name} is ${describe(chunk)}`,
        'chunks must be strings or Uint8Arrays',
      );
    isFirst &&= chunk.length === 0;
  }
  const rest = decoded();
  if (rest) yield rest;
}

function chunksOf(where: string, source: unknown): Iterable<unknown> | AsyncIterable<unknown> {
  if (typeof source === 'string') return fileChunks(where, source);
  if (source instanceof Uint8Array) return [source];
  if (source !== null && typeof source === 'object') {
    if ('text' in source && typeof source.text === 'string') return [source.text];
    if (Symbol.asyncIterator in source) return source as AsyncIterable<unknown>;
    if (Symbol.iterator in source && !ArrayBuffer.isView(source)) return source as Iterable<unknown>;
  }
  throw new ArgumentError(
    where,
    `the source is ${describe(source)}`,
    'the source must be the name of a file, bytes, { text }, or an iterable of chunks',
    `${where}('data.csv'), or ${where}({ text })`,
  );
}

async function* fileChunks(where: string, path: string): AsyncGenerator<Uint8Array> {
  // Not an import: a bundler for browsers would follow it.
  const fs = typeof process === 'undefined' ? undefined : process.getBuiltinModule?.('node:fs/promises');
  const isText = path.includes('\n');
  if (!fs || isText)
    throw new DataError(
      where,
      `cannot open ${describe(path)}: ${isText ? 'no file has a line break in its name' : 'there is no file system here'}`,
      isText ? 'a string is the name of a file' : 'files are read in Node; in a browser, pass bytes or text',
      `${where}({ text })`,
    );
  try {
    const file = await fs.open(path);
    try {
      for (;;) {
        const { bytesRead, buffer } = await file.read(new Uint8Array(chunkBytes), 0, chunkBytes);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new DataError(where, `cannot read ${path}: ${(cause as Error).message}`);
  }
}
