// Modules one after the other: Sequential, and Residual, which adds what went in.
import { add } from '../autograd/index.ts';
import { ArgumentError, describe, sameShape, ShapeError, show, type Tensor } from '../tensor/index.ts';
import { Module } from './module.ts';
import {
  chain,
  type First,
  type Fitting,
  type FittingResidual,
  type SizesOf,
  type Through,
  type Widths,
  widths,
} from './widths.ts';

/**
 * Runs its layers one after the other; their names are 0, 1, 2, ... as in PyTorch. `model[2] = layer` replaces one, or
 * adds one at the end.
 *
 *     const model = new nn.Sequential(new nn.Linear(784, 64), new nn.ReLU(), new nn.Linear(64, 10));
 *
 * Widths that are known must fit: with `new nn.Linear(128, 10)` at the end this does not compile, because "layer 2
 * takes 128 values, but layer 1 gives 64".
 *
 * @throws ShapeError the same, when it is put together
 */
export class Sequential<Layers extends Module[] = Module[]> extends Module {
  [place: number]: Module;

  constructor(...layers: Fitting<Layers>) {
    super();
    checkLayers('nn.Sequential', layers);
    layers.forEach((layer, i) => {
      this[i] = layer;
    });
    chain('nn.Sequential', layers);
  }

  /** The number of layers. */
  get length(): number {
    let length = 0;
    while (length in this) length++;
    return length;
  }

  /** The layers, in order. */
  get layers(): Layers {
    return Array.from(this as ArrayLike<Module>) as Layers;
  }

  /** @internal */
  override get [widths](): Widths {
    return chain('nn.Sequential', this.layers);
  }

  forward<X extends First<Layers>>(x: X): Through<Layers, X> {
    let y: unknown = x;
    for (let i = 0; i in this; i++) y = runLayer(this[i], i, y);
    return y as Through<Layers, X>;
  }
}

function checkLayers(where: string, layers: readonly unknown[]): asserts layers is Module[] {
  layers.forEach((layer, i) => {
    if (layer instanceof Module) return;
    throw new ArgumentError(
      where,
      `layer ${i} is ${describe(layer)}`,
      'every layer must be a module',
      Array.isArray(layer)
        ? `new ${where}(...layers)`
        : typeof layer === 'function' && layer.prototype instanceof Module
          ? `new ${layer.name}(...)`
          : undefined,
    );
  });
}

/** The layer's result; an error about shapes says which layer it was. */
function runLayer(layer: Module, place: number, x: unknown): unknown {
  try {
    return layer.forward(x);
  } catch (error) {
    if (error instanceof ShapeError)
      error.message = `layer ${place} (${layer.constructor.name}): ${error.message}`;
    throw error;
  }
}

/**
 * A detour around layers: y = x + f(x), where f is the layers one after the other. What they give must have the shape
 * of what they took.
 *
 *     new nn.Residual(new nn.Linear(64, 64), new nn.ReLU())
 *
 * Its gradient is that of f plus 1, so it reaches the layers before however small f's is.
 *
 * Source: He, Zhang, Ren, Sun, "Deep residual learning for image recognition" (2015).
 */
export class Residual<Layers extends Module[] = Module[]> extends Module {
  /** f; its parameters are named `layers.0.weight`, ... */
  readonly layers: Sequential<Layers>;

  constructor(...layers: FittingResidual<Layers>) {
    super();
    checkLayers('nn.Residual', layers);
    const { takes, gives } = chain('nn.Residual', layers);
    if (takes !== undefined && gives !== undefined && takes !== gives)
      throw new ShapeError(
        'nn.Residual',
        `f(x) has ${gives} values, but x has ${takes}`,
        'the last layer must give as many values as the first one takes',
      );
    this.layers = new Sequential(...(layers as unknown as Fitting<Layers>));
  }

  /** @internal */
  override get [widths](): Widths {
    const { takes, gives = takes } = this.layers[widths];
    return gives === undefined ? { same: true } : { takes: gives, gives };
  }

  forward<X extends First<Layers>>(input: X): Tensor<SizesOf<X>> {
    const x = input as Tensor;
    const y = this.layers.forward(input) as Tensor;
    if (sameShape(x.shape, y.shape)) return add(x, y);
    throw new ShapeError(
      'nn.Residual',
      `f(x) is ${show(y.shape)}, but x is ${show(x.shape)}`,
      'both must have the same shape to be added',
    );
  }
}
