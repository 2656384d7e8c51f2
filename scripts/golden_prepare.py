"""Writes test/golden/prepare.json: what scikit-learn says about scaling, filling in, encoding, weights and folds.

    python3 scripts/golden_prepare.py     needs scikit-learn; the file in the repository was made with version 1.2

Values are float32 numbers, which scikit-learn computes with in float64. A number that JSON cannot write is a string.
"""

import json
import math
from pathlib import Path

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, MinMaxScaler, OneHotEncoder, RobustScaler, StandardScaler
from sklearn.utils.class_weight import compute_class_weight

random = np.random.default_rng(17)


def table(rows, seed_columns):
    """Columns as they occur: of different sizes and places, skewed, with repetitions, constant, with gaps."""
    columns = {
        'small': random.normal(0.01, 0.002, rows),
        'large': random.normal(2e6, 3e5, rows),
        'skewed': np.exp(random.normal(0, 2, rows)),
        'repeated': random.integers(0, 4, rows) * 2.5,
        'constant': np.full(rows, 0.1),
        'gaps': np.where(random.random(rows) < 0.3, np.nan, random.normal(-5, 1, rows)),
        'year': 2000.0 + random.integers(0, 20, rows),
    }
    return np.stack([columns[name] for name in seed_columns], 1).astype(np.float32).astype(np.float64)


def plain(value):
    value = np.asarray(value)
    return {
        'shape': list(value.shape),
        'data': [float(v) if math.isfinite(v) else 'NaN' for v in value.ravel().tolist()],
    }


names = ['small', 'large', 'skewed', 'repeated', 'constant', 'gaps', 'year']
train, test = table(23, names), table(7, names)

cases = []


def case(name, options, transformer, invertible=True):
    transformer.fit(train)
    result = transformer.transform(test)
    entry = {'name': name, 'options': options, 'train': plain(transformer.transform(train)), 'test': plain(result)}
    if invertible:
        entry['inverse'] = plain(transformer.inverse_transform(result))
    cases.append(entry)


case('StandardScaler', {}, StandardScaler())
case('MinMaxScaler', {}, MinMaxScaler())
case('MinMaxScaler', {'range': [-1, 3]}, MinMaxScaler(feature_range=(-1, 3)))
case('RobustScaler', {}, RobustScaler())
case('RobustScaler', {'quantiles': [0.1, 0.8]}, RobustScaler(quantile_range=(10, 80)))
case('Imputer', {'strategy': 'mean'}, SimpleImputer(strategy='mean'), False)
case('Imputer', {'strategy': 'median'}, SimpleImputer(strategy='median'), False)
case('Imputer', {'strategy': 'mostFrequent'}, SimpleImputer(strategy='most_frequent'), False)
case('Imputer', {'strategy': 'constant', 'value': -1.5}, SimpleImputer(strategy='constant', fill_value=-1.5), False)

pipeline = make_pipeline(SimpleImputer(strategy='median'), RobustScaler()).fit(train)

words = ['pear', 'Apple', 'fig', 'apple', 'fig', 'Äpfel', 'pear', 'fig']
numbers = [3, 10, 3, 2, 10, 3, 2, 2]
labels = LabelEncoder()
one_hot = OneHotEncoder(handle_unknown='ignore', sparse_output=False)
one_hot.fit(np.array([words, [str(n) for n in numbers]], dtype=object).T)
one_hot_numbers = OneHotEncoder(sparse_output=False).fit_transform(np.array([numbers]).T)

imbalanced = random.choice(4, 50, p=[0.6, 0.25, 0.1, 0.05]).tolist() + [0, 1, 2, 3]

result = {
    'train': plain(train),
    'test': plain(test),
    'cases': cases,
    'pipeline': plain(pipeline.transform(test)),
    'words': words,
    'labels': labels.fit_transform(words).tolist(),
    'classes': labels.classes_.tolist(),
    'numbers': numbers,
    'numberLabels': LabelEncoder().fit_transform(numbers).tolist(),
    'oneHot': plain(one_hot.transform(np.array([['fig', 'pear', 'kiwi'], ['2', '4', '10']], dtype=object).T)),
    'oneHotNumbers': plain(one_hot_numbers),
    'imbalanced': imbalanced,
    'weights': compute_class_weight('balanced', classes=np.arange(4), y=imbalanced).tolist(),
}

path = Path(__file__).resolve().parent.parent / 'test' / 'golden' / 'prepare.json'
path.write_text(json.dumps(result, separators=(',', ':')) + '\n')
print(path.name, path.stat().st_size, 'bytes')
