// Operations as methods of Tensor: what src/autograd/fluent.ts declares is there, and is the function of the same name.
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { AnyDefinition } from '../../src/autograd/op.ts';
import * as ops from '../../src/autograd/ops/index.ts';
import { manualSeed, relu, Tensor, tensor } from '../../src/index.ts';
import { expectError } from '../support/errors.ts';
import { samplesFrom } from '../support/gradients.ts';
import { seeded } from '../support/random.ts';
import { ArgumentError } from '../../src/index.ts';

type Call = (...args: any[]) => any;

/** The methods that the interface in fluent.ts declares. */
function declaredMethods(): string[] {
  const text = readFileSync(new URL('../../src/autograd/fluent.ts', import.meta.url), 'utf8');
  const body = text.match(/interface Tensor<S extends Shape> \{\n(.*?)\n {2}\}/s)?.[1] ?? '';
  return [...new Set([...body.matchAll(/^ {4}(\w+)[(<:]/gm)].map(([, name]) => name))];
}

/** Operations that are functions only, and why. */
const functionsOnly: Record<string, string> = {
  concat: 'takes a list',
  stack: 'takes a list',
  oneHot: 'takes labels',
  rand: 'takes a shape',
  randn: 'takes a shape',
  uniform: 'takes a shape',
  randperm: 'takes a number',
  where: "begins with its condition, and PyTorch's x.where(condition, other) is something else",
};

const declared = declaredMethods();
const functions = Object.entries(ops).filter(([, op]) => typeof op === 'function') as [string, Call][];

/** Results with all their numbers, in a form that can be compared. */
const plain = (result: any): unknown =>
  result instanceof Tensor
    ? { class: result.constructor.name, shape: result.shape, values: [...result.data] }
    : Array.isArray(result)
      ? result.map(plain)
      : Object.fromEntries(Object.entries(result).map(([key, value]) => [key, plain(value)]));

/** Arguments to call a function with, the tensor first. */
function argumentsOf(op: Call): unknown[][] {
  if ('definition' in op)
    return (op.definition as AnyDefinition).samples(samplesFrom(seeded(1))) as unknown[][];
  const x = tensor([
    [3, 1, 2],
    [4, 6, 5],
  ]);
  return {
    sort: [[x], [x, 0, { descending: true }]],
    split: [
      [x, 1],
      [x, [1, 2], 1],
    ],
    topk: [
      [x, 2],
      [x, 1, 0, { largest: false }],
    ],
  }[op.name] as unknown[][];
}

describe('operations as methods', () => {
  it('the interface names every operation that begins with a tensor', () => {
    expect(declared).to.include.members(['add', 'matmul', 'softmax', 'sum', 'transpose', 'topk']);
    const methods = functions.map(([name]) => name).filter((name) => !(name in functionsOnly));
    expect(['backward', ...methods].sort()).to.deep.equal(declared.sort());
  });

  it('what the interface names is there, on the prototype', () => {
    for (const name of declared) expect(Tensor.prototype, name).to.have.property(name).that.is.a('function');
    for (const name of Object.keys(functionsOnly)) expect(Tensor.prototype, name).not.to.have.property(name);
  });

  it('methods do not show up when a tensor is looped over or printed', () => {
    expect(Object.keys(Tensor.prototype)).to.be.empty;
  });

  for (const [name, op] of functions.filter(([name]) => !(name in functionsOnly))) {
    it(`x.${name}(...) is ${name}(x, ...)`, () => {
      for (const [first, ...rest] of argumentsOf(op)) {
        if (!(first instanceof Tensor)) continue; // a number has no methods
        manualSeed(7);
        const byFunction = op(first, ...rest);
        manualSeed(7);
        const byMethod = (first as any)[name](...rest);
        expect(plain(byMethod)).to.deep.equal(plain(byFunction));
      }
    });
  }

  it('x.backward(...) is backward(x, ...)', () => {
    const x = tensor([1, -2], { requiresGrad: true });
    x.mul(3)
      .relu()
      .backward(tensor([10, 100]), { retainGraph: true });
    expect([...(x.grad as Tensor).data]).to.deep.equal([30, 0]);
  });

  it('errors of methods are those of the functions', () => {
    expectError(() => (tensor([1]) as any).add('x'), ArgumentError, 'add: b is "x"');
    expectError(() => (tensor([1]) as any).sum(0, true), ArgumentError, 'sum: options is true');
  });

  it('chains are recorded: the gradient reaches the first link', () => {
    const x = tensor([[1, -2]], { requiresGrad: true });
    relu(x.matmul(tensor([[2], [1]])).add(1))
      .sum()
      .backward();
    expect((x.grad as Tensor).toArray()).to.deep.equal([[2, 1]]);
  });
});
