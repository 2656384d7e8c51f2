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

/** Runs an example; returns its figures, and the headings of its report. */
function figuresOf(name: string, args: string): { result: any; sections: (string | null)[]; stdout: string } {
  const page = join(folder, `${name}.html`);
  const { status, stdout, stderr } = run(name, ...args.split(' '), '--json', '--report', page);
  expect(status, stderr).to.equal(0);
  const result = JSON.parse(stdout.trimEnd().split('\n').at(-1) as string);
  return { result, sections: headings(page), stdout };
}

describe('examples of small data sets', function () {
  this.timeout(60_000);

  it('breast cancer: two folds, a tenth of the measures missing', () => {
    const { result, sections, stdout } = figuresOf('breast-cancer', '--folds 2 --epochs 4 --missing 0.1');
    expect(Object.keys(result)).to.deep.equal(['accuracy', 'recall', 'rocAuc', 'folds', 'epochs']);
    expect(result.accuracy).to.be.within(0.8, 1); // benign are 0.63 of them
    expect(result.recall).to.be.within(0.7, 1);
    expect(result.rocAuc).to.be.within(0.9, 1);
    expect(stdout).to.match(/^ +malignant +0\.\d{4} +0\.\d{4} +0\.\d{4} +212$/m);
    expect(sections).to.deep.equal([
      'Confusion matrix',
      'ROC curve',
      'Models and thresholds',
      'Classification report',
      'Training in the last fold',
      'Model',
      'Settings',
    ]);
  });

  it('diabetes: two folds, better than the mean', () => {
    const { result, sections, stdout } = figuresOf('diabetes', '--folds 2 --epochs 10');
    expect(Object.keys(result)).to.deep.equal(['r2', 'mse', 'linearR2', 'folds', 'epochs']);
    expect(result.r2).to.be.within(0.3, 0.6);
    expect(result.mse).to.be.within(2300, 4200);
    const guess = stdout.match(/^mean of the training part +R² +(-?[\d.]+) /m);
    expect(Number(guess?.[1])).to.be.within(-0.1, 0);
    expect(sections).to.deep.equal([
      'Predicted and true',
      'Models',
      'Training in the last fold',
      'Model',
      'Settings',
    ]);
  });

  it('vowels: the nearest neighbour gets what scikit-learn’s gets, and a network is chosen', () => {
    const { result, sections, stdout } = figuresOf('vowel', '--epochs 3');
    expect(Object.keys(result)).to.deep.equal([
      'chosen',
      'bySamples',
      'bySpeakers',
      'testAccuracy',
      'nearestNeighbour',
      'epochs',
    ]);
    // KNeighborsClassifier(1): 219 of 462 in the test, and 256 of 528 with LeaveOneGroupOut.
    expect(result.nearestNeighbour).to.be.closeTo(219 / 462, 1e-12);
    expect(stdout).to.match(/^nearest neighbour .* by speakers 48\.48 %$/m);
    expect(stdout).to.include(`chosen: ${result.chosen}\n`);
    for (const share of [result.bySamples, result.bySpeakers, result.testAccuracy])
      expect(share).to.be.within(0.2, 0.7); // an eleventh would be a guess
    expect(sections).to.deep.equal([
      'How it was chosen',
      'Confusion matrix of the first run',
      `Training: ${result.chosen}`,
      'Settings',
    ]);
  });

  it('sentiment: two folds, and words that one would expect', () => {
    const { result, sections, stdout } = figuresOf('sentiment', '--folds 2 --epochs 2');
    expect(Object.keys(result)).to.deep.equal(['accuracy', 'rocAuc', 'words', 'folds', 'epochs']);
    expect(result.accuracy).to.be.within(0.7, 0.9); // a half would be a guess
    expect(result.words).to.be.within(2500, 4500);
    expect(stdout).to.match(/^praise .*\bgreat\b/m);
    expect(stdout).to.match(/^complaint .*\bbad\b/m);
    expect(sections).to.deep.equal([
      'By source',
      'Confusion matrix',
      'Words that say most',
      'Sentences',
      'Training in the last fold',
      'Model',
      'Settings',
    ]);
  });

  for (const [name, args, complaint] of [
    ['breast-cancer', '--missing 1', "--missing is '1', and must be a number, 0 … 0.9"],
    ['diabetes', '--folds 1', "--folds is '1', and must be a whole number, at least 2"],
    ['vowel', '--folds 8', "Unknown option '--folds'"],
    ['sentiment', '--dropout 1.5', "--dropout is '1.5', and must be a number, 0 … 1"],
  ])
    it(`${name} refuses ${args} with exit code 2, the reason and the usage`, () => {
      const { status, stderr } = run(name, ...args.split(' '));
      expect(stderr.split('\n')[0]).to.include(complaint);
      expect(stderr).to.include(`npm run ${name} -- [options]`);
      expect(status).to.equal(2);
    });
});
