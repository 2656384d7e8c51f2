// Whole rows by index: indexSelect reads them, indexAdd adds to them, and oneHot marks one place in each.
import {
  ArgumentError,
  axisView,
  checkAxis,
  checkNumber,
  sameShape,
  ShapeError,
  type Shape,
  show,
  stridesOf,
  Tensor,
} from '../../tensor/index.ts';
import { backend } from '../../kernels/index.ts';
import { checkIndices, checkLabels, type Indices } from '../indices.ts';
import { defineOp } from '../op.ts';

/**
 * Rows of x, in the order of the index: a row may be taken more than once, or not at all.
 *
 *   shape     X [m, n], index [p]  →  Y [p, n]  (axis 0)
 *   forward   Yⱼ = X[indexⱼ]
 *   gradient  ∂L/∂X = zeros, to which each row Gⱼ is added where Yⱼ came from: indexAdd
 *   because   a row that was read twice has two effects on L, and they add up
 *   source    torch.index_select
 *
 * @throws ShapeError when the index has not exactly one axis
 * @throws IndexError when an index is not a whole number from 0 to m − 1
 */
export const indexSelect = defineOp<[x: Tensor], [index: Indices, axis?: number]>({
  name: 'indexSelect',
  inputs: ['x'],
  compose(x, index, axis = 0) {
    const along = checkAxis('indexSelect', axis, x.shape);
    return selectRows(x, checkRows('indexSelect', index, x.shape[along]), along);
  },
  samples: (random) => [
    [random.uniform([4, 3]), [2, 0, 2, 2, 3]],
    [random.uniform([2, 3, 4]), [1, 1], 1],
    [random.uniform([2, 5]), random.integers(7, 5), -1],
  ],
});

/**
 * Adds row j of source to the row of x that indexⱼ names; x itself stays as it is. Terms are added in the order of
 * source.
 *
 *   shape     X [m, n], index [p], source [p, n]  →  Y [m, n]  (axis 0)
 *   forward   Y = X, then Y[indexⱼ] += Sⱼ
 *   gradient  ∂L/∂X = G      ∂L/∂S = the rows of G that the index names: indexSelect
 *   source    torch.index_add
 *
 * @throws ShapeError when the index has not exactly one axis, or source is not as x with p rows
 * @throws IndexError when an index is not a whole number from 0 to m − 1
 */
export const indexAdd = defineOp<[x: Tensor], [index: Indices, source: Tensor, axis?: number]>({
  name: 'indexAdd',
  inputs: ['x'],
  compose(x, index, source, axis = 0) {
    const along = checkAxis('indexAdd', axis, x.shape);
    return addRows(source, x, checkRows('indexAdd', index, x.shape[along]), x.shape, along);
  },
  samples: (random) => [
    [random.uniform([4, 3]), [2, 0, 2, 2, 3], random.uniform([5, 3])],
    [random.uniform([2, 3, 4]), [1, 1], random.uniform([2, 2, 4]), 1],
    [random.uniform([2, 5]), random.integers(7, 5), random.uniform([2, 7]), -1],
  ],
});

function checkRows(where: string, index: Indices, below: number): Int32Array {
  const { values, shape } = checkIndices(where, 'index', index, below);
  if (shape.length === 1) return values;
  throw new ShapeError(where, `index has shape ${show(shape)}`, 'index must have one axis');
}

/** `indexSelect` of checked indices. */
const selectRows: (x: Tensor, index: Int32Array, axis: number) => Tensor = defineOp<
  [x: Tensor],
  [index: Int32Array, axis: number]
>({
  name: 'indexSelect',
  inputs: ['x'],
  shape: (x, index, axis) => x.shape.with(axis, index.length),
  forward: (Y, x, index, axis) => backend().select(x, axisView(x.shape, axis), index, Y),
  gradient: { x: (G, _Y, x, index, axis) => addRows(G, undefined, index, x.shape, axis) },
  reads: [],
  samples: () => [],
});

/** `indexAdd` to x, or to zeros of that shape, of checked indices. */
const addRows: (
  source: Tensor,
  x: Tensor | undefined,
  index: Int32Array,
  shape: Shape,
  axis: number,
) => Tensor = defineOp<
  [source: Tensor, x: Tensor | undefined],
  [index: Int32Array, shape: Shape, axis: number]
>({
  name: 'indexAdd',
  inputs: ['source', 'x?'],
  shape(source, _x, index, shape, axis) {
    const rows = shape.with(axis, index.length);
    if (sameShape(source.shape, rows)) return shape;
    throw new ShapeError(
      'indexAdd',
      `source ${show(source.shape)} for ${index.length} indices along axis ${axis} of x ${show(shape)}`,
      `source must be ${show(rows)}`,
    );
  },
  forward(Y, source, x, index, shape, axis) {
    const flat = { offset: 0, strides: stridesOf(shape) };
    if (x) backend().copy(x, flat, shape, flat, Y);
    else backend().fill(0, Y);
    backend().selectAdd(source, index, axisView(shape, axis), Y);
  },
  gradient: {
    source: (G, _Y, _source, _x, index, _shape, axis) => selectRows(G, index, axis),
    x: (G) => G,
  },
  reads: [],
  samples: () => [],
});

/**
 * For each label a row of zeros, with a 1 at the label's place. Nothing to differentiate.
 *
 *     oneHot([2, 0], 3)  →  [[0, 0, 1], [1, 0, 0]]
 *
 * @param classes the length of a row; the greatest label + 1 unless said
 * @throws ShapeError when the labels have not exactly one axis
 * @throws IndexError when a label is not a whole number from 0 to classes − 1
 */
export function oneHot<C extends number = number>(labels: Indices, classes?: C): Tensor<[number, C]> {
  if (classes !== undefined) checkNumber('oneHot', 'classes', classes, { integer: true, min: 1 });
  const places = checkLabels('oneHot', labels, classes);
  if (classes === undefined && places.length === 0) {
    const rule = 'the number of classes is the greatest label + 1, unless it is given';
    throw new ArgumentError(
      'oneHot',
      'there are no labels to count the classes by',
      rule,
      'oneHot(labels, 10)',
    );
  }
  const width = classes ?? ((places.reduce((a, b) => Math.max(a, b)) + 1) as C);
  const result = new Tensor<[number, C]>([places.length, width]);
  const values = result.storage.write();
  places.forEach((place, row) => {
    values[row * width + place] = 1;
  });
  return result;
}
