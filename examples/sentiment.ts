// Tells praise from complaint by a sentence's words, whatever their order: a bag of words, dropout, L2, and an early stop.
import { data, enableWideVectors, eye, manualSeed, nn, optim, softmax, train, zeros } from '../src/index.ts';
import { sentences, sources } from './data.ts';
import { file, flag, number, readOptions, whole } from './options.ts';
import { percent } from './statistics.ts';

const options = readOptions('npm run sentiment', {
  folds: whole('parts of the cross-validation', 5, 2),
  epochs: whole('how often to go through the sentences, at most', 30, 1),
  dropout: number('the probability that a hidden value is dropped', 0.5, 0, 1),
  l2: number('the factor of the squared weights in the loss', 1e-4),
  seed: whole('the seed of everything random', 42),
  report: file('where the report goes', 'sentiment.html'),
  json: flag('end with one line of JSON: accuracy, rocAuc, words, folds, epochs'),
});
const { folds: count, epochs, dropout, l2, seed } = options;
enableWideVectors();
manualSeed(seed);

// Each sentence once: a copy in the training part would give the answer away.
const reviews = new Map<string, { label: number; source: string }>();
for (const source of sources) {
  const { sentences: texts, labels } = sentences(source);
  for (const [i, text] of texts.entries()) reviews.set(text, { label: labels[i], source });
}
const texts = [...reviews.keys()];
const y = Int32Array.from(reviews.values(), ({ label }) => label);
const classes = ['negative', 'positive'];

const scores = new Float64Array(texts.length); // the probability that a sentence is positive
let last: { bag: data.BagOfWords; model: nn.FeedForward; history: train.EpochLog[] } | undefined;

for (const [i, fold] of data.kFold(texts.length, { folds: count, stratify: y }).entries()) {
  const textsOf = (part: Int32Array) => Array.from(part, (sample) => texts[sample]);
  const labelsOf = (part: Int32Array) => part.map((sample) => y[sample]);
  // The vocabulary is that of the training part: a word that only other sentences have could not be learned anyway.
  const bag = new data.BagOfWords().fit(textsOf(fold.train));
  const counted = (part: Int32Array) => data.fromTensors(bag.transform(textsOf(part)), labelsOf(part));
  // When to stop is a choice, too: a tenth of the training part makes it, and not the fold that is judged.
  const [fitOn, validation] = counted(fold.train).splitStratified(labelsOf(fold.train), 0.9, 0.1);

  // Dropout and L2 were chosen with --seed 1: on other folds, though of the same sentences.
  const model = new nn.FeedForward({
    inputs: bag.words.length,
    hidden: 32,
    outputs: classes.length,
    dropout,
  });
  const history = await train.fit(model, {
    data: data.loader(fitOn, { shuffle: true }),
    validation: data.loader(validation, { batchSize: 256 }),
    loss: nn.crossEntropy,
    penalties: [nn.l2Penalty(l2)],
    optimizer: new optim.Adam(model.parameters(), { lr: 0.003 }),
    epochs,
    metrics: ['accuracy'],
    callbacks: [
      train.earlyStopping({ patience: 3, restoreBest: true }),
      train.progressBar({ write: () => {} }), // the bar, without a line for each epoch
    ],
  });
  const asked = data.loader(counted(fold.validation), { batchSize: 256 });
  const { output, target } = await train.predict(model, asked);
  const { data: probabilities } = softmax(output);
  for (const [row, sample] of fold.validation.entries()) scores[sample] = probabilities[2 * row + 1];
  const accuracy = train.accuracy(target, await train.predictedClasses(output));
  console.log(
    `fold ${i + 1}/${count}  ${bag.words.length} words  ${history.length} epochs  accuracy ${accuracy.toFixed(4)}`,
  );
  last = { bag, model, history };
}

const predicted = Int32Array.from(scores, (score) => (score > 0.5 ? 1 : 0));
const accuracy = train.accuracy(y, predicted);
const rocAuc = train.rocAuc(y, scores);
const bySource = sources.map((source) => {
  const own = texts.flatMap((text, i) => (reviews.get(text)!.source === source ? [i] : []));
  const [truth, guesses] = [y, predicted].map((list) => own.map((i) => list[i]));
  return { source, sentences: own.length, accuracy: train.accuracy(truth, guesses) };
});
console.log(`\naccuracy ${percent(accuracy)} %  ROC AUC ${rocAuc.toFixed(4)}`);
for (const { source, accuracy } of bySource) console.log(`  ${source.padEnd(7)}${percent(accuracy)} %`);

// What a word says by itself: how far a sentence of that word alone lies from the empty one.
const { bag, model, history } = last!;
const { words } = bag;
const none = model.predict(zeros([1, words.length])).data;
const alone = model.predict(eye(words.length)).data;
const effects = words
  .map((word, i) => ({ word, effect: alone[2 * i + 1] - alone[2 * i] - (none[1] - none[0]) }))
  .sort((a, b) => b.effect - a.effect);
const [praise, complaint] = [effects.slice(0, 20), effects.slice(-20).reverse()];
const first = (list: typeof effects) =>
  list
    .slice(0, 8)
    .map(({ word }) => word)
    .join(', ');
console.log(`\npraise     ${first(praise)}\ncomplaint  ${first(complaint)}`);

const report = await import('./report/index.ts');
// The sentences of which it was surest: where it is wrong there, words are not enough.
const sureness = (i: number) => Math.abs(scores[i] - 0.5);
const surest = [...texts.keys()].sort((i, j) => sureness(j) - sureness(i));
const [truth, guesses] = [y, predicted].map((list) => surest.map((i) => list[i]));
const chosen = report.chooseSamples(truth, guesses, 12).map((place) => surest[place]);

await report.writeReport(options.report, {
  title: 'Praise or complaint',
  summary: `A network tells from their words whether ${texts.length.toLocaleString('en-US')} sentences of reviews are positive, in ${count} folds.`,
  figures: { accuracy: `${percent(accuracy)} %`, 'ROC AUC': rocAuc.toFixed(4) },
  sections: [
    report.table(bySource, { title: 'By source' }),
    report.confusion(train.confusionMatrix(y, predicted, 2), classes),
    report.table(
      praise.map(({ word, effect }, i) => ({
        praise: word,
        'adds to the logit': effect,
        complaint: complaint[i].word,
        'takes from it': -complaint[i].effect,
      })),
      {
        title: 'Words that say most',
        note: 'What each word alone adds to the logit of positive, in the last fold’s network.',
      },
    ),
    report.samples(
      chosen.map((i) => ({
        text: texts[i],
        truth: classes[y[i]],
        predicted: classes[predicted[i]],
        probability: predicted[i] === 1 ? scores[i] : 1 - scores[i],
      })),
      { title: 'Sentences', note: 'Those of which the network was surest.' },
    ),
    report.learningCurves(history, {
      title: 'Training in the last fold',
      kept: history.reduce((best, log) => (log.validationLoss < best.validationLoss ? log : best)).epoch,
    }),
    report.text(model.summary()),
    report.settings({ folds: count, epochs, dropout, l2, seed, ...report.environment() }),
  ],
});
console.log(`\nreport written to ${options.report}`);
if (options.json)
  console.log(JSON.stringify({ accuracy, rocAuc, words: words.length, folds: count, epochs }));
