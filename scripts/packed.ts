// What the scripts that try the packed package share: packing it, empty projects that have it, one line for each check.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { transformSync } from 'esbuild';

export const repository = resolve(import.meta.dirname, '..');
export const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
export const name: string = manifest.name;

/** npm hands its settings down to what it starts; an npm started here must not take this folder for its own. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([key]) => !/^npm_(config_local_prefix|lifecycle|package)/i.test(key)),
);

/** Runs a program to its end, which must be a good one. */
export function run(cwd: string, command: string, ...args: string[]): { stdout: string; stderr: string } {
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', env: environment, timeout: 120_000 });
  if (done.status === 0) return done;
  const said = [done.stdout, done.stderr, done.error?.message].filter(Boolean).join('\n');
  throw new Error(`${[command, ...args].join(' ')}\n${said}`);
}

/** One line for what holds; the first thing that does not hold ends the script. */
export function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
  console.log(`  ✔ ${what}`);
}

/** TypeScript as JavaScript modules that Node and browsers run. */
export const javaScript = (code: string): string =>
  transformSync(code, { loader: 'ts', target: 'node20', format: 'esm' }).code;

export interface Packed {
  tarball: string;
  entryCount: number;
  /** A new project with these files, and nothing installed but the package. Returns its folder. */
  project(folder: string, files: Record<string, string>): string;
}

/** Builds and packs the package, tries `body` on it, and tidies up. What `body` throws is printed, and fails the script. */
export async function withPackage(body: (packed: Packed) => void | Promise<void>): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), `${name}-packed-`));
  try {
    rmSync(join(repository, 'dist'), { recursive: true, force: true });
    run(repository, 'npm', 'run', 'build');
    // Without prepack, which would build again, and print between the lines of JSON.
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', work];
    const [{ filename, entryCount }] = JSON.parse(run(repository, 'npm', ...pack).stdout);
    const tarball = join(work, filename);
    const project = (folder: string, files: Record<string, string>): string => {
      const path = join(work, folder);
      mkdirSync(path);
      const bare = JSON.stringify({ name: 'importer', private: true, type: 'module' });
      for (const [file, text] of Object.entries({ 'package.json': bare, ...files }))
        writeFileSync(join(path, file), text);
      const offline = ['--offline', '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund'];
      run(path, 'npm', 'install', ...offline, tarball);
      return path;
    };
    await body({ tarball, entryCount, project });
  } catch (error) {
    console.error(`  ✘ ${(error as Error).message}`);
    process.exitCode = 1;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
