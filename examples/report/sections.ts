// What a report may hold: curves, tables, pictures. Each function makes one section from results.
import { train } from '../../src/index.ts';
import { dotChart, lineChart, Plot } from './charts.ts';
import { type Content, type Html, html } from './html.ts';
import { greyPng, type Picture, signedPng } from './pictures.ts';

export interface Section {
  title: string;
  /** A sentence that says how to read it. */
  note?: string;
  body: Html;
}

/** What every section may be given: its heading, and the sentence below it. */
export interface SectionOptions {
  title?: string;
  note?: string;
}

const count = (n: number): string => n.toLocaleString('en-US');
const percent = (part: number, digits = 1): string => `${(100 * part).toFixed(digits)} %`;

/** A number for people to read: whole ones in full, others to four digits. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1e4) return count(Math.round(value));
  const rounded = Number(value.toPrecision(4));
  return Math.abs(value) < 1e-4 ? rounded.toExponential() : String(rounded);
}

/** `validationLoss` → `validation loss`. */
const inWords = (name: string): string =>
  name === 'lr' ? 'learning rate' : name.replace(/(?<=[a-z0-9])[A-Z]/g, (c) => ` ${c.toLowerCase()}`);

const capital = (text: string): string => text[0].toUpperCase() + text.slice(1);

/** A table whose rows begin with their own heading; columns of words stand at the left, others at the right. */
export function tableOf(
  head: readonly Content[],
  rows: readonly (readonly Content[])[],
  caption?: string,
  isWords: readonly boolean[] = [],
): Html {
  const look = (column: number) => isWords[column] && html` class="words"`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption ?? 'table'}"><table>
${caption !== undefined && html`<caption class="hidden">${caption}</caption>`}
<thead><tr>${head.map((cell, c) => html`<th scope="col"${look(c)}>${cell}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([first, ...rest]) =>
      html`<tr><th scope="row">${first}</th>${rest.map((cell, c) => html`<td${look(c + 1)}>${cell}</td>`)}</tr>\n`,
  )}</tbody></table></div>`;
}

/* ---- curves ---- */

const validationOf = (name: string): string => `validation${capital(name)}`;

/** The measures that an epoch's log holds, each with its validation counterpart, if there is one. */
function measures(history: readonly train.EpochLog[]): { name: string; series: string[] }[] {
  const names = [...new Set(history.flatMap((log) => Object.keys(log)))];
  return names
    .filter((name) => name !== 'epoch' && name !== 'seconds')
    .filter((name) => !names.some((other) => validationOf(other) === name))
    .map((name) => ({ name, series: [name, validationOf(name)].filter((key) => names.includes(key)) }));
}

interface CurveOptions extends SectionOptions {
  /** The epoch whose weights were kept. */
  kept?: number;
}

/** How loss and metrics went from epoch to epoch, in training and in validation; the numbers are in a table below. */
export function learningCurves(history: readonly train.EpochLog[], options: CurveOptions = {}): Section {
  const { title = 'Training', note, kept } = options;
  const charts = measures(history).map(({ name, series }) =>
    epochChart(
      capital(inWords(name)),
      name,
      series.map((key) => [key === name ? 'training' : 'validation', key, history] as const),
      kept,
    ),
  );
  const names = [...new Set(history.flatMap((log) => Object.keys(log)))].filter((name) => name !== 'epoch');
  const numbers = tableOf(
    ['epoch', ...names.map(inWords)],
    history.map((log) => [log.epoch, ...names.map((name) => name in log && formatNumber(log[name]))]),
    'every epoch in numbers',
  );
  const body = html`<div class="charts">${charts}</div>
<details><summary>Every epoch in numbers</summary>${numbers}</details>`;
  return { title, note, body };
}

/** One measure of several runs: `comparedCurves({ dropout: historyA, none: historyB }, ['loss', 'validationLoss'])`. */
export function comparedCurves(
  histories: Record<string, readonly train.EpochLog[]>,
  names: readonly string[],
  { title = 'Runs compared', note }: SectionOptions = {},
): Section {
  const runs = Object.entries(histories);
  const charts = names.map((name) =>
    epochChart(
      capital(inWords(name)),
      name,
      runs.map(([run, history]) => [run, name, history] as const),
    ),
  );
  return { title, note, body: html`<div class="charts">${charts}</div>` };
}

/** Curves over epochs, each of a name, a key of the log, and the logs. */
function epochChart(
  title: string,
  measure: string,
  curves: readonly (readonly [string, string, readonly train.EpochLog[]])[],
  kept?: number,
): Html {
  const isShare = /accuracy$/i.test(measure);
  const show = (value: number) => (isShare ? percent(value, 2) : formatNumber(value));
  const series = curves.map(([name, key, history]) => ({
    name,
    points: history
      .filter((log) => Number.isFinite(log[key]))
      .map((log) => ({ x: log.epoch, y: log[key], note: `${name}, epoch ${log.epoch}: ${show(log[key])}` })),
  }));
  const values = series.flatMap(({ points }) => points.map(({ y }) => y));
  const isWide = Math.min(...values) > 0 && Math.max(...values) > 50 * Math.min(...values);
  const epochs = series.flatMap(({ points }) => points.map(({ x }) => x));
  const description = series.map(({ name, points }) => {
    if (points.length === 0) return `${name}: no finite values.`;
    const [first, last] = [points[0], points[points.length - 1]];
    return `${name}: from ${show(first.y)} in epoch ${first.x} to ${show(last.y)} in epoch ${last.x}.`;
  });
  return lineChart(series, {
    title,
    description: description.join(' '),
    x: 'epoch',
    behind:
      kept === undefined
        ? []
        : [
            Plot.ruleX([kept], { stroke: 'var(--muted)', strokeDasharray: '2 3' }),
            Plot.text([kept], {
              x: (epoch) => epoch,
              frameAnchor: 'top',
              dy: -11,
              text: () => 'kept',
              fill: 'var(--muted)',
            }),
          ],
    scales: {
      x: {
        nice: false,
        ticks: Math.min(6, new Set(epochs).size),
        tickFormat: (epoch: number) => (Number.isInteger(epoch) ? `${epoch}` : ''),
      },
      y: {
        type: isWide ? 'log' : 'linear',
        ticks: isWide ? 3 : 5,
        tickFormat: (value: number) => (isShare ? `${formatNumber(100 * value)} %` : formatNumber(value)),
      },
    },
  });
}

/* ---- classes ---- */

/** A confusion matrix: row = the true class, column = the predicted one; with each class's recall and precision. */
export function confusion(
  counts: readonly (readonly number[])[],
  classes: readonly string[] = counts.map((_, c) => String(c)),
  { title = 'Confusion matrix', note }: SectionOptions = {},
): Section {
  if (classes.length !== counts.length)
    throw new RangeError(`${classes.length} names for the ${counts.length} classes of a confusion matrix`);
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
  const truths = counts.map(sum);
  const guesses = counts.map((_, c) => sum(counts.map((row) => row[c])));
  const mostWrong = Math.max(1, ...counts.flatMap((row, t) => row.filter((_, p) => p !== t)));
  const share = (part: number, whole: number) => (whole === 0 ? '–' : ((100 * part) / whole).toFixed(1));
  const isLong = classes.some((name) => name.length > 3);
  const cell = (n: number, t: number, p: number) => {
    const strength = t === p ? n / Math.max(truths[t], 1) : Math.sqrt(n / mostWrong);
    const kind = n === 0 ? 'none' : t === p ? 'right' : 'wrong';
    return html`<td class="${kind}" style="--strength:${strength.toFixed(2)}" title="${n} of class ${classes[t]}, taken for ${classes[p]}">${count(n)}</td>`;
  };
  const body = html`<div class="scroll" tabindex="0" role="region" aria-label="${title}"><table class="confusion${isLong && ' long'}">
<caption class="hidden">How often each true class was taken for each class</caption>
<thead><tr><th><span class="hidden">true class</span></th>${classes.map(
    (name) => html`<th scope="col"><span>${name}</span></th>`,
  )}<th scope="col" class="margin"><span>recall %</span></th></tr></thead>
<tbody>${counts.map(
    (row, t) =>
      html`<tr><th scope="row">${classes[t]}</th>${row.map((n, p) => cell(n, t, p))}<td class="margin">${share(row[t], truths[t])}</td></tr>\n`,
  )}<tr class="margin"><th scope="row">precision %</th>${guesses.map(
    (n, c) => html`<td>${share(counts[c][c], n)}</td>`,
  )}<td>${share(sum(counts.map((row, c) => row[c])), sum(truths))}</td></tr></tbody></table></div>`;
  return {
    title,
    note:
      note ??
      'A row for each true class, a column for each predicted one. Blue is right, orange is wrong. The lower right corner is the accuracy.',
    body,
  };
}

/** A sample, what it is, and what the model took it for. */
export interface Sample {
  /** Either a picture or a text. */
  picture?: Picture;
  text?: string;
  truth: string;
  predicted: string;
  /** The probability of the prediction, 0 … 1. */
  probability?: number;
}

/** Which samples to show: the first `each` that are wrong, and the first `each` that are right. */
export function chooseSamples(truth: ArrayLike<number>, predicted: ArrayLike<number>, each = 22): number[] {
  const all = Array.from(truth, (_, i) => i);
  const wrong = all.filter((i) => truth[i] !== predicted[i]);
  const right = all.filter((i) => truth[i] === predicted[i]);
  return [...wrong.slice(0, each), ...right.slice(0, each)];
}

/** Samples, those first that the model got wrong. */
export function samples(list: readonly Sample[], { title = 'Samples', note }: SectionOptions = {}): Section {
  const isRight = ({ truth, predicted }: Sample) => truth === predicted;
  const groups = [
    { name: 'Wrong', members: list.filter((sample) => !isRight(sample)) },
    { name: 'Right', members: list.filter(isRight) },
  ].filter(({ members }) => members.length > 0);
  const body = html`${groups.map(({ name, members }) => {
    const hasText = members.some(({ text }) => text !== undefined);
    return html`<h3>${name}</h3><div class="samples${hasText && ' texts'}">${members.map(sampleFigure)}</div>\n`;
  })}`;
  return { title, note, body };
}

function sampleFigure({ picture, text, truth, predicted, probability }: Sample): Html {
  const isRight = truth === predicted;
  const image =
    picture &&
    html`<img src="${greyPng(picture)}" alt="a sample of class ${truth}" width="${picture.width}" height="${picture.height}">`;
  const sure = probability !== undefined && html` <small>${percent(probability, 0)}</small>`;
  return html`<figure class="${isRight ? 'right' : 'wrong'}">${image}${
    text !== undefined && html`<blockquote>${text}</blockquote>`
  }<figcaption><span class="mark" aria-hidden="true">${isRight ? '✓' : '✗'}</span> <b>${predicted}</b>${sure}${
    !isRight && html`<br><small>is ${truth}</small>`
  }</figcaption></figure>`;
}

/** Pictures in rows of the same length, such as an original and what augmentation makes of it. */
export function pictures(
  rows: readonly (readonly Picture[])[],
  { title = 'Pictures', note }: SectionOptions = {},
): Section {
  const columns = Math.max(...rows.map((row) => row.length));
  const images = rows.flatMap((row, r) =>
    row.map(
      (picture, c) =>
        html`<img src="${greyPng(picture)}" alt="row ${r + 1}, picture ${c + 1}" width="${picture.width}" height="${picture.height}">`,
    ),
  );
  return { title, note, body: html`<div class="pictures" style="--columns:${columns}">${images}</div>` };
}

/* ---- weights ---- */

interface WeightOptions extends SectionOptions {
  /** The size of the pictures that the layer looks at. */
  width: number;
  height: number;
  /** How many units are shown, at most. Default 64. */
  most?: number;
}

/** What each unit of a first layer looks for: its weights, [units, height · width], as a picture. */
export function weights(
  rows: { readonly shape: readonly number[]; readonly data: ArrayLike<number> },
  { title = 'First layer', note, width, height, most = 64 }: WeightOptions,
): Section {
  const [units, pixels] = rows.shape;
  const values = Float64Array.from(rows.data);
  const shown = Math.min(units, most);
  const sizes = values.map(Math.abs).sort();
  const limit = sizes[Math.floor(0.995 * (sizes.length - 1))] || 1; // single outliers would pale the rest
  const pictures = Array.from({ length: shown }, (_, unit) => {
    const picture = { width, height, values: values.subarray(unit * pixels, (unit + 1) * pixels) };
    return html`<img src="${signedPng(picture, limit)}" alt="" title="unit ${unit}" width="${width}" height="${height}">`;
  });
  const which = shown === units ? `all ${units} units` : `the first ${shown} of ${count(units)} units`;
  const body = html`<div class="weights" role="img" aria-label="The weights of ${which} as pictures">${pictures}</div>
<p class="scale"><span>−${formatNumber(limit)}</span><i aria-hidden="true"></i><span>${formatNumber(limit)}</span></p>`;
  return {
    title,
    note:
      note ??
      `The weights of ${which}, one picture for each unit: orange where light speaks for it, blue where light speaks against it.`,
    body,
  };
}

/* ---- tables ---- */

/** How many digits behind the point show so many significant ones. */
const places = (value: number, significant: number): number =>
  value === 0 ? 0 : significant - 1 - Math.floor(Math.log10(Math.abs(value)));

/** How many digits a column has behind the point, at most 6: four of its largest number, and one of its smallest; no zeros in all rows. */
function decimals(numbers: readonly number[]): number {
  const largest = Math.max(0, ...numbers.map(Math.abs));
  const most = Math.max(0, places(largest, 4), ...numbers.map((value) => places(value, 1)));
  const digits = numbers.map(
    (value) => `${Number(value.toFixed(Math.min(most, 6)))}`.split('.')[1]?.length ?? 0,
  );
  return Math.max(0, ...digits);
}

interface TableOptions extends SectionOptions {
  /** Columns whose best number is marked. */
  best?: Record<string, 'lowest' | 'highest'>;
}

/** Results side by side: a row for each object, a column for each of its keys; the first names the row. */
export function table(
  rows: readonly Record<string, string | number | undefined>[],
  { title = 'Results', note, best = {} }: TableOptions = {},
): Section {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names.map((name) => {
    const cells = rows.map((row) => row[name]);
    const numbers = cells.filter((cell) => typeof cell === 'number');
    const finite = numbers.filter(Number.isFinite);
    const digits = decimals(finite);
    const winner = best[name] && Math[best[name] === 'lowest' ? 'min' : 'max'](...finite);
    const show = (cell: string | number | undefined): Content => {
      if (typeof cell !== 'number') return cell ?? '–';
      const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
      const text = Number.isFinite(cell) ? cell.toLocaleString('en-US', options) : String(cell);
      return cell === winner ? html`<b class="best">${text}<span class="hidden"> (best)</span></b>` : text;
    };
    return cells.map(show);
  });
  const body = tableOf(
    names,
    rows.map((_, r) => columns.map((column) => column[r])),
    title,
    names.map((name) => rows.every((row) => typeof row[name] !== 'number')),
  );
  return { title, note, body };
}

/** Names and values: the options of a run, its seed, versions. */
export function settings(
  values: Record<string, string | number | boolean | undefined>,
  { title = 'Settings', note }: SectionOptions = {},
): Section {
  const rows = Object.entries(values).map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value === undefined ? '–' : String(value)}</dd></div>`,
  );
  return { title, note, body: html`<dl class="settings">${rows}</dl>` };
}

/** Text as it is, such as `model.summary()`. */
export function text(content: string, { title = 'Model', note }: SectionOptions = {}): Section {
  return { title, note, body: html`<pre tabindex="0">${content}</pre>` };
}

/* ---- regression, and two classes ---- */

interface ScatterOptions extends SectionOptions {
  /** What is predicted, in what unit: the axes' label. */
  quantity?: string;
}

/** Predicted against true values. On the diagonal they are equal. */
export function scatter(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  { title = 'Predicted and true', note, quantity = 'value' }: ScatterOptions = {},
): Section {
  if (truth.length !== predicted.length)
    throw new RangeError(`${truth.length} true values, ${predicted.length} predictions`);
  const points = Array.from(truth, (x, i) => ({ x, y: predicted[i] }));
  const ends = points.flatMap(({ x, y }) => [x, y]).filter(Number.isFinite);
  const domain = [Math.min(...ends), Math.max(...ends)];
  const chart = dotChart(points, {
    title: capital(quantity),
    description: `${points.length} samples, from ${formatNumber(domain[0])} to ${formatNumber(domain[1])}.`,
    x: 'true',
    y: 'predicted',
    behind: [diagonal(domain)],
    isSquare: true,
    scales: { x: { domain, grid: true }, y: { domain } },
  });
  return {
    title,
    note: note ?? 'A dot for each sample. On the diagonal the prediction is right.',
    body: html`<div class="charts">${chart}</div>`,
  };
}

/** How sure a model was that each sample is positive, and whether it is: 1 or 0. */
export interface Scored {
  scores: ArrayLike<number>;
  truth: ArrayLike<number>;
}

/** ROC curves by name: how many of the positive samples are found for how many false alarms, at every threshold. */
export function roc(
  models: Record<string, Scored>,
  { title = 'ROC curve', note }: SectionOptions = {},
): Section {
  const list = Object.entries(models).map(([name, scored]) => {
    const points = rocPoints(scored).map(({ x, y }) => ({
      x,
      y,
      note: `${percent(y)} found, ${percent(x)} false alarms`,
    }));
    const area = train.rocAuc(Array.from(scored.truth), Array.from(scored.scores));
    return { name: `${name}: area ${area.toFixed(4)}`, points };
  });
  const chart = lineChart(list, {
    title: list.length === 1 ? capital(list[0].name) : 'Positive samples found',
    description: list.map(({ name }) => `${name}.`).join(' '),
    x: 'false positive rate',
    y: 'true positive rate',
    behind: [diagonal([0, 1])],
    isSquare: true,
    scales: { x: { domain: [0, 1], grid: true }, y: { domain: [0, 1] } },
  });
  return {
    title,
    note:
      note ??
      'How many of the positive samples are found, for how many false alarms. Guessing gives the diagonal.',
    body: html`<div class="charts">${chart}</div>`,
  };
}

/** The corners of an ROC curve, from (0, 0) to (1, 1): one for each score, so that equal scores pass the threshold together. */
function rocPoints({ scores, truth }: Scored): { x: number; y: number }[] {
  if (scores.length !== truth.length)
    throw new RangeError(`${scores.length} scores, ${truth.length} true classes`);
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a]);
  const positives = order.filter((i) => truth[i] === 1).length;
  const negatives = order.length - positives;
  let found = 0;
  return order.reduce(
    (points, i, place) => {
      found += truth[i] === 1 ? 1 : 0;
      if (scores[i] !== scores[order[place + 1]])
        points.push({ x: (place + 1 - found) / negatives, y: found / positives });
      return points;
    },
    [{ x: 0, y: 0 }],
  );
}

const diagonal = (domain: readonly number[]): Plot.Markish =>
  Plot.line(domain, { x: (v) => v, y: (v) => v, stroke: 'var(--muted)', strokeDasharray: '2 3' });
