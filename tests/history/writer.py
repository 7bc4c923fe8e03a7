"""A process that writes a history until it is killed and prints what is committed.

Arguments: the file, and the number of the first utterance.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from edge_ser.settings import HistorySettings
from edge_ser.sinks.history import HistorySink
from tests.history.events import utterance

BATCH = 20


def main() -> None:
    path, first = Path(sys.argv[1]), int(sys.argv[2])
    minutes = itertools.count(0, 61)
    with HistorySink(path, HistorySettings(), monotonic=lambda: next(minutes)) as sink:
        for number in itertools.count(first):
            sink.publish(utterance(number))
            if number % BATCH == 0:
                sink.tick()
                print(number, flush=True)


if __name__ == "__main__":
    main()
