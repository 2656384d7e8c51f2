// Mistakes that must not compile, and what must: `npm run types` checks the types, mocha that running says the same.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import {
  ArgumentError,
  nn,
  type Probabilities,
  relu,
  ShapeError,
  softmax,
  type Tensor,
  tensor,
  zeros,
} from '../../src/index.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `type(x).is<T>()` does not compile unless x has exactly the type T. */
const type = <A>(_value: A) => ({ is: <B>(..._proof: Same<A, B> extends true ? [] : [never]): void => {} });

const untyped = (shape: number[]): Tensor => zeros(shape);
const batch = zeros([32, 784]);
const pictures = zeros([32, 28, 28]);
const labels = new Int32Array(32);

describe('widths that disagree', () => {
  const sentence = 'layer 2 takes 128 values, but layer 1 gives 64';

  it('a Sequential whose layers do not fit does not compile, and cannot be made', () => {
    const make = () =>
      new nn.Sequential(
        new nn.Linear(784, 64),
        new nn.ReLU(),
        // @ts-expect-error layer 2 takes 128 values, but layer 1 gives 64
        new nn.Linear(128, 10),
      );
    expect(make).to.throw(ShapeError, sentence);
  });

  it('layers that keep the width let it through: activations, Dropout, LayerNorm, BatchNorm1d, Residual', () => {
    const keepers = [
      new nn.ReLU(),
      new nn.LeakyReLU(),
      new nn.ELU(),
      new nn.GELU(),
      new nn.SiLU(),
      new nn.Softplus(),
      new nn.Sigmoid(),
      new nn.LogSigmoid(),
      new nn.Tanh(),
      new nn.Hardtanh(),
      new nn.Softmax(),
      new nn.LogSoftmax(),
      new nn.Dropout(),
      new nn.LayerNorm(64),
      new nn.BatchNorm1d(64),
      new nn.Residual(new nn.Linear(64, 64)),
      new nn.Residual(new nn.Tanh()),
      new nn.Sequential(new nn.Tanh(), new nn.Dropout()),
      new nn.Sequential(),
    ];
    for (const keeper of keepers) {
      expect(
        () => new nn.Sequential(new nn.Linear(784, 64), keeper, new nn.Linear(128, 10) as nn.Module),
      ).to.throw(ShapeError, sentence);
      new nn.Sequential(new nn.Linear(784, 64), keeper, new nn.Linear(64, 10));
    }
    const from = new nn.Linear(784, 64);
    const to = new nn.Linear(128, 10);
    const makers = [
      // @ts-expect-error
      () => new nn.Sequential(from, new nn.ReLU(), to),
      // @ts-expect-error
      () => new nn.Sequential(from, new nn.LeakyReLU(), to),
      // @ts-expect-error
      () => new nn.Sequential(from, new nn.ELU(), to),
      // @ts-expect-error
      () => new nn.Sequential(from, new nn.GELU(), to),
      // @ts-expect-error
      () => new nn.Sequential(from, new nn.SiLU(), to),
      // @ts-expect-error
      () => new nn.Sequential(from, new nn.Softplus(), to),
      // @ts-expect-error
      () => new nn.Sequential(from, new nn.Sigmoid(), to),
      // @ts-expect-error
      () => new nn.Sequential(from, new nn.LogSigmoid(), to),
      // @ts-expect-error
      () => new nn.Sequential(from, new nn.Tanh(), to),
      // @ts-expect-error
      () => new nn.Sequential(from, new nn.Hardtanh(), to),
      // @ts-expect-error
      () => new nn.Sequential(from, new nn.Softmax(), to),
      // @ts-expect-error
      () => new nn.Sequential(from, new nn.LogSoftmax(), to),
      // @ts-expect-error
      () => new nn.Sequential(from, new nn.Dropout(), to),
      // @ts-expect-error
      () => new nn.Sequential(from, new nn.LayerNorm(64), to),
      // @ts-expect-error
      () => new nn.Sequential(from, new nn.BatchNorm1d(64), to),
      // @ts-expect-error
      () => new nn.Sequential(from, new nn.Residual(new nn.Linear(64, 64)), to),
      // @ts-expect-error
      () => new nn.Sequential(from, new nn.Residual(new nn.Tanh()), to),
      // @ts-expect-error
      () => new nn.Sequential(from, new nn.Sequential(new nn.Tanh(), new nn.Dropout()), to),
      // @ts-expect-error
      () => new nn.Sequential(from, new nn.Sequential(), to),
    ];
    expect(makers).to.have.length(keepers.length);
    for (const make of makers) expect(make).to.throw(ShapeError, sentence);
  });

  it('norms and nested networks must fit too', () => {
    const from = new nn.Linear(784, 64);
    const makers = [
      // @ts-expect-error layer 1 takes 32 values, but layer 0 gives 64
      () => new nn.Sequential(from, new nn.LayerNorm(32)),
      // @ts-expect-error layer 1 takes 32 values, but layer 0 gives 64
      () => new nn.Sequential(from, new nn.BatchNorm1d(32)),
      // @ts-expect-error layer 1 takes 32 values, but layer 0 gives 64
      () => new nn.Sequential(from, new nn.Sequential(new nn.Tanh(), new nn.Linear(32, 10))),
      // @ts-expect-error layer 1 takes 32 values, but layer 0 gives 64
      () => new nn.Sequential(new nn.Sequential(from, new nn.Tanh()), new nn.Linear(32, 10)),
      // @ts-expect-error layer 1 takes 32 values, but layer 0 gives 64
      () => new nn.Sequential(from, new nn.Residual(new nn.Linear(32, 32), new nn.Tanh())),
      // @ts-expect-error layer 1 takes 32 values, but layer 0 gives 64
      () => new nn.Sequential(from, new nn.FeedForward({ inputs: 32, hidden: 8, outputs: 10 })),
    ];
    for (const make of makers)
      expect(make).to.throw(ShapeError, 'layer 1 takes 32 values, but layer 0 gives 64');
  });

  it('a Residual whose result cannot be added to its input does not compile, and cannot be made', () => {
    // @ts-expect-error f(x) has 32 values, but x has 64
    expect(() => new nn.Residual(new nn.Linear(64, 32), new nn.ReLU())).to.throw(
      ShapeError,
      'f(x) has 32 values, but x has 64',
    );
    // @ts-expect-error layer 1 takes 16 values, but layer 0 gives 32
    expect(() => new nn.Residual(new nn.Linear(64, 32), new nn.Linear(16, 64))).to.throw(
      ShapeError,
      'layer 1 takes 16 values, but layer 0 gives 32',
    );
  });

  it('a network of the wrong width does not take a batch', () => {
    const model = new nn.Sequential(new nn.Linear(784, 64), new nn.ReLU(), new nn.Linear(64, 10));
    const forward = new nn.FeedForward({ inputs: 784, hidden: [64, 128], outputs: 10 });
    const narrow = zeros([32, 64]);
    const calls = [
      // @ts-expect-error
      () => model.forward(narrow),
      // @ts-expect-error
      () => model.predict(narrow),
      // @ts-expect-error
      () => forward.forward(narrow),
      // @ts-expect-error
      () => new nn.Linear(784, 64).forward(narrow),
      // @ts-expect-error
      () => new nn.LayerNorm(784).forward(narrow),
      // @ts-expect-error
      () => new nn.BatchNorm1d(784).forward(narrow),
    ];
    for (const call of calls) expect(call).to.throw(ShapeError, '[32, 64]');
  });

  it('pictures of 28 × 28 that were not flattened do not compile, and running says flatten', () => {
    const model = new nn.Sequential(new nn.Linear(784, 64), new nn.ReLU(), new nn.Linear(64, 10));
    const calls = [
      // @ts-expect-error
      () => new nn.Linear(784, 64).forward(pictures),
      // @ts-expect-error
      () => model.forward(pictures),
      // @ts-expect-error
      () => model.predict(pictures),
      // @ts-expect-error
      () => model.forward(zeros([32, 28, 28])),
      // @ts-expect-error
      () => new nn.Linear(784, 64).forward(zeros([32, 28, 28])),
    ];
    for (const call of calls) expect(call).to.throw(ShapeError, 'try:  flatten(x, 1)  →  [32, 784]');
    expect(() => model.forward(pictures as Tensor)).to.throw('layer 0 (Linear): linear: x [32, 28, 28]');
  });

  it('a class of one’s own with layers that do not fit does not compile', () => {
    class FeedForward extends nn.Module {
      hidden = new nn.Linear(784, 64);
      output = new nn.Linear(128, 10);

      forward(x: Tensor<[number, 784]>): Tensor<[number, 10]> {
        // @ts-expect-error
        return this.output.forward(relu(this.hidden.forward(x)));
      }
    }
    expect(() => new FeedForward().forward(batch)).to.throw(
      ShapeError,
      'x [32, 64] does not fit the weight [10, 128]',
    );
  });

  it('softmax in front of crossEntropy does not compile, as a function and as a layer, and throws', () => {
    const logits = new nn.Sequential(new nn.Linear(784, 64), new nn.ReLU(), new nn.Linear(64, 10));
    const model = new nn.Sequential(logits, new nn.Softmax());
    const nested = new nn.Sequential(
      new nn.Linear(784, 10),
      new nn.Sequential(new nn.Dropout(), new nn.Softmax()),
    );
    const calls = [
      // @ts-expect-error softmax was applied already
      () => nn.crossEntropy(softmax(logits.forward(batch)), labels),
      // @ts-expect-error softmax was applied already
      () => nn.crossEntropy(model.forward(batch), labels),
      // @ts-expect-error softmax was applied already
      () => nn.crossEntropy(model.predict(batch), labels),
      // @ts-expect-error softmax was applied already
      () => nn.crossEntropy(nested.forward(batch), labels),
      // @ts-expect-error softmax was applied already
      () => nn.crossEntropy(new nn.Softmax().forward(untyped([32, 10])), labels),
    ];
    for (const call of calls) expect(call).to.throw(ArgumentError, /softmax/);
    nn.crossEntropy(logits.forward(batch), labels);
  });
});

describe('widths that may be anything', () => {
  const model = new nn.Sequential(new nn.Linear(784, 64), new nn.ReLU(), new nn.Linear(64, 10));

  it('a tensor without sizes, or with sizes of type number, always fits', () => {
    type(model.forward(untyped([32, 784]))).is<Tensor<[number, 10]>>();
    const matrix: Tensor<[number, number]> = tensor([[1, 2, 3]]);
    type(new nn.Linear(3, 2).forward(matrix)).is<Tensor<[number, 2]>>();
    type(new nn.Sequential(new nn.Linear(3, 2)).forward(matrix)).is<Tensor<[number, 2]>>();
    type(new nn.Tanh().forward(matrix)).is<Tensor<[number, number]>>();
    new nn.LayerNorm(3).forward(matrix);
    new nn.BatchNorm1d(3).eval().forward(matrix);
  });

  it('widths of type number fit all others', () => {
    const width: number = 64;
    const open = new nn.Sequential(new nn.Linear(784, width), new nn.ReLU(), new nn.Linear(width, 10));
    type(open.forward(batch)).is<Tensor<[32, 10]>>();
    const layer: nn.Linear = new nn.Linear(64, width);
    type(new nn.Sequential(new nn.Linear(784, 64), layer, new nn.Linear(width, 10)).forward(batch)).is<
      Tensor<[32, 10]>
    >();
  });

  it('the result has the batch’s rows, and the last layer’s width', () => {
    type(model.forward(batch)).is<Tensor<[32, 10]>>();
    type(model.predict(batch)).is<Tensor<[32, 10]>>();
    type(new nn.Linear(784, 64).predict(batch)).is<Tensor<[32, 64]>>();
    const rows: Tensor<[number, 784]> = batch;
    type(model.forward(rows)).is<Tensor<[number, 10]>>();
    expect(model.forward(batch).shape).to.deep.equal([32, 10]);
  });

  it('axes before the last pass through: a Linear of 28 takes pictures row by row', () => {
    const rows = new nn.Sequential(
      new nn.Linear(28, 4),
      new nn.ReLU(),
      new nn.LayerNorm(4),
      new nn.Linear(4, 3),
    );
    type(rows.forward(pictures)).is<Tensor<[32, 28, 3]>>();
    expect(rows.forward(pictures).shape).to.deep.equal([32, 28, 3]);
  });

  it('networks nest, with widths of their own', () => {
    const outer = new nn.Sequential(
      model,
      new nn.ReLU(),
      new nn.Sequential(new nn.Linear(10, 5), new nn.Tanh()),
    );
    type(outer.forward(batch)).is<Tensor<[32, 5]>>();
    expect(outer.forward(batch).shape).to.deep.equal([32, 5]);
    const all: nn.Sequential = outer;
    type(all.forward(batch)).is<Tensor>();
    const module: nn.Module = outer;
    expect(module).to.equal(outer);
  });

  it('a Residual stands in a Sequential as its width', () => {
    const deep = new nn.Sequential(
      new nn.Linear(784, 64),
      new nn.Residual(new nn.LayerNorm(64), new nn.Linear(64, 128), new nn.GELU(), new nn.Linear(128, 64)),
      new nn.Residual(new nn.Tanh()),
      new nn.Linear(64, 10),
    );
    type(deep.forward(batch)).is<Tensor<[32, 10]>>();
    expect(deep.forward(batch).shape).to.deep.equal([32, 10]);
  });

  it('Softmax makes probabilities of the result only where it is last', () => {
    type(new nn.Sequential(model, new nn.Softmax()).forward(batch)).is<Probabilities<[32, 10]>>();
    type(new nn.Sequential(new nn.Sequential(model, new nn.Softmax())).forward(batch)).is<
      Probabilities<[32, 10]>
    >();
    type(new nn.Sequential(model, new nn.Softmax(), new nn.Linear(10, 2)).forward(batch)).is<
      Tensor<[32, 2]>
    >();
  });

  it('after Flatten the width is not known, and neither in front of it', () => {
    const flat = new nn.Sequential(new nn.Flatten(), new nn.Linear(784, 10));
    type(flat.forward(pictures)).is<Tensor<[number, 10]>>();
    expect(flat.forward(pictures).shape).to.deep.equal([32, 10]);
  });

  it('an Embedding gives its width', () => {
    const table = new nn.Embedding(100, 8);
    type(table.forward([3, 1, 4])).is<Tensor<[number, 8]>>();
    const words = new nn.Sequential(table, new nn.Linear(8, 3));
    type(
      words.forward([
        [3, 1],
        [4, 1],
      ]),
    ).is<Tensor<[...number[], 3]>>();
    expect(
      words.forward([
        [3, 1],
        [4, 1],
      ]).shape,
    ).to.deep.equal([2, 2, 3]);
    // @ts-expect-error layer 1 takes 9 values, but layer 0 gives 8
    expect(() => new nn.Sequential(table, new nn.Linear(9, 3))).to.throw(
      ShapeError,
      'layer 1 takes 9 values, but layer 0 gives 8',
    );
  });

  it('modules of one’s own take part by the type of their forward', () => {
    class TwoLayers extends nn.Module {
      hidden = new nn.Linear(784, 64);
      output = new nn.Linear(64, 10);
      forward(x: Tensor<[number, 784]>) {
        return this.output.forward(relu(this.hidden.forward(x)));
      }
    }
    class Untyped extends nn.Module {
      forward(x: Tensor): Tensor {
        return x;
      }
    }
    class Anything extends nn.Module {
      forward(x: any): any {
        return x;
      }
    }
    type(new TwoLayers().forward(batch)).is<Tensor<[number, 10]>>();
    type(new TwoLayers().predict(batch)).is<Tensor<[number, 10]>>();
    type(new nn.Sequential(new TwoLayers(), new nn.Linear(10, 2)).forward(batch)).is<Tensor<[number, 2]>>();
    // @ts-expect-error layer 1 takes 12 values, but layer 0 gives 10
    new nn.Sequential(new TwoLayers(), new nn.Linear(12, 2));
    // @ts-expect-error layer 1 takes 784 values, but layer 0 gives 700
    new nn.Sequential(new nn.Linear(784, 700), new TwoLayers());
    for (const module of [new Untyped(), new Anything()]) {
      new nn.Sequential(new nn.Linear(784, 64), module, new nn.Linear(128, 10));
      new nn.Sequential(module, new nn.Linear(128, 10));
    }
    type(new nn.Sequential(new nn.Linear(784, 10), new Untyped()).forward(batch)).is<Tensor>();
  });

  it('a layer may be chosen at run time', () => {
    const chosen = <A, B>(a: A, b: B): A | B => (batch.size > 0 ? a : b);
    const [from, to] = [new nn.Linear(784, 64), new nn.Linear(64, 10)];
    new nn.Sequential(from, chosen(new nn.ReLU(), new nn.Dropout()), to);
    new nn.Sequential(from, chosen(new nn.ReLU(), new nn.Linear(64, 64)), to);
    new nn.Sequential(from, chosen(new nn.Linear(64, 64), new nn.Linear(64, 128)), to);
    new nn.Sequential(from, chosen(new nn.LayerNorm(64), new nn.BatchNorm1d(64)), to);
    new nn.Sequential(from, chosen(new nn.Sequential(new nn.Linear(64, 64)), new nn.Tanh()), to);
    const width = chosen(64 as const, 128 as const);
    new nn.Sequential(new nn.Linear(784, width), to);
  });

  it('a list of layers may be spread', () => {
    const layers: nn.Module[] = [new nn.Linear(784, 64), new nn.ReLU()];
    const spread = new nn.Sequential(...layers);
    type(spread.forward(batch)).is<Tensor>();
    expect(spread.forward(batch).shape).to.deep.equal([32, 64]);
    expect(() => new nn.Sequential(...layers, new nn.Linear(128, 10))).to.throw(
      ShapeError,
      'takes 128 values',
    );
  });

  it('a list of typed layers may run one after the other', () => {
    class List extends nn.Module {
      layers = [new nn.Linear(784, 64), new nn.Linear(64, 10)];
      forward(x: Tensor): Tensor {
        for (const layer of this.layers) x = layer.forward(x);
        return x;
      }
    }
    expect(new List().forward(batch).shape).to.deep.equal([32, 10]);
  });

  it('a tensor whose number of axes is not known fits', () => {
    const shape: number[] = [32, 784];
    model.forward(zeros(shape));
    new nn.Linear(784, 2).forward(zeros(batch.shape));
  });

  it('layers keep their types', () => {
    type(model.layers[2]).is<nn.Linear<64, 10>>();
    type(model.layers[0].weight).is<nn.Parameter<[64, 784]>>();
  });

  it('a loss takes what a typed network gives', () => {
    type(nn.crossEntropy(model.forward(batch), labels).item()).is<number>();
    type(nn.mse(model.forward(batch), zeros([32, 10])).item()).is<number>();
  });
});

describe('what the compiler says', () => {
  const folder = new URL(`../../build/types-${process.pid}/`, import.meta.url);
  const repository = fileURLToPath(new URL('../../', import.meta.url));

  /** The compiler's messages about a file with that text, and how many types it had to make. */
  const compile = (text: string): { errors: string; instantiations: number } => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      new URL('tsconfig.json', folder),
      '{ "extends": "../../tsconfig.json", "include": ["*.ts"] }',
    );
    writeFileSync(
      new URL('planted.ts', folder),
      `import { nn, softmax, zeros } from '../../src/index.ts';\n${text}`,
    );
    const { stdout, error } = spawnSync(
      process.execPath,
      ['node_modules/typescript/bin/tsc', '-p', fileURLToPath(folder), '--extendedDiagnostics'],
      { cwd: repository, encoding: 'utf8' },
    );
    if (error) throw error;
    const ours = stdout.split(/^(?=\S)/m).filter((message) => message.includes('planted.ts'));
    return { errors: ours.join(''), instantiations: Number(stdout.match(/^Instantiations: +(\d+)/m)?.[1]) };
  };

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('names both widths and both layers, in a sentence', () => {
    const { errors } = compile(`
      new nn.Sequential(new nn.Linear(784, 64), new nn.ReLU(), new nn.Linear(128, 10));
      new nn.Residual(new nn.Linear(64, 32));
      const pictures = zeros([32, 28, 28]);
      new nn.Sequential(new nn.Linear(784, 64), new nn.ReLU()).forward(pictures);
      nn.crossEntropy(softmax(zeros([32, 10])), [1]);`);
    const [sequential, residual, flat, probabilities, ...more] = errors.split(/^(?=\S)/m);
    expect(sequential)
      .to.contain("'Linear<128, 10>'")
      .and.contain('"layer 2 takes 128 values, but layer 1 gives 64"');
    expect(residual).to.contain('"f(x) has 32 values, but x has 64"');
    expect(flat).to.contain("'Tensor<[32, 28, 28]>'").and.contain("'Tensor<[...number[], 784]>'");
    expect(probabilities).to.contain('softmax was applied already; this function wants logits');
    expect(more).to.deep.equal([]);
  });

  it('says nothing about a network of 60 layers, and has little to do', function () {
    this.timeout(60_000); // what counts is counted; the compiler takes long on a busy machine
    const layers = Array.from(
      { length: 20 },
      (_, i) => `new nn.Linear(${64 + i}, ${65 + i}), new nn.ReLU(), new nn.Dropout(0.1)`,
    );
    const uses = 'nn; softmax; zeros;';
    const { errors, instantiations } = compile(
      `${uses} new nn.Sequential(${layers.join(', ')}).forward(zeros([32, 64]));`,
    );
    expect(errors).to.equal('');
    expect(instantiations - compile(uses).instantiations).to.be.within(1, 100_000); // about 50 ms
  });
});
