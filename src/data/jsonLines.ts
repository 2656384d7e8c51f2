// JSON lines: a JSON object on each line. As a stream of rows, or as a table.
import { checkOptions, DataError, describe } from '../tensor/index.ts';
import { ownCopy } from './csv.ts';
import { Table } from './table.ts';
import { nameOf, openText, type TextOptions, type TextSource } from './text.ts';

/** An object of a JSON lines file. */
export type JsonRow = { [key: string]: unknown };

const longestLine = 1 << 24; // characters

/**
 * The objects of a JSON lines file one by one, in constant memory. Empty lines are passed over.
 *
 *     for await (const row of data.jsonRows('reviews.jsonl')) row.stars
 *
 * @throws DataError that names the file and the line of what is wrong
 */
export function jsonRows(source: TextSource, options: TextOptions = {}): AsyncGenerator<JsonRow> {
  return rowsOf(open('jsonRows', source, options));
}

async function* rowsOf(lines: Lines): AsyncGenerator<JsonRow> {
  for await (const { row } of parsed(lines)) yield row;
}

interface Lines {
  texts: AsyncIterable<string>;
  fail: (line: number, problem: string, rule: string, repair?: string) => never;
}

function open(where: string, source: TextSource, options: TextOptions): Lines {
  checkOptions(where, options, ['name', 'encoding']);
  const name = nameOf(where, source, options);
  return {
    texts: openText(where, source, options),
    fail: (line, problem, rule, repair) => {
      throw new DataError(where, `${name}, line ${line}${problem}`, rule, repair);
    },
  };
}

/** The objects, with the numbers of their lines. */
async function* parsed({ texts, fail }: Lines): AsyncGenerator<{ line: number; row: JsonRow }> {
  let line = 0;
  for await (const text of linesOf({ texts, fail })) {
    line++;
    if (/^\s*$/.test(text)) continue;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      fail(line, ` is not JSON: ${(cause as Error).message}`, 'every line must be a JSON object of its own');
    }
    if (value === null || typeof value !== 'object' || Array.isArray(value))
      fail(line, ` is ${describe(value)}`, 'every line must be a JSON object', '{"name": "value"}');
    yield { line, row: value as JsonRow };
  }
}

async function* linesOf({ texts, fail }: Lines): AsyncGenerator<string> {
  let unfinished = '';
  let number = 1;
  for await (const text of texts) {
    const end = text.lastIndexOf('\n');
    if (end < 0) unfinished += text;
    else {
      for (const line of (unfinished + text.slice(0, end)).split('\n')) {
        yield line;
        number++;
      }
      unfinished = text.slice(end + 1);
    }
    if (unfinished.length > longestLine)
      fail(
        number,
        ` has more than ${longestLine} characters`,
        'a line must be shorter',
        'is it JSON lines, and not one JSON text?',
      );
  }
  if (unfinished) yield unfinished;
}

/**
 * A JSON lines file as a table. Columns stand in the order in which they first occur. A key that a line does not have, and
 * null, are missing values; true and false are words, as in CSV.
 *
 * @throws DataError that names the file, the line and the column of what is wrong, such as a word among numbers
 */
export async function readJsonLines(source: TextSource, options: TextOptions = {}): Promise<Table> {
  const lines = open('readJsonLines', source, options);
  const columns = new Map<string, (number | string | undefined)[]>();
  const types = new Map<string, string>();
  let length = 0;
  for await (const { line, row } of parsed(lines)) {
    for (const [name, given] of Object.entries(row)) {
      const value = typeof given === 'boolean' ? String(given) : given;
      if (!columns.has(name)) columns.set(name, []);
      if (value === null) continue;
      const place = `, column ${describe(name)}: ${describe(given)}`;
      if (typeof value !== 'number' && typeof value !== 'string')
        lines.fail(
          line,
          `${place} has no place in a table`,
          'a column holds numbers or words',
          'data.jsonRows(source)',
        );
      const type = types.get(name) ?? typeof value;
      types.set(name, type);
      if (typeof value !== type)
        lines.fail(line, `${place} among ${type}s`, 'a column holds either numbers or words');
      const list = columns.get(name)!;
      while (list.length < length) list.push(undefined);
      list.push(typeof value === 'string' ? ownCopy(value) : (value as number));
    }
    length++;
  }
  const complete = [...columns].map(
    ([name, list]) => [name, Array.from({ length }, (_, i) => list[i])] as const,
  );
  return Table.from(new Map(complete as [string, string[]][]));
}
