// Checkpoints: whatever state goes in comes back as it was.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  ArgumentError,
  DataError,
  io,
  nn,
  optim,
  type Saved,
  scope,
  Tensor,
  tensor,
  zeros,
} from '../../src/index.ts';
import { expectError, expectRejection } from '../support/errors.ts';

const bad = (value: unknown) => value as never;
const again = (state: unknown): any => io.parseCheckpoint(io.toCheckpoint(state as Saved));

/** Throws unless two states are the same: classes, shapes, bits, the order of names. */
function expectSame(found: unknown, state: unknown, path = 'state'): void {
  if (state instanceof Tensor) {
    expect(found, path).to.be.instanceOf(Tensor);
    expect((found as Tensor).shape, path).to.deep.equal(state.shape);
    expectSame(found && (found as Tensor).data.slice(), state.data.slice(), path);
  } else if (ArrayBuffer.isView(state)) {
    expect(Object.getPrototypeOf(found), path).to.equal(Object.getPrototypeOf(state));
    const [a, b] = [found, state] as Float64Array[];
    expect(a.length, path).to.equal(b.length);
    const wrong = b.findIndex((value, i) => !Object.is(a[i], value));
    if (wrong >= 0) expect.fail(`${path}[${wrong}]: ${a[wrong]}, not ${b[wrong]}`);
  } else if (state !== null && typeof state === 'object') {
    expect(Array.isArray(found), path).to.equal(Array.isArray(state));
    expect(Object.keys(found as object), path).to.deep.equal(Object.keys(state));
    const values = Object.values(found as object);
    Object.entries(state).forEach(([key, value], i) => expectSame(values[i], value, `${path}.${key}`));
  } else if (!Object.is(found, state)) expect.fail(`${path}: ${String(found)}, not ${String(state)}`);
}

/** An object with these properties of its own, `__proto__` too. */
const object = (...pairs: [string, unknown][]) => Object.fromEntries(pairs);

describe('checkpoints', () => {
  it('hold a run: a model, its optimizer, and where it stood', () => {
    const make = () => new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Linear(4, 2));
    const [model, other] = [make(), make()];
    const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01 });
    const step = (net: nn.Module, own: optim.AdamW) =>
      scope(() => {
        own.zeroGrad();
        const x = tensor([
          [1, 2, 3],
          [0, -1, 2],
          [4, 0, 1],
        ]);
        nn.crossEntropy((net as nn.Sequential).forward(x) as Tensor, [0, 1, 0]).backward();
        own.step();
      });
    step(model, optimizer);
    const state = again({
      model: model.stateDict(),
      optimizer: optimizer.stateDict(),
      epoch: 3,
      best: Infinity,
    });
    expect([state.epoch, state.best]).to.deep.equal([3, Infinity]);
    other.loadStateDict(state.model);
    const otherOptimizer = new optim.AdamW(other.parameters());
    otherOptimizer.loadStateDict(state.optimizer);
    step(model, optimizer);
    step(other, otherOptimizer);
    expectSame(other.stateDict(), model.stateDict());
  });

  it('hold every number, and undefined, where JSON has no word for it', () => {
    const state = [
      NaN,
      Infinity,
      -Infinity,
      -0,
      0,
      undefined,
      null,
      5e-324,
      2 ** 53,
      0.1,
      -1.7976931348623157e308,
    ];
    expectSame(again(state), state);
    for (const value of [...state, true, false, '', 'NaN', 'undefined', '\ud83d', '"\\\n\u0000😀'])
      expectSame(again(value), value);
    expectSame(again(new Array(2)), [undefined, undefined]); // holes
  });

  it('hold typed arrays of each class, and tensors of any shape', () => {
    const state = {
      f64: new Float64Array([Math.PI, -0, NaN, 5e-324]),
      f32: new Float32Array([0.1, NaN]),
      i32: new Int32Array([-(2 ** 31), 2 ** 31 - 1]),
      u8: new Uint8Array([0, 255]),
      none: [new Float64Array(0), new Float32Array(0), new Int32Array(0), new Uint8Array(0)],
      scalar: tensor(-0),
      empty: zeros([2, 0, 3]),
      matrix: tensor([
        [1, NaN],
        [-Infinity, 4],
      ]),
    };
    expectSame(again(state), state);
    expectSame(again(tensor([1, 2])), tensor([1, 2])); // a state may be a single leaf
    expectSame(again(new Uint8Array([7])), new Uint8Array([7]));
    expectSame(again(Buffer.from([1, 2])), new Uint8Array([1, 2]));
  });

  it('hold empty lists and objects, and names of every kind', () => {
    const names = [
      '',
      ' ',
      'a.b',
      'a',
      '__proto__',
      'constructor',
      'toString',
      '__metadata__',
      '\ud800',
      '😀',
      '0',
      '7',
      '-1',
    ];
    const marks = ['$', '$$', '$tensor', '$$tensor', '$array', '$value', '$other'];
    const state = object(
      ...[...names, ...marks].map((name, i): [string, unknown] => [name, tensor([i])]),
      ['nested', object(['__proto__', { polluted: tensor(1) }], ['a.b', object(['$value', 'NaN'])])],
      ['alone', [object(['$tensor', 'a']), object(['$value', 'NaN']), object(['$array', null])]],
      ['empty', [[], {}, [[]], [{}]]],
    );
    expectSame(again(state), state);
    expectSame(again(Object.create(null)), {});
    expect(({} as { polluted?: unknown }).polluted).to.equal(undefined);
  });

  it('name tensors by their path, and differently where two paths read alike', async () => {
    const bytes = io.toCheckpoint({
      model: { '0.weight': tensor([1]), 0: { weight: tensor([2]) } },
      list: [tensor([3]), [tensor([4])]],
      __metadata__: tensor([5]),
      'half \ud800': tensor([6]),
    });
    const read = await io.load(bytes);
    expect(Object.entries(read).map(([name, x]) => [name, x.item()])).to.deep.equal([
      ['model.0.weight', 2],
      ['model.0.weight#2', 1],
      ['list.0', 3],
      ['list.1.0', 4],
      ['__metadata__#2', 5],
      ['half �', 6],
    ]);
    expect(Object.keys(await io.load(io.toCheckpoint(tensor(1))))).to.deep.equal(['state']);
  });

  it('write what is there twice once, and give it back as one', async () => {
    const [x, mean] = [tensor([1, 2]), new Float64Array([3])];
    const bytes = io.toCheckpoint({
      encoder: x,
      decoder: { tied: x },
      mean: [mean, mean],
      equal: tensor([1, 2]),
    });
    expect(Object.keys(await io.load(bytes))).to.deep.equal(['encoder', 'mean.0', 'equal']);
    const read = io.parseCheckpoint(bytes) as any;
    expect(read.decoder.tied).to.equal(read.encoder);
    expect(read.mean[1]).to.equal(read.mean[0]);
    expect(read.equal).not.to.equal(read.encoder);
    const list = [1];
    expect(again([list, list])).to.deep.equal([[1], [1]]); // twice is no cycle
  });

  it('load as plain tensors: no parameters, no gradients', () => {
    const { weight } = new nn.Linear(2, 2);
    const read = again({ weight }).weight;
    expect(Object.getPrototypeOf(read)).to.equal(Tensor.prototype);
    expect(read.requiresGrad).to.equal(false);
    expectSame(read, weight);
  });

  it('give back any state of the type Saved', () => {
    const leaf = fc.oneof(
      fc.double(),
      fc.string({ unit: 'binary' }),
      fc.boolean(),
      fc.constantFrom(null, undefined, NaN, -0),
      fc.array(fc.float(), { maxLength: 4 }).map((values) => tensor(values, [1, values.length])),
      fc.float64Array({ maxLength: 4 }),
      fc.float32Array({ maxLength: 4 }),
      fc.int32Array({ maxLength: 4 }),
      fc.uint8Array({ maxLength: 4 }),
    );
    const { state } = fc.letrec((tie) => ({
      state: fc.oneof(
        { depthSize: 'small', maxDepth: 4 },
        leaf,
        fc.array(tie('state'), { maxLength: 4 }),
        tie('object'),
      ),
      object: fc
        .array(
          fc.tuple(fc.oneof(fc.string(), fc.constantFrom('__proto__', '$tensor', 'a.0', 'a')), tie('state')),
          { maxLength: 4 },
        )
        .map((pairs) => Object.fromEntries(pairs)),
    }));
    fc.assert(
      fc.property(state, (value) => expectSame(again(value), value)),
      { seed: 4, numRuns: 200 },
    );
  });

  it('are the same bytes for the same state', () => {
    const state = () => ({ a: tensor([1]), b: [new Float64Array([2]), { c: NaN }] });
    expect(Buffer.compare(io.toCheckpoint(state()), io.toCheckpoint(state()))).to.equal(0);
  });

  it('refuse what is no state, and say where it is', () => {
    class Run {
      epoch = 3;
    }
    for (const [value, shown] of [
      [() => 1, 'a function'],
      [function relu() {}, 'the function relu'],
      [Symbol('a'), 'Symbol(a)'],
      [3n, '3n'],
      [new Map(), 'a Map'],
      [new Set(), 'a Set'],
      [new Date(), 'a Date'],
      [/a/, 'a RegExp'],
      [new Run(), 'a Run'],
      [new nn.Linear(1, 1), 'a Linear'],
      [Promise.resolve(), 'a Promise'],
      [new Int8Array(2), 'Int8Array(2)'],
      [new BigInt64Array(2), 'BigInt64Array(2)'],
      [new ArrayBuffer(2), 'an ArrayBuffer'],
    ] as [unknown, string][]) {
      const call = (state: unknown) => () => io.toCheckpoint(bad(state));
      expectError(
        call({ run: { list: [1, value] } }),
        ArgumentError,
        `toCheckpoint: run.list.1 is ${shown}\n`,
      );
      expectError(
        call(value),
        ArgumentError,
        `toCheckpoint: the state is ${shown}\n`,
        'rule: a checkpoint holds',
      );
    }
    expectSame(io.parseCheckpoint(io.toCheckpoint(runInNewContext('({ a: [1] })'))), { a: [1] }); // of another realm
  });

  it('refuse a state that contains itself, and one too deep for any stack', () => {
    const loop: Record<string, unknown> = { a: { b: [] } };
    (loop.a as { b: unknown[] }).b.push(loop.a);
    expectError(() => io.toCheckpoint(bad(loop)), ArgumentError, 'a.b.0 contains itself');
    const nested = (levels: number) => {
      let state: unknown = tensor(1);
      for (let i = 0; i < levels; i++) state = i % 2 ? [state] : { in: state };
      return state;
    };
    expectSame(again(nested(100)), nested(100));
    expectError(() => io.toCheckpoint(bad(nested(101))), ArgumentError, 'levels deep', 'at most 100 levels');
    expectError(() => io.toCheckpoint(bad(nested(100_000))), ArgumentError, 'at most 100 levels');
  });
});

describe('files of checkpoints', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'typegrad-checkpoint-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are saved and loaded by name, as bytes, as a Blob', async () => {
    const path = join(folder, 'run.safetensors');
    const state = { model: { weight: tensor([1, 2]) }, epoch: 1 };
    await io.saveCheckpoint(path, state);
    const bytes = await io.readFile(path);
    for (const file of [path, bytes, bytes.slice().buffer, new Blob([bytes.slice()])])
      expectSame(await io.loadCheckpoint(file), state);
  });

  it('are not written if the state cannot be', async () => {
    const path = join(folder, 'run.safetensors');
    await io.saveCheckpoint(path, { epoch: 1 });
    await expectRejection(
      io.saveCheckpoint(path, bad({ epoch: 2, log: console.log })),
      ArgumentError,
      'log is',
    );
    expect(await io.loadCheckpoint(path)).to.deep.equal({ epoch: 1 });
  });

  it('are told from files of tensors', async () => {
    const path = join(folder, 'weights.safetensors');
    await io.save(path, { x: tensor(1) });
    await expectRejection(
      io.loadCheckpoint(path),
      DataError,
      `parseCheckpoint: ${path} is a safetensors file, but no checkpoint`,
      'try:  load()',
    );
  });
});
