"""What all tests share: the real recordings, where there are any, and a folder for sockets."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

# How long an example takes says nothing on a busy machine.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

with contextlib.suppress(ImportError):
    # In one process tflite-runtime only works when it is imported before TensorFlow, which some tests need.
    import tflite_runtime.interpreter  # noqa: F401

HOW_TO_GET = (
    "needs real recordings: set EDGE_SER_DATA to a folder with crema-d/, emodb/ and noise/ (docs/researcher.md)"
)


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real recordings; tests that ask for it are skipped, by name and with this reason, without it."""
    folder = os.environ.get("EDGE_SER_DATA")
    if folder and (Path(folder) / "emodb").is_dir():
        return Path(folder).resolve()
    if os.environ.get("EDGE_SER_REQUIRE_DATA"):
        pytest.fail(HOW_TO_GET)
    pytest.skip(HOW_TO_GET)


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder whose path leaves room in the 107 bytes that a socket's may have; pytest's own can be longer."""
    with tempfile.TemporaryDirectory(prefix="edge-ser-") as folder:
        yield Path(folder)
