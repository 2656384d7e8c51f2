// Checkpoints: any state of tensors, typed arrays, numbers and words, in one safetensors file.
//
// The file's arrays are the state's tensors and typed arrays, named by their path. Everything else is in the metadata, under
// `typegrad`: {"version": 1, "state": ...} in JSON. There, an object with one name stands for what JSON has not:
//
//     {"$tensor": name}   {"$array": name}   {"$value": "NaN" | "Infinity" | "-Infinity" | "-0" | "undefined"}
//
// and a name of the state's own that begins with $ has one more.
import { ArgumentError, DataError, describe, type Saved, Tensor } from '../tensor/index.ts';
import { written } from './dtypes.ts';
import { asBytes, type Bytes, bytesOf, type Source, writeFile } from './files.ts';
import { parseJson } from './json.ts';
import {
  type Entry,
  type Fail,
  type Item,
  metadataName,
  quote,
  readContents,
  valuesOf,
  writeContents,
} from './layout.ts';
import { itemOf, tensorOf } from './safetensors.ts';

const version = 1;
const metadataKey = 'typegrad';
const deepest = 100; // levels of a state; its JSON has one or two more

/** What JSON has no word for. */
const values = new Map<unknown, number | undefined>([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
  ['undefined', undefined],
]);

/**
 * The bytes of a checkpoint: a safetensors file of the state's tensors (F32) and typed arrays (F64, F32, I32, U8), named by
 * their path (`model.0.weight`), with the rest of the state as JSON in its metadata. A tensor or typed array that is there
 * twice is written once.
 *
 * @throws ArgumentError that names the path of what cannot be saved: functions, class instances, a state that contains itself
 */
export function toCheckpoint(state: Saved): Uint8Array<ArrayBuffer> {
  const items = new Map<string, Item>();
  const namesOf = new Map<unknown, string>();
  const open: unknown[] = []; // the objects and lists around

  const encode = (value: unknown, path: string): unknown => {
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
    if (typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0)) return value;
    for (const [name, special] of values) if (Object.is(value, special)) return { $value: name };
    if (value instanceof Tensor || itemOf(value))
      return { [value instanceof Tensor ? '$tensor' : '$array']: nameOf(value, path) };
    const isList = Array.isArray(value);
    if (!isList && !isPlainObject(value))
      refuse(
        path,
        `is ${describe(value)}`,
        `a checkpoint holds tensors, ${Object.values(written)
          .map((Values) => Values.name)
          .join(', ')}, numbers, ` + 'strings, booleans, null and undefined, in arrays and plain objects',
        'stateDict() of what is to be saved',
      );
    if (open.includes(value)) refuse(path, 'contains itself', 'a state is a tree');
    if (open.length === deepest)
      refuse(path, `is ${deepest} levels deep`, `a state has at most ${deepest} levels`);
    open.push(value);
    const inner = (key: string | number, item: unknown) =>
      encode(item, path === '' ? `${key}` : `${path}.${key}`);
    const result = isList
      ? Array.from(value, (item, i) => inner(i, item))
      : Object.fromEntries(
          Object.entries(value).map(([key, item]) => [
            key.startsWith('$') ? `$${key}` : key,
            inner(key, item),
          ]),
        );
    open.pop();
    return result;
  };

  const nameOf = (leaf: unknown, path: string): string => {
    const known = namesOf.get(leaf);
    if (known !== undefined) return known;
    const base = (path || 'state').replace(/\p{Surrogate}/gu, '\ufffd');
    let name = base;
    for (let n = 2; items.has(name) || name === metadataName; n++) name = `${base}#${n}`;
    items.set(name, itemOf(leaf) as Item);
    namesOf.set(leaf, name);
    return name;
  };

  const text = JSON.stringify({ version, state: encode(state, '') });
  return writeContents('toCheckpoint', items, { [metadataKey]: text });
}

function refuse(path: string, problem: string, rule: string, repair?: string): never {
  throw new ArgumentError('toCheckpoint', `${path || 'the state'} ${problem}`, rule, repair);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== 'object') return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * The state of a checkpoint's bytes, as it was: tensors as plain tensors (without gradients), typed arrays of their class; the
 * same one where it was the same.
 *
 * @param name how to call the file in errors
 * @throws DataError when the bytes are no checkpoint, not a whole one, or one of a newer version
 */
export function parseCheckpoint(bytes: Bytes, name = 'the file'): Saved {
  const fail: Fail = (problem, rule, repair) => {
    throw new DataError('parseCheckpoint', `${name} ${problem}`, rule, repair);
  };
  const file = asBytes('parseCheckpoint', name, bytes);
  const { entries, metadata } = readContents('parseCheckpoint', file, name);
  if (!Object.hasOwn(metadata, metadataKey))
    fail(
      'is a safetensors file, but no checkpoint',
      `a checkpoint has metadata of the name ${metadataKey}`,
      'load()',
    );
  const state = readState(metadata[metadataKey], fail);

  // Twice: the whole state is checked before the first array is made.
  const named = new Set<string>();
  decode(state, fail, (tag, key) => {
    const entry = typeof key === 'string' ? entries.get(key) : undefined;
    if (!entry)
      fail(
        `has no array ${typeof key === 'string' ? quote(key) : describe(key)}, which its state names`,
        'a checkpoint must be whole',
      );
    if (tag === '$array') checkArray(entry, key as string, fail);
    named.add(key as string);
    return undefined;
  });
  for (const key of entries.keys())
    if (!named.has(key))
      fail(`has an array ${quote(key)} that its state does not name`, 'a checkpoint must be whole');

  const leaves = new Map<string, Saved>();
  return decode(state, fail, (tag, key) => {
    const leaf = `${tag} ${key}`;
    if (!leaves.has(leaf)) {
      const entry = entries.get(key as string) as Entry;
      leaves.set(leaf, tag === '$tensor' ? tensorOf(entry) : arrayOf(entry));
    }
    return leaves.get(leaf);
  });
}

/** The state that its JSON stands for; `leaf` says what a tensor or typed array becomes. */
function decode(value: unknown, fail: Fail, leaf: (tag: '$tensor' | '$array', key: unknown) => Saved): Saved {
  if (Array.isArray(value)) return value.map((item) => decode(item, fail, leaf));
  if (value === null || typeof value !== 'object') return value as Saved;
  const pairs = Object.entries(value);
  if (pairs.length === 1) {
    const [tag, content] = pairs[0];
    if (tag === '$tensor' || tag === '$array') return leaf(tag, content);
    if (tag === '$value' && values.has(content)) return values.get(content);
  }
  return Object.fromEntries(
    pairs.map(([key, item]) => {
      if (key.startsWith('$') && !key.startsWith('$$'))
        fail(`has ${quote(key)} in its state: ${describe(item)}`, 'the format has no such mark');
      return [key.startsWith('$') ? key.slice(1) : key, decode(item, fail, leaf)];
    }),
  );
}

/** The state's JSON, if it is of a version that is known here. */
function readState(text: string, fail: Fail): unknown {
  let skeleton: { version?: unknown; state?: unknown } | null;
  try {
    skeleton = parseJson(text) as typeof skeleton;
  } catch (cause) {
    return fail(`has no readable state: ${(cause as Error).message}`, 'the state must be JSON');
  }
  const found = skeleton?.version;
  if (!Number.isSafeInteger(found) || (found as number) < 1)
    fail(`has the version ${describe(found)}`, 'the version must be a whole number, at least 1');
  if ((found as number) > version)
    fail(
      `is of version ${found}, from a newer typegrad`,
      `this typegrad reads versions up to ${version}`,
      'npm i typegrad@latest',
    );
  if (!Object.hasOwn(skeleton as object, 'state')) fail('has no state', 'a checkpoint must be whole');
  return (skeleton as { state: unknown }).state;
}

/** Throws unless a typed array can have been saved so. */
function checkArray({ dtype, shape }: Entry, key: string, fail: Fail): void {
  if (!Object.hasOwn(written, dtype) || shape.length !== 1)
    fail(
      `has ${quote(key)} as ${dtype} with ${shape.length} axes`,
      `a typed array is one of ${Object.keys(written).join(', ')} with one axis`,
    );
}

/** A typed array of its own, of the class that was saved. */
const arrayOf = ({ dtype, bytes }: Entry): Saved =>
  new written[dtype as keyof typeof written](valuesOf({ dtype, bytes }));

/**
 * Saves a state, such as `{ model: model.stateDict(), optimizer: optimizer.stateDict(), epoch }`, in one file. The old file
 * stays whole until the new one is.
 */
export async function saveCheckpoint(path: string, state: Saved): Promise<void> {
  await writeFile(path, toCheckpoint(state));
}

/** The state of a checkpoint, which is a path, bytes, or a Blob. See {@link parseCheckpoint}. */
export async function loadCheckpoint(file: Source): Promise<Saved> {
  const { bytes, name } = await bytesOf('loadCheckpoint', file);
  return parseCheckpoint(bytes, name);
}
