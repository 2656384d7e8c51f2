// Module: a piece of a network, which knows its parameters by walking its own fields.
import { ArgumentError, describe, detached, type Shape, Tensor } from '../tensor/index.ts';
import { noGrad } from '../autograd/index.ts';
import { type Selection, select } from './selection.ts';
import { type LoadOptions, type LoadReport, loadState, type StateDict } from './state.ts';
import { summarize } from './summary.ts';
import { type Widths, widths } from './widths.ts';

/** A tensor that is learned: a module's field of this class is found by `parameters()`. */
export class Parameter<S extends Shape = any> extends Tensor<S> {
  /** Takes over the values of `initial`, which is not copied. */
  constructor(initial: Tensor<S>) {
    if (!(initial instanceof Tensor)) {
      throw new ArgumentError(
        'Parameter',
        `cannot be made of ${describe(initial)}`,
        'a parameter is made of a tensor',
        'new nn.Parameter(zeros([3]))',
      );
    }
    super(initial.shape, initial.storage);
    detached(() => this.storage.keep(undefined));
    this.requiresGrad = true;
  }
}

/** A tensor that belongs to a module's state but is not learned, such as a running mean. */
export class Buffer<S extends Shape = any> extends Tensor<S> {
  /** Takes over the values of `initial`, which is not copied. */
  constructor(initial: Tensor<S>) {
    if (!(initial instanceof Tensor)) {
      throw new ArgumentError(
        'Buffer',
        `cannot be made of ${describe(initial)}`,
        'a buffer is made of a tensor',
        'new nn.Buffer(zeros([3]))',
      );
    }
    super(initial.shape, initial.storage);
    detached(() => this.storage.keep(undefined));
  }
}

/**
 * The base class of layers and networks. A subclass sets its parameters and inner modules as fields, and writes
 * `forward`:
 *
 *     class TwoLayers extends nn.Module {
 *       hidden = new nn.Linear(784, 64);
 *       output = new nn.Linear(64, 10);
 *       forward(x: Tensor<[number, 784]>) {
 *         return this.output.forward(relu(this.hidden.forward(x)));
 *       }
 *     }
 *
 * Fields may also be arrays or plain objects of modules and parameters: `layers: nn.Module[] = [...]`.
 */
export abstract class Module {
  /** True while training; dropout and batch norm behave differently then. Set by `train()` and `eval()`. */
  training = true;

  /** @internal */
  get [widths](): Widths {
    return {};
  }

  /** Computes the module's result. */
  abstract forward(...inputs: any[]): any;

  /** This module and all inner ones by name; its own name is ''. */
  namedModules(): Map<string, Module> {
    const found = new Map<string, Module>();
    walk(this, '', new Set(), (name, item) => item instanceof Module && found.set(name, item));
    return found;
  }

  /** All parameters by name, in the order of the fields; one that is used twice appears under its first name. */
  namedParameters(): Map<string, Parameter> {
    return this.#named((item) => item instanceof Parameter) as Map<string, Parameter>;
  }

  /** All parameters, each once. */
  parameters(): Parameter[] {
    return [...this.namedParameters().values()];
  }

  /** All buffers by name. */
  namedBuffers(): Map<string, Buffer> {
    return this.#named((item) => item instanceof Buffer) as Map<string, Buffer>;
  }

  #named(wanted: (item: unknown) => boolean): Map<string, Tensor> {
    const found = new Map<string, Tensor>();
    const seen = new Set<unknown>();
    walk(this, '', new Set(), (name, item) => {
      if (!wanted(item) || seen.has(item)) return;
      seen.add(item);
      found.set(name, item as Tensor);
    });
    return found;
  }

  /** Parameters and buffers by name. They share their values with the module: copy what must not change later. */
  stateDict(): StateDict {
    const state: StateDict = {};
    walk(this, '', new Set(), (name, item) => {
      if (item instanceof Parameter || item instanceof Buffer) state[name] = item.detach();
    });
    return state;
  }

  /**
   * Overwrites parameters and buffers with the values of `state`.
   *
   *     const report = model.loadStateDict(state, { strict: false, skipMismatch: true });
   *     console.log(report);   →  loaded 4 of 6 ...
   *
   * @returns what was loaded, and what was not
   * @throws StateError that lists every missing, unexpected and misshapen name; nothing is changed then
   */
  loadStateDict(state: StateDict, options: LoadOptions = {}): LoadReport {
    return loadState('loadStateDict', this.constructor.name, this.stateDict(), state, options);
  }

  /**
   * Freezes parameters, from now on: they get no gradient, which costs no computation either, and optimizers neither
   * move nor decay them, but keep their state. Modes are another matter: frozen batch norm still gathers statistics
   * while training.
   *
   *     model.freeze('hidden');                                  all in the field `hidden`
   *     model.freeze((name, parameter) => parameter.rank > 1);   what the function says yes to
   *
   * @param which default: all
   * @returns their names
   * @throws ArgumentError when a name stands for no parameter
   */
  freeze(which: Selection<Parameter> = () => true): string[] {
    return this.#setTrainable('freeze', which, false);
  }

  /** The contrary of {@link freeze}: all parameters, or the named ones, learn from now on. Returns their names. */
  unfreeze(which: Selection<Parameter> = () => true): string[] {
    return this.#setTrainable('unfreeze', which, true);
  }

  #setTrainable(where: string, which: Selection<Parameter>, trainable: boolean): string[] {
    const named: [string, Parameter][] = [];
    walk(this, '', new Set(), (name, item) => item instanceof Parameter && named.push([name, item]));
    const chosen = select(where, 'parameter', named, which);
    for (const parameter of chosen) {
      parameter.requiresGrad = trainable;
      if (!trainable) parameter.zeroGrad();
    }
    return [...this.namedParameters()].flatMap(([name, parameter]) => (chosen.has(parameter) ? [name] : []));
  }

  /** Switches this module and all inner ones to training (or, with false, to evaluation). */
  train(training = true): this {
    if (typeof training !== 'boolean')
      throw new ArgumentError(
        'train',
        `the mode is ${describe(training)}`,
        'the mode must be true or false',
        'model.train() or model.eval()',
      );
    for (const module of this.namedModules().values()) module.training = training;
    return this;
  }

  /** Switches this module and all inner ones to evaluation: dropout off, batch norm on its running statistics. */
  eval(): this {
    return this.train(false);
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.zeroGrad();
  }

  /** The result in evaluation mode, without recording; the mode is put back afterwards. */
  get predict(): this['forward'] {
    const predict = (...inputs: unknown[]): unknown => {
      const modes = [...this.namedModules().values()].map((module) => [module, module.training] as const);
      if (modes.some(([, training]) => training)) this.eval();
      try {
        return noGrad(() => this.forward(...inputs));
      } finally {
        for (const [module, training] of modes) module.training = training;
      }
    };
    return predict as this['forward'];
  }

  /**
   * A table of the layers: what comes out of each for N samples, how many parameters it has, and the totals.
   *
   *     Sequential  [N, 784] → [N, 10]
   *
   *     layer      class   output    parameters
   *     ───────────────────────────────────────
   *     0          Linear  [N, 64]       50,240
   *     ...
   *
   * To find the outputs, one sample of zeros runs through the model in evaluation mode; nothing is changed by that.
   *
   * @param inputShape one sample's shape, such as [784]; needed where the first layer does not tell it
   */
  summary(inputShape?: Shape): string {
    return summarize(this, inputShape);
  }
}

/** Throws unless `model` is a module. */
export function checkModule(where: string, model: unknown): asserts model is Module {
  if (model instanceof Module) return;
  throw new ArgumentError(
    where,
    `the model is ${describe(model)}`,
    'the model must be a Module',
    `${where}(new nn.Sequential(...))`,
  );
}

/** Where a module stands: `owner[key]` is the module. */
export interface Place {
  name: string;
  module: Module;
  owner: Record<string, unknown>;
  key: string;
}

/** The places of all inner modules, in the order of the fields; one that is used twice has several. */
export function placesOf(model: Module): Place[] {
  const places: Place[] = [];
  walk(model, '', new Set(), (name, module, owner, key) => {
    if (module instanceof Module && owner) places.push({ name, module, owner, key });
  });
  return places;
}

/** Visits a module and everything in its fields, depth first, in the order of the fields. */
function walk(
  item: unknown,
  name: string,
  above: Set<unknown>,
  visit: (name: string, item: unknown, owner: Record<string, unknown> | undefined, key: string) => void,
  owner?: Record<string, unknown>,
  key = '',
): void {
  visit(name, item, owner, key);
  const isOpen =
    item instanceof Module ||
    Array.isArray(item) ||
    (item !== null && typeof item === 'object' && Object.getPrototypeOf(item) === Object.prototype);
  if (!isOpen || above.has(item)) return; // a module that holds itself ends here
  above.add(item);
  const fields = item as Record<string, unknown>;
  for (const [key, value] of Object.entries(fields)) {
    if (value !== null && typeof value === 'object')
      walk(value, name ? `${name}.${key}` : key, above, visit, fields, key);
  }
  above.delete(item);
}
