// A contestant of the benchmark that computes almost what it should: the gate has to see it.
import type { Adapter } from '../../bench/peers/adapter.ts';
import { open as openLoops } from '../../bench/peers/adapters/loops.ts';

export async function open(): Promise<Adapter> {
  const right = await openLoops();
  return {
    version: '1',
    cannot: { infer: 'only trains' },
    product: (inputs) => {
      const B = inputs.B.map((value) => value * 1.001);
      return right.product?.({ ...inputs, B }) as never;
    },
    // one label is another: a gradient that is wrong in one row
    step: (inputs, lr) => {
      const labels = inputs.labels.map((label, i) => (i === 0 ? (label + 1) % 4 : label));
      const target = inputs.target.map((value, i) => (i === 0 ? value + 0.1 : value));
      return right.step?.({ ...inputs, labels, target }, lr) as never;
    },
  };
}
