// CSV and JSON lines: what RFC 4180 says, what a malformed file is told, and that no text does anything else.
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { ArgumentError, DataError, data } from '../../src/index.ts';
import { expectError, expectRejection } from '../support/errors.ts';
import { seeded } from '../support/random.ts';

const bad = (value: unknown) => value as never;

/** All columns of a table, as plain arrays. */
const columnsOf = (table: data.Table) => table.columns.map((name) => [...table.column(name)]);

const read = (text: string, options?: data.CsvOptions) => data.readCsv({ text }, options);

/** Reads everything that a stream has. */
async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const row of rows) list.push(row);
  return list;
}

/** A text in pieces of this many letters, one after the other. */
async function* pieces(text: string, size: number) {
  for (let i = 0; i < text.length; i += size) yield text.slice(i, i + size);
}

describe('readCsv', () => {
  it('finds the types of columns: numbers, unless a value is none', async () => {
    const table = await read('age,name,code\n22,Ada,007\n-1.5e1,Bob,8\n.5,,x\n');
    expect(table.columns).to.deep.equal(['age', 'name', 'code']);
    expect(table.column('age')).to.deep.equal(new Float64Array([22, -15, 0.5]));
    expect(table.column('name')).to.deep.equal(['Ada', 'Bob', undefined]);
    expect(table.column('code')).to.deep.equal(['007', '8', 'x']); // as written, although two of them were numbers first
  });

  it('what is a number, and what is not', async () => {
    const numbers = ['1', '+1', '-0', '1.', '.5', '1e3', '1E-3', ' 2 ', '1e400', 'inf', '-Infinity'];
    const { length } = numbers;
    expect(columnsOf(await read(`x\n${numbers.join('\n')}`))).to.deep.equal([
      [1, 1, -0, 1, 0.5, 1000, 0.001, 2, Infinity, Infinity, -Infinity],
    ]);
    expect(length).to.equal(11);
    for (const word of [
      '0x10',
      '1_000',
      '1 000',
      '--1',
      '1e',
      '.',
      'e5',
      '1.2.3',
      'true',
      '0b1',
      '１',
      '1,5',
    ])
      expect(columnsOf(await read(`x;y\n${word};1`, { delimiter: ';' }))[0], word).to.deep.equal([word]);
  });

  it('quotes hold delimiters, line breaks and doubled quotes (RFC 4180, section 2)', async () => {
    const table = await read('"a","b ""c""",d\r\n"1,5","x\r\ny",""""\r\n2,"",plain words\r\n');
    expect(table.columns).to.deep.equal(['a', 'b "c"', 'd']);
    expect(columnsOf(table)).to.deep.equal([
      ['1,5', '2'],
      ['x\r\ny', undefined],
      ['"', 'plain words'],
    ]);
  });

  it('takes LF and CRLF, a byte order mark, a last line without an end, and passes over empty lines', async () => {
    for (const text of ['a,b\n1,2\n3,4\n', 'a,b\r\n1,2\r\n3,4', '\ufeffa,b\n\n1,2\n\r\n3,4\n\n'])
      expect(columnsOf(await read(text))).to.deep.equal([
        [1, 3],
        [2, 4],
      ]);
    const bytes = new Uint8Array([0xef, 0xbb, 0xbf, ...new TextEncoder().encode('ä\n1')]);
    expect((await data.readCsv(bytes)).columns).to.deep.equal(['ä']);
  });

  it('keeps spaces in words, and takes them off numbers and missing values', async () => {
    expect(columnsOf(await read('a,b\n x , ?\n y, 3 '))).to.deep.equal([
      [' x ', ' y'],
      [Number.NaN, 3],
    ]);
  });

  it('missing values: the usual marks, or those that are asked for', async () => {
    const marks = ['', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL', '?', '""', '"NA"'];
    const text = `a,b,c\n${marks.map((mark) => `${mark},${mark},1`).join('\n')}\n5,x,1`;
    const table = await read(text);
    expect([...table.column('a')].slice(0, -1).every(Number.isNaN)).to.equal(true);
    expect(table.column('b')).to.deep.equal([...marks.map(() => undefined), 'x']);
    const own = await read('a,b\n-999,NA\n1,', { missing: ['-999'] });
    expect(columnsOf(own)).to.deep.equal([
      [Number.NaN, 1],
      ['NA', ''],
    ]);
    expect((await read('a,b\n,1')).column('a')).to.deep.equal(new Float64Array([Number.NaN])); // nothing known: numbers
  });

  it('header: the first line, none, or given names', async () => {
    expect((await read('1,2\n3,4', { header: false })).columns).to.deep.equal(['0', '1']);
    const named = await read('1,2\n3,4', { header: ['x', 'y'] });
    expect(named.columns).to.deep.equal(['x', 'y']);
    expect(named.length).to.equal(2);
    expect((await read('a,b\n')).length).to.equal(0);
    expect((await read('', { header: ['a'] })).columns).to.deep.equal(['a']);
    expect((await read(',a\n0,1')).columns).to.deep.equal(['', 'a']); // as pandas writes an index
  });

  it('other delimiters, decimal commas, files without quotes', async () => {
    expect(columnsOf(await read('a\tb\n1\t2,5', { delimiter: '\t' }))).to.deep.equal([[1], ['2,5']]);
    expect(columnsOf(await read('a;b\n1,5;-,5e1', { delimiter: ';', decimal: ',' }))).to.deep.equal([
      [1.5],
      [-5],
    ]);
    expect(columnsOf(await read('a;b\n1.234;1', { delimiter: ';', decimal: ',' }))[0]).to.deep.equal([
      '1.234',
    ]);
    expect(columnsOf(await read('a,b\n5" pipe,"x', { quotes: false }))).to.deep.equal([['5" pipe'], ['"x']]);
  });

  it('types decide: numbers as words, and a word among numbers is an error with its place', async () => {
    const types = { code: 'string', age: 'number' } as const;
    expect(columnsOf(await read('code,age\n007,\n8,5', { types }))).to.deep.equal([
      ['007', '8'],
      [Number.NaN, 5],
    ]);
    await expectRejection(
      data.readCsv({ text: 'code,age\n"two\nlines",1\nb,old\n' }, { types, name: 'people.csv' }),
      DataError,
      'readCsv: people.csv, line 4, column "age": "old" is not a number',
      'missing: ["old"]',
    );
  });

  it('a column called __proto__ is one like others, and so are its friends', async () => {
    const table = await read('__proto__,constructor,toString\n1,2,x\n3,4,y');
    expect(columnsOf(table)).to.deep.equal([
      [1, 3],
      [2, 4],
      ['x', 'y'],
    ]);
    expect(Object.keys(table.row(1))).to.deep.equal(['__proto__', 'constructor', 'toString']);
    const [row] = await all(data.csvRows({ text: '__proto__,a\n1,2' }, { types: { a: 'number' } }));
    expect(Object.entries(row)).to.deep.equal([
      ['__proto__', '1'],
      ['a', 2],
    ]);
    expect(Object.getPrototypeOf(row)).to.equal(Object.prototype);
    const lines = await data.readJsonLines({ text: '{"__proto__": 1, "constructor": "x"}' });
    expect(columnsOf(lines)).to.deep.equal([[1], ['x']]);
    expect(({} as { a?: unknown }).a).to.equal(undefined);
  });

  it('is the same however the text is cut into pieces', async () => {
    const text = '\ufeffa,"b\r\nc"\r\n1,"x ""y"", z"\r\n\r\n"2",é\r\n3,"\nx"\r\nlast,';
    const whole = columnsOf(await read(text));
    expect(whole).to.deep.equal([
      ['1', '2', '3', 'last'],
      ['x "y", z', 'é', '\nx', undefined],
    ]);
    const bytes = new TextEncoder().encode(text);
    for (let size = 1; size < 12; size++) {
      expect(columnsOf(await data.readCsv(pieces(text, size))), `${size} letters`).to.deep.equal(whole);
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, i * size + size),
      );
      expect(columnsOf(await data.readCsv(chunks)), `${size} bytes`).to.deep.equal(whole);
    }
  });

  it('gives back what was written, whatever it was', async () => {
    const cell = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é', '1') }),
      fc.constantFrom('007', 'NA.', '-'),
    );
    const grid = fc
      .integer({ min: 1, max: 4 })
      .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1 }));
    await fc.assert(
      fc.asyncProperty(
        grid,
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom('\n', '\r\n'),
        async (rows, size, end) => {
          const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
          const text = rows.map((row) => row.map(quoted).join(',') + end).join('');
          const names = rows[0].map((_, i) => `c${i}`);
          const types = Object.fromEntries(names.map((name) => [name, 'string' as const]));
          const table = await data.readCsv(pieces(text, size), { header: names, types, missing: [] });
          expect(table.length).to.equal(rows.length);
          names.forEach((name, c) => {
            expect(table.column(name)).to.deep.equal(rows.map((row) => row[c]));
          });
        },
      ),
      { numRuns: 300, seed: 1 },
    );
  });
});

describe('csvRows', () => {
  it('rows one by one: words, and numbers where types say so', async () => {
    const rows = await all(data.csvRows({ text: 'a,b\n1,2\n,\n' }, { types: { b: 'number' } }));
    expect(rows).to.deep.equal([
      { a: '1', b: 2 },
      { a: undefined, b: Number.NaN },
    ]);
  });

  it('reads no further than it is asked to, and closes what it opened', async () => {
    let [asked, closed] = [0, false];
    async function* endless() {
      try {
        yield 'a\n';
        for (;;) yield `${asked++}\n`;
      } finally {
        closed = true;
      }
    }
    for await (const { a } of data.csvRows(endless())) if (a === '3') break;
    expect(asked).to.equal(4);
    expect(closed).to.equal(true);
  });

  it('refuses options before the first row is asked for', () => {
    expectError(() => data.csvRows('x.csv', bad({ seperator: ';' })), ArgumentError, 'unknown option');
    expectError(() => data.csvRows(bad(3)), ArgumentError, 'the source is 3');
    expectError(() => data.csvRows('x.csv', { header: ['x', 'x'] }), ArgumentError, 'header has "x" twice');
  });
});

describe('files', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'typegrad-csv-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('a file that is longer than one piece, whatever lies across the cut', async () => {
    // 2¹⁸ bytes are read at once; é takes two of them, and line ends fall everywhere
    const path = join(folder, 'long.csv');
    const lines = Array.from({ length: 60_000 }, (_, i) => `${i},"é, ${i % 7}"`);
    writeFileSync(path, `n,w\r\n${lines.join('\r\n')}`);
    const table = await data.readCsv(path);
    expect(table.length).to.equal(60_000);
    expect(table.column('n')).to.deep.equal(Float64Array.from({ length: 60_000 }, (_, i) => i));
    expect(table.column('w')).to.deep.equal(Array.from({ length: 60_000 }, (_, i) => `é, ${i % 7}`));
  });

  it('a word after many numbers: the column is read anew, from a file and from a stream', async () => {
    const path = join(folder, 'late.csv');
    const text = `a,b\n${'1.0,2\n'.repeat(70_000)}x,3\n`;
    writeFileSync(path, text);
    for (const source of [path, pieces(text, 10_000), new TextEncoder().encode(text)]) {
      const table = await data.readCsv(source);
      expect(table.column('a').slice(-2)).to.deep.equal(['1.0', 'x']);
      expect(table.column('b').slice(-2)).to.deep.equal(new Float64Array([2, 3]));
      expect(table.column('a').length).to.equal(70_001);
    }
  });

  const hasProc = existsSync('/proc/self/fd');
  (hasProc ? it : it.skip)('closes the file, read to its end or not (seen in /proc only)', async () => {
    const path = join(folder, 'closed.csv');
    writeFileSync(path, 'a\n1\n2\n');
    const isOpen = () =>
      readdirSync('/proc/self/fd').some((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`) === path;
        } catch {
          return false; // closed since it was listed
        }
      });
    for await (const row of data.csvRows(path)) {
      expect(row).to.deep.equal({ a: '1' });
      expect(isOpen()).to.equal(true);
      break;
    }
    expect(isOpen()).to.equal(false);
    await data.readCsv(path);
    expect(isOpen()).to.equal(false);
  });

  it('errors name the file', async () => {
    const path = join(folder, 'broken.csv');
    writeFileSync(path, 'a,b\n1\n');
    await expectRejection(
      data.readCsv(path),
      DataError,
      `readCsv: ${path}, line 2: 1 field, none for column "b"`,
    );
    await expectRejection(
      data.readCsv(join(folder, 'none.csv')),
      DataError,
      'cannot read',
      'none.csv',
      'ENOENT',
    );
    await expectRejection(data.readCsv(folder), DataError, 'cannot read', 'EISDIR');
    await expectRejection(
      data.readCsv('a,b\n1,2'),
      DataError,
      'no file has a line break in its name',
      '{ text }',
    );
  });
});

/** Malformed files, and what is said about each. The file is called f.csv. */
const malformed: [what: string, text: string | Uint8Array, says: string, options?: data.CsvOptions][] = [
  ['nothing', '', 'f.csv is empty'],
  ['line ends only', '\n\r\n\n', 'f.csv is empty'],
  ['a byte order mark only', '\ufeff', 'f.csv is empty'],
  ['nothing, without a header', '', 'f.csv is empty', { header: false }],
  ['a field too few', 'a,b,c\n1,2,3\n4,5\n', 'line 3: 2 fields, none for column "c"'],
  ['a field too many', 'a,b\n1,2\n\n4,5,6\n', 'line 4: 3 fields'],
  ['a delimiter at the end', 'a,b\n1,2,\n', 'line 2: 3 fields'],
  ['one field for many columns', 'a;b,c\n1;2\n', 'line 2: 1 field, none for column "c"'],
  ['more fields than given names', '1,2\n', 'line 1: 2 fields', { header: ['a'] }],
  ['a ragged last line without end', 'a,b\n1,2\n3', 'line 3: 1 field'],
  ['a ragged line after one with breaks', 'a,b\n"1\n\n\n",2\n3\n', 'line 6: 1 field'],
  ['two columns of a name', 'a,b,a\n1,2,3\n', 'line 1: two columns are called "a"'],
  ['two columns without a name', ',\n1,2\n', 'line 1: two columns are called ""'],
  ['two __proto__', '__proto__,__proto__\n1,2\n', 'two columns are called "__proto__"'],
  [
    'a quote that is never closed',
    'a,b\n1,"2\n3,4\n',
    'line 2: the quote that opens field 2 is never closed',
  ],
  ['a quote that opens at the very end', 'a,b\n1,"', 'line 2: the quote that opens field 2 is never closed'],
  ['an unclosed quote in the header', '"a,b\n1,2\n', 'line 1: the quote that opens field 1 is never closed'],
  ['an unclosed quote after lines in quotes', 'a,b\n"x\ny","z\n', 'line 3: the quote that opens field 2'],
  ['an odd number of doubled quotes', 'a\n"""\n', 'line 2: the quote that opens field 1 is never closed'],
  ['a quote inside a field', 'a,b\nx"y,2\n', 'line 2: there is a quote inside field 1'],
  ['two quotes inside a field', 'a,b\n1,5 "inches"\n', 'line 2: there is a quote inside field 2'],
  ['a space before a quote', 'a,b\n1, "2"\n', 'line 2: there is a quote inside field 2'],
  ['a letter after a quote', 'a,b\n"1"x,2\n', 'line 2: field 1 goes on after its closing quote, with "x"'],
  ['a space after a quote', 'a,b\n"1" ,2\n', 'line 2: field 1 goes on after its closing quote, with " "'],
  ['quotes side by side', 'a\n"1" "2"\n', 'line 2: field 1 goes on after its closing quote'],
  [
    'a quote that swallows lines',
    'a,b\n"1,2\n3,"4\n',
    'line 3: field 1 goes on after its closing quote, with "4"',
  ],
  ['old Macintosh line ends', 'a,b\r1,2\r3,4\r', 'line 1: there is a carriage return without a line feed'],
  ['a carriage return in a field', 'a,b\n1,x\ry\n', 'line 2: there is a carriage return'],
  ['a carriage return beside quotes', 'a,b\n"1",x\ry\n', 'line 2: there is a carriage return'],
  [
    'a word in a column of numbers',
    'a,b\n1,2\nx,3\n',
    'line 3, column "a": "x" is not a number',
    { types: { a: 'number' } },
  ],
  [
    'an empty field that is not missing',
    'a,b\n,1\n',
    'column "a": "" is not a number',
    { types: { a: 'number' }, missing: [] },
  ],
  ['hexadecimal', 'a\n0xff\n', 'column "a": "0xff" is not a number', { types: { a: 'number' } }],
  [
    'a thousands separator',
    'a;b\n1.000,5;1\n',
    '"1.000,5" is not a number',
    { types: { a: 'number' }, delimiter: ';', decimal: ',' },
  ],
  ['a decimal comma', 'a;b\n1,5;1\n', '"1,5" is not a number', { types: { a: 'number' }, delimiter: ';' }],
  [
    'a word in a column called __proto__',
    '__proto__\nx\n',
    'column "__proto__": "x"',
    { types: JSON.parse('{"__proto__":"number"}') },
  ],
  ['a picture', new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), 'f.csv is not a text in utf-8'],
  ['Latin-1', new Uint8Array([0x61, 10, 0xe9, 10]), 'f.csv is not a text in utf-8'],
  ['UTF-16', new Uint8Array([0xff, 0xfe, 0x61, 0, 10, 0]), 'f.csv is not a text in utf-8'],
  ['half a letter at the end', new Uint8Array([0x61, 10, 0xc3]), 'f.csv is not a text in utf-8'],
  ['gzip', gzipSync('a,b\n1,2\n'), 'f.csv is compressed with gzip'],
  [
    '6 million letters in an open quote',
    `a\n"${'x\n'.repeat(3e6)}`,
    'line 2: the quote that opens field 1 is never closed',
  ],
  [
    '20 million letters without a line end',
    'x'.repeat(2e7),
    'line 1: a record of more than 4194304 characters',
  ],
  ['5 million quotes', `a\n${'"'.repeat(5e6 + 1)}`, 'line 2: '],
  [
    'digits without end, then a letter',
    `a\n${'1'.repeat(1e6)}x\n`,
    'is not a number',
    { types: { a: 'number' } },
  ],
  ['a million delimiters', `a,b\n${','.repeat(1e6)}\n`, 'line 2: 1000001 fields'],
];

describe('malformed CSV', () => {
  for (const [what, text, says, options] of malformed)
    it(`${what}: ${says}`, async () => {
      const source = typeof text === 'string' ? pieces(text, 1 << 18) : text;
      const begin = performance.now();
      await expectRejection(
        data.readCsv(source, { ...options, name: 'f.csv' }),
        DataError,
        'f.csv',
        says,
        'rule: ',
      );
      expect(performance.now() - begin).to.be.lessThan(2000);
      expect(Object.keys(Object.prototype)).to.deep.equal([]);
    });

  it('csvRows and summarize say the same, also of a text in small pieces', async () => {
    for (const [, text, says, options] of malformed.filter(([, { length }]) => length < 100)) {
      const all = { ...options, name: 'f.csv' };
      const source = () => (typeof text === 'string' ? pieces(text, 2) : text);
      await expectRejection(data.summarize(source(), all), DataError, `summarize: f.csv`, says);
      const drain = async () => {
        for await (const _ of data.csvRows(source(), all));
      };
      await expectRejection(drain(), DataError, `csvRows: f.csv`, says);
    }
  });

  it('10,000 mutated texts: each is read, or refused with a DataError', async function () {
    this.timeout(60_000);
    const random = seeded(42);
    const below = (n: number) => Math.floor(random() * n);
    const seeds = [
      'a,b,c\n1,2,3\n4,5,6\n',
      '"a","b"\r\n"x ""y""","z\r\n"\r\n1,2\r\n',
      '\ufeffid;w\n1;é\n;NA\n',
      '__proto__,constructor\n1e5,-inf\n"",?\n',
    ];
    const letters = [
      '"',
      ',',
      '\n',
      '\r',
      ';',
      '\r\n',
      '""',
      ' ',
      'NA',
      '0',
      '1e',
      '-',
      'x',
      '\u0000',
      'é',
      '\ud800',
      '__proto__',
    ];
    const options: data.CsvOptions[] = [
      {},
      { delimiter: ';' },
      { header: false },
      { quotes: false },
      { decimal: ',' },
    ];
    let [parsed, refused] = [0, 0];
    for (let i = 0; i < 10_000; i++) {
      let text = seeds[below(seeds.length)];
      for (let change = 1 + below(6); change > 0; change--) {
        const at = below(text.length + 1);
        const kept = text.slice(at + below(3) * below(2));
        text = text.slice(0, at) + (random() < 0.8 ? letters[below(letters.length)] : '') + kept;
      }
      try {
        const table = await data.readCsv(pieces(text, 1 + below(9)), options[below(options.length)]);
        for (const name of table.columns) expect(table.column(name).length).to.equal(table.length);
        parsed++;
      } catch (error) {
        expect(error, `${JSON.stringify(text)}: ${(error as Error).stack}`).to.be.instanceOf(DataError);
        refused++;
      }
    }
    expect(Math.min(parsed, refused)).to.be.greaterThan(1000); // it has tried both
    expect(Object.keys(Object.prototype)).to.deep.equal([]);
  });
});

describe('summarize', () => {
  it('numbers: how many, how many missing, range, mean, deviation', async () => {
    // 2, 4, 4, 4, 5, 5, 7, 9: mean 5, squares of the distances 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32, √(32/8) = 2
    const summary = await data.summarize({ text: 'x\n2\n4\n4\nNA\n4\n5\n5\n7\n9\n' });
    expect(summary.rows).to.equal(9);
    const { top, std, ...rest } = summary.column('x');
    expect(rest).to.deep.equal({
      name: 'x',
      type: 'number',
      count: 8,
      missing: 1,
      min: 2,
      max: 9,
      mean: 5,
      distinct: 5,
    });
    expect(std).to.be.closeTo(2, 1e-15);
    expect(top.slice(0, 2)).to.deep.equal([
      ['4', 3],
      ['5', 2],
    ]);
  });

  it('words: how many different ones, the most frequent first', async () => {
    const text = 'w,n\na,1\nb,x\nb,2\n,3\nc,4\n';
    const { columns } = await data.summarize({ text }, { top: 2 });
    expect(columns).to.deep.equal([
      {
        name: 'w',
        type: 'string',
        count: 4,
        missing: 1,
        distinct: 3,
        top: [
          ['b', 2],
          ['a', 1],
        ],
      },
      {
        name: 'n',
        type: 'string',
        count: 5,
        missing: 0,
        distinct: 5,
        top: [
          ['1', 1],
          ['x', 1],
        ],
      },
    ]);
  });

  it('has nothing to say about a column without values, and of rows there may be none', async () => {
    const { columns } = await data.summarize({ text: 'x\nNA\n' });
    expect(columns[0]).to.deep.include({
      type: 'number',
      count: 0,
      missing: 1,
      min: Number.NaN,
      mean: Number.NaN,
    });
    expect((await data.summarize({ text: 'x,y\n' })).rows).to.equal(0);
  });

  it('counts different values up to 1,000, and then no more', async () => {
    const text = (n: number) => `x\n${[...Array(n).keys()].join('\n')}`;
    expect((await data.summarize({ text: text(1000) })).columns[0].distinct).to.equal(1000);
    const { distinct, top, max } = (await data.summarize({ text: text(1001) })).columns[0];
    expect([distinct, top, max]).to.deep.equal([undefined, [], 1000]);
  });

  it('large numbers far from 0 keep their deviation', async () => {
    // 10⁹ + (0, 1, 2): deviation √(2/3). The mean of the squares minus the square of the mean would have lost it.
    const { std } = (await data.summarize({ text: 'x\n1000000000\n1000000001\n1000000002' })).columns[0];
    expect(std).to.be.closeTo(Math.sqrt(2 / 3), 1e-9);
  });

  it('prints as a table', async () => {
    const summary = await data.summarize({ text: 'age,sex\n22,f\n38.5,m\n,m\n' });
    expect(String(summary).split('\n')).to.deep.equal([
      'Summary of 3 rows',
      'column  type    count  missing  distinct  min   max   mean   std  top',
      'age     number      2        1         2   22  38.5  30.25  8.25  22 (1), 38.5 (1)',
      'sex     string      3        0         2                          m (2), f (1)',
    ]);
  });
});

describe('JSON lines', () => {
  it('rows one by one, as they stand', async () => {
    const text = '\ufeff{"a": 1, "b": [1, 2]}\r\n\n{"c": null}\n{"a": "é"}';
    for (let size = 1; size < 9; size++)
      expect(await all(data.jsonRows(pieces(text, size)))).to.deep.equal([
        { a: 1, b: [1, 2] },
        { c: null },
        { a: 'é' },
      ]);
  });

  it('a table: columns as they first occur, missing where a line has none', async () => {
    const table = await data.readJsonLines({
      text: '{"a": 1, "w": "x"}\n{"b": 2}\n{"w": null, "a": 3}\n{"w": "true"}\n{"yes": true}',
    });
    expect(table.columns).to.deep.equal(['a', 'w', 'b', 'yes']);
    expect(columnsOf(table)).to.deep.equal([
      [1, Number.NaN, 3, Number.NaN, Number.NaN],
      ['x', undefined, undefined, 'true', undefined],
      [Number.NaN, 2, Number.NaN, Number.NaN, Number.NaN],
      [undefined, undefined, undefined, undefined, 'true'],
    ]);
    expect((await data.readJsonLines({ text: '' })).length).to.equal(0);
    expect((await data.readJsonLines({ text: '{}\n{}' })).columns).to.deep.equal([]);
  });

  const wrong: [what: string, text: string | Uint8Array, says: string][] = [
    ['no JSON', '{"a": 1}\n{"a": \n', 'f.jsonl, line 2 is not JSON'],
    ['one object over many lines', '{\n"a": 1\n}', 'f.jsonl, line 1 is not JSON'],
    ['a list', '[1, 2]\n', 'f.jsonl, line 1 is an array of 2'],
    ['a number', '{}\n\n3\n', 'f.jsonl, line 3 is 3'],
    ['null', 'null', 'f.jsonl, line 1 is null'],
    ['two objects on a line', '{} {}', 'f.jsonl, line 1 is not JSON'],
    ['NaN, as Python writes it', '{"a": NaN}', 'f.jsonl, line 1 is not JSON'],
    ['single quotes', "{'a': 1}", 'f.jsonl, line 1 is not JSON'],
    ['brackets without end', '['.repeat(1e5), 'f.jsonl, line 1 is not JSON'],
    ['a word among numbers', '{"a": 1}\n\n{"a": "x"}', 'f.jsonl, line 3, column "a": "x" among numbers'],
    ['a number among words', '{"a": "x"}\n{"a": 1}', 'f.jsonl, line 2, column "a": 1 among strings'],
    ['a list in a column', '{"a": [1]}', 'f.jsonl, line 1, column "a": an array of 1 has no place'],
    ['an object in a column', '{"__proto__": {"x": 1}}', 'f.jsonl, line 1, column "__proto__": an object'],
    ['20 million letters', ' '.repeat(2e7), 'f.jsonl, line 1 has more than 16777216 characters'],
    ['bytes that are no text', new Uint8Array([0x7b, 0xff]), 'f.jsonl is not a text in utf-8'],
  ];
  for (const [what, text, says] of wrong)
    it(`malformed, ${what}: ${says}`, async () => {
      const source = typeof text === 'string' ? pieces(text, 1 << 18) : text;
      const begin = performance.now();
      await expectRejection(data.readJsonLines(source, { name: 'f.jsonl' }), DataError, says, 'rule: ');
      expect(performance.now() - begin).to.be.lessThan(2000);
      expect(({} as { x?: unknown }).x).to.equal(undefined);
    });
});
