// stopOnNaN: end training at a loss that is not a number, with what was learned before.
import type { Callback } from '../callback.ts';

/**
 * A callback that ends training when a loss is NaN or infinite, before it changes a parameter. Without it, `fit` throws then, and tells
 * where the number came from.
 */
export const stopOnNaN = (): Callback => ({
  onLoss(state) {
    if (!Number.isFinite(state.loss)) state.stop(`the loss is ${state.loss} after step ${state.totalSteps}`);
  },
});
