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
  for await (const { names, records, lines } of reader.batches()) {
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
  /** The chunks of a source that can be read only once. */
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
    if (typeof header !== 'boolean')
      checkWords(where, 'header', header, 'true, false, or the columns’ names');
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
    const [point, digits] = [decimal === ',' ? ',' : '\\.', '\\d+'];
    this.#pattern = new RegExp(
      `^\\s*[+-]?(?:${digits}(?:${point}\\d*)?(?:e[+-]?\\d+)?|${point}${digits}(?:e[+-]?\\d+)?|inf(?:inity)?)\\s*$`,
      'i',
    );
    this.#isComma = decimal === ',';
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
    if (this.isMissing(text)) return Number.NaN;
    if (!this.#pattern.test(text)) return undefined;
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

  /** The records, a batch for each chunk of the text; at least one, which may be empty. Can be called again. */
  async *batches(): AsyncGenerator<Records> {
    const scanner = new Scanner(
      this.#options.delimiter!,
      this.#options.quotes!,
      (line, problem, rule, repair) => this.#fail(`, line ${line}: ${problem}`, rule, repair),
    );
    let names: string[] | undefined;
    for await (const chunk of this.#chunks()) {
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

  /** The text; a source that can be read once only is remembered for the next call. */
  async *#chunks(): AsyncGenerator<string> {
    const { encoding, name } = this.#options;
    const source = this.#kept ?? this.#source;
    const isFleeting =
      typeof source !== 'string' && (Symbol.asyncIterator in source || Symbol.iterator in source);
    const isKept = this.#where === 'readCsv' && isFleeting && !(source instanceof Uint8Array);
    const kept: string[] = [];
    for await (const chunk of openText(this.#where, source, { encoding, name })) {
      if (isKept) kept.push(chunk);
      yield chunk;
    }
    if (isKept) this.#kept = kept;
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
          'every column must have a name of its own',
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

type Fail = (line: number, problem: string, rule: string, repair?: string) => never;

const longestRecord = 1 << 22; // characters; a quote that is never closed must not fill the memory

/** Cuts a text that comes in pieces into records, and these into fields. */
class Scanner {
  readonly #delimiter: string;
  readonly #quotes: boolean;
  readonly #fail: Fail;
  /** The beginning of a line whose end has not come yet. */
  #unfinished = '';
  /** The lines of a record whose quotes are not closed yet. */
  #open: string[] = [];
  #openLength = 0;
  #openLine = 0;
  #line = 0;
  #records: string[][] = [];
  #lines: number[] = [];

  constructor(delimiter: string, quotes: boolean, fail: Fail) {
    this.#delimiter = delimiter;
    this.#quotes = quotes;
    this.#fail = fail;
  }

  /** The records that end in this piece. */
  push(text: string): { records: string[][]; lines: number[] } {
    const end = text.lastIndexOf('\n');
    if (end < 0) {
      this.#unfinished += text;
      this.#checkLength();
      return { records: [], lines: [] };
    }
    const complete = this.#unfinished + text.slice(0, end);
    this.#unfinished = text.slice(end + 1);
    if (this.#open.length > 0 && !complete.includes('"')) this.#continue(complete, 1 + breaksIn(complete));
    else for (const line of complete.split('\n')) this.#add(line);
    return this.#take();
  }

  /** The record that ends with the text. */
  end(): { records: string[][]; lines: number[] } {
    if (this.#unfinished) this.#add(this.#unfinished);
    this.#splitOpen();
    return this.#take();
  }

  #take(): { records: string[][]; lines: number[] } {
    const taken = { records: this.#records, lines: this.#lines };
    [this.#records, this.#lines] = [[], []];
    return taken;
  }

  #add(line: string): void {
    this.#line++;
    const isOdd = this.#quotes && hasOddQuotes(line);
    if (this.#open.length > 0) {
      this.#continue(line, 0);
      if (isOdd) this.#finish(this.#open.join('\n'), this.#openLine);
    } else if (isOdd) {
      this.#open = [line];
      this.#openLength = line.length;
      this.#openLine = this.#line;
    } else this.#finish(line, this.#line);
  }

  /** Takes lines into the open record. */
  #continue(text: string, lines: number): void {
    this.#open.push(text);
    this.#openLength += 1 + text.length;
    this.#line += lines;
    this.#checkLength();
  }

  #finish(record: string, line: number): void {
    this.#open = [];
    this.#openLength = 0;
    const text = record.endsWith('\r') ? record.slice(0, -1) : record;
    if (text === '') return;
    if (this.#quotes && text.includes('"')) this.#records.push(this.#split(text, line));
    else {
      if (text.includes('\r')) this.#refuseReturn(line);
      this.#records.push(text.split(this.#delimiter));
    }
    this.#lines.push(line);
  }

  /** The fields of a record that has quotes. */
  #split(record: string, line: number): string[] {
    const fields: string[] = [];
    for (let at = 0; ; at++) {
      if (record[at] === '"') {
        let field = '';
        let end = record.indexOf('"', at + 1);
        let begin = at + 1;
        for (; end >= 0 && record[end + 1] === '"'; end = record.indexOf('"', begin)) {
          field += record.slice(begin, end + 1); // two quotes stand for one
          begin = end + 2;
        }
        if (end < 0)
          this.#fail(
            line + breaksIn(record, at),
            `the quote that opens field ${fields.length + 1} is never closed`,
            'a field that begins with a quote ends with one; two quotes inside stand for one',
            '{ quotes: false }, if a quote is a letter like others',
          );
        fields.push(field + record.slice(begin, end));
        at = end + 1;
        if (at < record.length && record[at] !== this.#delimiter)
          this.#fail(
            line + breaksIn(record, at),
            `field ${fields.length} goes on after its closing quote, with ${describe(record[at])}`,
            `a closing quote is followed by ${describe(this.#delimiter)} or the line's end; two quotes inside stand for one`,
            '{ quotes: false }, if a quote is a letter like others',
          );
      } else {
        const end = record.indexOf(this.#delimiter, at);
        const field = record.slice(at, end < 0 ? record.length : end);
        if (field.includes('"'))
          this.#fail(
            line + breaksIn(record, at),
            `there is a quote inside field ${fields.length + 1}, which does not begin with one`,
            'a field that holds a quote must be enclosed in quotes, and the quote doubled',
            '{ quotes: false }, if a quote is a letter like others',
          );
        if (field.includes('\r')) this.#refuseReturn(line + breaksIn(record, at));
        fields.push(field);
        at += field.length;
      }
      if (at >= record.length) return fields;
    }
  }

  #checkLength(): void {
    if (this.#unfinished.length + this.#openLength <= longestRecord) return;
    this.#splitOpen();
    this.#fail(
      this.#open.length > 0 ? this.#openLine : this.#line + 1,
      `a record of more than ${longestRecord} characters`,
      'a record must be shorter',
      'is it a CSV file, with lines that end in LF or CRLF?',
    );
  }

  /** Finds out what is wrong with a record whose quotes are not closed. */
  #splitOpen(): void {
    if (this.#open.length > 0) this.#split(this.#open.join('\n'), this.#openLine);
  }

  #refuseReturn(line: number): never {
    return this.#fail(
      line,
      'there is a carriage return without a line feed',
      'lines end in LF or CRLF; a field that holds a line break must be enclosed in quotes',
      'convert the line ends of old Macintosh files',
    );
  }
}

function hasOddQuotes(line: string): boolean {
  let isOdd = false;
  for (let at = line.indexOf('"'); at >= 0; at = line.indexOf('"', at + 1)) isOdd = !isOdd;
  return isOdd;
}

/** The number of line breaks before a place. */
const breaksIn = (text: string, end = text.length): number => text.slice(0, end).split('\n').length - 1;
