"""A made-up corpus for the tests of datasets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training import voices


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A corpus of six speakers with one recording for each of two labels."""
    return voices.corpus(tmp_path / "data" / "mine")
