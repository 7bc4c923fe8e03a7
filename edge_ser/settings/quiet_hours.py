"""Quiet hours: a part of each day in which the microphone is closed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True)
class QuietHours:
    """A part of each day, local time; it may go past midnight."""

    start: time
    end: time

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """Read ``HH:MM-HH:MM``.

        Raises:
            ValueError: it is something else.
        """
        match = re.fullmatch(r"\s*(\d\d?:\d\d)\s*-\s*(\d\d?:\d\d)\s*", text)
        if match is None:
            raise ValueError(text)
        start, end = (time(int(hour), int(minute)) for hour, minute in (part.split(":") for part in match.groups()))
        if start == end:
            raise ValueError(text)
        return cls(start, end)

    def contain(self, moment: time) -> bool:
        """Whether a time of day is within; the end is not."""
        if self.start < self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end
