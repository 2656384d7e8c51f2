// A GPU for the engine: opened, measured, and put over the CPU's verbs. Loaded when setDevice asks for one, and not before.
import type { Backend } from '../backend.ts';
import { calibrate, forgetRates, ratesOf } from './calibration.ts';
import { Client, type Counters, type Terms } from './client.ts';
import { explain, onCpu, type Rates, type Work, wins } from './cost.ts';
import type { Description } from './device.ts';
import { type Backend as Kind, Unavailable } from './host.ts';
import { openLink } from './link.ts';
import { candidates, mayWaitForWorker } from './platform.ts';
import type { Call } from './verbs.ts';

export { forgetRates, Unavailable };
export type { Counters };

/** Which devices: one, any, or any that is worth it. */
export type Wanted = 'auto' | 'gpu' | Kind;

/** What the engine gives. */
export interface Engine extends Pick<Terms, 'fellBack' | 'failure' | 'cannotWait' | 'make'> {
  cpu: Backend;
  /** Tells this machine's CPU from others. */
  machine: string;
  warn(problem: string): void;
}

export interface Gpu {
  readonly description: Description;
  /** The CPU's verbs with the device's over them. */
  over(cpu: Backend): Backend;
  readonly counters: Counters;
  readonly bytes: number;
  /** Why a call goes where it goes. */
  explain(verb: string, shapes: readonly (readonly number[])[]): string;
  /** Brings back everything that is only there, and ends the device. */
  end(): Promise<void>;
  /** As if the driver had lost it. For tests. */
  lose(): void;
}

/** Opens a device. Throws Unavailable if there is none. */
export async function openGpu(wanted: Wanted, allowSoftware: boolean, engine: Engine): Promise<Gpu> {
  const kinds = wanted === 'auto' || wanted === 'gpu' ? candidates() : [wanted];
  const link = await openLink(kinds, allowSoftware, mayWaitForWorker());
  const { description } = link;
  const { cpu, machine, warn } = engine;
  const byCost = wanted === 'auto';
  const measure = () => calibrate(link, cpu, engine.make);
  const isWorthMeasuring = byCost || !description.isSoftware;
  const measured = isWorthMeasuring
    ? await ratesOf(`${description.backend}, ${description.adapter}; ${machine}`, measure, warn)
    : undefined;
  if (measured) link.send([{ do: 'choose', product: measured.gpu.product }]);
  const rates = byCost ? measured : undefined;
  const client: Client = new Client(link, cpu, {
    ...engine,
    mayFallBack: byCost,
    decide: (_, call) => rates === undefined || wins(rates, workOf(call, client)),
    onCpu: (_, call) => (rates ? onCpu(rates, workOf(call, client)).parts.compute : 0),
  });
  return {
    description,
    over: (cpu) => client.over(cpu),
    counters: client.counters,
    get bytes() {
      return client.bytes;
    },
    explain: (verb, shapes) =>
      rates
        ? explained(rates, verb, shapes)
        : `${verb}: to the GPU, since setDevice('${wanted}') asks for it`,
    end: () => client.end(),
    lose: () => link.lose(),
  };
}

const bytesOf = (shape: readonly number[]): number => 4 * shape.reduce((product, size) => product * size, 1);

function workOf({ args, results, flops = 0 }: Call, client: Client): Work {
  const work: Work = { flops, bytes: 0, missing: 0, away: 0 };
  for (const argument of args) {
    if (argument instanceof Int32Array) work.missing += argument.byteLength;
    const storage = (argument as { storage?: { length: number; isAway: boolean } } | undefined)?.storage;
    if (!storage) continue;
    const bytes = 4 * storage.length;
    work.bytes += bytes;
    if (storage.isAway) work.away += bytes;
    else if (!client.has(argument)) work.missing += bytes;
  }
  for (const { size } of results) work.bytes += 4 * size;
  return work;
}

/** The work of a verb, by its operands' shapes alone. */
function explained(rates: Rates, verb: string, shapes: readonly (readonly number[])[]): string {
  const operands = shapes.reduce((sum, shape) => sum + bytesOf(shape), 0);
  const [a = [], b = []] = shapes;
  let flops = 0;
  let result = Math.max(...shapes.map(bytesOf), 4);
  if (verb === 'matmul' || verb === 'linear') {
    const terms = a[a.length - 1];
    const columns = verb === 'matmul' ? b[b.length - 1] : b[0];
    result = (bytesOf(a) / terms) * columns;
    flops = (result / 4) * 2 * terms;
  }
  const what = `${verb} ${shapes.map((shape) => `[${shape.join(', ')}]`).join(' ')}`;
  return explain(rates, what, { flops, bytes: operands + result }, operands);
}
