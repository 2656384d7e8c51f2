// The benchmark against peers: what it may time, what it leaves out, and what it writes. Its figures are not tested.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Declared } from '../../bench/peers/contestants.ts';
import type { Entry, Results } from '../../bench/peers/results.ts';
import { type Effort, type Measured, run, warmed } from '../../bench/peers/run.ts';
import { logSlope, quantile, range, summary } from '../../bench/peers/statistics.ts';
import { inputsOf, type Network, numbersOf, type Product } from '../../bench/peers/tasks.ts';
import { checkProduct, lossAfter } from '../../bench/peers/truth.ts';
import { gateOf, type Work } from '../../bench/peers/work.ts';

const pinned = Number(process.versions.node.split('.')[0]) >= 24;
const onPinned = pinned ? '' : ' (of the pinned Node: skipped on others)';
const program = join(import.meta.dirname, '../../bench/peers/index.ts');

const typegrad: Declared = {
  ...{ id: 'typegrad', label: 'typegrad', library: 'typegrad', settings: 'one thread', threads: 1 },
  ...{
    adapter: 'typegrad.ts',
    options: { threads: 1, from: join(import.meta.dirname, '../../src/index.ts') },
  },
};
const loops: Declared = {
  ...{
    id: 'loops',
    label: 'plain loops',
    library: 'plain loops',
    settings: '',
    threads: 1,
    adapter: 'loops.ts',
  },
};
const product: Product = { kind: 'product', m: 5, k: 7, n: 3 };
const network: Network = { kind: 'network', widths: [6, 5, 4], rows: 3, loss: 'crossEntropy' };
const effort: Effort = {
  processes: 2,
  rounds: 2,
  burst: 2,
  warmUp: 2,
  slowest: 1,
  slowestEpoch: 1,
  patience: 0,
};

const work: Work = {
  timed: [
    { id: 'product', title: '', group: 'product', job: 'product', task: product },
    { id: 'step', title: '', group: 'step', job: 'step', task: network },
    { id: 'step mse', title: '', group: 'step', job: 'step', task: { ...network, loss: 'mse' } },
    { id: 'inference', title: '', group: 'inference', job: 'infer', task: network },
  ],
  start: { id: 'start', title: '', task: network, rounds: 1 },
  memory: { id: 'memory', title: '', usual: network, small: network, steps: 20, seconds: 5 },
  growth: [
    {
      ...{ id: 'growth', title: '', axis: 'batch', contestants: ['typegrad', 'loops'] },
      points: [1, 2].map((at) => ({ at, task: { ...network, rows: at } })),
    },
  ],
};

describe('the benchmark against peers', () => {
  describe(`a run${onPinned}`, () => {
    let measured: Measured;
    const entry = (row: string, contestant: string): Entry | undefined =>
      measured.rows.find(({ id }) => id === row)?.entries.find((each) => each.contestant === contestant);

    before(async function () {
      if (!pinned) this.skip();
      this.timeout(60_000);
      const wrong = (id: string): Declared => ({ ...loops, id, adapter: `../../../test/support/${id}.ts` });
      const contestants = [
        typegrad,
        loops,
        wrong('wrongPeer'),
        { ...loops, id: 'gone' },
        wrong('noSuchPeer'),
      ];
      const absent = new Map([['gone', 'npm could not install it']]);
      measured = await run({ contestants, work, effort, absent });
    });

    it('times who agrees with the float64 truth, beside typegrad', () => {
      for (const row of ['product', 'step', 'step mse', 'inference', 'start']) {
        for (const contestant of ['typegrad', 'loops']) {
          const { median, spread, check, problem } = entry(row, contestant) ?? {};
          expect(problem, `${row}, ${contestant}`).to.equal(undefined);
          expect(median).to.be.greaterThan(0);
          expect(spread?.[0]).to.be.at.most(median as number);
          expect(spread?.[1]).to.be.at.least(median as number);
          expect(check?.error ?? 1, `${row}, ${contestant}`).to.be.at.most(1e-6);
          expect(entry(row, contestant)?.processes).to.equal(effort.processes);
        }
        expect(entry(row, 'loops')?.ratio?.median, row).to.be.greaterThan(0);
        expect(entry(row, 'typegrad')?.ratio).to.equal(undefined);
      }
    });

    it('asks for memory, and measures how time grows', () => {
      expect(entry('memory', 'typegrad')?.median).to.be.within(10, 1000);
      expect(entry('memory', 'typegrad')?.extra?.afterMiB).to.be.within(10, 1000);
      const [{ series }] = measured.growth;
      expect(series.map(({ contestant }) => contestant)).to.deep.equal(['typegrad', 'loops']);
      for (const { points, slope } of series) {
        expect(points.map(({ at }) => at)).to.deep.equal([1, 2]);
        expect(slope).to.be.finite;
      }
    });

    it('does not time a training step with a wrong gradient, and says what came out', () => {
      const { median, check, problem } = entry('step', 'wrongPeer') ?? {};
      expect(median).to.equal(undefined);
      expect(check?.error).to.be.greaterThan(1e-4);
      expect(problem).to.match(/^its loss after 5 steps is [\d.]+, the truth is [\d.]+$/);
      expect(entry('start', 'wrongPeer')?.median).to.equal(undefined);
      expect(entry('memory', 'wrongPeer')?.median).to.equal(undefined);
    });

    it('does not time a wrong product, and repeats what a contestant says it cannot do', () => {
      expect(entry('product', 'wrongPeer')?.median).to.equal(undefined);
      expect(entry('product', 'wrongPeer')?.problem).to.match(/^its result has a relative error of /);
      expect(entry('inference', 'wrongPeer')?.problem).to.equal('only trains');
    });

    it('lists who is absent with the reason, and goes on without', () => {
      const reason = (id: string) => measured.contestants.find((each) => each.id === id)?.absent;
      expect(reason('gone')).to.equal('npm could not install it');
      expect(reason('noSuchPeer')).to.match(/Cannot find module/);
      expect(reason('typegrad')).to.equal(undefined);
      expect(entry('step', 'gone')).to.equal(undefined);
    });
  });

  describe(`the command${onPinned}`, () => {
    let folder: string;
    before(function () {
      if (!pinned) this.skip();
      folder = mkdtempSync(join(tmpdir(), 'typegrad-'));
    });
    after(() => folder && rmSync(folder, { recursive: true }));

    it('ends with figures as JSON', function () {
      this.timeout(60_000);
      const out = join(folder, 'results.json');
      const args = [
        '--quick',
        '--rounds',
        '2',
        '--only',
        '^loops$',
        '--work',
        'inference 784-64-128-10 b1',
        '--out',
        out,
      ];
      execFileSync(process.execPath, [...process.execArgv, program, ...args], { stdio: 'pipe' });
      const { quick, command, machine, contestants, rows }: Results = JSON.parse(readFileSync(out, 'utf8'));
      expect(quick).to.equal(true);
      expect(command).to.include("--work 'inference 784-64-128-10 b1'");
      expect(machine.cores).to.be.at.least(1);
      expect(contestants.map(({ id }) => id)).to.deep.equal(['loops']);
      expect(rows[0].entries[0].median).to.be.greaterThan(0);
    });

    for (const [args, message] of [
      [['--only', 'nobody'], '--only nobody matches no contestant'],
      [['--rounds', '0'], "--rounds is '0'"],
      [['--processes', '1.5'], "--processes is '1.5'"],
      [['--slow'], "Unknown option '--slow'"],
    ] as const)
      it(`refuses ${args.join(' ')}`, () => {
        const { status, stderr } = spawnSync(process.execPath, [...process.execArgv, program, ...args], {
          encoding: 'utf8',
        });
        expect(status).to.equal(2);
        expect(stderr).to.include(message);
      });
  });

  describe('warming up', () => {
    /** Bursts of these times; the last one stands for all that follow. */
    const bursts = (...times: number[]) => {
      let count = 0;
      const next = async () => times[Math.min(count++, times.length - 1)];
      return { next, count: () => count };
    };

    it('ends when two bursts in a row are not 3 % faster than the fastest before', async () => {
      const steady = bursts(1);
      expect(await warmed(steady.next)).to.equal(1);
      expect(steady.count()).to.equal(3);
      const compiling = bursts(5, 3, 3.1, 2, 1.99, 1.98, 1);
      expect(await warmed(compiling.next)).to.equal(1.98);
      expect(compiling.count()).to.equal(6);
    });

    it('ends after sixteen bursts, whatever they bring', async () => {
      const endless = bursts(...Array.from({ length: 50 }, (_, i) => 0.9 ** i));
      expect(await warmed(endless.next)).to.be.closeTo(0.9 ** 15, 1e-12);
      expect(endless.count()).to.equal(16);
    });
  });

  describe('the truth', () => {
    it('is a loss worked out by hand: one weight, one step of Adam', () => {
      // x = 1, w = 2, y = 1: the loss is (2 − 1)² = 1, its gradient is not 0, and Adam's first step is lr · g / (|g| + ε):
      // w = 2 − 0.5, b = 0 − 0.5, so the output is 1, and nothing is left of the loss.
      const task: Network = { kind: 'network', widths: [1, 1], rows: 1, loss: 'mse' };
      const inputs = inputsOf(task, Float32Array.of(2, 0, 1, 1));
      expect(lossAfter(inputs, 0, 0.5)).to.equal(1);
      expect(lossAfter(inputs, 1, 0.5)).to.be.closeTo(0, 1e-12);
    });

    it('sees one wrong number in a product', () => {
      const inputs = inputsOf(product, numbersOf(product));
      const { m, k, n, A, B } = inputs;
      const C = Float32Array.from({ length: m * n }, (_, at) => {
        const [i, j] = [Math.floor(at / n), at % n];
        return Array.from({ length: k }, (_, p) => A[i * k + p] * B[p * n + j]).reduce((a, b) => a + b, 0);
      });
      expect(checkProduct(inputs, C).error).to.be.lessThan(1e-6);
      C[4] += 0.01;
      expect(checkProduct(inputs, C).error).to.be.greaterThan(1e-4);
      expect(checkProduct(inputs, C.subarray(1)).error).to.be.NaN; // which passes no gate
    });

    it('is asked of 16 rows where more would take long', () => {
      const large: Network = { kind: 'network', widths: [768, 3072, 768], rows: 512, loss: 'mse' };
      expect(gateOf({ job: 'step', task: large })).to.deep.equal({ ...large, rows: 16 });
      expect(gateOf({ job: 'step', task: network })).to.equal(network);
    });
  });

  it('quotes medians, quartiles and slopes', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).to.equal(2.5);
    expect(summary([5, 1, 2, 4, 3])).to.deep.equal({ median: 3, spread: [2, 4] });
    expect(range([5, 1, 2, 4, 3])).to.deep.equal({ median: 3, spread: [1, 5] });
    expect(logSlope([1, 2, 4].map((x) => ({ x, y: 5 * x ** 1.5 })))).to.be.closeTo(1.5, 1e-12);
  });
});
