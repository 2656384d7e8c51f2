// What this machine can do at most in one thread of WebAssembly: multiplications and additions of four lanes in registers.
import asc from 'assemblyscript/asc';

const sums = Array.from({ length: 12 }, (_, i) => `s${i}`);
const source = `
function run(n: i32, factor: f32, term: f32): v128 {
  const x = f32x4.splat(factor); // constants would be made anew for each use
  const y = f32x4.splat(term);
  ${sums.map((s, i) => `let ${s} = f32x4.splat(f32(n + ${i}));`).join(' ')} // all different, or the compiler would make one of them
  while (n > 0) {
    ${sums.map((s) => `${s} = f32x4.add(f32x4.mul(${s}, x), y);`).join(' ')}
    n--;
  }
  return ${sums.reduce((a, b) => `f32x4.add(${a}, ${b})`)};
}
export function measure(n: i32, factor: f32, term: f32): f32 { return f32x4.extract_lane(run(n, factor, term), 0); }`;

/** A function that runs `n` turns, and the floating-point operations of a turn. */
export async function limitKernel(): Promise<{ run(n: number): void; operations: number }> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    ['limit.ts', '--outFile', 'limit.wasm', '-O3', '--runtime', 'stub', '--noAssert', '--enable', 'simd'],
    {
      readFile: (name) => (name === 'limit.ts' ? source : null),
      writeFile(name, contents) {
        if (name.endsWith('.wasm') && typeof contents !== 'string') binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error || !binary) throw new Error(`the limit's kernel did not compile: ${stderr.toString()}`);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(binary)));
  const measure = exports.measure as (n: number, factor: number, term: number) => number;
  return { run: (n) => void measure(n, 0.999, 0.001), operations: 2 * 4 * sums.length };
}
