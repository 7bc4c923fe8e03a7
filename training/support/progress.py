"""Progress bars on standard error: updated often on a terminal, every 20 s in a log."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, Final, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")

_LOG_INTERVAL: Final = 20.0  # s


def bar(items: Iterable[Item] | None, title: str, total: int, unit: str) -> Any:
    """Return a progress bar that shows the remaining time.

    Args:
        items: Counted as they are iterated over; ``None`` if :meth:`update` is called instead.
        title: Text in front of the bar.
        total: Number of items.
        unit: Name of an item.
    """
    interval = 0.1 if sys.stderr is not None and sys.stderr.isatty() else _LOG_INTERVAL
    return tqdm(items, title, total, unit=unit, mininterval=interval, maxinterval=max(10.0, interval), leave=False)
