// What was measured: as a table, as JSON, and held against an earlier run.
import { cpus } from 'node:os';
import { type Arithmetic, device } from '../src/index.ts';
import type { Suite } from './suites.ts';

export interface Row {
  suite: string;
  name: string;
  threads: number;
  /** Calls in a second, and the margin of error in percent. */
  hz: number;
  rme: number;
  /** The speed, as a part of what it is held against. */
  ratio: number;
}

export interface Report {
  machine: {
    cpu: string;
    cores: number;
    node: string;
    threads: number;
    vectors: 128 | 256;
    arithmetic: Arithmetic;
  };
  rows: Row[];
}

type Machine = Report['machine'];

export function thisMachine(): Machine {
  const { threads, wideVectors, arithmetic } = device.info();
  const vectors = wideVectors ? 256 : 128;
  const { version: node } = process;
  return { cpu: cpus()[0].model.trim(), cores: cpus().length, node, threads, vectors, arithmetic };
}

const line = (name: string, cells: readonly string[]): string =>
  `${name.padEnd(34)}${cells.map((cell) => cell.padStart(13)).join('')}`;

export const header = ({ title, columns }: Suite): string =>
  `\n${line(title, ['threads', ...columns.slice(0, -1), '± %', ...columns.slice(-1)])}`;

export function rowText(
  { columns, show }: Suite,
  work: number,
  { name, threads, hz, rme, ratio }: Row,
): string {
  const share = columns[columns.length - 1].startsWith('%') ? 100 * ratio : ratio;
  return line(name, [`${threads}`, ...[...show(hz, work), rme, share].map(digits)]);
}

/** Three digits that count. */
const digits = (x: number): string => (x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(2));

/** The least part of an earlier ratio that passes: what is lost by a mistake is a factor of 2 and more, by noise less. */
const bound = 0.6;

/** Why ratios of two runs cannot be held against each other; undefined if they can. */
export function difference(now: Machine, before: Machine): string | undefined {
  if (now.vectors !== before.vectors)
    return `that run had vectors of ${before.vectors} bits, this one of ${now.vectors}: --narrow makes 128`;
  if (now.arithmetic !== before.arithmetic)
    return `that run had ${before.arithmetic} arithmetic, this one ${now.arithmetic}: --fast makes it fast`;
  return undefined;
}

/** The rows whose ratio fell below the bound, as text; times are not compared, since they belong to a machine and an hour. */
export function regressions(now: Report, before: Report): string[] {
  const key = ({ suite, name, threads }: Row) => `${suite}: ${name}, ${threads} threads`;
  const earlier = new Map(before.rows.map((row) => [key(row), row.ratio]));
  const compared = now.rows.filter((row) => earlier.has(key(row)));
  if (compared.length === 0) throw new Error('that run has no row in common with this one');
  return compared.flatMap((row) => {
    const was = earlier.get(key(row)) as number;
    return row.ratio >= bound * was ? [] : [`${key(row)}: ratio ${digits(row.ratio)}, was ${digits(was)}`];
  });
}
