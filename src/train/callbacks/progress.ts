// The progress bar of a training run: a bar in a terminal, a line for each epoch everywhere.
import { ArgumentError, checkFlag, checkNumber, checkOptions, describe } from '../../tensor/index.ts';
import type { Callback, EpochLog } from '../callback.ts';

export interface ProgressOptions {
  /** Where the epochs' lines go. Default: `console.log`. */
  write?: (line: string) => void;
  /** Whether to draw a bar, on standard error. Default: if that is a terminal, and cli-progress is installed. */
  bar?: boolean;
}

/**
 * One epoch as a line: `epoch 1/5  loss 0.3364  accuracy 0.9040  3.2 s`.
 *
 * @throws ArgumentError when the log is not what `fit` returns for an epoch: numbers by name
 */
export function formatEpoch(log: EpochLog, epochs: number): string {
  if (log === null || typeof log !== 'object')
    throw new ArgumentError(
      'formatEpoch',
      `the log is ${describe(log)}`,
      'a log is one of those that fit returns',
      'formatEpoch(history[0], history.length)',
    );
  const { epoch, seconds, ...numbers } = log;
  for (const [name, value] of Object.entries({ epoch, seconds, ...numbers }))
    if (typeof value !== 'number')
      throw new ArgumentError('formatEpoch', `${name} is ${describe(value)}`, `${name} must be a number`);
  checkNumber('formatEpoch', 'epochs', epochs, { integer: true, min: 0 });
  return [`epoch ${epoch}/${epochs}`, ...words(numbers), `${seconds.toFixed(1)} s`].join('  ');
}

/** `validation loss 0.4000` for each number. Small ones, such as learning rates, keep four digits: `lr 1.000e-5`. */
const words = (numbers: Record<string, number>): string[] =>
  Object.entries(numbers).map(([name, value]) => {
    const isSmall = value !== 0 && Math.abs(value) < 0.001;
    const shown = isSmall ? value.toExponential(3) : value.toFixed(4);
    return `${name.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`)} ${shown}`;
  });

/**
 * A callback that shows how far training is: a moving bar where people watch a terminal (by the package
 * cli-progress), and one line for each epoch everywhere.
 *
 * @throws ArgumentError when a bar is asked for, and cli-progress is not installed
 */
export function progressBar(options: ProgressOptions = {}): Callback {
  checkOptions('progressBar', options, ['write', 'bar']);
  const { write = console.log, bar: wanted } = options;
  if (typeof write !== 'function')
    throw new ArgumentError(
      'progressBar',
      `write is ${describe(write)}`,
      'write must be a function of a line',
      '{ write: console.log }',
    );
  if (wanted !== undefined) checkFlag('progressBar', 'bar', wanted);
  let bar: Bar | undefined;
  return {
    onStart() {
      const isWatched = typeof process !== 'undefined' && process.stderr?.isTTY === true;
      bar = (wanted ?? isWatched) ? makeBar() : undefined;
      if (wanted && !bar)
        throw new ArgumentError(
          'progressBar',
          'the package cli-progress is not installed',
          'a bar in a terminal is drawn by that package',
          'npm i cli-progress',
        );
    },
    onStep({ epoch, epochs, step, steps, loss }) {
      if (bar && !bar.isActive) bar.start(steps, step, { title: `epoch ${epoch}/${epochs}`, loss: '' });
      bar?.update(step, { loss: `loss ${loss.toFixed(4)}` });
    },
    onValidation({ epoch, totalSteps, ...numbers }) {
      bar?.stop();
      write([`epoch ${epoch} after step ${totalSteps}`, ...words(numbers)].join('  '));
    },
    onEpochEnd(log, { epochs }) {
      bar?.stop();
      write(formatEpoch(log, epochs));
    },
    onEnd({ stopped }) {
      bar?.stop();
      if (stopped !== undefined) write(`stopped: ${stopped}`);
    },
  };
}

interface Bar {
  readonly isActive: boolean;
  start(total: number, at: number, payload: object): void;
  update(at: number, payload: object): void;
  stop(): void;
}

function makeBar(): Bar | undefined {
  try {
    // Not an import: a bundler for browsers would look for the package, and fail where it is not installed.
    const { createRequire } = process.getBuiltinModule('node:module');
    const progress: typeof import('cli-progress') = createRequire(import.meta.url)('cli-progress');
    return new progress.SingleBar(
      {
        format: '{title} {bar} {percentage}%  {value}/{total}  {loss}  {eta_formatted} left',
        stream: process.stderr,
        barsize: 24,
        clearOnComplete: true,
        // Ctrl-C must end the program: no listener for it, and nothing in the terminal that would need to be put back.
        gracefulExit: false,
        linewrap: true,
      },
      progress.Presets.shades_classic,
    );
  } catch {
    return undefined;
  }
}
