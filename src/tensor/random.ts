// The seed and its streams. The numbers themselves are a kernel: value = f(seed, stream, index).
import { checkNumber } from './check.ts';
import { StateError } from './errors.ts';

/** All that the generator remembers: save it and restore it to get the same numbers again. */
export interface RandomState {
  seed: number;
  /** How many random operations have run since the seed was set. */
  stream: number;
}

/** Where one random operation takes its numbers from. */
export type RandomKey = Readonly<RandomState>;

const state: RandomState = { seed: 0, stream: 0 };
const limit = { integer: true, min: 0, max: Number.MAX_SAFE_INTEGER };

/** Sets the seed of everything random: the same seed gives the same bits. Before it is called, the seed is 0. */
export function manualSeed(seed: number): void {
  checkNumber('manualSeed', 'seed', seed, limit);
  Object.assign(state, { seed, stream: 0 });
}

/** The generator's state, as a copy that can be saved. */
export const randomState = (): RandomState => ({ ...state });

/** Puts the generator back to a state that `randomState()` returned. */
export function setRandomState(saved: RandomState): void {
  if (saved === null || typeof saved !== 'object')
    throw new StateError('setRandomState', 'the state is not an object', 'pass what randomState() returned');
  const { seed, stream } = saved;
  checkNumber('setRandomState', 'seed', seed, limit);
  checkNumber('setRandomState', 'stream', stream, limit);
  Object.assign(state, { seed, stream });
}

/** The key of the next random operation: each gets a stream of its own. @internal */
export const nextKey = (): RandomKey => ({ seed: state.seed, stream: state.stream++ });
