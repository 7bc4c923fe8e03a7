"""Run inside the emulated Pi: check the golden vectors, mark the cost of a second of audio (README.md).

Needs only Python, numpy and this checkout's ``edge_ser`` and ``tests``; nothing of it depends on the emulator.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy, which reads it once

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "golden")]

import vectors  # noqa: E402
from signals import noise, triangle  # noqa: E402

from edge_ser.features.front_end import FrontEnd  # noqa: E402
from edge_ser.features.log_mel import LogMel  # noqa: E402

SECONDS = 10


def mark(region: int) -> None:
    """Tell the emulator's counter that a region begins: a system call that fails and does nothing."""
    with contextlib.suppress(OSError):
        os.getpriority(os.PRIO_PROCESS, 0x51E5_0000 | region)


def main() -> int:
    """Check, then run: region 1 LogMel in chunks of 100 ms, 2 FrontEnd so, 3 it at once, 4 rfft of the same frames."""
    status = vectors.main()
    length = SECONDS * 16_000
    samples = (noise(length) // 64 + triangle(length, 300, 5_000) // 4).astype(np.int16)
    chunks = np.split(samples, SECONDS * 10)
    parameters = vectors.SETS["default"]
    log_mel, front_end = LogMel(parameters), FrontEnd(parameters)
    frames = np.lib.stride_tricks.sliding_window_view(samples, 512)[::256] * np.hanning(512)

    for _ in range(2):  # the first round fills caches and buffers
        log_mel.reset()
        front_end.reset()
        mark(1)
        for chunk in chunks:
            log_mel.process(chunk)
        mark(2)
        for chunk in chunks:
            front_end.process(chunk)
        mark(3)
        front_end.process(samples)
        mark(4)
        np.fft.rfft(frames)
        mark(5)
    return status


if __name__ == "__main__":
    sys.exit(main())
