// Softmax and its relatives, shifted by the row's maximum so that nothing overflows; layer norm.
import type { Backend } from '../backend.ts';
import { elements, exp, fround, log } from './precision.ts';
import { eachRow, maxRow, sumRow } from './reductions.ts';

type Floats = Float32Array;

let row = new elements(0); // one row, copied together
let work = new elements(0); // what is computed from it

function takeRow(x: Floats, first: number, step: number, size: number): void {
  if (row.length < size) [row, work] = [new elements(size), new elements(size)];
  for (let j = 0; j < size; j++) row[j] = x[first + j * step];
}

/**
 * A row's greatest value m, and s = Σ exp(xⱼ − m); leaves the row in `row` and the terms of s in `work`. The sum has the
 * order of a Reduction, whose inner is `step`.
 */
function exponentials(x: Floats, first: number, step: number, size: number): { m: number; s: number } {
  takeRow(x, first, step, size);
  const m = maxRow(row, 0, size);
  for (let j = 0; j < size; j++) work[j] = exp(fround(row[j] - m));
  if (step === 1) return { m, s: sumRow(work, 0, size) };
  let s = 0;
  for (let j = 0; j < size; j++) s = fround(s + work[j]);
  return { m, s };
}

type Verbs =
  | 'softmax'
  | 'logSoftmax'
  | 'logSumExp'
  | 'crossEntropy'
  | 'crossEntropyGradient'
  | 'layerNorm'
  | 'layerNormGradient';

export const softmax: Pick<Backend, Verbs> = {
  softmax(x, view, y) {
    const [from, to] = [x.storage.read(), y.storage.write()];
    eachRow(view, (first, step) => {
      const { s } = exponentials(from, first, step, view.size);
      for (let j = 0; j < view.size; j++) to[first + j * step] = work[j] / s;
    });
  },

  logSoftmax(x, view, y) {
    const [from, to] = [x.storage.read(), y.storage.write()];
    eachRow(view, (first, step) => {
      const { m, s } = exponentials(from, first, step, view.size);
      const logS = log(s);
      for (let j = 0; j < view.size; j++) to[first + j * step] = fround(row[j] - m) - logS;
    });
  },

  logSumExp(x, view, y) {
    const [from, to] = [x.storage.read(), y.storage.write()];
    eachRow(view, (first, step, at) => {
      const { m, s } = exponentials(from, first, step, view.size);
      to[at] = Math.abs(m) === Infinity ? m : m + log(s);
    });
  },

  crossEntropy(logits, labels, loss) {
    const [x, to, classes] = [logits.storage.read(), loss.storage.write(), logits.shape[1]];
    for (let r = 0; r < labels.length; r++) {
      const { m, s } = exponentials(x, r * classes, 1, classes);
      to[r] = log(s) - fround(row[labels[r]] - m);
    }
  },

  crossEntropyGradient(dy, logits, labels, dx) {
    const [g, x, to, classes] = [
      dy.storage.read(),
      logits.storage.read(),
      dx.storage.write(),
      logits.shape[1],
    ];
    for (let r = 0; r < labels.length; r++) {
      const { s } = exponentials(x, r * classes, 1, classes);
      for (let c = 0; c < classes; c++) {
        const p = fround(work[c] / s);
        to[r * classes + c] = g[r] * fround(c === labels[r] ? p - 1 : p);
      }
    }
  },

  layerNorm(x, weight, bias, eps, y) {
    const [from, to, width] = [x.storage.read(), y.storage.write(), x.shape[x.shape.length - 1]];
    const [w, b] = [weight?.storage.read(), bias?.storage.read()];
    for (let first = 0; first < from.length; first += width) {
      takeRow(from, first, 1, width);
      standardize(width, eps);
      for (let j = 0; j < width; j++) {
        const scaled = w ? fround(row[j] * w[j]) : row[j];
        to[first + j] = b ? scaled + b[j] : scaled;
      }
    }
  },

  layerNormGradient(dy, x, weight, eps, dx) {
    const [g, from, to, width] = [
      dy.storage.read(),
      x.storage.read(),
      dx.storage.write(),
      x.shape[x.shape.length - 1],
    ];
    const w = weight?.storage.read();
    const dNormal = new elements(width);
    for (let first = 0; first < from.length; first += width) {
      takeRow(from, first, 1, width);
      const rstd = standardize(width, eps);
      for (let j = 0; j < width; j++) dNormal[j] = w ? g[first + j] * w[j] : g[first + j];
      const mean = fround(sumRow(dNormal, 0, width) / width);
      for (let j = 0; j < width; j++) work[j] = dNormal[j] * row[j];
      const slope = fround(sumRow(work, 0, width) / width);
      for (let j = 0; j < width; j++)
        to[first + j] = rstd * fround(fround(dNormal[j] - mean) - fround(row[j] * slope));
    }
  },
};

/** Replaces `row` by (row − mean)·rstd, and returns rstd = 1/√(mean((row − mean)²) + eps). */
function standardize(width: number, eps: number): number {
  const mean = fround(sumRow(row, 0, width) / width);
  for (let j = 0; j < width; j++) {
    row[j] -= mean;
    work[j] = row[j] * row[j];
  }
  const variance = fround(sumRow(work, 0, width) / width);
  const rstd = fround(1 / fround(Math.sqrt(fround(variance + fround(eps)))));
  for (let j = 0; j < width; j++) row[j] *= rstd;
  return rstd;
}
