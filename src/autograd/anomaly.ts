// detectAnomaly: which operation made the first number that is not finite.
import {
  AnomalyError,
  ArgumentError,
  checkOptions,
  describe,
  type Shape,
  show,
  type Tensor,
} from '../tensor/index.ts';
import { type AnyDefinition, type Observer, withObserver } from './op.ts';

export interface AnomalyOptions {
  /** Says where the program is, such as in which layer, for the message; asked at every operation. */
  where?: () => string | undefined;
}

/**
 * Runs `body`, and looks at every result of an operation and at every gradient as it is computed. Returns what `body` returns.
 * It is slow, so it is for finding a fault that is known to be there.
 *
 *     detectAnomaly(() => crossEntropy(model.forward(x), y).backward());
 *
 * @throws AnomalyError at the first number that is NaN or infinite: it names the operation, the place of the number, and whether
 *   it was made there or came in
 */
export function detectAnomaly<T>(body: () => T, options: AnomalyOptions = {}): T {
  if (typeof body !== 'function')
    throw new ArgumentError(
      'detectAnomaly',
      `cannot run ${describe(body)}`,
      'the argument must be a function',
      'detectAnomaly(() => loss(model.forward(x), y).backward())',
    );
  checkOptions('detectAnomaly', options, ['where']);
  const { where } = options;
  if (where !== undefined && typeof where !== 'function')
    throw new ArgumentError('detectAnomaly', `where is ${describe(where)}`, 'where must be a function');

  const places = new Map<Tensor, string | undefined>();
  const check = (x: Tensor, place: string | undefined, problem: string, repair?: string) => {
    const found = firstAnomaly(x);
    if (found)
      throw new AnomalyError(
        'detectAnomaly',
        `${problem} ${found}${place ? `, in ${place}` : ''}`,
        'results and gradients must be finite',
        repair,
      );
  };
  const observer: Observer = {
    call(result, definition, inputs) {
      const place = where?.();
      places.set(result, place);
      const { name } = definition;
      inputs.forEach((input, i) => {
        if (input) check(input, place, `${nameOf(definition, i)} ${show(input.shape)} of ${name} holds`);
      });
      check(result, place, `${name} of finite numbers gave`, repairs[name]);
    },
    gradient(G, { signature: { definition }, result }, i) {
      const { name } = definition;
      check(
        G,
        places.get(result),
        `the gradient of ${name} for ${nameOf(definition, i)} ${show(G.shape)} holds`,
        gradientRepairs[name],
      );
    },
  };
  return withObserver(observer, body);
}

const nameOf = ({ inputs }: AnyDefinition, place: number): string =>
  inputs[0].endsWith('...') ? `${inputs[0].slice(0, -3)}[${place}]` : inputs[place].replace('?', '');

/** What keeps the operations finite that most often are not. */
const repairs: Record<string, string> = {
  log: 'log(maximum(x, 1e-8)); for probabilities logSoftmax(logits), or a loss of logits',
  exp: 'losses of logits, such as crossEntropy: they never compute exp of a large number',
  div: 'div(a, add(b, 1e-8))',
  sqrt: 'sqrt(maximum(x, 0))',
};

const gradientRepairs: Record<string, string> = {
  sqrt: 'sqrt(add(x, 1e-8)): the slope of √x at 0 is infinite',
};

/** The first number of a tensor that is not finite, and its place: `NaN at [2, 0]`. */
function firstAnomaly({ data, shape }: Tensor): string | undefined {
  const i = data.findIndex((value) => !Number.isFinite(value));
  return i < 0 ? undefined : `${data[i]} at ${show(placeOf(i, shape))}`;
}

/** The indices of the i-th element. */
function placeOf(i: number, shape: Shape): number[] {
  const indices: number[] = [];
  for (const size of shape.toReversed()) {
    indices.unshift(i % size);
    i = Math.floor(i / size);
  }
  return indices;
}
