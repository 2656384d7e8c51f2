// Trains the article's network, 784-64-128-10, on the 60,000 digits of MNIST.
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { data, device, enableWideVectors, io, manualSeed, nn, optim, train } from '../src/index.ts';

const usage = `npm run mnist -- [options]

  --epochs N   how often to go through the digits   5
  --batch N    digits in a step                     128
  --lr X       Adam's learning rate                 0.001
  --seed N     the seed of everything random        42
  --limit N    use the first N digits only          60000
  --out FILE   where the weights go                 mnist.safetensors
  --json       end with one line of JSON: testAccuracy, epochs, secondsPerEpoch, backend
  --help       show this`;

const { epochs, batch, lr, seed, limit, out, json } = readOptions();
enableWideVectors(); // twice as fast where the engine can, with the same bits
manualSeed(seed);

const { train: all, test } = await data.mnist();
const digits = all.subset([...Array(Math.min(limit, all.length)).keys()]);
const [fitOn, validation] = digits.split(0.9, 0.1);

const model = new nn.Sequential(
  new nn.Linear(784, 64),
  new nn.ReLU(),
  new nn.Linear(64, 128),
  new nn.ReLU(),
  new nn.Linear(128, 10),
);
console.log(`${model.summary()}\n`);

const history = await train.fit(model, {
  data: data.loader(fitOn, { batchSize: batch, shuffle: true }),
  validation: data.loader(validation, { batchSize: 512 }),
  loss: nn.crossEntropy,
  optimizer: new optim.Adam(model.parameters(), { lr }),
  epochs,
  metrics: ['accuracy'],
  callbacks: [train.progressBar()],
});

const truth: number[] = [];
const predicted: number[] = [];
for await (const { x, y } of data.loader(test, { batchSize: 512 })) {
  truth.push(...y);
  predicted.push(...(await train.predictedClasses(model.predict(x))));
}
const right = truth.filter((digit, i) => digit === predicted[i]).length;
const testAccuracy = right / truth.length;
console.log(`\ntest accuracy ${(100 * testAccuracy).toFixed(2)} %  (${right} of ${truth.length})\n`);
console.log(train.formatConfusionMatrix(train.confusionMatrix(truth, predicted, 10)));

await io.save(out, model.stateDict());
console.log(`\nweights saved to ${out}`);

if (json) {
  const seconds = history.reduce((total, log) => total + log.seconds, 0) / Math.max(epochs, 1);
  const secondsPerEpoch = Number(seconds.toFixed(3));
  console.log(JSON.stringify({ testAccuracy, epochs, secondsPerEpoch, backend: device.info().backend }));
}

function readOptions() {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values } = parseArgs({
      options: {
        epochs: { ...text, default: '5' },
        batch: { ...text, default: '128' },
        lr: { ...text, default: '0.001' },
        seed: { ...text, default: '42' },
        limit: { ...text, default: '60000' },
        out: { ...text, default: 'mnist.safetensors' },
        json: flag,
        help: flag,
      },
    });
    if (values.help) {
      console.log(usage);
      process.exit();
    }
    const number = (name: 'epochs' | 'batch' | 'lr' | 'seed' | 'limit', least: number) => {
      const value = values[name].trim() === '' ? Number.NaN : Number(values[name]);
      if (value >= least && (name === 'lr' ? value < Infinity : Number.isSafeInteger(value))) return value;
      const kind = name === 'lr' ? 'number' : 'whole number';
      throw new Error(`--${name} is '${values[name]}', and must be a ${kind}, at least ${least}`);
    };
    const folder = dirname(values.out);
    if (values.out === '' || !existsSync(folder))
      throw new Error(`--out is '${values.out}', and must be a file in a folder that exists`);
    return {
      epochs: number('epochs', 0),
      batch: number('batch', 1),
      lr: number('lr', 0),
      seed: number('seed', 0),
      limit: number('limit', 10),
      out: values.out,
      json: values.json,
    };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
