"""Writes test/golden/bag-of-words.json: what scikit-learn counts in texts of many kinds.

    python3 scripts/golden_bag_of_words.py     needs scikit-learn; the file in the repository was made with version 1.2
"""

import json
from pathlib import Path

from sklearn.feature_extraction.text import CountVectorizer

train = [
    'The food was good, the service was NOT good.',
    "It's a waste of money: don't buy it!",
    'Größe 42 passt nicht; die Größe 43 schon.',
    'déjà vu — again & again_and_again',
    'Отличный фильм! Отличный звук.',
    'x y z',
    '10/10 would buy again, good value',
    '素晴らしい 映画',
]
test = ['Good, good, good, and GOOD again.', 'GRÖSSE größe GRÖßE', 'nothing of the kind', '', 'ОТЛИЧНЫЙ 42']

cases = []
for options, arguments in [({}, {}), ({'minTexts': 2}, {'min_df': 2}), ({'binary': True}, {'binary': True})]:
    vectorizer = CountVectorizer(**arguments).fit(train)
    cases.append({
        'options': options,
        'words': vectorizer.get_feature_names_out().tolist(),
        'train': vectorizer.transform(train).toarray().tolist(),
        'test': vectorizer.transform(test).toarray().tolist(),
    })

path = Path(__file__).resolve().parent.parent / 'test' / 'golden' / 'bag-of-words.json'
path.write_text(json.dumps({'train': train, 'test': test, 'cases': cases}, ensure_ascii=False, separators=(',', ':')) + '\n')
print(path.name, path.stat().st_size, 'bytes')
