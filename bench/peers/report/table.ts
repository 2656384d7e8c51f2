// The rows and libraries of a run, for a terminal.
import type { Results, Row } from '../results.ts';
import { type Column, columnsOf, digits, factor, own } from './compare.ts';

const width = 100;
const longestTitle = 40;
const gap = 2;
const none = '–';

/** Rows × libraries: the best setting of each, and how many times as fast typegrad is. Never wider than 100 columns: what does not fit beside stands below. */
export function table(results: Results): string {
  const rows = results.rows.map((row) => ({ row, title: cut(`${row.title}, ${row.unit}`, longestTitle) }));
  const first = Math.max(0, ...rows.map(({ title }) => title.length));
  const columns = columnsOf(results)
    .map((column) => sized(column, results.rows))
    .filter(({ cells }, c) => c === 0 || cells.some((cell) => cell !== none));
  const blocks = blocksOf(columns, width - first).map((block) => {
    const line = (title: string, cells: readonly string[]) =>
      [title.padEnd(first), ...cells.map((cell, c) => cell.padStart(block[c].width))]
        .join(' '.repeat(gap))
        .trimEnd();
    return [
      line(
        '',
        block.map(({ name }) => name),
      ),
      ...rows.map(({ title }, r) =>
        line(
          title,
          block.map(({ cells }) => cells[r]),
        ),
      ),
    ].join('\n');
  });
  const absent = results.contestants.flatMap(({ label, absent }) => (absent ? [`${label}: ${absent}`] : []));
  const notes = [
    `best setting of each library; × is how many times as fast as it ${own} is, as it comes; ${none}: not measured, the report says why`,
    ...new Set(absent),
    ...(results.quick ? ['a quick run: its figures are rough'] : []),
  ].flatMap((note) => wrap(note));
  return [...blocks, notes.join('\n')].join('\n\n');
}

interface Sized {
  name: string;
  cells: string[];
  width: number;
}

function sized({ name, library, of }: Column, rows: readonly Row[]): Sized {
  const cells = rows.map((row) => {
    const timed = of(row);
    if (timed === undefined) return none;
    const { median, ratio } = timed;
    return library === own || ratio === undefined
      ? digits(median)
      : `${digits(median)} ${`${factor(ratio.median)}×`.padStart(6)}`;
  });
  const short = cut(name, 16);
  return { name: short, cells, width: Math.max(short.length, ...cells.map((cell) => cell.length)) };
}

/** As many columns beside each other as fit. */
function blocksOf(columns: readonly Sized[], room: number): Sized[][] {
  const blocks: Sized[][] = [];
  let left = 0;
  for (const column of columns) {
    left -= gap + column.width;
    if (blocks.length === 0 || left < 0) {
      blocks.push([]);
      left = room - gap - column.width;
    }
    blocks[blocks.length - 1].push(column);
  }
  return blocks;
}

const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;

/** Lines of at most 100 columns, broken between words. */
function wrap(text: string): string[] {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const last = lines[lines.length - 1];
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`  ${word}`);
  }
  return lines.map((line) => cut(line, width));
}
