// Bad input for every public function: each wrong call gets one of our errors, which says what was wrong and what is right.
import { expect } from 'chai';
import type { AnyDefinition } from '../../src/autograd/op.ts';
import * as typegrad from '../../src/index.ts';
import {
  AnomalyError,
  ArgumentError,
  DataError,
  DeviceError,
  GradientError,
  IndexError,
  ShapeError,
  StateError,
  Tensor,
  TypegradError,
} from '../../src/index.ts';
import { expectError, expectRejection } from '../support/errors.ts';
import { samplesFrom } from '../support/gradients.ts';
import { seeded } from '../support/random.ts';

type ErrorClass = new (...args: any[]) => Error;
type Operation = ((...args: any[]) => unknown) & { definition: AnyDefinition };

/** The package as plain JavaScript sees it: without types. */
const js: any = typegrad;
const { data, io, nn, optim, tensor, train } = js;

const isOperation = (value: unknown): value is Operation =>
  typeof value === 'function' && 'definition' in value;
const operations = Object.entries(typegrad).filter((entry): entry is [string, Operation] =>
  isOperation(entry[1]),
);

const shown = (value: unknown): string =>
  typeof value === 'string' || (value && typeof value === 'object')
    ? (JSON.stringify(value, (_, item) => (Number.isNaN(item) ? 'NaN' : item)) ?? String(value))
    : String(value);

/** Expects an error of ours that begins with the function's name and states a rule. */
function expectRefusal(name: string, call: () => unknown): void {
  let error: unknown;
  try {
    call();
  } catch (thrown) {
    error = thrown;
  }
  expect(error, 'nothing was thrown').to.be.instanceOf(Error);
  expect(error, (error as Error).stack).to.be.instanceOf(TypegradError);
  expect((error as Error).message).to.match(new RegExp(`^${name}: .+`));
  expect((error as Error).message).to.include('\n  rule: ');
}

const isOptions = (arg: unknown): arg is object =>
  arg !== null && typeof arg === 'object' && Object.getPrototypeOf(arg) === Object.prototype;

describe('bad input, operation by operation', () => {
  const argsOf = (op: Operation, sample: number): unknown[] =>
    (op.definition.samples(samplesFrom(seeded(1)))[sample] as unknown[]).slice();
  const withArg = (op: Operation, sample: number, place: number, value: unknown) => () => {
    const args = argsOf(op, sample);
    args[place] = value;
    return op(...args);
  };

  for (const [name, op] of operations) {
    const { inputs } = op.definition;
    const samples = op.definition.samples(samplesFrom(seeded(1))) as unknown[][];

    it(`${name}: where a tensor belongs, nothing else passes`, () => {
      samples.forEach((args, sample) => {
        args.slice(0, inputs.length).forEach((arg, place) => {
          const isList = inputs[0].endsWith('...');
          const wrong = isList
            ? [null, 'x', {}, [], 3, [null], ['x'], [[1, 2]]]
            : [null, 'x', {}, [1, 2], true];
          if (!isList && !inputs[place].endsWith('?')) wrong.push(undefined as never);
          for (const value of wrong) expectRefusal(name, withArg(op, sample, place, value));
          if (arg instanceof Tensor || isList)
            expectRefusal(name, withArg(op, sample, place, new Float32Array(2)));
        });
      });
    });

    const rest = samples.flatMap((args, sample) =>
      args.flatMap((arg, place) =>
        place < inputs.length || arg === undefined ? [] : [{ sample, place, arg }],
      ),
    );
    if (rest.length === 0) continue;
    it(`${name}: wrong axes, shapes, indices, targets and options do not pass`, () => {
      for (const { sample, place, arg } of rest) {
        const wrong = [null, 'x', Number.NaN, ...(isOptions(arg) ? [[1, 2]] : [{}])];
        if (Array.isArray(arg)) wrong.push([Number.NaN], ['x'], [[null]]);
        for (const value of wrong) expectRefusal(name, withArg(op, sample, place, value));
        if (!isOptions(arg)) continue;
        expectError(
          withArg(op, sample, place, { ...arg, zzz: 1 }),
          ArgumentError,
          `${name}: unknown option "zzz"\n  rule: known options: `,
        );
        for (const key of Object.keys(arg))
          for (const value of [null, 'x', {}, Number.NaN])
            expectRefusal(name, withArg(op, sample, place, { ...arg, [key]: value }));
      }
    });
  }

  const x = () =>
    tensor([
      [1, 2],
      [3, 4],
    ]);
  const misspelt: [call: () => unknown, guess: string][] = [
    [() => js.matmul(x(), x(), { transposeb: true }), 'transposeB'],
    [() => js.sum(x(), 0, { keepDim: true }), 'keepDims'],
    [() => js.variance(x(), 0, { corection: 0 }), 'correction'],
    [() => js.clip(x(), { mx: 1 }), 'max'],
    [() => js.leakyRelu(x(), { slop: 1 }), 'slope'],
    [() => js.gelu(x(), { aproximate: 'tanh' }), 'approximate'],
    [() => js.argsort(x(), 0, { desc: true }), 'descending'],
    [() => js.topk(x(), 1, 0, { large: true }), 'largest'],
    [() => js.dropout(x(), { train: true }), 'training'],
    [() => js.layerNorm(x(), undefined, undefined, { epsilon: 1 }), 'eps'],
    [() => js.crossEntropy(x(), [0, 1], { labelSmooting: 0.1 }), 'labelSmoothing'],
    [() => js.crossEntropy(x(), [0, 1], { ignore_index: 0 }), 'ignoreIndex'],
    [() => js.mse(x(), x(), { reduce: 'sum' }), 'reduction'],
    [() => js.klDiv(x(), x(), { log_target: true }), 'logTarget'],
    [() => js.backward(x(), undefined, { retain: true }), 'retainGraph'],
    [() => new optim.Adam([x()], { weight_decay: 1 }), 'weightDecay'],
    [() => data.loader(data.fromTensors(x(), [0, 1]), { batch: 1 }), 'batchSize'],
  ];
  it('an unknown option gets the nearest known name', () => {
    for (const [call, guess] of misspelt) expectError(call, ArgumentError, `try:  { ${guess}: ... }`);
  });
});

/** A wrong call, the class of its error, and parts of the message. Calls may be asynchronous. */
type Row = [call: () => unknown, Class: ErrorClass, ...parts: string[]];

const x = () =>
  tensor([
    [1, 2],
    [3, 4],
  ]);
const parameter = () => tensor([1, 2], { requiresGrad: true });
const samples = () => data.fromTensors(x(), [0, 1]);
const table = () => data.Table.from({ sex: ['m', 'f'], age: [22, Number.NaN] });
const model = () => new nn.Sequential(new nn.Linear(2, 2));
const adapted = () => {
  const adapting = model();
  nn.addLora(adapting);
  return adapting;
};
const run = () => ({
  data: data.loader(samples()),
  loss: nn.crossEntropy,
  optimizer: new optim.SGD([parameter()]),
});
/** A run that fits but for the callback. */
const runWith = (callback: unknown) => {
  const own = model();
  const optimizer = new optim.SGD(own.parameters());
  return train.fit(own, { ...run(), optimizer, callbacks: [callback] });
};
const log = { epoch: 1, loss: 0.5, seconds: 1 };
const report = () => train.classificationReport([0, 1], [0, 1]);

/** What an activation without options refuses is its input. */
const refusesInput = (name: string): [string, Row[]] => [
  `nn.${name}`,
  [
    [() => new nn[name]().forward(null), ArgumentError, 'x is null', 'x must be a tensor'],
    [() => new nn[name]().forward([1, 2]), ArgumentError, 'x is an array of 2', 'tensor(x)'],
  ],
];

/** What every optimizer refuses. */
const refusesParameters = (name: string): [string, Row[]] => [
  `optim.${name}`,
  [
    [
      () => new optim[name](),
      ArgumentError,
      'the parameters are undefined',
      `new optim.${name}(model.parameters())`,
    ],
    [() => new optim[name](model()), ArgumentError, 'the parameters are a Sequential'],
    [() => new optim[name]([]), ArgumentError, 'there are no parameters'],
    [
      () => new optim[name]([[1, 2]]),
      ArgumentError,
      'parameter 0 is an array of 2',
      'parameters must be tensors',
    ],
    [() => new optim[name]([x()], 0.1), ArgumentError, 'options is 0.1', 'options must be an object'],
    [() => new optim[name]([x()], { lr: -1 }), ArgumentError, 'lr is -1', 'at least 0'],
    [() => new optim[name]([x()], { lr: '0.1' }), ArgumentError, 'lr is "0.1"'],
    [() => new optim[name]([x()], { lr: Number.NaN }), ArgumentError, 'lr is NaN'],
    [
      () => new optim[name]([x()], { learningRate: 1 }),
      ArgumentError,
      'unknown option "learningRate"',
      'lr, ',
    ],
    [() => new optim[name]([x()]).loadStateDict(null), StateError, 'the state is null'],
    [
      () => new optim[name]([x()]).addGroup(null),
      ArgumentError,
      'the group is null',
      'addGroup({ parameters',
    ],
    [() => new optim[name]([x()]).addGroup({ parameters: 1 }), ArgumentError, 'the parameters are 1'],
    [() => new optim[name]([x()]).addGroup({ parameters: [] }), ArgumentError, 'has no parameters'],
    [
      () => new optim[name]([x()]).addGroup({ parameters: [x()], learningRate: 1 }),
      ArgumentError,
      'unknown option "learningRate"',
    ],
    [() => new optim[name]([x()]).removeParameters(null), ArgumentError, 'the parameters are null'],
    [() => new optim[name]([x()]).removeParameters([x()]), ArgumentError, '[2, 2], is not in this optimizer'],
  ],
];

/** What every schedule refuses; `options` are right ones. */
const schedules: Record<string, object> = {
  StepLR: { stepSize: 30 },
  MultiStepLR: { milestones: [30, 80] },
  ExponentialLR: { gamma: 0.9 },
  LinearLR: {},
  ConstantLR: {},
  CosineAnnealingLR: { tMax: 10 },
  CosineAnnealingWarmRestarts: { t0: 10 },
  OneCycleLR: { maxLr: 0.1, totalSteps: 100 },
  LambdaLR: { lrLambda: () => 1 },
};
const sgd = () => new optim.SGD([parameter()]);
const schedule = (name: string, options: object) => () =>
  new optim[name](sgd(), { ...schedules[name], ...options });
const refusesOptions = (name: string, ...own: Row[]): [string, Row[]] => [
  `optim.${name}`,
  [
    [() => new optim[name](), ArgumentError],
    [
      () => new optim[name](null, schedules[name]),
      ArgumentError,
      'optimizer is null',
      `new optim.${name}(optimizer`,
    ],
    [() => new optim[name](model(), schedules[name]), ArgumentError, 'optimizer is a Sequential'],
    [() => new optim[name](sgd(), 30), ArgumentError, 'options is 30', 'options must be an object'],
    [schedule(name, { gama: 0.1 }), ArgumentError, 'unknown option "gama"', 'per'],
    [schedule(name, { per: 'batch' }), ArgumentError, 'per is "batch"', "'step', 'epoch'"],
    [() => schedule(name, {})().preview(), ArgumentError, `${name}.preview: steps is undefined`],
    [() => schedule(name, {})().preview(-1), ArgumentError, 'steps is -1'],
    [() => schedule(name, {})().loadStateDict(), StateError, `${name}.loadStateDict: the state is undefined`],
    [() => schedule(name, {})().loadStateDict({ steps: 1 }), StateError, 'the state is an object'],
    ...own,
  ],
];

/** What each augmentation of images refuses besides. */
const wrongAugmentations: Record<string, Row[]> = {
  affine: [
    [() => data.augment.affine({ rotate: '10' }), ArgumentError, 'rotate is "10"', 'or [min, max]'],
    [() => data.augment.affine({ rotate: -10 }), ArgumentError, 'rotate is -10', 'at least 0'],
    [() => data.augment.affine({ rotate: [10, -10] }), ArgumentError, '{ rotate: [-10, 10] }'],
    [() => data.augment.affine({ rotate: [1, 2, 3] }), ArgumentError, 'rotate is an array of 3'],
    [() => data.augment.affine({ rotate: [0, Infinity] }), ArgumentError, 'rotate[1] is Infinity'],
    [() => data.augment.affine({ shift: 3 }), ArgumentError, 'shift is 3', 'at most 1'],
    [() => data.augment.affine({ shift: null }), ArgumentError, 'shift is null'],
    [() => data.augment.affine({ shift: { x: 2 } }), ArgumentError, 'shift.x is 2', 'at most 1'],
    [() => data.augment.affine({ shift: { z: 1 } }), ArgumentError, 'unknown option "z"', 'x, y'],
    [() => data.augment.affine({ scale: 0.1 }), ArgumentError, 'scale is 0.1', 'scale must be [min, max]'],
    [() => data.augment.affine({ scale: [0, 1] }), ArgumentError, 'scale[0] is 0', 'greater than 0'],
    [() => data.augment.affine({ shear: 90 }), ArgumentError, 'shear is 90', 'less than 90'],
    [() => data.augment.affine({ fill: '0' }), ArgumentError, 'fill is "0"'],
  ],
  rotate: [
    [() => data.augment.rotate(), ArgumentError, 'rotate: the first argument is undefined', 'rotate(10)'],
    [() => data.augment.rotate(Number.NaN), ArgumentError, 'rotate: rotate is NaN'],
    [() => data.augment.rotate(10, { shift: 1 }), ArgumentError, 'unknown option "shift"'],
    [() => data.augment.rotate({ degrees: 10 }), ArgumentError, 'rotate is an object'],
  ],
  shift: [
    [() => data.augment.shift(), ArgumentError, 'the first argument is undefined', 'shift(0.1)'],
    [() => data.augment.shift(4), ArgumentError, 'shift: shift is 4', 'at most 1'],
  ],
  scale: [
    [() => data.augment.scale(), ArgumentError, 'the first argument is undefined', 'scale([0.9, 1.1])'],
    [() => data.augment.scale(1.1), ArgumentError, 'scale: scale is 1.1', '[min, max]'],
  ],
  flip: [
    [() => data.augment.flip({ horizontal: true }), ArgumentError, 'horizontal is true'],
    [() => data.augment.flip({ vertical: 2 }), ArgumentError, 'vertical is 2', 'at most 1'],
  ],
};

const rows: Record<string, Row[]> = {
  tensor: [
    [() => tensor(), ArgumentError, 'values is undefined', 'tensor([[1, 2], [3, 4]])'],
    [() => tensor(null), ArgumentError, 'values is null'],
    [() => tensor('12'), ArgumentError, 'values is "12"'],
    [() => tensor([1, '2']), ArgumentError, 'values[1] is "2"'],
    [() => tensor([1n]), ArgumentError, 'values[0] is 1n'],
    [() => tensor(new BigInt64Array(1)), ArgumentError, 'values'],
    [() => tensor([[1, 2], [3]]), ShapeError, 'ragged', 'values[1]', 'an array of 2'],
    [() => tensor([[1], 2]), ShapeError, 'ragged', 'values[1] is 2'],
    [() => tensor([1, 2, 3], [2, 2]), ShapeError, '3 values do not fill the shape [2, 2]', '4 values'],
    [() => tensor([1, 2], [1.5]), ArgumentError, 'contains 1.5', 'whole numbers'],
    [() => tensor([1, 2], { requiresgrad: true }), ArgumentError, '{ requiresGrad: ... }'],
    [() => tensor([1, 2], { requiresGrad: 1 }), ArgumentError, 'true or false'],
    [() => tensor([1, 2], true), ArgumentError, 'options is true'],
  ],
  zeros: [
    [() => js.zeros(3), ArgumentError, 'shape is 3', 'zeros([2, 3])'],
    [() => js.zeros([2, -1]), ArgumentError, 'contains -1', '0 or greater'],
    [() => js.zeros([Number.NaN]), ArgumentError, 'contains NaN'],
  ],
  ones: [
    [() => js.ones(2, 3), ArgumentError, 'shape is 2', 'ones([2, 3])'],
    [() => js.ones([2.5]), ArgumentError, 'contains 2.5'],
    [() => js.ones(['2']), ArgumentError, 'contains "2"'],
  ],
  full: [
    [() => js.full([2]), ArgumentError, 'value is undefined', 'full([2], 1)'],
    [() => js.full(2, 1), ArgumentError, 'shape is 2'],
    [() => js.full([2], '1'), ArgumentError, 'value is "1"'],
  ],
  eye: [
    [() => js.eye(), ArgumentError, 'n is undefined', 'a whole number, at least 0'],
    [() => js.eye(2.5), ArgumentError, 'n is 2.5'],
    [() => js.eye(2, -1), ArgumentError, 'm is -1'],
  ],
  arange: [
    [() => js.arange(), ArgumentError, 'stop is undefined', 'a finite number'],
    [() => js.arange('4'), ArgumentError, 'stop is "4"'],
    [() => js.arange(0, Infinity), ArgumentError, 'stop is Infinity'],
    [() => js.arange(0, 4, 0), ArgumentError, 'step must not be 0'],
    [() => js.arange(0, 4, -1), ArgumentError, '0 never reaches 4 in steps of -1'],
  ],
  linspace: [
    [() => js.linspace(0, 1), ArgumentError, 'count is undefined'],
    [() => js.linspace(0, 1, 2.5), ArgumentError, 'count is 2.5'],
    [() => js.linspace(Number.NaN, 1, 3), ArgumentError, 'start is NaN'],
    [() => js.linspace(0, null, 3), ArgumentError, 'stop is null'],
  ],
  rand: [
    [() => js.rand(2, 3), ArgumentError, 'shape is 2', 'rand([2, 3])'],
    [() => js.rand([-1]), ArgumentError, 'contains -1'],
  ],
  randn: [
    [() => js.randn(), ArgumentError, 'shape is undefined', 'randn([2, 3])'],
    [() => js.randn([0.5]), ArgumentError, 'contains 0.5'],
  ],
  uniform: [
    [() => js.uniform(2), ArgumentError, 'shape is 2'],
    [() => js.uniform([2], '0'), ArgumentError, 'low is "0"'],
    [() => js.uniform([2], 0, Infinity), ArgumentError, 'high is Infinity'],
    [() => js.uniform([2], 1, 0), ArgumentError, 'low must not be greater than high', 'uniform(shape, 0, 1)'],
  ],
  randperm: [
    [() => js.randperm(), ArgumentError, 'n is undefined'],
    [() => js.randperm(2.5), ArgumentError, 'n is 2.5'],
    [() => js.randperm(-1), ArgumentError, 'n is -1'],
  ],
  manualSeed: [
    [() => js.manualSeed(), ArgumentError, 'seed is undefined'],
    [() => js.manualSeed('42'), ArgumentError, 'seed is "42"'],
    [() => js.manualSeed(-1), ArgumentError, 'seed is -1'],
    [() => js.manualSeed(0.5), ArgumentError, 'seed is 0.5'],
  ],
  setRandomState: [
    [() => js.setRandomState(), StateError, 'pass what randomState() returned'],
    [() => js.setRandomState(null), StateError, 'not an object'],
    [() => js.setRandomState({ seed: 1 }), ArgumentError, 'stream is undefined'],
    [() => js.setRandomState({ seed: 1, stream: 0.5 }), ArgumentError, 'stream is 0.5'],
  ],
  scope: [
    [() => js.scope(3), ArgumentError, 'cannot run 3', 'scope(() => ...)'],
    [() => js.scope(async () => 1), ArgumentError, 'asynchronous'],
  ],
  setDevice: [
    [() => js.setDevice('cuda'), ArgumentError, 'name is "cuda"', 'webgpu'],
    [() => js.setDevice('cpu', null), ArgumentError, 'null'],
    [() => js.setDevice('cpu', { software: true }), ArgumentError, 'software', 'allowSoftware'],
    [() => js.setDevice('cpu', { allowSoftware: 1 }), ArgumentError, 'allowSoftware'],
    [() => js.setDevice('webgl2'), DeviceError, "cannot use 'webgl2'"],
  ],
  'device.explain': [
    [() => js.device.explain('multiply', [[2]]), ArgumentError, 'verb is "multiply"'],
    [() => js.device.explain('matmul', [2, 3]), ArgumentError, 'shapes', 'list of the operands'],
    [() => js.device.explain('matmul', []), ArgumentError, 'shapes'],
  ],
  setThreads: [
    [() => js.setThreads(0), ArgumentError, 'count is 0', 'at least 1'],
    [() => js.setThreads(1.5), ArgumentError, 'count is 1.5'],
    [() => js.setThreads(1e6), ArgumentError, 'count is 1000000', 'at most'],
    [() => js.setThreads('two'), ArgumentError, 'count is "two"'],
  ],
  setArithmetic: [
    [() => js.setArithmetic(), ArgumentError, 'arithmetic is undefined'],
    [() => js.setArithmetic('fused'), ArgumentError, 'arithmetic is "fused"', 'exact'],
  ],
  noGrad: [
    [() => js.noGrad(), ArgumentError, 'cannot run undefined', 'noGrad(() => model.forward(x))'],
    [() => js.noGrad(x()), ArgumentError, 'cannot run a Tensor'],
    [() => js.noGrad(async () => 1), ArgumentError, 'asynchronous'],
  ],
  backward: [
    [
      () => js.backward(js.ones([]), undefined, { createGraph: 'yes' }),
      ArgumentError,
      'createGraph is "yes"',
    ],
    [() => js.backward(null), ArgumentError, 'cannot differentiate null'],
    [() => js.backward(3), ArgumentError, 'cannot differentiate 3'],
    [() => js.backward(x()), GradientError, 'needs no gradient', 'requiresGrad: true'],
    [() => js.backward(parameter()), GradientError, 'shape [2]', 'sum() or mean() it first'],
    [() => js.backward(parameter(), [1, 1]), ArgumentError, 'the gradient is an array of 2'],
    [() => js.backward(parameter(), tensor([1])), ShapeError, '[1] for an output of shape [2]'],
    [() => js.backward(parameter().sum(), undefined, true), ArgumentError, 'options is true'],
  ],
  grad: [
    [
      () => js.grad(parameter().sum(), parameter()),
      ArgumentError,
      'inputs is a Parameter'.slice(0, 9),
      'list of tensors',
    ],
    [() => js.grad(parameter().sum(), [null]), ArgumentError, 'inputs[0] is null'],
    [() => js.grad(parameter().sum(), [x()]), GradientError, 'inputs[0] needs no gradient'],
    [() => js.grad(1, [parameter()]), ArgumentError, 'cannot differentiate 1'],
    [() => js.grad(parameter().sum(), [parameter()], { creategraph: true }), ArgumentError, 'createGraph'],
  ],
  Tensor: [
    [() => x().item(), ShapeError, 'holds 4 values', 'toArray() or data'],
    [() => x().copyFrom(null), ArgumentError, 'cannot copy from null'],
    [() => x().copyFrom([1, 2]), ShapeError, 'cannot copy 2 values into [2, 2]'],
    [() => x().copyFrom(tensor([1, 2, 3, 4])), ShapeError, 'cannot copy [4] into [2, 2]'],
    [() => x().copyFrom([1, 2, 3, '4']), ArgumentError, 'value 3 is "4"'],
    [
      () => {
        x().requiresGrad = 1;
      },
      ArgumentError,
      'true or false',
    ],
    [
      () => {
        parameter().mul(2).requiresGrad = false;
      },
      ArgumentError,
      'the result of mul',
      'detach() first',
    ],
  ],
  oneHot: [
    [() => js.oneHot(2), ArgumentError, 'labels is 2', '[2]'],
    [() => js.oneHot(null), ArgumentError, 'labels is null'],
    [() => js.oneHot([0, 3], 3), IndexError, 'labels[1] is 3', 'from 0 to 2'],
    [() => js.oneHot([0.5]), IndexError, 'labels[0] is 0.5'],
    [() => js.oneHot([], undefined), ArgumentError, 'oneHot(labels, 10)'],
    [() => js.oneHot([0], '3'), ArgumentError, 'classes is "3"'],
  ],
  sort: [
    [() => js.sort(null), ArgumentError, 'x is null'],
    [() => js.sort([2, 1]), ArgumentError, 'x is an array of 2', 'tensor(x)'],
    [() => js.sort(x(), 2), ShapeError, 'axis 2', 'from -2 to 1'],
    [() => js.sort(x(), 0, { descending: 1 }), ArgumentError, 'descending is 1'],
    [() => js.sort(x(), 0, true), ArgumentError, 'options is true'],
  ],
  topk: [
    [() => js.topk('x', 1), ArgumentError, 'x is "x"'],
    [() => js.topk(x()), ArgumentError, 'k is undefined'],
    [() => js.topk(x(), 3), ArgumentError, 'k is 3', 'at most 2'],
    [() => js.topk(x(), 1.5), ArgumentError, 'k is 1.5'],
    [() => js.topk(x(), 1, 5), ShapeError, 'axis 5'],
    [() => js.topk(x(), 1, 0, { largest: 'no' }), ArgumentError, 'largest is "no"'],
  ],
  split: [
    [() => js.split(null, 1), ArgumentError, 'x is null'],
    [() => js.split(x()), ArgumentError, 'sizes is undefined', 'split(x, 2, 0)'],
    [() => js.split(x(), 0), ArgumentError, 'at least 1'],
    [() => js.split(x(), [1, 2]), ShapeError, 'add up to 3', 'size 2'],
    [() => js.split(x(), [1, 0.5]), ArgumentError, 'sizes[1] is 0.5'],
    [() => js.split(x(), 1, 'x'), ShapeError, 'axis "x"'],
  ],

  ...Object.fromEntries(['ReLU', 'SiLU', 'Softplus', 'Sigmoid', 'LogSigmoid', 'Tanh'].map(refusesInput)),
  'nn.LeakyReLU': [
    [() => new nn.LeakyReLU(0.1), ArgumentError, 'options is 0.1', 'nn.LeakyReLU(..., { slope: ... })'],
    [() => new nn.LeakyReLU({ slope: null }), ArgumentError, 'slope is null'],
    [() => new nn.LeakyReLU({ alpha: 1 }), ArgumentError, 'unknown option "alpha"', 'slope'],
    [() => new nn.LeakyReLU().forward('x'), ArgumentError, 'x is "x"'],
  ],
  'nn.ELU': [
    [() => new nn.ELU({ alpha: Number.NaN }), ArgumentError, 'alpha is NaN'],
    [() => new nn.ELU({ Alpha: 1 }), ArgumentError, '{ alpha: ... }'],
    [() => new nn.ELU().forward(null), ArgumentError, 'x is null'],
  ],
  'nn.GELU': [
    [() => new nn.GELU('tanh'), ArgumentError, 'options is "tanh"'],
    [() => new nn.GELU({ approximate: 'tan' }), ArgumentError, "{ approximate: 'tanh' }"],
    [() => new nn.GELU({ approximate: null }), ArgumentError, 'approximate is null'],
  ],
  'nn.Hardtanh': [
    [() => new nn.Hardtanh(-1, 1), ArgumentError, 'options is -1'],
    [() => new nn.Hardtanh({ min: 2, max: 1 }), ArgumentError, 'min must not be greater than max'],
    [() => new nn.Hardtanh({ max: '1' }), ArgumentError, 'max is "1"'],
  ],
  'nn.Softmax': [
    [() => new nn.Softmax('1'), ArgumentError, 'axis is "1"'],
    [() => new nn.Softmax({ axis: 1 }), ArgumentError, 'axis is an object'],
    [() => new nn.Softmax(2).forward(x()), ShapeError, 'axis 2'],
  ],
  'nn.LogSoftmax': [
    [() => new nn.LogSoftmax(0.5), ArgumentError, 'axis is 0.5'],
    [() => new nn.LogSoftmax().forward([1]), ArgumentError, 'x is an array of 1'],
  ],
  'nn.Dropout': [
    [() => new nn.Dropout(1.5), ArgumentError, 'p is 1.5', 'at most 1'],
    [() => new nn.Dropout({ p: 0.5 }), ArgumentError, 'p is an object'],
    [() => new nn.Dropout(null), ArgumentError, 'p is null'],
    [() => new nn.Dropout().forward(null), ArgumentError, 'x is null'],
  ],
  'nn.Flatten': [
    [() => new nn.Flatten(0.5), ArgumentError, 'from is 0.5'],
    [() => new nn.Flatten(1, 'x'), ArgumentError, 'to is "x"'],
    [() => new nn.Flatten(3).forward(x()), ShapeError, 'axis 3'],
  ],
  'nn.Linear': [
    [() => new nn.Linear(), ArgumentError, 'inputs is undefined', 'at least 1'],
    [() => new nn.Linear(2), ArgumentError, 'outputs is undefined'],
    [() => new nn.Linear(2.5, 1), ArgumentError, 'inputs is 2.5'],
    [() => new nn.Linear([2, 1]), ArgumentError, 'inputs is an array of 2'],
    [() => new nn.Linear(2, 1, false), ArgumentError, 'options is false', '{ bias: ... }'],
    [() => new nn.Linear(2, 1, { bias: 0 }), ArgumentError, 'bias is 0'],
    [() => new nn.Linear(2, 1).forward([1, 2]), ArgumentError, 'x is an array of 2'],
    [() => new nn.Linear(3, 1).forward(x()), ShapeError, 'the last axis of x must be 3'],
  ],
  'nn.Embedding': [
    [() => new nn.Embedding(3), ArgumentError, 'width is undefined'],
    [() => new nn.Embedding(0, 2), ArgumentError, 'count is 0'],
    [() => new nn.Embedding(3, 2).forward([0, 3]), IndexError, 'indices[1] is 3', 'from 0 to 2'],
    [() => new nn.Embedding(3, 2).forward(null), ArgumentError, 'indices is null'],
    [() => new nn.Embedding(3, 2).forward([[0], [1, 2]]), ShapeError, 'ragged'],
  ],
  'nn.LayerNorm': [
    [() => new js.nn.LayerNorm(2).forward(null), ArgumentError, 'x is null'],
    [() => new nn.LayerNorm(), ArgumentError, 'width is undefined'],
    [() => new nn.LayerNorm([2]), ArgumentError, 'width is an array of 1'],
    [() => new nn.LayerNorm(2, { epsilon: 1 }), ArgumentError, '{ eps: ... }'],
    [() => new nn.LayerNorm(2, { eps: -1 }), ArgumentError, 'eps is -1'],
    [() => new nn.LayerNorm(3).forward(x()), ShapeError, 'the last axis of x must be 3'],
  ],
  'nn.BatchNorm1d': [
    [() => new js.nn.BatchNorm1d(2).forward(null), ArgumentError, 'x is null'],
    [() => new nn.BatchNorm1d(0), ArgumentError, 'features is 0'],
    [() => new nn.BatchNorm1d(2, { momentum: 2 }), ArgumentError, 'momentum is 2', 'at most 1'],
    [() => new nn.BatchNorm1d(2, { affine: 1 }), ArgumentError, 'affine is 1'],
    [() => new nn.BatchNorm1d(3).forward(x()), ShapeError, '[n, 3]'],
    [() => new nn.BatchNorm1d(2).forward(tensor([[1, 2]])), ShapeError, 'dropLast'],
  ],
  'nn.Sequential': [
    [() => new nn.Sequential(nn.ReLU), ArgumentError, 'layer 0 is the function ReLU', 'ReLU(...)'],
    [() => new nn.Sequential([new nn.ReLU()]), ArgumentError, 'new nn.Sequential(...layers)'],
    [() => new nn.Sequential(null), ArgumentError, 'layer 0 is null'],
    [
      () => new nn.Sequential(new nn.Linear(2, 3), new nn.Linear(4, 1)),
      ShapeError,
      'takes 4 values',
      'gives 3',
    ],
    [() => model().forward(tensor([[1, 2, 3]])), ShapeError, 'layer 0 (Linear): linear:'],
    [() => model().loadStateDict(null), StateError, 'the state is null'],
    [() => model().loadStateDict({}), StateError, 'missing: 0.weight, 0.bias'],
    [() => model().loadStateDict({ ...model().stateDict(), z: x() }), StateError, 'unexpected: z'],
    [
      () => model().loadStateDict({ ...model().stateDict(), '0.bias': x() }),
      StateError,
      '0.bias is [2, 2], must be [2]',
    ],
    [() => model().loadStateDict({}, { strickt: false }), ArgumentError, '{ strict: ... }'],
    [() => model().loadStateDict({}, { skipMismatch: 1 }), ArgumentError, 'skipMismatch is 1'],
    [() => model().loadStateDict({}, { rename: 'x' }), ArgumentError, 'rename is "x"'],
    [
      () => model().loadStateDict({ a: x() }, { rename: () => null }),
      ArgumentError,
      'rename made null of "a"',
    ],
    [() => model().freeze('1'), ArgumentError, 'there is no parameter "1"', 'names are 0.weight, 0.bias'],
    [() => model().freeze(null), ArgumentError, 'a name is null', "freeze('hidden')"],
    [() => model().unfreeze(['0', 0]), ArgumentError, 'a name is 0'],
    [() => model().unfreeze(() => {}), ArgumentError, 'the function returned undefined for 0.weight'],
    [() => model().train('yes'), ArgumentError, 'the mode is "yes"'],
    [() => model().summary(2), ArgumentError, 'shape is 2'],
    [() => model().summary(null), ArgumentError, 'shape is null'],
    [() => model().summary([3]), ShapeError, 'the last axis of x must be 2'],
  ],
  'nn.Residual': [
    [() => new nn.Residual('x'), ArgumentError, 'layer 0 is "x"'],
    [() => new nn.Residual(new nn.Linear(2, 3)), ShapeError, 'f(x) has 3 values, but x has 2'],
    [() => new nn.Residual(new nn.Flatten()).forward(js.zeros([2, 2, 2])), ShapeError, 'f(x) is [2, 4]'],
  ],
  'nn.FeedForward': [
    [() => new nn.FeedForward(), ArgumentError, 'there are no options', 'new nn.FeedForward({ inputs: 784'],
    [() => new nn.FeedForward(784), ArgumentError, 'options is 784'],
    [() => new nn.FeedForward({ inputs: 2, outputs: 2 }), ArgumentError, 'hidden is undefined'],
    [() => new nn.FeedForward({ inputs: 2, hidden: [3, 0], outputs: 2 }), ArgumentError, 'hidden[1] is 0'],
    [() => new nn.FeedForward({ inputs: 2, hidden: 3, output: 2 }), ArgumentError, '{ outputs: ... }'],
    [
      () => new nn.FeedForward({ inputs: 2, hidden: 3, outputs: 2, activation: 'ReLu' }),
      ArgumentError,
      "{ activation: 'relu' }",
    ],
    [
      () => new nn.FeedForward({ inputs: 2, hidden: 3, outputs: 2, dropout: 2 }),
      ArgumentError,
      'dropout is 2',
    ],
  ],
  'nn.MultiTask': [
    [() => new nn.MultiTask(), ArgumentError, 'body is undefined', 'new nn.MultiTask({ body'],
    [() => new nn.MultiTask(model(), {}), ArgumentError, 'body is undefined'],
    [() => new nn.MultiTask({ body: model() }), ArgumentError, 'heads is undefined'],
    [() => new nn.MultiTask({ body: model(), heads: {} }), ArgumentError, 'at least one module'],
    [() => new nn.MultiTask({ body: model(), heads: [model()] }), ArgumentError, 'heads is an array of 1'],
    [() => new nn.MultiTask({ body: model(), heads: { a: null } }), ArgumentError, 'head a is null'],
    [
      () => new nn.MultiTask({ body: model(), heads: { a: model() }, head: 1 }),
      ArgumentError,
      'unknown option "head"',
    ],
    [
      () => new nn.MultiTask({ body: model(), heads: { a: new nn.Linear(3, 1) } }),
      ShapeError,
      'head a takes 3 values, but the body gives 2',
    ],
  ],
  'nn.weightedLosses': [
    [() => nn.weightedLosses(), ArgumentError, 'losses is undefined'],
    [() => nn.weightedLosses(nn.mse), ArgumentError, 'losses is the function'],
    [() => nn.weightedLosses({}), ArgumentError, 'at least one loss'],
    [() => nn.weightedLosses({ a: 1 }), ArgumentError, 'the loss of a is 1', '{ a: [nn.crossEntropy, 0.5] }'],
    [() => nn.weightedLosses({ a: [nn.mse, -1] }), ArgumentError, 'the weight of a is -1'],
    [() => nn.weightedLosses({ a: [nn.mse, 1, 2] }), ArgumentError, 'the loss of a is an array of 3'],
    [() => nn.weightedLosses({ a: nn.mse })(x(), {}), ArgumentError, 'the outputs are a Tensor'],
    [() => nn.weightedLosses({ a: nn.mse })({ a: x() }, null), ArgumentError, 'the targets are null'],
    [() => nn.weightedLosses({ a: nn.mse })({ a: x() }, {}), ArgumentError, 'the targets have no a'],
    [() => nn.weightedLosses({ a: () => 1 })({ a: 1 }, { a: 1 }), ArgumentError, 'the loss of a is 1'],
  ],
  'nn.LoRALinear': [
    [() => new nn.LoRALinear(), ArgumentError, 'the layer is undefined', 'new nn.LoRALinear('],
    [() => new nn.LoRALinear(784, 64), ArgumentError, 'the layer is 784'],
    [() => new nn.LoRALinear(new nn.Linear(2, 2), 8), ArgumentError, 'options is 8'],
    [() => new nn.LoRALinear(new nn.Linear(2, 2), { rank: 0.5 }), ArgumentError, 'rank is 0.5'],
    [() => new nn.LoRALinear(new nn.Linear(2, 2), { alpha: 0 }), ArgumentError, 'alpha is 0'],
    [() => new nn.LoRALinear(new nn.Linear(2, 2), { dropout: 2 }), ArgumentError, 'dropout is 2'],
    [() => new nn.LoRALinear(new nn.Linear(2, 2)).forward(js.zeros([1, 3])), ShapeError, 'linear: '],
  ],
  'nn.addLora': [
    [() => nn.addLora(), ArgumentError, 'the model is undefined'],
    [() => nn.addLora(model(), 8), ArgumentError, 'options is 8'],
    [() => nn.addLora(model(), { r: 8 }), ArgumentError, 'unknown option "r"', 'rank, alpha'],
    [() => nn.addLora(model(), { layers: 3 }), ArgumentError, 'a name is 3'],
    [() => nn.addLora(model(), { layers: 'output' }), ArgumentError, 'there is no linear layer "output"'],
    [() => nn.addLora(new nn.Linear(2, 2)), ArgumentError, 'new nn.LoRALinear(layer)'],
    [() => nn.addLora(new nn.Sequential(new nn.ReLU())), ArgumentError, 'has no linear layer in it'],
  ],
  'nn.loraStateDict': [
    [() => nn.loraStateDict(null), ArgumentError, 'the model is null'],
    [() => nn.loraStateDict(model()), ArgumentError, 'has no adapters', 'addLora(model)'],
  ],
  'nn.loadLoraStateDict': [
    [() => nn.loadLoraStateDict({}), ArgumentError, 'the model is an object'],
    [() => nn.loadLoraStateDict(model(), {}), ArgumentError, 'has no adapters', 'addLora(model)'],
    [() => nn.loadLoraStateDict(adapted(), null), StateError, 'the state is null'],
    [() => nn.loadLoraStateDict(adapted(), {}), StateError, 'missing: 0.loraA, 0.loraB, 0.loraAlpha'],
    [() => nn.loadLoraStateDict(adapted(), {}, { strikt: true }), ArgumentError, '{ strict: ... }'],
  ],
  'nn.mergeLora': [
    [() => nn.mergeLora(), ArgumentError, 'the model is undefined'],
    [() => nn.mergeLora(model()), ArgumentError, 'has no adapters', 'addLora(model)'],
    [() => nn.mergeLora(new nn.LoRALinear(new nn.Linear(2, 2))), ArgumentError, 'layer.merge()'],
  ],
  'nn.replaceHead': [
    [() => nn.replaceHead(null, 2), ArgumentError, 'the model is null'],
    [() => nn.replaceHead(model()), ArgumentError, 'the head is undefined', 'replaceHead(model, 5)'],
    [() => nn.replaceHead(model(), 0), ArgumentError, 'outputs is 0'],
    [() => nn.replaceHead(model(), 2, '0'), ArgumentError, 'options is "0"'],
    [() => nn.replaceHead(model(), 2, { name: '0' }), ArgumentError, 'unknown option "name"'],
    [
      () => nn.replaceHead(model(), 2, { layer: '1' }),
      ArgumentError,
      'there is no layer "1"',
      'layers are 0',
    ],
    [() => nn.replaceHead(model(), new nn.Linear(3, 2)), ShapeError, 'takes 3 values, but 0 took 2'],
    [() => nn.replaceHead(new nn.ReLU(), 2), ArgumentError, 'this ReLU has no linear layer in it'],
  ],
  'nn.parametersByLayer': [
    [() => nn.parametersByLayer(), ArgumentError, 'the model is undefined'],
    [() => nn.parametersByLayer(model(), '0'), ArgumentError, 'layers is "0"'],
    [() => nn.parametersByLayer(model(), []), ArgumentError, 'layers is an array of 0'],
    [() => nn.parametersByLayer(model(), ['1']), ArgumentError, 'there is no parameter "1"'],
    [() => nn.parametersByLayer(model(), ['0', '0.bias']), ArgumentError, 'must not overlap'],
  ],
  'nn.Parameter': [
    [() => new nn.Parameter([1, 2]), ArgumentError, 'an array of 2', 'new nn.Parameter(zeros([3]))'],
  ],
  'nn.Buffer': [[() => new nn.Buffer(null), ArgumentError, 'cannot be made of null']],

  'nn.init.uniform': [
    [() => nn.init.uniform([2, 2]), ArgumentError, 'init.uniform', 'nn.init.uniform(layer.weight, ...)'],
    [() => nn.init.uniform(x(), 1, 0), ArgumentError, 'high is 0'],
  ],
  'nn.init.normal': [
    [() => nn.init.normal(null), ArgumentError, 'the first argument is null'],
    [() => nn.init.normal(x(), 0, -1), ArgumentError, 'std is -1'],
    [() => nn.init.normal(x(), Number.NaN), ArgumentError, 'mean is NaN'],
  ],
  'nn.init.constant': [
    [() => nn.init.constant(x()), ArgumentError, 'value is undefined'],
    [() => nn.init.constant('x', 1), ArgumentError, 'the first argument is "x"'],
  ],
  'nn.init.zeros': [[() => nn.init.zeros([3]), ArgumentError, 'the first argument is an array of 1']],
  'nn.init.ones': [[() => nn.init.ones(), ArgumentError, 'the first argument is undefined']],
  'nn.init.calculateGain': [
    [() => nn.init.calculateGain('Relu'), ArgumentError, "{ nonlinearity: 'relu' }"],
    [() => nn.init.calculateGain(), ArgumentError, 'nonlinearity is undefined'],
    [() => nn.init.calculateGain('leakyRelu', '1'), ArgumentError, 'slope is "1"'],
  ],
  'nn.init.xavierUniform': [
    [() => nn.init.xavierUniform(tensor([1])), ShapeError, 'only a matrix'],
    [() => nn.init.xavierUniform(x(), { gain: -1 }), ArgumentError, 'gain is -1'],
    [() => nn.init.xavierUniform(x(), { gian: 1 }), ArgumentError, '{ gain: ... }'],
  ],
  'nn.init.xavierNormal': [
    [() => nn.init.xavierNormal(null), ArgumentError, 'null'],
    [() => nn.init.xavierNormal(x(), { gain: null }), ArgumentError, 'gain is null'],
  ],
  'nn.init.kaimingUniform': [
    [() => nn.init.kaimingUniform(x(), { mode: 'fan_in' }), ArgumentError, "{ mode: 'fanIn' }"],
    [() => nn.init.kaimingUniform(x(), { a: '0' }), ArgumentError, 'a is "0"'],
  ],
  'nn.init.kaimingNormal': [
    [() => nn.init.kaimingNormal(x(), { nonlinearity: 'gelu' }), ArgumentError, 'must be one of'],
    [() => nn.init.kaimingNormal(js.zeros([2, 2, 2])), ShapeError, '[2, 2, 2]'],
  ],
  'nn.init.orthogonal': [
    [() => nn.init.orthogonal(tensor([1, 2])), ShapeError, 'only a matrix'],
    [() => nn.init.orthogonal(x(), 2), ArgumentError, 'options is 2'],
  ],

  ...Object.fromEntries(['SGD', 'Adam', 'AdamW', 'RMSprop', 'Adagrad'].map(refusesParameters)),
  'optim.layerwiseDecay': [
    [() => optim.layerwiseDecay(), ArgumentError, 'the model is undefined'],
    [() => optim.layerwiseDecay(model()), ArgumentError, 'lr is undefined'],
    [() => optim.layerwiseDecay(model(), { lr: 1, decay: 0 }), ArgumentError, 'decay is 0'],
    [() => optim.layerwiseDecay(model(), { lr: 1, decay: 2 }), ArgumentError, 'decay is 2'],
    [() => optim.layerwiseDecay(model(), { lr: 1, rate: 2 }), ArgumentError, 'unknown option "rate"'],
    [
      () => optim.layerwiseDecay(model(), { lr: 1, layers: ['0.bias'] }),
      ArgumentError,
      'no layer has 0.weight',
    ],
  ],
  'optim.clipGradNorm': [
    [() => optim.clipGradNorm(model(), 1), ArgumentError, 'the parameters are a Sequential'],
    [() => optim.clipGradNorm([1], 1), ArgumentError, 'a parameter is 1'],
    [() => optim.clipGradNorm([x()]), ArgumentError, 'maxNorm is undefined'],
    [() => optim.clipGradNorm([x()], -1), ArgumentError, 'maxNorm is -1'],
    [() => optim.clipGradNorm([x()], 1, { p: 0 }), ArgumentError, 'p is 0'],
    [() => optim.clipGradNorm([x()], 1, { p: null }), ArgumentError, 'p is null'],
    [() => optim.clipGradNorm([x()], 1, 2), ArgumentError, 'options is 2'],
  ],
  ...Object.fromEntries([
    refusesOptions(
      'StepLR',
      [() => new optim.StepLR(sgd()), ArgumentError, 'options is null'],
      [
        () => new optim.StepLR(sgd(), {}),
        ArgumentError,
        'stepSize is undefined',
        'a whole number, at least 1',
      ],
      [schedule('StepLR', { stepSize: 0 }), ArgumentError, 'stepSize is 0'],
      [schedule('StepLR', { gamma: -0.1 }), ArgumentError, 'gamma is -0.1'],
      [schedule('StepLR', { step_size: 3 }), ArgumentError, '{ stepSize: ... }'],
    ),
    refusesOptions(
      'MultiStepLR',
      [schedule('MultiStepLR', { milestones: 30 }), ArgumentError, 'milestones is 30', '[30, 80]'],
      [schedule('MultiStepLR', { milestones: [30, 0.5] }), ArgumentError, 'milestones[1] is 0.5'],
      [schedule('MultiStepLR', { gamma: Infinity }), ArgumentError, 'gamma is Infinity'],
    ),
    refusesOptions(
      'ExponentialLR',
      [() => new optim.ExponentialLR(sgd(), {}), ArgumentError, 'gamma is undefined'],
      [schedule('ExponentialLR', { gamma: Number.NaN }), ArgumentError, 'gamma is NaN'],
    ),
    refusesOptions(
      'LinearLR',
      [schedule('LinearLR', { startFactor: 3 }), ArgumentError, 'startFactor is 3', 'at most 1'],
      [schedule('LinearLR', { endFactor: -1 }), ArgumentError, 'endFactor is -1'],
      [schedule('LinearLR', { totalIters: 0 }), ArgumentError, 'totalIters is 0'],
    ),
    refusesOptions(
      'ConstantLR',
      [schedule('ConstantLR', { factor: 2 }), ArgumentError, 'factor is 2'],
      [schedule('ConstantLR', { totalIters: 1.5 }), ArgumentError, 'totalIters is 1.5'],
    ),
    refusesOptions(
      'CosineAnnealingLR',
      [() => new optim.CosineAnnealingLR(sgd(), {}), ArgumentError, 'tMax is undefined'],
      [schedule('CosineAnnealingLR', { tMax: 2.5 }), ArgumentError, 'tMax is 2.5'],
      [schedule('CosineAnnealingLR', { etaMin: -1 }), ArgumentError, 'etaMin is -1'],
      [schedule('CosineAnnealingLR', { T_max: 3 }), ArgumentError, '{ tMax: ... }'],
    ),
    refusesOptions(
      'CosineAnnealingWarmRestarts',
      [() => new optim.CosineAnnealingWarmRestarts(sgd(), {}), ArgumentError, 't0 is undefined'],
      [schedule('CosineAnnealingWarmRestarts', { tMult: 1.5 }), ArgumentError, 'tMult is 1.5'],
      [schedule('CosineAnnealingWarmRestarts', { etaMin: '0' }), ArgumentError, 'etaMin is "0"'],
    ),
    refusesOptions(
      'OneCycleLR',
      [() => new optim.OneCycleLR(sgd(), { totalSteps: 5 }), ArgumentError, 'maxLr is undefined'],
      [() => new optim.OneCycleLR(sgd(), { maxLr: 1 }), ArgumentError, 'totalSteps is undefined'],
      [schedule('OneCycleLR', { maxLr: [1, 2] }), ArgumentError, 'maxLr has 2 numbers for 1 groups'],
      [schedule('OneCycleLR', { maxLr: [-1] }), ArgumentError, 'maxLr[0] is -1'],
      [schedule('OneCycleLR', { pctStart: 30 }), ArgumentError, 'pctStart is 30', 'at most 1'],
      [schedule('OneCycleLR', { pctStart: 0.6, threePhase: true }), ArgumentError, 'at most 0.5'],
      [schedule('OneCycleLR', { annealStrategy: 'cosine' }), ArgumentError, "{ annealStrategy: 'cos' }"],
      [schedule('OneCycleLR', { cycleMomentum: 1 }), ArgumentError, 'cycleMomentum is 1'],
      [schedule('OneCycleLR', { baseMomentum: 1 }), ArgumentError, 'baseMomentum is 1', 'less than 1'],
      [schedule('OneCycleLR', { maxMomentum: -1 }), ArgumentError, 'maxMomentum is -1'],
      [schedule('OneCycleLR', { divFactor: 0 }), ArgumentError, 'divFactor is 0'],
      [schedule('OneCycleLR', { finalDivFactor: 0 }), ArgumentError, 'finalDivFactor is 0'],
      [schedule('OneCycleLR', { threePhase: 'yes' }), ArgumentError, 'threePhase is "yes"'],
      [
        () =>
          new optim.OneCycleLR(new optim.Adagrad([parameter()]), {
            ...schedules.OneCycleLR,
            cycleMomentum: true,
          }),
        ArgumentError,
        'the optimizer has no momentum',
        '{ cycleMomentum: false }',
      ],
    ),
    refusesOptions(
      'LambdaLR',
      [() => new optim.LambdaLR(sgd(), {}), ArgumentError, 'lrLambda is undefined', '(t) =>'],
      [schedule('LambdaLR', { lrLambda: 0.5 }), ArgumentError, 'lrLambda is 0.5'],
      [schedule('LambdaLR', { lrLambda: [0.5] }), ArgumentError, 'lrLambda[0] is 0.5'],
      [schedule('LambdaLR', { lrLambda: [] }), ArgumentError, '0 functions for 1 groups'],
      [schedule('LambdaLR', { lrLambda: () => -1 }), ArgumentError, 'lrLambda(0) is -1', 'at least 0'],
      [schedule('LambdaLR', { lrLambda: () => Number.NaN }), ArgumentError, 'lrLambda(0) is NaN'],
      [schedule('LambdaLR', { lrLambda: () => {} }), ArgumentError, 'lrLambda(0) is undefined'],
    ),
  ]),
  'optim.SequentialLR': [
    [() => new optim.SequentialLR(sgd()), ArgumentError, 'options is null'],
    [() => new optim.SequentialLR(sgd(), {}), ArgumentError, 'schedules is undefined', 'milestones: [5]'],
    [() => new optim.SequentialLR(sgd(), { schedules: [] }), ArgumentError, 'schedules is an array of 0'],
    [
      () => new optim.SequentialLR(sgd(), { schedulers: [] }),
      ArgumentError,
      'unknown option "schedulers"',
      '{ schedules: ... }',
    ],
    [
      () => {
        const optimizer = sgd();
        const plateau = new optim.ReduceLROnPlateau(optimizer);
        return new optim.SequentialLR(optimizer, { schedules: [plateau], milestones: [] });
      },
      ArgumentError,
      'schedules[0] is a ReduceLROnPlateau',
      'known in advance',
    ],
    [
      () => {
        const part = new optim.LinearLR(sgd());
        return new optim.SequentialLR(sgd(), { schedules: [part], milestones: [] });
      },
      ArgumentError,
      'schedules[0] changes another optimizer',
    ],
    [
      () => {
        const optimizer = sgd();
        const parts = [new optim.LinearLR(optimizer, { per: 'step' }), new optim.ConstantLR(optimizer)];
        return new optim.SequentialLR(optimizer, { schedules: parts, milestones: [5] });
      },
      ArgumentError,
      'schedules[0] counts per step, schedules[1] per epoch',
      "{ per: 'step' }",
    ],
    ...[undefined, 5, [], [0], [2.5], [5, 9]].map(
      (milestones): Row => [
        () => {
          const optimizer = sgd();
          const parts = [new optim.LinearLR(optimizer), new optim.ConstantLR(optimizer)];
          return new optim.SequentialLR(optimizer, { schedules: parts, milestones });
        },
        ArgumentError,
        'SequentialLR: milestones',
      ],
    ),
    [
      () => {
        const optimizer = sgd();
        const parts = [1, 2, 3].map(() => new optim.LinearLR(optimizer));
        return new optim.SequentialLR(optimizer, { schedules: parts, milestones: [5, 5] });
      },
      ArgumentError,
      'milestones[1] is 5',
      'greater than 5',
    ],
  ],
  'optim.ReduceLROnPlateau': [
    [() => new optim.ReduceLROnPlateau(), ArgumentError, 'optimizer is undefined'],
    [() => new optim.ReduceLROnPlateau(sgd(), { per: 'step' }), ArgumentError, 'unknown option "per"'],
    [() => new optim.ReduceLROnPlateau(sgd(), { monitor: 3 }), ArgumentError, 'monitor is 3'],
    [() => new optim.ReduceLROnPlateau(sgd(), { mode: 'less' }), ArgumentError, "'min', 'max'"],
    [() => new optim.ReduceLROnPlateau(sgd(), { factor: 1 }), ArgumentError, 'factor is 1', 'less than 1'],
    [() => new optim.ReduceLROnPlateau(sgd(), { patience: 1.5 }), ArgumentError, 'patience is 1.5'],
    [() => new optim.ReduceLROnPlateau(sgd(), { threshold: 1 }), ArgumentError, 'threshold is 1'],
    [() => new optim.ReduceLROnPlateau(sgd(), { thresholdMode: 'absolute' }), ArgumentError, "'abs'"],
    [() => new optim.ReduceLROnPlateau(sgd(), { cooldown: -1 }), ArgumentError, 'cooldown is -1'],
    [() => new optim.ReduceLROnPlateau(sgd(), { minLr: [0] }), ArgumentError, 'minLr is an array of 1'],
    [() => new optim.ReduceLROnPlateau(sgd(), { eps: Number.NaN }), ArgumentError, 'eps is NaN'],
    [
      () => new optim.ReduceLROnPlateau(sgd()).step(),
      ArgumentError,
      'ReduceLROnPlateau.step: the metric is undefined',
      'schedule.step(log.validationLoss)',
    ],
    [() => new optim.ReduceLROnPlateau(sgd()).step(tensor([1])), ArgumentError, 'the metric is a Tensor'],
    [() => new optim.ReduceLROnPlateau(sgd()).loadStateDict(null), StateError, 'the state is null'],
  ],
  'nn.l1Penalty': [
    [() => nn.l1Penalty(), ArgumentError, 'lambda is undefined', 'a finite number, at least 0'],
    [() => nn.l1Penalty(-1), ArgumentError, 'lambda is -1'],
    [() => nn.l1Penalty(model(), 1e-4), ArgumentError, 'lambda is a Sequential'],
    [() => nn.l1Penalty(1, { bias: true }), ArgumentError, '{ biases: ... }'],
    [() => nn.l1Penalty(1, { biases: 1 }), ArgumentError, 'biases is 1'],
    [
      () => nn.l1Penalty(1)(),
      ArgumentError,
      'l1Penalty: cannot be applied to undefined',
      'nn.l1Penalty(1e-4)(model)',
    ],
    [() => nn.l1Penalty(1)([]), ArgumentError, 'cannot be applied to an array of 0'],
    [() => nn.l1Penalty(1)([x(), 2]), ArgumentError, 'cannot be applied to an array of 2'],
    [() => nn.l1Penalty(1)([parameter()]), ArgumentError, 'none of the parameters', '{ biases: true }'],
  ],
  'nn.l2Penalty': [
    [() => nn.l2Penalty(Number.NaN), ArgumentError, 'lambda is NaN'],
    [() => nn.l2Penalty(1, true), ArgumentError, 'options is true'],
    [() => nn.l2Penalty(1)(3), ArgumentError, 'l2Penalty: cannot be applied to 3'],
  ],
  'nn.maxNorm': [
    [() => nn.maxNorm(), ArgumentError, 'limit is undefined'],
    [() => nn.maxNorm(model(), 0), ArgumentError, 'limit is 0', 'greater than 0'],
    [() => nn.maxNorm(model(), Infinity), ArgumentError, 'limit is Infinity'],
    [() => nn.maxNorm(3, 3), ArgumentError, 'cannot be applied to 3', 'nn.maxNorm(model, 3)'],
    [() => nn.maxNorm([parameter()], 3), ArgumentError, 'none of the parameters has two axes'],
  ],
  'optim.clipGradValue': [
    [() => optim.clipGradValue(null, 1), ArgumentError, 'the parameters are null'],
    [() => optim.clipGradValue([x()], Number.NaN), ArgumentError, 'limit is NaN'],
  ],

  'data.Dataset': [
    [() => new data.Dataset(1.5, () => 1), ArgumentError, 'length is 1.5'],
    [() => new data.Dataset(1), ArgumentError, 'take is undefined'],
    [() => samples().batch([2]), IndexError, 'there is no sample 2', '0 … 1'],
    [() => samples().batch([0.5]), ArgumentError, '0.5 (place 0)'],
    [() => samples().batch(0), ArgumentError, 'sample numbers are 0', 'batch([0, 1, 2])'],
    [() => samples().subset(null), ArgumentError, 'sample numbers are null'],
    [() => samples().split(0.9, 0.2), ArgumentError, 'add up to'],
    [() => samples().split('half'), ArgumentError, 'fraction 0 is "half"'],
    [() => samples().splitStratified([0], 0.5), ShapeError, '1 labels for 2 samples'],
    [() => samples().splitStratified([0, 1], 'half'), ArgumentError, 'fraction 0 is "half"'],
  ],
  'data.fromTensors': [
    [
      () => data.fromTensors([[1]], [0]),
      ArgumentError,
      'x is an array of 1',
      'fromTensors(tensor(rows), labels)',
    ],
    [() => data.fromTensors(x(), [0]), ShapeError, '2 samples', 'has 1'],
    [() => data.fromTensors(x(), [0, 0.5]), ArgumentError, '0.5 (place 1)', 'tensor(values)'],
    [() => data.fromTensors(x()), ArgumentError, 'labels are undefined'],
    [() => data.fromTensors(tensor(1), [0]), ShapeError, 'x is a scalar'],
    [() => data.fromTensors(x(), {}), ArgumentError, 'y has no targets'],
    [() => data.fromTensors(x(), { a: [0] }), ShapeError, '2 samples', 'a [1] has 1'],
    [() => data.fromTensors(x(), { a: [0, 0.5] }), ArgumentError, 'labels of a hold 0.5', 'tensor(values)'],
  ],
  'data.loader': [
    [() => data.loader(x()), ArgumentError, 'the data set is a Tensor'],
    [() => data.loader(samples(), 32), ArgumentError, 'options is 32'],
    [() => data.loader(samples(), { batchSize: 0 }), ArgumentError, 'batchSize is 0'],
    [() => data.loader(samples(), { shuffle: 'yes' }), ArgumentError, 'shuffle is "yes"'],
    [() => data.loader(samples(), { batch_size: 1 }), ArgumentError, '{ batchSize: ... }'],
    [() => data.loader(samples(), { transforms: data.augment.flip() }), ArgumentError, 'the function flip'],
    [() => data.loader(samples(), { transforms: [1] }), ArgumentError, 'transforms[0] is 1', 'noise'],
    [() => data.loader(samples()).batches(2), ArgumentError, 'from is 2', 'at most 1'],
  ],
  ...Object.fromEntries(
    Object.entries({ affine: [{}], rotate: [10], shift: [0.1], scale: [[1, 2]], flip: [{}] }).map(
      ([name, [value]]): [string, Row[]] => {
        const make = data.augment[name];
        const withOptions = (options: unknown) => (isOptions(value) ? make(options) : make(value, options));
        return [
          `data.augment.${name}`,
          [
            [() => withOptions(null), ArgumentError, `${name}: options is null`],
            [() => withOptions({ sice: [2, 2] }), ArgumentError, 'unknown option "sice"', '{ size: ... }'],
            [() => withOptions({ size: 28 }), ArgumentError, `${name}: size is 28`, '[height, width]'],
            [() => withOptions({ size: [28] }), ArgumentError, 'size is [28]', '{ size: [28, 28] }'],
            [() => withOptions({ size: [28, 0.5] }), ArgumentError, 'size is [28, 0.5]'],
            [() => make(value)({ x: x(), y: [] }), ShapeError, `${name}: are rows of x [2, 2] images?`],
            [() => make(value)(x()), ArgumentError, `${name}: cannot change a Tensor`, 'transforms:'],
            ...wrongAugmentations[name],
          ],
        ];
      },
    ),
  ),
  'data.augment.randomCrop': [
    [() => data.augment.randomCrop(), ArgumentError, 'options is null', '{ padding: ... }'],
    [() => data.augment.randomCrop({}), ArgumentError, 'padding is undefined', 'a whole number'],
    [() => data.augment.randomCrop({ padding: 1.5 }), ArgumentError, 'padding is 1.5'],
    [() => data.augment.randomCrop({ padding: -1 }), ArgumentError, 'padding is -1', 'at least 0'],
    [() => data.augment.randomCrop({ padding: 1, fill: null }), ArgumentError, 'fill is null'],
    [() => data.augment.randomCrop({ padding: 1, size: '28' }), ArgumentError, 'size is "28"'],
    [() => data.augment.randomCrop({ pad: 1 }), ArgumentError, '"pad"', '{ padding: ... }'],
  ],
  'data.augment.noise': [
    [() => data.augment.noise(), ArgumentError, 'options is null', '{ std: ... }'],
    [() => data.augment.noise(0.1), ArgumentError, 'options is 0.1'],
    [() => data.augment.noise({}), ArgumentError, 'std is undefined'],
    [() => data.augment.noise({ std: -1 }), ArgumentError, 'std is -1', 'at least 0'],
    [() => data.augment.noise({ std: Infinity }), ArgumentError, 'std is Infinity'],
    [() => data.augment.noise({ std: 1, clip: 1 }), ArgumentError, 'clip is 1', 'clip must be [min, max]'],
    [() => data.augment.noise({ std: 1, clip: null }), ArgumentError, 'clip is null'],
    [() => data.augment.noise({ std: 1, clip: [1, 0] }), ArgumentError, 'clip is [1, 0]', '{ clip: [0, 1] }'],
    [() => data.augment.noise({ std: 1, clip: [0, '1'] }), ArgumentError, 'clip[1] is "1"'],
    [() => data.augment.noise({ stdev: 1 }), ArgumentError, '"stdev"', '{ std: ... }'],
    [() => data.augment.noise({ std: 1 })([[1]]), ArgumentError, 'noise: cannot change an array of 1'],
  ],
  'data.augment.cutout': [
    [() => data.augment.cutout(), ArgumentError, 'options is null', '{ length: ... }'],
    [() => data.augment.cutout({}), ArgumentError, 'length is undefined'],
    [() => data.augment.cutout({ length: 0 }), ArgumentError, 'length is 0', 'at least 1'],
    [() => data.augment.cutout({ length: 2, holes: 0.5 }), ArgumentError, 'holes is 0.5'],
    [() => data.augment.cutout({ length: 2, fill: Number.NaN }), ArgumentError, 'fill is NaN'],
    [() => data.augment.cutout({ length: 2, size: [1, 2, 3, 4] }), ArgumentError, 'size is [1, 2, 3, 4]'],
    [() => data.augment.cutout({ length: 1 })({ x: x() }), ShapeError, 'are rows of x [2, 2] images?'],
  ],
  'data.augment.mixup': [
    [() => data.augment.mixup(0.2), ArgumentError, 'options is 0.2', '{ alpha: ... }'],
    [() => data.augment.mixup({ alpha: 0 }), ArgumentError, 'alpha is 0', 'greater than 0'],
    [() => data.augment.mixup({ alpha: Infinity }), ArgumentError, 'alpha is Infinity'],
    [() => data.augment.mixup({ classes: 1.5 }), ArgumentError, 'classes is 1.5'],
    [() => data.augment.mixup({ lambda: 1 }), ArgumentError, 'unknown option "lambda"'],
    [() => data.augment.mixup()(samples().batch([0])), ArgumentError, 'classes is undefined'],
    [() => data.augment.mixup()({ x: x(), y: [0, 1] }), ArgumentError, 'y is an array of 2'],
    [() => data.augment.mixup({ classes: 1 })(samples().batch([1])), IndexError, 'label 0 is 1', '0 to 0'],
    [() => data.augment.mixup()(), ArgumentError, 'cannot change undefined'],
  ],
  'data.csvRows': [
    [() => data.csvRows(3), ArgumentError, 'the source is 3', 'csvRows({ text })'],
    [() => data.csvRows('x.csv', { types: 3 }), ArgumentError, 'types is 3'],
    [() => data.csvRows('x.csv', { types: { age: 'int' } }), ArgumentError, 'types.age is "int"'],
    [() => data.csvRows('x.csv', { seperator: ';' }), ArgumentError, 'unknown option "seperator"'],
  ],
  'data.readCsv': [
    [() => data.readCsv(), ArgumentError, 'the source is undefined'],
    [() => data.readCsv('/nowhere/x.csv'), DataError, 'cannot read /nowhere/x.csv'],
    [() => data.readCsv('a,b\n1,2'), DataError, 'no file has a line break', 'readCsv({ text })'],
    [() => data.readCsv({ text: 'a' }, 'x'), ArgumentError, 'options is "x"'],
    [() => data.readCsv({ text: 'a' }, { delimiter: ', ' }), ArgumentError, 'delimiter is ", "'],
    [() => data.readCsv({ text: 'a' }, { delimeter: ';' }), ArgumentError, '{ delimiter: ... }'],
    [() => data.readCsv({ text: 'a' }, { header: 'a' }), ArgumentError, 'header is "a"'],
    [() => data.readCsv({ text: 'a' }, { missing: 'NA' }), ArgumentError, 'missing is "NA"'],
    [() => data.readCsv({ text: 'a' }, { decimal: ';' }), ArgumentError, 'decimal is ";"'],
    [() => data.readCsv({ text: 'a' }, { quotes: 'no' }), ArgumentError, 'quotes is "no"'],
    [() => data.readCsv({ text: 'a' }, { encoding: 'utf8000' }), ArgumentError, 'encoding is "utf8000"'],
    [() => data.readCsv({ text: 'a' }, { name: 1 }), ArgumentError, 'name is 1'],
    [
      () => data.readCsv({ text: 'age' }, { types: { agee: 'number' } }),
      ArgumentError,
      'the column "agee"',
      '"age"',
    ],
    [() => data.readCsv([1]), ArgumentError, 'a chunk of the text is 1'],
    [() => data.readCsv({ text: 'a,b\n1' }), DataError, 'line 2: 1 field'],
  ],
  'data.summarize': [
    [() => data.summarize(null), ArgumentError, 'the source is null'],
    [() => data.summarize({ text: 'a' }, { top: -1 }), ArgumentError, 'top is -1'],
    [() => data.summarize({ text: 'a' }, 5), ArgumentError, 'options is 5'],
    [() => data.summarize({ text: '' }), DataError, 'summarize: the text is empty'],
  ],
  'data.Summary': [
    [
      async () => (await data.summarize({ text: 'age' })).column('aeg'),
      ArgumentError,
      'there is no column "aeg"',
      '"age"',
    ],
  ],
  'data.jsonRows': [
    [() => data.jsonRows(3), ArgumentError, 'the source is 3'],
    [() => data.jsonRows('x', { delimiter: ',' }), ArgumentError, 'unknown option "delimiter"'],
  ],
  'data.readJsonLines': [
    [() => data.readJsonLines('/nowhere/x.jsonl'), DataError, 'cannot read /nowhere/x.jsonl'],
    [() => data.readJsonLines({ text: '[1]' }), DataError, 'line 1 is an array of 1'],
    [() => data.readJsonLines({ text: '{"a": [1]}' }), DataError, 'column "a": an array of 1'],
  ],
  'data.Table': [
    [() => data.Table.from([[1]]), ArgumentError, 'the columns are an array of 1'],
    [() => data.Table.from({ a: 1 }), ArgumentError, 'column "a" is 1'],
    [() => data.Table.from({ a: [1], b: [] }), ShapeError, 'column "b" has 0 rows'],
    [() => table().column('sexx'), ArgumentError, 'no column "sexx"', '"sex"'],
    [() => table().select('sex'), ArgumentError, 'the columns are "sex"'],
    [() => table().drop(['x']), ArgumentError, 'no column "x"'],
    [() => table().filter({}), ArgumentError, 'the predicate is an object'],
    [() => table().row(2), ArgumentError, 'the row is 2'],
    [() => table().rows([2]), IndexError, 'there is no row 2'],
    [() => table().dropMissing('age'), ArgumentError, 'the columns are "age"'],
    [() => table().toTensor(), ArgumentError, 'holds "m"'],
    [() => table().toTensor(['age']), ArgumentError, 'column "age", row 1 is missing'],
    [() => table().toTensor(['age'], { missing: true }), ArgumentError, 'unknown option "missing"'],
  ],
  'data.StandardScaler': [
    [() => new data.StandardScaler({ per: 'column' }), ArgumentError, 'per is "column"'],
    [() => new data.StandardScaler({ withMean: true }), ArgumentError, 'unknown option "withMean"'],
    [() => new data.StandardScaler().fit([1]), ArgumentError, 'x is an array of 1'],
    [() => new data.StandardScaler().transform(x()), StateError, 'it has not been fitted'],
    [() => new data.StandardScaler().fit(x()).transform(tensor([[1]])), ShapeError, 'x is [1, 1]'],
    [() => new data.StandardScaler().loadStateDict(null), StateError, 'the state is null'],
  ],
  'data.MinMaxScaler': [
    [() => new data.MinMaxScaler({ range: 1 }), ArgumentError, 'range is 1'],
    [() => new data.MinMaxScaler({ range: [1, 0] }), ArgumentError, 'range is [1, 0]'],
    [() => new data.MinMaxScaler({ range: [0, Infinity] }), ArgumentError, 'range[1] is Infinity'],
    [() => new data.MinMaxScaler({ featureRange: [0, 1] }), ArgumentError, 'unknown option'],
  ],
  'data.RobustScaler': [
    [() => new data.RobustScaler({ quantiles: [25, 75] }), ArgumentError, 'quantiles[0] is 25'],
    [() => new data.RobustScaler({ quantiles: [0.5] }), ArgumentError, 'quantiles is [0.5]'],
  ],
  'data.Imputer': [
    [() => new data.Imputer({ strategy: 'average' }), ArgumentError, 'strategy is "average"'],
    [() => new data.Imputer({ value: 'x' }), ArgumentError, 'value is "x"'],
    [() => new data.Imputer({ strategie: 'mean' }), ArgumentError, '{ strategy: ... }'],
  ],
  'data.OutlierClipper': [
    [() => new data.OutlierClipper({ method: 'zscore' }), ArgumentError, "{ method: 'zScore' }"],
    [() => new data.OutlierClipper({ factor: 0 }), ArgumentError, 'factor is 0'],
    [
      () => new data.OutlierClipper().inliers(x()),
      StateError,
      'OutlierClipper.inliers: it has not been fitted',
    ],
  ],
  'data.Pipeline': [
    [() => new data.Pipeline(new data.Imputer()), ArgumentError, 'the steps are an Imputer'],
    [() => new data.Pipeline([data.Imputer]), ArgumentError, 'step 0 is the function Imputer'],
    [() => new data.Pipeline([new data.Imputer()]).transform(x()), StateError, 'Imputer.transform'],
    [() => new data.Pipeline([]).loadStateDict({ kind: 'Pipeline' }), StateError, 'it has no steps, not 0'],
  ],
  'data.BagOfWords': [
    [() => new data.BagOfWords({ minTexts: 0 }), ArgumentError, 'minTexts is 0'],
    [() => new data.BagOfWords({ binary: 1 }), ArgumentError, 'binary is 1'],
    [() => new data.BagOfWords({ min_df: 2 }), ArgumentError, 'unknown option "min_df"'],
    [() => new data.BagOfWords().fit('good food'), ArgumentError, 'the texts are "good food"'],
    [() => new data.BagOfWords().transform(['good']), StateError, 'it has not been fitted'],
    [() => new data.BagOfWords().loadStateDict({}), StateError, 'of the kind undefined'],
  ],
  'data.LabelEncoder': [
    [() => new data.LabelEncoder().fit('cat'), ArgumentError, 'the labels are "cat"'],
    [() => new data.LabelEncoder().classes, StateError, 'it has not been fitted'],
    [() => new data.LabelEncoder().fit(['a']).transform(['b']), ArgumentError, '"b" (place 0) is unknown'],
    [() => new data.LabelEncoder().fit(['a']).inverse([1]), IndexError, 'there is no class 1'],
    [() => new data.LabelEncoder().loadStateDict({}), StateError, 'of the kind undefined'],
  ],
  'data.OneHotEncoder': [
    [() => new data.OneHotEncoder({ handleUnknown: 'skip' }), ArgumentError, 'handleUnknown is "skip"'],
    [() => new data.OneHotEncoder().fit(['a']), ArgumentError, 'the table is an array of 1'],
    [() => new data.OneHotEncoder().transform(table()), StateError, 'it has not been fitted'],
    [() => new data.OneHotEncoder().fit(table()).inverse(x()), ShapeError, 'x must be [n, 3]'],
  ],
  'data.kFold': [
    [() => data.kFold('ten'), ArgumentError, 'the samples are "ten"'],
    [() => data.kFold(10, 5), ArgumentError, 'options is 5'],
    [() => data.kFold(10, { folds: 11 }), ArgumentError, '11 folds of 10 samples'],
    [() => data.kFold(10, { shuffle: 1 }), ArgumentError, 'shuffle is 1'],
    [() => data.kFold(10, { stratify: [0] }), ShapeError, '1 labels for 10 samples'],
  ],
  'data.classWeights': [
    [() => data.classWeights(3), ArgumentError, 'labels are 3'],
    [() => data.classWeights([0, 2]), ArgumentError, 'class 1 has no sample'],
    [() => data.classWeights([0, 1], { classes: 1 }), ArgumentError, 'classes is 1'],
  ],
  'data.mnist': [
    [() => data.mnist('folder'), ArgumentError, 'options is "folder"', '{ from: ... }'],
    [() => data.mnist({ from: 3 }), ArgumentError, 'from is 3'],
    [() => data.mnist({ from: {} }), ArgumentError, 'train-images-idx3-ubyte is undefined'],
    [() => data.mnist({ from: '/nowhere' }), DataError, 'cannot read /nowhere/'],
  ],

  'io.parseIdx': [
    [() => io.parseIdx('file'), ArgumentError, 'the file is "file"', 'Uint8Array'],
    [() => io.parseIdx(new Uint8Array(2)), DataError, 'not an idx file'],
    [() => io.parseIdx(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 3, 1, 2])), DataError, 'cut off', 'needs 11'],
  ],
  'io.parseSafetensors': [
    [() => io.parseSafetensors([1]), ArgumentError, 'an array of 1'],
    [() => io.parseSafetensors(new Uint8Array(4)), DataError, 'cut off'],
  ],
  'io.toSafetensors': [
    [() => io.toSafetensors(null), ArgumentError, 'the tensors are null', 'model.stateDict()'],
    [() => io.toSafetensors({ a: [1] }), ArgumentError, 'a is an array of 1'],
    [() => io.toSafetensors(model()), ArgumentError, 'every value must be a tensor'],
    [() => io.toSafetensors({}, { meta: {} }), ArgumentError, '{ metadata: ... }'],
    [() => io.toSafetensors({}, { metadata: 'pt' }), ArgumentError, 'the metadata are "pt"'],
    [() => io.toSafetensors({}, { metadata: { epoch: 3 } }), ArgumentError, '"epoch" is 3', 'strings'],
  ],
  'io.load': [
    [() => io.load(), ArgumentError, 'the file is undefined'],
    [() => io.load('/nowhere/weights'), DataError, 'cannot read /nowhere/weights'],
    [() => io.load(new Blob(['{}'])), DataError, 'the file is cut off'],
  ],
  'io.loadMetadata': [
    [() => io.loadMetadata(3), ArgumentError, 'the file is 3'],
    [() => io.loadMetadata('/nowhere/weights'), DataError, 'cannot read /nowhere/weights'],
    [() => io.loadMetadata(new ArrayBuffer(0)), DataError, 'the file is empty'],
  ],
  'io.toCheckpoint': [
    [() => io.toCheckpoint(() => 1), ArgumentError, 'the state is a function'],
    [() => io.toCheckpoint({ model: model() }), ArgumentError, 'model is a Sequential', 'stateDict()'],
    [() => io.toCheckpoint({ a: [new Map()] }), ArgumentError, 'a.0 is a Map'],
  ],
  'io.parseCheckpoint': [
    [() => io.parseCheckpoint('file'), ArgumentError, 'the file is "file"', 'Uint8Array'],
    [() => io.parseCheckpoint(io.toSafetensors({ x: x() })), DataError, 'but no checkpoint', 'load()'],
  ],
  'io.saveCheckpoint': [
    [() => io.saveCheckpoint('/nowhere/run', { x: x() }), DataError, 'cannot write /nowhere/run'],
    [() => io.saveCheckpoint(x(), { x: x() }), ArgumentError, 'the file name is a Tensor'],
    [() => io.saveCheckpoint('/nowhere/run', { x: 1n }), ArgumentError, 'x is 1n'],
  ],
  'io.loadCheckpoint': [
    [() => io.loadCheckpoint(), ArgumentError, 'the file is undefined'],
    [() => io.loadCheckpoint('/nowhere/run'), DataError, 'cannot read /nowhere/run'],
  ],
  'io.save': [
    [() => io.save('/nowhere/weights', { x: x() }), DataError, 'cannot write /nowhere/weights'],
    [() => io.save(x(), { x: x() }), ArgumentError, 'the file name is a Tensor'],
    [() => io.save('/nowhere/weights'), ArgumentError, 'the tensors are undefined'],
  ],
  'io.readFile': [[() => io.readFile(3), ArgumentError, 'the file name is 3']],
  'io.checkWritable': [
    [() => io.checkWritable('/nowhere/run'), DataError, 'cannot write /nowhere/run', 'mkdir -p /nowhere'],
    [() => io.checkWritable(undefined), ArgumentError, 'the file name is undefined'],
  ],
  'io.writeFile': [
    [() => io.writeFile(null, new Uint8Array(1)), ArgumentError, 'the file name is null'],
    [() => io.writeFile('/nowhere/file', 'text'), ArgumentError, 'the bytes are "text"'],
    [() => io.writeFile('/nowhere/file', new Uint8Array(1)), DataError, 'cannot write /nowhere/file'],
  ],

  'train.fit': [
    [() => train.fit(), ArgumentError, 'the model is undefined'],
    [() => train.fit(model()), ArgumentError, 'options is null'],
    [() => train.fit(model(), { ...run(), epoch: 1 }), ArgumentError, '{ epochs: ... }'],
    [
      () => train.fit(model(), { ...run(), data: [x()] }),
      ArgumentError,
      'data is an array of 1',
      'data.loader',
    ],
    [() => train.fit(model(), { ...run(), validation: samples() }), ArgumentError, 'validation is a Dataset'],
    [() => train.fit(model(), { ...run(), loss: 'mse' }), ArgumentError, 'loss is "mse"'],
    [() => train.fit(model(), { ...run(), loss: () => 1 }), ArgumentError, 'the loss returned 1'],
    [() => train.fit(model(), { ...run(), optimizer: 'adam' }), ArgumentError, 'optimizer is "adam"'],
    [() => train.fit(model(), { ...run(), epochs: 1.5 }), ArgumentError, 'epochs is 1.5'],
    [() => train.fit(model(), { ...run(), metrics: 'accuracy' }), ArgumentError, 'metrics is "accuracy"'],
    [() => train.fit(model(), { ...run(), metrics: ['acuracy'] }), ArgumentError, "'accuracy'"],
    [() => train.fit(model(), { ...run(), metrics: null }), ArgumentError, 'metrics is null'],
    [
      () => train.fit(model(), { ...run(), callbacks: [{ onStep: 'x' }] }),
      ArgumentError,
      'onStep of a callback',
    ],
    [() => train.fit(model(), { ...run(), callbacks: [{ onEpochend() {} }] }), ArgumentError, 'onEpochEnd'],
    [
      () => train.fit(model(), { ...run(), optimizer: new optim.SGD(model().parameters()) }),
      ArgumentError,
      "this model's parameters",
    ],
    [() => train.fit(model(), { ...run(), callbacks: [null] }), ArgumentError, 'no list of callbacks'],
  ],
  'train.evaluate': [
    [() => train.evaluate(null), ArgumentError, 'the model is null'],
    [() => train.evaluate(model(), x()), ArgumentError, 'data is a Tensor'],
    [
      () => train.evaluate(model(), data.loader(samples()), 'accuracy'),
      ArgumentError,
      'metrics is "accuracy"',
    ],
    [() => train.evaluate(model(), data.loader(samples()), [], { loss: 1 }), ArgumentError, 'loss is 1'],
  ],
  'train.gradualUnfreezing': [
    [() => train.gradualUnfreezing(2), ArgumentError, 'options is 2'],
    [() => train.gradualUnfreezing({ epochs: 2 }), ArgumentError, 'unknown option "epochs"'],
    [() => train.gradualUnfreezing({ every: 0 }), ArgumentError, 'every is 0'],
    [
      () => train.gradualUnfreezing({ layers: ['head'] }).onStart({ model: model(), epoch: 0 }),
      ArgumentError,
      'there is no parameter "head"',
    ],
  ],
  'train.accuracy': [
    [() => train.accuracy().update(null, [0]), ArgumentError, 'the logits are null'],
    [() => train.accuracy().update(x(), [0]), ShapeError, '2 predictions, 1 labels'],
    [() => train.accuracy().update(x(), null), ArgumentError, 'the labels are null'],
    [() => train.accuracy().update(x(), [0, 2]), IndexError, 'label 1 is 2'],
    [() => train.accuracy({ treshold: 1 }), ArgumentError, 'unknown option "treshold"', '{ threshold: ... }'],
    [() => train.accuracy([0, 1]), ArgumentError, 'predicted is undefined'],
    [
      () => train.accuracy([0, 1], [0.5, 1]),
      ArgumentError,
      'predicted[0] is 0.5',
      'predictedClasses(logits)',
    ],
    [() => train.accuracy([0, 1], [0, 1], { threshold: 1 }), ArgumentError, 'unknown option "threshold"'],
    [() => train.accuracy().loadStateDict(3), StateError, '3 is no state of this metric'],
  ],
  'train.predictedClasses': [
    [() => train.predictedClasses([1, 2]), ArgumentError, 'the logits are an array of 2'],
    [() => train.predictedClasses(tensor([[[1, 2]]])), ShapeError, 'logits must be [n, classes]'],
    [() => train.predictedClasses(x(), { threshold: '0' }), ArgumentError, 'threshold is "0"'],
    [() => train.predictedClasses(x(), 0.5), ArgumentError, 'options is 0.5'],
  ],
  'train.precision': [
    [
      () => train.precision({ average: 'makro' }),
      ArgumentError,
      'average is "makro"',
      "{ average: 'macro' }",
    ],
    [() => train.precision({ averaging: 'macro' }), ArgumentError, 'unknown option "averaging"'],
    [() => train.precision({ zeroDivision: 0.5 }), ArgumentError, 'zeroDivision is 0.5', '0, 1 or NaN'],
    [() => train.precision({ positive: 0.5 }), ArgumentError, 'positive is 0.5'],
    [() => train.precision({ threshold: null }), ArgumentError, 'threshold is null'],
    [() => train.precision(null), ArgumentError, 'options is null'],
    [() => train.precision([0, 1], [1, 0], { threshold: 1 }), ArgumentError, 'unknown option "threshold"'],
    [() => train.precision([0, 1], [1, 0], 'macro'), ArgumentError, 'options is "macro"'],
    [() => train.precision([0, 1], [1]), ShapeError, '2 labels, 1 predictions'],
    [() => train.precision([0, 2, 1], [1, 1, 1]), ArgumentError, 'there are 3 classes', "'precisionMacro'"],
    [() => train.precision([0, '1'], [1, 1]), ArgumentError, 'truth[1] is "1"'],
    [() => train.precision().update(tensor([[1, 2, 3]]), [0]), ArgumentError, 'there are 3 classes'],
    [() => train.precision().update(x(), [0, 2]), IndexError, 'label 1 is 2'],
    [() => train.precision().loadStateDict({}), StateError, 'precision.loadStateDict'],
  ],
  'train.recall': [
    [() => train.recall({ average: 'makro' }), ArgumentError, 'average is "makro"', "{ average: 'macro' }"],
    [() => train.recall({ averaging: 'macro' }), ArgumentError, 'unknown option "averaging"'],
    [() => train.recall({ zeroDivision: 0.5 }), ArgumentError, 'zeroDivision is 0.5', '0, 1 or NaN'],
    [() => train.recall({ positive: 0.5 }), ArgumentError, 'positive is 0.5'],
    [() => train.recall({ threshold: null }), ArgumentError, 'threshold is null'],
    [() => train.recall(null), ArgumentError, 'options is null'],
    [() => train.recall([0, 1], [1, 0], { threshold: 1 }), ArgumentError, 'unknown option "threshold"'],
    [() => train.recall([0, 1], [1, 0], 'macro'), ArgumentError, 'options is "macro"'],
    [() => train.recall([0, 1], [1]), ShapeError, '2 labels, 1 predictions'],
    [() => train.recall([0, 2, 1], [1, 1, 1]), ArgumentError, 'there are 3 classes', "'recallMacro'"],
    [() => train.recall([0, '1'], [1, 1]), ArgumentError, 'truth[1] is "1"'],
    [() => train.recall().update(tensor([[1, 2, 3]]), [0]), ArgumentError, 'there are 3 classes'],
    [() => train.recall().update(x(), [0, 2]), IndexError, 'label 1 is 2'],
    [() => train.recall().loadStateDict({}), StateError, 'recall.loadStateDict'],
  ],
  'train.f1': [
    [() => train.f1({ average: 'makro' }), ArgumentError, 'average is "makro"', "{ average: 'macro' }"],
    [() => train.f1({ averaging: 'macro' }), ArgumentError, 'unknown option "averaging"'],
    [() => train.f1({ zeroDivision: 0.5 }), ArgumentError, 'zeroDivision is 0.5', '0, 1 or NaN'],
    [() => train.f1({ positive: 0.5 }), ArgumentError, 'positive is 0.5'],
    [() => train.f1({ threshold: null }), ArgumentError, 'threshold is null'],
    [() => train.f1(null), ArgumentError, 'options is null'],
    [() => train.f1([0, 1], [1, 0], { threshold: 1 }), ArgumentError, 'unknown option "threshold"'],
    [() => train.f1([0, 1], [1, 0], 'macro'), ArgumentError, 'options is "macro"'],
    [() => train.f1([0, 1], [1]), ShapeError, '2 labels, 1 predictions'],
    [() => train.f1([0, 2, 1], [1, 1, 1]), ArgumentError, 'there are 3 classes', "'f1Macro'"],
    [() => train.f1([0, '1'], [1, 1]), ArgumentError, 'truth[1] is "1"'],
    [() => train.f1().update(tensor([[1, 2, 3]]), [0]), ArgumentError, 'there are 3 classes'],
    [() => train.f1().update(x(), [0, 2]), IndexError, 'label 1 is 2'],
    [() => train.f1().loadStateDict({}), StateError, 'f1.loadStateDict'],
  ],
  'train.topKAccuracy': [
    [() => train.topKAccuracy({ k: 0 }), ArgumentError, 'k is 0'],
    [() => train.topKAccuracy(5), ArgumentError, 'options is 5'],
    [
      () => train.topKAccuracy([0], [[1, 2, 3]]),
      ArgumentError,
      'k is 5',
      'less than the number of classes',
      '{ k: 2 }',
    ],
    [() => train.topKAccuracy([0], [1], { k: 1 }), ArgumentError, 'a sample has one score'],
    [() => train.topKAccuracy([3], [[1, 2, 3]], { k: 1 }), IndexError, 'label 0 is 3'],
    [() => train.topKAccuracy({ k: 2 }).update(x(), [0, 1]), ArgumentError, 'k is 2'],
  ],
  'train.rocAuc': [
    [() => train.rocAuc({ average: 'micro' }), ArgumentError, 'average is "micro"'],
    [() => train.rocAuc([0, 2], [0.1, 0.2]), ArgumentError, 'target 1 is 2'],
    [
      () =>
        train.rocAuc(
          [0, 1],
          [
            [0.1, 0.2],
            [0.5, 0.5],
          ],
        ),
      ArgumentError,
      'row 0 of the scores adds up to',
      'softmax',
    ],
    [() => train.rocAuc([0, 1], [[0.1], []]), ShapeError, 'scores[1] is an array of 0'],
    [() => train.rocAuc().update(x(), [0, 2]), IndexError, 'label 1 is 2'],
    [() => train.rocAuc().update(3, [0, 2]), ArgumentError, 'the logits are 3'],
  ],
  'train.logLoss': [
    [() => train.logLoss({ k: 1 }), ArgumentError, 'unknown option "k"'],
    [() => train.logLoss([0, 1], x()), ArgumentError, 'scores is a Tensor'],
    [
      () =>
        train.logLoss(
          [0, 3],
          [
            [1, 2],
            [3, 4],
          ],
        ),
      IndexError,
      'label 1 is 3',
    ],
    [
      () => train.logLoss().update(typegrad.softmax(x()), [0, 1]),
      ArgumentError,
      'Probabilities',
      'remove the softmax',
    ],
  ],
  'train.mse': [
    [() => train.mse({ squared: false }), ArgumentError, 'unknown option "squared"'],
    [() => train.mse([1], ['1']), ArgumentError, 'predicted[0] is "1"'],
    [() => train.mse([1, 2], [1]), ShapeError, '2 labels, 1 predictions'],
    [() => train.mse([[1, 2]], [1]), ShapeError, '2 true values a sample, 1 predicted'],
    [() => train.mse().update(null, x()), ArgumentError, 'the predictions are null'],
    [() => train.mse().update(x(), null), ArgumentError, 'the targets are null'],
    [() => train.mse().update(x(), [0, 1]), ShapeError, 'predictions [2, 2], targets [2]', "['accuracy']"],
    [() => train.mse().loadStateDict(null), StateError, 'null is no state of this metric'],
  ],
  'train.mae': [
    [() => train.mae({ squared: false }), ArgumentError, 'unknown option "squared"'],
    [() => train.mae([1], ['1']), ArgumentError, 'predicted[0] is "1"'],
    [() => train.mae([1, 2], [1]), ShapeError, '2 labels, 1 predictions'],
    [() => train.mae([[1, 2]], [1]), ShapeError, '2 true values a sample, 1 predicted'],
    [() => train.mae().update(null, x()), ArgumentError, 'the predictions are null'],
    [() => train.mae().update(x(), null), ArgumentError, 'the targets are null'],
    [() => train.mae().update(x(), [0, 1]), ShapeError, 'predictions [2, 2], targets [2]', "['accuracy']"],
    [() => train.mae().loadStateDict(null), StateError, 'null is no state of this metric'],
  ],
  'train.r2': [
    [() => train.r2({ squared: false }), ArgumentError, 'unknown option "squared"'],
    [() => train.r2([1], ['1']), ArgumentError, 'predicted[0] is "1"'],
    [() => train.r2([1, 2], [1]), ShapeError, '2 labels, 1 predictions'],
    [() => train.r2([[1, 2]], [1]), ShapeError, '2 true values a sample, 1 predicted'],
    [() => train.r2().update(null, x()), ArgumentError, 'the predictions are null'],
    [() => train.r2().update(x(), null), ArgumentError, 'the targets are null'],
    [() => train.r2().update(x(), [0, 1]), ShapeError, 'predictions [2, 2], targets [2]', "['accuracy']"],
    [() => train.r2().loadStateDict(null), StateError, 'null is no state of this metric'],
  ],
  'train.classificationReport': [
    [() => train.classificationReport([0], null), ArgumentError, 'predicted is null'],
    [() => train.classificationReport([0], [0], { names: 'cat' }), ArgumentError, 'names is "cat"'],
    [() => train.classificationReport([0], [1], { names: ['cat'] }), IndexError, 'class 1 has no name'],
    [
      () => train.classificationReport([0], [0], { zeroDivision: 'warn' }),
      ArgumentError,
      'zeroDivision is "warn"',
    ],
    [() => train.classificationReport([0], [0], ['cat']), ArgumentError, 'options is an array of 1'],
  ],
  'train.formatClassificationReport': [
    [() => train.formatClassificationReport(null), ArgumentError, 'the report is null'],
    [
      () => train.formatClassificationReport({ classes: [{}] }),
      ArgumentError,
      'what classificationReport returns',
    ],
    [() => train.formatClassificationReport(report(), { digits: -1 }), ArgumentError, 'digits is -1'],
    [() => train.formatClassificationReport(report(), 3), ArgumentError, 'options is 3'],
  ],
  'train.confusionMatrix': [
    [() => train.confusionMatrix([0], [0]), ArgumentError, 'classes is undefined'],
    [() => train.confusionMatrix(null, [0], 2), ArgumentError, 'truth is null'],
    [() => train.confusionMatrix([0], [0, 1], 2), ShapeError, '1 labels, 2 predictions'],
    [() => train.confusionMatrix([0], [2], 2), IndexError, 'prediction 0 is 2', '0 … 1'],
  ],
  'train.formatConfusionMatrix': [
    [() => train.formatConfusionMatrix(null), ArgumentError, 'counts is null', 'square table'],
    [() => train.formatConfusionMatrix([[1, 2]]), ArgumentError, 'square table'],
    [() => train.formatConfusionMatrix(['a']), ArgumentError, 'square table'],
    [() => train.formatConfusionMatrix([['1']]), ArgumentError, 'counts[0][0] is "1"'],
  ],
  'train.formatEpoch': [
    [() => train.formatEpoch(null, 1), ArgumentError, 'the log is null'],
    [() => train.formatEpoch({ epoch: 1 }, 1), ArgumentError, 'seconds is undefined'],
    [() => train.formatEpoch({ ...log, accuracy: '1' }, 1), ArgumentError, 'accuracy is "1"'],
    [() => train.formatEpoch(log), ArgumentError, 'epochs is undefined'],
  ],
  detectAnomaly: [
    [() => js.detectAnomaly(x()), ArgumentError, 'cannot run a Tensor'],
    [() => js.detectAnomaly(() => 1, { where: 'here' }), ArgumentError, 'where is "here"'],
    [() => js.detectAnomaly(() => 1, { were: 1 }), ArgumentError, '{ where: ... }'],
    [
      () => js.detectAnomaly(() => js.log(tensor([0]))),
      AnomalyError,
      'log of finite numbers gave -Infinity at [0]',
    ],
  ],
  'train.detectAnomaly': [
    [() => train.detectAnomaly(() => 1), ArgumentError, 'the model is a function'],
    [() => train.detectAnomaly(model()), ArgumentError, 'cannot run undefined'],
  ],
  'train.earlyStopping': [
    [() => train.earlyStopping({ patiance: 3 }), ArgumentError, '{ patience: ... }'],
    [() => train.earlyStopping({ patience: 1.5 }), ArgumentError, 'patience is 1.5'],
    [() => train.earlyStopping({ minDelta: -1 }), ArgumentError, 'minDelta is -1'],
    [() => train.earlyStopping({ monitor: 3 }), ArgumentError, 'monitor is 3', "'validationLoss'"],
    [() => train.earlyStopping({ mode: 'low' }), ArgumentError, 'mode is "low"'],
    [() => train.earlyStopping({ restoreBest: 1 }), ArgumentError, 'restoreBest is 1'],
  ],
  'train.checkpoint': [
    [() => train.checkpoint(), ArgumentError, 'the path is undefined', "checkpoint('run.safetensors')"],
    [() => train.checkpoint('run', { every: 0 }), ArgumentError, 'every is 0'],
    [
      () => train.checkpoint('run', { every: 2, monitor: 'loss' }),
      ArgumentError,
      'every together with monitor',
    ],
    [() => train.checkpoint('run', { monitor: '' }), ArgumentError, 'monitor is ""'],
    [() => train.checkpoint('run', { mode: 'low', monitor: 'loss' }), ArgumentError, 'mode is "low"'],
    [() => runWith(train.checkpoint('/nowhere/run')), DataError, 'cannot write /nowhere/run'],
  ],
  'train.csvLogger': [
    [() => train.csvLogger(), ArgumentError, 'the path is undefined', "csvLogger('log.csv')"],
    [() => runWith(train.csvLogger('/nowhere/log.csv')), DataError, 'cannot write /nowhere/log.csv'],
  ],
  'train.jsonLinesLogger': [[() => train.jsonLinesLogger(3), ArgumentError, 'the path is 3']],
  'train.histograms': [
    [() => train.histograms(), ArgumentError, 'options is null'],
    [() => train.histograms({}), ArgumentError, 'write is undefined'],
    [() => train.histograms({ write() {}, bins: 0 }), ArgumentError, 'bins is 0'],
  ],
  'train.predict': [
    [() => train.predict(), ArgumentError, 'the model is undefined'],
    [() => train.predict(model(), x()), ArgumentError, 'data is a Tensor', 'data.loader(dataset'],
  ],
  'train.ofHead': [
    [() => train.ofHead(train.accuracy()), ArgumentError, 'the head is an object'],
    [() => train.ofHead('digit', 'accuracy'), ArgumentError, 'the metric is "accuracy"'],
    [
      () => train.ofHead('digit', train.accuracy()).update(x(), [0]),
      ArgumentError,
      'the output has nothing of the name digit',
    ],
  ],
  'train.maxNorm': [
    [() => train.maxNorm(0), ArgumentError, 'limit is 0'],
    [() => train.maxNorm('3'), ArgumentError, 'limit is "3"'],
  ],
  'train.progressBar': [
    [() => train.progressBar(true), ArgumentError, 'options is true'],
    [() => train.progressBar({ write: 'x' }), ArgumentError, 'write is "x"'],
    [() => train.progressBar({ bar: 1 }), ArgumentError, 'bar is 1'],
    [() => train.progressBar({ colour: 'red' }), ArgumentError, 'unknown option "colour"'],
  ],
};

/** Exports without a wrong call, and why there is none. */
const reasons: Record<string, string> = {
  randomState: 'takes nothing',
  isRecording: 'takes nothing',
  Probabilities: 'made by softmax only',
  TypegradError: 'made by the library only',
  ShapeError: 'made by the library only',
  ArgumentError: 'made by the library only',
  IndexError: 'made by the library only',
  GradientError: 'made by the library only',
  ModifiedError: 'made by the library only',
  ReleasedError: 'made by the library only',
  ScopeError: 'made by the library only',
  MemoryError: 'made by the library only',
  ThreadError: 'made by the library only',
  DeviceError: 'made by the library only',
  memory: 'takes nothing',
  'device.info': 'takes nothing',
  'device.counters': 'takes nothing',
  'device.recalibrate': 'takes nothing',
  'train.learningRate': 'takes nothing',
  'train.stopOnNaN': 'takes nothing',
  AnomalyError: 'made by the library only',
  enableWideVectors: 'takes nothing',
  StateError: 'made by the library only',
  DataError: 'made by the library only',
  'nn.Module': 'abstract: its methods are in the rows of nn.Sequential',
  'nn.Activation': 'abstract',
  'optim.Optimizer': 'abstract: in the rows of every optimizer',
  'optim.Schedule': 'abstract: in the rows of every schedule',
  'data.Preprocessor': 'abstract: in the rows of every scaler',
};

describe('bad input, function by function', () => {
  for (const [name, wrongCalls] of Object.entries(rows)) {
    it(`${name} refuses ${wrongCalls.length} wrong calls`, async () => {
      for (const [call, Class, ...parts] of wrongCalls) {
        let result: unknown;
        let caught: unknown;
        try {
          result = call();
        } catch (error) {
          caught = error;
        }
        const what = `${name}: ${call}`;
        if (result instanceof Promise) await expectRejection(result, Class, ...parts);
        else if (caught === undefined) expect.fail(`${what} passed, with ${shown(result)}`);
        else
          expectError(
            () => {
              throw caught;
            },
            Class,
            ...parts,
          );
      }
    });
  }
});

describe('bad input, complete', () => {
  /** Every function and class behind the public door, by its path. */
  function publicNames(namespace: object, path: string): string[] {
    return Object.entries(namespace).flatMap(([key, value]) => {
      if (path === 'nn.' && key === 'optim') return []; // the same as optim
      if (typeof value === 'function') return isOperation(value) ? [] : [path + key];
      return publicNames(value, `${path}${key}.`);
    });
  }

  it('every export is an operation, has wrong calls, or a reason for having none', () => {
    const names = publicNames(typegrad, '');
    expect([...Object.keys(rows), ...Object.keys(reasons)].sort()).to.deep.equal(names.sort());
  });

  it('the losses of nn are the operations', () => {
    for (const [name, value] of Object.entries(typegrad.nn).filter((entry) => isOperation(entry[1])))
      expect(js[name]).to.equal(value);
  });
});
