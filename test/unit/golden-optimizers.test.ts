// Every optimizer against PyTorch's: 50 steps, clipping, and a small network that learns. See scripts/golden.py.
import { expect } from 'chai';
import {
  add,
  crossEntropy,
  linear,
  matmul,
  mse,
  mul,
  optim,
  relu,
  square,
  sum,
  Tensor,
} from '../../src/index.ts';
import {
  decode,
  decodeTensor,
  expectGolden,
  expectNumber,
  type GoldenTensor,
  readGolden,
} from '../support/golden.ts';

type Name = 'SGD' | 'Adam' | 'AdamW' | 'RMSprop' | 'Adagrad';

interface Trajectory {
  about: string;
  optimizer: Name;
  options: object;
  /** The problem: mean (X W + b − T)² + 0.05 Σ W⁴ + 0.05 Σ b⁴. */
  X: GoldenTensor;
  T: GoldenTensor;
  /** W and b at the start, and after so many steps. */
  parameters: GoldenTensor[];
  after: Record<string, GoldenTensor[]>;
}

interface Clipping {
  clip: 'norm' | 'value';
  p?: number | string;
  limit: number;
  /** The gradients. */
  before: GoldenTensor[];
  after: GoldenTensor[];
  /** The norm of all gradients together, before. */
  total?: number;
}

interface Network {
  X: GoldenTensor;
  labels: number[];
  /** Weight and bias of three linear layers. */
  parameters: GoldenTensor[];
  options: object;
  /** The loss before each step. */
  losses: number[];
}

const golden = readGolden<{ trajectories: Trajectory[]; clipping: Clipping[]; network: Network[] }>(
  'optimizers',
);

describe("the optimizers move parameters as PyTorch's do", () => {
  for (const { about, optimizer, options, X, T, parameters, after } of golden.trajectories) {
    it(`${optimizer} ${about} ${JSON.stringify(options)}`, () => {
      const [W, b] = parameters.map((start) => decodeTensor(start, true));
      const [x, target] = [decodeTensor(X), decodeTensor(T)];
      const steps = new optim[optimizer]([W, b], options);
      const last = Math.max(...Object.keys(after).map(Number));
      for (let step = 1; step <= last; step++) {
        steps.zeroGrad();
        const fourthPowers = add(sum(square(square(W))), sum(square(square(b))));
        add(mse(add(matmul(x, W), b), target), mul(fourthPowers, 0.05)).backward();
        steps.step();
        after[step]?.forEach((values, i) =>
          expectGolden([W, b][i], values, `${optimizer} ${about}: ${'Wb'[i]} after step ${step}`),
        );
      }
    });
  }

  it('each of the five is there, and its golden parameters move', () => {
    expect(new Set(golden.trajectories.map(({ optimizer }) => optimizer))).to.deep.equal(
      new Set(['SGD', 'Adam', 'AdamW', 'RMSprop', 'Adagrad']),
    );
    for (const { parameters, after } of golden.trajectories)
      expect(after[50].map(({ data }) => data)).not.to.deep.equal(parameters.map(({ data }) => data));
  });
});

describe("gradients are clipped as PyTorch's are", () => {
  const parametersWith = (gradients: GoldenTensor[]) =>
    gradients.map((g) => {
      const parameter = new Tensor(g.shape);
      parameter.requiresGrad = true;
      parameter.grad = decodeTensor(g);
      return parameter;
    });

  for (const { clip, p, limit, before, after, total } of golden.clipping) {
    const name = clip === 'norm' ? `to the ${p}-norm ${limit}` : `to the values ±${limit}`;
    it(name, () => {
      const parameters = parametersWith(before);
      if (clip === 'value') optim.clipGradValue(parameters, limit);
      else {
        const found = optim.clipGradNorm(parameters, limit, { p: Number(p) });
        expectNumber(found, total as number, `the norm before clipping ${name}`);
      }
      parameters.forEach(({ grad }, i) => expectGolden(grad, after[i], `gradient ${i} clipped ${name}`));
    });
  }

  it('2 is the norm that is meant when none is named', () => {
    const { before, total } = golden.clipping.find(({ p }) => p === 2) as Clipping;
    expectNumber(optim.clipGradNorm(parametersWith(before), 1), total as number, 'the norm');
  });
});

describe("a small network's losses are PyTorch's", () => {
  for (const { X, labels, parameters, options, losses } of golden.network) {
    it(`over ${losses.length} steps of Adam`, () => {
      const x = decodeTensor(X);
      const all = parameters.map((start) => decodeTensor(start, true));
      const [W1, b1, W2, b2, W3, b3] = all;
      const adam = new optim.Adam(all, decode(options) as object);
      losses.forEach((value, step) => {
        const logits = linear(relu(linear(relu(linear(x, W1, b1)), W2, b2)), W3, b3);
        const loss = crossEntropy(logits, labels);
        expectNumber(loss.item(), value, `the loss before step ${step + 1}`);
        adam.zeroGrad();
        loss.backward();
        adam.step();
      });
      expect(losses.at(-1)).to.be.lessThan(losses[0] / 2);
    });
  }
});
