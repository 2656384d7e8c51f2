// npm run bench: how fast the kernels and whole training steps are, and what part of this machine's limits that is.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { device, enableWideVectors, manualSeed, scope, setArithmetic, setThreads } from '../src/index.ts';
import { backend } from '../src/kernels/index.ts';
import { reference } from '../src/kernels/reference/index.ts';
import { findLimits } from './limits.ts';
import { measure } from './measure.ts';
import { difference, header, type Report, regressions, rowText, thisMachine } from './report.ts';
import { type Case, type Suite, suites } from './suites.ts';

const usage = `npm run bench -- [options]

  --only REGEX   only what matches, as in 'products' or 'relu'
  --quick        a few seconds instead of some minutes: figures are rough
  --narrow       no vectors of 256 bits, though the engine has them
  --fast         setArithmetic('fast'): products round a multiplication and its addition once
  --json FILE    write the figures
  --check FILE   fail if a ratio fell far below that of FILE, written by --json
  --help         show this`;

const { only, quick, narrow, fast, json, check } = readOptions();
const effort = quick ? { warmUp: 0.1, rounds: 1, seconds: 0.05 } : { warmUp: 1, rounds: 5, seconds: 0.3 };

if (!narrow) enableWideVectors();
if (fast) setArithmetic('fast');
manualSeed(42);
const machine = thisMachine();
const unlike = check && difference(machine, check.machine);
if (unlike) fail(`--check: ${unlike}`);
const report: Report = { machine, rows: [] };
console.log(
  `${machine.cpu}, ${machine.cores} cores; Node ${machine.node}; ${device.info().backend}, ` +
    `up to ${machine.threads} threads, vectors of ${machine.vectors} bits, ${machine.arithmetic} arithmetic`,
);

const limits = await findLimits(machine.arithmetic === 'fast');
for (const suite of suites) {
  const cases = suite.cases.filter(({ name }) => only.test(`${suite.title} ${name}`));
  if (cases.length > 0) console.log(header(suite));
  for (const each of cases) {
    for (const threads of suite.against === 'reference' ? [1] : new Set([1, machine.threads])) {
      const row = { suite: suite.title, name: each.name, threads, ...measureCase(suite, each, threads) };
      report.rows.push(row);
      console.log(rowText(suite, each.work, row));
      await setImmediate(); // workers that have ended are cleared away
    }
  }
}

if (report.rows.length === 0) fail(`--only ${only.source} matches nothing`);
if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 1)}\n`);
if (check) {
  const lost = regressions(report, check);
  for (const text of lost) console.error(`slower than it was: ${text}`);
  if (lost.length === 0) console.log('\nno ratio fell far');
  else process.exitCode = 1;
}

function measureCase({ against }: Suite, { work, prepare }: Case, threads: number) {
  using _ = scope();
  setThreads(threads);
  const [call, verbs] = [prepare(), backend()];
  const run = () => call(verbs);
  if (against === 'reference') return measure(run, () => call(reference), effort);
  const limit = limits(threads)[against];
  const { hz, rme, ratio } = measure(run, limit.run, effort);
  return { hz, rme, ratio: (ratio * work) / limit.work };
}

function readOptions() {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values } = parseArgs({
      options: {
        only: { ...text, default: '' },
        quick: flag,
        narrow: flag,
        fast: flag,
        json: text,
        check: text,
        help: flag,
      },
    });
    if (values.help) {
      console.log(usage);
      process.exit();
    }
    const { quick, narrow, fast, json } = values;
    if (json !== undefined && (json === '' || !existsSync(dirname(json))))
      throw new Error(`--json is '${json}', and must be a file in a folder that exists`);
    return { only: new RegExp(values.only), quick, narrow, fast, json, check: readReport(values.check) };
  } catch (error) {
    return fail((error as Error).message);
  }
}

function readReport(file: string | undefined): Report | undefined {
  if (file === undefined) return undefined;
  try {
    const report: Report = JSON.parse(readFileSync(file, 'utf8'));
    if (Array.isArray(report.rows) && report.machine) return report;
  } catch (error) {
    throw new Error(`--check cannot read '${file}': ${(error as Error).message}`);
  }
  throw new Error(`--check '${file}' was not written by --json`);
}

function fail(message: string): never {
  console.error(`${message}\n\n${usage}`);
  process.exit(2);
}
