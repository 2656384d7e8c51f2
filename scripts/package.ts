// Proves what importers get: packs the package, bounds its size, installs it where nothing else is, and runs the
// README's example there, as JavaScript and as strict TypeScript.

import { existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';
import { check, javaScript, manifest, name, repository, run, withPackage } from './packed.ts';

/** The bounds, in kB of 1,000 bytes. */
const bounds = {
  /** Everything that index.js reaches without setDevice, minified and gzipped. */
  bundle: 125,
  /** What setDevice loads beside it, without gpu.js. */
  gpu: 20,
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

/** Bundlers follow every import, lazy ones too, so none may lead out of the package, but the host's of gpu.js. */
const nothingElse: Plugin = {
  name: 'nothing-else',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./#]/ }, ({ path, importer }) => {
      if (path === name || (path === 'gpu.js' && importer.endsWith('/dist/host.js'))) return undefined;
      if (importer.includes('/gpu.js/')) return undefined;
      return { errors: [{ text: `${importer} imports ${path}; a browser has no such module` }] };
    });
  },
};

/** What is loaded for the package alone, and for setDevice; and what that says without gpu.js. */
const devices = `
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
  const { device, setDevice, tensor } = await import('${name}');
  tensor([1, 2]).mul(3).sum().item();
  const before = loaded.splice(0);
  const auto = await setDevice();
  const problem = await setDevice('gpu').catch((error) => error);
  console.log(JSON.stringify({
    before, after: loaded, auto, name: problem.name, message: problem.message, now: device.info().backend,
  }));`;

/** A bundle in chunks, as bundlers for browsers make them. */
async function bundled(folder: string): Promise<{ own: Uint8Array; later: Record<string, Uint8Array> }> {
  const { warnings, outputFiles, metafile } = await build({
    stdin: { contents: `export * from '${name}';`, resolveDir: folder },
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    outdir: 'out',
    absWorkingDir: folder,
    metafile: true,
    write: false,
    logLevel: 'silent',
    plugins: [nothingElse],
  });
  check(warnings.length === 0, 'it bundles for a browser, without a warning');
  const contents = (path: string) =>
    outputFiles.find((file) => file.path === join(folder, path))?.contents as Uint8Array;
  const now = new Set<string>();
  const reach = (path: string) => {
    if (now.has(path)) return;
    now.add(path);
    for (const { path: next, kind, external } of metafile.outputs[path].imports)
      if (!external && kind === 'import-statement') reach(next);
  };
  reach('out/stdin.js');
  const paths = Object.keys(metafile.outputs);
  return {
    own: Buffer.concat([...now].map(contents)),
    later: Object.fromEntries(paths.filter((path) => !now.has(path)).map((path) => [path, contents(path)])),
  };
}

const zipped = (bytes: Uint8Array): number => gzipSync(bytes, { level: 9 }).length;

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

  console.log('devices');
  const { before, after, auto, ...problem } = JSON.parse(
    run(js, process.execPath, '--input-type=module', '--eval', devices).stdout,
  );
  const short = (urls: string[]) => urls.map((url) => url.replace(/.*node_modules\//, '')).join(', ');
  const ofGpu = /\/(gpu|host)\.js$|gpu\.js\//;
  check(!before.some((url: string) => ofGpu.test(url)), `importing it loads ${short(before)}`);
  check(
    after.some((url: string) => ofGpu.test(url)),
    `setDevice loads ${short(after)}`,
  );
  check(auto.backend === 'wasm', `without gpu.js, auto is the CPU: ${auto.reason}`);
  check(
    problem.name === 'DeviceError' && /npm i gpu\.js@2\.24\.1$/m.test(problem.message),
    `and gpu is an error: ${problem.message}`,
  );

  console.log('bundle, without gpu.js');
  const { own, later } = await bundled(js);
  bounded('what an import loads, minified and gzipped', zipped(own), bounds.bundle);
  bounded('what setDevice loads', zipped(Buffer.concat(Object.values(later))), bounds.gpu);

  console.log('bundle, with gpu.js');
  symlinkSync(join(repository, 'node_modules', 'gpu.js'), join(js, 'node_modules', 'gpu.js'), 'dir');
  const both = await bundled(js);
  bounded('what an import loads, minified and gzipped', zipped(both.own), bounds.bundle);
  const large = Object.entries(both.later).filter(([, { length }]) => length > 300_000);
  check(large.length === 1, `gpu.js is a chunk of its own: ${large.map(([path]) => path)}`);

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
