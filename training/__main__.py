"""``python -m training COMMAND``: corpora, trainings, evaluations, model files."""

from __future__ import annotations

import sys

from edge_ser.cli.main import run
from edge_ser.console import standard_error

if __name__ == "__main__":
    try:
        sys.exit(run(sys.argv[1:], "training", "training.commands"))
    except ModuleNotFoundError as missing:
        standard_error.say(
            f"training: {missing.name} is not installed; install the extra with pip install -e '.[train]'"
        )
        sys.exit(9)
