// A bag of words: scikit-learn's words and counts, and what it does about texts that are none.
import { expect } from 'chai';
import { ArgumentError, data, io, StateError } from '../../src/index.ts';
import { expectError } from '../support/errors.ts';
import { readGolden } from '../support/golden.ts';

const bad = (value: unknown) => value as never;

interface Golden {
  train: string[];
  test: string[];
  cases: { options: data.BagOfWordsOptions; words: string[]; train: number[][]; test: number[][] }[];
}
const golden = readGolden<Golden>('bag-of-words');

describe('a bag of words', () => {
  for (const { options, words, train, test } of golden.cases)
    it(`counts as scikit-learn does: ${JSON.stringify(options)}`, () => {
      const bag = new data.BagOfWords(options);
      expect(bag.fitTransform(golden.train).toArray()).to.deep.equal(train);
      expect(bag.words).to.deep.equal(words);
      expect(bag.transform(golden.test).toArray()).to.deep.equal(test);
    });

  it('by hand: the order of words is lost, one-letter words and unknown ones are passed over', () => {
    const bag = new data.BagOfWords().fit(['Not good, not bad.', 'a constructor']);
    expect(bag.words).to.deep.equal(['bad', 'constructor', 'good', 'not']);
    expect(bag.transform(['bad? not not GOOD', 'toString a', '']).toArray()).to.deep.equal([
      [1, 0, 1, 2],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
    expect(bag.transform([]).shape).to.deep.equal([0, 4]);
  });

  it('forgets what it learned before', () => {
    expect(new data.BagOfWords().fit(['old words']).fit(['new']).words).to.deep.equal(['new']);
  });

  it('goes through a checkpoint; a state that does not fit changes nothing', () => {
    const bag = new data.BagOfWords().fit(golden.train);
    const other = new data.BagOfWords();
    other.loadStateDict(io.parseCheckpoint(io.toCheckpoint(bag.stateDict())));
    expect(other.words).to.deep.equal(bag.words);
    expect(other.transform(golden.test).toArray()).to.deep.equal(bag.transform(golden.test).toArray());
    for (const words of [undefined, 'good', [], ['good', 'good'], ['good', 1]])
      expectError(
        () => other.loadStateDict(bad({ kind: 'BagOfWords', words })),
        StateError,
        'BagOfWords.loadStateDict: words is',
        'stateDict() of another BagOfWords',
      );
    expectError(
      () => other.loadStateDict({ kind: 'LabelEncoder' }),
      StateError,
      'of the kind "LabelEncoder"',
    );
    expect(other.words).to.deep.equal(bag.words);
  });

  it('refuses what is no list of texts, and texts without words', () => {
    const bag = new data.BagOfWords().fit(['good food']);
    expectError(
      () => bag.fit(bad('good')),
      ArgumentError,
      'BagOfWords.fit: the texts are "good"',
      "['a text']",
    );
    expectError(() => bag.fit(bad(['good', 3])), ArgumentError, 'text 1 is 3');
    expectError(() => bag.transform(bad(['good', undefined])), ArgumentError, 'text 1 is undefined');
    expectError(() => bag.fit([]), ArgumentError, 'the texts hold no word');
    expectError(() => bag.fit(['!', 'a']), ArgumentError, 'the texts hold no word');
    expectError(
      () => new data.BagOfWords({ minTexts: 2 }).fit(['good food', 'bad']),
      ArgumentError,
      'none of the 3 words stands in 2 texts',
      'minTexts: 1',
    );
    expect(bag.words).to.deep.equal(['food', 'good']);
    for (const call of ['words', 'transform', 'stateDict'] as const)
      expectError(
        () => {
          const value = new data.BagOfWords()[call];
          if (typeof value === 'function') (value as () => unknown).call(new data.BagOfWords());
        },
        StateError,
        `BagOfWords.${call}: it has not been fitted`,
        'fit(texts)',
      );
  });
});
