// The truth that contestants are held against: plain loops in float64, which share no code with the engine.
import { adam, type NetworkInputs, type ProductInputs } from './tasks.ts';

/** What was got, what is true, and how far apart they are, relative to the truth. */
export interface Check {
  got: number;
  truth: number;
  error: number;
}

/** The largest relative error that passes. */
export const tolerance = 1e-4;

/**
 * A product C = A B against float64, without computing it: C r = A (B r) for a vector r of random signs (Freivalds), a sum over every
 * entry of C that takes O(n²). Norms are compared, and the error is ‖C r − A (B r)‖ / ‖A (B r)‖.
 */
export function checkProduct({ A, B, m, k, n }: ProductInputs, C: Float32Array): Check {
  const signs = Float64Array.from({ length: n }, (_, j) =>
    (j * 2654435761) % 4294967296 < 2147483648 ? 1 : -1,
  );
  return compare(times(C, signs, m, n), times(A, times(B, signs, k, n), m, k));
}

/** The outputs of a forward pass, by the norm of their difference. */
export function checkOutputs(inputs: NetworkInputs, outputs: Float32Array): Check {
  const activations = forward(float64Layers(inputs), Float64Array.from(inputs.x), inputs.rows);
  return compare(Float64Array.from(outputs), activations[activations.length - 1]);
}

export function checkLoss(got: number, truth: number): Check {
  return { got, truth, error: Math.abs(got - truth) / Math.abs(truth) };
}

function compare(got: Float64Array, truth: Float64Array): Check {
  const difference = got.length === truth.length ? truth.map((value, i) => got[i] - value) : [Number.NaN];
  return {
    got: Math.hypot(...got),
    truth: Math.hypot(...truth),
    error: Math.hypot(...difference) / Math.hypot(...truth),
  };
}

/** M [rows, columns] · v. */
function times(M: Float32Array, v: Float64Array, rows: number, columns: number): Float64Array {
  const y = new Float64Array(rows);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) y[i] += M[i * columns + j] * v[j];
  return y;
}

interface Layer64 {
  inputs: number;
  outputs: number;
  /** W and b, their gradients, and Adam's two means of both. */
  W: Float64Array;
  b: Float64Array;
  dW: Float64Array;
  db: Float64Array;
  means: Float64Array[];
}

const float64Layers = ({ layers }: NetworkInputs): Layer64[] =>
  layers.map(({ inputs, outputs, W, b }) => {
    const like = (array: Float32Array) => new Float64Array(array.length);
    const means = [like(W), like(W), like(b), like(b)];
    return {
      inputs,
      outputs,
      W: Float64Array.from(W),
      b: Float64Array.from(b),
      dW: like(W),
      db: like(b),
      means,
    };
  });

/** The loss after some steps of Adam: the mean cross-entropy of softmax, or the mean squared error over all entries. */
export function lossAfter(network: NetworkInputs, steps: number, lr: number): number {
  const layers = float64Layers(network);
  const x = Float64Array.from(network.x);
  for (let step = 1; step <= steps; step++) {
    const activations = forward(layers, x, network.rows);
    const { gradient } = lossOf(network, activations[activations.length - 1]);
    backward(layers, activations, gradient, network.rows);
    for (const { W, b, dW, db, means } of layers) {
      adamStep(W, dW, means[0], means[1], step, lr);
      adamStep(b, db, means[2], means[3], step, lr);
    }
  }
  const activations = forward(layers, x, network.rows);
  return lossOf(network, activations[activations.length - 1]).loss;
}

/** x and the output of every layer: max(0, X W + b), the last one without the maximum. */
function forward(layers: Layer64[], x: Float64Array, rows: number): Float64Array[] {
  const activations = [x];
  layers.forEach(({ inputs, outputs, W, b }, l) => {
    const X = activations[l];
    const Y = new Float64Array(rows * outputs);
    for (let i = 0; i < rows; i++) {
      Y.set(b, i * outputs);
      for (let p = 0; p < inputs; p++) {
        const factor = X[i * inputs + p];
        if (factor === 0) continue; // dead units: half of them
        for (let j = 0; j < outputs; j++) Y[i * outputs + j] += factor * W[p * outputs + j];
      }
    }
    if (l < layers.length - 1) for (let i = 0; i < Y.length; i++) Y[i] = Math.max(0, Y[i]);
    activations.push(Y);
  });
  return activations;
}

/** The loss, and its gradient by the output: (p − y) / rows, or 2 (z − y) / entries. */
function lossOf(
  { loss, rows, labels, target }: NetworkInputs,
  z: Float64Array,
): { loss: number; gradient: Float64Array } {
  const gradient = new Float64Array(z.length);
  let sum = 0;
  if (loss === 'mse') {
    for (let i = 0; i < z.length; i++) {
      const difference = z[i] - target[i];
      sum += difference ** 2;
      gradient[i] = (2 * difference) / z.length;
    }
    return { loss: sum / z.length, gradient };
  }
  const classes = z.length / rows;
  for (let i = 0; i < rows; i++) {
    const logits = z.subarray(i * classes, (i + 1) * classes);
    const top = Math.max(...logits);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0);
    sum += top + Math.log(total) - logits[labels[i]];
    for (let j = 0; j < classes; j++)
      gradient[i * classes + j] = (Math.exp(logits[j] - top) / total - (j === labels[i] ? 1 : 0)) / rows;
  }
  return { loss: sum / rows, gradient };
}

/** ∂L/∂W = Xᵀ G, ∂L/∂b = the sum of G's rows, and G of the layer before: (G Wᵀ) where its output is above 0. */
function backward(
  layers: Layer64[],
  activations: Float64Array[],
  gradient: Float64Array,
  rows: number,
): void {
  let G = gradient;
  for (let l = layers.length - 1; l >= 0; l--) {
    const { inputs, outputs, W, dW, db } = layers[l];
    const X = activations[l];
    const before = new Float64Array(rows * inputs);
    dW.fill(0);
    db.fill(0);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < outputs; j++) db[j] += G[i * outputs + j];
      for (let p = 0; p < inputs; p++) {
        const factor = X[i * inputs + p];
        if (factor === 0) continue; // adds nothing to dW, and lets nothing through to the layer before
        let sum = 0;
        for (let j = 0; j < outputs; j++) {
          dW[p * outputs + j] += factor * G[i * outputs + j];
          sum += G[i * outputs + j] * W[p * outputs + j];
        }
        before[i * inputs + p] = sum;
      }
    }
    G = before;
  }
}

/** m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,  w ← w − lr · m̂ / (√v̂ + ε), with both means corrected for starting at 0. */
function adamStep(
  w: Float64Array,
  g: Float64Array,
  m: Float64Array,
  v: Float64Array,
  step: number,
  lr: number,
): void {
  const { beta1, beta2, eps } = adam;
  for (let i = 0; i < w.length; i++) {
    m[i] = beta1 * m[i] + (1 - beta1) * g[i];
    v[i] = beta2 * v[i] + (1 - beta2) * g[i] ** 2;
    w[i] -= (lr * m[i]) / (1 - beta1 ** step) / (Math.sqrt(v[i] / (1 - beta2 ** step)) + eps);
  }
}
