// Reading and writing files, where there are files: in Node. Browsers pass and receive bytes.
import { ArgumentError, DataError, describe } from '../tensor/index.ts';

/** The bytes of a file. */
export type Bytes = Uint8Array | ArrayBuffer;

/** A file to be read: its name (in Node), its bytes, or what a browser has of it. */
export type Source = string | Bytes | Blob;

/** The bytes, seen as a Uint8Array and no subclass: a Buffer's slice would be no copy. @internal */
export function asBytes(where: string, name: string, bytes: unknown): Uint8Array {
  if (bytes instanceof Uint8Array) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes);
  throw new ArgumentError(
    where,
    `${name} is ${describe(bytes)}`,
    'the bytes must be a Uint8Array or an ArrayBuffer',
  );
}

/** The bytes of a file, and how to call it in errors. @internal */
export async function bytesOf(where: string, file: Source): Promise<{ bytes: Uint8Array; name: string }> {
  if (typeof file === 'string') return { bytes: await readFile(file), name: file };
  if (file instanceof Uint8Array || file instanceof ArrayBuffer)
    return { bytes: asBytes(where, 'the file', file), name: 'the file' };
  if (!(file instanceof Blob))
    throw new ArgumentError(
      where,
      `the file is ${describe(file)}`,
      'a file is its name, its bytes (a Uint8Array or an ArrayBuffer), or a Blob',
    );
  const name = (file as Partial<File>).name || 'the file';
  try {
    return { bytes: new Uint8Array(await file.arrayBuffer()), name };
  } catch (cause) {
    throw new DataError(where, `cannot read ${name}: ${(cause as Error).message}`);
  }
}

/** Node's modules for files and names. */
const openFs = (path: string) => {
  if (typeof path !== 'string')
    throw new ArgumentError('io', `the file name is ${describe(path)}`, 'a file name must be a string');
  // Not an import: a bundler for browsers would follow it, warn, and put an empty module in its place.
  const fs = typeof process === 'undefined' ? undefined : process.getBuiltinModule?.('node:fs/promises');
  if (fs) return { fs, names: process.getBuiltinModule('node:path') };
  throw new DataError(
    'io',
    `cannot open ${path}: there is no file system here`,
    'files are read and written in Node; in a browser, pass bytes',
  );
};

type Fs = ReturnType<typeof openFs>;

/**
 * Finds out before hours of work whether a file of that name could be written afterwards: whether its folder is there and may be
 * written to.
 *
 * @throws DataError when it could not
 */
export async function checkWritable(path: string): Promise<void> {
  const { fs, names } = openFs(path);
  const folder = names.dirname(path);
  try {
    await fs.access(folder, fs.constants.W_OK);
  } catch (cause) {
    throw new DataError(
      'io',
      `cannot write ${path}: ${(cause as Error).message}`,
      'its folder must be there, and writable',
      `mkdir -p ${folder}`,
    );
  }
}

/**
 * The bytes of a file.
 *
 * @throws DataError when it cannot be read
 */
export async function readFile(path: string): Promise<Uint8Array> {
  const { fs } = openFs(path);
  try {
    const file = await fs.open(path);
    try {
      const { size } = await file.stat();
      if (size === 0) return new Uint8Array(await file.readFile()); // a pipe, perhaps, which cannot say its size
      // Not by readFile: it refuses more than 2 GiB, and goes by small pieces.
      const bytes = new Uint8Array(size);
      let end = 0;
      for (let read = 1; end < size && read > 0; end += read)
        read = (await file.read(bytes, end, Math.min(size - end, 2 ** 30))).bytesRead;
      return bytes.subarray(0, end);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new DataError('io', `cannot read ${path}: ${(cause as Error).message}`);
  }
}

/**
 * Writes a file whole or not at all: beside its final place, through to the disk, and then renamed. Whatever ends the program
 * in between, the name stands for the old file or the new one. A link is followed; the old file's permissions are kept. What
 * a killed program left beside the file is removed.
 *
 * @throws DataError when it cannot be written; the old file is as it was then
 */
export async function writeFile(path: string, bytes: Uint8Array): Promise<void> {
  if (!(bytes instanceof Uint8Array))
    throw new ArgumentError('io', `the bytes are ${describe(bytes)}`, 'the bytes must be a Uint8Array');
  const node = openFs(path);
  const { fs, names } = node;
  let beside: string | undefined;
  try {
    const target = await follow(node, names.resolve(path)); // the folder of the process may change meanwhile
    const old = await fs.stat(target).catch(unlessAbsent);
    if (old && !old.isFile()) throw new Error('what stands there is no ordinary file');
    if (old) await fs.access(target, fs.constants.W_OK); // a rename would ask the folder only
    await removeLeftOvers(node, target);

    beside = `${target}.${process.pid}-${Math.random().toString(36).slice(2)}.tmp`;
    const file = await fs.open(beside, 'wx', old?.mode);
    try {
      await file.writeFile(bytes);
      if (old) {
        await file.chown(old.uid, old.gid).catch(() => {}); // which only an administrator may
        await file.chmod(old.mode);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(beside, target);
    await syncFolder(node, names.dirname(target));
  } catch (cause) {
    if (beside) await fs.rm(beside, { force: true }).catch(() => {}); // what went wrong first is what counts
    throw new DataError('io', `cannot write ${path}: ${(cause as Error).message}`);
  }
}

const unlessAbsent = (cause: NodeJS.ErrnoException): undefined => {
  if (cause.code !== 'ENOENT') throw cause;
};

/** Where a name leads, through links; also to a file that is not there yet. */
async function follow(node: Fs, path: string): Promise<string> {
  const { fs, names } = node;
  const found = await fs.realpath(path).catch(unlessAbsent);
  if (found !== undefined) return found;
  const link = await fs.readlink(path).catch(() => undefined);
  return link === undefined ? path : follow(node, names.resolve(names.dirname(path), link));
}

/** A new name is lasting when its folder is on the disk. Where folders cannot be flushed, it lasts as the system has it. */
async function syncFolder({ fs }: Fs, folder: string): Promise<void> {
  const handle = await fs.open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** Removes what killed programs left beside a file. */
async function removeLeftOvers({ fs, names }: Fs, target: string): Promise<void> {
  const [folder, start] = [names.dirname(target), `${names.basename(target)}.`];
  for (const entry of await fs.readdir(folder).catch(() => [])) {
    const pid = entry.startsWith(start) && /^(\d+)-[a-z0-9]*\.tmp$/.exec(entry.slice(start.length))?.[1];
    if (!pid) continue;
    const path = names.join(folder, entry);
    // In a container the next program often has the number of the killed one: its own files are younger than itself.
    const isOld =
      Number(pid) === process.pid
        ? ((await fs.stat(path).catch(() => undefined))?.mtimeMs ?? Infinity) < started()
        : !isRunning(Number(pid));
    if (isOld) await fs.rm(path, { force: true }).catch(() => {});
  }
}

const started = (): number => Date.now() - 1000 * process.uptime();

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== 'ESRCH'; // it may be somebody else's
  }
}
