// Who is fastest at what: a line for each kind of work, with every library's best setting on one axis of speed.
import { draw, Plot } from '../../../examples/report/charts.ts';
import { type Html, html, trusted } from '../../../examples/report/html.ts';
import type { Section } from '../../../examples/report/index.ts';
import type { Results, Row } from '../results.ts';
import {
  bestOf,
  contestantOf,
  distinct,
  factors,
  figure,
  inverse,
  librariesOf,
  own,
  type Timed,
  times,
  verdictOf,
} from './compare.ts';
import { lookOf, sign } from './look.ts';

/** Groups of rows, in the order of the report. */
const groups: Record<Row['group'], string> = {
  step: 'Training steps',
  epoch: 'An epoch of MNIST',
  product: 'Matrix products',
  inference: 'Inference',
  start: 'Start',
  memory: 'Memory',
};

/** Rows in the order of their groups. */
export const inGroups = (rows: readonly Row[]): Row[] =>
  Object.keys(groups).flatMap((group) => rows.filter((row) => row.group === group));

const [width, height, inset] = [600, 32, 16];
/** Whatever is slower than a hundredth of typegrad stands at the edge: there, by how much is no longer the question. */
const least = 0.01;
const ticks = [0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 100];

interface Mark {
  timed: Timed;
  /** Speed as a multiple of typegrad's, as it comes. */
  speed: number;
  low: number;
  high: number;
}

export function glance(results: Results): Section {
  const libraries = librariesOf(results).filter((library) =>
    results.rows.some((row) => bestOf(results, row).some(({ contestant }) => contestant.library === library)),
  );
  const all = results.rows.flatMap((row) => marksOf(results, row));
  const domain = [
    Math.max(least, Math.min(0.5, ...all.map(({ low }) => low)) / 1.2),
    Math.max(2, ...all.map(({ high }) => high)) * 1.2,
  ];
  const legend = libraries.map(
    (library) =>
      html`<li>${sign(lookOf(librariesOf(results), library))}${library}${library === own && ' in its best setting'}</li>`,
  );
  const lists = Object.entries(groups).flatMap(([group, title]) => {
    const rows = results.rows.filter((row) => row.group === group);
    const lines = rows.map((row) => line(results, row, domain));
    return rows.length === 0 ? [] : [html`<h3>${title}</h3><ul class="duels">${lines}</ul>`];
  });
  return {
    title: 'At a glance',
    note: `${score(results)} Each mark is the best setting of a library. The line at 1 is ${own} as it comes: right of it is faster, or takes less memory. Bars and small figures span what was measured in several processes, from the lowest to the highest median.`,
    body: html`<div class="glance"><ul class="legend">${legend}</ul>${axis(domain)}${lists}</div>`,
  };
}

/** In how much of the work typegrad is ahead of all others, level with the best of them, and behind. */
function score(results: Results): string {
  const outcomes = results.rows.map((row) => verdictOf(results, row).outcome);
  const [ahead, level, behind] = (['ahead', 'level', 'behind'] as const).map(
    (outcome) => outcomes.filter((each) => each === outcome).length,
  );
  const isBest = (row: Row) => bestOf(results, row)[0]?.contestant.library === own;
  const compared = results.rows.filter((_, i) => ['ahead', 'level', 'behind'].includes(outcomes[i]));
  return `Of ${ahead + level + behind} kinds of work, ${own} as it comes is ahead of all others in ${ahead}, level with the best of them in ${level}, behind in ${behind}; in its best setting it is the first in ${compared.filter(isBest).length}.`;
}

function marksOf(results: Results, row: Row): Mark[] {
  return bestOf(results, row).flatMap((timed) => {
    if (timed.ratio === undefined) return [];
    const { median: speed, spread } = inverse(timed.ratio);
    if (!(speed > 0 && speed < Number.POSITIVE_INFINITY)) return []; // no place on a logarithmic axis
    return [{ timed, speed, low: spread[0], high: spread[1] }];
  });
}

/** Where a speed stands, in percent of the strip's width. */
const place = (value: number, [low, high]: readonly number[]): number =>
  (100 * (inset + ((width - 2 * inset) * Math.log(value / low)) / Math.log(high / low))) / width;

function axis(domain: readonly number[]): Html {
  const labels = ticks
    .filter((tick) => tick >= domain[0] && tick <= domain[1])
    .map(
      (tick) =>
        html`<span style="left:${place(tick, domain).toFixed(1)}%">${tick < 1 ? `1/${Math.round(1 / tick)}` : `${tick} ×`}</span>`,
    );
  return html`<div class="axis" aria-hidden="true"><div>${labels}</div></div>`;
}

function line(results: Results, row: Row, domain: readonly number[]): Html {
  const { outcome } = verdictOf(results, row);
  return html`<li class="${outcome}"><span class="work">${row.title}</span>${strip(results, row, domain)}<span class="verdict">${verdict(results, row)}</span></li>\n`;
}

function strip(results: Results, row: Row, domain: readonly number[]): Html {
  const libraries = librariesOf(results);
  const marks = marksOf(results, row).sort((a, b) => a.speed - b.speed);
  const lanes = lanesOf(marks.map(({ speed }) => (place(Math.max(speed, domain[0]), domain) * width) / 100));
  const svg = draw({
    width,
    height,
    margin: 0,
    x: { type: 'log', domain, range: [inset, width - inset], clamp: true, axis: null },
    y: { domain: [0, height], range: [0, height], axis: null },
    marks: [
      Plot.ruleX(
        ticks.filter((tick) => tick >= domain[0] && tick <= domain[1]),
        { stroke: 'var(--line)' },
      ),
      Plot.ruleX([1], { stroke: lookOf(libraries, own).colour, strokeWidth: 2 }),
      ...marks.flatMap(({ timed, speed, low, high }, i) => {
        const { colour, symbol } = lookOf(libraries, timed.contestant.library);
        const y = height / 2 + lanes[i];
        return [
          Plot.ruleY([0], { y, x1: low, x2: high, stroke: colour, strokeWidth: 5, strokeOpacity: 0.4 }),
          Plot.dot([0], {
            x: speed,
            y,
            r: 5.5,
            symbol,
            fill: colour,
            stroke: 'var(--surface)',
            strokeWidth: 1,
            title: () => inWords(row, timed),
          }),
          speed < domain[0]
            ? Plot.text(['‹'], { x: domain[0], y, dx: -10, fill: colour, fontSize: 16 })
            : null,
        ];
      }),
    ],
  });
  const label = marks.map(({ timed, speed }) => `${timed.contestant.label} ${times(speed)}`).join(', ');
  return trusted(svg.replace('<svg', () => `${html`<svg role="img" aria-label="${row.title}: ${label}"`}`));
}

/** Dots that would cover each other stand one above the other. */
function lanesOf(places: readonly number[]): number[] {
  const lanes = [0, -9, 9];
  const chosen: number[] = [];
  for (const [i, x] of places.entries()) {
    const isFree = (lane: number) =>
      places.every((other, j) => j >= i || chosen[j] !== lane || x - other > 11);
    chosen.push(lanes.find(isFree) ?? 0);
  }
  return chosen;
}

const inWords = (row: Row, { contestant: { label, settings }, median, ratio }: Timed): string =>
  [
    `${label}, ${settings}: ${figure(median, row.unit)}`,
    ratio && `${times(1 / ratio.median)} the speed of ${own} (${factors(inverse(ratio).spread)})`,
  ]
    .filter(Boolean)
    .join('; ');

function verdict(results: Results, row: Row): Html {
  const { outcome, rival, ratio } = verdictOf(results, row);
  const libraries = librariesOf(results);
  if (outcome === 'missing') return html`<span>no figure of ${own}</span>`;
  if (rival === undefined || ratio === undefined) return html`<span>no other has a figure</span>`;
  const { library } = rival.contestant;
  const spread = (of: typeof ratio) => html` <small>${factors(of.spread)}</small>`;
  const best = bestOf(results, row).find(({ contestant }) => contestant.library === own);
  const lead = best?.ratio && ratio.median / best.ratio.median;
  const also =
    outcome !== 'ahead' &&
    best &&
    best.contestant.id !== own &&
    lead &&
    html`<small class="also">${distinct(best.contestant, [contestantOf(results, own)]).join(', ')}: ${lead >= 1 ? own : library} ${times(Math.max(lead, 1 / lead))}</small>`;
  const word = outcome === 'ahead' ? own : outcome === 'behind' ? library : undefined;
  if (word === undefined)
    return html`<span><i class="sign" aria-hidden="true">≈</i>level with ${library}${spread(ratio)}</span>${also}`;
  const shown = outcome === 'ahead' ? ratio : inverse(ratio);
  const loser = outcome === 'ahead' ? library : own;
  return html`<span>${sign(lookOf(libraries, word))}<b>${word}</b> ${times(shown.median)} ${loser}${spread(shown)}</span>${also}`;
}
