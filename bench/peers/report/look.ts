// How a library looks: one colour and one shape wherever it is drawn, so that it is known without its colour, too.
import { draw, Plot } from '../../../examples/report/charts.ts';
import { type Html, html, trusted } from '../../../examples/report/html.ts';

export interface Look {
  colour: string;
  symbol: Plot.SymbolType;
}

const looks: readonly Look[] = [
  { colour: 'var(--series-1)', symbol: 'circle' },
  { colour: 'var(--series-2)', symbol: 'square' },
  { colour: 'var(--series-3)', symbol: 'triangle' },
  { colour: 'var(--series-4)', symbol: 'diamond' },
  { colour: 'var(--series-5)', symbol: 'star' },
  { colour: 'var(--series-6)', symbol: 'wye' },
  { colour: 'var(--series-7)', symbol: 'cross' },
  { colour: 'var(--series-8)', symbol: 'hexagon' },
  { colour: 'var(--series-9)', symbol: 'diamond2' },
];

export const lookOf = (libraries: readonly string[], library: string): Look =>
  looks[libraries.indexOf(library) % looks.length];

/** The shape alone, for a line of text. */
export function sign({ colour, symbol }: Look): Html {
  const svg = draw({
    width: 14,
    height: 14,
    margin: 0,
    axis: null,
    x: { domain: [-1, 1] },
    y: { domain: [-1, 1] },
    marks: [Plot.dot([0], { x: 0, y: 0, r: 4.5, symbol, fill: colour })],
  });
  return html`<i class="sign" aria-hidden="true">${trusted(svg)}</i>`;
}
