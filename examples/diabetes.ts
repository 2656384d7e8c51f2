// Predicts how far diabetes will have progressed after a year: a regression, beside linear regression and the mean.
import { data, enableWideVectors, manualSeed, nn, optim, type Tensor, train } from '../src/index.ts';
import { diabetes } from './data.ts';
import { file, flag, readOptions, whole } from './options.ts';

const options = readOptions('npm run diabetes', {
  folds: whole('parts of the cross-validation', 10, 2),
  epochs: whole('how often to go through the training part', 40, 1),
  seed: whole('the seed of everything random', 42),
  report: file('where the report goes', 'diabetes.html'),
  json: flag('end with one line of JSON: r2, mse, linearR2, folds, epochs'),
});
const { folds: count, epochs, seed } = options;
enableWideVectors();
manualSeed(seed);

const { x, y, features } = await diabetes();
const samples = data.fromTensors(x, y);
const truth = [...y.data];

// A network without a hidden layer is linear regression. 442 patients are few: what the hidden layer makes of their noise has to
// be held down, here by a strong weight decay. Width and decay were chosen with --seed 1 and 2: on other folds, though of the same
// patients.
const [network, linear, mean] = ['network 10-32-1', 'linear regression', 'mean of the training part'];
const models = {
  [network]: { hidden: [32], weightDecay: 1 },
  [linear]: { hidden: [], weightDecay: 0 },
};
const predictions = Object.fromEntries([network, linear, mean].map((name) => [name, [...truth]]));
const histories: Record<string, train.EpochLog[]> = {};
let summary = '';

for (const [i, fold] of data.kFold(samples.length, { folds: count }).entries()) {
  // Inputs are scaled so that all count alike, targets so that a network with small weights can meet them.
  const known = samples.batch(fold.train);
  const inputs = new data.StandardScaler().fit(known.x);
  const targets = new data.StandardScaler().fit(known.y);
  const scaled = ({ x, y }: data.Batch<Tensor, Tensor>) => ({
    x: inputs.transform(x),
    y: targets.transform(y),
  });
  const load = (part: Int32Array, shuffle: boolean) =>
    data.loader(samples.subset(part), { shuffle, transforms: [scaled] });
  for (const [name, { hidden, weightDecay }] of Object.entries(models)) {
    const model = new nn.FeedForward({
      inputs: features.length,
      hidden,
      outputs: 1, // and no activation after it: any number may come out
      activation: 'tanh',
    });
    histories[name] = await train.fit(model, {
      data: load(fold.train, true),
      validation: load(fold.validation, false),
      loss: nn.mse,
      optimizer: new optim.AdamW(model.parameters(), { lr: 0.003, weightDecay }),
      epochs,
      metrics: ['r2'],
      callbacks: [train.progressBar({ write: () => {} })], // the bar, without a line for each epoch
    });
    if (name === network) summary = model.summary();
    const { output } = await train.predict(model, load(fold.validation, false));
    const { data: progression } = targets.inverse(output); // in the units of the file again
    for (const [row, sample] of fold.validation.entries()) predictions[name][sample] = progression[row];
  }
  for (const sample of fold.validation) predictions[mean][sample] = targets.center[0];
  console.log(
    `fold ${i + 1}/${count}  R² ${histories[network][epochs - 1].validationR2.toFixed(4)}  of ${linear} ${histories[linear][epochs - 1].validationR2.toFixed(4)}`,
  );
}

// All 442 predictions together: each patient's comes from a model that had not seen that patient.
const results = Object.entries(predictions).map(([model, predicted]) => ({
  model,
  'R²': train.r2(truth, predicted),
  MSE: train.mse(truth, predicted),
  'mean absolute error': train.mae(truth, predicted),
}));
const [{ 'R²': r2, MSE: mse, 'mean absolute error': mae }, { 'R²': linearR2 }] = results;
console.log();
for (const { model, 'R²': r2, MSE: mse } of results)
  console.log(`${model.padEnd(mean.length)}  R² ${r2.toFixed(4).padStart(7)}  MSE ${mse.toFixed(1)}`);

const report = await import('./report/index.ts');
await report.writeReport(options.report, {
  title: 'Diabetes',
  summary: `A network predicts from ${features.length} measures of ${samples.length} patients how far their diabetes will have progressed after a year, in ${count} folds.`,
  figures: { 'R²': r2.toFixed(4), MSE: mse.toFixed(1), 'mean absolute error': mae.toFixed(1) },
  sections: [
    report.scatter(truth, predictions[network], {
      quantity: 'progression',
      note: 'A dot for each patient. On the diagonal the prediction is right; what the measures do not tell draws it towards the mean.',
    }),
    report.table(results, {
      title: 'Models',
      note: 'All on the same folds. R² says how much less the errors’ squares add up to than those of a constant guess.',
      best: { 'R²': 'highest', MSE: 'lowest', 'mean absolute error': 'lowest' },
    }),
    report.comparedCurves(histories, ['loss', 'validationLoss'], {
      title: 'Training in the last fold',
      note: 'The loss is the squared error of scaled targets: 1 for a guess of their mean.',
    }),
    report.text(summary),
    report.settings({ folds: count, epochs, seed, ...report.environment() }),
  ],
});
console.log(`\nreport written to ${options.report}`);
if (options.json) console.log(JSON.stringify({ r2, mse, linearR2, folds: count, epochs }));
