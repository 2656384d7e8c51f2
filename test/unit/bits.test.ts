// One arithmetic: the SIMD kernels give the reference's bits, operation by operation and after a training run.
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { grad } from '../../src/autograd/index.ts';
import type { AnyDefinition } from '../../src/autograd/op.ts';
import * as ops from '../../src/autograd/ops/index.ts';
import { manualSeed, nn, optim, type Tensor } from '../../src/index.ts';
import { backend, setThreads, withBackend } from '../../src/kernels/index.ts';
import { cores } from '../../src/kernels/platform.ts';
import { reference } from '../../src/kernels/reference/index.ts';
import { samplesFrom, tensorsIn } from '../support/gradients.ts';
import { seeded } from '../support/random.ts';

type Operation = ((...args: any[]) => Tensor) & { definition: AnyDefinition };

const operations = Object.entries(ops).filter(
  (entry): entry is [string, Operation] => typeof entry[1] === 'function' && 'definition' in entry[1],
);

/** The bits of some floats; every NaN has the same ones. */
const bits = (data: Float32Array): number[] =>
  Array.from(new Uint32Array(Float32Array.from(data).buffer), (word, i) =>
    Number.isNaN(data[i]) ? 0x7fc00000 : word,
  );

/** The bits of an operation's result and of all its gradients. */
function run(op: Operation, makeArgs: () => unknown[]): number[][] {
  const args = makeArgs();
  const inputs = tensorsIn(args);
  if ('gradient' in op.definition && op.definition.gradient === 'none') return [bits(op(...args).data)];
  for (const x of inputs) x.requiresGrad = true;
  const Y = op(...args);
  const G = samplesFrom(seeded(77)).uniform(Y.shape);
  return [bits(Y.data), ...grad(Y, inputs, { gradient: G }).map((g) => bits(g.data))];
}

function expectSameBits(op: Operation, makeArgs: () => unknown[]): void {
  const fast = run(op, makeArgs);
  const plain = withBackend(reference, () => run(op, makeArgs));
  expect(fast).to.deep.equal(plain);
}

describe('the SIMD kernels', () => {
  afterEach(() => setThreads(cores()));

  it('are what runs here', () => {
    expect(backend().name).to.equal('wasm');
  });

  for (const [name, op] of operations) {
    it(`${name}: the same bits as the reference, forward and backward, on all samples`, () => {
      const count = op.definition.samples(samplesFrom(seeded(1))).length;
      for (let i = 0; i < count; i++)
        expectSameBits(op, () => op.definition.samples(samplesFrom(seeded(i + 1)))[i] as unknown[]);
    });
  }

  const sizes = [0, 1, 3, 4, 5, 7, 8, 15, 16, 17, 63, 64, 65, 129, 1000];

  const smooth = ['relu', 'exp', 'log', 'tanh', 'sigmoid', 'gelu', 'softplus', 'silu', 'sin', 'sqrt'];
  for (const [name, op] of operations.filter(([name]) => smooth.includes(name))) {
    it(`${name}: the same bits at sizes around the vectors'`, () => {
      for (const size of sizes) expectSameBits(op, () => [samplesFrom(seeded(size)).uniform([size], -8, 8)]);
    });
  }

  it('add and mul: the same bits under broadcasting at sizes around the vectors', () => {
    for (const op of [ops.add, ops.mul] as unknown as Operation[]) {
      for (const n of sizes) {
        const shapes = [
          [[n], [n]],
          [[3, n], [n]],
          [
            [3, 1],
            [1, n],
          ],
          [
            [2, 1, n],
            [3, 1],
          ],
          [[n, 2], []],
        ];
        for (const [a, b] of shapes)
          expectSameBits(op, () => [
            samplesFrom(seeded(n)).uniform(a),
            samplesFrom(seeded(n + 1)).uniform(b),
          ]);
      }
    }
  });

  it('sum, softmax and layerNorm: the same bits for rows and columns of every size', () => {
    for (const n of [...sizes.slice(1), 4095, 4096, 4097, 9000]) {
      for (const shape of [
        [2, n],
        [n, 3],
      ]) {
        const x = () => samplesFrom(seeded(n)).uniform(shape, -5, 5);
        for (const axis of [0, 1]) {
          for (const op of [
            ops.sum,
            ops.max,
            ops.mean,
            ops.softmax,
            ops.logSoftmax,
            ops.logSumExp,
          ] as unknown as Operation[])
            expectSameBits(op, () => [x(), axis]);
        }
        expectSameBits(ops.layerNorm as unknown as Operation, () => [x()]);
      }
    }
  });

  it('matmul: the same bits for random shapes, all transposes', () => {
    const random = seeded(5);
    const pick = () =>
      [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 63, 64, 65, 129, 300][Math.floor(random() * 17)];
    for (let i = 0; i < 60; i++) {
      const [m, k, n] = [pick(), pick(), pick()];
      const options = { transposeA: random() < 0.5, transposeB: random() < 0.5 };
      const make = samplesFrom(seeded(i));
      const [A, B] = [
        make.uniform(options.transposeA ? [k, m] : [m, k]),
        make.uniform(options.transposeB ? [n, k] : [k, n]),
      ];
      const fast = bits(ops.matmul(A, B, options).data);
      expect(fast, `${m}×${k}×${n} ${JSON.stringify(options)}`).to.deep.equal(
        withBackend(reference, () => bits(ops.matmul(A, B, options).data)),
      );
    }
  });

  for (const threads of [1, 2, 3, 8]) {
    it(`large products: the same bits with ${threads} threads, cut by rows and by columns`, () => {
      setThreads(threads);
      const shapes = [
        [300, 70, 40],
        [33, 64, 1000],
        [257, 129, 65],
        [1000, 30, 17],
      ];
      for (const [m, k, n] of shapes) {
        for (const options of [
          {},
          { transposeA: true },
          { transposeB: true },
          { transposeA: true, transposeB: true },
        ]) {
          const make = samplesFrom(seeded(m));
          const A = make.uniform('transposeA' in options ? [k, m] : [m, k]);
          const B = make.uniform('transposeB' in options ? [n, k] : [k, n]);
          const fast = bits(ops.matmul(A, B, options).data);
          expect(fast, `${m}×${k}×${n}`).to.deep.equal(
            withBackend(reference, () => bits(ops.matmul(A, B, options).data)),
          );
        }
      }
    });
  }

  it('a network trained for 200 steps ends with the same weights, to the bit', () => {
    const train = (): string => {
      manualSeed(7);
      const model = new nn.Sequential(
        new nn.Linear(20, 17),
        new nn.ReLU(),
        new nn.Linear(17, 9),
        new nn.Tanh(),
        new nn.Linear(9, 5),
      );
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.01, weightDecay: 0.001 });
      const random = samplesFrom(seeded(3));
      for (let step = 0; step < 200; step++) {
        const x = random.uniform([13, 20]);
        const y = random.integers(13, 5);
        optimizer.zeroGrad();
        nn.crossEntropy(model.forward(x), y).backward();
        optimizer.step();
      }
      const hash = createHash('sha256');
      for (const parameter of model.parameters())
        hash.update(Uint8Array.from(new Uint8Array(Float32Array.from(parameter.data).buffer)));
      return hash.digest('hex');
    };
    expect(train()).to.equal(withBackend(reference, train));
  });
});
