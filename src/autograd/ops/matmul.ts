// Matrix products: matmul, and linear, a layer's X·Wᵀ + b.
import {
  broadcastShapes,
  checkFlag,
  checkOptions,
  ShapeError,
  type Shape,
  show,
  sizeOf,
  type Tensor,
} from '../../tensor/index.ts';
import { backend, type MatmulOptions } from '../../kernels/index.ts';
import { defineOp } from '../op.ts';
import { add } from './arithmetic.ts';
import { reshape } from './reshape.ts';
import { sum, sumTo } from './sum.ts';

type IsAny<T> = 0 extends 1 & T ? true : false;

/** [m, k] · [k, n] → [m, n]; of stacks and of unknown shapes, anything. */
export type ProductOf<A, B> = true extends IsAny<A> | IsAny<B>
  ? any
  : [A, B] extends [readonly [infer M extends number, number], readonly [number, infer N extends number]]
    ? [M, N]
    : any;

/** Nothing to add where the inner sizes meet or are not known; else a type that no tensor has, named by the rule. */
export type InnerSizesMeet<A, B> = true extends IsAny<A> | IsAny<B>
  ? unknown
  : [A, B] extends [readonly [number, infer K extends number], readonly [infer R extends number, number]]
    ? number extends K | R
      ? unknown
      : K extends R
        ? unknown
        : { [rule in `columns of A (${K}) must equal rows of B (${R})`]: never }
    : unknown;

export interface Matmul {
  (A: Tensor, B: Tensor, options: MatmulOptions): Tensor;
  <A extends Shape, B extends Shape>(
    A: Tensor<A>,
    B: Tensor<B> & InnerSizesMeet<A, B>,
  ): Tensor<ProductOf<A, B>>;
}

/**
 * Matrix product over the last two axes; the axes before them are a stack, and are broadcast.
 *
 *   shape     A [m, k] · B [k, n]  →  Y [m, n]
 *   forward   Yᵢⱼ = Σₚ Aᵢₚ Bₚⱼ
 *   gradient  with G = ∂L/∂Y:   ∂L/∂A = G Bᵀ   ∂L/∂B = Aᵀ G
 *   because   dY = dA·B + A·dB,  and  ⟨G, dA·B⟩ = ⟨G Bᵀ, dA⟩
 *
 * `transposeA` and `transposeB` use Aᵀ and Bᵀ without copying them.
 *
 * @throws ShapeError when the inner sizes differ, the stacks do not broadcast, or a factor has less than two axes
 */
export const matmul: Matmul = defineOp<[A: Tensor, B: Tensor], [options?: MatmulOptions]>({
  name: 'matmul',
  inputs: ['A', 'B'],
  shape(A, B, options = {}) {
    checkOptions('matmul', options, ['transposeA', 'transposeB']);
    const { transposeA = false, transposeB = false } = options;
    checkFlag('matmul', 'transposeA', transposeA);
    checkFlag('matmul', 'transposeB', transposeB);
    if (A.rank < 2 || B.rank < 2) {
      throw new ShapeError(
        'matmul',
        `cannot multiply A ${show(A.shape)} by B ${show(B.shape)}`,
        'both must have at least two axes',
        A.rank === 1 && B.rank === 1
          ? 'dot(A, B)'
          : A.rank === 1
            ? 'expandDims(A, 0) makes a row of it'
            : 'expandDims(B, 1) makes a column of it',
      );
    }
    return productShape(A.shape, B.shape, transposeA, transposeB);
  },
  forward: (Y, A, B, options = {}) => backend().matmul(A, B, options, Y),
  gradient: {
    A: (G, _Y, A, B, { transposeA = false, transposeB = false } = {}) =>
      sumTo(
        transposeA
          ? matmul(B, G, { transposeA: transposeB, transposeB: true })
          : matmul(G, B, { transposeB: !transposeB }),
        A.shape,
      ),
    B: (G, _Y, A, B, { transposeA = false, transposeB = false } = {}) =>
      sumTo(
        transposeB
          ? matmul(G, A, { transposeA: true, transposeB: transposeA })
          : matmul(A, G, { transposeA: !transposeA }),
        B.shape,
      ),
  },
  reads: ['A', 'B'],
  samples: (random) => [
    [random.uniform([3, 4]), random.uniform([4, 2])],
    [random.uniform([4, 3]), random.uniform([4, 2]), { transposeA: true }],
    [random.uniform([3, 4]), random.uniform([2, 4]), { transposeB: true }],
    [random.uniform([4, 3]), random.uniform([2, 4]), { transposeA: true, transposeB: true }],
    [random.uniform([2, 3, 4]), random.uniform([4, 2])],
    [random.uniform([2, 1, 4, 3]), random.uniform([3, 4, 2]), { transposeA: true }],
  ],
}) as unknown as Matmul;

function productShape(a: Shape, b: Shape, transposeA: boolean, transposeB: boolean): number[] {
  const [m, k] = transposeA ? [a[a.length - 1], a[a.length - 2]] : [a[a.length - 2], a[a.length - 1]];
  const [rows, n] = transposeB ? [b[b.length - 1], b[b.length - 2]] : [b[b.length - 2], b[b.length - 1]];
  if (k === rows)
    return a.length === 2 && b.length === 2
      ? [m, n]
      : [...broadcastShapes('matmul', a.slice(0, -2), b.slice(0, -2)), m, n];
  const [nameA, nameB] = [transposeA ? 'Aᵀ' : 'A', transposeB ? 'Bᵀ' : 'B'];
  const other = { transposeA, transposeB: !transposeB };
  const call = (Object.keys(other) as (keyof typeof other)[])
    .filter((key) => other[key])
    .map((key) => `${key}: true`)
    .join(', ');
  throw new ShapeError(
    'matmul',
    `cannot multiply ${nameA} ${show([...a.slice(0, -2), m, k])} by ${nameB} ${show([...b.slice(0, -2), rows, n])}`,
    `columns of ${nameA} (${k}) must equal rows of ${nameB} (${rows})`,
    k === n ? `matmul(A, B${call ? `, { ${call} }` : ''})  →  ${show([m, rows])}` : undefined,
  );
}

/**
 * A linear layer: every row of X against every row of W, plus a bias.
 *
 *   shape     X [..., in], W [out, in], b [out]  →  Y [..., out]
 *   forward   Y = X Wᵀ + b
 *   gradient  ∂L/∂X = G W   ∂L/∂W = Gᵀ X   ∂L/∂b = Σ G over the rows
 *
 * @throws ShapeError when the last axis of x is not `in`, or the bias is not [out]
 */
export const linear = defineOp<[x: Tensor, weight: Tensor, bias?: Tensor]>({
  name: 'linear',
  inputs: ['x', 'weight', 'bias?'],
  shape(x, weight, bias) {
    if (weight.rank !== 2)
      throw new ShapeError(
        'linear',
        `the weight has shape ${show(weight.shape)}`,
        'the weight must be [out, in]',
      );
    const [outputs, inputs] = weight.shape;
    if (x.rank === 0 || x.shape[x.rank - 1] !== inputs) {
      const rule = `the last axis of x must be ${inputs}, the layer's inputs`;
      const flat = x.rank > 2 && x.shape.slice(1).reduce((a: number, b: number) => a * b) === inputs;
      throw new ShapeError(
        'linear',
        `x ${show(x.shape)} does not fit the weight ${show(weight.shape)}`,
        rule,
        flat ? `flatten(x, 1)  →  ${show([x.shape[0], inputs])}` : undefined,
      );
    }
    if (bias && (bias.rank !== 1 || bias.shape[0] !== outputs)) {
      throw new ShapeError(
        'linear',
        `the bias has shape ${show(bias.shape)}`,
        `the bias must be [${outputs}], one for each output`,
      );
    }
    return [...x.shape.slice(0, -1), outputs];
  },
  forward: (Y, x, weight, bias) => backend().linear(x, weight, bias, Y),
  compose(x, weight, bias) {
    const product = matmul(rows(x), weight, { transposeB: true });
    return reshape(bias ? add(product, bias) : product, [...x.shape.slice(0, -1), weight.shape[0]]);
  },
  gradient: {
    x: (G, _Y, x, weight) => (x.rank === 2 ? matmul(G, weight) : reshape(matmul(rows(G), weight), x.shape)),
    weight: (G, _Y, x) => matmul(rows(G), rows(x), { transposeA: true }),
    bias: (G) => sum(rows(G), 0),
  },
  reads: ['x', 'weight'],
  samples: (random) => [
    [random.uniform([4, 3]), random.uniform([2, 3]), random.uniform([2])],
    [random.uniform([4, 3]), random.uniform([2, 3])],
    [random.uniform([2, 4, 3]), random.uniform([5, 3]), random.uniform([5])],
    [random.uniform([3]), random.uniform([2, 3]), random.uniform([2])],
  ],
});

/** x as a matrix: all axes but the last joined. */
const rows = (x: Tensor): Tensor =>
  x.rank === 2 ? x : reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape[x.rank - 1]]);
