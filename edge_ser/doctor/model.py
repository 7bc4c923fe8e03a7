"""The interpreter and the model: not only that they are there, but that they tell emotions, and fast enough."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from edge_ser.doctor.result import Finding, State
from edge_ser.settings import ModelSettings

_SECONDS: Final = 4.0
"""How much of the demonstration is listened to, s: somebody speaks in it from the first second on."""

_SLOW: Final = 0.5
"""Work for a second of sound from which it is said, s: other programs need some time too."""


def interpreter(settings: ModelSettings) -> Finding:
    """Check that an interpreter is installed and works with the installed numpy."""
    from edge_ser.model.interpreter import choose_interpreter

    interpreter = choose_interpreter(settings.interpreter)
    return Finding(State.OK, f"{interpreter.name} {interpreter.version}")


def model(settings: ModelSettings) -> Finding:
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
    events = [event for block in blocks for event in pipeline.process(block)]
    events += pipeline.finish()
    work = (time.perf_counter() - begin) / pipeline.position
    labels = [event.label for event in events if isinstance(event, EmotionEvent)]
    return judge_model(settings.file or "the shipped one", labels, work)


def judge_model(name: str, labels: list[str], work: float) -> Finding:
    """Judge what a model made of the demonstration.

    Args:
        name: What to call the model.
        labels: What it recognized, in turn.
        work: How long it worked for a second of sound, s.
    """
    if not labels:
        fix = "leave `model.file` out of the configuration, which then uses the model that the package ships"
        return Finding(State.FAILED, f"{name}: recognized nothing in the demonstration, where somebody speaks", fix)
    found = f"{name}: hears {labels[-1]!r} in the demonstration; {1_000 * work:.0f} ms of work a second of sound"
    if work > _SLOW:
        fix = "end other programs; see which need the processor with: top"
        return Finding(State.FAILED if work >= 1 else State.WARNING, found, fix)
    return Finding(State.OK, found)
