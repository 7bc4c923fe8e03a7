"""Made-up results of benchmarks."""

from __future__ import annotations

from collections.abc import Sequence

from edge_ser.bench.figures import STAGES, Configuration, Latency, Measurement, Paced, Round, Stage, StartUp, Streams
from edge_ser.bench.result import Audio, BenchmarkResult, Environment, MachineState, OtherLoad

STEADY = MachineState(clock=1800.0, temperature=50.0, power=None, slowed_down=False, load=0.1)
ALONE = OtherLoad(on_our_cores=0.0, elsewhere=0.01, stolen=0.0)


def latency(scale: float = 1.0) -> Latency:
    return Latency(2.0 * scale, 1.0 * scale, 1.5 * scale, 1.6 * scale, 1.8 * scale, 3.0 * scale, 100)


def one_round(scale: float = 1.0, clock: float | None = 1800.0, listening: float | None = 300.0) -> Round:
    return Round(
        end_to_end=latency(scale),
        undisturbed=latency(0.9 * scale),
        block=latency(0.1 * scale),
        stages={name: Stage(latency(scale / 10), 0.3 * scale, 1 / len(STAGES)) for name in STAGES},
        processor_speech=2.0 * scale,
        processor_quiet=0.5 * scale,
        wall_speech=2.1 * scale,
        wall_quiet=0.6 * scale,
        overhead=0.02,
        start_up=StartUp(20.0, 200.0, 4.0, 3.0, listening),
        resident=45.0,
        peak=50.0,
        page_faults=100,
        context_switches=3,
        clock=clock,
    )


def measurement(
    scales: Sequence[float] = (1.0, 1.01, 0.99, 1.02, 0.98),
    interpreter: str = "litert",
    form: str = "int8",
    labels: tuple[str, ...] = ("anger", "fear"),
    clocks: Sequence[float | None] = (1800.0,),
    listening: float | None = 300.0,
    more: bool = False,
) -> Measurement:
    rounds = [one_round(scale, clocks[i % len(clocks)], listening) for i, scale in enumerate(scales)]
    return Measurement(
        Configuration("default.tflite", form, "0" * 64, 68_232, 56_919, 1_794_750, interpreter, "2.0", 1),
        tuple(rounds),
        labels,
        Paced(latency(), latency(), latency(), 2.5, 7) if more else None,
        Streams(450, True, latency(50.0), 100.0, True) if more else None,
    )


def environment(
    before: MachineState = STEADY,
    after: MachineState = STEADY,
    others: OtherLoad = ALONE,
    processor: str = "Cortex-A72",
) -> Environment:
    return Environment(
        "Raspberry Pi 4 Model B Rev 1.4", "brcm,bcm2711", processor, 4, (3,), 3_900, "6.6", "Debian GNU/Linux 12",
        "aarch64", "ondemand", "3.11.2", "1.26.4", {}, before, after, others,
    )  # fmt: skip


def result(
    *measurements: Measurement,
    warnings: tuple[str, ...] = (),
    where: Environment | None = None,
    sha256: str = "a" * 64,
) -> BenchmarkResult:
    return BenchmarkResult(
        date="2026-01-02T03:04:05Z",
        version="0.1.0",
        audio=Audio("demonstration", True, sha256, 48_000, 60.0, 0.73),
        environment=where or environment(),
        measurements=measurements or (measurement(),),
        warnings=warnings,
        notes=("60 s of demonstration",),
    )
