// What a run says: the best setting of each library, how far typegrad is from it, and how sure that is.
import type { Contestant, Entry, Results, Row } from '../results.ts';

/** The library that the others are held against, and the id of its contestant as it comes, without any setting. */
export const own = 'typegrad';

/** The work of the headline: a step of the article's network, at the batch that most people would choose. */
export const headlineRow = 'step 784-64-128-10 b128';

/** Ratios nearer to 1 than this are called level, however little they spread. */
const noticed = 0.01;

export type Ratio = NonNullable<Entry['ratio']>;

/** An entry that has a figure, with typegrad's speed over its own, if typegrad has one in this row. */
export interface Timed {
  contestant: Contestant;
  entry: Entry;
  median: number;
  ratio?: Ratio;
}

/** typegrad, then all others in the order of the run, absent ones too. */
export function librariesOf(results: Results): string[] {
  const { contestants, rows, growth } = results;
  const named = [...rows.flatMap(({ entries }) => entries), ...growth.flatMap(({ series }) => series)];
  const all = [...contestants, ...named.map(({ contestant }) => contestantOf(results, contestant))];
  return [...new Set([own, ...all.map(({ library }) => library)])];
}

/** The contestant of an id; one that the list lacks is shown by its id. */
export const contestantOf = ({ contestants }: Results, id: string): Contestant =>
  contestants.find((contestant) => contestant.id === id) ?? { id, label: id, library: id, settings: '' };

/** The entries of a row that have figures, fastest (or smallest) first. */
export function timedOf(results: Results, row: Row): Timed[] {
  const base = row.entries.find(({ contestant }) => contestant === own);
  return row.entries
    .flatMap((entry) => {
      const { median } = entry;
      if (median === undefined) return [];
      return [
        { contestant: contestantOf(results, entry.contestant), entry, median, ratio: ratioOf(entry, base) },
      ];
    })
    .sort((a, b) => a.median - b.median);
}

/** Pair by pair where the run did so. Else of the medians; its spread is then the widest that theirs allow. */
function ratioOf(entry: Entry, base: Entry | undefined): Ratio | undefined {
  if (entry.contestant === own) return { median: 1, spread: [1, 1] };
  if (entry.ratio !== undefined || entry.median === undefined || base?.median === undefined)
    return entry.ratio;
  const [low, high] = entry.spread ?? [entry.median, entry.median];
  const [least, most] = base.spread ?? [base.median, base.median];
  return { median: entry.median / base.median, spread: [low / most, high / least] };
}

export const inverse = ({ median, spread: [low, high] }: Ratio): Ratio => ({
  median: 1 / median,
  spread: [1 / high, 1 / low],
});

/** The best setting of each library that has a figure in this row, fastest first. */
export const bestOf = (results: Results, row: Row): Timed[] => {
  const seen = new Set<string>();
  return timedOf(results, row).filter(
    ({ contestant: { library } }) => !seen.has(library) && seen.add(library),
  );
};

/** typegrad as it comes, its best setting, and the best setting of every other library: what stands side by side. */
export interface Column {
  name: string;
  library: string;
  /** Undefined where it has no figure. */
  of(row: Row): Timed | undefined;
}

export function columnsOf(results: Results): Column[] {
  const columns = librariesOf(results).map((library) => ({
    name: library === own ? 'its best setting' : library,
    library,
    of: (row: Row) => bestOf(results, row).find(({ contestant }) => contestant.library === library),
  }));
  return [{ name: own, library: own, of: (row) => baseOf(results, row) }, ...columns];
}

/** typegrad as it comes. */
export const baseOf = (results: Results, row: Row): Timed | undefined =>
  timedOf(results, row).find(({ contestant }) => contestant.id === own);

/** How typegrad, as it comes, stands to the best of all others. */
export interface Verdict {
  /** Level: 1 lies within the spread of the ratio, or so near to their median that nobody could tell. Alone: no other has a figure. */
  outcome: 'ahead' | 'behind' | 'level' | 'alone' | 'missing';
  rival?: Timed;
  /** typegrad's speed over the rival's. */
  ratio?: Ratio;
}

export function verdictOf(results: Results, row: Row): Verdict {
  const timed = timedOf(results, row);
  const rival = timed.find(({ contestant }) => contestant.library !== own);
  if (baseOf(results, row) === undefined) return { outcome: 'missing', rival };
  if (rival?.ratio === undefined) return { outcome: 'alone' };
  const [low, high] = rival.ratio.spread;
  const isLevel = (low <= 1 && high >= 1) || Math.abs(rival.ratio.median - 1) < noticed;
  const outcome = isLevel ? 'level' : rival.ratio.median > 1 ? 'ahead' : 'behind';
  return { outcome, rival, ratio: rival.ratio };
}

/* ---- for people ---- */

/** Those of a contestant's settings that not all of some others have. */
export const distinct = ({ settings }: Contestant, others: readonly Contestant[]): string[] =>
  settings.split(', ').filter((part) => others.some((other) => !other.settings.split(', ').includes(part)));

/** Three digits that count, thousands apart. */
export const digits = (value: number): string => {
  const size = Math.abs(value);
  if (size === 0 || !Number.isFinite(value)) return String(value);
  const places = Math.max(0, 2 - Math.floor(Math.log10(size)));
  const rounded = Number(value.toFixed(Math.min(places, 9)));
  return rounded.toLocaleString('en-US', {
    maximumFractionDigits: 9,
    minimumFractionDigits: size < 0.001 ? 0 : places,
  });
};

export const figure = (value: number, unit: Row['unit']): string => `${digits(value)} ${unit}`;

/** 1.62, 2.4, 14: as many digits as such ratios are worth. */
const places = (ratio: number): number => (ratio >= 10 ? 0 : ratio >= 2 ? 1 : 2);

export const factor = (ratio: number, decimals = places(ratio)): string =>
  ratio.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

/** '1.62 ×', not broken between lines. */
export const times = (ratio: number): string => `${factor(ratio)}\u00a0×`;

export const factors = ([low, high]: readonly [number, number]): string =>
  range([low, high], (ratio) => factor(ratio, places(low)));

export const range = ([low, high]: readonly [number, number], show: (value: number) => string): string =>
  show(low) === show(high) ? show(low) : `${show(low)}–${show(high)}`;

/** '2026-11-26', of an ISO date. */
export const dayOf = ({ date }: Results): string => date.slice(0, 10);

/** 'AMD EPYC 9B14, 2 cores, Node v24.21.0, Python 3.11.2'. */
export const machineOf = ({ machine: { cpu, cores, memoryGiB, os, node, python } }: Results): string =>
  [
    cpu,
    `${cores} ${cores === 1 ? 'core' : 'cores'}`,
    `${digits(memoryGiB)} GiB`,
    os,
    `Node ${node.replace(/^v/, '')}`,
    python !== undefined && `Python ${python}`,
  ]
    .filter(Boolean)
    .join(', ');
