// The options of an example: one table from which its usage is written, and its arguments are read.
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';

interface Option<V> {
  /** What stands for the value in the usage; flags have none. */
  letter: string;
  about: string;
  value: V;
  /** The value that an argument means, or undefined if it means none. */
  read(argument: string): V | undefined;
  /** What an argument must be. */
  rule: string;
}

const toNumber = (argument: string): number => (argument.trim() === '' ? Number.NaN : Number(argument));

/** A whole number, at least `min`. */
export const whole = (about: string, value: number, min = 0): Option<number> => ({
  letter: 'N',
  about,
  value,
  read: (argument) => {
    const n = toNumber(argument);
    return Number.isSafeInteger(n) && n >= min ? n : undefined;
  },
  rule: `a whole number, at least ${min}`,
});

/** A number from `min` to `max`. */
export const number = (about: string, value: number, min = 0, max = Number.MAX_VALUE): Option<number> => ({
  letter: 'X',
  about,
  value,
  read: (argument) => {
    const x = toNumber(argument);
    return x >= min && x <= max ? x : undefined;
  },
  rule: max < Number.MAX_VALUE ? `a number, ${min} … ${max}` : `a number, at least ${min}`,
});

/** The name of a file to write. */
export const file = (about: string, value: string): Option<string> => ({
  letter: 'FILE',
  about,
  value,
  read: (argument) => (argument !== '' && existsSync(dirname(argument)) ? argument : undefined),
  rule: 'a file in a folder that exists',
});

/** The name of a folder to read from. */
export const folder = (about: string, value: string): Option<string> => ({
  letter: 'FOLDER',
  about,
  value,
  read: (argument) => (existsSync(argument) ? argument : undefined),
  rule: 'a folder that exists',
});

/** Something that is done when it is asked for. */
export const flag = (about: string): Option<boolean> => ({
  letter: '',
  about,
  value: false,
  read: () => true,
  rule: '',
});

/**
 * The values of a program's options, from its arguments. `--help` prints the usage and ends the program; an argument
 * that is wrong ends it with exit code 2, after the reason and the usage.
 *
 *     const { epochs } = readOptions('npm run mnist', { epochs: whole('how often to go through the digits', 5) });
 */
export function readOptions<T extends Record<string, Option<any>>>(
  command: string,
  table: T,
): { [K in keyof T]: T[K]['value'] } {
  const options: [string, Option<any>][] = [...Object.entries(table), ['help', flag('show this')]];
  const lines = options.map(([name, { letter, about, value }]) => [
    `  --${name} ${letter}`,
    about,
    letter && `${value}`,
  ]);
  const width = (column: number) => Math.max(...lines.map((line) => line[column].length)) + 3;
  const usage = `${command} -- [options]\n\n${lines
    .map(([name, about, value]) => `${name.padEnd(width(0))}${about.padEnd(width(1))}${value}`.trimEnd())
    .join('\n')}`;
  try {
    const { values } = parseArgs({
      options: Object.fromEntries(
        options.map(([name, { letter }]) => [name, { type: letter ? 'string' : 'boolean' }] as const),
      ),
    });
    if (values.help) {
      console.log(usage);
      process.exit();
    }
    const read = Object.entries(table).map(([name, { value, read, rule }]) => {
      const argument = values[name];
      if (argument === undefined) return [name, value];
      const found = read(String(argument));
      if (found === undefined) throw new Error(`--${name} is '${argument}', and must be ${rule}`);
      return [name, found];
    });
    return Object.fromEntries(read);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
