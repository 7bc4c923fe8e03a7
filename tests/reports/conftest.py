"""What the tests of reports share."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"
"""As a rule, because a small system has no time zone database."""


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let local time be that of Berlin."""
    monkeypatch.setenv("TZ", BERLIN)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
