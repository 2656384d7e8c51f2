// The table of layers that `model.summary()` returns.
import { checkShape, randomState, type Shape, setRandomState, show, Tensor } from '../tensor/index.ts';
import { type Widths, widths } from './widths.ts';

/** What the summary needs of a module. */
interface Summarized {
  forward(...inputs: any[]): any;
  predict(...inputs: any[]): any;
  namedModules(): Map<string, Summarized>;
  namedParameters(): Map<string, Tensor>;
  readonly [widths]: Widths;
}

/** What came out of each module, in the order in which they were first called. */
type Trace = Map<Summarized, { output: Shape | string; calls: number }>;

interface Row {
  name: string;
  kind: string;
  output: Shape | string;
  calls: number;
  trainable: number;
  frozen: number;
}

/** See `Module.summary`. */
export function summarize(model: Summarized, inputShape: Shape | undefined): string {
  const { takes } = model[widths];
  const given = inputShape !== undefined;
  const shape = given ? checkShape('summary', inputShape) : takes === undefined ? undefined : [takes];
  const trace = shape && traceRun(model, [1, ...shape], given);
  const result = trace?.get(model)?.output;
  const arrow = shape && result ? `  ${showBatch([1, ...shape])} → ${showBatch(result)}` : '';
  return format(model.constructor.name + arrow, rowsOf(model, trace));
}

/** Lets zeros run through the model, and puts back what that changed. Undefined when they can't run, unless they must. */
function traceRun(model: Summarized, shape: Shape, must: boolean): Trace | undefined {
  const trace: Trace = new Map();
  const modules = [...new Set(model.namedModules().values())];
  const before = modules.map((module) => Object.getOwnPropertyDescriptor(module, 'forward'));
  const random = randomState();
  try {
    for (const module of modules) watch(module, trace);
    model.predict(new Tensor(shape));
    return trace;
  } catch (error) {
    if (must) throw error;
    return undefined;
  } finally {
    modules.forEach((module, i) => {
      const own = before[i];
      if (own) Object.defineProperty(module, 'forward', own);
      else Reflect.deleteProperty(module, 'forward');
    });
    setRandomState(random);
  }
}

function watch(module: Summarized, trace: Trace): void {
  const { forward } = module;
  const value = (...inputs: unknown[]): unknown => {
    const seen = trace.get(module) ?? { output: '?', calls: 0 };
    trace.set(module, seen);
    const result: unknown = forward.apply(module, inputs);
    if (seen.calls++ === 0) seen.output = outputOf(result);
    return result;
  };
  Object.defineProperty(module, 'forward', { value, configurable: true });
}

/** A tensor's shape; of several outputs, those of each. */
function outputOf(result: unknown): Shape | string {
  if (result instanceof Tensor) return result.shape;
  const isPlain =
    result !== null && typeof result === 'object' && Object.getPrototypeOf(result) === Object.prototype;
  if (!isPlain) return '?';
  const parts = Object.entries(result).map(([name, part]) => `${name}: ${showBatch(outputOf(part))}`);
  return `{ ${parts.join(', ')} }`;
}

/** The modules that have parameters of their own, or no inner modules: in the order of the calls, else of the fields. */
function rowsOf(model: Summarized, trace: Trace | undefined): Row[] {
  const modules = model.namedModules();
  const rows = new Map<Summarized, Row>();
  for (const [name, module] of modules) {
    if (rows.has(module)) continue;
    const { output, calls } = trace?.get(module) ?? { output: trace ? 'not run' : '?', calls: 0 };
    rows.set(module, { name, kind: module.constructor.name, output, calls, trainable: 0, frozen: 0 });
  }
  for (const [name, parameter] of model.namedParameters()) {
    let owner = name;
    do owner = owner.slice(0, Math.max(owner.lastIndexOf('.'), 0));
    while (!modules.has(owner));
    const row = rows.get(modules.get(owner) as Summarized) as Row;
    row[parameter.requiresGrad ? 'trainable' : 'frozen'] += parameter.size;
  }
  const order = new Set([...(trace?.keys() ?? []), ...rows.keys()]);
  return [...order].flatMap((module) => {
    const row = rows.get(module) as Row;
    return module.namedModules().size === 1 || row.trainable + row.frozen > 0 ? [row] : [];
  });
}

const pageWidth = 80;
const gap = '  ';
const none = '–';

/** Columns under a title: the layers, then the totals of their parameters. */
function format(title: string, rows: readonly Row[]): string {
  const [trainable, frozen] = [total(rows, 'trainable'), total(rows, 'frozen')];
  const table = [
    ['layer', 'class', 'output', 'parameters', ''],
    ...rows.map((row) => [
      row.name || none,
      row.calls > 1 ? `${row.kind} ×${row.calls}` : row.kind,
      showBatch(row.output),
      row.trainable + row.frozen === 0 ? none : count(row.trainable + row.frozen),
      row.frozen === 0 ? '' : row.trainable === 0 ? 'frozen' : `${count(row.trainable)} trainable`,
    ]),
  ];
  const [names, ...rest] = table[0].map((_, i) => Math.max(...table.map((cells) => cells[i].length)));
  const others = rest.reduce((sum, width) => sum + (width && gap.length + width), 1);
  const nameWidth = Math.max(Math.min(names, pageWidth - others), 'trainable'.length);
  const line = ([name, kind, output, parameters, note]: readonly string[]) =>
    [
      ` ${shorten(name, nameWidth).padEnd(nameWidth)}`,
      kind.padEnd(rest[0]),
      output.padEnd(rest[1]),
      parameters.padStart(rest[2]),
      note,
    ]
      .join(gap)
      .trimEnd();
  const rule = ` ${'─'.repeat(nameWidth + others - 1)}`;
  const [head, ...body] = table.map(line);
  const totals = Object.entries({ trainable, frozen, all: trainable + frozen }).map(([name, n]) =>
    line([name, '', '', count(n), '']),
  );
  return [` ${title}`, '', head, rule, ...body, rule, ...totals].join('\n');
}

const total = (rows: readonly Row[], key: 'trainable' | 'frozen'): number =>
  rows.reduce((sum, row) => sum + row[key], 0);

const count = (n: number): string => n.toLocaleString('en-US');

/** The shape for a batch of any size: `[N, 10]`. */
const showBatch = (shape: Shape | string): string =>
  typeof shape === 'string'
    ? shape
    : shape.length > 0
      ? `[${['N', ...shape.slice(1)].join(', ')}]`
      : show([]);

/** A name that fits, by its end, which tells it from others. */
const shorten = (name: string, width: number): string =>
  name.length <= width ? name : `…${name.slice(name.length - width + 1)}`;
