// maxNorm: no unit's weights may grow beyond a length.
import { checkNumber } from '../../tensor/index.ts';
import { maxNorm as project } from '../../nn/index.ts';
import type { Callback } from '../callback.ts';

/** A callback that applies `nn.maxNorm(model, limit)` after every step. */
export function maxNorm(limit: number): Callback {
  checkNumber('maxNorm', 'limit', limit, { above: 0 });
  return { onStep: ({ model }) => void project(model, limit) };
}
