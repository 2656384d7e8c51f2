// What is learned from the training data and applied to all: the base of scalers and cleaners, and several in a row.
import {
  ArgumentError,
  describe,
  type Saved,
  type Shape,
  ShapeError,
  StateError,
  sameShape,
  scope,
  show,
  sizeOf,
  Tensor,
} from '../tensor/index.ts';
import { type Batch, Dataset } from './dataset.ts';

/**
 * Something that learns from the training data how to change a tensor [n, ...], n samples.
 *
 *     const scaler = new data.StandardScaler().fit(trainX);
 *     model.forward(scaler.transform(testX));
 *
 * It must be fitted on the training part only: what it learns from other samples leaks into the model, and their
 * score is too good. Results are rounded to float32 once, and have no history: gradients stop there.
 */
export abstract class Preprocessor {
  /** Learns from the samples x [n, ...], or from the x of a data set. Whatever was learned before is forgotten. */
  abstract fit(x: Tensor | Dataset): this;

  /** x changed by what was learned; its shape stays. @throws StateError before `fit` */
  abstract transform<S extends Shape>(x: Tensor<S>): Tensor<S>;

  /** Undoes {@link transform}, as far as that can be done. @throws StateError before `fit` */
  abstract inverse<S extends Shape>(x: Tensor<S>): Tensor<S>;

  /** What was learned, to be saved together with the model. @throws StateError before `fit` */
  abstract stateDict(): Saved;

  /** Checks a saved state, and returns what takes it over. @internal */
  abstract accept(saved: Saved): () => void;

  /** Returns what forgets all that is learned from now on. @internal */
  abstract remember(): () => void;

  /** Puts back what `stateDict()` returned. @throws StateError if it does not fit; nothing is changed then */
  loadStateDict(saved: Saved): void {
    this.accept(saved)();
  }

  /** `fit(x)`, then `transform(x)`. */
  fitTransform<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return this.fit(x).transform(x);
  }

  /** As a transform of a loader: `data.loader(dataset, { transforms: [scaler.asTransform()] })` changes each batch's x. */
  asTransform(): <B extends Batch>(batch: B) => B {
    return (batch) => ({ ...batch, x: this.transform(batch.x) });
  }
}

/** By the name of a statistic: a number for each feature, or one for all. */
export type Learned = Record<string, Float64Array>;

/** What becomes of a value of feature j. */
export type Change = (value: number, j: number) => number;

interface Fitted {
  /** The shape of one sample; undefined where all values are treated alike, so that any shape fits. */
  features: number[] | undefined;
  values: Learned;
}

/** A {@link Preprocessor} that knows some numbers of each feature (position in a sample), and treats each by its own. */
export abstract class FeaturePreprocessor extends Preprocessor {
  /** The class's name, for errors and for saved states. */
  protected readonly name: string;
  readonly #statistics: readonly string[];
  readonly #isShared: boolean;
  #fitted: Fitted | undefined;

  /** @param statistics the names of what is learned of each feature */
  protected constructor(name: string, statistics: readonly string[], per: 'feature' | 'all' = 'feature') {
    super();
    this.name = name;
    this.#statistics = statistics;
    this.#isShared = per === 'all';
  }

  /** What is learned of a feature's values, NaN left out. */
  protected abstract learn(values: Float32Array): number[];
  /** How a value of feature j is changed. */
  protected abstract forward(learned: Learned): Change;
  /** How that is undone. */
  protected abstract backward(learned: Learned): Change;
  /** Whether a feature of which nothing is known can be treated all the same. */
  protected get acceptsMissing(): boolean {
    return false;
  }

  /** A statistic of each feature. */
  protected statistic(name: string): Float64Array {
    return this.#need(name).values[name];
  }

  fit(x: Tensor | Dataset): this {
    if (x instanceof Dataset) {
      scope(() => void this.fit(wholeOf(x)));
      return this;
    }
    const { features, rows } = this.#check('fit', x);
    if (rows === 0 || sizeOf(features) === 0)
      throw new ShapeError(
        `${this.name}.fit`,
        `x ${show(x.shape)} is empty`,
        'there must be samples to learn from',
      );
    const columns = this.#isShared ? 1 : sizeOf(features);
    const values = Object.fromEntries(this.#statistics.map((name) => [name, new Float64Array(columns)]));
    for (let j = 0; j < columns; j++)
      this.learn(this.#valuesOf(x, j, columns)).forEach((value, k) => {
        values[this.#statistics[k]][j] = value;
      });
    this.#fitted = { features: this.#isShared ? undefined : features, values };
    return this;
  }

  /** The values of feature j, without NaN. */
  #valuesOf({ data, shape }: Tensor, j: number, columns: number): Float32Array {
    const found = new Float32Array(data.length / columns);
    let count = 0;
    for (let i = j; i < data.length; i += columns) {
      const value = data[i];
      if (value === Infinity || value === -Infinity)
        throw new ArgumentError(
          `${this.name}.fit`,
          `sample ${Math.floor(i / sizeOf(shape.slice(1)))} has ${value} at feature ${i % sizeOf(shape.slice(1))}`,
          'values must be finite, or NaN where one is missing',
        );
      if (value === value) found[count++] = value;
    }
    if (count === 0 && !this.acceptsMissing)
      throw new ArgumentError(
        `${this.name}.fit`,
        `feature ${j} is NaN in every sample`,
        'a feature needs at least one value to learn from',
        'leave it out: table.drop([...])',
      );
    return found.subarray(0, count);
  }

  transform<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return this.#map('transform', x, this.forward(this.#need('transform').values));
  }

  inverse<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return this.#map('inverse', x, this.backward(this.#need('inverse').values));
  }

  #map<S extends Shape>(where: string, x: Tensor<S>, change: Change): Tensor<S> {
    const columns = this.columnsOf(where, x);
    const { data } = x;
    const result = new Tensor<S>(x.shape);
    const out = result.storage.write();
    for (let begin = 0; begin < data.length; begin += columns)
      for (let j = 0; j < columns; j++) out[begin + j] = change(data[begin + j], j);
    return result;
  }

  /** The number of features told apart, once x is seen to have those that were learned. */
  protected columnsOf(where: string, x: Tensor): number {
    const fitted = this.#need(where);
    const { features } = this.#check(where, x);
    if (fitted.features && !sameShape(features, fitted.features))
      throw new ShapeError(
        `${this.name}.${where}`,
        `x is ${show(x.shape)}`,
        `it was fitted on samples of shape ${show(fitted.features)}, so x must be ${show(['n' as never, ...fitted.features])}`,
      );
    return fitted.features ? sizeOf(features) : 1;
  }

  stateDict(): Saved {
    const { features, values } = this.#need('stateDict');
    const copies = Object.entries(values).map(([name, list]) => [name, list.slice()]);
    return { kind: this.name, features, ...Object.fromEntries(copies) };
  }

  accept(saved: Saved): () => void {
    const state = checkKind(this.name, saved);
    const { features } = state;
    const isShape =
      Array.isArray(features) && features.every((size) => Number.isSafeInteger(size) && size > 0);
    if (features !== undefined && !isShape) refuse(this.name, `features is ${describe(features)}`);
    const columns = isShape ? sizeOf(features as number[]) : 1;
    const values = Object.fromEntries(
      this.#statistics.map((name) => {
        const list = state[name];
        if (!(list instanceof Float64Array) || list.length !== columns)
          refuse(this.name, `${name} is ${describe(list)}, not Float64Array(${columns})`);
        return [name, list.slice()];
      }),
    );
    return () => {
      this.#fitted = { features: isShape ? [...(features as number[])] : undefined, values };
    };
  }

  remember(): () => void {
    const fitted = this.#fitted;
    return () => {
      this.#fitted = fitted;
    };
  }

  #need(where: string): Fitted {
    if (this.#fitted) return this.#fitted;
    throw new StateError(
      `${this.name}.${where}`,
      'it has not been fitted',
      'it must learn from the training data first',
      'fit(trainX), or loadStateDict(saved)',
    );
  }

  #check(where: string, x: unknown): { features: number[]; rows: number } {
    if (!(x instanceof Tensor))
      throw new ArgumentError(
        `${this.name}.${where}`,
        `x is ${describe(x)}`,
        where === 'fit' ? 'x must be a tensor or a data set' : 'x must be a tensor',
        where === 'fit' ? 'fit(table.toTensor())' : undefined,
      );
    if (x.rank === 0)
      throw new ShapeError(
        `${this.name}.${where}`,
        'x is a scalar',
        'the first axis of x counts the samples',
      );
    return { features: x.shape.slice(1), rows: x.shape[0] };
  }
}

/**
 * Several preprocessors in a row, as one: each is fitted on what the one before makes of the training data.
 *
 *     const prepare = new data.Pipeline([new data.Imputer(), new data.StandardScaler()]).fit(trainX);
 */
export class Pipeline extends Preprocessor {
  readonly steps: readonly Preprocessor[];

  constructor(steps: readonly Preprocessor[]) {
    super();
    if (!Array.isArray(steps))
      throw new ArgumentError(
        'Pipeline',
        `the steps are ${describe(steps)}`,
        'the steps are a list',
        'new data.Pipeline([new data.Imputer(), new data.StandardScaler()])',
      );
    steps.forEach((step, i) => {
      if (!(step instanceof Preprocessor))
        throw new ArgumentError(
          'Pipeline',
          `step ${i} is ${describe(step)}`,
          'steps must be scalers, imputers, ...',
        );
    });
    this.steps = [...steps];
  }

  fit(x: Tensor | Dataset): this {
    const forget = this.remember();
    try {
      scope(() => {
        let current = x instanceof Dataset ? wholeOf(x) : x;
        for (const step of this.steps) current = step.fit(current).transform(current);
      });
    } catch (error) {
      forget(); // also what the first steps have learned by then
      throw error;
    }
    return this;
  }

  transform<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return this.steps.reduce((current, step) => step.transform(current), x);
  }

  inverse<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return this.steps.reduceRight((current, step) => step.inverse(current), x);
  }

  stateDict(): Saved {
    return { kind: 'Pipeline', steps: this.steps.map((step) => step.stateDict()) };
  }

  accept(saved: Saved): () => void {
    const { steps } = checkKind('Pipeline', saved);
    if (!Array.isArray(steps) || steps.length !== this.steps.length)
      refuse(
        'Pipeline',
        `it has ${Array.isArray(steps) ? steps.length : 'no'} steps, not ${this.steps.length}`,
      );
    const take = this.steps.map((step, i) => step.accept((steps as Saved[])[i]));
    return () => {
      for (const takeOver of take) takeOver();
    };
  }

  remember(): () => void {
    const forget = this.steps.map((step) => step.remember());
    return () => {
      for (const forgetOne of forget) forgetOne();
    };
  }
}

/** The x of all samples. */
const wholeOf = (dataset: Dataset): Tensor =>
  dataset.batch(Int32Array.from({ length: dataset.length }, (_, i) => i)).x;

/** A saved state as an object, if it comes from this class. @internal */
export function checkKind(name: string, saved: Saved): { readonly [key: string]: Saved } {
  if (saved === null || typeof saved !== 'object' || Array.isArray(saved) || ArrayBuffer.isView(saved))
    return refuse(name, `the state is ${describe(saved)}`);
  const state = saved as { readonly [key: string]: Saved };
  if (state.kind !== name) refuse(name, `the state is of the kind ${describe(state.kind)}`);
  return state;
}

/** @internal */
export function refuse(name: string, problem: string): never {
  throw new StateError(
    `${name}.loadStateDict`,
    problem,
    `the state must come from stateDict() of another ${name}`,
  );
}
