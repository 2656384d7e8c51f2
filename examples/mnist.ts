// Trains the article's network, 784-64-128-10, on the 60,000 digits of MNIST.
import { parseArgs } from 'node:util';
import { data, io, manualSeed, nn, optim, train } from '../src/index.ts';

const usage = `npm run mnist -- [options]

  --epochs N   how often to go through the data   5
  --batch N    samples in a step                  128
  --lr X       Adam's learning rate               0.001
  --seed N     the seed of everything random      42
  --out FILE   where the weights go               mnist.safetensors
  --json       end with one line of JSON: testAccuracy, epochs, secondsPerEpoch, backend`;

const options = readOptions();
manualSeed(options.seed);

const { train: digits, test } = await data.mnist();
const [fitOn, validation] = digits.split(0.9, 0.1);

const model = new nn.Sequential(
  new nn.Linear(784, 64),
  new nn.ReLU(),
  new nn.Linear(64, 128),
  new nn.ReLU(),
  new nn.Linear(128, 10),
);
console.log(model.summary());

const history = await train.fit(model, {
  data: data.loader(fitOn, { batchSize: options.batch, shuffle: true }),
  validation: data.loader(validation, { batchSize: 512 }),
  loss: nn.crossEntropy,
  optimizer: new optim.Adam(model.parameters(), { lr: options.lr }),
  epochs: options.epochs,
  metrics: ['accuracy'],
  callbacks: [train.progressBar()],
});

const truth: number[] = [];
const predicted: number[] = [];
for await (const { x, y } of data.loader(test, { batchSize: 512 })) {
  truth.push(...y);
  predicted.push(...(await train.predictedClasses(model.predict(x))));
}
const right = truth.filter((label, i) => label === predicted[i]).length;
console.log(
  `\ntest accuracy ${((100 * right) / truth.length).toFixed(2)} %  (${right} of ${truth.length})\n`,
);
console.log(train.formatConfusionMatrix(train.confusionMatrix(truth, predicted, 10)));

await io.save(options.out, model.stateDict());
console.log(`\nweights saved to ${options.out}`);

if (options.json) {
  const seconds = history.reduce((total, { seconds }) => total + seconds, 0) / Math.max(history.length, 1);
  console.log(
    JSON.stringify({
      testAccuracy: right / truth.length,
      epochs: history.length,
      secondsPerEpoch: Number(seconds.toFixed(3)),
      backend: 'reference',
    }),
  );
}

function readOptions() {
  const number = { type: 'string' } as const;
  try {
    const { values } = parseArgs({
      options: {
        epochs: number,
        batch: number,
        lr: number,
        seed: number,
        out: number,
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    const read = (
      name: 'epochs' | 'batch' | 'lr' | 'seed',
      standard: number,
      least: number,
      whole = true,
    ): number => {
      const value = values[name] === undefined ? standard : Number(values[name]);
      if (value >= least && value < Infinity && (!whole || Number.isSafeInteger(value))) return value;
      throw new Error(
        `--${name} ${values[name]}: must be a ${whole ? 'whole ' : ''}number, ${least} or greater`,
      );
    };
    return {
      epochs: read('epochs', 5, 0),
      batch: read('batch', 128, 1),
      lr: read('lr', 1e-3, 0, false),
      seed: read('seed', 42, 0),
      out: values.out ?? 'mnist.safetensors',
      json: values.json ?? false,
    };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
