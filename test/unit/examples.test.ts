// The examples run, end with their figures, and write their reports.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parseHTML } from 'linkedom';
import { fashionClasses, fashionFolder } from '../../examples/data.ts';
import { io } from '../../src/index.ts';

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

describe('examples/fine-tune.ts', function () {
  this.timeout(60_000);

  it('compares five ways, and saves the adapters apart from the body', async () => {
    const [out, adapters, page] = ['body.safetensors', 'adapters.safetensors', 'fine-tune.html'].map((name) =>
      join(folder, name),
    );
    const quick = '--labels 2 --rank 3 --draws 2 --epochs 3 --pretrain 1 --limit 1000'.split(' ');
    const { status, stdout, stderr } = run(
      'fine-tune',
      ...quick,
      ...['--out', out, '--adapters', adapters, '--report', page, '--json'],
    );
    expect(status, stderr).to.equal(0);
    expect(stdout).to.include('loaded 4 of 6\n  missing: output.weight, output.bias');

    const result = JSON.parse(stdout.trimEnd().split('\n').at(-1) as string);
    const [body, head] = [784 * 128 + 128 + 128 * 64 + 64, 64 * 5 + 5];
    const trainable = Object.entries(result.ways).map(([name, way]: any) => [name, way.trainable]);
    expect(Object.fromEntries(trainable)).to.deep.equal({
      'from scratch': body + head,
      'head only': head,
      'layer-wise rates': body + head,
      'gradual unfreezing': body + head,
      LoRA: 3 * (784 + 128) + 3 * (128 + 64) + head,
    });
    for (const { testAccuracy, deviation } of Object.values<any>(result.ways)) {
      expect(testAccuracy).to.be.within(0.1, 1);
      expect(deviation).to.be.within(0, 0.5);
    }
    expect(result.ways).to.have.property(result.best);
    expect(result.adapterKilobytes).to.be.within(1, result.wholeKilobytes / 10);
    expect(result.mergedDifference).to.be.within(0, 1e-3);

    expect(
      Object.entries(await io.load(adapters)).map(([name, { shape }]) => [name, shape]),
    ).to.deep.include.members([
      ['hidden.0.loraA', [3, 784]],
      ['hidden.1.loraB', [64, 3]],
      ['output.weight', [5, 64]],
    ]);
    expect(Object.keys(await io.load(adapters))).to.have.length(8);
    expect(headings(page)).to.deep.equal([
      'Ways compared',
      'Runs compared',
      `Confusion matrix: ${result.best}, first draw`,
      'Samples',
      'What was loaded',
      'What LoRA learned',
      'Settings',
    ]);
    expect(readdirSync(folder)).to.include.members(['body.safetensors', 'adapters.safetensors']);
  });

  it('refuses what it does not know with exit code 2', () => {
    const { status, stderr } = run('fine-tune', '--rank', '0');
    expect(stderr).to.include("--rank is '0', and must be a whole number, at least 1");
    expect(status).to.equal(2);
  });
});

describe('examples/multi-task.ts', function () {
  this.timeout(60_000);

  it('compares one net with two', () => {
    const page = join(folder, 'multi-task.html');
    const quick = '--samples 400 --epochs 3 --runs 2 --json --report'.split(' ');
    const { status, stdout, stderr } = run('multi-task', ...quick, page);
    expect(status, stderr).to.equal(0);
    const { together, apart } = JSON.parse(stdout.trimEnd().split('\n').at(-1) as string);
    const body = 784 * 128 + 128 + 128 * 64 + 64;
    expect(together.parameters).to.equal(body + 64 * 10 + 10 + 64 * 2 + 2);
    expect(apart.parameters).to.equal(together.parameters + body);
    for (const { digit, odd, seconds } of [together, apart]) {
      expect(digit).to.be.within(0.4, 1); // a tenth would be a guess
      expect(odd).to.be.within(0.7, 1); // a half
      expect(seconds).to.be.above(0);
    }
    expect(headings(page)).to.deep.equal([
      'Together and apart',
      'Which digit, in training',
      'Odd or even, in training',
      'Model',
      'Settings',
    ]);
  });

  it('refuses what it does not know with exit code 2', () => {
    expect(run('multi-task', '--heads', '3').status).to.equal(2);
  });
});
