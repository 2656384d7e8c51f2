// Files and formats: idx and safetensors byte by byte, and what is refused.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { ArgumentError, DataError, io, ones, tensor, zeros } from '../../src/index.ts';
import { Tensor } from '../../src/index.ts';
import { expectError, expectRejection } from '../support/errors.ts';

const bad = (value: unknown) => value as never;

/** An idx file of the given type and sizes, with these bytes as values. */
const idx = (type: number, sizes: number[], values: readonly number[] | Uint8Array): Uint8Array =>
  Uint8Array.from([0, 0, type, sizes.length, ...sizes.flatMap((n) => [0, 0, n >> 8, n & 255]), ...values]);

describe('parseIdx', () => {
  it('reads sizes and numbers of every type, the high byte first', () => {
    const cases: [number, number[], io.IdxArray['data']][] = [
      [0x08, [1, 255], new Uint8Array([1, 255])],
      [0x09, [1, 255], new Int8Array([1, -1])],
      [0x0b, [1, 2, 0xff, 0xfe], new Int16Array([258, -2])], // 258 = 1·256 + 2
      [0x0c, [0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff], new Int32Array([65536, -1])],
      [0x0d, [0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0], new Float32Array([1, -2.5])], // 0x3f8: exponent 127, 2⁰
      [0x0e, [0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 4, 0, 0, 0, 0, 0, 0], new Float64Array([1, -2.5])],
    ];
    for (const [type, bytes, expected] of cases) {
      const { shape, data } = io.parseIdx(idx(type, [2], bytes));
      expect(shape).to.deep.equal([2]);
      expect(data).to.deep.equal(expected);
    }
  });

  it('reads several axes, none, and axes without entries', () => {
    expect(io.parseIdx(idx(8, [2, 1, 3], [1, 2, 3, 4, 5, 6])).shape).to.deep.equal([2, 1, 3]);
    expect(io.parseIdx(idx(8, [], [7]))).to.deep.equal({ shape: [], data: new Uint8Array([7]) });
    expect(io.parseIdx(idx(8, [3, 0], []))).to.deep.equal({ shape: [3, 0], data: new Uint8Array(0) });
    expect(io.parseIdx(idx(8, [300], new Uint8Array(300))).shape).to.deep.equal([300]);
  });

  it('reads from the middle of a buffer, and copies', () => {
    const file = idx(11, [2], [0, 1, 0, 2]);
    const buffer = new Uint8Array([9, ...file, 9]);
    expect([...io.parseIdx(buffer.subarray(1, -1)).data]).to.deep.equal([1, 2]);

    const bytes = Buffer.from(idx(8, [2], [1, 2]));
    const { data } = io.parseIdx(bytes);
    bytes.fill(0);
    expect([...data]).to.deep.equal([1, 2]);
  });

  it('refuses a file that was cut anywhere, and one that goes on', () => {
    const file = idx(12, [1, 2], [0, 0, 0, 1, 0, 0, 0, 2]);
    for (let length = 0; length < file.length; length++)
      expectError(() => io.parseIdx(file.subarray(0, length), 'images'), DataError, 'parseIdx: images ');
    expectError(
      () => io.parseIdx(file.subarray(0, 9)),
      DataError,
      'the file ends inside its header, after 9 bytes',
      'a header of 2 axes has 12 bytes',
      'download the file again',
    );
    expectError(
      () => io.parseIdx(file.subarray(0, 19)),
      DataError,
      'is cut off: it has 19 bytes',
      'the shape [1, 2] needs 20',
    );
    expectError(() => io.parseIdx(new Uint8Array([...file, 0])), DataError, 'is too long: it has 21 bytes');
  });

  it('refuses what is no idx file, and knows gzip', () => {
    expectError(
      () => io.parseIdx(gzipSync(idx(8, [1], [1])), 'train-images'),
      DataError,
      'train-images is compressed with gzip',
      'gunzip it first',
    );
    expectError(
      () => io.parseIdx(new TextEncoder().encode('<html>')),
      DataError,
      'the file is not an idx file',
      'an idx file begins with two zero bytes',
    );
    expectError(
      () => io.parseIdx(idx(10, [1], [1])),
      DataError,
      'has the unknown type 10',
      'must be one of 8, 9, 11, 12, 13, 14',
    );
    for (const value of [undefined, null, 'file', [0, 0, 8, 0], new Float32Array(2)])
      expectError(() => io.parseIdx(bad(value)), ArgumentError, 'the bytes must be a Uint8Array');
  });
});

/** A file with this header, and `values` bytes after it. */
const safetensors = (header: unknown, values: number): Uint8Array => {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(values)]);
};

const entry = (shape: unknown, begin: unknown, end: unknown, dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('safetensors', () => {
  it('is, byte by byte: the header’s length, the header, spaces, the values', () => {
    const bytes = io.toSafetensors({ b: tensor([1, -2.5]) });
    const header = '{"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    expect(header.length).to.equal(54); // the next multiple of 8 is 56 = 0x38: two spaces
    expect([...bytes.subarray(0, 8)]).to.deep.equal([0x38, 0, 0, 0, 0, 0, 0, 0]);
    expect(new TextDecoder().decode(bytes.subarray(8, 64))).to.equal(`${header}  `);
    // 1 = 2⁰: sign 0, exponent 127, 0x3f800000. −2.5 = −1.25 · 2¹: sign 1, exponent 128, fraction ¼, 0xc0200000.
    expect([...bytes.subarray(64)]).to.deep.equal([0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0]);
  });

  it('aligns the values to 8 bytes, whatever the names', () => {
    for (let length = 1; length < 20; length++) {
      const bytes = io.toSafetensors({ ['n'.repeat(length)]: zeros([1]) });
      expect((bytes.length - 4) % 8).to.equal(0);
      expect(bytes[bytes.length - 5]).to.be.oneOf([0x20, 0x7d]); // the header ends with } or a space
    }
  });

  it('gives back names, order, shapes and bits', () => {
    const values = fc.array(fc.float({ noNaN: false }), { maxLength: 6 });
    const names = fc
      .uniqueArray(fc.string(), { maxLength: 4 })
      .filter((list) => !list.includes('__metadata__'));
    fc.assert(
      fc.property(names, fc.array(values, { minLength: 4, maxLength: 4 }), (list, data) => {
        const tensors = Object.fromEntries(
          list.map((name, i) => [name, tensor(data[i], [1, data[i].length])]),
        );
        const read = io.parseSafetensors(io.toSafetensors(tensors));
        expect(Object.keys(read)).to.deep.equal(Object.keys(tensors));
        for (const [name, x] of Object.entries(tensors)) {
          expect(read[name]).to.be.instanceOf(Tensor);
          expect(read[name].shape).to.deep.equal(x.shape);
          expect([...read[name].data]).to.deep.equal([...x.data]);
        }
      }),
      { seed: 1 },
    );
  });

  it('holds scalars, empty tensors, nothing at all, and awkward names', () => {
    const tensors = {
      '': tensor(7),
      empty: zeros([2, 0]),
      'größe.0': ones([1]),
      ...JSON.parse('{"__proto__":0}'),
    };
    Object.defineProperty(tensors, '__proto__', { value: tensor([3]), enumerable: true });
    const read = io.parseSafetensors(io.toSafetensors(tensors));
    expect(Object.keys(read)).to.deep.equal(['', 'empty', 'größe.0', '__proto__']);
    expect(read[''].shape).to.deep.equal([]);
    expect(read.empty.shape).to.deep.equal([2, 0]);
    expect([...Object.values(read)[3].data]).to.deep.equal([3]);
    expect(io.parseSafetensors(io.toSafetensors({}))).to.deep.equal({});
  });

  it('reads what others write: metadata, unpadded headers, tensors in any order', () => {
    const bytes = safetensors(
      { __metadata__: { format: 'pt' }, late: entry([1], 4, 8), early: entry([1], 0, 4) },
      8,
    );
    new DataView(bytes.buffer, bytes.byteOffset).setFloat32(bytes.length - 4, 5, true);
    const { late, early } = io.parseSafetensors(bytes);
    expect([late.item(), early.item()]).to.deep.equal([5, 0]);
  });

  it('refuses a file that was cut at any length, and one that goes on', () => {
    const bytes = io.toSafetensors({
      'a.weight': tensor([
        [1, 2],
        [3, 4],
      ]),
      'a.bias': tensor([5, 6]),
      none: zeros([0]),
    });
    for (let length = 0; length < bytes.length; length++)
      expectError(
        () => io.parseSafetensors(bytes.subarray(0, length)),
        DataError,
        'parseSafetensors: the file ',
      );
    expectError(() => io.parseSafetensors(bytes.subarray(0, -1), 'model'), DataError, 'model is cut off');
    expectError(() => io.parseSafetensors(new Uint8Array([...bytes, 0])), DataError, 'has 1 bytes after its');
  });

  it('survives any single byte being another: it reads something, or says DataError', () => {
    const bytes = io.toSafetensors({ a: tensor([1, 2]), b: tensor(3) });
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (place, value) => {
        const spoilt = bytes.slice();
        spoilt[place] = value;
        try {
          io.parseSafetensors(spoilt);
        } catch (error) {
          expect(error).to.be.instanceOf(DataError);
        }
      }),
      { seed: 2, numRuns: 2000 },
    );
  });

  it('refuses to write what are no tensors', () => {
    expectError(
      () => io.toSafetensors(bad({ a: [1, 2] })),
      ArgumentError,
      'toSafetensors: a is an array of 2',
      'every value must be a tensor',
      'model.stateDict()',
    );
    for (const value of [null, undefined, 3, tensor(1)])
      expectError(() => io.toSafetensors(bad(value)), ArgumentError, 'the tensors are ');
    expectError(() => io.toSafetensors({ __metadata__: tensor(1) }), ArgumentError, 'keeps that name');
    for (const value of [null, 'x', new Float32Array(2), new SharedArrayBuffer(8)])
      expectError(() => io.parseSafetensors(bad(value)), ArgumentError, 'must be a Uint8Array');
  });
});

describe('files', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'typegrad-io-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are saved and loaded, and leave nothing else behind', async () => {
    const path = join(folder, 'model.safetensors');
    await io.save(path, { w: tensor([1, 2]) });
    await io.save(path, { w: tensor([[3]]) });
    expect(readdirSync(folder)).to.deep.equal(['model.safetensors']);
    const { w } = await io.load(path);
    expect(w.toArray()).to.deep.equal([[3]]);
  });

  it('are bytes, no Buffers', async () => {
    const path = join(folder, 'bytes');
    await io.writeFile(path, new Uint8Array([1, 2, 3]));
    const bytes = await io.readFile(path);
    expect(Object.getPrototypeOf(bytes)).to.equal(Uint8Array.prototype);
    expect([...bytes]).to.deep.equal([1, 2, 3]);
  });

  it('stay whole when writing fails, and no half file is left', async () => {
    const path = join(folder, 'model.safetensors');
    await io.save(path, { w: tensor([1]) });
    const before = readFileSync(path);
    await expectRejection(io.save(path, bad({ w: 3 })), ArgumentError, 'w is 3');
    await expectRejection(
      io.writeFile(join(folder, 'no', 'such', 'folder'), before),
      DataError,
      'io: cannot write ',
      'ENOENT',
    );
    await expectRejection(io.writeFile(join(path, 'x'), before), DataError, 'cannot write', 'ENOTDIR');
    await expectRejection(io.writeFile(folder, before), DataError, `cannot write ${folder}`); // a folder stands there
    expect(readFileSync(path).equals(before)).to.equal(true);
    expect(readdirSync(folder)).to.deep.equal(['model.safetensors']);
    const beside = readdirSync(join(folder, '..')).filter((name) => name.startsWith(`${basename(folder)}.`));
    expect(beside).to.deep.equal([]);
  });

  it('that are not there, or are something else, are a DataError that names them', async () => {
    await expectRejection(io.load(join(folder, 'none')), DataError, 'io: cannot read ', 'none', 'ENOENT');
    await expectRejection(io.load(folder), DataError, 'EISDIR');
    const path = join(folder, 'text');
    writeFileSync(path, 'hello, this is no model');
    await expectRejection(io.load(path), DataError, `parseSafetensors: ${path} is no safetensors file`);
  });

  it('have names: a number is no file descriptor', async () => {
    for (const name of [0, undefined, null, Buffer.from('x')]) {
      await expectRejection(io.readFile(bad(name)), ArgumentError, 'a file name must be a string');
      await expectRejection(io.save(bad(name), {}), ArgumentError, 'a file name must be a string');
    }
    await expectRejection(io.load(bad(0)), ArgumentError, 'load: the file is 0', 'its name, its bytes');
  });
});
