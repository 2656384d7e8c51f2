// What this machine can do at most: multiplications and additions in registers, and copies of memory.
import asc from 'assemblyscript/asc';
import type { Kernels } from '../src/kernels/wasm/index.ts';
import { Pool } from '../src/kernels/wasm/pool.ts';

/** Something that can be measured: a call, and how many operations or bytes it is. */
export interface Measurable {
  work: number;
  run(): void;
}

export interface Limits {
  /** Float32 multiplications and additions, without memory. */
  arithmetic: Measurable;
  /** Bytes read and written by a copy. */
  copy: Measurable;
}

const pages = 256; // of 64 KiB: the pool's control block in the first two, then the vectors, then the copy's two halves
const vectors = 1 << 16;
const [copied, from, to] = [1 << 22, 1 << 20, 1 << 23]; // bytes

/*
 * x ← x/2 + 1/2, in as many independent vectors as there are registers: 14, and the half. Where the engine joins neighbours into
 * vectors of 256 bits, 28.
 */
const chains = [14, 28] as const;
const operations = 2 ** 22; // in a piece, some 0.1 ms
const pieces = 32;

function multiplyAdd(count: number, fused: boolean): string {
  const each = (line: (i: number) => string) => Array.from({ length: count }, (_, i) => line(i)).join('\n');
  return `export function multiplyAdd${count}(at: usize, turns: i32, factor: f32): void {
    const half = f32x4.splat(factor); // a constant would be made anew for each use, which takes longer than the arithmetic
    ${each((i) => `let x${i} = v128.load(at, ${16 * i});`)}
    while (turns > 0) {
      ${each((i) => (fused ? `x${i} = f32x4.relaxed_madd(x${i}, half, half);` : `x${i} = f32x4.add(f32x4.mul(x${i}, half), half);`))}
      turns--;
    }
    ${each((i) => `v128.store(at, x${i}, ${16 * i});`)}
  }`;
}

async function compile(fused: boolean): Promise<WebAssembly.Module> {
  const copy = 'export function copy(to: usize, from: usize, n: i32): void { memory.copy(to, from, n); }';
  const source = [...chains.map((count) => multiplyAdd(count, fused)), copy].join('\n');
  let binary: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await asc.main(
    [
      ...['limits.ts', '--outFile', 'limits.wasm', '-O3', '--runtime', 'stub', '--noAssert'],
      ...['--enable', 'simd', '--enable', 'threads', '--importMemory', '--sharedMemory'],
      ...(fused ? ['--enable', 'relaxed-simd'] : []),
      ...['--initialMemory', `${pages}`, '--maximumMemory', `${pages}`],
    ],
    {
      readFile: (name) => (name === 'limits.ts' ? source : null),
      writeFile(name, contents) {
        if (name === 'limits.wasm' && typeof contents !== 'string') binary = Uint8Array.from(contents);
      },
      listFiles: () => [],
    },
  );
  if (error || !binary) throw new Error(`the limits do not compile: ${stderr.toString()}`);
  return new WebAssembly.Module(binary);
}

/**
 * The limits with a given number of threads, of multiplications and additions that round once if `fused`. Compiles when it is called:
 * after wide vectors were asked for, so they hold here too.
 */
export async function findLimits(fused: boolean): Promise<(threads: number) => Limits> {
  const module = await compile(fused);
  const found = new Map<number, Limits>();
  return (threads) => {
    if (!found.has(threads)) found.set(threads, limitsOf(module, threads));
    return found.get(threads) as Limits;
  };
}

function limitsOf(module: WebAssembly.Module, threads: number): Limits {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const { exports } = new WebAssembly.Instance(module, { env: { memory, abort() {} } });
  const pool = new Pool({ kernels: exports as Kernels, modules: [module], memory }, () => 32768);
  pool.threads = threads;

  const arithmetic = chains.map((count): Measurable => {
    const turns = Math.round(operations / (8 * count));
    return {
      work: 8 * count * turns * pieces,
      run: () =>
        pool.run(`multiplyAdd${count}`, turns * pieces, turns, [[vectors, 0, 0, 1024], [0, -1, 1], 0.5]),
    };
  });
  const copy = {
    work: 2 * copied,
    run: () =>
      pool.run('copy', copied, 1 << 16, [
        [to, 1, 0],
        [from, 1, 0],
        [0, -1, 1],
      ]),
  };
  return { arithmetic: faster(arithmetic), copy };
}

/** The one that does the most in a second, after a second of each. */
function faster(candidates: Measurable[]): Measurable {
  const speeds = candidates.map(() => 0);
  for (let round = 0; round < 20; round++) {
    candidates.forEach(({ work, run }, i) => {
      const begin = performance.now();
      let calls = 0;
      for (; performance.now() - begin < 50; calls++) run();
      speeds[i] = Math.max(speeds[i], (calls * work) / (performance.now() - begin));
    });
  }
  return candidates[speeds.indexOf(Math.max(...speeds))];
}
