// Optimizer: what all optimizers share: groups of parameters, their options, their state.
import {
  ArgumentError,
  checkOptions,
  describe,
  sameShape,
  show,
  StateError,
  Tensor,
} from '../../tensor/index.ts';

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

  constructor(name: string, parameters: Parameters<Options>, options: Partial<Options>, defaults: Options) {
    this.name = name;
    this.#defaults = defaults;
    checkOptions(name, options, Object.keys(defaults));
    this.groups = toGroups(name, parameters).map((group) => {
      checkOptions(name, group, [...Object.keys(defaults), 'parameters']);
      const complete = {
        ...defaults,
        ...definedOnly(options),
        ...definedOnly(group),
        parameters: toParameters(name, group.parameters),
      };
      this.checkGroup(complete);
      return complete;
    });
    const all = this.groups.flatMap((group) => group.parameters);
    if (all.length === 0)
      throw new ArgumentError(
        name,
        'there are no parameters',
        'an optimizer needs at least one parameter',
        `new optim.${name}(model.parameters())`,
      );
    if (new Set(all).size !== all.length)
      throw new ArgumentError(
        name,
        'a parameter stands in two groups, or twice in one',
        'each parameter may be given once',
      );
  }

  /** Throws unless the options of a group make sense. */
  protected abstract checkGroup(options: Options): void;

  /** The state of a parameter before its first step. */
  protected abstract newState(parameter: Tensor, options: Options): Record<string, Tensor>;

  /** Moves one parameter. `state.step` is the number of this step, from 1. */
  protected abstract update(
    parameter: Tensor,
    gradient: Tensor,
    state: ParameterState,
    options: Options,
  ): void;

  /** Forgets the gradients, so that the next backward starts afresh. */
  zeroGrad(): void {
    for (const group of this.groups) for (const parameter of group.parameters) parameter.grad = undefined;
  }

  /** Moves every parameter by its gradient. */
  step(): void {
    for (const group of this.groups) this.checkGroup(group);
    for (const group of this.groups) {
      for (const parameter of group.parameters) {
        if (!parameter.grad || !parameter.requiresGrad) continue;
        const state = this.state.get(parameter) ?? { step: 0, ...this.newState(parameter, group) };
        this.state.set(parameter, state);
        state.step++;
        this.update(parameter, parameter.grad, state, group);
      }
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
    for (const [parameter, own] of this.state) state[numbers.get(parameter) as number] = copyState(own);
    return { groups, state };
  }

  /**
   * Takes over options and state that `stateDict()` returned, for the same parameters in the same order.
   *
   * @throws StateError when groups, parameters or shapes differ; nothing is changed then
   */
  loadStateDict(saved: OptimizerState<Options>): void {
    const fail = (problem: string): never => {
      throw new StateError(
        `${this.name}.loadStateDict`,
        problem,
        'the state must come from stateDict() of the same optimizer over the same parameters',
      );
    };
    if (
      saved === null ||
      typeof saved !== 'object' ||
      !Array.isArray(saved.groups) ||
      typeof saved.state !== 'object'
    )
      fail(`the state is ${describe(saved)}`);
    if (saved.groups.length !== this.groups.length)
      fail(`it has ${saved.groups.length} groups, not ${this.groups.length}`);
    this.groups.forEach((group, i) => {
      const count = saved.groups[i].parameters?.length;
      if (count !== group.parameters.length)
        fail(`its group ${i} has ${count} parameters, not ${group.parameters.length}`);
      const missing = Object.keys(this.#defaults).find((key) => !(key in saved.groups[i]));
      if (missing) fail(`its group ${i} has no ${missing}`);
    });
    const all = this.groups.flatMap((group) => group.parameters);
    const options = this.groups.flatMap((group) => group.parameters.map(() => group));
    const loaded = Object.entries(saved.state).map(([number, own]): [Tensor, ParameterState] => {
      const parameter = all[Number(number)];
      if (!parameter) fail(`it has a state for parameter ${number}; there are ${all.length}`);
      for (const [name, expected] of Object.entries(this.newState(parameter, options[Number(number)]))) {
        const value = own[name];
        if (!(value instanceof Tensor)) fail(`the state of parameter ${number} has no ${name}`);
        else if (!sameShape(value.shape, expected.shape))
          fail(`${name} of parameter ${number} is ${show(value.shape)}, must be ${show(expected.shape)}`);
      }
      return [parameter, copyState(own)];
    });
    const groups = saved.groups.map(({ parameters: _, ...rest }) => rest as unknown as Options);
    for (const group of groups) this.checkGroup(group);
    groups.forEach((group, i) => Object.assign(this.groups[i], group));
    this.state.clear();
    for (const [parameter, own] of loaded) this.state.set(parameter, own);
  }
}

const copyState = (own: ParameterState): ParameterState =>
  Object.fromEntries(
    Object.entries(own).map(([name, value]) => [
      name,
      value instanceof Tensor ? new Tensor(value.shape).copyFrom(value) : value,
    ]),
  ) as ParameterState;

const definedOnly = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;

function toGroups<Options>(name: string, parameters: Parameters<Options>): ParameterGroup<Options>[] {
  if (
    parameters instanceof Tensor ||
    parameters === null ||
    typeof parameters !== 'object' ||
    !(Symbol.iterator in parameters)
  ) {
    throw new ArgumentError(
      name,
      `the parameters are ${describe(parameters)}`,
      'parameters are a list of tensors, or of groups',
      `new optim.${name}(model.parameters())`,
    );
  }
  const list = [...parameters] as unknown[];
  const isGroup = (item: unknown) =>
    item !== null &&
    typeof item === 'object' &&
    'parameters' in item &&
    !(item instanceof Tensor) &&
    typeof item.parameters !== 'function';
  return list.length > 0 && list.every(isGroup)
    ? (list as ParameterGroup<Options>[])
    : [{ parameters: list as Tensor[] } as unknown as ParameterGroup<Options>];
}

function toParameters(name: string, given: Iterable<Tensor>): Tensor[] {
  const list = [...given];
  list.forEach((item, i) => {
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
  });
  return list;
}
