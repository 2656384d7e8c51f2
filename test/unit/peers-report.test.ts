// The report of the peers' benchmark: nothing that was found is lost, and who is behind is said as plainly as who is ahead.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { DataError } from '../../src/index.ts';
import { headlineTable, newestRun, updateReadme, withBlock } from '../../bench/peers/readme.ts';
import { verdictOf } from '../../bench/peers/report/compare.ts';
import { report, table, writeReport } from '../../bench/peers/report.ts';
import type { Entry, Results, Row } from '../../bench/peers/results.ts';
import { expectRejection } from '../support/errors.ts';
import { madeUp } from '../support/made-up-results.ts';

const pageOf = (results: Results): Document => parseHTML(report(results)).document;

/** The text of every element that a selector finds, spaces of any kind as one. */
const texts = (within: ParentNode, selector: string): string[] =>
  [...within.querySelectorAll(selector)].map((element) =>
    (element.textContent ?? '').replace(/\s+/g, ' ').trim(),
  );

const section = (document: Document, title: string): Element => {
  const found = [...document.querySelectorAll('section')].find((each) => texts(each, 'h2')[0] === title);
  if (found === undefined) throw new Error(`no section '${title}'`);
  return found;
};

/** A run of one row, typegrad's time being 2 ms. */
function runOf(entries: Entry[], row: Partial<Row> = {}): Results {
  const base: Entry = { contestant: 'typegrad', median: 2, spread: [1.9, 2.1] };
  const rows: Row[] = [
    { id: 'r', group: 'step', title: 'the step', unit: 'ms', entries: [base, ...entries], ...row },
  ];
  return { ...madeUp(), rows, growth: [] };
}

const ratio = (median: number, low: number, high: number) => ({
  median,
  spread: [low, high] as [number, number],
});

describe('the page of peers', () => {
  const run = madeUp();
  const document = pageOf(run);

  it('begins with the step of the article: how many times as fast, the nearest rival first', () => {
    expect(texts(document, '.summary')[0]).to.include(
      'Step of 784-64-128-10, batch 128: 0.520 ms with typegrad',
    );
    // 0.76 / 0.52, 2.3 / 0.52, 11 / 0.52, 25 / 0.52
    expect(texts(document, '.figures dd')).to.deep.equal(['1.46 ×', '4.4 ×', '21 ×', '48 ×']);
    expect(texts(document, '.figures dt')[0]).to.equal('PyTorch, 1.40–1.52'); // ± 4 %, the spread of that entry
  });

  it('says of each kind of work who is first, by how much, and how sure that is', () => {
    const lines = [...document.querySelectorAll('.duels li')];
    const said = Object.fromEntries(
      lines.map((line) => [texts(line, '.work')[0], texts(line, '.verdict')[0]]),
    );
    expect(said['step of 784-64-128-10, batch 32']).to.equal('typegrad 3.1 × PyTorch 3.0–3.2'); // 0.53 / 0.171
    expect(said['step of 784-64-128-10, batch 1024']).to.match(/^≈level with PyTorch 0\.9\d–1\.0\d/); // 3.05 / 3.1
    // 171 / 71 behind; with wide vectors 92 / 71
    expect(said['step of 768-3072-768, 512 rows']).to.match(
      /^PyTorch 2\.4 × typegrad 2\.3–2\.5 ?fast, wide vectors: PyTorch 1\.30 ×$/,
    );
    expect(said['inference of 784-64-128-10, one sample']).to.match(/^onnxruntime-node 1\.06 × typegrad/);
    expect(lines.map((line) => line.className)).to.include.members(['ahead', 'level', 'behind']);
    expect(texts(section(document, 'At a glance'), '.note')[0]).to.include(
      'Of 13 kinds of work, typegrad as it comes is ahead of all others in 4, level with the best of them in 1, behind in 8; in its best setting it is the first in 7.',
    );
  });

  it('holds every row, every contestant with its settings, every reason and every problem', () => {
    const whole = texts(document, 'body')[0];
    for (const { title, entries } of run.rows) {
      expect(texts(document, '.work, .entries h3').filter((text) => text === title)).to.have.length(2);
      for (const { problem } of entries) if (problem) expect(whole).to.include(problem);
    }
    for (const { label, settings, absent, version } of run.contestants) {
      expect(whole).to.include(`${label} (${settings})`);
      if (version) expect(whole).to.include(version);
      if (absent)
        expect(texts(section(document, 'Not measured'), 'tr')).to.satisfy((rows: string[]) =>
          rows.some((row) => row.startsWith(label) && row.endsWith(absent)),
        );
    }
    for (const { title } of run.growth) expect(texts(document, '.chart h3')).to.include(title);
    const { cpu, os } = run.machine;
    expect(texts(section(document, 'Method'), 'dd').join()).to.include(`${cpu}, 2 cores, 7.75 GiB, ${os}`);
    expect(texts(document, 'pre')).to.deep.equal([run.command]);
  });

  it('lists each entry with all that was found of it, fastest first', () => {
    const place = texts(document, '.entries h3').indexOf('step of 784-64-128-10, batch 128');
    const rows = [...document.querySelectorAll('.entries table')[place].querySelectorAll('tbody tr')];
    const cells = rows.map((row) => texts(row, 'th, td'));
    expect(cells.map(([name]) => name)[0]).to.equal('typegradall threads, fast, wide vectors');
    // 6 · 128 · (784·64 + 64·128 + 128·10) = 45.8 MFLOP in 0.76 ms
    const fused = cells.find(([name]) => name.includes('fused')) as string[];
    expect(fused.slice(1)).to.deep.equal([
      '0.760 ms',
      '0.730–0.790',
      '1.46 ×1.40–1.52',
      '60.3',
      '3',
      '15',
      '1',
      'gate: 2.29470, off by 4e-8',
    ]);
    expect(cells.at(-1)).to.satisfy(
      ([name, median]: string[]) => name.startsWith('js-pytorch') && median === '–',
    );
  });

  it('says once what a library weighs, or once for each of its sizes', () => {
    const results = madeUp();
    const { size } = results.contestants[0];
    results.contestants[1].size = size;
    results.contestants[6].size = { installedBytes: 100 * 2 ** 20, packages: 7 }; // TensorFlow.js without wasm
    const lines = texts(section(pageOf(results), 'Size'), 'tbody th');
    expect(lines).to.deep.equal([
      ...[
        'typegrad',
        'jax-js',
        'gpu.js',
        'TensorFlow.js (cpu)',
        'TensorFlow.js (wasm)',
        'onnxruntime-node',
        'PyTorch',
      ],
    ]);
  });

  it('places a library by the logarithm of its speed, and gives it one colour everywhere', () => {
    const results = runOf([
      { contestant: 'torch', median: 1, ratio: ratio(0.5, 0.4, 0.6) },
      { contestant: 'jax-js', median: 8, ratio: ratio(4, 3.9, 4.1) },
    ]);
    const strip = pageOf(results).querySelector('.duels li > svg') as Element;
    const dots = [...strip.querySelectorAll('path[fill], circle, g[aria-label=dot] *')].filter((dot) =>
      dot.querySelector('title'),
    );
    const x = Object.fromEntries(
      dots.map((dot) => {
        const at = dot.getAttribute('transform')?.match(/translate\(([\d.]+)/)?.[1] ?? dot.getAttribute('cx');
        return [(dot.textContent as string).split(',')[0], Number(at)];
      }),
    );
    // Speeds 2, 1 and 1/4: from 1/4 to 1 it is twice as far as from 1 to 2.
    expect((x['typegrad'] - x['jax-js']) / (x['PyTorch'] - x['typegrad'])).to.be.closeTo(2, 0.01);
    const legend = [...document.querySelectorAll('.glance .legend li')].map(({ innerHTML }) => innerHTML);
    for (const kind of [/var\(--series-\d\)/, / d="[^"]+"| r="[^"]+"/]) {
      const looks = legend.map((inner) => inner.match(kind)?.[0]);
      expect(new Set(looks)).to.have.property('size', 7); // in colour and in shape
      expect(looks).to.not.include(undefined);
    }
    const colourIn = (selector: string, name: string) =>
      [...document.querySelectorAll(selector)]
        .find((element) => element.textContent?.includes(name))
        ?.innerHTML.match(/var\(--series-\d\)/)?.[0];
    for (const name of ['PyTorch', 'TensorFlow.js']) {
      const colour = colourIn('.glance .legend li', name);
      expect(colour).to.match(/series/);
      expect(colourIn('.side-by-side th', name)).to.equal(colour);
      expect(colourIn('.growth .legend li', name)).to.equal(colour);
    }
  });

  it('keeps what is slower than a hundredth at the edge, marked', () => {
    const strip = pageOf(runOf([{ contestant: 'plain', median: 2000, ratio: ratio(1000, 990, 1010) }]));
    expect(texts(strip, '.duels li > svg text')).to.deep.equal(['‹']);
    expect(strip.querySelector('.duels li > svg')?.getAttribute('aria-label')).to.include('plain loops 0.00');
  });

  it('draws the limit of the machine beside the growth: fewer cores, a higher line', () => {
    const [threads] = [...document.querySelectorAll('.chart')].slice(-1);
    const labels = texts(threads, '.legend li');
    expect(labels.slice(0, 3)).to.deep.equal([
      'typegrad, exact, slope 0.81',
      'typegrad, fast, wide vectors, slope 0.78', // what both have in common is left out
      'PyTorch, slope 0.34',
    ]);
    expect(labels.at(-1)).to.equal('limit of this machine');
    const heights = [...threads.querySelectorAll('circle')].map((dot) => Number(dot.getAttribute('cy')));
    const { points } = run.growth[3].series[3];
    // tfjs-wasm, before the limit, gives the scale: pixels for a factor of e.
    const scale =
      (heights[7] - heights[1]) / Math.log(points[1].median / run.growth[3].series[0].points[1].median);
    expect((heights[9] - heights[8]) / scale).to.be.closeTo(Math.log(50 / 92), 0.01); // GFLOP/s of one core and of two
    expect((heights[8] - heights[1]) / scale).to.be.closeTo(
      Math.log(points[0].flops / 50e6 / run.growth[3].series[0].points[1].median),
      0.01,
    );
    const without = { ...run, machine: { ...run.machine, limits: undefined } };
    expect(texts(pageOf(without), '.growth .legend').join()).to.not.include('limit');
  });

  it('stands alone: no script, no address, a policy; says in words what its pictures show', () => {
    const page = report(run);
    expect(page).to.match(/^<!doctype html>/);
    expect(page).to.not.match(/<script|@import|url\(/i);
    expect(page.replaceAll('http://www.w3.org/', '')).to.not.match(/https?:\/\//);
    expect(page).to.include("default-src 'none'").and.include('width=device-width');
    for (const image of document.querySelectorAll('.duels li > svg, .chart > svg'))
      expect(image.getAttribute('aria-label')).to.have.length.above(10);
    for (const caption of document.querySelectorAll('table'))
      expect(caption.querySelectorAll('caption')).to.have.length(1);
  });

  it('holds what it was given as text, never as HTML', () => {
    const evil = `<script>alert("&'|")</script>`;
    const kept = ['id', 'group', 'unit', 'axis', 'contestant', 'date'];
    const poisoned = JSON.parse(JSON.stringify(run), (key, value) =>
      typeof value === 'string' && !kept.includes(key) ? `${evil}${value}` : value,
    );
    const page = report(poisoned);
    expect(page).to.not.match(/<script/i);
    expect(page.split('&lt;script&gt;').length).to.be.above(100);
    const block = headlineTable({ ...poisoned, command: run.command }); // it stands in a code span, where all is text
    expect(block).to.not.match(/<script/i);
    for (const line of block.split('\n').filter((line) => line.startsWith('|')))
      expect(line.split('|')).to.have.length(8);
  });

  it('says of a quick run that its figures are rough', () => {
    expect(texts(pageOf({ ...run, quick: true }), '.summary')[0]).to.match(/^A quick run/);
    expect(table({ ...run, quick: true })).to.include('a quick run');
    expect(texts(document, '.summary')[0]).to.not.include('quick');
  });

  it('is made of whatever is there: no rows, one contestant, no figure of typegrad, growth without points', () => {
    expect(texts(pageOf({ ...run, rows: [], growth: [], contestants: [] }), '.summary')[0]).to.include(
      'nothing to compare',
    );
    const alone = pageOf({ ...runOf([]), contestants: [run.contestants[0]] });
    expect(texts(alone, '.verdict')).to.deep.equal(['no other has a figure']);
    const without = runOf([{ contestant: 'torch', median: 1 }]);
    without.rows[0].entries.shift();
    expect(texts(pageOf(without), '.verdict')).to.deep.equal(['no figure of typegrad']);
    expect(texts(pageOf(runOf([{ contestant: 'unheard of', median: 1 }])), '.verdict')[0]).to.include(
      'unheard of 2.0 ×',
    );
    const [growth] = madeUp().growth;
    const empty = { ...growth, series: growth.series.map((series) => ({ ...series, points: [] })) };
    expect(texts(pageOf({ ...run, growth: [empty] }), '.chart h3')).to.deep.equal([growth.title]);
  });

  it('loses no row and no contestant, whatever is missing', () => {
    const dropped = fc.record({
      rows: fc.subarray(run.rows.map((_, i) => i)),
      contestants: fc.subarray(run.contestants.map(({ id }) => id)),
      untimed: fc.subarray(run.contestants.map(({ id }) => id)),
    });
    fc.assert(
      fc.property(dropped, ({ rows, contestants, untimed }) => {
        const results = madeUp();
        results.growth = [];
        results.contestants = results.contestants.filter(({ id }) => contestants.includes(id));
        results.rows = rows.map((r) => ({
          ...results.rows[r],
          entries: results.rows[r].entries
            .filter(({ contestant }) => contestants.includes(contestant))
            .map((entry) =>
              untimed.includes(entry.contestant)
                ? { contestant: entry.contestant, problem: 'taken away' }
                : entry,
            ),
        }));
        const page = texts(pageOf(results), 'body')[0];
        const lines = table(results).split('\n');
        for (const { title } of results.rows) {
          expect(page).to.include(title);
          expect(lines.join()).to.include(title.slice(0, 30));
        }
        for (const { label, settings } of results.contestants)
          expect(page).to.include(`${label} (${settings})`);
        for (const line of lines) expect(line).to.have.length.at.most(100);
      }),
      { numRuns: 12 },
    );
  });

  it('is written to a file, or says why not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'typegrad-peers-'));
    try {
      await writeReport(run, join(folder, 'r.html'));
      expect(readFileSync(join(folder, 'r.html'), 'utf8')).to.equal(report(run));
      await expectRejection(writeReport(run, join(folder, 'no', 'r.html')), DataError, 'cannot write');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a verdict', () => {
  const of = (...entries: Entry[]) => verdictOf(runOf(entries), runOf(entries).rows[0]);

  it('is level where 1 lies within the spread, or within one percent; else ahead or behind', () => {
    expect(of({ contestant: 'torch', median: 3, ratio: ratio(1.5, 1.01, 2) }).outcome).to.equal('ahead');
    expect(of({ contestant: 'torch', median: 3, ratio: ratio(1.5, 0.99, 2) }).outcome).to.equal('level');
    expect(of({ contestant: 'torch', median: 2, ratio: ratio(1.009, 1.008, 1.01) }).outcome).to.equal(
      'level',
    );
    expect(of({ contestant: 'torch', median: 2, ratio: ratio(0.98, 0.98, 0.98) }).outcome).to.equal('behind');
    expect(of({ contestant: 'torch', median: 1, ratio: ratio(0.5, 0.4, 1) }).outcome).to.equal('level');
    expect(of({ contestant: 'torch', median: 1, ratio: ratio(0.5, 0.4, 0.99) }).outcome).to.equal('behind');
  });

  it('is about the best of all settings of all others, never about typegrad’s own', () => {
    const { rival, outcome } = of(
      { contestant: 'typegrad-wide', median: 1, ratio: ratio(0.5, 0.5, 0.5) },
      { contestant: 'torch', median: 5, ratio: ratio(2.5, 2.4, 2.6) },
      { contestant: 'torch-fused', median: 3, ratio: ratio(1.5, 1.4, 1.6) },
      { contestant: 'jax-js', median: 4, ratio: ratio(2, 1.9, 2.1) },
    );
    expect([outcome, rival?.contestant.id]).to.deep.equal(['ahead', 'torch-fused']);
  });

  it('without pairs, comes from the medians, as unsure as they are', () => {
    // typegrad 1.9 … 2.1: from 2.0 / 2.1 to 2.4 / 1.9
    const { ratio, outcome } = of({ contestant: 'torch', median: 2.2, spread: [2, 2.4] });
    expect([ratio?.median, ...(ratio?.spread ?? [])]).to.deep.equal([2.2 / 2, 2 / 2.1, 2.4 / 1.9]);
    expect(outcome).to.equal('level');
  });
});

describe('the table for the terminal', () => {
  it('has a line for each row and a column for each library, at most 100 wide', () => {
    const text = table(madeUp());
    for (const line of text.split('\n')) expect(line).to.have.length.at.most(100);
    const names = [...text.matchAll(/^ {10,}(\S.*)$/gm)].flatMap(([, head]) => head.split(/ {2,}/));
    expect(names).to.deep.equal([
      'typegrad',
      'its best setting',
      'PyTorch',
      'TensorFlow.js',
      'jax-js',
      'onnxruntime-node',
      'gpu.js',
      'plain loops',
    ]);
    // 17.5 / 29.4, 90 / 29.4
    expect(text).to.match(/^product 512 × 768 × 3072, ms +29\.4 +14\.8 +17\.5 +0\.60× +90\.0 +3\.1×$/m);
    expect(text).to.include('brain.js: npm could not reach the registry (made up)');
  });
});

describe('the README’s table of peers', () => {
  let folder: string;
  let readme: string;
  let results: string;
  const text = 'before\n\n<!-- peers -->\nold\n<!-- /peers -->\n\nafter\n';
  const keep = (name: string, run: Partial<Results>) =>
    writeFileSync(join(results, name), JSON.stringify({ ...madeUp(), ...run }));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'typegrad-peers-'));
    [readme, results] = [join(folder, 'README.md'), join(folder, 'results')];
    mkdirSync(results);
    writeFileSync(readme, text);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('has a row for each headline: figures with units, ratios to typegrad as it comes, the best in bold', () => {
    const lines = headlineTable(madeUp()).replaceAll('\u00a0', ' ').split('\n');
    expect(lines[0]).to.equal(
      '|  | typegrad | its best setting | PyTorch | TensorFlow.js | next in JavaScript |',
    );
    // 0.76 / 0.52, 11 / 0.52, 2.3 / 0.52
    expect(lines[3]).to.equal(
      '| the same, batch 128 | 0.520 ms | **0.340 ms** | 0.760 ms (1.46 ×) | 11.0 ms (21 ×) | 2.30 ms (4.4 ×) · jax-js |',
    );
    // 71 / 171: behind, and the bold is the other's
    expect(lines[6]).to.match(
      /^\| step of 768-3072-768, 512 rows \| 171 ms \| 92\.0 ms \| \*\*71\.0 ms\*\* \(0\.42 ×\)/,
    );
    expect(lines[8]).to.include('0.460 s (1.18 ×) · 94.1 %');
    expect(lines[9]).to.match(/\| \*\*138 ms\*\* \| the same \| 2,310 ms \(17 ×\) \|/); // plain loops are no library
    expect(lines[10]).to.match(
      /^\| memory after 20,000 steps \| \*\*128 MiB\*\* \| the same \| 396 MiB \(3\.1 ×\)/,
    ); // 396 / 128
    expect(lines[11]).to.match(
      /^\| installed \| \*\*0\.430 MiB\*\* · 1 package \|.*3\.10 MiB \(7\.2 ×\) · 2 packages · jax-js \|$/,
    );
    const rest = lines.slice(12).join(' ');
    for (const part of [
      '2031-02-03',
      'Imaginary Processor 1, 2 cores',
      'PyTorch 9.9.9',
      '`npm run bench:peers`',
    ])
      expect(rest).to.include(part);
  });

  it('has the figures of the page', () => {
    const row = texts(pageOf(madeUp()), '.side-by-side tbody tr').find((line) => line.includes('batch 128'));
    expect(row).to.match(/0\.520.*0\.340.*0\.760 ?1\.46 ×.*11\.0 ?21 ×.*2\.30 ?4\.4 ×/);
  });

  it('is written between its marks and nowhere else, and found to be current only as it was written', () => {
    keep('a.json', {});
    expect(updateReadme(readme, results, { check: true })).to.equal(false);
    expect(readFileSync(readme, 'utf8')).to.equal(text); // a check changes nothing
    expect(updateReadme(readme, results)).to.equal(false);
    const written = readFileSync(readme, 'utf8');
    expect(written).to.equal(text.replace('old', () => headlineTable(madeUp())));
    expect(updateReadme(readme, results, { check: true })).to.equal(true);
    writeFileSync(readme, written.replace('0.520 ms', '0.320 ms'));
    expect(updateReadme(readme, results, { check: true })).to.equal(false);
    writeFileSync(readme, `${written}more, elsewhere\n`);
    expect(updateReadme(readme, results, { check: true })).to.equal(true);
  });

  it('is of the newest run that is neither quick nor in part', () => {
    keep('b.json', { date: '2031-05-01T00:00:00Z', command: 'the older' });
    keep('a.json', { date: '2031-06-01T00:00:00Z', command: 'the newer' });
    keep('c.json', { date: '2031-07-01T00:00:00Z', command: 'the quick', quick: true });
    keep('d.json', { date: '2031-08-01T00:00:00Z', command: 'in part', rows: madeUp().rows.slice(0, 4) });
    expect(newestRun(results)?.command).to.equal('the newer');
  });

  it('says how to make a run while there is none', () => {
    for (const runs of [results, join(folder, 'nowhere')]) {
      updateReadme(readme, runs);
      expect(readFileSync(readme, 'utf8')).to.include('`npm run bench:peers` makes one');
    }
    keep('quick.json', { quick: true });
    expect(newestRun(results)).to.equal(undefined);
  });

  it('is refused of a run in part alone, of a file that is none, of a README without marks', () => {
    keep('part.json', { rows: madeUp().rows.filter(({ group }) => group !== 'epoch') });
    expect(() => newestRun(results)).to.throw('part.json, the newest, lacks epoch of MNIST');
    writeFileSync(join(results, 'broken.json'), '{');
    expect(() => newestRun(results)).to.throw('broken.json');
    writeFileSync(join(results, 'broken.json'), '{"rows":[]}');
    expect(() => newestRun(results)).to.throw('is not a result of npm run bench:peers');
    expect(() => withBlock('<!-- /peers --> <!-- peers -->', '')).to.throw('README.md has no <!-- peers -->');
  });

  it('is that of the newest run in this repository', () => {
    const repository = resolve(import.meta.dirname, '../..');
    const isCurrent = updateReadme(join(repository, 'README.md'), join(repository, 'bench/results'), {
      check: true,
    });
    expect(isCurrent, 'node bench/peers/readme.ts writes it').to.equal(true);
  });
});
