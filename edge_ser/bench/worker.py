"""The measuring process, a fresh one each time: its job as JSON on standard input, its answer on standard output.

A process of its own has its own memory and its own memory layout, and two interpreters would interfere in one process.
"""

from __future__ import annotations

import time

BEGUN = time.monotonic_ns()  # before any module of ours is loaded

import json  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
from dataclasses import asdict  # noqa: E402


def main() -> None:
    """Do the job."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches the whole group; the parent reports it
    out = os.fdopen(os.dup(1), "w")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)  # events are written as `listen` writes them, to nowhere
    os.close(null)
    from edge_ser.bench import measure, records
    from edge_ser.bench.job import Failure, Job, Outcome
    from edge_ser.errors import EdgeSerError

    answer: Outcome | Failure
    try:
        answer = measure.measure(records.from_json(Job, json.load(sys.stdin), "job"), BEGUN)
    except EdgeSerError as error:
        answer = Failure(type(error).__name__, str(error))
    with out:
        json.dump(asdict(answer), out)


if __name__ == "__main__":
    main()
