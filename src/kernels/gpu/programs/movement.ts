// Copies as gpu.js kernels: strided, by index, and the same number everywhere.
import {
  type Handle,
  kernel,
  type Launch,
  type Program,
  type Steps,
  type Thread,
  type Value,
} from '../device.ts';
import { collapse, spread, type Strided } from '../strided.ts';

const fillKernel = kernel('f', function (this: Thread, value: number) {
  return value;
});

const copyOneAxis = kernel('aii', function (this: Thread, x: number[], offset: number, step: number) {
  return x[offset + this.thread.x * step];
});

const copyThreeAxes = kernel(
  'aiiii',
  function (this: Thread, x: number[], offset: number, step0: number, step1: number, step2: number) {
    return x[offset + this.thread.z * step0 + this.thread.y * step1 + this.thread.x * step2];
  },
);

const copyFourAxes = kernel(
  'aiiiiii',
  function (
    this: Thread,
    x: number[],
    offset: number,
    size1: number,
    step0: number,
    step1: number,
    step2: number,
    step3: number,
  ) {
    const first = Math.floor((this.thread.z + 0.5) / size1);
    const second = this.thread.z - first * size1;
    return x[offset + first * step0 + second * step1 + this.thread.y * step2 + this.thread.x * step3];
  },
);

/** y, row by row, is x at these places. */
function strided(x: Handle, offset: number, { sizes, strides }: Strided): Launch {
  if (sizes.length < 2)
    return { kernel: copyOneAxis, output: [sizes[0] ?? 1], args: [x, offset, strides[0] ?? 0] };
  const missing = Math.max(3 - sizes.length, 0);
  const [s, t] = [
    [...Array<number>(missing).fill(1), ...sizes],
    [...Array<number>(missing).fill(0), ...strides],
  ];
  if (s.length === 3) return { kernel: copyThreeAxes, output: [s[2], s[1], s[0]], args: [x, offset, ...t] };
  return { kernel: copyFourAxes, output: [s[3], s[2], s[0] * s[1]], args: [x, offset, s[1], ...t] };
}

/** x, broadcast to `shape`. */
export function* expand(x: Value, shape: readonly number[]): Generator<Launch, Handle, Handle> {
  if (x.size === shape.reduce((product, size) => product * size, 1)) return x.handle;
  return yield strided(x.handle, 0, collapse(shape, spread(x.shape, shape)));
}

const gatherKernel = kernel(
  'aaiii',
  function (this: Thread, x: number[], index: number[], size: number, count: number, inner: number) {
    return x[
      (this.thread.z * size + index[(this.thread.z * count + this.thread.y) * inner + this.thread.x]) *
        inner +
        this.thread.x
    ];
  },
);

const selectKernel = kernel(
  'aaii',
  function (this: Thread, x: number[], index: number[], size: number, inner: number) {
    return x[(this.thread.z * size + index[this.thread.y]) * inner + this.thread.x];
  },
);

interface View {
  outer: number;
  size: number;
  inner: number;
}

export const movement: Record<string, Program> = {
  *fill([value]: [number], [y]): Steps {
    return [yield { kernel: fillKernel, output: [y.size], args: [value] }];
  },
  *copy([x, from, sizes]: [Value, { offset: number; strides: number[] }, number[]]): Steps {
    return [yield strided(x.handle, from.offset, collapse(sizes, from.strides))];
  },
  *gather([x, { outer, size, inner }, index]: [Value, View, Value]): Steps {
    const count = index.size / (outer * inner);
    return [
      yield {
        kernel: gatherKernel,
        output: [inner, count, outer],
        args: [x.handle, index.handle, size, count, inner],
      },
    ];
  },
  *select([x, { outer, size, inner }, index]: [Value, View, Value]): Steps {
    return [
      yield {
        kernel: selectKernel,
        output: [inner, index.size, outer],
        args: [x.handle, index.handle, size, inner],
      },
    ];
  },
};
