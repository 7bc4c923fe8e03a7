"""What the tests of the command share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder whose path leaves room in the 107 bytes that a socket's may have; pytest's own can be longer."""
    with tempfile.TemporaryDirectory(prefix="edge-ser-") as folder:
        yield Path(folder)
