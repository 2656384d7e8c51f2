// The WebAssembly kernels of optimizers.ts against the reference, bit by bit, for every combination of options.
import { expect } from 'chai';
import { reference } from '../../src/kernels/reference/index.ts';
import type { ParameterBuffers } from '../../src/kernels/index.ts';
import { tensor } from '../../src/tensor/index.ts';
import { seeded } from '../support/random.ts';
import { clearMemory, contents, expectSameBits, input, inRanges, kernels, output } from '../support/wasm.ts';

const sizes = [0, 1, 3, 4, 5, 7, 8, 15, 16, 17, 63, 64, 65, 129, 1000, 4097];
const specials = [Number.NaN, Infinity, -Infinity, 0, -0, 1e-45, -1e-42, 1e-20, 3.4e38, -3.4e38];

const numbers = (count: number, seed: number, share: number): Float32Array => {
  const random = seeded(seed * 7919 + count);
  return Float32Array.from({ length: count }, () =>
    random() < share ? specials[Math.floor(random() * specials.length)] : random() * 4 - 2,
  );
};

/** Blocks of the heap are padded to 16 floats, and the kernels overwrite the padding. */
const padded = (count: number): number => Math.ceil(count / 16) * 16;

/** Every choice of one value for each key. */
function combinations<T>(choices: { [K in keyof T]: T[K][] }): T[] {
  let list: Partial<T>[] = [{}];
  for (const key of Object.keys(choices) as (keyof T)[])
    list = list.flatMap((base) => choices[key].map((value) => ({ ...base, [key]: value })));
  return list as T[];
}

/**
 * Three steps on the same buffers by the kernel, whose rows of 16 are cut into ranges, and by the reference. Buffers: w, the
 * gradient, then the state; `absent` of the state's are left out.
 */
function check(
  what: string,
  absent: boolean[],
  kernel: (rows: readonly [from: number, to: number, table: number], step: number) => void,
  theirs: (parameters: ParameterBuffers[], step: number) => void,
): void {
  for (const count of sizes) {
    for (const share of [0, 0.2]) {
      clearMemory();
      const values = [false, false, ...absent].map((isAbsent, i) =>
        isAbsent
          ? undefined
          : numbers(count, i, share).map((value) => (i > 2 && share === 0 ? Math.abs(value) : value)),
      );
      const outputs = values.map((list) => {
        const before = new Float32Array(padded(count));
        before.set(list ?? []);
        return list && output(before.length, before);
      });
      const tensors = values.map((list) => list && tensor(list));
      const rows = Array.from({ length: padded(count) / 16 }, (_, row) => {
        const addresses = Array.from({ length: 5 }, (_, i) => (outputs[i] ? outputs[i].at + row * 64 : 0));
        return [...addresses, Math.min(count - row * 16, 16)];
      });
      const table = input(Int32Array.from(rows.flat()));
      const buffers = tensors.filter((tensor) => tensor !== undefined) as unknown as ParameterBuffers;
      for (let step = 1; step <= 3; step++) {
        inRanges(rows.length, (from, to) => kernel([from, to, table], step));
        theirs([buffers], step);
        outputs.forEach((place, i) => {
          const [mine, other] = [place?.read().slice(0, count), tensors[i]?.data];
          if (mine && other) expectSameBits(mine, other, `${what}, buffer ${i} of ${count} after ${step}`);
        });
      }
    }
  }
}

describe('wasm optimizers', () => {
  const decays = [0, 0.01];

  for (const options of combinations({
    hasVelocity: [false, true],
    dampening: [0, 0.3],
    nesterov: [false, true],
    weightDecay: decays,
  })) {
    it(`sgd ${JSON.stringify(options)}`, () => {
      const { hasVelocity, dampening, nesterov, weightDecay } = options;
      const [lr, momentum] = [0.1, 0.9];
      check(
        'sgd',
        [!hasVelocity],
        (rows, step) => {
          const flags = [step === 1, nesterov].map(Number);
          kernels.sgd(...rows, lr, momentum, 1 - dampening, weightDecay, ...flags);
        },
        (parameters, step) =>
          reference.sgd(parameters, { lr, momentum, dampening, nesterov, weightDecay, first: step === 1 }),
      );
    });
  }

  for (const options of combinations({
    decoupled: [false, true],
    amsgrad: [false, true],
    weightDecay: decays,
  })) {
    it(`adam ${JSON.stringify(options)}`, () => {
      const { decoupled, amsgrad, weightDecay } = options;
      const [lr, beta1, beta2, eps] = [0.001, 0.9, 0.999, 1e-8];
      check(
        'adam',
        [false, false, !amsgrad],
        (rows, step) => {
          const power = (base: number): number => [1, base, base * base, base * (base * base)][step];
          const root = Math.sqrt(1 - power(beta2));
          kernels.adam(
            ...rows,
            ...([beta1, 1 - beta1, beta2, 1 - beta2] as const),
            (lr * root) / (1 - power(beta1)),
            eps * root,
            decoupled ? 0 : weightDecay,
            decoupled ? 1 - lr * weightDecay : 1,
          );
        },
        (parameters, step) =>
          reference.adam(parameters, { lr, beta1, beta2, eps, weightDecay, decoupled, step }),
      );
    });
  }

  for (const options of combinations({ hasVelocity: [false, true], weightDecay: decays })) {
    it(`rmsprop ${JSON.stringify(options)}`, () => {
      const { hasVelocity, weightDecay } = options;
      const [lr, alpha, eps, momentum] = [0.01, 0.99, 1e-8, 0.9];
      check(
        'rmsprop',
        [false, !hasVelocity],
        (rows) => kernels.rmsprop(...rows, lr, alpha, 1 - alpha, eps, momentum, weightDecay),
        (parameters) => reference.rmsprop(parameters, { lr, alpha, eps, momentum, weightDecay }),
      );
    });
  }

  for (const weightDecay of decays) {
    it(`adagrad ${JSON.stringify({ weightDecay })}`, () => {
      const [lr, eps] = [0.01, 1e-10];
      check(
        'adagrad',
        [false],
        (rows) => kernels.adagrad(...rows, lr, eps, weightDecay),
        (parameters) => reference.adagrad(parameters, { lr, eps, weightDecay }),
      );
    });
  }

  it('without decay an infinite weight stays infinite', () => {
    const [w, g, s] = [Infinity, 1, 0].map((value) => input(new Float32Array(16).fill(value)));
    kernels.adagrad(0, 1, input(Int32Array.of(w, g, s, 0, 0, 16)), 0.1, 1e-10, 0);
    expect(contents(w, 16)).to.deep.equal(new Float32Array(16).fill(Infinity));
  });
});
