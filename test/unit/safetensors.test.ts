// safetensors: byte by byte, every type, metadata, and files that PyTorch wrote.
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { ArgumentError, DataError, io, nn, ones, Tensor, tensor, zeros } from '../../src/index.ts';
import { expectError, expectRejection } from '../support/errors.ts';
import { entry, safetensorsFile } from '../support/files.ts';
import { expectGolden, type GoldenTensor, readGolden } from '../support/golden.ts';

const bad = (value: unknown) => value as never;

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
    const bytes = safetensorsFile(
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

/** The tensor that is read of these values, as they lie in memory, when a file says that they are of this type. */
function readAs(dtype: string, values: ArrayBufferView, before = 0): Tensor {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const width = dtype === 'BOOL' ? 1 : Number(/\d+/.exec(dtype)) / 8;
  const header = {
    before: entry([before], 0, before, 'U8'),
    x: entry([bytes.length / width], before, before + bytes.length, dtype),
  };
  return io.parseSafetensors(safetensorsFile(header, Buffer.concat([Buffer.alloc(before), bytes]))).x;
}

const bitsOf = (x: Tensor): number[] => [...new Uint32Array(new Float32Array(x.data).buffer)];

describe('safetensors, type by type', () => {
  const everyHalf = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

  it('all 65,536 float16: (−1)ˢ · 2ᵉ⁻¹⁵ · (1 + f/1024), below them f · 2⁻²⁴, above them ±∞ and NaN', () => {
    readAs('F16', everyHalf).data.forEach((found, bits) => {
      const [sign, e, f] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
      const size =
        e === 0 ? f * 2 ** -24 : e === 31 ? (f === 0 ? Infinity : NaN) : 2 ** (e - 15) * (1 + f / 1024);
      if (!Object.is(found, sign * size))
        expect.fail(`0x${bits.toString(16)} is ${found}, not ${sign * size}`);
    });
  });

  it('all 65,536 bfloat16: the upper halves of float32, bit by bit', () => {
    const bits = bitsOf(readAs('BF16', everyHalf));
    expect(bits.every((found, half) => found === half * 65536)).to.equal(true);
  });

  it('float32 bit by bit, the payload of a NaN too; the NaNs of float16 keep theirs', () => {
    const words = [0x7fc12345, 0xffc00001, 1, 0x80000000];
    expect(bitsOf(readAs('F32', Uint32Array.from(words)))).to.deep.equal(words);
    const x = new Tensor([4]);
    new Uint32Array(x.data.buffer, x.data.byteOffset, 4).set(words);
    expect(bitsOf(io.parseSafetensors(io.toSafetensors({ x })).x)).to.deep.equal(words);
    expect(bitsOf(readAs('F16', Uint16Array.from([0x7e01])))).to.deep.equal([0x7fc02000]); // 1 << 13
  });

  /** The float32 nearest to a whole number, ties to even: by long division, without a second rounding. */
  function nearest(value: bigint): number {
    const size = value < 0n ? -value : value;
    const cut = BigInt(Math.max(0, size.toString(2).length - 24));
    const [kept, rest] = [size >> cut, size & ((1n << cut) - 1n)];
    const half = (1n << cut) >> 1n;
    const up = cut > 0n && (rest > half || (rest === half && kept % 2n === 1n)) ? 1n : 0n;
    return Number(kept + up) * 2 ** Number(cut) * (value < 0n ? -1 : 1);
  }

  it('whole numbers of 64 bits are rounded once, to the nearest', () => {
    // 2⁵⁴ + 2³⁰ is half-way between two float32. One more, and it is nearer to the upper one; float64 would lose the one.
    expect(nearest(2n ** 54n + 2n ** 30n)).to.equal(2 ** 54);
    expect(nearest(2n ** 54n + 2n ** 30n + 1n)).to.equal(2 ** 54 + 2 ** 31);
    const near = fc
      .tuple(
        fc.integer({ min: 24, max: 62 }),
        fc.integer({ min: 0, max: 62 }),
        fc.integer({ min: -2, max: 2 }),
        fc.boolean(),
      )
      .map(([a, b, c, minus]) => (2n ** BigInt(a) + 2n ** BigInt(b) + BigInt(c)) * (minus ? -1n : 1n));
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), near), { maxLength: 9 }),
        (list) => {
          const signed = BigInt64Array.from(list);
          expect([...readAs('I64', signed).data]).to.deep.equal([...signed].map(nearest));
          const unsigned = BigUint64Array.from(list);
          expect([...readAs('U64', unsigned).data]).to.deep.equal([...unsigned].map(nearest));
        },
      ),
      { seed: 3, numRuns: 500 },
    );
  });

  it('every type, where it does not lie on a multiple of its width', () => {
    const two = (Type: new (values: number[]) => ArrayBufferView) => new Type([1, 200]);
    const cases: [string, ArrayBufferView, number[]][] = [
      ['F64', two(Float64Array), [1, 200]],
      ['F32', two(Float32Array), [1, 200]],
      ['F16', new Uint16Array([0x3c00, 0x5a40]), [1, 200]], // 2⁰, 2⁷ · (1 + 576/1024)
      ['BF16', new Uint16Array([0x3f80, 0x4348]), [1, 200]],
      ['I64', new BigInt64Array([1n, -200n]), [1, -200]],
      ['I32', two(Int32Array), [1, 200]],
      ['I16', two(Int16Array), [1, 200]],
      ['I8', two(Int8Array), [1, -56]],
      ['U64', new BigUint64Array([1n, 200n]), [1, 200]],
      ['U32', two(Uint32Array), [1, 200]],
      ['U16', two(Uint16Array), [1, 200]],
      ['U8', two(Uint8Array), [1, 200]],
      ['BOOL', new Uint8Array([0, 200]), [0, 1]],
    ];
    for (const [dtype, values, expected] of cases)
      for (let before = 0; before < 9; before++)
        expect([...readAs(dtype, values, before).data], dtype).to.deep.equal(expected);
  });

  it('writes typed arrays as they are: F64, F32, I32, U8, the wide ones first', () => {
    const bytes = io.toSafetensors({
      mask: new Uint8Array([1, 2, 255]),
      x: tensor([[5, 6]]),
      mean: new Float64Array([Math.PI]),
      labels: new Int32Array([-1]),
      scale: new Float32Array([0.5]),
      nothing: new Float64Array(0),
    });
    const begin = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, begin)));
    expect(Object.entries(header)).to.deep.equal([
      ['mask', entry([3], 24, 27, 'U8')],
      ['x', entry([1, 2], 8, 16)],
      ['mean', entry([1], 0, 8, 'F64')],
      ['labels', entry([1], 16, 20, 'I32')],
      ['scale', entry([1], 20, 24)],
      ['nothing', entry([0], 8, 8, 'F64')],
    ]);
    expect(begin % 8).to.equal(0);
    const values = bytes.slice(begin).buffer;
    expect([...new Float64Array(values, 0, 1)]).to.deep.equal([Math.PI]);
    expect([...new Float32Array(values, 8, 2)]).to.deep.equal([5, 6]);
    expect([...new Int32Array(values, 16, 1)]).to.deep.equal([-1]);
    expect([...new Float32Array(values, 20, 1)]).to.deep.equal([0.5]);
    expect([...new Uint8Array(values, 24)]).to.deep.equal([1, 2, 255]);
  });
});

describe('safetensors, whatever the source', () => {
  const bytes = io.toSafetensors({ x: tensor([1, 2]) }, { metadata: { format: 'pt', größe: '"1"\n' } });

  it('is bytes, a Buffer, an ArrayBuffer, a Blob', async () => {
    const copy = bytes.slice().buffer;
    for (const source of [bytes, Buffer.from(bytes), copy, new Blob([copy])])
      expect((await io.load(source)).x.toArray()).to.deep.equal([1, 2]);
    expect(io.parseSafetensors(copy).x.toArray()).to.deep.equal([1, 2]);
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    expect(io.parseSafetensors(shared).x.toArray()).to.deep.equal([1, 2]);
  });

  it('has the name of its File in errors', async () => {
    const file = new File([bytes.slice(0, -1)], 'model.safetensors');
    await expectRejection(io.load(file), DataError, 'parseSafetensors: model.safetensors is cut off');
  });

  it('copies: the tensors do not change with the bytes', () => {
    const own = bytes.slice();
    const { x } = io.parseSafetensors(own);
    own.fill(0);
    expect(x.toArray()).to.deep.equal([1, 2]);
  });

  it('has metadata, or none', async () => {
    expect(await io.loadMetadata(bytes)).to.deep.equal({ format: 'pt', größe: '"1"\n' });
    expect(await io.loadMetadata(io.toSafetensors({}))).to.deep.equal({});
    const own = JSON.parse('{"__proto__":"polluted"}');
    const read = await io.loadMetadata(io.toSafetensors({}, { metadata: own }));
    expect(Object.entries(read)).to.deep.equal([['__proto__', 'polluted']]);
  });

  it('is refused before it is written, where others could not read it', () => {
    for (const call of [
      () => io.toSafetensors({ 'half \ud83d': tensor(1) }),
      () => io.toSafetensors({}, { metadata: { '\ud83d': '' } }),
      () => io.toSafetensors({}, { metadata: { a: '\ude00' } }),
    ])
      expectError(call, ArgumentError, 'half a character', 'well-formed Unicode');
    expect(Object.keys(io.parseSafetensors(io.toSafetensors({ '😀': tensor(1) })))).to.deep.equal(['😀']);
    expectError(
      () => io.toSafetensors({}, { metadata: { log: 'x'.repeat(100_000_000) } }),
      ArgumentError,
      'the header would have 1000000',
      'at most 100000000 bytes',
    );
    for (const metadata of [null, [], ['a'], 'x', 3, { a: null }, { a: {} }])
      expectError(
        () => io.toSafetensors({}, bad({ metadata })),
        ArgumentError,
        'metadata are strings by name',
      );
  });
});

describe('safetensors, from PyTorch', () => {
  const golden = (name: string) =>
    readFileSync(new URL(`../golden/safetensors/${name}.safetensors`, import.meta.url));
  const expected = readGolden<{
    dtypes: Record<string, GoldenTensor>;
    mlp: { x: GoldenTensor; y: GoldenTensor };
  }>('safetensors/expected');

  it('every type is read as .float() has it, to the bit', async () => {
    const found = await io.load(golden('dtypes'));
    expect(Object.keys(found).sort()).to.deep.equal(Object.keys(expected.dtypes).sort());
    for (const [name, { shape, data }] of Object.entries(expected.dtypes)) {
      expect(found[name].shape, name).to.deep.equal(shape);
      expect([...found[name].data], name).to.deep.equal(data.map(Number)); // deep equality tells −0 from 0
    }
    expect(await io.loadMetadata(golden('dtypes'))).to.deep.equal({ format: 'pt', größe: '1 "m"' });
  });

  it('a network that PyTorch trained gives its outputs here', async () => {
    const model = new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 1));
    model.loadStateDict(await io.load(golden('mlp')));
    const { x, y } = expected.mlp;
    expectGolden(model.forward(tensor(x.data.map(Number), x.shape)), y, 'the output');
  });
});
