// A contestant's process: started, asked, and ended.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import type { JobName } from './adapter.ts';
import type { Declared } from './contestants.ts';
import type { Network, Task } from './tasks.ts';

export type Message =
  | { do: 'prepare'; job: Exclude<JobName, 'epoch'>; task: Task; inputs: string; lr: number }
  /** What the job computes: a number is returned, an array is written. */
  | { do: 'result'; output: string }
  /** Runs so often, or so long, whichever ends first. */
  | { do: 'run'; runs?: number; milliseconds?: number }
  | { do: 'prepareEpochs'; task: Network; inputs: string; lr: number; digits: string }
  | { do: 'epoch' }
  | { do: 'accuracy' }
  | { do: 'memory' }
  /** Of Python only: what its library takes on the disk. */
  | { do: 'size' };

export interface Answer {
  ok: boolean;
  problem?: string;
  version?: string;
  cannot?: Partial<Record<JobName, string>>;
  result?: number;
  runs?: number;
  milliseconds?: number;
  peakMiB?: number;
  nowMiB?: number;
  installedBytes?: number;
  packages?: number;
}

/** Why a contestant did not do what it was asked. */
export class Failure extends Error {}

/** What runs contestants. */
export interface Programs {
  /** The host and the adapters as JavaScript. */
  folder: string;
  /** A Python with torch. */
  python?: string;
}

const nameOf = (adapter: string) => `${basename(adapter, '.ts')}.js`;

/**
 * Makes JavaScript of the host and the adapters, in a folder from which the packages of bench/peers are found: Node would take time for
 * their types in every process, and how long a contestant takes to start is measured.
 */
export async function buildPrograms(contestants: readonly Declared[]): Promise<string> {
  mkdirSync(join(import.meta.dirname, 'build'), { recursive: true });
  const folder = mkdtempSync(join(import.meta.dirname, 'build', 'run-'));
  const adapters = contestants.map(({ adapter }) => adapter).filter((adapter) => adapter.endsWith('.ts'));
  const sources = [...new Set(adapters)].map((adapter) => join(import.meta.dirname, 'adapters', adapter));
  await build({
    entryPoints: [join(import.meta.dirname, 'host.ts'), ...sources.filter(existsSync)],
    ...{ bundle: true, packages: 'external', platform: 'node', format: 'esm', target: 'node24' },
    ...{ entryNames: '[name]', outdir: folder, logLevel: 'error' },
  });
  return folder;
}

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const process of alive) process.kill('SIGKILL');
});

export class Child {
  readonly contestant: Declared;
  /** What it said when it was ready. */
  hello: Answer = { ok: false };
  readonly process: ChildProcess;
  private answers: Answer[] = [];
  private wake: (() => void) | undefined;
  private ended: string | undefined;
  private complaint = '';

  private constructor(contestant: Declared, { folder, python }: Programs) {
    this.contestant = contestant;
    const { adapter, options, env } = contestant;
    const [program, host, file] = adapter.endsWith('.py')
      ? [
          python as string,
          join(import.meta.dirname, 'host.py'),
          join(import.meta.dirname, 'adapters', adapter),
        ]
      : [process.execPath, join(folder, 'host.js'), join(folder, nameOf(adapter))];
    const { TYPEGRAD_WIDE: _, ...inherited } = process.env; // what is wide says so itself
    this.process = spawn(program, [host, file, JSON.stringify(options ?? {})], {
      env: { ...inherited, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    alive.add(this.process);
    const { stdin, stdout, stderr } = this.process;
    stdin?.on('error', () => {}); // that it has ended is told by its end
    stderr?.on('data', (data) => {
      this.complaint = `${this.complaint}${data}`.slice(-2000);
    });
    if (stdout)
      createInterface({ input: stdout }).on('line', (line) => {
        if (!line.startsWith('{"ok":')) return; // what libraries say
        this.answers.push(JSON.parse(line));
        this.wake?.();
      });
    const end = (reason: string) => {
      alive.delete(this.process);
      this.ended ??= reason;
      this.wake?.();
    };
    this.process.on('error', ({ message }) => end(message));
    this.process.on('close', (code, signal) => {
      const last = this.complaint.trim().split('\n').pop() ?? '';
      end(`its process ended (${signal ?? code})${last && `: ${last.slice(0, 200)}`}`);
    });
  }

  static async start(contestant: Declared, programs: Programs, seconds = 60): Promise<Child> {
    const child = new Child(contestant, programs);
    child.hello = await child.next(seconds);
    return child;
  }

  /** Asks, and waits for the answer; whoever takes too long is ended. */
  ask(message: Message, seconds: number): Promise<Answer> {
    this.process.stdin?.write(`${JSON.stringify(message)}\n`);
    return this.next(seconds);
  }

  get running(): boolean {
    return this.ended === undefined;
  }

  end(): void {
    this.ended ??= 'it was ended';
    this.process.kill('SIGKILL');
  }

  private async next(seconds: number): Promise<Answer> {
    const timer = setTimeout(() => {
      this.ended ??= `too slow: left out (no answer in ${seconds} s)`;
      this.process.kill('SIGKILL');
      this.wake?.();
    }, 1000 * seconds);
    try {
      while (this.answers.length === 0) {
        if (this.ended !== undefined) throw new Failure(this.ended);
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
    const answer = this.answers.shift() as Answer;
    if (!answer.ok) throw new Failure(answer.problem ?? 'failed');
    return answer;
  }
}
