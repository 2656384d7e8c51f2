// Cuts a CSV text into records, and these into fields.
import { describe } from '../tensor/index.ts';

/** Throws an error about a line. */
type Fail = (line: number, problem: string, rule: string, repair?: string) => never;

const longestRecord = 1 << 22; // characters; a quote that is never closed must not fill the memory

/**
 * Takes a text in pieces, and gives its records as they become complete.
 *
 * A line without quotes is a record. With an odd number of them, it ends inside quotes, and the record goes on in the next
 * line; what the quotes enclose is looked at when the record is complete.
 */
export class Scanner {
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
      if (!isOdd) return;
      const record = this.#open.join('\n');
      this.#open = [];
      this.#openLength = 0;
      this.#finish(record, this.#openLine);
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
