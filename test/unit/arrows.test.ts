// Does the linter of the arrows see what it must? Violations are planted in a copy of src, and each must be reported.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'chai';
import { checkArrows, read, type Violation } from '../../scripts/arrows.ts';

const repository = resolve(import.meta.dirname, '../..');

/** Each planted file: what it says, and what must be reported of it. */
const planted: Record<string, [text: string, ...reports: string[]]> = {
  'tensor/planted.ts': [`import { x } from '../nn/planted/index.ts';\nexport const y = x;`, 'arrow'],
  'tensor/planted-type.ts': [`export type { X } from '../nn/planted/index.ts';`, 'arrow'],
  'tensor/planted-import-type.ts': [`export let x: import('../nn/planted/index.ts').X;`, 'arrow'],
  'tensor/planted-here.ts': [`import type { Y } from './planted-there.ts';\nexport type X = Y;`, 'cycle'],
  'tensor/planted-there.ts': [`export type { X as Y } from './planted-here.ts';`],
  'tensor/planted-sibling.ts': [`export * from './planted-sibling-2.ts';`],
  'tensor/planted-sibling-2.ts': [`export const process2 = { process: 1 }.process;`],
  'tensor/planted-absent.ts': [`import './nowhere.ts';`, 'unresolved'],
  'nn/planted/index.ts': [`export const x = 1;\nexport type X = number;`],
  'nn/optim/planted.ts': [`import { x } from '../planted/index.ts';\nexport const y = x;`],
  'nn/planted-deep.ts': [`import '../tensor/planted-sibling-2.ts';`, 'door'],
  'kernels/planted.ts': [`import './reference/planted.ts';`],
  'kernels/reference/planted.ts': [`export const x = 1;`],
  'kernels/reference/planted-up.ts': [`import '../planted.ts';`, 'arrow'],
  'kernels/wasm/planted.ts': [`import '../reference/planted.ts';`, 'arrow'],
  'kernels/platform.planted.ts': [
    `export const cores = async () => [process, navigator, await import('node:os')];`,
  ],
  'kernels/platform.planted.node.ts': [`import { cpus } from 'node:os';\nexport const cores = cpus;`],
  'io/planted.ts': [`import { readFile } from 'node:fs/promises';\nexport const y = readFile;`, 'lazy'],
  'io/planted-lazy.ts': [`export const y = async () => { using fs = await import('node:fs'); return fs; };`],
  'data/planted.ts': [
    `import type { Stats } from 'node:fs';\nexport let y: Stats = globalThis.process;`,
    'outside',
    'outside',
  ],
  'train/planted.ts': [`/* process */ export const y = (name: string) => import(name);`, 'outside'],
  'train/planted-package.ts': [`export const bar = () => import('cli-progress');`, 'outside'],
  'planted.ts': [`import './nn/planted-deep.ts';`, 'door'],
};

describe('the linter of the arrows', () => {
  let reports: Violation[];
  let modules: number;

  before(async () => {
    mkdirSync(join(repository, 'build'), { recursive: true });
    const copy = mkdtempSync(join(repository, 'build', 'arrows-test-'));
    try {
      cpSync(join(repository, 'src'), join(copy, 'src'), { recursive: true });
      for (const [file, [text]] of Object.entries(planted)) {
        mkdirSync(dirname(join(copy, 'src', file)), { recursive: true });
        writeFileSync(join(copy, 'src', file), text);
      }
      const checked = await checkArrows(copy);
      modules = checked.modules;
      reports = checked.violations;
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });

  it('reads every module', () => {
    expect(modules).to.be.at.least(Object.keys(planted).length);
  });

  for (const [file, [text, ...expected]] of Object.entries(planted)) {
    it(`${file}: ${expected.join(' and ') || 'nothing to report'}   ${text.split('\n')[0]}`, () => {
      const here = reports.filter(({ at }) => at.replace(/:\d+$/, '') === `src/${file}`);
      expect(here.map(({ rule }) => rule)).to.deep.equal(expected);
    });
  }

  it('says why, and on which line', () => {
    const report = reports.find(({ at }) => at.startsWith('src/tensor/planted.ts'));
    expect(report).to.include({
      at: 'src/tensor/planted.ts:1',
      what: 'src/nn/planted/index.ts',
      why: 'tensor may import nothing',
    });
    expect(
      reports.find(({ at, what }) => at.startsWith('src/data/planted.ts') && what === 'process')?.at,
    ).to.match(/:2$/);
  });

  it('counts lines in bytes beyond ASCII, in the second text as in the first', () => {
    for (const text of [`// ∂L/∂A\nnavigator;`, `// Σₖ é\n\n\nimport x from 'y';`])
      expect([...read(text).globals, ...read(text).imports].map(({ line }) => line)).to.deep.equal([
        text.split('\n').length,
      ]);
  });
});
