// npm run gpu: the GPUs that this machine offers to the engine, whether they compute right, and how long they take.
//
//     npm run gpu [-- --browser]
//
// In Node, or in Chromium. A software adapter is tried like any other.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { findChromium, inPage, isolated, launch, valueOf } from './chromium.ts';
import { type Report, reportOf } from './gpuReport.ts';
import { repository } from './packed.ts';

const { values: options } = parseArgs({ options: { browser: { type: 'boolean', default: false } } });

type Name = Parameters<typeof reportOf>[0];

function print(name: Name, { missing, adapter, isSoftware, compared, problems, timings }: Report): void {
  if (missing !== undefined) {
    console.log(`${name}: not here\n  ${missing.replaceAll('\n', '\n  ')}\n`);
    return;
  }
  console.log(`${name}: ${adapter}${isSoftware ? ', which is software' : ''}`);
  console.log(`  ${compared} results compared with the CPU's, ${problems.length} wrong`);
  for (const problem of problems) console.log(`  ✘ ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
  const cell = (text: string) => text.padStart(10);
  console.log(`  ${'ms'.padEnd(14)}${cell('GPU')}${cell('CPU')}${cell('CPU / GPU')}`);
  for (const { what, gpu, cpu } of timings) {
    const figures = [gpu, cpu, cpu / gpu].map((figure) => cell(figure.toPrecision(3)));
    console.log(`  ${what.padEnd(14)}${figures.join('')}`);
  }
  if (isSoftware) console.log('  It computes on the CPU itself: these times say nothing of a GPU.');
  console.log();
}

/** The reports of a page. */
async function inBrowser(names: Name[]): Promise<void> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('there is no Chromium on PATH; set CHROMIUM to its program');
  const folder = mkdtempSync(join(tmpdir(), 'typegrad-gpu-'));
  const browser = await launch(executablePath);
  try {
    await build({
      entryPoints: [join(repository, 'scripts/gpuReport.ts')],
      outfile: join(folder, 'report.js'),
      bundle: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      logLevel: 'error',
    });
    const script = '<script type="module" src="./report.js"></script>';
    writeFileSync(join(folder, 'index.html'), `<!doctype html><link rel="icon" href="data:,">${script}`);
    for (const name of names)
      print(
        name,
        await inPage(browser, folder, { path: '', headers: isolated }, ({ page }) =>
          valueOf<Report>(page, `reportOf('${name}')`),
        ),
      );
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (options.browser) await inBrowser(['webgpu', 'webgl2']);
else for (const name of ['webgpu', 'headlessgl'] as const) print(name, await reportOf(name));
