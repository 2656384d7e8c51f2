// Proves what importers get: packs the package, bounds its size, installs it where nothing else is, and runs the
// README's example there, as JavaScript and as strict TypeScript.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';
import { check, javaScript, manifest, name, repository, run, withPackage } from './packed.ts';

/** The bounds, in kB of 1,000 bytes. */
const bounds = {
  /** Everything that index.js reaches, minified and gzipped. */
  bundle: 125,
  /** The tarball that npm downloads. */
  packed: 300,
};

function bounded(what: string, bytes: number, bound: number): void {
  const kB = (bytes / 1000).toFixed(1);
  check(bytes <= bound * 1000, `${what}: ${kB} kB, at most ${bound} kB`);
}

/** The README's programs: its blocks marked `ts` that import something. The first is run, all are compiled. */
function readmePrograms(): [first: string, ...rest: string[]] {
  const blocks = readFileSync(join(repository, 'README.md'), 'utf8').matchAll(/^```ts\n(.*?)^```/gms);
  const [first, ...rest] = [...blocks].map(([, code]) => code).filter((code) => code.startsWith('import '));
  if (first === undefined || rest.length === 0)
    throw new Error('README.md has fewer than two programs in ```ts');
  return [first, ...rest];
}

/** Every file that the `exports` of a package.json name, under whatever conditions. */
function exported(target: unknown): string[] {
  if (typeof target === 'string') return [target];
  return target === null || typeof target !== 'object' ? [] : Object.values(target).flatMap(exported);
}

/** Bundlers follow every import, lazy ones too, so none may lead out of the package. */
const nothingElse: Plugin = {
  name: 'nothing-else',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./#]/ }, ({ path, importer }) => {
      if (path === name) return undefined;
      return { errors: [{ text: `${importer} imports ${path}; a browser has no such module` }] };
    });
  },
};

await withPackage(async ({ tarball, entryCount, project }) => {
  console.log('package');
  bounded(`${entryCount} files, packed`, statSync(tarball).size, bounds.packed);
  check(Object.keys(manifest.dependencies ?? {}).length === 0, 'no run-time dependency');
  const [example, ...others] = readmePrograms();

  console.log('JavaScript');
  const js = project('js', { 'example.js': javaScript(example) });
  const installed = join(js, 'node_modules', name);
  for (const file of exported(manifest.exports)) check(existsSync(join(installed, file)), `exports ${file}`);
  const silent = run(js, process.execPath, '--input-type=module', '--eval', `import '${name}';`);
  check(
    silent.stdout + silent.stderr === '',
    `importing it prints nothing, and ends ${silent.stdout}${silent.stderr}`.trim(),
  );
  run(js, process.execPath, 'example.js');
  check(true, "the README's example runs");

  console.log('bundle');
  const bundle = await build({
    stdin: { contents: `export * from '${name}';`, resolveDir: js },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
    plugins: [nothingElse],
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
    const ts = project(resolution, {
      'tsconfig.json': JSON.stringify({ compilerOptions }),
      'example.ts': example,
      ...Object.fromEntries(others.map((code, i) => [`other${i}.ts`, code])),
    });
    run(ts, process.execPath, tsc, '-p', 'tsconfig.json');
    check(true, "the README's programs compile, every declaration of the package checked");
    run(ts, process.execPath, join('out', 'example.js'));
    check(true, 'and runs');
  }
});
