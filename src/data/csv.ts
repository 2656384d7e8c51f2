// CSV (RFC 4180): as a stream of rows, or as a table.
import {
  ArgumentError,
  checkChoice,
  checkFlag,
  checkOptions,
  DataError,
  describe,
  nearest,
} from '../tensor/index.ts';
import { Scanner } from './scanner.ts';
import { type Row, Table } from './table.ts';
import { nameOf, openText, type TextOptions, type TextSource } from './text.ts';

export interface CsvOptions extends TextOptions {
  /** The character between two fields. Default ','; also in use are ';' and '\t'. */
  delimiter?: string;
  /**
   * Whether the first line holds the columns' names; or the names, for a file without such a line. Default true; with false,
   * the columns are called '0', '1', ...
   */
  header?: boolean | readonly string[];
  /** What stands for a missing value, apart from spaces around it. Default: {@link missingMarks}. */
  missing?: readonly string[];
  /** What a column holds, by its name. A word in a column of numbers is an error then. */
  types?: { readonly [column: string]: ColumnType };
  /** The decimal mark of numbers. Default '.'. */
  decimal?: '.' | ',';
  /** Whether "..." encloses a field, as in RFC 4180. Default true; with false, a quote is a letter like others. */
  quotes?: boolean;
}

/** What a column holds: numbers, of which NaN is a missing one; or words, of which undefined is. */
export type ColumnType = 'number' | 'string';

/** What stands for a missing value, unless told otherwise. */
const missingMarks = ['', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL', '?'];

const nameRule = 'every column must have a name of its own';

const optionNames = ['delimiter', 'header', 'missing', 'types', 'decimal', 'quotes', 'name', 'encoding'];

/**
 * The rows of a CSV file one by one, in constant memory, so the file may be larger than that.
 *
 *     for await (const row of data.csvRows('titanic.csv', { types: { age: 'number' } })) row.age
 *
 * Fields are words, unless `types` says that a column holds numbers: what a column holds is known only at its end. A missing
 * value is undefined, or NaN among numbers. Empty lines are passed over.
 *
 * @throws DataError that names the file, the line and the column of what is wrong
 */
export function csvRows(source: TextSource, options: CsvOptions = {}): AsyncGenerator<Row> {
  return rowsOf(new CsvReader('csvRows', source, options));
}

async function* rowsOf(reader: CsvReader): AsyncGenerator<Row> {
  let empty: Row | undefined;
  for await (const { names, records, lines } of reader.batches()) {
    const isNumber = names.map((name) => reader.typeOf(name) === 'number');
    empty ??= Object.fromEntries(names.map((name) => [name, undefined]));
    for (let r = 0; r < records.length; r++) {
      const row = { ...empty }; // the keys are there before they are assigned to: __proto__ is a key like others
      for (let c = 0; c < names.length; c++)
        row[names[c]] = isNumber[c]
          ? reader.numberAt(records[r][c], names[c], lines[r])
          : reader.word(records[r][c]);
      yield row;
    }
  }
}

/**
 * A CSV file as a table. A column holds numbers if all its values are numbers (decimal, perhaps with an exponent), else
 * words as they stand; `types` decides otherwise.
 *
 *     const table = await data.readCsv('iris.csv');
 *
 * Quotes, doubled quotes, line breaks inside quotes, LF, CRLF and a byte order mark are as in RFC 4180.
 *
 * @throws DataError that names the file, the line and the column of what is wrong
 */
export async function readCsv(source: TextSource, options: CsvOptions = {}): Promise<Table> {
  const reader = new CsvReader('readCsv', source, options);
  let columns: Column[] | undefined;
  let header: string[] = [];
  for await (const { names, records, lines } of reader.batches(true)) {
    header = names;
    columns ??= names.map((name) => new Column(reader, name, reader.typeOf(name)));
    columns.forEach((column, c) => column.push(records, lines, c));
  }
  // A word below numbers: how these were written is forgotten, and "007" must not become "7". So they are read once more.
  const late = columns!.map((column) => (column.isLate ? new Column(reader, '', 'string') : undefined));
  if (late.some(Boolean))
    for await (const { records, lines } of reader.batches())
      late.forEach((column, c) => column?.push(records, lines, c));
  return Table.ofOwn(new Map(header.map((name, c) => [name, (late[c] ?? columns![c]).values])));
}

/** A column that grows. */
class Column {
  readonly #reader: CsvReader;
  readonly #name: string;
  #type: ColumnType | undefined;
  #numbers = new Float64Array(64);
  #words: (string | undefined)[] = [];
  #length = 0;
  #hasNumber = false;
  /** Whether it turned out to be words after numbers had been read. */
  isLate = false;

  constructor(reader: CsvReader, name: string, type: ColumnType | undefined) {
    this.#reader = reader;
    this.#name = name;
    this.#type = type;
  }

  get values(): Float64Array | (string | undefined)[] {
    return this.#type === 'string' ? this.#words : this.#numbers.slice(0, this.#length);
  }

  /** Adds field c of each record. */
  push(records: readonly string[][], lines: readonly number[], c: number): void {
    for (let r = 0; r < records.length && !this.isLate; r++) {
      const text = records[r][c];
      if (this.#type === 'string') this.#addWord(text);
      else if (this.#type === 'number') this.#addNumber(this.#reader.numberAt(text, this.#name, lines[r]));
      else this.#infer(text);
    }
  }

  #infer(text: string): void {
    const value = this.#reader.number(text);
    if (value !== undefined) {
      this.#hasNumber ||= !Number.isNaN(value);
      this.#addNumber(value);
    } else if (this.#hasNumber) this.isLate = true;
    else {
      this.#type = 'string';
      this.#words = new Array<undefined>(this.#length).fill(undefined); // all that came before is missing
      this.#addWord(text);
    }
  }

  #addWord(text: string): void {
    const word = this.#reader.word(text);
    this.#words.push(word === undefined ? undefined : ownCopy(word));
  }

  #addNumber(value: number): void {
    if (this.#length === this.#numbers.length) {
      const larger = new Float64Array(2 * this.#length);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#length++] = value;
  }
}

/** The same letters; a piece of a long string would keep all of it in memory (V8 copies below 13 letters by itself). */
export const ownCopy = (text: string): string => (text.length < 13 ? text : ` ${text}`.slice(1));

/** Digits with or without a point and an exponent, or infinity. No part can match in two ways, so it takes linear time. */
const numberPattern = (point: string) =>
  new RegExp(`^\\s*[+-]?(?:(?:\\d+(?:${point}\\d*)?|${point}\\d+)(?:e[+-]?\\d+)?|inf(?:inity)?)\\s*$`, 'i');

/** Some records, the lines in which they begin, and the columns' names. */
interface Records {
  names: string[];
  records: string[][];
  lines: number[];
}

/** What all readers of CSV share: the options, the columns' names, and what a field means. */
export class CsvReader {
  readonly #where: string;
  readonly #name: string;
  readonly #options: CsvOptions;
  readonly #source: TextSource;
  readonly #missing: ReadonlySet<string>;
  readonly #pattern: RegExp;
  readonly #isComma: boolean;
  /** Whether a number stands for a missing value, such as -999. */
  readonly #hasNumericMark: boolean;
  /** The chunks of a source that comes only once. */
  #kept: string[] | undefined;

  /** @param known the names of further options, which the caller sees to */
  constructor(where: string, source: TextSource, options: CsvOptions, known: readonly string[] = []) {
    checkOptions(where, options, [...optionNames, ...known]);
    const {
      delimiter = ',',
      header = true,
      missing = missingMarks,
      types,
      decimal = '.',
      quotes = true,
    } = options;
    if (typeof delimiter !== 'string' || delimiter.length !== 1 || /["\r\n]/.test(delimiter))
      throw new ArgumentError(
        where,
        `delimiter is ${describe(delimiter)}`,
        'delimiter must be one character, and no quote or line break',
        "{ delimiter: ';' }",
      );
    if (typeof header !== 'boolean') {
      checkWords(where, 'header', header, 'true, false, or the columns’ names');
      const twice = header.find((name, i) => header.indexOf(name) !== i);
      if (twice !== undefined)
        throw new ArgumentError(where, `header has ${describe(twice)} twice`, nameRule);
    }
    checkWords(where, 'missing', missing, 'a list of words');
    if (types !== undefined) {
      if (types === null || typeof types !== 'object')
        throw new ArgumentError(where, `types is ${describe(types)}`, "types must be like { age: 'number' }");
      for (const [column, type] of Object.entries(types))
        checkChoice(where, `types.${column}`, type, ['number', 'string']);
    }
    checkChoice(where, 'decimal', decimal, ['.', ',']);
    checkFlag(where, 'quotes', quotes);
    this.#where = where;
    this.#name = nameOf(where, source, options);
    openText(where, source, options); // so that what cannot be read is refused now
    this.#source = source;
    this.#options = { ...options, delimiter, header, types, quotes };
    this.#missing = new Set(missing);
    this.#isComma = decimal === ',';
    this.#pattern = this.#isComma ? numberPattern(',') : numberPattern('\\.');
    this.#hasNumericMark = missing.some((mark) => this.#pattern.test(mark));
  }

  /** What `types` says of a column. */
  typeOf(column: string): ColumnType | undefined {
    const { types } = this.#options;
    return types && Object.hasOwn(types, column) ? types[column] : undefined;
  }

  /** The word of a field; undefined if it is missing. */
  word(text: string): string | undefined {
    return this.isMissing(text) ? undefined : text;
  }

  /** The number of a field: NaN if it is missing, undefined if it is a word. */
  number(text: string): number | undefined {
    const isNumber = this.#pattern.test(text);
    if ((!isNumber || this.#hasNumericMark) && this.isMissing(text)) return Number.NaN;
    if (!isNumber) return undefined;
    const value = Number(this.#isComma ? text.replace(',', '.') : text);
    return Number.isNaN(value) ? (text.includes('-') ? -Infinity : Infinity) : value; // "inf" is unknown to Number
  }

  /** The same where a word is an error. */
  numberAt(text: string, column: string, line: number): number {
    return (
      this.number(text) ??
      this.#fail(
        `, line ${line}, column ${describe(column)}: ${describe(text)} is not a number`,
        "a column of the type 'number' holds numbers and missing values only",
        `{ missing: [${describe(text)}] }, or { types: { ${describe(column)}: 'string' } }`,
      )
    );
  }

  /** Whether a field stands for a missing value. */
  isMissing(text: string): boolean {
    if (this.#missing.has(text)) return true;
    const isSpaced = text.charCodeAt(0) <= 32 || text.charCodeAt(text.length - 1) <= 32;
    return isSpaced && this.#missing.has(text.trim());
  }

  /**
   * The records, a batch for each chunk of the text; at least one, which may be empty. Can be called again, also for a
   * source that comes only once if the first call was told to `keep` its text.
   */
  async *batches(keep = false): AsyncGenerator<Records> {
    const scanner = new Scanner(
      this.#options.delimiter!,
      this.#options.quotes!,
      (line, problem, rule, repair) => this.#fail(`, line ${line}: ${problem}`, rule, repair),
    );
    let names: string[] | undefined;
    for await (const chunk of this.#chunks(keep)) {
      const { records, lines } = scanner.push(chunk);
      if (records.length === 0) continue;
      const batch: Records = { names: (names ??= this.#takeNames(records, lines)), records, lines };
      this.#checkWidths(batch);
      yield batch;
    }
    const { records, lines } = scanner.end();
    const batch = { names: (names ??= this.#takeNames(records, lines)), records, lines };
    this.#checkWidths(batch);
    yield batch;
  }

  async *#chunks(keep: boolean): AsyncGenerator<string> {
    const { encoding, name } = this.#options;
    const source = this.#kept ?? this.#source;
    const comesOnce = typeof source === 'object' && !(source instanceof Uint8Array || 'text' in source);
    const kept: string[] = [];
    for await (const chunk of openText(this.#where, source, { encoding, name })) {
      if (keep && comesOnce) kept.push(chunk);
      yield chunk;
    }
    if (keep && comesOnce) this.#kept = kept;
  }

  /** The columns' names: from the options, or from the first record, which is then taken away. */
  #takeNames(records: string[][], lines: number[]): string[] {
    const { header, types } = this.#options;
    if (records.length === 0 && !Array.isArray(header))
      this.#fail(' is empty', 'a CSV file begins with the names of its columns', "{ header: ['a', 'b'] }");
    const [line] = lines;
    if (header === true) lines.shift();
    const names =
      header === true
        ? records.shift()!.map(ownCopy)
        : header === false
          ? records[0].map((_, i) => String(i))
          : [...(header as string[])];
    const seen = new Set<string>();
    for (const name of names) {
      if (seen.has(name))
        this.#fail(
          `, line ${line}: two columns are called ${describe(name)}`,
          nameRule,
          '{ header: names }, for a file without the line of names',
        );
      seen.add(name);
    }
    for (const column of Object.keys(types ?? {})) {
      if (seen.has(column)) continue;
      const guess = nearest(column, names);
      throw new ArgumentError(
        this.#where,
        `types names the column ${describe(column)}, which ${this.#name} does not have`,
        `columns: ${list(names)}`,
        guess === undefined ? undefined : `{ types: { ${describe(guess)}: ... } }`,
      );
    }
    return names;
  }

  #checkWidths({ names, records, lines }: Records): void {
    for (let r = 0; r < records.length; r++) {
      const { length } = records[r];
      if (length === names.length) continue;
      const column = length < names.length ? `, none for column ${describe(names[length])}` : '';
      this.#fail(
        `, line ${lines[r]}: ${length} ${length === 1 ? 'field' : 'fields'}${column}`,
        `there are ${names.length} columns, and every line must have a field for each`,
        length < names.length
          ? undefined
          : `put fields that hold a ${this.#options.delimiter} between quotes`,
      );
    }
  }

  readonly #fail: (problem: string, rule: string, repair?: string) => never = (problem, rule, repair) => {
    throw new DataError(this.#where, `${this.#name}${problem}`, rule, repair);
  };
}

/** Names in a message: not more than ten. */
export const list = (names: readonly string[]): string =>
  names.slice(0, 10).map(describe).join(', ') + (names.length > 10 ? `, ... (${names.length})` : '');

function checkWords(where: string, name: string, words: unknown, what: string): void {
  if (!Array.isArray(words) || !words.every((word) => typeof word === 'string'))
    throw new ArgumentError(where, `${name} is ${describe(words)}`, `${name} must be ${what}`);
}
