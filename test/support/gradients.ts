// checkGradient: an operation's gradient against the slope that is measured, in float64.
import { expect } from 'chai';
import { grad } from '../../src/autograd/index.ts';
import type { Samples } from '../../src/autograd/op.ts';
import { Tensor } from '../../src/tensor/index.ts';
import { inFloat64 } from './float64.ts';
import { seeded } from './random.ts';

type Operation = (...args: any[]) => Tensor;

const step = 1e-6;

/** Random arguments for operations, the same in every run. */
export function samplesFrom(random: () => number): Samples {
  const make = (shape: readonly number[], value: (i: number) => number): Tensor => {
    const x = new Tensor(shape);
    for (let i = 0; i < x.size; i++) x.data[i] = value(i);
    return x;
  };
  return {
    uniform: (shape, low = -1, high = 1) => make(shape, () => low + (high - low) * random()),
    awayFromZero: (shape, least = 0.1) =>
      make(shape, () => (random() < 0.5 ? -1 : 1) * (least + (1 - least) * random())),
    distinct(shape) {
      const size = shape.reduce((a, b) => a * b, 1);
      const order = Array.from({ length: size }, (_, i) => [random(), i]).sort((a, b) => a[0] - b[0]);
      return make(shape, (i) => (order[i][1] - size / 2) * 0.15 + 0.02 * random());
    },
    integers: (count, below) => Int32Array.from({ length: count }, () => Math.floor(random() * below)),
  };
}

/** The tensors among arguments, those in lists too. */
export const tensorsIn = (args: readonly unknown[]): Tensor[] =>
  args.flatMap((arg) =>
    arg instanceof Tensor ? [arg] : Array.isArray(arg) ? arg.filter((item) => item instanceof Tensor) : [],
  );

/**
 * Measures ∂L/∂x for L = ⟨G, op(args)⟩, G random, by central differences (L(x + h) − L(x − h)) / 2h with h = 1e-6,
 * and demands that the operation's gradient agrees to 1e-6 · max(1, |slope|) everywhere. A random G, because with
 * ones a gradient that forgets to use G would pass.
 *
 * Runs in float64: in float32 the difference of two rounded losses would drown the slope.
 *
 * @param secondOrder also check the gradient's own gradient, which `createGraph` records
 */
export function checkGradient(
  op: Operation,
  args: readonly unknown[] | ((random: Samples) => readonly unknown[]),
  { secondOrder = true } = {},
): void {
  inFloat64(() => {
    const random = seeded(1);
    const made = typeof args === 'function' ? args(samplesFrom(random)) : args.map(doubled);
    compareWithSlopes(op, made, random);
    if (secondOrder) checkSecondOrder(op, made, random);
  });
}

const doubled = (arg: unknown): unknown => {
  if (Array.isArray(arg)) return arg.map(doubled);
  if (!(arg instanceof Tensor)) return arg;
  const x = new Tensor(arg.shape);
  x.data.set(arg.data);
  return x;
};

function compareWithSlopes(op: Operation, args: readonly unknown[], random: () => number): void {
  const inputs = tensorsIn(args);
  for (const x of inputs) x.requiresGrad = true;
  const Y = op(...args);
  const G = samplesFrom(random).uniform(Y.shape);
  const slopes = inputs.map((x) => measure(() => dot(G, op(...args)), x));
  for (const createGraph of [false, true]) {
    const gradients = grad(op(...args), inputs, { gradient: G, createGraph });
    gradients.forEach((gradient, i) =>
      expectClose(gradient, slopes[i], `${createGraph ? 'recorded ' : ''}∂L/∂(input ${i})`),
    );
  }
}

/** The slope of L at each element of x. */
function measure(L: () => number, x: Tensor): number[] {
  return Array.from(x.data, (value, i) => {
    x.storage.write()[i] = value + step;
    const above = L();
    x.storage.write()[i] = value - step;
    const below = L();
    x.storage.write()[i] = value;
    return (above - below) / (2 * step);
  });
}

/** The gradient as a function of its own: g(x) = ∂⟨G, op(x)⟩/∂x, checked as any other operation. */
function checkSecondOrder(op: Operation, args: readonly unknown[], random: () => number): void {
  const inputs = tensorsIn(args);
  const G = samplesFrom(random).uniform(op(...args).shape);
  G.requiresGrad = true;
  const gradients = () => grad(op(...args), inputs, { gradient: G, createGraph: true });
  const H = gradients().map((g) => samplesFrom(random).uniform(g.shape));
  const L = () => gradients().reduce((total, g, i) => total + dot(H[i], g), 0);
  const all = [...inputs, G];
  const slopes = all.map((x) => measure(L, x));
  const found = all.map((x) => new Float64Array(x.size));
  gradients().forEach((g, i) => {
    if (!g.requiresGrad) return;
    grad(g, all, { gradient: H[i], retainGraph: true }).forEach((d, j) =>
      d.data.forEach((value, k) => (found[j][k] += value)),
    );
  });
  found.forEach((d, j) => expectClose({ data: d }, slopes[j], `∂²L/∂(input ${j})`));
}

const dot = (G: Tensor, Y: Tensor): number => {
  let total = 0;
  for (let i = 0; i < G.size; i++) total += G.data[i] * Y.data[i];
  return total;
};

function expectClose(gradient: { data: ArrayLike<number> }, slopes: readonly number[], name: string): void {
  expect(gradient.data.length, `${name}: number of elements`).to.equal(slopes.length);
  slopes.forEach((slope, i) => {
    const error = Math.abs(gradient.data[i] - slope);
    if (!(error <= 1e-6 * Math.max(1, Math.abs(slope))))
      expect.fail(`${name}[${i}] is ${gradient.data[i]}, but the measured slope is ${slope}`);
  });
}
