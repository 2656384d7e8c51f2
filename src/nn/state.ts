// Loading a state dict: which of its tensors fit, and the report on that.
import {
  checkFlag,
  checkOptions,
  ArgumentError,
  describe,
  type Shape,
  sameShape,
  show,
  StateError,
  Tensor,
} from '../tensor/index.ts';

/** A module's tensors by name, as PyTorch names them: `hidden.weight`, `0.bias`. */
export type StateDict = Record<string, Tensor>;

export interface LoadOptions {
  /** Whether every name must match. Default true. Without it, names that only one side has are left alone. */
  strict?: boolean;
  /** Whether tensors of another shape than the module's are left alone, such as a head's for other classes. Default false: they are an error. */
  skipMismatch?: boolean;
  /**
   * The module's name for each of the state's; with undefined, the entry is not wanted.
   *
   *     rename: (name) => name.replace(/^encoder\./, 'body.')
   */
  rename?: (name: string) => string | undefined;
}

/** What became of a state's tensors. Names are the module's, after `rename`. Prints as a short list. */
export class LoadReport {
  /** The names whose values were taken. */
  readonly loaded: string[];
  /** Names of the module that the state does not have: these keep their values. */
  readonly missing: string[];
  /** Names of the state that the module does not have. */
  readonly unexpected: string[];
  /** What both have, in different shapes: these keep their values, too. */
  readonly misshapen: { name: string; shape: Shape; expected: Shape }[];

  /** @internal */
  constructor({ loaded, missing, unexpected, misshapen }: Omit<LoadReport, 'toString'>) {
    this.loaded = loaded;
    this.missing = missing;
    this.unexpected = unexpected;
    this.misshapen = misshapen;
  }

  /**
   *     loaded 4 of 6
   *       missing: 2.bias
   *       wrong shape: 2.weight is [10, 64], must be [5, 64]
   */
  toString(): string {
    const { loaded, missing, misshapen } = this;
    const all = loaded.length + missing.length + misshapen.length;
    const shapes = misshapen.map((entry) => shapesOf(entry.name, show(entry.shape), entry.expected));
    return [`loaded ${loaded.length} of ${all}`, ...differences(this, shapes)].join('\n  ');
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/**
 * Copies the values of `state` into `own`, where names and shapes agree.
 *
 * @throws StateError that lists all that does not fit; nothing is changed then
 */
export function loadState(
  where: string,
  owner: string,
  own: StateDict,
  state: StateDict,
  options: LoadOptions = {},
): LoadReport {
  checkOptions(where, options, ['strict', 'skipMismatch', 'rename']);
  const { strict = true, skipMismatch = false, rename } = options;
  checkFlag(where, 'strict', strict);
  checkFlag(where, 'skipMismatch', skipMismatch);
  const given = renamed(where, state, rename);
  const names = Object.keys(own);
  const missing = names.filter((name) => !given.has(name));
  const unexpected = [...given.keys()].filter((name) => !Object.hasOwn(own, name));
  const common = names.filter((name) => given.has(name));
  const fits = (name: string): boolean => {
    const value = given.get(name);
    return value instanceof Tensor && sameShape(own[name].shape, value.shape);
  };
  const loaded = common.filter(fits);
  const others = common.filter((name) => !fits(name));
  const foreign = others.filter((name) => !(given.get(name) instanceof Tensor));

  const wrongNames = strict && missing.length + unexpected.length > 0;
  const wrongShapes = (skipMismatch ? foreign : others).length > 0;
  if (wrongNames || wrongShapes) {
    const shapes = others.map((name) => {
      const value = given.get(name);
      return shapesOf(name, value instanceof Tensor ? show(value.shape) : describe(value), own[name].shape);
    });
    const repair = [wrongNames && 'strict: false', wrongShapes && 'skipMismatch: true'].filter(Boolean);
    throw new StateError(
      where,
      [`the state does not fit this ${owner}`, ...differences({ missing, unexpected }, shapes)].join('\n  '),
      strict ? 'names and shapes must be those of stateDict()' : 'shapes must be those of stateDict()',
      foreign.length === 0 ? `${where}(state, { ${repair.join(', ')} }) takes what fits` : undefined,
    );
  }
  for (const name of loaded) own[name].copyFrom(given.get(name) as Tensor);
  const misshapen = others.map((name) => ({
    name,
    shape: (given.get(name) as Tensor).shape,
    expected: own[name].shape,
  }));
  return new LoadReport({ loaded, missing, unexpected, misshapen });
}

/** The state's entries under the module's names. */
function renamed(where: string, state: unknown, rename: LoadOptions['rename']): Map<string, unknown> {
  if (state === null || typeof state !== 'object' || Array.isArray(state)) {
    throw new StateError(
      where,
      `the state is ${describe(state)}`,
      'a state dict is an object of tensors by name',
    );
  }
  if (rename !== undefined && typeof rename !== 'function')
    throw new ArgumentError(
      where,
      `rename is ${describe(rename)}`,
      'rename must be a function from a name to a name',
      "{ rename: (name) => name.replace('encoder.', 'body.') }",
    );
  const given = new Map<string, unknown>();
  for (const [name, value] of Object.entries(state)) {
    const own: unknown = rename ? rename(name) : name;
    if (own === undefined) continue;
    if (typeof own !== 'string')
      throw new ArgumentError(
        where,
        `rename made ${describe(own)} of "${name}"`,
        'rename must return a name, or undefined for what is not wanted',
      );
    if (given.has(own))
      throw new StateError(
        where,
        `rename makes "${own}" of two names, of which one is "${name}"`,
        'every name must stay different',
      );
    given.set(own, value);
  }
  return given;
}

const shapesOf = (name: string, shape: string, expected: Shape): string =>
  `${name} is ${shape}, must be ${show(expected)}`;

const differences = (
  { missing, unexpected }: { missing: readonly string[]; unexpected: readonly string[] },
  shapes: readonly string[],
): string[] => [
  ...(missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
  ...(unexpected.length > 0 ? [`unexpected: ${unexpected.join(', ')}`] : []),
  ...(shapes.length > 0 ? [`wrong shape: ${shapes.join('; ')}`] : []),
];
