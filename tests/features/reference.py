"""Compiles and runs ``reference/mfcc_reference.c``."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge_ser.features.parameters import FrontEndParameters

SOURCE = Path(__file__).parent / "reference" / "mfcc_reference.c"


def compiler() -> str | None:
    """Return the C compiler of the system, if any."""
    return shutil.which("cc") or shutil.which("gcc")


class Reference:
    """The C program for one set of parameters.

    Args:
        folder: Folder for the program and its tables.
        parameters: Parameters of the front end, with gains.
        tables: The integer tables of SPEC.md, by name.
    """

    def __init__(self, folder: Path, parameters: FrontEndParameters, tables: dict[str, list[int]]) -> None:
        self._parameters = parameters
        self._program = folder / "mfcc_reference"
        self._tables = folder / "tables.txt"
        warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
        subprocess.run([compiler(), "-std=c11", "-O2", *warnings, "-o", self._program, SOURCE], check=True)
        p = parameters
        numbers = [p.hop_samples, p.bands, p.coefficients, p.settle_frames, p.dynamic_range_log2]
        for name in ("window", "cosine", "mel", "dct", "log2"):
            numbers += tables[name]
        self._tables.write_text("\n".join(map(str, [*numbers, *p.gains])))

    def run(
        self, samples: npt.NDArray[np.int16]
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int8]]:
        """Return log-mel, normalized cepstra and features of one utterance, one row per frame."""
        output = subprocess.run([self._program, self._tables], input=samples.tobytes(), capture_output=True, check=True)
        bands, width = self._parameters.bands, self._parameters.coefficients
        frames = len(output.stdout) // (4 * bands + 5 * width)
        log_mel = np.frombuffer(output.stdout, np.int32, frames * bands)
        cepstra = np.frombuffer(output.stdout, np.int32, frames * width, 4 * frames * bands)
        features = np.frombuffer(output.stdout, np.int8, frames * width, 4 * frames * (bands + width))
        return log_mel.reshape(-1, bands), cepstra.reshape(-1, width), features.reshape(-1, width)
