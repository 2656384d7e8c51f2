// Reading and writing files, where there are files: in Node. Browsers pass and receive bytes.
import { ArgumentError, DataError, describe } from '../tensor/index.ts';

const openFs = (path: string) => {
  if (typeof path !== 'string')
    throw new ArgumentError('io', `the file name is ${describe(path)}`, 'a file name must be a string');
  // Not an import: a bundler for browsers would follow it, warn, and put an empty module in its place.
  const fs = typeof process === 'undefined' ? undefined : process.getBuiltinModule?.('node:fs/promises');
  if (fs) return fs;
  throw new DataError(
    'io',
    `cannot open ${path}: there is no file system here`,
    'files are read and written in Node; in a browser, pass bytes',
  );
};

/**
 * The bytes of a file.
 *
 * @throws DataError when it cannot be read
 */
export async function readFile(path: string): Promise<Uint8Array> {
  const fs = openFs(path);
  try {
    const { buffer, byteOffset, length } = await fs.readFile(path);
    return new Uint8Array(buffer, byteOffset, length); // the same bytes, without the Buffer's own methods
  } catch (cause) {
    throw new DataError('io', `cannot read ${path}: ${(cause as Error).message}`);
  }
}

/**
 * Writes a file beside its final place and then renames it, so that the name never stands for half a file.
 *
 * @throws DataError when it cannot be written; the old file is as it was then
 */
export async function writeFile(path: string, bytes: Uint8Array): Promise<void> {
  if (!(bytes instanceof Uint8Array))
    throw new ArgumentError('io', `the bytes are ${describe(bytes)}`, 'the bytes must be a Uint8Array');
  const fs = openFs(path);
  const beside = `${path}.${Math.random().toString(36).slice(2)}.tmp`;
  try {
    await fs.writeFile(beside, bytes, { flush: true });
    await fs.rename(beside, path);
  } catch (cause) {
    await fs.rm(beside, { force: true }).catch(() => {}); // what went wrong first is what counts
    throw new DataError('io', `cannot write ${path}: ${(cause as Error).message}`);
  }
}
