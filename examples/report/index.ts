// A report: one HTML file that opens from disk, loads nothing and runs nothing.
import { readFileSync } from 'node:fs';
import { device, io } from '../../src/index.ts';
import { type Html, html, trusted } from './html.ts';
import { formatNumber, type Section } from './sections.ts';

export * from './sections.ts';
export { type Picture, picturesOf } from './pictures.ts';

const common = readFileSync(new URL('style.css', import.meta.url), 'utf8');

export interface Report {
  title: string;
  /** What was done, in a sentence or two. */
  summary?: string;
  /** The results, in a line: `{ 'test accuracy': '97.42 %' }`. */
  figures?: Record<string, string | number>;
  sections?: readonly Section[];
  /** CSS for sections of the caller's own. */
  style?: string;
}

/**
 * Writes a report.
 *
 *     await writeReport('report.html', {
 *       title: 'Handwritten digits',
 *       figures: { 'test accuracy': '97.42 %' },
 *       sections: [learningCurves(history), confusion(counts), text(model.summary())],
 *     });
 *
 * @throws DataError when the file cannot be written
 */
export async function writeReport(path: string, report: Report): Promise<void> {
  await io.writeFile(path, new TextEncoder().encode(renderReport(report)));
}

/** The report as the text of an HTML page. */
export function renderReport({ title, summary, figures = {}, sections = [], style = '' }: Report): string {
  const results = Object.entries(figures).map(
    ([name, value]) =>
      html`<div><dt>${name}</dt><dd>${typeof value === 'number' ? formatNumber(value) : value}</dd></div>`,
  );
  const links = sections.map((section, i) => html`<li><a href="#section-${i + 1}">${section.title}</a></li>`);
  return `${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${trusted(common + style)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
${summary !== undefined && html`<p class="summary">${summary}</p>`}
${results.length > 0 && html`<dl class="figures">${results}</dl>`}
${links.length > 2 && html`<nav aria-label="Sections"><ul>${links}</ul></nav>`}
</header>
<main>
${sections.map(renderSection)}</main>
</body>
</html>`}\n`;
}

const renderSection = ({ title, note, body }: Section, i: number): Html =>
  html`<section id="section-${i + 1}" aria-labelledby="heading-${i + 1}">
<h2 id="heading-${i + 1}">${title}</h2>
${note !== undefined && html`<p class="note">${note}</p>`}
${body}
</section>
`;

/** What a run ran on, for its settings. */
export function environment(): Record<string, string | number> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const { backend, threads, wideVectors, arithmetic } = device.info();
  return {
    typegrad: version,
    node: process.version,
    backend,
    threads,
    'wide vectors': wideVectors ? 'on' : 'off',
    arithmetic,
  };
}
