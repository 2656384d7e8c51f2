// The report of the examples: a page that stands alone, says what it was given, and holds the pixels it was given.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { decode } from 'fast-png';
import { parseHTML } from 'linkedom';
import { DataError } from '../../src/index.ts';
import * as report from '../../examples/report/index.ts';
import { expectRejection } from '../support/errors.ts';

const evil = `<script>alert("&'")</script>`;
const history = [
  { epoch: 1, loss: 0.9, accuracy: 0.71, lr: 0.1, validationLoss: 0.8, validationAccuracy: 0.7, seconds: 2 },
  {
    epoch: 2,
    loss: 0.5,
    accuracy: 0.82,
    lr: 0.001,
    validationLoss: 0.6,
    validationAccuracy: 0.79,
    seconds: 2,
  },
  {
    epoch: 3,
    loss: 0.25,
    accuracy: 0.93,
    lr: 0.00002,
    validationLoss: Number.NaN,
    validationAccuracy: 0.8,
    seconds: 2,
  },
];
const picture = { width: 3, height: 2, values: [0, 0.5, 1, -1, 2, 51 / 255] };

/** The section of a page that holds only it. */
function show(section: report.Section): Element {
  const { document } = parseHTML(report.renderReport({ title: 't', sections: [section] }));
  return document.querySelector('section') as Element;
}

/** The text of every element that a selector finds. */
const texts = (within: ParentNode, selector: string): string[] =>
  [...within.querySelectorAll(selector)].map((element) => element.textContent?.trim() ?? '');

const pixels = (image: Element) =>
  decode(
    Buffer.from((image.getAttribute('src') as string).replace(/^data:image\/png;base64,/, ''), 'base64'),
  );

describe('a report', () => {
  const everything = {
    title: evil,
    summary: evil,
    figures: { [evil]: evil, 'test loss': 0.5 },
    sections: [
      report.learningCurves(history, { title: evil, note: evil, kept: 2 }),
      report.comparedCurves({ [evil]: history, other: history }, ['loss'], { title: evil }),
      report.confusion(
        [
          [3, 1],
          [0, 4],
        ],
        [evil, 'b'],
      ),
      report.samples([{ picture, text: evil, truth: evil, predicted: 'b', probability: 0.5 }]),
      report.pictures([[picture, picture]], { title: evil }),
      report.weights({ shape: [2, 6], data: Float32Array.of(-2, -1, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0) }, picture),
      report.table([{ [evil]: evil, n: 1 }], { title: evil }),
      report.scatter([1, 2], [1.5, 2.5], { quantity: evil }),
      report.roc({ [evil]: { scores: [0.9, 0.8, 0.8, 0.1], truth: [1, 0, 1, 0] } }),
      report.settings({ [evil]: evil }),
      report.text(evil),
    ],
  };
  const page = report.renderReport(everything);
  const { document } = parseHTML(page);

  it('is a page with a heading and a section for each that was given, in order, linked from the top', () => {
    expect(page).to.match(/^<!doctype html>/);
    expect(texts(document, 'h1, head > title')).to.deep.equal([evil, evil]);
    const titles = [
      evil,
      evil,
      'Confusion matrix',
      'Samples',
      evil,
      'First layer',
      evil,
      'Predicted and true',
      'ROC curve',
    ];
    titles.push('Settings', 'Model');
    expect(texts(document, 'h2')).to.deep.equal(titles);
    expect(texts(document, 'nav a')).to.deep.equal(titles);
    for (const link of document.querySelectorAll('nav a'))
      expect(document.querySelector(link.getAttribute('href') as string)?.tagName).to.equal('SECTION');
    expect(texts(document, '.figures dd')).to.deep.equal([evil, '0.5']);
  });

  it('holds what it was given as text, never as HTML', () => {
    expect(document.querySelectorAll('script')).to.have.length(0);
    expect(page).to.not.match(/<script/i);
    expect(page.split('&lt;script&gt;').length).to.be.above(15);
    for (const element of document.querySelectorAll('*'))
      for (const name of element.getAttributeNames()) expect(name).to.not.match(/^on/);
  });

  it('loads nothing: all its addresses are pictures within, and its policy forbids others', () => {
    const addresses = [...document.querySelectorAll('*')].flatMap((element) =>
      ['src', 'href', 'srcset', 'action']
        .map((name) => element.getAttribute(name) ?? '')
        .filter((url) => url !== ''),
    );
    expect(addresses).to.have.length.above(10);
    for (const url of addresses) expect(url).to.match(/^(#section-\d+|data:image\/png;base64,[\w+/=]+)$/);
    expect(page).to.not.match(/@import|url\(['"]?(?!#)/);
    expect(page.replaceAll('http://www.w3.org/', '')).to.not.match(/https?:\/\//);
    const policy = document.querySelector('meta[http-equiv=Content-Security-Policy]');
    expect(policy?.getAttribute('content')).to.include("default-src 'none'");
  });

  it('says in words what it shows in pictures', () => {
    for (const image of document.querySelectorAll('.chart > svg, .weights'))
      expect([image.getAttribute('role'), image.getAttribute('aria-label')]).to.satisfy(
        ([role, label]: string[]) => role === 'img' && label.length > 10,
      );
    for (const image of document.querySelectorAll('img')) expect(image.hasAttribute('alt')).to.equal(true);
    for (const table of document.querySelectorAll('table')) {
      expect(table.querySelectorAll('caption')).to.have.length(1);
      expect(table.querySelectorAll('th[scope=col]')).to.have.length.above(1);
      expect(table.querySelectorAll('th[scope=row]')).to.have.length.above(0);
    }
  });

  it('is written to a file, or says why not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'typegrad-report-'));
    try {
      await report.writeReport(join(folder, 'r.html'), everything);
      expect(readFileSync(join(folder, 'r.html'), 'utf8')).to.equal(report.renderReport(everything));
      await expectRejection(
        report.writeReport(join(folder, 'no', 'r.html'), everything),
        DataError,
        'cannot write',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('sections of a report', () => {
  it('curves: a chart for each measure, training with validation; numbers that are not finite are left out', () => {
    const section = show(report.learningCurves(history, { kept: 2 }));
    expect(texts(section, '.chart h3')).to.deep.equal(['Loss', 'Accuracy', 'Learning rate']);
    const [loss, accuracy, rate] = [...section.querySelectorAll('.chart')];
    expect(texts(loss, '.legend li')).to.deep.equal(['training', 'validation']);
    expect(texts(rate, '.legend li')).to.deep.equal([]);
    expect(texts(loss, 'circle title')).to.deep.equal([
      'training, epoch 1: 0.9',
      'training, epoch 2: 0.5',
      'training, epoch 3: 0.25',
      'validation, epoch 1: 0.8',
      'validation, epoch 2: 0.6',
    ]);
    expect(texts(accuracy, 'circle title')[0]).to.equal('training, epoch 1: 71.00 %');
    expect(texts(loss, 'g[aria-label="x-axis tick label"] text').filter(Boolean)).to.deep.equal([
      '1',
      '2',
      '3',
    ]);
    // 0.1 … 0.00002 is drawn by its logarithm: the middle, 0.001, lies at log(0.1/0.001) / log(0.1/0.00002) = 0.54.
    const heights = [...rate.querySelectorAll('circle')].map((dot) => Number(dot.getAttribute('cy')));
    expect((heights[1] - heights[0]) / (heights[2] - heights[0])).to.be.closeTo(0.54, 0.01);
    expect(texts(section, 'tbody tr').map((row) => row.split(/\s+/).length)).to.deep.equal([1, 1, 1]);
    expect(texts(section, 'tbody tr:last-child > *')).to.deep.equal([
      '3',
      '0.25',
      '0.93',
      '2e-5',
      'NaN',
      '0.8',
      '2',
    ]);
  });

  it('a long history keeps its ends, and loses its dots', () => {
    const long = Array.from({ length: 3000 }, (_, i) => ({ epoch: i + 1, loss: 1 / (i + 1), seconds: 0 }));
    const section = show(report.learningCurves(long));
    expect(section.querySelectorAll('circle')).to.have.length(0);
    const line = section.querySelector('g[aria-label=line] path')?.getAttribute('d') as string;
    expect(line.match(/L/g)).to.have.length.within(300, 400);
    expect(section.querySelector('.chart > svg')?.getAttribute('aria-label')).to.include('in epoch 3000');
  });

  it('curves compared: one chart a measure, one line a run', () => {
    const section = show(
      report.comparedCurves({ plain: history, dropout: history }, ['loss', 'validationLoss']),
    );
    expect(texts(section, '.chart h3')).to.deep.equal(['Loss', 'Validation loss']);
    expect(texts(section.querySelector('.chart') as Element, '.legend li')).to.deep.equal([
      'plain',
      'dropout',
    ]);
  });

  it('confusion: counts, recall at the side, precision below, accuracy in the corner', () => {
    const section = show(
      report.confusion(
        [
          [3, 1],
          [0, 4],
        ],
        ['cat', 'dog'],
      ),
    );
    const cells = [...section.querySelectorAll('tr')].map((row) => texts(row, 'th, td'));
    expect(cells).to.deep.equal([
      ['true class', 'cat', 'dog', 'recall %'],
      ['cat', '3', '1', '75.0'],
      ['dog', '0', '4', '100.0'],
      ['precision %', '100.0', '80.0', '87.5'], // 3 of 3, 4 of 5, 7 of 8
    ]);
    expect(
      [...section.querySelectorAll('td[style]')].map((cell) => [cell.className, cell.getAttribute('style')]),
    ).to.deep.equal([
      ['right', '--strength:0.75'],
      ['wrong', '--strength:1.00'],
      ['none', '--strength:0.00'],
      ['right', '--strength:1.00'],
    ]);
    expect(() => report.confusion([[1]], ['a', 'b'])).to.throw(RangeError, '2 names');
    expect(
      texts(
        show(
          report.confusion([
            [0, 0],
            [0, 0],
          ]),
        ),
        '.margin',
      ),
    ).to.include('–'); // nothing to divide by
  });

  it('samples: the wrong ones first; the pictures hold the right pixels', () => {
    const section = show(
      report.samples([
        { picture, truth: '7', predicted: '7', probability: 0.987 },
        { text: 'not bad', truth: 'good', predicted: 'bad' },
      ]),
    );
    expect(texts(section, 'h3')).to.deep.equal(['Wrong', 'Right']);
    expect(texts(section, 'figcaption')).to.deep.equal(['✗ badis good', '✓ 7 99 %']);
    expect(texts(section, 'blockquote')).to.deep.equal(['not bad']);
    const { width, height, channels, data } = pixels(section.querySelector('img') as Element);
    expect([width, height, channels]).to.deep.equal([3, 2, 1]);
    expect([...data]).to.deep.equal([0, 128, 255, 0, 255, 51]); // −1 and 2 are cut off
  });

  it('pictures: the rows of a tensor, each where it was asked for', () => {
    const size = { width: 3, height: 2 };
    const data = Float32Array.of(0, 0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1, 0, 0, 0);
    const [first, second] = report.picturesOf({ shape: [2, 6], data }, size);
    const section = show(report.pictures([[first], [second]]));
    const images = [...section.querySelectorAll('img')];
    expect(images.map((image) => image.getAttribute('alt'))).to.deep.equal([
      'row 1, picture 1',
      'row 2, picture 1',
    ]);
    expect(images.map((image) => [...pixels(image).data])).to.deep.equal([
      [0, 51, 102, 153, 204, 255],
      [255, 255, 255, 0, 0, 0],
    ]);
    expect(section.querySelector('.pictures')?.getAttribute('style')).to.equal('--columns:1');
    expect(() => report.picturesOf({ shape: [2, 6], data }, { width: 2, height: 2 })).to.throw(
      RangeError,
      '2 pictures of 2 × 2 have 12 values',
    );
  });

  it('weights: the sign is the colour, the size the opacity, 0 transparent', () => {
    const data = Float32Array.of(-2, -1, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0);
    const section = show(report.weights({ shape: [2, 6], data }, { width: 3, height: 2 }));
    const [first, second] = [...section.querySelectorAll('img')].map(pixels);
    const colours = [...first.data].map((index) => first.palette?.[index]);
    // The limit is the size at 99.5 % of the twelve, rounded down: the second largest, 2.
    expect(colours.map((colour) => colour?.[3])).to.deep.equal([255, 136, 0, 0, 136, 255]); // 136 = 255 · 8/15
    expect(colours[0]?.slice(0, 3)).to.deep.equal([37, 99, 235]);
    expect(colours[5]?.slice(0, 3)).to.deep.equal([234, 88, 12]);
    expect([...second.data].map((index) => second.palette?.[index][3])).to.deep.equal([0, 0, 0, 0, 0, 0]);
    expect(texts(section, '.scale span')).to.deep.equal(['−2', '2']);
    expect(() =>
      report.weights({ shape: [1, 6], data: data.subarray(0, 6) }, { width: 2, height: 2 }),
    ).to.throw(RangeError, 'a picture of 2 × 2 has 6 values');
  });

  it('tables: a column shares its digits, and its best is marked', () => {
    const rows = [
      { method: 'all', parameters: 59850, accuracy: 0.93, seconds: 3.25 },
      { method: 'head', parameters: 1290, accuracy: 0.8512, seconds: undefined },
      { method: 'none', parameters: 0, accuracy: Number.NaN, seconds: 12 },
    ];
    const section = show(report.table(rows, { best: { accuracy: 'highest', seconds: 'lowest' } }));
    const cells = [...section.querySelectorAll('tbody tr')].map((row) => texts(row, 'th, td'));
    expect(cells).to.deep.equal([
      ['all', '59,850', '0.9300 (best)', '3.25 (best)'],
      ['head', '1,290', '0.8512', '–'],
      ['none', '0', 'NaN', '12.00'],
    ]);
  });

  it('tables: four digits of the largest number, one of the smallest; words stand at the left', () => {
    const section = show(
      report.table([
        { model: 'net', r2: 0.495553, lr: 0.1, word: 'good' },
        { model: 'mean', r2: -0.003994, lr: 0.00002, word: undefined },
        { model: 'zero', r2: 0, lr: 0, word: '12' },
      ]),
    );
    const cells = [...section.querySelectorAll('tbody tr')].map((row) => texts(row, 'th, td'));
    expect(cells).to.deep.equal([
      ['net', '0.4956', '0.10000', 'good'],
      ['mean', '-0.0040', '0.00002', '–'],
      ['zero', '0.0000', '0.00000', '12'],
    ]);
    expect(texts(section, '.words')).to.deep.equal(['model', 'word', 'good', '–', '12']);
  });

  it('scatter and ROC: points where they belong, on equal axes', () => {
    const dots = [...show(report.scatter([0, 10, 5], [0, 10, 10])).querySelectorAll('circle')];
    const [low, high, above] = dots.map((dot) => ['cx', 'cy'].map((name) => Number(dot.getAttribute(name))));
    expect(high[0] - low[0]).to.be.closeTo(low[1] - high[1], 1); // as wide as high
    expect(above[0]).to.be.closeTo((low[0] + high[0]) / 2, 0.02);
    expect(above[1]).to.equal(high[1]);
    expect(() => report.scatter([1], [])).to.throw(RangeError, '1 true values, 0 predictions');

    // Ordered pairs: 0.9 > 0.8, 0.9 > 0.1, 0.8 > 0.1, and 0.8 = 0.8 for a half: 3.5 of 2 · 2.
    const scored = { scores: [0.1, 0.8, 0.9, 0.8], truth: [0, 1, 1, 0] };
    const section = show(report.roc({ a: scored, b: { scores: [1, 2], truth: [1, 0] } }));
    expect(texts(section, '.legend li')).to.deep.equal(['a: area 0.8750', 'b: area 0.0000']);
    expect(texts(section, 'circle title').slice(0, 4)).to.deep.equal([
      '0.0 % found, 0.0 % false alarms',
      '50.0 % found, 0.0 % false alarms',
      '100.0 % found, 50.0 % false alarms',
      '100.0 % found, 100.0 % false alarms',
    ]);
    expect(() => report.roc({ a: { scores: [1], truth: [] } })).to.throw(RangeError, '1 scores, 0 true');
  });
});
