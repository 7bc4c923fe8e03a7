"""Colours of the labels: visible on light and dark, and distinguishable by everybody."""

from __future__ import annotations

import itertools
import math
import operator

import pytest

from edge_ser.reports.colours import colours

LABELS = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "uncertain")

SIGHT = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "no green": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "no blue": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
}
"""Linear RGB as seen without one kind of cone (Machado, Oliveira and Fernandes 2009)."""


def linear(colour: str) -> list[float]:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def luminance(colour: str) -> float:
    return sum(map(operator.mul, (0.2126, 0.7152, 0.0722), linear(colour)))


def lab(colour: str, sight: tuple[tuple[float, ...], ...]) -> tuple[float, float, float]:
    """Return a colour in CIE L*a*b* as seen with a kind of sight."""
    seen = [min(1.0, max(0.0, sum(map(operator.mul, row, linear(colour))))) for row in sight]
    to_xyz = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    xyz = (sum(map(operator.mul, row, seen)) / white for row, white in zip(to_xyz, (0.9505, 1.0, 1.089), strict=True))
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def test_colours_are_visible_and_different() -> None:
    labels = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "uncertain", "a", "b", "c", "d")
    found = colours(labels)
    assert len(set(found.values())) == len(labels)
    for light, dark in found.values():
        assert 1.05 / (luminance(light) + 0.05) >= 3
        assert (luminance(dark) + 0.05) / (luminance("#14171a") + 0.05) >= 3


@pytest.mark.parametrize("sight", SIGHT.values(), ids=list(SIGHT))
def test_colours_of_our_model_are_distinguishable(sight: tuple[tuple[float, ...], ...]) -> None:
    for background in zip(*colours(LABELS).values(), strict=True):
        for one, other in itertools.combinations(background, 2):
            assert math.dist(lab(one, sight), lab(other, sight)) > 15, (one, other)
