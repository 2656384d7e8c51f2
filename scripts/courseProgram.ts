// The program that browserCourse.ts runs in a page or in its Web Worker: chapters of the course, by mocha, on a GPU.
import 'mocha/mocha.js';
import { device, setDevice } from '../src/index.ts';

type DeviceName = 'webgl2' | 'webgpu';

export interface Outcome {
  adapter?: string;
  /** The device after the last test: another one if it has failed. */
  backend: string;
  /** Calls of verbs there, and on the CPU. */
  calls: { gpu: number; cpu: number };
  passes: number;
  failures: number;
}

export interface Course {
  /** What imports each chapter, by its number. */
  chapters: Record<number, () => Promise<unknown>>;
  /** The titles of tests that are left out. */
  leftOut: string[];
}

type Asked = [name: DeviceName, numbers: number[]];

async function run({ chapters, leftOut }: Course, name: DeviceName, numbers: number[]): Promise<Outcome> {
  const { adapter } = await setDevice(name, { allowSoftware: true });
  const { Base } = Mocha.reporters;
  Base.useColors = false;
  const say = (text = '', ...values: unknown[]) =>
    console.log(String(text).replace(/%[sd]/g, () => String(values.shift())));
  Base.consoleLog = say;

  class Reporter extends Base {
    constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
      super(runner, options);
      let begin = 0;
      const isChapter = ({ parent }: Mocha.Suite) => parent?.root === true;
      runner.on('suite', (suite) => {
        if (isChapter(suite)) begin = performance.now();
      });
      runner.on('suite end', (suite) => {
        if (!isChapter(suite)) return;
        const [tests, seconds] = [runner.grepTotal(suite), (performance.now() - begin) / 1000];
        say('  %s: %d tests, %s s', suite.title, tests, seconds.toFixed(1));
      });
      runner.once('end', () => this.epilogue());
    }
  }

  mocha.setup({ ui: 'bdd', timeout: 120_000, reporter: Reporter });
  for (const number of numbers) await chapters[number]();
  const escaped = leftOut.map((title) => title.replace(/[^\w ]/g, '\\$&'));
  if (leftOut.length > 0) mocha.grep(new RegExp(escaped.join('|'))).invert();
  const { passes, failures } = await new Promise<Mocha.Stats>((resolve) => {
    const runner = mocha.run(() => resolve(runner.stats as Mocha.Stats));
  });

  const calls = { gpu: 0, cpu: 0 };
  for (const { gpu, cpu } of Object.values(device.counters())) {
    calls.gpu += gpu;
    calls.cpu += cpu;
  }
  return { adapter, backend: device.info().backend, calls, passes, failures };
}

/** What a page and its Web Worker do with the bundle, which is the whole program of both. */
export function start(course: Course): void {
  if ('document' in globalThis) {
    const inPage = (...asked: Asked) => run(course, ...asked);
    const inWorker = (...asked: Asked) =>
      new Promise<Outcome>((resolve, reject) => {
        const worker = new Worker(import.meta.url, { type: 'module' });
        worker.onmessage = ({ data }) =>
          'problem' in data ? reject(new Error(data.problem)) : resolve(data.outcome);
        worker.onerror = ({ message }) => reject(new Error(`in the Web Worker: ${message}`));
        worker.postMessage(asked);
      });
    Object.assign(globalThis, { inPage, inWorker });
  } else
    globalThis.onmessage = ({ data }) =>
      void run(course, ...(data as Asked)).then(
        (outcome) => postMessage({ outcome }),
        (error) => postMessage({ problem: error.stack }),
      );
}
