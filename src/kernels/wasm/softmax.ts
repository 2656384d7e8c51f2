// Softmax and its relatives, and layer norm, over the heap.
import type { AxisView, Tensor } from '../../tensor/index.ts';
import type { Backend } from '../backend.ts';
import { lendIntegers, read, room, settle, write } from './module.ts';
import type { Cutter } from './pieces.ts';

type Verbs =
  | 'softmax'
  | 'logSoftmax'
  | 'logSumExp'
  | 'crossEntropy'
  | 'crossEntropyGradient'
  | 'layerNorm'
  | 'layerNormGradient';

const worth = 8192; // elements that are worth waking another thread for
const line = 16; // columns of a cache line

export function softmax(cut: Cutter): Pick<Backend, Verbs> {
  const alongColumns = (name: string) => cut(name, worth, line, 'same same same same from to');
  const alongAxis = (name: string) => {
    const rows = cut(`${name}Rows`, worth, 1, 'same same from to');
    const columns = alongColumns(`${name}Columns`);
    return (x: Tensor, { outer, size, inner }: AxisView, y: Tensor) => {
      if (inner === 1) rows(outer, size, read(x), size, 0, outer, write(y));
      else columns(inner, outer * size, read(x), outer, size, inner, 0, inner, write(y));
      settle();
    };
  };
  const width = (x: Tensor): number => x.shape[x.rank - 1];
  const rowsOf = (x: Tensor): number => (x.size === 0 ? 0 : x.size / width(x));

  const logSumExpRows = cut('logSumExpRows', worth, 1, 'same same from to work');
  const logSumExpColumns = alongColumns('logSumExpColumns');
  const crossEntropy = cut('crossEntropy', worth / 2, 1, 'same same same from to work');
  const crossEntropyGradient = cut('crossEntropyGradient', worth / 2, 1, 'same same same same from to');
  const layerNorm = cut('layerNorm', 2 * worth, 1, 'same same same same same from to');
  const layerNormGradient = cut('layerNormGradient', 2 * worth, 1, 'same same same same same from to work');

  return {
    softmax: alongAxis('softmax'),
    logSoftmax: alongAxis('logSoftmax'),
    logSumExp(x, { outer, size, inner }, y) {
      if (inner === 1) logSumExpRows(outer, size, read(x), size, 0, outer, room(size), write(y));
      else logSumExpColumns(inner, outer * size, read(x), outer, size, inner, 0, inner, write(y));
      settle();
    },
    crossEntropy(logits, labels, loss) {
      const [rows, classes] = [labels.length, width(logits)];
      const [x, at] = [read(logits), lendIntegers(labels)];
      crossEntropy(rows, classes, x, at, classes, 0, rows, room(classes), write(loss));
      settle();
    },
    crossEntropyGradient(dy, logits, labels, dx) {
      const [rows, classes] = [labels.length, width(logits)];
      const [g, x, at] = [read(dy), read(logits), lendIntegers(labels)];
      crossEntropyGradient(rows, classes, g, x, at, classes, 0, rows, write(dx));
      settle();
    },
    layerNorm(x, weight, bias, eps, y) {
      const [rows, size] = [rowsOf(x), width(x)];
      const [w, b] = [weight ? read(weight) : 0, bias ? read(bias) : 0];
      layerNorm(rows, size, read(x), w, b, eps, size, 0, rows, write(y));
      settle();
    },
    layerNormGradient(dy, x, weight, eps, dx) {
      const [rows, size] = [rowsOf(x), width(x)];
      const w = weight ? read(weight) : 0;
      layerNormGradient(rows, size, read(dy), read(x), w, eps, size, 0, rows, room(size), write(dx));
      settle();
    },
  };
}
