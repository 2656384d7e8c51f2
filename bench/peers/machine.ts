// This machine: what it is, what it can do at most, and how busy it is.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Results } from './results.ts';

type Machine = Results['machine'];

export function describeMachine(): Machine {
  const memoryGiB = Math.round((10 * totalmem()) / 2 ** 30) / 10;
  const os = `${type()} ${release().split('-')[0]}`;
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB,
    os,
    node: process.version,
  };
}

/** What limits.ts finds, in a process of its own: its flag for wide vectors holds for a whole process. */
export async function measureLimits(): Promise<Machine['limits']> {
  const program = join(import.meta.dirname, 'limits.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 60_000 });
  return JSON.parse(stdout);
}

const tick = 10; // milliseconds: /proc counts in hundredths of a second

/** How much processor time was used, by all and by one process: on Linux. Elsewhere nothing is known, and nothing counts as disturbed. */
export class Watch {
  private readonly pid: number | undefined;
  private readonly begin = performance.now();
  private readonly all = busy();
  private readonly own: number | undefined;

  constructor(pid: number | undefined) {
    this.pid = pid;
    this.own = busyOf(pid);
  }

  /** How many cores others have kept busy since. */
  others(): number {
    const [all, own] = [busy(), busyOf(this.pid)];
    if (all === undefined || own === undefined || this.all === undefined || this.own === undefined) return 0;
    const ticks = 1.5 * tick; // both are rounded
    return Math.max(0, all - this.all - (own - this.own) - ticks) / (performance.now() - this.begin);
  }
}

function busy(): number | undefined {
  try {
    const [user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8')
      .split('\n')[0]
      .trim()
      .split(/\s+/)
      .slice(1)
      .map(Number);
    return tick * (user + nice + system + irq + softirq);
  } catch {
    return undefined;
  }
}

function busyOf(pid: number | undefined): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' '); // a program's name may hold anything
    return tick * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return undefined;
  }
}
