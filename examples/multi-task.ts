// One net that tells a digit, and whether it is odd, beside two nets of the same size that learn one of both each.
import {
  data,
  enableWideVectors,
  manualSeed,
  nn,
  optim,
  randperm,
  type Tensor,
  train,
} from '../src/index.ts';
import { file, flag, number, readOptions, whole } from './options.ts';
import { deviation, mean, percent } from './statistics.ts';

const options = readOptions('npm run multi-task', {
  epochs: whole('how often to go through the digits', 20, 1),
  samples: whole('how many digits are learned from, others in each run', 2000, 10),
  runs: whole('how many runs the figures are means of', 5, 2),
  weight: number('how much the loss of "odd" counts, beside 1 for that of the digit', 1),
  seed: whole('the seed of everything random', 42),
  report: file('where the report goes', 'multi-task.html'),
  json: flag('end with one line of JSON: together and apart, each with digit, odd, parameters, seconds'),
});
const { epochs, samples, runs, weight, seed, json } = options;
enableWideVectors();

const digits = await data.mnist();
const tasks = ({ x, y }: data.Batch<Tensor, Int32Array>) => ({
  x,
  y: { digit: y, odd: y.map((digit) => digit % 2) },
});
const test = data.loader(digits.test, { batchSize: 1000, transforms: [tasks] });
const outputs = { digit: 10, odd: 2 };
const losses = { digit: nn.crossEntropy, odd: [nn.crossEntropy, weight] } as const;
type Task = keyof typeof outputs;

/** The entries of some tasks. */
const pick = <V>(all: Record<Task, V>, names: Task[]) =>
  Object.fromEntries(names.map((name) => [name, all[name]]));

/** Trains a net with a head for each of the tasks. */
async function learn(names: Task[], run: number) {
  manualSeed(seed + run);
  const chosen = digits.train.subset(randperm(digits.train.length).slice(0, samples));
  const model = new nn.MultiTask({
    body: new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 64), new nn.ReLU()),
    heads: Object.fromEntries(names.map((name) => [name, new nn.Linear(64, outputs[name])])),
  });
  const metrics = names.map((name) => train.ofHead(name, train.accuracy()));
  const history = await train.fit(model, {
    data: data.loader(chosen, { batchSize: 32, shuffle: true, transforms: [tasks] }),
    loss: nn.weightedLosses(pick<nn.WeightedLoss>(losses, names)),
    optimizer: new optim.Adam(model.parameters(), { lr: 0.001 }),
    epochs,
    metrics,
    callbacks: [train.progressBar({ write: () => {} })],
  });
  const seconds = history.reduce((sum, log) => sum + log.seconds, 0);
  const found = await train.evaluate(model, test, metrics);
  const parameters = model.parameters().reduce((sum, { size }) => sum + size, 0);
  return { model, history, seconds, parameters, digit: found.digitAccuracy, odd: found.oddAccuracy };
}

// Rate and sizes are ordinary ones, both tasks count the same, and the epochs are enough to get nearly all training digits right.
type Learned = Awaited<ReturnType<typeof learn>>;
const together: Learned[] = [];
const alone: Record<Task, Learned[]> = { digit: [], odd: [] };
for (let run = 1; run <= runs; run++) {
  together.push(await learn(['digit', 'odd'], run));
  for (const task of ['digit', 'odd'] as const) alone[task].push(await learn([task], run));
}
const apart = alone.digit.map((digit, i) => ({
  digit: digit.digit,
  odd: alone.odd[i].odd,
  seconds: digit.seconds + alone.odd[i].seconds,
  parameters: digit.parameters + alone.odd[i].parameters,
}));

type Figures = Record<Task | 'seconds' | 'parameters', number>;
const line = (name: string, list: readonly Figures[]) => ({
  nets: name,
  'digit right %': percent(mean(list.map(({ digit }) => digit))),
  '± digit': percent(deviation(list.map(({ digit }) => digit))),
  'odd or even right %': percent(mean(list.map(({ odd }) => odd))),
  '± odd': percent(deviation(list.map(({ odd }) => odd))),
  parameters: list[0].parameters,
  seconds: Number(mean(list.map(({ seconds }) => seconds)).toFixed(2)),
});
const gain = (task: Task) => together.map((run, i) => run[task] - apart[i][task]);
const rows = [line('one with two heads', together), line('two, one for each task', apart)];
const gains = (['digit', 'odd'] as const).map(
  (task) => `${task} ${percent(mean(gain(task)))} ± ${percent(deviation(gain(task)))} percent points`,
);
console.table(rows);
console.log(`what learning both gains: ${gains.join(', ')}`);

const { model, history } = together[0];
const report = await import('./report/index.ts');
await report.writeReport(options.report, {
  title: 'Two tasks, one net',
  summary: `A body 784-128-64 with two heads learns from ${samples} digits of MNIST which one it is, and whether it is odd; two nets of the same size learn one of both each.`,
  sections: [
    report.table(rows, {
      title: 'Together and apart',
      best: {
        'digit right %': 'highest',
        'odd or even right %': 'highest',
        parameters: 'lowest',
        seconds: 'lowest',
      },
      note: `Test digits; means and standard deviations of ${runs} runs, each from other digits, the same for all nets. Paired by run, learning both gains: ${gains.join(', ')}.`,
    }),
    report.comparedCurves({ together: history, apart: alone.digit[0].history }, ['digitAccuracy'], {
      title: 'Which digit, in training',
    }),
    report.comparedCurves({ together: history, apart: alone.odd[0].history }, ['oddAccuracy'], {
      title: 'Odd or even, in training',
    }),
    report.text(model.summary()),
    report.settings({ epochs, samples, runs, weight, seed, ...report.environment() }),
  ],
});
console.log(`report written to ${options.report}`);

if (json) {
  const figures = (list: readonly Figures[]) => {
    const average = (key: keyof Figures) => mean(list.map((run) => run[key]));
    return {
      digit: average('digit'),
      odd: average('odd'),
      parameters: average('parameters'),
      seconds: average('seconds'),
    };
  };
  console.log(JSON.stringify({ together: figures(together), apart: figures(apart) }));
}
