// Memory: nobody frees anything, scopes give a step's tensors back, and the heap stays flat.
import { expect } from 'chai';
import {
  ArgumentError,
  add,
  broadcastTo,
  data,
  flip,
  indexSelect,
  MemoryError,
  manualSeed,
  matmul,
  memory,
  mul,
  nn,
  noGrad,
  ones,
  optim,
  ReleasedError,
  rand,
  randn,
  ScopeError,
  scope,
  slice,
  tensor,
  train,
  zeros,
} from '../../src/index.ts';
import type { Tensor } from '../../src/index.ts';
import { blockSize, Heap, heap } from '../../src/tensor/heap.ts';
import { expectError } from '../support/errors.ts';

const mebibyte = 2 ** 20;

describe('the heap', () => {
  const make = (pages = 2, maximum = 4) =>
    new Heap(new WebAssembly.Memory({ initial: pages, maximum, shared: true }), 64, maximum * 65536);

  it('rounds blocks to 64 bytes, and large ones to an eighth of their power of two', () => {
    expect([1, 64, 65, 4096, 4097, 5000].map(blockSize)).to.deep.equal([64, 64, 128, 4096, 4608, 5120]);
    for (let bytes = 1; bytes < 1e9; bytes = Math.ceil(bytes * 1.7)) {
      expect(blockSize(bytes))
        .to.be.at.least(bytes)
        .and.at.most(Math.max(64, bytes * 1.125 + 64));
      expect(blockSize(bytes) % 64).to.equal(0);
    }
  });

  it('gives a freed block out again, for the same size', () => {
    const heap = make();
    const first = heap.allocate(100);
    expect(heap.allocate(100)).not.to.equal(first);
    heap.free(first, 100);
    expect(heap.allocate(128)).to.equal(first); // 100 and 128 bytes both take 128
  });

  it('counts what is in use, and the most there ever was', () => {
    const heap = make();
    const [a, b] = [heap.allocate(64), heap.allocate(1000)];
    heap.free(a, 64);
    expect([heap.inUse, heap.peak, heap.blocks]).to.deep.equal([1024, 1088, 1]);
    heap.free(b, 1000);
    expect([heap.inUse, heap.peak, heap.blocks]).to.deep.equal([0, 1088, 0]);
  });

  it('grows until the memory may not, then says 0, and stays usable', () => {
    const heap = make();
    const large = heap.allocate(3 * 65536);
    expect(large).to.be.above(0);
    expect(heap.allocate(2 * 65536)).to.equal(0);
    expect(heap.allocate(64)).to.be.above(0);
  });

  it('keeps blocks apart: what is written into one is not seen in another', () => {
    const heap = make();
    const blocks = [5, 64, 1, 300].map((length) => heap.floats(heap.allocate(4 * length), length));
    blocks.forEach((block, i) => block.fill(i));
    blocks.forEach((block, i) => expect(block.every((x) => x === i)).to.equal(true));
  });
});

describe('a scope', () => {
  it('gives back what was made in it', () => {
    const before = memory().bytes;
    {
      using step = scope();
      void step;
      rand([1000]);
      expect(memory().bytes).to.be.above(before);
    }
    expect(memory().bytes).to.equal(before);
  });

  it('makes reading what it released an error that says how to keep it', () => {
    let y: Tensor = ones([2]);
    {
      using step = scope();
      void step;
      y = ones([2]).add(1);
    }
    expectError(() => y.data, ReleasedError, 'released when its scope ended', 'keep(x)');
    expectError(() => y.add(1), ReleasedError);
  });

  it('keeps what it is told to keep: a tensor, or all in an array or object', () => {
    const kept = (() => {
      using step = scope();
      return step.keep({ a: [ones([2]).add(1)], b: ones([3]) });
    })();
    expect([...kept.a[0].data, ...kept.b.data]).to.deep.equal([2, 2, 1, 1, 1]);
  });

  it('as a function keeps what the function returns', () => {
    const before = memory().tensors;
    const y = scope(() => ones([2]).add(1).mul(3));
    expect([...y.data]).to.deep.equal([6, 6]);
    expect(memory().tensors).to.equal(before + 1); // of three that were made
  });

  it('hands what it keeps to the scope around it', () => {
    let y: Tensor | undefined;
    {
      using outer = scope();
      void outer;
      y = scope(() => ones([2]).add(1));
      expect([...y.data]).to.deep.equal([2, 2]);
    }
    expectError(() => (y as Tensor).data, ReleasedError);
  });

  it('does not touch what was made outside, nor what shares its values', () => {
    const x = ones([4]);
    let y: Tensor | undefined;
    {
      using step = scope();
      void step;
      y = x.reshape([2, 2]);
    }
    expect(y.toArray()).to.deep.equal([
      [1, 1],
      [1, 1],
    ]);
  });

  it('ends once, innermost first, and is not used afterwards', () => {
    const outer = scope();
    const inner = scope();
    expectError(() => outer.end(), ScopeError, 'an inner scope is still open');
    inner.end();
    outer.end();
    expectError(() => outer.end(), ScopeError, 'a scope that has ended');
    expectError(() => outer.keep(ones([1])), ScopeError);
  });

  it('that was ended early, or used again, does no harm to those that come after', () => {
    const { tensors } = memory();
    const step = scope();
    ones([3]);
    step.end();
    expectError(() => step.end(), ScopeError, 'a scope that has ended', 'using step = scope()');
    expectError(() => step.keep(ones([1])), ScopeError, 'keep() of a scope that has ended');
    expectError(() => step[Symbol.dispose](), ScopeError);
    expect([...scope(() => ones([2]).add(1)).data]).to.deep.equal([2, 2]);
    expect(memory().tensors).to.equal(tensors + 2); // the 1 that was not kept, and the 2, 2
  });

  it('whose tensor is used in a training step makes that an error, and the next step is right', () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const optimizer = new optim.SGD([w], { lr: 0.5 });
    let gone: Tensor | undefined;
    scope(() => {
      gone = ones([2]).mul(3);
    });
    expectError(() => mul(w, gone as Tensor), ReleasedError, 'released when its scope ended');
    scope(() => {
      mul(w, 2).sum().backward();
      optimizer.step();
    });
    expect([...w.data]).to.deep.equal([0, 1]); // 1 − 0.5·2, 2 − 0.5·2
  });

  it('takes a synchronous function, and ends even when that throws', () => {
    const before = memory().tensors;
    expect(() =>
      scope(() => {
        ones([5]);
        throw new Error('mine');
      }),
    ).to.throw('mine');
    expect(memory().tensors).to.equal(before);
    expectError(() => scope(async () => 1), ArgumentError, 'asynchronous');
    expectError(() => scope(3 as never), ArgumentError, 'must be a function');
  });

  it('leaves gradients, parameters and the state of optimizers alone', () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const optimizer = new optim.Adam([w], { lr: 0.1 });
    for (let i = 0; i < 3; i++) {
      using step = scope();
      void step;
      optimizer.zeroGrad();
      mul(w, w).sum().backward();
      optimizer.step();
    }
    expect([...(w.grad as Tensor).data].every(Number.isFinite)).to.equal(true);
    expect(w.data[0]).to.be.closeTo(0.7, 0.01); // three steps of about 0.1
  });

  it('is opened by noGrad and predict, too, which keep what they return', () => {
    using _ = scope();
    const before = memory().tensors;
    const y = noGrad(() => add(ones([2]), 1).mul(2));
    expect([...y.data]).to.deep.equal([4, 4]);
    expect(memory().tensors).to.equal(before + 1);
  });
});

describe('without a scope', () => {
  it('small tensors hold at most 48 MiB of the heap; what comes then is slower, and as right', () => {
    const keep: Tensor[] = [];
    const { unscoped, overflow } = memory();
    for (let i = 0; i < 90; i++) keep.push(ones([mebibyte / 4])); // 1 MiB each
    expect(memory().unscoped - unscoped).to.be.at.most(48 * mebibyte);
    expect(memory().overflow).to.be.above(overflow);
    const total = keep
      .slice(-3)
      .reduce((a, b) => a.add(b))
      .sum()
      .item();
    expect(total).to.equal((3 * mebibyte) / 4);
  });

  it('data has room besides: tensors from 16 MiB on may hold a quarter of the heap', () => {
    const { unscoped } = memory();
    const keep = [zeros([4 * mebibyte])]; // 16 MiB each
    while (keep[keep.length - 1].storage.address !== 0) keep.push(zeros([4 * mebibyte]));
    const quarter = (heap() as Heap).maximum / 4;
    expect(memory().unscoped)
      .to.be.above(quarter - 16 * mebibyte)
      .and.at.most(quarter + 48 * mebibyte);
    expect(memory().unscoped - unscoped).to.equal((keep.length - 1) * 16 * mebibyte);
  });

  it('a tensor whose data somebody still holds keeps them, though the tensor is gone', async () => {
    const held = (() => ones([100]).add(1).data)();
    for (let i = 0; i < 2000; i++) ones([100]).add(i);
    await new Promise((resume) => setTimeout(resume, 20));
    for (let i = 0; i < 2000; i++) ones([100]).add(i);
    expect(held.every((x) => x === 2)).to.equal(true);
  });
});

describe('data outside the heap', () => {
  it('gives batches, by index and by slices, without being copied into the heap', () => {
    const values = Float32Array.from({ length: 2 ** 21 }, (_, i) => i); // 8 MiB
    const keep: Tensor[] = [];
    do keep.push(tensor(values, [2 ** 15, 64]));
    while (keep[keep.length - 1].storage.address !== 0);
    const large = keep[keep.length - 1];
    const { peak } = memory();
    using _ = scope();
    const rows = indexSelect(large, [0, 2 ** 15 - 1, 5], 0);
    expect([...rows.data]).to.deep.equal(
      [0, 2 ** 15 - 1, 5].flatMap((row) => Array.from({ length: 64 }, (_, i) => row * 64 + i)),
    );
    const batch = slice(large, 7, 9);
    expect([...batch.data]).to.deep.equal(Array.from({ length: 128 }, (_, i) => 7 * 64 + i));
    expect([...flip(slice(large, 0, 1), 1).data]).to.deep.equal(Array.from({ length: 64 }, (_, i) => 63 - i));
    expect(memory().peak - peak).to.be.below(2 ** 20);
  });
});

describe('memory stays flat', () => {
  it('over 5,000 forward passes with nothing disposed', () => {
    const model = new nn.Sequential(new nn.Linear(64, 32), new nn.ReLU(), new nn.Linear(32, 10));
    const x = rand([32, 64]);
    const pass = () => model.forward(x);
    for (let i = 0; i < 1000; i++) pass();
    const { heapUsed } = process.memoryUsage();
    const before = memory().bytes;
    for (let i = 0; i < 5000; i++) pass();
    expect(memory().bytes - before).to.be.below(64 * mebibyte);
    expect(process.memoryUsage().heapUsed - heapUsed).to.be.below(200 * mebibyte);
  });

  it('over 300 training steps of fit: not a tensor and not a byte more', async () => {
    manualSeed(1);
    const model = new nn.Sequential(new nn.Linear(8, 16), new nn.ReLU(), new nn.Linear(16, 3));
    const loader = data.loader(
      data.fromTensors(
        rand([100, 8]),
        Array.from({ length: 100 }, (_, i) => i % 3),
      ),
      { batchSize: 10 },
    );
    const seen: { tensors: number; bytes: number }[] = [];
    await train.fit(model, {
      data: loader,
      loss: nn.crossEntropy,
      optimizer: new optim.Adam(model.parameters()),
      epochs: 30,
      callbacks: [{ onEpochEnd: () => void seen.push({ tensors: memory().tensors, bytes: memory().bytes }) }],
    });
    expect(seen[29].tensors).to.be.at.most(seen[1].tensors);
    expect(seen[29].bytes).to.be.at.most(seen[1].bytes);
  });

  it('after a tensor that does not fit: in the heap, the memory that kernels reach, or the machine', () => {
    const x = ones([1000]);
    const { bytes } = memory();
    const began = performance.now();
    for (const make of [zeros, ones, rand, randn])
      for (const size of [2 ** 30, 6e9, 1e12])
        expectError(() => make([size]), MemoryError, `${size} values need`, 'smaller than 4 GiB');
    expectError(() => matmul(ones([40_000, 1]), ones([1, 40_000])), MemoryError, 'GiB');
    expectError(() => broadcastTo(x, [2 ** 21, 1000]), MemoryError);
    expect(performance.now() - began).to.be.below(2000);
    expect(x.add(1).sum().item()).to.equal(2000);
    expect(memory().bytes - bytes).to.be.below(mebibyte);
  });

  it('zeros are zeros, also in memory that was used before', () => {
    scope(() => void ones([1000]).add(41));
    expect(zeros([1000]).data.every((x) => x === 0)).to.equal(true);
  });
});
