"""Writes test/golden/metrics.json: what scikit-learn says about the metrics of typegrad.

    python scripts/golden_sklearn.py          needs scikit-learn; the file in the repository was made with 1.2.1

A line is {"about", "truth", "predicted", "values"}: arrays, and of each metric [its name, its options, its value]; `report`
is the text of a classification report. Of metrics that take logits, `predicted` holds logits, of which scikit-learn
was given the softmax, or σ. NaN is "NaN". scikit-learn 1.2 knows no zero_division of NaN, and refuses where an AUC is undefined: such numbers
are worked by hand in test/unit/metrics.test.ts.
"""

import json
import math
import warnings
from pathlib import Path

import numpy as np
from sklearn import metrics as sk

warnings.filterwarnings('ignore')
random = np.random.default_rng(22)
cases = []


def case(metric, about, value, truth, predicted, options=None):
    data = {'about': about, 'truth': np.array(truth).tolist(), 'predicted': np.array(predicted).tolist()}
    if not cases or any(cases[-1][key] != item for key, item in data.items()):
        cases.append(data | {'values': []})
    value = 'NaN' if isinstance(value, float) and math.isnan(value) else value
    cases[-1]['values'].append([metric, options or {}, value])


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


# ------------------------------------------------------------- classes

SCORES = {'precision': sk.precision_score, 'recall': sk.recall_score, 'f1': sk.f1_score}

def classes(about, truth, predicted, averages):
    case('accuracy', about, sk.accuracy_score(truth, predicted), truth, predicted)
    for name, score in SCORES.items():
        for average in averages:
            for zero in (0, 1):
                value = float(score(truth, predicted, average=average, zero_division=zero))
                case(name, about, value, truth, predicted, {'average': average, 'zeroDivision': zero})
    if np.any(np.array(truth) == predicted):  # where nothing is right, scikit-learn 1.2 writes its counts as 2.0
        report = sk.classification_report(truth, predicted, digits=6, zero_division=0)
        case('report', about, report.rstrip('\n'), truth, predicted)

SEVERAL = ('macro', 'micro', 'weighted')
BOTH = ('binary', *SEVERAL)
for n in (5, 40, 200):
    classes('of random classes', random.integers(0, 5, n), random.integers(0, 5, n), SEVERAL)
    classes('of two random classes', random.integers(0, 2, n), random.integers(0, 2, n), BOTH)
classes('with gaps among the classes', random.choice([0, 3, 7, 12], 30), random.choice([0, 3, 8], 30), SEVERAL)
classes('with a class that is never predicted', [0, 1, 2, 2, 1, 0], [0, 1, 1, 0, 1, 0], SEVERAL)
classes('with a class that is never true', [0, 1, 1, 0], [0, 2, 1, 2], SEVERAL)
classes('when all are wrong', [0, 1, 2, 0], [1, 2, 0, 2], SEVERAL)
classes('when all are right', [4, 1, 2, 0], [4, 1, 2, 0], SEVERAL)
classes('of a rare class', [0] * 97 + [1] * 3, [0] * 96 + [1, 0, 0, 1], BOTH)
classes('without a positive prediction', [0, 1, 0, 1], [0, 0, 0, 0], BOTH)
classes('without a positive sample', [0, 0, 0, 0], [0, 1, 0, 1], BOTH)
classes('without either', [0, 0, 0], [0, 0, 0], BOTH)
classes('of one sample', [1], [0], BOTH)
classes('of one right sample', [1], [1], BOTH)
classes('of classes that are called −1 and 1', [-1, 1, 1, -1, 1], [1, 1, -1, -1, 1], BOTH)
for name, score in SCORES.items():
    truth, predicted = random.integers(0, 2, 30), random.integers(0, 2, 30)
    case(name, 'of class 0', score(truth, predicted, pos_label=0), truth, predicted, {'positive': 0})

for n, columns in ((6, 3), (50, 10)):
    truth, scores = random.integers(0, columns, n), random.normal(size=(n, columns)).round(2)
    tied = random.integers(0, 3, (n, columns)).astype(float)
    for about, z in (('of random scores', scores), ('of equal scores', tied)):
        for k in range(1, columns):
            value = sk.top_k_accuracy_score(truth, z, k=k, labels=range(columns))
            case('topKAccuracy', about, value, truth, z, {'k': k})

# -------------------------------------------------------------- scores

for n in (2, 10, 200):
    truth = random.permutation(np.arange(n) % 3 == 0).astype(int)
    scores = (random.normal(size=n) + truth).round(2)
    case('rocAuc', 'of distinct scores', sk.roc_auc_score(truth, scores), truth, scores)
    case('rocAuc', 'of coarse scores', sk.roc_auc_score(truth, scores.round()), truth, scores.round())
    case('rocAuc', 'of equal scores', sk.roc_auc_score(truth, 0 * scores), truth, 0 * scores)
    logits = np.float32(3 * scores).astype(float)
    case('logLoss', 'of one logit', sk.log_loss(truth, 1 / (1 + np.exp(-logits))), truth, logits)
for n, columns in ((12, 3), (150, 6)):
    truth = random.permutation(np.arange(n) ** 2 % columns)
    truth[:columns] = range(columns)
    logits = np.float32(2 * random.normal(size=(n, columns)) + 2 * np.eye(columns)[truth]).astype(float)
    for about, z in (('of coarse logits', logits.round()), ('of logits', logits)):
        for average in ('macro', 'weighted'):
            p = softmax(z).round(12)  # what is equal shall be so: sums in another order differ in the last bit
            value = sk.roc_auc_score(truth, p, multi_class='ovr', average=average)
            case('rocAuc', about, value, truth, z, {'average': average})
    case('logLoss', 'of logits', sk.log_loss(truth, softmax(logits), labels=range(columns)), truth, logits)

# ------------------------------------------------------------- numbers

def numbers(about, truth, predicted):
    truth, predicted = np.array(truth, float), np.array(predicted, float)
    case('mse', about, sk.mean_squared_error(truth, predicted), truth, predicted)
    case('mae', about, sk.mean_absolute_error(truth, predicted), truth, predicted)
    case('r2', about, float(sk.r2_score(truth, predicted)), truth, predicted)

for n in (2, 7, 100):
    truth = random.normal(size=n).round(3)
    numbers('of random numbers', truth, (truth + random.normal(size=n)).round(3))
    numbers('of numbers far from 0', (1e4 + truth).round(3), (1e4 + truth + random.normal(size=n)).round(3))
    truth = random.normal(size=(n, 3)).round(3)
    numbers('of several columns', truth, (0.5 * truth + random.normal(size=(n, 3))).round(3))
numbers('of constant targets, met', [2, 2, 2], [2, 2, 2])
numbers('of constant targets, missed', [2, 2, 2], [2, 2, 3])
numbers('of a constant column', [[2, 1], [2, 3], [2, 4]], [[2, 1], [2, 2], [3, 4]])
numbers('of one sample', [3], [4])
numbers('of perfect predictions', [1, 2, 4], [1, 2, 4])
numbers('of the mean', [1, 2, 6], [3, 3, 3])
numbers('worse than the mean', [1, 2, 6], [6, 2, 1])

path = Path(__file__).resolve().parent.parent / 'test' / 'golden' / 'metrics.json'
path.write_text('[\n' + ',\n'.join(json.dumps(c, ensure_ascii=False) for c in cases) + '\n]\n', encoding='utf-8')
print(f'{path.name}: {len(cases)} lines, {path.stat().st_size / 1000:.0f} kB')
