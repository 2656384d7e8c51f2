// js-pytorch: nested arrays of float64. Its weights, its ReLU and the rate of its Adam are set so that it computes what the others do.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Adapter, peer, peerFile } from '../adapter.ts';
import { adam, type NetworkInputs } from '../tasks.ts';

export async function open(): Promise<Adapter> {
  const torch = peer('js-pytorch').torch ?? peer('js-pytorch');
  const { nn, optim } = torch;
  const matrix = (data: ArrayLike<number>, rows: number, columns: number) =>
    torch.tensor(nested(Array.from(data), rows, columns));

  // Its own ReLU lets a thousandth through below 0; this is the same one, with 0 there
  const relu = (z: any) =>
    z.mul(torch.tensor(z.data.map((row: number[]) => row.map((value) => (value > 0 ? 1 : 0)))));

  const modelOf = ({ layers }: NetworkInputs) => {
    const linears = layers.map(({ inputs, outputs, W, b }) => {
      const linear = new nn.Linear(inputs, outputs);
      linear.W._data = nested(Array.from(W), inputs, outputs);
      linear.b._data = Array.from(b);
      return linear;
    });
    class Model extends nn.Module {
      constructor() {
        super();
        linears.forEach((linear, i) => {
          this[`linear${i}`] = linear;
        });
      }
      forward(x: any) {
        return linears.reduce((h, linear, i) => linear.forward(i === 0 ? h : relu(h)), x);
      }
    }
    return new Model();
  };

  return {
    version: JSON.parse(readFileSync(join(dirname(peerFile('js-pytorch')), '../package.json'), 'utf8'))
      .version,
    cannot: { epoch: 'has no way to read batches of more than a tensor of nested arrays' },
    product({ A, B, m, k, n }) {
      const [a, b] = [matrix(A, m, k), matrix(B, k, n)];
      return {
        run: () => torch.matmul(a, b),
        result: () => Float32Array.from(torch.matmul(a, b).data.flat()),
      };
    },
    step(inputs, lr) {
      const { rows, widths } = inputs;
      const model = modelOf(inputs);
      const { beta1, beta2, eps } = adam;
      const optimizer = new optim.Adam(model.parameters(), lr, 0, [beta1, beta2], eps);
      const x = matrix(inputs.x, rows, widths[0]);
      const mse = inputs.loss === 'mse';
      const y = mse
        ? matrix(inputs.target, rows, widths[widths.length - 1])
        : torch.tensor(Array.from(inputs.labels));
      const crossEntropy = new nn.CrossEntropyLoss();
      let count = 0;
      const step = () => {
        const output = model.forward(x);
        const loss = mse ? output.sub(y).pow(2).mean(-1).mean(-1) : crossEntropy.forward(output, y);
        loss.backward();
        // Its Adam does not correct the means for starting at 0; this rate and this ε make the same step of it
        count++;
        const root = Math.sqrt(1 - beta2 ** count);
        optimizer.lr = (lr * root) / (1 - beta1 ** count);
        optimizer.eps = eps * root;
        optimizer.step();
        optimizer.zero_grad();
        return loss;
      };
      return { run: step, result: () => Number([step().data].flat(3)[0]) };
    },
    infer(inputs) {
      const model = modelOf(inputs);
      const x = matrix(inputs.x, inputs.rows, inputs.widths[0]);
      const run = () => Float32Array.from(model.forward(x).data.flat());
      return { run, result: run };
    },
  };
}

const nested = (data: number[], rows: number, columns: number): number[][] =>
  Array.from({ length: rows }, (_, i) => data.slice(i * columns, (i + 1) * columns));
