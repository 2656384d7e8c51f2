// Widths: how many values a layer takes and gives for each sample, which can be known before anything runs.
import { type Probabilities, type Shape, ShapeError, type Tensor } from '../tensor/index.ts';

/*
 * Widths are checked twice before a network runs: when it is compiled, by the types in the second half of this file,
 * and when it is put together, by `chain`. Both say the same sentence.
 */

/** What a layer knows of its widths once it is made. What it doesn't know fits everything. */
export interface Widths {
  takes?: number;
  gives?: number;
  /** It gives as many as it takes, whatever that is. */
  same?: boolean;
}

/** The key under which modules carry their {@link Widths}. */
export const widths: unique symbol = Symbol('widths');

/** The widths of layers that run one after the other. Throws when two neighbours disagree. */
export function chain(where: string, layers: readonly { readonly [widths]: Widths }[]): Widths {
  let whole: Widths = { same: true };
  layers.forEach((layer, i) => {
    const { takes, gives, same } = layer[widths];
    if (takes !== undefined && whole.gives !== undefined && takes !== whole.gives) {
      throw new ShapeError(
        where,
        `layer ${i} takes ${takes} values, but layer ${i - 1} gives ${whole.gives}`,
        'a layer must take as many values as the one before it gives',
      );
    }
    if (!same) whole = { takes: whole.same ? takes : whole.takes, gives };
  });
  return whole;
}

/*
 * The types read widths off each layer's `forward`, so that modules of one's own take part. A conditional type sees a
 * generic function with its type parameters at their widest, and that tells four kinds of layers apart:
 *
 *   forward<S extends Shape>(x: Tensor<S>): Tensor<S>                        every size stays: 'same'
 *     seen as   Shape → Shape
 *   forward<B extends number[]>(x: Tensor<[...B, 784]>): Tensor<[...B, 64]>  every size but the last stays: 'rows'
 *     seen as   [...number[], 784] → [...number[], 64]
 *   forward(x: Tensor<[number, 784]>): Tensor<[number, 10]>                  the result is what it says: 'fixed'
 *   forward(x: Tensor): Tensor                                               nothing is known: 'unknown'
 */

/** Anything that can stand in a `Sequential`, as far as types go. */
export interface Layer {
  forward(...inputs: any[]): any;
}

type Layers = readonly Layer[];
type IsAny<T> = 0 extends 1 & T ? true : false;

/** The sizes that a tensor's type names; `any` for what is not a tensor. */
export type SizesOf<X> =
  IsAny<X> extends true ? any : X extends Probabilities<infer S> ? S : X extends Tensor<infer S> ? S : any;

/** The last size; `number` if it is not known. */
type Last<S> =
  IsAny<S> extends true ? number : S extends readonly [...any[], infer W extends number] ? W : number;

/** The sizes S with another last one. */
type WithLast<S, W extends number> =
  IsAny<S> extends true
    ? [number, W]
    : S extends readonly [...infer B extends number[], any]
      ? [...B, W]
      : [...number[], W];

/** A tensor of sizes S; probabilities if Y is. */
type Like<Y, S extends Shape> =
  IsAny<Y> extends true ? Tensor<S> : Y extends Probabilities ? Probabilities<S> : Tensor<S>;

type Argument<L extends Layer> = L['forward'] extends (x: infer X, ...rest: any[]) => any ? X : any;
type Result<L extends Layer> = ReturnType<L['forward']>;
type Takes<L extends Layer> = Last<SizesOf<Argument<L>>>;
type Gives<L extends Layer, Given extends number> =
  KindOf<L> extends 'same' ? Given : Last<SizesOf<Result<L>>>;

type KindOf<L extends Layer> =
  Kind<SizesOf<Argument<L>>> extends Kind<SizesOf<Result<L>>> ? Kind<SizesOf<Result<L>>> : 'fixed';
type Kind<S extends Shape> =
  IsAny<S> extends true
    ? 'unknown'
    : number[] extends S
      ? 'same'
      : number extends S['length']
        ? 'rows'
        : 'fixed';

/** What comes out when X goes into a layer. */
type After<L extends Layer, X> = {
  same: Like<Result<L>, SizesOf<X>>;
  rows: Like<Result<L>, WithLast<SizesOf<X>, Last<SizesOf<Result<L>>>>>;
  fixed: Result<L>;
  unknown: Result<L>;
}[KindOf<L>];

/** What goes into layers that run one after the other: what the first one takes that cares. */
export type First<All extends Layers> = All extends readonly [
  infer L extends Layer,
  ...infer Rest extends Layers,
]
  ? KindOf<L> extends 'same'
    ? First<Rest>
    : Argument<L>
  : All extends readonly []
    ? Tensor<Shape>
    : Tensor;

/** What comes out when X goes into layers that run one after the other. */
export type Through<All extends Layers, X> = All extends readonly [
  infer L extends Layer,
  ...infer Rest extends Layers,
]
  ? Through<Rest, After<L, X>>
  : All extends readonly []
    ? X
    : Tensor;

/** The layers, with a sentence in the place of each that does not fit the one before it. */
type Checked<
  All extends Layers,
  Given extends number = number,
  Done extends unknown[] = [],
  Before extends unknown[] = [],
> = All extends readonly [infer L extends Layer, ...infer Rest extends Layers]
  ? Checked<
      Rest,
      Gives<L, Given>,
      [
        ...Done,
        [Given & Takes<L>] extends [never] // number & 64 is 64, and 128 & 64 is never
          ? `layer ${Done['length']} takes ${Takes<L>} values, but layer ${Before['length']} gives ${Given}`
          : L,
      ],
      Done
    >
  : [...Done, ...All];

/** `All`, if every layer fits the one before it; else with a sentence in the place of one that doesn't. */
export type Fitting<All extends Layers> = All extends Checked<All> ? All : Checked<All>;

type Inputs<All extends Layers> = Last<SizesOf<First<All>>>;
type Outputs<All extends Layers> = Last<SizesOf<Through<All, First<All>>>>;

/** {@link Fitting}, for layers whose result is added to what went in. */
export type FittingResidual<All extends Layers> = [Inputs<All> & Outputs<All>] extends [never]
  ? All extends readonly [...infer Init, Layer]
    ? [...Init, `f(x) has ${Outputs<All>} values, but x has ${Inputs<All>}`]
    : All
  : Fitting<All>;

/** `Heads`, if each fits the body that it stands on; else with a sentence in the place of one that doesn't. */
export type FittingHeads<Body extends Layer, Heads extends Record<string, Layer>> = {
  [Name in keyof Heads]: [Outputs<[Body]> & Takes<Heads[Name]>] extends [never]
    ? `this head takes ${Takes<Heads[Name]>} values, but the body gives ${Outputs<[Body]>}`
    : Heads[Name];
};
