// Pre-trains a net on MNIST's digits 0 to 4, then teaches it the digits 5 to 9 from few labels, in five ways.
import { statSync } from 'node:fs';
import {
  data,
  enableWideVectors,
  io,
  manualSeed,
  nn,
  optim,
  randperm,
  softmax,
  train,
} from '../src/index.ts';
import { file, flag, readOptions, whole } from './options.ts';
import { deviation, mean, percent } from './statistics.ts';

const options = readOptions('npm run fine-tune', {
  labels: whole('labelled samples of each new digit', 10, 1),
  rank: whole('the rank of the adapters', 4, 1),
  draws: whole('how often the few samples are drawn anew', 5, 2),
  epochs: whole('how often to go through them', 40, 1),
  pretrain: whole('how often to go through the digits 0 to 4', 5, 1),
  limit: whole('use the first N digits only', 60_000, 1000),
  seed: whole('the seed of everything random', 42),
  out: file('where the pre-trained weights go', 'pretrained.safetensors'),
  adapters: file('where the adapters and the new head go', 'adapters.safetensors'),
  report: file('where the report goes', 'fine-tune.html'),
  json: flag('end with one line of JSON: best, ways, adapterKilobytes, wholeKilobytes, mergedDifference'),
});
const { labels, rank, draws, epochs, pretrain, limit, seed, out, adapters, json } = options;
enableWideVectors();
manualSeed(seed);

/** The samples of five digits in a row, which are the classes 0 to 4, and their labels. */
async function digitsFrom(first: number, all: data.Digits) {
  const labels: number[] = [];
  for await (const { y } of data.loader(all, { batchSize: 1000 })) labels.push(...y);
  const numbers = labels
    .slice(0, limit)
    .flatMap((digit, i) => (digit >= first && digit < first + 5 ? [i] : []));
  const digits = new data.Dataset(numbers.length, (chosen) => {
    const { x, y } = all.batch(chosen.map((i) => numbers[i]));
    return { x, y: y.map((digit) => digit - first) };
  });
  return { digits, labels: numbers.map((i) => labels[i] - first) };
}
const mnist = await data.mnist();
const [low, high] = [await digitsFrom(0, mnist.train), await digitsFrom(5, mnist.train)];
const [lowTest, highTest] = [await digitsFrom(0, mnist.test), await digitsFrom(5, mnist.test)];

// 1. A net for the digits 0 to 4, from all of them.
const net = () => new nn.FeedForward({ inputs: 784, hidden: [128, 64], outputs: 5 });
const base = net();
await train.fit(base, {
  data: data.loader(low.digits, { batchSize: 64, shuffle: true }),
  loss: nn.crossEntropy,
  optimizer: new optim.Adam(base.parameters(), { lr: 0.001 }),
  epochs: pretrain,
  metrics: ['accuracy'],
  callbacks: [train.progressBar()],
});
const { accuracy } = await train.evaluate(base, data.loader(lowTest.digits, { batchSize: 1000 }));
console.log(`digits 0 to 4: test accuracy ${percent(accuracy)} %\n`);
await io.save(out, base.stateDict());

// 2. Its body in a net for the digits 5 to 9. The old head would fit, but knows other digits.
const saved = await io.load(out);
const rename = (name: string) => (name.startsWith('output.') ? undefined : name);
const takeBody = (model: nn.Module) => model.loadStateDict(saved, { strict: false, rename });
const loaded = `${out}: ${takeBody(net())}`;
console.log(`${loaded}\n`);

// 3. Ways to go on from there.
interface Way {
  fromScratch?: boolean;
  prepare?(model: nn.FeedForward): void;
  groups?(model: nn.FeedForward, lr: number): { parameters: nn.Parameter[]; lr: number }[];
  callbacks?: train.Callback[];
}
const ways: Record<string, Way> = {
  'from scratch': { fromScratch: true },
  'head only': { prepare: (model) => model.freeze('hidden') },
  // The factor from layer to layer is that of Howard and Ruder.
  'layer-wise rates': { groups: (model, lr) => optim.layerwiseDecay(model, { lr, decay: 1 / 2.6 }) },
  'gradual unfreezing': { callbacks: [train.gradualUnfreezing({ every: Math.ceil(epochs / 4) })] },
  LoRA: {
    prepare(model) {
      nn.addLora(model, { rank, layers: 'hidden' });
      model.unfreeze('output');
    },
  },
};

const order = [...randperm(high.labels.length)];
const size = Math.min(1000, Math.floor(order.length / 4));
const validation = data.loader(high.digits.subset(order.slice(0, size)), { batchSize: 1000 });
const test = data.loader(highTest.digits, { batchSize: 1000 });

/** Learns from one draw of the few samples: for every way the same samples, and the same new head. */
async function learn(way: Way, lr: number, draw: number, options: { validation?: typeof validation } = {}) {
  manualSeed(seed + draw);
  const mixed = [...randperm(order.length - size)].map((i) => order[size + i]);
  const few = [0, 1, 2, 3, 4].flatMap((c) => mixed.filter((i) => high.labels[i] === c).slice(0, labels));
  if (few.length < 5 * labels) throw new RangeError(`there are fewer than ${labels} samples of a digit`);
  const model = net();
  if (!way.fromScratch) takeBody(model);
  way.prepare?.(model);
  const history = await train.fit(model, {
    data: data.loader(high.digits.subset(few), { batchSize: 10, shuffle: true }),
    loss: nn.crossEntropy,
    optimizer: new optim.Adam(way.groups?.(model, lr) ?? model.parameters(), { lr }),
    epochs,
    metrics: ['accuracy'],
    callbacks: way.callbacks,
    ...options,
  });
  return { model, history };
}

// 4. Each way has the learning rate that is best on the validation part, in two draws that are not used again. That part has far more
// labels than the few: who has no others would cross-validate. The test digits decide nothing, and nothing is stopped early.
const results = [];
for (const [name, way] of Object.entries(ways)) {
  const tried = [];
  for (const lr of [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1]) {
    const runs = [await learn(way, lr, 1001, { validation }), await learn(way, lr, 1002, { validation })];
    const found = mean(runs.map(({ history }) => history[epochs - 1].validationAccuracy));
    tried.push({ lr, found, history: runs[0].history });
  }
  const chosen = tried.reduce((best, next) => (next.found > best.found ? next : best));
  const start = performance.now();
  const models: nn.FeedForward[] = [];
  for (let draw = 1; draw <= draws; draw++) models.push((await learn(way, chosen.lr, draw)).model);
  const seconds = (performance.now() - start) / 1e3 / draws;
  const accuracies: number[] = [];
  for (const model of models) accuracies.push((await train.evaluate(model, test)).accuracy);
  const trainable = models[0]
    .parameters()
    .reduce((sum, { requiresGrad, size }) => sum + (requiresGrad ? size : 0), 0);
  results.push({ name, ...chosen, model: models[0], accuracies, trainable, seconds });
  const spread = `${percent(mean(accuracies)).toFixed(2)} % ± ${percent(deviation(accuracies)).toFixed(2)}`;
  console.log(
    `${name.padEnd(20)}${spread}   lr ${chosen.lr}   ${trainable} parameters   ${seconds.toFixed(2)} s`,
  );
}

// 5. What LoRA has learned is a small file: with the body that it is for, it is the whole net again.
const lora = results[results.length - 1].model;
const summary = lora.summary();
console.log(`\n${summary}\n`);
const learned = lora.stateDict();
const head = { 'output.weight': learned['output.weight'], 'output.bias': learned['output.bias'] };
await io.save(adapters, { ...nn.loraStateDict(lora), ...head });
const merged = net();
takeBody(merged);
nn.addLora(merged, { rank, layers: 'hidden' });
merged.loadStateDict(await io.load(adapters), { strict: false });
nn.mergeLora(merged);
const [before, after] = [await train.predict(lora, test), await train.predict(merged, test)].map(
  (all) => all.output.data,
);
const mergedDifference = before.reduce((most, x, i) => Math.max(most, Math.abs(x - after[i])), 0);
const [adapterKilobytes, wholeKilobytes] = [adapters, out].map(
  (path) => Math.round(statSync(path).size / 100) / 10,
);
const facts = `adapters and head: ${adapterKilobytes} kB, the whole net: ${wholeKilobytes} kB
loaded again and merged: of ${before.length} logits none differs by more than ${mergedDifference.toPrecision(2)}`;
console.log(facts);

// 6. The report, with the answers of the way that was best on the validation part.
const best = results.reduce((a, b) => (b.found > a.found ? b : a));
const { output, target } = await train.predict(best.model, test);
const predicted = await train.predictedClasses(output);
const report = await import('./report/index.ts');
const names = ['5', '6', '7', '8', '9'];
const chosen = report.chooseSamples(target, predicted);
const pictures = highTest.digits.batch(chosen).x.data;
const sure = softmax(output).data;
const scratch = results[0].accuracies;
const gains = (accuracies: number[]) => accuracies.map((share, draw) => share - scratch[draw]);
await report.writeReport(options.report, {
  title: 'New digits from few labels',
  summary: `A feed-forward network 784-128-64-5 knows the digits 0 to 4 (${percent(accuracy)} % right), and learns 5 to 9 from ${labels} samples of each, in ${results.length} ways.`,
  figures: {
    [`test accuracy, ${best.name}`]: `${percent(mean(best.accuracies))} %`,
    'from scratch': `${percent(mean(scratch))} %`,
  },
  sections: [
    report.table(
      results.map(({ name, accuracies, lr, trainable, seconds }) => ({
        way: name,
        'test accuracy %': percent(mean(accuracies)),
        '±': percent(deviation(accuracies)),
        'gain %': percent(mean(gains(accuracies))),
        '± of the gain': percent(deviation(gains(accuracies))),
        parameters: trainable,
        'learning rate': lr,
        seconds: Number(seconds.toFixed(2)),
      })),
      {
        title: 'Ways compared',
        best: { 'test accuracy %': 'highest', parameters: 'lowest' },
        note: `Means over ${draws} draws of the ${5 * labels} samples, the same for each way; ± is the standard deviation from draw to draw, the gain is over the net from scratch. Of six learning rates, each way has the one that was best on ${size} validation samples, in two other draws.`,
      },
    ),
    report.comparedCurves(Object.fromEntries(results.map(({ name, history }) => [name, history])), [
      'loss',
      'validationAccuracy',
    ]),
    report.confusion(train.confusionMatrix(target, predicted, 5), names, {
      title: `Confusion matrix: ${best.name}, first draw`,
    }),
    report.samples(
      chosen.map((i, place) => ({
        picture: { width: 28, height: 28, values: pictures.subarray(784 * place, 784 * (place + 1)) },
        truth: names[target[i]],
        predicted: names[predicted[i]],
        probability: sure[5 * i + predicted[i]],
      })),
    ),
    report.text(loaded, { title: 'What was loaded' }),
    report.text(`${summary}\n\n${facts}`, { title: 'What LoRA learned' }),
    report.settings({ labels, rank, draws, epochs, pretrain, limit, seed, ...report.environment() }),
  ],
});
console.log(`report written to ${options.report}`);

if (json) {
  const entries = results.map(({ name, accuracies, trainable, seconds, lr }) => [
    name,
    { testAccuracy: mean(accuracies), deviation: deviation(accuracies), trainable, seconds, lr },
  ]);
  console.log(
    JSON.stringify({
      best: best.name,
      ways: Object.fromEntries(entries),
      adapterKilobytes,
      wholeKilobytes,
      mergedDifference,
    }),
  );
}
