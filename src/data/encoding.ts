// Encoding: words become numbers, as classes or one-hot.
import {
  ArgumentError,
  checkChoice,
  checkOptions,
  describe,
  IndexError,
  isNumericArray,
  type Saved,
  ShapeError,
  StateError,
  show,
  Tensor,
} from '../tensor/index.ts';
import { type Integers, toIntegers } from './dataset.ts';
import { checkKind, refuse } from './preprocessor.ts';
import { isMissing, Table, type TableColumn } from './table.ts';

/** A value that stands for a class: a word, or a number such as a postal code. */
export type Category = string | number;

/** A list of categories: a column of a table, or an array. */
export type Categories = TableColumn | ArrayLike<number> | readonly (Category | undefined)[];

/** The different values, sorted (words by their code units, numbers by size), and the place of each. */
class Classes {
  readonly values: readonly Category[];
  readonly #places: ReadonlyMap<unknown, number>;

  constructor(values: readonly Category[]) {
    this.values = values;
    this.#places = new Map(values.map((value, i) => [value, i]));
  }

  static of(where: string, name: string, list: Categories): Classes {
    checkCategories(where, name, list);
    const different = new Set<Category>();
    for (let i = 0; i < list.length; i++) {
      const value = list[i];
      if (value !== undefined && !isMissing(value)) different.add(value);
    }
    const values = [...different];
    const odd = values.find((value) => typeof value !== typeof values[0]);
    if (odd !== undefined)
      throw new ArgumentError(
        where,
        `${name} hold ${describe(values[0])} and ${describe(odd)}`,
        'categories are either words or numbers',
      );
    if (values.length === 0)
      throw new ArgumentError(where, `${name} hold no category`, 'there must be at least one to learn');
    const isNumber = typeof values[0] === 'number';
    return new Classes(isNumber ? (values as number[]).sort((a, b) => a - b) : values.sort());
  }

  /** From a saved list; undefined if it is none. */
  static from(saved: Saved): Classes | undefined {
    if (!Array.isArray(saved) || saved.length === 0) return undefined;
    const type = typeof saved[0];
    const fits =
      (type === 'string' || type === 'number') &&
      saved.every((value) => typeof value === type && !isMissing(value)) &&
      new Set(saved).size === saved.length;
    return fits ? new Classes([...saved]) : undefined;
  }

  place(value: Category | undefined): number | undefined {
    return this.#places.get(value);
  }

  get shown(): string {
    const rest = this.values.length - 10;
    return this.values.slice(0, 10).map(describe).join(', ') + (rest > 0 ? `, and ${rest} more` : '');
  }
}

function checkCategories(where: string, name: string, list: unknown): void {
  const rule = 'categories are an array of words or of numbers';
  if (!Array.isArray(list) && !isNumericArray(list))
    throw new ArgumentError(where, `${name} are ${describe(list)}`, rule, "['cat', 'dog', 'cat']");
  if (!Array.isArray(list)) return;
  const odd = list.findIndex((value) => !['string', 'number', 'undefined'].includes(typeof value));
  if (odd >= 0) throw new ArgumentError(where, `${name} hold ${describe(list[odd])} (place ${odd})`, rule);
}

const isNotFitted = (where: string) =>
  new StateError(where, 'it has not been fitted', 'it must learn the categories first', 'fit(categories)');

/**
 * Words as class labels, and back: the classes are sorted and numbered from 0, as in scikit-learn.
 *
 *     const species = new data.LabelEncoder();
 *     const labels = species.fitTransform(table.column('species'));    // Int32Array
 *     species.inverse(train.predictedClasses(logits));                 // words
 *
 * The numbers are names and not quantities: as a target of `crossEntropy` they are right, as an input of a network they
 * would say that class 2 is twice class 1 (see {@link OneHotEncoder}).
 */
export class LabelEncoder {
  #classes: Classes | undefined;

  /** The classes; the place of each is its label. */
  get classes(): readonly Category[] {
    return this.#need('classes').values;
  }

  /** Learns the different values of a list. Those that are missing are left out. */
  fit(list: Categories): this {
    this.#classes = Classes.of('LabelEncoder.fit', 'the labels', list);
    return this;
  }

  /** The label of each. @throws ArgumentError that names a word which is not among the classes */
  transform(list: Categories): Int32Array {
    const classes = this.#need('transform');
    checkCategories('LabelEncoder.transform', 'the labels', list);
    return Int32Array.from({ length: list.length }, (_, i) => {
      return classes.place(list[i]) ?? unknown('LabelEncoder.transform', list[i], `place ${i}`, classes);
    });
  }

  /** `fit(list)`, then `transform(list)`. */
  fitTransform(list: Categories): Int32Array {
    return this.fit(list).transform(list);
  }

  /** The words that labels stand for. */
  inverse(labels: Integers): Category[] {
    const { values } = this.#need('inverse');
    return Array.from(toIntegers('LabelEncoder.inverse', 'labels', labels), (label, i) => {
      if (label >= 0 && label < values.length) return values[label];
      throw new IndexError(
        'LabelEncoder.inverse',
        `there is no class ${label} (place ${i})`,
        `classes are numbered 0 … ${values.length - 1}`,
      );
    });
  }

  /** The classes, to be saved together with the model. */
  stateDict(): Saved {
    return { kind: 'LabelEncoder', classes: [...this.#need('stateDict').values] };
  }

  /** Puts back what `stateDict()` returned. @throws StateError if it does not fit; nothing is changed then */
  loadStateDict(saved: Saved): void {
    const { classes } = checkKind('LabelEncoder', saved);
    this.#classes = Classes.from(classes) ?? refuse('LabelEncoder', `classes is ${describe(classes)}`);
  }

  #need(where: string): Classes {
    if (this.#classes) return this.#classes;
    throw isNotFitted(`LabelEncoder.${where}`);
  }
}

export interface OneHotEncoderOptions {
  /** What a word is that was not there when fitting: an error (the default), or a row of zeros. */
  handleUnknown?: 'error' | 'ignore';
}

/**
 * The columns of a table as numbers 0 and 1, one for each category, so that none is nearer to another than to a third:
 *
 *     const encoder = new data.OneHotEncoder().fit(train.select(['sex', 'port']));
 *     encoder.transform(test.select(['sex', 'port']))     // [n, 2 + 3]
 *     encoder.names                                       // ['sex=female', 'sex=male', 'port=C', ...]
 *
 * Categories are sorted, as in scikit-learn. A missing value is no category: it counts as an unknown word.
 */
export class OneHotEncoder {
  readonly #handleUnknown: 'error' | 'ignore';
  #columns: ReadonlyMap<string, Classes> | undefined;

  constructor(options: OneHotEncoderOptions = {}) {
    checkOptions('OneHotEncoder', options, ['handleUnknown']);
    const { handleUnknown = 'error' } = options;
    this.#handleUnknown = checkChoice('OneHotEncoder', 'handleUnknown', handleUnknown, ['error', 'ignore']);
  }

  /** What each column of the tensor stands for: 'sex=female'. */
  get names(): string[] {
    return [...this.#need('names')].flatMap(([name, { values }]) =>
      values.map((value) => `${name}=${value}`),
    );
  }

  /** Learns the categories of all columns. */
  fit(table: Table): this {
    checkTable('OneHotEncoder.fit', table);
    this.#columns = new Map(
      table.columns.map((name) => [
        name,
        Classes.of('OneHotEncoder.fit', `the rows of ${describe(name)}`, table.column(name)),
      ]),
    );
    return this;
  }

  /**
   * [rows, categories]. Other columns of the table are passed over.
   *
   * @throws ArgumentError that names a word, its column and its row, if it was not there when fitting
   */
  transform(table: Table): Tensor<[number, number]> {
    const columns = this.#need('transform');
    checkTable('OneHotEncoder.transform', table);
    const width = widthOf(columns);
    const lists = [...columns.keys()].map((name) => table.column(name));
    const result = new Tensor<[number, number]>([table.length, width]);
    const out = result.storage.write();
    let begin = 0;
    [...columns].forEach(([name, classes], c) => {
      for (let row = 0; row < table.length; row++) {
        const value = lists[c][row];
        const place = classes.place(value);
        if (place !== undefined) out[row * width + begin + place] = 1;
        else if (this.#handleUnknown === 'error')
          unknown(
            'OneHotEncoder.transform',
            value,
            `column ${describe(name)}, row ${row}`,
            classes,
            "new data.OneHotEncoder({ handleUnknown: 'ignore' })",
          );
      }
      begin += classes.values.length;
    });
    return result;
  }

  /** `fit(table)`, then `transform(table)`. */
  fitTransform(table: Table): Tensor<[number, number]> {
    return this.fit(table).transform(table);
  }

  /** The table that a tensor [n, categories] stands for: of each column, the category with the largest number; missing at zeros. */
  inverse(x: Tensor): Table {
    const columns = this.#need('inverse');
    const width = widthOf(columns);
    if (!(x instanceof Tensor))
      throw new ArgumentError('OneHotEncoder.inverse', `x is ${describe(x)}`, 'x must be a tensor');
    if (x.rank !== 2 || x.shape[1] !== width)
      throw new ShapeError('OneHotEncoder.inverse', `x is ${show(x.shape)}`, `x must be [n, ${width}]`);
    const { data } = x;
    let begin = 0;
    const lists = [...columns].map(([name, { values }]): [string, Category[]] => {
      const list = Array.from({ length: x.shape[0] }, (_, row) => {
        let [best, most] = [-1, 0];
        for (let k = 0; k < values.length; k++) {
          const value = data[row * width + begin + k];
          if (value > most) [best, most] = [k, value];
        }
        return values[best];
      });
      begin += values.length;
      return [name, list];
    });
    return Table.from(new Map(lists as [string, string[]][]));
  }

  /** The categories, to be saved together with the model. */
  stateDict(): Saved {
    const columns = [...this.#need('stateDict')].map(([name, { values }]) => ({
      name,
      categories: [...values],
    }));
    return { kind: 'OneHotEncoder', columns };
  }

  /** Puts back what `stateDict()` returned. @throws StateError if it does not fit; nothing is changed then */
  loadStateDict(saved: Saved): void {
    const { columns } = checkKind('OneHotEncoder', saved);
    if (!Array.isArray(columns)) refuse('OneHotEncoder', `columns is ${describe(columns)}`);
    this.#columns = new Map(
      (columns as Saved[]).map((column) => {
        const { name, categories } = (column ?? {}) as { name?: Saved; categories?: Saved };
        const classes = Classes.from(categories);
        if (typeof name === 'string' && classes) return [name, classes];
        return refuse('OneHotEncoder', `the categories of ${describe(name)} are ${describe(categories)}`);
      }),
    );
  }

  #need(where: string): ReadonlyMap<string, Classes> {
    if (this.#columns) return this.#columns;
    throw isNotFitted(`OneHotEncoder.${where}`);
  }
}

function unknown(where: string, value: unknown, place: string, classes: Classes, repair?: string): never {
  throw new ArgumentError(
    where,
    isMissing(value as Category) ? `${place} is missing` : `${describe(value)} (${place}) is unknown`,
    `known: ${classes.shown}`,
    repair,
  );
}

function checkTable(where: string, table: unknown): void {
  if (!(table instanceof Table))
    throw new ArgumentError(
      where,
      `the table is ${describe(table)}`,
      'the argument must be a table of the columns to encode',
      "table.select(['sex'])",
    );
}

const widthOf = (columns: ReadonlyMap<string, Classes>): number =>
  [...columns.values()].reduce((sum, { values }) => sum + values.length, 0);
