"""Writes test/golden/augment.json: what PyTorch makes of images that are rotated, sheared, scaled and shifted.

    python scripts/golden_augment.py        needs torch; the file in the repository was made with PyTorch 2.13

Each case has the options of data.augment.affine, images x [n, channels, height, width] and the result, computed in float64 by
affine_grid and grid_sample (bilinear, zeros outside, align_corners=False). The matrix is a product of plain ones, inverted by
torch.linalg: rotation counter-clockwise in degrees about the centre, on the screen, where rows run downwards; shear as in torchvision.
"""

import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def move(x, y):
    return torch.tensor([[1, 0, x], [0, 1, y], [0, 0, 1]], dtype=torch.float64)

def linear(a, b, c, d):
    return torch.tensor([[a, b, 0], [c, d, 0], [0, 0, 1]], dtype=torch.float64)

def to_unit(width, height):
    """From pixels to grid_sample's coordinates: the outer edges of the image are at -1 and 1."""
    return torch.tensor([[2 / width, 0, 1 / width - 1], [0, 2 / height, 1 / height - 1], [0, 0, 1]])

def affine(x, rotate=0, shiftX=0, shiftY=0, scale=1, shear=0, fill=0):
    n, channels, height, width = x.shape
    r, h = math.radians(rotate), math.radians(shear)
    center = ((width - 1) / 2, (height - 1) / 2)
    forward = (move(shiftX * width, shiftY * height) @ move(*center)
               @ linear(math.cos(r), math.sin(r), -math.sin(r), math.cos(r))
               @ linear(1, -math.tan(h), 0, 1) @ linear(scale, 0, 0, scale)
               @ move(-center[0], -center[1]))
    unit = to_unit(width, height)
    theta = unit @ torch.linalg.inv(forward) @ torch.linalg.inv(unit)
    grid = F.affine_grid(theta[:2].expand(n, 2, 3), x.shape, align_corners=False)
    return F.grid_sample(x - fill, grid, mode='bilinear', padding_mode='zeros', align_corners=False) + fill


def tensor(x, digits):
    return {'shape': list(x.shape), 'data': [round(value, digits) for value in x.flatten().tolist()]}

SHAPES = [(2, 1, 6, 6), (1, 3, 5, 8), (1, 1, 7, 4), (1, 1, 13, 13)]
OPTIONS = [
    {},
    {'rotate': 30},
    {'rotate': -117.5},
    {'rotate': 90},
    {'shiftX': 0.25, 'shiftY': -0.125},
    {'scale': 1.3},
    {'scale': 0.6, 'fill': 0.75},
    {'shear': 20},
    {'rotate': 10, 'shiftX': 0.1, 'shiftY': 0.05, 'scale': 0.9, 'shear': -15},
    {'rotate': 200, 'shiftX': -0.3, 'scale': 1.1, 'shear': 5, 'fill': -2},
]

def main():
    random = torch.Generator().manual_seed(1)
    cases = []
    for shape in SHAPES:
        for options in OPTIONS:
            x = torch.randint(-2000, 2000, shape, generator=random) / 1000
            result = affine(x.float().double(), **options)
            cases.append({'options': options, 'x': tensor(x, 3), 'result': tensor(result, 8)})
    path = Path(__file__).resolve().parent.parent / 'test' / 'golden' / 'augment.json'
    path.write_text('[\n' + ',\n'.join(json.dumps(case, separators=(',', ':')) for case in cases) + '\n]\n')


if __name__ == '__main__':
    main()
