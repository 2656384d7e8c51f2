// Proves that the packed package works in a browser: bundled by Vite and as plain modules, in pages with and without
// SharedArrayBuffer and in a Web Worker, with the bits that Node computes. Needs Chromium.

import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, extname, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { names, type Outcome } from './browserProgram.ts';
import { check, javaScript, name, repository, run, withPackage } from './packed.ts';

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

/** The browser's program: what CHROMIUM names, or the first one on PATH. */
function findChromium(): string | undefined {
  const programs = ['chromium', 'chromium-browser', 'google-chrome'];
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = programs.flatMap((program) => folders.map((folder) => join(folder, program)));
  return process.env.CHROMIUM || found.find((file) => existsSync(file));
}

type Headers = Record<string, string>;

/** Serves what Vite built in `project`, and the project itself. */
async function serve(project: string, headers: Headers): Promise<Server> {
  const types: Headers = { '.html': 'text/html', '.js': 'text/javascript' };
  const server = createServer(({ url }, response) => {
    const { pathname } = new URL(url ?? '/', 'http://localhost'); // no '..' is left in it
    const path = pathname === '/' ? '/index.html' : pathname;
    const file = [join(project, 'dist', path), join(project, path)].find((place) => existsSync(place));
    const type = types[extname(path)];
    if (!file || !type) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': type, ...headers }).end(readFileSync(file));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}

/** What a page computes; whatever it complains of is an error. */
async function outcomesOf(browser: Browser, url: string): Promise<Outcome[]> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  let late: NodeJS.Timeout | undefined;
  try {
    await page.goto(url);
    return await Promise.race([
      page.evaluate<Outcome[]>('globalThis.outcomes'),
      new Promise<never>((_, reject) => {
        late = setTimeout(() => reject(new Error(`${url}: no outcome after 60 s`)), 60_000);
      }),
    ]);
  } finally {
    clearTimeout(late);
    await page.close();
    check(complaints.length === 0, ['nothing on the console', ...complaints].join('\n'));
  }
}

/** A page that is asked for, how it is served, and what must compute there. */
interface Page {
  what: string;
  path: string;
  headers: Headers;
  backend: 'wasm' | 'reference';
  threads: 'one' | 'many';
}

const isolated = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};
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

    const built = run(folder, process.execPath, join(repository, 'node_modules/vite/bin/vite.js'), 'build');
    check(built.stderr === '', `Vite builds without configuration or warnings\n${built.stderr}`.trim());

    const browser = await chromium.launch({
      executablePath,
      args: [
        ...['--no-sandbox', '--disable-quic', '--no-first-run'],
        ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ],
    });
    try {
      console.log(`Chromium ${browser.version()}`);
      for (const page of pages) {
        console.log(page.what);
        const server = await serve(folder, page.headers);
        try {
          const { port } = server.address() as AddressInfo;
          const outcomes = await outcomesOf(browser, `http://127.0.0.1:${port}/${page.path}`);
          outcomes.forEach((outcome, i) => judge(outcome, expected, page, i > 0));
        } finally {
          server.closeAllConnections();
          server.close();
        }
      }
    } finally {
      await browser.close();
    }
  });
}
