"""Fixtures of several tests of the training side."""

from __future__ import annotations

from typing import Any

import pytest

from tests.training import voices


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Compute features in this process; the list gets an item for each clip."""
    inline = voices.Inline()
    monkeypatch.setattr("training.support.workers.pool", inline.pool)
    return inline.done
