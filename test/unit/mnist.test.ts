// The example that people run first: its arguments, its output, and that the same seed prints the same digits.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parseHTML } from 'linkedom';
import { io } from '../../src/index.ts';

const program = fileURLToPath(new URL('../../examples/mnist.ts', import.meta.url));

/** Runs it as people do; `execArgv` says how this Node reads TypeScript. */
function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, program, ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('examples/mnist.ts', function () {
  this.timeout(60_000);
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'typegrad-mnist-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('explains itself', () => {
    const { status, stdout } = run('--help');
    expect(status).to.equal(0);
    for (const option of [
      '--epochs N',
      '--batch N',
      '--lr X',
      '--plain',
      '--seed N',
      '--limit N',
      '--out FILE',
      '--report FILE',
      '--json',
    ])
      expect(stdout).to.include(option);
  });

  for (const [args, complaint] of [
    [['--epoch', '3'], "Unknown option '--epoch'"],
    [['--epochs', 'x'], "--epochs is 'x', and must be a whole number, at least 0"],
    [['--batch', '0'], "--batch is '0', and must be a whole number, at least 1"],
    [['--lr='], "--lr is '', and must be a number, at least 0"],
    [
      ['--out', 'no/such/folder/x'],
      "--out is 'no/such/folder/x', and must be a file in a folder that exists",
    ],
    [['digits'], "Unexpected argument 'digits'"],
  ] as const) {
    it(`refuses ${args.join(' ')} with exit code 2, the reason and the usage`, () => {
      const { status, stdout, stderr } = run(...args);
      expect(stderr.split('\n')[0]).to.include(complaint);
      expect(stderr).to.include('npm run mnist -- [options]');
      expect([status, stdout]).to.deep.equal([2, '']);
    });
  }

  it('trains, tests and saves; the same seed prints the same digits', async () => {
    const out = join(folder, 'weights.safetensors');
    const page = join(folder, 'report.html');
    const args = [
      '--epochs',
      '2',
      '--limit',
      '500',
      '--batch',
      '32',
      '--json',
      '--out',
      out,
      '--report',
      page,
    ];
    const [first, second] = [run(...args, '--seed', '3'), run(...args, '--seed', '3')];
    expect(first.status, first.stderr).to.equal(0);

    const lines = first.stdout.trimEnd().split('\n');
    const epochs = lines.filter((line) => line.startsWith('epoch '));
    expect(epochs).to.have.length(2);
    for (const line of epochs)
      expect(line).to.match(
        /^epoch [12]\/2 {2}loss \d\.\d{4} {2}accuracy \d\.\d{4} {2}validation loss \d\.\d{4} {2}validation accuracy \d\.\d{4} {2}lr [\de.-]+ {2}[\d.]+ s$/,
      );

    const result = JSON.parse(lines.at(-1) as string);
    expect(Object.keys(result)).to.deep.equal(['testAccuracy', 'epochs', 'secondsPerEpoch', 'backend']);
    expect(result.epochs).to.equal(2);
    expect(result.secondsPerEpoch).to.be.above(0);
    expect(result.backend).to.be.a('string').and.not.equal('');
    expect(result.testAccuracy).to.be.above(0.4); // a tenth would be a guess
    expect(first.stdout).to.include(`test accuracy ${(100 * result.testAccuracy).toFixed(2)} %`);

    const untimed = (text: string) =>
      text.replace(/[\d.]+ s$/gm, 's').replace(/"secondsPerEpoch":[\d.]+/, '');
    expect(untimed(second.stdout)).to.equal(untimed(first.stdout));

    expect(readdirSync(folder)).to.deep.equal(['report.html', 'weights.safetensors']);
    const { document } = parseHTML(readFileSync(page, 'utf8'));
    expect([...document.querySelectorAll('h2')].map((heading) => heading.textContent)).to.deep.equal([
      'Training',
      'Confusion matrix',
      'Classification report',
      'Samples',
      'First layer',
      'Augmentation',
      'Model',
      'Settings',
    ]);
    expect(document.querySelector('.figures dd')?.textContent).to.equal(
      `${(100 * result.testAccuracy).toFixed(2)} %`,
    );
    const weights = await io.load(out);
    expect(Object.entries(weights).map(([name, { shape }]) => [name, shape])).to.deep.equal([
      ['0.weight', [64, 784]],
      ['0.bias', [64]],
      ['2.weight', [128, 64]],
      ['2.bias', [128]],
      ['4.weight', [10, 128]],
      ['4.bias', [10]],
    ]);
  });

  it('--plain neither augments nor schedules; who learns nothing is stopped early', () => {
    const page = join(folder, 'plain.html');
    const args = ['--plain', '--lr', '1e-30', '--limit', '100', '--json', '--report', page];
    const { status, stdout, stderr } = run(...args, '--out', join(folder, 'plain.safetensors'));
    expect(status, stderr).to.equal(0);
    const lines = stdout.trimEnd().split('\n');
    const epochs = lines.filter((line) => line.startsWith('epoch '));
    expect(epochs).to.have.length(6); // after the first, five looks in a row bring nothing
    // No weight moves by 1e-30, so that every epoch has the same numbers, if it has the same digits.
    const [first] = epochs.map((line) => line.slice(line.indexOf('loss'), line.indexOf('lr')));
    for (const line of epochs) expect(line).to.include(first).and.include('  lr 1.000e-30  ');
    expect(stdout).to.include('kept the weights of epoch 1,');
    expect(JSON.parse(lines.at(-1) as string).epochs).to.equal(6);
    expect(readFileSync(page, 'utf8')).to.include('First layer').and.not.include('Augmentation');
  });
});
