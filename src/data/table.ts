// A table: columns of numbers or words, by name. It never changes; what selects from it makes a new one.
import {
  ArgumentError,
  checkFlag,
  checkNumber,
  checkOptions,
  describe,
  IndexError,
  isNumericArray,
  nearest,
  ShapeError,
  Tensor,
} from '../tensor/index.ts';
import { type Integers, toIntegers } from './dataset.ts';

/** One row: its values by column. */
export type Row = { [column: string]: string | number | undefined };

/** Numbers, of which NaN is a missing one; or words, of which undefined is. */
export type TableColumn = Float64Array | readonly (string | undefined)[];

/** What {@link Table.from} takes for a column: numbers, or words; undefined and null are missing. */
export type ColumnValues =
  | ArrayLike<number>
  | readonly (number | undefined | null)[]
  | readonly (string | undefined | null)[];

/**
 * Columns of the same length, each of numbers or of words. Rows are numbered from 0.
 *
 *     const table = await data.readCsv('iris.csv');
 *     table.filter((row) => row.species !== 'setosa').toTensor(['petal length', 'petal width'])
 */
export class Table {
  /** The names of the columns, in their order. */
  readonly columns: readonly string[];
  /** The number of rows. */
  readonly length: number;
  readonly #data: ReadonlyMap<string, TableColumn>;
  readonly #empty: Row;

  private constructor(data: ReadonlyMap<string, TableColumn>, length: number) {
    this.columns = [...data.keys()];
    this.length = length;
    this.#data = data;
    this.#empty = Object.fromEntries(this.columns.map((name) => [name, undefined]));
  }

  /** A table of columns by name: `Table.from({ age: [22, 38], sex: ['male', 'female'] })`. */
  static from(columns: { readonly [name: string]: ColumnValues } | ReadonlyMap<string, ColumnValues>): Table {
    if (
      columns === null ||
      typeof columns !== 'object' ||
      Array.isArray(columns) ||
      ArrayBuffer.isView(columns)
    )
      throw new ArgumentError(
        'Table.from',
        `the columns are ${describe(columns)}`,
        'the columns are an object of arrays by name',
        "Table.from({ age: [22, 38], sex: ['male', 'female'] })",
      );
    const entries = columns instanceof Map ? [...columns] : Object.entries(columns);
    const data = new Map(entries.map(([name, values]) => [name, toColumn(name, values)]));
    const [first] = data;
    for (const [name, { length }] of data)
      if (length !== first[1].length)
        throw new ShapeError(
          'Table.from',
          `column ${describe(name)} has ${length} rows, ${describe(first[0])} has ${first[1].length}`,
          'all columns must have the same length',
        );
    return new Table(data, first?.[1].length ?? 0);
  }

  /** A table of columns that nobody else holds, and that have the same length. @internal */
  static ofOwn(columns: ReadonlyMap<string, TableColumn>): Table {
    const [first] = columns.values();
    return new Table(columns, first?.length ?? 0);
  }

  /** The values of a column, borrowed: read them, don't write to them. */
  column(name: string): TableColumn {
    return this.#data.get(name) ?? this.#refuse('column', name);
  }

  /** The table of these columns only, in this order. */
  select(names: readonly string[]): Table {
    return this.#of('select', this.#check('select', names));
  }

  /** The table without these columns. */
  drop(names: readonly string[]): Table {
    const dropped = new Set(this.#check('drop', names));
    return this.#of(
      'drop',
      this.columns.filter((name) => !dropped.has(name)),
    );
  }

  /** The rows for which `predicate` is true. */
  filter(predicate: (row: Row, index: number) => boolean): Table {
    if (typeof predicate !== 'function')
      throw new ArgumentError(
        'filter',
        `the predicate is ${describe(predicate)}`,
        'the predicate must be a function of a row',
        'filter((row) => row.age > 18)',
      );
    return this.#where((index) => predicate(this.#row(index), index));
  }

  /** One row: its values by column. */
  row(index: number): Row {
    checkNumber('row', 'the row', index, { integer: true, min: 0, below: this.length });
    return this.#row(index);
  }

  #row(index: number): Row {
    const row = { ...this.#empty }; // the keys are there before they are assigned to: __proto__ is a key like others
    for (const [name, values] of this.#data) row[name] = values[index];
    return row;
  }

  /** The rows with these numbers, in this order. */
  rows(indices: Integers): Table {
    const list = toIntegers('rows', 'row numbers', indices);
    const wrong = list.find((index) => index < 0 || index >= this.length);
    if (wrong !== undefined)
      throw new IndexError(
        'rows',
        `there is no row ${wrong}`,
        this.length ? `rows are numbered 0 … ${this.length - 1}` : 'the table is empty',
      );
    const data = new Map(
      this.columns.map((name) => {
        const values = this.column(name);
        return [
          name,
          values instanceof Float64Array
            ? Float64Array.from(list, (index) => values[index])
            : Array.from(list, (index) => values[index]),
        ];
      }),
    );
    return new Table(data, list.length);
  }

  /** The rows in which none of these columns (default: none of all) has a missing value. */
  dropMissing(names: readonly string[] = this.columns): Table {
    const columns = this.#check('dropMissing', names).map((name) => this.column(name));
    return this.#where((index) => columns.every((values) => !isMissing(values[index])));
  }

  /**
   * These columns (default: all) as a tensor [rows, columns], rounded to float32.
   *
   * @throws ArgumentError that names the row and the column of a word, or of a missing value unless `allowMissing`, which
   *   makes it NaN
   */
  toTensor(
    names: readonly string[] = this.columns,
    options: { allowMissing?: boolean } = {},
  ): Tensor<[number, number]> {
    const columns = this.#check('toTensor', names).map((name) => this.column(name));
    checkOptions('toTensor', options, ['allowMissing']);
    const allowMissing = checkFlag('toTensor', 'allowMissing', options.allowMissing ?? false);
    columns.forEach((values, c) => {
      const isWord = !(values instanceof Float64Array);
      const row = isWord
        ? values.findIndex((value) => value !== undefined)
        : allowMissing
          ? -1
          : values.findIndex(Number.isNaN);
      if (row < 0 && !(isWord && !allowMissing && values.length > 0)) return;
      const place = `column ${describe(names[c])}, row ${Math.max(row, 0)}`;
      throw isWord && row >= 0
        ? new ArgumentError(
            'toTensor',
            `${place} holds ${describe(values[row])}`,
            'a tensor holds numbers; words must be encoded',
            'new data.OneHotEncoder(), new data.LabelEncoder(), or table.drop([...])',
          )
        : new ArgumentError(
            'toTensor',
            `${place} is missing`,
            'a tensor has a number everywhere',
            'table.dropMissing(), or toTensor(names, { allowMissing: true }) and new data.Imputer()',
          );
    });
    const result = new Tensor<[number, number]>([this.length, columns.length]);
    const out = result.storage.write();
    columns.forEach((values, c) => {
      for (let r = 0; r < this.length; r++) out[r * columns.length + c] = Number(values[r] ?? Number.NaN);
    });
    return result;
  }

  /**
   *     Table of 891 rows
   *     age  sex
   *      22  male
   *      38  female
   *     ...
   */
  toString(): string {
    const shown = Math.min(this.length, 10);
    const columns = this.columns.map((name) => {
      const values = Array.from({ length: shown }, (_, i) => this.column(name)[i]);
      return { name, cells: values.map(show), isNumber: this.column(name) instanceof Float64Array };
    });
    const title = `Table of ${this.length} ${this.length === 1 ? 'row' : 'rows'}`;
    return [title, ...layout(columns), ...(shown < this.length ? ['...'] : [])].join('\n');
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  #where(isWanted: (index: number) => boolean): Table {
    const wanted: number[] = [];
    for (let i = 0; i < this.length; i++) if (isWanted(i)) wanted.push(i);
    return this.rows(wanted);
  }

  #of(where: string, names: readonly string[]): Table {
    if (new Set(names).size !== names.length)
      throw new ArgumentError(where, `a column is named twice`, 'each column may be named once');
    return new Table(new Map(names.map((name) => [name, this.column(name)])), this.length);
  }

  #check(where: string, names: readonly string[]): readonly string[] {
    if (!Array.isArray(names))
      throw new ArgumentError(
        where,
        `the columns are ${describe(names)}`,
        'columns are a list of names',
        `${where}([${this.columns.slice(0, 2).map(describe).join(', ')}])`,
      );
    for (const name of names) if (!this.#data.has(name)) this.#refuse(where, name);
    return names;
  }

  #refuse(where: string, name: unknown): never {
    const guess = typeof name === 'string' ? nearest(name, this.columns) : undefined;
    throw new ArgumentError(
      where,
      `there is no column ${describe(name)}`,
      `columns: ${this.columns.slice(0, 20).map(describe).join(', ')}${this.columns.length > 20 ? ', ...' : ''}`,
      guess === undefined ? undefined : describe(guess),
    );
  }
}

/** Whether a value of a column is missing. */
export const isMissing = (value: string | number | undefined): boolean =>
  value === undefined || value !== value;

function toColumn(name: string, values: unknown): TableColumn {
  if (isNumericArray(values)) return Float64Array.from(values);
  const wrong = (problem: string) =>
    new ArgumentError(
      'Table.from',
      `column ${describe(name)} ${problem}`,
      'a column is an array of numbers, or of words; undefined is missing',
    );
  if (!Array.isArray(values)) throw wrong(`is ${describe(values)}`);
  const type = typeof values.find((value) => value !== undefined && value !== null);
  if (type !== 'number' && type !== 'string' && type !== 'undefined')
    throw wrong(`holds ${describe(values.find((value) => value !== undefined && value !== null))}`);
  const odd = values.findIndex((value) => value !== undefined && value !== null && typeof value !== type);
  if (odd >= 0) throw wrong(`holds ${describe(values[odd])} (row ${odd}) among ${type}s`);
  return type === 'string'
    ? values.map((value) => value ?? undefined)
    : Float64Array.from(values, (value) => value ?? Number.NaN);
}

/** A value in print: numbers with at most 6 digits, what is missing as a dash. */
function show(value: string | number | undefined): string {
  if (isMissing(value)) return '–';
  if (typeof value === 'number') return shortNumber(value);
  const line = value!.replace(/[\r\n\t]+/g, ' ');
  return line.length > 30 ? `${line.slice(0, 29)}…` : line;
}

/** Whole numbers as they are, others with at most 6 digits. @internal */
export const shortNumber = (value: number): string =>
  String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));

/** Columns of text beside each other, numbers at the right. @internal */
export function layout(columns: readonly { name: string; cells: string[]; isNumber: boolean }[]): string[] {
  const padded = columns.map(({ name, cells, isNumber }) => {
    const title = show(name);
    const width = Math.max(title.length, ...cells.map((cell) => cell.length));
    return [title, ...cells].map((cell) => (isNumber ? cell.padStart(width) : cell.padEnd(width)));
  });
  return (padded[0] ?? []).map((_, i) =>
    padded
      .map((cells) => cells[i])
      .join('  ')
      .trimEnd(),
  );
}
