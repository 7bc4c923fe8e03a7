"""Why figures may be wrong, and what else to know about them.  Pure: parts of a result in, sentences out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from edge_ser.bench.figures import Measurement
from edge_ser.bench.result import Audio, Environment

_OTHERS: Final = 0.02
"""Share of our cores that other processes may take without a warning."""

_STOLEN: Final = 0.01
"""Share of our cores that a hypervisor may take without a warning."""

_ELSEWHERE: Final = 0.5
"""Share of the other cores that may be busy without a warning: they share caches, memory and heat with ours."""

_MOVED: Final = 1.05
"""Ratio of the fastest to the slowest clock above which there is a warning."""

_HOT: Final = 80.0
"""Temperature at which processors start to slow down, degrees Celsius."""


def computes_wrongly(form: str, interpreter: str) -> bool:
    """Whether an interpreter is known to compute a form of model wrongly: dynamic-range convolutions."""
    return (form, interpreter) == ("dynamic", "tflite-runtime")


def warnings(environment: Environment, measurements: Sequence[Measurement]) -> tuple[str, ...]:
    """Return why the figures may be wrong, one sentence each."""
    return (
        *_machine_warnings(environment),
        *_clock_warnings(environment, measurements),
        *_model_warnings(measurements),
    )


def notes(audio: Audio) -> tuple[str, ...]:
    """Return what to know about the audio, one sentence each."""
    notes = [
        f"{audio.seconds:g} s of {audio.name}, {audio.speech_share:.0%} of it in utterances, at {audio.rate} Hz as a"
        " microphone delivers it"
    ]
    if audio.synthesized:
        notes.append("this is the bundled synthesized speech; use your own recording with --input")
    return tuple(notes)


def _machine_warnings(environment: Environment) -> list[str]:
    warnings, others = [], environment.others
    if others.on_our_cores > _OTHERS:
        warnings.append(
            f"the machine was busy: other processes took {others.on_our_cores:.0%} of the core that measured; stop them"
            " and measure again"
        )
    if others.elsewhere > _ELSEWHERE:
        warnings.append(
            f"the machine was busy: its other cores were in use {others.elsewhere:.0%} of the time, and they share"
            " caches and memory with the one that measured"
        )
    if others.stolen > _STOLEN:
        warnings.append(f"the hypervisor gave {others.stolen:.1%} of our core to other machines")
    before, after = environment.before, environment.after
    if after.slowed_down:
        warnings.append(f"the Raspberry Pi was slowed down: {after.power}")
    if after.temperature is not None and after.temperature >= _HOT:
        was = "" if before.temperature is None else f", up from {before.temperature:.0f}"
        warnings.append(f"the processor is hot, {after.temperature:.0f} degrees Celsius{was}, and slows down")
    return warnings


def _clock_warnings(environment: Environment, measurements: Sequence[Measurement]) -> list[str]:
    clocks = [round_.clock for one in measurements for round_ in one.rounds if round_.clock is not None]
    if not clocks or max(clocks) <= min(clocks) * _MOVED:
        return []
    governor = "" if environment.governor is None else f" (governor {environment.governor})"
    return [
        f"the clock varied between {min(clocks):.0f} and {max(clocks):.0f} MHz{governor}; for steady figures: sudo sh"
        f" -c 'echo performance > /sys/devices/system/cpu/cpu{environment.pinned[0]}/cpufreq/scaling_governor'"
    ]


def _model_warnings(measurements: Sequence[Measurement]) -> list[str]:
    warnings = []
    first = measurements[0]
    for one in measurements:
        configuration = one.configuration
        if computes_wrongly(configuration.form, configuration.interpreter):
            warnings.append(
                f"{configuration.name}: tflite-runtime computes 2-D convolutions of dynamic-range models wrongly, so"
                " this is the time of wrong answers; use litert"
            )
        elif one.labels != first.labels:
            warnings.append(
                f"{configuration.name}: {_differing(one.labels, first.labels)} of"
                f" {max(len(one.labels), len(first.labels))} labels differ from the first configuration"
            )
    return warnings


def _differing(some: Sequence[str], others: Sequence[str]) -> int:
    longest = max(len(some), len(others))
    return longest - sum(a == b for a, b in zip(some, others, strict=False))
