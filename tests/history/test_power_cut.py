"""Whatever ends the writer, at any point of a write: the file is intact, and at most the last batch is missing."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_ser.history import reading
from edge_ser.history.store import Store
from edge_ser.settings import HistorySettings
from tests.history.events import NOON, utterance
from tests.history.writer import BATCH

ROOT = Path(__file__).parents[2]
ROUNDS = 8


def numbers(path: Path) -> list[int]:
    long_ago, far_off = datetime(2000, 1, 1, tzinfo=timezone.utc), datetime(2100, 1, 1, tzinfo=timezone.utc)
    return [event.utterance for event in reading.read(path, long_ago, far_off)]  # type: ignore[union-attr]


def test_killed_writer_loses_at_most_the_last_batch(tmp_path: Path) -> None:
    path, kept = tmp_path / "history.sqlite", 0
    rng = random.Random(11)
    for _ in range(ROUNDS):
        command = [sys.executable, "-m", "tests.history.writer", str(path), str(kept + 1)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            first = writer.stdout.readline()
            time.sleep(rng.uniform(0, 0.15))
            writer.kill()
            *_, committed, _ = f"{first}{writer.stdout.read()}".split("\n")  # the last may be half a line
        found = numbers(path)
        assert found == list(range(1, len(found) + 1))
        assert int(committed) <= len(found) <= int(committed) + BATCH
        kept = len(found)
    assert kept > ROUNDS * BATCH
    Store(path, HistorySettings(), lambda: NOON).close()  # checks every page


@pytest.fixture(scope="module")
def running() -> tuple[bytes, bytes]:
    """A file and its log while a writer has them open: ten batches of three utterances."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.sqlite"
        store = Store(path, HistorySettings(), lambda: NOON)
        for batch in range(10):
            store.write([utterance(3 * batch + number) for number in range(3)])
        found = path.read_bytes(), Path(f"{path}-wal").read_bytes()
        store.close()
    return found


@settings(max_examples=40)
@given(cut=st.floats(0, 1), tail=st.sampled_from(["nothing", "zeros", "noise"]))
def test_torn_log_gives_whole_batches(running: tuple[bytes, bytes], cut: float, tail: str) -> None:
    database, log = running
    length = round(cut * len(log))
    lost = len(log) - length
    ending = {"nothing": b"", "zeros": bytes(lost), "noise": random.Random(lost).randbytes(lost)}[tail]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.sqlite"
        path.write_bytes(database)
        Path(f"{path}-wal").write_bytes(log[:length] + ending)
        store = Store(path, HistorySettings(), lambda: NOON)
        store.write([utterance(99)])
        store.close()
        *found, last = numbers(path)
    assert last == 99
    assert len(found) % 3 == 0
    assert found == list(range(len(found)))
    if not lost:
        assert len(found) == 30


def test_stopped_writer_does_not_block_readers(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    command = [sys.executable, "-m", "tests.history.writer", str(path), "1"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        os.kill(writer.pid, 19)  # SIGSTOP
        assert len(numbers(path)) >= BATCH
        writer.kill()
