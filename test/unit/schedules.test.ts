// Schedules of the learning rate: PyTorch's numbers, base rates, what is saved and refused.
import { expect } from 'chai';
import fc from 'fast-check';
import { type Saved, StateError, optim, square, sum, tensor } from '../../src/index.ts';
import { cosine, linear, power } from '../../src/nn/optim/schedules/curves.ts';
import { expectError } from '../support/errors.ts';
import { readGolden } from '../support/golden.ts';

type Optimizer = optim.Optimizer<any>;

interface Case {
  about: string;
  schedule: Name;
  options: Record<string, any>;
  optimizer: 'SGD' | 'AdamW' | 'RMSprop';
  /** The rates of both groups after 0, 1, 2, ... steps. */
  lrs: [number, number][];
  momenta?: [number, number][];
  metrics?: (number | string)[];
}

const golden = readGolden<Case[]>('schedules');

const functions: Record<string, (t: number) => number> = {
  '1 / (1 + t)': (t) => 1 / (1 + t),
  '1 - t / 40': (t) => 1 - t / 40,
};

const schedules = {
  StepLR: optim.StepLR,
  MultiStepLR: optim.MultiStepLR,
  ExponentialLR: optim.ExponentialLR,
  LinearLR: optim.LinearLR,
  ConstantLR: optim.ConstantLR,
  CosineAnnealingLR: optim.CosineAnnealingLR,
  CosineAnnealingWarmRestarts: optim.CosineAnnealingWarmRestarts,
  OneCycleLR: optim.OneCycleLR,
  LambdaLR: optim.LambdaLR,
  SequentialLR: optim.SequentialLR,
  ReduceLROnPlateau: optim.ReduceLROnPlateau,
};
type Name = keyof typeof schedules;
const names = Object.keys(schedules) as Name[];
type Planned = optim.StepLR;

function make(optimizer: Optimizer, { schedule, options }: Pick<Case, 'schedule' | 'options'>): Planned {
  const { lrLambda, schedules: parts, ...rest } = options;
  const own = {
    ...rest,
    ...(lrLambda && { lrLambda: Array.isArray(lrLambda) ? lrLambda.map(named) : named(lrLambda) }),
    ...(parts && { schedules: parts.map((part: Case) => make(optimizer, part)) }),
  };
  return new schedules[schedule](optimizer, own as never) as Planned;
}
const named = (text: string) => functions[text];

const weight = () => tensor([1, 2], { requiresGrad: true });
const group = (lr: number) => ({ parameters: [weight()], lr });
const sgd = (...lrs: number[]) => new optim.SGD(lrs.map(group));
const rates = (schedule: optim.Schedule, steps: number): number[] =>
  Array.from({ length: steps }, (_, t) => {
    if (t > 0) schedule.step();
    return schedule.lastLr[0];
  });

describe("schedules: the rates are PyTorch's", () => {
  // PyTorch multiplies from step to step and we don't: the two differ by some roundings of float64.
  const expectNear = (found: number, expected: number, what: string) => {
    if (!(Math.abs(found - expected) <= 1e-11 * Math.abs(expected)))
      expect.fail(`${what} is ${found}, but PyTorch's is ${expected}`);
  };

  for (const each of golden) {
    it(`${each.schedule}: ${each.about}`, () => {
      const optimizer: Optimizer = new optim[each.optimizer]([group(0.1), group(0.02)]);
      const schedule = make(optimizer, each);
      each.lrs.forEach((lrs, t) => {
        if (t > 0) schedule.step(each.metrics && Number(each.metrics[t - 1]));
        lrs.forEach((lr, i) => {
          expectNear(schedule.lastLr[i], lr, `the rate of group ${i} after ${t} steps`);
          expect(optimizer.groups[i].lr).to.equal(schedule.lastLr[i]);
          const { betas, momentum } = optimizer.groups[i];
          if (each.momenta)
            expectNear(
              betas ? betas[0] : momentum,
              each.momenta[t][i],
              `the momentum of group ${i} after ${t} steps`,
            );
          if (betas) expect(betas[1]).to.equal(0.999);
        });
      });
    });
  }

  it('every schedule is there, and each case has rates that differ', () => {
    expect(new Set(golden.map(({ schedule }) => schedule))).to.deep.equal(new Set(names));
    for (const { about, lrs } of golden) {
      if (about !== 'in one step') expect(new Set(lrs.map(([lr]) => lr)).size, about).to.be.greaterThan(1);
      expect(lrs[0]).to.have.length(2);
    }
  });
});

describe('schedules: the curves', () => {
  it('half a cosine is exact at both ends, and in the middle', () => {
    expect([0, 0.5, 1].map((x) => cosine(0.3, 0.1, x))).to.deep.equal([0.3, 0.5 * 0.3 + 0.5 * 0.1, 0.1]);
    expect([0, 0.25, 1].map((x) => linear(0.3, 0.1, x))).to.deep.equal([0.3, 0.75 * 0.3 + 0.25 * 0.1, 0.1]);
  });

  it('is the cosine to the last digits, also where it is nearly 0', () => {
    // Math.cos is no more than a witness here: at x = 1, 1 + cos πx has lost its digits, sin² of the rest has not.
    for (let i = 0; i <= 1000; i++) {
      const x = i / 1000;
      const expected = i < 500 ? (1 + Math.cos(Math.PI * x)) / 2 : Math.sin((Math.PI / 2) * (1 - x)) ** 2;
      expect(Math.abs(cosine(1, 0, x) - expected), `${x}`).to.be.at.most(4e-16 * expected);
    }
  });

  it('never rises on the way down', () => {
    const path = Array.from({ length: 10_001 }, (_, i) => cosine(0.1, 0, i / 10_000));
    path.slice(1).forEach((y, i) => expect(y).to.be.at.most(path[i]));
  });

  it('has the same bits on every engine', () => {
    expect([1 / 3, 0.1, 0.9, 1 / 7].map((x) => cosine(1, 0, x))).to.deep.equal([
      0.7500000000000001, 0.9755282581475768, 0.024471741852423203, 0.9504844339512096,
    ]);
  });

  it('powers: x⁰ = 1, exact where the result is, and within n roundings elsewhere', () => {
    expect([0, 1, 2, 3, 10, 31].map((n) => power(0.5, n))).to.deep.equal([
      1,
      1 / 2,
      1 / 4,
      1 / 8,
      2 ** -10,
      2 ** -31,
    ]);
    expect([0, 1, 5].map((n) => power(0, n))).to.deep.equal([1, 0, 0]);
    fc.assert(
      fc.property(fc.double({ min: 0.9, max: 1.1, noNaN: true }), fc.nat(1000), (x, n) => {
        let product = 1;
        for (let i = 0; i < n; i++) product *= x;
        expect(Math.abs(power(x, n) / product - 1)).to.be.at.most((n + 1) * 2 ** -52);
      }),
    );
  });
});

describe('schedules: what all share', () => {
  const planned = golden.filter(({ schedule }) => schedule !== 'ReduceLROnPlateau');

  it('preview tells what will come, and changes nothing', () => {
    for (const each of planned) {
      const optimizer: Optimizer = new optim[each.optimizer]([group(0.1), group(0.02)]);
      const schedule = make(optimizer, each);
      schedule.step();
      const before = JSON.stringify([optimizer.groups, schedule.stateDict()]);
      const preview = schedule.preview(each.lrs.length);
      expect(JSON.stringify([optimizer.groups, schedule.stateDict()])).to.equal(before);
      const again = make(sgd(0.1, 0.02), each);
      expect(preview, each.about).to.deep.equal(rates(again, each.lrs.length));
    }
  });

  it('count epochs unless told otherwise, a single cycle counts steps, a plateau epochs only', () => {
    for (const schedule of names) {
      const each = golden.find((one) => one.schedule === schedule) as Case;
      const { options } = each;
      const per = schedule === 'OneCycleLR' ? 'step' : 'epoch';
      expect(make(sgd(0.1), { schedule, options }).per, schedule).to.equal(per);
      if (schedule === 'ReduceLROnPlateau' || schedule === 'SequentialLR') continue;
      for (const given of ['step', 'epoch'])
        expect(make(sgd(0.1), { schedule, options: { ...options, per: given } }).per).to.equal(given);
    }
  });

  it('each is a Schedule, and tells its optimizer', () => {
    for (const schedule of names) {
      const { options } = golden.find((one) => one.schedule === schedule) as Case;
      const optimizer = sgd(0.1);
      const made: unknown = make(optimizer, { schedule, options });
      expect(made, schedule).to.be.instanceOf(optim.Schedule);
      expect((made as optim.Schedule).optimizer).to.equal(optimizer);
    }
  });

  it('a sequence counts as its parts do', () => {
    const optimizer = sgd(1);
    const parts = [
      new optim.LinearLR(optimizer, { per: 'step' }),
      new optim.ExponentialLR(optimizer, { gamma: 0.5, per: 'step' }),
    ];
    expect(new optim.SequentialLR(optimizer, { schedules: parts, milestones: [5] }).per).to.equal('step');
  });

  it('a rate set by hand lasts until the next step', () => {
    const optimizer = sgd(1);
    const schedule = new optim.ExponentialLR(optimizer, { gamma: 1 / 2 });
    optimizer.groups[0].lr = 7;
    expect(schedule.lastLr).to.deep.equal([7]);
    schedule.step();
    expect(schedule.lastLr).to.deep.equal([1 / 2]);
  });

  it('a schedule that is refused has changed nothing', () => {
    const optimizer = sgd(1, 1);
    const lambdas = [() => 1 / 2, () => -1];
    expect(() => new optim.LambdaLR(optimizer, { lrLambda: lambdas })).to.throw('lrLambda(0) is -1');
    expect(optimizer.groups.map(({ lr }) => lr)).to.deep.equal([1, 1]);
  });

  it('moves weights by the rate of the moment', () => {
    // L = w²/2 with g = w; η = ½, ¼, ⅛:  8 → 4 → 3 → 2⅝
    const w = tensor([8], { requiresGrad: true });
    const optimizer = new optim.SGD([w], { lr: 1 / 2 });
    const schedule = new optim.ExponentialLR(optimizer, { gamma: 1 / 2 });
    const path = [0, 1, 2].map(() => {
      optimizer.zeroGrad();
      sum(square(w)).mul(0.5).backward();
      optimizer.step();
      schedule.step();
      return w.item();
    });
    expect(path).to.deep.equal([4, 3, 2.625]);
  });
});

describe('schedules: base rates', () => {
  it('the parts of a sequence have the optimizer’s, in whatever order they are made', () => {
    const sequence = (order: (optimizer: Optimizer) => [optim.LinearLR, optim.CosineAnnealingLR]) => {
      const optimizer = sgd(1);
      return new optim.SequentialLR(optimizer, { schedules: order(optimizer), milestones: [2] }).preview(6);
    };
    // ½, ¾, then a cosine from 1 over 2 steps: 1, ½, 0, ½
    const warmUp = { startFactor: 1 / 2, totalIters: 2 };
    const expected = [0.5, 0.75, 1, 0.5, 0, 0.5];
    expect(
      sequence((optimizer) => {
        const first = new optim.LinearLR(optimizer, warmUp);
        return [first, new optim.CosineAnnealingLR(optimizer, { tMax: 2 })];
      }),
    ).to.deep.equal(expected);
    expect(
      sequence((optimizer) => {
        const second = new optim.CosineAnnealingLR(optimizer, { tMax: 2 });
        return [new optim.LinearLR(optimizer, warmUp), second];
      }),
    ).to.deep.equal(expected);
  });

  it('a sequence in a sequence', () => {
    const optimizer = sgd(8);
    const half = () => new optim.ExponentialLR(optimizer, { gamma: 1 / 2 });
    const inner = new optim.SequentialLR(optimizer, { schedules: [half(), half()], milestones: [2] });
    const outer = new optim.SequentialLR(optimizer, { schedules: [inner, half()], milestones: [5] });
    expect(rates(outer, 8)).to.deep.equal([8, 4, 8, 4, 2, 8, 4, 2]);
  });

  it('a rate that was set by hand is the base of a schedule that is made later', () => {
    const optimizer = sgd(1);
    const first = new optim.ExponentialLR(optimizer, { gamma: 1 / 2 });
    first.step();
    expect(new optim.StepLR(optimizer, { stepSize: 1 }).baseLrs).to.deep.equal([1]); // as in PyTorch
    optimizer.groups[0].lr = 4;
    expect(new optim.StepLR(optimizer, { stepSize: 1 }).baseLrs).to.deep.equal([4]);
  });

  it('a group that is added later brings its own, and takes part from the next step on', () => {
    for (const each of [
      { schedule: 'ExponentialLR', options: { gamma: 1 / 2 } },
      { schedule: 'LambdaLR', options: { lrLambda: ['1 / (1 + t)'] } },
      { schedule: 'OneCycleLR', options: { maxLr: [4], totalSteps: 9 } },
      { schedule: 'CosineAnnealingLR', options: { tMax: 9 } },
      {
        schedule: 'SequentialLR',
        options: {
          schedules: [
            { schedule: 'LinearLR', options: {} },
            { schedule: 'ExponentialLR', options: { gamma: 1 / 2 } },
          ],
          milestones: [3],
        },
      },
    ] as const) {
      const optimizer = sgd(4);
      const schedule = make(optimizer, each);
      schedule.step();
      optimizer.groups.push({ ...optimizer.groups[0], parameters: [weight()], lr: 2 });
      expect(schedule.lastLr[1]).to.equal(2);
      for (let t = 2; t < 6; t++) {
        schedule.step();
        const [first, later] = schedule.lastLr;
        expect(later, each.schedule).to.be.closeTo(first / 2, 1e-15);
      }
    }
  });

  it('when a group goes, the others keep theirs, and their functions', () => {
    for (const each of [
      { schedule: 'ExponentialLR', options: { gamma: 1 / 2 } },
      { schedule: 'OneCycleLR', options: { maxLr: [4, 2], totalSteps: 9 } },
      { schedule: 'LambdaLR', options: { lrLambda: ['1 / (1 + t)', '1 - t / 40'] } },
    ] as const) {
      const [whole, optimizer] = [sgd(4, 2), sgd(4, 2)];
      const [witness, schedule] = [make(whole, each), make(optimizer, each)];
      optimizer.groups.shift();
      for (let t = 0; t < 3; t++) {
        witness.step();
        schedule.step();
        expect(schedule.lastLr).to.deep.equal([witness.lastLr[1]]);
      }
    }
  });

  it('a plateau lowers it like the others', () => {
    const optimizer = sgd(1);
    const schedule = new optim.ReduceLROnPlateau(optimizer, { patience: 0, factor: 1 / 2 });
    schedule.step(1);
    optimizer.groups.push({ ...optimizer.groups[0], parameters: [weight()], lr: 8 });
    schedule.step(1);
    expect(schedule.lastLr).to.deep.equal([1 / 2, 4]);
  });
});

describe('OneCycleLR', () => {
  it('by hand, in straight lines: 4 steps up, 5 down', () => {
    /*
     * totalSteps = 9 and pctStart = 4/9: the top is at step 3. From 8/8 = 1 up to 8: 1, 10/3, 17/3, 8. Down to 1/4 in the
     * 5 steps that remain: 8 − 7¾·k/5.
     */
    const schedule = new optim.OneCycleLR(sgd(1), {
      maxLr: 8,
      totalSteps: 9,
      pctStart: 4 / 9,
      divFactor: 8,
      finalDivFactor: 4,
      annealStrategy: 'linear',
    });
    const expected = [1, 10 / 3, 17 / 3, 8, 6.45, 4.9, 3.35, 1.8, 0.25];
    schedule.preview(9).forEach((lr, t) => expect(lr).to.be.closeTo(expected[t], 1e-14));
  });

  it('stays at the last rate and the last momentum when the cycle is over', () => {
    const optimizer = sgd(1);
    const schedule = new optim.OneCycleLR(optimizer, { maxLr: 1, totalSteps: 10 });
    const path = rates(schedule, 14);
    expect(path.slice(9)).to.deep.equal(new Array(5).fill(1 / 25 / 1e4));
    expect(optimizer.groups[0].momentum).to.equal(0.95);
  });

  it('of one step, of two, and with a way up that has no steps: no rate is lost', () => {
    for (const totalSteps of [1, 2, 3, 4])
      for (const pctStart of [0, 0.25, 0.3, 0.5, 1])
        for (const threePhase of pctStart <= 0.5 ? [false, true] : [false]) {
          const options = { maxLr: 1, totalSteps, pctStart, threePhase };
          for (const lr of new optim.OneCycleLR(sgd(1), options).preview(6)) expect(lr).to.be.within(4e-6, 1);
        }
  });

  it('leaves momentum alone where there is none, or where told to', () => {
    const adagrad = new optim.Adagrad([weight()]);
    new optim.OneCycleLR(adagrad, { maxLr: 1, totalSteps: 10 }).step();
    expect(adagrad.groups[0]).not.to.have.any.keys('momentum', 'betas');
    const optimizer = new optim.SGD([weight()], { momentum: 0.3 });
    new optim.OneCycleLR(optimizer, { maxLr: 1, totalSteps: 10, cycleMomentum: false }).step();
    expect(optimizer.groups[0].momentum).to.equal(0.3);
  });

  it('does not change the betas that other optimizers share', () => {
    const [one, other] = [new optim.Adam([weight()]), new optim.Adam([weight()])];
    new optim.OneCycleLR(one, { maxLr: 1, totalSteps: 10 });
    expect(one.groups[0].betas).to.deep.equal([0.95, 0.999]);
    expect(other.groups[0].betas).to.deep.equal([0.9, 0.999]);
  });
});

describe('ReduceLROnPlateau', () => {
  const follow = (options: optim.ReduceLROnPlateauOptions, metrics: number[]) => {
    const schedule = new optim.ReduceLROnPlateau(sgd(16), { factor: 1 / 2, ...options });
    return metrics.map((metric) => {
      schedule.step(metric);
      return schedule.lastLr[0];
    });
  };

  it('puts up with as many bad epochs as its patience, and starts anew at a better one', () => {
    expect(follow({ patience: 1 }, [5, 5, 4, 4, 4, 4, 4])).to.deep.equal([16, 16, 16, 16, 8, 8, 4]);
  });

  it('NaN is a bad epoch, and never the best', () => {
    expect(follow({ patience: 0 }, [Number.NaN, 3, Number.NaN, 2])).to.deep.equal([8, 8, 4, 4]);
  });

  it('follows validationLoss unless told otherwise', () => {
    expect(new optim.ReduceLROnPlateau(sgd(1)).monitor).to.equal('validationLoss');
    const other = new optim.ReduceLROnPlateau(sgd(1), { monitor: 'validationAccuracy', mode: 'max' });
    expect(other.monitor).to.equal('validationAccuracy');
  });
});

describe('schedules: what is saved', () => {
  const orders = ['optimizer first', 'schedule first', 'schedule made last'] as const;
  type Order = (typeof orders)[number];

  /** Half the way, then to the end: with a new optimizer and a new schedule that take over what was saved. */
  function resumed(each: Case, order: Order): unknown[] {
    const make2 = () => {
      const optimizer: Optimizer = new optim[each.optimizer]([group(0.1), group(0.02)]);
      return { optimizer, made: () => make(optimizer, each) };
    };
    const metricAt = (t: number) => each.metrics && Number(each.metrics[t]);
    const first = make2();
    const schedule = first.made();
    const half = Math.floor(each.lrs.length / 2);
    for (let t = 0; t < half; t++) schedule.step(metricAt(t));
    const saved = [structuredClone(schedule.stateDict()), first.optimizer.stateDict()] as const;

    const second = make2();
    let goOn: Planned;
    if (order === 'schedule made last') {
      second.optimizer.loadStateDict(saved[1]);
      goOn = second.made();
      goOn.loadStateDict(saved[0]);
    } else {
      goOn = second.made();
      if (order === 'optimizer first') second.optimizer.loadStateDict(saved[1]);
      goOn.loadStateDict(saved[0]);
      if (order === 'schedule first') second.optimizer.loadStateDict(saved[1]);
    }
    const looks = [{ first: look(first.optimizer), second: look(second.optimizer) }];
    for (let t = half; t < each.lrs.length - 1; t++) {
      schedule.step(metricAt(t));
      goOn.step(metricAt(t));
      looks.push({ first: look(first.optimizer), second: look(second.optimizer) });
    }
    return looks;
  }
  const look = ({ groups }: Optimizer) => groups.map(({ lr, momentum, betas }) => [lr, momentum, betas]);

  for (const order of orders)
    it(`a resumed run has the same rates and momenta to the bit: ${order}`, () => {
      for (const each of golden)
        for (const looks of resumed(each, order)) {
          const { first, second } = looks as { first: unknown; second: unknown };
          expect(second, `${each.schedule} ${each.about}`).to.deep.equal(first);
        }
    });

  it('sets the rates by itself, too', () => {
    for (const each of golden) {
      const first = make(sgd(0.1, 0.02), each);
      each.lrs.slice(1).forEach((_, t) => first.step(each.metrics && Number(each.metrics[t])));
      const second = make(sgd(0.1, 0.02), each);
      second.loadStateDict(first.stateDict());
      expect(second.lastLr, each.about).to.deep.equal(first.lastLr);
    }
  });

  it('holds what a checkpoint can hold, and no optimizer', () => {
    const optimizer = sgd(1, 2);
    const schedule = new optim.ExponentialLR(optimizer, { gamma: 1 / 2 });
    schedule.step();
    expect(schedule.stateDict()).to.deep.equal({ schedule: 'ExponentialLR', steps: 1, baseLrs: [1, 2] });
    expect(new optim.ReduceLROnPlateau(optimizer).stateDict()).to.deep.equal({
      schedule: 'ReduceLROnPlateau',
      best: Infinity,
      bad: 0,
      cooling: 0,
      lrs: [1 / 2, 1],
    });
  });

  it('is a copy', () => {
    const schedule = new optim.ExponentialLR(sgd(1), { gamma: 1 / 2 });
    const saved = schedule.stateDict() as { baseLrs: number[] };
    saved.baseLrs[0] = 9;
    schedule.step();
    expect(schedule.lastLr).to.deep.equal([1 / 2]);
    const other = new optim.ExponentialLR(sgd(1), { gamma: 1 / 2 });
    other.loadStateDict(saved as unknown as Saved);
    saved.baseLrs[0] = 5;
    other.step();
    expect(other.lastLr).to.deep.equal([9 / 2]);
  });

  it('is refused if it is of another schedule, of other groups, or no state at all; nothing has changed then', () => {
    const make3 = (name: Name, ...lrs: number[]) =>
      make(sgd(...lrs), golden.find((g) => g.schedule === name)!);
    for (const name of names) {
      const schedule = make3(name, 1, 2);
      schedule.step(1);
      const good = schedule.stateDict() as Record<string, Saved>;
      const refuses = (saved: unknown, ...parts: string[]) => {
        const before = JSON.stringify([schedule.stateDict(), schedule.lastLr]);
        expectError(() => schedule.loadStateDict(saved as Saved), StateError, 'loadStateDict: ', ...parts);
        expect(JSON.stringify([schedule.stateDict(), schedule.lastLr])).to.equal(before);
      };
      refuses({ ...good, schedule: 'Other' }, `${name}.loadStateDict: it is the state of "Other"`);
      refuses([], 'the state is an array of 0');
      const one = golden.find((g) => g.schedule === name) as Case;
      refuses(make(sgd(1), one).stateDict(), 'has 1 numbers for 2 groups', 'over as many groups');
      const lists = Object.keys(good).filter((key) => Array.isArray(good[key]));
      for (const key of lists) refuses({ ...good, [key]: ['1', 2] });
      for (const key of ['steps', 'bad', 'cooling'].filter((key) => key in good))
        for (const wrong of [-1, 0.5, '1', undefined]) refuses({ ...good, [key]: wrong }, `${key} is`);
      if ('best' in good) refuses({ ...good, best: '1' }, 'best is "1"');
    }
    const optimizer = sgd(1);
    const two = [new optim.ConstantLR(optimizer), new optim.ConstantLR(optimizer)];
    const sequence = new optim.SequentialLR(optimizer, { schedules: two, milestones: [2] });
    sequence.step();
    const state = sequence.stateDict() as { schedules: Saved[] };
    const wrong = {
      ...state,
      schedules: [state.schedules[0], { schedule: 'StepLR', steps: 1, baseLrs: [1] }],
    };
    expectError(() => sequence.loadStateDict(wrong as Saved), StateError, 'ConstantLR.loadStateDict');
    expectError(
      () => sequence.loadStateDict({ ...state, schedules: [] } as Saved),
      StateError,
      'schedules is an array of 0',
    );
    expect(sequence.stateDict()).to.deep.equal(state);
  });
});
