// Optimizer steps over the heap. Constants are combined in float64, and rounded to float32 as they enter the kernel.
import type { Tensor } from '../../tensor/index.ts';
import { type Backend, biasCorrection } from '../backend.ts';
import { read, settle, write } from './module.ts';
import type { Cutter } from './pieces.ts';
import type { Argument, Pool } from './pool.ts';

const pieceSize = 16384; // parameters that are worth waking another thread for: some 25 µs of one; a multiple of 16

/** The address of a piece of a buffer, and the number of its elements. */
const piece = (address: number): Argument => [address, 4, 0];
const count: Argument = [0, -1, 1];

export function optimizers(pool: Pool, cut: Cutter): Pick<Backend, 'sgd' | 'adam' | 'rmsprop' | 'adagrad'> {
  const writeOr0 = (x: Tensor | undefined): number => (x ? write(x) : 0);
  const sgd = cut('sgd', 4 * pieceSize, 16, 'place place place count');
  const rmsprop = cut('rmsprop', 2 * pieceSize, 16, 'place place place place count');
  const adagrad = cut('adagrad', 2 * pieceSize, 16, 'place place place count');
  return {
    sgd(w, gradient, velocity, { lr, momentum, dampening, nesterov, weightDecay, first }) {
      const [fresh, ...flags] = [1 - dampening, Number(first), Number(nesterov)];
      const [ws, g, u] = [write(w), read(gradient), writeOr0(velocity)];
      sgd(w.size, 1, ws, g, u, w.size, lr, momentum, fresh, weightDecay, ...flags);
      settle();
    },
    adam(w, gradient, m, v, vMax, { lr, beta1, beta2, eps, weightDecay, decoupled, step }) {
      const size = lr / biasCorrection(beta1, step);
      const root = Math.sqrt(biasCorrection(beta2, step));
      const [decay, keep] = decoupled ? [0, 1 - lr * weightDecay] : [weightDecay, 1];
      const [ws, gs, ms, vs, maxs] = [write(w), read(gradient), write(m), write(v), writeOr0(vMax)];
      const buffers: Argument[] = [piece(ws), piece(gs), piece(ms), piece(vs), maxs ? piece(maxs) : 0];
      const constants = [beta1, 1 - beta1, beta2, 1 - beta2, size, root, eps, decay, keep];
      pool.run('adam', w.size, pieceSize, [...buffers, count, ...constants]);
      settle();
    },
    rmsprop(w, gradient, v, velocity, { lr, alpha, eps, momentum, weightDecay }) {
      const buffers = [write(w), read(gradient), write(v), writeOr0(velocity)];
      rmsprop(w.size, 1, ...buffers, w.size, lr, alpha, 1 - alpha, eps, momentum, weightDecay);
      settle();
    },
    adagrad(w, gradient, total, { lr, eps, weightDecay }) {
      adagrad(w.size, 1, write(w), read(gradient), write(total), w.size, lr, eps, weightDecay);
      settle();
    },
  };
}
