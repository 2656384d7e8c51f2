// TensorFlow.js: the core API with variables; a step is optimizer.minimize, which tidies up after itself.
import { dirname, join } from 'node:path';
import { type Adapter, peer, peerFile, shuffled } from '../adapter.ts';
import type { NetworkInputs } from '../tasks.ts';

export async function open({ backend }: { backend: 'cpu' | 'wasm' }): Promise<Adapter> {
  const tf = peer('@tensorflow/tfjs');
  if (backend === 'wasm') {
    // Its threads do not start in Node; SIMD does
    const name = '@tensorflow/tfjs-backend-wasm';
    peer(name).setWasmPaths(`${join(dirname(peerFile(`${name}/package.json`)), 'dist')}/`);
  }
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no ${backend} backend here`);
  await tf.ready();

  const modelOf = ({ layers }: NetworkInputs) => {
    const variables = layers.map(({ inputs, outputs, W, b }) => [
      tf.variable(tf.tensor2d(W, [inputs, outputs])),
      tf.variable(tf.tensor1d(b)),
    ]);
    const forward = (x: any) =>
      variables.reduce((h, [W, b], i) => {
        const z = tf.add(tf.matMul(h, W), b);
        return i < variables.length - 1 ? tf.relu(z) : z;
      }, x);
    return { forward, variables: variables.flat() };
  };
  const classes = (labels: Int32Array, count: number) =>
    tf.tidy(() => tf.oneHot(tf.tensor1d(labels, 'int32'), count).toFloat());

  return {
    version: tf.version_core,
    product({ A, B, m, k, n }) {
      const [a, b] = [tf.tensor2d(A, [m, k]), tf.tensor2d(B, [k, n])];
      return {
        run: () => tf.matMul(a, b).dispose(),
        result: () => tf.tidy(() => tf.matMul(a, b).dataSync()),
        release: () => tf.dispose([a, b]),
      };
    },
    step(inputs, lr) {
      const { rows, widths, labels } = inputs;
      const [width, outputs] = [widths[0], widths[widths.length - 1]];
      const { forward, variables } = modelOf(inputs);
      const optimizer = tf.train.adam(lr, 0.9, 0.999, 1e-8);
      const x = tf.tensor2d(inputs.x, [rows, width]);
      const mse = inputs.loss === 'mse';
      const y = mse ? tf.tensor2d(inputs.target, [rows, outputs]) : classes(labels, outputs);
      const loss = () =>
        mse ? tf.losses.meanSquaredError(y, forward(x)) : tf.losses.softmaxCrossEntropy(y, forward(x));
      return {
        run: () => optimizer.minimize(loss, false, variables),
        result() {
          const value = optimizer.minimize(loss, true, variables);
          const [number] = value.dataSync();
          value.dispose();
          return number;
        },
        release() {
          tf.dispose([x, y, ...variables]);
          optimizer.dispose();
        },
      };
    },
    infer(inputs) {
      const { forward, variables } = modelOf(inputs);
      const x = tf.tensor2d(inputs.x, [inputs.rows, inputs.widths[0]]);
      const run = () => tf.tidy(() => forward(x).dataSync());
      return { run, result: run, release: () => tf.dispose([x, ...variables]) };
    },
    epoch(inputs, { trainX, trainY, testX, testY }, lr) {
      const { forward, variables } = modelOf(inputs);
      const optimizer = tf.train.adam(lr, 0.9, 0.999, 1e-8);
      const x = tf.tensor2d(trainX, [trainY.length, 784]);
      const y = classes(trainY, 10);
      return {
        run() {
          const order = shuffled(trainY.length);
          for (let from = 0; from < order.length; from += 128)
            tf.tidy(() => {
              const chosen = tf.tensor1d(order.subarray(from, from + 128), 'int32');
              const [xs, ys] = [tf.gather(x, chosen), tf.gather(y, chosen)];
              optimizer.minimize(() => tf.losses.softmaxCrossEntropy(ys, forward(xs)), false, variables);
            });
        },
        accuracy: () =>
          tf.tidy(() => {
            const right = tf.equal(
              tf.argMax(forward(tf.tensor2d(testX, [testY.length, 784])), 1),
              tf.tensor1d(testY, 'int32'),
            );
            return tf.mean(right.toFloat()).dataSync()[0];
          }),
      };
    },
  };
}
