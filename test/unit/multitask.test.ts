// Several tasks: one body with several heads, the weighted sum of their losses, and data sets with several targets.
import { expect } from 'chai';
import {
  ArgumentError,
  data,
  manualSeed,
  nn,
  optim,
  randn,
  ShapeError,
  sum,
  type Tensor,
  tensor,
  train,
  zeros,
} from '../../src/index.ts';
import { expectError } from '../support/errors.ts';
import { checkGradient } from '../support/gradients.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const type = <A>(_value: A) => ({ is: <B>(..._proof: Same<A, B> extends true ? [] : [never]): void => {} });

const values = (x: Tensor) => [...x.data];

beforeEach(() => manualSeed(1));

describe('MultiTask', () => {
  const make = () =>
    new nn.MultiTask({
      body: new nn.Sequential(new nn.Linear(3, 4), new nn.Tanh()),
      heads: { digit: new nn.Linear(4, 10), parity: new nn.Linear(4, 2) },
    });

  it('every head sees what the body makes of x', () => {
    const model = make();
    const x = randn([5, 3]) as Tensor<[number, 3]>;
    const outputs = model.forward(x);
    const h = model.body.forward(x);
    expect(Object.keys(outputs)).to.deep.equal(['digit', 'parity']);
    expect(values(outputs.digit)).to.deep.equal(values(model.heads.digit.forward(h)));
    expect(values(outputs.parity)).to.deep.equal(values(model.heads.parity.forward(h)));
    type(outputs).is<nn.HeadOutputs<typeof model.body, typeof model.heads, Tensor<[number, 3]>>>();
    type(outputs.parity).is<Tensor<[number, 2]>>();
    type(outputs.digit).is<Tensor<[number, 10]>>();
  });

  it('its parameters are named by the way to them; predict gives all heads', () => {
    const model = make();
    expect([...model.namedParameters().keys()]).to.deep.equal([
      'body.0.weight',
      'body.0.bias',
      'heads.digit.weight',
      'heads.digit.bias',
      'heads.parity.weight',
      'heads.parity.bias',
    ]);
    const outputs = model.predict(zeros([2, 3]));
    expect([outputs.digit.shape, outputs.parity.shape]).to.deep.equal([
      [2, 10],
      [2, 2],
    ]);
    expect(outputs.digit.requiresGrad).to.equal(false);
  });

  it('the body’s gradient is the sum of what the heads send down', () => {
    // h = w x = 2·3 = 6; L = 5·h + 7·h: ∂L/∂w = (5 + 7)·3
    const model = new nn.MultiTask({
      body: new nn.Linear(1, 1, { bias: false }),
      heads: { a: new nn.Linear(1, 1, { bias: false }), b: new nn.Linear(1, 1, { bias: false }) },
    });
    model.body.weight.copyFrom([2]);
    model.heads.a.weight.copyFrom([5]);
    model.heads.b.weight.copyFrom([7]);
    const { a, b } = model.forward(tensor([[3]]));
    sum(a.add(b)).backward();
    expect(model.body.weight.grad?.item()).to.equal(36);
    expect(model.heads.a.weight.grad?.item()).to.equal(6);
  });

  it('widths that do not fit do not compile, and cannot be made', () => {
    const body = new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU());
    const wrong = new nn.Linear(5, 2);
    expectError(
      () =>
        new nn.MultiTask({
          body,
          // @ts-expect-error this head takes 5 values, but the body gives 4
          heads: { digit: new nn.Linear(4, 10), parity: wrong },
        }),
      ShapeError,
      'head parity takes 5 values, but the body gives 4',
    );
    // @ts-expect-error 7 is not 3
    expect(() => make().forward(zeros([2, 7]))).to.throw(ShapeError);
    // Widths that the compiler does not know, and layers that take any, fit.
    const width: number = 4;
    new nn.MultiTask({
      body,
      heads: { a: new nn.Linear(width, 2), b: new nn.ReLU(), c: new nn.Linear(4, 3) as nn.Module },
    });
    // A network in front of it must fit, too.
    expect(() => new nn.Sequential(new nn.Linear(2, 9), make() as nn.Module)).to.throw(ShapeError, 'takes 3');
  });

  it('the summary shows what comes out of each head', () => {
    expect(make().summary().split('\n')[0]).to.equal(
      ' MultiTask  [N, 3] → { digit: [N, 10], parity: [N, 2] }',
    );
  });

  it('a head is replaced by its name', () => {
    const model = make();
    expect(nn.replaceHead(model, 7, { layer: 'heads.digit' })).to.equal(model.heads.digit);
    expect(model.forward(zeros([1, 3])).digit.shape).to.deep.equal([1, 7]);
  });

  it('does not take over the object of the heads', () => {
    const heads = { a: new nn.Linear(4, 1) };
    const model = new nn.MultiTask({ body: new nn.Linear(3, 4), heads });
    const before = heads.a;
    nn.replaceHead(model, 2);
    expect(heads.a).to.equal(before);
    expect(model.heads.a.outputs).to.equal(2);
  });
});

describe('weightedLosses', () => {
  it('L = Σ wₖ Lₖ, and one without a weight counts once', () => {
    // (1 − 3)² = 4;  |2 − 5| = 3;  4 + ½·3
    const loss = nn.weightedLosses({ a: nn.mse, b: [nn.l1, 0.5] });
    const outputs = { a: tensor([[1]]), b: tensor([[2]]) };
    expect(loss(outputs, { a: tensor([[3]]), b: tensor([[5]]) }).item()).to.equal(5.5);
  });

  it('a single loss of weight 1 is that loss, to the bit', () => {
    const logits = randn([4, 3]);
    const labels = Int32Array.of(0, 1, 2, 1);
    expect(nn.weightedLosses({ a: nn.crossEntropy })({ a: logits }, { a: labels }).item()).to.equal(
      nn.crossEntropy(logits, labels).item(),
    );
  });

  it('agrees with the measured slope', () => {
    const loss = nn.weightedLosses({ digit: nn.crossEntropy, size: [nn.mse, 0.25] });
    checkGradient(
      (digit: Tensor, size: Tensor, wanted: Tensor) =>
        loss({ digit, size }, { digit: Int32Array.of(0, 2, 1), size: wanted }),
      (random) => [random.uniform([3, 4]), random.uniform([3, 1]), random.uniform([3, 1])],
    );
  });

  it('refuses outputs and targets that lack a task, and losses that are not one number', () => {
    const loss = nn.weightedLosses({ digit: nn.crossEntropy, parity: [nn.crossEntropy, 0.5] });
    const outputs = { digit: zeros([1, 10]), parity: zeros([1, 2]) };
    const bad = (value: unknown) => value as any;
    expectError(() => loss(outputs, bad({ digit: [0] })), ArgumentError, 'the targets have no parity');
    expectError(
      () => loss(bad({ digits: zeros([1, 10]), parity: zeros([1, 2]) }), { digit: [0], parity: [0] }),
      ArgumentError,
      'the outputs have no digit',
      '{ digits: loss }',
    );
    expectError(() => loss(bad(zeros([1, 10])), bad({})), ArgumentError, 'the outputs are a Tensor');
    expectError(
      () => loss(outputs, bad([0])),
      ArgumentError,
      'the targets are an array of 1',
      'fromTensors(x, {',
    );
    const whole = nn.weightedLosses({ a: (y: Tensor) => y });
    expectError(() => whole({ a: zeros([2]) }, { a: 0 }), ArgumentError, 'the loss of a is of shape [2]');
  });
});

describe('data sets with several targets', () => {
  const x = tensor([[0], [1], [2], [3], [4], [5]]);
  const make = () =>
    data.fromTensors(x, {
      digit: [0, 1, 2, 3, 4, 5],
      parity: Uint8Array.of(0, 1, 0, 1, 0, 1),
      half: tensor([[0], [0.5], [1], [1.5], [2], [2.5]]),
    });

  it('a batch has the rows of each', () => {
    const { x: rows, y } = make().batch([4, 1]);
    type(y).is<{ digit: Int32Array; parity: Int32Array; half: Tensor }>();
    expect(values(rows)).to.deep.equal([4, 1]);
    expect(y.digit).to.deep.equal(Int32Array.of(4, 1));
    expect(y.parity).to.deep.equal(Int32Array.of(0, 1));
    expect(values(y.half)).to.deep.equal([2, 0.5]);
    expect(y.half.shape).to.deep.equal([2, 1]);
  });

  it('parts and loaders keep rows together', async () => {
    const parts = make().split(0.5, 0.5);
    let samples = 0;
    for (const part of parts)
      for await (const { x: rows, y } of data.loader(part.subset([2, 0, 1]), {
        batchSize: 2,
        shuffle: true,
      })) {
        for (const [i, value] of values(rows).entries()) {
          expect([y.digit[i], y.parity[i], values(y.half)[i]]).to.deep.equal([value, value % 2, value / 2]);
          samples++;
        }
      }
    expect(samples).to.equal(6);
  });

  it('every target must have a row for each sample', () => {
    expectError(
      () => data.fromTensors(x, { digit: [0, 1, 2, 3, 4, 5], parity: [0, 1] }),
      ShapeError,
      'x [6, 1] has 6 samples, parity [2] has 2',
      'x and parity must have the same number of samples',
    );
    expectError(() => data.fromTensors(x, {}), ArgumentError, 'y has no targets');
    expectError(() => data.fromTensors(x, { a: tensor(1) }), ShapeError, 'a is a scalar');
    expectError(() => data.fromTensors(x, { a: 'x' } as any), ArgumentError, 'labels of a are "x"');
    expectError(
      () => data.fromTensors(x, { a: [0.5, 0, 0, 0, 0, 0] }),
      ArgumentError,
      'labels of a hold 0.5',
    );
  });
});

describe('learning several tasks', () => {
  it('fit takes a network of several heads, a sum of losses, and targets by name', async () => {
    /*
     * Points in the plane: is x₁ > 0? And how large is x₁ + x₂? Both must be learned: the loss of each falls to less than a
     * tenth.
     */
    manualSeed(2);
    const x = randn([64, 2]) as Tensor<[number, 2]>;
    const rows = x.toArray() as number[][];
    const set = data.fromTensors(x, {
      side: rows.map(([a]) => (a > 0 ? 1 : 0)),
      sum: tensor(rows.map(([a, b]) => [a + b])),
    });
    const model = new nn.MultiTask({
      body: new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh()),
      heads: { side: new nn.Linear(8, 2), sum: new nn.Linear(8, 1) },
    });
    const loss = nn.weightedLosses({ side: nn.crossEntropy, sum: [nn.mse, 0.5] });
    const all = set.batch(rows.map((_, i) => i));
    const losses = () => {
      const y = model.predict(x);
      return [nn.crossEntropy(y.side, all.y.side).item(), nn.mse(y.sum, all.y.sum).item()];
    };
    const before = losses();
    const history = await train.fit(model, {
      data: data.loader(set, { batchSize: 16, shuffle: true }),
      loss,
      optimizer: new optim.Adam(model.parameters(), { lr: 0.03 }),
      epochs: 60,
    });
    const after = losses();
    for (const k of [0, 1]) expect(after[k] / before[k]).to.be.lessThan(0.1);
    const report = await train.evaluate(model, data.loader(set), [], { loss });
    expect(report.loss).to.be.closeTo(after[0] + 0.5 * after[1], 1e-5);
    expect(history.at(-1)?.loss).to.be.lessThan(history[0].loss / 10);
  });
});
