// Losses: numbers worked by hand, PyTorch's definitions, values far out, and everything that must be refused.
import { expect } from 'chai';
import {
  ArgumentError,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  grad,
  hinge,
  huber,
  IndexError,
  klDiv,
  l1,
  logSoftmax,
  ModifiedError,
  mse,
  nllLoss,
  ShapeError,
  softmax,
  type Tensor,
  tensor,
  type TypegradError,
} from '../../src/index.ts';
import type { Values } from '../../src/tensor/index.ts';
import { samplesFrom } from '../support/gradients.ts';
import { inFloat64 } from '../support/float64.ts';
import { seeded } from '../support/random.ts';

const L = Math.log(2);

/** Every number of a tensor within `tolerance` of what is expected. */
function expectValues(x: Tensor, expected: readonly number[], tolerance = 1e-6): void {
  expect(x.size).to.equal(expected.length);
  Array.from(x.data).forEach((value, i) => {
    if (Number.isNaN(expected[i])) expect(value).to.be.NaN;
    else expect(value, `place ${i}`).to.be.closeTo(expected[i], tolerance);
  });
}

/** A scalar within `tolerance` of what is expected. */
function expectLoss(loss: Tensor, expected: number, tolerance = 1e-6): void {
  expect(loss.shape).to.deep.equal([]);
  expectValues(loss, [expected], tolerance);
}

/** ∂loss/∂x for a loss of one tensor; `G` weighs the terms of an unreduced loss. */
function slope(loss: (x: Tensor) => Tensor, values: Values, G?: Values): Tensor {
  const x = tensor(values, { requiresGrad: true });
  return grad(loss(x), [x], { gradient: G === undefined ? undefined : tensor(G) })[0];
}

type Refusal = [title: string, call: () => unknown, error: typeof TypegradError, message: RegExp];

function refuses(cases: readonly Refusal[]): void {
  for (const [title, call, error, message] of cases)
    it(`refuses ${title}`, () => {
      expect(call).to.throw(error, message);
    });
}

/*
 * Logits [log 2, 0, 0] have the probabilities 2/4, 1/4, 1/4. With L = log 2, −log p is L, 2L, 2L.
 */
const logits = tensor([
  [L, 0, 0],
  [L, 0, 0],
]);
const labels = [0, 1]; // the rows cost L and 2L

describe('crossEntropy', () => {
  it('is log C when every class is as likely', () => {
    expectLoss(crossEntropy(tensor([[7, 7, 7, 7]]), [2]), Math.log(4));
  });

  it('is the mean, the sum, or each of the rows’ −log p', () => {
    expectLoss(crossEntropy(logits, labels), 1.5 * L);
    expectLoss(crossEntropy(logits, labels, { reduction: 'mean' }), 1.5 * L);
    expectLoss(crossEntropy(logits, labels, { reduction: 'sum' }), 3 * L);
    expectValues(crossEntropy(logits, labels, { reduction: 'none' }), [L, 2 * L]);
  });

  it('has the gradient (p − y)/N', () => {
    const dx = slope((x) => crossEntropy(x, labels), logits.toArray() as number[][]);
    expectValues(dx, [-0.5 / 2, 0.25 / 2, 0.25 / 2, 0.5 / 2, -0.75 / 2, 0.25 / 2]);
  });

  it('weighs each row’s gradient by what comes from above', () => {
    const each = (x: Tensor) => crossEntropy(x, labels, { reduction: 'none' });
    const dx = slope(each, logits.toArray() as number[][], [4, 40]);
    expectValues(dx, [-2, 1, 1, 20, -30, 10], 1e-5);
  });

  it('takes labels as Int32Array, Uint8Array, array and tensor', () => {
    for (const target of [Int32Array.from(labels), Uint8Array.from(labels), labels, tensor(labels)])
      expectLoss(crossEntropy(logits, target), 1.5 * L);
  });

  it('takes a single row [C] with a single label', () => {
    const row = tensor([L, 0, 0]);
    for (const target of [1, [1], Int32Array.of(1), tensor(1), tensor([1])])
      expectLoss(crossEntropy(row, target), 2 * L);
    expectLoss(crossEntropy(row, 1, { reduction: 'none' }), 2 * L);
    expectLoss(crossEntropy(row, 1, { reduction: 'sum', weight: [1, 3, 9] }), 6 * L);
  });

  it('divides a weighted mean by the labels’ weights, not by their number', () => {
    const weight = [1, 3, 9]; // rows cost 1·L and 3·2L
    expectLoss(crossEntropy(logits, labels, { weight }), (7 * L) / (1 + 3));
    expectLoss(crossEntropy(logits, labels, { weight: tensor(weight) }), (7 * L) / (1 + 3));
    expectLoss(crossEntropy(logits, labels, { weight, reduction: 'sum' }), 7 * L);
    expectValues(crossEntropy(logits, labels, { weight, reduction: 'none' }), [L, 6 * L]);
  });

  it('gives a part of each label to all classes: label smoothing', () => {
    // all classes together cost L + 2L + 2L = 5L; ε/C = 0.1: rows cost 0.7·L + 0.1·5L and 0.7·2L + 0.1·5L
    const options = { labelSmoothing: 0.3 };
    expectValues(crossEntropy(logits, labels, { ...options, reduction: 'none' }), [1.2 * L, 1.9 * L]);
    expectLoss(crossEntropy(logits, labels, { ...options, reduction: 'sum' }), 3.1 * L);
    expectLoss(crossEntropy(logits, labels, options), 1.55 * L);
    expectLoss(crossEntropy(logits, labels, { labelSmoothing: 1 }), (5 / 3) * L);
  });

  it('weighs every class’s part when labels are smoothed', () => {
    // all classes together cost 1·L + 3·2L + 9·2L = 25L: rows cost 0.7·1·L + 0.1·25L and 0.7·3·2L + 0.1·25L
    const options = { labelSmoothing: 0.3, weight: [1, 3, 9] };
    expectValues(crossEntropy(logits, labels, { ...options, reduction: 'none' }), [3.2 * L, 6.7 * L], 2e-6);
    expectLoss(crossEntropy(logits, labels, options), (9.9 * L) / (1 + 3));
  });

  describe('rows that are ignored', () => {
    const three = tensor([
      [L, 0, 0],
      [50, -50, 3],
      [L, 0, 0],
    ]);

    it('are 0, and the mean is that of the others', () => {
      const target = [0, -100, 1];
      expectLoss(crossEntropy(three, target), 1.5 * L);
      expectLoss(crossEntropy(three, target, { reduction: 'sum' }), 3 * L);
      expectValues(crossEntropy(three, target, { reduction: 'none' }), [L, 0, 2 * L]);
    });

    it('may have any label, a valid one too', () => {
      expectLoss(crossEntropy(three, [0, 77, 1], { ignoreIndex: 77 }), 1.5 * L);
      expectLoss(crossEntropy(three, [0, 2, 1], { ignoreIndex: 2 }), 1.5 * L);
      expectLoss(crossEntropy(three, [0, -1, 1], { ignoreIndex: -1 }), 1.5 * L);
    });

    it('count for no weight, and are not smoothed', () => {
      const target = [0, -100, 1];
      expectLoss(crossEntropy(three, target, { weight: [1, 3, 9] }), (7 * L) / 4);
      expectLoss(crossEntropy(three, target, { labelSmoothing: 0.3 }), 1.55 * L);
      expectLoss(crossEntropy(three, target, { labelSmoothing: 0.3, weight: [1, 3, 9] }), (9.9 * L) / 4);
    });

    it('have no gradient', () => {
      const dx = slope((x) => crossEntropy(x, [0, -100, 1]), three.toArray() as number[][]);
      expectValues(dx, [-0.25, 0.125, 0.125, 0, 0, 0, 0.25, -0.375, 0.125]);
    });

    it('hide even what is not a number', () => {
      const broken = tensor([
        [L, 0, 0],
        [Number.NaN, Infinity, 0],
      ]);
      expectLoss(crossEntropy(broken, [0, -100]), L);
    });

    it('leave NaN for the mean if no others are there, 0 for the sum, and no gradient', () => {
      const none = [-100, -100];
      expectLoss(crossEntropy(logits, none), Number.NaN);
      expectLoss(crossEntropy(logits, none, { weight: [1, 3, 9] }), Number.NaN);
      expectLoss(crossEntropy(logits, none, { reduction: 'sum' }), 0);
      const dx = slope((x) => crossEntropy(x, none), logits.toArray() as number[][]);
      expectValues(dx, [0, 0, 0, 0, 0, 0]);
    });
  });

  describe('against distributions', () => {
    const q = tensor([
      [1, 0, 0],
      [0.5, 0.5, 0],
    ]); // the rows cost L and 0.5·L + 0.5·2L

    it('is −Σ q·log p', () => {
      expectLoss(crossEntropy(logits, q), 1.25 * L);
      expectLoss(crossEntropy(logits, q, { reduction: 'sum' }), 2.5 * L);
      expectValues(crossEntropy(logits, q, { reduction: 'none' }), [L, 1.5 * L]);
    });

    it('divides a weighted mean by the number of rows', () => {
      // rows cost 1·L and 0.5·1·L + 0.5·3·2L = 3.5L
      expectLoss(crossEntropy(logits, q, { weight: [1, 3, 9] }), ((1 + 3.5) * L) / 2);
    });

    it('smooths them', () => {
      // 0.7·L + 0.1·5L and 0.7·1.5L + 0.1·5L
      const options = { labelSmoothing: 0.3, reduction: 'none' } as const;
      expectValues(crossEntropy(logits, q, options), [1.2 * L, 1.55 * L]);
    });

    it('brings the target its own gradient, −log p/N', () => {
      const dq = slope((target) => crossEntropy(logits, target), q.toArray() as number[][]);
      expectValues(dq, [L / 2, L, L, L / 2, L, L]);
    });

    it('takes a single row', () => {
      expectLoss(crossEntropy(tensor([L, 0, 0]), tensor([0.5, 0.25, 0.25])), 1.5 * L);
    });

    it('takes what softmax returned as the target', () => {
      expectLoss(crossEntropy(logits, softmax(logits)), 1.5 * L); // the entropy of 1/2, 1/4, 1/4
    });
  });

  describe('far out', () => {
    const far = [
      [1e4, -1e4, 0],
      [1e4, -1e4, 0],
    ]; // p = 1, 0, 0

    it('costs nothing when right, and the distance when wrong', () => {
      const each = crossEntropy(tensor(far), labels, { reduction: 'none' });
      expect([...each.data]).to.deep.equal([0, 20_000]);
    });

    it('has the gradient p − y, which is finite', () => {
      expectValues(
        slope((x) => crossEntropy(x, labels), far),
        [0, 0, 0, 0.5, -0.5, 0],
        0,
      );
    });

    it('stays finite when smoothed, weighted, and against a distribution', () => {
      const options = { labelSmoothing: 0.3, weight: [1, 2, 3] };
      // −log p is 0, 20000, 10000; the classes together cost 2·20000 + 3·10000 = 70000;
      // the rows cost 0.1·70000 and 0.7·40000 + 0.1·70000
      expectLoss(crossEntropy(tensor(far), labels, options), 42_000 / 3, 0.01);
      expect([...slope((x) => crossEntropy(x, labels, options), far).data].every(Number.isFinite)).to.equal(
        true,
      );
      const even = tensor([[0.5, 0.5, 0]]);
      expectLoss(crossEntropy(tensor([far[0]]), even), 10_000, 0.01);
      expectValues(
        slope((x) => crossEntropy(x, even), [far[0]]),
        [0.5, -0.5, 0],
      );
    });

    it('does not change when all logits rise together', () => {
      const x = [
        [0.5, -1.25, 2],
        [3, 0.25, -4],
      ]; // all exact in float32 after 1024 is added
      const risen = x.map((row) => row.map((value) => value + 1024));
      const [a, b] = [crossEntropy(tensor(x), [2, 2]), crossEntropy(tensor(risen), [2, 2])];
      expect(a.item()).to.equal(b.item());
    });
  });

  it('is nllLoss of logSoftmax: the kernel and its formula agree in float64', () =>
    inFloat64(() => {
      const x = samplesFrom(seeded(3)).uniform([5, 7], -3, 3);
      const target = samplesFrom(seeded(4)).integers(5, 7);
      const [fused, formula] = [crossEntropy, (y: Tensor, t: Int32Array) => nllLoss(logSoftmax(y), t)].map(
        (loss) => {
          x.requiresGrad = true;
          const Y = loss(x, target);
          return [...Y.data, ...grad(Y, [x])[0].data];
        },
      );
      fused.forEach((value, i) => expect(value).to.be.closeTo(formula[i], 1e-14));
    }));

  it('is NaN for no rows, whose sum is 0', () => {
    expectLoss(crossEntropy(tensor([], [0, 3]), []), Number.NaN);
    expectLoss(crossEntropy(tensor([], [0, 3]), [], { reduction: 'sum' }), 0);
  });

  it('notices logits that were overwritten before backward', () => {
    const x = tensor([[1, 2]], { requiresGrad: true });
    const loss = crossEntropy(x, [0]);
    x.copyFrom([3, 4]);
    expect(() => loss.backward()).to.throw(ModifiedError, /crossEntropy/);
  });

  const p = softmax(logits);
  // @ts-expect-error softmax was applied already: not even the compiler lets it pass
  const softmaxTwice = () => crossEntropy(p, labels);
  refuses([
    [
      'probabilities as logits',
      softmaxTwice,
      ArgumentError,
      /rule: crossEntropy applies softmax itself: pass the logits, the values before softmax\n {2}try: {2}remove the softmax at the end of the model/,
    ],
    ['a label that is too great', () => crossEntropy(logits, [0, 3]), IndexError, /3/],
    ['a negative label', () => crossEntropy(logits, [0, -1]), IndexError, /-1/],
    [
      'the default ignoreIndex when another is set',
      () => crossEntropy(logits, [0, -100], { ignoreIndex: 5 }),
      IndexError,
      /-100/,
    ],
    ['a label that is not whole', () => crossEntropy(logits, [0, 0.5]), IndexError, /0\.5/],
    [
      'a label in a tensor that is not whole',
      () => crossEntropy(logits, tensor([0, 0.5])),
      IndexError,
      /0\.5/,
    ],
    [
      'too many labels',
      () => crossEntropy(logits, [0, 1, 2]),
      ShapeError,
      /3 labels for predictions \[2, 3\]\n {2}rule: there must be one label for each row: 2, or a tensor \[2, 3\] of probabilities/,
    ],
    ['too few labels', () => crossEntropy(logits, Int32Array.of(0)), ShapeError, /1 label/],
    ['one label for several rows', () => crossEntropy(logits, 0), ShapeError, /1 label/],
    [
      'labels in a column',
      () => crossEntropy(logits, tensor([[0], [1]])),
      ShapeError,
      /target \[2, 1\] for predictions[\s\S]*try: {2}flatten\(target\)/,
    ],
    [
      'probabilities of another shape',
      () => crossEntropy(logits, tensor([[1, 0]])),
      ShapeError,
      /target \[1, 2\] for/,
    ],
    [
      'probabilities above 1',
      () =>
        crossEntropy(
          logits,
          tensor([
            [2, 0, 0],
            [1, 0, 0],
          ]),
        ),
      ArgumentError,
      /value 2 at place 0/,
    ],
    [
      'probabilities below 0',
      () =>
        crossEntropy(
          logits,
          tensor([
            [1, 0, 0],
            [1, -1, 1],
          ]),
        ),
      ArgumentError,
      /value -1 at place 4/,
    ],
    [
      'probabilities that are no numbers',
      () =>
        crossEntropy(
          logits,
          tensor([
            [1, 0, 0],
            [1, Number.NaN, 1],
          ]),
        ),
      ArgumentError,
      /NaN at place 4/,
    ],
    [
      'ignoreIndex for probabilities',
      () => crossEntropy(logits, p, { ignoreIndex: 0 }),
      ArgumentError,
      /only labels can be ignored/,
    ],
    ['no target', () => crossEntropy(logits, undefined as never), ArgumentError, /labels is undefined/],
    ['a target that is a word', () => crossEntropy(logits, 'ab' as never), ArgumentError, /labels is "ab"/],
    [
      'logits of three axes',
      () => crossEntropy(tensor([[[1, 2]]]), [0]),
      ShapeError,
      /must be \[N, C\][\s\S]*try: {2}reshape\(logits, \[-1, 2\]\)/,
    ],
    ['a scalar as logits', () => crossEntropy(tensor(1), 0), ShapeError, /shape \[\]/],
    ['logits of no class', () => crossEntropy(tensor([], [2, 0]), [0, 0]), ShapeError, /at least one class/],
    [
      'logits that are an array',
      () => crossEntropy([[1, 2]] as never, [0]),
      ArgumentError,
      /tensor\(logits\)/,
    ],
    [
      'too few weights',
      () => crossEntropy(logits, labels, { weight: [1, 2] }),
      ShapeError,
      /weight has shape \[2\]\n {2}rule: it must be \[3\]/,
    ],
    [
      'a negative weight',
      () => crossEntropy(logits, labels, { weight: [1, -2, 1] }),
      ArgumentError,
      /weight has the value -2 at place 1/,
    ],
    [
      'an infinite weight',
      () => crossEntropy(logits, labels, { weight: tensor([1, 1, Infinity]) }),
      ArgumentError,
      /Infinity at place 2/,
    ],
    [
      'smoothing above 1',
      () => crossEntropy(logits, labels, { labelSmoothing: 1.1 }),
      ArgumentError,
      /labelSmoothing is 1.1/,
    ],
    [
      'smoothing below 0',
      () => crossEntropy(logits, labels, { labelSmoothing: -0.1 }),
      ArgumentError,
      /labelSmoothing is -0.1/,
    ],
    [
      'an ignoreIndex that is not whole',
      () => crossEntropy(logits, labels, { ignoreIndex: 0.5 }),
      ArgumentError,
      /ignoreIndex is 0.5/,
    ],
    [
      'an unknown reduction, naming the nearest',
      () => crossEntropy(logits, labels, { reduction: 'avg' as never }),
      ArgumentError,
      /'mean', 'sum', 'none'/,
    ],
    [
      'a misspelt reduction',
      () => crossEntropy(logits, labels, { reduction: 'man' as never }),
      ArgumentError,
      /try: {2}\{ reduction: 'mean' \}/,
    ],
    [
      'an unknown option, naming the nearest',
      () => crossEntropy(logits, labels, { weights: [1] } as never),
      ArgumentError,
      /"weights"[\s\S]*try: {2}\{ weight: /,
    ],
    [
      'options that are no object',
      () => crossEntropy(logits, labels, 'sum' as never),
      ArgumentError,
      /options is "sum"/,
    ],
  ]);
});

describe('nllLoss', () => {
  const logP = logSoftmax(logits);

  it('picks −logP at each label', () => {
    expectLoss(nllLoss(logP, labels), 1.5 * L);
    expectLoss(nllLoss(logP, labels, { reduction: 'sum' }), 3 * L);
    expectValues(nllLoss(logP, labels, { reduction: 'none' }), [L, 2 * L]);
  });

  it('weighs and ignores as crossEntropy does', () => {
    expectLoss(nllLoss(logP, labels, { weight: [1, 3, 9] }), (7 * L) / 4);
    expectLoss(nllLoss(logP, [-100, 1]), 2 * L);
    expectLoss(nllLoss(logP, [-100, -100]), Number.NaN);
  });

  it('has the gradient −w/Σw at the label, 0 elsewhere', () => {
    const dx = slope((x) => nllLoss(x, labels, { weight: [1, 3, 9] }), logP.toArray() as number[][]);
    expectValues(dx, [-1 / 4, 0, 0, 0, -3 / 4, 0]);
  });

  it('takes a single row', () => {
    expectLoss(nllLoss(tensor([-1, -2]), 1), 2);
  });

  it('lets NaN and −∞ through to the loss', () => {
    expectLoss(nllLoss(tensor([[Number.NaN, -1]]), [0]), Number.NaN);
    expect(nllLoss(tensor([[-Infinity, 0]]), [0]).item()).to.equal(Infinity);
  });

  refuses([
    [
      'probabilities',
      () => nllLoss(softmax(logits), labels),
      ArgumentError,
      /0\.5 at place 0[\s\S]*never greater than 0\n {2}try: {2}crossEntropy\(logits, target\), or nllLoss\(logSoftmax/,
    ],
    ['logits', () => nllLoss(tensor([[-3, 2]]), [0]), ArgumentError, /value 2 at place 1/],
    ['a label out of range', () => nllLoss(logP, [0, 3]), IndexError, /3/],
    ['a label that is not whole', () => nllLoss(logP, [0.5, 1]), IndexError, /0\.5/],
    ['too many labels', () => nllLoss(logP, [0, 1, 1]), ShapeError, /3 labels/],
    [
      'a distribution as the target',
      () => nllLoss(logP, softmax(logits) as never),
      ShapeError,
      /rule: there must be one label for each row: 2$/m,
    ],
    [
      'a negative weight',
      () => nllLoss(logP, labels, { weight: [-1, 0, 0] }),
      ArgumentError,
      /-1 at place 0/,
    ],
    [
      'label smoothing, which is crossEntropy’s',
      () => nllLoss(logP, labels, { labelSmoothing: 0.1 } as never),
      ArgumentError,
      /unknown option "labelSmoothing"/,
    ],
    [
      'an unknown reduction',
      () => nllLoss(logP, labels, { reduction: 'summ' as never }),
      ArgumentError,
      /reduction: 'sum'/,
    ],
  ]);
});

describe('binaryCrossEntropyWithLogits', () => {
  /* σ(log 3) = 3/4: a positive costs log 4/3, a negative log 4. */
  const x = tensor([Math.log(3), Math.log(3), 0]);
  const y = tensor([1, 0, 0.5]);
  const [yes, no] = [Math.log(4 / 3), Math.log(4)];

  it('is −log p of a positive, −log(1 − p) of a negative, log 2 of a toss-up', () => {
    expectValues(binaryCrossEntropyWithLogits(x, y, { reduction: 'none' }), [yes, no, L]);
    expectLoss(binaryCrossEntropyWithLogits(x, y, { reduction: 'sum' }), yes + no + L);
    expectLoss(binaryCrossEntropyWithLogits(x, y), (yes + no + L) / 3);
  });

  it('takes targets between 0 and 1', () => {
    const between = binaryCrossEntropyWithLogits(tensor([Math.log(3)]), tensor([0.25]));
    expectLoss(between, 0.25 * yes + 0.75 * no);
  });

  it('has the gradients σ(x) − y and −x', () => {
    const loss = (a: Tensor, b: Tensor) => binaryCrossEntropyWithLogits(a, b, { reduction: 'none' });
    const G = [5, 50, 500];
    expectValues(
      slope((a) => loss(a, y), [...x.data], G),
      [5 * -0.25, 50 * 0.75, 0],
      1e-5,
    );
    expectValues(
      slope((b) => loss(x, b), [...y.data], G),
      [-5 * Math.log(3), -50 * Math.log(3), 0],
      1e-5,
    );
  });

  it('counts positives posWeight times, and divides by the number all the same', () => {
    // terms 3·yes, no, and for y = ½: (3·L + L)/2
    const terms = [3 * yes, no, 2 * L];
    expectValues(binaryCrossEntropyWithLogits(x, y, { posWeight: 3, reduction: 'none' }), terms);
    expectLoss(binaryCrossEntropyWithLogits(x, y, { posWeight: 3 }), (3 * yes + no + 2 * L) / 3);
  });

  it('stretches weights along the columns', () => {
    const two = tensor([
      [Math.log(3), 0],
      [Math.log(3), 0],
    ]);
    const target = tensor([
      [1, 1],
      [0, 0],
    ]);
    const options = { weight: [2, 10], posWeight: tensor([3, 1]), reduction: 'none' } as const;
    expectValues(
      binaryCrossEntropyWithLogits(two, target, options),
      [2 * 3 * yes, 10 * L, 2 * no, 10 * L],
      2e-6,
    );
  });

  it('is finite far out, in value and gradient', () => {
    const far = [1e4, 1e4, -1e4, -1e4];
    const target = tensor([1, 0, 1, 0]);
    const loss = (a: Tensor) => binaryCrossEntropyWithLogits(a, target, { reduction: 'none' });
    expect([...loss(tensor(far)).data]).to.deep.equal([0, 1e4, 1e4, 0]);
    expectValues(slope(loss, far, [1, 1, 1, 1]), [0, 1, -1, 0], 0);
  });

  it('keeps its digits where it is small', () => {
    // log(1 + e⁻²⁰) ≈ e⁻²⁰ − e⁻⁴⁰/2: log σ(20), or x − x·y + ..., would leave 0 in float32
    const small = binaryCrossEntropyWithLogits(tensor([20, -20]), tensor([1, 0]), { reduction: 'none' });
    for (const value of small.data) expect(value / Math.exp(-20)).to.be.closeTo(1, 1e-6);
  });

  const long = 'binaryCrossEntropyWithLogits';
  const p = softmax(logits);
  // @ts-expect-error softmax was applied already: not even the compiler lets it pass
  const softmaxFirst = () => binaryCrossEntropyWithLogits(p, p);
  refuses([
    [
      'probabilities as logits',
      softmaxFirst,
      ArgumentError,
      new RegExp(
        `rule: ${long} applies the sigmoid itself: pass the logits, the values before softmax\\n {2}try: {2}remove the softmax`,
      ),
    ],
    [
      'a target above 1',
      () => binaryCrossEntropyWithLogits(x, tensor([0, 2, 0])),
      ArgumentError,
      /the target has the value 2 at place 1\n {2}rule: the target must lie in \[0, 1\]/,
    ],
    [
      'a target below 0',
      () => binaryCrossEntropyWithLogits(x, tensor([-1, 1, 0])),
      ArgumentError,
      /value -1 at place 0/,
    ],
    [
      'a target that is NaN',
      () => binaryCrossEntropyWithLogits(x, tensor([0, 1, Number.NaN])),
      ArgumentError,
      /NaN at place 2/,
    ],
    [
      'a negative posWeight',
      () => binaryCrossEntropyWithLogits(x, y, { posWeight: -1 }),
      ArgumentError,
      /posWeight has the value -1/,
    ],
    [
      'a negative weight',
      () => binaryCrossEntropyWithLogits(x, y, { weight: [1, 1, -3] }),
      ArgumentError,
      /weight has the value -3 at place 2/,
    ],
    [
      'a weight that does not stretch',
      () => binaryCrossEntropyWithLogits(x, y, { weight: [1, 2] }),
      ShapeError,
      /binaryCrossEntropyWithLogits: weight \[2\] for logits \[3\]/,
    ],
    [
      'a weight that would stretch the logits',
      () => binaryCrossEntropyWithLogits(x, y, { posWeight: [[1], [2]] }),
      ShapeError,
      /posWeight \[2, 1\] for logits \[3\]/,
    ],
    [
      '(N) against (N, 1)',
      () => binaryCrossEntropyWithLogits(x, tensor([[1], [0], [1]])),
      ShapeError,
      /try: {2}squeeze\(target, 1\) {2}→ {2}\[3\]/,
    ],
    [
      'labels in an array',
      () => binaryCrossEntropyWithLogits(x, [1, 0, 1] as never),
      ArgumentError,
      /tensor\(target\)/,
    ],
    [
      'an unknown reduction',
      () => binaryCrossEntropyWithLogits(x, y, { reduction: 'none ' as never }),
      ArgumentError,
      /reduction: 'none'/,
    ],
    [
      'an unknown option',
      () => binaryCrossEntropyWithLogits(x, y, { posweight: 2 } as never),
      ArgumentError,
      /\{ posWeight: /,
    ],
  ]);
});

const p4 = tensor([1, -2, 0.5, 3]);
const t4 = tensor([0, 0, 0.5, 0]); // differences 1, −2, 0, 3

describe('mse', () => {
  it('averages, sums or keeps the squares', () => {
    expectLoss(mse(p4, t4), 14 / 4);
    expectLoss(mse(p4, t4, { reduction: 'sum' }), 14);
    expectValues(mse(p4, t4, { reduction: 'none' }), [1, 4, 0, 9]);
  });

  it('has the gradient 2(p − t)/n, and its negative for the target', () => {
    expectValues(
      slope((p) => mse(p, t4), [...p4.data]),
      [0.5, -1, 0, 1.5],
    );
    expectValues(
      slope((t) => mse(p4, t), [...t4.data]),
      [-0.5, 1, 0, -1.5],
    );
    const each = (p: Tensor) => mse(p, t4, { reduction: 'none' });
    expectValues(slope(each, [...p4.data], [5, 50, 500, 5000]), [10, -200, 0, 30_000]);
  });
});

describe('l1', () => {
  it('averages, sums or keeps the distances', () => {
    expectLoss(l1(p4, t4), 6 / 4);
    expectLoss(l1(p4, t4, { reduction: 'sum' }), 6);
    expectValues(l1(p4, t4, { reduction: 'none' }), [1, 2, 0, 3]);
  });

  it('has the gradient sign(p − t)/n, which is 0 at the kink', () => {
    expectValues(
      slope((p) => l1(p, t4), [...p4.data]),
      [0.25, -0.25, 0, 0.25],
      0,
    );
    expectValues(
      slope((t) => l1(p4, t), [...t4.data]),
      [-0.25, 0.25, 0, -0.25],
      0,
    );
  });
});

describe('huber', () => {
  it('is d²/2 up to δ, and δ(|d| − δ/2) from there', () => {
    // δ = 1: 1/2, 2 − ½, 0, 3 − ½;   δ = 2: 1/2, 2(2 − 1), 0, 2(3 − 1);   δ = 10: halves of squares
    expectValues(huber(p4, t4, { reduction: 'none' }), [0.5, 1.5, 0, 2.5]);
    expectValues(huber(p4, t4, { delta: 2, reduction: 'none' }), [0.5, 2, 0, 4]);
    expectLoss(huber(p4, t4, { delta: 10 }), 7 / 4);
    expectLoss(huber(p4, t4, { reduction: 'sum' }), 4.5);
  });

  it('has a gradient that is the difference, held within ±δ, also at ±δ and at 0', () => {
    const each = (delta: number) => (p: Tensor) => huber(p, t4, { delta, reduction: 'sum' });
    expectValues(slope(each(1), [...p4.data]), [1, -1, 0, 1], 0);
    expectValues(slope(each(2), [...p4.data]), [1, -2, 0, 2], 0);
    expectValues(
      slope((t) => huber(p4, t, { reduction: 'sum' }), [...t4.data]),
      [-1, 1, 0, -1],
      0,
    );
  });

  it('does not overflow where squares would', () => {
    const far = [1e30, -1e30];
    const loss = (p: Tensor) => huber(p, tensor([0, 0]), { reduction: 'none' });
    expect([...loss(tensor(far)).data].map((value) => value / 1e30)).to.satisfy((list: number[]) =>
      list.every((value) => Math.abs(value - 1) < 1e-6),
    );
    expectValues(slope(loss, far, [1, 1]), [1, -1], 0);
  });

  refuses([
    ['δ = 0', () => huber(p4, t4, { delta: 0 }), ArgumentError, /delta is 0[\s\S]*greater than 0/],
    ['a negative δ', () => huber(p4, t4, { delta: -1 }), ArgumentError, /delta is -1/],
    ['a δ that is no number', () => huber(p4, t4, { delta: '1' as never }), ArgumentError, /delta is "1"/],
    ['mse’s misspelt option', () => huber(p4, t4, { deltas: 1 } as never), ArgumentError, /\{ delta: /],
  ]);
});

for (const [name, loss] of Object.entries({ mse, l1, huber })) {
  describe(`${name} and shapes`, () => {
    const column = tensor([[1], [2], [3], [4]]);
    it('takes scalars, and any equal shapes', () => {
      expect(loss(tensor(3), tensor(3)).item()).to.equal(0);
      expect(loss(column, column).item()).to.equal(0);
    });
    refuses([
      [
        '(N) against (N, 1)',
        () => loss(p4, column),
        ShapeError,
        new RegExp(
          `${name}: prediction \\[4\\] against target \\[4, 1\\]\\n {2}rule: both shapes must be equal[\\s\\S]*try: {2}squeeze\\(target, 1\\) {2}→ {2}\\[4\\]`,
        ),
      ],
      [
        '(N, 1) against (N)',
        () => loss(column, p4),
        ShapeError,
        /try: {2}squeeze\(prediction, 1\) {2}→ {2}\[4\]/,
      ],
      [
        '(1, N) against (N)',
        () => loss(tensor([[1, 2, 3, 4]]), p4),
        ShapeError,
        /try: {2}squeeze\(prediction, 0\)/,
      ],
      [
        'as many elements in another shape',
        () =>
          loss(
            p4,
            tensor([
              [1, 2],
              [3, 4],
            ]),
          ),
        ShapeError,
        /try: {2}reshape\(target, \[4\]\)/,
      ],
      [
        'a tensor against a scalar',
        () => loss(p4, tensor(1)),
        ShapeError,
        /prediction \[4\] against target \[\]/,
      ],
      [
        'lengths that differ',
        () => loss(p4, tensor([1, 2])),
        ShapeError,
        /equal: a loss does not broadcast$/,
      ],
      [
        'a target that is an array',
        () => loss(p4, [1, 2, 3, 4] as never),
        ArgumentError,
        /try: {2}tensor\(target\)/,
      ],
      [
        'an unknown reduction',
        () => loss(p4, t4, { reduction: 'means' as never }),
        ArgumentError,
        /\{ reduction: 'mean' \}/,
      ],
      [
        'batchMean, which is klDiv’s',
        () => loss(p4, t4, { reduction: 'batchMean' as never }),
        ArgumentError,
        /'mean', 'sum', 'none'/,
      ],
      [
        'an unknown option',
        () => loss(p4, t4, { reductoin: 'sum' } as never),
        ArgumentError,
        /\{ reduction: /,
      ],
    ]);
  });
}

describe('klDiv', () => {
  /* From q = (1/4, 3/4) to t = (1/2, 1/2): ½·log 2 + ½·log ⅔. */
  const q = tensor([[Math.log(1 / 4), Math.log(3 / 4)]]);
  const t = tensor([[0.5, 0.5]]);
  const [first, second] = [0.5 * L, 0.5 * Math.log(2 / 3)];

  it('is Σ t·(log t − log q) in a row, which batchMean averages over the rows', () => {
    expectValues(klDiv(q, t, { reduction: 'none' }), [first, second]);
    expectLoss(klDiv(q, t, { reduction: 'sum' }), first + second);
    expectLoss(klDiv(q, t, { reduction: 'batchMean' }), first + second);
    const twice = [q, t].map((x) => tensor([...x.data, ...x.data], [2, 2]));
    expectLoss(klDiv(twice[0], twice[1], { reduction: 'batchMean' }), first + second);
  });

  it('averages over the elements by default, as PyTorch does', () => {
    expectLoss(klDiv(q, t), (first + second) / 2);
  });

  it('takes the target’s logarithms as well', () => {
    const logT = tensor([[-L, -L]]);
    expectValues(klDiv(q, logT, { logTarget: true, reduction: 'none' }), [first, second]);
  });

  it('is 0 between equal distributions', () => {
    const logP = logSoftmax(logits);
    expectLoss(klDiv(logP, logP, { logTarget: true }), 0);
    expectLoss(klDiv(logP, softmax(logits)), 0);
  });

  it('takes 0·log 0 as 0, with a finite gradient', () => {
    const certain = [[1, 0]];
    expectValues(klDiv(q, tensor(certain), { reduction: 'none' }), [Math.log(4), 0]);
    expectValues(
      slope((x) => klDiv(x, tensor(certain), { reduction: 'sum' }), q.toArray() as number[][]),
      [-1, 0],
      0,
    );
    const dt = slope((x) => klDiv(q, x, { reduction: 'sum' }), certain);
    expectValues(dt, [1 + Math.log(4), -Math.log(3 / 4)]); // log t + 1 − q, and −q at 0
  });

  it('has the gradients −t and log t + 1 − q', () => {
    const G = [[5, 50]];
    expectValues(
      slope((x) => klDiv(x, t, { reduction: 'none' }), q.toArray() as number[][], G),
      [-2.5, -25],
    );
    const dt = slope((x) => klDiv(q, x, { reduction: 'none' }), t.toArray() as number[][], G);
    expectValues(dt, [5 * (1 + L), 50 * (1 + Math.log(2 / 3))], 1e-5);
  });

  refuses([
    [
      'probabilities as the prediction',
      () => klDiv(t, t),
      ArgumentError,
      /logPrediction has the value 0\.5 at place 0[\s\S]*try: {2}klDiv\(logSoftmax\(logits\), target\)/,
    ],
    [
      'logarithms as the target, unless announced',
      () => klDiv(q, q),
      ArgumentError,
      /target[\s\S]*\[0, 1\]\n {2}try: {2}\{ logTarget: true \}/,
    ],
    [
      'probabilities as the target, if logarithms were announced',
      () => klDiv(q, t, { logTarget: true }),
      ArgumentError,
      /logTarget: false/,
    ],
    ['a target above 1', () => klDiv(q, tensor([[1.5, 0]])), ArgumentError, /1\.5 at place 0/],
    [
      '(N) against (N, 1)',
      () => klDiv(tensor([-1, -2]), tensor([[1], [0]])),
      ShapeError,
      /squeeze\(target, 1\)/,
    ],
    [
      'a logTarget that is no boolean',
      () => klDiv(q, t, { logTarget: 1 as never }),
      ArgumentError,
      /logTarget is 1/,
    ],
    [
      'PyTorch’s spelling of batchMean',
      () => klDiv(q, t, { reduction: 'batchmean' as never }),
      ArgumentError,
      /\{ reduction: 'batchMean' \}/,
    ],
    ['an unknown option', () => klDiv(q, t, { logtarget: true } as never), ArgumentError, /\{ logTarget: /],
  ]);
});

describe('hinge', () => {
  const scores = [2, 0.25, -0.5, -3];
  const y = [1, 1, 1, -1]; // y·s: 2, 0.25, −0.5, 3

  it('is what is missing to the margin', () => {
    expectValues(hinge(tensor(scores), y, { reduction: 'none' }), [0, 0.75, 1.5, 0]);
    expectLoss(hinge(tensor(scores), y), 2.25 / 4);
    expectLoss(hinge(tensor(scores), tensor(y), { reduction: 'sum' }), 2.25);
    expectValues(hinge(tensor(scores), y, { margin: 3, reduction: 'none' }), [1, 2.75, 3.5, 0]);
  });

  it('has the gradient −y inside the margin, and 0 outside and at the kink', () => {
    const loss = (target: number[]) => (s: Tensor) => hinge(s, target, { reduction: 'none' });
    expectValues(slope(loss(y), scores, [5, 50, 500, 5000]), [0, -50, -500, 0], 0);
    // the first two lie at the kink
    expectValues(slope(loss([1, -1, -1]), [1, -1, 0.5], [5, 50, 500]), [0, 0, 500], 0);
  });

  refuses([
    [
      'labels of 0 and 1',
      () => hinge(tensor([1, 2]), [1, 0]),
      ArgumentError,
      /value 0 at place 1\n {2}rule: a target must be \+1 or -1\n {2}try: {2}2 \* y - 1/,
    ],
    [
      'a target between',
      () => hinge(tensor([1, 2]), tensor([1, 0.5])),
      ArgumentError,
      /value 0\.5 at place 1/,
    ],
    [
      '(N, 1) against (N)',
      () => hinge(tensor([[1], [2]]), [1, -1]),
      ShapeError,
      /scores \[2, 1\] against target \[2\][\s\S]*try: {2}squeeze\(scores, 1\)/,
    ],
    [
      'a target that is a word',
      () => hinge(tensor([1]), '+' as never),
      ArgumentError,
      /hinge: the target is "\+"/,
    ],
    ['a negative margin', () => hinge(tensor([1]), [1], { margin: -1 }), ArgumentError, /margin is -1/],
    [
      'an unknown reduction',
      () => hinge(tensor([1]), [1], { reduction: 'non' as never }),
      ArgumentError,
      /reduction: 'none'/,
    ],
    ['an unknown option', () => hinge(tensor([1]), [1], { margn: 1 } as never), ArgumentError, /\{ margin: /],
  ]);
});
