// The errors of typegrad. Each says what was asked, the rule, and the repair.

/**
 * The base of every error that typegrad throws on purpose.
 *
 *     ShapeError: matmul: cannot multiply A [32, 784] by B [128, 784]
 *       rule: columns of A (784) must equal rows of B (128)
 *       try:  matmul(A, B, { transposeB: true })  →  [32, 128]
 */
export class TypegradError extends Error {
  constructor(where: string, problem: string, rule?: string, repair?: string) {
    let message = `${where}: ${problem}`;
    if (rule) message += `\n  rule: ${rule}`;
    if (repair) message += `\n  try:  ${repair}`;
    super(message);
  }
}

/** Shapes that do not fit the operation. */
export class ShapeError extends TypegradError {}

/** A value of the wrong type or outside its range; an unknown option. */
export class ArgumentError extends TypegradError {}

/** An index or a class label outside its range. */
export class IndexError extends TypegradError {}

/** A gradient that cannot be had: no graph, a freed graph, a non-scalar without an upstream gradient. */
export class GradientError extends TypegradError {}

/** A tensor was written to after an operation had used it, and the gradient needs the old values. */
export class ModifiedError extends TypegradError {}

/** A result that is not finite: NaN, or infinite. */
export class AnomalyError extends TypegradError {}

/** A tensor was read after its scope had ended. */
export class ReleasedError extends TypegradError {}

/** A scope that is used after its end, or ends while an inner one is open. */
export class ScopeError extends TypegradError {}

/** The heap, or the machine, has no room for what was asked. */
export class MemoryError extends TypegradError {}

/** A worker thread died. */
export class ThreadError extends TypegradError {}

/** A GPU that is not there, or has failed. */
export class DeviceError extends TypegradError {}

/** A state dict that does not fit its module or optimizer. */
export class StateError extends TypegradError {}

/** A file, or bytes, that are not what they claim to be. */
export class DataError extends TypegradError {}

// The names are set here because a bundler may rename the classes.
for (const [name, Class] of Object.entries({
  TypegradError,
  ShapeError,
  ArgumentError,
  IndexError,
  GradientError,
  ModifiedError,
  AnomalyError,
  ReleasedError,
  ScopeError,
  MemoryError,
  ThreadError,
  DeviceError,
  StateError,
  DataError,
}))
  Object.defineProperty(Class.prototype, 'name', { value: name, configurable: true, writable: true });
