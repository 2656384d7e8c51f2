"""Writes test/golden/safetensors/: files of PyTorch and safetensors, and what is in them.

    python scripts/golden_safetensors.py            writes them; needs torch and safetensors (made with 2.13 and 0.8)
    python scripts/golden_safetensors.py --check    whether Python reads the files that typegrad writes; needs node too

    dtypes.safetensors    an array of every type that typegrad reads, with the numbers where conversions go wrong
    mlp.safetensors       the state dict of a network that PyTorch trained
    expected.json         {"dtypes": {name: the tensor as PyTorch's .float() has it}, "mlp": {"x", "y": the outputs for x}}

test/unit/safetensors.test.ts reads them.
"""

import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / 'test' / 'golden' / 'safetensors'
INF, NAN = math.inf, math.nan


def dtypes():
    """The numbers at which each conversion to float32 may go wrong."""
    half = [0, -0.0, 1, -2.5, INF, -INF, NAN]
    # Rounded twice (by way of float64), 2⁵⁴ + 2³⁰ + 1 would become 2⁵⁴: the 1 is lost first, and then the tie goes down.
    whole = [0, 1, 2**24, 2**24 + 1, 2**24 + 2, 2**24 + 3]
    longer = [2**53 + 1, 2**54 + 2**30, 2**54 + 2**30 + 1, 2**54 + 3 * 2**30 - 1, 2**54 + 3 * 2**30, 2**63 - 1]
    return {
        'F64': torch.tensor([math.pi, -0.0, 1 / 3, 1e39, -1e39, 1e-46, 2**-149, 1.5 * 2**-149, 5e-324,
                             1 + 2**-24, 1 + 2**-24 + 2**-52, 3.4028235677973366e38, INF, -INF, NAN], dtype=torch.float64),
        'F32': torch.tensor([[0.1, -0.0, 2**-149], [3.4028235e38, INF, NAN]], dtype=torch.float32),
        'F16': torch.tensor(half + [2**-24, -3 * 2**-24, 1023 * 2**-24, 2**-14, 65504, 1 / 3], dtype=torch.float16),
        'BF16': torch.tensor(half + [2**-133, -3 * 2**-133, 2**-126, 3.3895e38, 1 / 3], dtype=torch.bfloat16),
        'I64': torch.tensor(whole + longer + [-n for n in whole + longer] + [-2**63], dtype=torch.int64),
        'I32': torch.tensor(whole + [2**31 - 1, -2**31, -2**24 - 1], dtype=torch.int32),
        'I16': torch.tensor([0, 1, -1, 2**15 - 1, -2**15], dtype=torch.int16),
        'I8': torch.tensor([[0, 1], [127, -128]], dtype=torch.int8),
        'U64': torch.tensor(whole + longer + [2**63 + 2**39, 2**63 + 2**39 + 1, 2**64 - 1], dtype=torch.uint64),
        'U32': torch.tensor(whole + [2**32 - 1, 2**31], dtype=torch.uint32),
        'U16': torch.tensor([0, 1, 2**16 - 1, 2**15], dtype=torch.uint16),
        'U8': torch.tensor([0, 1, 255, 128], dtype=torch.uint8),
        'BOOL': torch.tensor([True, False, True], dtype=torch.bool),
        'scalar': torch.tensor(7, dtype=torch.int16),
        'none': torch.zeros((2, 0, 3), dtype=torch.float16),
        'one byte': torch.tensor([5], dtype=torch.uint8),  # others no longer lie on multiples of their width
    }


def mlp():
    """A network that has learned whether two numbers have the same sign."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    x = torch.rand(64, 2) * 2 - 1
    y = (x[:, :1] * x[:, 1:] > 0).float()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(1000):
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(model(x), y).backward()
        optimizer.step()
    return model, x[:6]


def as_json(tensor):
    number = lambda value: ('NaN' if math.isnan(value) else 'Infinity' if value > 0 else '-Infinity') \
        if not math.isfinite(value) else value
    return {'shape': list(tensor.shape), 'data': [number(value) for value in tensor.flatten().tolist()]}


def write():
    GOLDEN.mkdir(exist_ok=True)
    arrays = dtypes()
    save_file(arrays, GOLDEN / 'dtypes.safetensors', metadata={'format': 'pt', 'größe': '1 "m"'})
    model, x = mlp()
    save_file(model.state_dict(), GOLDEN / 'mlp.safetensors')
    with torch.no_grad():
        y = model.double()(x.double())  # the truth that float32 is held against
    expected = {
        'dtypes': {name: as_json(array.float()) for name, array in arrays.items()},
        'mlp': {'x': as_json(x), 'y': as_json(y)},
    }
    (GOLDEN / 'expected.json').write_text(json.dumps(expected))


def check():
    """Whether the reference implementation reads what typegrad writes, and finds the same numbers."""
    program = '''
        import { io, tensor, zeros } from './src/index.ts';
        const [folder] = process.argv.slice(1);
        const again = await io.load('test/golden/safetensors/dtypes.safetensors');
        await io.save(folder + '/again.safetensors', again, { metadata: { format: 'pt', text: '"größe"' } });
        const x = tensor([[0.5, -1.5], [2, NaN]]);
        const state = { model: { '0.weight': x, tied: x, '__proto__.x': zeros([0, 2]) }, scale: new Float64Array([Math.PI, -0]),
          order: new Int32Array([3, -1]), mask: new Uint8Array([255, 0, 1]), loss: [Infinity, -0, undefined], epoch: 3 };
        await io.saveCheckpoint(folder + '/checkpoint.safetensors', state);
    '''
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(['node', '--input-type=module', '-e', program, folder], cwd=ROOT, check=True)
        again = load_file(f'{folder}/again.safetensors')
        for name, array in dtypes().items():
            same_bits(name, again.pop(name), array.float())
        assert not again, again
        with safe_open(f'{folder}/again.safetensors', framework='pt') as file:
            assert file.metadata() == {'format': 'pt', 'text': '"größe"'}, file.metadata()

        found = load_file(f'{folder}/checkpoint.safetensors')
        for name, array in {
            'model.0.weight': torch.tensor([[0.5, -1.5], [2, NAN]]),
            'model.__proto__.x': torch.zeros(0, 2),
            'scale': torch.tensor([math.pi, -0.0], dtype=torch.float64),
            'order': torch.tensor([3, -1], dtype=torch.int32),
            'mask': torch.tensor([255, 0, 1], dtype=torch.uint8),
        }.items():
            same_bits(name, found.pop(name), array)
        assert not found, found
        with safe_open(f'{folder}/checkpoint.safetensors', framework='pt') as file:
            state = json.loads(file.metadata()['typegrad'])
        assert state['version'] == 1 and state['state']['epoch'] == 3, state
    print('Python reads the same types, shapes, bits and metadata')


def same_bits(name, found, wanted):
    assert found.dtype == wanted.dtype and found.shape == wanted.shape, (name, found, wanted)
    bits = {torch.float32: torch.int32, torch.float64: torch.int64}.get(wanted.dtype, wanted.dtype)
    nan = wanted.isnan()
    assert torch.equal(found.isnan(), nan), (name, found, wanted)
    assert torch.equal(found[~nan].view(bits), wanted[~nan].view(bits)), (name, found, wanted)


if sys.argv[1:] == ['--check']:
    check()
else:
    write()
