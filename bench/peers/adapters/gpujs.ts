// gpu.js alone: one kernel, a number of the product for each thread. It has no layers and no gradients.
import { type Adapter, peer } from '../adapter.ts';

export async function open({ mode }: { mode: 'webasm' | 'cpu' }): Promise<Adapter> {
  const { GPU, input } = peer('gpu.js');
  const cannot = 'runs kernels, and has no layers or gradients';
  return {
    version: peer('gpu.js/package.json').version,
    cannot: { step: cannot, infer: cannot, epoch: cannot },
    product({ A, B, m, k, n }) {
      const gpu = new GPU({ mode });
      const kernel = gpu.createKernel(source, { constants: { k }, output: [n, m], loopMaxIterations: k });
      const [a, b] = [input(A, [k, m]), input(B, [n, k])];
      return {
        run: () => kernel(a, b),
        result() {
          const C = new Float32Array(m * n);
          kernel(a, b).forEach((row: Float32Array, i: number) => {
            C.set(row, i * n);
          });
          return C;
        },
        release: () => gpu.destroy(),
      };
    },
  };
}

/** What gpu.js translates: it reads a function as text, so neither types nor anything from outside. */
const source = `function (a, b) {
  let sum = 0;
  for (let i = 0; i < this.constants.k; i++) sum += a[this.thread.y][i] * b[i][this.thread.x];
  return sum;
}`;
