// A run of the peers' benchmark that never was: all its figures are invented, to see what a report makes of them.
import type { Contestant, Entry, Growth, Results, Row } from '../../bench/peers/results.ts';

const MiB = 2 ** 20;

const contestants: Contestant[] = [
  {
    id: 'typegrad',
    label: 'typegrad',
    library: 'typegrad',
    version: '0.0.1',
    settings: 'all threads, exact',
    size: { installedBytes: 0.43 * MiB, packages: 1, bundleGzippedBytes: 71_000 },
  },
  {
    id: 'typegrad-wide',
    label: 'typegrad',
    library: 'typegrad',
    version: '0.0.1',
    settings: 'all threads, fast, wide vectors',
  },
  {
    id: 'typegrad-1t',
    label: 'typegrad',
    library: 'typegrad',
    version: '0.0.1',
    settings: 'one thread, exact',
  },
  {
    id: 'torch',
    label: 'PyTorch',
    library: 'PyTorch',
    version: '9.9.9',
    settings: 'all threads',
    size: { installedBytes: 714 * MiB, packages: 11 },
  },
  {
    id: 'torch-fused',
    label: 'PyTorch',
    library: 'PyTorch',
    version: '9.9.9',
    settings: 'all threads, Adam(fused=True)',
  },
  {
    id: 'tfjs-wasm',
    label: 'TensorFlow.js (wasm)',
    library: 'TensorFlow.js',
    version: '8.8.8',
    settings: 'wasm, SIMD',
    size: { installedBytes: 190 * MiB, packages: 31, bundleGzippedBytes: 402_000 },
  },
  {
    id: 'tfjs-cpu',
    label: 'TensorFlow.js (cpu)',
    library: 'TensorFlow.js',
    version: '8.8.8',
    settings: 'plain JavaScript',
  },
  {
    id: 'jax-js',
    label: 'jax-js',
    library: 'jax-js',
    version: '7.7.7',
    settings: 'wasm, jit',
    size: { installedBytes: 3.1 * MiB, packages: 2, bundleGzippedBytes: 96_000 },
  },
  {
    id: 'onnx',
    label: 'onnxruntime-node',
    library: 'onnxruntime-node',
    version: '6.6.6',
    settings: 'all threads, forward only',
    size: { installedBytes: 212 * MiB, packages: 9 },
  },
  {
    id: 'gpujs',
    label: 'gpu.js',
    library: 'gpu.js',
    version: '5.5.5',
    settings: 'cpu',
    size: { installedBytes: 41 * MiB, packages: 60 },
  },
  {
    id: 'js-pytorch',
    label: 'js-pytorch',
    library: 'js-pytorch',
    version: '4.4.4',
    settings: 'its own weights',
  },
  { id: 'plain', label: 'plain loops', library: 'plain loops', settings: 'one thread, Float32Array' },
  {
    id: 'brain',
    label: 'brain.js',
    library: 'brain.js',
    settings: 'default',
    absent: 'npm could not reach the registry (made up)',
  },
  {
    id: 'tfjs-node',
    label: 'TensorFlow.js (node)',
    library: 'TensorFlow.js',
    settings: 'native',
    absent: 'its install script downloads a binary (made up)',
  },
];

const around = (x: number, by = 0.04): [number, number] => [x * (1 - by), x * (1 + by)];

/** An entry whose ratio to typegrad is that of the medians. */
const entry = (
  contestant: string,
  median: number,
  base: number,
  by = 0.04,
  more: Partial<Entry> = {},
): Entry => ({
  contestant,
  median,
  spread: around(median, by),
  ...(contestant !== 'typegrad' && { ratio: { median: median / base, spread: around(median / base, by) } }),
  processes: 3,
  bursts: 15,
  disturbed: 1,
  ...more,
});

type Times = Record<string, number | string>;

/** A row from medians; a text instead of one is the problem. */
function row(rest: Omit<Row, 'entries'>, times: Times, more: Partial<Entry> = {}): Row {
  const base = times['typegrad'] as number;
  const entries = Object.entries(times).map(([contestant, time], i) =>
    typeof time === 'string'
      ? { contestant, problem: time }
      : entry(contestant, time, base, 0.03 + 0.01 * (i % 4), more),
  );
  return { ...rest, entries };
}

const check = { got: 2.2947012, truth: 2.2947013, error: 4.4e-8 };
const ownWeights = 'its loss after 5 steps is 2.31, the truth is 2.2947';

function step(network: string, batch: number, times: Times): Row {
  const widths = network.split('-').map(Number);
  const products = widths.slice(1).reduce((sum, width, i) => sum + width * widths[i], 0);
  const rest = {
    id: `step ${network} b${batch}`,
    title: `step of ${network}, batch ${batch}`,
    flops: 6 * batch * products,
  };
  return row({ ...rest, group: 'step', unit: 'ms' }, { 'js-pytorch': ownWeights, ...times }, { check });
}

function product(m: number, k: number, n: number, times: Times): Row {
  const rest = { id: `product ${m}x${k}x${n}`, title: `product ${m} × ${k} × ${n}`, flops: 2 * m * k * n };
  return row({ ...rest, group: 'product', unit: 'ms' }, times);
}

const inference = (network: string, times: Times): Row =>
  row(
    { id: `infer ${network}`, title: `inference of ${network}, one sample`, group: 'inference', unit: 'ms' },
    times,
  );

const sizesOf = (unit: number, sizes: readonly number[], power: number, fixed: number) =>
  sizes.map((at) => {
    const median = fixed + unit * at ** power;
    return { at, median, spread: around(median), flops: 100_000 * at ** Math.max(power, 0) };
  });

function growth(axis: Growth['axis'], sizes: readonly number[], power = 1): Growth {
  const series = [
    { contestant: 'typegrad', points: sizesOf(0.0035, sizes, power, 0.04), slope: 0.81 },
    { contestant: 'typegrad-wide', points: sizesOf(0.002, sizes, power, 0.04), slope: 0.78 },
    { contestant: 'torch', points: sizesOf(0.0024, sizes, power, 0.6), slope: 0.34 },
    { contestant: 'tfjs-wasm', points: sizesOf(0.07, sizes, power, 1.2), slope: 0.92 },
  ];
  return {
    id: `growth ${axis}`,
    title: `Step time against ${axis}, 784-64-128-10`,
    axis,
    unit: 'ms',
    series,
  };
}

const start = row(
  { id: 'start', title: 'from process start to the first step', group: 'start', unit: 'ms' },
  { typegrad: 138, torch: 2310, 'tfjs-wasm': 281, 'jax-js': 334, plain: 92 },
);
const memory: Row = {
  id: 'memory',
  title: 'peak memory of 20,000 steps',
  group: 'memory',
  unit: 'MiB',
  entries: [
    { contestant: 'typegrad', median: 141, spread: [139, 143], extra: { afterMiB: 128 } },
    { contestant: 'torch', median: 402, spread: [401, 404], extra: { afterMiB: 396 } },
    { contestant: 'tfjs-wasm', median: 233, spread: [214, 260], extra: { afterMiB: 219 } },
    { contestant: 'jax-js', median: 318, spread: [300, 322], extra: { afterMiB: 301 } },
    { contestant: 'plain', median: 71, spread: [70, 72], extra: { afterMiB: 70 } },
  ],
};
const epoch = row(
  { id: 'epoch mnist', title: 'epoch of MNIST, batch 128', group: 'epoch', unit: 's' },
  {
    typegrad: 0.39,
    'typegrad-wide': 0.27,
    torch: 0.55,
    'torch-fused': 0.46,
    'tfjs-wasm': 6.7,
    'jax-js': 1.9,
    onnx: 'does not train',
  },
  { extra: { accuracy: 0.9414 } },
);

/** A whole run, with everything that a run can have: absent contestants, problems, rows in which typegrad is behind or level. */
export const madeUp = (): Results =>
  structuredClone({
    date: '2031-02-03T04:05:06.000Z',
    command: 'npm run bench:peers',
    quick: false,
    machine: {
      cpu: 'Imaginary Processor 1',
      cores: 2,
      memoryGiB: 7.75,
      os: 'Linux 0.0',
      node: 'v24.0.0',
      python: '3.99.0',
      limits: { gflopsOneCore: 50, gflopsAllCores: 92, gbPerSecond: 31, what: 'a made-up loop of products' },
    },
    contestants,
    rows: [
      product(64, 64, 64, {
        typegrad: 0.013,
        'typegrad-wide': 0.0079,
        torch: 0.0061,
        'tfjs-wasm': 0.027,
        onnx: 0.02,
        gpujs: 0.9,
        plain: 0.41,
      }),
      product(1024, 1024, 1024, {
        typegrad: 27.1,
        'typegrad-wide': 13.2,
        'typegrad-1t': 46,
        torch: 11.9,
        'tfjs-wasm': 70,
        'jax-js': 94,
        onnx: 15.1,
        gpujs: 'too slow: left out',
        plain: 'too slow: left out',
      }),
      product(512, 768, 3072, {
        typegrad: 29.4,
        'typegrad-wide': 14.8,
        torch: 17.5,
        'tfjs-wasm': 90,
        onnx: 19.1,
      }),
      step('784-64-128-10', 1, {
        typegrad: 0.052,
        'typegrad-wide': 0.05,
        torch: 0.61,
        'torch-fused': 0.35,
        'tfjs-wasm': 1.4,
        'jax-js': 0.71,
        plain: 0.21,
      }),
      step('784-64-128-10', 32, {
        typegrad: 0.171,
        'typegrad-wide': 0.142,
        'typegrad-1t': 0.25,
        torch: 0.93,
        'torch-fused': 0.53,
        'tfjs-wasm': 4.3,
        'tfjs-cpu': 43,
        'jax-js': 1.7,
        plain: 6.2,
      }),
      step('784-64-128-10', 128, {
        typegrad: 0.52,
        'typegrad-wide': 0.34,
        'typegrad-1t': 0.87,
        torch: 0.93,
        'torch-fused': 0.76,
        'tfjs-wasm': 11,
        'tfjs-cpu': 79,
        'jax-js': 2.3,
        plain: 25,
      }),
      step('784-64-128-10', 1024, {
        typegrad: 3.1,
        'typegrad-wide': 2.08,
        torch: 3.05,
        'torch-fused': 3.2,
        'tfjs-wasm': 73,
        'tfjs-cpu': 398,
        'jax-js': 14,
        plain: 190,
      }),
      step('784-512-512-10', 128, {
        typegrad: 6.9,
        'typegrad-wide': 4.1,
        torch: 5.4,
        'torch-fused': 4.8,
        'tfjs-wasm': 208,
        'jax-js': 31,
        plain: 310,
      }),
      {
        ...step('768-3072-768', 512, {
          typegrad: 171,
          'typegrad-wide': 92,
          torch: 83,
          'torch-fused': 71,
          'tfjs-wasm': 9350,
          'jax-js': 560,
          plain: 'too slow: left out',
        }),
        title: 'step of 768-3072-768, 512 rows',
      },
      inference('784-64-128-10', {
        typegrad: 0.011,
        torch: 0.034,
        'tfjs-wasm': 0.41,
        'jax-js': 0.2,
        onnx: 0.0104,
        plain: 0.066,
      }),
      epoch,
      start,
      memory,
    ],
    growth: [
      growth('batch', [1, 4, 16, 64, 256, 1024, 4096]),
      growth('width', [16, 32, 64, 128, 256, 512, 1024, 2048], 1.4),
      growth('depth', [1, 2, 4, 8, 16, 32]),
      growth('threads', [1, 2], -0.7),
    ],
  });
