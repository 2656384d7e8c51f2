// The graph: what is recorded, how it is walked, and what is refused.
import { expect } from 'chai';
import {
  add,
  ArgumentError,
  backward,
  GradientError,
  grad,
  ModifiedError,
  matmul,
  mul,
  noGrad,
  ones,
  relu,
  ShapeError,
  sum,
  tensor,
  zeros,
} from '../../src/index.ts';
import { isRecording } from '../../src/autograd/op.ts';
import { defineOp } from '../../src/autograd/op.ts';
import type { Tensor } from '../../src/index.ts';
import { backend } from '../../src/kernels/index.ts';
import { expectError } from '../support/errors.ts';
import { checkGradient } from '../support/gradients.ts';

const leaf = (values: number | number[] | number[][]) =>
  tensor(values as number[], { requiresGrad: true }) as Tensor;
const gradOf = (x: Tensor) => x.grad as Tensor;

describe('backward', () => {
  it('adds up over calls, until grad is set to undefined', () => {
    const x = leaf([1, 2]);
    mul(x, x).sum().backward(); // 2x
    expect([...gradOf(x).data]).to.deep.equal([2, 4]);
    mul(x, 3).sum().backward();
    expect([...gradOf(x).data]).to.deep.equal([5, 7]);
    x.grad = undefined;
    mul(x, 3).sum().backward();
    expect([...gradOf(x).data]).to.deep.equal([3, 3]);
  });

  it('collects a term for every use of a tensor', () => {
    const x = leaf(3);
    const y = mul(x, x); // x²
    add(mul(y, x), y).backward(); // x³ + x²: 3·9 + 2·3
    expect(gradOf(x).item()).to.equal(33);
  });

  it('brings gradients to leaves only, and to those alone that require one', () => {
    const x = leaf([1, 2]);
    const w = tensor([3, 4]);
    const y = mul(x, w);
    y.sum().backward();
    expect([...gradOf(x).data]).to.deep.equal([3, 4]);
    expect(w.grad).to.equal(undefined);
    expect(y.grad).to.equal(undefined);
  });

  it('gives two leaves that share an upstream gradient tensors of their own', () => {
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    add(a, b).backward(ones([2]));
    gradOf(a).copyFrom([9, 9]);
    expect([...gradOf(b).data]).to.deep.equal([1, 1]);
  });

  it('starts from a given gradient, each element told apart', () => {
    const x = leaf([1, 2, 3]);
    mul(x, x).backward(tensor([5, 50, 500]));
    expect([...gradOf(x).data]).to.deep.equal([10, 200, 3000]);
  });

  it('works on a leaf itself', () => {
    const x = leaf(2);
    x.backward();
    expect(gradOf(x).item()).to.equal(1);
  });

  it('walks a chain of 100,000 operations, which no call stack would hold', () => {
    const x = leaf(1);
    let y = x;
    for (let i = 0; i < 100_000; i++) y = add(y, 1);
    y.backward();
    expect(y.item()).to.equal(100_001);
    expect(gradOf(x).item()).to.equal(1);
  });

  it('visits a call once, however many paths lead to it: 2⁵⁰ paths take no time', () => {
    let y = leaf(1);
    const x = y;
    for (let i = 0; i < 50; i++) y = add(y, y);
    y.backward();
    expect(gradOf(x).item()).to.equal(2 ** 50);
  });

  it('needs a gradient for an output of several elements', () => {
    expectError(() => leaf([1, 2]).mul(2).backward(), GradientError, 'shape [2]', 'sum() or mean()');
    expectError(
      () =>
        leaf([1, 2])
          .mul(2)
          .backward(ones([3])),
      ShapeError,
      '[3]',
      '[2]',
    );
    expectError(
      () =>
        leaf([1, 2])
          .mul(2)
          .backward([1, 2] as never),
      ArgumentError,
      'must be a tensor',
    );
  });

  it('refuses a tensor that needs no gradient', () => {
    expectError(() => tensor(1).backward(), GradientError, 'needs no gradient', 'requiresGrad: true');
    expectError(() => noGrad(() => leaf(1).mul(2)).backward(), GradientError, 'outside noGrad');
    expectError(() => leaf(1).mul(2).detach().backward(), GradientError);
    expectError(() => backward(3 as never), ArgumentError, 'must be a tensor');
    expectError(() => leaf(1).backward(undefined, { retain: true } as never), ArgumentError, 'retainGraph');
  });

  it('frees the graph, and says so when it is asked again', () => {
    const x = leaf(3);
    const y = mul(x, x);
    y.backward();
    expectError(() => y.backward(), GradientError, 'mul was freed', 'retainGraph: true');
    const z = mul(x, x);
    z.backward(undefined, { retainGraph: true });
    z.backward();
    expect(gradOf(x).item()).to.equal(18);
  });

  it('refuses a freed part of a new graph, and changes nothing', () => {
    const x = leaf(3);
    const y = mul(x, x);
    y.backward();
    const before = gradOf(x).item();
    expectError(() => add(y, x).backward(), GradientError, 'freed');
    expect(gradOf(x).item()).to.equal(before);
  });
});

describe('versions', () => {
  it('refuse a gradient whose inputs were overwritten since, and name operation and input', () => {
    const w = leaf([1, 2]);
    const loss = mul(w, w).sum();
    w.copyFrom([5, 6]);
    expectError(
      () => loss.backward(),
      ModifiedError,
      'mul: a [2] was overwritten',
      'before optimizer.step()',
    );
    expect(w.grad).to.equal(undefined);
  });

  it('refuse an overwritten result where the gradient reads it', () => {
    const y = relu(leaf([1, -2]));
    const loss = y.sum();
    y.copyFrom([0, 0]);
    expectError(() => loss.backward(), ModifiedError, 'relu: its result');
  });

  it('see a write through any tensor that shares the values', () => {
    const w = leaf([1, 2]);
    const loss = mul(w, w).sum();
    w.detach()
      .reshape([2, 1])
      .copyFrom([[5], [6]].flat());
    expectError(() => loss.backward(), ModifiedError);
  });

  it('let pass what the gradient does not read: a sum needs none of its terms', () => {
    const w = leaf([1, 2]);
    const loss = add(w, w).sum();
    w.copyFrom([5, 6]);
    loss.backward();
    expect([...gradOf(w).data]).to.deep.equal([2, 2]);
  });
});

describe('noGrad', () => {
  it('records nothing, and returns what its function returns', () => {
    const y = noGrad(() => mul(leaf(2), 3));
    expect(y.item()).to.equal(6);
    expect(y.requiresGrad).to.equal(false);
  });

  it('ends even when its function throws', () => {
    expect(() =>
      noGrad(() => {
        throw new Error('mine');
      }),
    ).to.throw('mine');
    expect(isRecording()).to.equal(true);
  });

  it('refuses asynchronous functions, which would outlive it', () => {
    expectError(() => noGrad(async () => 1), ArgumentError, 'asynchronous');
    expectError(() => noGrad(3 as never), ArgumentError, 'must be a function');
  });
});

describe('requiresGrad', () => {
  it('passes from inputs to results', () => {
    expect(add(leaf(1), tensor(1)).requiresGrad).to.equal(true);
    expect(add(tensor(1), tensor(1)).requiresGrad).to.equal(false);
  });

  it('can be switched on leaves only', () => {
    const x = tensor(1);
    x.requiresGrad = true;
    expect(mul(x, 2).requiresGrad).to.equal(true);
    expectError(
      () => {
        mul(x, 2).requiresGrad = false;
      },
      ArgumentError,
      'result of mul',
      'detach()',
    );
    expectError(
      () => {
        x.requiresGrad = 1 as never;
      },
      ArgumentError,
      'true or false',
    );
  });
});

describe('grad', () => {
  it('returns gradients and leaves every grad as it is', () => {
    const [x, w] = [leaf([1, 2]), leaf([3, 4])];
    const [dx, dw] = grad(mul(x, w).sum(), [x, w]);
    expect([...dx.data, ...dw.data]).to.deep.equal([3, 4, 1, 2]);
    expect([x.grad, w.grad]).to.deep.equal([undefined, undefined]);
  });

  it('differentiates by results in the middle, too, and by several on one path', () => {
    const x = leaf(2);
    const y = mul(x, x);
    const z = mul(y, 3);
    const [dx, dy] = grad(z, [x, y]);
    expect(dy.item()).to.equal(3);
    expect(dx.item()).to.equal(12); // 3 · 2x
  });

  it('is zero for what the output does not depend on', () => {
    const [x, other] = [leaf(2), leaf([1, 2])];
    expect([...grad(mul(x, x), [other])[0].data]).to.deep.equal([0, 0]);
  });

  it('gives second and third derivatives: x⁴ has 4x³, 12x², 24x', () => {
    const x = leaf(2);
    const y = mul(mul(x, x), mul(x, x));
    const [first] = grad(y, [x], { createGraph: true });
    const [second] = grad(first, [x], { createGraph: true });
    const [third] = grad(second, [x]);
    expect([first.item(), second.item(), third.item()]).to.deep.equal([32, 48, 48]);
  });

  it('gives a Hessian through backward, too: grad of a penalty on the gradient', () => {
    const x = leaf([1, 2]);
    const [g] = grad(mul(mul(x, x), x).sum(), [x], { createGraph: true }); // 3x²
    mul(g, g).sum().backward(); // 9x⁴: 36x³
    expect([...gradOf(x).data]).to.deep.equal([36, 288]);
  });

  it('refuses inputs that need no gradient, and what is no tensor', () => {
    expectError(() => grad(leaf(1).mul(2), [tensor(1)]), GradientError, 'inputs[0] needs no gradient');
    expectError(() => grad(leaf(1).mul(2), [3 as never]), ArgumentError, 'inputs[0] is 3');
    expectError(() => grad(leaf(1).mul(2), leaf(1) as never), ArgumentError, 'list of tensors');
    expectError(
      () => grad(leaf(1).mul(2), [leaf(1)], { createGraf: true } as never),
      ArgumentError,
      'createGraph',
    );
  });
});

describe('calling an operation', () => {
  it('names the argument that is no tensor, and how to make it one', () => {
    expectError(
      () => matmul([[1]] as never, ones([1, 1])),
      ArgumentError,
      'matmul: A is an array of 1',
      'tensor(A)',
    );
    expectError(() => add(ones([2]), undefined as never), ArgumentError, 'add: b is undefined');
    expectError(() => sum('3' as never), ArgumentError, 'sum: x is "3"');
  });

  it('takes numbers as scalars, on either side', () => {
    expect([...add(1, tensor([1, 2])).data]).to.deep.equal([2, 3]);
    expect([...tensor([1, 2]).sub(1).data]).to.deep.equal([0, 1]);
  });

  it('leaves no trace when it fails', () => {
    const x = leaf([1, 2]);
    expectError(() => add(x, zeros([3])), ShapeError, 'cannot broadcast [2] with [3]');
    expect(x.grad).to.equal(undefined);
    expect(x.origin).to.equal(undefined);
  });
});

describe('the gradient checker', () => {
  /** y = 2x, with a gradient of `slope`. */
  const double = (slope: number) =>
    defineOp<[x: Tensor]>({
      name: 'double',
      inputs: ['x'],
      shape: (x) => x.shape,
      forward: (Y, x) => backend().add(x, x, Y),
      gradient: { x: (G) => mul(G, slope) },
      reads: [],
      samples: (random) => [[random.uniform([3])]],
    });

  it('accepts the right gradient, 2', () => checkGradient(double(2), [tensor([1, 2, 3])]));

  it('finds a gradient that is off by 2 parts in a million', () => {
    expect(() => checkGradient(double(2.000004), [tensor([1, 2, 3])])).to.throw('measured slope is');
  });

  it('finds a gradient that forgets the upstream one', () => {
    const forgetful = defineOp<[x: Tensor]>({
      ...(double(2).definition as object),
      gradient: { x: (G: Tensor) => G.mul(0).add(2) },
    } as never);
    expect(() => checkGradient(forgetful as never, [tensor([1, 2, 3])])).to.throw('measured slope is');
  });

  it('finds a wrong second derivative: a gradient that is right, but recorded as a constant', () => {
    const flat = defineOp<[x: Tensor]>({
      name: 'flat',
      inputs: ['x'],
      shape: (x) => x.shape,
      forward: (Y, x) => backend().mul(x, x, Y),
      gradient: { x: (G, _Y, x) => mul(G, mul(x.detach(), 2)) },
      reads: ['x'],
      samples: (random) => [[random.uniform([3])]],
    });
    checkGradient(flat, [tensor([1, 2, 3])], { secondOrder: false });
    expect(() => checkGradient(flat, [tensor([1, 2, 3])])).to.throw('∂²L');
  });
});
