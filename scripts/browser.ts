// Proves that the packed package works in a browser: bundled by Vite and as plain modules, in pages with and without
// SharedArrayBuffer and in a Web Worker, with the bits that Node computes; and on GPUs (browserGpu.ts). Needs Chromium.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gpuPages } from './browserGpu.ts';
import { names, type Outcome } from './browserProgram.ts';
import { build, findChromium, type Headers, inPage, isolated, launch, valueOf } from './chromium.ts';
import { check, javaScript, name, run, withPackage } from './packed.ts';

const html = (script: string) =>
  `<!doctype html><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`;

/** Imports from the package one by one: what a bundler leaves of it must be enough. */
const imports = (from: string) => `
  import { ${names} } from '${from}';
  import { program } from './program.js';
  const start = () => program({ ${names} });`;

/** What an importer would write. `outcomes` of a page are those of its own thread, and of its Web Worker. */
const files = {
  'program.js': javaScript(readFileSync(join(import.meta.dirname, 'browserProgram.ts'), 'utf8')),
  'node.js': `${imports(name)}
    console.log(JSON.stringify(await start()));`,
  'index.html': html('./bundled.js'),
  'bundled.js': `${imports(name)}
    const inWorker = () => new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error('in the Web Worker: ' + message));
    });
    globalThis.outcomes = start().then(async (page) => [page, await inWorker()]);`,
  'worker.js': `${imports(name)}
    start().then(postMessage);`,
  'plain.html': html('./plain.js'),
  'plain.js': `${imports(`./node_modules/${name}/dist/index.js`)}
    globalThis.outcomes = start().then((page) => [page]);`,
};

/** A page that is asked for, how it is served, and what must compute there. */
interface Page {
  what: string;
  path: string;
  headers: Headers;
  backend: 'wasm' | 'reference';
  threads: 'one' | 'many';
}

const strict = { 'content-security-policy': "default-src 'self'; img-src data:" };

const pages: Page[] = [
  { what: 'Vite, cross-origin isolated', path: '', headers: isolated, backend: 'wasm', threads: 'many' },
  { what: 'Vite, not isolated', path: '', headers: {}, backend: 'wasm', threads: 'one' },
  { what: 'modules, isolated', path: 'plain.html', headers: isolated, backend: 'wasm', threads: 'many' },
  { what: 'modules, not isolated', path: 'plain.html', headers: {}, backend: 'wasm', threads: 'one' },
  {
    what: 'modules, no WebAssembly',
    path: 'plain.html',
    headers: strict,
    backend: 'reference',
    threads: 'one',
  },
];

function judge(outcome: Outcome, expected: Outcome, { backend, threads }: Page, isWorker: boolean): void {
  const { helped, waits, wide, wideReason, noFile } = outcome;
  check(
    outcome.backend === backend,
    `${isWorker ? 'Web Worker' : 'page'}: the backend is ${outcome.backend}`,
  );
  const isRight =
    threads === 'one' ? outcome.threads === 1 && helped === 0 : outcome.threads > 1 && helped > 0;
  check(isRight, `threads: ${outcome.threads}, pieces that workers computed: ${helped}`);
  for (const [what, digest] of Object.entries(outcome.digests)) {
    const isSame = digest === expected.digests[what as keyof Outcome['digests']];
    check(isSame, `${what}: the bits of Node, ${digest.slice(0, 16)}`);
  }
  if (!isWorker) check(waits === 0, `calls of Atomics.wait: ${waits}`);
  check(!wide && wideReason.startsWith('needs '), `no wide vectors: ${wideReason}`);
  check(noFile.includes('no file system'), `no files: ${noFile.split('\n')[0]}`);
}

const executablePath = findChromium();
if (!executablePath) {
  const verdict = process.env.CI ? '✘ failed' : 'skipped';
  console.log(
    `${verdict}: there is no Chromium on PATH; apt-get install chromium, or set CHROMIUM to its program`,
  );
  process.exitCode = process.env.CI ? 1 : 0;
} else {
  await withPackage(async ({ project }) => {
    const folder = project('importer', files);
    console.log('Node');
    const expected: Outcome = JSON.parse(run(folder, process.execPath, 'node.js').stdout);
    check(expected.backend === 'wasm', `the backend is ${expected.backend}`);

    build(folder);
    const browser = await launch(executablePath);
    try {
      console.log(`Chromium ${browser.version()}`);
      for (const page of pages) {
        console.log(page.what);
        const outcomes = await inPage(browser, folder, page, ({ page }) =>
          valueOf<Outcome[]>(page, 'globalThis.outcomes'),
        );
        outcomes.forEach((outcome, i) => judge(outcome, expected, page, i > 0));
      }
      await gpuPages(browser, project);
    } finally {
      await browser.close();
    }
  });
}
