// Runs tests somewhere else than `npm test` does: on another Node, with wide vectors, on the plain loops, with so many threads.
//
//     node scripts/test.ts [--node oldest|pinned|newest] [--wide] [--backend reference] [--threads 3] [--device webgpu] [file ...]
//
// oldest: the machine's own Node, 20.19 or later; newest: Node 26, which npm fetches. Nodes before 24 get tsx to strip the types.
// Files are mocha's; if none is named, all, but on another Node not those about the repository's own programs and tools.
// test/support/prepare.ts fails where what was asked for is not what runs.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const repository = resolve(import.meta.dirname, '..');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    node: { type: 'string', default: 'pinned' },
    wide: { type: 'boolean', default: false },
    backend: { type: 'string', default: '' },
    threads: { type: 'string', default: '' },
    device: { type: 'string', default: '' },
  },
});

function said(command: string, ...args: string[]): string {
  const done = spawnSync(command, args, { encoding: 'utf8', timeout: 240_000 });
  if (done.status === 0) return done.stdout.trim();
  throw new Error(`${[command, ...args].join(' ')}: ${done.error?.message ?? done.stderr}`);
}

/** The first Node on PATH that is not the pinned one. */
function machinesOwn(): string {
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '' && !folder.includes('node_modules'))
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
  if (found === undefined) throw new Error('there is no node on PATH besides the pinned one');
  return found;
}

const nodes: Record<string, () => string> = {
  oldest: machinesOwn,
  pinned: () => process.execPath,
  newest: () => said('npx', '-y', '-p', 'node@26', 'node', '-p', 'process.execPath'),
};

if (!(values.node in nodes)) throw new Error(`--node is ${values.node}, not one of ${Object.keys(nodes)}`);
const node = nodes[values.node]();
const version = said(node, '--version');
const [major, minor] = version.slice(1).split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) throw new Error(`${node} is ${version}, older than v20.19`);

const asked = [
  `Node ${version}`,
  values.wide ? 'wide vectors' : 'narrow vectors',
  values.backend && `the ${values.backend} backend`,
  values.threads && `threads: ${values.threads}`,
  values.device && `the device ${values.device}`,
];
console.log(`tests on ${asked.filter(Boolean).join(', ')}`);

// tsx/esm, and not tsx: as CommonJS modules, constants such as Math.fround hide behind getters, and plain loops take ten times as long.
const strip = major < 24 ? ['--import', 'tsx/esm'] : [];
const mocha = join(repository, 'node_modules/mocha/bin/mocha.js');
/** What runs on the pinned Node only: the examples, the peers' report, and what tools such as the compiler say. */
const own = ['arrows', 'datasets', 'examples', 'mnist', 'peers-report', 'report', 'types'];
const ignored =
  values.node === 'pinned' || positionals.length > 0
    ? []
    : own.map((name) => `--ignore=test/unit/${name}.test.ts`);

/** A GPU that computes on the CPU takes its time. */
const patience = values.device ? ['--timeout', '180000'] : [];

const run = spawnSync(node, [...strip, mocha, ...patience, ...ignored, ...positionals], {
  cwd: repository,
  stdio: 'inherit',
  env: {
    ...process.env,
    PATH: [resolve(node, '..'), process.env.PATH].join(delimiter), // a test that starts `node` should get this one
    TYPEGRAD_WIDE: values.wide ? '1' : '',
    TYPEGRAD_TEST_BACKEND: values.backend,
    TYPEGRAD_TEST_THREADS: values.threads,
    TYPEGRAD_TEST_DEVICE: values.device,
  },
});
process.exitCode = run.status ?? 1;
