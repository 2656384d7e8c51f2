// The WebAssembly kernels of movement.ts against the reference, bit by bit: strided copies, and copies by index.
import { expect } from 'chai';
import type { Layout } from '../../src/kernels/backend.ts';
import { reference } from '../../src/kernels/reference/index.ts';
import { sizeOf, stridesOf, tensor } from '../../src/tensor/index.ts';
import { seeded } from '../support/random.ts';
import {
  clearMemory,
  eachKind,
  expectSameBits,
  inRanges,
  input,
  inputAtTheEnd,
  integers,
  kernels,
  output,
} from '../support/wasm.ts';

const random = seeded(11);
const integer = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));
const numbered = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => i + 1);
const indices = (count: number, size: number): Int32Array =>
  Int32Array.from({ length: count }, () => integer(0, size - 1));

/** Copies numbered elements with the kernel, in ranges of lines, and with the reference, and demands the same bits. */
function checkCopy(x: Place, sizes: readonly number[], y: Place): void {
  clearMemory();
  const six = (values: readonly number[], absent: number): number[] => [
    ...new Array<number>(6 - values.length).fill(absent),
    ...values,
  ];
  const axes = [...six(sizes, 1), ...six(x.strides, 0), ...six(y.strides, 0)];
  const [values, before] = [numbered(x.length), numbered(y.length).map((value) => -value)];
  const [layout, from, to] = [input(Int32Array.from(axes)), input(values), output(y.length, before)];
  const lines = kernels.mergeAxes(layout);
  inRanges(lines, (first, end) =>
    kernels.copy(from + x.offset * 4, layout, first, end, to.at + y.offset * 4),
  );
  const theirs = tensor(before);
  reference.copy(tensor(values), x, sizes, y, theirs);
  expectSameBits(to.read(), theirs.data, JSON.stringify({ sizes, x, y }));
}

/** A layout, and the length of what it lies in. */
interface Place extends Layout {
  length: number;
}

const whole = (sizes: readonly number[]): Place => ({
  offset: 0,
  strides: stridesOf(sizes),
  length: sizeOf(sizes),
});

/** Where the elements of a tensor of these sizes are once its axes are put in another order. */
const permuted = (sizes: readonly number[], axes: readonly number[]): { sizes: number[]; from: Place } => {
  const { strides, length } = whole(sizes);
  return {
    sizes: axes.map((axis) => sizes[axis]),
    from: { offset: 0, strides: axes.map((axis) => strides[axis]), length },
  };
};

const shuffled = (count: number): number[] => {
  const list = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = integer(0, i);
    [list[i], list[j]] = [list[j], list[i]];
  }
  return list;
};

/** A random place for these sizes: axes in any order, some of them running backwards, in a tensor that may be larger. */
function somewhere(sizes: readonly number[]): Place {
  const order = shuffled(sizes.length);
  const strides = new Array<number>(sizes.length);
  let [length, offset] = [1, 0];
  for (const axis of order) {
    const before = random() < 0.3 ? integer(0, 2) : 0;
    const size = sizes[axis] + before + (random() < 0.3 ? integer(0, 2) : 0);
    const backwards = random() < 0.2;
    strides[axis] = backwards ? -length : length;
    offset += length * (backwards ? before + sizes[axis] - 1 : before);
    length *= size;
  }
  return { offset, strides, length };
}

beforeEach(clearMemory);

describe('wasm copy', () => {
  it('copies whole tensors, as one line', () => {
    for (const sizes of [
      [],
      [1],
      [7],
      [3, 5],
      [2, 3, 4],
      [1, 4, 1, 16, 1],
      [2, 3, 2, 3, 2, 3],
      [0],
      [3, 0, 2],
    ])
      checkCopy(whole(sizes), sizes, whole(sizes));
    const layout = input(Int32Array.of(1, 2, 3, 1, 4, 5, 0, 60, 20, 7, 5, 1, 0, 60, 20, 9, 5, 1));
    expect(kernels.mergeAxes(layout)).to.equal(1);
    expect(integers(layout, 18)).to.deep.equal([1, 1, 1, 1, 1, 120, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
  });

  it('merges axes only where both sides go on', () => {
    const layout = input(Int32Array.of(1, 1, 2, 3, 4, 5, 0, 0, 60, 20, 5, 1, 0, 0, 120, 40, 5, 1));
    expect(kernels.mergeAxes(layout)).to.equal(6);
    expect(integers(layout, 18)).to.deep.equal([1, 1, 1, 1, 6, 20, 0, 0, 0, 0, 20, 1, 0, 0, 0, 0, 40, 1]);
  });

  it('transposes matrices of every size around the blocks, from either side, and stacks of them', () => {
    const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 33];
    for (const rows of sizes) {
      for (const columns of sizes) {
        const turned = permuted([rows, columns], [1, 0]);
        checkCopy(turned.from, turned.sizes, whole(turned.sizes));
        checkCopy(whole(turned.sizes), turned.sizes, turned.from);
        const stack = permuted([3, rows, columns], [0, 2, 1]);
        checkCopy(stack.from, stack.sizes, whole(stack.sizes));
      }
    }
  });

  it('puts axes into any order: heads beside tokens, channels first, channels last', () => {
    for (const [sizes, axes] of [
      [
        [2, 5, 3, 8],
        [0, 2, 1, 3],
      ],
      [
        [2, 5, 7, 3],
        [0, 3, 1, 2],
      ],
      [
        [2, 3, 5, 7],
        [0, 2, 3, 1],
      ],
      [
        [2, 3, 4, 5, 6],
        [4, 3, 2, 1, 0],
      ],
      [
        [2, 3, 2, 3, 2, 5],
        [5, 0, 3, 1, 4, 2],
      ],
      [
        [2, 70, 3, 65],
        [2, 0, 1, 3],
      ],
    ]) {
      const turned = permuted(sizes, axes);
      checkCopy(turned.from, turned.sizes, whole(turned.sizes));
    }
  });

  it('repeats values and rows where a stride is 0', () => {
    for (const n of [1, 3, 4, 5, 63, 64, 65, 130]) {
      for (const strides of [
        [0, 0],
        [0, 1],
        [1, 0],
      ])
        checkCopy({ offset: 2, strides, length: n + 5 }, [4, n], whole([4, n]));
    }
  });

  it('cuts runs out of rows and puts them into rows, of any length', () => {
    for (const n of [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 63, 64, 65, 129, 1000]) {
      const part: Place = { offset: 3, strides: [n + 5, 1], length: 3 * (n + 5) };
      checkCopy(part, [3, n], whole([3, n]));
      checkCopy(whole([3, n]), [3, n], part);
    }
  });

  it('copies from anywhere to anywhere', () => {
    for (let round = 0; round < 300; round++) {
      const sizes = Array.from({ length: integer(0, 6) }, () => integer(1, 5));
      checkCopy(somewhere(sizes), sizes, somewhere(sizes));
    }
  });
});

/** [outer, size, inner] and count: indices along `size`. */
const views: [outer: number, size: number, inner: number, count: number][] = [
  [1, 1, 1, 1],
  [1, 10, 1, 33],
  [5, 10, 1, 1],
  [3, 4, 2, 7],
  [2, 9, 3, 5],
  [2, 5, 4, 3],
  [1, 50, 17, 65],
  [1, 7, 64, 20],
  [2, 3, 130, 4],
  [2, 3, 5, 0],
];

describe('wasm copies by index', () => {
  const everyView = (
    visit: (view: { outer: number; size: number; inner: number }, count: number, what: string) => void,
  ) => {
    for (const [outer, size, inner, count] of views)
      visit({ outer, size, inner }, count, `[${outer}, ${size}, ${inner}], ${count} indices`);
  };

  it("gather is the reference's, whatever the ranges", () => {
    everyView(({ outer, size, inner }, count, what) => {
      clearMemory();
      const [x, index] = [numbered(outer * size * inner), indices(outer * count * inner, size)];
      const [from, at, y] = [input(x), input(index), output(index.length)];
      inRanges(outer * count, (first, end) => kernels.gather(from, size, inner, at, count, first, end, y.at));
      const theirs = tensor(new Float32Array(index.length));
      reference.gather(tensor(x), { outer, size, inner }, index, theirs);
      expectSameBits(y.read(), theirs.data, what);
    });
  });

  it("select is the reference's, whatever the ranges", () => {
    everyView(({ outer, size, inner }, count, what) => {
      clearMemory();
      const [x, index] = [numbered(outer * size * inner), indices(count, size)];
      const [from, at, y] = [input(x), input(index), output(outer * count * inner)];
      inRanges(outer * count, (first, end) => kernels.select(from, size, inner, at, count, first, end, y.at));
      const theirs = tensor(new Float32Array(outer * count * inner));
      reference.select(tensor(x), { outer, size, inner }, index, theirs);
      expectSameBits(y.read(), theirs.data, what);
    });
  });

  it("scatterAdd is the reference's, whatever the ranges", () => {
    everyView(({ outer, size, inner }, count) => {
      eachKind(outer * count * inner, (x, what) => {
        clearMemory();
        const [index, before] = [indices(x.length, size), numbered(outer * size * inner)];
        const [from, at, y] = [input(x), input(index), output(before.length, before)];
        inRanges(inner, (first, end) =>
          kernels.scatterAdd(from, at, count, outer, size, inner, first, end, y.at),
        );
        const theirs = tensor(before);
        reference.scatterAdd(tensor(x), index, { outer, size, inner }, theirs);
        expectSameBits(y.read(), theirs.data, what);
      });
    });
  });

  it("selectAdd is the reference's, whatever the ranges", () => {
    everyView(({ outer, size, inner }, count) => {
      eachKind(outer * count * inner, (x, what) => {
        clearMemory();
        const [index, before] = [indices(count, size), numbered(outer * size * inner)];
        const [from, at, y] = [input(x), input(index), output(before.length, before)];
        inRanges(inner, (first, end) =>
          kernels.selectAdd(from, at, count, outer, size, inner, first, end, y.at),
        );
        const theirs = tensor(before);
        reference.selectAdd(tensor(x), index, { outer, size, inner }, theirs);
        expectSameBits(y.read(), theirs.data, what);
      });
    });
  });

  it('reads nothing behind x', () => {
    for (let n = 1; n <= 20; n++) {
      clearMemory();
      const [x, y] = [inputAtTheEnd(numbered(3 * n)), output(3 * n, new Float32Array(3 * n))];
      const [index, rows] = [input(indices(3 * n, 3)), input(Int32Array.of(2, 1, 0))];
      kernels.gather(x, 3, n, index, 3, 0, 3, y.at);
      kernels.scatterAdd(x, index, 3, 1, 3, n, 0, n, y.at);
      kernels.selectAdd(x, rows, 3, 1, 3, n, 0, n, y.at);
      kernels.select(x, 3, n, rows, 3, 0, 3, y.at);
      expect(y.read()[0]).to.equal(2 * n + 1);
      for (const strides of [
        [n, 1],
        [1, 3],
        [0, 1],
        [1, 0],
      ]) {
        const layout = input(Int32Array.of(1, 1, 1, 1, 3, n, 0, 0, 0, 0, ...strides, 0, 0, 0, 0, n, 1));
        const last = 2 * strides[0] + (n - 1) * strides[1];
        kernels.copy(x + (3 * n - 1 - last) * 4, layout, 0, kernels.mergeAxes(layout), y.at);
        expect(y.read()[3 * n - 1]).to.equal(3 * n);
      }
    }
  });
});
