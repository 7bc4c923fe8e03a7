"""Progress bars on standard error: lively on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, Final, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")

_LOG_INTERVAL: Final = 20.0  # s


def bar(of: Iterable[Item] | None, what: str, total: int, unit: str) -> Any:
    """Return a progress bar with the time that is left.

    Args:
        of: What is counted as it is iterated over; ``None`` where :meth:`update` is called.
        what: What is being done.
        total: How many there are.
        unit: What they are.
    """
    interval = 0.1 if sys.stderr is not None and sys.stderr.isatty() else _LOG_INTERVAL
    return tqdm(of, what, total, unit=unit, mininterval=interval, maxinterval=max(10.0, interval), leave=False)
