// LoRA: a frozen linear layer, and a small change of it that is learned.
import { add, dropout as drop, linear as product, matmul, mul, noGrad } from '../autograd/index.ts';
import {
  ArgumentError,
  checkNumber,
  checkOptions,
  describe,
  finite,
  lastingTensor,
  type Tensor,
} from '../tensor/index.ts';
import { kaimingUniform } from './init.ts';
import { Linear } from './linear.ts';
import { Buffer, checkModule, Module, Parameter, type Place, placesOf } from './module.ts';
import { type Selection, select } from './selection.ts';
import { type LoadOptions, type LoadReport, loadState, type StateDict } from './state.ts';
import { type Widths, widths } from './widths.ts';

export interface LoRAOptions {
  /** r: how many independent rows the change has. Default 8. */
  rank?: number;
  /** α: the change is scaled by α/r. Default: the rank, so that it is not. */
  alpha?: number;
  /** The probability that a value of x is dropped on its way to A while training. Default 0. */
  dropout?: number;
}

const known = ['rank', 'alpha', 'dropout'];

/**
 * A linear layer whose weights are frozen, and a change of rank r that is learned.
 *
 *   forward  y = x Wᵀ + b + (α/r) (x Aᵀ) Bᵀ
 *   shape    x [..., in]  →  y [..., out];   W [out, in], b [out], A [r, in], B [out, r]
 *   start    A Kaiming uniform with a = √5, that is uniform in ±1/√in; B zero: y is what it was without
 *   names    weight, bias, loraA, loraB, loraAlpha
 *
 * It shares W and b with the layer that it is made of.
 *
 * Source: Hu et al., "LoRA: low-rank adaptation of large language models" (2021).
 */
export class LoRALinear<In extends number = number, Out extends number = number> extends Module {
  readonly weight: Parameter<[Out, In]>;
  readonly bias: Parameter<[Out]> | undefined;
  readonly loraA: Parameter<[number, In]>;
  readonly loraB: Parameter<[Out, number]>;
  /** α: part of the state, since A and B mean nothing without it. */
  readonly loraAlpha: Buffer<[]>;
  readonly dropout: number;
  readonly #linear: Linear<In, Out>;
  #merged = false;

  constructor(linear: Linear<In, Out>, options: LoRAOptions = {}) {
    super();
    if (!(linear instanceof Linear))
      throw new ArgumentError(
        'nn.LoRALinear',
        `the layer is ${describe(linear)}`,
        'it must be made of a Linear',
        'new nn.LoRALinear(new nn.Linear(784, 64), { rank: 8 })',
      );
    checkOptions('nn.LoRALinear', options, known);
    const { rank = 8, alpha = rank, dropout = 0 } = options;
    checkNumber('nn.LoRALinear', 'rank', rank, { integer: true, min: 1 });
    checkNumber('nn.LoRALinear', 'alpha', alpha, { ...finite, above: 0 });
    this.dropout = checkNumber('nn.LoRALinear', 'dropout', dropout, { min: 0, max: 1 });
    this.#linear = linear;
    linear.freeze();
    this.weight = linear.weight;
    this.bias = linear.bias;
    const A = lastingTensor<[number, In]>([rank, linear.inputs]);
    this.loraA = new Parameter(kaimingUniform(A, { a: Math.sqrt(5) }));
    this.loraB = new Parameter(lastingTensor<[Out, number]>([linear.outputs, rank]));
    this.loraAlpha = new Buffer(lastingTensor<[]>([]).copyFrom([alpha]));
    this.training = linear.training;
  }

  get inputs(): In {
    return this.#linear.inputs;
  }

  get outputs(): Out {
    return this.#linear.outputs;
  }

  get rank(): number {
    return this.loraA.shape[0];
  }

  get alpha(): number {
    return this.loraAlpha.item();
  }

  /** @internal */
  override get [widths](): Widths {
    return { takes: this.inputs, gives: this.outputs };
  }

  forward<B extends number[] = [number]>(x: Tensor<[...B, In]>): Tensor<[...B, Out]> {
    if (this.#merged) return this.#linear.forward(x);
    const { dropout, training } = this;
    const seen: Tensor = dropout > 0 ? drop(x, { p: dropout, training }) : x;
    const h = mul(product(seen, this.loraA), this.alpha / this.rank); // scaled here, where there are r numbers, not out
    return add(this.#linear.forward(x), product(h, this.loraB)) as Tensor;
  }

  /** Adds the change to the weight, once and for all: W ← W + (α/r) B A. Returns the plain layer, which then computes the same. */
  merge(): Linear<In, Out> {
    if (this.#merged) return this.#linear;
    this.#merged = true;
    noGrad(() => {
      const change = mul(matmul(this.loraB as Tensor, this.loraA as Tensor), this.alpha / this.rank);
      this.weight.copyFrom(add(this.weight, change));
    });
    return this.#linear;
  }
}

export interface AddLoraOptions extends LoRAOptions {
  /** The linear layers that get an adapter, by name or by a function. Default: all. */
  layers?: Selection<Linear>;
}

/**
 * Puts a {@link LoRALinear} in the place of linear layers, and freezes everything that is not an adapter. What the model
 * computes does not change by that.
 *
 *     nn.addLora(model, { rank: 8, alpha: 16 });
 *     model.unfreeze('output');                                           a new head is learned as a whole
 *     const optimizer = new optim.Adam(model.parameters());               moves what is not frozen
 *
 * @returns the names of the layers
 * @throws ArgumentError when a name stands for no linear layer, or there is none
 */
export function addLora(model: Module, options: AddLoraOptions = {}): string[] {
  checkModule('addLora', model);
  checkOptions('addLora', options, [...known, 'layers']);
  const { layers = () => true, ...own } = options;
  const places = placesOf(model).filter(
    (place): place is Place & { module: Linear } => place.module instanceof Linear,
  );
  const named = places.map(({ name, module }) => [name, module] as const);
  const chosen = select('addLora', 'linear layer', named, layers);
  if (chosen.size === 0)
    throw new ArgumentError(
      'addLora',
      named.length === 0 ? `this ${model.constructor.name} has no linear layer in it` : 'no layer was chosen',
      'adapters take the place of Linear layers in the model’s fields',
      model instanceof Linear ? 'new nn.LoRALinear(layer)' : undefined,
    );
  const adapted = new Map([...chosen].map((layer) => [layer, new LoRALinear(layer, own)]));
  const names = replace(places, adapted);
  const adapters = new Set(Object.keys(loraStateDict(model)));
  model.freeze((name) => !adapters.has(name));
  return names;
}

/**
 * The adapters alone: A, B and α of every {@link LoRALinear}, by their names in `stateDict()`. They share their values.
 *
 * @throws ArgumentError when there are none
 */
export function loraStateDict(model: Module): StateDict {
  checkModule('loraStateDict', model);
  return adaptersOf('loraStateDict', model);
}

function adaptersOf(where: string, model: Module): StateDict {
  const state = model.stateDict();
  const adapters = [...model.namedModules()].flatMap(([name, module]) =>
    module instanceof LoRALinear ? [name ? `${name}.` : ''] : [],
  );
  if (adapters.length === 0)
    throw new ArgumentError(
      where,
      `this ${model.constructor.name} has no adapters`,
      'there must be a LoRALinear in it',
      'addLora(model)',
    );
  return Object.fromEntries(
    Object.entries(state).filter(([name]) =>
      adapters.some((prefix) => ['loraA', 'loraB', 'loraAlpha'].some((own) => name === prefix + own)),
    ),
  );
}

/**
 * Overwrites the adapters with those of `state`; everything else stays as it is. The model must have them: `addLora` with the
 * rank of the saved ones comes first.
 *
 * @throws ArgumentError when there are no adapters
 * @throws StateError when names or shapes differ; nothing is changed then
 */
export function loadLoraStateDict(model: Module, state: StateDict, options: LoadOptions = {}): LoadReport {
  checkModule('loadLoraStateDict', model);
  return loadState(
    'loadLoraStateDict',
    model.constructor.name,
    adaptersOf('loadLoraStateDict', model),
    state,
    options,
  );
}

/**
 * Adds every adapter to its weight, W ← W + (α/r) B A, and puts the plain layers back: the model computes the same, to
 * rounding, and pays nothing for it. What was frozen stays so.
 *
 * @returns the names of the layers
 * @throws ArgumentError when there are no adapters, or other layers share an adapted weight
 */
export function mergeLora(model: Module): string[] {
  checkModule('mergeLora', model);
  const places = placesOf(model);
  const adapted = new Set(places.flatMap(({ module }) => (module instanceof LoRALinear ? [module] : [])));
  if (adapted.size === 0)
    throw new ArgumentError(
      'mergeLora',
      `this ${model.constructor.name} has no adapters in its fields`,
      'there must be a LoRALinear among the model’s fields',
      model instanceof LoRALinear ? 'layer.merge()' : 'addLora(model)',
    );
  for (const { name, module } of places) {
    const shared = [...adapted].find(
      (layer) => layer !== module && Object.values(module).includes(layer.weight),
    );
    if (shared)
      throw new ArgumentError(
        'mergeLora',
        `the weight of ${name} is that of an adapted layer, too`,
        'a weight that is merged must belong to one layer',
      );
  }
  return replace(places, new Map([...adapted].map((layer) => [layer as Module, layer.merge() as Module])));
}

/** Puts the new modules in all places of the old ones, and returns the names of these. */
function replace(places: readonly Place[], by: ReadonlyMap<Module, Module>): string[] {
  const names = new Map<Module, string>();
  for (const { name, module, owner, key } of places) {
    const next = by.get(module);
    if (!next) continue;
    owner[key] = next;
    if (!names.has(module)) names.set(module, name);
  }
  return [...names.values()];
}
