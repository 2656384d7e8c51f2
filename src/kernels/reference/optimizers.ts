// One optimizer step of many parameters; hyper-parameters round to float32 first, each operation after.
import { type Backend, biasCorrection, type ParameterBuffers } from '../backend.ts';
import { fround } from './precision.ts';

/** The floats of each parameter, its gradient and its state; all but the gradient are written. */
const floatsOf = (parameters: readonly ParameterBuffers[]): Float32Array[][] =>
  parameters.map((buffers) =>
    buffers.map(({ storage }, place) => (place === 1 ? storage.read() : storage.write())),
  );

export const optimizers: Pick<Backend, 'sgd' | 'adam' | 'rmsprop' | 'adagrad'> = {
  /**
   *     g ← g + λ w
   *     u ← μ u + (1 − dampening) g        (u ← g on the first step)
   *     w ← w − η u                        (Nesterov: w − η (g + μ u); without momentum: w − η g)
   */
  sgd(parameters, options) {
    const [lr, momentum, decay] = [fround(options.lr), fround(options.momentum), fround(options.weightDecay)];
    const fresh = fround(1 - options.dampening);
    for (const [ws, gs, us] of floatsOf(parameters)) {
      for (let i = 0; i < ws.length; i++) {
        let g = decay === 0 ? gs[i] : fround(gs[i] + fround(decay * ws[i]));
        if (us) {
          us[i] = options.first ? g : fround(momentum * us[i]) + fround(fresh * g);
          g = options.nesterov ? fround(g + fround(momentum * us[i])) : us[i];
        }
        ws[i] -= fround(lr * g);
      }
    }
  },

  /**
   *     g ← g + λ w                        (decoupled, AdamW: w ← w − η λ w instead)
   *     m ← β₁ m + (1 − β₁) g
   *     v ← β₂ v + (1 − β₂) g²
   *     w ← w − η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε √(1 − β₂ᵗ))          (amsgrad: the greatest v so far)
   *
   * This is m̂ / (√v̂ + ε) with both fractions expanded by √(1 − β₂ᵗ): one division an element, as the paper advises.
   *
   * Source: Kingma and Ba, "Adam" (2015), section 2; Loshchilov and Hutter, "Decoupled weight decay" (2019).
   */
  adam(parameters, options) {
    const [beta1, beta2, decay] = [options.beta1, options.beta2, options.weightDecay].map(fround);
    const [fresh1, fresh2] = [fround(1 - options.beta1), fround(1 - options.beta2)];
    const root = Math.sqrt(biasCorrection(options.beta2, options.step));
    const rate = fround((options.lr * root) / biasCorrection(options.beta1, options.step));
    const floor = fround(options.eps * root);
    const keep = fround(1 - options.lr * options.weightDecay);
    for (const [ws, gs, ms, vs, maxs] of floatsOf(parameters)) {
      for (let i = 0; i < ws.length; i++) {
        let g = gs[i];
        if (options.decoupled) ws[i] *= keep;
        else if (decay !== 0) g = fround(g + fround(decay * ws[i]));
        ms[i] = fround(beta1 * ms[i]) + fround(fresh1 * g);
        vs[i] = fround(beta2 * vs[i]) + fround(fresh2 * fround(g * g));
        let second = vs[i];
        if (maxs) second = maxs[i] = Math.max(maxs[i], second);
        ws[i] -= fround(fround(rate * ms[i]) / fround(fround(Math.sqrt(second)) + floor));
      }
    }
  },

  /**
   *     g ← g + λ w
   *     v ← α v + (1 − α) g²
   *     u ← μ u + g / (√v + ε)
   *     w ← w − η u                        (without momentum: w − η g / (√v + ε))
   */
  rmsprop(parameters, options) {
    const [lr, alpha, eps, momentum, decay] = [
      options.lr,
      options.alpha,
      options.eps,
      options.momentum,
      options.weightDecay,
    ].map(fround);
    const fresh = fround(1 - options.alpha);
    for (const [ws, gs, vs, us] of floatsOf(parameters)) {
      for (let i = 0; i < ws.length; i++) {
        const g = decay === 0 ? gs[i] : fround(gs[i] + fround(decay * ws[i]));
        vs[i] = fround(alpha * vs[i]) + fround(fresh * fround(g * g));
        let move = fround(g / fround(fround(Math.sqrt(vs[i])) + eps));
        if (us) move = us[i] = fround(fround(momentum * us[i]) + move);
        ws[i] -= fround(lr * move);
      }
    }
  },

  /**
   *     g ← g + λ w
   *     s ← s + g²
   *     w ← w − η g / (√s + ε)
   */
  adagrad(parameters, options) {
    const [lr, eps, decay] = [options.lr, options.eps, options.weightDecay].map(fround);
    for (const [ws, gs, ss] of floatsOf(parameters)) {
      for (let i = 0; i < ws.length; i++) {
        const g = decay === 0 ? gs[i] : fround(gs[i] + fround(decay * ws[i]));
        ss[i] += fround(g * g);
        ws[i] -= fround(fround(lr * g) / fround(fround(Math.sqrt(ss[i])) + eps));
      }
    }
  },
};
