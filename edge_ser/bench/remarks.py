"""Why figures may be wrong, and what else is to be known of them.  Pure: a result's parts in, sentences out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from edge_ser.bench.figures import Measurement
from edge_ser.bench.result import Audio, Environment

_OTHERS: Final = 0.02
"""Share of our cores that others may take before the figures are doubted."""

_STOLEN: Final = 0.01
"""Share of our cores that a hypervisor may take away."""

_ELSEWHERE: Final = 0.5
"""Share of the other cores that may be busy: they share caches, memory and heat with ours."""

_MOVED: Final = 1.05
"""Ratio of the fastest to the slowest clock from which it counts as moved."""

_HOT: Final = 80.0
"""From here on processors slow themselves down, degrees Celsius."""


def wrong(form: str, interpreter: str) -> bool:
    """Whether an interpreter is known to compute a form of model wrongly: its convolutions of dynamic range."""
    return (form, interpreter) == ("dynamic", "tflite-runtime")


def warnings(environment: Environment, measurements: Sequence[Measurement]) -> tuple[str, ...]:
    """Return why the figures may be wrong."""
    return (*_of_the_machine(environment), *_of_the_clock(environment, measurements), *_of_the_models(measurements))


def notes(audio: Audio) -> tuple[str, ...]:
    """Return what is to be known of the audio."""
    said = [
        f"{audio.seconds:g} s of {audio.name}, {audio.speech_share:.0%} of it within utterances, at {audio.rate} Hz as "
        "a microphone delivers it"
    ]
    if audio.synthesized:
        said.append("synthesized speech that the package ships; give a recording of yours by --input")
    return tuple(said)


def _of_the_machine(environment: Environment) -> list[str]:
    found, others = [], environment.others
    if others.on_our_cores > _OTHERS:
        found.append(
            f"the machine was busy: other processes took {others.on_our_cores:.0%} of the core that measured; end them "
            "and measure again"
        )
    if others.elsewhere > _ELSEWHERE:
        found.append(
            f"the machine was busy: its other cores were in use for {others.elsewhere:.0%} of the time, and share"
            " caches and memory with the one that measured"
        )
    if others.stolen > _STOLEN:
        found.append(f"the hypervisor gave {others.stolen:.1%} of our core to other machines")
    before, after = environment.before, environment.after
    if after.slowed_down:
        found.append(f"the Raspberry Pi was slowed down: {after.power}")
    if after.temperature is not None and after.temperature >= _HOT:
        was = "" if before.temperature is None else f", from {before.temperature:.0f}"
        found.append(f"the processor is hot, {after.temperature:.0f} degrees Celsius{was}; it slows itself down")
    return found


def _of_the_clock(environment: Environment, measurements: Sequence[Measurement]) -> list[str]:
    clocks = [found.clock for one in measurements for found in one.rounds if found.clock is not None]
    if not clocks or max(clocks) <= min(clocks) * _MOVED:
        return []
    governor = "" if environment.governor is None else f" (governor {environment.governor})"
    return [
        f"the clock moved between {min(clocks):.0f} and {max(clocks):.0f} MHz{governor}; for steady figures: sudo sh"
        f" -c 'echo performance > /sys/devices/system/cpu/cpu{environment.pinned[0]}/cpufreq/scaling_governor'"
    ]


def _of_the_models(measurements: Sequence[Measurement]) -> list[str]:
    found = []
    first = measurements[0]
    for one in measurements:
        kind = one.configuration
        if wrong(kind.form, kind.interpreter):
            found.append(
                f"{kind.name}: tflite-runtime computes 2-D convolutions of dynamic-range models wrongly, so that this"
                " is the time of wrong answers; take litert"
            )
        elif one.labels != first.labels:
            found.append(
                f"{kind.name}: hears otherwise than the first, {_differing(one.labels, first.labels)} of"
                f" {max(len(one.labels), len(first.labels))} labels differ"
            )
    return found


def _differing(some: Sequence[str], others: Sequence[str]) -> int:
    longest = max(len(some), len(others))
    return longest - sum(a == b for a, b in zip(some, others, strict=False))
