"""Quiet hours: a daily period in which the microphone is closed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True)
class QuietHours:
    """A daily period, local time, which may extend past midnight.

    Attributes:
        start: First moment of the period.
        end: First moment after the period.
    """

    start: time
    end: time

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """Parse ``HH:MM-HH:MM``.

        Raises:
            ValueError: the text has another format, or the period is empty.
        """
        match = re.fullmatch(r"\s*(\d\d?:\d\d)\s*-\s*(\d\d?:\d\d)\s*", text)
        if match is None:
            raise ValueError(text)
        start, end = (time(int(hour), int(minute)) for hour, minute in (part.split(":") for part in match.groups()))
        if start == end:
            raise ValueError(text)
        return cls(start, end)

    def __contains__(self, moment: time) -> bool:
        """Whether a time of day is within the period, its end excluded."""
        if self.start < self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end
