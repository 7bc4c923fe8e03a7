"""Stopwatches on the stages of a pipeline, which itself knows nothing about them."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any, cast

from edge_ser.events import utc_now
from edge_ser.features.front_end import FrontEnd
from edge_ser.model.bundle import Bundle
from edge_ser.model.interpreter import Interpreter
from edge_ser.model.stream import ModelStream
from edge_ser.recognition.decision import Decision
from edge_ser.recognition.gate import SpeechGate
from edge_ser.recognition.pipeline import Pipeline


class Stopwatch:
    """Adds up the time of each stage since the last reading; a stage that another one calls counts as itself."""

    def __init__(self) -> None:
        self._spent: dict[str, int] = {}
        self._inner = 0  # time of the stages that the running one has called, ns

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with a stopwatch around it."""
        spent, now = self._spent, perf_counter_ns

        def run(*arguments: Any, **options: Any) -> Any:
            before, self._inner = self._inner, 0
            begin = now()
            result = function(*arguments, **options)
            took = now() - begin
            spent[stage] = spent.get(stage, 0) + took - self._inner
            self._inner = before + took
            return result

        return run

    def read(self) -> dict[str, int]:
        """Return the stages that ran and their times, ns, and start over."""
        spent = dict(self._spent)
        self._spent.clear()
        self._inner = 0
        return spent


class Timed:
    """Stands in for an object: the same attributes, and its methods with a stopwatch around them.

    Args:
        stage: Name of the stage that the time counts for.
        inner: The object.
        watch: The stopwatch.
    """

    def __init__(self, stage: str, inner: object, watch: Stopwatch) -> None:
        self._stage, self._inner, self._watch = stage, inner, watch

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if not callable(value):
            return value
        timed = self._watch.timed(self._stage, value)
        setattr(self, name, timed)  # found directly next time
        return timed


def timed_pipeline(bundle: Bundle, interpreter: Interpreter, threads: int, watch: Stopwatch) -> Pipeline:
    """Return the pipeline of :meth:`Pipeline.for_model` with a stopwatch around each stage."""
    stages = {
        "gate": SpeechGate(),
        "features": FrontEnd(bundle.front_end),
        "model": ModelStream(bundle, interpreter, threads),
        "decision": Decision(bundle.labels, bundle.decision),
    }
    gate, front_end, model, decision = (cast(Any, Timed(name, stage, watch)) for name, stage in stages.items())
    return Pipeline(gate, front_end, model, decision, utc_now)
