// setArithmetic: what `fast` may change, and what it may not.
import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import {
  device,
  linear,
  matmul,
  rand,
  setArithmetic,
  setThreads,
  slice,
  transpose,
} from '../../src/index.ts';
import { withBackend } from '../../src/kernels/index.ts';
import { cores } from '../../src/kernels/platform.ts';
import { reference } from '../../src/kernels/reference/index.ts';
import type { Tensor } from '../../src/tensor/index.ts';

/** Relaxed SIMD came to Node with version 22. */
const hasFused = Number.parseInt(process.versions.node, 10) >= 22;

const transposes = [
  {},
  { transposeA: true },
  { transposeB: true },
  { transposeA: true, transposeB: true },
] as const;

type Product = { A: Tensor; B: Tensor; options: { transposeA?: boolean; transposeB?: boolean } };

/** Products of sizes around the tiles', with k that is cut into blocks, and rows that are packed. */
const products: Product[] = [
  [1, 1, 1],
  [7, 13, 5],
  [6, 300, 16],
  [65, 784, 130],
  [301, 517, 260],
  [33, 9000, 20],
].flatMap(([m, k, n]) =>
  transposes.map((options) => ({
    A: rand('transposeA' in options ? [k, m] : [m, k]),
    B: rand('transposeB' in options ? [n, k] : [k, n]),
    options,
  })),
);

const all = (): number[] => products.flatMap(({ A, B, options }) => [...matmul(A, B, options).data]);

describe('setArithmetic', () => {
  afterEach(() => {
    setArithmetic('exact');
    setThreads(cores());
  });

  it('is exact unless said: the bits of the reference, also after fast', () => {
    expect(device.info().arithmetic).to.equal('exact');
    const expected = withBackend(reference, all);
    expect(all()).to.deep.equal(expected);
    setArithmetic('fast');
    setArithmetic('exact');
    expect(device.info().arithmetic).to.equal('exact');
    expect(all()).to.deep.equal(expected);
  }).timeout(60_000);

  /*
   * A sum of k products, added one after the other, is wrong by at most k·u·Σ|aᵢbᵢ|/(1 − k·u) with u = 2⁻²⁴ (Higham 2002, section 3.1). What
   * is rounded once instead of twice stays within the same bound, and is nearer on the whole.
   */
  it('fast is as near to the true product as exact, or nearer', () => {
    const [A, B] = [rand([65, 784]), rand([784, 130])];
    const exact = matmul(A, B).data;
    setArithmetic('fast');
    const fast = matmul(A, B).data;
    let [exactError, fastError] = [0, 0];
    for (let i = 0; i < 65; i++)
      for (let j = 0; j < 130; j++) {
        let truth = 0;
        for (let p = 0; p < 784; p++) truth += A.data[i * 784 + p] * B.data[p * 130 + j];
        exactError += (exact[i * 130 + j] - truth) ** 2;
        fastError += (fast[i * 130 + j] - truth) ** 2;
        expect(Math.abs(fast[i * 130 + j] - truth)).to.be.below(784 * 2 ** -24 * truth); // all terms are positive
      }
    expect(fastError).to.be.at.most(exactError * 1.02);
    expect(device.info().arithmetic).to.equal(hasFused ? 'fast' : 'exact');
    if (hasFused) expect(fast.some((value, i) => value !== exact[i])).to.equal(true);
  });

  it('fast gives a row the same bits alone, beside another, and among many', () => {
    setArithmetic('fast');
    for (const [k, n] of [
      [1, 1],
      [7, 3],
      [65, 17],
      [784, 130],
    ]) {
      const [A, W] = [rand([9, k]), rand([n, k])];
      const layer = (rows: number) => [...linear(slice(A, 0, rows), W).data.subarray(0, n)];
      const product = (rows: number) => [...matmul(slice(A, 0, rows), transpose(W)).data.subarray(0, n)];
      for (const rows of [1, 2]) {
        expect(layer(rows)).to.deep.equal(layer(9));
        expect(product(rows)).to.deep.equal(layer(9));
      }
    }
  });

  it('fast gives the same bits with any number of threads', () => {
    setArithmetic('fast');
    setThreads(1);
    const one = all();
    for (const threads of [2, 3, 8]) {
      setThreads(threads);
      expect(all()).to.deep.equal(one);
    }
  }).timeout(60_000);

  it('fast gives the same bits with vectors of 256 bits', () => {
    const program = `
      const { device, enableWideVectors, manualSeed, nn, randn, setArithmetic } =
        await import(${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)});
      manualSeed(5);
      setArithmetic('fast');
      const [layer, x] = [new nn.Linear(300, 50), randn([41, 300])];
      const bits = () => [...new Uint32Array(Float32Array.from(layer.forward(x).data).buffer)].join();
      const narrow = bits();
      enableWideVectors();
      console.log(device.info().arithmetic, bits() === narrow);`;
    const args = [...process.execArgv, '--input-type=module', '-e', program];
    const printed = execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 });
    expect(printed).to.equal(`${hasFused ? 'fast' : 'exact'} true\n`);
  }).timeout(30_000);

  it('takes exact or fast', () => {
    expect(() => setArithmetic('fused' as 'fast')).to.throw(
      /setArithmetic: arithmetic is "fused"[\s\S]*'exact' or 'fast'|exact/,
    );
    expect(device.info().arithmetic).to.equal('exact');
  });
});
