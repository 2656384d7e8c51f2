// The README's table of peers, from the newest whole run: node bench/peers/readme.ts [--check]
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { baseOf, bestOf, dayOf, figure, machineOf, own, type Timed, times } from './report/compare.ts';
import type { Results, Row } from './results.ts';

const usage = `node bench/peers/readme.ts [--check]

Writes the table of peers into README.md, from the newest run in bench/results that is whole and not quick.

  --check   write nothing, and fail if README.md differs from it
  --help    show this`;

const opening = '<!-- peers -->';
const closing = '<!-- /peers -->';

interface Headline {
  name: string;
  rowOf: (results: Results) => Row | undefined;
  /** What stands behind a figure. */
  note?: (timed: Timed) => string | undefined;
}

const row =
  (id: string) =>
  ({ rows }: Results): Row | undefined =>
    rows.find((row) => row.id === id);

const headlines: readonly Headline[] = [
  { name: 'step of 784-64-128-10, batch 32', rowOf: row('step 784-64-128-10 b32') },
  { name: 'the same, batch 128', rowOf: row('step 784-64-128-10 b128') },
  { name: 'the same, batch 1024', rowOf: row('step 784-64-128-10 b1024') },
  { name: 'step of 784-512-512-10, batch 128', rowOf: row('step 784-512-512-10 b128') },
  { name: 'step of 768-3072-768, 512 rows', rowOf: row('step 768-3072-768 b512') },
  { name: 'product 1024×1024×1024', rowOf: row('product 1024x1024x1024') },
  {
    name: 'epoch of MNIST, and test accuracy',
    rowOf: row('epoch mnist'),
    note: ({ entry: { extra } }) =>
      extra?.accuracy === undefined ? undefined : `${(100 * extra.accuracy).toFixed(1)} %`,
  },
  { name: 'from process start to the first step', rowOf: row('start') },
  { name: 'memory after 20,000 steps', rowOf: memoryAfter },
  {
    name: 'installed',
    rowOf: installed,
    note: ({ contestant: { size } }) =>
      size && `${size.packages} ${size.packages === 1 ? 'package' : 'packages'}`,
  },
];

/** The row of memory, of what was left after the steps instead of the peak. */
function memoryAfter(results: Results): Row | undefined {
  const peak = row('memory')(results);
  const entries = peak?.entries.map(({ contestant, extra }) => ({ contestant, median: extra?.afterMiB }));
  return peak && entries && { ...peak, entries };
}

function installed({ contestants }: Results): Row {
  const entries = contestants.map(({ id, size }) => ({
    contestant: id,
    median: size && size.installedBytes / 2 ** 20,
  }));
  return { id: 'installed', group: 'memory', title: 'installed', unit: 'MiB', entries };
}

const compared = ['PyTorch', 'TensorFlow.js'];
const noLibrary = 'plain loops';
const columns = [own, 'its best setting', ...compared, 'next in JavaScript'];

/** The table in Markdown, with what it was measured on and how to measure it again. */
export function headlineTable(results: Results): string {
  const lines = [
    ['', ...columns],
    ['---', ...columns.map(() => '---:')],
    ...headlines.map((headline) => [headline.name, ...cellsOf(results, headline)]),
  ];
  const versions = [own, ...compared].map((library) => versionOf(results, library)).filter(Boolean);
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}

Medians of interleaved bursts in several processes, each library in its best setting; bold is the best of a row. (2 ×) says that ${own}, as
it comes, is twice as fast or takes half as much, (0.5 ×) the opposite. Measured on ${dayOf(results)}, ${plain(machineOf(results))}: ${plain(versions.join(', '))}.
\`${results.command.replaceAll('`', '')}\` measures it on your machine, and writes a report of every figure with its spread.`;
}

function cellsOf(results: Results, { rowOf, note }: Headline): string[] {
  const row = rowOf(results);
  if (row === undefined) return columns.map(() => '–');
  const best = bestOf(results, row);
  const named = (library: string) => best.find(({ contestant }) => contestant.library === library);
  const isOther = ({ contestant: { library } }: Timed) => ![own, ...compared, noLibrary].includes(library);
  const cells = [baseOf(results, row), named(own), ...compared.map(named), best.find(isOther)];
  const least = Math.min(...cells.map((timed) => timed?.median ?? Number.POSITIVE_INFINITY));
  return cells.map((timed, c) => {
    if (timed === undefined) return '–';
    if (c === 1 && timed.contestant.id === own) return 'the same';
    const { median, ratio, contestant } = timed;
    const value = figure(median, row.unit);
    const behind = [note?.(timed), c === columns.length - 1 && plain(contestant.library)].filter(Boolean);
    return [
      median === least ? `**${value}**` : value,
      c >= 2 && ratio !== undefined && `(${times(ratio.median)})`,
      behind.length > 0 && `· ${behind.join(' · ')}`,
    ]
      .filter(Boolean)
      .join(' ');
  });
}

function versionOf({ contestants }: Results, library: string): string | undefined {
  const version = contestants.find(
    (contestant) => contestant.library === library && contestant.version,
  )?.version;
  return version && `${library} ${version}`;
}

/** Text that Markdown takes as it is, in a cell, too. */
const plain = (text: string): string =>
  text.replace(/\s+/g, ' ').replace(/[|<>`*_\\[\]]/g, (c) => `&#${c.charCodeAt(0)};`);

const noRun = `No run is kept here yet. \`npm run bench:peers\` makes one, and \`node bench/peers/readme.ts\` then writes its table here.`;

/** The rows of the headline that a run has no figure of typegrad for. */
const lacking = (results: Results): string[] =>
  headlines
    .filter(({ rowOf }) => {
      const row = rowOf(results);
      return row === undefined || baseOf(results, row) === undefined;
    })
    .map(({ name }) => name);

/**
 * The newest run of a folder that may stand in the README: not quick, and with all rows of the headline.
 * Undefined while the folder holds none that was meant to.
 *
 * @throws Error when runs are there, and none is whole
 */
export function newestRun(folder: string): Results | undefined {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.json')) : [];
  const runs = files
    .map((file) => ({ file, results: readResults(join(folder, file)) }))
    .filter(({ results }) => !results.quick)
    .sort((a, b) => Date.parse(b.results.date) - Date.parse(a.results.date));
  const whole = runs.find(({ results }) => lacking(results).length === 0);
  if (whole !== undefined || runs.length === 0) return whole?.results;
  const [{ file, results }] = runs;
  throw new Error(`no run in ${folder} is whole: ${file}, the newest, lacks ${lacking(results).join('; ')}`);
}

function readResults(path: string): Results {
  try {
    const results: Results = JSON.parse(readFileSync(path, 'utf8'));
    if (Array.isArray(results.rows) && Array.isArray(results.contestants) && results.machine) return results;
  } catch (error) {
    throw new Error(`cannot read '${path}': ${(error as Error).message}`);
  }
  throw new Error(`'${path}' is not a result of npm run bench:peers`);
}

/** A README with another block between its marks. */
export function withBlock(readme: string, block: string): string {
  const [start, end] = [readme.indexOf(opening), readme.indexOf(closing)];
  if (start < 0 || end < start) throw new Error(`README.md has no ${opening} with a ${closing} after it`);
  return `${readme.slice(0, start + opening.length)}\n${block}\n${readme.slice(end)}`;
}

/**
 * Writes the block of the newest run, or only says whether it stands there.
 *
 * @returns whether the README held it already
 */
export function updateReadme(readme: string, folder: string, { check = false } = {}): boolean {
  const results = newestRun(folder);
  const before = readFileSync(readme, 'utf8');
  const after = withBlock(before, results ? headlineTable(results) : noRun);
  if (!check && after !== before) writeFileSync(readme, after);
  return after === before;
}

if (import.meta.main) {
  const repository = resolve(import.meta.dirname, '../..');
  try {
    const flag = { type: 'boolean', default: false } as const;
    const { check, help } = parseArgs({ options: { check: flag, help: flag } }).values;
    if (help) {
      console.log(usage);
    } else if (
      !updateReadme(join(repository, 'README.md'), join(repository, 'bench/results'), { check }) &&
      check
    ) {
      console.error(
        'README.md does not hold the table of the newest run: node bench/peers/readme.ts writes it',
      );
      process.exitCode = 1;
    }
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 2;
  }
}
