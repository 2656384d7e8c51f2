/*
 * 17. Fine-tuning
 *
 * A network that has learned one task has learned something about the next one, too. How does one build on it: what
 * is kept fast, what replaced, what moved a little? How can a large layer be changed by learning only a few numbers?
 * And what if there are two tasks from the start?
 */
import { expect } from 'chai';
import {
  type Tensor,
  add,
  data,
  linear,
  manualSeed,
  matmul,
  mean,
  nn,
  optim,
  ones,
  randn,
  reshape,
  sum,
  tensor,
  train,
  zeros,
} from '../../src/index.ts';
import { checkGradient } from '../support/gradients.ts';

/** A linear layer of one weight, all 2, and no bias. */
function two(): nn.Linear {
  const layer = new nn.Linear(1, 1, { bias: false });
  nn.init.constant(layer.weight, 2);
  return layer;
}

describe('17. Fine-tuning', () => {
  describe('what a file brings', () => {
    it('a network for ten classes gives its body to one for two; the report says what did not fit', () => {
      // Names match, shapes of the last layer do not: a row of W and a number of b for each class.
      const ten = new nn.FeedForward({ inputs: 6, hidden: 4, outputs: 10 });
      const two = new nn.FeedForward({ inputs: 6, hidden: 4, outputs: 2 });
      const report = two.loadStateDict(ten.stateDict(), { skipMismatch: true });
      expect([...two.hidden[0].weight.data]).to.deep.equal([...ten.hidden[0].weight.data]);
      expect(String(report)).to.equal(
        [
          'loaded 2 of 4',
          '  wrong shape: output.weight is [10, 4], must be [2, 4]; output.bias is [10], must be [2]',
        ].join('\n'),
      );
    });
  });

  describe('freezing', () => {
    it('a frozen parameter is neither moved nor decayed; the others are', () => {
      /*
       * y = w₂w₁x with w₁ = w₂ = 2, x = 3, and L = y:  ∂L/∂w₂ = w₁x = 6, ∂L/∂w₁ = w₂x = 6.
       * With η = ⅛ and weight decay λ = 1:  w₂ ← 2 − ⅛(6 + 2) = 1. Frozen, w₁ stays 2: a decay without a gradient would
       * make it forget what it was frozen for.
       */
      const [body, head] = [two(), two()];
      body.freeze();
      const model = new nn.Sequential(body, head);
      const optimizer = new optim.SGD(model.parameters(), { lr: 1 / 8, weightDecay: 1 });
      sum(model.forward(tensor([[3]]))).backward();
      optimizer.step();
      expect(body.weight.grad).to.equal(undefined);
      expect([body.weight.item(), head.weight.item()]).to.deep.equal([2, 1]);

      body.unfreeze(); // thawed, it takes part again, in the same optimizer
      optimizer.zeroGrad();
      sum(model.forward(tensor([[3]]))).backward(); // ∂L/∂w₁ = 1·3, ∂L/∂w₂ = 2·3
      optimizer.step();
      expect([body.weight.item(), head.weight.item()]).to.deep.equal([2 - 5 / 8, 1 - 7 / 8]);

      body.freeze(); // frozen once more, its gradient of 3 from before counts no longer
      optimizer.step(); // w₂ ← ⅛ − ⅛(6 + ⅛)
      expect([body.weight.item(), head.weight.item()]).to.deep.equal([2 - 5 / 8, 1 / 8 - 49 / 64]);
    });

    it('a frozen layer still hands the gradient on to what lies below', () => {
      // L = w₂w₁x once more, with w₂ frozen: ∂L/∂w₁ = w₂x = 6.
      const [body, head] = [two(), two()];
      head.freeze();
      sum(head.forward(body.forward(tensor([[3]])))).backward();
      expect([body.weight.grad?.item(), head.weight.grad]).to.deep.equal([6, undefined]);
    });

    it('and where nothing below learns, the walk back ends: what is frozen from the bottom up costs no way back', () => {
      // What comes out of the frozen part is plain numbers. They might as well be computed once, and kept.
      const body = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU());
      body.freeze();
      const x = ones([2, 4]);
      expect((body.forward(x) as Tensor).requiresGrad).to.equal(false);
      body.unfreeze();
      expect((body.forward(x) as Tensor).requiresGrad).to.equal(true);
    });

    it('layers are frozen by name', () => {
      const model = new nn.FeedForward({ inputs: 6, hidden: [4, 4], outputs: 2 });
      expect(model.freeze('hidden.0')).to.deep.equal(['hidden.0.weight', 'hidden.0.bias']);
      expect(model.freeze((name) => name.endsWith('bias'))).to.deep.equal([
        'hidden.0.bias',
        'hidden.1.bias',
        'output.bias',
      ]);
      expect(() => model.freeze('hiden')).to.throw('try:  "hidden"');
    });

    it('it is not the same as evaluation: frozen batch norm still gathers statistics, until eval()', () => {
      const norm = new nn.BatchNorm1d(1, { momentum: 1 / 2 });
      norm.freeze();
      norm.forward(tensor([[2], [6]])); // mean 4:  ½·0 + ½·4
      expect(norm.runningMean.item()).to.equal(2);
      norm.eval();
      norm.forward(tensor([[2], [6]]));
      expect(norm.runningMean.item()).to.equal(2);
    });
  });

  describe('a new head', () => {
    it('the last layer answers the old question; another one takes its place', () => {
      const model: nn.Sequential = new nn.Sequential(
        new nn.Linear(6, 4),
        new nn.ReLU(),
        new nn.Linear(4, 10),
      );
      const head = nn.replaceHead(model, 2); // the same as model[2] = new nn.Linear(4, 2)
      expect(model[2]).to.equal(head);
      expect((model.forward(zeros([5, 6])) as Tensor).shape).to.deep.equal([5, 2]);
      expect([...model.namedParameters().keys()]).to.deep.equal(['0.weight', '0.bias', '2.weight', '2.bias']);
    });

    it('an optimizer that was made before still holds the old head: the new one must be put into it', () => {
      // Gradients of 6, as above, and η = ⅛.
      const old = two();
      const model: nn.Sequential = new nn.Sequential(two(), old);
      const optimizer = new optim.SGD(model.parameters(), { lr: 1 / 8 });
      const head = two();
      nn.replaceHead(model, head);
      const step = () => {
        optimizer.zeroGrad();
        sum(model.forward(tensor([[3]])) as Tensor).backward();
        optimizer.step();
      };
      step();
      expect(head.weight.item()).to.equal(2); // it has a gradient, but nobody moves it
      head.zeroGrad();
      optimizer.removeParameters(old.parameters());
      optimizer.addGroup({ parameters: head.parameters(), lr: 1 / 2 });
      step(); // the body is at 2 − 6/8 = 1¼:  ∂L/∂w₂ = 1¼·3
      expect(head.weight.item()).to.equal(2 - 3.75 / 2);
    });

    it('groups: the new head learns fast, the rest slowly, so as not to forget', () => {
      // Gradients 6 and 6, as above. η = ⅛ for the head, 1/64 for the body.
      const [body, head] = [two(), two()];
      const optimizer = new optim.SGD(
        [{ parameters: body.parameters(), lr: 1 / 64 }, { parameters: head.parameters() }],
        { lr: 1 / 8 },
      );
      sum(head.forward(body.forward(tensor([[3]])))).backward();
      optimizer.step();
      expect([body.weight.item(), head.weight.item()]).to.deep.equal([2 - 6 / 64, 2 - 6 / 8]);
    });
  });

  describe('the deeper, the slower', () => {
    /*
     * First layers learn what all tasks need, strokes and edges, last ones what this task needs. So the last layer shall
     * move most, and first, before it knows anything and sends down gradients that mean nothing (Howard and Ruder 2018).
     */
    const three = () => new nn.FeedForward({ inputs: 6, hidden: [5, 4], outputs: 2 });

    it('layerwiseDecay: each layer has a part of the rate of the one above it', () => {
      const groups = optim.layerwiseDecay(three(), { lr: 1, decay: 1 / 2 });
      expect(groups.map(({ lr }) => lr)).to.deep.equal([1 / 4, 1 / 2, 1]);
    });

    it('gradualUnfreezing: the last layer learns in the first epoch, one more in each epoch after it', async () => {
      const model = three();
      const learning: string[] = [];
      await train.fit(model, {
        data: data.loader(data.fromTensors(ones([4, 6]), [0, 1, 0, 1])),
        loss: nn.crossEntropy,
        optimizer: new optim.Adam(optim.layerwiseDecay(model, { lr: 1e-3 })),
        epochs: 3,
        callbacks: [
          train.gradualUnfreezing(),
          {
            onEpochEnd: () => {
              const layers = [...model.hidden, model.output];
              learning.push(layers.map(({ weight }) => (weight.requiresGrad ? '●' : '○')).join(''));
            },
          },
        ],
      });
      expect(learning).to.deep.equal(['○○●', '○●●', '●●●']);
    });
  });

  describe('thirty examples', () => {
    /** Pictures of 14 × 14, as in chapter 12, and what digits they show. */
    function shrink(digits: data.Digits) {
      const { x, y } = digits.batch(Array.from({ length: digits.length }, (_, i) => i));
      return { x: reshape(mean(reshape(x, [-1, 14, 2, 14, 2]), [2, 4]), [-1, 196]) as Tensor, y };
    }
    type Examples = ReturnType<typeof shrink>;

    function learn(model: nn.Module, { x, y }: Examples, optimizer: optim.Adam): void {
      for (let step = 0; step < 50; step++) {
        optimizer.zeroGrad();
        nn.crossEntropy(model.forward(x), y).backward();
        optimizer.step();
      }
    }

    function accuracy(model: nn.Module, { x, y }: Examples): number {
      const predicted = (model.predict(x) as Tensor).argmax(1).data;
      return y.filter((c, i) => c === predicted[i]).length / y.length;
    }

    it('teach odd and even to a network that can read digits; one that starts from nothing learns less', async () => {
      /*
       * The old task: which of ten digits, learned from 1,500 pictures. The new one: odd or even? With 30 pictures.
       * The frozen body gives 32 numbers which tell digits apart; the new head has only to sort them.
       *
       * Measured on 500 others, for the seeds 0 … 7: 75 … 85 % with the frozen body, 68 … 82 % from nothing, and the
       * former ahead each time, by 3 … 13 points. It is not always so. A body that knows only 0 … 4, frozen, does
       * worse at 5 … 9 than a fresh network, which may learn strokes that the old task had no use for. Freeze what
       * the new task needs, and move, slowly, what it needs otherwise.
       */
      manualSeed(1);
      const digits = await data.mnist();
      const [old, few] = digits.train.split(1_500 / 60_000, 30 / 60_000).map(shrink);
      const [others] = digits.test.split(500 / 10_000).map(shrink);
      const parity = ({ x, y }: Examples): Examples => ({ x, y: y.map((digit) => digit % 2) });

      const reader = new nn.Sequential(new nn.Linear(196, 32), new nn.ReLU(), new nn.Linear(32, 10));
      const optimizer = new optim.Adam(reader.parameters(), { lr: 0.01 });
      const batches = data.loader(data.fromTensors(old.x, old.y), { batchSize: 50, shuffle: true });
      for (let epoch = 0; epoch < 4; epoch++)
        for await (const { x, y } of batches) {
          optimizer.zeroGrad();
          nn.crossEntropy(reader.forward(x), y).backward();
          optimizer.step();
        }

      reader.freeze();
      const head = nn.replaceHead(reader, 2);
      learn(reader, parity(few), new optim.Adam(head.parameters(), { lr: 0.03 }));
      const fresh = new nn.FeedForward({ inputs: 196, hidden: 32, outputs: 2 });
      learn(fresh, parity(few), new optim.Adam(fresh.parameters(), { lr: 0.01 }));
      expect(accuracy(reader, parity(others))).to.be.greaterThan(0.7);
      expect(accuracy(reader, parity(others))).to.be.greaterThan(accuracy(fresh, parity(others)) + 0.02);
    });
  });

  describe('W + B A: a small change of a large layer', () => {
    /*
     * The frozen weight W [out, in] gets a companion: A [r, in] makes r numbers of x, B [out, r] spreads them over
     * the outputs.
     *
     *   y = x Wᵀ + (x Aᵀ) Bᵀ = x (W + B A)ᵀ
     *
     * B A is as large as W, but has only r independent rows. Learned are r·(in + out) numbers instead of in·out. It
     * is known as LoRA, low-rank adaptation.
     */
    class LowRank extends nn.Module {
      readonly A: nn.Parameter;
      readonly B: nn.Parameter;
      readonly base: nn.Linear;

      constructor(base: nn.Linear, rank: number) {
        super();
        this.base = base;
        base.freeze();
        this.A = new nn.Parameter(nn.init.kaimingUniform(zeros([rank, base.inputs])));
        this.B = new nn.Parameter(zeros([base.outputs, rank]));
      }

      forward(x: Tensor): Tensor {
        return add(this.base.forward(x), linear(linear(x, this.A), this.B));
      }
    }

    const x = tensor([[1, 2, 3]]);
    /** W = [1 0 1; 0 1 0] and A = (1, −1, 1). */
    function small(): LowRank {
      const base = new nn.Linear(3, 2, { bias: false });
      base.weight.copyFrom([1, 0, 1, 0, 1, 0]);
      const layer = new LowRank(base, 1);
      layer.A.copyFrom([1, -1, 1]);
      return layer;
    }

    it('begins where W stands, since B starts at 0, and a step moves B alone', () => {
      /*
       * x Wᵀ = (1 + 3, 2) = (4, 2)      x Aᵀ = 1 − 2 + 3 = 2      B = 0: y = (4, 2)
       *
       * G = (1, −2):   ∂L/∂B = Gᵀ(x Aᵀ) = (2, −4)      ∂L/∂A = (G B)ᵀ x = 0, as long as B is 0
       * With η = ¼:    B = (−½, 1),   y = (4, 2) + 2·(−½, 1) = (3, 4)
       * The next one:  G B = −½ − 2 = −2½,   ∂L/∂A = −2½·(1, 2, 3): now A learns, too
       */
      const layer = small();
      const optimizer = new optim.SGD(layer.parameters(), { lr: 1 / 4 });
      const G = tensor([[1, -2]]);
      const y = layer.forward(x);
      expect(y.toArray()).to.deep.equal([[4, 2]]);
      y.backward(G);
      expect(layer.B.grad?.toArray()).to.deep.equal([[2], [-4]]);
      expect(layer.A.grad?.data.every((g) => g === 0)).to.equal(true);
      optimizer.step();
      optimizer.zeroGrad();
      const next = layer.forward(x);
      expect(next.toArray()).to.deep.equal([[3, 4]]);
      next.backward(G);
      expect(layer.A.grad?.toArray()).to.deep.equal([[-2.5, -5, -7.5]]);
      expect([...layer.base.weight.data]).to.deep.equal([1, 0, 1, 0, 1, 0]); // W is what it was
    });

    it('both at 0 would stay there: one of the two must be random (chapter 11)', () => {
      const layer = small();
      nn.init.zeros(layer.A);
      layer.forward(x).backward(tensor([[1, -2]]));
      for (const parameter of [layer.A, layer.B])
        expect(parameter.grad?.data.every((g) => g === 0)).to.equal(true);
    });

    it('afterwards it can be merged into W, and costs nothing', () => {
      // W + B A = [1 0 1; 0 1 0] + [−½ ½ −½; 1 −1 1] = [½ ½ ½; 1 0 1]: both rows of B A are multiples of A.
      const layer = small();
      layer.B.copyFrom([-0.5, 1]);
      const merged = add(layer.base.weight, matmul(layer.B, layer.A));
      expect(merged.toArray()).to.deep.equal([
        [0.5, 0.5, 0.5],
        [1, 0, 1],
      ]);
      expect(linear(x, merged).toArray()).to.deep.equal(layer.forward(x).toArray()); // (3, 4)
    });

    it('of 100,352 weights, 3,648 are learned', () => {
      // 784·128 against 4·(784 + 128): 3.6 %. What is to be saved for each task is as small.
      const layer = new LowRank(new nn.Linear(784, 128), 4);
      const learned = layer.parameters().filter((parameter) => parameter.requiresGrad);
      expect(layer.base.weight.size).to.equal(100_352);
      expect(learned.reduce((total, parameter) => total + parameter.size, 0)).to.equal(3648);
    });

    it('can learn any change of rank r, to the end', () => {
      /*
       * Let the wanted weight be W + uv, a change of rank 1, and ask for its answers to 20 random rows. Two small
       * factors are found by descent. Measured after 300 steps for the seeds 0 … 7: the loss falls from 0.8 … 12 to
       * less than 10⁻¹².
       */
      manualSeed(0);
      const layer = new LowRank(new nn.Linear(6, 5), 1);
      const rows = randn([20, 6]);
      const wanted = add(layer.base.weight, matmul(randn([5, 1]), randn([1, 6]))).detach();
      const target = linear(rows, wanted, layer.base.bias).detach();
      const optimizer = new optim.Adam(layer.parameters(), { lr: 0.05 });
      const loss = () => nn.mse(layer.forward(rows), target);
      const before = loss().item();
      for (let step = 0; step < 300; step++) {
        optimizer.zeroGrad();
        loss().backward();
        optimizer.step();
      }
      expect(before).to.be.greaterThan(1);
      expect(loss().item()).to.be.lessThan(1e-4);
    });

    it('nn.addLora does it to all linear layers of a network, and scales B A by α/r', () => {
      /*
       * y = x Wᵀ + (α/r)(x Aᵀ) Bᵀ. When r is doubled, B A has twice as many terms; divided by r, it stays about as
       * large, and the learning rate need not be found anew (Hu et al. 2021).
       *
       * Above, with B = (−½, 1): x Wᵀ = (4, 2), (x Aᵀ) Bᵀ = (−1, 2), y = (3, 4). With α/r = 2: y = (2, 6).
       */
      const model = new nn.Sequential(new nn.Linear(3, 2, { bias: false }));
      const plain = model[0];
      model.loadStateDict({
        '0.weight': tensor([
          [1, 0, 1],
          [0, 1, 0],
        ]),
      });
      expect(nn.addLora(model, { rank: 1, alpha: 2 })).to.deep.equal(['0']);
      nn.loadLoraStateDict(model, {
        '0.loraA': tensor([[1, -1, 1]]),
        '0.loraB': tensor([[-0.5], [1]]),
        '0.loraAlpha': tensor(2),
      });
      expect(model.forward(x as Tensor<[number, 3]>).toArray()).to.deep.equal([[2, 6]]);
      expect(nn.mergeLora(model)).to.deep.equal(['0']);
      expect(model[0]).to.equal(plain); // an ordinary layer again: W + 2 B A = [1 0 1; 0 1 0] + [−1 1 −1; 2 −2 2]
      expect([...model[0].parameters()[0].data]).to.deep.equal([0, 1, 0, 2, -1, 2]);
      expect(model.forward(x as Tensor<[number, 3]>).toArray()).to.deep.equal([[2, 6]]);
    });

    it('what is saved for a task is small: the adapters alone', () => {
      // Of 59,850 numbers: 4·(784 + 64) + 4·(64 + 128) + 4·(128 + 10) = 4,712, and three α.
      const model = new nn.FeedForward({ inputs: 784, hidden: [64, 128], outputs: 10 });
      nn.addLora(model, { rank: 4 });
      const state = nn.loraStateDict(model);
      expect(Object.values(state).reduce((total, { size }) => total + size, 0)).to.equal(4715);
      expect(model.summary()).to.match(/trainable +4,712\n frozen +59,850\n/);
    });

    it('agrees with the measured slope in all its parts', () => {
      checkGradient(
        (x: Tensor, W: Tensor, A: Tensor, B: Tensor) => add(linear(x, W), linear(linear(x, A), B)),
        (random) => [
          random.uniform([3, 4]),
          random.uniform([5, 4]),
          random.uniform([2, 4]),
          random.uniform([5, 2]),
        ],
      );
    });
  });

  describe('two questions at once', () => {
    it('one body, two heads: it is moved by the sum of both gradients, each as much as its loss counts', () => {
      /*
       * h = w x = 2·3,  yₐ = h·2 = 12,  y_b = h·2 = 12,  L = yₐ + ¼ y_b:
       *
       *   ∂L/∂h = 2 + ¼·2 = 2½      ∂L/∂w = 2½·3 = 7½      ∂L/∂wₐ = h = 6      ∂L/∂w_b = ¼·6
       */
      const model = new nn.MultiTask({ body: two(), heads: { a: two(), b: two() } });
      const total = (y: Tensor) => sum(y);
      const loss = nn.weightedLosses({ a: total, b: [total, 1 / 4] });
      const cost = loss(model.forward(tensor([[3]])), { a: [], b: [] });
      expect(cost.item()).to.equal(15);
      cost.backward();
      const { body, heads } = model;
      expect([body, heads.a, heads.b].map(({ weight }) => weight.grad?.item())).to.deep.equal([7.5, 6, 1.5]);
    });

    it('the targets go by the heads’ names', () => {
      const digits = Int32Array.of(3, 8, 5);
      const set = data.fromTensors(ones([3, 4]), { digit: digits, parity: digits.map((digit) => digit % 2) });
      const { y } = set.batch([2, 0]);
      expect([[...y.digit], [...y.parity]]).to.deep.equal([
        [5, 3],
        [1, 1],
      ]);
    });
  });
});
