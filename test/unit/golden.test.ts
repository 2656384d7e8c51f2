// Every operation and loss against PyTorch: values, and gradients for a random upstream gradient. See scripts/golden.py.
import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import * as ops from '../../src/autograd/ops/index.ts';
import * as typegrad from '../../src/index.ts';
import { Tensor } from '../../src/index.ts';
import { decode, expectGolden, type GoldenTensor, readGolden } from '../support/golden.ts';

interface Case {
  op: string;
  /** Cases of an operation that are about the same thing are one test. */
  about: string;
  args: unknown[];
  result: GoldenTensor | GoldenTensor[] | { values: GoldenTensor; indices: GoldenTensor };
  /** ∂L/∂result: of `values` where there are indices too. Absent where the operation has no gradient. */
  G?: GoldenTensor | GoldenTensor[];
  /** ∂L/∂x for each tensor among the arguments, in order. */
  gradients?: (GoldenTensor | null)[];
}

type Result = Tensor | Tensor[] | { values: Tensor; indices: Tensor };

/** The cases of operations; optimizers, schedules and others have files and tests of their own. */
const cases = readdirSync(new URL('../golden/', import.meta.url))
  .filter((file) => file.endsWith('.json'))
  .flatMap((file) => readGolden<Case[]>(file.replace('.json', '')))
  .filter((one) => 'op' in one);

const groups = groupBy(cases, ({ op }) => op);
for (const [op, all] of groups) {
  const differentiable = all.some(({ G }) => G);
  describe(`${op} agrees with PyTorch`, () => {
    for (const [about, some] of groupBy(all, ({ about }) => about)) {
      const compared = some.some(({ G }) => G) ? 'values and gradients' : 'values';
      it(`${op} ${about} has PyTorch's ${compared}`, () => {
        for (const one of some) check(one, `${op}, case ${all.indexOf(one)}`, differentiable);
      });
    }
  });
}

/** Map.groupBy, which Node 20 has not. */
function groupBy(list: readonly Case[], key: (one: Case) => string): Map<string, Case[]> {
  const found = new Map<string, Case[]>();
  for (const one of list) found.set(key(one), [...(found.get(key(one)) ?? []), one]);
  return found;
}

function check(one: Case, name: string, differentiable: boolean): void {
  const op = (typegrad as Record<string, unknown>)[one.op] as (...args: unknown[]) => Result;
  expect(op, `${one.op} is exported`).to.be.a('function');
  const args = one.args.map(decode);
  const tensors = args.flat().filter((arg) => arg instanceof Tensor);
  tensors.forEach((x, i) => (x.requiresGrad = one.gradients?.[i] !== null));
  const result = op(...args);

  if (result instanceof Tensor) expectGolden(result, one.result as GoldenTensor, `${name}: result`);
  else {
    expect(Object.keys(result), `${name}: the results`).to.deep.equal(Object.keys(one.result));
    for (const [key, golden] of Object.entries(one.result))
      expectGolden((result as Record<string, unknown>)[key], golden, `${name}: result ${key}`);
  }

  const outputs = result instanceof Tensor ? [result] : Array.isArray(result) ? result : [result.values];
  if (!one.G || !one.gradients) {
    if (!differentiable)
      for (const Y of outputs)
        expect(Y.requiresGrad, `${name}: that the result requires a gradient`).to.equal(false);
    return;
  }
  const wanted = tensors.filter((x) => x.requiresGrad);
  const Gs = [decode(one.G) as Tensor | Tensor[]].flat();
  const found = sums(outputs.map((Y, i) => typegrad.grad(Y, wanted, { gradient: Gs[i] })));
  one.gradients.forEach((golden, i) => {
    if (golden) expectGolden(found[wanted.indexOf(tensors[i])], golden, `${name}: gradient ${i}`);
  });
}

/** Several results (of split, say) each bring gradients to the same inputs: they add up. */
const sums = (gradients: Tensor[][]): Tensor[] =>
  gradients.reduce((total, more) => total.map((g, i) => typegrad.add(g, more[i])));

describe('the golden numbers', () => {
  /** What has no golden numbers, and why. */
  const exempt: Record<string, string> = {
    rand: 'its numbers come from our own generator',
    randn: 'its numbers come from our own generator',
    randperm: 'its order comes from our own generator',
    uniform: 'its numbers come from our own generator',
  };

  it('cover every operation, and every function beside them', () => {
    const functions = Object.entries(ops).flatMap(([name, value]) =>
      typeof value === 'function' ? [name] : [],
    );
    expect(functions.filter((name) => !groups.has(name)).sort()).to.deep.equal(Object.keys(exempt));
  });

  it('hold a gradient that is not 0 for every operation that has one; that of sign is 0', () => {
    const flat = [...groups].filter(
      ([op, all]) =>
        op !== 'sign' &&
        all.some(({ G }) => G) &&
        !all.some(({ gradients }) => gradients?.some((g) => g?.data.some((value) => Number(value) !== 0))),
    );
    expect(flat.map(([op]) => op)).to.deep.equal([]);
  });
});
