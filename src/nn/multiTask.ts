// Several tasks at once: one body, several heads, and the weighted sum of their losses.
import { add, mul } from '../autograd/index.ts';
import {
  ArgumentError,
  checkNumber,
  checkOptions,
  describe,
  finite,
  nearest,
  ShapeError,
  show,
  Tensor,
} from '../tensor/index.ts';
import { Module } from './module.ts';
import { type First, type FittingHeads, type Layer, type Through, type Widths, widths } from './widths.ts';

/** What comes out of each head when X goes into the body. */
export type HeadOutputs<Body extends Layer, Heads extends Record<string, Layer>, X> = {
  [Name in keyof Heads]: Through<[Body, Heads[Name]], X>;
};

/**
 * One body and several heads: every head sees what the body makes of x.
 *
 *     const model = new nn.MultiTask({
 *       body: new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU()),
 *       heads: { digit: new nn.Linear(128, 10), parity: new nn.Linear(128, 2) },
 *     });
 *     model.forward(x)   →  { digit: [n, 10], parity: [n, 2] }
 *
 *   names    body.0.weight, ..., heads.digit.weight, heads.parity.weight, ...
 *
 * Source: Caruana, "Multitask learning" (1997).
 *
 * @throws ShapeError when a head takes another number of values than the body gives
 */
export class MultiTask<
  Body extends Module = Module,
  Heads extends Record<string, Module> = Record<string, Module>,
> extends Module {
  body: Body;
  heads: Heads;

  constructor(options: { body: Body; heads: FittingHeads<Body, Heads> }) {
    super();
    const { body, heads } = checkParts(options);
    const { gives } = body[widths];
    for (const [name, head] of Object.entries(heads)) {
      const { takes } = head[widths];
      if (gives !== undefined && takes !== undefined && gives !== takes)
        throw new ShapeError(
          'nn.MultiTask',
          `head ${name} takes ${takes} values, but the body gives ${gives}`,
          'every head must take as many values as the body gives',
        );
    }
    this.body = body as Body;
    this.heads = { ...heads } as Heads;
  }

  /** @internal */
  override get [widths](): Widths {
    return { takes: this.body[widths].takes };
  }

  forward<X extends First<[Body]>>(x: X): HeadOutputs<Body, Heads, X> {
    const h: unknown = this.body.forward(x);
    return Object.fromEntries(
      Object.entries(this.heads).map(([name, head]) => [name, head.forward(h)]),
    ) as HeadOutputs<Body, Heads, X>;
  }
}

function checkParts(options: unknown): { body: Module; heads: Record<string, Module> } {
  if (isRecord(options)) checkOptions('nn.MultiTask', options, ['body', 'heads']);
  const { body, heads } = (options ?? {}) as Record<string, unknown>;
  const example =
    'new nn.MultiTask({ body, heads: { digit: new nn.Linear(128, 10), parity: new nn.Linear(128, 2) } })';
  if (!(body instanceof Module))
    throw new ArgumentError('nn.MultiTask', `body is ${describe(body)}`, 'body must be a module', example);
  if (!isRecord(heads) || Object.keys(heads).length === 0)
    throw new ArgumentError(
      'nn.MultiTask',
      `heads is ${describe(heads)}`,
      'heads must be an object of at least one module',
      example,
    );
  for (const [name, head] of Object.entries(heads))
    if (!(head instanceof Module))
      throw new ArgumentError(
        'nn.MultiTask',
        `head ${name} is ${describe(head)}`,
        'every head must be a module',
        example,
      );
  return { body, heads: heads as Record<string, Module> };
}

/** A loss of one task, and how much it counts. */
export type WeightedLoss = TaskLoss | readonly [loss: TaskLoss, weight: number];

type TaskLoss = (output: any, targets: any) => Tensor;

/**
 * The loss of several tasks: L = Σ wₖ Lₖ(outputₖ, targetsₖ), in the order of the names. A loss without a weight counts
 * once.
 *
 *     const loss = nn.weightedLosses({ digit: nn.crossEntropy, parity: [nn.crossEntropy, 0.5] });
 *     loss(model.forward(x), { digit, parity })   →  Lᵈⁱᵍⁱᵗ + ½ Lᵖᵃʳⁱᵗʸ
 *
 * @throws ArgumentError when a task has no output or no targets, or a loss is not one number
 */
export function weightedLosses<Name extends string>(
  losses: Readonly<Record<Name, WeightedLoss>>,
): (outputs: Readonly<Record<Name, any>>, targets: Readonly<Record<Name, any>>) => Tensor {
  const where = 'weightedLosses';
  if (!isRecord(losses) || Object.keys(losses).length === 0)
    throw new ArgumentError(
      where,
      `losses is ${describe(losses)}`,
      'losses must be an object of at least one loss',
      '{ digit: nn.crossEntropy, parity: [nn.crossEntropy, 0.5] }',
    );
  const terms = Object.entries(losses).map(([name, given]) => {
    const [loss, weight = 1, ...rest]: unknown[] = Array.isArray(given) ? given : [given];
    if (typeof loss !== 'function' || rest.length > 0)
      throw new ArgumentError(
        where,
        `the loss of ${name} is ${describe(given)}`,
        'a loss is a function of output and targets, or [function, weight]',
        `{ ${name}: [nn.crossEntropy, 0.5] }`,
      );
    checkNumber(where, `the weight of ${name}`, weight, { ...finite, min: 0 });
    return { name, loss: loss as TaskLoss, weight: weight as number };
  });
  return (outputs, targets) =>
    terms
      .map(({ name, loss, weight }) => {
        const cost: unknown = loss(part('outputs', outputs, name), part('targets', targets, name));
        if (!(cost instanceof Tensor) || cost.size !== 1)
          throw new ArgumentError(
            where,
            `the loss of ${name} is ${cost instanceof Tensor ? `of shape ${show(cost.shape)}` : describe(cost)}`,
            'a loss must return a tensor of one element',
          );
        return weight === 1 ? cost : mul(cost, weight);
      })
      .reduce((sum, term) => add(sum, term));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null &&
  typeof value === 'object' &&
  !Array.isArray(value) &&
  !ArrayBuffer.isView(value) &&
  !(value instanceof Tensor) &&
  !(value instanceof Module);

function part(what: string, parts: unknown, name: string): unknown {
  if (!isRecord(parts))
    throw new ArgumentError(
      'weightedLosses',
      `the ${what} are ${describe(parts)}`,
      `${what} must be an object with one entry for each task`,
      what === 'targets' ? `data.fromTensors(x, { ${name}: labels })` : 'new nn.MultiTask({ body, heads })',
    );
  if (parts[name] !== undefined) return parts[name];
  const guess = nearest(name, Object.keys(parts));
  throw new ArgumentError(
    'weightedLosses',
    `the ${what} have no ${name}`,
    `there must be ${what} for every loss; there are ${Object.keys(parts).join(', ') || 'none'}`,
    guess && `{ ${guess}: loss }`,
  );
}
