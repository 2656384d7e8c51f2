// predict: a model's outputs for all batches of a loader, together.
import { detached, ScopeRecord, type Tensor, tensor } from '../tensor/index.ts';
import type { Batch, Loader, Targets } from '../data/index.ts';
import type { Module } from '../nn/index.ts';
import { checkLoader, checkModel } from './evaluate.ts';

/** What a model made of all samples, and their targets, in the loader's order. */
export interface Predictions<Output = Tensor, Y extends Targets = any> {
  output: Output;
  target: Y;
}

/**
 * The model's output for every batch, in evaluation mode and without gradients, with the targets: one row for each sample. Models with several
 * heads give an object of outputs.
 *
 *     const { output, target } = await train.predict(model, data.loader(test, { batchSize: 512 }));
 *     train.classificationReport(target, await train.predictedClasses(output))
 */
export async function predict<Y extends Targets, Output = Tensor>(
  model: Module,
  data: Loader<Batch<Tensor, Y>>,
): Promise<Predictions<Output, Y>> {
  checkModel('predict', model);
  checkLoader('predict', 'data', data);
  const outputs: unknown[] = [];
  const targets: unknown[] = [];
  for await (const { x, y } of data) {
    const scope = new ScopeRecord();
    try {
      outputs.push(await gathered(scope.run(() => model.predict(x))));
      targets.push(await gathered(y));
    } finally {
      scope.release();
    }
  }
  return { output: joined(outputs) as Output, target: joined(targets) as Y };
}

/** The rows of one batch, outside of the heap. */
interface Rows {
  values: Float32Array;
  shape: readonly number[];
}

type Gathered = Rows | Int32Array | { [name: string]: Gathered };

const isTensor = (value: unknown): value is Tensor => typeof (value as Tensor)?.read === 'function';

async function gathered(value: unknown): Promise<Gathered> {
  if (isTensor(value)) return { values: (await value.read()).slice(), shape: value.shape };
  if (value instanceof Int32Array) return value.slice();
  const entries = Object.entries(value as object).map(async ([name, item]) => [name, await gathered(item)]);
  return Object.fromEntries(await Promise.all(entries));
}

const isRows = (value: unknown): value is Rows => (value as Rows)?.values instanceof Float32Array;

/** Batches below each other. */
function joined(batches: unknown[]): unknown {
  const [first] = batches;
  if (isRows(first)) {
    const all = batches as Rows[];
    const values = concatenated(
      all.map((rows) => rows.values),
      Float32Array,
    );
    const samples = all.reduce((sum, { shape }) => sum + shape[0], 0);
    return detached(() => tensor(values, [samples, ...first.shape.slice(1)]));
  }
  if (first instanceof Int32Array) return concatenated(batches as Int32Array[], Int32Array);
  return Object.fromEntries(
    Object.keys(first as object).map((name) => [
      name,
      joined(batches.map((batch) => (batch as Record<string, unknown>)[name])),
    ]),
  );
}

function concatenated<T extends Float32Array | Int32Array>(parts: T[], Class: new (length: number) => T): T {
  const all = new Class(parts.reduce((sum, part) => sum + part.length, 0));
  let begin = 0;
  for (const part of parts) {
    all.set(part as never, begin);
    begin += part.length;
  }
  return all;
}
