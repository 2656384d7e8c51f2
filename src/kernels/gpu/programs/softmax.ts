// Softmax, cross-entropy and layer norm as gpu.js kernels: what a row needs is computed once, then its elements. NaN is kept from
// exp and log, which may make any number of it.
import {
  type Handle,
  kernel,
  type Launch,
  type Program,
  type Steps,
  type Thread,
  type Value,
} from '../device.ts';
import { maxima, partsOf, sums, type View } from './reductions.ts';

type Part = Generator<Launch, Handle, Handle>;

/** Σ exp(xⱼ − m) of rows whose elements are neighbours, each by `parts` threads; and of rows whose elements lie `inner` apart. */
const exponentials = {
  rows: kernel('aaii', function (this: Thread, x: number[], m: number[], size: number, parts: number) {
    const largest = m[this.thread.y];
    let total = 0;
    for (let j = 0; j * parts + this.thread.x < size; j++) {
      const shifted = x[this.thread.y * size + j * parts + this.thread.x] - largest;
      total += shifted === shifted ? Math.exp(shifted) : shifted;
    }
    return total;
  }),
  columns: kernel('aaii', function (this: Thread, x: number[], m: number[], size: number, inner: number) {
    const largest = m[this.thread.y * inner + this.thread.x];
    let total = 0;
    for (let j = 0; j < size; j++) {
      const shifted = x[(this.thread.y * size + j) * inner + this.thread.x] - largest;
      total += shifted === shifted ? Math.exp(shifted) : shifted;
    }
    return total;
  }),
};

function* statistics(x: Value, view: View): Generator<Launch, { m: Handle; s: Handle }, Handle> {
  const { outer, size, inner } = view;
  const m = yield* maxima(x.handle, view);
  if (inner > 1) {
    const args = [x.handle, m, size, inner];
    return { m, s: yield { kernel: exponentials.columns, output: [inner, outer], args } };
  }
  const parts = partsOf(size);
  const s = yield { kernel: exponentials.rows, output: [parts, outer], args: [x.handle, m, size, parts] };
  return { m, s: parts > 1 ? yield* sums(s, { outer, size: parts, inner: 1 }) : s };
}

const softmaxKernel = kernel(
  'aaaii',
  function (this: Thread, x: number[], m: number[], s: number[], size: number, inner: number) {
    const shifted =
      x[(this.thread.z * size + this.thread.y) * inner + this.thread.x] -
      m[this.thread.z * inner + this.thread.x];
    return Math.exp(shifted) / s[this.thread.z * inner + this.thread.x];
  },
);

const logSoftmaxKernel = kernel(
  'aaaii',
  function (this: Thread, x: number[], m: number[], s: number[], size: number, inner: number) {
    const shifted =
      x[(this.thread.z * size + this.thread.y) * inner + this.thread.x] -
      m[this.thread.z * inner + this.thread.x];
    const total = s[this.thread.z * inner + this.thread.x];
    return total === total ? shifted - Math.log(total) : total;
  },
);

const logSumExpKernel = kernel('aa', function (this: Thread, m: number[], s: number[]) {
  const largest = m[this.thread.x];
  const total = s[this.thread.x];
  if (Math.abs(largest) > 3.4028234663852886e38) return largest;
  return total === total ? largest + Math.log(total) : total;
});

const crossEntropyKernel = kernel(
  'aaaai',
  function (this: Thread, x: number[], m: number[], s: number[], labels: number[], classes: number) {
    const logit = x[this.thread.x * classes + labels[this.thread.x]];
    const total = s[this.thread.x];
    return total === total ? Math.log(total) - (logit - m[this.thread.x]) : total;
  },
);

const crossEntropyGradientKernel = kernel(
  'aaaaai',
  function (
    this: Thread,
    dy: number[],
    x: number[],
    m: number[],
    s: number[],
    labels: number[],
    classes: number,
  ) {
    const shifted = x[this.thread.y * classes + this.thread.x] - m[this.thread.y];
    const target = labels[this.thread.y] === this.thread.x ? 1 : 0;
    return dy[this.thread.y] * (Math.exp(shifted) / s[this.thread.y] - target);
  },
);

const along = (kernel: typeof softmaxKernel): Program =>
  function* ([x, view]: [Value, View]): Steps {
    const { outer, size, inner } = view;
    const { m, s } = yield* statistics(x, view);
    return [yield { kernel, output: [inner, size, outer], args: [x.handle, m, s, size, inner] }];
  };

const rowsOf = ({ shape: [rows, classes] }: Value): View => ({ outer: rows, size: classes, inner: 1 });

const rowMean = kernel('ai', function (this: Thread, x: number[], width: number) {
  let total = 0;
  for (let j = 0; j < width; j++) total += x[this.thread.x * width + j];
  return total / width;
});

/** 1/√(mean((x − mean)²) + eps) */
const rowScale = kernel(
  'aaif',
  function (this: Thread, x: number[], mean: number[], width: number, eps: number) {
    const middle = mean[this.thread.x];
    let total = 0;
    for (let j = 0; j < width; j++) {
      const deviation = x[this.thread.x * width + j] - middle;
      total += deviation * deviation;
    }
    return 1 / Math.sqrt(total / width + eps);
  },
);

/** x̂ */
const normalized = kernel(
  'aaai',
  function (this: Thread, x: number[], mean: number[], scale: number[], width: number) {
    return (x[this.thread.y * width + this.thread.x] - mean[this.thread.y]) * scale[this.thread.y];
  },
);

const byColumn = kernel('aai', function (this: Thread, x: number[], weight: number[], width: number) {
  return x[this.thread.y * width + this.thread.x] * weight[this.thread.x];
});

const plusColumn = kernel('aai', function (this: Thread, x: number[], bias: number[], width: number) {
  return x[this.thread.y * width + this.thread.x] + bias[this.thread.x];
});

/** mean(a·b) of each row */
const rowMeanOfProducts = kernel('aai', function (this: Thread, a: number[], b: number[], width: number) {
  let total = 0;
  for (let j = 0; j < width; j++) total += a[this.thread.x * width + j] * b[this.thread.x * width + j];
  return total / width;
});

/** rstd·(g − mean(g) − x̂·mean(g·x̂)) */
const layerNormGradientKernel = kernel(
  'aaaaai',
  function (
    this: Thread,
    g: number[],
    xHat: number[],
    scale: number[],
    meanG: number[],
    meanProduct: number[],
    width: number,
  ) {
    const own = g[this.thread.y * width + this.thread.x] - meanG[this.thread.y];
    const along = xHat[this.thread.y * width + this.thread.x] * meanProduct[this.thread.y];
    return scale[this.thread.y] * (own - along);
  },
);

function* normalize(
  x: Value,
  eps: number,
): Generator<Launch, { xHat: Handle; scale: Handle; output: number[] }, Handle> {
  const width = x.shape[x.shape.length - 1];
  const rows = x.size / width;
  const mean = yield { kernel: rowMean, output: [rows], args: [x.handle, width] };
  const scale = yield { kernel: rowScale, output: [rows], args: [x.handle, mean, width, eps] };
  const output = [width, rows];
  const xHat = yield { kernel: normalized, output, args: [x.handle, mean, scale, width] };
  return { xHat, scale, output };
}

function* times(x: Handle, weight: Value | undefined, output: number[]): Part {
  return weight ? yield { kernel: byColumn, output, args: [x, weight.handle, output[0]] } : x;
}

export const softmax: Record<string, Program> = {
  softmax: along(softmaxKernel),
  logSoftmax: along(logSoftmaxKernel),
  *logSumExp([x, view]: [Value, View], [y]): Steps {
    const { m, s } = yield* statistics(x, view);
    return [yield { kernel: logSumExpKernel, output: [y.size], args: [m, s] }];
  },
  *crossEntropy([x, labels]: [Value, Value]): Steps {
    const { m, s } = yield* statistics(x, rowsOf(x));
    const [rows, classes] = x.shape;
    return [
      yield { kernel: crossEntropyKernel, output: [rows], args: [x.handle, m, s, labels.handle, classes] },
    ];
  },
  *crossEntropyGradient([dy, x, labels]: [Value, Value, Value]): Steps {
    const { m, s } = yield* statistics(x, rowsOf(x));
    const [rows, classes] = x.shape;
    const args = [dy.handle, x.handle, m, s, labels.handle, classes];
    return [yield { kernel: crossEntropyGradientKernel, output: [classes, rows], args }];
  },
  *layerNorm([x, weight, bias, eps]: [Value, Value | undefined, Value | undefined, number]): Steps {
    const { xHat, output } = yield* normalize(x, eps);
    const scaled = yield* times(xHat, weight, output);
    if (!bias) return [scaled];
    return [yield { kernel: plusColumn, output, args: [scaled, bias.handle, output[0]] }];
  },
  *layerNormGradient([dy, x, weight, eps]: [Value, Value, Value | undefined, number]): Steps {
    const { xHat, scale, output } = yield* normalize(x, eps);
    const [width, rows] = output;
    const g = yield* times(dy.handle, weight, output);
    const meanG = yield { kernel: rowMean, output: [rows], args: [g, width] };
    const meanProduct = yield { kernel: rowMeanOfProducts, output: [rows], args: [g, xHat, width] };
    const args = [g, xHat, scale, meanG, meanProduct, width];
    return [yield { kernel: layerNormGradientKernel, output, args }];
  },
};
