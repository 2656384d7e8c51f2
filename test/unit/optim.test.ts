// Optimizers: steps worked by hand, groups, state, what is saved and refused; gradient clipping.
import { expect } from 'chai';
import { ArgumentError, mul, nn, optim, ShapeError, StateError, tensor, zeros } from '../../src/index.ts';
import type { Tensor } from '../../src/index.ts';
import { expectError } from '../support/errors.ts';

const bad = (value: unknown) => value as never;

const weights = (...values: number[]) => tensor(values, { requiresGrad: true }) as Tensor;

/** Takes a step for each gradient, and returns the weights after each. */
function follow(w: Tensor, optimizer: optim.Optimizer<any>, ...gradients: (number | number[])[]): number[][] {
  return gradients.map((g) => {
    w.grad = tensor([g].flat());
    optimizer.step();
    return [...w.data];
  });
}

const expectClose = (found: number[][], expected: number[]) =>
  found.flat().forEach((value, i) => expect(value, `step ${i + 1}`).to.be.closeTo(expected[i], 1e-6));

const optimizers = {
  SGD: optim.SGD,
  Adam: optim.Adam,
  AdamW: optim.AdamW,
  RMSprop: optim.RMSprop,
  Adagrad: optim.Adagrad,
};
/** All that a state can hold: options under which every optimizer remembers as much as it can. */
const everything = {
  SGD: { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 },
  Adam: { lr: 0.1, amsgrad: true, weightDecay: 0.01 },
  AdamW: { lr: 0.1, amsgrad: true },
  RMSprop: { lr: 0.1, momentum: 0.9, weightDecay: 0.01 },
  Adagrad: { lr: 0.1, initialAccumulator: 0.5, weightDecay: 0.01 },
};
type Name = keyof typeof optimizers;
const names = Object.keys(optimizers) as Name[];
const make = (name: Name, parameters: unknown, options?: object): optim.Optimizer<any> =>
  new optimizers[name](bad(parameters), bad(options));

describe('SGD', () => {
  it('takes η g from the weight', () => {
    const w = weights(1, 2);
    // 1 − ¼·2 = ½,  2 − ¼·(−4) = 3
    expect(follow(w, new optim.SGD([w], { lr: 1 / 4 }), [2, -4])).to.deep.equal([[0.5, 3]]);
  });

  it('adds λ w to the gradient: weight decay', () => {
    const w = weights(1, 2);
    // g + w/2 = 2½ and −3;  1 − ⅝ = ⅜,  2 + ¾ = 2¾
    const optimizer = new optim.SGD([w], { lr: 1 / 4, weightDecay: 1 / 2 });
    expect(follow(w, optimizer, [2, -4])).to.deep.equal([[0.375, 2.75]]);
  });

  it('with momentum, moves along a velocity: u ← u/2 + g', () => {
    const w = weights(1);
    // u = 2, 1 + 1 = 2, 1 + 0 = 1;  w = 1 − ½ = ½, ½ − ½ = 0, 0 − ¼
    const optimizer = new optim.SGD([w], { lr: 1 / 4, momentum: 1 / 2 });
    expect(follow(w, optimizer, 2, 1, 0).flat()).to.deep.equal([0.5, 0, -0.25]);
  });

  it('with dampening, lets less of the gradient into the velocity, except at first', () => {
    const w = weights(1);
    // u = 2, 1 + ¾·1 = 1¾;  w = ½, ½ − 7/16 = 1/16
    const optimizer = new optim.SGD([w], { lr: 1 / 4, momentum: 1 / 2, dampening: 1 / 4 });
    expect(follow(w, optimizer, 2, 1).flat()).to.deep.equal([0.5, 0.0625]);
  });

  it('with Nesterov’s momentum, looks ahead: along g + u/2', () => {
    const w = weights(1);
    // u = 2, 2;  g + u/2 = 3, 2;  w = 1 − ¾ = ¼, ¼ − ½
    const optimizer = new optim.SGD([w], { lr: 1 / 4, momentum: 1 / 2, nesterov: true });
    expect(follow(w, optimizer, 2, 1).flat()).to.deep.equal([0.25, -0.25]);
  });

  it('begins with a velocity of the gradient when momentum is switched on later, and forgets none while it is off', () => {
    const w = weights(1);
    const optimizer = new optim.SGD([w], { lr: 1 / 4 });
    follow(w, optimizer, 2); // ½
    optimizer.groups[0].momentum = 1 / 2;
    expect(follow(w, optimizer, 1, 1).flat()).to.deep.equal([0.25, -0.125]); // u = 1, 1½
    optimizer.groups[0].momentum = 0;
    expect(follow(w, optimizer, 1).flat()).to.deep.equal([-0.375]);
  });
});

describe('Adam', () => {
  /*
   * η = ¼, β₁ = ½, β₂ = ¾, ε = 0.
   *
   *   g = 2:  m = ½·2 = 1        v = ¼·4 = 1          m̂ = 1/(1 − ½) = 2      v̂ = 1/(1 − ¾) = 4       w −= ¼ · 2/2
   *   g = 1:  m = ½ + ½ = 1      v = ¾ + ¼ = 1        m̂ = 1/(1 − ¼) = 4/3    v̂ = 1/(1 − 9/16) = 16/7  w −= ¼ · √7/3
   */
  it('divides the mean gradient by its mean size, both with their bias corrected', () => {
    const w = weights(1);
    const optimizer = new optim.Adam([w], { lr: 1 / 4, betas: [1 / 2, 3 / 4], eps: 0 });
    expectClose(follow(w, optimizer, 2, 1), [0.75, 0.75 - Math.sqrt(7) / 12]);
  });

  it('takes a first step of η whatever the gradient’s scale', () => {
    const w = weights(1, 1, 1);
    const [step] = follow(w, new optim.Adam([w], { lr: 1 / 4 }), [1e-4, 1, -1e4]);
    expectClose([step], [0.75 + 2.5e-5, 0.75, 1.25]); // at 1e-4, ε = 1e-8 takes off one part in 10,000
  });

  it('adds λ w to the gradient: at w = 4, λ = ½ a gradient of −2 is cancelled, and nothing moves', () => {
    const w = weights(4);
    expect(follow(w, new optim.Adam([w], { lr: 1 / 4, weightDecay: 1 / 2 }), -2)).to.deep.equal([[4]]);
  });

  /*
   * AMSGrad divides by the greatest v so far. β₁ = 0, so m̂ = g; β₂ = ½:
   *
   *   g = 2:  v = ½·4 = 2                          v̂ = 2/(1 − ½) = 4        w −= ¼ · 2/2
   *   g = 1:  v = 1 + ½ = 1½, greatest 2           v̂ = 2/(1 − ¼) = 8/3      w −= ¼ · 1/√(8/3)        (without: v̂ = 2)
   */
  it('with amsgrad, divides by the greatest v so far', () => {
    const options = { lr: 1 / 4, betas: [0, 1 / 2] as const, eps: 0 };
    const [w, other] = [weights(1), weights(1)];
    expectClose(follow(w, new optim.Adam([w], { ...options, amsgrad: true }), 2, 1), [
      0.75,
      0.75 - 0.25 / Math.sqrt(8 / 3),
    ]);
    expectClose(follow(other, new optim.Adam([other], options), 2, 1), [0.75, 0.75 - 0.25 / Math.sqrt(2)]);
  });
});

describe('AdamW', () => {
  it('takes η λ w from the weight itself, so that the gradient’s size does not matter', () => {
    const w = weights(4);
    // 4·(1 − ¼·½) = 3½, then Adam's first step: − ¼ in the direction of g
    const optimizer = new optim.AdamW([w], { lr: 1 / 4, weightDecay: 1 / 2 });
    expectClose(follow(w, optimizer, -2), [3.75]);
  });

  it('decays by 0.01 unless told otherwise', () => {
    const w = weights(4);
    expect(follow(w, new optim.AdamW([w], { lr: 1 / 4 }), 0)).to.deep.equal([
      [Math.fround(4 * Math.fround(1 - 0.0025))],
    ]);
  });
});

describe('RMSprop', () => {
  /*
   * η = ¼, α = ¾, ε = 0.  g = 2: v = ¼·4 = 1, w −= ¼ · 2/1.   g = 1: v = ¾ + ¼ = 1, w −= ¼ · 1/1.
   */
  const options = { lr: 1 / 4, alpha: 3 / 4, eps: 0 };

  it('divides the gradient by a running mean of its size', () => {
    const w = weights(1);
    expect(follow(w, new optim.RMSprop([w], options), 2, 1).flat()).to.deep.equal([0.5, 0.25]);
  });

  it('with momentum, moves along a velocity of these quotients', () => {
    const w = weights(1);
    // u = 2, ½·2 + 1 = 2
    const optimizer = new optim.RMSprop([w], { ...options, momentum: 1 / 2 });
    expect(follow(w, optimizer, 2, 1).flat()).to.deep.equal([0.5, 0]);
  });

  it('adds λ w to the gradient', () => {
    const w = weights(2);
    // g = 1 + ½·2 = 2, so v = 1, as above
    expect(follow(w, new optim.RMSprop([w], { ...options, weightDecay: 1 / 2 }), 1)).to.deep.equal([[1.5]]);
  });
});

describe('Adagrad', () => {
  it('divides the gradient by the root of the sum of all squares: steps only become smaller', () => {
    const w = weights(1);
    // s = 9, 25;  w −= ½·3/3, ½·4/5
    expectClose(follow(w, new optim.Adagrad([w], { lr: 1 / 2, eps: 0 }), 3, 4), [0.5, 0.1]);
  });

  it('starts its sum where it is told to, and adds λ w to the gradient', () => {
    const w = weights(1);
    // s = 16 + 9 = 25;  w −= ½·3/5
    expectClose(follow(w, new optim.Adagrad([w], { lr: 1 / 2, eps: 0, initialAccumulator: 16 }), 3), [0.7]);
    const other = weights(2);
    // g = 2 + ½·2 = 3, s = 9
    expectClose(
      follow(other, new optim.Adagrad([other], { lr: 1 / 2, eps: 0, weightDecay: 1 / 2 }), 2),
      [1.5],
    );
  });
});

describe('groups of parameters', () => {
  it('have options of their own, and the optimizer’s for the rest', () => {
    const [a, b] = [weights(1), weights(1)];
    const optimizer = new optim.SGD(
      [{ parameters: [a] }, { parameters: [b], lr: 1 / 2, momentum: undefined }],
      {
        lr: 1 / 4,
        momentum: 0.9,
      },
    );
    expect(optimizer.groups.map(({ lr, momentum }) => [lr, momentum])).to.deep.equal([
      [0.25, 0.9],
      [0.5, 0.9],
    ]);
    a.grad = tensor([1]);
    b.grad = tensor([1]);
    optimizer.step();
    expect([a.item(), b.item()]).to.deep.equal([0.75, 0.5]);
  });

  it('can be changed between steps: a schedule sets lr', () => {
    const w = weights(1);
    const optimizer = new optim.SGD([w], { lr: 1 / 4 });
    follow(w, optimizer, 1);
    optimizer.groups[0].lr = 1 / 8;
    expect(follow(w, optimizer, 1)).to.deep.equal([[0.625]]);
  });

  it('are checked at every step, and nothing moves if one is wrong', () => {
    const [a, b] = [weights(1), weights(1)];
    const optimizer = new optim.SGD([{ parameters: [a] }, { parameters: [b] }]);
    optimizer.groups[1].lr = -1;
    a.grad = tensor([1]);
    b.grad = tensor([1]);
    expectError(() => optimizer.step(), ArgumentError, 'SGD: lr is -1');
    expect([a.item(), b.item()]).to.deep.equal([1, 1]);
  });

  it('may be any iterable', () => {
    const model = new nn.Linear(2, 1);
    expect(new optim.SGD(new Set(model.parameters())).groups[0].parameters).to.have.length(2);
    expect(new optim.SGD(model.namedParameters().values()).groups[0].parameters).to.have.length(2);
  });
});

for (const name of names) {
  describe(`${name} and its parameters`, () => {
    it('skips a parameter without a gradient, and one that is frozen: neither moved nor decayed', () => {
      const [idle, frozen, moved] = [weights(1), weights(1), weights(1)];
      frozen.grad = tensor([1]);
      frozen.requiresGrad = false;
      moved.grad = tensor([1]);
      const optimizer = make(name, [idle, frozen, moved], { lr: 0.1, weightDecay: 0.5 });
      optimizer.step();
      expect([idle.item(), frozen.item()]).to.deep.equal([1, 1]);
      expect(moved.item()).to.be.below(1);
      expect(Object.keys(optimizer.stateDict().state)).to.deep.equal(['2']);
    });

    it('counts the steps of each parameter on its own: one that thaws late starts as if it were new', () => {
      const [early, late, fresh] = [weights(1), weights(1), weights(1)];
      const both = make(name, [early, late], everything[name]);
      follow(early, both, 1, -3, 2);
      late.grad = tensor([0.5]);
      early.grad = undefined;
      both.step();
      expect(late.data).to.deep.equal(
        new Float32Array(follow(fresh, make(name, [fresh], everything[name]), 0.5).flat()),
      );
    });

    it('goes on from a saved state with the same bits', () => {
      const start = [0.3, -1.2, 0.7];
      /** Steps on the gradient w + i/8, different at each step. */
      const run = (w: Tensor, optimizer: optim.Optimizer<any>, from: number, to: number) => {
        for (let i = from; i < to; i++)
          follow(
            w,
            optimizer,
            [...w.data].map((value) => value + i / 8),
          );
      };
      const w = weights(...start);
      const optimizer = make(name, [w], everything[name]);
      run(w, optimizer, 0, 5);
      const saved = optimizer.stateDict();
      const values = [...w.data];
      run(w, optimizer, 5, 10);

      const again = weights(...values);
      const resumed = make(name, [again], { lr: 0.5 }); // other options, which loading overwrites
      resumed.loadStateDict(saved);
      run(again, resumed, 5, 10);
      expect(again.data).to.deep.equal(w.data);
      // The saved state is a copy: it is still that of the fifth step, and a second run from it agrees.
      const third = weights(...values);
      const other = make(name, [third]);
      other.loadStateDict(saved);
      run(third, other, 5, 10);
      expect(third.data).to.deep.equal(w.data);
      // And it matters: without it, the run ends elsewhere.
      const forgetful = weights(...values);
      run(forgetful, make(name, [forgetful], everything[name]), 5, 10);
      expect(forgetful.data).not.to.deep.equal(w.data);
    });

    it('refuses parameters that are none', () => {
      const refuse = (parameters: unknown, ...parts: string[]) =>
        expectError(() => make(name, parameters), ArgumentError, `${name}: `, ...parts);
      refuse(undefined, 'the parameters are undefined', `new optim.${name}(model.parameters())`);
      refuse(weights(1), 'the parameters are a Tensor', 'a list of tensors, or of groups');
      refuse(new nn.Linear(2, 1), 'the parameters are a Linear');
      refuse([], 'there are no parameters', 'at least one');
      refuse([new nn.Linear(2, 1)], 'parameter 0 is a Linear', 'parameters must be tensors');
      refuse([weights(1), null], 'parameter 1 is null');
      refuse(new nn.Linear(2, 1).namedParameters(), 'parameter 0 is an array of 2');
      refuse([mul(weights(1), 2)], 'parameter 0 is the result of mul', 'parameters must be leaves');
      refuse([{ parameters: weights(1) }], 'the parameters are a Tensor');
      refuse([{ parameters: undefined }], 'the parameters are undefined');
      refuse([{ parameters: [] }], 'there are no parameters');
      const w = weights(1);
      refuse([w, w], 'stands in two groups, or twice in one', 'given once');
      refuse([{ parameters: [w] }, { parameters: [w] }], 'stands in two groups');
    });

    it('refuses options that make no sense, in groups too', () => {
      const refuse = (options: object, ...parts: string[]) => {
        expectError(() => make(name, [weights(1)], options), ArgumentError, `${name}: `, ...parts);
        expectError(() => make(name, [{ parameters: [weights(1)], ...options }]), ArgumentError, ...parts);
      };
      for (const lr of [-0.1, Number.NaN, Infinity, '0.1', null])
        refuse({ lr }, 'lr is ', 'lr must be a finite number, at least 0');
      refuse({ weightDecay: -1 }, 'weightDecay is -1');
      refuse({ weigthDecay: 0.1 }, 'unknown option "weigthDecay"', '{ weightDecay: ... }');
      refuse({ learningRate: 0.1 }, 'unknown option "learningRate"', 'known options: lr, ');
      expectError(() => make(name, [weights(1)], bad(0.1)), ArgumentError, `${name}: options is 0.1`);
    });

    it('refuses a gradient of another shape, before anything moves', () => {
      const [a, b] = [weights(1), weights(1, 2)];
      const optimizer = make(name, [a, b]);
      a.grad = tensor([1]);
      b.grad = tensor([1]);
      expectError(
        () => optimizer.step(),
        ShapeError,
        `${name}: a gradient of shape [1] for a parameter of shape [2]`,
      );
      expect(a.item()).to.equal(1);
    });

    it('refuses a state that is not its own, and keeps what it had', () => {
      const [w, other] = [weights(1, 2), weights(3)];
      const optimizer = make(name, [w, other], everything[name]);
      follow(w, optimizer, [1, 2]);
      const good = optimizer.stateDict();
      const before = JSON.stringify(good, (_, value) =>
        ArrayBuffer.isView(value) ? [...(value as never)] : value,
      );
      const refuse = (saved: unknown, ...parts: string[]) =>
        expectError(
          () => optimizer.loadStateDict(bad(saved)),
          StateError,
          `${name}.loadStateDict: `,
          ...parts,
        );
      for (const saved of [undefined, null, 3, {}, { groups: [], state: null }])
        refuse(saved, 'the state is ');
      refuse({ ...good, groups: [] }, 'it has 0 groups, not 1');
      refuse({ ...good, groups: [null] }, 'its group 0 has no parameters, not 2');
      refuse(
        { ...good, groups: [{ ...good.groups[0], parameters: [0] }] },
        'its group 0 has 1 parameters, not 2',
      );
      const { lr: _, ...incomplete } = good.groups[0] as unknown as { lr: number };
      refuse({ ...good, groups: [incomplete] }, 'its group 0 has no lr');
      refuse({ ...good, state: { 2: good.state[0] } }, 'a state for parameter 2; there are 2');
      refuse({ ...good, state: { weight: good.state[0] } }, 'a state for parameter weight');
      refuse({ ...good, state: { 0: null } }, 'parameter 0 has no number of steps');
      refuse({ ...good, state: { 0: { ...good.state[0], step: 0.5 } } }, 'no number of steps');
      refuse({ ...good, state: { 1: good.state[0] } }, 'of parameter 1 is [2], not [1]');
      const tensors = Object.keys(good.state[0]).filter((key) => key !== 'step');
      expect(tensors).not.to.deep.equal([]);
      for (const key of tensors) {
        refuse(
          { ...good, state: { 0: { ...good.state[0], [key]: undefined } } },
          `${key} of parameter 0 is undefined`,
        );
        refuse(
          { ...good, state: { 0: { ...good.state[0], [key]: zeros([3]) } } },
          `${key} of parameter 0 is [3]`,
        );
      }
      const negative = { ...good, groups: [{ ...good.groups[0], lr: -1 }] };
      expectError(() => optimizer.loadStateDict(bad(negative)), ArgumentError, 'lr is -1');
      const after = JSON.stringify(optimizer.stateDict(), (_, value) =>
        ArrayBuffer.isView(value) ? [...(value as never)] : value,
      );
      expect(after).to.equal(before);
    });
  });
}

describe('options of single optimizers', () => {
  const refuse = (name: Name, options: object, ...parts: string[]) =>
    expectError(() => make(name, [weights(1)], options), ArgumentError, `${name}: `, ...parts);

  it('are refused outside their range', () => {
    refuse('SGD', { momentum: -0.1 }, 'momentum is -0.1', 'at least 0');
    refuse('SGD', { dampening: Number.NaN }, 'dampening is NaN');
    refuse('SGD', { nesterov: true }, 'nesterov without momentum', '{ nesterov: true, momentum: 0.9 }');
    refuse('SGD', { nesterov: true, momentum: 0.9, dampening: 0.1 }, 'or with dampening');
    refuse('SGD', { nesterov: 1, momentum: 0.9 }, 'nesterov is 1', 'true or false');
    for (const name of ['Adam', 'AdamW'] as const) {
      refuse(name, { betas: [0.9, 1] }, 'betas[1] is 1', 'at least 0 and less than 1');
      refuse(name, { betas: [-0.1, 0.9] }, 'betas[0] is -0.1');
      refuse(name, { betas: 0.9 }, 'betas is 0.9', 'betas must be two numbers', '{ betas: [0.9, 0.999] }');
      refuse(name, { betas: [0.9] }, 'betas is an array of 1');
      refuse(name, { eps: -1 }, 'eps is -1');
      refuse(name, { amsgrad: 'yes' }, 'amsgrad is "yes"', 'true or false');
    }
    refuse('RMSprop', { alpha: 1.1 }, 'alpha is 1.1', 'at least 0 and at most 1');
    refuse('RMSprop', { momentum: -1 }, 'momentum is -1');
    refuse('Adagrad', { initialAccumulator: -1 }, 'initialAccumulator is -1');
    refuse('Adagrad', { eps: Infinity }, 'eps is Infinity');
  });

  it('have PyTorch’s defaults', () => {
    const defaults = (name: Name) => {
      const { parameters: _, ...options } = make(name, [weights(1)]).groups[0];
      return options;
    };
    expect(defaults('SGD')).to.deep.equal({
      lr: 0.01,
      momentum: 0,
      dampening: 0,
      nesterov: false,
      weightDecay: 0,
    });
    const adam = { lr: 0.001, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: false };
    expect(defaults('Adam')).to.deep.equal(adam);
    expect(defaults('AdamW')).to.deep.equal({ ...adam, weightDecay: 0.01 });
    expect(defaults('RMSprop')).to.deep.equal({
      lr: 0.01,
      alpha: 0.99,
      eps: 1e-8,
      momentum: 0,
      weightDecay: 0,
    });
    expect(defaults('Adagrad')).to.deep.equal({
      lr: 0.01,
      eps: 1e-10,
      weightDecay: 0,
      initialAccumulator: 0,
    });
  });
});

it('zeroGrad forgets all gradients', () => {
  const [a, b] = [weights(1), weights(2)];
  a.grad = tensor([1]);
  new optim.SGD([{ parameters: [a] }, { parameters: [b] }]).zeroGrad();
  expect([a.grad, b.grad]).to.deep.equal([undefined, undefined]);
});

describe('clipGradNorm', () => {
  /** Gradients (3, 4) and 12: norms 5 and 12, together 13. A third parameter has none. */
  const parameters = () => {
    const [a, b, none] = [weights(0, 0), weights(0), weights(0)];
    a.grad = tensor([3, 4]);
    b.grad = tensor([12]);
    return [a, b, none];
  };
  const gradients = (list: Tensor[]) => list.flatMap(({ grad }) => (grad ? [...grad.data] : []));

  it('scales all gradients by one factor, and returns the norm that they had together', () => {
    const list = parameters();
    expect(optim.clipGradNorm(list, 6.5)).to.equal(13);
    gradients(list).forEach((g, i) => expect(g).to.be.closeTo([1.5, 2, 6][i], 1e-6));
  });

  it('leaves smaller gradients as they are', () => {
    const list = parameters();
    expect(optim.clipGradNorm(list, 14)).to.equal(13);
    expect(gradients(list)).to.deep.equal([3, 4, 12]);
    expect(optim.clipGradNorm(list, Infinity)).to.equal(13);
    expect(gradients(list)).to.deep.equal([3, 4, 12]);
  });

  it('knows other norms: p = 1 adds 3 + 4 + 12, p = ∞ takes the greatest', () => {
    for (const [p, total] of [
      [1, 19],
      [Infinity, 12],
      [3, Math.cbrt(27 + 64 + 1728)],
    ]) {
      const list = parameters();
      expect(optim.clipGradNorm(list, total / 2, { p })).to.be.closeTo(total, 1e-5);
      gradients(list).forEach((g, i) => expect(g).to.be.closeTo([1.5, 2, 6][i], 1e-5));
    }
  });

  it('does as PyTorch does where squares overflow float32: the norm is infinite, and the gradients become 0', () => {
    const w = weights(0, 0);
    w.grad = tensor([3e30, -4e30]);
    expect(optim.clipGradNorm([w], 1)).to.equal(Infinity);
    expect([...w.grad.data]).to.deep.equal([0, -0]);
    w.grad = tensor([Number.NaN, 1]);
    expect(optim.clipGradNorm([w], 1)).to.be.NaN;
    expect([...w.grad.data]).to.deep.equal([Number.NaN, Number.NaN]);
  });

  it('takes one parameter, too; without gradients the norm is 0', () => {
    const [a] = parameters();
    expect(optim.clipGradNorm(bad(a), 10)).to.equal(5);
    expect(optim.clipGradNorm([weights(1)], 1)).to.equal(0);
    expect(optim.clipGradNorm([], 1)).to.equal(0);
  });

  it('refuses limits and norms that are none, and what are no parameters', () => {
    expectError(() => optim.clipGradNorm(parameters(), -1), ArgumentError, 'maxNorm is -1', 'at least 0');
    expectError(
      () => optim.clipGradNorm(parameters(), bad(undefined)),
      ArgumentError,
      'maxNorm is undefined',
    );
    expectError(
      () => optim.clipGradNorm(parameters(), 1, { p: 0 }),
      ArgumentError,
      'p is 0',
      'greater than 0',
    );
    expectError(() => optim.clipGradNorm(parameters(), 1, bad({ norm: 1 })), ArgumentError, '"norm"');
    expectError(
      () => optim.clipGradNorm(bad(new nn.Linear(1, 1)), 1),
      ArgumentError,
      'clipGradNorm: the parameters are a Linear',
      'clipGradNorm(model.parameters(), 1)',
    );
    expectError(() => optim.clipGradNorm(bad([1]), 1), ArgumentError, 'a parameter is 1');
  });
});

describe('clipGradValue', () => {
  it('holds every element to −limit … limit', () => {
    const [w, none] = [weights(0, 0, 0, 0), weights(0)];
    w.grad = tensor([-3, -0.5, 0.5, 3]);
    optim.clipGradValue([w, none], 1);
    expect([...w.grad.data]).to.deep.equal([-1, -0.5, 0.5, 1]);
    optim.clipGradValue([w], 0);
    expect([...w.grad.data].map(Math.abs)).to.deep.equal([0, 0, 0, 0]);
  });

  it('refuses limits that are none, and what are no parameters', () => {
    expectError(() => optim.clipGradValue([], -1), ArgumentError, 'clipGradValue: limit is -1');
    expectError(() => optim.clipGradValue([], Number.NaN), ArgumentError, 'limit is NaN');
    expectError(() => optim.clipGradValue(bad(3), 1), ArgumentError, 'the parameters are 3');
  });
});
