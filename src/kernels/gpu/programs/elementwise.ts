// Elementwise verbs as gpu.js kernels. A condition is written so that NaN takes the branch that keeps it.
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
    return Math.exp(x[this.thread.x]);
  }),
  log: kernel('a', function (this: Thread, x: number[]) {
    return Math.log(x[this.thread.x]);
  }),
  // Near 0, where 1 + x loses x's digits: the series x − x²/2 + x³/3 − ...
  log1p: kernel('a', function (this: Thread, x: number[]) {
    const value = x[this.thread.x];
    if (Math.abs(value) < 0.1)
      return (
        value *
        (1 -
          value *
            (1 / 2 - value * (1 / 3 - value * (1 / 4 - value * (1 / 5 - value * (1 / 6 - (value * 1) / 7))))))
      );
    return Math.log(1 + value);
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
    return Math.exp(value) - 1;
  }),
  // The driver's own sine may be wrong by 5e-4: so x − 2πk, 2π in two parts, is folded to ±π/2, where the series ends early.
  sin: kernel('a', function (this: Thread, x: number[]) {
    const value = x[this.thread.x];
    const turns = Math.floor(value / 6.283185307179586 + 0.5);
    let angle = value - turns * 6.28125 - turns * 0.0019353071795864769;
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
  }),
  cos: kernel('a', function (this: Thread, x: number[]) {
    const value = x[this.thread.x];
    const turns = Math.floor(value / 6.283185307179586 + 0.5);
    const angle = 1.5707963267948966 - Math.abs(value - turns * 6.28125 - turns * 0.0019353071795864769);
    const square = angle * angle;
    return (
      angle *
      (1 -
        (square / 6) *
          (1 -
            (square / 20) *
              (1 - (square / 42) * (1 - (square / 72) * (1 - (square / 110) * (1 - square / 156))))))
    );
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
    return value < 0 ? -result : result;
  }),
  // Near 0 the series 2/√π (x − x³/3 + x⁵/10 − ...); else Abramowitz and Stegun 7.1.26.
  erf: kernel('a', function (this: Thread, x: number[]) {
    const value = x[this.thread.x];
    const size = Math.abs(value);
    const square = value * value;
    if (size < 0.75)
      return (
        1.1283791670955126 *
        value *
        (1 -
          square *
            (1 / 3 -
              square *
                (1 / 10 -
                  square *
                    (1 / 42 -
                      square * (1 / 216 - square * (1 / 1320 - square * (1 / 9360 - square / 75600)))))))
      );
    const t = 1 / (1 + 0.3275911 * size);
    const tail =
      t *
      (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) *
      Math.exp(-square);
    return value < 0 ? tail - 1 : 1 - tail;
  }),
  sigmoid: kernel('a', function (this: Thread, x: number[]) {
    return 1 / (1 + Math.exp(-x[this.thread.x]));
  }),
  softplus: kernel('a', function (this: Thread, x: number[]) {
    const value = x[this.thread.x];
    const power = Math.exp(-Math.abs(value));
    let log = Math.log(1 + power);
    if (power < 0.05) log = power * (1 - power * (1 / 2 - power * (1 / 3 - power * (1 / 4 - power / 5))));
    return value < 0 ? log : value + log;
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
    return alpha * (Math.exp(value) - 1);
  }),
  clip: kernel('aff', function (this: Thread, x: number[], min: number, max: number) {
    const value = x[this.thread.x];
    return value < min ? min : value > max ? max : value;
  }),
};

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
  // The driver's pow knows no negative base.
  pow: kernel('aa', function (this: Thread, a: number[], b: number[]) {
    const base = a[this.thread.x];
    const exponent = b[this.thread.x];
    if (exponent === 0) return 1;
    if (exponent === 1) return base;
    if (exponent === 2) return base * base;
    const size = Math.pow(Math.abs(base), exponent);
    if (base >= 0 || base !== base) return base !== base ? base : size;
    const half = exponent / 2;
    if (Math.floor(exponent) !== exponent) return Math.log(base);
    return Math.floor(half) === half ? size : -size;
  }),
  maximum: kernel('aa', function (this: Thread, a: number[], b: number[]) {
    const first = a[this.thread.x];
    const second = b[this.thread.x];
    if (first !== first) return first;
    return first > second ? first : second;
  }),
  minimum: kernel('aa', function (this: Thread, a: number[], b: number[]) {
    const first = a[this.thread.x];
    const second = b[this.thread.x];
    if (first !== first) return first;
    return first < second ? first : second;
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

const unary = (kernel: Kernel): Program =>
  function* ([x, ...options]: [Value, ...number[]], [y]): Steps {
    return [yield { kernel, output: [y.size], args: [x.handle, ...options] }];
  };

const broadcast = (kernel: Kernel): Program =>
  function* (operands: Value[], [y]): Steps {
    const args: Handle[] = [];
    for (const operand of operands) args.push(yield* expand(operand, y.shape));
    return [yield { kernel, output: [y.size], args }];
  };

const each = (kernels: Record<string, Kernel>, program: (kernel: Kernel) => Program) =>
  Object.entries(kernels).map(([verb, kernel]): [string, Program] => [verb, program(kernel)]);

export const elementwise: Record<string, Program> = Object.fromEntries([
  ...each(unaryKernels, unary),
  ...each(broadcastKernels, broadcast),
]);
