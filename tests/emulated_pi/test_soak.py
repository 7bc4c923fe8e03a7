"""A short soak test: no missed utterance, no drift, no growth."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_a_quarter_of_an_hour_of_speech_is_stable(data: Path) -> None:
    command = [sys.executable, Path(__file__).with_name("soak.py"), "--hours", "0.25"]
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"EDGE_SER_DATA": str(data)}, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\nok soak: ") == 5
