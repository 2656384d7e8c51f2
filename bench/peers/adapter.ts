// What the adapter of a JavaScript contestant offers; those of Python do the same (host.py).
import { createRequire } from 'node:module';
import type { NetworkInputs, ProductInputs } from './tasks.ts';

export type JobName = 'product' | 'step' | 'infer' | 'epoch';

/** Something that can be repeated and timed. */
export interface Job {
  /** Once. Whoever works elsewhere returns a promise of the end. */
  run(): unknown;
  /** The product or the network's output; of a training step, its loss before the weights change. May run once more for it. */
  result(): number | Float32Array | Promise<number | Float32Array>;
  /** Gives memory back. */
  release?(): void;
}

/** MNIST as rows of 784 numbers of 0 … 1. */
export interface Digits {
  trainX: Float32Array;
  trainY: Int32Array;
  testX: Float32Array;
  testY: Int32Array;
}

/** Training on MNIST, batches of 128 in a new order in every epoch. */
export interface Epochs {
  /** One epoch. */
  run(): unknown;
  /** The share of the test digits that are right. */
  accuracy(): number | Promise<number>;
}

export interface Adapter {
  version: string;
  product?(inputs: ProductInputs): Job | Promise<Job>;
  /** A training step: forward, loss, backward, Adam. */
  step?(inputs: NetworkInputs, lr: number): Job | Promise<Job>;
  /** The forward pass, its output read. */
  infer?(inputs: NetworkInputs): Job | Promise<Job>;
  epoch?(network: NetworkInputs, digits: Digits, lr: number): Epochs | Promise<Epochs>;
  /** Why it has none of these. */
  cannot?: Partial<Record<JobName, string>>;
}

/** Loads the library; settings are a contestant's `options`. */
export type Open = (options: any) => Promise<Adapter>;

const require = createRequire(import.meta.url);

/** A package of bench/peers. Untyped: its types are there only once it is installed. */
export const peer = (name: string): any => require(name);

/** Where a file of such a package is. */
export const peerFile = (name: string): string => require.resolve(name);

/** 0 … length − 1 in random order: of libraries that have no loader of their own. */
export function shuffled(length: number): Int32Array {
  const order = Int32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Labels as rows with a single 1. */
export function oneHot(labels: Int32Array, classes: number): Float32Array {
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((label, i) => {
    rows[i * classes + label] = 1;
  });
  return rows;
}

/** The largest of each row. */
export function argmax(rows: Float32Array, columns: number): Int32Array {
  return Int32Array.from({ length: rows.length / columns }, (_, i) => {
    let best = 0;
    for (let j = 1; j < columns; j++) if (rows[i * columns + j] > rows[i * columns + best]) best = j;
    return best;
  });
}

export const shareRight = (predicted: Int32Array, labels: Int32Array): number =>
  predicted.reduce((sum, label, i) => sum + (label === labels[i] ? 1 : 0), 0) / labels.length;
