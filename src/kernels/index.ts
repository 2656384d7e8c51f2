// Which backend runs a verb.
import { setElementArray } from '../tensor/index.ts';
import type { Backend } from './backend.ts';
import { reference } from './reference/index.ts';

export type * from './backend.ts';

let active: Backend = reference;

/** The backend that runs the verbs now. */
export const backend = (): Backend => active;

/** Runs `body` on another backend: how tests run everything in float64. @internal */
export function withBackend<T>(other: Backend, body: () => T): T {
  const before = active;
  const use = (next: Backend) => {
    active = next;
    setElementArray(next.elements);
  };
  use(other);
  try {
    return body();
  } finally {
    use(before);
  }
}
