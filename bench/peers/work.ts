// What is measured: the cases, in full and quick.
import { availableParallelism } from 'node:os';
import type { JobName } from './adapter.ts';
import type { Growth, Row } from './results.ts';
import { flopsOf, type Network, type Task } from './tasks.ts';

/** Something that is repeated in bursts. */
export interface Timed {
  id: string;
  title: string;
  group: Row['group'];
  job: Exclude<JobName, 'epoch'>;
  task: Task;
}

export interface GrowthWork extends Pick<Growth, 'id' | 'title' | 'axis'> {
  contestants: string[];
  points: { at: number; task: Network; threads?: number }[];
}

export interface Work {
  timed: Timed[];
  epoch?: { id: string; title: string; task: Network; epochs: number };
  start?: { id: string; title: string; task: Network; rounds: number };
  /** Some steps of a usual net, then many of a small one. */
  memory?: { id: string; title: string; usual: Network; small: Network; steps: number; seconds: number };
  growth: GrowthWork[];
}

const product = (m: number, k: number, n: number): Timed => ({
  id: `product ${m}x${k}x${n}`,
  title: `product ${m} × ${k} × ${n}`,
  group: 'product',
  job: 'product',
  task: { kind: 'product', m, k, n },
});

const network = (widths: number[], rows: number, loss: Network['loss'] = 'crossEntropy'): Network => {
  return { kind: 'network', widths, rows, loss };
};

const step = (task: Network): Timed => ({
  id: `step ${task.widths.join('-')} b${task.rows}`,
  title: `step of ${task.widths.join('-')}, ${task.loss === 'mse' ? `${task.rows} rows` : `batch ${task.rows}`}`,
  group: 'step',
  job: 'step',
  task,
});

const infer = (task: Network): Timed => ({
  id: `inference ${task.widths.join('-')} b${task.rows}`,
  title: `inference of ${task.widths.join('-')}, batch ${task.rows}`,
  group: 'inference',
  job: 'infer',
  task,
});

const article = [784, 64, 128, 10];
const powers = (from: number, to: number, factor = 2): number[] =>
  from > to ? [] : [from, ...powers(from * factor, to, factor)];

/** All work, or what `only` matches; quick work is the same with fewer and smaller cases. */
export function chooseWork(quick: boolean, only: RegExp): Work {
  const cores = availableParallelism();
  const sizes = quick ? [64, 256, 1024] : powers(64, 2048);
  const batches = quick ? [1, 128] : [1, 32, 128, 1024];
  const block = [768, 3072, 768];
  const factor = quick ? 8 : 2;
  const epochs = quick ? 1 : 3;
  const steps = quick ? 2000 : 20_000;

  const timed = [
    ...sizes.map((size) => product(size, size, size)),
    product(128, 784, 64),
    product(128, 64, 128),
    product(512, 768, 3072),
    ...batches.map((rows) => step(network(article, rows))),
    step(network([784, 512, 512, 10], 128)),
    step(network(block, 512, 'mse')),
    infer(network(article, 1)),
    infer(network([784, 512, 512, 10], 1)),
  ];
  const growing = ['typegrad', 'typegrad-wide', 'torch', 'tfjs-wasm'];
  const growth: GrowthWork[] = [
    {
      id: 'growth batch',
      title: `step time against batch, ${article.join('-')}`,
      axis: 'batch',
      contestants: growing,
      points: powers(1, 4096, factor).map((at) => ({ at, task: network(article, at) })),
    },
    {
      id: 'growth width',
      title: 'step time against width w, 784-w-w-10, batch 128',
      axis: 'width',
      contestants: growing,
      points: powers(16, 2048, factor).map((at) => ({ at, task: network([784, at, at, 10], 128) })),
    },
    {
      id: 'growth depth',
      title: 'step time against the number of hidden layers of 128, 784-128-…-10, batch 128',
      axis: 'depth',
      contestants: growing,
      points: powers(1, 32, factor).map((at) => ({
        at,
        task: network([784, ...Array(at).fill(128), 10], 128),
      })),
    },
    {
      id: 'growth threads',
      title: `step time against threads, ${block.join('-')}, 512 rows, MSE`,
      axis: 'threads',
      contestants: ['typegrad', 'typegrad-wide', 'torch'],
      points: [...new Set([...powers(1, cores), cores])].map((at) => ({
        ...{ at, threads: at },
        task: network(block, 512, 'mse'),
      })),
    },
  ];
  const rest: Omit<Work, 'timed' | 'growth'> = {
    epoch: {
      id: 'epoch mnist',
      title: 'epoch of MNIST, batch 128',
      task: network(article, 128),
      epochs,
    },
    start: {
      id: 'start',
      title: 'from process start to the first step',
      task: network(article, 128),
      rounds: quick ? 2 : 3,
    },
    memory: {
      id: 'memory',
      title: `peak memory of ${steps.toLocaleString('en')} steps`,
      usual: network(article, 128),
      small: network([64, 32, 10], 16),
      steps,
      seconds: quick ? 6 : 40,
    },
  };
  const wanted = <T extends { id: string }>(each: T | undefined) =>
    each && only.test(each.id) ? each : undefined;
  return {
    timed: timed.filter(({ id }) => only.test(id)),
    epoch: wanted(rest.epoch),
    start: wanted(rest.start),
    memory: wanted(rest.memory),
    growth: growth.filter(({ id }) => only.test(id)),
  };
}

/**
 * What the gate computes in place of a case: itself; or, where plain loops in float64 would take long, 16 rows of the same network, whose
 * every weight takes part all the same.
 */
export function gateOf({ job, task }: Pick<Timed, 'job' | 'task'>): Task {
  if (task.kind === 'product' || 6 * flopsOf(task, job === 'step') < 4e9) return task;
  return { ...task, rows: Math.min(task.rows, 16) };
}
