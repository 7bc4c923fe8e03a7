"""The interpreter and the model: whether they are there, whether they recognize something, and how fast."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from edge_ser.doctor.result import Finding, State
from edge_ser.settings import ModelSettings

_SECONDS: Final = 4.0
"""Length of the demonstration that is used, s: the speech in it begins in the first second."""

_SLOW: Final = 0.5
"""Processing time per second of audio above which there is a warning, s: other programs need time too."""


def check_interpreter(settings: ModelSettings) -> Finding:
    """Check that an interpreter is installed and works with the installed numpy."""
    from edge_ser.model.interpreter import choose_interpreter

    interpreter = choose_interpreter(settings.interpreter)
    return Finding(State.OK, f"{interpreter.name} {interpreter.version}")


def check_model(settings: ModelSettings) -> Finding:
    """Check that the model recognizes something in the demonstration."""
    from edge_ser.audio import limited
    from edge_ser.events import EmotionEvent
    from edge_ser.model.bundle import read_bundle
    from edge_ser.model.interpreter import choose_interpreter
    from edge_ser.paths import demonstration
    from edge_ser.recognition.pipeline import Pipeline
    from edge_ser.sources.recording import Recording

    bundle = read_bundle(None if settings.file is None else Path(settings.file))
    pipeline = Pipeline.for_model(bundle, choose_interpreter(settings.interpreter))
    pipeline.warm_up()
    with Recording(demonstration()) as recording:
        blocks = list(limited(recording.blocks(), _SECONDS))
    begin = time.perf_counter()
    labels = [event.label for event in pipeline.run(blocks) if isinstance(event, EmotionEvent)]
    work = (time.perf_counter() - begin) / pipeline.position
    return rate_model(settings.file or "the shipped model", labels, work)


def rate_model(name: str, labels: list[str], work: float) -> Finding:
    """Rate what a model recognized in the demonstration.

    Args:
        name: Name of the model in the finding.
        labels: The labels it recognized, in order.
        work: Processing time per second of audio, s.
    """
    if not labels:
        fix = "remove `model.file` from the configuration, to use the model that the package ships"
        return Finding(State.FAILED, f"{name}: recognized nothing in the demonstration, which contains speech", fix)
    found = (
        f"{name}: hears {labels[-1]!r} in the demonstration; {1_000 * work:.0f} ms of processing per second of audio"
    )
    if work > _SLOW:
        fix = "close other programs; see which of them use the processor: top"
        return Finding(State.FAILED if work >= 1 else State.WARNING, found, fix)
    return Finding(State.OK, found)
