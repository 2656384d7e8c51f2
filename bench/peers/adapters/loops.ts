// Plain loops over typed arrays, written for this: what a program has without any library.
import { type Adapter, argmax, type Digits, shareRight, shuffled } from '../adapter.ts';
import { adam, type NetworkInputs } from '../tasks.ts';

export async function open(): Promise<Adapter> {
  return {
    version: process.version,
    product({ A, B, m, k, n }) {
      const C = new Float32Array(m * n);
      const run = () => multiply(A, B, C, m, k, n);
      return {
        run,
        result() {
          run();
          return C;
        },
      };
    },
    step(inputs, lr) {
      const net = new Net(inputs);
      const { x, rows, loss, labels, target } = inputs;
      const step = () => net.step(x, rows, loss === 'mse' ? target : labels, loss, lr);
      return { run: step, result: step };
    },
    infer(inputs) {
      const net = new Net(inputs);
      const run = () => net.forward(inputs.x, inputs.rows);
      return { run, result: run };
    },
    epoch(inputs, { trainX, trainY, testX, testY }: Digits, lr) {
      const net = new Net(inputs);
      return {
        run() {
          const order = shuffled(trainY.length);
          for (let from = 0; from < order.length; from += 128) {
            const chosen = order.subarray(from, from + 128);
            const x = new Float32Array(chosen.length * 784);
            chosen.forEach((row, i) => {
              x.set(trainX.subarray(row * 784, (row + 1) * 784), i * 784);
            });
            net.step(
              x,
              chosen.length,
              chosen.map((row) => trainY[row]),
              'crossEntropy',
              lr,
            );
          }
        },
        accuracy: () => shareRight(argmax(net.forward(testX, testY.length), 10), testY),
      };
    },
  };
}

/** C = A B, row by row of B: the fastest order of plain loops. */
function multiply(A: Float32Array, B: Float32Array, C: Float32Array, m: number, k: number, n: number): void {
  C.fill(0);
  for (let i = 0; i < m; i++)
    for (let p = 0; p < k; p++) {
      const factor = A[i * k + p];
      for (let j = 0; j < n; j++) C[i * n + j] += factor * B[p * n + j];
    }
}

export class Net {
  readonly layers;
  private steps = 0;

  constructor({ layers }: NetworkInputs) {
    this.layers = layers.map(({ inputs, outputs, W, b }) => {
      const parts = [W, b].map((w) => {
        const like = () => new Float32Array(w.length);
        return { w, gradient: like(), m: like(), v: like() };
      });
      return { inputs, outputs, W: parts[0], b: parts[1], y: new Float32Array(0), dx: new Float32Array(0) };
    });
  }

  forward(x: Float32Array, rows: number): Float32Array {
    let input = x;
    this.layers.forEach((layer, l) => {
      const { inputs, outputs, W, b } = layer;
      if (layer.y.length !== rows * outputs) layer.y = new Float32Array(rows * outputs);
      const { y } = layer;
      multiply(input, W.w, y, rows, inputs, outputs);
      const last = l === this.layers.length - 1;
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < outputs; j++) {
          const z = y[i * outputs + j] + b.w[j];
          y[i * outputs + j] = last || z > 0 ? z : 0;
        }
      input = y;
    });
    return input;
  }

  /** The loss before the step. */
  step(
    x: Float32Array,
    rows: number,
    truth: Float32Array | Int32Array,
    loss: NetworkInputs['loss'],
    lr: number,
  ): number {
    const y = this.forward(x, rows);
    const gradient = new Float32Array(y.length);
    const value = loss === 'mse' ? squaredError(y, truth, gradient) : crossEntropy(y, truth, rows, gradient);
    this.backward(x, rows, gradient);
    this.steps++;
    for (const { W, b } of this.layers) for (const part of [W, b]) this.update(part, lr);
    return value;
  }

  private backward(x: Float32Array, rows: number, gradient: Float32Array): void {
    let G = gradient;
    for (let l = this.layers.length - 1; l >= 0; l--) {
      const layer = this.layers[l];
      const { inputs, outputs, W, b } = layer;
      const X = l === 0 ? x : this.layers[l - 1].y;
      W.gradient.fill(0);
      b.gradient.fill(0);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < outputs; j++) b.gradient[j] += G[i * outputs + j];
        for (let p = 0; p < inputs; p++) {
          const factor = X[i * inputs + p];
          for (let j = 0; j < outputs; j++) W.gradient[p * outputs + j] += factor * G[i * outputs + j];
        }
      }
      if (l === 0) return;
      if (layer.dx.length !== rows * inputs) layer.dx = new Float32Array(rows * inputs);
      const { dx } = layer;
      for (let i = 0; i < rows; i++)
        for (let p = 0; p < inputs; p++) {
          let sum = 0;
          if (X[i * inputs + p] > 0)
            for (let j = 0; j < outputs; j++) sum += G[i * outputs + j] * W.w[p * outputs + j];
          dx[i * inputs + p] = sum;
        }
      G = dx;
    }
  }

  private update(
    { w, gradient, m, v }: Record<'w' | 'gradient' | 'm' | 'v', Float32Array>,
    lr: number,
  ): void {
    const { beta1, beta2, eps } = adam;
    const [correct1, correct2] = [1 - beta1 ** this.steps, 1 - beta2 ** this.steps];
    for (let i = 0; i < w.length; i++) {
      const g = gradient[i];
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      w[i] -= (lr * (m[i] / correct1)) / (Math.sqrt(v[i] / correct2) + eps);
    }
  }
}

function squaredError(y: Float32Array, target: ArrayLike<number>, gradient: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < y.length; i++) {
    const difference = y[i] - target[i];
    sum += difference * difference;
    gradient[i] = (2 * difference) / y.length;
  }
  return sum / y.length;
}

function crossEntropy(
  y: Float32Array,
  labels: ArrayLike<number>,
  rows: number,
  gradient: Float32Array,
): number {
  const classes = y.length / rows;
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    const at = i * classes;
    let [top, sum] = [-Infinity, 0];
    for (let j = 0; j < classes; j++) top = Math.max(top, y[at + j]);
    for (let j = 0; j < classes; j++) sum += Math.exp(y[at + j] - top);
    loss += top + Math.log(sum) - y[at + labels[i]];
    for (let j = 0; j < classes; j++)
      gradient[at + j] = (Math.exp(y[at + j] - top) / sum - (j === labels[i] ? 1 : 0)) / rows;
  }
  return loss / rows;
}
