// Runs one contestant in a process of its own: node host.ts ADAPTER OPTIONS. It is told what to do in lines of JSON, and answers in such.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import type { Adapter, Digits, Epochs, Job, Open } from './adapter.ts';
import type { Answer, Message } from './child.ts';
import { inputsOf, type Network } from './tasks.ts';

const [adapterFile, options] = process.argv.slice(2);
const answer = (reply: Answer) => process.stdout.write(`${JSON.stringify(reply)}\n`);
console.log = console.error; // standard output is for answers
console.warn = () => {};

let adapter: Adapter;
let job: Job | undefined;
let epochs: Epochs | undefined;
try {
  const { open }: { open: Open } = await import(pathToFileURL(adapterFile).href);
  adapter = await open(JSON.parse(options));
  answer({ ok: true, version: adapter.version, cannot: adapter.cannot });
} catch (error) {
  answer({ ok: false, problem: text(error) });
  process.exit(1);
}

for await (const line of createInterface({ input: process.stdin })) {
  try {
    answer({ ok: true, ...(await handle(JSON.parse(line))) });
  } catch (error) {
    answer({ ok: false, problem: text(error) });
  }
}
process.exit();

async function handle(message: Message): Promise<Partial<Answer>> {
  switch (message.do) {
    case 'prepare':
      job?.release?.();
      job = await prepare(message);
      return {};
    case 'result': {
      const result = await ready().result();
      if (typeof result === 'number') return { result };
      writeFileSync(message.output, result);
      return {};
    }
    case 'run': {
      // By hand, and not by benchmark.js: every contestant, of two languages, is timed by the same few lines, and bursts take turns
      const { runs = Infinity, milliseconds = Infinity } = message;
      const current = ready();
      const begin = performance.now();
      let [count, elapsed] = [0, 0];
      while (count < runs && elapsed < milliseconds) {
        // as many as are likely to fit before the clock is asked again
        const next = Math.min(
          runs - count,
          Math.max(1, Math.floor((count * Math.min(milliseconds - elapsed, 20)) / elapsed || 1)),
        );
        for (let i = 0; i < next; i++) {
          const pending = current.run();
          if (pending instanceof Promise) await pending;
        }
        count += next;
        elapsed = performance.now() - begin;
      }
      return { runs: count, milliseconds: elapsed };
    }
    case 'prepareEpochs':
      if (!adapter.epoch) throw new Error('cannot train on MNIST');
      epochs = await adapter.epoch(network(message), readDigits(message.digits), message.lr);
      return {};
    case 'epoch': {
      const begin = performance.now();
      await epochs?.run();
      return { milliseconds: performance.now() - begin };
    }
    case 'accuracy':
      return { result: await epochs?.accuracy() };
    case 'memory':
      return { peakMiB: peakMiB(), nowMiB: process.memoryUsage().rss / 2 ** 20 };
    case 'size':
      throw new Error('is asked of Python only');
  }
}

function prepare(message: Extract<Message, { do: 'prepare' }>): Job | Promise<Job> {
  const { job, task, lr } = message;
  const method = adapter[job];
  if (!method) throw new Error(`has no ${job}`);
  if (task.kind === 'product' && adapter.product)
    return adapter.product(inputsOf(task, numbers(message.inputs)));
  const inputs = network({ task: task as Network, inputs: message.inputs });
  return (job === 'step' ? adapter.step?.(inputs, lr) : adapter.infer?.(inputs)) as Job;
}

function ready(): Job {
  if (!job) throw new Error('nothing is prepared');
  return job;
}

function network({ task, inputs }: { task: Network; inputs: string }) {
  return inputsOf(task, numbers(inputs));
}

function numbers(file: string): Float32Array {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

/** The four files of MNIST, in their format: 16 and 8 bytes of header, then bytes. */
function readDigits(folder: string): Digits {
  const images = (name: string) =>
    Float32Array.from(readFileSync(join(folder, name)).subarray(16), (byte) => byte / 255);
  const labels = (name: string) => Int32Array.from(readFileSync(join(folder, name)).subarray(8));
  return {
    trainX: images('train-images-idx3-ubyte'),
    trainY: labels('train-labels-idx1-ubyte'),
    testX: images('t10k-images-idx3-ubyte'),
    testY: labels('t10k-labels-idx1-ubyte'),
  };
}

/** Of Linux's own account: the usual one begins with what the process that started this one had. */
function peakMiB(): number {
  try {
    const [, kibibytes] = readFileSync('/proc/self/status', 'utf8').match(/VmHWM:\s+(\d+)/) ?? [];
    return Number(kibibytes) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}

function text(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .split('\n')[0]
    .slice(0, 300)
    .replaceAll(`${dirname(adapterFile)}/`, '');
}
