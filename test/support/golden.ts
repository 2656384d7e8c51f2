// Reads test/golden: the numbers that scripts/golden.py got from PyTorch.
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { Tensor, tensor } from '../../src/index.ts';

/** A tensor as the files hold it; numbers that JSON cannot write are strings. */
export interface GoldenTensor {
  shape: number[];
  data: (number | string)[];
}

export const readGolden = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), 'utf8'));

const isGoldenTensor = (value: object): value is GoldenTensor => 'shape' in value && 'data' in value;

/** An argument of a case: tensors, Int32Arrays, not-a-number and infinities, undefined; all else is as it stands. */
export function decode(value: unknown): unknown {
  if (value === null) return undefined;
  if (typeof value === 'string') return /^(NaN|-?Infinity)$/.test(value) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== 'object') return value;
  if (isGoldenTensor(value)) return decodeTensor(value);
  if ('int' in value) return Int32Array.from(value.int as number[]);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item)]));
}

/** The tensor that a file's tensor stands for; with `requiresGrad`, a parameter. */
export function decodeTensor(value: GoldenTensor, requiresGrad = false): Tensor {
  return tensor(value.data.map(Number), value.shape, { requiresGrad });
}

/** Expects |found − golden| ≤ 1e-5 · max(1, |golden|), NaN where NaN is, and the same infinities. */
export function expectNumber(found: number, golden: number, what: string): void {
  const near = Number.isFinite(golden) && Math.abs(found - golden) <= 1e-5 * Math.max(1, Math.abs(golden));
  if (!near && !Object.is(found, golden)) expect.fail(`${what} is ${found}, but PyTorch's is ${golden}`);
}

/** The same for each element, and the shape exactly. */
export function expectGolden(found: unknown, golden: GoldenTensor, what: string): void {
  if (!(found instanceof Tensor)) expect.fail(`${what} is no tensor, but ${String(found)}`);
  expect(found.shape, `the shape of ${what}`).to.deep.equal(golden.shape);
  golden.data.forEach((value, i) => expectNumber(found.data[i], Number(value), `${what}[${i}]`));
}
