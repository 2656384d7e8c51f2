// Trains, with a checkpoint after every few steps, and goes on from the last one if there is one. Run by test/unit/resume.test.ts,
// which kills it.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { data, manualSeed, nn, optim, randn, type Tensor, train } from '../../src/index.ts';

const [, , path, awaited] = process.argv;
manualSeed(1);
const xs = randn([256, 16]);
const labels = Array.from({ length: 256 }, (_, i) => (xs.data[16 * i] > 0 ? 1 : 0));
const model = new nn.FeedForward({ inputs: 16, hidden: [32], outputs: 2, dropout: 0.3 });
const optimizer = new optim.Adam(model.parameters());
await train.fit(model, {
  data: data.loader(data.fromTensors(xs, labels), { batchSize: 32, shuffle: true }),
  loss: nn.crossEntropy as (output: Tensor, labels: Int32Array) => Tensor,
  optimizer,
  epochs: 12,
  callbacks: [
    train.checkpoint(path, { every: 3 }),
    { onStep: ({ totalSteps }) => console.log(`step ${totalSteps}`) },
    // Slowly after the step that it is killed for: on a busy machine the signal may come late.
    {
      onStep: ({ totalSteps }) => new Promise((go) => setTimeout(go, totalSteps < Number(awaited) ? 2 : 100)),
    },
  ],
  resume: existsSync(path) ? path : undefined,
});
const hash = createHash('sha256');
for (const { data: values } of model.parameters()) hash.update(values);
console.log(`bits ${hash.digest('hex')}`);
