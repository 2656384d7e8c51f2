// Triangles of matrices: tril and triu.
import { checkNumber, ShapeError, type Shape, show, Tensor } from '../../tensor/index.ts';
import { defineOp } from '../op.ts';
import { where } from './select.ts';

/**
 * The lower triangle of each matrix [..., m, n]: zeros above a diagonal. Diagonal 0 is the main one, 1 the one
 * above it, −1 the one below.
 *
 *   shape     X [..., m, n]  →  Y [..., m, n]
 *   forward   Yᵢⱼ = Xᵢⱼ where j − i ≤ diagonal, else 0 (even if Xᵢⱼ is NaN or infinite)
 *   gradient  ∂L/∂X = the lower triangle of G
 *
 * @throws ShapeError when x has less than two axes
 */
export const tril: <S extends Shape>(x: Tensor<S>, diagonal?: number) => Tensor<S> = defineOp<
  [x: Tensor],
  [diagonal?: number]
>({
  name: 'tril',
  inputs: ['x'],
  compose: (x, diagonal = 0) =>
    where(
      region('tril', x, diagonal, (distance) => distance <= diagonal),
      x,
      0,
    ),
  samples: (random) => [
    [random.uniform([3, 4])],
    [random.uniform([2, 4, 3]), -1],
    [random.uniform([2, 4]), 1],
  ],
});

/**
 * The upper triangle of each matrix [..., m, n]: zeros below a diagonal. Diagonal 0 is the main one, 1 the one
 * above it, −1 the one below.
 *
 *   shape     X [..., m, n]  →  Y [..., m, n]
 *   forward   Yᵢⱼ = Xᵢⱼ where j − i ≥ diagonal, else 0 (even if Xᵢⱼ is NaN or infinite)
 *   gradient  ∂L/∂X = the upper triangle of G
 *
 * @throws ShapeError when x has less than two axes
 */
export const triu: <S extends Shape>(x: Tensor<S>, diagonal?: number) => Tensor<S> = defineOp<
  [x: Tensor],
  [diagonal?: number]
>({
  name: 'triu',
  inputs: ['x'],
  compose: (x, diagonal = 0) =>
    where(
      region('triu', x, diagonal, (distance) => distance >= diagonal),
      x,
      0,
    ),
  samples: (random) => [
    [random.uniform([3, 4])],
    [random.uniform([2, 4, 3]), -1],
    [random.uniform([2, 4]), 1],
  ],
});

/** 1 where an element's distance from the main diagonal, j − i, is wanted, else 0: one matrix for a whole stack. */
function region(where: string, x: Tensor, diagonal: number, wanted: (distance: number) => boolean): Tensor {
  checkNumber(where, 'diagonal', diagonal, { integer: true });
  if (x.rank < 2) {
    throw new ShapeError(
      where,
      `x has shape ${show(x.shape)}`,
      'a triangle is cut from the last two axes, so there must be two',
    );
  }
  const [rows, columns] = x.shape.slice(-2);
  const mask = new Tensor([rows, columns]);
  const values = mask.storage.write();
  for (let i = 0, at = 0; i < rows; i++)
    for (let j = 0; j < columns; j++, at++) if (wanted(j - i)) values[at] = 1;
  return mask;
}
