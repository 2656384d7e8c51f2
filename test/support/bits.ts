// expectReferenceBits: what the kernels compute, held against the plain loops bit by bit.
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { grad } from '../../src/autograd/index.ts';
import type { AnyDefinition } from '../../src/autograd/op.ts';
import * as ops from '../../src/autograd/ops/index.ts';
import { manualSeed, scope, type Tensor } from '../../src/index.ts';
import { withBackend } from '../../src/kernels/index.ts';
import { reference } from '../../src/kernels/reference/index.ts';
import { openScopes } from '../../src/tensor/storage.ts';
import { samplesFrom, tensorsIn } from './gradients.ts';
import { seeded } from './random.ts';

export type Operation = ((...args: any[]) => Tensor) & { definition: AnyDefinition };

/** Every operation and its name. */
export const operations = Object.entries(ops).filter(
  (entry): entry is [string, Operation] => typeof entry[1] === 'function' && 'definition' in entry[1],
);

/** The bits of the results, one after the other; every NaN has the same ones, since its payload is nobody's promise. */
function bitsOf(body: () => readonly (Tensor | Int32Array)[]): Uint32Array {
  return scope(() => {
    manualSeed(7);
    const results = body().map((result) => ('data' in result ? result.data : result));
    const bits = new Uint32Array(results.reduce((total, result) => total + result.length, 0));
    let at = 0;
    for (const result of results) {
      const words = bits.subarray(at, (at += result.length));
      if (result instanceof Int32Array) words.set(result);
      else {
        words.set(new Uint32Array(result.buffer, result.byteOffset, result.length));
        for (let i = 0; i < words.length; i++) if (result[i] !== result[i]) words[i] = 0x7fc00000;
      }
    }
    spoil();
    return bits;
  });
}

/**
 * Overwrites all that the innermost scope has made. Its blocks are given out again for the next run of the same case, and what a
 * kernel forgot to write would stand there already, right to the bit.
 */
function spoil(): void {
  for (const storage of openScopes.at(-1)?.storages ?? []) storage.write().fill(-7.25e33);
}

const digest = (bits: Uint32Array): string => createHash('sha256').update(bits).digest('hex');

/** What the reference gave, by the name of the case: it is slow, and the same for any number of threads. */
const known = new Map<string, string>();

/**
 * Demands that `body` gives the same bits now as on the reference. Everything random must begin in `body`.
 *
 * @param name says what is computed, and nothing else has that name
 */
export function expectReferenceBits(name: string, body: () => readonly (Tensor | Int32Array)[]): void {
  const plain = () => withBackend(reference, () => bitsOf(body));
  const found = bitsOf(body);
  if (!known.has(name)) known.set(name, digest(plain()));
  if (digest(found) === known.get(name)) return;
  const expected = plain();
  const place = found.findIndex((word, i) => word !== expected[i]);
  const number = (bits: Uint32Array) =>
    `${new Float32Array(bits.buffer)[place]} (${bits[place]?.toString(16)})`;
  expect.fail(
    `${name}: number ${place} of ${found.length} is ${number(found)}, the reference has ${number(expected)}`,
  );
}

/** An operation's result, and all its gradients for a random upstream gradient. */
export function withGradients(op: Operation, args: readonly unknown[]): Tensor[] {
  if ('gradient' in op.definition && op.definition.gradient === 'none') return [op(...args)];
  const inputs = tensorsIn(args);
  for (const x of inputs) x.requiresGrad = true;
  const Y = op(...args);
  const G = samplesFrom(seeded(77)).uniform(Y.shape);
  return [Y, ...grad(Y, inputs, { gradient: G })];
}
