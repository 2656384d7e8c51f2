// A second instance of the reference that computes in float64: what gradient checks run on.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Backend, withBackend } from '../../src/kernels/index.ts';
import { doublePrecision } from './precision.ts';

const source = new URL('../../src/kernels/reference/', import.meta.url);
const copy = new URL(`../../build/float64-${process.pid}/`, import.meta.url);

/*
 * The reference is copied, and its precision.ts replaced. Why a copy, and not a parameter? Loops that have seen
 * both Float32Array and Float64Array are compiled for both, and run six times slower ever after.
 */
mkdirSync(copy, { recursive: true });
for (const file of readdirSync(source)) {
  const text = readFileSync(new URL(file, source), 'utf8');
  writeFileSync(
    new URL(file, copy),
    text.replaceAll(/from '(\.\.\/[^']*)'/g, (_, path) => `from '${new URL(path, source).href}'`),
  );
}
writeFileSync(new URL('precision.ts', copy), doublePrecision);
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));

let float64: Backend | undefined;

/** Loads the copy; mocha waits for it before it reads the tests. */
export async function loadFloat64(): Promise<void> {
  float64 = { ...(await import(new URL('index.ts', copy).href)).reference, name: 'reference in float64' };
}

/** Runs `body` with the whole engine in float64: tensors made inside hold doubles. */
export const inFloat64 = <T>(body: () => T): T => withBackend(float64 as Backend, body);
