// Checks of what callers pass in, shared by every public function.
import { ArgumentError } from './errors.ts';

/** Typed arrays of numbers; the 64-bit integers are not among them. */
export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** How a value looks in an error message: short, and telling its type. */
export function describe(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 40 ? `${value.slice(0, 37)}...` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return value.name ? `the function ${value.name}` : 'a function';
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const name = value.constructor?.name;
  if (!name || name === 'Object') return 'an object';
  if (ArrayBuffer.isView(value) && 'length' in value) return `${name}(${value.length})`;
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}

/** Whether `value` is a typed array of numbers; the 64-bit integers are none. */
export const isNumericArray = (value: unknown): value is NumericArray =>
  ArrayBuffer.isView(value) &&
  !(value instanceof DataView || value instanceof BigInt64Array || value instanceof BigUint64Array);

/** What a number must satisfy; `above` and `below` exclude the bound itself, also when it is infinite. */
export interface Range {
  min?: number;
  max?: number;
  above?: number;
  below?: number;
  integer?: boolean;
}

/** The range of every number but NaN and the infinite ones. */
export const finite: Range = { above: -Infinity, below: Infinity };

/** Throws unless `value` is a number inside `range`; NaN never is. Returns it. */
export function checkNumber(where: string, name: string, value: unknown, range: Range = {}): number {
  const { min = -Infinity, max = Infinity, above, below, integer = false } = range;
  const fits =
    typeof value === 'number' &&
    value >= min &&
    value <= max &&
    (above === undefined || value > above) &&
    (below === undefined || value < below) &&
    (!integer || Number.isSafeInteger(value));
  if (fits) return value;
  throw new ArgumentError(where, `${name} is ${describe(value)}`, `${name} must be ${describeRange(range)}`);
}

function describeRange({ min, max, above, below, integer }: Range): string {
  const kind = integer ? 'a whole number' : below === Infinity ? 'a finite number' : 'a number';
  const bounds = [
    above !== undefined && above > -Infinity && `greater than ${above}`,
    min !== undefined && `at least ${min}`,
    below !== undefined && below < Infinity && `less than ${below}`,
    max !== undefined && `at most ${max}`,
  ].filter(Boolean);
  return bounds.length > 0 ? `${kind}, ${bounds.join(' and ')}` : kind;
}

/** Throws unless `value` is true or false. Returns it. */
export function checkFlag(where: string, name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new ArgumentError(where, `${name} is ${describe(value)}`, `${name} must be true or false`);
}

/** Throws unless every key of `options` is one of `known`; names the nearest known one. */
export function checkOptions(where: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return;
  if (
    options === null ||
    typeof options !== 'object' ||
    Array.isArray(options) ||
    ArrayBuffer.isView(options)
  ) {
    throw new ArgumentError(
      where,
      `options is ${describe(options)}`,
      'options must be an object',
      optionsExample(where, known),
    );
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const guess = nearest(key, known);
    throw new ArgumentError(
      where,
      `unknown option ${JSON.stringify(key)}`,
      `known options: ${known.length ? known.join(', ') : 'none'}`,
      guess && `{ ${guess}: ... }`,
    );
  }
}

const optionsExample = (where: string, known: readonly string[]) =>
  known.length ? `${where}(..., { ${known[0]}: ... })` : undefined;

/** Throws unless `value` is one of `choices`; names the nearest one. Returns it. */
export function checkChoice<T extends string>(
  where: string,
  name: string,
  value: unknown,
  choices: readonly T[],
): T {
  if (choices.includes(value as T)) return value as T;
  const guess = typeof value === 'string' ? nearest(value, choices) : undefined;
  throw new ArgumentError(
    where,
    `${name} is ${describe(value)}`,
    `${name} must be one of ${choices.map((c) => `'${c}'`).join(', ')}`,
    guess && `{ ${name}: '${guess}' }`,
  );
}

/** The word of `known` that is most like `word`, if one is close enough to have been meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.ceil(word.length / 2));
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < Math.min(least, candidate.length)) [best, least] = [candidate, distance];
  }
  return best ?? known.find((name) => beginAlike(word.toLowerCase(), name.toLowerCase()));
}

/** Whether one word is the other's beginning, or both begin with the same half: epsilon and eps, reduce and reduction. */
function beginAlike(a: string, b: string): boolean {
  const shorter = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < shorter && a[shared] === b[shared]) shared++;
  return shorter > 1 && (shared === shorter || (shared > 3 && 2 * shared > shorter));
}

/** The least number of letters to insert, delete, replace, or swap with their neighbour (Levenshtein, Damerau). */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const [above, row] = [rows[i - 1], (rows[i] = [i])];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(row[j - 1] + 1, above[j] + 1, above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[a.length][b.length];
}
