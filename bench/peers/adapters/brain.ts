// brain.js: a network with a trainer of its own.
import { type Adapter, peer } from '../adapter.ts';

export async function open(): Promise<Adapter> {
  peer('brain.js');
  const train =
    'not the same step: its trainer takes one sample after the other, and its loss is the squared error of an activated output';
  const infer = 'not the same network: it applies its activation to the output, too';
  return {
    version: peer('brain.js/package.json').version,
    cannot: { product: 'has no matrix product to call', step: train, epoch: train, infer },
  };
}
