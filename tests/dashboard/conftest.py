"""What the tests of the dashboard share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path leaves room in the 107 bytes that a socket's may have."""
    with tempfile.TemporaryDirectory(prefix="edge-ser-") as path:
        yield Path(path)
