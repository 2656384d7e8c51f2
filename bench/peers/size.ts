// What a library takes on the disk, and in a browser's download.
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { Child } from './child.ts';
import type { Declared } from './contestants.ts';
import type { Contestant } from './results.ts';

type Size = Contestant['size'];
const root = resolve(import.meta.dirname, '../..');
const modules = join(import.meta.dirname, 'node_modules');

/** Undefined for what is no library. */
export async function sizeOf(
  { adapter, library, packages }: Declared,
  python: string | undefined,
): Promise<Size> {
  if (library === 'typegrad') return sizeOfTypegrad();
  if (packages) return sizeOfPackages(packages);
  return adapter.endsWith('.py') ? sizeOfPython(adapter, python) : undefined;
}

/** What is published: `files` of package.json, and what npm adds to them. */
async function sizeOfTypegrad(): Promise<Size> {
  const installedBytes = ['dist', 'package.json', 'README.md', 'LICENSE'].reduce((sum, name) => {
    return sum + bytesOf(join(root, name), (file) => !file.endsWith('.tsbuildinfo'));
  }, 0);
  return { installedBytes, packages: 1, bundleGzippedBytes: await bundle([join(root, 'dist/index.js')]) };
}

async function sizeOfPackages(packages: string[]): Promise<Size> {
  const folders = new Set<string>();
  for (const name of packages) collect(name, import.meta.dirname, folders);
  const own = (folder: string) => bytesOf(folder, (file) => !file.includes(`${folder}/node_modules/`));
  const installedBytes = [...folders].reduce((sum, folder) => sum + own(folder), 0);
  return { installedBytes, packages: folders.size, bundleGzippedBytes: await bundle(packages) };
}

/** A package's folder, and those of all that it requires, as Node finds them: in the nearest node_modules upwards. */
function collect(name: string, from: string, folders: Set<string>): void {
  for (let at = from; at.startsWith(import.meta.dirname); at = dirname(at)) {
    const folder = join(at, 'node_modules', name);
    if (!existsSync(join(folder, 'package.json'))) continue;
    if (folders.has(folder)) return;
    folders.add(folder);
    const { dependencies, optionalDependencies } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    );
    for (const each of Object.keys({ ...dependencies, ...optionalDependencies }))
      collect(each, folder, folders);
    return;
  }
}

function bytesOf(path: string, counts: (file: string) => boolean): number {
  const status = lstatSync(path);
  if (!status.isDirectory()) return counts(path) ? status.size : 0;
  return readdirSync(path).reduce(
    (sum, name) => sum + (counts(`${path}/${name}`) ? bytesOf(`${path}/${name}`, counts) : 0),
    0,
  );
}

/** Of all that the packages export, for browsers, gzipped; with the WebAssembly that they fetch. Undefined where it does not bundle. */
async function bundle(packages: string[]): Promise<number | undefined> {
  try {
    const { outputFiles } = await build({
      stdin: {
        contents: packages.map((name) => `export * from ${JSON.stringify(name)};`).join('\n'),
        resolveDir: import.meta.dirname,
      },
      ...{
        bundle: true,
        minify: true,
        format: 'esm',
        platform: 'browser',
        target: 'es2022',
        write: false,
        logLevel: 'silent',
      },
    });
    const fetched = packages
      .map((name) => join(modules, name, 'dist/tfjs-backend-wasm-simd.wasm'))
      .filter(existsSync);
    const all = [
      ...outputFiles.map(({ contents }) => contents),
      ...fetched.map((file) => readFileSync(file)),
    ];
    return all.reduce((sum, contents) => sum + gzipSync(contents, { level: 9 }).length, 0);
  } catch {
    return undefined;
  }
}

async function sizeOfPython(adapter: string, python: string | undefined): Promise<Size> {
  if (!python) return undefined;
  const declared = {
    id: 'size',
    label: '',
    library: '',
    settings: '',
    adapter,
    threads: 1,
    options: { threads: 1 },
  };
  const child = await Child.start(declared, { folder: '', python });
  try {
    const { installedBytes = 0, packages = 0 } = await child.ask({ do: 'size' }, 60);
    return { installedBytes, packages };
  } finally {
    child.end();
  }
}
