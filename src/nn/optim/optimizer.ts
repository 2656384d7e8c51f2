// Optimizer: what all optimizers share: groups of parameters, their options, their state.
import {
  ArgumentError,
  checkOptions,
  describe,
  detached,
  lastingTensor,
  sameShape,
  ShapeError,
  show,
  StateError,
  Tensor,
} from '../../tensor/index.ts';
import type { ParameterBuffers } from '../../kernels/index.ts';

/** Some parameters with options of their own; options that are not named have the optimizer's values. */
export type ParameterGroup<Options> = { parameters: Iterable<Tensor> } & Partial<Options>;

/** What an optimizer learns from: parameters, or groups of them. */
export type Parameters<Options> = Iterable<Tensor> | readonly ParameterGroup<Options>[];

/** What an optimizer remembers of one parameter: its own number of steps, and tensors of the parameter's shape. */
export interface ParameterState {
  step: number;
  [name: string]: Tensor | number;
}

/** All that an optimizer needs to go on where it stopped. Parameters are numbered across the groups. */
export interface OptimizerState<Options> {
  groups: (Options & { parameters: number[] })[];
  state: Record<number, ParameterState>;
}

/**
 * The base of optimizers. `step()` changes every parameter that requires a gradient and has one; others are neither
 * moved nor decayed. State and step count belong to the parameter.
 */
export abstract class Optimizer<Options extends object> {
  /** The groups with all their options; change a group's `lr` here between steps. */
  readonly groups: (Options & { parameters: Tensor[] })[];
  protected readonly state = new Map<Tensor, ParameterState>();
  /** The class's name, for errors. */
  protected readonly name: string;
  readonly #defaults: Options;
  /** What was asked of all groups. */
  readonly #options: Partial<Options>;

  constructor(name: string, parameters: Parameters<Options>, options: Partial<Options>, defaults: Options) {
    this.name = name;
    this.#defaults = defaults;
    checkOptions(name, options, Object.keys(defaults));
    this.#options = definedOnly(options);
    this.groups = toGroups(name, parameters).map((group) => this.#complete(group));
    const all = this.groups.flatMap((group) => group.parameters);
    if (all.length === 0)
      throw new ArgumentError(
        name,
        'there are no parameters',
        'an optimizer needs at least one parameter',
        `new optim.${name}(model.parameters())`,
      );
    this.#checkDistinct(all);
  }

  /** A group with all its options. */
  #complete(group: ParameterGroup<Options>): Options & { parameters: Tensor[] } {
    checkOptions(this.name, group, [...Object.keys(this.#defaults), 'parameters']);
    const complete = {
      ...this.#defaults,
      ...this.#options,
      ...definedOnly(group),
      parameters: toParameters(this.name, group.parameters),
    };
    this.checkGroup(complete);
    return complete;
  }

  #checkDistinct(all: readonly Tensor[]): void {
    if (new Set(all).size !== all.length)
      throw new ArgumentError(
        this.name,
        'a parameter stands in two groups, or twice in one',
        'each parameter may be given once',
      );
  }

  /**
   * Takes in more parameters, such as those of a new head. Options that the group does not name are those that the optimizer
   * was made with. Counts from the next `step()`.
   *
   *     optimizer.addGroup({ parameters: head.parameters(), lr: 1e-2 });
   *
   * @throws ArgumentError when a parameter is here already, or there are none
   */
  addGroup(group: ParameterGroup<Options>): void {
    if (!isGroup(group))
      throw new ArgumentError(
        this.name,
        `the group is ${describe(group)}`,
        'a group is an object { parameters, ...options }',
        'optimizer.addGroup({ parameters: head.parameters(), lr: 1e-2 })',
      );
    const complete = this.#complete(group);
    if (complete.parameters.length === 0)
      throw new ArgumentError(
        this.name,
        'the group has no parameters',
        'a group that is added needs at least one parameter',
      );
    this.#checkDistinct([...this.groups.flatMap(({ parameters }) => parameters), ...complete.parameters]);
    this.groups.push(complete);
  }

  /**
   * Lets go of parameters, and of what is remembered of them; the others keep their state. A group that has no parameters
   * left goes, too.
   *
   *     optimizer.removeParameters(oldHead.parameters());
   *
   * @throws ArgumentError when one of them is not here; nothing is changed then
   */
  removeParameters(parameters: Iterable<Tensor>): void {
    const gone = new Set(toParameters(this.name, parameters));
    const own = new Set(this.groups.flatMap((group) => group.parameters));
    [...gone].forEach((parameter, i) => {
      if (!own.has(parameter))
        throw new ArgumentError(
          this.name,
          `parameter ${i}, of shape ${show(parameter.shape)}, is not in this optimizer`,
          'only what an optimizer moves can be removed from it',
        );
    });
    for (const group of this.groups)
      group.parameters = group.parameters.filter((parameter) => !gone.has(parameter));
    const left = this.groups.filter((group) => group.parameters.length > 0);
    this.groups.splice(0, this.groups.length, ...left);
    for (const parameter of gone) this.state.delete(parameter);
  }

  /** Throws unless the options of a group make sense. */
  protected abstract checkGroup(options: Options): void;

  /** What is remembered of each parameter: names of tensors of its shape, which start at 0. */
  protected abstract stateNames(options: Options): readonly string[];

  /** Moves parameters whose step has the same number, from 1. Their state comes in the order of `stateNames`. */
  protected abstract update(parameters: readonly ParameterBuffers[], options: Options, step: number): void;

  /** Forgets the gradients, so that the next backward starts afresh. */
  zeroGrad(): void {
    for (const group of this.groups) for (const parameter of group.parameters) parameter.zeroGrad();
  }

  /** Moves every parameter by its gradient. Throws before the first has moved, if something is wrong. */
  step(): void {
    for (const group of this.groups) {
      this.checkGroup(group);
      for (const { grad, shape } of group.parameters) {
        if (grad && !(grad instanceof Tensor))
          throw new ArgumentError(this.name, `a gradient is ${describe(grad)}`, 'grad must be a tensor');
        if (grad && !sameShape(grad.shape, shape))
          throw new ShapeError(
            this.name,
            `a gradient of shape ${show(grad.shape)} for a parameter of shape ${show(shape)}`,
            'both shapes must be equal',
          );
      }
    }
    for (const group of this.groups) {
      const names = this.stateNames(group);
      const batches = new Map<number, ParameterBuffers[]>();
      for (const parameter of group.parameters) {
        if (!parameter.grad || !parameter.requiresGrad) continue;
        const state = this.state.get(parameter) ?? { step: 0 };
        this.state.set(parameter, state);
        state.step++;
        const buffers: [Tensor, Tensor, ...Tensor[]] = [parameter, parameter.grad];
        for (const name of names) buffers.push((state[name] ??= lastingTensor(parameter.shape)) as Tensor);
        const batch = batches.get(state.step);
        if (batch) batch.push(buffers);
        else batches.set(state.step, [buffers]);
      }
      for (const [step, batch] of batches) this.update(batch, group, step);
    }
  }

  /** The options and the state, to be saved. Tensors are copies. */
  stateDict(): OptimizerState<Options> {
    const numbers = new Map(
      this.groups.flatMap((group) => group.parameters).map((parameter, i) => [parameter, i]),
    );
    const groups = this.groups.map((group) => ({
      ...group,
      parameters: group.parameters.map((parameter) => numbers.get(parameter) as number),
    }));
    const state: Record<number, ParameterState> = {};
    for (const [parameter, own] of this.state)
      state[numbers.get(parameter) as number] = detached(() => copyState(own));
    return { groups, state };
  }

  /**
   * Takes over options and state that `stateDict()` returned, for the same parameters in the same order.
   *
   * @throws StateError when groups, parameters or shapes differ; nothing is changed then
   */
  loadStateDict(saved: OptimizerState<Options>): void {
    const fail: (problem: string) => never = (problem) => {
      throw new StateError(
        `${this.name}.loadStateDict`,
        problem,
        'the state must come from stateDict() of the same optimizer over the same parameters',
      );
    };
    if (!isObject(saved) || !Array.isArray(saved.groups) || !isObject(saved.state))
      fail(`the state is ${describe(saved)}`);
    if (saved.groups.length !== this.groups.length)
      fail(`it has ${saved.groups.length} groups, not ${this.groups.length}`);
    const groups = this.groups.map(({ parameters }, i) => {
      const group = saved.groups[i];
      const count = group?.parameters?.length;
      if (count !== parameters.length)
        fail(`its group ${i} has ${count ?? 'no'} parameters, not ${parameters.length}`);
      const keys = Object.keys(this.#defaults) as (keyof Options)[];
      const missing = keys.find((key) => !(key in group));
      if (missing) fail(`its group ${i} has no ${String(missing)}`);
      const options = Object.fromEntries(keys.map((key) => [key, group[key]])) as Options;
      this.checkGroup(options);
      return { parameters, options, names: this.stateNames(options) };
    });

    const all = groups.flatMap(({ parameters, names }) =>
      parameters.map((parameter) => ({ parameter, names })),
    );
    const state = Object.entries(saved.state).map(([number, own]): [Tensor, ParameterState] => {
      const { parameter, names } =
        all[Number(number)] ?? fail(`it has a state for parameter ${number}; there are ${all.length}`);
      if (!isObject(own) || !(Number.isSafeInteger(own.step) && own.step >= 1))
        fail(`parameter ${number} has no number of steps`);
      for (const name of new Set([...names, ...Object.keys(own)])) {
        const value = own[name];
        if (name === 'step') continue;
        if (!(value instanceof Tensor)) fail(`${name} of parameter ${number} is ${describe(value)}`);
        if (!sameShape(value.shape, parameter.shape))
          fail(`${name} of parameter ${number} is ${show(value.shape)}, not ${show(parameter.shape)}`);
      }
      return [parameter, detached(() => copyState(own))];
    });

    groups.forEach(({ options }, i) => Object.assign(this.groups[i], options));
    this.state.clear();
    for (const [parameter, own] of state) this.state.set(parameter, own);
  }
}

const isObject = (value: unknown): boolean => value !== null && typeof value === 'object';

const copyState = (own: ParameterState): ParameterState =>
  Object.fromEntries(
    Object.entries(own).map(([name, value]) => [
      name,
      value instanceof Tensor ? new Tensor(value.shape).copyFrom(value) : value,
    ]),
  ) as ParameterState;

const definedOnly = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;

function checkIterable(name: string, given: unknown): Iterable<unknown> {
  if (given !== null && typeof given === 'object' && Symbol.iterator in given)
    return given as Iterable<unknown>;
  throw new ArgumentError(
    name,
    `the parameters are ${describe(given)}`,
    'parameters are a list of tensors, or of groups { parameters, ...options }',
    `new optim.${name}(model.parameters())`,
  );
}

const isGroup = (item: unknown): boolean =>
  item !== null &&
  typeof item === 'object' &&
  'parameters' in item &&
  !(item instanceof Tensor) &&
  typeof item.parameters !== 'function';

function toGroups<Options>(name: string, parameters: Parameters<Options>): ParameterGroup<Options>[] {
  const list = [...checkIterable(name, parameters)];
  return list.length > 0 && list.every(isGroup)
    ? (list as ParameterGroup<Options>[])
    : [{ parameters: list as Tensor[] } as unknown as ParameterGroup<Options>];
}

function toParameters(name: string, given: unknown): Tensor[] {
  const list: unknown[] = [...checkIterable(name, given)];
  return list.map((item, i) => {
    if (!(item instanceof Tensor))
      throw new ArgumentError(
        name,
        `parameter ${i} is ${describe(item)}`,
        'parameters must be tensors',
        `new optim.${name}(model.parameters())`,
      );
    if (item.origin)
      throw new ArgumentError(
        name,
        `parameter ${i} is the result of ${item.origin.op}`,
        'parameters must be leaves, not results of operations',
      );
    return item;
  });
}
