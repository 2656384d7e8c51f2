// Scopes: what a step made goes back to the heap when the step ends.
import { ArgumentError, ScopeError } from './errors.ts';
import { describe } from './check.ts';
import { openScopes, ScopeRecord } from './storage.ts';
import { Tensor } from './tensor.ts';

/**
 * A stretch of code whose tensors are released when it ends, except those that are kept. Made by {@link scope}.
 */
export class Scope {
  readonly #record = new ScopeRecord();
  #ended = false;

  /** @internal */
  constructor() {
    openScopes.push(this.#record);
  }

  /** Saves a tensor, or those in an array or object, from the scope's end. Returns what it is given. */
  keep<T>(kept: T): T {
    this.#check('keep');
    const outer = openScopes[openScopes.indexOf(this.#record) - 1];
    for (const tensor of tensorsIn(kept)) tensor.storage.keep(outer);
    return kept;
  }

  /** Ends the scope. Called by `using` at the end of the block. */
  [Symbol.dispose](): void {
    this.end();
  }

  /** Ends the scope: its tensors are released. */
  end(): void {
    this.#check('end');
    if (openScopes.at(-1) !== this.#record) {
      throw new ScopeError(
        'scope',
        'an inner scope is still open',
        'scopes end in the reverse order of their beginning',
        'using step = scope()',
      );
    }
    openScopes.pop();
    this.#ended = true;
    this.#record.release();
  }

  #check(what: string): void {
    if (this.#ended)
      throw new ScopeError(
        'scope',
        `${what}() of a scope that has ended`,
        'a scope can be used once',
        'using step = scope()',
      );
  }
}

/**
 * Without an argument: opens a scope, which `using` ends. Tensors that are made in it go back to the heap at its end, so a
 * training loop runs at full speed in constant memory.
 *
 *     for (...) {
 *       using step = scope();
 *       ...
 *     }
 *
 * With a function: runs it in a scope, and keeps the tensors that it returns.
 *
 *     const y = scope(() => x.matmul(w).relu());
 */
export function scope(): Scope;
export function scope<T>(body: () => T): T;
export function scope<T>(body?: () => T): Scope | T {
  if (body === undefined) return new Scope();
  if (typeof body !== 'function')
    throw new ArgumentError(
      'scope',
      `cannot run ${describe(body)}`,
      'the argument must be a function',
      'scope(() => ...)',
    );
  const own = new Scope();
  try {
    const result = body();
    if (result instanceof Promise)
      throw new ArgumentError(
        'scope',
        'the function is asynchronous',
        'a scope covers synchronous code',
        'scope(() => ...) between the awaits',
      );
    return own.keep(result);
  } finally {
    own.end();
  }
}

/** The tensors in a value: itself, or in arrays and plain objects, at any depth; a gradient goes with its tensor. */
function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return value.grad ? [value, value.grad] : [value];
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  const isPlain =
    value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype;
  return isPlain ? Object.values(value).flatMap(tensorsIn) : [];
}
