// Modules and layers: how a module is walked, saved and switched, and each layer in numbers worked by hand.
import { expect } from 'chai';
import {
  ArgumentError,
  GradientError,
  IndexError,
  isRecording,
  manualSeed,
  nn,
  randomState,
  randn,
  relu,
  ShapeError,
  StateError,
  type Tensor,
  tensor,
  zeros,
} from '../../src/index.ts';
import { checkGradient } from '../support/gradients.ts';

const values = (x: Tensor): number[] => Array.from(x.data);

/** Each within a float32's rounding of what was worked out in double precision. */
function expectClose(x: Tensor, expected: readonly number[]): void {
  expect(x.size).to.equal(expected.length);
  x.data.forEach((value, i) => {
    if (!(Math.abs(value - expected[i]) <= 1e-6 * Math.max(1, Math.abs(expected[i]))))
      expect.fail(`element ${i} is ${value}, not ${expected[i]}`);
  });
}

/** A Linear of given weights. */
function linear(weight: number[][], bias?: number[]): nn.Linear {
  const layer = new nn.Linear(weight[0].length, weight.length, { bias: bias !== undefined });
  layer.weight.copyFrom(weight.flat());
  if (bias) layer.bias?.copyFrom(bias);
  return layer;
}

class Net extends nn.Module {
  scale = new nn.Parameter(tensor([2]));
  mean = new nn.Buffer(tensor([5, 6]));
  blocks = [new nn.Linear(2, 3), new nn.Dropout(0.5)];
  heads = { first: new nn.Linear(3, 1, { bias: false }), rest: [new nn.Parameter(tensor([7]))] };
  name = 'net';
  tied = this.blocks[0];
  again = this.scale;
  nothing = undefined;
  constants = tensor([8]);

  forward(x: Tensor): Tensor {
    return x;
  }
}

describe('a module finds what is in its fields', () => {
  it('parameters are named by the way to them, through modules, lists and objects, in the order of the fields', () => {
    expect([...new Net().namedParameters().keys()]).to.deep.equal([
      'scale',
      'blocks.0.weight',
      'blocks.0.bias',
      'heads.first.weight',
      'heads.rest.0',
    ]);
  });

  it('a parameter that is used twice is found once, under its first name', () => {
    const net = new Net();
    expect(net.parameters()).to.have.length(5);
    expect(net.namedParameters().get('scale')).to.equal(net.again);
    expect(new Set(net.parameters()).size).to.equal(5);
  });

  it('buffers are no parameters, and plain tensors are neither', () => {
    const net = new Net();
    expect([...net.namedBuffers()]).to.deep.equal([['mean', net.mean]]);
    expect(net.mean.requiresGrad).to.equal(false);
    expect(net.parameters().every((parameter) => parameter.requiresGrad)).to.equal(true);
  });

  it('modules are named too, the module itself by the empty name', () => {
    const net = new Net();
    expect([...net.namedModules().keys()]).to.deep.equal(['', 'blocks.0', 'blocks.1', 'heads.first', 'tied']);
    expect(net.namedModules().get('tied')).to.equal(net.blocks[0]);
  });

  it('a module that holds itself ends there', () => {
    const net = new Net() as Net & { parent?: nn.Module };
    net.heads.first = Object.assign(net.heads.first, { parent: net });
    expect(net.parameters()).to.have.length(5);
  });

  it('parameters and buffers are made of tensors only', () => {
    expect(() => new nn.Parameter([1, 2] as any)).to.throw(ArgumentError, 'an array of 2');
    expect(() => new nn.Buffer(3 as any)).to.throw(ArgumentError, 'Buffer: cannot be made of 3');
  });

  it('zeroGrad forgets every gradient', () => {
    const layer = linear([[1, 2]], [0]);
    layer
      .forward(tensor([[3, 4]]))
      .sum()
      .backward();
    expect(values(layer.weight.grad as Tensor)).to.deep.equal([3, 4]);
    layer.zeroGrad();
    expect(layer.parameters().map((parameter) => parameter.grad)).to.deep.equal([undefined, undefined]);
  });
});

describe('a state dict', () => {
  beforeEach(() => manualSeed(1));

  const network = () =>
    new nn.Sequential(new nn.Linear(3, 2), new nn.BatchNorm1d(2), new nn.ReLU(), new nn.Linear(2, 1));
  const copied = (state: nn.StateDict): Record<string, number[]> =>
    Object.fromEntries(Object.entries(state).map(([name, x]) => [name, values(x)]));

  it('has PyTorch’s names, in camelCase', () => {
    expect(Object.keys(network().stateDict())).to.deep.equal([
      '0.weight',
      '0.bias',
      '1.weight',
      '1.bias',
      '1.runningMean',
      '1.runningVar',
      '3.weight',
      '3.bias',
    ]);
  });

  it('carries a network over to another one, which then computes the same', () => {
    const [from, to] = [network(), network()];
    const x = randn([5, 3]);
    from.forward(x);
    expect(values(to.predict(x))).not.to.deep.equal(values(from.predict(x)));
    const { loaded, missing, unexpected, misshapen } = to.loadStateDict(from.stateDict());
    expect(loaded).to.deep.equal(Object.keys(to.stateDict()));
    expect([missing, unexpected, misshapen]).to.deep.equal([[], [], []]);
    expect(copied(to.stateDict())).to.deep.equal(copied(from.stateDict()));
    expect(values(to.predict(x))).to.deep.equal(values(from.predict(x)));
  });

  it('shares its values with the module, but no gradients', () => {
    const layer = linear([[1, 2]], [3]);
    const state = layer.stateDict();
    layer.weight.copyFrom([4, 5]);
    expect(values(state.weight)).to.deep.equal([4, 5]);
    expect(state.weight.requiresGrad).to.equal(false);
  });

  it('names a tied parameter under each of its names, and takes it under each', () => {
    const net = new Net();
    const state = net.stateDict();
    expect(Object.keys(state)).to.include.members(['blocks.0.weight', 'tied.weight', 'scale', 'again']);
    new Net().loadStateDict(state);
  });

  it('that does not fit is refused with everything that is wrong, and nothing is changed', () => {
    const model = network();
    const before = copied(model.stateDict());
    const { '0.bias': _, ...state } = network().stateDict();
    expect(() =>
      model.loadStateDict({ ...state, '3.weight': zeros([1, 5]), '3.bias': [1] as any, extra: zeros([1]) }),
    )
      .to.throw(StateError)
      .with.property(
        'message',
        `loadStateDict: the state does not fit this Sequential
  missing: 0.bias
  unexpected: extra
  wrong shape: 3.weight is [1, 5], must be [1, 2]; 3.bias is an array of 1, must be [1]
  rule: names and shapes must be those of stateDict()`,
      );
    expect(copied(model.stateDict())).to.deep.equal(before);
  });

  it('may be taken in part, but never with a wrong shape', () => {
    const model = network();
    const state = { '3.bias': tensor([9]), other: tensor([1]) };
    expect(() => model.loadStateDict(state)).to.throw(StateError, '{ strict: false }) takes what fits');
    const { missing, unexpected } = model.loadStateDict(state, { strict: false });
    expect(unexpected).to.deep.equal(['other']);
    expect(missing).to.have.length(7).and.not.include('3.bias');
    expect(values(model.layers[3].bias as Tensor)).to.deep.equal([9]);
    expect(() => model.loadStateDict({ '3.bias': zeros([2]) }, { strict: false })).to.throw(
      StateError,
      '3.bias is [2]',
    );
  });

  it('must be an object, and options must be known', () => {
    const model = network();
    for (const state of [null, undefined, 3, [zeros([1])]])
      expect(() => model.loadStateDict(state as any)).to.throw(StateError);
    expect(() => model.loadStateDict(model.stateDict(), { strickt: false } as any)).to.throw(
      ArgumentError,
      'strict',
    );
  });
});

describe('training and evaluation', () => {
  it('train and eval reach every inner module', () => {
    const net = new Net();
    const modes = () => [...net.namedModules().values()].map((module) => module.training);
    expect(modes()).to.deep.equal([true, true, true, true, true]);
    expect(net.eval()).to.equal(net);
    expect(modes()).to.deep.equal([false, false, false, false, false]);
    net.train();
    expect(modes()).to.deep.equal([true, true, true, true, true]);
    expect(() => net.train(1 as any)).to.throw(ArgumentError, 'train: the mode is 1');
  });

  it('predict runs in evaluation mode without recording, and puts each mode back', () => {
    const dropout = new nn.Dropout(0.5);
    const layer = linear([[1, 1]]);
    let recording = true;
    class Watch extends nn.Module {
      forward(x: Tensor): Tensor {
        recording = isRecording();
        return x;
      }
    }
    const model = new nn.Sequential(layer, dropout, new Watch());
    layer.eval();
    const y = model.predict(tensor([[1, 2]]));
    expect(values(y)).to.deep.equal([3]);
    expect(y.requiresGrad).to.equal(false);
    expect(recording).to.equal(false);
    expect([model.training, layer.training, dropout.training]).to.deep.equal([true, false, true]);
    expect(isRecording()).to.equal(true);
    expect(() => y.backward()).to.throw(GradientError);
  });

  it('predict puts the modes back after an error, and takes as many arguments as forward', () => {
    class Two extends nn.Module {
      dropout = new nn.Dropout();
      forward(a: Tensor, b: Tensor): Tensor {
        if (a.size !== b.size) throw new RangeError('sizes');
        return a.add(b);
      }
    }
    const model = new Two();
    expect(values(model.predict(tensor([1]), tensor([2])))).to.deep.equal([3]);
    expect(() => model.predict(tensor([1]), tensor([2, 3]))).to.throw(RangeError);
    expect([model.training, model.dropout.training, isRecording()]).to.deep.equal([true, true, true]);
  });
});

describe('Linear', () => {
  beforeEach(() => manualSeed(1));

  it('is x Wᵀ + b', () => {
    const layer = linear(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      [10, 20],
    );
    expect(values(layer.forward(tensor([[1, 0, -1]])))).to.deep.equal([8, 18]); // 1 − 3 + 10, 4 − 6 + 20
    expect(layer.forward(zeros([4, 5, 3])).shape).to.deep.equal([4, 5, 2]);
    expect([layer.inputs, layer.outputs]).to.deep.equal([3, 2]);
  });

  it('may have no bias', () => {
    const layer = linear([[1, 2]]);
    expect(layer.bias).to.equal(undefined);
    expect([...layer.namedParameters().keys()]).to.deep.equal(['weight']);
    expect(values(layer.forward(tensor([[3, 4]])))).to.deep.equal([11]);
  });

  it('starts uniform in ±1/√in, and the same with the same seed', () => {
    const layer = new nn.Linear(100, 50);
    for (const x of layer.parameters()) {
      expect(Math.max(...x.data.map(Math.abs))).to.be.within(0.09, 0.1);
      expect(Math.min(...x.data)).to.be.below(0);
    }
    manualSeed(1);
    expect(values(new nn.Linear(100, 50).weight)).to.deep.equal(values(layer.weight));
    expect(values(new nn.Linear(100, 50).weight)).not.to.deep.equal(values(layer.weight));
  });
});

describe('activations', () => {
  const x = tensor([[-2, 0, 1]]);
  const e = Math.exp;
  const sigmoid = (a: number) => 1 / (1 + e(-a));
  const cases: [nn.Module, number[]][] = [
    [new nn.ReLU(), [0, 0, 1]],
    [new nn.LeakyReLU(), [-0.02, 0, 1]],
    [new nn.LeakyReLU({ slope: 0.25 }), [-0.5, 0, 1]],
    [new nn.ELU(), [e(-2) - 1, 0, 1]],
    [new nn.ELU({ alpha: 3 }), [3 * (e(-2) - 1), 0, 1]],
    [new nn.GELU(), [-0.04550026389635842, 0, 0.8413447460685429]], // Φ(−2) = 0.0227501, Φ(1) = 0.8413447
    [new nn.GELU({ approximate: 'tanh' }), [-0.045402305912, 0, 0.841191990608]],
    [new nn.SiLU(), [-2 * sigmoid(-2), 0, sigmoid(1)]],
    [new nn.Softplus(), [Math.log1p(e(-2)), Math.LN2, 1 + Math.log1p(e(-1))]],
    [new nn.Sigmoid(), [sigmoid(-2), 0.5, sigmoid(1)]],
    [new nn.LogSigmoid(), [-2 - Math.log1p(e(-2)), -Math.LN2, -Math.log1p(e(-1))]],
    [new nn.Tanh(), [Math.tanh(-2), 0, Math.tanh(1)]],
    [new nn.Hardtanh(), [-1, 0, 1]],
    [new nn.Hardtanh({ min: -3, max: 0.5 }), [-2, 0, 0.5]],
    [new nn.Softmax(), [-2, 0, 1].map((a) => e(a) / (e(-2) + 1 + e(1)))],
    [new nn.Softmax(0), [1, 1, 1]],
    [new nn.LogSoftmax(), [-2, 0, 1].map((a) => a - Math.log(e(-2) + 1 + e(1)))],
    [new nn.LogSoftmax(0), [0, 0, 0]],
  ];
  for (const [layer, expected] of cases) {
    const { training: _, ...options } = layer as nn.Module & Record<string, unknown>;
    it(`${layer.constructor.name} ${JSON.stringify(options)} of −2, 0 and 1`, () => {
      expectClose(layer.forward(x), expected);
      expect(layer.parameters()).to.deep.equal([]);
    });
  }

  it('every activation that is exported is among these', () => {
    const exported = Object.values(nn).filter(
      (item) => typeof item === 'function' && item.prototype instanceof nn.Activation,
    );
    expect(new Set(cases.map(([layer]) => layer.constructor))).to.deep.equal(new Set(exported));
    expect(exported).to.have.length(12);
  });
});

describe('Dropout', () => {
  let x: Tensor;
  beforeEach(() => {
    manualSeed(1);
    x = randn([100, 100]);
    manualSeed(1);
  });

  it('drops with probability p, and divides the rest by 1 − p', () => {
    const y = new nn.Dropout(0.2).forward(x);
    const dropped = y.data.filter((value) => value === 0).length;
    expect(dropped).to.be.within(1800, 2200); // 2,000 ± 5 · √(10,000 · 0.2 · 0.8)
    y.data.forEach((value, i) => {
      if (value !== 0) expect(value).to.be.closeTo(x.data[i] / 0.8, 1e-6);
    });
  });

  it('drops others each time, and the same after the same seed', () => {
    const layer = new nn.Dropout();
    const [first, second] = [values(layer.forward(x)), values(layer.forward(x))];
    expect(second).not.to.deep.equal(first);
    manualSeed(1);
    expect(values(layer.forward(x))).to.deep.equal(first);
  });

  it('does nothing in evaluation, or with p = 0, and leaves nothing with p = 1', () => {
    expect(values(new nn.Dropout().eval().forward(x))).to.deep.equal(values(x));
    expect(values(new nn.Dropout(0).forward(x))).to.deep.equal(values(x));
    expect(values(new nn.Dropout(1).forward(x)).every((value) => value === 0)).to.equal(true);
  });
});

it('Flatten joins all axes but the first, or the ones that are named', () => {
  const x = zeros([2, 3, 4, 5]);
  expect(new nn.Flatten().forward(x).shape).to.deep.equal([2, 60]);
  expect(new nn.Flatten(0).forward(x).shape).to.deep.equal([120]);
  expect(new nn.Flatten(1, -2).forward(x).shape).to.deep.equal([2, 12, 5]);
});

describe('LayerNorm', () => {
  it('brings each row to mean 0 and variance 1, then scales and shifts its columns', () => {
    const layer = new nn.LayerNorm(2, { eps: 0 });
    const x = tensor([
      [1, 3], // mean 2, variance 1
      [10, -10], // mean 0, variance 100
    ]);
    expectClose(layer.forward(x), [-1, 1, 1, -1]);
    layer.weight?.copyFrom([2, 3]);
    layer.bias?.copyFrom([10, 20]);
    expectClose(layer.forward(x), [8, 23, 12, 17]);
  });

  it('adds eps to the variance, which keeps a constant row finite', () => {
    expectClose(new nn.LayerNorm(2, { eps: 3 }).forward(tensor([[1, 3]])), [-0.5, 0.5]); // ±1/√(1 + 3)
    expectClose(new nn.LayerNorm(2).forward(tensor([[5, 5]])), [0, 0]);
  });

  it('learns weight and bias, unless it is not affine', () => {
    expect([...new nn.LayerNorm(3).namedParameters().keys()]).to.deep.equal(['weight', 'bias']);
    const plain = new nn.LayerNorm(3, { affine: false });
    expect(plain.parameters()).to.deep.equal([]);
    expect(() => plain.forward(zeros([2, 4]) as Tensor)).to.throw(ShapeError, 'the last axis of x must be 3');
    checkGradient(
      (x: Tensor) => plain.forward(x),
      (random) => [random.uniform([2, 4, 3])],
    );
  });
});

describe('BatchNorm1d', () => {
  const batch = tensor([
    [1, 10],
    [3, 30],
  ]); // means 2 and 20; squared distances 1 and 100; divided by n − 1 = 1: variances 2 and 200

  it('while training, brings each feature of the batch to mean 0 and variance 1', () => {
    const layer = new nn.BatchNorm1d(2, { eps: 0 });
    expectClose(layer.forward(batch), [-1, -1, 1, 1]);
    layer.weight?.copyFrom([2, 3]);
    layer.bias?.copyFrom([10, 20]);
    expectClose(layer.forward(batch), [8, 17, 12, 23]);
  });

  it('moves the running statistics by a tenth towards the batch’s, the variance divided by n − 1', () => {
    const layer = new nn.BatchNorm1d(2);
    expect(values(layer.runningMean)).to.deep.equal([0, 0]);
    expect(values(layer.runningVar)).to.deep.equal([1, 1]);
    layer.forward(batch);
    expectClose(layer.runningMean, [0.2, 2]); // 0.9 · 0 + 0.1 · (2, 20)
    expectClose(layer.runningVar, [1.1, 20.9]); // 0.9 · 1 + 0.1 · (2, 200)
    layer.forward(batch);
    expectClose(layer.runningMean, [0.38, 3.8]);
    expectClose(layer.runningVar, [1.19, 38.81]);
    expect(layer.runningMean.requiresGrad || layer.runningVar.requiresGrad).to.equal(false);
  });

  it('with momentum 1 remembers the last batch, with 0 nothing', () => {
    const [last, none] = [new nn.BatchNorm1d(2, { momentum: 1 }), new nn.BatchNorm1d(2, { momentum: 0 })];
    for (const layer of [last, none]) layer.forward(batch);
    expectClose(last.runningMean, [2, 20]);
    expectClose(last.runningVar, [2, 200]);
    expectClose(none.runningMean, [0, 0]);
    expectClose(none.runningVar, [1, 1]);
  });

  it('in evaluation, uses the running statistics and leaves them alone', () => {
    const layer = new nn.BatchNorm1d(2, { eps: 0 }).eval();
    layer.runningMean.copyFrom([1, 2]);
    layer.runningVar.copyFrom([4, 16]);
    expectClose(layer.forward(tensor([[3, 10]])), [1, 2]); // (3 − 1)/2, (10 − 2)/4
    expect(values(layer.runningMean)).to.deep.equal([1, 2]);
    expect(values(layer.runningVar)).to.deep.equal([4, 16]);
  });

  it('takes [n, features, length], with one mean for each feature', () => {
    const layer = new nn.BatchNorm1d(2, { eps: 0, momentum: 1 });
    const x: Tensor = tensor([
      [
        [1, 3],
        [0, 0],
      ],
      [
        [1, 3],
        [2, 2],
      ],
    ]);
    expectClose(layer.forward(x), [-1, 1, -1, -1, -1, 1, 1, 1]);
    expectClose(layer.runningMean, [2, 1]);
    expectClose(layer.runningVar, [4 / 3, 4 / 3]); // Σ of four squares of 1, divided by 3
  });

  it('the batch’s statistics carry their part of the gradient', () => {
    for (const shape of [
      [4, 3],
      [2, 3, 4],
    ])
      checkGradient(
        (x: Tensor) => new nn.BatchNorm1d(3, { affine: false }).forward(x),
        (random) => [random.uniform(shape)],
      );
  });

  it('a batch of one has no variance to train with', () => {
    const layer = new nn.BatchNorm1d(2);
    expect(() => layer.forward(zeros([1, 2]))).to.throw(ShapeError, 'more than one value for each feature');
    expect(values(layer.runningMean)).to.deep.equal([0, 0]);
    expect(layer.forward(zeros([1, 2, 2]) as Tensor).shape).to.deep.equal([1, 2, 2]);
    expect(layer.eval().forward(zeros([1, 2])).shape).to.deep.equal([1, 2]);
  });

  it('other features are refused', () => {
    const layer = new nn.BatchNorm1d(2);
    for (const shape of [[4, 3], [4], [4, 3, 2], [4, 2, 1, 1]])
      expect(() => layer.forward(zeros(shape) as Tensor)).to.throw(
        ShapeError,
        'rule: x must be [n, 2] or [n, 2, length]',
      );
  });
});

describe('Embedding', () => {
  beforeEach(() => manualSeed(1));

  const table = () => {
    const layer = new nn.Embedding(3, 2);
    layer.weight.copyFrom([0, 1, 10, 11, 20, 21]);
    return layer;
  };

  it('looks up rows by their numbers', () => {
    expect(values(table().forward([2, 0, 2]))).to.deep.equal([20, 21, 0, 1, 20, 21]);
    expect(table().forward(Int32Array.of(1)).shape).to.deep.equal([1, 2]);
    expect(
      table().forward([
        [1, 1, 1],
        [0, 0, 0],
      ]).shape,
    ).to.deep.equal([2, 3, 2]);
    expect(table().forward(zeros([4, 5])).shape).to.deep.equal([4, 5, 2]);
  });

  it('a row that was looked up twice collects two gradients', () => {
    const layer = table();
    layer.forward([2, 0, 2]).backward(
      tensor([
        [1, 2],
        [3, 4],
        [50, 60],
      ]),
    );
    expect(values(layer.weight.grad as Tensor)).to.deep.equal([3, 4, 0, 0, 51, 62]);
  });

  it('a number that no row has is refused', () => {
    expect(() => table().forward([0, 3])).to.throw(IndexError, '3');
    expect(() => table().forward([-1])).to.throw(IndexError, '-1');
  });

  it('starts normal with standard deviation 1', () => {
    const { weight } = new nn.Embedding(100, 100);
    const square = weight.data.reduce((sum, w) => sum + w * w, 0) / 10_000;
    expect(square).to.be.within(0.929, 1.071); // 1 ± 5 · √(2/10,000)
  });
});

describe('Sequential', () => {
  it('runs its layers in order, and names them by their places', () => {
    const model = new nn.Sequential(linear([[2]]), new nn.ReLU(), linear([[3]], [1]));
    expect(values(model.forward(tensor([[5], [-5]])))).to.deep.equal([31, 1]);
    expect([...model.namedModules().keys()]).to.deep.equal(['', '0', '1', '2']);
    expect([model.length, model.layers.length]).to.deep.equal([3, 3]);
    expect(values(new nn.Sequential().forward(tensor([7])))).to.deep.equal([7]);
  });

  it('a layer can be replaced, and one added at the end', () => {
    const model: nn.Sequential = new nn.Sequential(linear([[2]]), linear([[3]]));
    model[1] = linear([[10]]);
    expect(values(model.forward(tensor([[1]])))).to.deep.equal([20]);
    model[2] = linear([[5]]);
    expect(values(model.forward(tensor([[1]])))).to.deep.equal([100]);
    expect(Object.keys(model.stateDict())).to.deep.equal(['0.weight', '1.weight', '2.weight']);
  });

  it('an error about shapes says in which layer it happened', () => {
    class Odd extends nn.Module {
      forward(x: Tensor): Tensor {
        return x.slice(0, 3, 1);
      }
    }
    const model = new nn.Sequential(new nn.Linear(4, 4), new nn.Sequential(new Odd(), new nn.Linear(4, 2)));
    expect(() => model.forward(zeros([5, 4])))
      .to.throw(ShapeError)
      .with.property('stack')
      .that.contains(
        'ShapeError: layer 1 (Sequential): layer 1 (Linear): linear: x [5, 3] does not fit the weight [2, 4]',
      );
  });

  it('anything but modules is refused', () => {
    const cases: [unknown[], string][] = [
      [[[new nn.ReLU()]], 'layer 0 is an array of 1'],
      [[new nn.ReLU(), nn.ReLU], 'new ReLU(...)'],
      [[relu], 'layer 0 is'],
      [[undefined], 'layer 0 is undefined'],
    ];
    for (const [layers, text] of cases) {
      expect(() => new nn.Sequential(...(layers as any))).to.throw(ArgumentError, text);
      expect(() => new nn.Residual(...(layers as any))).to.throw(ArgumentError, text);
    }
  });
});

describe('Residual', () => {
  it('adds what went in', () => {
    const layer = new nn.Residual(
      linear([
        [2, 0],
        [0, 3],
      ]),
      new nn.ReLU(),
    );
    expect(values(layer.forward(tensor([[1, -1]])))).to.deep.equal([3, -1]); // 1 + relu(2), −1 + relu(−3)
    expect(Object.keys(layer.stateDict())).to.deep.equal(['layers.0.weight']);
  });

  it('its gradient is that of f, plus 1', () => {
    const x = tensor([[1, -1]], { requiresGrad: true });
    const layer = new nn.Residual(
      linear([
        [2, 0],
        [0, 3],
      ]),
      new nn.ReLU(),
    );
    (layer.forward(x) as Tensor).backward(tensor([[5, 50]]));
    expect(values(x.grad as Tensor)).to.deep.equal([15, 50]); // 5 · (2 + 1), 50 · (0 + 1)
  });

  it('does not stretch a result that is too small', () => {
    class Mean extends nn.Module {
      forward(x: Tensor): Tensor {
        return x.mean(-1, { keepDims: true });
      }
    }
    expect(() => new nn.Residual(new Mean()).forward(zeros([2, 3]))).to.throw(
      ShapeError,
      'f(x) is [2, 1], but x is [2, 3]',
    );
  });
});

describe('FeedForward', () => {
  beforeEach(() => manualSeed(1));

  it('is a Linear for each width, with the activation and dropout between them', () => {
    const model = new nn.FeedForward({ inputs: 784, hidden: [64, 128], outputs: 10, dropout: 0.2 });
    expect(model.hidden.map(({ inputs, outputs }) => [inputs, outputs])).to.deep.equal([
      [784, 64],
      [64, 128],
    ]);
    expect([model.output.inputs, model.output.outputs]).to.deep.equal([128, 10]);
    expect(model.activation).to.be.instanceOf(nn.ReLU);
    expect(model.dropout?.p).to.equal(0.2);
    expect(model.parameters().reduce((total, { size }) => total + size, 0)).to.equal(59_850);
  });

  it('its names do not depend on activation and dropout', () => {
    const names = [
      'hidden.0.weight',
      'hidden.0.bias',
      'hidden.1.weight',
      'hidden.1.bias',
      'output.weight',
      'output.bias',
    ];
    const sizes = { inputs: 5, hidden: [4, 3], outputs: 2 };
    for (const options of [sizes, { ...sizes, dropout: 0.5 }, { ...sizes, activation: 'tanh' as const }])
      expect(Object.keys(new nn.FeedForward(options).stateDict())).to.deep.equal(names);
  });

  it('computes what its layers compute one after the other', () => {
    const model = new nn.FeedForward({
      inputs: 5,
      hidden: [4, 3],
      outputs: 2,
      activation: 'gelu',
      dropout: 0.5,
    });
    const same = new nn.Sequential(
      model.hidden[0],
      new nn.GELU(),
      new nn.Dropout(),
      model.hidden[1],
      new nn.GELU(),
      new nn.Dropout(),
      model.output,
    );
    const x = randn([6, 5]);
    expect(values(model.predict(x))).to.deep.equal(values(same.predict(x)));
    manualSeed(2);
    const y = values(model.forward(x));
    manualSeed(2);
    expect(values(same.forward(x))).to.deep.equal(y);
    expect(y).not.to.deep.equal(values(model.predict(x)));
  });

  it('takes one hidden width as a number, and none as an empty list', () => {
    const one = new nn.FeedForward({ inputs: 3, hidden: 4, outputs: 2 });
    expect(one.hidden.map(({ outputs }) => outputs)).to.deep.equal([4]);
    const none = new nn.FeedForward({ inputs: 3, hidden: [], outputs: 2 });
    expect(Object.keys(none.stateDict())).to.deep.equal(['output.weight', 'output.bias']);
    expect(none.forward(zeros([5, 3])).shape).to.deep.equal([5, 2]);
  });

  it('knows every activation by the name of its operation', () => {
    const names = {
      relu: nn.ReLU,
      leakyRelu: nn.LeakyReLU,
      elu: nn.ELU,
      gelu: nn.GELU,
      silu: nn.SiLU,
      softplus: nn.Softplus,
      sigmoid: nn.Sigmoid,
      logSigmoid: nn.LogSigmoid,
      tanh: nn.Tanh,
      hardtanh: nn.Hardtanh,
      softmax: nn.Softmax,
      logSoftmax: nn.LogSoftmax,
    };
    for (const [name, Layer] of Object.entries(names)) {
      const activation = name as nn.ActivationName;
      const model = new nn.FeedForward({ inputs: 3, hidden: 4, outputs: 2, activation });
      expect(model.activation).to.be.instanceOf(Layer);
    }
  });
});

describe('summary', () => {
  beforeEach(() => manualSeed(1));

  const article = () =>
    new nn.Sequential(
      new nn.Linear(784, 64),
      new nn.ReLU(),
      new nn.Linear(64, 128),
      new nn.ReLU(),
      new nn.Linear(128, 10),
    );

  it('shows layers, what comes out of them, and how many parameters they have', () => {
    expect(article().summary()).to.equal(
      [
        ' Sequential  [N, 784] → [N, 10]',
        '',
        ' layer      class   output    parameters',
        ' ───────────────────────────────────────',
        ' 0          Linear  [N, 64]       50,240',
        ' 1          ReLU    [N, 64]            –',
        ' 2          Linear  [N, 128]       8,320',
        ' 3          ReLU    [N, 128]           –',
        ' 4          Linear  [N, 10]        1,290',
        ' ───────────────────────────────────────',
        ' trainable                        59,850',
        ' frozen                                0',
        ' all                              59,850',
      ].join('\n'),
    );
  });

  it('says what is frozen, and how often a layer runs', () => {
    const model = new nn.FeedForward({ inputs: 784, hidden: [64, 128], outputs: 10, dropout: 0.1 });
    model.hidden[0].weight.requiresGrad = false;
    model.output.weight.requiresGrad = false;
    (model.output.bias as nn.Parameter).requiresGrad = false;
    expect(model.summary()).to.equal(
      [
        ' FeedForward  [N, 784] → [N, 10]',
        '',
        ' layer       class       output    parameters',
        ' ──────────────────────────────────────────────────────────',
        ' hidden.0    Linear      [N, 64]       50,240  64 trainable',
        ' activation  ReLU ×2     [N, 64]            –',
        ' dropout     Dropout ×2  [N, 64]            –',
        ' hidden.1    Linear      [N, 128]       8,320',
        ' output      Linear      [N, 10]        1,290  frozen',
        ' ──────────────────────────────────────────────────────────',
        ' trainable                              8,384',
        ' frozen                                51,466',
        ' all                                   59,850',
      ].join('\n'),
    );
  });

  it('of a class of one’s own asks for the input’s shape, follows the calls, and counts what is shared once', () => {
    class Own extends nn.Module {
      last = new nn.Linear(3, 3);
      body: nn.Module[] = [new nn.Flatten(), new nn.Linear(6, 3)];
      shift = new nn.Parameter(zeros([3]));
      idle = new nn.Linear(1, 1);
      again = this.last;

      forward(x: Tensor): Tensor {
        const h: Tensor = this.body.reduce((y, layer) => layer.forward(y), x).add(this.shift);
        return this.last.forward(this.last.forward(h)).sum();
      }
    }
    expect(new Own().summary([3, 2])).to.equal(
      [
        ' Own  [N, 3, 2] → []',
        '',
        ' layer      class      output   parameters',
        ' ─────────────────────────────────────────',
        ' –          Own        []                3',
        ' body.0     Flatten    [N, 6]            –',
        ' body.1     Linear     [N, 3]           21',
        ' last       Linear ×2  [N, 3]           12',
        ' idle       Linear     not run           2',
        ' ─────────────────────────────────────────',
        ' trainable                              38',
        ' frozen                                  0',
        ' all                                    38',
      ].join('\n'),
    );
    expect(new Own().summary()).to.equal(
      [
        ' Own',
        '',
        ' layer      class    output  parameters',
        ' ──────────────────────────────────────',
        ' –          Own      ?                3',
        ' last       Linear   ?               12',
        ' body.0     Flatten  ?                –',
        ' body.1     Linear   ?               21',
        ' idle       Linear   ?                2',
        ' ──────────────────────────────────────',
        ' trainable                           38',
        ' frozen                               0',
        ' all                                 38',
      ].join('\n'),
    );
  });

  it('infers the input’s shape from a first layer that knows its width', () => {
    const heads: [nn.Module, string][] = [
      [new nn.Linear(4, 4), '[N, 4] → [N, 4]'],
      [new nn.LayerNorm(4), '[N, 4] → [N, 4]'],
      [new nn.BatchNorm1d(4), '[N, 4] → [N, 4]'],
      [new nn.Sequential(new nn.Sequential(new nn.Tanh(), new nn.Linear(4, 2))), '[N, 4] → [N, 2]'],
      [new nn.Residual(new nn.Linear(4, 4)), '[N, 4] → [N, 4]'],
      [new nn.FeedForward({ inputs: 4, hidden: 3, outputs: 2 }), '[N, 4] → [N, 2]'],
    ];
    for (const [model, arrow] of heads)
      expect(model.summary().split('\n')[0]).to.equal(` ${model.constructor.name}  ${arrow}`);
    expect(new nn.Sequential(new nn.Embedding(9, 4), new nn.Linear(4, 1)).summary()).to.contain(' ? ');
    expect(new nn.Sequential(new nn.Embedding(9, 4), new nn.Linear(4, 1)).summary([7])).to.contain(
      '[N, 7] → [N, 7, 1]',
    );
  });

  it('shows no outputs when a shape was only inferred and does not fit, and throws when it was given', () => {
    class Pictures extends nn.Module {
      forward(x: Tensor): Tensor {
        return x.sum(2);
      }
    }
    const model = new nn.Sequential(new nn.Linear(4, 4), new Pictures());
    expect(model.summary()).to.contain(' 0          Linear    ?               20');
    expect(model.summary([3, 4])).to.contain('[N, 3, 4] → [N, 3]');
    expect(() => model.summary([4])).to.throw(ShapeError, 'layer 1 (Pictures)');
    expect(() => model.summary([1.5])).to.throw(ArgumentError, 'summary');
    expect(() => model.summary(4 as any)).to.throw(ArgumentError, 'summary');
  });

  it('keeps to 80 columns, by leaving out the beginning of long names', () => {
    const path = 'a'.repeat(70);
    class Deep extends nn.Module {
      [path] = { inner: new nn.Linear(2, 2) };
      forward(x: Tensor): Tensor {
        return x;
      }
    }
    const lines = new Deep().summary([2]).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).to.equal(80);
    expect(lines[4]).to.match(/^ …a+\.inner {2}Linear/);
  });

  it('leaves no trace', () => {
    class Noise extends nn.Module {
      forward(x: Tensor): Tensor {
        return x.add(randn([4]));
      }
    }
    const own = (x: Tensor): Tensor => x;
    const arrow = Object.assign(new Noise(), { forward: own });
    const model = new nn.Sequential(
      new nn.Linear(3, 4),
      new nn.BatchNorm1d(4),
      new Noise(),
      new nn.Dropout(),
      arrow,
    );
    model.layers[3].eval();
    model
      .forward(randn([5, 3]))
      .sum()
      .backward();
    const look = () => ({
      state: Object.values(model.stateDict()).map((x) => [values(x), x.storage.version]),
      grads: model.parameters().map((parameter) => values(parameter.grad as Tensor)),
      modes: [...model.namedModules().values()].map(({ training }) => training),
      random: randomState(),
      forwards: [...model.namedModules().values()].map((module) =>
        Object.getOwnPropertyDescriptor(module, 'forward'),
      ),
    });
    const before = look();
    expect(model.summary()).to.contain('[N, 3] → [N, 4]');
    expect(() => model.summary([7])).to.throw(ShapeError);
    expect(look()).to.deep.equal(before);
    expect(arrow.forward).to.equal(own);
  });
});

describe('bad input', () => {
  const sizes = { inputs: 3, hidden: 4, outputs: 2 };
  const cases: [string, () => unknown, string][] = [
    ['Linear(1.5, 2)', () => new nn.Linear(1.5, 2), 'inputs is 1.5'],
    ['Linear(2, -1)', () => new nn.Linear(2, -1), 'outputs is -1'],
    ['Linear(2)', () => new (nn.Linear as any)(2), 'outputs is undefined'],
    ['Linear("2", 2)', () => new (nn.Linear as any)('2', 2), 'inputs is "2"'],
    ['Linear(2, 2, { biass })', () => new nn.Linear(2, 2, { biass: true } as any), '{ bias: ... }'],
    ['Linear(2, 2, { bias: 1 })', () => new nn.Linear(2, 2, { bias: 1 as any }), 'bias is 1'],
    ['Linear(2, 2, { bias: null })', () => new nn.Linear(2, 2, { bias: null as any }), 'bias is null'],
    ['Linear(2, 2, null)', () => new nn.Linear(2, 2, null as any), 'options is null'],
    ['LeakyReLU({ slope: null })', () => new nn.LeakyReLU({ slope: null as any }), 'slope is null'],
    ['ELU({ alpha: null })', () => new nn.ELU({ alpha: null as any }), 'alpha is null'],
    ['GELU({ approximate: null })', () => new nn.GELU({ approximate: null as any }), 'approximate is null'],
    ['Hardtanh({ max: null })', () => new nn.Hardtanh({ max: null as any }), 'max is null'],
    ['LayerNorm(2, { eps: null })', () => new nn.LayerNorm(2, { eps: null as any }), 'eps is null'],
    ['LayerNorm(2, { affine: null })', () => new nn.LayerNorm(2, { affine: null as any }), 'affine is null'],
    ['BatchNorm1d(2, { eps: null })', () => new nn.BatchNorm1d(2, { eps: null as any }), 'eps is null'],
    [
      'BatchNorm1d(2, { momentum: null })',
      () => new nn.BatchNorm1d(2, { momentum: null as any }),
      'momentum is null',
    ],
    [
      'BatchNorm1d(2, { affine: null })',
      () => new nn.BatchNorm1d(2, { affine: null as any }),
      'affine is null',
    ],
    [
      'FeedForward({ dropout: null })',
      () => new nn.FeedForward({ ...sizes, dropout: null as any }),
      'dropout is null',
    ],
    ['summary(null)', () => new nn.Linear(2, 2).summary(null as any), 'shape is null'],
    ['LeakyReLU({ slop })', () => new nn.LeakyReLU({ slop: 1 } as any), '{ slope: ... }'],
    ['LeakyReLU({ slope: NaN })', () => new nn.LeakyReLU({ slope: Number.NaN }), 'slope is NaN'],
    ['LeakyReLU(0.1)', () => new nn.LeakyReLU(0.1 as any), 'options is 0.1'],
    ['ELU({ alpha: "1" })', () => new nn.ELU({ alpha: '1' as any }), 'alpha is "1"'],
    ['GELU({ approximate })', () => new nn.GELU({ approximate: 'tan' as any }), "{ approximate: 'tanh' }"],
    ['Hardtanh({ min: 2 })', () => new nn.Hardtanh({ min: 2 }), 'min is 2 and max is 1'],
    ['Softmax(0.5)', () => new nn.Softmax(0.5), 'axis is 0.5'],
    ['LogSoftmax("1")', () => new nn.LogSoftmax('1' as any), 'axis is "1"'],
    ['Dropout(1.1)', () => new nn.Dropout(1.1), 'p is 1.1'],
    ['Dropout(-0.1)', () => new nn.Dropout(-0.1), 'p is -0.1'],
    ['Dropout({ p })', () => new nn.Dropout({ p: 0.5 } as any), 'p is an object'],
    ['Flatten(0.5)', () => new nn.Flatten(0.5), 'from is 0.5'],
    ['Flatten(1, null)', () => new nn.Flatten(1, null as any), 'to is null'],
    ['LayerNorm(0)', () => new nn.LayerNorm(0), 'width is 0'],
    ['LayerNorm(2, { eps: -1 })', () => new nn.LayerNorm(2, { eps: -1 }), 'eps is -1'],
    ['LayerNorm(2, { afine })', () => new nn.LayerNorm(2, { afine: true } as any), '{ affine: ... }'],
    ['BatchNorm1d(2.5)', () => new nn.BatchNorm1d(2.5), 'features is 2.5'],
    ['BatchNorm1d(2, { momentum })', () => new nn.BatchNorm1d(2, { momentum: 1.5 }), 'momentum is 1.5'],
    ['BatchNorm1d(2, { affine })', () => new nn.BatchNorm1d(2, { affine: 0 as any }), 'affine is 0'],
    ['Embedding(0, 2)', () => new nn.Embedding(0, 2), 'count is 0'],
    ['Embedding(2, 0.5)', () => new nn.Embedding(2, 0.5), 'width is 0.5'],
    ['FeedForward()', () => new (nn.FeedForward as any)(), 'there are no options'],
    ['FeedForward(784, 64, 10)', () => new (nn.FeedForward as any)(784, 64, 10), 'options is 784'],
    ['FeedForward({ hiden })', () => new nn.FeedForward({ ...sizes, hiden: 3 } as any), '{ hidden: ... }'],
    [
      'FeedForward({ hidden: "64" })',
      () => new nn.FeedForward({ ...sizes, hidden: '64' as any }),
      'hidden is "64"',
    ],
    ['FeedForward({ hidden: 0 })', () => new nn.FeedForward({ ...sizes, hidden: 0 }), 'hidden is 0'],
    [
      'FeedForward({ hidden: [4, 0] })',
      () => new nn.FeedForward({ ...sizes, hidden: [4, 0] }),
      'hidden[1] is 0',
    ],
    ['FeedForward({ inputs: -1 })', () => new nn.FeedForward({ ...sizes, inputs: -1 }), 'inputs is -1'],
    ['FeedForward({ outputs: 1.5 })', () => new nn.FeedForward({ ...sizes, outputs: 1.5 }), 'outputs is 1.5'],
    ['FeedForward({ dropout: 2 })', () => new nn.FeedForward({ ...sizes, dropout: 2 }), 'dropout is 2'],
    [
      'FeedForward({ activation: "Relu" })',
      () => new nn.FeedForward({ ...sizes, activation: 'Relu' as any }),
      "{ activation: 'relu' }",
    ],
    [
      'FeedForward({ activation: "leaky_relu" })',
      () => new nn.FeedForward({ ...sizes, activation: 'leaky_relu' as any }),
      "{ activation: 'leakyRelu' }",
    ],
  ];
  for (const [call, make, text] of cases)
    it(`${call} is refused`, () => {
      expect(make).to.throw(ArgumentError, text);
    });
});
