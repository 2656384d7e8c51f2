// Runs the tests on the machine's own Node instead of the pinned one: importers may have any Node from 20.19 on.
// tsx strips the types there, which Node 24 does by itself.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const repository = resolve(import.meta.dirname, '..');
const program = process.platform === 'win32' ? 'node.exe' : 'node';
const node = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => folder !== '' && !folder.includes('node_modules'))
  .map((folder) => join(folder, program))
  .find((file) => existsSync(file));
if (node === undefined) throw new Error('there is no node on PATH besides the pinned one');

const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
const [major, minor] = version.slice(1).split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) throw new Error(`${node} is ${version}, older than v20.19`);
console.log(
  version === process.version
    ? `${node} is ${version}, the same as the pinned Node: only tsx is new in what follows`
    : `the tests on ${node}, ${version} (the pinned Node is ${process.version})`,
);

const mocha = join(repository, 'node_modules/mocha/bin/mocha.js');
const run = spawnSync(node, ['--import', 'tsx', mocha, ...process.argv.slice(2)], {
  cwd: repository,
  stdio: 'inherit',
  // A test that starts `node` should get this one.
  env: { ...process.env, PATH: [resolve(node, '..'), process.env.PATH].join(delimiter) },
});
process.exitCode = run.status ?? 1;
