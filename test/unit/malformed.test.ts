// Files that are not what they claim to be: each is a DataError that names the file and the fault, soon and without a trace.
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { DataError, io, memory, type Saved, scope, tensor } from '../../src/index.ts';
import { expectError } from '../support/errors.ts';
import { entry, idxFile, safetensorsFile } from '../support/files.ts';
import { seeded } from '../support/random.ts';

const bytes = (...parts: (string | number[] | Uint8Array)[]): Uint8Array =>
  new Uint8Array(
    Buffer.concat(
      parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
    ),
  );

/** A malformed file: what is wrong, how it is made of a valid one, and parts of the message. */
type Row<T> = [fault: string, make: (valid: T) => Uint8Array, ...parts: string[]];

// --------------- safetensors

interface Header {
  __metadata__: any;
  weight: any;
  bias: any;
  steps: any;
  none: any;
  [more: string]: any;
}

const header = (): Header => ({
  __metadata__: { format: 'pt' },
  weight: entry([2, 3], 0, 24),
  bias: entry([3], 24, 30, 'F16'),
  steps: entry([], 30, 38, 'I64'),
  none: entry([4, 0], 38, 38),
});
const size = 38;
const valid = (): Uint8Array => safetensorsFile(header(), size);

/** The valid file with another header. */
const edit =
  (change: (header: Header) => unknown, values = size) =>
  () => {
    const own = header();
    return safetensorsFile(change(own) ?? own, values);
  };
/** The valid file with another text in its header. */
const replace = (from: string, to: string) => () => {
  const json = JSON.stringify(header());
  expect(json).to.include(from);
  return safetensorsFile(json.replace(from, to), size);
};
/** The valid file with another header length. */
const lengthOf = (length: bigint) => (file: Uint8Array) => {
  new DataView(file.buffer).setBigUint64(0, length, true);
  return file;
};
const set = (name: string, value: unknown) => edit((h) => void (h[name] = value));
const weight = (shape: unknown, begin: unknown = 0, end: unknown = 24, dtype: unknown = 'F32') =>
  set('weight', entry(shape, begin, end, dtype));

const safetensors: Row<Uint8Array>[] = [
  ['nothing', () => bytes(), 'is empty'],
  ['one byte', (file) => file.slice(0, 1), 'is cut off after 1 bytes'],
  ['seven bytes', (file) => file.slice(0, 7), 'is cut off after 7 bytes'],
  [
    'a length and no header',
    (file) => file.slice(0, 8),
    'is cut off: its header has',
    'of which 0 are there',
  ],
  ['half a header', (file) => file.slice(0, 50), 'is cut off: its header has', 'of which 42 are there'],
  [
    'no values',
    (file) => file.slice(0, -size),
    'is cut off: "weight" ends at byte 24 of the values, of which 0',
  ],
  [
    'all but the last byte',
    (file) => file.slice(0, -1),
    'is cut off: "steps" ends at byte 38',
    'of which 37',
  ],
  ['a byte too many', (file) => bytes(file, [0]), 'has 1 bytes after its last value'],
  ['the file twice', (file) => bytes(file, file), 'bytes after its last value'],
  ['zeros', () => new Uint8Array(100), 'its header does not begin with {'],
  ['a header of no length', lengthOf(0n), 'its header does not begin with {'],
  ['a header of one byte', lengthOf(1n), 'has no readable header'],
  ['a header that ends too early', lengthOf(40n), 'has no readable header'],
  ['a header that takes some of the values', lengthOf(BigInt(valid().length - 20)), 'has no readable header'],
  [
    'a header as long as can be said',
    lengthOf(2n ** 64n - 1n),
    'its header would have 18446744073709551615 bytes',
  ],
  ['a header of 2⁶³ bytes', lengthOf(2n ** 63n), 'its header would have 9223372036854775808 bytes'],
  ['a header of 2⁵³ + 1 bytes', lengthOf(2n ** 53n + 1n), 'its header would have 9007199254740993 bytes'],
  ['a header of 4 GiB', lengthOf(2n ** 32n), 'its header would have 4294967296 bytes', 'at most 100000000'],
  ['a header just above the limit', lengthOf(100_000_001n), 'its header would have 100000001 bytes'],
  [
    'a header at the limit, which is not there',
    lengthOf(100_000_000n),
    'is cut off: its header has 100000000 bytes',
  ],
  [
    'the length in big-endian',
    (file) => bytes([0, 0, 0, 0, 0, 0, 1, 20], file.slice(8)),
    'its header would have',
  ],
  ['a pickle', () => bytes('\x80\x02}q\x00X\x06\x00\x00\x00weight'), 'but a pickle', 'save_file'],
  ['a zip of PyTorch', () => bytes('PK\x03\x04', new Uint8Array(60)), 'but a zip file', 'save_file'],
  ['an HDF5 file of Keras', () => bytes('\x89HDF\r\n\x1a\n', new Uint8Array(60)), 'but an HDF5 file'],
  ['gzip', (file) => new Uint8Array(gzipSync(file)), 'but compressed with gzip', 'gunzip it first'],
  [
    'a pointer of Git LFS',
    () => bytes('version https://git-lfs.github.com/spec/v1\noid sha256:0'),
    'git lfs pull',
  ],
  ['a page of HTML', () => bytes('<!doctype html><title>Not found</title>'), 'but a page of HTML or XML'],
  ['a text', () => bytes('hello, this is no model'), 'its header would have'],
  ['a header that is a list', edit(() => '[]'), 'its header does not begin with {'],
  ['a header that is null', edit(() => 'null'), 'its header does not begin with {'],
  ['a header that is a string', edit(() => '"weight"'), 'its header does not begin with {'],
  ['a header after a space', edit((h) => ` ${JSON.stringify(h)}`), 'its header does not begin with {'],
  ['a header after a byte order mark', edit((h) => `\ufeff${JSON.stringify(h)}`), 'does not begin with {'],
  ['a header filled up with zero bytes', edit((h) => `${JSON.stringify(h)}\0\0`), 'has no readable header'],
  ['a header and something after it', edit((h) => `${JSON.stringify(h)}{}`), 'has no readable header'],
  ['a header without its last brace', edit((h) => JSON.stringify(h).slice(0, -1)), 'has no readable header'],
  ['a comma before the last brace', edit((h) => `${JSON.stringify(h).slice(0, -1)},}`), 'no readable header'],
  ['a comment', replace('{', '{/* weights */'), 'has no readable header'],
  ['names in single quotes', replace('"weight"', "'weight'"), 'has no readable header'],
  ['NaN', replace('[2,3]', '[2,NaN]'), 'has no readable header'],
  ['Infinity', replace('[2,3]', '[2,Infinity]'), 'has no readable header'],
  ['a hexadecimal number', replace('[2,3]', '[0x2,3]'), 'has no readable header'],
  ['a string that does not end', edit(() => '{"weight'), 'has no readable header'],
  ['a string that ends in a backslash', edit(() => '{"weight\\'), 'has no readable header'],
  ['a line break in a name', replace('"weight"', '"wei\nght"'), 'has no readable header'],
  ['a broken escape in a name', replace('"weight"', '"\\x41"'), 'has no readable header'],
  [
    'a name that is no UTF-8',
    () => safetensorsFile('{"_":1}').map((c) => (c === 0x5f ? 0xff : c)),
    'must be UTF-8',
  ],
  [
    'half a character in UTF-8',
    () => safetensorsFile('{"_":1}').map((c) => (c === 0x5f ? 0xc3 : c)),
    'must be UTF-8',
  ],
  ['a surrogate in UTF-8', () => bytes([10], new Uint8Array(7), '{"\xed\xa0\x80":{}}'), 'must be UTF-8'],
  [
    'one name twice',
    edit((h) => JSON.stringify(h).replace('"bias"', '"weight"')),
    'the name "weight" is there twice',
  ],
  [
    'one name twice, once in escapes',
    replace('"bias"', '"\\u0077eight"'),
    'the name "weight" is there twice',
  ],
  ['one name twice, with a space', replace('"bias":', '"weight" \n:'), 'the name "weight" is there twice'],
  ['__proto__ twice', edit(() => '{"__proto__":{},"__proto__":{}}'), 'the name "__proto__" is there twice'],
  ['two shapes', replace('"shape":[2,3]', '"shape":[2,3],"shape":[6]'), 'the name "shape" is there twice'],
  ['two metadata', replace('"weight"', '"__metadata__"'), 'the name "__metadata__" is there twice'],
  [
    'one key of the metadata twice',
    replace('"pt"', '"pt","format":"np"'),
    'the name "format" is there twice',
  ],
  [
    'a list in lists, a million deep',
    edit(() => `{"weight":${'['.repeat(1e6)}`),
    'nested more than 128 levels',
  ],
  ['objects in objects, a million deep', edit(() => '{"a":'.repeat(1e6)), 'nested more than 128 levels'],
  ['brackets that close more than was opened', edit(() => `{${'}'.repeat(1e6)}`), 'has no readable header'],
  ['a megabyte of quotes', edit(() => `{${'"'.repeat(1e6)}`), 'has no readable header'],
  ['a megabyte of backslashes', edit(() => `{"${'\\'.repeat(1e6)}`), 'has no readable header'],
  ['a megabyte of spaces', edit(() => `{"a"${' '.repeat(1e6)}`), 'has no readable header'],
  ['metadata that are a list', set('__metadata__', ['pt']), 'has no readable metadata', 'an array of 1'],
  ['metadata that are null', set('__metadata__', null), 'has no readable metadata', 'null'],
  ['metadata with a number', set('__metadata__', { epoch: 3 }), 'has no readable metadata: "epoch" is 3'],
  ['metadata with an object', set('__metadata__', { a: { b: '' } }), 'metadata: "a" is an object'],
  ['an entry that is null', set('weight', null), 'has null as "weight"'],
  ['an entry that is a number', set('weight', 24), 'has 24 as "weight"'],
  ['an entry that is a list', set('weight', ['F32', [2, 3], [0, 24]]), 'has an array of 3 as "weight"'],
  ['an entry without anything', set('weight', {}), 'holds "weight" as undefined'],
  ['an entry __proto__', edit(() => '{"__proto__":{"polluted":1}}', 0), 'holds "__proto__" as undefined'],
  [
    'a proto in an entry',
    edit(() => '{"a":{"__proto__":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}}'),
    '"a" as undefined',
  ],
  ['no type', set('weight', { shape: [2, 3], data_offsets: [0, 24] }), 'holds "weight" as undefined'],
  [
    'a type of 8 bits that few know',
    weight([24], 0, 24, 'F8_E4M3'),
    'holds "weight" as "F8_E4M3"',
    'F64, F32, F16, BF16',
  ],
  ['a type in small letters', weight([2, 3], 0, 24, 'f32'), 'holds "weight" as "f32"'],
  [
    'a type of PyTorch',
    weight([2, 3], 0, 24, 'torch.float32'),
    'holds "weight" as "torch.float32"',
    '.float()',
  ],
  ['a type that objects inherit', weight([2, 3], 0, 24, 'constructor'), 'holds "weight" as "constructor"'],
  ['a type that is a list', weight([2, 3], 0, 24, ['F32']), 'holds "weight" as an array of 1'],
  ['no shape', set('weight', { dtype: 'F32', data_offsets: [0, 24] }), 'wrong shape of "weight": undefined'],
  ['a shape that is a number', weight(6), 'has a wrong shape of "weight": 6'],
  ['a shape that is a text', weight('2,3'), 'has a wrong shape of "weight": "2,3"'],
  ['a shape that is an object', weight({ length: 0 }), 'has a wrong shape of "weight": an object'],
  ['a negative size', weight([-2, -3]), 'has a wrong shape of "weight"', 'whole numbers, 0 or greater'],
  ['a size of −0', replace('[2,3]', '[2,3,-0]'), 'has a wrong shape of "weight"'],
  ['half a size', weight([1.5, 4]), 'has a wrong shape of "weight"'],
  ['a size that is a text', weight(['2', 3]), 'has a wrong shape of "weight"'],
  ['a size that is null', weight([null, 3]), 'has a wrong shape of "weight"'],
  ['a size in a list', weight([[2, 3]]), 'has a wrong shape of "weight"'],
  ['a size beyond all', replace('[2,3]', '[2,1e999]'), 'has a wrong shape of "weight"'],
  ['a size of 2⁵³', weight([2 ** 53]), 'has a wrong shape of "weight"'],
  ['a size of 2⁶⁴ + 6', replace('[2,3]', '[18446744073709551622]'), 'has a wrong shape of "weight"'],
  [
    'sizes whose product is 2⁶⁴ + …',
    weight([2 ** 32, 2 ** 32]),
    'has an impossible shape of "weight": [4294967296, 4294967296]',
  ],
  ['values of 2⁵³ bytes', weight([2 ** 51]), 'has an impossible shape of "weight"'],
  [
    'sizes whose product is infinite, and 0',
    weight([...new Array(30).fill(2 ** 52), 0]),
    'has an impossible shape',
  ],
  [
    'a million axes of 2',
    weight(new Array(1e6).fill(2)),
    'has an impossible shape of "weight": [2, 2, 2, 2, 2, 2, 2, 2]',
  ],
  [
    'a petabyte of values',
    weight([2 ** 48], 0, 2 ** 50),
    'is cut off: "weight" ends at byte 1125899906842624',
  ],
  [
    'a shape of more values',
    weight([2, 4]),
    'has 24 bytes for "weight"',
    'F32 values of shape [2, 4] have 32 bytes',
  ],
  ['a shape of fewer values', weight([5]), 'has 24 bytes for "weight"', 'have 20 bytes'],
  ['a scalar of six values', weight([]), 'has 24 bytes for "weight"', 'have 4 bytes'],
  ['a wider type', weight([2, 3], 0, 24, 'F64'), 'has 24 bytes for "weight"', 'have 48 bytes'],
  [
    'no offsets',
    set('weight', { dtype: 'F32', shape: [2, 3] }),
    'misplaces "weight": data_offsets is undefined',
  ],
  [
    'offsets that are a number',
    set('weight', { ...entry([2, 3], 0, 0), data_offsets: 24 }),
    'misplaces "weight"',
  ],
  [
    'one offset',
    set('weight', { ...entry([2, 3], 0, 0), data_offsets: [24] }),
    'misplaces "weight"',
    'an array of 1',
  ],
  ['three offsets', set('weight', { ...entry([2, 3], 0, 0), data_offsets: [0, 24, 48] }), 'an array of 3'],
  ['offsets that are texts', weight([2, 3], '0', '24'), 'misplaces "weight"', 'two whole numbers'],
  ['half an offset', weight([2, 3], 0.5, 24.5), 'misplaces "weight"'],
  ['a negative offset', weight([2, 3], -24, 0), 'misplaces "weight"'],
  ['an offset that is null', weight([2, 3], null, 24), 'misplaces "weight"'],
  ['an offset of 2⁵³', weight([2, 3], 2 ** 53, 2 ** 53 + 24), 'misplaces "weight"'],
  ['offsets the other way round', weight([2, 3], 24, 0), 'misplaces "weight": from 24 to 0'],
  ['a place behind the end', weight([2, 3], 100, 124), 'is cut off: "weight" ends at byte 124'],
  [
    'a place that is another one’s',
    set('bias', entry([3], 18, 24, 'F16')),
    'has an overlap at "bias": it is at 18, not at 24',
  ],
  [
    'two arrays at one place',
    set('more', entry([2, 3], 0, 24)),
    'has an overlap at',
    'it is at 0, not at 24',
  ],
  [
    'an array within another',
    set('more', entry([2], 4, 12)),
    'has an overlap at "more": it is at 4, not at 24',
  ],
  [
    'a gap at the beginning',
    edit((h) => void delete h.weight),
    'has a gap before "bias": it is at 24, not at 0',
  ],
  ['a gap between', edit((h) => void delete h.bias), 'has a gap before "steps": it is at 30, not at 24'],
  [
    'nothing of an array at another',
    set('none', entry([4, 0], 25, 25)),
    'has an overlap at',
    'it is at 25, not at 30',
  ],
  ['values that nobody names', edit(() => ({})), 'has 38 bytes after its last value'],
  [
    'an array less than values',
    edit((h) => void delete h.steps),
    'a gap before "none": it is at 38, not at 30',
  ],
  ['a name of a megabyte', set('x'.repeat(1e6), null), 'has null as "xxxxx', '..."'],
];

// --------------- idx

const images = (): Uint8Array => idxFile(8, [2, 2, 3], new Uint8Array(12));
const put =
  (place: number, ...values: number[]) =>
  (file: Uint8Array) => {
    file.set(values, place);
    return file;
  };
const most = [255, 255, 255, 255];

const idx: Row<Uint8Array>[] = [
  ['nothing', () => bytes(), 'is not an idx file'],
  ['three bytes', (file) => file.slice(0, 3), 'is not an idx file'],
  ['no sizes', (file) => file.slice(0, 4), 'ends inside its header, after 4 bytes', '3 axes has 16 bytes'],
  ['half a size', (file) => file.slice(0, 15), 'ends inside its header, after 15 bytes'],
  ['no values', (file) => file.slice(0, 16), 'is cut off: it has 16 bytes', 'the shape [2, 2, 3] needs 28'],
  ['all but the last byte', (file) => file.slice(0, -1), 'is cut off: it has 27 bytes'],
  ['a byte too many', (file) => bytes(file, [0]), 'is too long: it has 29 bytes'],
  ['the file twice', (file) => bytes(file, file), 'is too long: it has 56 bytes'],
  ['a first byte that is not 0', put(0, 1), 'is not an idx file'],
  ['a second byte that is not 0', put(1, 1), 'is not an idx file'],
  ['the type 0', put(2, 0), 'has the unknown type 0', '8, 9, 11, 12, 13, 14'],
  ['the type 10, of which there is none', put(2, 10), 'has the unknown type 10'],
  ['the type 15', put(2, 15), 'has the unknown type 15'],
  ['the type 255', put(2, 255), 'has the unknown type 255'],
  ['a wider type', put(2, 13), 'is cut off: it has 28 bytes', 'needs 64'],
  ['no axes', put(3, 0), 'is too long: it has 28 bytes', 'the shape [] needs 5'],
  ['an axis less', put(3, 2), 'is too long', 'the shape [2, 2] needs 16'],
  ['an axis more', put(3, 4), 'is too long', 'the shape [2, 2, 3, 0] needs 20'],
  ['255 axes', put(3, 255), 'ends inside its header, after 28 bytes', '255 axes has 1024 bytes'],
  [
    '255 axes of 2³² − 1',
    () => bytes([0, 0, 8, 255], new Uint8Array(1020).fill(255)),
    'has an impossible shape',
  ],
  [
    '255 axes of 2',
    () => idxFile(14, new Array(255).fill(2), []),
    'has an impossible shape: [2, 2, 2, 2, 2, 2, 2, 2]',
  ],
  [
    '40 axes, and one of 0',
    () => idxFile(8, [...new Array(39).fill(2 ** 32 - 1), 0], []),
    'has an impossible shape',
  ],
  ['a size of 2³² − 1', put(4, ...most), 'is cut off', 'needs 25769803786'],
  ['two sizes of 2³² − 1', put(4, ...most, ...most), 'has an impossible shape: [4294967295, 4294967295, 3]'],
  ['2⁵³ values', () => idxFile(8, [2 ** 31, 2 ** 22], []), 'has an impossible shape'],
  ['a size less', put(7, 1), 'is too long'],
  ['a size of 0', put(7, 0), 'is too long', 'the shape [0, 2, 3] needs 16'],
  ['the sizes in little-endian', put(4, 2, 0, 0, 0), 'is cut off', 'the shape [33554432, 2, 3]'],
  ['gzip', (file) => new Uint8Array(gzipSync(file)), 'is compressed with gzip', 'gunzip it first'],
  ['a page of HTML', () => bytes('<!doctype html>'), 'is not an idx file'],
];

// --------------- checkpoints

const state = (): Saved => ({
  model: {
    '0.weight': tensor([
      [1, 2],
      [3, 4],
    ]),
  },
  mean: new Float64Array([0.5]),
  log: [NaN, undefined, 'text'],
});
const checkpointHeader = () => ({
  mean: entry([1], 0, 8, 'F64'),
  'model.0.weight': entry([2, 2], 8, 24),
});
const skeleton = () => ({
  version: 1 as unknown,
  state: {
    model: { '0.weight': { $tensor: 'model.0.weight' as unknown } },
    mean: { $array: 'mean' as unknown },
    log: [{ $value: 'NaN' as unknown }, { $value: 'undefined' }, 'text'],
  } as any,
});
/** A checkpoint whose state is the given text, or what an edit leaves of the valid one. */
const stateIs = (change: string | ((own: ReturnType<typeof skeleton>) => unknown)) => () => {
  const own = skeleton();
  const json = typeof change === 'string' ? change : JSON.stringify(change(own) ?? own);
  return safetensorsFile({ __metadata__: { typegrad: json }, ...checkpointHeader() }, 24);
};
const mark = (value: unknown) => stateIs((own) => void (own.state.more = value));

const checkpoints: Row<Uint8Array>[] = [
  ['nothing', () => bytes(), 'is empty'],
  ['half a file', (file) => file.slice(0, file.length / 2), 'is cut off'],
  ['all but the last byte', (file) => file.slice(0, -1), 'is cut off'],
  ['a byte too many', (file) => bytes(file, [0]), 'has 1 bytes after its last value'],
  ['a file of tensors', () => valid(), 'is a safetensors file, but no checkpoint', 'load()'],
  ['no metadata', () => safetensorsFile(checkpointHeader(), 24), 'but no checkpoint'],
  [
    'a state in the prototype',
    () => safetensorsFile('{"__metadata__":{"__proto__":"{}"}}'),
    'but no checkpoint',
  ],
  [
    'a state that is no string',
    () => safetensorsFile({ __metadata__: { typegrad: {} } }),
    'has no readable metadata',
  ],
  ['an empty state', stateIs(''), 'has no readable state'],
  ['half a state', stateIs('{"version":1,"state":{"a"'), 'has no readable state'],
  ['a state with NaN', stateIs('{"version":1,"state":NaN}'), 'has no readable state'],
  [
    'a name twice',
    stateIs('{"version":1,"state":{"a":1,"a":2}}'),
    'has no readable state: the name "a" is there twice',
  ],
  ['two versions', stateIs('{"version":2,"version":1,"state":1}'), 'the name "version" is there twice'],
  ['lists in lists', stateIs(`{"version":1,"state":${'['.repeat(1e5)}`), 'nested more than 128 levels deep'],
  ['a state that is a list', stateIs('[]'), 'has the version undefined'],
  ['a state that is null', stateIs('null'), 'has the version undefined'],
  ['a state that is a number', stateIs('3'), 'has the version undefined'],
  ['no version', stateIs('{"state":1}'), 'has the version undefined', 'a whole number, at least 1'],
  ['a version that is a text', stateIs('{"version":"1","state":1}'), 'has the version "1"'],
  ['the version 0', stateIs('{"version":0,"state":1}'), 'has the version 0'],
  ['the version 1.5', stateIs('{"version":1.5,"state":1}'), 'has the version 1.5'],
  [
    'a newer version',
    stateIs('{"version":2,"layout":{}}'),
    'is of version 2, from a newer typegrad',
    'versions up to 1',
  ],
  ['no state', stateIs('{"version":1}'), 'has no state'],
  ['a state that objects inherit', stateIs('{"version":1,"__proto__":{"state":1}}'), 'has no state'],
  [
    'a tensor that is not there',
    mark({ $tensor: 'model.1.weight' }),
    'has no array "model.1.weight", which its state names',
  ],
  ['an array that is not there', mark({ $array: 'std' }), 'has no array "std"'],
  ['an array that objects inherit', mark({ $array: 'constructor' }), 'has no array "constructor"'],
  ['the metadata as an array', mark({ $array: '__metadata__' }), 'has no array "__metadata__"'],
  ['a tensor without a name', mark({ $tensor: null }), 'has no array null'],
  ['a tensor whose name is a list', mark({ $tensor: ['mean'] }), 'has no array an array of 1'],
  [
    'a tensor that the state does not name',
    stateIs((own) => void delete own.state.model),
    'has an array "model.0.weight" that its state does not name',
  ],
  [
    'an array that the state does not name',
    stateIs((own) => void delete own.state.mean),
    'has an array "mean" that its state',
  ],
  [
    'a matrix as a typed array',
    mark({ $array: 'model.0.weight' }),
    'has "model.0.weight" as F32 with 2 axes',
    'with one axis',
  ],
  [
    'a typed array of a type that is none',
    () =>
      safetensorsFile(
        { __metadata__: { typegrad: '{"version":1,"state":{"$array":"a"}}' }, a: entry([1], 0, 2, 'F16') },
        2,
      ),
    'has "a" as F16 with 1 axes',
    'F64, F32, I32, U8',
  ],
  ['an unknown value', mark({ $value: 'nil' }), 'has "$value" in its state: "nil"', 'no such mark'],
  ['a value that is a number', mark({ $value: 3 }), 'has "$value" in its state: 3'],
  ['an unknown mark', mark({ $map: [] }), 'has "$map" in its state'],
  ['two marks at once', mark({ $tensor: 'mean', $value: 'NaN' }), 'has "$tensor" in its state'],
  ['a mark among names', mark({ a: 1, $value: 'NaN' }), 'has "$value" in its state'],
  ['a lone dollar', mark({ $: 1 }), 'has "$" in its state'],
  [
    'a gap between arrays',
    () =>
      safetensorsFile(
        {
          __metadata__: { typegrad: JSON.stringify(skeleton()) },
          ...checkpointHeader(),
          mean: entry([1], 24, 32, 'F64'),
        },
        32,
      ),
    'has a gap before "model.0.weight"',
  ],
];

const formats = [
  ['safetensors', io.parseSafetensors, valid, safetensors],
  ['idx', io.parseIdx, images, idx],
  ['checkpoint', io.parseCheckpoint, () => io.toCheckpoint(state()), checkpoints],
] as const;

/** Runs `body`, and throws if it touched the prototype of all objects, or left tensors behind. */
function withoutTrace(body: () => void): void {
  const [names, tensors] = [Object.getOwnPropertyNames(Object.prototype), memory().tensors];
  body();
  expect(Object.getOwnPropertyNames(Object.prototype)).to.deep.equal(names);
  expect(({} as { polluted?: unknown }).polluted).to.equal(undefined);
  expect(memory().tensors).to.be.at.most(tensors); // the collector may have taken others
}

for (const [format, parse, make, rows] of formats) {
  describe(`malformed ${format} files`, () => {
    it('are made of a valid one, and each fault is there once', () => {
      parse(make());
      const faults = rows.map(([fault]) => fault);
      expect([...new Set(faults)]).to.deep.equal(faults);
    });

    for (const [fault, mutate, ...parts] of rows)
      it(`${fault}: ${parts[0]}`, function () {
        this.timeout(2000);
        const file = mutate(make());
        const arrays = process.memoryUsage().arrayBuffers;
        withoutTrace(() =>
          expectError(() => parse(file, 'broken.bin'), DataError, ': broken.bin ', ...parts),
        );
        const more = process.memoryUsage().arrayBuffers - arrays;
        expect(more, 'bytes that were allocated').to.be.below(2 * file.length + 100_000);
      });
  });
}

// --------------- at random

const seed = 20_240_229;
const runs = 10_000;

/** A whole number below n. */
type Draw = (n: number) => number;

const flip = (file: Uint8Array, draw: Draw): Uint8Array => {
  const spoilt = file.slice();
  for (let i = 0; i <= draw(3); i++) spoilt[draw(file.length)] ^= 1 << draw(8);
  return spoilt;
};
const truncate = (file: Uint8Array, draw: Draw): Uint8Array => file.slice(0, draw(file.length));
const insert = (file: Uint8Array, draw: Draw): Uint8Array => {
  const place = draw(file.length + 1);
  const more = Array.from({ length: 1 + draw(9) }, () => draw(256));
  return bytes(file.slice(0, place), more, file.slice(place));
};
const swap = (file: Uint8Array, draw: Draw): Uint8Array => {
  const [from, to, length] = [draw(file.length), draw(file.length), draw(20)];
  return file.slice().copyWithin(to, from, from + length);
};
const words =
  '0 -1 -0 1e999 0.5 9007199254740993 null true "" "F16" "F32" [] {} [1] "__proto__" "shape" "dtype" : , } ]'.split(
    ' ',
  );
/** Another word for a number, a string or a bracket of the header, whose length is put right. */
const editHeader = (file: Uint8Array, draw: Draw): Uint8Array => {
  const begin = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const json = Buffer.from(file.subarray(8, begin)).toString();
  const places = [...json.matchAll(/-?\d+|\\?"[^"\\]*\\?"|[[\]{}:,]/g)];
  const { 0: word, index } = places[draw(places.length)];
  const other = draw(3) ? words[draw(words.length)] : places[draw(places.length)][0];
  return safetensorsFile(
    json.slice(0, index) + other + json.slice(index + word.length),
    file.subarray(begin),
  );
};

describe('files spoilt at random', () => {
  for (const [format, parse, make] of formats) {
    it(`${runs} ${format} files are read, or are a DataError`, () => {
      const random = seeded(seed);
      const draw: Draw = (n) => Math.floor(random() * n);
      const mutations = [flip, truncate, insert, swap, ...(format === 'idx' ? [] : [editHeader, editHeader])];
      const file = make();
      const counts = { read: 0, refused: 0 };
      withoutTrace(() => {
        for (let run = 0; run < runs; run++) {
          let spoilt = mutations[draw(mutations.length)](file, draw);
          if (draw(4) === 0) spoilt = flip(spoilt.length ? spoilt : file, draw);
          const begin = performance.now();
          try {
            scope(() => void parse(spoilt));
            counts.read++;
          } catch (error) {
            counts.refused++;
            if (!(error instanceof DataError))
              expect.fail(
                `seed ${seed}, run ${run}: ${(error as Error).stack}\n${Buffer.from(spoilt).toString('base64')}`,
              );
          }
          const took = performance.now() - begin;
          if (took > 1000) expect.fail(`seed ${seed}, run ${run}: ${took} ms`);
        }
      });
      expect(counts.read, 'files that were read').to.be.above(100); // the faults are subtle enough
      expect(counts.refused, 'files that were refused').to.be.above(runs / 2);
    });
  }
});
