"""Writes test/golden/schedules.json: the rates of PyTorch's learning-rate schedules.

    python scripts/golden_schedules.py          needs torch; the file in the repository was made with PyTorch 2.13

A case is a line: {"about", "schedule", "options", "optimizer", "lrs", "momenta", "metrics"}. The optimizer has two groups,
whose rates are 0.1 and 0.02 before the schedule is made. "lrs" has the rates of both after 0, 1, 2, ... steps, "momenta" the
momentum (or β₁), where the schedule changes it. A schedule that follows a metric is given "metrics", one at each step. The
options have our names; a sequence's schedules are cases themselves, without results.
"""

import json
import math
import re
import warnings
from pathlib import Path

import torch
from torch.optim import lr_scheduler

GOLDEN = Path(__file__).resolve().parent.parent / 'test' / 'golden' / 'schedules.json'
NAMES = {'tMax': 'T_max', 't0': 'T_0', 'tMult': 'T_mult', 'schedules': 'schedulers'}

def part(schedule, **options):
    return {'schedule': schedule, 'options': options}

# about, schedule, options; then how many steps (or the metrics), and the optimizer if it is not SGD
CASES = [
    ('every 30', 'StepLR', {'stepSize': 30}, 100),
    ('every 3, to 0.7', 'StepLR', {'stepSize': 3, 'gamma': 0.7}, 40),
    ('at 4 and 10', 'MultiStepLR', {'milestones': [4, 10]}, 15),
    ('at 3, twice at 7, and at 8', 'MultiStepLR', {'milestones': [3, 7, 7, 8], 'gamma': 0.5}, 12),
    ('down', 'ExponentialLR', {'gamma': 0.97}, 200),
    ('up, as when one looks for the best rate', 'ExponentialLR', {'gamma': 1.1}, 60),
    ('with its defaults', 'LinearLR', {}, 9),
    ('a warm-up of 7', 'LinearLR', {'startFactor': 0.01, 'totalIters': 7}, 12),
    ('down to nothing', 'LinearLR', {'startFactor': 1.0, 'endFactor': 0.0, 'totalIters': 10}, 12),
    ('with its defaults', 'ConstantLR', {}, 8),
    ('a quarter for 3', 'ConstantLR', {'factor': 0.25, 'totalIters': 3}, 6),
    ('down to 0', 'CosineAnnealingLR', {'tMax': 50}, 50),
    ('down to 0.001, up, and down again', 'CosineAnnealingLR', {'tMax': 10, 'etaMin': 0.001}, 45),
    ('to a rate above a group’s own', 'CosineAnnealingLR', {'tMax': 10, 'etaMin': 0.05}, 10),
    ('in one step', 'CosineAnnealingLR', {'tMax': 1}, 5),
    ('of the same length', 'CosineAnnealingWarmRestarts', {'t0': 8}, 30),
    ('twice as long each time', 'CosineAnnealingWarmRestarts', {'t0': 5, 'tMult': 2, 'etaMin': 0.002}, 80),
    ('three times as long', 'CosineAnnealingWarmRestarts', {'t0': 1, 'tMult': 3}, 45),
    ('with its defaults', 'OneCycleLR', {'maxLr': 0.5, 'totalSteps': 40}, 39),
    ('with a rate for each group', 'OneCycleLR', {'maxLr': [0.5, 0.05], 'totalSteps': 33}, 32),
    ('in straight lines', 'OneCycleLR',
     {'maxLr': 0.5, 'totalSteps': 25, 'annealStrategy': 'linear', 'pctStart': 0.4}, 24),
    ('in three phases', 'OneCycleLR',
     {'maxLr': 0.5, 'totalSteps': 41, 'threePhase': True, 'divFactor': 10.0, 'finalDivFactor': 100.0}, 40),
    ('in three straight phases', 'OneCycleLR',
     {'maxLr': 0.5, 'totalSteps': 50, 'threePhase': True, 'annealStrategy': 'linear', 'pctStart': 0.45}, 49),
    ('down all the way', 'OneCycleLR', {'maxLr': 0.5, 'totalSteps': 10, 'pctStart': 0.0}, 9),
    ('with other momenta', 'OneCycleLR',
     {'maxLr': 0.5, 'totalSteps': 20, 'baseMomentum': 0.5, 'maxMomentum': 0.99}, 19),
    ('without momentum', 'OneCycleLR', {'maxLr': 0.5, 'totalSteps': 20, 'cycleMomentum': False}, 19),
    ('of Adam', 'OneCycleLR', {'maxLr': 0.01, 'totalSteps': 30}, 29, 'AdamW'),
    ('of RMSprop', 'OneCycleLR', {'maxLr': 0.01, 'totalSteps': 30}, 29, 'RMSprop'),
    ('a function for all groups', 'LambdaLR', {'lrLambda': '1 / (1 + t)'}, 20),
    ('a function for each', 'LambdaLR', {'lrLambda': ['1 / (1 + t)', '1 - t / 40']}, 30),
    ('a warm-up, then a cosine', 'SequentialLR',
     {'schedules': [part('LinearLR', startFactor=0.1, totalIters=5), part('CosineAnnealingLR', tMax=20)],
      'milestones': [5]}, 25),
    ('one that waits, then falls', 'SequentialLR',
     {'schedules': [part('ConstantLR', factor=0.1, totalIters=6), part('ExponentialLR', gamma=0.9)],
      'milestones': [6]}, 20),
    ('three, the first cut short', 'SequentialLR',
     {'schedules': [part('StepLR', stepSize=2, gamma=0.5), part('LinearLR', totalIters=4),
                    part('MultiStepLR', milestones=[2, 5])],
      'milestones': [5, 12]}, 22),
    ('with its defaults', 'ReduceLROnPlateau', {},
     [1, 0.9] + [0.9] * 12 + [0.5] + [0.6] * 24),
    ('with patience 2, a cooldown and a lowest rate', 'ReduceLROnPlateau',
     {'factor': 0.5, 'patience': 2, 'cooldown': 3, 'minLr': 0.015},
     [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 0.5, 0.6, 0.7, 0.8] + [0.9] * 20),
    ('for more', 'ReduceLROnPlateau', {'mode': 'max', 'patience': 1, 'factor': 0.3, 'threshold': 0.1},
     [0.5, 0.54, 0.56, 0.6, 0.61, 0.7, 0.76, 0.78, 0.9, 0.9, 0.9]),
    ('by differences', 'ReduceLROnPlateau',
     {'patience': 0, 'factor': 0.5, 'threshold': 0.1, 'thresholdMode': 'abs'},
     [1, 0.95, 0.85, 0.8, 0.7, -0.3, -0.35, -0.5]),
    ('for more, by differences', 'ReduceLROnPlateau',
     {'mode': 'max', 'patience': 0, 'factor': 0.5, 'threshold': 0.1, 'thresholdMode': 'abs'},
     [-1, -0.95, -0.8, 0.1, 0.15, 0.3]),
    ('with NaN and infinities', 'ReduceLROnPlateau', {'patience': 1, 'factor': 0.5},
     [math.nan, math.nan, 1, math.nan, math.inf, 0.5, math.nan, 0.4, -math.inf, 0.3, 0.2]),
    ('down to rates that are not worth a step', 'ReduceLROnPlateau', {'patience': 0, 'factor': 0.01},
     [1] * 10),
]


def torch_name(name):
    return NAMES.get(name) or re.sub('[A-Z]', lambda letter: '_' + letter[0].lower(), name)

def function(text):
    return eval('lambda t: ' + text)

def make(optimizer, schedule, options):
    options = {torch_name(name): value for name, value in options.items()}
    if schedule == 'LambdaLR':
        given = options['lr_lambda']
        options['lr_lambda'] = [function(f) for f in given] if isinstance(given, list) else function(given)
    if schedule == 'SequentialLR':
        options['schedulers'] = [make(optimizer, **part) for part in options['schedulers']]
    return getattr(lr_scheduler, schedule)(optimizer, **options)

def momentum(group):
    return group['betas'][0] if 'betas' in group else group['momentum']

def case(about, schedule, options, steps, optimizer='SGD'):
    groups = [{'params': [torch.zeros(1)], 'lr': lr} for lr in (0.1, 0.02)]
    steps_of = getattr(torch.optim, optimizer)(groups)
    made = make(steps_of, schedule, options)
    metrics = steps if isinstance(steps, list) else None
    lrs, momenta = [], []
    def look():
        lrs.append([group['lr'] for group in steps_of.param_groups])
        momenta.append([momentum(group) for group in steps_of.param_groups])
    look()
    for step in metrics if metrics else range(steps):
        steps_of.step()
        made.step(step) if metrics else made.step()
        look()
    result = {'about': about, 'schedule': schedule, 'options': options, 'optimizer': optimizer, 'lrs': lrs}
    if schedule == 'OneCycleLR':
        result['momenta'] = momenta
    if metrics:
        result['metrics'] = [m if math.isfinite(m) else str(m).replace('nan', 'NaN').replace('inf', 'Infinity')
                             for m in metrics]
    return json.dumps(result, ensure_ascii=False, separators=(',', ':'))


if __name__ == '__main__':
    warnings.filterwarnings('ignore', '.*epoch parameter.*')  # PyTorch warns of what its own sequence does
    lines = ',\n'.join(case(*each) for each in CASES)
    GOLDEN.write_text(f'[\n{lines}\n]\n', encoding='utf-8')
    print(f'schedules.json: {len(CASES)} cases, {GOLDEN.stat().st_size / 1000:.0f} kB')
