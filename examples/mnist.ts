// Trains the article's network, 784-64-128-10, on the 60,000 digits of MNIST.
import { data, device, enableWideVectors, io, manualSeed, nn, optim, softmax, train } from '../src/index.ts';
import { file, flag, number, readOptions, whole } from './options.ts';

const options = readOptions('npm run mnist', {
  epochs: whole('how often to go through the digits', 5),
  batch: whole('digits in a step', 128, 1),
  lr: number("Adam's learning rate", 0.001),
  seed: whole('the seed of everything random', 42),
  limit: whole('use the first N digits only', 60_000, 10),
  out: file('where the weights go', 'mnist.safetensors'),
  report: file('where the report goes', 'mnist.html'),
  json: flag('end with one line of JSON: testAccuracy, epochs, secondsPerEpoch, backend'),
});
const { epochs, batch, lr, seed, limit, out, json } = options;
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
const share = `${(100 * testAccuracy).toFixed(2)} %`;
const counts = train.confusionMatrix(truth, predicted, 10);
console.log(`\ntest accuracy ${share}  (${right} of ${truth.length})\n`);
console.log(train.formatConfusionMatrix(counts));

await io.save(out, model.stateDict());
console.log(`\nweights saved to ${out}`);

const seconds = history.reduce((total, log) => total + log.seconds, 0) / Math.max(epochs, 1);
const report = await import('./report/index.ts'); // not at the top: what draws takes half a second to load
const count = ({ length }: data.Digits) => report.formatNumber(length);
const chosen = report.chooseSamples(truth, predicted);
const { x: pictures } = test.batch(chosen);
const probabilities = softmax(model.predict(pictures)).data;
await report.writeReport(options.report, {
  title: 'Handwritten digits',
  summary: `A feed-forward network 784-64-128-10 learns ${count(fitOn)} digits of MNIST, is watched on ${count(validation)}, and tested on ${count(test)}.`,
  figures: { 'test accuracy': share, epochs, 'seconds an epoch': seconds.toFixed(2) },
  sections: [
    report.learningCurves(history),
    report.confusion(counts),
    report.samples(
      chosen.map((sample, i) => ({
        picture: { width: 28, height: 28, values: pictures.data.subarray(784 * i, 784 * (i + 1)) },
        truth: `${truth[sample]}`,
        predicted: `${predicted[sample]}`,
        probability: probabilities[10 * i + predicted[sample]],
      })),
    ),
    report.weights(model.stateDict()['0.weight'], { width: 28, height: 28 }),
    report.text(model.summary()),
    report.settings({ epochs, batch, lr, seed, limit, ...report.environment() }),
  ],
});
console.log(`report written to ${options.report}`);

if (json) {
  const secondsPerEpoch = Number(seconds.toFixed(3));
  console.log(JSON.stringify({ testAccuracy, epochs, secondsPerEpoch, backend: device.info().backend }));
}
