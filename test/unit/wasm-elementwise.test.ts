// The WebAssembly kernels of elementwise.ts and math.ts against the reference, bit by bit.
import { reference } from '../../src/kernels/reference/index.ts';
import { type Tensor, tensor } from '../../src/tensor/index.ts';
import { seeded } from '../support/random.ts';
import {
  clearMemory,
  contents,
  expected,
  expectSameBits,
  inRanges,
  input,
  kernels,
  output,
} from '../support/wasm.ts';

const sizes = [0, 1, 3, 4, 5, 7, 8, 15, 16, 17, 63, 64, 65, 129, 1000, 4095, 4097, 10000];
const specials = [
  Number.NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  1,
  -1,
  2,
  -2,
  3,
  0.5,
  1e-45,
  -1e-42,
  3.4e38,
  -3.4e38,
];

/** Ordinary, special, huge and tiny numbers in turn; integers often, so that powers are real and values equal. */
function mixed(count: number, seed: number): Float32Array {
  const random = seeded(seed * 7919 + count);
  return Float32Array.from({ length: count }, () => {
    const kind = random();
    if (kind < 0.3) return specials[Math.floor(random() * specials.length)];
    if (kind < 0.5) return (random() - 0.5) * 2 ** (random() * 270 - 140);
    return kind < 0.6 ? Math.floor(random() * 9 - 4) : random() * 20 - 10;
  });
}

/** A vector, padded as tensors of the heap are: kernels with one operand may write to the end of the padding. */
const padded = (count: number): number => Math.ceil(count / 16) * 16;

beforeEach(clearMemory);

const plain = [
  ...([
    'neg',
    'abs',
    'sign',
    'square',
    'sqrt',
    'rsqrt',
    'exp',
    'log',
    'log1p',
    'expm1',
    'sin',
    'cos',
  ] as const),
  ...(['tanh', 'erf', 'sigmoid', 'softplus', 'relu', 'isFinite'] as const),
];

/** Each verb with one operand: its kernel's name, its parameters, and the reference. */
const unary: [name: string, parameters: number[], run: (x: Tensor, y: Tensor) => void][] = [
  ...plain.map((name): (typeof unary)[0] => [name, [], (x, y) => reference[name](x, y)]),
  ['leakyRelu', [0.01], (x, y) => reference.leakyRelu(x, 0.01, y)],
  ['elu', [1.7], (x, y) => reference.elu(x, 1.7, y)],
  ['elu', [-0], (x, y) => reference.elu(x, -0, y)],
  ['clip', [-0.5, 2], (x, y) => reference.clip(x, -0.5, 2, y)],
  ['clip', [2, -0.5], (x, y) => reference.clip(x, 2, -0.5, y)],
  ['clip', [-0, Infinity], (x, y) => reference.clip(x, -0, Infinity, y)],
];

describe('wasm kernels with one operand', () => {
  for (const [name, parameters, run] of unary) {
    const title = parameters.length > 0 ? `${name} (${parameters})` : name;
    const kernel = (x: number, y: number, n: number): number => kernels[name](x, y, n, ...parameters);

    it(`${title} is the reference's for every 10,007th float32`, () => {
      const x = Float32Array.from({ length: 65536 });
      const bits = new Uint32Array(x.buffer);
      for (let pattern = 0; pattern < 2 ** 32; ) {
        let count = 0;
        for (; count < x.length && pattern < 2 ** 32; pattern += 10_007) bits[count++] = pattern;
        clearMemory();
        const numbers = x.slice(0, count);
        const [from, y] = [input(numbers), output(padded(count))];
        kernel(from, y.at, count);
        expectSameBits(
          y.read().slice(0, count),
          expected(count, (theirs) => run(tensor(numbers), theirs)),
          title,
        );
      }
    });

    it(`${title} is the reference's where it is curved, and for angles next to a multiple of π/2`, () => {
      const random = seeded(13);
      const x = Float32Array.from({ length: 100_000 }, () => random() * 24 - 12);
      for (let i = 0; i < x.length; i += 4) x[i] /= 8;
      x.set([
        8.6707839e29,
        1.2996287e31,
        16367173 * 2 ** 72,
        16367173 * 2 ** 71,
        3 * 2 ** 27,
        2 ** 27,
        134217720,
      ]);
      const [from, y] = [input(x), output(x.length)];
      kernel(from, y.at, x.length);
      expectSameBits(
        y.read(),
        expected(x.length, (result) => run(tensor(x), result)),
        title,
      );
    });

    it(`${title} is the reference's for any size, cut at multiples of 16, and in place`, () => {
      for (const count of sizes) {
        clearMemory();
        const x = mixed(count, 1);
        const [from, y] = [input(x), output(padded(count))];
        inRanges(padded(count) / 16, (first, end) =>
          kernel(from + first * 64, y.at + first * 64, Math.min(end * 16, count) - first * 16),
        );
        const theirs = expected(count, (result) => run(tensor(x), result));
        expectSameBits(y.read().slice(0, count), theirs, `${title} of ${count}`);
        kernel(from, from, count);
        expectSameBits(contents(from, count), theirs, `${title} of ${count}, in place`);
      }
    });
  }
});

const binary = [
  ...(['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'equal', 'notEqual', 'less'] as const),
  ...(['lessEqual', 'greater', 'greaterEqual', 'reluGradient'] as const),
];

describe('wasm kernels with two operands', () => {
  for (const name of binary) {
    it(`${name} is the reference's for any size and steps, wherever it starts, and ends exactly`, () => {
      for (const count of sizes) {
        for (const [aStep, bStep] of [
          [1, 1],
          [1, 0],
          [0, 1],
          [0, 0],
        ]) {
          clearMemory();
          const [a, b] = [mixed(aStep ? count : 1, 2), mixed(bStep ? count : 1, 3 + count)];
          const [as, bs, y] = [input(a), input(b), output(count)];
          inRanges(count, (from, to) =>
            kernels[name](
              as + from * aStep * 4,
              aStep,
              bs + from * bStep * 4,
              bStep,
              y.at + from * 4,
              to - from,
            ),
          );
          const theirs = expected(count, (result) => reference[name](tensor(a), tensor(b), result));
          expectSameBits(y.read(), theirs, `${name} of ${count}, steps ${aStep} and ${bStep}`);
        }
      }
    });

    it(`${name} is the reference's for every pair of special numbers, in place too`, () => {
      const more = [...specials, 7, -7, 0.9999999, 1.0000001, 33554432, -16777217, 1e10, -1e-10];
      const a = Float32Array.from({ length: more.length ** 2 }, (_, i) => more[Math.floor(i / more.length)]);
      const b = Float32Array.from({ length: more.length ** 2 }, (_, i) => more[i % more.length]);
      const theirs = expected(a.length, (result) => reference[name](tensor(a), tensor(b), result));
      for (const overA of [true, false]) {
        clearMemory();
        const [as, bs] = [input(a), input(b)];
        const y = overA ? as : bs;
        kernels[name](as, 1, bs, 1, y, a.length);
        expectSameBits(contents(y, a.length), theirs, `${name}, over ${overA ? 'a' : 'b'}`);
      }
    });
  }

  it("pow is the reference's for bases and exponents of every size whose power is finite", () => {
    const random = seeded(12);
    const x = Float32Array.from({ length: 200_000 }, () => 2 ** (random() * 250 - 125));
    const y = x.map((base) => ((random() - 0.5) * 300) / Math.log2(base));
    const [xs, ys, to] = [input(x), input(y), output(x.length)];
    kernels.pow(xs, 1, ys, 1, to.at, x.length);
    const theirs = expected(x.length, (result) => reference.pow(tensor(x), tensor(y), result));
    expectSameBits(to.read(), theirs, 'pow');
  });

  for (const name of ['add', 'sub', 'mul', 'div'] as const) {
    it(`${name}Rows broadcasts rows and columns`, () => {
      for (const rows of [0, 1, 3, 10]) {
        for (const n of [0, 1, 3, 4, 5, 10, 16, 17, 65, 129]) {
          const shapes: [number, number][] = [
            [rows, n],
            [1, n],
            [rows, 1],
            [1, 1],
          ];
          for (const aShape of shapes) {
            for (const bShape of shapes) {
              clearMemory();
              const [a, b] = [mixed(aShape[0] * aShape[1], 4), mixed(bShape[0] * bShape[1], 5)];
              const [as, bs, y] = [input(a), input(b), output(rows * n)];
              const [[aRow, aStep], [bRow, bStep]] = [aShape, bShape].map(([height, width]) => [
                height === 1 ? 0 : width,
                width === 1 ? 0 : 1,
              ]);
              inRanges(rows, (from, to) =>
                kernels[`${name}Rows`](
                  ...[as + from * aRow * 4, aRow, aStep, bs + from * bRow * 4, bRow, bStep],
                  ...[y.at + from * n * 4, to - from, n],
                ),
              );
              const theirs = tensor(new Float32Array(rows * n), [rows, n]);
              reference[name](tensor(a, aShape), tensor(b, bShape), theirs);
              expectSameBits(y.read(), theirs.data, `[${aShape}] ${name} [${bShape}]`);
            }
          }
        }
      }
    });
  }
});

describe('wasm where and fill', () => {
  const bit = (n: number, place: number): number => (n >> place) & 1;

  it("where is the reference's for any size and steps, wherever it starts, and ends exactly", () => {
    for (const count of sizes) {
      for (let steps = 0; steps < 8; steps++) {
        for (const seed of [6, 7, 8, 9]) {
          clearMemory();
          const [cStep, aStep, bStep] = [bit(steps, 0), bit(steps, 1), bit(steps, 2)];
          const c = mixed(cStep ? count : 1, seed).map((value, i) =>
            i % 3 === seed % 3 ? (i % 2 ? 0 : -0) : value,
          );
          const [a, b] = [mixed(aStep ? count : 1, 10), mixed(bStep ? count : 1, 11)];
          const [cs, as, bs, y] = [input(c), input(a), input(b), output(count)];
          inRanges(count, (from, to) =>
            kernels.where(
              ...[cs + from * cStep * 4, cStep, as + from * aStep * 4, aStep, bs + from * bStep * 4, bStep],
              ...[y.at + from * 4, to - from],
            ),
          );
          const theirs = expected(count, (result) =>
            reference.where(tensor(c), tensor(a), tensor(b), result),
          );
          expectSameBits(y.read(), theirs, `where of ${count}, steps ${cStep} ${aStep} ${bStep}`);
        }
      }
    }
  });

  it('fill fills, wherever it starts, and ends exactly', () => {
    for (const count of sizes) {
      for (const value of [0, -0, 1.1, Number.NaN, -Infinity, 1e-45]) {
        clearMemory();
        const y = output(count);
        inRanges(count, (from, to) => kernels.fill(value, y.at + from * 4, to - from));
        const theirs = expected(count, (result) => reference.fill(value, result));
        expectSameBits(y.read(), theirs, `fill ${count} with ${value}`);
      }
    }
  });
});
