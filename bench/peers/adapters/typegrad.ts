// typegrad, as importers get it: the built package.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Typegrad from '../../../src/index.ts';
import { type Adapter, type Digits, shareRight } from '../adapter.ts';
import type { Layer, NetworkInputs } from '../tasks.ts';

export interface Options {
  threads: number;
  arithmetic?: 'exact' | 'fast';
  /** The module, in a folder of the package. Wide vectors are asked for by TYPEGRAD_WIDE=1. */
  from: string;
}

export async function open({ threads, arithmetic, from }: Options): Promise<Adapter> {
  const tg: typeof Typegrad = await import(pathToFileURL(from).href);
  const { data, manualSeed, matmul, nn, optim, scope, tensor } = tg;
  tg.setThreads(threads);
  if (arithmetic) tg.setArithmetic(arithmetic);
  manualSeed(1);

  const modelOf = ({ layers }: NetworkInputs) => {
    const linears = layers.map(({ inputs, outputs, W, b }: Layer) => {
      const linear = new nn.Linear(inputs, outputs);
      const weight = tensor(transposed(W, inputs, outputs), [outputs, inputs]);
      linear.loadStateDict({ weight, bias: tensor(b, [outputs]) });
      return linear;
    });
    return new nn.Sequential(
      ...linears.flatMap((linear, i) => (i === 0 ? [linear] : [new nn.ReLU(), linear])),
    );
  };

  return {
    version: JSON.parse(readFileSync(join(dirname(from), '../package.json'), 'utf8')).version,
    product({ A, B, m, k, n }) {
      const [a, b] = [tensor(A, [m, k]), tensor(B, [k, n])];
      return { run: () => scope(() => void matmul(a, b)), result: () => matmul(a, b).data.slice() };
    },
    step(inputs, lr) {
      const model = modelOf(inputs);
      const optimizer = new optim.Adam(model.parameters(), { lr });
      const { rows, widths, labels } = inputs;
      const x = tensor(inputs.x, [rows, widths[0]]);
      const target =
        inputs.loss === 'mse' ? tensor(inputs.target, [rows, widths[widths.length - 1]]) : undefined;
      const step = () => {
        optimizer.zeroGrad();
        const y = model.forward(x);
        const loss = target ? nn.mse(y, target) : nn.crossEntropy(y, labels);
        loss.backward();
        optimizer.step();
        return loss;
      };
      return { run: () => scope(() => void step()), result: () => scope(() => step().item()) };
    },
    infer(inputs) {
      const model = modelOf(inputs);
      const x = tensor(inputs.x, [inputs.rows, inputs.widths[0]]);
      const run = () => scope(() => tg.noGrad(() => model.forward(x).data.slice()));
      return { run, result: run };
    },
    epoch(inputs, { trainX, trainY, testX, testY }: Digits, lr) {
      const model = modelOf(inputs);
      const optimizer = new optim.Adam(model.parameters(), { lr });
      const digits = data.fromTensors(tensor(trainX, [trainY.length, 784]), trainY);
      const batches = data.loader(digits, { batchSize: 128, shuffle: true });
      const test = tensor(testX, [testY.length, 784]);
      return {
        async run() {
          for await (const { x, y } of batches) {
            using _ = scope();
            optimizer.zeroGrad();
            nn.crossEntropy(model.forward(x), y).backward();
            optimizer.step();
          }
        },
        accuracy() {
          using _ = scope();
          const predicted = tg.noGrad(() => tg.argmax(model.forward(test), 1).data);
          return shareRight(Int32Array.from(predicted), testY);
        },
      };
    },
  };
}

/** [outputs, inputs], as a layer keeps it. */
function transposed(W: Float32Array, inputs: number, outputs: number): Float32Array {
  const turned = new Float32Array(W.length);
  for (let i = 0; i < inputs; i++)
    for (let j = 0; j < outputs; j++) turned[j * inputs + i] = W[i * outputs + j];
  return turned;
}
