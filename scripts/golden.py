"""Writes test/golden/*.json: what PyTorch says about every operation, loss and optimizer of typegrad.

    python scripts/golden.py          needs torch; the files in the repository were made with PyTorch 2.13

Inputs are random numbers of a fixed seed that float32 can hold. PyTorch computes in float64 from exactly
these: its results are the truth that our float32 is held against, by test/unit/golden.test.ts and
test/unit/golden-optimizers.test.ts.

A case is a line: {"op", "about", "args", "result", "G", "gradients"}. The gradients are those of ⟨G, result⟩
for each tensor among the arguments, null where there is none. A case without G has no gradient to compare.

    tensor              {"shape": [2], "data": [1.5, "NaN"]}         a list of tensors: [{"shape": ...}, ...]
    Int32Array          {"int": [2, 0, 1]}                           an array of numbers: [2, 0, 1]
    not a number, ∞     "NaN", "Infinity", "-Infinity"               undefined: null
"""

import itertools
import json
import math
import struct
import warnings
import zlib
from pathlib import Path

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
GOLDEN = Path(__file__).resolve().parent.parent / 'test' / 'golden'
INF, NAN = math.inf, math.nan


# --------------- which torch function stands for which of our operations

def dims(x, axes):
    """Our axes (a number, a list, or None for all) as PyTorch's tuple."""
    return tuple(range(x.ndim)) if axes is None else (axes,) if isinstance(axes, int) else tuple(axes)

def as_tensor(value):
    return value if isinstance(value, torch.Tensor) else torch.tensor(value)

def as_index(labels):
    return as_tensor(labels).long()

def as_weight(weight):
    return None if weight is None else as_tensor(weight).double()

def matmul(A, B, transposeA=False, transposeB=False):
    return (A.mT if transposeA else A) @ (B.mT if transposeB else B)

def prod(x, axes=None, keepDims=False):
    for axis in sorted((axis % x.ndim for axis in dims(x, axes)), reverse=True):
        x = x.prod(axis, keepdim=keepDims)
    return x

def slice_(x, start, end=None, axis=0):
    return x[(slice(None),) * (axis % x.ndim) + (slice(start, end),)]

def pad(x, widths, value=0):
    return F.pad(x, [n for pair in reversed(widths) for n in pair], value=value)

def scatter_add(x, index, source, axis):
    """The part of the source that has indices: PyTorch has no gradient for a larger one."""
    index = as_index(index)
    return torch.scatter_add(x, axis, index, source[tuple(map(slice, index.shape))])

def batch_norm(x, mean, variance, weight=None, bias=None, eps=1e-5):
    """PyTorch's own has no gradient for given statistics: its formula, whose values are held against it."""
    channels = lambda v: v.reshape(-1, *[1] * (x.ndim - 2))
    y = (x - channels(mean)) / torch.sqrt(channels(variance) + eps)
    y = y if weight is None else y * channels(weight)
    y = y if bias is None else y + channels(bias)
    plain = [v if v is None else v.detach() for v in (x, mean, variance, weight, bias)]
    torch.testing.assert_close(y.detach(), F.batch_norm(*plain, eps=eps))
    return y

def cross_entropy(logits, target, weight=None, labelSmoothing=0.0, ignoreIndex=-100, reduction='mean'):
    probabilities = isinstance(target, torch.Tensor) and target.shape == logits.shape
    return F.cross_entropy(logits, target if probabilities else as_index(target), as_weight(weight),
                           label_smoothing=labelSmoothing, ignore_index=ignoreIndex, reduction=reduction)

def nll_loss(log_probabilities, target, weight=None, ignoreIndex=-100, reduction='mean'):
    return F.nll_loss(log_probabilities, as_index(target), as_weight(weight),
                      ignore_index=ignoreIndex, reduction=reduction)

def binary_cross_entropy(logits, target, weight=None, posWeight=None, reduction='mean'):
    return F.binary_cross_entropy_with_logits(logits, target, as_weight(weight), reduction=reduction,
                                              pos_weight=as_weight(posWeight))

def hinge(scores, target, margin=1, reduction='mean'):
    losses = F.relu(margin - as_tensor(target).detach() * scores)
    return losses if reduction == 'none' else getattr(losses, reduction)()

def values_and_indices(found):
    return {'values': found.values, 'indices': found.indices}

TORCH = {  # file → operation → function of our arguments, options as keywords
    'arithmetic': {
        'add': lambda a, b: a + b,
        'sub': lambda a, b: a - b,
        'mul': lambda a, b: a * b,
        'div': lambda a, b: a / b,
        'pow': lambda a, b: a ** b,
        'maximum': lambda a, b: torch.maximum(as_tensor(a), as_tensor(b)),
        'minimum': lambda a, b: torch.minimum(as_tensor(a), as_tensor(b)),
        'equal': lambda a, b: torch.eq(as_tensor(a), b),
        'notEqual': lambda a, b: torch.ne(as_tensor(a), b),
        'less': lambda a, b: torch.lt(as_tensor(a), b),
        'lessEqual': lambda a, b: torch.le(as_tensor(a), b),
        'greater': lambda a, b: torch.gt(as_tensor(a), b),
        'greaterEqual': lambda a, b: torch.ge(as_tensor(a), b),
        'where': lambda condition, a, b: torch.where(as_tensor(condition) != 0, a, b),
    },
    'elementwise': {
        'neg': torch.neg,
        'abs': torch.abs,
        'sign': torch.sign,
        'square': torch.square,
        'sqrt': torch.sqrt,
        'rsqrt': torch.rsqrt,
        'exp': torch.exp,
        'log': torch.log,
        'log1p': torch.log1p,
        'expm1': torch.expm1,
        'sin': torch.sin,
        'cos': torch.cos,
        'erf': torch.erf,
        'isFinite': torch.isfinite,
        'clip': lambda x, min=None, max=None: torch.clamp(x, min, max),
    },
    'activations': {
        'relu': F.relu,
        'leakyRelu': lambda x, slope=0.01: F.leaky_relu(x, slope),
        'elu': lambda x, alpha=1.0: F.elu(x, alpha),
        'gelu': lambda x, approximate='none': F.gelu(x, approximate=approximate),
        'silu': F.silu,
        'softplus': F.softplus,
        'sigmoid': torch.sigmoid,
        'logSigmoid': F.logsigmoid,
        'tanh': torch.tanh,
        'hardtanh': lambda x, min=-1.0, max=1.0: F.hardtanh(x, min, max),
        'softmax': lambda x, axis=-1: torch.softmax(x, axis),
        'logSoftmax': lambda x, axis=-1: torch.log_softmax(x, axis),
        'dropout': lambda x, p=0.5, training=True: F.dropout(x, p, training),
    },
    'products': {
        'matmul': matmul,
        'linear': F.linear,
        'dot': torch.dot,
        'outer': torch.outer,
    },
    'reductions': {
        'sum': lambda x, axes=None, keepDims=False: torch.sum(x, dims(x, axes), keepdim=keepDims),
        'mean': lambda x, axes=None, keepDims=False: torch.mean(x, dims(x, axes), keepdim=keepDims),
        'max': lambda x, axes=None, keepDims=False: torch.amax(x, dims(x, axes), keepdim=keepDims),
        'min': lambda x, axes=None, keepDims=False: torch.amin(x, dims(x, axes), keepdim=keepDims),
        'prod': prod,
        'logSumExp': lambda x, axes=None, keepDims=False: torch.logsumexp(x, dims(x, axes), keepdim=keepDims),
        'variance': lambda x, axes=None, correction=1, keepDims=False:
            torch.var(x, dims(x, axes), correction=correction, keepdim=keepDims),
        'var': lambda x, axes=None, correction=1, keepDims=False:
            torch.var(x, dims(x, axes), correction=correction, keepdim=keepDims),
        'std': lambda x, axes=None, correction=1, keepDims=False:
            torch.std(x, dims(x, axes), correction=correction, keepdim=keepDims),
        'norm': lambda x, axes=None, p=2, keepDims=False:
            torch.linalg.vector_norm(x, p, dims(x, axes), keepdim=keepDims),
        'argmax': lambda x, axis=None: torch.argmax(x, axis),
        'argmin': lambda x, axis=None: torch.argmin(x, axis),
        'cumsum': torch.cumsum,
        'sort': lambda x, axis=-1, descending=False:
            values_and_indices(torch.sort(x, stable=True, dim=axis, descending=descending)),
        'argsort': lambda x, axis=-1, descending=False:
            torch.argsort(x, stable=True, dim=axis, descending=descending),
        'topk': lambda x, k, axis=-1, largest=True: values_and_indices(torch.topk(x, k, axis, largest)),
    },
    'movement': {
        'broadcastTo': torch.broadcast_to,
        'reshape': torch.reshape,
        'flatten': lambda x, first=0, last=-1: torch.flatten(x, first, last),
        'squeeze': lambda x, axes=None: x.squeeze() if axes is None else x.squeeze(dims(x, axes)),
        'expandDims': torch.unsqueeze,
        'transpose': lambda x, axis1=-2, axis2=-1: torch.transpose(x, axis1, axis2),
        'permute': torch.permute,
        'slice': slice_,
        'concat': lambda tensors, axis=0: torch.cat(tensors, axis),
        'stack': lambda tensors, axis=0: torch.stack(tensors, axis),
        'split': lambda x, sizes, axis=0: torch.split(x, sizes, axis),
        'pad': pad,
        'flip': lambda x, axes=None: torch.flip(x, dims(x, axes)),
        'tril': lambda x, diagonal=0: torch.tril(x, diagonal),
        'triu': lambda x, diagonal=0: torch.triu(x, diagonal),
        'gather': lambda x, index, axis: torch.gather(x, axis, as_index(index)),
        'indexSelect': lambda x, index, axis=0: torch.index_select(x, axis, as_index(index)),
        'indexAdd': lambda x, index, source, axis=0: torch.index_add(x, axis, as_index(index), source),
        'scatterAdd': scatter_add,
        'oneHot': lambda labels, classes=-1: F.one_hot(as_index(labels), classes),
        'embedding': lambda weight, indices: F.embedding(as_index(indices), weight),
    },
    'normalisation': {
        'layerNorm': lambda x, weight=None, bias=None, eps=1e-5:
            F.layer_norm(x, x.shape[-1:], weight, bias, eps),
        'batchNorm': batch_norm,
    },
    'losses': {
        'crossEntropy': cross_entropy,
        'nllLoss': nll_loss,
        'binaryCrossEntropyWithLogits': binary_cross_entropy,
        'mse': F.mse_loss,
        'l1': F.l1_loss,
        'huber': F.huber_loss,
        'klDiv': lambda q, t, logTarget=False, reduction='mean':
            F.kl_div(q, t, log_target=logTarget, reduction=reduction.lower()),
        'hinge': hinge,
    },
}


# ---------------------------------------------------------------- inputs

class Random:
    """Repeatable inputs. Each operation has a stream of its own: a new case changes no other's numbers."""

    def __init__(self, name):
        self.generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))

    def uniform(self, *shape, low=-1, high=1):
        """Numbers of three decimals, rounded to float32."""
        return tensor((low + (high - low) * torch.rand(shape, generator=self.generator)).round(decimals=3))

    __call__ = uniform

    def away_from_zero(self, *shape, least=0.1):
        return tensor(self.uniform(*shape, low=least, high=1) * torch.where(self.uniform(*shape) < 0, -1, 1))

    def distinct(self, *shape):
        """Multiples of 0.15 in random order: no ties."""
        size = math.prod(shape)
        order = torch.randperm(size, generator=self.generator)
        return tensor(((order - size // 2) * 0.15 + 0.05).round(decimals=3).reshape(shape))

    def whole(self, *shape, below):
        """Whole numbers as nested lists."""
        return torch.randint(below, shape, generator=self.generator).tolist()

    def probabilities(self, rows, classes):
        return tensor(torch.softmax(self.uniform(rows, classes, low=-2, high=2), 1))

def tensor(values):
    """A tensor of values that float32 can hold."""
    return torch.as_tensor(values, dtype=torch.float64).float().double()

def constant(x):
    """The tensor itself, marked as one whose gradient is not asked for."""
    x.constant = True
    return x

def int32(values):
    """What becomes an Int32Array."""
    return torch.tensor(values, dtype=torch.int32)


# --------------------- cases: (what they are about, *arguments, options)

CASES = {}

def cases(*ops):
    """Marks a function that yields the cases of these operations; it gets their random numbers."""
    def remember(function):
        for op in ops:
            CASES.setdefault(op, []).append(function)
        return function
    return remember

def pairs(make):
    yield 'of equal shapes', make(2, 3), make(2, 3)
    yield 'of a matrix and a row', make(2, 3), make(3)
    yield 'of a row and a column', make(1, 3), make(2, 1)
    yield 'of shapes that are both stretched', make(2, 1, 3), make(4, 1)
    yield 'of shapes that are both stretched', make(2, 1), make(2, 1, 2, 3)
    yield 'of a tensor and a scalar', make(2, 1, 3), make()
    yield 'of a tensor and a number', make(2, 2), 1.5
    yield 'of a tensor and a number', 1.5, make(2, 2)

@cases('add', 'sub', 'mul')
def _(r):
    yield from pairs(lambda *shape: r(*shape, low=-3, high=3))

@cases('div')
def _(r):
    yield from pairs(lambda *shape: r.away_from_zero(*shape, least=0.4))
    yield 'by zero', tensor([1, -1, 0]), tensor([0, 0, 0])

@cases('pow')
def _(r):
    yield from pairs(lambda *shape: r(*shape, low=0.5, high=2))
    yield 'to negative exponents', r(2, 3, low=0.5, high=2), r(3, low=-2, high=-0.5)
    for exponent in (0, 1, 2, 3, -1, -2):
        yield 'of negative bases to whole exponents', r.away_from_zero(2, 2, least=0.5), exponent
    yield 'to the exponent 0.5', r(3, low=0.5, high=2), 0.5
    yield 'of zero', tensor([0, 0, 0, 0]), tensor([0, 1, 2, 3])
    yield 'of a negative base to a fraction', tensor([-1.5]), 0.5

@cases('maximum', 'minimum')
def _(r):
    yield from pairs(lambda *shape: r.distinct(*shape))
    yield 'at ties', tensor([1, 2, -0.5]), tensor([1, 1, -0.5])
    yield 'at ties that are stretched', tensor([[1, 2], [0.5, 1]]), tensor([1, 1])
    yield 'at a tie with a number', tensor([-1, 0, 1]), 0
    yield 'of infinities and NaN', tensor([INF, -INF, NAN, 1]), tensor([1, 2, 3, NAN])

@cases('equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual')
def _(r):
    yield from pairs(lambda *shape: tensor(torch.tensor(r.whole(*shape, below=3)) / 2))
    yield 'of zeros, infinities and NaN', tensor([0, INF, -INF, NAN, NAN]), tensor([-0.0, INF, INF, NAN, 1])

@cases('where')
def _(r):
    yield 'of equal shapes', tensor([[1, 0, 1], [0, 0, 1]]), r(2, 3), r(2, 3)
    yield 'of shapes that are stretched', tensor([[1], [0]]), r(2, 3), r(3)
    yield 'of shapes that are stretched', tensor([1, 0, 0]), r(2, 1, 1), r(4, 1)
    yield 'of a condition that is any number', tensor([-2, 0, 0.5, INF]), r(4), r(4)
    yield 'with numbers', tensor([1, 0, 1]), 2.5, r(3)
    yield 'with numbers', tensor([1, 0, 1]), r(3), -1
    yield 'with numbers', tensor([1, 0, 1]), 2.5, -1.0
    chosen, other = tensor([1, NAN, 2]), tensor([INF, 3, NAN])
    yield 'where NaN and infinities are not chosen', tensor([1, 0, 1]), chosen, other

SPECIAL = 'at zeros, infinities and NaN'

def unary(make):
    yield 'on a vector', make(5)
    yield 'on a matrix', make(2, 3)
    yield 'on four axes', make(2, 1, 3, 2)
    yield 'on a scalar', make()

@cases('neg', 'square')
def _(r):
    yield from unary(lambda *shape: r(*shape, low=-3, high=3))
    yield SPECIAL, tensor([0, -0.0, INF, -INF, NAN])

@cases('abs')
def _(r):
    yield from unary(lambda *shape: r(*shape, low=-3, high=3))
    yield 'at zeros and infinities', tensor([0, -0.0, INF, -INF])
    # A constant: PyTorch's gradient at NaN is 0, ours NaN.
    yield 'at NaN, but for the gradient,', constant(tensor([NAN]))

@cases('sign')
def _(r):
    yield from unary(lambda *shape: r(*shape, low=-3, high=3))
    # Not NaN: PyTorch's sign(NaN) is 0, ours NaN, as in NumPy and JavaScript.
    yield 'at zeros and infinities', tensor([0, -0.0, INF, -INF])

@cases('sqrt', 'rsqrt', 'log')
def _(r):
    yield from unary(lambda *shape: r(*shape, low=0.2, high=4))
    yield 'at large and small numbers', tensor([1e-3, 0.05, 50, 1e5, 1e10])
    yield SPECIAL, tensor([0, INF, -1, NAN])

@cases('log1p')
def _(r):
    yield from unary(lambda *shape: r(*shape, low=-0.8, high=3))
    yield 'at large and small numbers', tensor([1e-8, -1e-6, 1e-3, 1e5, 1e10])
    yield SPECIAL, tensor([0, -1, INF, -2, NAN])

@cases('exp', 'expm1')
def _(r):
    yield from unary(lambda *shape: r(*shape, low=-3, high=3))
    yield 'at large and small numbers', tensor([1e-8, -1e-6, 1e-3, -20, -80, 20, 80])
    yield SPECIAL, tensor([0, -0.0, INF, -INF, NAN])

@cases('sin', 'cos')
def _(r):
    yield from unary(lambda *shape: r(*shape, low=-4, high=4))
    yield 'at large and small numbers', tensor([1e-8, 1e-3, 10, -31.4, 1000, 123456])
    yield SPECIAL, tensor([0, -0.0, INF, -INF, NAN])

@cases('erf', 'tanh', 'sigmoid', 'softplus', 'logSigmoid', 'silu')
def _(r):
    yield from unary(lambda *shape: r(*shape, low=-4, high=4))
    yield 'at large and small numbers', tensor([1e-6, -1e-3, 15, -15, 40, -40, 100, -100])
    yield SPECIAL, tensor([0, -0.0, INF, -INF, NAN])

@cases('isFinite')
def _(r):
    yield from unary(r)
    yield SPECIAL, tensor([0, -0.0, INF, -INF, NAN, 3e38])

@cases('clip')
def _(r):
    make = lambda *shape: r(*shape, low=-2, high=2)
    yield 'to two bounds', make(3, 4), {'min': -0.5, 'max': 1.25}
    yield 'to two bounds', make(2, 1, 2, 3), {'min': -1, 'max': -0.25}
    yield 'to one bound', make(2, 3), {'min': 0.25}
    yield 'to one bound', make(2, 3), {'max': -0.25}
    yield 'at its bounds', tensor([-0.5, 0.75, -0.625, 0.875, 0]), {'min': -0.5, 'max': 0.75}
    yield 'to two equal bounds', tensor([-1, 0.5, 1]), {'min': 0.5, 'max': 0.5}
    yield 'at infinities and NaN', tensor([INF, -INF, NAN]), {'min': -1, 'max': 2}

@cases('relu')
def _(r):
    yield from unary(r)
    yield SPECIAL, tensor([0, -0.0, INF, -INF, NAN])

@cases('leakyRelu')
def _(r):
    yield from unary(r)
    yield 'with another slope', r(2, 3), {'slope': 0.3}
    yield 'with another slope', r(2, 3), {'slope': -0.5}
    yield SPECIAL, tensor([0, -0.0, INF, -INF, NAN]), {'slope': 0.2}

@cases('elu')
def _(r):
    yield from unary(lambda *shape: r(*shape, low=-3, high=3))
    yield 'with another alpha', r(2, 3, low=-3, high=3), {'alpha': 0.5}
    yield SPECIAL, tensor([0, -0.0, INF, -INF, NAN]), {'alpha': 1.5}

@cases('gelu')
def _(r):
    make = lambda *shape: r(*shape, low=-4, high=4)
    yield from unary(make)
    for approximate in ('none', 'tanh'):
        about = f"with approximate '{approximate}'"
        yield about, make(2, 3), {'approximate': approximate}
        yield about, make(2, 1, 3), {'approximate': approximate}
        yield about, tensor([0, -0.0, 12, -12, NAN]), {'approximate': approximate}

@cases('hardtanh')
def _(r):
    yield from unary(lambda *shape: r(*shape, low=-2, high=2))
    yield 'with other bounds', r(2, 3, low=-2, high=2), {'min': -0.5, 'max': 0.25}
    yield 'at its bounds', tensor([-1, 1, -0.99, 0.99, 0])
    yield 'at its bounds', tensor([-0.5, 0.25, -0.375, 0.125]), {'min': -0.5, 'max': 0.25}
    yield 'at infinities', tensor([INF, -INF])

@cases('softmax', 'logSoftmax')
def _(r):
    make = lambda *shape: r(*shape, low=-3, high=3)
    yield 'along the last axis', make(5)
    yield 'along the last axis', make(3, 4)
    yield 'along the last axis', make(2, 1, 2, 3)
    yield 'along another axis', make(3, 4), 0
    yield 'along another axis', make(2, 4, 3), 1
    yield 'along another axis', make(2, 3, 1, 2), -3
    yield 'along an axis of size 1', make(3, 1), -1
    yield 'of large logits', tensor([[1000, 999, 998.5], [-1000, -1001, -1000], [80, 0, -80]])
    yield 'of equal logits', tensor([[2, 2, 2, 2]])

@cases('softmax')
def _(r):
    yield 'of a logit of −∞', tensor([[1, -INF, 2]])

@cases('dropout')
def _(r):
    yield 'outside training', r(2, 3), {'training': False}
    yield 'with probability 0 and 1', r(2, 3), {'p': 0}
    yield 'with probability 0 and 1', r(2, 3), {'p': 1}

@cases('matmul')
def _(r):
    yield 'of two matrices', r(2, 3), r(3, 4)
    yield 'of two matrices', r(5, 7), r(7, 6)
    yield 'of a row and a column', r(1, 4), r(4, 1)
    yield 'of a column and a row', r(3, 1), r(1, 2)
    for a, b in itertools.product((False, True), repeat=2):
        A, B, options = (4, 3) if a else (3, 4), (2, 4) if b else (4, 2), {'transposeA': a, 'transposeB': b}
        yield 'with transposes', r(*A), r(*B), options
        yield 'with transposes of stacks', r(2, *A), r(*B), options
    yield 'of stacks', r(2, 3, 4), r(2, 4, 2)
    yield 'of stacks that are stretched', r(2, 3, 4), r(4, 2)
    yield 'of stacks that are stretched', r(3, 4), r(2, 4, 2)
    yield 'of stacks that are stretched', r(2, 1, 3, 4), r(3, 4, 2)

@cases('linear')
def _(r):
    yield 'on rows', r(4, 3), r(2, 3), r(2)
    yield 'on one vector', r(3), r(2, 3), r(2)
    yield 'on three and four axes', r(2, 4, 3), r(5, 3), r(5)
    yield 'on three and four axes', r(2, 1, 2, 3), r(4, 3), r(4)
    yield 'without a bias', r(4, 3), r(2, 3)
    yield 'without a bias', r(4, 3), r(2, 3), None
    yield 'with widths of 1', r(3, 1), r(1, 1), r(1)

@cases('dot')
def _(r):
    yield 'of two vectors', r(5), r(5)
    yield 'of one element', r(1), r(1)
    yield 'of twenty elements', r(20), r(20)

@cases('outer')
def _(r):
    yield 'of two vectors', r(3), r(4)
    yield 'of one element', r(1), r(3)

def reductions(make):
    yield 'over everything', make(5)
    yield 'over everything', make(2, 3)
    yield 'over everything', make(2, 1, 2, 3)
    yield 'over everything', make(2, 3), None, {'keepDims': True}
    yield 'over one axis', make(2, 3), 0
    yield 'over one axis', make(2, 3, 4), 1
    yield 'over one axis', make(2, 3, 4), 0, {'keepDims': False}
    yield 'over a negative axis', make(2, 3), -1
    yield 'over a negative axis', make(2, 3, 2, 2), -3
    yield 'over several axes', make(2, 3, 4), [0, 1]
    yield 'over several axes', make(2, 3, 4), [-1, 0]
    yield 'over several axes', make(2, 3, 2, 2), [1, 3], {'keepDims': True}
    yield 'keeping the axis', make(2, 3), -1, {'keepDims': True}
    yield 'keeping the axis', make(2, 3, 2), 1, {'keepDims': True}

@cases('sum', 'mean', 'logSumExp')
def _(r):
    make = lambda *shape: r(*shape, low=-3, high=3)
    yield from reductions(make)
    yield 'over an axis of size 1', make(2, 1, 3), 1
    yield 'of one element', make()

@cases('max', 'min')
def _(r):
    yield from reductions(r.distinct)
    yield 'over an axis of size 1', r.distinct(2, 1, 3), 1
    yield 'at ties', tensor([[1, 3, 3], [2, 2, 2], [0, 1, 0]]), 1
    yield 'at ties', tensor([[1, 3, 3], [1, 2, 3]])
    yield 'at ties', tensor([[[1, 3], [3, 0]], [[2, 2], [2, 2]]]), [0, 2]
    yield 'of infinities and NaN', tensor([[1, INF], [-INF, INF], [NAN, 1]]), 1

@cases('prod')
def _(r):
    yield from reductions(lambda *shape: r.away_from_zero(*shape, least=0.5))
    yield 'over an axis of size 1', r(2, 1, 3), 1
    yield 'with one zero', tensor([[2, 0, 3], [1.5, -2, 0.5]]), 1
    yield 'with two zeros', tensor([[2, 0, 0, 3], [1.5, -2, 0.5, 0]]), 1
    yield 'with two zeros', tensor([[2, 0], [0, 3]])
    yield 'with two zeros', tensor([[[2, 0], [1, 3]], [[0, 4], [0.5, -1]]]), [0, 2]

@cases('logSumExp')
def _(r):
    yield 'of large and small numbers', tensor([[100, 99.5, 90], [-100, -101, -100]]), 1
    yield 'of infinities', tensor([[1, -INF, 2], [-INF, -INF, -INF], [INF, 1, 0]]), 1

@cases('variance', 'var', 'std')
def _(r):
    make = lambda *shape: r(*shape, low=-2, high=2)
    yield from reductions(make)
    for correction in (0, 1, 1.5, 2):
        yield 'with a correction', make(2, 5), -1, {'correction': correction}
        yield 'with a correction', make(3, 2, 4), [0, 2], {'correction': correction, 'keepDims': True}
    yield 'of a constant row', tensor([[0.7] * 5, [1, 2, 4, 8, 9]]), 1
    yield 'of a constant row', tensor([[0.1] * 3, [3, 3, 3]]), 1, {'correction': 0}
    yield 'of one element', tensor([[2], [3]]), 1
    yield 'of one element', tensor([[2], [3]]), 1, {'correction': 0}

@cases('norm')
def _(r):
    yield from reductions(r.away_from_zero)
    for p in (1, 2, 3, 4, 1.5, 0.5, INF):
        about = f'with p = {p}' if p < INF else 'with p = Infinity'
        yield about, r.away_from_zero(7), None, {'p': p}
        yield about, r.away_from_zero(2, 4), 1, {'p': p}
        yield about, r.away_from_zero(2, 3, 2), [0, -1], {'p': p, 'keepDims': True}
        yield 'of a row of zeros', tensor([[0, 0, 0], [0, -2, 1.5]]), 1, {'p': p}
    yield 'at ties for p = Infinity', tensor([[1, -3, 3], [2, 2, -2]]), 1, {'p': INF}

@cases('argmax', 'argmin')
def _(r):
    yield 'over everything', r.distinct(6)
    yield 'over everything', r.distinct(2, 3, 2)
    yield 'over one axis', r.distinct(3, 4), 0
    yield 'over one axis', r.distinct(2, 3, 4), 1
    yield 'over a negative axis', r.distinct(2, 3, 2, 2), -2
    yield 'over an axis of size 1', r.distinct(3, 1), 1
    yield 'at ties', tensor([[1, 3, 3], [2, 2, 2], [0, 1, 0]]), 1
    yield 'with NaN', tensor([[1, NAN, 3, NAN], [INF, 1, -INF, 2]]), 1

@cases('cumsum')
def _(r):
    yield 'along the only axis', r(6), 0
    yield 'along any axis', r(3, 4), 0
    yield 'along any axis', r(2, 4, 3), 1
    yield 'along any axis', r(2, 3, 2, 2), -3
    yield 'along an axis of size 1', r(2, 1, 3), 1

@cases('sort', 'argsort')
def _(r):
    yield 'ascending', r.distinct(5)
    for way, options in (('ascending', {}), ('descending', {'descending': True})):
        yield way, r.distinct(6), -1, options
        yield way, r.distinct(3, 4), 0, options
        yield way, r.distinct(2, 4, 3), 1, options
        yield way, r.distinct(2, 3, 2, 2), -3, options
        ties = tensor([[2, 1, 2, 1, 3], [0, 0, 0, -1, -1]])
        yield f'{way} with ties, which keep their order', ties, -1, options
    # Ascending only: where PyTorch's descending order begins with NaN, ours ends with it.
    yield 'ascending with infinities, and NaN last', tensor([NAN, 2, INF, NAN, -INF])

@cases('topk')
def _(r):
    yield 'of the greatest', r.distinct(7), 3
    yield 'of the greatest', r.distinct(3, 5), 2, 0
    yield 'of the greatest', r.distinct(2, 4, 3), 2, -2
    yield 'of the least', r.distinct(2, 5), 3, -1, {'largest': False}
    yield 'of the least', r.distinct(2, 4, 3), 1, 1, {'largest': False}
    yield 'of all', r.distinct(2, 3), 3

@cases('broadcastTo')
def _(r):
    yield 'along new axes', r(3), [2, 3]
    yield 'along new axes', r(), [2, 2]
    yield 'along axes of size 1', r(2, 1, 3), [2, 4, 3]
    yield 'along axes of size 1', r(1, 2, 1), [3, 2, 2, 4]
    yield 'to its own shape', r(2, 3), [2, 3]

@cases('reshape')
def _(r):
    yield 'to any shape', r(2, 6), [3, 4]
    yield 'to any shape', r(2, 3, 2), [2, 1, 6, 1]
    yield 'to and from a scalar', r(1, 1), []
    yield 'to and from a scalar', r(), [1]
    yield 'with a size left open', r(2, 3, 2), [-1, 4]

@cases('flatten')
def _(r):
    yield 'of everything', r(2, 3, 2)
    yield 'of some axes', r(2, 3, 2, 2), 1
    yield 'of some axes', r(2, 3, 2, 2), 1, -2
    yield 'of some axes', r(2, 3, 2), 0, 1

@cases('squeeze')
def _(r):
    yield 'of every axis of size 1', r(1, 3, 1, 2)
    yield 'of one axis', r(1, 3, 1), -1
    yield 'of several axes', r(1, 3, 1, 1), [0, 2]

@cases('expandDims')
def _(r):
    yield 'at any place', r(2, 3), 0
    yield 'at any place', r(2, 3), 2
    yield 'at any place', r(2, 3), -1
    yield 'at any place', r(2, 3), -3
    yield 'on a scalar', r(), 0

@cases('transpose')
def _(r):
    yield 'of a matrix', r(2, 3)
    yield 'of the last two axes', r(2, 3, 4)
    yield 'of any two axes', r(2, 3, 4), 0, 2
    yield 'of any two axes', r(2, 1, 3, 2), -4, -2
    yield 'of any two axes', r(2, 3), 1, 1

@cases('permute')
def _(r):
    yield 'of any axes', r(2, 3), [1, 0]
    yield 'of any axes', r(2, 3, 4), [2, 0, 1]
    yield 'of any axes', r(2, 1, 3, 2), [3, 1, 0, 2]
    yield 'of negative axes', r(2, 3, 4), [-1, 0, -2]

@cases('slice')
def _(r):
    yield 'of rows', r(5, 2), 1, 3
    yield 'of rows', r(5, 2), 2
    yield 'along another axis', r(2, 5), 1, 4, 1
    yield 'along another axis', r(2, 4, 2), 1, 3, -2
    yield 'along another axis', r(2, 1, 3, 4), 3, None, 3
    yield 'counted from the end', r(6), -3, -1
    yield 'counted from the end', r(2, 5), -2, None, 1
    yield 'beyond the ends', r(4), -9, 9
    yield 'that is empty', r(4, 2), 3, 1

@cases('concat')
def _(r):
    yield 'of vectors', [r(2), r(3)]
    yield 'of three', [r(2, 3), r(1, 3), r(2, 3)]
    yield 'along another axis', [r(2, 3), r(2, 1)], 1
    yield 'along another axis', [r(2, 1, 3), r(2, 4, 3), r(2, 2, 3)], -2
    yield 'of one', [r(2, 3)], 1

@cases('stack')
def _(r):
    yield 'in front', [r(3), r(3)]
    yield 'in front', [r(), r(), r()]
    yield 'at another axis', [r(2, 3), r(2, 3), r(2, 3)], 1
    yield 'at another axis', [r(2, 3), r(2, 3)], -1

@cases('split')
def _(r):
    yield 'in equal parts', r(6, 2), 2
    yield 'with a smaller last part', r(5), 2
    yield 'in given sizes', r(6, 2), [1, 3, 2]
    yield 'along another axis', r(2, 5), [2, 3], 1
    yield 'along another axis', r(2, 4, 3), 3, -2

@cases('pad')
def _(r):
    yield 'of a vector', r(3), [[1, 2]]
    yield 'of a matrix', r(2, 3), [[1, 0], [0, 2]]
    yield 'of a matrix', r(2, 3), [[0, 0], [1, 1]], -1.5
    yield 'of three axes', r(2, 1, 2), [[0, 1], [2, 1], [1, 0]], 7

@cases('flip')
def _(r):
    yield 'of every axis', r(2, 3)
    yield 'of one axis', r(5), 0
    yield 'of one axis', r(2, 3, 2), 1
    yield 'of one axis', r(2, 3), -1
    yield 'of several axes', r(2, 3, 2), [0, -1]

@cases('tril', 'triu')
def _(r):
    yield 'of a square', r(3, 3)
    for diagonal in (-2, -1, 1, 3):
        yield 'from another diagonal', r(3, 4), diagonal
    yield 'of a stack', r(2, 3, 2), 0
    yield 'of a stack', r(2, 1, 2, 3), 1

@cases('gather')
def _(r):
    yield 'by nested arrays', r(3, 4), r.whole(3, 2, below=4), 1
    yield 'by nested arrays', r(3, 4), r.whole(5, 4, below=3), 0
    yield 'by nested arrays', r(5), [4, 0, 0, 2], 0
    yield 'by a tensor', r(2, 3, 2), tensor(r.whole(2, 4, 2, below=3)), 1
    yield 'by a tensor', r(2, 3), tensor([[2, 2], [0, 1]]), -1
    yield 'from fewer rows than there are', r(3, 4), [[3, 1]], 1

@cases('indexSelect')
def _(r):
    yield 'of rows', r(4, 3), int32([2, 0, 2, 3, 2])
    yield 'of rows', r(4), [3, 3, 0]
    yield 'along another axis', r(2, 4, 2), [1, 3, 1], 1
    yield 'along another axis', r(2, 3), tensor([2, 0]), -1

@cases('scatterAdd')
def _(r):
    yield 'by nested arrays', r(3, 4), r.whole(3, 5, below=4), r(3, 5), 1
    yield 'by nested arrays', r(3, 4), r.whole(2, 4, below=3), r(2, 4), 0
    yield 'by nested arrays', r(4), [1, 1, 3, 1, 0], r(5), 0
    yield 'by a tensor', r(2, 3, 2), tensor(r.whole(2, 4, 2, below=3)), r(2, 4, 2), -2
    yield 'from and to fewer rows than there are', r(3, 4), [[3, 1, 3], [0, 3, 3]], r(4, 3), 1

@cases('indexAdd')
def _(r):
    yield 'of rows', r(4, 3), int32([2, 0, 2, 3, 2]), r(5, 3)
    yield 'of rows', r(4), [3, 3, 0], r(3)
    yield 'along another axis', r(2, 4, 2), [1, 3, 1], r(2, 3, 2), 1
    yield 'along another axis', r(2, 3), tensor([2, 2]), r(2, 2), -1

@cases('oneHot')
def _(r):
    yield 'of labels', [2, 0, 1, 2]
    yield 'of labels', int32([1, 0]), 4
    yield 'of labels', tensor([0, 3, 3]), 5

@cases('embedding')
def _(r):
    yield 'of a list', r(5, 3), [4, 0, 4, 1]
    yield 'of a list', r(5, 3), int32([0, 0, 0, 2])
    yield 'of any shape', r(4, 2), r.whole(2, 3, below=4)
    yield 'of any shape', r(4, 2), tensor(r.whole(2, 1, 3, below=4))

@cases('layerNorm')
def _(r):
    make = lambda *shape: r(*shape, low=-2, high=2)
    yield 'with weight and bias', make(3, 5), make(5), make(5)
    yield 'with weight and bias', make(4), make(4), make(4)
    yield 'with weight and bias', make(2, 1, 2, 6), make(6), make(6)
    yield 'without weight or bias', make(2, 3, 5)
    yield 'without weight or bias', make(3, 5), make(5)
    yield 'without weight or bias', make(3, 5), None, make(5)
    yield 'with another eps', make(3, 4), make(4), make(4), {'eps': 0.1}
    yield 'with another eps', make(3, 4), None, None, {'eps': 0.5}
    yield 'of a constant row', tensor([[0.5] * 4, [1, 2, 4, 8]]), make(4), make(4), {'eps': 0.25}

@cases('batchNorm')
def _(r):
    positive = lambda *shape: r(*shape, low=0.5, high=2)
    yield 'on rows', r(4, 3), r(3), positive(3), r(3), r(3)
    yield 'on more axes', r(2, 3, 4), r(3), positive(3), r(3), r(3)
    yield 'on more axes', r(2, 3, 2, 2), r(3), positive(3), r(3), r(3)
    yield 'without weight or bias', r(4, 3), r(3), positive(3)
    yield 'without weight or bias', r(4, 3), r(3), positive(3), r(3), None
    yield 'without weight or bias', r(4, 3), r(3), positive(3), None, r(3)
    yield 'with another eps', r(4, 3), r(3), positive(3), r(3), r(3), {'eps': 0.1}

def reduced(about, *args, also=(), **options):
    """The same arguments under every reduction; the first time `mean` is left to be the default."""
    yield about, *args, *([options] if options else [])
    for reduction in ('mean', 'sum', 'none', *also):
        yield about, *args, {**options, 'reduction': reduction}

@cases('crossEntropy', 'nllLoss')
def _(r):
    logits = lambda *shape: torch.log_softmax(r(*shape, low=-3, high=3), 1).float().double()
    yield from reduced('with labels', logits(4, 3), int32([2, 0, 1, 1]))
    yield from reduced('with weights', logits(4, 3), [2, 0, 1, 1], weight=[0.5, 2, 1.25])
    yield from reduced('with weights', logits(3, 4), tensor([3, 0, 3]), weight=r(4, low=0.2, high=2))
    yield from reduced('with the default ignoreIndex', logits(4, 3), [2, -100, 1, -100])
    yield from reduced('with an ignoreIndex', logits(5, 3), int32([2, 0, 1, 0, 2]), ignoreIndex=0)
    yield from reduced('with an ignoreIndex', logits(3, 3), [2, -1, 1], ignoreIndex=-1)
    yield from reduced('with weights and an ignoreIndex', logits(4, 3), [2, 1, 1, 0],
                       weight=[0.5, 2, 1.25], ignoreIndex=1)
    yield from reduced('with every label ignored', logits(2, 3), [1, 1], ignoreIndex=1)
    yield from reduced('with one row of two classes', logits(1, 2), [1])
    yield from reduced('with a single row', torch.log_softmax(r(4, low=-3, high=3), 0).float().double(), 2)

@cases('crossEntropy')
def _(r):
    make = lambda *shape: r(*shape, low=-3, high=3)
    labels = [2, 0, 1, 1]
    weight = [0.5, 2, 1.25]
    yield from reduced('with logits that are no log-probabilities', make(4, 3), labels)
    yield from reduced('with large logits', tensor([[100, -100, 0], [1000, 999, 998]]), [1, 2])
    yield from reduced('with label smoothing', make(4, 3), labels, labelSmoothing=0.1)
    yield from reduced('with label smoothing', make(4, 3), labels, labelSmoothing=1.0)
    yield from reduced('with label smoothing and weights', make(4, 3), labels,
                       labelSmoothing=0.2, weight=weight)
    yield from reduced('with label smoothing and an ignoreIndex', make(4, 3), labels,
                       labelSmoothing=0.2, ignoreIndex=1)
    yield from reduced('with label smoothing, weights and an ignoreIndex', make(4, 3), labels,
                       labelSmoothing=0.3, weight=weight, ignoreIndex=0)
    yield from reduced('with probabilities', make(4, 3), r.probabilities(4, 3))
    yield from reduced('with probabilities of a single row', make(3), r.probabilities(1, 3)[0])
    yield from reduced('with probabilities and weights', make(4, 3), r.probabilities(4, 3), weight=weight)
    yield from reduced('with probabilities and label smoothing', make(2, 4), r.probabilities(2, 4),
                       labelSmoothing=0.1)
    yield from reduced('with probabilities, weights and label smoothing', make(3, 3), r.probabilities(3, 3),
                       weight=tensor(weight), labelSmoothing=0.25)

@cases('binaryCrossEntropyWithLogits')
def _(r):
    logits = lambda *shape: r(*shape, low=-4, high=4)
    answers = lambda *shape: r(*shape, low=0.05, high=0.95)
    yield from reduced('with targets of 0 and 1', logits(2, 3), tensor([[0, 1, 1], [1, 0, 0]]))
    yield from reduced('with targets between 0 and 1', logits(2, 1, 3), answers(2, 1, 3))
    yield from reduced('with a weight', logits(2, 3), answers(2, 3), weight=[[0.5], [2]])
    yield from reduced('with a weight', logits(2, 3), answers(2, 3), weight=r(2, 3, low=0.2, high=2))
    yield from reduced('with a posWeight', logits(2, 3), answers(2, 3), posWeight=[2, 0.5, 1])
    yield from reduced('with weight and posWeight', logits(3, 2), answers(3, 2),
                       weight=[0.5, 2], posWeight=[3, 0.25])
    yield from reduced('with large logits', tensor([100, -100, 100, -100, 0]), tensor([1, 0, 0, 1, 1]))

@cases('mse')
def _(r):
    yield from reduced('on vectors', r(5), r(5))
    yield from reduced('on three axes', r(2, 1, 3), r(2, 1, 3))

@cases('l1')
def _(r):
    yield from reduced('on vectors', r(5, low=-3, high=3), r(5))
    yield from reduced('on three axes', r(2, 1, 3), r(2, 1, 3))
    yield from reduced('at a difference of 0', tensor([1, 0.5, -2]), tensor([1, 0.25, -2]))

@cases('huber')
def _(r):
    yield from reduced('on vectors', r(6, low=-3, high=3), r(6))
    yield from reduced('with another delta', r(2, 1, 4, low=-3, high=3), r(2, 1, 4), delta=0.5)
    yield from reduced('with another delta', r(3, low=-9, high=9), r(3), delta=2.5)
    yield from reduced('at a difference of 0 and of delta', tensor([1] * 5), tensor([1, 0, 2, 0.5, 3]))

@cases('klDiv')
def _(r):
    log = lambda *shape: torch.log_softmax(r(*shape, low=-2, high=2), -1).float().double()
    also = ('batchMean',)
    yield from reduced('with probabilities', log(3, 4), r.probabilities(3, 4), also=also)
    # A constant target: where it is 0, PyTorch's gradient for it is NaN.
    target = constant(tensor([[0, 1, 0], [0.25, 0, 0.75]]))
    yield from reduced('with probabilities of 0', log(2, 3), target, also=also)
    yield from reduced('with log-probabilities', log(3, 4), log(3, 4), also=also, logTarget=True)
    yield from reduced('with log-probabilities', log(2, 1, 3), log(2, 1, 3), also=also, logTarget=True)

@cases('hinge')
def _(r):
    yield from reduced('on vectors', r(5, low=-3, high=3), [1, -1, -1, 1, -1])
    yield from reduced('on vectors', r(4, low=-3, high=3), tensor([1, 1, -1, -1]))
    yield from reduced('on a matrix with another margin', r(2, 3, low=-3, high=3), [[1, -1, 1], [-1, 1, -1]],
                       margin=0.5)
    yield from reduced('at the kink', tensor([1, -1, 2, 0]), [1, -1, 1, 1])


# -------------------------------------------- from a case to its numbers

def solve(op, function, about, args, random):
    """What PyTorch makes of a case: the result, and the gradient of each tensor among the arguments."""
    tensors = [x for arg in args for x in (arg if isinstance(arg, list) else [arg])
               if isinstance(x, torch.Tensor) and x.is_floating_point()]
    variables = [x for x in tensors if not hasattr(x, 'constant')]
    for x in variables:
        x.requires_grad_()
    options = args[-1] if args and isinstance(args[-1], dict) else {}
    result = function(*(arg for arg in args if not isinstance(arg, dict)), **options)
    case = {'op': op, 'about': about, 'args': list(args), 'result': result}

    several = isinstance(result, tuple)
    outputs = list(result) if several else [result['values'] if isinstance(result, dict) else result]
    if all(y.requires_grad for y in outputs):
        G = [random.uniform(*y.shape, low=-2, high=2) for y in outputs]
        found = torch.autograd.grad(outputs, variables, G, allow_unused=True)
        gradients = dict(zip(map(id, variables), found))
        case['G'] = G if several else G[0]
        case['gradients'] = [gradients.get(id(x)) for x in tensors]
    case['result'] = as_floats(result)
    return case

def as_floats(result):
    """Comparisons and indices come as tensors of floats in typegrad."""
    if isinstance(result, dict):
        return {key: value.double() for key, value in result.items()}
    return [y.double() for y in result] if isinstance(result, tuple) else result.double()

def operations():
    for file, table in TORCH.items():
        lines = []
        for op, function in table.items():
            random = Random(op)
            for about, *args in itertools.chain.from_iterable(make(random) for make in CASES[op]):
                lines.append(text(solve(op, function, about, args, random)))
        write(file, '[\n' + ',\n'.join(lines) + '\n]\n')


# ------------------------------------------------------------ optimizers

STEPS = (1, 2, 10, 50)

TRAJECTORIES = [
    ('plain', 'SGD', {'lr': 0.05}),
    ('with momentum', 'SGD', {'lr': 0.02, 'momentum': 0.9}),
    ('with momentum and dampening', 'SGD', {'lr': 0.05, 'momentum': 0.8, 'dampening': 0.4}),
    ("with Nesterov's momentum", 'SGD', {'lr': 0.02, 'momentum': 0.9, 'nesterov': True}),
    ('with weight decay', 'SGD', {'lr': 0.05, 'weightDecay': 0.1}),
    ('with momentum and weight decay', 'SGD', {'lr': 0.02, 'momentum': 0.9, 'weightDecay': 0.1}),
    ('with its defaults', 'Adam', {}),
    ('with other betas and eps', 'Adam', {'lr': 0.02, 'betas': [0.8, 0.95], 'eps': 1e-3}),
    ('with weight decay', 'Adam', {'lr': 0.02, 'weightDecay': 0.1}),
    ('with amsgrad', 'Adam', {'lr': 0.05, 'betas': [0.9, 0.9], 'amsgrad': True}),
    ('with its defaults', 'AdamW', {}),
    ('with weight decay', 'AdamW', {'lr': 0.02, 'weightDecay': 0.3}),
    ('with amsgrad', 'AdamW', {'lr': 0.05, 'betas': [0.9, 0.9], 'amsgrad': True}),
    ('with its defaults', 'RMSprop', {}),
    ('with another alpha and eps', 'RMSprop', {'lr': 0.02, 'alpha': 0.9, 'eps': 0.01}),
    ('with momentum', 'RMSprop', {'lr': 0.002, 'momentum': 0.8}),
    ('with weight decay', 'RMSprop', {'lr': 0.005, 'weightDecay': 0.1}),
    ('with its defaults', 'Adagrad', {}),
    ('with another lr and eps', 'Adagrad', {'lr': 0.1, 'eps': 1e-3}),
    ('with weight decay', 'Adagrad', {'lr': 0.05, 'weightDecay': 0.1}),
    ('with an initial accumulator', 'Adagrad', {'lr': 0.1, 'initialAccumulator': 0.5}),
]

def optimizer(name, parameters, options):
    names = {'weightDecay': 'weight_decay', 'initialAccumulator': 'initial_accumulator_value'}
    options = {names.get(key, key): value for key, value in options.items()}
    return getattr(torch.optim, name)(parameters, **options)

def trajectories(random):
    """mean (X W + b − T)² + 0.05 Σ W⁴ + 0.05 Σ b⁴ is minimised; W and b are kept after some of the steps."""
    X, T, W0, b0 = random(8, 4, low=-2, high=2), random(8, 3, low=-2, high=2), random(4, 3), random(3)
    for about, name, options in TRAJECTORIES:
        W, b = (start.clone().requires_grad_() for start in (W0, b0))
        steps = optimizer(name, [W, b], options)
        after = {}
        for step in range(1, max(STEPS) + 1):
            steps.zero_grad()
            loss = F.mse_loss(X @ W + b, T) + 0.05 * (W ** 4).sum() + 0.05 * (b ** 4).sum()
            loss.backward()
            steps.step()
            if step in STEPS:
                after[step] = [W.detach().clone(), b.detach().clone()]
        yield {'about': about, 'optimizer': name, 'options': options, 'X': X, 'T': T,
               'parameters': [W0, b0], 'after': after}

def clipping(random):
    """The gradients of three parameters, one of them a scalar, before and after clipping."""
    before = [random(2, 3, low=-3, high=3), random(4, low=-3, high=3), random(low=-3, high=3)]

    def parameters():
        for g in before:
            parameter = torch.zeros(g.shape, requires_grad=True)
            parameter.grad = g.clone()
            yield parameter

    for p, limit in itertools.product((2, 1, INF, 3), (0.5, 2, 100)):
        clipped = list(parameters())
        total = torch.nn.utils.clip_grad_norm_(clipped, limit, norm_type=p)
        yield {'clip': 'norm', 'p': p, 'limit': limit, 'before': before, 'total': total.item(),
               'after': [parameter.grad for parameter in clipped]}
    for limit in (0.5, 2, 100):
        clipped = list(parameters())
        torch.nn.utils.clip_grad_value_(clipped, limit)
        yield {'clip': 'value', 'limit': limit, 'before': before,
               'after': [parameter.grad for parameter in clipped]}

def network(random):
    """A small 784-64-128-10: 6-5-4-3 with ReLU, 20 steps of Adam on 12 rows; the loss before each step."""
    widths = (6, 5, 4, 3)
    X, labels = random(12, 6, low=-2, high=2), random.whole(12, below=3)
    start = []
    for fan_in, fan_out in itertools.pairwise(widths):
        start += [random(fan_out, fan_in), random(fan_out, low=-0.5, high=0.5)]
    parameters = [p.clone().requires_grad_() for p in start]
    options = {'lr': 0.02}
    adam, losses = optimizer('Adam', parameters, options), []
    for _ in range(20):
        W1, b1, W2, b2, W3, b3 = parameters
        logits = F.linear(F.relu(F.linear(F.relu(F.linear(X, W1, b1)), W2, b2)), W3, b3)
        loss = F.cross_entropy(logits, torch.tensor(labels))
        losses.append(loss.item())
        adam.zero_grad()
        loss.backward()
        adam.step()
    yield {'X': X, 'labels': labels, 'parameters': start, 'options': options, 'losses': losses}

def optimizers():
    sections = []
    for make in (trajectories, clipping, network):
        lines = ',\n'.join(map(text, make(Random(make.__name__))))
        sections.append(f'"{make.__name__}": [\n{lines}\n]')
    write('optimizers', '{\n' + ',\n'.join(sections) + '\n}\n')


# --------------------------------------------------------------- writing

def text(value):
    """JSON, as the head of this file describes it."""
    match value:
        case torch.Tensor() if value.is_floating_point():
            return text({'shape': list(value.shape), 'data': value.flatten().tolist()})
        case torch.Tensor():
            return text({'int': value.tolist()})
        case dict():
            return '{' + ','.join(f'"{key}":{text(item)}' for key, item in value.items()) + '}'
        case list() | tuple():
            return '[' + ','.join(map(text, value)) + ']'
        case float():
            return number(value)
        case _:
            return json.dumps(value, ensure_ascii=False)

def number(x):
    """Of a float32, the shortest decimal that reads as it; else nine significant digits."""
    if math.isnan(x):
        return '"NaN"'
    if math.isinf(x):
        return '"Infinity"' if x > 0 else '"-Infinity"'
    for digits in range(1, 9):
        short = f'{x:.{digits}g}'
        if struct.unpack('f', struct.pack('f', float(short)))[0] == x:
            return short
    return f'{x:.9g}'

def write(name, content):
    (GOLDEN / f'{name}.json').write_text(content, encoding='utf-8')
    print(f'{name}.json: {content.count(chr(10))} lines, {len(content.encode()) / 1000:.0f} kB')


if __name__ == '__main__':
    warnings.filterwarnings('ignore', '.*degrees of freedom|.*batchmean')
    GOLDEN.mkdir(exist_ok=True)
    operations()
    optimizers()
