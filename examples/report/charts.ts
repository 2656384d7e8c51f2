// Charts as SVG, drawn by Observable Plot. Their colours are the page's, so that they follow light and dark.
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { type Html, html, trusted } from './html.ts';

export interface Point {
  x: number;
  y: number;
  /** What a pointer that rests on the point is told. */
  note?: string;
}

export interface Series {
  name: string;
  points: Point[];
  /** Its look, where it must be that of another chart; else by its place. */
  style?: Style;
}

export interface Style {
  colour: string;
  dash?: string;
}

export interface ChartOptions {
  title: string;
  /** What the chart shows, in words, for those who cannot see it. */
  description: string;
  x: string;
  y?: string;
  /** The marks behind the data, such as a diagonal. */
  behind?: Plot.Markish[];
  scales?: Pick<Plot.PlotOptions, 'x' | 'y'>;
  /** As high as wide, for axes of the same unit. */
  isSquare?: boolean;
}

/** Colours and dashes of series, in their order: told apart in print, too. */
const styles: readonly Style[] = [
  { colour: 'var(--series-1)', dash: undefined },
  { colour: 'var(--series-2)', dash: '5 3' },
  { colour: 'var(--series-3)', dash: '1.5 3' },
  { colour: 'var(--series-4)', dash: '8 3 2 3' },
  { colour: 'var(--series-5)', dash: undefined },
  { colour: 'var(--series-6)', dash: '5 3' },
];
const styleOf = (i: number) => styles[i % styles.length];

const mostDots = 40; // more of them hide the line
const mostPoints = 400; // a chart is no wider than this

/** Lines that share a pair of axes. */
export function lineChart(series: readonly Series[], options: ChartOptions): Html {
  const marks = series.flatMap(({ points, style }, i) => {
    const { colour, dash } = style ?? styleOf(i);
    const drawn = thin(points, mostPoints);
    const line = Plot.lineY(drawn, {
      x: 'x',
      y: 'y',
      stroke: colour,
      strokeWidth: 1.75,
      strokeDasharray: dash,
    });
    const dots = Plot.dot(drawn, { x: 'x', y: 'y', fill: colour, r: 2.25, title: 'note' });
    return drawn.length > mostDots ? [line] : [line, dots];
  });
  return chart(marks, options, series.length > 1 ? series : []);
}

/** One dot for each point. */
export function dotChart(points: readonly Point[], options: ChartOptions): Html {
  const look = { r: 2.5, fill: styleOf(0).colour, fillOpacity: 0.55 };
  return chart([Plot.dot(thin(points, 3 * mostPoints), { x: 'x', y: 'y', ...look })], options);
}

function chart(marks: Plot.Markish[], options: ChartOptions, named: readonly Series[] = []): Html {
  const { title, description, behind = [], scales = {}, isSquare = false } = options;
  const svg = draw({
    width: 380,
    height: isSquare ? 358 : 250,
    marginTop: 16,
    marginLeft: options.y === undefined ? 56 : 64,
    marginRight: 16,
    marginBottom: 42,
    x: { label: options.x, labelArrow: 'none', labelAnchor: 'center', nice: true, ticks: 6, ...scales.x },
    y: {
      label: options.y ?? null,
      labelArrow: 'none',
      labelAnchor: 'center',
      grid: true,
      nice: true,
      ticks: 5,
      ...scales.y,
    },
    marks: [...behind, ...marks],
  });
  const opening = `${html`<svg role="img" aria-label="${title}. ${description}"`}`;
  const legend = named.map(({ name, style }, i) => {
    const { colour, dash = '' } = style ?? styleOf(i);
    const line = html`<line x1="0" y1="4" x2="22" y2="4" stroke="${colour}" stroke-dasharray="${dash}" />`;
    return html`<li><svg viewBox="0 0 22 8" aria-hidden="true">${line}</svg>${name}</li>`;
  });
  return html`<figure class="chart"><figcaption><h3>${title}</h3>${
    legend.length > 0 && html`<ul class="legend">${legend}</ul>`
  }</figcaption>${trusted(svg.replace('<svg', () => opening))}</figure>`;
}

/** A plot as the text of an SVG. The style that Plot gives each of its own is left out: the page has one for all. */
export function draw(options: Plot.PlotOptions): string {
  // linkedom's document is all that Plot asks of one.
  const document = parseHTML('<html></html>').document as unknown as Document;
  return brief(Plot.plot({ document, ...options }).outerHTML.replace(/<style>.*?<\/style>/s, ''));
}

/** Every so manieth of the points, and the last, so that there are not more than `most`. */
function thin<T>(points: readonly T[], most: number): T[] {
  const every = Math.ceil(points.length / most);
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}

/** Coordinates to a hundredth of a pixel: half the size, the same picture. */
const brief = (svg: string): string =>
  svg.replace(/\b(c?[xy][12]?|d|transform)="[^"]*"/g, (attribute) => attribute.replace(/(\.\d\d)\d+/g, '$1'));

export { Plot };
