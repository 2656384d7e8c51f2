// How cost grows: time against size, both by their logarithm, where a power law is a straight line, beside what the machine allows.
import { lineChart, Plot, type Series } from '../../../examples/report/charts.ts';
import { html } from '../../../examples/report/html.ts';
import type { Section } from '../../../examples/report/index.ts';
import type { Contestant, Growth, Results } from '../results.ts';
import { contestantOf, digits, distinct, figure, librariesOf, range } from './compare.ts';
import { lookOf } from './look.ts';

const dashes = [undefined, '5 3', '1.5 3', '8 3 2 3'];

export function growth(results: Results): Section {
  const { limits } = results.machine;
  const charts = results.growth.map((each) => chart(results, each));
  return {
    title: 'How cost grows',
    note: `A slope of 1 means that twice the size takes twice the time; fixed costs of a call make it less. ${
      limits
        ? `The grey line is the least time in which this machine could do the arithmetic: ${digits(limits.gflopsAllCores)} GFLOP/s on all cores, ${digits(limits.gflopsOneCore)} on one (${limits.what}).`
        : 'What this machine could do at most was not measured.'
    }`,
    body: html`<div class="charts growth">${charts}</div>`,
  };
}

function chart(results: Results, { title, axis, unit, series }: Growth) {
  const libraries = librariesOf(results);
  const all = series.map(({ contestant }) => contestantOf(results, contestant));
  const drawn = series.map(({ points, slope }, i): Series & { bars: Bar[] } => {
    const { library } = all[i];
    const name = nameOf(all[i], all);
    const place = all.slice(0, i).filter((other) => other.library === library).length;
    const style = { colour: lookOf(libraries, library).colour, dash: dashes[place % dashes.length] };
    return {
      name: points.length < 2 ? name : `${name}, slope ${slope.toFixed(2).replace('-', '−')}`,
      style,
      points: points.map(({ at, median, spread, flops }) => ({
        x: at,
        y: median,
        note: `${name}, ${axis} ${at}: ${figure(median, unit)} (${range(spread, digits)}), ${digits(flops / median / 1e6)} GFLOP/s`,
      })),
      bars: points.map(({ at, spread: [low, high] }) => ({ at, low, high, colour: style.colour })),
    };
  });
  const description = drawn.map(({ name, points }) => {
    const [first, last] = [points[0], points[points.length - 1]];
    if (first === undefined) return `${name}: no points.`;
    return `${name}: from ${figure(first.y, unit)} at ${first.x} to ${figure(last.y, unit)} at ${last.x}.`;
  });
  const sizes = [...new Set(series.flatMap(({ points }) => points.map(({ at }) => at)))].sort(
    (a, b) => a - b,
  );
  const every = Math.ceil(sizes.length / 8);
  const lines = [...drawn, ...limitOf(results, { axis, series })];
  const ticks = ticksOf(lines.flatMap(({ points }) => points.map(({ y }) => y)));
  return lineChart(lines, {
    title,
    description: description.join(' '),
    x: axis,
    y: `time, ${unit}`,
    behind: [
      // The axes of their own: those of a logarithmic scale leave out every label that is not near a power of ten.
      Plot.axisX(
        sizes.filter((_, i) => i % every === 0),
        { text: (at: number) => `${at}`, label: axis, labelAnchor: 'center', labelArrow: 'none' },
      ),
      Plot.axisY(ticks, {
        text: (time: number) => `${Number(time.toPrecision(1))}`,
        label: `time, ${unit}`,
        labelAnchor: 'center',
        labelArrow: 'none',
      }),
      Plot.ruleX(
        drawn.flatMap(({ bars }) => bars),
        { x: 'at', y1: 'low', y2: 'high', stroke: 'colour', strokeWidth: 4, strokeOpacity: 0.35 },
      ),
    ],
    scales: { x: { type: 'log', nice: false }, y: { type: 'log', nice: false, ticks } },
  });
}

/** Powers of ten, or, where there are too few of them, their double and their half, too. */
function ticksOf(values: readonly number[]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const powers = Array.from({ length: 30 }, (_, i) => 10 ** (i - 12));
  const within = (ticks: readonly number[]) => ticks.filter((tick) => tick >= low && tick <= high);
  const few = within(powers);
  return few.length >= 3 ? few : within(powers.flatMap((power) => [power, 2 * power, 5 * power]));
}

/** Its label; and, of several with the same, what tells it from the others. */
const nameOf = (contestant: Contestant, all: readonly Contestant[]): string => {
  const alike = all.filter(({ label }) => label === contestant.label);
  return [contestant.label, ...distinct(contestant, alike)].join(', ');
};

interface Bar {
  at: number;
  low: number;
  high: number;
  colour: string;
}

/** The least time for the operations of each point; with n threads, of n cores, if there are so many. */
function limitOf(
  { machine: { limits } }: Results,
  { axis, series }: Pick<Growth, 'axis' | 'series'>,
): Series[] {
  if (limits === undefined) return [];
  const flopsAt = new Map(
    series.flatMap(({ points }) => points.map(({ at, flops }) => [at, flops] as const)),
  );
  const points = [...flopsAt]
    .sort(([a], [b]) => a - b)
    .map(([at, flops]) => {
      const threads = Math.min(at * limits.gflopsOneCore, limits.gflopsAllCores);
      return { x: at, y: flops / (axis === 'threads' ? threads : limits.gflopsAllCores) / 1e6 };
    });
  return [{ name: 'limit of this machine', points, style: { colour: 'var(--muted)', dash: '2 3' } }];
}
