// Files, and the idx format byte by byte.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { ArgumentError, DataError, io, tensor } from '../../src/index.ts';
import { expectError, expectRejection } from '../support/errors.ts';
import { idxFile } from '../support/files.ts';

const bad = (value: unknown) => value as never;

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
      const { shape, data } = io.parseIdx(idxFile(type, [2], bytes));
      expect(shape).to.deep.equal([2]);
      expect(data).to.deep.equal(expected);
    }
  });

  it('reads several axes, none, and axes without entries', () => {
    expect(io.parseIdx(idxFile(8, [2, 1, 3], [1, 2, 3, 4, 5, 6])).shape).to.deep.equal([2, 1, 3]);
    expect(io.parseIdx(idxFile(8, [], [7]))).to.deep.equal({ shape: [], data: new Uint8Array([7]) });
    expect(io.parseIdx(idxFile(8, [3, 0], []))).to.deep.equal({ shape: [3, 0], data: new Uint8Array(0) });
    expect(io.parseIdx(idxFile(8, [300], new Uint8Array(300))).shape).to.deep.equal([300]);
  });

  it('reads from the middle of a buffer, and copies', () => {
    const file = idxFile(11, [2], [0, 1, 0, 2]);
    const buffer = new Uint8Array([9, ...file, 9]);
    expect([...io.parseIdx(buffer.subarray(1, -1)).data]).to.deep.equal([1, 2]);

    const bytes = Buffer.from(idxFile(8, [2], [1, 2]));
    const { data } = io.parseIdx(bytes);
    bytes.fill(0);
    expect([...data]).to.deep.equal([1, 2]);
    expect([...io.parseIdx(idxFile(8, [1], [5]).buffer as ArrayBuffer).data]).to.deep.equal([5]);
  });

  it('refuses a file that was cut anywhere, and one that goes on', () => {
    const file = idxFile(12, [1, 2], [0, 0, 0, 1, 0, 0, 0, 2]);
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
      () => io.parseIdx(gzipSync(idxFile(8, [1], [1])), 'train-images'),
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
      () => io.parseIdx(idxFile(10, [1], [1])),
      DataError,
      'has the unknown type 10',
      'must be one of 8, 9, 11, 12, 13, 14',
    );
    for (const value of [undefined, null, 'file', [0, 0, 8, 0], new Float32Array(2)])
      expectError(() => io.parseIdx(bad(value)), ArgumentError, 'the bytes must be a Uint8Array');
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
    await io.writeFile(path, new Uint8Array(0));
    expect((await io.readFile(path)).length).to.equal(0);
    if (process.platform === 'linux') {
      const { length } = await io.readFile('/proc/self/status'); // of a size that the system does not know
      expect(length).to.be.above(100);
    }
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
