// The summary of a CSV file: what its columns hold, found in one pass and in constant memory.
import { ArgumentError, checkNumber, describe, nearest } from '../tensor/index.ts';
import { type ColumnType, type CsvOptions, CsvReader, ownCopy } from './csv.ts';
import { layout, shortNumber } from './table.ts';
import type { TextSource } from './text.ts';

export interface SummaryOptions extends CsvOptions {
  /** How many of the most frequent values to list. Default 5. */
  top?: number;
}

/** What a column holds. Statistics are those of the values that are not missing. */
export interface ColumnSummary {
  name: string;
  /** Numbers if all values are; else words. */
  type: ColumnType;
  /** How many values there are, and how many are missing. */
  count: number;
  missing: number;
  /** Of numbers only, and NaN if there is none; std = √(Σ (x − mean)² / n). */
  min?: number;
  max?: number;
  mean?: number;
  std?: number;
  /** How many different values there are, as they are written; undefined if they are more than 1,000. */
  distinct?: number;
  /** The most frequent values as they are written, and how often; of equally frequent ones, the first met first. None if there are more than 1,000. */
  top: [value: string, count: number][];
}

const mostDistinct = 1000;

/**
 * Reads a CSV file once and tells of each column how many values it has, how many are missing, which are the most frequent,
 * and of numbers the range, mean and standard deviation. The file may be larger than the memory.
 *
 *     console.log(await data.summarize('titanic.csv'));
 *
 *     Summary of 891 rows
 *     column  type    count  missing  distinct      min      max     mean      std  top
 *     age     number    714      177        88     0.42       80  29.6991  14.5163  24 (30), 22 (27), 18 (26)
 *
 * @throws DataError as `csvRows` does
 */
export async function summarize(source: TextSource, options: SummaryOptions = {}): Promise<Summary> {
  const reader = new CsvReader('summarize', source, options, ['top']);
  const { top = 5 } = options;
  checkNumber('summarize', 'top', top, { integer: true, min: 0 });
  let columns: Column[] | undefined;
  let rows = 0;
  for await (const { names, records, lines } of reader.batches()) {
    columns ??= names.map((name) => new Column(reader, name, reader.typeOf(name)));
    columns.forEach((column, c) => {
      for (let r = 0; r < records.length; r++) column.add(records[r][c], lines[r]);
    });
    rows += records.length;
  }
  return new Summary(
    rows,
    columns!.map((column) => column.summary(top)),
  );
}

/** What {@link summarize} found. Prints as a table. */
export class Summary {
  /** The number of rows. */
  readonly rows: number;
  readonly columns: readonly ColumnSummary[];

  /** @internal */
  constructor(rows: number, columns: readonly ColumnSummary[]) {
    this.rows = rows;
    this.columns = columns;
  }

  /** The summary of a column. */
  column(name: string): ColumnSummary {
    const found = this.columns.find((column) => column.name === name);
    if (found) return found;
    const names = this.columns.map((column) => column.name);
    const guess = typeof name === 'string' ? nearest(name, names) : undefined;
    throw new ArgumentError(
      'column',
      `there is no column ${describe(name)}`,
      `columns: ${names.slice(0, 20).map(describe).join(', ')}`,
      guess === undefined ? undefined : describe(guess),
    );
  }

  toString(): string {
    const numeric = (value: number | undefined) => (value === undefined ? '' : shortNumber(value));
    const cells = (name: string, isNumber: boolean, cell: (column: ColumnSummary) => string) => ({
      name,
      isNumber,
      cells: this.columns.map(cell),
    });
    const lines = layout([
      cells('column', false, ({ name }) => name),
      cells('type', false, ({ type }) => type),
      cells('count', true, ({ count }) => String(count)),
      cells('missing', true, ({ missing }) => String(missing)),
      cells('distinct', true, ({ distinct }) =>
        distinct === undefined ? `> ${mostDistinct}` : String(distinct),
      ),
      cells('min', true, ({ min }) => numeric(min)),
      cells('max', true, ({ max }) => numeric(max)),
      cells('mean', true, ({ mean }) => numeric(mean)),
      cells('std', true, ({ std }) => numeric(std)),
      cells('top', false, ({ top }) =>
        top
          .slice(0, 3)
          .map(([value, count]) => `${value.length > 20 ? `${value.slice(0, 19)}…` : value} (${count})`)
          .join(', '),
      ),
    ]);
    return [`Summary of ${this.rows} ${this.rows === 1 ? 'row' : 'rows'}`, ...lines].join('\n');
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** The statistics of a column so far. */
class Column {
  readonly #reader: CsvReader;
  readonly #name: string;
  readonly #asked: ColumnType | undefined;
  #isNumber: boolean;
  #count = 0;
  #missing = 0;
  #min = Infinity;
  #max = -Infinity;
  #mean = 0;
  /** Σ (x − mean)², kept up to date by Welford's rule. */
  #squares = 0;
  #values: Map<string, number> | undefined = new Map();

  constructor(reader: CsvReader, name: string, asked: ColumnType | undefined) {
    this.#reader = reader;
    this.#name = name;
    this.#asked = asked;
    this.#isNumber = asked !== 'string';
  }

  add(text: string, line: number): void {
    if (this.#reader.isMissing(text)) {
      this.#missing++;
      return;
    }
    this.#count++;
    if (this.#isNumber) this.#addNumber(text, line);
    if (this.#values) this.#addValue(this.#values, text);
  }

  #addNumber(text: string, line: number): void {
    const value =
      this.#asked === 'number' ? this.#reader.numberAt(text, this.#name, line) : this.#reader.number(text);
    if (value === undefined) {
      this.#isNumber = false;
      return;
    }
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    const distance = value - this.#mean;
    this.#mean += distance / this.#count;
    this.#squares += distance * (value - this.#mean);
  }

  #addValue(values: Map<string, number>, text: string): void {
    const count = values.get(text);
    if (count !== undefined) values.set(text, count + 1);
    else if (values.size === mostDistinct) this.#values = undefined;
    else values.set(ownCopy(text), 1);
  }

  summary(top: number): ColumnSummary {
    const isEmpty = this.#count === 0;
    const numbers = {
      min: isEmpty ? Number.NaN : this.#min,
      max: isEmpty ? Number.NaN : this.#max,
      mean: isEmpty ? Number.NaN : this.#mean,
      std: Math.sqrt(this.#squares / this.#count),
    };
    return {
      name: this.#name,
      type: this.#isNumber ? 'number' : 'string',
      count: this.#count,
      missing: this.#missing,
      ...(this.#isNumber ? numbers : {}),
      distinct: this.#values?.size,
      top: [...(this.#values ?? [])].sort((a, b) => b[1] - a[1]).slice(0, top),
    };
  }
}
