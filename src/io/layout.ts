// The layout of a safetensors file: the header's length, the header, the values. Read as if an enemy had written it.
import { ArgumentError, DataError, describe, show } from '../tensor/index.ts';
import { type Dtype, dtypes, type Numbers, written } from './dtypes.ts';
import { parseJson } from './json.ts';

/** An array of a file: its values as they lie there. */
export interface Entry {
  dtype: string;
  shape: number[];
  bytes: Uint8Array;
}

export interface Contents {
  metadata: Record<string, string>;
  /** In the order of the header; JSON has names that are whole numbers come first. */
  entries: Map<string, Entry>;
}

/** What the header says of an array; the offsets count from the end of the header. */
interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [begin: number, end: number];
}

/** Throws an error about the file. */
export type Fail = (problem: string, rule: string, repair?: string) => never;

/** A name of an array as errors show it: on one line, whatever is in it. */
export const quote = (name: string): string =>
  JSON.stringify(name.length > 200 ? `${name.slice(0, 197)}...` : name);

/** The one name in a header that is no array's. */
export const metadataName = '__metadata__';

const longestHeader = 100_000_000; // bytes; the reference implementation refuses a longer one too

/** How files begin that are taken for safetensors files. */
const others: [beginning: string, what: string, repair: string][] = [
  [
    'PK',
    'a zip file, such as torch.save writes',
    'in Python, safetensors.torch.save_file(model.state_dict(), ...)',
  ],
  [
    '\x80',
    'a pickle, such as torch.save wrote',
    'in Python, safetensors.torch.save_file(model.state_dict(), ...)',
  ],
  [
    '\x89HDF',
    'an HDF5 file, such as Keras writes',
    'in Python, safetensors.numpy.save_file({name: array}, ...)',
  ],
  ['\x1f\x8b', 'compressed with gzip', 'gunzip it first'],
  ['version https://git-lfs', 'a pointer of Git LFS in place of the file', 'git lfs pull'],
  ['<', 'a page of HTML or XML', 'download the file itself'],
];

/**
 * The arrays of a safetensors file. Nothing is allocated by what the file says of itself before it was held against the bytes
 * that are there.
 *
 * @throws DataError unless the whole file is as the format has it
 */
export function readContents(where: string, bytes: Uint8Array, name: string): Contents {
  const fail: Fail = (problem, rule, repair) => {
    throw new DataError(where, `${name} ${problem}`, rule, repair);
  };
  const begin = headerEnd(bytes, fail);
  const { [metadataName]: metadata = {}, ...header } = readHeader(bytes.slice(8, begin), fail);
  checkMetadata(metadata, (problem, rule) => fail(`has no readable metadata: ${problem}`, rule));

  const values = bytes.subarray(begin);
  const entries = Object.entries(header).map(([key, entry]) => checkEntry(key, entry, values.length, fail));
  checkOrder(entries, values.length, fail);
  return {
    metadata,
    entries: new Map(
      entries.map(({ key, dtype, shape, data_offsets: offsets }) => [
        key,
        { dtype, shape, bytes: values.subarray(...offsets) },
      ]),
    ),
  };
}

/** Where the header ends and the values begin. */
function headerEnd(bytes: Uint8Array, fail: Fail): number {
  const rule =
    'a safetensors file begins with the length of its header (64 bits), then the header, an object in JSON';
  if (bytes.length === 0) fail('is empty', rule);
  const length = bytes.length < 8 ? 0n : new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (bytes[8] !== 0x7b) {
    const other = others.find(([beginning]) => [...beginning].every((c, i) => bytes[i] === c.charCodeAt(0)));
    if (other) fail(`is no safetensors file, but ${other[1]}`, rule, other[2]);
  }
  if (bytes.length < 8) fail(`is cut off after ${bytes.length} bytes`, rule);
  if (length > longestHeader)
    fail(
      `is no safetensors file: its header would have ${length} bytes`,
      `a header has at most ${longestHeader} bytes`,
    );
  const end = 8 + Number(length);
  if (end > bytes.length)
    fail(`is cut off: its header has ${length} bytes, of which ${bytes.length - 8} are there`, rule);
  if (length === 0n || bytes[8] !== 0x7b)
    fail('is no safetensors file: its header does not begin with {', rule);
  return end;
}

function readHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  let text = '';
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    fail('has a header that is no text', 'the header must be UTF-8');
  }
  try {
    return parseJson(text) as Record<string, unknown>; // an object: it begins with {
  } catch (cause) {
    return fail(
      `has no readable header: ${(cause as Error).message}`,
      'the header must be one JSON object, in which a name is there once',
    );
  }
}

/** Throws unless every value is a string. */
function checkMetadata(metadata: unknown, fail: Fail): asserts metadata is Record<string, string> {
  const rule = 'metadata are strings by name';
  if (metadata === null || typeof metadata !== 'object' || Array.isArray(metadata))
    fail(`the metadata are ${describe(metadata)}`, rule);
  for (const [key, value] of Object.entries(metadata))
    if (typeof value !== 'string') fail(`${quote(key)} is ${describe(value)}`, rule);
}

/** What the header says of one array, if that can be: a known type, a shape, and as many bytes as it needs. */
function checkEntry(
  key: string,
  entry: unknown,
  available: number,
  fail: Fail,
): HeaderEntry & { key: string } {
  const quoted = quote(key);
  if (entry === null || typeof entry !== 'object' || Array.isArray(entry))
    fail(`has ${describe(entry)} as ${quoted}`, 'an entry is an object: dtype, shape, data_offsets');
  const { dtype, shape, data_offsets: offsets } = entry as Partial<HeaderEntry>;
  const width = typeof dtype === 'string' ? dtypes.get(dtype)?.width : undefined;
  if (dtype === undefined || width === undefined)
    fail(
      `holds ${quoted} as ${describe(dtype)}`,
      `the type must be one of ${[...dtypes.keys()].join(', ')}`,
      'in Python, .float() before saving',
    );
  if (!isSizes(shape))
    fail(
      `has a wrong shape of ${quoted}: ${describe(shape)}`,
      'a shape is a list of whole numbers, 0 or greater',
    );
  let needed = width;
  for (const size of shape) needed *= size;
  if (!Number.isSafeInteger(needed))
    fail(
      `has an impossible shape of ${quoted}: ${show(shape.slice(0, 8))}`,
      'a shape must have less than 2⁵³ bytes',
    );
  if (!isSizes(offsets) || offsets.length !== 2)
    fail(
      `misplaces ${quoted}: data_offsets is ${describe(offsets)}`,
      'data_offsets are two whole numbers, 0 or greater',
    );
  const [begin, end] = offsets;
  if (begin > end)
    fail(`misplaces ${quoted}: from ${begin} to ${end}`, 'data_offsets are the begin and the end');
  if (end - begin !== needed)
    fail(
      `has ${end - begin} bytes for ${quoted}`,
      `${dtype} values of shape ${show(shape.slice(0, 8))} have ${needed} bytes`,
    );
  if (end > available)
    fail(
      `is cut off: ${quoted} ends at byte ${end} of the values, of which ${available} are there`,
      'a file ends with the last value of its last array',
    );
  return { key, dtype, shape, data_offsets: [begin, end] };
}

const isSizes = (list: unknown): list is number[] =>
  Array.isArray(list) && list.every((n) => Number.isSafeInteger(n) && n >= 0 && !Object.is(n, -0));

/** Throws unless the arrays follow each other without gaps and overlaps, and the last one ends the file. */
function checkOrder(entries: (HeaderEntry & { key: string })[], available: number, fail: Fail): void {
  let next = 0;
  const byPlace = entries
    .map(({ key, data_offsets: [begin, end] }) => ({ key, begin, end }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  for (const { key, begin, end } of byPlace) {
    if (begin !== next)
      fail(
        `has ${begin > next ? 'a gap before' : 'an overlap at'} ${quote(key)}: it is at ${begin}, not at ${next}`,
        'arrays must follow each other without gaps',
      );
    next = end;
  }
  if (next !== available)
    fail(
      `has ${available - next} bytes after its last value`,
      'a file ends with the last value of its last array',
    );
}

/** An array's numbers: a view of the file where that can be, so to be copied. */
export const valuesOf = ({ dtype, bytes }: Omit<Entry, 'shape'>): Numbers =>
  (dtypes.get(dtype) as Dtype).read(bytes);

/** Throws if there is half a character (a lone surrogate): other readers refuse the file then. */
function checkText(text: string, fail: Fail): void {
  if (/\p{Surrogate}/u.test(text))
    fail(`${quote(text)} holds half a character`, 'names and metadata must be well-formed Unicode');
}

/** An array to be written. */
export interface Item {
  dtype: keyof typeof written;
  shape: readonly number[];
  values: Float32Array | Float64Array | Int32Array | Uint8Array;
}

/**
 * The bytes of a safetensors file. The header has the arrays in the given order. Their values lie in this order too, but wide
 * types before narrow ones: so each begins at a multiple of its width, and readers need not copy.
 */
export function writeContents(
  where: string,
  items: ReadonlyMap<string, Item>,
  metadata?: Record<string, string>,
): Uint8Array<ArrayBuffer> {
  const fail: Fail = (problem, rule, repair) => {
    throw new ArgumentError(where, problem, rule, repair);
  };
  const header: [string, unknown][] = [];
  if (metadata !== undefined) {
    checkMetadata(metadata, fail);
    for (const text of Object.entries(metadata).flat()) checkText(text, fail);
    header.push([metadataName, metadata]);
  }
  const widthOf = ({ dtype }: Item) => written[dtype].BYTES_PER_ELEMENT;
  const offsets = new Map<Item, number>();
  let end = 0;
  for (const item of [...items.values()].sort((a, b) => widthOf(b) - widthOf(a))) {
    offsets.set(item, end);
    end += widthOf(item) * item.values.length;
  }
  for (const [key, item] of items) {
    if (key === metadataName) fail(`an array is called ${key}`, 'the format keeps that name for itself');
    checkText(key, fail);
    const begin = offsets.get(item) as number;
    const place = [begin, begin + widthOf(item) * item.values.length];
    header.push([key, { dtype: item.dtype, shape: [...item.shape], data_offsets: place }]);
  }

  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const begin = 8 + Math.ceil(text.length / 8) * 8; // spaces after the header
  if (begin - 8 > longestHeader)
    fail(
      `the header would have ${text.length} bytes`,
      `a header has at most ${longestHeader} bytes`,
      'long lists of numbers as a Float64Array or a tensor',
    );
  const bytes = new Uint8Array(begin + end).fill(0x20, 8, begin);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(begin - 8), true);
  bytes.set(text, 8);
  for (const [item, offset] of offsets) {
    const Values = written[item.dtype];
    new Values(bytes.buffer, begin + offset, item.values.length).set(item.values);
  }
  return bytes;
}
