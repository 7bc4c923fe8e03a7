"""What a benchmark found, with the unit of everything, to JSON and back.

The JSON's schema is `bench.schema.json` beside this file.  Within a version a field is never removed nor changes its
meaning; new ones may come.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from edge_ser.bench import records
from edge_ser.bench.figures import Measurement
from edge_ser.errors import NotAResult

SCHEMA_VERSION: Final = 1


@dataclass(frozen=True)
class Audio:
    """What was heard.

    Attributes:
        name: Of the recording, without its folder; ``demonstration`` for the one that the package ships.
        synthesized: Whether it is known to be synthesized speech.
        sha256: Hash of the samples as they were heard.
        rate: At which they came, Hz.
        seconds: How long it is, s.
        speech_share: Share of it within utterances that were recognized, 0 to 1.
    """

    name: str
    synthesized: bool
    sha256: str
    rate: int
    seconds: float
    speech_share: float


@dataclass(frozen=True)
class State:
    """The machine at a moment.

    Attributes:
        clock: Of the core that measures, MHz; ``None`` where the system does not tell.
        temperature: Of the processor, degrees Celsius; ``None`` where the system does not tell.
        power: What a Raspberry Pi's firmware says of its supply and of throttling; ``None`` where none does.
        slowed_down: Whether that is that it was slowed down, now or since it was started.
        load: The system's load average of a minute.
    """

    clock: float | None
    temperature: float | None
    power: str | None
    slowed_down: bool
    load: float


@dataclass(frozen=True)
class Others:
    """What else went on during the run.

    Attributes:
        on_our_cores: Share of the cores that measured, taken by other processes, 0 to 1.
        elsewhere: Share of the other cores that was busy, 0 to 1; 0 where there are none.
        stolen: Share of our cores that the hypervisor gave to other machines, 0 to 1.
    """

    on_our_cores: float
    elsewhere: float
    stolen: float


@dataclass(frozen=True)
class Environment:
    """Where it was measured.

    Attributes:
        board: The machine's model, as it says itself; ``None`` if it does not.
        soc: The system on a chip, where the device tree names it.
        processor: The cores' model.
        cores: How many there are.
        pinned: Those that measured.
        memory: Main memory, MB.
        kernel: Its release.
        system: The distribution.
        architecture: As `uname -m` has it.
        governor: Of the clock, on the core that measured; ``None`` where the system has none.
        python: Its version.
        numpy: Its version.
        blas_threads: What `OMP_NUM_THREADS` and its kin ask for, by variable; empty if none is set.
        before: The machine before the run.
        after: And when it was over.
        others: What else went on.
    """

    board: str | None
    soc: str | None
    processor: str
    cores: int
    pinned: tuple[int, ...]
    memory: int
    kernel: str
    system: str
    architecture: str
    governor: str | None
    python: str
    numpy: str
    blas_threads: dict[str, str]
    before: State
    after: State
    others: Others


@dataclass(frozen=True)
class Result:
    """A benchmark.

    Attributes:
        date: When it ended, UTC, ISO 8601.
        version: Of edge-ser.
        audio: What was heard.
        environment: Where.
        measurements: What was found, one a configuration.
        warnings: Why the figures may be wrong, a sentence each.
        notes: What else should be known, a sentence each.
    """

    date: str
    version: str
    audio: Audio
    environment: Environment
    measurements: tuple[Measurement, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as it stands in JSON."""
        facts = asdict(self)
        for measurement, of in zip(facts["measurements"], self.measurements, strict=True):
            measurement["summary"] = _summary(of)
        rounded: dict[str, Any] = _rounded({"bench": "edge-ser", "schema": SCHEMA_VERSION} | facts)
        return rounded


def to_json(facts: dict[str, Any]) -> str:
    """Return what :meth:`Result.to_dict` made as JSON, with its newline."""
    return json.dumps(facts, indent=1) + "\n"


def read(path: Path) -> Result:
    """Read a result that was saved.

    Raises:
        NotAResult: it is none, or of another version of the schema.
    """
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise NotAResult(f"cannot read {path}: {error.strerror or error}; give a file that --save wrote") from None
    except (ValueError, RecursionError):
        raise NotAResult(f"{path} is not JSON; give a file that `edge-ser bench --save` wrote") from None
    if not isinstance(value, dict) or value.get("bench") != "edge-ser":
        raise NotAResult(f"{path} is no result of edge-ser bench; give a file that --save wrote")
    if value.get("schema") != SCHEMA_VERSION:
        raise NotAResult(
            f"{path} has version {value.get('schema')} of the schema, allowed is {SCHEMA_VERSION}; measure it anew"
        )
    try:
        result = records.make(Result, value, "it")
    except ValueError as error:
        raise NotAResult(f"{path} is damaged: {error}; give a file that --save wrote") from None
    if not result.measurements or not all(measurement.rounds for measurement in result.measurements):
        raise NotAResult(f"{path} is damaged: it holds no round; give a file that --save wrote")
    return result


def _summary(found: Measurement) -> dict[str, Any]:
    """Sum the rounds up, for readers that do not want to: medians of latencies, the lowest of what is undisturbed."""
    return {
        "end_to_end": asdict(found.latency(lambda one: one.end_to_end)),
        "undisturbed": asdict(found.undisturbed),
        "block": asdict(found.latency(lambda one: one.block)),
        "stages": {name: asdict(found.stage(name)) for name in found.rounds[0].stages},
        "processor_speech": found.lowest(lambda one: one.processor_speech),
        "processor_quiet": found.lowest(lambda one: one.processor_quiet),
        "real_time_factor": found.lowest(lambda one: one.real_time_factor),
        "real_time_factor_quiet": found.lowest(lambda one: one.real_time_factor_quiet),
        "overhead": found.median(lambda one: one.overhead),
        "start_up": asdict(found.start_up),
        "resident": found.median(lambda one: one.resident),
        "peak": found.median(lambda one: one.peak),
    }


def _rounded(value: Any) -> Any:
    """Round to what can be meant: six significant digits."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
