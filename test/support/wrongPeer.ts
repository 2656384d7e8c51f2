// A contestant of the benchmark that computes almost what it should: the gate has to see it.
import type { Adapter } from '../../bench/peers/adapter.ts';
import { Net, open as openLoops } from '../../bench/peers/adapters/loops.ts';

export async function open(): Promise<Adapter> {
  const right = await openLoops();
  return {
    version: '1',
    cannot: { infer: 'only trains' },
    product(inputs) {
      const B = inputs.B.map((value) => value * 1.001);
      return right.product?.({ ...inputs, B }) as never;
    },
    // Its loss is right, but the gradient that it descends is wrong: that of another target in one row
    step(inputs, lr) {
      const { x, rows, loss, labels, target, widths } = inputs;
      const net = new Net(inputs);
      const truth = loss === 'mse' ? target : labels;
      const other = truth.slice();
      other[0] = (other[0] + 1) % widths[widths.length - 1];
      return {
        run: () => net.step(x, rows, other, loss, lr),
        result: () => net.step(x, rows, truth, loss, lr),
      };
    },
  };
}
