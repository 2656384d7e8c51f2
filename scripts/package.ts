// Proves what importers get: packs the package, bounds its size, installs it where nothing else is, and runs the
// README's example there, as JavaScript and as strict TypeScript.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Plugin, transformSync } from 'esbuild';

/** The bounds, in kB of 1,000 bytes. */
const bounds = {
  /** Everything that index.js reaches, minified and gzipped. */
  bundle: 80,
  /** The tarball that npm downloads. */
  packed: 250,
};

const repository = resolve(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
const name: string = manifest.name;

/** npm hands its settings down to what it starts; an npm started here must not take this folder for its own. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([key]) => !/^npm_(config_local_prefix|lifecycle|package)/i.test(key)),
);

function run(cwd: string, command: string, ...args: string[]): { stdout: string; stderr: string } {
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', env: environment, timeout: 120_000 });
  if (done.status === 0) return done;
  const said = [done.stdout, done.stderr, done.error?.message].filter(Boolean).join('\n');
  throw new Error(`${[command, ...args].join(' ')}\n${said}`);
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
  console.log(`  ✔ ${what}`);
}

function bounded(what: string, bytes: number, bound: number): void {
  const kB = (bytes / 1000).toFixed(1);
  check(bytes <= bound * 1000, `${what}: ${kB} kB, at most ${bound} kB`);
}

/** The first block marked `ts` under the heading "Example". */
function readmeExample(): string {
  const [, section] = readFileSync(join(repository, 'README.md'), 'utf8').split(/^## Example[ \t]*$/m);
  const code = section?.split(/^## /m)[0].match(/^```ts\n(.*?)^```/ms)?.[1];
  if (code === undefined) throw new Error('README.md has no block ```ts under the heading "## Example"');
  return code;
}

/** Every file that the `exports` of a package.json name, under whatever conditions. */
function exported(target: unknown): string[] {
  if (typeof target === 'string') return [target];
  return target === null || typeof target !== 'object' ? [] : Object.values(target).flatMap(exported);
}

/** What a browser cannot have may only be imported lazily; anything else that is not in the package is an error. */
const lazyOnly: Plugin = {
  name: 'lazy-only',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./#]/ }, ({ path, kind, importer }) => {
      if (path === name) return undefined;
      if (kind === 'dynamic-import') return { path, external: true };
      return { errors: [{ text: `${importer} imports ${path} at once; a browser has no such module` }] };
    });
  },
};

const work = mkdtempSync(join(tmpdir(), `${name}-package-`));
try {
  console.log('package');
  rmSync(join(repository, 'dist'), { recursive: true, force: true });
  run(repository, 'npm', 'run', 'build');
  // Without prepack, which would build again, and print between the lines of JSON.
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', work];
  const [packed] = JSON.parse(run(repository, 'npm', ...pack).stdout);
  const tarball = join(work, packed.filename);
  bounded(`${packed.entryCount} files, packed`, statSync(tarball).size, bounds.packed);
  check(Object.keys(manifest.dependencies ?? {}).length === 0, 'no run-time dependency');

  const projectWith = (folder: string, files: Record<string, string>): string => {
    const path = join(work, folder);
    mkdirSync(path);
    for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
    const offline = ['--offline', '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund'];
    run(path, 'npm', 'install', ...offline, tarball);
    return path;
  };
  const bare = JSON.stringify({ name: 'importer', private: true, type: 'module' });
  const example = readmeExample();

  console.log('JavaScript');
  const { code } = transformSync(example, { loader: 'ts', target: 'node20', format: 'esm' });
  const js = projectWith('js', { 'package.json': bare, 'example.js': code });
  const installed = join(js, 'node_modules', name);
  for (const file of exported(manifest.exports)) check(existsSync(join(installed, file)), `exports ${file}`);
  const silent = run(js, process.execPath, '--input-type=module', '--eval', `import '${name}';`);
  check(
    silent.stdout + silent.stderr === '',
    `importing it prints nothing, and ends ${silent.stdout}${silent.stderr}`.trim(),
  );
  run(js, process.execPath, 'example.js');
  check(true, "the README's example runs");

  console.log('browser');
  const bundle = await build({
    stdin: { contents: `export * from '${name}';`, resolveDir: js },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
    plugins: [lazyOnly],
  });
  check(bundle.warnings.length === 0, 'it bundles for a browser, without a warning');
  bounded(
    'the whole of it, minified and gzipped',
    gzipSync(bundle.outputFiles[0].contents, { level: 9 }).length,
    bounds.bundle,
  );

  const tsc = join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
  for (const resolution of ['nodenext', 'bundler']) {
    console.log(`TypeScript, ${resolution}`);
    const compilerOptions = {
      target: 'ES2022',
      lib: ['ES2023', 'ESNext.Disposable', 'DOM'],
      module: resolution === 'bundler' ? 'ESNext' : 'NodeNext',
      moduleResolution: resolution,
      types: [],
      strict: true,
      skipLibCheck: false,
      outDir: 'out',
    };
    const ts = projectWith(resolution, {
      'package.json': bare,
      'tsconfig.json': JSON.stringify({ compilerOptions, include: ['example.ts'] }),
      'example.ts': example,
    });
    run(ts, process.execPath, tsc, '-p', 'tsconfig.json');
    check(true, "the README's example compiles, every declaration of the package checked");
    run(ts, process.execPath, join('out', 'example.js'));
    check(true, 'and runs');
  }
} catch (error) {
  console.error(`  ✘ ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
