// What is computed, and the numbers that it is computed from: the same for every contestant.

/** A [m, k] · B [k, n]. */
export interface Product {
  kind: 'product';
  m: number;
  k: number;
  n: number;
}

/** Linear layers with ReLU between them, in training or not. */
export interface Network {
  kind: 'network';
  /** Of the input, of every hidden layer, of the output. */
  widths: readonly number[];
  /** Rows of the input. */
  rows: number;
  loss: 'crossEntropy' | 'mse';
}

export type Task = Product | Network;

export interface ProductInputs extends Product {
  A: Float32Array;
  B: Float32Array;
}

export interface Layer {
  inputs: number;
  outputs: number;
  /** [inputs, outputs], row by row. */
  W: Float32Array;
  b: Float32Array;
}

export interface NetworkInputs extends Network {
  layers: Layer[];
  /** [rows, inputs]. */
  x: Float32Array;
  /** The classes (crossEntropy). */
  labels: Int32Array;
  /** [rows, outputs] (mse). */
  target: Float32Array;
}

/**
 * One for which float32 decides every ReLU of every task as the truth does, which few do. With 1, a sum of 784 terms is −4e-7 in truth and 3e-6
 * in float32, in every library: the unit lets a gradient of one row through, and Adam, which divides by its size, makes of it a whole step.
 */
const seed = 8;

/** Adam's, in every contestant. */
export const adam = { beta1: 0.9, beta2: 0.999, eps: 1e-8 };

/**
 * All numbers of a task one after another: A, B; or W and b of every layer, x, then the labels or the target. This is what a file holds
 * that contestants read, so that no other language has to make the same numbers again.
 */
export function numbersOf(task: Task): Float32Array {
  const pieces: Float32Array[] = [];
  const add = (length: number, low: number, high: number) =>
    pieces.push(uniform(seed + pieces.length, length, low, high));
  if (task.kind === 'product') {
    add(task.m * task.k, -1, 1);
    add(task.k * task.n, -1, 1);
  } else {
    const { widths, rows, loss } = task;
    for (const [inputs, outputs] of pairs(widths)) {
      const bound = 1 / Math.sqrt(inputs);
      add(inputs * outputs, -bound, bound);
      add(outputs, -bound, bound);
    }
    add(rows * widths[0], 0, 1);
    const classes = widths[widths.length - 1];
    if (loss === 'crossEntropy')
      pieces.push(Float32Array.from({ length: rows }, (_, i) => (i * 7) % classes));
    else add(rows * classes, -1, 1);
  }
  const all = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** The parts of what `numbersOf` made. */
export function inputsOf(task: Product, numbers: Float32Array): ProductInputs;
export function inputsOf(task: Network, numbers: Float32Array): NetworkInputs;
export function inputsOf(task: Task, numbers: Float32Array): ProductInputs | NetworkInputs {
  let at = 0;
  const next = (length: number) => numbers.slice(at, (at += length));
  if (task.kind === 'product') return { ...task, A: next(task.m * task.k), B: next(task.k * task.n) };
  const layers = pairs(task.widths).map(([inputs, outputs]) => {
    return { inputs, outputs, W: next(inputs * outputs), b: next(outputs) };
  });
  const x = next(task.rows * task.widths[0]);
  const target = numbers.slice(at);
  return { ...task, layers, x, target, labels: Int32Array.from(target) };
}

/** Multiplications and additions of products: forward, and for a step ∂L/∂W and ∂L/∂X of all layers; the input needs no gradient. */
export function flopsOf(task: Task, step: boolean): number {
  if (task.kind === 'product') return 2 * task.m * task.k * task.n;
  const weights = pairs(task.widths).map(([inputs, outputs]) => inputs * outputs);
  const all = weights.reduce((sum, count) => sum + count, 0);
  return 2 * task.rows * (step ? 3 * all - weights[0] : all);
}

/** Neighbours: of widths, the inputs and outputs of each layer. */
export const pairs = (widths: readonly number[]): [number, number][] =>
  widths.slice(1).map((width, i) => [widths[i], width]);

/** `length` numbers of [low, high): the seed and the index, mixed by multiplications and shifts (the finalizer of MurmurHash3). */
function uniform(seed: number, length: number, low: number, high: number): Float32Array {
  const numbers = new Float32Array(length);
  const start = Math.imul(seed, 0x9e3779b9);
  for (let i = 0; i < length; i++) {
    let bits = (start + i) | 0;
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    bits ^= bits >>> 16;
    numbers[i] = low + ((high - low) * (bits >>> 8)) / 2 ** 24;
  }
  return numbers;
}
