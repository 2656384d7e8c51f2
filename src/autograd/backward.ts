// The reverse walk: from a result to everything it was made of, last call first.
import {
  ArgumentError,
  checkFlag,
  checkOptions,
  describe,
  detached,
  emptyTensor,
  GradientError,
  ModifiedError,
  sameShape,
  ShapeError,
  show,
  type Storage,
  Tensor,
} from '../tensor/index.ts';
import { type Call, type Composed, currentObserver, offering, withObserver, withRecording } from './op.ts';
import { add } from './ops/arithmetic.ts';
import { reshape } from './ops/reshape.ts';
import { backend } from '../kernels/index.ts';

export interface BackwardOptions {
  /** Keep what backward needs, so that it can be called again. Default: `createGraph`. */
  retainGraph?: boolean;
  /** Record the gradients' own computation, so that they can be differentiated too. Default false. */
  createGraph?: boolean;
}

export interface GradOptions extends BackwardOptions {
  /** ∂L/∂output, of the output's shape. Default 1, for a scalar output. */
  gradient?: Tensor;
}

/**
 * Adds ∂output/∂leaf to the `grad` of every leaf that `output` was made of and that requires one.
 *
 * @param gradient ∂L/∂output; may be left out when `output` has one element (then it is 1)
 * @throws GradientError when there is nothing to differentiate, or the graph was freed by an earlier call
 * @throws ModifiedError when a value that the gradient needs was overwritten since
 */
export function backward(output: Tensor, gradient?: Tensor, options: BackwardOptions = {}): void {
  checkOptions('backward', options, ['retainGraph', 'createGraph']);
  const { createGraph = false, retainGraph = createGraph } = options;
  checkFlag('backward', 'createGraph', createGraph);
  checkFlag('backward', 'retainGraph', retainGraph);
  const G = upstream('backward', output, gradient);
  const { gradients, calls } = walk('backward', output, G, createGraph, { intoLeaves: !createGraph });
  for (const [leaf, g] of gradients) if (!leaf.origin) accumulate(leaf, g, createGraph);
  if (!retainGraph) free(calls);
}

/**
 * ∂output/∂input for each of `inputs`, without touching any `grad`. With `createGraph`, the gradients can be
 * differentiated again: second derivatives.
 *
 *     const [dx] = grad(y, [x], { createGraph: true });
 *     const [ddx] = grad(dx.sum(), [x]);
 *
 * An input that the output does not depend on has a gradient of zeros.
 */
export function grad(output: Tensor, inputs: readonly Tensor[], options: GradOptions = {}): Tensor[] {
  checkOptions('grad', options, ['gradient', 'retainGraph', 'createGraph']);
  if (!Array.isArray(inputs))
    throw new ArgumentError(
      'grad',
      `inputs is ${describe(inputs)}`,
      'inputs must be a list of tensors',
      'grad(loss, [weight, bias])',
    );
  inputs.forEach((input, i) => {
    if (!(input instanceof Tensor))
      throw new ArgumentError(
        'grad',
        `inputs[${i}] is ${describe(input)}`,
        'inputs must be a list of tensors',
      );
    if (!input.requiresGrad)
      throw new GradientError(
        'grad',
        `inputs[${i}] needs no gradient`,
        'its requiresGrad must be true before the output is computed',
        'input.requiresGrad = true',
      );
  });
  const { createGraph = false, retainGraph = createGraph, gradient } = options;
  checkFlag('grad', 'createGraph', createGraph);
  checkFlag('grad', 'retainGraph', retainGraph);
  const G = upstream('grad', output, gradient);
  const { gradients, calls } = walk('grad', output, G, createGraph, { wanted: new Set(inputs) });
  if (!retainGraph) free(calls);
  return inputs.map((input) => gradients.get(input) ?? new Tensor(input.shape));
}

/** The gradient to start from, checked. */
function upstream(where: string, output: Tensor, gradient: Tensor | undefined): Tensor {
  if (!(output instanceof Tensor))
    throw new ArgumentError(where, `cannot differentiate ${describe(output)}`, 'the output must be a tensor');
  if (!output.requiresGrad) {
    throw new GradientError(
      where,
      'this tensor needs no gradient',
      'it must be computed, outside noGrad, from a tensor whose requiresGrad is true',
      'tensor(values, { requiresGrad: true })',
    );
  }
  if (gradient === undefined) {
    if (output.size !== 1) {
      throw new GradientError(
        where,
        `the output has shape ${show(output.shape)}`,
        'only an output of one element can start without a gradient',
        'sum() or mean() it first, or pass ∂L/∂output',
      );
    }
    const one = emptyTensor(output.shape);
    one.storage.fill(1);
    return one;
  }
  if (!(gradient instanceof Tensor))
    throw new ArgumentError(where, `the gradient is ${describe(gradient)}`, 'the gradient must be a tensor');
  if (!sameShape(gradient.shape, output.shape)) {
    throw new ShapeError(
      where,
      `a gradient of shape ${show(gradient.shape)} for an output of shape ${show(output.shape)}`,
      'both shapes must be equal',
    );
  }
  return gradient;
}

interface WalkOptions {
  /** The tensors whose gradients are asked for; all leaves if not said. */
  wanted?: ReadonlySet<Tensor>;
  /** Partial derivatives: what the wanted tensors were made of is not looked at. */
  partial?: boolean;
  /** Compute a leaf's gradient where it will stay, if that can be: in `spareGrad`. */
  intoLeaves?: boolean;
}

function walk(
  where: string,
  output: Tensor,
  G: Tensor,
  createGraph: boolean,
  { wanted, partial = false, intoLeaves = false }: WalkOptions = {},
) {
  const calls = sortedCalls(output, (tensor) => partial && wanted?.has(tensor) === true);
  const matters = wanted ? leadingTo(wanted, calls) : undefined;
  const useful = matters ? calls.filter((call) => matters.has(call.result)) : calls;
  checkIntact(where, useful);

  const gradients = new Map<Tensor, Tensor>([[output, G]]);
  const needs = (input: Tensor | undefined): input is Tensor =>
    input !== undefined && (matters ? input.requiresGrad && matters.has(input) : input.requiresGrad);
  const place = (input: Tensor): Storage | undefined => {
    if (!intoLeaves || input.origin || input.grad || gradients.has(input)) return undefined;
    input.spareGrad ??= detached(() => emptyTensor(input.shape));
    const { storage } = input.spareGrad;
    const isNeeded = storage === G.storage || useful.some((call) => readsStorage(call, storage));
    return isNeeded ? undefined : storage;
  };
  const give = (input: Tensor, term: Tensor) => {
    const sum = gradients.get(input);
    gradients.set(input, sum ? add(sum, term) : term);
  };
  withRecording(createGraph, () => {
    for (const call of useful) {
      const g = gradients.get(call.result);
      if (g === undefined) continue;
      if (!wanted?.has(call.result)) gradients.delete(call.result);
      if (createGraph && 'compose' in call.signature.definition) pullBackThroughFormula(call, g, needs, give);
      else pullBack(call, g, needs, place, give);
    }
  });
  return { gradients, calls: useful };
}

let walks = 0;

/** The recorded calls behind a tensor, last first. A loop with a list of its own: chains may be longer than the stack. */
function sortedCalls(output: Tensor, stopAt: (tensor: Tensor) => boolean): Call[] {
  const walk = ++walks;
  const found: Call[] = [];
  const open: Tensor[] = [output];
  let isSorted = true; // as in a chain
  for (let tensor = open.pop(); tensor; tensor = open.pop()) {
    const call = tensor.origin as Call | undefined;
    if (!call || call.walk === walk || stopAt(tensor)) continue;
    call.walk = walk;
    isSorted &&= found.length === 0 || call.number < found[found.length - 1].number;
    found.push(call);
    for (const input of call.inputs) if (input?.requiresGrad) open.push(input);
  }
  return isSorted ? found : found.sort((a, b) => b.number - a.number);
}

/** The wanted tensors, and all results on the way to them. */
function leadingTo(wanted: ReadonlySet<Tensor>, calls: readonly Call[]): Set<Tensor> {
  const matters = new Set(wanted);
  for (const call of calls.toReversed())
    if (call.inputs.some((input) => input && matters.has(input))) matters.add(call.result);
  return matters;
}

function readsStorage({ reads }: Call, storage: Storage): boolean {
  for (const { tensor } of reads) if (tensor.storage === storage) return true;
  return false;
}

/** Throws, before anything is computed, if a graph was freed or a value that a gradient reads has changed. */
function checkIntact(where: string, calls: readonly Call[]): void {
  for (const call of calls) {
    if (!call.args) {
      throw new GradientError(
        where,
        `the graph behind ${call.op} was freed by an earlier backward`,
        'a graph can be walked once',
        'backward(undefined, { retainGraph: true }) the first time, or compute the loss again',
      );
    }
    for (const { name, tensor, version } of call.reads) {
      if (tensor.storage.version === version) continue;
      throw new ModifiedError(
        call.op,
        `${name} ${show(tensor.shape)} was overwritten after ${call.op} had used it`,
        `the gradient of ${call.op} reads ${name}, so it must stay as it was until backward`,
        'loss.backward() before optimizer.step() or copyFrom()',
      );
    }
  }
}

type Needs = (input: Tensor | undefined) => input is Tensor;
type Place = (input: Tensor) => Storage | undefined;
type Give = (input: Tensor, gradient: Tensor) => void;

/** Gives those of one call's inputs that need one their gradient. */
function pullBack(call: Call, G: Tensor, needs: Needs, place: Place, give: Give): void {
  const { inputs, result, signature } = call;
  const args = call.args as [];
  const observer = currentObserver();
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    if (!needs(input)) continue;
    const pullback = signature.pullback(i);
    if (!pullback) continue;
    const run = () => pullback(G, result, ...args);
    const g = offering(place(input), observer ? () => withObserver(undefined, run) : run); // what a gradient is made of is not looked at
    observer?.gradient(g, call, i);
    give(input, g);
  }
}

/** A fused operation's kernels cannot be differentiated: its formula is recorded instead, and walked. */
function pullBackThroughFormula(call: Call, G: Tensor, needs: Needs, give: Give): void {
  const { compose, inputs } = call.signature.definition as Composed<unknown[], unknown[]>;
  const args = call.args as unknown[];
  const stand = call.inputs.map((input) => input && reshape(input, input.shape)); // stand-ins: equal inputs must be told apart
  const output = compose(...(stand as []), ...(args.slice(inputs.length) as []));
  const wanted = new Set(stand.filter((_, i) => needs(call.inputs[i])) as Tensor[]);
  const { gradients } = walk(call.op, output, G, true, { wanted, partial: true });
  for (let i = 0; i < stand.length; i++) {
    const g = stand[i] && gradients.get(stand[i] as Tensor);
    if (g && wanted.has(stand[i] as Tensor)) give(call.inputs[i] as Tensor, g);
  }
}

function free(calls: readonly Call[]): void {
  for (const call of calls) {
    call.args = undefined;
    call.reads = [];
  }
}

const flat = { offset: 0, strides: [1] };

/** leaf.grad += g. Without `createGraph` into memory of the leaf's own, which outlives scopes and is used again. */
function accumulate(leaf: Tensor, g: Tensor, createGraph: boolean): void {
  if (createGraph || leaf.grad?.requiresGrad) {
    leaf.grad = leaf.grad ? withRecording(createGraph, () => add(leaf.grad as Tensor, g)) : g;
  } else if (leaf.grad) backend().add(leaf.grad, g, leaf.grad);
  else {
    const own = leaf.spareGrad ?? detached(() => emptyTensor(leaf.shape));
    if (g.storage !== own.storage) backend().copy(g, flat, [g.size], flat, own);
    leaf.grad = own;
    leaf.spareGrad = undefined;
  }
}
