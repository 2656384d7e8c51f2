// npm run bench:peers: typegrad beside what people use today, in one run.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { base, contestants } from './contestants.ts';
import { install } from './install.ts';
import { describeMachine, measureLimits } from './machine.ts';
import type { Results } from './results.ts';
import { fullEffort, quickEffort, run } from './run.ts';
import { sizeOf } from './size.ts';
import { chooseWork } from './work.ts';

const usage = `npm run bench:peers -- [options]

  --only REGEX   only contestants that match, as in 'typegrad|torch'; ratios need '${base}'
  --work REGEX   only work that matches, as in 'step|growth'
  --quick        some minutes instead of forty: figures are rough
  --processes N  how often each contestant is measured anew, in a process of its own; 3 unless said
  --rounds N     turns of each process; 3 unless said
  --out FILE     where the figures go, and the report beside them; unless said, bench/results/<date>.json and bench/report.html
  --list         show contestants and work, and measure nothing
  --help         show this

PEERS_PYTHON=FILE is the Python whose torch is measured; without it bench/peers/.venv, then python3, then one is made.`;

const { only, work: wantedWork, quick, processes, rounds, out, list } = readOptions();
const chosen = contestants.filter(({ id }) => only.test(id));
const work = chooseWork(quick, wantedWork);
const names = [work.timed, work.epoch, work.growth, work.start, work.memory]
  .flat()
  .flatMap((each) => each?.id ?? []);
if (chosen.length === 0) fail(`--only ${only.source} matches no contestant`);
if (names.length === 0) fail(`--work ${wantedWork.source} matches nothing`);
if (list) {
  const line = ({ id, label, settings }: (typeof chosen)[number]) =>
    `  ${id.padEnd(18)}${label}: ${settings}`;
  console.log(
    `contestants\n${chosen.map(line).join('\n')}\n\nwork\n${names.map((name) => `  ${name}`).join('\n')}`,
  );
  process.exit();
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const began = new Date();
const tell = (text: string) => {
  const minutes = (Date.now() - began.getTime()) / 60_000;
  console.error(`${minutes.toFixed(1).padStart(5)} min  ${text}`);
};
tell(quick ? 'a quick run takes some minutes' : 'the whole run takes about forty minutes');
const { python, pythonVersion, absent } = await install(chosen, tell);
const machine = { ...describeMachine(), python: pythonVersion };
if (work.growth.length > 0) tell('the limits of this machine');
const limits = work.growth.length > 0 ? await measureLimits().catch(() => undefined) : undefined;
const effort = {
  ...(quick ? quickEffort : fullEffort),
  ...(processes && { processes }),
  ...(rounds && { rounds }),
};
const measured = await run({ contestants: chosen, work, effort, python, absent, tell });

tell('sizes');
const sizes = new Map<string, Results['contestants'][number]['size']>();
for (const result of measured.contestants) {
  const declared = chosen.find(({ id }) => id === result.id);
  if (!declared || result.absent !== undefined) continue;
  const key = JSON.stringify([declared.library, declared.packages]);
  if (!sizes.has(key)) sizes.set(key, await sizeOf(declared, python).catch(() => undefined));
  result.size = sizes.get(key);
}

const words = process.argv.slice(2).map((word) => (/^[\w.=/-]+$/.test(word) ? word : `'${word}'`));
const command = ['npm run bench:peers', ...(words.length > 0 ? ['--', ...words] : [])].join(' ');
const results: Results = {
  date: began.toISOString(),
  command,
  quick,
  machine: { ...machine, limits },
  ...measured,
};
const day = results.date.slice(0, 10);
const file = out ?? join(import.meta.dirname, '../results', `${day}${quick ? '-quick' : ''}.json`);
mkdirSync(dirname(resolve(file)), { recursive: true });
const six = (_: string, value: unknown) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
writeFileSync(file, `${JSON.stringify(results, six, 1)}\n`);
const page = out ? `${out.replace(/\.json$/, '')}.html` : join(import.meta.dirname, '../report.html');
const { table, writeReport } = await import('./report.ts'); // not at the top: what draws takes half a second to load
await writeReport(results, page);
tell(`written to ${relative('.', file)} and ${relative('.', page)}`);
console.log(table(results));

function readOptions() {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values } = parseArgs({
      options: {
        ...{ only: text, work: text, processes: text, rounds: text, out: text },
        ...{ quick: flag, list: flag, help: flag },
      },
    });
    if (values.help) {
      console.log(usage);
      process.exit();
    }
    const { only = '', work = '', quick, list, out } = values;
    if (out === '') throw new Error('--out needs the name of a file');
    const [processes, rounds] = (['processes', 'rounds'] as const).map((name) => {
      const count = values[name] === undefined ? undefined : Number(values[name]);
      if (count === undefined || (Number.isInteger(count) && count >= 1)) return count;
      throw new Error(`--${name} is '${values[name]}', and must be a whole number of at least 1`);
    });
    return { only: new RegExp(only), work: new RegExp(work), quick, processes, rounds, out, list };
  } catch (error) {
    return fail((error as Error).message);
  }
}

function fail(message: string): never {
  console.error(`${message}\n\n${usage}`);
  process.exit(2);
}
