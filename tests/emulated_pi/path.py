"""Runs inside the emulated Pi: the whole path on real speech, with a mark at both ends of each stage (README.md).

It is called as ``path.py FOLDER``, with sounds and models that ``count_path.py`` put there.  It needs this checkout,
numpy, click, an interpreter and webrtcvad, but not the emulator, which prints the counts.  Each region runs twice: the
first run fills caches and buffers and is not counted.  The last line of output describes what was counted.
"""

from __future__ import annotations

import ctypes
import importlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy, which reads it once

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "golden"), str(Path(__file__).parent)]

import vectors  # noqa: E402
from counts import CALLS, LEAVING, MARK  # noqa: E402

from edge_ser.audio import BLOCK_SAMPLES, SAMPLE_RATE, Block, Samples  # noqa: E402
from edge_ser.events import utc_now  # noqa: E402
from edge_ser.features.front_end import FrontEnd  # noqa: E402
from edge_ser.listening.session import Session  # noqa: E402
from edge_ser.listening.stop_signals import StopSignals  # noqa: E402
from edge_ser.model.bundle import read_bundle  # noqa: E402
from edge_ser.model.interpreter import INTERPRETERS, choose_interpreter  # noqa: E402
from edge_ser.model.stream import ModelStream  # noqa: E402
from edge_ser.paths import default_model  # noqa: E402
from edge_ser.recognition.decision import Decision  # noqa: E402
from edge_ser.recognition.gate import SpeechGate  # noqa: E402
from edge_ser.recognition.pipeline import Pipeline  # noqa: E402
from edge_ser.settings import InputSettings, ListenSettings, OutputSettings  # noqa: E402
from edge_ser.sinks.json_lines import JsonLinesSink  # noqa: E402
from edge_ser.sources.health import HealthMonitor  # noqa: E402
from edge_ser.sources.resample import Resampler, mix_to_mono  # noqa: E402

BACKEND = choose_interpreter()
MICROPHONE_RATE = 48_000  # Hz; most USB microphones offer this rate, but not 16 kHz
WINDOW_FRAMES = 184  # Light-SERNet's input, 3 s
WINDOW_STEP = SAMPLE_RATE // 2  # step between its windows
PEER_SAMPLES = 5 * SAMPLE_RATE  # its audio; each window costs the same, and takes seconds here


class Regions:
    """Marks the start and end of regions for the emulator's counter.

    Attributes:
        names: Names of the regions, by the number in their marks.
        seconds: Seconds of audio processed by each region.
        silent: Whether to make no marks.
    """

    def __init__(self) -> None:
        self.names = ["nothing"]
        self.seconds: dict[str, float] = {}
        self.silent = False
        self._open = [0]

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Count the ``with`` block as a region, without its inner regions."""
        self._enter(self._number(name))
        yield
        self._leave()

    def metered(self, call: Callable[..., Any], name: str) -> Callable[..., Any]:
        """Wrap a function so that its calls are counted as a region."""
        number = self._number(name)

        def marked(*arguments: Any) -> Any:
            self._enter(number)
            result = call(*arguments)
            self._leave()
            return result

        return marked

    def twice(self, run: Callable[[], Any], name: str, samples: int) -> Any:
        """Run a function once to warm up and once counted; it processes a number of samples at 16 kHz."""
        self.silent = True
        run()
        self.silent = False
        self.seconds[name] = samples / SAMPLE_RATE
        with self(name):
            return run()

    def _number(self, name: str) -> int:
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)

    def _enter(self, number: int) -> None:
        self._open.append(number)
        self._mark(number)

    def _leave(self) -> None:
        self._open.pop()
        self._mark(self._open[-1] | LEAVING)

    def _mark(self, number: int) -> None:
        """Make a system call that fails and does nothing."""
        if not self.silent:
            with suppress(OSError):
                os.getpriority(os.PRIO_PROCESS, MARK | number)


def cost_of_marks(regions: Regions) -> None:
    """Call an empty function with and without marks."""

    def nothing() -> None:
        pass

    def repeat(call: Callable[[], None]) -> None:
        for _ in range(CALLS):
            call()

    marked = regions.metered(nothing, "marks: inside")
    regions.twice(lambda: repeat(nothing), "marks: without", CALLS * SAMPLE_RATE)
    regions.twice(lambda: repeat(marked), "marks: outside", CALLS * SAMPLE_RATE)


def blocks_of(samples: Samples, size: int = BLOCK_SAMPLES) -> list[Samples]:
    """Cut samples into the blocks of a source."""
    return [samples[begin : begin + size] for begin in range(0, len(samples), size)]


def path(regions: Regions, samples: Samples, name: str, by_stage: bool) -> None:
    """Run the pipeline and the output of its events, as a whole or by stage."""
    bundle, sink = read_bundle(), JsonLinesSink()
    gate, front_end = SpeechGate(), FrontEnd(bundle.front_end)
    network, decision = ModelStream(bundle, BACKEND), Decision(bundle.labels, bundle.decision)
    pipeline, blocks = Pipeline(gate, front_end, network, decision, utc_now), blocks_of(samples)
    publish: Callable[..., Any] = sink.publish
    if by_stage:
        publish = regions.metered(publish, f"{name}: publish")
        for stage, calls, called in (
            (gate, ("process", "finish"), "gate"),
            (front_end._log_mel, ("process", "reset"), "log-mel"),
            (front_end._mfcc, ("process", "finish", "reset"), "MFCC"),
            (front_end, ("process", "finish", "reset"), "quantization"),
            (network, ("process", "finish", "reset"), "model"),
            (decision, ("add", "posterior", "reset"), "decision"),
        ):
            for call in calls:
                setattr(stage, call, regions.metered(getattr(stage, call), f"{name}: {called}"))

    def run() -> None:
        for event in pipeline.run(map(Block, blocks)):
            publish(event)

    regions.silent = True
    pipeline.warm_up()
    regions.twice(run, f"{name}: the rest" if by_stage else f"{name}: whole path", len(samples))


def listen(regions: Regions, samples: Samples, name: str) -> None:
    """Run `edge-ser listen --input - --format json`, but for the import of its modules.

    It cannot be marked inside: while it listens it redirects standard error, where the counter prints.
    """
    settings = ListenSettings(input=InputSettings(file="-"), output=OutputSettings(format="json"))

    def run() -> None:
        sys.stdin = SimpleNamespace(buffer=io.BytesIO(samples.tobytes()))  # type: ignore[assignment]
        with StopSignals() as signals:
            Session(settings).run(signals, lambda: settings)

    regions.twice(run, name, len(samples))


def source(regions: Regions, samples: Samples) -> None:
    """Convert buffers of PortAudio as the microphone source does, then check the microphone's health."""
    chunks = [block.repeat(MICROPHONE_RATE // SAMPLE_RATE).tobytes() for block in blocks_of(samples)]

    def resample() -> list[Samples]:
        resampler = Resampler(MICROPHONE_RATE)
        return [resampler.process(mix_to_mono(np.frombuffer(chunk, np.int16).reshape(-1, 1))) for chunk in chunks]

    def watch() -> None:
        health = HealthMonitor()
        for block in blocks:
            health.process(block)

    blocks = regions.twice(resample, "source: 48 kHz to 16 kHz", len(samples))
    regions.twice(watch, "source: health check", len(samples))


def model(regions: Regions, samples: Samples, file: Path) -> None:
    """Run a model alone on half a second of features at a time, as the pipeline does."""
    bundle = read_bundle(file)
    stream, front_end = ModelStream(bundle, BACKEND), FrontEnd(bundle.front_end)
    features = [front_end.process(block) for block in blocks_of(samples, SAMPLE_RATE // 2)]

    def run() -> None:
        stream.reset()
        for some in features:
            stream.process(some)

    regions.twice(run, f"model: {file.stem}", len(samples))


def windows(regions: Regions, samples: Samples) -> list[Any]:
    """Run the front end over a stream and return a sliding window of its output every half second."""
    front_end = FrontEnd(read_bundle().front_end)
    steps = blocks_of(samples, WINDOW_STEP)

    def run() -> list[Any]:
        front_end.reset()
        window = np.zeros((WINDOW_FRAMES, front_end.parameters.coefficients), np.int8)
        kept = []
        for step in steps:
            window = np.concatenate((window, front_end.process(step)))[-WINDOW_FRAMES:]
            kept.append(window[None, :, :, None].astype(np.float32))
        return kept

    kept: list[Any] = regions.twice(run, "peer: front end", len(samples))
    return kept


def light_sernet(regions: Regions, kept: list[Any], file: Path, delegates: bool) -> None:
    """Run Light-SERNet on windows, with the interpreter's default delegates, or without as this package does."""
    module = importlib.import_module(INTERPRETERS[BACKEND.name].module)
    content = file.read_bytes()
    if delegates:
        interpreter = module.Interpreter(model_content=content, num_threads=1)
        interpreter.allocate_tensors()
    else:
        interpreter = BACKEND.load(content)
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()

    def run() -> None:
        for window in kept:
            interpreter.set_tensor(taken["index"], window)
            interpreter.invoke()
            interpreter.get_tensor(given["index"])

    name = f"peer: {file.stem}{', default delegates' if delegates else ''}"
    regions.twice(run, name, len(kept) * WINDOW_STEP)


def facts() -> dict[str, Any]:
    """Return the versions and processor features that determine the counted code."""
    from importlib.metadata import version

    (library,) = Path(np.__file__).parents[1].glob("numpy.libs/libopenblas*")
    core = ctypes.CDLL(str(library)).openblas_get_corename64_
    core.restype = ctypes.c_char_p
    names = "numpy", "webrtcvad-wheels"
    return {
        "Python": sys.version.split()[0],
        **{name: version(name) for name in names},
        BACKEND.name: BACKEND.version,
        "OpenBLAS kernels": core().decode(),
        "numpy's CPU features": [k for k, there in np.core._multiarray_umath.__cpu_features__.items() if there],
    }


def main() -> int:
    """Check the golden vectors, run all regions, and print what was counted."""
    folder = Path(sys.argv[1])
    status = vectors.main()
    regions = Regions()
    cost_of_marks(regions)
    speech, quiet = np.load(folder / "speech.npy"), np.load(folder / "quiet.npy")
    for name, samples in (("speech", speech), ("quiet", quiet)):
        for by_stage in False, True:
            path(regions, samples, name, by_stage)
        listen(regions, samples, f"{name}: listen")
    listen(regions, quiet[:BLOCK_SAMPLES], "listen: to a block")
    source(regions, speech)
    for file in sorted(default_model().parent.glob("*.tflite")):
        model(regions, speech, file)
    kept = windows(regions, speech[:PEER_SAMPLES])
    for file in sorted(folder.glob("light-sernet-*.tflite")):
        for delegates in False, True:
            light_sernet(regions, kept, file, delegates)
    print(json.dumps({"regions": regions.names, "seconds": regions.seconds, "facts": facts()}))
    return status


if __name__ == "__main__":
    sys.exit(main())
