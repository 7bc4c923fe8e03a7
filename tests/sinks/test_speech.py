"""Spoken labels: only changes, not too often, and never heard by the program's own microphone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.errors import EdgeSerError, InvalidSetting
from edge_ser.settings import ListenSettings
from edge_ser.sinks import speech
from edge_ser.sinks.queued import QueuedSink
from edge_ser.sinks.speech import GAP_SECONDS, LONGEST_SECONDS, RETRY_SECONDS, SpeechSink
from edge_ser.sources.recording import read_samples
from tests.cli.command import DEMONSTRATION, assert_refused, run, start
from tests.end_to_end.reader import Reader
from tests.sinks.events import label, status
from tests.virtual_microphone import pulse_microphone

SETTINGS = ListenSettings()


def program(folder: Path, body: str) -> Path:
    """Write a program with the name of the real one."""
    path = folder / "espeak-ng"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def wait_until_said(sink: SpeechSink) -> None:
    end = time.monotonic() + 10
    while sink.is_speaking:
        assert time.monotonic() < end
        time.sleep(0.01)


def spoken(tmp_path: Path, seconds: float, *labels: str) -> list[str]:
    """Return the spoken words for labels with a given interval, s."""
    clock = Clock()
    words = tmp_path / "words"
    with SpeechSink([str(program(tmp_path, f'echo "$@" >> "{words}"'))], clock) as sink:
        for name in labels:
            sink.publish(label(name))
            wait_until_said(sink)
            clock.now += seconds
            sink.tick()
            wait_until_said(sink)
    return words.read_text().splitlines() if words.exists() else []


def test_only_changes_are_spoken(tmp_path: Path) -> None:
    labels = ("anger", "anger", "uncertain", "anger", "fear", "uncertain", "anger")
    assert spoken(tmp_path, GAP_SECONDS + 1, *labels) == ["-- anger", "-- fear", "-- anger"]


def test_the_latest_of_many_labels_is_spoken_when_due(tmp_path: Path) -> None:
    assert spoken(tmp_path, GAP_SECONDS / 4, "anger", "fear", "disgust", "fear", "anger") == ["-- anger", "-- fear"]


def test_a_label_that_changes_back_is_not_spoken(tmp_path: Path) -> None:
    assert spoken(tmp_path, GAP_SECONDS / 3, "anger", "fear", "anger", "anger") == ["-- anger"]


def test_provisional_labels_and_statuses_are_not_spoken(tmp_path: Path) -> None:
    with SpeechSink([str(program(tmp_path, f'touch "{tmp_path}/spoken"'))]) as sink:
        for event in (label("anger", final=False), status("listening")):
            sink.publish(event)
        assert not sink.is_speaking
    assert not (tmp_path / "spoken").exists()


def test_speaking_is_reported_and_does_not_block(tmp_path: Path) -> None:
    with SpeechSink([str(program(tmp_path, "exec sleep 0.3"))]) as sink:
        assert sink.audible
        began = time.monotonic()
        sink.publish(label("anger"))
        assert time.monotonic() - began < 0.2
        assert sink.is_speaking
        wait_until_said(sink)
    assert not QueuedSink("other", sink).audible


def test_a_hanging_program_is_killed_and_reported(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with SpeechSink([str(program(tmp_path, "exec sleep 60"))], clock) as sink:
        sink.publish(label("anger"))
        clock.now += LONGEST_SECONDS + 1
        sink.tick()
        assert not sink.is_speaking
    assert capfd.readouterr().err == "speech: espeak-ng takes too long; try it by hand: espeak-ng hello\n"


def test_a_program_that_always_hangs_runs_rarely(tmp_path: Path) -> None:
    clock = Clock()
    began, deaf = clock.now, 0
    with SpeechSink([str(program(tmp_path, "exec sleep 60"))], clock) as sink:
        while clock.now < began + 10 * RETRY_SECONDS:  # the label changes every second
            sink.publish(label("anger" if clock.now % 2 else "fear"))
            deaf += sink.is_speaking
            clock.now += 1
    assert 0 < deaf <= 10 * (LONGEST_SECONDS + 1)


def test_each_row_of_failures_is_reported_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    # It fails twice, works once, and fails again.
    program(tmp_path, 'case "$2" in disgust) exit 0;; esac; exit 4')
    clock = Clock()
    with SpeechSink([str(tmp_path / "espeak-ng")], clock) as sink:
        for name in ("anger", "fear", "disgust", "anger"):
            sink.publish(label(name))
            wait_until_said(sink)
            clock.now += RETRY_SECONDS
            sink.tick()
    assert capfd.readouterr().err.count("speech: espeak-ng failed with exit status 4") == 2


def test_a_program_that_vanishes_is_harmless(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with SpeechSink([str(tmp_path / "espeak-ng")]) as sink:
        sink.publish(label("anger"))
        assert not sink.is_speaking
    assert "speech: espeak-ng cannot be run: No such file or directory" in capfd.readouterr().err


def test_ending_waits_for_a_word_but_not_for_long(tmp_path: Path) -> None:
    began = time.monotonic()
    with SpeechSink([str(program(tmp_path, "exec sleep 60"))]) as sink:
        sink.publish(label("anger"))
        process = sink._process
    assert 0.5 < time.monotonic() - began < 3
    assert process is not None
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("uri", ["speech:-x", "speech:a b", "speech:en;ls", "speech:../x"])
def test_an_invalid_voice_is_refused_with_an_example(uri: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        speech.check(uri)
    assert repr(uri) in str(caught.value)
    assert "speech:en-us" in str(caught.value)


@given(st.text())
def test_any_text_is_a_voice_or_an_error(text: str) -> None:
    try:
        speech.check(f"speech:{text}")
    except InvalidSetting as error:
        assert repr(f"speech:{text}") in str(error)


def test_missing_espeak_is_one_line_that_says_what_to_install(tmp_path: Path) -> None:
    done = run("listen", "--input", "demo", "--publish", "speech:", env=os.environ | {"PATH": str(tmp_path)})
    assert_refused(done, EdgeSerError, "sudo apt install espeak-ng")


def test_a_recording_is_not_silenced_by_speech(tmp_path: Path) -> None:
    program(tmp_path, "exec sleep 2")
    env = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert len(run("listen", "--input", "demo", "--publish", "speech:", env=env).stdout.splitlines()) == 5


# The real program ----------------------------------------------------------------------------------------------------


def test_the_real_program_has_voices_and_refuses_others() -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed (Debian package espeak-ng)")
    for uri in ("speech:", "speech:en-us", "speech:cmn"):
        speech.make(uri, SETTINGS, dict)
    with pytest.raises(InvalidSetting, match="speech:nonesuch"):
        speech.make("speech:nonesuch", SETTINGS, dict)


def test_the_real_program_can_be_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed (Debian package espeak-ng)")
    with pulse_microphone(tmp_path) as microphone:
        for key, value in microphone.env.items():
            monkeypatch.setenv(key, value)
        recorder = subprocess.Popen(
            ["parec", "-d", "fake_mic.monitor", "--rate=16000", "--channels=1", "--format=s16le", "--latency-msec=50"],
            stdout=subprocess.PIPE,
        )
        assert recorder.stdout is not None
        recorder.stdout.read(3_200)  # it records
        with speech.make("speech:en", SETTINGS, dict) as sink:
            sink.publish(label("happiness"))
            wait_until_said(sink)
        recorder.terminate()
        heard = recorder.stdout.read()
        recorder.wait()
    samples = np.frombuffer(heard[: len(heard) // 2 * 2], np.int16)
    assert np.count_nonzero(np.abs(samples.astype(int)) > 1_000) > 800  # 50 ms of loud sound at least


def test_the_microphone_does_not_hear_the_speech(tmp_path: Path) -> None:
    """The program speaks a sentence that would be labelled, through a loudspeaker that the microphone hears."""
    sentence = tmp_path / "sentence.wav"
    soundfile.write(sentence, read_samples(DEMONSTRATION)[97_600:148_800], 16_000)
    with tempfile.TemporaryDirectory() as folder, pulse_microphone(tmp_path) as microphone:
        log = tmp_path / "spoken"
        program(
            Path(folder), f'case "$*" in *--stdout*) exit;; esac; paplay -d fake_mic "{sentence}"; echo "$2" >> "{log}"'
        )
        env = microphone.env | {"PATH": f"{folder}:{os.environ['PATH']}"}
        with start("listen", "--format", "json", "--publish", "speech:", env=env) as process:
            out = Reader(process.stdout)
            out.wait_for(lambda event: event.get("status") == "listening")
            time.sleep(1)
            microphone.play(sentence)
            out.wait_for(lambda event: event.get("utterance") == 1 and bool(event["final"]))
            end = time.monotonic() + 20
            while not log.exists():
                assert time.monotonic() < end
                time.sleep(0.1)
            time.sleep(1)  # so that any sound that was heard gets its label
            microphone.play(sentence)  # by another program: that is heard
            out.wait_for(lambda event: event.get("utterance") == 2 and bool(event["final"]))
            process.send_signal(signal.SIGINT)
            process.wait(timeout=10)
            out.join(timeout=5)
    events = [json.loads(line) for line in out.lines]
    first, second = (event for event in events if event.get("final"))
    assert second["start"] - first["end"] > 3  # the speech in between, some 3 s, is silence of the same length
    assert len(log.read_text().split()) >= 1
