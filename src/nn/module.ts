// Module: a piece of a network, which knows its parameters by walking its own fields.
import {
  ArgumentError,
  checkFlag,
  checkOptions,
  describe,
  detached,
  type Shape,
  sameShape,
  show,
  StateError,
  Tensor,
} from '../tensor/index.ts';
import { noGrad } from '../autograd/index.ts';
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

/** A module's tensors by name, as PyTorch names them: `hidden.weight`, `0.bias`. */
export type StateDict = Record<string, Tensor>;

export interface LoadOptions {
  /** Whether every name must match. Default true. Without it, names that only one side has are left alone. */
  strict?: boolean;
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
   * @returns the names that only one side has (both lists are empty when strict)
   * @throws StateError that lists every missing, unexpected and misshapen name; nothing is changed then
   */
  loadStateDict(state: StateDict, options: LoadOptions = {}): { missing: string[]; unexpected: string[] } {
    checkOptions('loadStateDict', options, ['strict']);
    const { strict = true } = options;
    checkFlag('loadStateDict', 'strict', strict);
    if (state === null || typeof state !== 'object' || Array.isArray(state)) {
      throw new StateError(
        'loadStateDict',
        `the state is ${describe(state)}`,
        'a state dict is an object of tensors by name',
      );
    }
    const own = this.stateDict();
    const missing = Object.keys(own).filter((name) => !(name in state));
    const unexpected = Object.keys(state).filter((name) => !(name in own));
    const misshapen = Object.keys(own).filter(
      (name) =>
        name in state && !(state[name] instanceof Tensor && sameShape(own[name].shape, state[name].shape)),
    );
    if (misshapen.length > 0 || (strict && missing.length + unexpected.length > 0)) {
      const shape = (name: string) =>
        state[name] instanceof Tensor ? show(state[name].shape) : describe(state[name]);
      const lines = [
        missing.length > 0 && `missing: ${missing.join(', ')}`,
        unexpected.length > 0 && `unexpected: ${unexpected.join(', ')}`,
        misshapen.length > 0 &&
          `wrong shape: ${misshapen.map((name) => `${name} is ${shape(name)}, must be ${show(own[name].shape)}`).join('; ')}`,
      ].filter(Boolean);
      throw new StateError(
        'loadStateDict',
        `the state does not fit this ${this.constructor.name}\n  ${lines.join('\n  ')}`,
        strict ? 'names and shapes must be those of stateDict()' : 'shapes must be those of stateDict()',
        misshapen.length === 0 ? 'loadStateDict(state, { strict: false }) takes what fits' : undefined,
      );
    }
    for (const name of Object.keys(own)) if (name in state) own[name].copyFrom(state[name]);
    return { missing, unexpected };
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
      this.eval();
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

/** Visits a module and everything in its fields, depth first, in the order of the fields. */
function walk(
  item: unknown,
  name: string,
  above: Set<unknown>,
  visit: (name: string, item: unknown) => void,
): void {
  visit(name, item);
  const isOpen =
    item instanceof Module ||
    Array.isArray(item) ||
    (item !== null && typeof item === 'object' && Object.getPrototypeOf(item) === Object.prototype);
  if (!isOpen || above.has(item)) return; // a module that holds itself ends here
  above.add(item);
  for (const [key, value] of Object.entries(item)) {
    if (value !== null && typeof value === 'object') walk(value, name ? `${name}.${key}` : key, above, visit);
  }
  above.delete(item);
}
