// How a report looks: in light and dark, on a phone, on paper.
export const style = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f6f4, #14161a);
  --surface: light-dark(#ffffff, #1c1f25);
  --line: light-dark(#e3e3de, #30343d);
  --text: light-dark(#1c1d20, #e8e9ec);
  --muted: light-dark(#62656d, #9ba0ab);
  --accent: light-dark(#1d4ed8, #8ab4ff);
  --right: #3b82f6;
  --wrong: #f97316;
  --series-1: light-dark(#2563eb, #6ea8ff);
  --series-2: light-dark(#d9480f, #ff9a5c);
  --series-3: light-dark(#0f8a5f, #4fd1a1);
  --series-4: light-dark(#8b3fc7, #c893f5);
  --series-5: light-dark(#a16207, #e3bd4c);
  --series-6: light-dark(#be185d, #f58bb5);
}
* { box-sizing: border-box; }
html { background: var(--page); -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 3rem 1.25rem 4rem; max-width: 68rem;
  color: var(--text); font: 1rem/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif;
  font-variant-numeric: tabular-nums;
}
h1 { margin: 0; font-size: clamp(1.7rem, 1.3rem + 2vw, 2.5rem); line-height: 1.15; letter-spacing: -0.02em; text-wrap: balance; }
h2 { margin: 0; font-size: 1.3rem; line-height: 1.3; letter-spacing: -0.01em; }
h3 { margin: 0; font-size: 0.95rem; font-weight: 600; }
p { margin: 0; }
small { font-size: 0.85em; color: var(--muted); }
.summary { margin-top: 0.75rem; max-width: 44rem; font-size: 1.1rem; color: var(--muted); text-wrap: pretty; }
.note { margin-top: 0.35rem; max-width: 44rem; color: var(--muted); text-wrap: pretty; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.figures { display: flex; flex-wrap: wrap; gap: 1.25rem 2.75rem; margin: 1.75rem 0 0; }
.figures div { display: flex; flex-direction: column-reverse; }
.figures dt { color: var(--muted); font-size: 0.9rem; }
.figures dd { margin: 0; font-size: 1.75rem; font-weight: 650; line-height: 1.2; letter-spacing: -0.02em; }

nav { margin-top: 1.75rem; padding-top: 0.9rem; border-top: 1px solid var(--line); font-size: 0.92rem; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 0; padding: 0; list-style: none; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

section { margin-top: 3rem; scroll-margin-top: 1rem; }
section > :not(h2, .note, h3) { margin-top: 1.1rem; }
section > h3 { margin-top: 1.4rem; }
section > h3 + * { margin-top: 0.6rem !important; }

.charts { display: flex; flex-wrap: wrap; gap: 1rem; }
.chart {
  flex: 1 1 19rem; max-width: 28rem; min-width: 0; margin: 0; padding: 0.9rem 1rem 0.6rem;
  background: var(--surface); border: 1px solid var(--line); border-radius: 0.6rem; break-inside: avoid;
}
.chart figcaption { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0.1rem 1rem; }
section .chart { display: flex; flex-direction: column; gap: 0.3rem; }
.chart > svg { margin-top: auto; --plot-background: var(--surface); width: 100%; height: auto; font: 13px system-ui, sans-serif; }
.legend { display: flex; flex-wrap: wrap; gap: 0 1rem; margin: 0; padding: 0; list-style: none; font-size: 0.85rem; color: var(--muted); }
.legend li { display: flex; align-items: center; gap: 0.4rem; }
.legend svg { width: 22px; height: 8px; stroke-width: 2; fill: none; }
details { font-size: 0.92rem; }
summary { cursor: pointer; color: var(--accent); width: fit-content; }
details[open] summary { margin-bottom: 0.6rem; }

.scroll { position: relative; overflow-x: auto; max-width: 100%; width: fit-content; background: var(--surface); border: 1px solid var(--line); border-radius: 0.6rem; }
table { border-collapse: collapse; font-size: 0.92rem; }
th, td { padding: 0.4rem 0.9rem; text-align: right; border-top: 1px solid var(--line); white-space: nowrap; font-weight: inherit; }
thead th { border-top: 0; color: var(--muted); font-size: 0.85rem; vertical-align: bottom; }
tr > :first-child { text-align: left; }
.best { font-weight: 700; color: var(--accent); }

.confusion { font-size: clamp(0.6rem, 0.35rem + 0.75vw, 0.9rem); }
.confusion th, .confusion td { padding: 0.45em 0.3em; min-width: 3.4em; text-align: center; border: 0; border: 1px solid var(--surface); }
.confusion th { color: var(--muted); font-size: inherit; }
.confusion tr > :first-child { padding: 0.45em 0.8em; text-align: right; color: inherit; }
.confusion .right { background: color-mix(in srgb, var(--right) calc(var(--strength) * 60%), var(--surface)); }
.confusion .wrong { background: color-mix(in srgb, var(--wrong) calc(var(--strength) * 65%), var(--surface)); }
.confusion .none { color: color-mix(in srgb, var(--muted) 55%, var(--surface)); }
.confusion .margin, .confusion .margin td, .confusion .margin th { color: var(--muted) !important; font-size: 0.9em; }
.confusion.long thead th span { writing-mode: vertical-rl; transform: rotate(180deg); }

.samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(5.2rem, 1fr)); gap: 0.9rem 0.75rem; }
.samples figure { margin: 0; font-size: 0.85rem; line-height: 1.35; break-inside: avoid; }
.samples img { width: 100%; height: auto; border-radius: 0.35rem; image-rendering: pixelated; display: block; margin-bottom: 0.3rem; }
.samples .right span { color: var(--series-1); }
.samples .wrong span { color: var(--series-2); }
.samples .wrong img { outline: 2px solid var(--series-2); outline-offset: 1px; }
.samples.texts { grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); }
.samples.texts figure { padding: 0.8rem 1rem; background: var(--surface); border: 1px solid var(--line); border-radius: 0.6rem; }
blockquote { margin: 0 0 0.4rem; font-size: 0.95rem; overflow-wrap: anywhere; }

.weights { display: grid; grid-template-columns: repeat(auto-fill, minmax(3.5rem, 1fr)); gap: 0.35rem; }
.weights img { width: 100%; height: auto; display: block; image-rendering: pixelated; background: var(--surface); border: 1px solid var(--line); border-radius: 0.2rem; }
.scale { display: flex; align-items: center; gap: 0.6rem; font-size: 0.85rem; color: var(--muted); }
.scale i { width: 9rem; height: 0.6rem; border-radius: 0.2rem; background: linear-gradient(to right, rgb(37 99 235), transparent, rgb(234 88 12)); }

.settings { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); gap: 0 2rem; margin: 0; font-size: 0.92rem; }
.settings div { display: flex; justify-content: space-between; gap: 1rem; padding: 0.4rem 0; border-bottom: 1px solid var(--line); }
.settings dt { color: var(--muted); }
.settings dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
pre {
  margin: 0; width: fit-content; max-width: 100%; padding: 0.9rem 1rem; overflow-x: auto; background: var(--surface); border: 1px solid var(--line); border-radius: 0.6rem;
  font: 0.85rem/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace;
}

@media (max-width: 40rem) {
  body { padding-top: 1.75rem; padding-inline: 1rem; }
  section { margin-top: 2.25rem; }
  .figures { gap: 0.9rem 1.75rem; }
  .figures dd { font-size: 1.4rem; }
  th, td { padding-inline: 0.6rem; }
  .confusion { width: 100%; }
  .confusion th, .confusion td { min-width: 0; padding-inline: 0.15em; }
  .confusion tr > :first-child { padding-inline: 0.4em; }
  .samples { grid-template-columns: repeat(auto-fill, minmax(4.2rem, 1fr)); }
  .weights { grid-template-columns: repeat(auto-fill, minmax(2.7rem, 1fr)); }
}
@media print {
  :root { color-scheme: light; --page: #fff; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { padding: 0; max-width: none; font-size: 10.5pt; }
  nav, details:not([open]) { display: none; }
  section { margin-top: 1.6rem; }
  h2, .note { break-after: avoid; }
  .scroll { overflow: visible; }
}
`;
