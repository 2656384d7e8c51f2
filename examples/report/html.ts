// HTML from templates: every value is escaped, unless it is HTML made here.

/** A piece of HTML that is already safe. Only `html` and `trusted` make one. */
export class Html {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  toString(): string {
    return this.#text;
  }
}

/** What a template takes. Nothing is written for undefined and false; lists are written one after the other. */
export type Content = Html | string | number | undefined | false | readonly Content[];

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it must stand in HTML, between tags and in quoted attributes. */
export const escape = (text: string): string => text.replace(/[&<>"']/g, (c) => entities[c]);

const show = (value: Content): string => {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.toString();
  return typeof value === 'object' ? value.map(show).join('') : escape(String(value));
};

/** html`<b title="${name}">${name}</b>` */
export const html = (parts: TemplateStringsArray, ...values: Content[]): Html =>
  new Html(parts.reduce((text, part, i) => text + show(values[i - 1]) + part));

/** Text that another library made as HTML. */
export const trusted = (text: string): Html => new Html(text);
