"""What the tests of the dashboard share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a path short enough for a socket, which may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="edge-ser-") as path:
        yield Path(path)
