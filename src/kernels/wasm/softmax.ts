// Softmax and its relatives, and layer norm, over the heap.
import type { AxisView, Tensor } from '../../tensor/index.ts';
import type { Backend } from '../backend.ts';
import { type Kernels, lendIntegers, read, room, settle, write } from './module.ts';

type Verbs =
  | 'softmax'
  | 'logSoftmax'
  | 'logSumExp'
  | 'crossEntropy'
  | 'crossEntropyGradient'
  | 'layerNorm'
  | 'layerNormGradient';

export function softmax(kernels: Kernels): Pick<Backend, Verbs> {
  const alongAxis = (name: string) => {
    const [rows, columns] = [kernels[`${name}Rows`], kernels[`${name}Columns`]];
    return (x: Tensor, { outer, size, inner }: AxisView, y: Tensor) => {
      if (inner === 1) rows(read(x), size, 0, outer, write(y));
      else columns(read(x), outer, size, inner, 0, inner, write(y));
      settle();
    };
  };
  const width = (x: Tensor): number => x.shape[x.rank - 1];
  const rowsOf = (x: Tensor): number => (x.size === 0 ? 0 : x.size / width(x));

  return {
    softmax: alongAxis('softmax'),
    logSoftmax: alongAxis('logSoftmax'),
    logSumExp(x, { outer, size, inner }, y) {
      if (inner === 1) kernels.logSumExpRows(read(x), size, 0, outer, room(size), write(y));
      else kernels.logSumExpColumns(read(x), outer, size, inner, 0, inner, write(y));
      settle();
    },
    crossEntropy(logits, labels, loss) {
      const classes = width(logits);
      kernels.crossEntropy(
        read(logits),
        lendIntegers(labels),
        classes,
        0,
        labels.length,
        room(classes),
        write(loss),
      );
      settle();
    },
    crossEntropyGradient(dy, logits, labels, dx) {
      kernels.crossEntropyGradient(
        read(dy),
        read(logits),
        lendIntegers(labels),
        width(logits),
        0,
        labels.length,
        write(dx),
      );
      settle();
    },
    layerNorm(x, weight, bias, eps, y) {
      const [w, b] = [weight ? read(weight) : 0, bias ? read(bias) : 0];
      kernels.layerNorm(read(x), w, b, eps, width(x), 0, rowsOf(x), write(y));
      settle();
    },
    layerNormGradient(dy, x, weight, eps, dx) {
      const w = weight ? read(weight) : 0;
      kernels.layerNormGradient(read(dy), read(x), w, eps, width(x), 0, rowsOf(x), room(width(x)), write(dx));
      settle();
    },
  };
}
