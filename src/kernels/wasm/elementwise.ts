// Elementwise verbs over the heap. Broadcasting becomes rows in which every operand steps by 1 or stands still.
import { broadcastStrides, sameShape, type Shape, type Tensor } from '../../tensor/index.ts';
import type { Backend, Binary, Unary } from '../backend.ts';
import { type Kernels, read, settle, write } from './module.ts';
import type { Cut, Cutter } from './pieces.ts';

const unaryVerbs = [
  ...([
    'neg',
    'abs',
    'sign',
    'square',
    'sqrt',
    'rsqrt',
    'exp',
    'log',
    'log1p',
    'expm1',
    'sin',
    'cos',
  ] as const),
  ...(['tanh', 'erf', 'sigmoid', 'softplus', 'relu', 'isFinite'] as const),
];
const binaryVerbs = [
  ...(['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'reluGradient'] as const),
  ...(['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'] as const),
];
const rowVerbs = ['add', 'sub', 'mul', 'div']; // those with a kernel over rows

type Verbs =
  | (typeof unaryVerbs)[number]
  | (typeof binaryVerbs)[number]
  | 'leakyRelu'
  | 'elu'
  | 'clip'
  | 'where'
  | 'fill';

/** The loops of a broadcast: sizes, outermost first, and each operand's strides. */
interface Loops {
  sizes: number[];
  strides: number[][];
}

/** As few loops as possible: axes of size 1 are left out, and neighbours that every operand walks through as one are joined. */
function joinAxes(shape: Shape, strides: readonly (readonly number[])[]): Loops {
  const sizes: number[] = [];
  const joined: number[][] = strides.map(() => []);
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const last = sizes.length - 1;
    const joins = last >= 0 && strides.every((own, s) => joined[s][last] === own[axis] * size);
    if (joins) sizes[last] *= size;
    else sizes.push(size);
    for (let s = 0; s < strides.length; s++) joined[s][joins ? last : last + 1] = strides[s][axis];
  });
  if (sizes.length > 0) return { sizes, strides: joined };
  return { sizes: [1], strides: strides.map(() => [0]) };
}

/** Calls `row` for each innermost loop: with the operands' places, in elements, and the result's. */
function eachRow({ sizes, strides }: Loops, row: (places: number[], y: number) => void): void {
  const outer = sizes.length - 1;
  const places = strides.map(() => 0);
  let y = 0;
  const visit = (axis: number): void => {
    if (axis === outer) {
      row(places, y);
      y += sizes[outer];
      return;
    }
    for (let i = 0; i < sizes[axis]; i++) {
      visit(axis + 1);
      for (let s = 0; s < strides.length; s++) places[s] += strides[s][axis];
    }
    for (let s = 0; s < strides.length; s++) places[s] -= strides[s][axis] * sizes[axis];
  };
  if (!sizes.includes(0)) visit(0);
}

/** A binary verb over shapes that differ: y, at r, from a, at p, and b, at q. */
function broadcast(
  kernel: Cut,
  rows: Cut | undefined,
  a: Tensor,
  b: Tensor,
  y: Tensor,
  p: number,
  q: number,
  r: number,
): void {
  const loops = joinAxes(y.shape, [broadcastStrides(a.shape, y.shape), broadcastStrides(b.shape, y.shape)]);
  const last = loops.sizes.length - 1;
  const n = loops.sizes[last];
  const [aStep, bStep] = loops.strides.map((own) => own[last]);
  if (rows && last === 1) {
    const [count, [aRow], [bRow]] = [loops.sizes[0], ...loops.strides];
    rows(count, n, p, aRow, aStep, q, bRow, bStep, r, count, n);
  } else eachRow(loops, ([i, j], at) => kernel(n, 1, p + 4 * i, aStep, q + 4 * j, bStep, r + 4 * at, n));
}

/** Elements that are worth waking another thread for. */
function worthOf(name: string): number {
  if (name === 'pow' || name === 'softplus') return 2 ** 12;
  return polynomials.includes(name) ? 2 ** 14 : 2 ** 17;
}
const polynomials = ['exp', 'log', 'log1p', 'expm1', 'sin', 'cos', 'tanh', 'erf', 'sigmoid', 'elu'];

const line = 16; // elements of a cache line; kernels with one operand may be cut there only

export function elementwise(kernels: Kernels, cut: Cutter): Pick<Backend, Verbs> {
  const unary = (name: string) => {
    const kernel = cut(name, worthOf(name), line, 'place place count');
    return (x: Tensor, y: Tensor, ...parameters: number[]): void => {
      kernel(y.size, 1, read(x), write(y), y.size, ...parameters);
      settle();
    };
  };

  const binary = (name: string): Binary => {
    const kernel = cut(name, worthOf(name), line, 'strided same strided same place count');
    const rows = rowVerbs.includes(name)
      ? cut(`${name}Rows`, worthOf(name), 1, 'strided same same strided same same place count')
      : undefined;
    return (a, b, y) => {
      const [p, q, r] = [read(a), read(b), write(y)];
      const n = y.size;
      if (sameShape(a.shape, y.shape) && sameShape(b.shape, y.shape)) kernel(n, 1, p, 1, q, 1, r, n);
      else if (b.size === 1 && sameShape(a.shape, y.shape)) kernel(n, 1, p, 1, q, 0, r, n);
      else if (a.size === 1 && sameShape(b.shape, y.shape)) kernel(n, 1, p, 0, q, 1, r, n);
      else broadcast(kernel, rows, a, b, y, p, q, r);
      settle();
    };
  };

  const [leakyRelu, elu, clip] = ['leakyRelu', 'elu', 'clip'].map(unary);
  const where = cut('where', worthOf('where'), line, 'strided same strided same strided same place count');

  return {
    ...(Object.fromEntries(unaryVerbs.map((name) => [name, unary(name)])) as Record<
      (typeof unaryVerbs)[number],
      Unary
    >),
    ...(Object.fromEntries(binaryVerbs.map((name) => [name, binary(name)])) as Record<
      (typeof binaryVerbs)[number],
      Binary
    >),
    leakyRelu: (x, slope, y) => leakyRelu(x, y, slope),
    elu: (x, alpha, y) => elu(x, y, alpha),
    clip: (x, min, max, y) => clip(x, y, min, max),
    fill(value: number, y: Tensor) {
      kernels.fill(value, write(y), y.size); // bound by memory: a second thread brings a tenth
      settle();
    },
    where(condition, a, b, y) {
      const operands = [condition, a, b];
      const [c, p, q] = operands.map(read);
      const r = write(y);
      const loops = joinAxes(
        y.shape,
        operands.map((operand) => broadcastStrides(operand.shape, y.shape)),
      );
      const last = loops.sizes.length - 1;
      const n = loops.sizes[last];
      const [cStep, aStep, bStep] = loops.strides.map((own) => own[last]);
      eachRow(loops, ([h, i, j], at) =>
        where(n, 1, c + 4 * h, cStep, p + 4 * i, aStep, q + 4 * j, bStep, r + 4 * at, n),
      );
      settle();
    },
  };
}
