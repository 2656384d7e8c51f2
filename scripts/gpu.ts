// npm run gpu: the GPUs that this machine offers to the engine, whether they compute right, and how long they take.
//
//     npm run gpu [-- [--browser] [--untimed] [--every 7]]
//
// In Node, or in Chromium; without the times; with a part of the comparisons only, every seventh of each verb. A software adapter is
// tried like any other.

import { parseArgs } from 'node:util';
import { inPage, isolated, valueOf, withBundle } from './chromium.ts';
import { type Report, type ReportOptions, reportOf } from './gpuReport.ts';

const { values: options } = parseArgs({
  options: {
    browser: { type: 'boolean', default: false },
    untimed: { type: 'boolean', default: false },
    every: { type: 'string', default: '1' },
  },
});
if (!(Number(options.every) >= 1)) throw new Error(`--every is ${options.every}, not 1 or more`);
const reported: ReportOptions = { every: Number(options.every), isTimed: !options.untimed };

type Name = Parameters<typeof reportOf>[0];

function print(
  name: Name,
  { missing, adapter, isSoftware, compared, verbs, problems, timings }: Report,
): void {
  if (missing !== undefined) {
    console.log(`${name}: not here\n  ${missing.replaceAll('\n', '\n  ')}\n`);
    if (process.env.TYPEGRAD_GPU_REQUIRED === '1') process.exitCode = 1;
    return;
  }
  console.log(`${name}: ${adapter}${isSoftware ? ', which is software' : ''}`);
  console.log(
    `  ${compared} calls of ${verbs} verbs compared with the reference's, ${problems.length} wrong`,
  );
  for (const problem of problems) console.log(`  ✘ ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
  if (timings.length > 0) printTimings(timings);
  if (isSoftware && timings.length > 0)
    console.log('  It computes on the CPU itself: these times say nothing of a GPU.');
  console.log();
}

function printTimings(timings: Report['timings']): void {
  const cell = (text: string) => text.padStart(10);
  console.log(`  ${'ms'.padEnd(14)}${cell('GPU')}${cell('CPU')}${cell('CPU / GPU')}`);
  for (const { what, gpu, cpu } of timings) {
    const figures = [gpu, cpu, cpu / gpu].map((figure) => cell(figure.toPrecision(3)));
    console.log(`  ${what.padEnd(14)}${figures.join('')}`);
  }
}

if (options.browser)
  await withBundle({ report: 'scripts/gpuReport.ts' }, 'report', async (browser, folder) => {
    for (const name of ['webgpu', 'webgl2'] as const) {
      const asked = `reportOf('${name}', ${JSON.stringify(reported)})`;
      const report = await inPage(browser, folder, { path: '', headers: isolated }, ({ page }) =>
        valueOf<Report>(page, asked, { minutes: 8 }),
      );
      print(name, report);
    }
  });
else for (const name of ['webgpu', 'headlessgl'] as const) print(name, await reportOf(name, reported));
