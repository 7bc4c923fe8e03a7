"""Fixtures of the tests of `edge-ser doctor`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doctor import simulated_pi


@pytest.fixture
def pi(tmp_path: Path) -> Path:
    """The root folder of a Raspberry Pi with a USB microphone that the service has opened."""
    return simulated_pi.make(tmp_path)
