// Loggers: the epochs' numbers in a file, and the learning rate among them.
import { ArgumentError, describe } from '../../tensor/index.ts';
import { checkWritable, writeFile } from '../../io/index.ts';
import type { Callback, EpochLog } from '../callback.ts';

/**
 * A callback that puts the learning rate into the epoch's log: `lr`; with several groups of parameters `lr0`, `lr1`, ... It is the
 * one that the epoch's last step had.
 */
export function learningRate(): Callback {
  let rates: number[] = [];
  return {
    onStep({ optimizer }) {
      rates = optimizer.groups.map(({ lr }) => lr);
    },
    onEpochEnd(log) {
      rates.forEach((rate, i) => {
        log[rates.length === 1 ? 'lr' : `lr${i}`] = rate;
      });
    },
  };
}

/**
 * A callback that writes the epochs' logs as a CSV file, a line each, whole after every epoch. A run that is resumed writes the earlier
 * epochs, too.
 */
export const csvLogger = (path: string): Callback =>
  logger('csvLogger', path, (history) => {
    const columns = [...new Set(history.flatMap((log) => Object.keys(log)))];
    const rows = history.map((log) => columns.map((name) => (name in log ? String(log[name]) : '')));
    return [columns.map(quoted), ...rows].map((row) => row.join(',')).join('\n');
  });

/** A callback that writes the epochs' logs as JSON lines: an object each, whole after every epoch. NaN and infinities are null. */
export const jsonLinesLogger = (path: string): Callback =>
  logger('jsonLinesLogger', path, (history) => history.map((log) => JSON.stringify(log)).join('\n'));

const quoted = (name: string): string => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);

function logger(where: string, path: string, format: (history: readonly EpochLog[]) => string): Callback {
  if (typeof path !== 'string' || path === '')
    throw new ArgumentError(
      where,
      `the path is ${describe(path)}`,
      'the path must be the name of a file',
      `${where}('log.${where.startsWith('csv') ? 'csv' : 'jsonl'}')`,
    );
  return {
    onStart: () => checkWritable(path),
    async onSettled({ history }, log) {
      if (log) await writeFile(path, new TextEncoder().encode(`${format(history)}\n`));
    },
  };
}
