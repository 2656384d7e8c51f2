// What a run says, for people: a page with plots, and a table for the terminal.
import { readFileSync } from 'node:fs';
import { type Content, type Html, html } from '../../examples/report/html.ts';
import * as page from '../../examples/report/index.ts';
import { tableOf } from '../../examples/report/sections.ts';
import { io } from '../../src/index.ts';
import {
  baseOf,
  bestOf,
  columnsOf,
  contestantOf,
  dayOf,
  digits,
  figure,
  headlineRow,
  librariesOf,
  machineOf,
  own,
  range,
  factors,
  times,
  verdictOf,
} from './report/compare.ts';
import { glance, inGroups } from './report/glance.ts';
import { growth } from './report/growth.ts';
import { lookOf, sign } from './report/look.ts';
import type { Entry, Results, Row } from './results.ts';

export { table } from './report/table.ts';

const style = readFileSync(new URL('report/style.css', import.meta.url), 'utf8');

/**
 * Writes the report of a run: one HTML file that opens from disk, loads nothing and runs nothing.
 *
 * @throws DataError when the file cannot be written
 */
export async function writeReport(results: Results, path: string): Promise<void> {
  await io.writeFile(path, new TextEncoder().encode(report(results)));
}

/** The report as the text of an HTML page. */
export function report(results: Results): string {
  const { rows } = results;
  return page.renderReport({
    title: `${own} beside its peers`,
    ...headline(results),
    sections: [
      ...(rows.length > 0 ? [glance(results), figures(results)] : []),
      ...(results.growth.length > 0 ? [growth(results)] : []),
      ...sizes(results),
      ...missing(results),
      method(results),
    ],
    style,
  });
}

/* ---- the first screen ---- */

/** How typegrad stands to each library in the work that the article is about, or else in the first that can be compared. */
function headline(results: Results): Pick<page.Report, 'summary' | 'figures'> {
  const canCompare = (row: Row) => verdictOf(results, row).ratio !== undefined;
  const row =
    results.rows.find((row) => row.id === headlineRow && canCompare(row)) ?? results.rows.find(canCompare);
  const warning = results.quick && 'A quick run: its figures are rough.';
  const base = row && baseOf(results, row);
  if (row === undefined || base === undefined)
    return { summary: [warning, 'This run has nothing to compare.'].filter(Boolean).join(' ') };
  const lead = `${capital(row.title)}: ${figure(base.median, row.unit)} with ${own} as it comes. That is so many times as fast as each other’s best setting:`;
  const rivals = bestOf(results, row).filter(({ contestant }) => contestant.library !== own);
  return {
    summary: [warning, lead].filter(Boolean).join(' '),
    figures: Object.fromEntries(
      rivals.flatMap(({ contestant: { library }, ratio }) =>
        ratio ? [[`${library}, ${factors(ratio.spread)}`, times(ratio.median)]] : [],
      ),
    ),
  };
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/* ---- tables ---- */

function figures(results: Results): page.Section {
  return {
    title: 'Every figure',
    note: `Medians of the best setting of each library; below them, how many times as fast ${own} is, as it comes. The best of a row is marked.`,
    body: html`<div class="side-by-side">${sideBySide(results)}</div>
<details><summary>Every contestant, with spread, bursts and gate</summary><div class="entries">${inGroups(results.rows).map((row) => entries(results, row))}</div></details>`,
  };
}

function sideBySide(results: Results): Html {
  const rows = inGroups(results.rows);
  const libraries = librariesOf(results);
  const columns = columnsOf(results).filter(({ of }) => rows.some((row) => of(row) !== undefined));
  const head = columns.map(({ name, library }) => html`${sign(lookOf(libraries, library))}<br>${name}`);
  const body = rows.map((row) => {
    const timed = columns.map(({ of }) => of(row));
    const least = Math.min(...timed.map((each) => each?.median ?? Number.POSITIVE_INFINITY));
    const cells = timed.map((each, c): Content => {
      if (each === undefined) return '–';
      const value = digits(each.median);
      const ratio = columns[c].library !== own && each.ratio;
      const shown =
        each.median === least ? html`<b class="best">${value}<span class="hidden"> (best)</span></b>` : value;
      return html`${shown}${ratio && html`<br><small>${times(ratio.median)}</small>`}`;
    });
    return [html`${row.title} <small>${row.unit}</small>`, ...cells];
  });
  return tableOf([html`<span class="hidden">work</span>`, ...head], body, 'Every figure');
}

/** Every entry of a row, fastest first, then those that were not timed. */
function entries(results: Results, row: Row): Html {
  const head = [
    'contestant',
    'median',
    'range',
    `${own} is`,
    'GFLOP/s',
    'processes',
    'bursts',
    'repeated',
    'remarks',
  ];
  const time = ({ median = Number.POSITIVE_INFINITY }: Entry) => median;
  const inOrder = [...row.entries].sort((a, b) => (time(a) === time(b) ? 0 : time(a) - time(b)));
  const body = inOrder.map((entry): Content[] => {
    const { label, settings } = contestantOf(results, entry.contestant);
    const { median, spread, ratio, processes, bursts, disturbed } = entry;
    const rate =
      row.flops !== undefined && median !== undefined && row.flops / seconds(median, row.unit) / 1e9;
    return [
      html`${label}<br><small>${settings}</small>`,
      median === undefined ? '–' : figure(median, row.unit),
      spread ? range(spread, digits) : '–',
      ratio ? html`${times(ratio.median)}<br><small>${factors(ratio.spread)}</small>` : '–',
      rate ? digits(rate) : '–',
      processes ?? '–',
      bursts ?? '–',
      disturbed ?? '–',
      remarks(entry),
    ];
  });
  const isWords = head.map((name) => name === 'contestant' || name === 'remarks');
  return html`<h3>${row.title}</h3>${tableOf(head, body, `${row.title}, every contestant`, isWords)}
`;
}

const seconds = (value: number, unit: Row['unit']): number => (unit === 'ms' ? value / 1000 : value);

const remarks = ({ check, problem, extra }: Entry): string =>
  [
    problem,
    check && `gate: ${check.got.toPrecision(6)}, off by ${check.error.toExponential(0)}`,
    extra?.accuracy !== undefined && `accuracy ${(100 * extra.accuracy).toFixed(2)} %`,
    extra?.afterMiB !== undefined && `${digits(extra.afterMiB)} MiB after the steps`,
  ]
    .filter(Boolean)
    .join('; ');

/** What an importer downloads: a line for each library, or for each of its sizes. */
function sizes({ contestants }: Results): page.Section[] {
  const sized = contestants.flatMap(({ library, label, version, size }) =>
    size ? [{ library, label, version, size, key: JSON.stringify([library, size]) }] : [],
  );
  const distinct = sized.filter(({ key }, i) => sized.findIndex((other) => other.key === key) === i);
  const rows = distinct
    .sort((a, b) => a.size.installedBytes - b.size.installedBytes)
    .map(({ library, label, version, size: { installedBytes, packages, bundleGzippedBytes } }) => ({
      library: distinct.filter((other) => other.library === library).length > 1 ? label : library,
      version,
      'installed, MiB': installedBytes / 2 ** 20,
      packages,
      'bundle, KiB gzipped': bundleGzippedBytes === undefined ? undefined : bundleGzippedBytes / 1024,
    }));
  const best = { 'installed, MiB': 'lowest', packages: 'lowest', 'bundle, KiB gzipped': 'lowest' } as const;
  const note =
    'What an importer downloads, dependencies included; the bundle is the whole library, as a page would load it.';
  return rows.length > 0 ? [page.table(rows, { title: 'Size', note, best })] : [];
}

/** Who did not run, what was not timed, and why. */
function missing({ contestants, rows }: Results): page.Section[] {
  const absent = contestants
    .filter(({ absent }) => absent !== undefined)
    .map(({ label, settings, absent }): Content[] => [
      html`${label}<br><small>${settings}</small>`,
      'everything',
      absent,
    ]);
  const reasons = contestants.flatMap(({ id, label, settings }) => {
    const works = new Map<string, Set<string>>();
    for (const { title, entries } of rows)
      for (const { contestant, problem } of entries)
        if (contestant === id && problem !== undefined)
          works.set(problem, (works.get(problem) ?? new Set()).add(title));
    return [...works].map(([problem, titles]): Content[] => [
      html`${label}<br><small>${settings}</small>`,
      [...titles].join('; '),
      problem,
    ]);
  });
  const list = [...absent, ...reasons];
  if (list.length === 0) return [];
  return [
    {
      title: 'Not measured',
      note: 'A contestant is timed only after its result agrees with the truth in double precision. These were not, or not wholly, or could not run.',
      body: html`<div class="reasons">${tableOf(['contestant', 'work', 'reason'], list, 'Not measured', [true, true, true])}</div>`,
    },
  ];
}

/* ---- how it was measured ---- */

const whole = (count: number): string => count.toLocaleString('en-US');

function method(results: Results): page.Section {
  const all = results.rows.flatMap(({ entries }) => entries);
  const sum = (of: (entry: Entry) => number | undefined) =>
    all.reduce((total, entry) => total + (of(entry) ?? 0), 0);
  const versions = new Map(
    results.contestants.flatMap(({ library, version }) => (version ? [[library, version]] : [])),
  );
  const { limits } = results.machine;
  const values: [string, Content][] = [
    ['date', dayOf(results)],
    ['machine', machineOf(results)],
    ...(limits
      ? [
          [
            'limits',
            `${digits(limits.gflopsOneCore)} GFLOP/s on one core, ${digits(limits.gflopsAllCores)} on all, ${digits(limits.gbPerSecond)} GB/s (${limits.what})`,
          ] satisfies [string, Content],
        ]
      : []),
    ['versions', [...versions].map((pair) => pair.join(' ')).join(', ')],
    ['contestants', results.contestants.map(({ label, settings }) => `${label} (${settings})`).join('; ')],
  ];
  return {
    title: 'Method',
    body: html`<p class="method">Every contestant is a process that has warmed up as long as that made it faster, and gets the same numbers: weights, batches, factors. It is timed only after its result
(of training, the loss after five steps) agrees with the truth, computed in double precision, to 1e-4; of the largest networks, the gate takes 16
rows. Bursts are interleaved (A B C A B C), and ratios are formed of neighbouring bursts, so that what slows the machine for a while slows
both. All of it is done several times, in new processes: where the code of one happens to lie, and who else uses the machine for some
minutes, is the same for all bursts of one. Quoted are the median of the processes’ medians, and the lowest and the highest of these; who is more
than four times as slow and takes long has one process, and the quartiles of its bursts. Of ${whole(sum(({ bursts }) => bursts))} bursts, ${whole(sum(({ disturbed }) => disturbed))} were repeated because
something else used the machine. “As it comes” is ${own} without any setting. This measures it again:</p>
<pre tabindex="0">${results.command}</pre>
<dl class="facts">${values.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`,
  };
}
