// What a run of `npm run bench:peers` found: written as JSON by the runner, read by the report.

export interface Results {
  /** When the run began, ISO 8601. */
  date: string;
  /** The command that makes it again. */
  command: string;
  /** A run with --quick: its figures are rough, and the README never shows them. */
  quick: boolean;
  machine: {
    cpu: string;
    cores: number;
    memoryGiB: number;
    os: string;
    node: string;
    python?: string;
    /** Measured in this run: GFLOP/s of a native or SIMD product loop and GB/s, for the limit lines; undefined if not measured. */
    limits?: { gflopsOneCore: number; gflopsAllCores: number; gbPerSecond: number; what: string };
  };
  contestants: Contestant[];
  /** Timed work. */
  rows: Row[];
  growth: Growth[];
}
export interface Contestant {
  id: string; // 'typegrad', 'typegrad-fast', 'typegrad-1t', 'torch', 'torch-fused', 'tfjs-wasm', ...
  label: string; // 'TensorFlow.js (wasm)'
  /** Those of one library share it: 'typegrad', 'PyTorch', 'TensorFlow.js'. */
  library: string;
  version?: string;
  /** 'all threads, exact', 'one thread, Adam(fused=True)', ... */
  settings: string;
  /** Why it did not run at all. */
  absent?: string;
  /** What an importer downloads; of libraries only. */
  size?: { installedBytes: number; packages: number; bundleGzippedBytes?: number };
}
export interface Row {
  id: string; // 'step 784-64-128-10 b32'
  group: 'product' | 'step' | 'inference' | 'epoch' | 'start' | 'memory';
  title: string; // for people
  unit: 'ms' | 's' | 'MiB';
  /** Floating-point operations of one run, for GFLOP/s. */
  flops?: number;
  entries: Entry[];
}
export interface Entry {
  contestant: string;
  /** Undefined when it was not timed: `problem` says why. */
  median?: number;
  /** The lowest and highest of its processes' medians; of a single process, the first and third quartile of its bursts. */
  spread?: [number, number];
  /** typegrad's speed over this one's, pair by pair of neighbouring bursts, summed up like the times. Above 1: typegrad is faster. */
  ratio?: { median: number; spread: [number, number] };
  /** In how many processes it was measured, one after the other, and in how many bursts in all. */
  processes?: number;
  bursts?: number;
  /** Bursts that were repeated because something else used the machine. */
  disturbed?: number;
  /** What the gate compared. */
  check?: { got: number; truth: number; error: number };
  problem?: string; // 'its loss after 5 steps is 2.31, the truth is 2.2947', 'does not train', 'too slow: left out'
  extra?: { accuracy?: number; afterMiB?: number };
}
export interface Growth {
  id: string;
  title: string; // 'step time against batch, 784-64-128-10'
  axis: 'batch' | 'width' | 'depth' | 'threads';
  unit: 'ms';
  series: {
    contestant: string;
    points: {
      at: number;
      median: number;
      spread: [number, number];
      flops: number;
    }[] /** of log time over log size, by least squares */;
    slope: number;
  }[];
}
