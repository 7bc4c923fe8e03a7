"""What several tests of the training side share."""

from __future__ import annotations

from typing import Any

import pytest

from tests.training import voices


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Make features in this process; the list grows by an item a clip."""
    inline = voices.Inline()
    monkeypatch.setattr("training.support.workers.pool", inline.pool)
    return inline.done
