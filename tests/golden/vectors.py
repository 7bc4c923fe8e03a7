"""Hashes of the front end's output for the test signals; also rewrites ``front_end.json``.

It needs only numpy and the package, so that it also runs on a Raspberry Pi::

    PYTHONPATH=. python tests/golden/vectors.py           compares
    PYTHONPATH=. python tests/golden/vectors.py --write   rewrites; only after a change of `parameters.VERSION`
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from signals import signals

from edge_ser.features.front_end import FrontEnd
from edge_ser.features.log_mel import LogMel
from edge_ser.features.mfcc import Mfcc
from edge_ser.features.parameters import VERSION, FrontEndParameters

FILE = Path(__file__).with_name("front_end.json")

# These gains saturate some values.
GAINS = tuple(2_500 + 61 * i * i for i in range(40))
SETS = {
    "default": FrontEndParameters(gains=GAINS),
    "25 ms hop, 26 bands, 13 coefficients, range 4": FrontEndParameters(
        hop_samples=400,
        bands=26,
        coefficients=13,
        lower_limit_hz=100.0,
        upper_limit_hz=4_000.0,
        settle_frames=1,
        dynamic_range_log2=4,
        gains=GAINS[27:],
    ),
    "8 kHz, range 40": FrontEndParameters(
        rate=8_000,
        hop_samples=128,
        bands=20,
        coefficients=20,
        upper_limit_hz=2_500.0,
        dynamic_range_log2=40,
        gains=GAINS[20:],
    ),
}


def sha256(array: np.ndarray[Any, Any]) -> str:
    """Hash an array's little-endian bytes."""
    return hashlib.sha256(array.astype(array.dtype.newbyteorder("<")).tobytes()).hexdigest()


def compute() -> dict[str, Any]:
    """Return hashes and the last frame for every signal and set of parameters."""
    found: dict[str, Any] = {"version": VERSION, "sets": {}}
    for set_name, parameters in SETS.items():
        rows = found["sets"][set_name] = {}
        for name, samples in signals():
            log_mel = LogMel(parameters).process(samples)
            mfcc = Mfcc(parameters)
            cepstra = np.concatenate((mfcc.process(log_mel), mfcc.finish())).astype(np.int32)
            front_end = FrontEnd(parameters)
            features = np.concatenate((front_end.process(samples), front_end.finish()))
            rows[name] = {
                "samples": sha256(samples),
                "frames": len(cepstra),
                "log mel": sha256(log_mel),
                "cepstra": sha256(cepstra),
                "features": sha256(features),
            }
            if len(cepstra):
                rows[name]["last frame"] = {"cepstra": cepstra[-1].tolist(), "features": features[-1].tolist()}
    return found


def write(found: dict[str, Any]) -> None:
    """Write the file with one signal per line."""
    sets = []
    for name, rows in found["sets"].items():
        lines = ",\n".join(f"   {json.dumps(key)}: {json.dumps(row)}" for key, row in rows.items())
        sets.append(f"  {json.dumps(name)}: {{\n{lines}\n  }}")
    FILE.write_text(f'{{\n "version": {found["version"]},\n "sets": {{\n' + ",\n".join(sets) + "\n }\n}\n")


def main() -> int:
    """Compare or write; return the exit status, 1 if anything differs."""
    found = compute()
    if "--write" in sys.argv[1:]:
        write(found)
        return 0
    expected = json.loads(FILE.read_text())
    differing = [
        f"{set_name}: {name}"
        for set_name, rows in expected["sets"].items()
        for name, row in rows.items()
        if found["sets"][set_name][name] != row
    ]
    count = sum(map(len, expected["sets"].values()))
    sys.stdout.write("".join(f"differs: {line}\n" for line in differing))
    sys.stdout.write(f"golden vectors: {count - len(differing)} of {count} agree\n")
    return bool(differing)


if __name__ == "__main__":
    sys.exit(main())
