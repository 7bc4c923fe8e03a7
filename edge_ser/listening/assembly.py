"""Making the source and the pipeline from settings, for the command and for Python programs alike."""

from __future__ import annotations

import sys
from pathlib import Path

from edge_ser.audio import Source
from edge_ser.errors import RecordingUnreadable
from edge_ser.model.bundle import read_bundle
from edge_ser.model.interpreter import choose_interpreter
from edge_ser.paths import demonstration
from edge_ser.recognition.pipeline import Pipeline
from edge_ser.settings import ListenSettings


def make_source(settings: ListenSettings) -> Source:
    """Make the source, which is opened on entry.

    Raises:
        EdgeSerError: it cannot be used; the message says what to do.
    """
    given = settings.input
    if given.file == "-":
        from edge_ser.sources.pcm import PcmStream

        if sys.stdin is None:  # it was closed when the process started
            raise RecordingUnreadable("standard input: is closed; pipe raw 16-bit PCM in, or give a file's name")
        return PcmStream(sys.stdin.buffer, given.rate, given.channels)
    if given.file is not None:
        from edge_ser.sources.recording import Recording

        return Recording(demonstration() if given.file == "demo" else Path(given.file), realtime=given.realtime)
    from edge_ser.mute import MuteSwitch, local_now
    from edge_ser.sources.microphone import Microphone
    from edge_ser.sources.persistent import PersistentMicrophone

    switch = MuteSwitch(settings.privacy, local_now)
    return PersistentMicrophone(lambda: Microphone(settings.microphone), switch.reason, wait=settings.microphone.wait)


def make_pipeline(settings: ListenSettings) -> Pipeline:
    """Read the model, choose its interpreter, and make the pipeline.

    Raises:
        EdgeSerError: the model or the interpreter cannot be used; the message says what to do.
    """
    interpreter = choose_interpreter(settings.model.interpreter)
    return Pipeline.for_model(read_bundle(settings.model.file), interpreter, settings.gate)
