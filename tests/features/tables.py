"""The tables of SPEC.md, computed from its formulas in plain Python, without the package's code."""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Iterable

from edge_ser.features.parameters import FrontEndParameters

BINS = 160


def design(parameters: FrontEndParameters) -> dict[str, tuple[list[float], int]]:
    """Return each table's values before rounding, row by row, and its fraction bits."""
    p = parameters

    def mel(hertz: float) -> float:
        return 2595.0 * math.log10(1.0 + hertz / 700.0)

    step = (mel(p.upper_limit_hz) - mel(p.lower_limit_hz)) / (p.bands + 1)
    edges = [700.0 * (10.0 ** ((mel(p.lower_limit_hz) + i * step) / 2595.0) - 1.0) for i in range(p.bands + 2)]

    def weight(k: int, b: int) -> float:
        f = k * p.rate / 512
        rising = (f - edges[b]) / (edges[b + 1] - edges[b])
        falling = (edges[b + 2] - f) / (edges[b + 2] - edges[b + 1])
        return max(0.0, min(rising, falling))

    def dct(n: int, k: int) -> float:
        value = math.sqrt(2 / p.bands) * math.cos(math.pi * (2 * n + 1) * k / (2 * p.bands))
        return value * math.sqrt(0.5) if k == 0 else value

    return {
        "window": ([0.5 - 0.5 * math.cos(2 * math.pi * n / 512) for n in range(512)], 15),
        "cosine": ([math.cos(2 * math.pi * j / 512) for j in range(512)], 15),
        "mel": ([weight(k, b) for k in range(BINS) for b in range(p.bands)], 14),
        "dct": ([dct(n, k) for n in range(p.bands) for k in range(p.coefficients)], 24),
        "log2": ([math.log2(1 + i / 256) for i in range(257)], 20),
    }


def integers(parameters: FrontEndParameters) -> dict[str, list[int]]:
    """Return each table as the specification rounds it."""
    return {
        name: [math.floor(value * 2**bits + 0.5) for value in values]
        for name, (values, bits) in design(parameters).items()
    }


def digest(table: Iterable[int]) -> str:
    """Return the first 16 digits of the SHA-256 of a table as little-endian int32."""
    return hashlib.sha256(b"".join(struct.pack("<i", value) for value in table)).hexdigest()[:16]
