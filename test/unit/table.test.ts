// Tables: columns of numbers or words, what selects from them, and the way to a tensor.
import { expect } from 'chai';
import fc from 'fast-check';
import { ArgumentError, data, IndexError, ShapeError } from '../../src/index.ts';
import { expectError } from '../support/errors.ts';

const bad = (value: unknown) => value as never;
const { Table } = data;

const people = () =>
  Table.from({
    age: [22, 38, Number.NaN, 35],
    sex: ['male', 'female', 'female', undefined],
    fare: new Float32Array([7.25, 71.25, 8, 53]),
  });

describe('Table', () => {
  it('holds numbers as float64 with NaN for what is missing, and words with undefined', () => {
    const table = Table.from({
      n: [1, undefined, null, 0.1],
      w: ['a', null, undefined, ''],
      i: [1, 2, 3, 4],
    });
    expect(table.columns).to.deep.equal(['n', 'w', 'i']);
    expect(table.length).to.equal(4);
    expect(table.column('n')).to.deep.equal(new Float64Array([1, Number.NaN, Number.NaN, 0.1]));
    expect(table.column('w')).to.deep.equal(['a', undefined, undefined, '']);
    expect(Table.from({}).length).to.equal(0);
    expect(Table.from({ a: [] }).columns).to.deep.equal(['a']);
    expect(Table.from({ a: [undefined, null] }).column('a')).to.deep.equal(
      new Float64Array(2).fill(Number.NaN),
    );
  });

  it('copies what it is given', () => {
    const [numbers, words] = [new Float64Array([1, 2]), ['a', 'b']];
    const table = Table.from({ numbers, words });
    numbers[0] = 9;
    words[0] = 'z';
    expect(table.column('numbers')[0]).to.equal(1);
    expect(table.column('words')[0]).to.equal('a');
  });

  it('select, drop and rows make new tables, in the order that is asked for', () => {
    const table = people();
    expect(table.select(['fare', 'age']).columns).to.deep.equal(['fare', 'age']);
    expect(table.drop(['sex']).columns).to.deep.equal(['age', 'fare']);
    const rows = table.rows([3, 0, 3]);
    expect(rows.column('age')).to.deep.equal(new Float64Array([35, 22, 35]));
    expect(rows.column('sex')).to.deep.equal([undefined, 'male', undefined]);
    expect(table.rows([]).length).to.equal(0);
    expect(table.select([]).length).to.equal(4); // no columns, as many rows
    expect(table.length).to.equal(4);
  });

  it('filter sees each row and its number', () => {
    const seen: number[] = [];
    const table = people().filter(({ sex, age }, i) => {
      seen.push(i);
      return sex === 'female' && !Number.isNaN(age);
    });
    expect(seen).to.deep.equal([0, 1, 2, 3]);
    expect(table.column('fare')).to.deep.equal(new Float64Array([71.25]));
    expect(people().row(1)).to.deep.equal({ age: 38, sex: 'female', fare: 71.25 });
  });

  it('dropMissing looks at all columns, or at those that are named', () => {
    expect(people().dropMissing().column('age')).to.deep.equal(new Float64Array([22, 38]));
    expect(people().dropMissing(['age']).column('fare')).to.deep.equal(new Float64Array([7.25, 71.25, 53]));
    expect(people().dropMissing(['fare']).length).to.equal(4);
    expect(people().dropMissing([]).length).to.equal(4);
  });

  it('filter and rows agree, for any rows', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.double(), fc.option(fc.string(), { nil: undefined }))), (rows) => {
        const table = Table.from({ n: rows.map(([n]) => n), w: rows.map(([, w]) => w ?? undefined) });
        const even = rows.map((_, i) => i).filter((i) => i % 2 === 0);
        const [a, b] = [table.filter((_, i) => i % 2 === 0), table.rows(even)];
        for (const name of table.columns) expect(a.column(name)).to.deep.equal(b.column(name));
      }),
      { seed: 1 },
    );
  });

  it('toTensor: rows and columns in order, rounded to float32', () => {
    expect(people().rows([0, 1, 3]).toTensor(['fare', 'age']).toArray()).to.deep.equal([
      [7.25, 22],
      [71.25, 38],
      [53, 35],
    ]);
    expect(
      Table.from({ a: [0.1] })
        .toTensor()
        .item(),
    ).to.equal(Math.fround(0.1));
    expect(Table.from({ a: [] }).toTensor().shape).to.deep.equal([0, 1]);
    expect(people().select([]).toTensor().shape).to.deep.equal([4, 0]);
  });

  it('toTensor names the place of what is missing, unless it may be, and of a word', () => {
    expectError(
      () => people().toTensor(['fare', 'age']),
      ArgumentError,
      'toTensor: column "age", row 2 is missing',
      'dropMissing()',
    );
    expectError(() => people().toTensor(), ArgumentError, 'toTensor: column "age", row 2 is missing');
    expectError(
      () => people().toTensor(['sex']),
      ArgumentError,
      'column "sex", row 0 holds "male"',
      'OneHotEncoder',
    );
    const filled = people().toTensor(['age', 'fare'], { allowMissing: true });
    expect(filled.toArray()).to.deep.equal([
      [22, 7.25],
      [38, 71.25],
      [Number.NaN, 8],
      [35, 53],
    ]);
    expectError(
      () => people().toTensor(['sex'], { allowMissing: true }),
      ArgumentError,
      'row 0 holds "male"',
    );
    const words = Table.from({ w: ['x', undefined] }).rows([1]); // a column of words of which none is left
    expectError(() => words.toTensor(), ArgumentError, 'column "w", row 0 is missing');
    expect(words.toTensor(['w'], { allowMissing: true }).toArray()).to.deep.equal([[Number.NaN]]);
  });

  it('prints its first ten rows: numbers at the right, a dash for what is missing', () => {
    expect(String(people()).split('\n')).to.deep.equal([
      'Table of 4 rows',
      'age  sex      fare',
      ' 22  male     7.25',
      ' 38  female  71.25',
      '  –  female      8',
      ' 35  –          53',
    ]);
    const long = Table.from({ n: Array.from({ length: 12 }, (_, i) => i / 3) });
    expect(String(long).split('\n').slice(-2)).to.deep.equal(['       3', '...']);
    expect(String(Table.from({ w: ['two\nlines', 'x'.repeat(50)] }))).to.equal(
      `Table of 2 rows\nw\ntwo lines\n${'x'.repeat(29)}…`,
    );
    expect(String(Table.from({}))).to.equal('Table of 0 rows');
  });

  it('columns called __proto__ and constructor are like others', () => {
    const table = Table.from(JSON.parse('{"__proto__": [1, 2], "constructor": ["a", "b"]}'));
    expect(table.columns).to.deep.equal(['__proto__', 'constructor']);
    expect(
      table.filter((row) => Object.hasOwn(row, '__proto__') && row.constructor === ('b' as never)).length,
    ).to.equal(1);
    expectError(() => table.column('toString'), ArgumentError, 'there is no column "toString"');
    expectError(() => people().column('__proto__'), ArgumentError, 'there is no column "__proto__"');
  });

  it('refuses columns and rows that do not exist, and columns that do not fit', () => {
    expectError(
      () => people().column('aeg'),
      ArgumentError,
      'no column "aeg"',
      '"age", "sex", "fare"',
      'try:  "age"',
    );
    expectError(
      () => people().select(bad('age')),
      ArgumentError,
      'the columns are "age"',
      'select(["age", "sex"])',
    );
    expectError(() => people().select(['age', 'age']), ArgumentError, 'a column is named twice');
    expectError(() => people().drop(['ages']), ArgumentError, 'try:  "age"');
    expectError(() => people().rows([0, 4]), IndexError, 'there is no row 4', '0 … 3');
    expectError(() => people().rows([-1]), IndexError, 'there is no row -1');
    expectError(() => people().rows([0.5]), ArgumentError, 'row numbers hold 0.5');
    expectError(() => people().row(4), ArgumentError, 'the row is 4');
    expectError(() => people().filter(bad('age')), ArgumentError, 'the predicate is "age"');
    expectError(() => people().dropMissing(['x']), ArgumentError, 'no column "x"');
    expectError(() => Table.from({ a: [1], b: [1, 2] }), ShapeError, 'column "b" has 2 rows, "a" has 1');
    expectError(
      () => Table.from({ a: bad([1, 'x']) }),
      ArgumentError,
      'column "a" holds "x" (row 1) among numbers',
    );
    expectError(() => Table.from({ a: bad([undefined, true]) }), ArgumentError, 'column "a" holds true');
    expectError(() => Table.from({ a: bad('words') }), ArgumentError, 'column "a" is "words"');
    expectError(() => Table.from(bad([[1]])), ArgumentError, 'the columns are an array of 1');
  });
});
