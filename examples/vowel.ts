// Tells eleven spoken vowels apart, for voices it has never heard: what is held out to choose a model must be speakers, too.
import {
  argmin,
  data,
  enableWideVectors,
  manualSeed,
  matmul,
  mul,
  nn,
  optim,
  square,
  sub,
  sum,
  train,
} from '../src/index.ts';
import { vowels } from './data.ts';
import { file, flag, readOptions, whole } from './options.ts';

const options = readOptions('npm run vowel', {
  epochs: whole('how often to go through the training samples', 80, 1),
  seed: whole('the seed of everything random', 42),
  report: file('where the report goes', 'vowel.html'),
  json: flag(
    'end with one line of JSON: chosen, bySamples, bySpeakers, testAccuracy, nearestNeighbour, epochs',
  ),
});
const { epochs, seed } = options;
enableWideVectors();
manualSeed(seed);
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

const { train: known, test, features, classes } = await vowels();
const samples = data.fromTensors(known.x, known.y);
const unheard = data.fromTensors(test.x, test.y);

type Samples = typeof samples;
const all = (part: Samples) => part.batch([...Array(part.length).keys()]);

interface Settings {
  hidden: number[];
  dropout?: number;
  weightDecay?: number;
}
const candidates: Record<string, Settings> = {
  'softmax regression': { hidden: [] },
  '64 hidden units': { hidden: [64] },
  'with weight decay': { hidden: [64], weightDecay: 1 },
  'with dropout': { hidden: [64], dropout: 0.5 },
  'with dropout, 64-64': { hidden: [64, 64], dropout: 0.3 },
};

/** Trains on some samples, and names the vowels of others. */
async function classify(part: Samples, asked: Samples, settings: Settings, validation?: Samples) {
  const { hidden, dropout = 0, weightDecay = 0.01 } = settings;
  const scaler = new data.StandardScaler().fit(part);
  const load = (part: Samples, shuffle = false) =>
    data.loader(part, { shuffle, transforms: [scaler.asTransform()] });
  const model = new nn.FeedForward({ inputs: features.length, hidden, outputs: classes.length, dropout });
  const history = await train.fit(model, {
    data: load(part, true),
    validation: validation && load(validation),
    loss: nn.crossEntropy,
    optimizer: new optim.AdamW(model.parameters(), { lr: 0.003, weightDecay }),
    epochs,
    metrics: ['accuracy'],
    callbacks: [train.progressBar({ write: () => {} })], // the bar, without a line for each epoch
  });
  const { output, target } = await train.predict(model, load(asked));
  const predicted = await train.predictedClasses(output);
  return { predicted, accuracy: train.accuracy(target, predicted), history, summary: model.summary() };
}

/** The share of samples that have the vowel of the nearest known one. */
function nearestNeighbour(part: Samples, asked: Samples): number {
  const { x, y } = all(part);
  const { x: questions, y: truth } = all(asked);
  // |q − x|² = |q|² − 2 q·x + |x|², of which |q|² is the same for all x.
  const distances = sub(sum(square(x), 1), mul(matmul(questions, x, { transposeB: true }), 2));
  const predicted = Array.from(argmin(distances, 1).data, (place) => y[place]);
  return train.accuracy(truth, predicted);
}

// Two ways to hold out an eighth. Cut at random, a vowel's other five recordings by the same speaker are in the training part, and
// to remember them is enough. Cut by speakers, all that is known of the vowel comes from others: as in the test.
const bySamples = data.kFold(samples, { folds: 8, stratify: known.y });
const speakerOf = (speaker: number, isOwn: boolean) =>
  samples.subset([...known.speakers.keys()].filter((i) => (known.speakers[i] === speaker) === isOwn));
const bySpeakers = [...new Set(known.speakers)].map((speaker) => ({
  train: speakerOf(speaker, false),
  validation: speakerOf(speaker, true),
}));

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** The epochs' logs, each number the mean over the folds. */
async function crossValidate(folds: typeof bySpeakers, settings: Settings): Promise<train.EpochLog[]> {
  const histories: train.EpochLog[][] = [];
  for (const { train, validation } of folds)
    histories.push((await classify(train, validation, settings, validation)).history);
  return histories[0].map((first, epoch) => {
    const names = Object.keys(first);
    const means = names.map((name) => [name, mean(histories.map((history) => history[epoch][name]))]);
    return Object.fromEntries(means);
  });
}

interface Row {
  [model: string]: string | number;
  'by samples': number;
  'by speakers': number;
}
const rows: Row[] = [];
const curves: Record<string, train.EpochLog[]> = {};
const add = (row: Row) => {
  rows.push(row);
  const [samples, speakers] = [row['by samples'], row['by speakers']].map(percent);
  console.log(`${`${row.model}`.padEnd(20)}  held out by samples ${samples}  by speakers ${speakers}`);
};
for (const [model, settings] of Object.entries(candidates)) {
  curves[model] = await crossValidate(bySpeakers, settings);
  const random = await crossValidate(bySamples, settings);
  const [a, b] = [random, curves[model]].map((history) => history[epochs - 1].validationAccuracy);
  add({ model, 'by samples': a, 'by speakers': b });
}

// One is chosen, and only that one takes the test.
const chosen = rows.reduce((best, row) => (row['by speakers'] > best['by speakers'] ? row : best));
const { predicted, accuracy, summary } = await classify(samples, unheard, candidates[chosen.model]);
const neighbour = (folds: typeof bySpeakers) =>
  mean(folds.map(({ train, validation }) => nearestNeighbour(train, validation)));
add({ model: 'nearest neighbour', 'by samples': neighbour(bySamples), 'by speakers': neighbour(bySpeakers) });
const nearest = nearestNeighbour(samples, unheard);
console.log(`\nchosen by speakers: ${chosen.model}`);
console.log(
  `test accuracy ${percent(accuracy)} on voices never heard; nearest neighbour ${percent(nearest)}`,
);

const report = await import('./report/index.ts');
await report.writeReport(options.report, {
  title: 'Vowels',
  summary: `A network hears eleven vowels from ${new Set(known.speakers).size} speakers, and is tested on ${new Set(test.speakers).size} others.`,
  figures: { 'test accuracy': percent(accuracy), 'nearest neighbour': percent(nearest) },
  sections: [
    report.table(
      rows.map((row) => ({
        ...row,
        test: row === chosen ? accuracy : row.model === 'nearest neighbour' ? nearest : undefined,
      })),
      {
        title: 'How it was chosen',
        note: 'Accuracy where an eighth was held out, samples at random or one speaker after the other. Only the second comes near to what the test says of new voices. Only what was best in it took the test, and the nearest neighbour for comparison.',
        best: { 'by speakers': 'highest' },
      },
    ),
    report.confusion(train.confusionMatrix(test.y, predicted, classes.length), classes, {
      title: 'Confusion matrix of the test',
    }),
    report.comparedCurves(curves, ['loss', 'validationLoss', 'validationAccuracy'], {
      title: 'Speakers held out',
      note: 'Each curve is the mean of eight, one for each speaker.',
    }),
    report.text(summary),
    report.settings({ epochs, seed, ...candidates[chosen.model], ...report.environment() } as never),
  ],
});
console.log(`report written to ${options.report}`);
if (options.json)
  console.log(
    JSON.stringify({
      chosen: chosen.model,
      bySamples: chosen['by samples'],
      bySpeakers: chosen['by speakers'],
      testAccuracy: accuracy,
      nearestNeighbour: nearest,
      epochs,
    }),
  );
