// Optimizer steps as gpu.js kernels: a kernel has one result, so each moment and the weight take one of their own.
import { biasCorrection } from '../../backend.ts';
import type { AdagradOptions, AdamOptions, RmspropOptions, SgdOptions } from '../../backend.ts';
import { kernel, type Program, type Steps, type Thread, type Value } from '../device.ts';

const same = kernel('a', function (this: Thread, x: number[]) {
  return x[this.thread.x];
});

/** a·x + b·y */
const mix = kernel('aaff', function (this: Thread, x: number[], y: number[], a: number, b: number) {
  return a * x[this.thread.x] + b * y[this.thread.x];
});

/** a·x + b·y² */
const mixSquare = kernel('aaff', function (this: Thread, x: number[], y: number[], a: number, b: number) {
  return a * x[this.thread.x] + b * (y[this.thread.x] * y[this.thread.x]);
});

const greater = kernel('aa', function (this: Thread, x: number[], y: number[]) {
  const first = x[this.thread.x];
  const second = y[this.thread.x];
  if (first === first) return first > second ? first : second;
  return first;
});

/** keep·w − rate·m/(√v + floor) */
const move = kernel(
  'aaafff',
  function (this: Thread, w: number[], m: number[], v: number[], keep: number, rate: number, floor: number) {
    const root = Math.sqrt(v[this.thread.x]);
    return keep * w[this.thread.x] - (rate * m[this.thread.x]) / (root + floor);
  },
);

/** x/(√v + eps) */
const overRoot = kernel('aaf', function (this: Thread, x: number[], v: number[], eps: number) {
  return x[this.thread.x] / (Math.sqrt(v[this.thread.x]) + eps);
});

export const optimizers: Record<string, Program> = {
  *sgd([w, g, ...rest]: [Value, Value, ...(Value | SgdOptions)[]]): Steps {
    const { lr, momentum, dampening, nesterov, weightDecay, first } = rest.pop() as SgdOptions;
    const velocity = rest[0] as Value | undefined;
    const output = [w.size];
    let step = weightDecay
      ? yield { kernel: mix, output, args: [g.handle, w.handle, 1, weightDecay] }
      : g.handle;
    if (!velocity) return [yield { kernel: mix, output, args: [w.handle, step, 1, -lr] }];
    const u = first
      ? yield { kernel: same, output, args: [step] }
      : yield { kernel: mix, output, args: [velocity.handle, step, momentum, 1 - dampening] };
    step = nesterov ? yield { kernel: mix, output, args: [step, u, 1, momentum] } : u;
    return [yield { kernel: mix, output, args: [w.handle, step, 1, -lr] }, u];
  },

  *adam([w, g, m0, v0, ...rest]: [Value, Value, Value, Value, ...(Value | AdamOptions)[]]): Steps {
    const options = rest.pop() as AdamOptions;
    const greatest = rest[0] as Value | undefined;
    const { lr, beta1, beta2, eps, weightDecay, decoupled, step } = options;
    const output = [w.size];
    const root = Math.sqrt(biasCorrection(beta2, step));
    const rate = (lr * root) / biasCorrection(beta1, step);
    const decays = weightDecay !== 0 && !decoupled;
    const slope = decays
      ? yield { kernel: mix, output, args: [g.handle, w.handle, 1, weightDecay] }
      : g.handle;
    const m = yield { kernel: mix, output, args: [m0.handle, slope, beta1, 1 - beta1] };
    const v = yield { kernel: mixSquare, output, args: [v0.handle, slope, beta2, 1 - beta2] };
    const most = greatest ? yield { kernel: greater, output, args: [greatest.handle, v] } : undefined;
    const keep = decoupled ? 1 - lr * weightDecay : 1;
    const args = [w.handle, m, most ?? v, keep, rate, eps * root];
    const moved = yield { kernel: move, output, args };
    return most ? [moved, m, v, most] : [moved, m, v];
  },

  *rmsprop([w, g, v0, ...rest]: [Value, Value, Value, ...(Value | RmspropOptions)[]]): Steps {
    const { lr, alpha, eps, momentum, weightDecay } = rest.pop() as RmspropOptions;
    const velocity = rest[0] as Value | undefined;
    const output = [w.size];
    const slope = weightDecay
      ? yield { kernel: mix, output, args: [g.handle, w.handle, 1, weightDecay] }
      : g.handle;
    const v = yield { kernel: mixSquare, output, args: [v0.handle, slope, alpha, 1 - alpha] };
    if (!velocity) return [yield { kernel: move, output, args: [w.handle, slope, v, 1, lr, eps] }, v];
    const scaled = yield { kernel: overRoot, output, args: [slope, v, eps] };
    const u = yield { kernel: mix, output, args: [velocity.handle, scaled, momentum, 1] };
    return [yield { kernel: mix, output, args: [w.handle, u, 1, -lr] }, v, u];
  },

  *adagrad([w, g, s0, options]: [Value, Value, Value, AdagradOptions]): Steps {
    const { lr, eps, weightDecay } = options;
    const output = [w.size];
    const slope = weightDecay
      ? yield { kernel: mix, output, args: [g.handle, w.handle, 1, weightDecay] }
      : g.handle;
    const s = yield { kernel: mixSquare, output, args: [s0.handle, slope, 1, 1] };
    return [yield { kernel: move, output, args: [w.handle, slope, s, 1, lr, eps] }, s];
  },
};
