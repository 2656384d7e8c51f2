// The examples run, end with their figures, and write their reports.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parseHTML } from 'linkedom';
import { fashionClasses, fashionFolder } from '../../examples/data.ts';

const folder = mkdtempSync(join(tmpdir(), 'typegrad-examples-'));
after(() => rmSync(folder, { recursive: true }));

/** Runs an example as people do, in a folder of its own for what it writes. */
function run(name: string, ...args: string[]) {
  const program = fileURLToPath(new URL(`../../examples/${name}.ts`, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, program, ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const headings = (page: string) =>
  [...parseHTML(readFileSync(page, 'utf8')).document.querySelectorAll('h2')].map((h2) => h2.textContent);

describe('examples/fashion.ts', function () {
  this.timeout(60_000);

  it('tells clothes apart, and calls them by their names', function () {
    if (!existsSync(fashionFolder)) {
      console.log('      skipped: the Debian package dataset-fashion-mnist is not installed');
      return this.skip();
    }
    const page = join(folder, 'fashion.html');
    const quick = '--epochs 3 --limit 1000 --batch 32 --json --report'.split(' ');
    const { status, stdout, stderr } = run('fashion', ...quick, page);
    expect(status, stderr).to.equal(0);
    const result = JSON.parse(stdout.trimEnd().split('\n').at(-1) as string);
    expect(Object.keys(result)).to.deep.equal(['testAccuracy', 'epochs', 'secondsPerEpoch']);
    expect(result.testAccuracy).to.be.within(0.6, 0.9); // a tenth would be a guess
    expect(result.epochs).to.equal(3);
    for (const name of fashionClasses)
      expect(stdout).to.match(new RegExp(`^ *${name}( +0\\.\\d{4}){3} +1000$`, 'm'));
    expect(headings(page)).to.deep.equal([
      'Training',
      'Confusion matrix',
      'Most frequent mistakes',
      'Classification report',
      'Samples',
      'First layer',
      'Model',
      'Settings',
    ]);
  });

  it('says what to install where the pictures are not', () => {
    const { status, stdout, stderr } = run('fashion', '--data', folder);
    expect([status, stdout]).to.deep.equal([1, '']);
    expect(stderr).to.include('apt-get install dataset-fashion-mnist').and.not.include('    at ');
  });

  it('refuses a wrong option with exit code 2', () => {
    const { status, stderr } = run('fashion', '--smoothing', '2');
    expect(stderr).to.include("--smoothing is '2', and must be a number, 0 … 1");
    expect(status).to.equal(2);
    expect(run('fashion', '--data', 'no/such/folder').stderr).to.include('must be a folder that exists');
  });
});
