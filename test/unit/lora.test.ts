// LoRA: numbers by hand, gradients measured, adapters put in, saved, loaded and merged.
import { expect } from 'chai';
import {
  add,
  ArgumentError,
  io,
  linear,
  manualSeed,
  matmul,
  mul,
  nn,
  optim,
  randn,
  ShapeError,
  StateError,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '../../src/index.ts';
import { backend, withBackend } from '../../src/kernels/index.ts';
import { expectError } from '../support/errors.ts';
import { inFloat64 } from '../support/float64.ts';
import { checkGradient } from '../support/gradients.ts';

const values = (x: Tensor | undefined) => [...(x as Tensor).data];
const copied = (state: nn.StateDict) =>
  Object.fromEntries(Object.entries(state).map(([name, x]) => [name, values(x)]));
const trainable = (model: nn.Module) =>
  [...model.namedParameters()].flatMap(([name, parameter]) => (parameter.requiresGrad ? [name] : []));
const classifier = () => new nn.FeedForward({ inputs: 3, hidden: [4, 5], outputs: 2 });

/** Gives every B random numbers, as if it had learned. */
function stir(model: nn.Module): void {
  for (const [name, parameter] of model.namedParameters())
    if (name.endsWith('loraB')) nn.init.normal(parameter);
}

beforeEach(() => manualSeed(1));

describe('LoRALinear', () => {
  /** W = [1 0 1; 0 1 0], b = (1, −1), A = (1, −1, 1), B = (1, 2)ᵀ, α/r = ½. */
  function small(): nn.LoRALinear {
    const base = new nn.Linear(3, 2);
    base.weight.copyFrom([1, 0, 1, 0, 1, 0]);
    base.bias?.copyFrom([1, -1]);
    const layer: nn.LoRALinear = new nn.LoRALinear(base, { rank: 1, alpha: 0.5 });
    layer.loraA.copyFrom([1, -1, 1]);
    layer.loraB.copyFrom([1, 2]);
    return layer;
  }

  it('y = x Wᵀ + b + (α/r)(x Aᵀ) Bᵀ', () => {
    // x = (1, 2, 3):  x Wᵀ + b = (4 + 1, 2 − 1) = (5, 1);  x Aᵀ = 2;  ½·2·(1, 2) = (1, 2)
    const layer = small();
    expect(values(layer.forward(tensor([[1, 2, 3]])))).to.deep.equal([6, 3]);
    expect([layer.rank, layer.alpha, layer.inputs, layer.outputs]).to.deep.equal([1, 0.5, 3, 2]);
    const stacked = layer.forward(tensor([[[1, 2, 3]], [[0, 0, 0]]]));
    expect(stacked.shape).to.deep.equal([2, 1, 2]);
    expect(values(stacked)).to.deep.equal([6, 3, 1, -1]);
    expectError(() => layer.forward(zeros([1, 4]) as any), ShapeError, 'the last axis');
  });

  it('∂L/∂B = s Gᵀ(x Aᵀ), ∂L/∂A = s (G B)ᵀ x, ∂L/∂x = G (W + s B A), with s = α/r; none for W and b', () => {
    /*
     * G = (1, −2), s = ½, x = (1, 2, 3):
     *   ∂L/∂B = ½·2·(1, −2) = (1, −2)
     *   G B = 1 − 4 = −3:  ∂L/∂A = ½·(−3)·(1, 2, 3) = (−1½, −3, −4½)
     *   W + ½ B A = [1½ −½ 1½; 1 0 1]:  ∂L/∂x = (1½ − 2, −½ − 0, 1½ − 2) = (−½, −½, −½)
     */
    const layer = small();
    const x = tensor([[1, 2, 3]], { requiresGrad: true });
    layer.forward(x).backward(tensor([[1, -2]]));
    expect(values(layer.loraB.grad)).to.deep.equal([1, -2]);
    expect(values(layer.loraA.grad)).to.deep.equal([-1.5, -3, -4.5]);
    expect(values(x.grad)).to.deep.equal([-0.5, -0.5, -0.5]);
    expect([layer.weight.grad, layer.bias?.grad]).to.deep.equal([undefined, undefined]);
  });

  it('agrees with the measured slope, in A, B and x', () => {
    const layer = inFloat64(() => new nn.LoRALinear(new nn.Linear(4, 5), { rank: 2, alpha: 3 }));
    checkGradient(
      (x: Tensor, A: Tensor, B: Tensor) => {
        Object.assign(layer, { loraA: A, loraB: B });
        return layer.forward(x as Tensor<[number, 4]>);
      },
      (random) => [random.uniform([3, 4]), random.uniform([2, 4]), random.uniform([5, 2])],
    );
  });

  it('begins with the base layer’s values, to the bit, and its weights are those of that layer', () => {
    const base = new nn.Linear(30, 20);
    const x = randn([7, 30]);
    const before = values(base.forward(x));
    const layer = new nn.LoRALinear(base);
    expect(values(layer.forward(x))).to.deep.equal(before);
    expect(layer.weight).to.equal(base.weight);
    expect(layer.bias).to.equal(base.bias);
    expect([layer.rank, layer.alpha]).to.deep.equal([8, 8]);
    expect(trainable(layer)).to.deep.equal(['loraA', 'loraB']);
  });

  it('A is uniform in ±1/√in, B is 0', () => {
    const { loraA, loraB } = new nn.LoRALinear(new nn.Linear(400, 50), { rank: 50 });
    const a = values(loraA);
    const limit = 1 / Math.sqrt(400);
    expect(Math.max(...a)).to.be.within(0.99 * limit, limit);
    expect(Math.min(...a)).to.be.within(-limit, -0.99 * limit);
    const variance = a.reduce((total, value) => total + value * value, 0) / a.length;
    expect(variance / (limit * limit)).to.be.closeTo(1 / 3, 0.01);
    expect(values(loraB).every((b) => b === 0)).to.equal(true);
  });

  it('dropout is for what goes to A, and while training only', () => {
    const base = new nn.Linear(1, 1, { bias: false });
    base.weight.copyFrom([10]);
    const layer = new nn.LoRALinear(base, { rank: 1, dropout: 0.5 });
    layer.loraA.copyFrom([1]);
    layer.loraB.copyFrom([1]);
    const x = tensor(Array.from({ length: 1000 }, () => [1])) as Tensor<[number, 1]>;
    const seen = values(layer.forward(x));
    expect(new Set(seen)).to.deep.equal(new Set([10, 12])); // 10 + 0, or 10 + 1/(1 − ½)
    expect(seen.filter((y) => y === 12).length).to.be.within(450, 550);
    layer.eval();
    expect(new Set(values(layer.forward(x)))).to.deep.equal(new Set([11]));
  });

  it('has the widths of its layer, for the compiler and when a network is made', () => {
    const adapted = new nn.LoRALinear(new nn.Linear(784, 64));
    expectError(
      () =>
        new nn.Sequential(
          adapted,
          new nn.ReLU(),
          // @ts-expect-error layer 2 takes 128 values, but layer 1 gives 64
          new nn.Linear(128, 10),
        ),
      ShapeError,
      'layer 2 takes 128 values, but layer 1 gives 64',
    );
    const y: Tensor<[32, 64]> = adapted.forward(zeros([32, 784]));
    expect(y.shape).to.deep.equal([32, 64]);
    // @ts-expect-error 783 is not 784
    expect(() => adapted.forward(zeros([32, 783]))).to.throw(ShapeError);
  });

  it('merge: W ← W + (α/r) B A, once', () => {
    // B A = [1 −1 1; 2 −2 2], half of it added to W
    const layer = small();
    const plain = layer.merge();
    expect(plain).to.be.instanceOf(nn.Linear);
    expect(values(plain.weight)).to.deep.equal([1.5, -0.5, 1.5, 1, 0, 1]);
    expect(layer.merge()).to.equal(plain);
    const x = tensor([[1, 2, 3]]);
    expect(values(plain.forward(x))).to.deep.equal([6, 3]);
    expect(values(layer.forward(x))).to.deep.equal([6, 3]);
  });
});

describe('addLora', () => {
  it('in a FeedForward: every linear layer, everything else frozen; the result stays to the bit', () => {
    const model = classifier();
    const x = randn([5, 3]);
    const before = values(model.predict(x));
    expect(nn.addLora(model, { rank: 2, alpha: 4 })).to.deep.equal(['hidden.0', 'hidden.1', 'output']);
    expect(values(model.predict(x))).to.deep.equal(before);
    expect(trainable(model)).to.deep.equal([
      'hidden.0.loraA',
      'hidden.0.loraB',
      'hidden.1.loraA',
      'hidden.1.loraB',
      'output.loraA',
      'output.loraB',
    ]);
    expect(Object.keys(model.stateDict())).to.include.members([
      'hidden.0.weight',
      'output.bias',
      'output.loraAlpha',
    ]);
  });

  it('in a Sequential, and in a class of one’s own: fields, lists, objects, models in models, the same layer twice', () => {
    class Own extends nn.Module {
      first = new nn.Linear(3, 4);
      blocks = [new nn.Sequential(new nn.Linear(4, 4), new nn.ReLU()), new nn.Residual(new nn.Linear(4, 4))];
      heads = { a: new nn.Linear(4, 2) };
      norm = new nn.LayerNorm(3);
      again = this.heads.a;
      forward(x: Tensor): Tensor {
        let h: Tensor = this.first.forward(this.norm.forward(x));
        for (const block of this.blocks) h = block.forward(h) as Tensor;
        return add(this.heads.a.forward(h), this.again.forward(h));
      }
    }
    const model = new Own();
    const x = randn([2, 3]);
    const before = values(model.forward(x));
    expect(nn.addLora(model, { rank: 1 })).to.deep.equal([
      'first',
      'blocks.0.0',
      'blocks.1.layers.0',
      'heads.a',
    ]);
    expect(model.heads.a).to.be.instanceOf(nn.LoRALinear);
    expect(model.again).to.equal(model.heads.a);
    expect(trainable(model).every((name) => name.includes('lora'))).to.equal(true);
    expect(values(model.forward(x))).to.deep.equal(before);
    sum(model.forward(x)).backward();
    for (const [name, parameter] of model.namedParameters())
      expect(parameter.grad !== undefined, name).to.equal(name.includes('lora'));
  });

  it('of chosen layers, by name or function; a head may be thawed as a whole; more may be added later', () => {
    const model = classifier();
    expect(nn.addLora(model, { layers: 'hidden' })).to.deep.equal(['hidden.0', 'hidden.1']);
    expect(model.output).to.be.instanceOf(nn.Linear);
    model.unfreeze('output');
    expect(trainable(model)).to.include('output.weight').and.to.include('hidden.1.loraA');
    expect(nn.addLora(model, { layers: (name) => name === 'output' })).to.deep.equal(['output']);
    expect(trainable(model)).to.have.length(6); // the adapters from before still learn, the head's weight no longer
    expect(nn.addLora(classifier(), { layers: (_, { outputs }) => outputs > 2 })).to.deep.equal([
      'hidden.0',
      'hidden.1',
    ]);
  });

  it('keeps the mode', () => {
    const model = classifier().eval();
    nn.addLora(model, { dropout: 0.5 });
    expect([...model.namedModules().values()].every((module) => !module.training)).to.equal(true);
  });

  it('refuses what it cannot do, and changes nothing', () => {
    const model = classifier();
    expectError(() => nn.addLora(model, { layers: 'hiden' }), ArgumentError, 'try:  "hidden"');
    expectError(() => nn.addLora(model, { layers: () => false }), ArgumentError, 'no layer was chosen');
    expectError(() => nn.addLora(model, { rank: 0 }), ArgumentError, 'rank is 0');
    expectError(() => nn.addLora(model, { rnak: 2 } as any), ArgumentError, '{ rank: ... }');
    expectError(() => nn.addLora(new nn.Linear(2, 2)), ArgumentError, 'new nn.LoRALinear(layer)');
    expect(trainable(model)).to.have.length(6);
    nn.addLora(model);
    expectError(() => nn.addLora(model), ArgumentError, 'no linear layer');
  });

  it('the summary counts what learns', () => {
    // 3·4 + 4 = 16 and 2·(3 + 4) = 14;  4·5 + 5 = 25 and 2·(4 + 5) = 18
    const model = classifier();
    nn.addLora(model, { rank: 2, layers: 'hidden' });
    model.unfreeze('output');
    expect(model.summary()).to.equal(
      [
        ' FeedForward  [N, 3] → [N, 2]',
        '',
        ' layer       class       output  parameters',
        ' ────────────────────────────────────────────────────────',
        ' hidden.0    LoRALinear  [N, 4]          30  14 trainable',
        ' activation  ReLU ×2     [N, 4]           –',
        ' hidden.1    LoRALinear  [N, 5]          43  18 trainable',
        ' output      Linear      [N, 2]          12',
        ' ────────────────────────────────────────────────────────',
        ' trainable                               44',
        ' frozen                                  41',
        ' all                                     85',
      ].join('\n'),
    );
  });

  it('takes no product for the gradient of W: what is below the first adapter costs no way back', () => {
    const count = (body: () => void): number[][] => {
      const sizes: number[][] = [];
      const own = backend();
      const matmul: typeof own.matmul = (A, B, options, out) => {
        sizes.push([...out.shape]);
        own.matmul(A, B, options, out);
      };
      withBackend({ ...own, matmul }, body);
      return sizes;
    };
    const model = new nn.Sequential(new nn.Linear(30, 40), new nn.ReLU(), new nn.Linear(40, 20));
    nn.addLora(model, { rank: 2 });
    const loss = sum(model.forward(randn([7, 30])));
    const sizes = count(() => loss.backward());
    // Of layer 2: B, x Aᵀ, A, and twice x; of layer 0: B, x Aᵀ, A. No [20, 40] and no [40, 30].
    expect(sizes.map(String).sort()).to.deep.equal(
      ['20,2', '7,2', '2,40', '7,40', '7,40', '40,2', '7,2', '2,30'].sort(),
    );
  });
});

describe('training adapters', () => {
  it('ten steps move A and B and leave everything else to the bit', () => {
    const model = new nn.Sequential(
      new nn.Linear(3, 6),
      new nn.BatchNorm1d(6),
      new nn.ReLU(),
      new nn.Linear(6, 2),
    );
    nn.addLora(model, { rank: 2 });
    const before = copied(model.stateDict());
    const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01, weightDecay: 0.1 });
    const x = randn([8, 3]);
    for (let step = 0; step < 10; step++) {
      optimizer.zeroGrad();
      nn.crossEntropy(model.forward(x), [0, 1, 0, 1, 0, 1, 0, 1]).backward();
      optimizer.step();
    }
    const after = copied(model.stateDict());
    for (const name of Object.keys(after)) {
      const moved = /lora[AB]$/.test(name) || name.includes('running');
      if (moved) expect(after[name], name).not.to.deep.equal(before[name]);
      else expect(after[name], name).to.deep.equal(before[name]);
    }
  });
});

describe('adapters saved and loaded', () => {
  it('A, B and α alone, and with them another model of the same base computes the same', () => {
    const [one, two] = [classifier(), classifier()];
    two.loadStateDict(one.stateDict());
    nn.addLora(one, { rank: 2, alpha: 16 });
    nn.addLora(two, { rank: 2 }); // α comes with the state
    stir(one);
    const state = nn.loraStateDict(one);
    expect(Object.keys(state)).to.deep.equal(
      ['hidden.0', 'hidden.1', 'output'].flatMap((name) =>
        ['loraA', 'loraB', 'loraAlpha'].map((part) => `${name}.${part}`),
      ),
    );
    const x = randn([5, 3]);
    const bytes = io.toSafetensors(state);
    const report = nn.loadLoraStateDict(two, io.parseSafetensors(bytes));
    expect(String(report)).to.equal('loaded 9 of 9');
    expect(two.output).to.have.property('alpha', 16);
    expect(values(two.predict(x))).to.deep.equal(values(one.predict(x)));
  });

  it('of another rank, or of other layers, are refused with all that does not fit', () => {
    const [one, two] = [classifier(), classifier()];
    nn.addLora(one, { rank: 2, layers: 'hidden' });
    nn.addLora(two, { rank: 3, layers: ['hidden.0', 'output'] });
    const before = copied(nn.loraStateDict(two));
    expectError(
      () => nn.loadLoraStateDict(two, nn.loraStateDict(one)),
      StateError,
      'loadLoraStateDict: the state does not fit this FeedForward',
      'missing: output.loraA',
      'unexpected: hidden.1.loraA',
      'hidden.0.loraA is [2, 3], must be [3, 3]',
    );
    expectError(() => nn.loadLoraStateDict(two, two.stateDict()), StateError, 'unexpected: hidden.0.weight');
    expect(copied(nn.loraStateDict(two))).to.deep.equal(before);
  });

  it('a state of the base goes into a model with adapters, and says what it did not bring', () => {
    const [one, two] = [classifier(), classifier()];
    nn.addLora(two, { layers: 'output' });
    const report = two.loadStateDict(one.stateDict(), { strict: false });
    expect(report.missing).to.deep.equal(['output.loraA', 'output.loraB', 'output.loraAlpha']);
    expect(values(two.predict(zeros([1, 3])))).to.deep.equal(values(one.predict(zeros([1, 3]))));
  });
});

describe('mergeLora', () => {
  it('puts the plain layers back, which compute the same to rounding', () => {
    const model = classifier();
    const layers = [...model.hidden, model.output];
    const names = Object.keys(model.stateDict());
    const base = copied(model.stateDict());
    nn.addLora(model, { rank: 2, alpha: 3 });
    stir(model);
    const x = randn([50, 3]);
    const before = values(model.predict(x));
    const { loraA, loraB } = model.hidden[0] as unknown as nn.LoRALinear;
    const wanted = add(tensor(base['hidden.0.weight']).reshape([4, 3]), mul(matmul(loraB, loraA), 1.5));
    expect(nn.mergeLora(model)).to.deep.equal(['hidden.0', 'hidden.1', 'output']);
    expect([...model.hidden, model.output]).to.deep.equal(layers);
    expect(Object.keys(model.stateDict())).to.deep.equal(names);
    expect(values(model.hidden[0].weight)).to.deep.equal(values(wanted));
    expect(copied(model.stateDict())['hidden.0.bias']).to.deep.equal(base['hidden.0.bias']);
    const after = values(model.predict(x));
    after.forEach((y, i) => expect(y).to.be.closeTo(before[i], 1e-5 * Math.max(1, Math.abs(before[i]))));
    expect(after.some((y, i) => y !== before[i])).to.equal(true);
    expect(model.unfreeze()).to.have.length(6);
  });

  it('in float64 the two differ by less than 10⁻¹²', () => {
    inFloat64(() => {
      const model = classifier();
      nn.addLora(model, { rank: 2, alpha: 3 });
      stir(model);
      const x = randn([20, 3]);
      const before = values(model.predict(x));
      nn.mergeLora(model);
      values(model.predict(x)).forEach((y, i) => expect(y).to.be.closeTo(before[i], 1e-12));
    });
  });

  it('a layer in two places is merged once, and put back in both', () => {
    class Twice extends nn.Module {
      layer = new nn.Linear(2, 2);
      again = this.layer;
      forward(x: Tensor): Tensor {
        return this.again.forward(this.layer.forward(x));
      }
    }
    const model = new Twice();
    nn.addLora(model, { rank: 1 });
    stir(model);
    const x = randn([3, 2]);
    const before = values(model.forward(x));
    expect(nn.mergeLora(model)).to.deep.equal(['layer']);
    expect(model.again).to.equal(model.layer);
    values(model.forward(x)).forEach((y, i) => expect(y).to.be.closeTo(before[i], 1e-5));
  });

  it('refuses a model without adapters, and a weight that two layers share', () => {
    expectError(() => nn.mergeLora(classifier()), ArgumentError, 'has no adapters in its fields');
    const model = new nn.Sequential(new nn.Linear(2, 2), new nn.Linear(2, 2));
    Object.assign(model[1], { weight: (model[0] as nn.Linear).weight });
    nn.addLora(model, { layers: '0' });
    stir(model);
    const before = copied(model.stateDict());
    expectError(() => nn.mergeLora(model), ArgumentError, 'the weight of 1 is that of an adapted layer, too');
    expect(copied(model.stateDict())).to.deep.equal(before);
  });

  it('a head with an adapter is replaced as a whole', () => {
    const model = classifier();
    nn.addLora(model);
    const head = nn.replaceHead(model, 7);
    expect(model.output).to.equal(head);
    expect(head.inputs).to.equal(5);
    expect(linear(zeros([1, 5]), head.weight).shape).to.deep.equal([1, 7]);
  });
});
