// Fine-tuning: loading in part, freezing, another head, groups that come and go, rates by depth, gradual unfreezing.
import { expect } from 'chai';
import {
  ArgumentError,
  data,
  manualSeed,
  nn,
  ones,
  optim,
  randn,
  ShapeError,
  StateError,
  sum,
  type Tensor,
  tensor,
  train,
  zeros,
} from '../../src/index.ts';
import { backend, withBackend } from '../../src/kernels/index.ts';
import { expectError } from '../support/errors.ts';

const values = (x: Tensor | undefined) => [...(x as Tensor).data];
const copied = (state: nn.StateDict) =>
  Object.fromEntries(Object.entries(state).map(([name, x]) => [name, values(x)]));
const classifier = (outputs = 10) => new nn.FeedForward({ inputs: 3, hidden: [4, 5], outputs });
const trainable = (model: nn.Module) =>
  [...model.namedParameters()].flatMap(([name, parameter]) => (parameter.requiresGrad ? [name] : []));

/** A linear layer of one weight, and no bias. */
function scalar(w: number): nn.Linear {
  const layer = new nn.Linear(1, 1, { bias: false });
  nn.init.constant(layer.weight, w);
  return layer;
}

/** How many matrix products `body` takes. */
function products(body: () => void): number {
  let count = 0;
  const own = backend();
  const counting = {
    ...own,
    matmul: (...args: Parameters<typeof own.matmul>) => {
      count++;
      return own.matmul(...args);
    },
  };
  withBackend(counting, body);
  return count;
}

beforeEach(() => manualSeed(1));

describe('loading a state in part', () => {
  it('says what was loaded, what is missing, unexpected and of another shape', () => {
    const [from, to] = [classifier(10), classifier(5)];
    const { 'hidden.0.bias': _, ...rest } = from.stateDict();
    const state = { ...rest, old: ones([2]) };
    const before = copied(to.stateDict());
    const report = to.loadStateDict(state, { strict: false, skipMismatch: true });
    expect(report.loaded).to.deep.equal(['hidden.0.weight', 'hidden.1.weight', 'hidden.1.bias']);
    expect(report.missing).to.deep.equal(['hidden.0.bias']);
    expect(report.unexpected).to.deep.equal(['old']);
    expect(report.misshapen).to.deep.equal([
      { name: 'output.weight', shape: [10, 5], expected: [5, 5] },
      { name: 'output.bias', shape: [10], expected: [5] },
    ]);
    const after = copied(to.stateDict());
    for (const name of report.loaded) expect(after[name]).to.deep.equal(values(from.stateDict()[name]));
    for (const name of ['hidden.0.bias', 'output.weight', 'output.bias'])
      expect(after[name]).to.deep.equal(before[name]);
  });

  it('the report prints as a list, in Node’s console as well', async () => {
    const report = classifier(5).loadStateDict(
      { ...classifier(10).stateDict(), old: ones([2]) },
      { strict: false, skipMismatch: true },
    );
    const text = [
      'loaded 4 of 6',
      '  unexpected: old',
      '  wrong shape: output.weight is [10, 5], must be [5, 5]; output.bias is [10], must be [5]',
    ].join('\n');
    expect(String(report)).to.equal(text);
    expect((await import('node:util')).inspect(report)).to.equal(text);
    expect(String(classifier().loadStateDict(classifier().stateDict()))).to.equal('loaded 6 of 6');
  });

  it('skipMismatch is about shapes alone: names must still match, unless strict is false', () => {
    const report = classifier(5).loadStateDict(classifier(10).stateDict(), { skipMismatch: true });
    expect(report.loaded).to.have.length(4);
    const { 'hidden.0.bias': _, ...state } = classifier(10).stateDict();
    expectError(
      () => classifier(5).loadStateDict(state, { skipMismatch: true }),
      StateError,
      'missing: hidden.0.bias',
      'loadStateDict(state, { strict: false }) takes what fits',
    );
    expectError(
      () => classifier(5).loadStateDict(state, { strict: false }),
      StateError,
      'output.bias is [10], must be [5]',
      'loadStateDict(state, { skipMismatch: true }) takes what fits',
    );
    expectError(
      () => classifier(5).loadStateDict(state),
      StateError,
      '{ strict: false, skipMismatch: true }',
    );
  });

  it('what is no tensor is never passed over, and an error changes nothing', () => {
    const model = classifier();
    const before = copied(model.stateDict());
    const state = { ...classifier().stateDict(), 'output.bias': [1, 2] as any };
    expectError(
      () => model.loadStateDict(state, { strict: false, skipMismatch: true }),
      StateError,
      'output.bias is an array of 2, must be [10]',
    );
    expect(copied(model.stateDict())).to.deep.equal(before);
  });

  it('a name such as constructor is no name of the module', () => {
    const { unexpected } = classifier().loadStateDict(
      { ...classifier().stateDict(), constructor: ones([1]), toString: ones([1]) } as any,
      { strict: false },
    );
    expect(unexpected).to.deep.equal(['constructor', 'toString']);
  });

  it('rename makes the module’s names of the state’s, and leaves out what is not wanted', () => {
    const from = new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.Linear(4, 2));
    const to = new nn.FeedForward({ inputs: 3, hidden: 4, outputs: 7 });
    const report = to.loadStateDict(from.stateDict(), {
      strict: false,
      rename: (name) => (name.startsWith('2.') ? undefined : name.replace(/^0\./, 'hidden.0.')),
    });
    expect(report.loaded).to.deep.equal(['hidden.0.weight', 'hidden.0.bias']);
    expect(report.unexpected).to.deep.equal([]);
    expect(values(to.hidden[0].weight)).to.deep.equal(values(from.layers[0].weight));
    const rename = () => 'hidden.0.weight';
    expectError(() => to.loadStateDict(from.stateDict(), { rename }), StateError, 'two names', '"0.bias"');
    expectError(
      () => to.loadStateDict(from.stateDict(), { rename: () => 3 as any }),
      ArgumentError,
      'rename made 3 of "0.weight"',
    );
  });
});

describe('freeze and unfreeze', () => {
  it('take names of parameters, of layers and of lists of layers, and return the parameters’ names', () => {
    const model = classifier();
    expect(model.freeze('hidden.0')).to.deep.equal(['hidden.0.weight', 'hidden.0.bias']);
    expect(model.freeze(['hidden', 'output.bias'])).to.deep.equal([
      'hidden.0.weight',
      'hidden.0.bias',
      'hidden.1.weight',
      'hidden.1.bias',
      'output.bias',
    ]);
    expect(trainable(model)).to.deep.equal(['output.weight']);
    expect(model.unfreeze('hidden.1.weight')).to.deep.equal(['hidden.1.weight']);
    expect(trainable(model)).to.deep.equal(['hidden.1.weight', 'output.weight']);
    expect(model.unfreeze()).to.have.length(6);
    expect(trainable(model)).to.have.length(6);
    expect(model.freeze()).to.have.length(6);
    expect(trainable(model)).to.deep.equal([]);
  });

  it('or a function of name and parameter', () => {
    const model = classifier();
    expect(
      model.freeze((name, parameter) => name.startsWith('hidden') && parameter.rank === 1),
    ).to.deep.equal(['hidden.0.bias', 'hidden.1.bias']);
    expect(model.freeze(() => false)).to.deep.equal([]);
    expect(model.freeze([])).to.deep.equal([]);
  });

  it('a name stands for whole words only: 1 is not 10', () => {
    const many = new nn.Sequential(...Array.from({ length: 12 }, () => new nn.Linear(1, 1)));
    expect(many.freeze('1')).to.deep.equal(['1.weight', '1.bias']);
  });

  it('a parameter with two names answers to both, and is returned under the first', () => {
    class Tied extends nn.Module {
      first = new nn.Linear(2, 2);
      last = new nn.Linear(2, 2);
      again = this.first;
      forward(x: Tensor): Tensor {
        return this.again.forward(this.last.forward(this.first.forward(x)));
      }
    }
    expect(new Tied().freeze('again.weight')).to.deep.equal(['first.weight']);
  });

  it('a name that stands for nothing is an error, with the nearest name, and nothing changes', () => {
    const model = classifier();
    expectError(
      () => model.freeze(['output', 'hiden.1']),
      ArgumentError,
      'freeze: there is no parameter "hiden.1", nor one in it',
      'names are hidden.0.weight, ',
      'try:  "hidden.1"',
    );
    expectError(() => model.unfreeze('output.wieght'), ArgumentError, 'unfreeze: ', 'try:  "output.weight"');
    expect(trainable(model)).to.have.length(6);
  });

  it('have effect at once: a frozen part records nothing, and takes no products on the way back', () => {
    const model = new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.Linear(4, 2));
    const x = ones([5, 3]);
    const back = () => {
      const y = model.forward(x);
      return products(() => sum(y).backward());
    };
    expect(back()).to.equal(3); // ∂L/∂W₂, ∂L/∂h, ∂L/∂W₁
    expect(model.freeze('0')).to.deep.equal(['0.weight', '0.bias']);
    expect(model[0].parameters()[0].grad, 'the gradient goes').to.equal(undefined);
    expect(back()).to.equal(1); // ∂L/∂W₂
    expect(model[0].parameters()[0].grad).to.equal(undefined);
    model.unfreeze('0.bias');
    expect(back()).to.equal(2); // ∂L/∂W₂, ∂L/∂h
    model.unfreeze();
    model.freeze('2');
    expect(back()).to.equal(2); // ∂L/∂h, ∂L/∂W₁
  });

  for (const name of ['SGD', 'Adam', 'AdamW', 'RMSprop', 'Adagrad'] as const)
    it(`${name} leaves a frozen parameter and its state to the bit, for ten steps, and goes on afterwards`, () => {
      const options = { weightDecay: 0.1, ...(name === 'SGD' && { momentum: 0.9 }) };
      const model = classifier();
      const optimizer = new optim[name](model.parameters(), options) as optim.Optimizer<any>;
      const x = randn([6, 3]);
      const step = () => {
        optimizer.zeroGrad();
        nn.crossEntropy(model.forward(x), [0, 1, 2, 3, 4, 5]).backward();
        optimizer.step();
      };
      const ofHidden = () => {
        const { state } = optimizer.stateDict();
        return [0, 1, 2, 3].map((i) =>
          Object.entries(state[i]).map(([key, value]) => [
            key,
            typeof value === 'number' ? value : values(value),
          ]),
        );
      };
      step();
      step();
      model.freeze('hidden');
      const [weights, state] = [copied(model.stateDict()), ofHidden()];
      for (let i = 0; i < 10; i++) step();
      const after = copied(model.stateDict());
      for (const key of Object.keys(after))
        if (key.startsWith('hidden')) expect(after[key], key).to.deep.equal(weights[key]);
        else expect(after[key], key).not.to.deep.equal(weights[key]);
      expect(ofHidden()).to.deep.equal(state);
      model.unfreeze();
      step();
      expect(values(model.hidden[0].weight)).not.to.deep.equal(weights['hidden.0.weight']);
      expect(optimizer.stateDict().state[0].step).to.equal(3);
      expect(optimizer.stateDict().state[4].step).to.equal(13);
    });
});

describe('replaceHead', () => {
  it('in a Sequential: the last linear layer, though an activation comes after it', () => {
    const model: nn.Sequential = new nn.Sequential(
      new nn.Linear(3, 4),
      new nn.Tanh(),
      new nn.Linear(4, 10),
      new nn.LogSoftmax(),
    );
    const body = model[0];
    const head = nn.replaceHead(model, 5);
    expect(model[2]).to.equal(head);
    expect(model[0]).to.equal(body);
    expect([head.inputs, head.outputs]).to.deep.equal([4, 5]);
    expect(model.forward(zeros([2, 3])).shape).to.deep.equal([2, 5]);
  });

  it('in a FeedForward, and in a class of one’s own: a field, a list, an object, a model within the model', () => {
    const feedForward = classifier();
    expect(nn.replaceHead(feedForward, 2)).to.equal(feedForward.output);
    class Own extends nn.Module {
      body = classifier(6);
      heads = { old: new nn.Linear(6, 3) };
      more: nn.Linear[] = [new nn.Linear(6, 3), new nn.Linear(6, 3)];
      forward(x: Tensor): Tensor {
        return this.more[1].forward(this.body.forward(x));
      }
    }
    const own = new Own();
    expect(nn.replaceHead(own, 2)).to.equal(own.more[1]);
    expect(nn.replaceHead(own, 2, { layer: 'heads.old' })).to.equal(own.heads.old);
    expect(own.forward(zeros([1, 3])).shape).to.deep.equal([1, 2]);
    const inner: nn.Sequential = new nn.Sequential(classifier() as nn.Module, new nn.ReLU());
    expect(nn.replaceHead(inner, 2)).to.equal((inner[0] as nn.FeedForward).output);
  });

  it('in every place, where the old one has several', () => {
    class Shared extends nn.Module {
      layers: nn.Linear[] = [new nn.Linear(3, 4), new nn.Linear(4, 2)];
      last = this.layers[1];
      forward(x: Tensor): Tensor {
        return this.last.forward(this.layers[0].forward(x) as Tensor);
      }
    }
    const model = new Shared();
    const head = nn.replaceHead(model, 5);
    expect([model.layers[1], model.last]).to.deep.equal([head, head]);
  });

  it('the new one has a bias if the old one had, learns, and is in the old one’s mode', () => {
    const model = new nn.Sequential(new nn.Linear(3, 4), new nn.Linear(4, 2, { bias: false }));
    model.freeze();
    model.eval();
    const head = nn.replaceHead(model, 5);
    expect(head.bias).to.equal(undefined);
    expect(head.training).to.equal(false);
    expect(trainable(model)).to.deep.equal(['1.weight']);
    const given = new nn.Sequential(new nn.Dropout(), new nn.Linear(4, 5));
    expect(nn.replaceHead(model, given)).to.equal(given);
    expect(given[0].training).to.equal(false);
    expect([...model.namedParameters().keys()]).to.include('1.1.bias');
  });

  it('refuses what does not fit, and changes nothing', () => {
    const model = classifier();
    const head = model.output;
    expectError(
      () => nn.replaceHead(model, new nn.Linear(4, 2)),
      ShapeError,
      'the new layer takes 4 values, but output took 5',
    );
    expectError(() => nn.replaceHead(model, 2, { layer: 'otput' }), ArgumentError, "{ layer: 'output' }");
    expectError(() => nn.replaceHead(model, 2, { layer: 'activation' }), ArgumentError, 'activation takes');
    expectError(() => nn.replaceHead(new nn.Linear(2, 3), 2), ArgumentError, 'has no linear layer in it');
    expect(model.output).to.equal(head);
  });
});

describe('an optimizer’s groups', () => {
  const pull = (w: nn.Linear, by: number) => {
    w.weight.grad = tensor([[by]]);
  };

  it('addGroup: from the next step on, with options of its own, others as the optimizer was made with', () => {
    // SGD with η = ½ and λ = 1: w ← w − ½(g + w). The new group has η = ¼.
    const [a, b] = [scalar(2), scalar(2)];
    const optimizer = new optim.SGD(a.parameters(), { lr: 1 / 2, weightDecay: 1 });
    pull(a, 1);
    optimizer.step(); // 2 − ½·3
    expect(a.weight.item()).to.equal(0.5);
    optimizer.addGroup({ parameters: b.parameters(), lr: 1 / 4 });
    pull(b, 6);
    optimizer.step(); // ½ − ½(1 + ½);  2 − ¼(6 + 2)
    expect([a.weight.item(), b.weight.item()]).to.deep.equal([-0.25, 0]);
    optimizer.zeroGrad();
    expect(b.weight.grad).to.equal(undefined);
  });

  it('removeParameters: those stay where they are, and the others keep their state', () => {
    // SGD with μ = ½, η = 1, and gradients of 1:  u = 1, 1½, 1¾
    const [a, b, c] = [scalar(0), scalar(0), scalar(0)];
    const optimizer = new optim.SGD(
      [a, b, c].flatMap((layer) => layer.parameters()),
      { lr: 1, momentum: 1 / 2 },
    );
    const step = () => {
      for (const layer of [a, b, c]) pull(layer, 1);
      optimizer.step();
    };
    step();
    step();
    optimizer.removeParameters(b.parameters());
    step();
    expect([a, b, c].map((layer) => layer.weight.item())).to.deep.equal([-4.25, -2.5, -4.25]);
    // One that comes back begins anew: u = 1.
    optimizer.addGroup({ parameters: b.parameters() });
    step(); // u = 1⅞ for a and c
    expect([a, b, c].map((layer) => layer.weight.item())).to.deep.equal([-6.125, -3.5, -6.125]);
  });

  it('a group that is empty goes', () => {
    const [a, b] = [scalar(1), scalar(1)];
    const optimizer = new optim.SGD([{ parameters: a.parameters() }, { parameters: b.parameters(), lr: 1 }]);
    optimizer.removeParameters(a.parameters());
    expect(optimizer.groups.map(({ lr }) => lr)).to.deep.equal([1]);
  });

  it('the state goes into another optimizer with the groups as they are now', () => {
    const run = (steps: number, saved?: optim.OptimizerState<optim.AdamOptions>, from?: nn.StateDict) => {
      manualSeed(3);
      const model = classifier();
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
      const x = randn([6, 3]);
      const step = () => {
        optimizer.zeroGrad();
        nn.crossEntropy(model.forward(x), [0, 1, 0, 1, 1, 0]).backward();
        optimizer.step();
      };
      if (!saved) step();
      const old = model.output.parameters();
      const head = nn.replaceHead(model, 2);
      optimizer.removeParameters(old);
      optimizer.addGroup({ parameters: head.parameters(), lr: 0.1 });
      if (saved) optimizer.loadStateDict(saved);
      if (from) model.loadStateDict(from);
      for (let i = 0; i < steps; i++) step();
      return { model, optimizer };
    };
    const whole = run(4);
    const half = run(2);
    const saved = half.optimizer.stateDict();
    expect(saved.groups.map(({ lr, parameters }) => [lr, parameters])).to.deep.equal([
      [0.01, [0, 1, 2, 3]],
      [0.1, [4, 5]],
    ]);
    expect(Object.values(saved.state).map(({ step }) => step)).to.deep.equal([3, 3, 3, 3, 2, 2]);
    const resumed = run(2, saved, half.model.stateDict());
    expect(copied(resumed.model.stateDict())).to.deep.equal(copied(whole.model.stateDict()));
  });

  it('refuses what is here already, or is not here, and changes nothing', () => {
    const [a, b] = [scalar(1), scalar(1)];
    const optimizer = new optim.SGD(a.parameters());
    expectError(
      () => optimizer.addGroup({ parameters: [b.weight, a.weight] }),
      ArgumentError,
      'in two groups',
    );
    expectError(() => optimizer.addGroup({ parameters: [] }), ArgumentError, 'the group has no parameters');
    expectError(() => optimizer.addGroup(b.parameters() as any), ArgumentError, 'the group is an array of 1');
    expectError(() => optimizer.addGroup({ parameters: [b.weight], lr: -1 }), ArgumentError, 'lr is -1');
    expectError(
      () => optimizer.removeParameters([a.weight, b.weight]),
      ArgumentError,
      'parameter 1, of shape [1, 1], is not in this optimizer',
    );
    expect(optimizer.groups.map((group) => group.parameters)).to.deep.equal([[a.weight]]);
  });
});

describe('layers by depth', () => {
  const names = (model: nn.Module, layers?: readonly string[]) => {
    const named = new Map([...model.namedParameters()].map(([name, parameter]) => [parameter, name]));
    return [...nn.parametersByLayer(model, layers)].map(([layer, own]) => [
      layer,
      own.map((parameter) => named.get(parameter)),
    ]);
  };

  it('are modules with a matrix of their own; norms go with the layer before, or with the first', () => {
    const model = new nn.Sequential(
      new nn.LayerNorm(3, { affine: true }),
      new nn.Linear(3, 4),
      new nn.BatchNorm1d(4),
      new nn.ReLU(),
      new nn.Linear(4, 2),
    );
    expect(names(model)).to.deep.equal([
      ['1', ['0.weight', '0.bias', '1.weight', '1.bias', '2.weight', '2.bias']],
      ['4', ['4.weight', '4.bias']],
    ]);
    expect(names(new nn.LayerNorm(3))).to.deep.equal([['', ['weight', 'bias']]]);
    expect(names(new nn.ReLU())).to.deep.equal([]);
  });

  it('all heads of a MultiTask stand at the same depth; adapters with their layer', () => {
    const heads = { a: new nn.Linear(4, 2), b: new nn.Linear(4, 3) };
    const model = new nn.MultiTask({ body: new nn.Sequential(new nn.Linear(3, 4)), heads });
    nn.addLora(model, { layers: 'body' });
    expect(names(model)).to.deep.equal([
      ['body.0', ['body.0.weight', 'body.0.bias', 'body.0.loraA', 'body.0.loraB']],
      ['heads', ['heads.a.weight', 'heads.a.bias', 'heads.b.weight', 'heads.b.bias']],
    ]);
  });

  it('or are named in order', () => {
    expect(names(classifier(), ['output', 'hidden']).map(([layer]) => layer)).to.deep.equal([
      'output',
      'hidden',
    ]);
    expectError(
      () => names(classifier(), ['hidden', 'hidden.0']),
      ArgumentError,
      '"hidden" already',
      'overlap',
    );
    expectError(() => names(classifier(), ['hiden']), ArgumentError, '"hidden"');
    expectError(() => names(classifier(), []), ArgumentError, 'layers is an array of 0');
  });

  it('layerwiseDecay: the last layer has lr, each one before it a part of that', () => {
    const model = classifier();
    const groups = optim.layerwiseDecay(model, { lr: 1, decay: 1 / 2 });
    expect(groups.map(({ lr }) => lr)).to.deep.equal([1 / 4, 1 / 2, 1]);
    expect(groups.flatMap(({ parameters }) => parameters)).to.deep.equal(model.parameters());
    expect(optim.layerwiseDecay(model, { lr: 1 }).map(({ lr }) => lr)).to.deep.equal([0.8 * 0.8, 0.8, 1]);
    // And SGD moves by it: gradients of 1 everywhere.
    const before = copied(model.stateDict());
    const optimizer = new optim.SGD(groups);
    for (const parameter of model.parameters()) parameter.grad = ones(parameter.shape);
    optimizer.step();
    const moved = Object.entries(copied(model.stateDict())).map(
      ([name, after]) => before[name][0] - after[0],
    );
    [1 / 4, 1 / 4, 1 / 2, 1 / 2, 1, 1].forEach((lr, i) => expect(moved[i]).to.be.closeTo(lr, 1e-6));
  });

  it('layerwiseDecay: named layers must hold everything that learns', () => {
    const model = classifier();
    expectError(
      () => optim.layerwiseDecay(model, { lr: 1, layers: ['hidden.1', 'output'] }),
      ArgumentError,
      'no layer has hidden.0.weight, hidden.0.bias',
      "model.freeze('hidden.0.weight')",
    );
    model.freeze('hidden.0');
    expect(optim.layerwiseDecay(model, { lr: 1, layers: ['hidden.1', 'output'] })).to.have.length(2);
  });
});

describe('gradualUnfreezing', () => {
  const samples = data.loader(data.fromTensors(ones([4, 3]), [0, 1, 0, 1]), { batchSize: 2 });

  /** What learns in each epoch, by the first letters of the parameters’ names. */
  async function learned(model: nn.Module, options: train.GradualUnfreezingOptions, epochs: number) {
    const seen: string[][] = [];
    await train.fit(model, {
      data: samples,
      loss: nn.crossEntropy,
      optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
      epochs,
      callbacks: [train.gradualUnfreezing(options), { onEpochStart: () => void seen.push(trainable(model)) }],
    });
    return seen.map((names) =>
      names.filter((name) => name.endsWith('weight')).map((name) => name.slice(0, -7)),
    );
  }

  it('the last layer first, one more each epoch, until all learn', async () => {
    expect(await learned(classifier(2), {}, 4)).to.deep.equal([
      ['output'],
      ['hidden.1', 'output'],
      ['hidden.0', 'hidden.1', 'output'],
      ['hidden.0', 'hidden.1', 'output'],
    ]);
  });

  it('every two epochs; of named layers, what is not named staying frozen', async () => {
    const model = classifier(2);
    model.freeze('hidden.0');
    expect(await learned(model, { layers: ['hidden.1', 'output'], every: 2 }, 4)).to.deep.equal([
      ['output'],
      ['output'],
      ['hidden.1', 'output'],
      ['hidden.1', 'output'],
    ]);
  });

  it('what is frozen does not move meanwhile', async () => {
    const model = classifier(2);
    const before = copied(model.stateDict());
    await learned(model, {}, 2);
    const after = copied(model.stateDict());
    expect(after['hidden.0.weight']).to.deep.equal(before['hidden.0.weight']);
    expect(after['hidden.1.weight']).not.to.deep.equal(before['hidden.1.weight']);
  });

  it('of layers with adapters, the adapters alone', () => {
    const model = classifier();
    nn.addLora(model);
    const state = {
      model,
      epoch: 1,
      epochs: 4,
      step: 0,
      steps: 1,
      totalSteps: 0,
      loss: 0,
    } as unknown as train.TrainingState;
    train.gradualUnfreezing().onEpochStart?.(state);
    expect(trainable(model)).to.deep.equal(['output.loraA', 'output.loraB']);
    train.gradualUnfreezing().onEpochStart?.({ ...state, epoch: 2 });
    expect(trainable(model)).to.deep.equal([
      'hidden.1.loraA',
      'hidden.1.loraB',
      'output.loraA',
      'output.loraB',
    ]);
  });

  it('a run that is resumed in its third epoch has the third epoch’s layers from the start', () => {
    const model = classifier();
    const state = {
      model,
      epoch: 2,
      epochs: 4,
      step: 0,
      steps: 1,
      totalSteps: 0,
      loss: 0,
    } as unknown as train.TrainingState;
    train.gradualUnfreezing().onStart?.(state);
    expect(trainable(model)[0]).to.equal('hidden.1.weight');
    train.gradualUnfreezing().onEpochStart?.({ ...state, epoch: 3 });
    expect(trainable(model)[0]).to.equal('hidden.0.weight');
  });

  it('a name that stands for nothing is found before anything is learned', async () => {
    const model = classifier(2);
    let error: unknown;
    await learned(model, { layers: ['hiden', 'output'] }, 1).catch((thrown: unknown) => (error = thrown));
    expect(error).to.be.instanceOf(ArgumentError);
    expect((error as Error).message).to.include('"hidden"');
    expect(trainable(model)).to.have.length(6);
  });
});
