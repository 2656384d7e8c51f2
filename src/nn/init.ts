// Initializers: where weights start. Each overwrites a tensor in place and returns it.
import {
  ArgumentError,
  checkChoice,
  checkNumber,
  checkOptions,
  describe,
  finite,
  nextKey,
  ShapeError,
  show,
  Tensor,
} from '../tensor/index.ts';
import { backend } from '../kernels/index.ts';

/** Uniform in [low, high). */
export function uniform<T extends Tensor>(x: T, low = 0, high = 1): T {
  checkTensor('uniform', x);
  checkNumber('init.uniform', 'low', low, finite);
  checkNumber('init.uniform', 'high', high, { ...finite, min: low });
  backend().uniform(nextKey(), low, high, x);
  return x;
}

/** Normal with the given mean and standard deviation. */
export function normal<T extends Tensor>(x: T, mean = 0, std = 1): T {
  checkTensor('normal', x);
  checkNumber('init.normal', 'mean', mean, finite);
  checkNumber('init.normal', 'std', std, { min: 0, below: Infinity });
  backend().normal(nextKey(), mean, std, x);
  return x;
}

/** Every element is `value`. */
export function constant<T extends Tensor>(x: T, value: number): T {
  checkTensor('constant', x);
  checkNumber('init.constant', 'value', value);
  backend().fill(value, x);
  return x;
}

/** Every element is 0. */
export function zeros<T extends Tensor>(x: T): T {
  checkTensor('zeros', x);
  return constant(x, 0);
}

/** Every element is 1. */
export function ones<T extends Tensor>(x: T): T {
  checkTensor('ones', x);
  return constant(x, 1);
}

/** What follows a layer, as far as gains are known. */
export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu';

/**
 * By how much weights must be larger than 1/√fan so that values keep their size through a nonlinearity:
 *
 *     linear 1    sigmoid 1    tanh 5/3    relu √2    leakyRelu √(2/(1 + slope²))
 *
 * relu's √2 because it drops half of the square mean (He et al. 2015); tanh's is a rule of thumb. As in PyTorch.
 *
 * @param slope leakyRelu's slope below 0
 */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  checkChoice('init.calculateGain', 'nonlinearity', nonlinearity, Object.keys(gains) as Nonlinearity[]);
  checkNumber('init.calculateGain', 'slope', slope, finite);
  return gains[nonlinearity](slope);
}

const gains: Record<Nonlinearity, (slope: number) => number> = {
  linear: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.SQRT2,
  leakyRelu: (slope) => Math.sqrt(2 / (1 + slope ** 2)),
};

export interface GainOptions {
  /** What the weights are multiplied by; see {@link calculateGain}. Default 1. */
  gain?: number;
}

/**
 * Uniform in ±gain·√(6/(fanIn + fanOut)): variance gain²·2/(fanIn + fanOut), a compromise between values that keep
 * their size on the way forward (1/fanIn) and gradients that keep theirs on the way back (1/fanOut). Weights are
 * [out, in], with fanIn = in, fanOut = out.
 *
 * Source: Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010), (16).
 */
export function xavierUniform<T extends Tensor>(weight: T, options: GainOptions = {}): T {
  const bound = Math.sqrt(3) * xavierStd('xavierUniform', weight, options);
  return uniform(weight, -bound, bound);
}

/**
 * Normal with standard deviation gain·√(2/(fanIn + fanOut)).
 *
 * Source: Glorot, Bengio (2010), (12).
 */
export function xavierNormal<T extends Tensor>(weight: T, options: GainOptions = {}): T {
  return normal(weight, 0, xavierStd('xavierNormal', weight, options));
}

function xavierStd(name: string, weight: Tensor, options: GainOptions): number {
  const [fanOut, fanIn] = fansOf(name, weight);
  return gainOf(name, options) * Math.sqrt(2 / Math.max(fanIn + fanOut, 1));
}

export interface KaimingOptions {
  /** leakyRelu's slope below 0. Default 0, which is relu. */
  a?: number;
  /** Whether values keep their size on the way forward (`fanIn`) or gradients on the way back (`fanOut`). Default `fanIn`. */
  mode?: 'fanIn' | 'fanOut';
  /** What follows the layer. Default `leakyRelu`. */
  nonlinearity?: Nonlinearity;
}

/**
 * Uniform in ±gain·√(3/fan): variance gain²/fan, with fan = in or out of weights [out, in], and gain =
 * {@link calculateGain}(nonlinearity, a), which is √2 unless told otherwise.
 *
 * Source: He, Zhang, Ren, Sun, "Delving deep into rectifiers" (2015), (10) and (14).
 */
export function kaimingUniform<T extends Tensor>(weight: T, options: KaimingOptions = {}): T {
  const bound = Math.sqrt(3) * kaimingStd('kaimingUniform', weight, options);
  return uniform(weight, -bound, bound);
}

/**
 * Normal with standard deviation gain/√fan.
 *
 * Source: He et al. (2015), (10) and (14).
 */
export function kaimingNormal<T extends Tensor>(weight: T, options: KaimingOptions = {}): T {
  return normal(weight, 0, kaimingStd('kaimingNormal', weight, options));
}

function kaimingStd(name: string, weight: Tensor, options: KaimingOptions): number {
  const [fanOut, fanIn] = fansOf(name, weight);
  checkOptions(`init.${name}`, options, ['a', 'mode', 'nonlinearity']);
  const { a = 0, mode = 'fanIn', nonlinearity = 'leakyRelu' } = options;
  checkNumber(`init.${name}`, 'a', a, finite);
  checkChoice(`init.${name}`, 'mode', mode, ['fanIn', 'fanOut']);
  checkChoice(`init.${name}`, 'nonlinearity', nonlinearity, Object.keys(gains) as Nonlinearity[]);
  const fan = mode === 'fanIn' ? fanIn : fanOut;
  return calculateGain(nonlinearity, a) / Math.sqrt(Math.max(fan, 1));
}

/**
 * A random matrix whose rows (or columns, if they are the shorter ones) are orthonormal, times gain: it stretches every
 * vector alike, so a deep linear network neither swells nor shrinks what goes through.
 *
 * All such matrices are equally likely: normal vectors point in every direction alike, and each loses only what lies
 * along those before it. (That is a QR decomposition with R's diagonal positive; where it isn't, signs have to be
 * corrected.) By Gram and Schmidt's process, in double precision: what rounding spoils there, float32 does not see.
 *
 * Source: Saxe, McClelland, Ganguli, "Exact solutions to the nonlinear dynamics of learning" (2014).
 */
export function orthogonal<T extends Tensor>(weight: T, options: GainOptions = {}): T {
  const [rows, columns] = fansOf('orthogonal', weight);
  const gain = gainOf('orthogonal', options);
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  const drawn = normal(new Tensor([count, length])).data;
  const basis = Array.from({ length: count }, (_, i) =>
    Float64Array.from(drawn.subarray(i * length, (i + 1) * length)),
  );
  basis.forEach((v, i) => {
    for (const u of basis.slice(0, i)) {
      const along = dot(u, v);
      for (let k = 0; k < length; k++) v[k] -= along * u[k];
    }
    const norm = Math.sqrt(dot(v, v));
    for (let k = 0; k < length; k++) v[k] /= norm;
  });
  const to = weight.storage.write();
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++)
      to[r * columns + c] = gain * (rows <= columns ? basis[r][c] : basis[c][r]);
  }
  return weight;
}

function dot(u: Float64Array, v: Float64Array): number {
  let total = 0;
  for (let k = 0; k < u.length; k++) total += u[k] * v[k];
  return total;
}

function checkTensor(name: string, x: unknown): asserts x is Tensor {
  if (x instanceof Tensor) return;
  throw new ArgumentError(
    `init.${name}`,
    `the first argument is ${describe(x)}`,
    'an initializer overwrites a tensor',
    `nn.init.${name}(layer.weight, ...)`,
  );
}

/** How many values each output is made from and each input goes to: [out, in] of a weight. */
function fansOf(name: string, weight: unknown): readonly [fanOut: number, fanIn: number] {
  checkTensor(name, weight);
  if (weight.rank !== 2)
    throw new ShapeError(
      `init.${name}`,
      `the tensor has shape ${show(weight.shape)}`,
      'only a matrix [out, in] has a fan-in and a fan-out',
      'init.zeros, init.uniform and init.normal take any shape',
    );
  return weight.shape as unknown as readonly [number, number];
}

function gainOf(name: string, options: GainOptions): number {
  checkOptions(`init.${name}`, options, ['gain']);
  const { gain = 1 } = options;
  return checkNumber(`init.${name}`, 'gain', gain, { min: 0, below: Infinity });
}
