// Elementwise verbs as gpu.js kernels. Of a device's functions, what they make of NaN is not known: NaN takes the way around
// them. And x !== x is false for NaN on some, so NaN is what is not x === x.
import {
  type Handle,
  kernel,
  type Kernel,
  type Program,
  type Steps,
  type Thread,
  type Value,
} from '../device.ts';
import { expand } from './movement.ts';

const unaryKernels: Record<string, Kernel> = {
  neg: kernel('a', function (this: Thread, x: number[]) {
    return -x[this.thread.x];
  }),
  abs: kernel('a', function (this: Thread, x: number[]) {
    return Math.abs(x[this.thread.x]);
  }),
  sign: kernel('a', function (this: Thread, x: number[]) {
    const value = x[this.thread.x];
    return value > 0 ? 1 : value < 0 ? -1 : value;
  }),
  square: kernel('a', function (this: Thread, x: number[]) {
    const value = x[this.thread.x];
    return value * value;
  }),
  sqrt: kernel('a', function (this: Thread, x: number[]) {
    return Math.sqrt(x[this.thread.x]);
  }),
  rsqrt: kernel('a', function (this: Thread, x: number[]) {
    return 1 / Math.sqrt(x[this.thread.x]);
  }),
  exp: kernel('a', function (this: Thread, x: number[]) {
    const value = x[this.thread.x];
    return value === value ? Math.exp(value) : value;
  }),
  // Near 0: the series x + x²/2! + x³/3! + ...
  expm1: kernel('a', function (this: Thread, x: number[]) {
    const value = x[this.thread.x];
    if (Math.abs(value) < 0.5)
      return (
        value *
        (1 +
          (value / 2) *
            (1 +
              (value / 3) *
                (1 +
                  (value / 4) * (1 + (value / 5) * (1 + (value / 6) * (1 + (value / 7) * (1 + value / 8)))))))
      );
    return value === value ? Math.exp(value) - 1 : value;
  }),
  // (1 − e⁻²ˣ)/(1 + e⁻²ˣ), which stays finite; near 0 the series.
  tanh: kernel('a', function (this: Thread, x: number[]) {
    const value = x[this.thread.x];
    const size = Math.abs(value);
    const square = value * value;
    if (size < 0.3)
      return value * (1 - square * (1 / 3 - square * (2 / 15 - square * (17 / 315 - (square * 62) / 2835))));
    const power = Math.exp(-2 * size);
    const result = (1 - power) / (1 + power);
    if (value === value) return value < 0 ? -result : result;
    return value;
  }),
  // The reference's fraction, each power of x² with a positive factor.
  erf: kernel('a', function (this: Thread, x: number[]) {
    const value = x[this.thread.x];
    const inside = value > 4 ? 4 : value < -4 ? -4 : value;
    const z = inside * inside;
    const upper = (6.79141636018e-6 * z + 4.11279384146e-4) * z + 0.00422649466753;
    const lower = (2.60488388344e-7 * z + 7.25642818666e-5) * z + 0.00142120991336;
    const P = ((upper * z + 0.055749579226) * z + 0.19287878287) * z + 1.12837916997;
    const Q = (((lower * z + 0.0162951547572) * z + 0.117495397668) * z + 0.504267804606) * z + 1;
    return (inside * P) / Q;
  }),
  sigmoid: kernel('a', function (this: Thread, x: number[]) {
    const value = x[this.thread.x];
    return value === value ? 1 / (1 + Math.exp(-value)) : value;
  }),
  // max(x, 0) + log(1 + e^−|x|), the logarithm of numbers near 1 by its series.
  softplus: kernel('a', function (this: Thread, x: number[]) {
    const value = x[this.thread.x];
    const power = Math.exp(-Math.abs(value));
    let log = Math.log(1 + power);
    if (power < 0.05) log = power * (1 - power * (1 / 2 - power * (1 / 3 - power * (1 / 4 - power / 5))));
    if (value === value) return value < 0 ? log : value + log;
    return value;
  }),
  relu: kernel('a', function (this: Thread, x: number[]) {
    const value = x[this.thread.x];
    return value <= 0 ? 0 : value;
  }),
  isFinite: kernel('a', function (this: Thread, x: number[]) {
    return Math.abs(x[this.thread.x]) <= 3.4028234663852886e38 ? 1 : 0;
  }),
  leakyRelu: kernel('af', function (this: Thread, x: number[], slope: number) {
    const value = x[this.thread.x];
    return value > 0 ? value : slope * value;
  }),
  elu: kernel('af', function (this: Thread, x: number[], alpha: number) {
    const value = x[this.thread.x];
    if (value > 0) return value;
    if (value > -0.5)
      return (
        alpha *
        value *
        (1 +
          (value / 2) *
            (1 +
              (value / 3) *
                (1 +
                  (value / 4) * (1 + (value / 5) * (1 + (value / 6) * (1 + (value / 7) * (1 + value / 8)))))))
      );
    return value === value ? alpha * (Math.exp(value) - 1) : value;
  }),
  clip: kernel('aff', function (this: Thread, x: number[], min: number, max: number) {
    const value = x[this.thread.x];
    return value < min ? min : value > max ? max : value;
  }),
};

/** Kernels that are told NaN and ∞, which the text of a shader cannot hold. */
const limitedKernels: Record<string, Kernel> = {
  log: kernel('aff', function (this: Thread, x: number[], nan: number, infinity: number) {
    const value = x[this.thread.x];
    if (value > 0) return Math.log(value);
    return value === 0 ? -infinity : nan;
  }),
  // Near 0, where 1 + x loses x's digits: the series x − x²/2 + x³/3 − ...
  log1p: kernel('aff', function (this: Thread, x: number[], nan: number, infinity: number) {
    const value = x[this.thread.x];
    if (Math.abs(value) < 0.1)
      return (
        value *
        (1 -
          value *
            (1 / 2 - value * (1 / 3 - value * (1 / 4 - value * (1 / 5 - value * (1 / 6 - (value * 1) / 7))))))
      );
    if (value > -1) return Math.log(1 + value);
    return value === -1 ? -infinity : nan;
  }),
};

/**
 * The angle within ±π that has x's sine and cosine: x − 2πk, 2π in two parts, of which the first times k is exact. For large
 * x, which are m·2ᵉ with a whole m: m·(2ᵉ/2π) in turns, of which only the fraction counts, by digits of 2ᵉ/2π that are so
 * short that a product with half of m is exact.
 */
const angle = kernel('aaf', function (this: Thread, x: number[], digits: number[], nan: number) {
  const value = x[this.thread.x];
  const size = Math.abs(value);
  if (size < 1000) {
    const turns = Math.floor(value / 6.283185307179586 + 0.5);
    return value - turns * 6.28125 - turns * 0.0019353071795864769;
  }
  if (size <= 3.4028234663852886e38) {
    let m = size;
    let e = 0;
    for (let i = 0; i < 118; i++) {
      e += m >= 1024 ? 1 : 0;
      m *= m >= 1024 ? 0.5 : 1;
    }
    m = m * 16384;
    const high = Math.floor(m * 0.000244140625) * 4096;
    let turn = 0;
    for (let j = 0; j < 5; j++) {
      const digit = digits[e * 5 + j];
      const upper = high * digit;
      const lower = (m - high) * digit;
      turn += upper - Math.floor(upper + 0.5);
      turn += lower - Math.floor(lower + 0.5);
    }
    turn = turn - Math.floor(turn + 0.5);
    return value < 0 ? -6.283185307179586 * turn : 6.283185307179586 * turn;
  }
  return nan;
});

const inverseOfTwoPi = 0x28be60db9391054a7f09d5f47d4d377036d8a5664f10e4107f9458eaf7n; // times 2²³²

/** Five digits, of 11 bits each, of the fraction of 2ᵉ⁻¹⁴/2π, for e in 0 … 118. */
const turnDigits = Float32Array.from({ length: 119 * 5 }, (_, i) => {
  const [e, j] = [Math.floor(i / 5), i % 5];
  const end = 232 + 14 - e - 11 * (j + 1);
  return Number((inverseOfTwoPi >> BigInt(end)) & 2047n) / 2 ** (11 * (j + 1));
});

// The device's own sine may be wrong by 5e-4: so the angle is folded to ±π/2, where the series ends early.
const sine = kernel('a', function (this: Thread, x: number[]) {
  let angle = x[this.thread.x];
  if (angle > 1.5707963267948966) angle = 3.141592653589793 - angle;
  if (angle < -1.5707963267948966) angle = -3.141592653589793 - angle;
  const square = angle * angle;
  return (
    angle *
    (1 -
      (square / 6) *
        (1 -
          (square / 20) *
            (1 - (square / 42) * (1 - (square / 72) * (1 - (square / 110) * (1 - square / 156))))))
  );
});

const cosine = kernel('a', function (this: Thread, x: number[]) {
  const angle = 1.5707963267948966 - Math.abs(x[this.thread.x]);
  const square = angle * angle;
  return (
    angle *
    (1 -
      (square / 6) *
        (1 -
          (square / 20) *
            (1 - (square / 42) * (1 - (square / 72) * (1 - (square / 110) * (1 - square / 156))))))
  );
});

const broadcastKernels: Record<string, Kernel> = {
  add: kernel('aa', function (this: Thread, a: number[], b: number[]) {
    return a[this.thread.x] + b[this.thread.x];
  }),
  sub: kernel('aa', function (this: Thread, a: number[], b: number[]) {
    return a[this.thread.x] - b[this.thread.x];
  }),
  mul: kernel('aa', function (this: Thread, a: number[], b: number[]) {
    return a[this.thread.x] * b[this.thread.x];
  }),
  div: kernel('aa', function (this: Thread, a: number[], b: number[]) {
    return a[this.thread.x] / b[this.thread.x];
  }),
  maximum: kernel('aa', function (this: Thread, a: number[], b: number[]) {
    const first = a[this.thread.x];
    const second = b[this.thread.x];
    if (first === first) return first > second ? first : second;
    return first;
  }),
  minimum: kernel('aa', function (this: Thread, a: number[], b: number[]) {
    const first = a[this.thread.x];
    const second = b[this.thread.x];
    if (first === first) return first < second ? first : second;
    return first;
  }),
  equal: kernel('aa', function (this: Thread, a: number[], b: number[]) {
    return a[this.thread.x] === b[this.thread.x] ? 1 : 0;
  }),
  notEqual: kernel('aa', function (this: Thread, a: number[], b: number[]) {
    return a[this.thread.x] === b[this.thread.x] ? 0 : 1;
  }),
  less: kernel('aa', function (this: Thread, a: number[], b: number[]) {
    return a[this.thread.x] < b[this.thread.x] ? 1 : 0;
  }),
  lessEqual: kernel('aa', function (this: Thread, a: number[], b: number[]) {
    return a[this.thread.x] <= b[this.thread.x] ? 1 : 0;
  }),
  greater: kernel('aa', function (this: Thread, a: number[], b: number[]) {
    return a[this.thread.x] > b[this.thread.x] ? 1 : 0;
  }),
  greaterEqual: kernel('aa', function (this: Thread, a: number[], b: number[]) {
    return a[this.thread.x] >= b[this.thread.x] ? 1 : 0;
  }),
  where: kernel('aaa', function (this: Thread, condition: number[], a: number[], b: number[]) {
    return condition[this.thread.x] === 0 ? b[this.thread.x] : a[this.thread.x];
  }),
  reluGradient: kernel('aa', function (this: Thread, dy: number[], y: number[]) {
    return y[this.thread.x] <= 0 ? 0 : dy[this.thread.x];
  }),
};

// The device's pow knows positive bases, and exponents that are finite.
const pow = kernel('aaff', function (this: Thread, a: number[], b: number[], nan: number, infinity: number) {
  const base = a[this.thread.x];
  const exponent = b[this.thread.x];
  const size = Math.abs(base);
  if (exponent === 0 || base === 1) return 1;
  if (exponent === 1) return base;
  if (exponent === 2) return base * base;
  if (!(base === base && exponent === exponent)) return nan;
  let power = Math.pow(size, exponent);
  if (size === 0 || size === infinity || Math.abs(exponent) === infinity) {
    power = 0;
    if (size > 1 && exponent > 0) power = infinity;
    if (size < 1 && exponent < 0) power = infinity;
  }
  if (size === 1) power = 1;
  if (base >= 0) return power;
  const half = exponent / 2;
  if (Math.floor(exponent) === exponent) return Math.floor(half) === half ? power : -power;
  return size === infinity ? power : nan;
});

const unary = (kernel: Kernel, ...more: number[]): Program =>
  function* ([x, ...options]: [Value, ...number[]], [y]): Steps {
    return [yield { kernel, output: [y.size], args: [x.handle, ...options, ...more] }];
  };

const ofAngle = (kernel: Kernel): Program =>
  function* ([x]: [Value], [y]): Steps {
    const digits = yield { floats: turnDigits };
    const reduced = yield { kernel: angle, output: [y.size], args: [x.handle, digits, Number.NaN] };
    return [yield { kernel, output: [y.size], args: [reduced] }];
  };

const broadcast = (kernel: Kernel, ...more: number[]): Program =>
  function* (operands: Value[], [y]): Steps {
    const args: Handle[] = [];
    for (const operand of operands) args.push(yield* expand(operand, y.shape));
    return [yield { kernel, output: [y.size], args: [...args, ...more] }];
  };

const each = (kernels: Record<string, Kernel>, program: (kernel: Kernel) => Program) =>
  Object.entries(kernels).map(([verb, kernel]): [string, Program] => [verb, program(kernel)]);

const limits = [Number.NaN, Infinity];

export const elementwise: Record<string, Program> = Object.fromEntries([
  ...each(unaryKernels, (kernel) => unary(kernel)),
  ...each(limitedKernels, (kernel) => unary(kernel, ...limits)),
  ...each({ sin: sine, cos: cosine }, ofAngle),
  ...each(broadcastKernels, (kernel) => broadcast(kernel)),
  ['pow', broadcast(pow, ...limits)],
]);
