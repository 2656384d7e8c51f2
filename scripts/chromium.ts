// What the scripts that drive Chromium share: its program, a server of what was built, pages that may not complain.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, extname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { build as bundle, type Plugin } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { check, repository, run } from './packed.ts';

/** The browser's program: what CHROMIUM names, or the first one on PATH. */
export function findChromium(): string | undefined {
  const programs = ['chromium', 'chromium-browser', 'google-chrome'];
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = programs.flatMap((program) => folders.map((folder) => join(folder, program)));
  return process.env.CHROMIUM || found.find((file) => existsSync(file));
}

/** What Vite says of a build without being asked to complain: that gpu.js is large, that this machine is slow. */
const remarks = [
  /^\[plugin builtin:vite-reporter\]\s+\(!\) Some chunks are larger than (.*\n)(- .*\n?)*/gm,
  /^.*\[PLUGIN_TIMINGS\](.*\n)*?See https.*\n?/gm,
];

/** Builds a project by Vite, as it is. */
export function build(project: string): void {
  const { stderr } = run(
    project,
    process.execPath,
    join(repository, 'node_modules/vite/bin/vite.js'),
    'build',
  );
  const complaints = remarks
    .reduce((text, remark) => text.replace(remark, ''), stripVTControlCharacters(stderr))
    .trim();
  check(complaints === '', `Vite builds without configuration or warnings\n${complaints}`.trim());
}

/** With both of its interfaces to GPUs, over an adapter that computes on the CPU. */
export const launch = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      ...['--no-sandbox', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ...['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
    ],
  });

export type Headers = Record<string, string>;

/** The headers of a page that may share memory with its workers. */
export const isolated: Headers = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** Serves what Vite built in `project`, and the project itself; a file without an extension is data. */
async function serve(project: string, headers: Headers): Promise<Server> {
  const types: Headers = { '.html': 'text/html', '.js': 'text/javascript', '': 'application/octet-stream' };
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

/** What Chromium itself says of WebGL when values are read, once for each context: no page can help it. */
const ofChromium = /GPU stall due to ReadPixels/;

export interface Served {
  page: Page;
  /** The files that it has asked for. */
  requests: string[];
}

/** Does something in a page of `project`; what it logs is printed, and whatever it complains of is an error. */
export async function inPage<T>(
  browser: Browser,
  project: string,
  { path, headers }: { path: string; headers: Headers },
  body: (served: Served) => Promise<T>,
): Promise<T> {
  const server = await serve(project, headers);
  const page = await browser.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'log') console.log(message.text());
    const isComplaint = message.type() === 'error' || message.type() === 'warning';
    if (isComplaint && !ofChromium.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requests.push(new URL(request.url()).pathname));
  try {
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`);
    const outcome = await body({ page, requests });
    if (complaints.length > 0) throw new Error(`${path}: the page complains`);
    return outcome;
  } catch (error) {
    throw new Error([(error as Error).message, ...complaints].join('\n'), { cause: error });
  } finally {
    await page.close();
    server.closeAllConnections();
    server.close();
  }
}

/** What an expression of a page comes to. */
export async function valueOf<T>(page: Page, expression: string, { minutes = 1.5 } = {}): Promise<T> {
  let late: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      page.evaluate<T>(expression),
      new Promise<never>((_, reject) => {
        const problem = `${expression}: nothing after ${60 * minutes} s`;
        late = setTimeout(() => reject(new Error(problem)), 60_000 * minutes);
      }),
    ]);
  } finally {
    clearTimeout(late);
  }
}

/**
 * Bundles sources of the repository for pages: `sources` by the names of their files, of which `index.html` loads the one that is named
 * `first`. Then a browser and the folder of all that are given to `body`. What that throws is printed, and fails the script.
 */
export async function withBundle(
  sources: Record<string, string>,
  first: string,
  body: (browser: Browser, folder: string) => Promise<void>,
  plugins: Plugin[] = [],
): Promise<void> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('there is no Chromium on PATH; set CHROMIUM to its program');
  const folder = mkdtempSync(join(tmpdir(), 'typegrad-page-'));
  try {
    await bundle({
      entryPoints: sources,
      absWorkingDir: repository,
      outdir: folder,
      bundle: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      logLevel: 'error',
      plugins,
    });
    const script = `<script type="module" src="./${first}.js"></script>`;
    writeFileSync(join(folder, 'index.html'), `<!doctype html><link rel="icon" href="data:,">${script}`);
    const browser = await launch(executablePath);
    try {
      await body(browser, folder);
    } finally {
      await browser.close();
    }
  } catch (error) {
    console.error(`  ✘ ${(error as Error).message}`);
    process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
