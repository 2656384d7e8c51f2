// What losses share: how the terms become one number, and the checks of predictions and targets.
import {
  ArgumentError,
  checkChoice,
  describe,
  Probabilities,
  type Shape,
  ShapeError,
  sameShape,
  show,
  Tensor,
  tensorFrom,
  type Values,
} from '../tensor/index.ts';
import { mean } from './ops/reduce.ts';
import { sum } from './ops/sum.ts';

export type LossReduction = 'mean' | 'sum' | 'none';

export interface LossOptions {
  /** What becomes of the terms: their mean (default), their sum, or nothing: a term each. */
  reduction?: LossReduction;
}

export const checkReduction = (where: string, reduction: LossReduction = 'mean'): LossReduction =>
  checkChoice(where, 'reduction', reduction, ['mean', 'sum', 'none']);

export const reduceLoss = (losses: Tensor, reduction: LossReduction): Tensor =>
  reduction === 'none' ? losses : reduction === 'sum' ? sum(losses) : mean(losses);

/**
 * Softmax twice flattens the gradient, and a loss of it cannot come near 0: the commonest mistake in a
 * classifier.
 */
export function checkLogits(where: string, logits: Tensor, inside: 'softmax' | 'the sigmoid'): void {
  if (!(logits instanceof Probabilities)) return;
  throw new ArgumentError(
    where,
    `the logits ${show(logits.shape)} are Probabilities, a result of softmax`,
    `${where} applies ${inside} itself: pass the logits, the values before softmax`,
    'remove the softmax at the end of the model',
  );
}

/**
 * Throws unless both shapes are equal. Broadcasting would be a silent mistake here: (N) against (N, 1) makes
 * N² differences.
 */
export function checkSameShape(where: string, prediction: [string, Tensor], target: [string, Tensor]): void {
  const [a, b] = [prediction[1].shape, target[1].shape];
  if (sameShape(a, b)) return;
  throw new ShapeError(
    where,
    `${prediction[0]} ${show(a)} against ${target[0]} ${show(b)}`,
    'both shapes must be equal: a loss does not broadcast',
    a.length > b.length ? (refit(prediction[0], a, b) ?? refit(target[0], b, a)) : refit(target[0], b, a),
  );
}

/** The call that gives a tensor the shape it should have, if one does. */
function refit(name: string, from: Shape, to: Shape): string | undefined {
  const extra = from.findIndex((n, axis) => n === 1 && sameShape(from.toSpliced(axis, 1), to));
  if (extra >= 0) return `squeeze(${name}, ${extra})  →  ${show(to)}`;
  const missing = to.findIndex((n, axis) => n === 1 && sameShape(to.toSpliced(axis, 1), from));
  if (missing >= 0) return `expandDims(${name}, ${missing})  →  ${show(to)}`;
  const product = (shape: Shape) => shape.reduce((size, n) => size * n, 1);
  return product(from) === product(to) ? `reshape(${name}, ${show(to)})` : undefined;
}

/** Past its bound by this much, a number has only been rounded: mixtures of probabilities are. */
const slack = 1e-6;

/** Throws unless every value lies in [0, 1]. */
export function checkProbabilities(where: string, name: string, x: Tensor, repair?: string): void {
  x.data.forEach((value, i) => {
    if (value >= 0 && value <= 1 + slack) return;
    throw new ArgumentError(
      where,
      `${name} has the value ${value} at place ${i}`,
      `${name} must lie in [0, 1]`,
      repair,
    );
  });
}

/**
 * Throws if a value is greater than 0, which no logarithm of a probability is. NaN passes, and makes the loss
 * NaN.
 */
export function checkLogProbabilities(where: string, name: string, x: Tensor, repair: string): void {
  x.data.forEach((value, i) => {
    if (!(value > slack)) return;
    throw new ArgumentError(
      where,
      `${name} has the value ${value} at place ${i}`,
      `${name} must be logarithms of probabilities, which are never greater than 0`,
      repair,
    );
  });
}

/** Numbers as a tensor. */
export function toTensor(where: string, name: string, value: Tensor | Values): Tensor {
  if (value instanceof Tensor) return value;
  if (typeof value === 'number' || Array.isArray(value) || ArrayBuffer.isView(value))
    return tensorFrom(where, name, value);
  throw new ArgumentError(
    where,
    `${name} is ${describe(value)}`,
    `${name} must be a tensor, or numbers in an array`,
  );
}

/** A factor for each term, or for each class. */
export type Weight = Tensor | Values;

/** The weight as a tensor; its values must be finite and not negative. */
export function checkWeight(where: string, name: string, weight: Weight | undefined): Tensor | undefined {
  if (weight === undefined) return undefined;
  const factors = toTensor(where, name, weight);
  factors.data.forEach((value, i) => {
    if (value >= 0 && value < Infinity) return;
    throw new ArgumentError(
      where,
      `${name} has the value ${value} at place ${i}`,
      `${name} must be finite and not negative`,
    );
  });
  return factors;
}
