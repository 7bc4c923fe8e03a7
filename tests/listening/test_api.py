"""The Python API: its documented examples run, and a listener ends cleanly however it is left."""

from __future__ import annotations

import doctest
import gc
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import edge_ser
from edge_ser.errors import EdgeSerError, InvalidSetting, RecordingMissing
from edge_ser.events import EmotionEvent, StatusEvent
from edge_ser.listening import listener, recognizer
from edge_ser.listening.listener import Listener
from edge_ser.listening.recognizer import EmotionRecognizer
from edge_ser.paths import demonstration
from tests.virtual_microphone import file_microphone

_DESCRIPTORS = Path("/proc/self/fd")


def open_files() -> int:
    gc.collect()
    return sum(os.path.realpath(link) == str(demonstration().resolve()) for link in _DESCRIPTORS.iterdir())


def test_the_examples_in_the_documentation_work() -> None:
    done = [doctest.testmod(module) for module in (edge_ser, listener, recognizer)]
    assert all(result.attempted >= 2 for result in done)
    assert sum(result.failed for result in done) == 0


def test_importing_the_package_imports_nothing_else() -> None:
    # Ctrl-C during an import would end the command with a traceback, until `main` has dealt with it.
    program = (
        f"import sys; sys.path.insert(0, {str(Path(edge_ser.__file__).parents[1])!r}); before = set(sys.modules); "
        "import edge_ser; print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-IS", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["__future__", "edge_ser"]


def test_a_listener_and_a_recognizer_agree() -> None:
    events = list(Listener(input=demonstration()))
    first, *between, last = events
    assert isinstance(first, StatusEvent)
    assert isinstance(last, StatusEvent)
    assert (first.status, last.status) == ("listening", "stopped")
    finals = [event for event in between if isinstance(event, EmotionEvent) and event.final]
    segments = EmotionRecognizer().classify(demonstration()).segments
    assert [(event.start, event.label) for event in finals] == [(part.start, part.label) for part in segments]


def test_break_closes_the_recording() -> None:
    before = open_files()
    for event in Listener(input="demo"):
        assert open_files() == before + 1
        if isinstance(event, EmotionEvent):
            break
    del event
    assert open_files() == before


def test_leaving_with_closes_the_listener() -> None:
    before = open_files()
    with Listener(input="demo") as listener:
        for event in listener:
            if isinstance(event, EmotionEvent):
                break
        assert isinstance(next(listener), EmotionEvent)  # it continues
        assert open_files() == before + 1
    assert open_files() == before
    assert list(listener) == []


def test_an_unused_listener_is_closed_too() -> None:
    before = open_files()
    with Listener(input="demo") as listener:
        assert open_files() == before + 1
    assert open_files() == before
    assert list(listener) == []


def test_duration_ends_listening_early() -> None:
    *_, final, last = Listener(input="demo", duration=3.0)
    assert isinstance(final, EmotionEvent)
    assert final.final
    assert isinstance(last, StatusEvent)
    assert last.position == 3.0


def test_invalid_arguments_are_named() -> None:
    with pytest.raises(RecordingMissing, match=r"nowhere\.wav"):
        Listener(input="nowhere.wav")
    with pytest.raises(InvalidSetting, match=r"input\.duration = -1"):
        Listener(input="demo", duration=-1)
    with pytest.raises(InvalidSetting, match="allowed is one"):
        Listener(input="demo", device="USB")
    with pytest.raises(EdgeSerError, match=r"none\.tflite"):
        Listener(input="demo", model="none.tflite")


FIVE_LINES = """
from edge_ser import EmotionEvent, Listener
for event in Listener(device="default", duration=0.5):
    print(event.status, event.message)
"""


def test_a_microphone_takes_a_few_lines(tmp_path: Path) -> None:
    env = file_microphone(tmp_path, np.zeros(16_000, np.int16))
    done = subprocess.run(
        [sys.executable, "-c", FIVE_LINES], env=env, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == ["listening listening to default", "stopped stopped: 0.5 s are over"]


def test_no_microphone_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    env = file_microphone(tmp_path, np.zeros(16_000, np.int16))
    program = FIVE_LINES.replace("default", "no such one")
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "UnknownMicrophone: " in done.stderr.splitlines()[-1]


def test_an_unknown_interpreter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidSetting, match=r"model\.interpreter = nonesuch: allowed are tflite-runtime, litert"):
        Listener(input="demo", interpreter="nonesuch")
