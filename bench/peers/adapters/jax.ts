// jax-js: the step is one jitted function of weights, Adam's means and the batch; its arrays are used up by whoever gets them.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Adapter, argmax, oneHot, peerFile, shareRight, shuffled } from '../adapter.ts';
import { adam, type NetworkInputs } from '../tasks.ts';

type Arrays = any;

export async function open(): Promise<Adapter> {
  const folder = dirname(peerFile('@jax-js/jax'));
  const jax: Arrays = await import(pathToFileURL(join(folder, 'index.js')).href);
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  const { numpy: np } = jax;
  const matrix = (data: Float32Array, shape: number[]) => np.array(data).reshape(shape);
  const { beta1, beta2, eps } = adam;

  const weightsOf = ({ layers }: NetworkInputs): Arrays[] =>
    layers.flatMap(({ inputs, outputs, W, b }) => [matrix(W, [inputs, outputs]), np.array(b)]);
  const forward = (weights: Arrays[], x: Arrays) => {
    let h = x;
    for (let i = 0; i < weights.length; i += 2) {
      h = np.matmul(h, weights[i]).add(weights[i + 1]);
      if (i < weights.length - 2) h = jax.nn.relu(h);
    }
    return h;
  };

  /** A trainer: `step` resolves to the loss before it. */
  const trainer = (inputs: NetworkInputs, lr: number) => {
    const loss = (weights: Arrays[], x: Arrays, y: Arrays) => {
      const z = forward(weights, x);
      if (inputs.loss === 'mse') return np.square(z.sub(y)).mean();
      return jax.nn.logSoftmax(z, -1).mul(y).sum(-1).mean().mul(-1);
    };
    const gradients = jax.valueAndGrad(loss);
    const compiled = jax.jit(
      (weights: Arrays[], m: Arrays[], v: Arrays[], scale1: Arrays, scale2: Arrays, x: Arrays, y: Arrays) => {
        const [value, g] = gradients(
          weights.map((w) => w.ref),
          x,
          y,
        );
        const M = m.map((each, i) => each.mul(beta1).add(g[i].ref.mul(1 - beta1)));
        const V = v.map((each, i) => each.mul(beta2).add(np.square(g[i]).mul(1 - beta2)));
        const next = weights.map((w, i) =>
          w.sub(
            M[i].ref
              .mul(scale1.ref)
              .div(np.sqrt(V[i].ref.mul(scale2.ref)).add(eps))
              .mul(lr),
          ),
        );
        scale1.dispose();
        scale2.dispose();
        return [value, next, M, V];
      },
    );
    const state = { weights: weightsOf(inputs), m: [] as Arrays[], v: [] as Arrays[] };
    state.m = state.weights.map((w: Arrays) => np.zeros(w.shape));
    state.v = state.weights.map((w: Arrays) => np.zeros(w.shape));
    let count = 0;
    return {
      state,
      async step(x: Arrays, y: Arrays): Promise<Arrays> {
        count++;
        const scales = [beta1, beta2].map((beta) => np.array(1 / (1 - beta ** count)));
        const [value, weights, m, v] = compiled(state.weights, state.m, state.v, ...scales, x, y);
        Object.assign(state, { weights, m, v });
        await value.blockUntilReady();
        return value;
      },
    };
  };

  return {
    version: JSON.parse(readFileSync(join(folder, '../package.json'), 'utf8')).version,
    async product({ A, B, m, k, n }) {
      const [a, b] = [matrix(A, [m, k]), matrix(B, [k, n])];
      await jax.blockUntilReady([a.ref, b.ref]);
      return {
        async run() {
          const product = np.matmul(a.ref, b.ref);
          await product.blockUntilReady();
          product.dispose();
        },
        result: () => np.matmul(a.ref, b.ref).data(),
        release: () => [a, b].forEach((array) => array.dispose()),
      };
    },
    step(inputs, lr) {
      const { rows, widths, labels } = inputs;
      const outputs = widths[widths.length - 1];
      const { step, state } = trainer(inputs, lr);
      const x = matrix(inputs.x, [rows, widths[0]]);
      const y = matrix(inputs.loss === 'mse' ? inputs.target : oneHot(labels, outputs), [rows, outputs]);
      return {
        run: async () => (await step(x.ref, y.ref)).dispose(),
        result: async () => (await (await step(x.ref, y.ref)).data())[0],
        release: () => [x, y, ...state.weights, ...state.m, ...state.v].forEach((array) => array.dispose()),
      };
    },
    infer(inputs) {
      const weights = weightsOf(inputs);
      const compiled = jax.jit(forward);
      const x = matrix(inputs.x, [inputs.rows, inputs.widths[0]]);
      const run = () =>
        compiled(
          weights.map((w) => w.ref),
          x.ref,
        ).data();
      return { run, result: run, release: () => [x, ...weights].forEach((array) => array.dispose()) };
    },
    epoch(inputs, { trainX, trainY, testX, testY }, lr) {
      const { step, state } = trainer(inputs, lr);
      return {
        async run() {
          const order = shuffled(trainY.length);
          for (let from = 0; from < order.length; from += 128) {
            const chosen = order.subarray(from, from + 128);
            const x = new Float32Array(chosen.length * 784);
            chosen.forEach((row, i) => {
              x.set(trainX.subarray(row * 784, (row + 1) * 784), i * 784);
            });
            const y = oneHot(
              chosen.map((row) => trainY[row]),
              10,
            );
            (await step(matrix(x, [chosen.length, 784]), matrix(y, [chosen.length, 10]))).dispose();
          }
        },
        async accuracy() {
          const y = forward(
            state.weights.map((w: Arrays) => w.ref),
            matrix(testX, [testY.length, 784]),
          );
          return shareRight(argmax(await y.data(), 10), testY);
        },
      };
    },
  };
}
