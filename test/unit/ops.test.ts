// Every operation in src/autograd/ops: exported, with samples, and with a gradient that agrees with measured slopes.
import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import type { AnyDefinition } from '../../src/autograd/op.ts';
import { grad } from '../../src/autograd/index.ts';
import * as ops from '../../src/autograd/ops/index.ts';
import * as door from '../../src/index.ts';
import { Tensor } from '../../src/tensor/index.ts';
import { inFloat64 } from '../support/float64.ts';
import { checkGradient, samplesFrom, tensorsIn } from '../support/gradients.ts';
import { seeded } from '../support/random.ts';

type Operation = ((...args: any[]) => Tensor) & { definition: AnyDefinition };

const isOperation = (entry: [string, unknown]): entry is [string, Operation] =>
  typeof entry[1] === 'function' && 'definition' in entry[1];
const operations = Object.entries(ops).filter(isOperation);

it('every operation that a file of src/autograd/ops exports stands in the index', async () => {
  const folder = new URL('../../src/autograd/ops/', import.meta.url);
  for (const file of readdirSync(folder)) {
    const exported = Object.entries(await import(new URL(file, folder).href)).filter(isOperation);
    expect(Object.keys(ops), file).to.include.members(exported.map(([name]) => name));
  }
});

for (const [name, op] of operations) {
  describe(`the operation ${name}`, () => {
    const { definition } = op;
    it(`${name} carries its own name, and has samples`, () => {
      expect(definition.name).to.equal(name);
      expect(definition.samples(samplesFrom(seeded(1)))).not.to.be.empty;
      expect(door).to.have.property(name, op);
    });

    const count = inFloat64(() => definition.samples(samplesFrom(seeded(1))).length);
    for (let i = 0; i < count; i++) {
      const sample = () => definition.samples(samplesFrom(seeded(i + 1)))[i] as unknown[];
      if (!('gradient' in definition && definition.gradient === 'none')) {
        it(`${name}, sample ${i}: the gradient, and the gradient's gradient, agree with measured slopes`, () => {
          checkGradient(op, () => sample());
        });
      }
      if ('forward' in definition && definition.gradient !== 'none') {
        it(`${name}, sample ${i}: the gradient reads what it says it reads, and nothing else`, () =>
          checkReads(op, sample));
      }
      if ('forward' in definition && 'compose' in definition) {
        it(`${name}, sample ${i}: the kernel agrees with its formula`, () =>
          inFloat64(() => {
            const args = sample();
            const [fused, formula] = [op(...args), (definition.compose as Operation)(...args)];
            expect(fused.shape).to.deep.equal(formula.shape);
            fused.data.forEach((value, k) => expect(value).to.be.closeTo(formula.data[k], 1e-12));
          }));
      }
    }
  });
}

/** Overwrites, behind the version counter's back, every value that the gradient claims not to read: nothing may change. */
function checkReads(op: Operation, sample: () => unknown[]): void {
  const { definition } = op;
  inFloat64(() => {
    const { inputs, reads } = definition as AnyDefinition & { reads: string[] };
    const run = (spoil: boolean): number[][] => {
      const args = sample();
      const tensors = tensorsIn(args);
      for (const x of tensors) x.requiresGrad = true;
      const Y = op(...args);
      const G = samplesFrom(seeded(9)).uniform(Y.shape);
      if (spoil) {
        const list = inputs[0].endsWith('...');
        const named = (place: number) => (list ? inputs[0] : inputs[place]);
        (list ? (args[0] as Tensor[]) : args.slice(0, inputs.length)).forEach((arg, place) => {
          if (
            arg instanceof Tensor &&
            !reads.includes(named(place).replace('?', '')) &&
            arg.storage !== Y.storage
          )
            arg.storage.read().fill(Number.NaN);
        });
        if (!reads.includes('result') && !tensors.some((x) => x.storage === Y.storage))
          Y.storage.read().fill(Number.NaN);
      }
      return grad(Y, tensors, { gradient: G }).map((g) => [...g.data]);
    };
    expect(run(true)).to.deep.equal(run(false));
  });
}
