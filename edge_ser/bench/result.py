"""The result of a benchmark, to JSON and back.

The schema is `bench.schema.json` beside this file.  Within a version no field is removed or changes its meaning; new
fields may be added.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from edge_ser.bench import records
from edge_ser.bench.figures import Measurement
from edge_ser.errors import NotAResult

SCHEMA_VERSION: Final = 2


@dataclass(frozen=True)
class Audio:
    """The audio that was heard.

    Attributes:
        name: Name of the recording, without its folder; ``demonstration`` for the bundled one.
        synthesized: Whether it is known to be synthesized speech.
        sha256: Hash of the samples as they were heard.
        rate: Rate at which they were delivered, Hz.
        seconds: Duration, s.
        speech_share: Share of it in utterances that were recognized, 0 to 1.
    """

    name: str
    synthesized: bool
    sha256: str
    rate: int
    seconds: float
    speech_share: float


@dataclass(frozen=True)
class MachineState:
    """The machine at one point in time.

    Attributes:
        clock: Clock of the core that measures, MHz; ``None`` if the system does not report it.
        temperature: Temperature of the processor, degrees Celsius; ``None`` if the system does not report it.
        power: What the firmware of a Raspberry Pi reports about power and throttling; ``None`` on other machines.
        slowed_down: Whether the firmware reports that it slowed down, now or since boot.
        load: Load average over one minute.
    """

    clock: float | None
    temperature: float | None
    power: str | None
    slowed_down: bool
    load: float


@dataclass(frozen=True)
class OtherLoad:
    """Load from other programs during the run.

    Attributes:
        on_our_cores: Share of the measuring cores that other processes took, 0 to 1.
        elsewhere: Share of the other cores that was busy, 0 to 1; 0 if there are none.
        stolen: Share of the measuring cores that the hypervisor gave to other machines, 0 to 1.
    """

    on_our_cores: float
    elsewhere: float
    stolen: float


@dataclass(frozen=True)
class Environment:
    """Where it was measured.

    Attributes:
        board: Model of the machine; ``None`` if it does not report one.
        soc: The system on a chip; ``None`` if the device tree does not name it.
        processor: Model of the cores.
        cores: Number of cores.
        pinned: The cores that measured.
        memory: Main memory, MB.
        kernel: Release of the kernel.
        system: Name of the distribution.
        architecture: As `uname -m` reports it.
        governor: Governor of the clock of the core that measured; ``None`` if there is none.
        python: Version of Python.
        numpy: Version of numpy.
        blas_threads: Values of `OMP_NUM_THREADS` and similar variables, by name; empty if none is set.
        before: The machine before the run.
        after: The machine after the run.
        others: Load from other programs during the run.
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
    before: MachineState
    after: MachineState
    others: OtherLoad


@dataclass(frozen=True)
class BenchmarkResult:
    """The result of a benchmark.

    Attributes:
        date: When it ended, UTC, ISO 8601.
        version: Version of edge-ser.
        audio: The audio that was heard.
        environment: Where it was measured.
        measurements: One per configuration.
        warnings: Why the figures may be wrong, one sentence each.
        notes: What else to know, one sentence each.
    """

    date: str
    version: str
    audio: Audio
    environment: Environment
    measurements: tuple[Measurement, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the result as an object for JSON."""
        fields = asdict(self)
        for measurement, measured in zip(fields["measurements"], self.measurements, strict=True):
            measurement["summary"] = _summary(measured)
        rounded: dict[str, Any] = _rounded({"bench": "edge-ser", "schema": SCHEMA_VERSION} | fields)
        return rounded


def to_json(fields: dict[str, Any]) -> str:
    """Return an object from :meth:`BenchmarkResult.to_dict` as JSON, with a newline at the end."""
    return json.dumps(fields, indent=1) + "\n"


def read(path: Path) -> BenchmarkResult:
    """Read a saved result.

    Raises:
        NotAResult: the file holds none, or one of another version of the schema.
    """
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise NotAResult(f"cannot read {path}: {error.strerror or error}; use a file that --save wrote") from None
    except (ValueError, RecursionError):
        raise NotAResult(f"{path} is not JSON; use a file that `edge-ser bench --save` wrote") from None
    if not isinstance(value, dict) or value.get("bench") != "edge-ser":
        raise NotAResult(f"{path} is not a result of edge-ser bench; use a file that --save wrote")
    if value.get("schema") != SCHEMA_VERSION:
        raise NotAResult(
            f"{path} has version {value.get('schema')} of the result schema, but this edge-ser reads version"
            f" {SCHEMA_VERSION}; measure again and save the new result"
        )
    try:
        result = records.from_json(BenchmarkResult, value, "result")
    except ValueError as error:
        raise NotAResult(f"{path} is damaged: {error}; use a file that --save wrote") from None
    if not result.measurements or not all(measurement.rounds for measurement in result.measurements):
        raise NotAResult(f"{path} is damaged: it holds no rounds; use a file that --save wrote")
    return result


def _summary(measured: Measurement) -> dict[str, Any]:
    """Summarize the rounds for other programs: median latencies, the lowest undisturbed times and costs."""
    return {
        "end_to_end": asdict(measured.latency(lambda one: one.end_to_end)),
        "undisturbed": asdict(measured.undisturbed),
        "block": asdict(measured.latency(lambda one: one.block)),
        "stages": {name: asdict(measured.stage(name)) for name in measured.rounds[0].stages},
        "processor_speech": measured.lowest(lambda one: one.processor_speech),
        "processor_quiet": measured.lowest(lambda one: one.processor_quiet),
        "real_time_factor": measured.lowest(lambda one: one.real_time_factor),
        "real_time_factor_quiet": measured.lowest(lambda one: one.real_time_factor_quiet),
        "overhead": measured.median(lambda one: one.overhead),
        "start_up": asdict(measured.start_up),
        "resident": measured.median(lambda one: one.resident),
        "peak": measured.median(lambda one: one.peak),
    }


def _rounded(value: Any) -> Any:
    """Round floats to six significant digits."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
