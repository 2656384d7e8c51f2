// A bag of words: texts as counts of their words.
import {
  ArgumentError,
  checkFlag,
  checkNumber,
  checkOptions,
  describe,
  type Saved,
  StateError,
  Tensor,
} from '../tensor/index.ts';
import { checkKind, refuse } from './preprocessor.ts';

export interface BagOfWordsOptions {
  /** In how many of the texts a word must stand to be learned: rare ones only invite to learn texts by heart. Default 1. */
  minTexts?: number;
  /** Whether a word counts once in a text, however often it stands there. Default false. */
  binary?: boolean;
}

/**
 * Texts as counts of their words, whose order is lost: a row for each text, a column for each word.
 *
 *     const bag = new data.BagOfWords().fit(trainTexts);
 *     bag.transform(['Not good, not bad.'])      // [1, bag.words.length]: 1 for bad, 1 for good, 2 for not
 *
 * A word is a run of at least two letters, digits and underscores of any script, in lower case. The columns are sorted by the
 * words' code units. Words that were not there when fitting are passed over.
 *
 * As scikit-learn's CountVectorizer, where `minTexts` is called `min_df`; but the counts are not sparse: they take 4 bytes for each
 * text and word.
 */
export class BagOfWords {
  readonly #minTexts: number;
  readonly #binary: boolean;
  #columns: ReadonlyMap<string, number> | undefined;

  constructor(options: BagOfWordsOptions = {}) {
    checkOptions('BagOfWords', options, ['minTexts', 'binary']);
    const { minTexts = 1, binary = false } = options;
    this.#minTexts = checkNumber('BagOfWords', 'minTexts', minTexts, { integer: true, min: 1 });
    this.#binary = checkFlag('BagOfWords', 'binary', binary);
  }

  /** The words that were learned; the place of each is its column. */
  get words(): string[] {
    return [...this.#need('words').keys()];
  }

  /** Learns the words of the training texts. Whatever was learned before is forgotten. */
  fit(texts: readonly string[]): this {
    checkTexts('BagOfWords.fit', texts);
    const counts = new Map<string, number>();
    for (const text of texts)
      for (const word of new Set(wordsOf(text))) counts.set(word, (counts.get(word) ?? 0) + 1);
    const words = [...counts.keys()].filter((word) => counts.get(word)! >= this.#minTexts);
    if (words.length === 0)
      throw new ArgumentError(
        'BagOfWords.fit',
        counts.size === 0
          ? 'the texts hold no word'
          : `none of the ${counts.size} words stands in ${this.#minTexts} texts`,
        'there must be at least one word to learn',
        counts.size === 0 ? undefined : 'new data.BagOfWords({ minTexts: 1 })',
      );
    this.#columns = numbered(words.sort());
    return this;
  }

  /** How often each word stands in each text: [texts, words]. @throws StateError before `fit` */
  transform(texts: readonly string[]): Tensor<[number, number]> {
    const columns = this.#need('transform');
    checkTexts('BagOfWords.transform', texts);
    const result = new Tensor<[number, number]>([texts.length, columns.size]);
    const out = result.storage.write();
    texts.forEach((text, row) => {
      for (const word of wordsOf(text)) {
        const column = columns.get(word);
        if (column === undefined) continue;
        const place = row * columns.size + column;
        out[place] = this.#binary ? 1 : out[place] + 1;
      }
    });
    return result;
  }

  /** `fit(texts)`, then `transform(texts)`. */
  fitTransform(texts: readonly string[]): Tensor<[number, number]> {
    return this.fit(texts).transform(texts);
  }

  /** The words, to be saved together with the model. @throws StateError before `fit` */
  stateDict(): Saved {
    return { kind: 'BagOfWords', words: [...this.#need('stateDict').keys()] };
  }

  /** Puts back what `stateDict()` returned. @throws StateError if it does not fit; nothing is changed then */
  loadStateDict(saved: Saved): void {
    const { words } = checkKind('BagOfWords', saved);
    const isList =
      Array.isArray(words) &&
      words.length > 0 &&
      words.every((word) => typeof word === 'string') &&
      new Set(words).size === words.length;
    this.#columns = isList
      ? numbered(words as string[])
      : refuse('BagOfWords', `words is ${describe(words)}`);
  }

  #need(where: string): ReadonlyMap<string, number> {
    if (this.#columns) return this.#columns;
    throw new StateError(
      `BagOfWords.${where}`,
      'it has not been fitted',
      'it must learn the words first',
      'fit(texts)',
    );
  }
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}_]{2,}/gu) ?? [];

const numbered = (words: readonly string[]): Map<string, number> =>
  new Map(words.map((word, column) => [word, column]));

function checkTexts(where: string, texts: unknown): void {
  const rule = 'the argument must be a list of texts';
  if (!Array.isArray(texts))
    throw new ArgumentError(where, `the texts are ${describe(texts)}`, rule, "['a text']");
  const odd = texts.findIndex((text) => typeof text !== 'string');
  if (odd >= 0) throw new ArgumentError(where, `text ${odd} is ${describe(texts[odd])}`, rule);
}
