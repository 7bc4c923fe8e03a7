"""Time spans as people type them, for `mute --for`, `history --since` and others."""

from __future__ import annotations

from datetime import timedelta


def parse_span(text: str) -> timedelta:
    """Parse a time span such as ``90s``, ``30m``, ``2h``, ``1d`` or ``1h30m``.

    Raises:
        ValueError: the text is not a time span, or is zero or longer than a year.
    """
    units = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
    seconds, number = 0, ""
    for character in text.strip().lower():
        if character in units and number:
            seconds += int(number) * units[character]
            number = ""
        elif character.isascii() and character.isdigit():
            number += character
        else:
            raise ValueError(text)
    if number or not 0 < seconds <= 366 * 86_400:
        raise ValueError(text)
    return timedelta(seconds=seconds)
