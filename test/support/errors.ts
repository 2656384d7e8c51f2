// expectError: the class of an error, and that its message holds the problem, the rule and the repair.
import { expect } from 'chai';
import { TypegradError } from '../../src/index.ts';

type ErrorClass = new (...args: any[]) => Error;

/** Expects `body` to throw one of the library's errors whose message holds every one of `parts`. */
export function expectError(body: () => unknown, Class: ErrorClass, ...parts: string[]): void {
  let error: unknown;
  try {
    body();
  } catch (thrown) {
    error = thrown;
  }
  check(error, Class, parts);
}

/** The same for asynchronous code. */
export async function expectRejection(
  promise: Promise<unknown>,
  Class: ErrorClass,
  ...parts: string[]
): Promise<void> {
  check(
    await promise.then(
      () => undefined,
      (thrown: unknown) => thrown,
    ),
    Class,
    parts,
  );
}

function check(error: unknown, Class: ErrorClass, parts: string[]): void {
  expect(error, 'nothing was thrown').to.be.instanceOf(Error);
  const { name, message, stack } = error as Error;
  expect(error, stack).to.be.instanceOf(Class);
  expect(error, stack).to.be.instanceOf(TypegradError);
  expect(name).to.equal(Class.name);
  for (const part of parts) expect(message).to.include(part);
}
