"""What is timed from samples to a decision: edge-ser, Light-SERNet and openSMILE with a support vector machine.

Everything begins with samples in memory and takes them as its users would: edge-ser and Light-SERNet a microphone's
block after the other, openSMILE an utterance at a time.  Functions return works for :mod:`training.benchmarks.rounds`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edge_ser.audio import BLOCK_SAMPLES, SAMPLE_RATE, Block, Samples
from edge_ser.errors import InterpreterMissing
from edge_ser.events import EmotionEvent, to_json_line
from edge_ser.features.front_end import FrontEnd
from edge_ser.listening.assembly import pipeline_of
from edge_ser.model.bundle import Bundle
from edge_ser.model.interpreter import INTERPRETERS, Interpreter, choose_interpreter
from edge_ser.model.stream import ModelStream
from edge_ser.settings import ListenSettings
from training.benchmarks.rounds import Work

Int8 = npt.NDArray[np.int8]

WHOLE: Final = "edge-ser, speech"
QUIET: Final = "edge-ser, nobody speaks"
MODEL: Final = "edge-ser's model"
OPENSMILE: Final = "openSMILE eGeMAPSv02 and a linear SVM"

_TOGETHER: Final = ("tflite-runtime", "litert")
"""Interpreters that get on with each other in one process; TensorFlow's crashes beside tflite-runtime."""

_HOP_BLOCKS: Final = SAMPLE_RATE // 2 // BLOCK_SAMPLES
"""Blocks from one window of Light-SERNet to the next: half a second, as often as edge-ser gives a label."""


def blocks_of(samples: Samples) -> list[Samples]:
    """Cut samples into what a microphone delivers at a time, 100 ms."""
    return [samples[begin : begin + BLOCK_SAMPLES] for begin in range(0, len(samples), BLOCK_SAMPLES)]


def edge_ser(name: str, samples: Samples) -> tuple[Work, float]:
    """Return the whole path of ``edge-ser listen``, from blocks to lines of JSON, and the share of time in utterances.

    Args:
        name: Of the work.
        samples: A stream.
    """
    pipeline = pipeline_of(ListenSettings())
    pipeline.warm_up()
    blocks = [Block(block) for block in blocks_of(samples)]

    def run() -> list[str]:
        lines = [to_json_line(event) for block in blocks for event in pipeline.process(block)]
        return lines + [to_json_line(event) for event in pipeline.finish()]

    events = [event for block in blocks for event in pipeline.process(block)] + list(pipeline.finish())
    heard = sum(e.end - e.start for e in events if isinstance(e, EmotionEvent) and e.final)
    seconds = len(samples) / SAMPLE_RATE
    return Work(name, seconds, run), heard / seconds


def features_of(bundle: Bundle, samples: Samples) -> list[Int8]:
    """Return what the front end makes of each block of a stream that is all one utterance."""
    front_end = FrontEnd(bundle.front_end)
    return [front_end.process(block) for block in blocks_of(samples)]


def edge_ser_model(bundle: Bundle, backend: Interpreter, samples: Samples) -> Work:
    """Return edge-ser's model alone, fed as the front end makes features."""
    model, features = ModelStream(bundle, backend), features_of(bundle, samples)

    def run() -> None:
        model.reset()
        for part in features:
            model.process(part)
        model.finish()

    return Work(MODEL, len(samples) / SAMPLE_RATE, run)


# Light-SERNet --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Engine:
    """How a network is run.

    Attributes:
        backend: The interpreter.
        xnnpack: With its default delegate, as most programs run it, or with its plain kernels, as edge-ser does.
    """

    backend: Interpreter
    xnnpack: bool

    @property
    def name(self) -> str:
        """What tables call it."""
        return f"{self.backend.name}, {'XNNPACK' if self.xnnpack else 'plain kernels'}"

    def load(self, model: bytes) -> Any:
        """Make an interpreter of one thread, tensors allocated."""
        if not self.xnnpack:
            return self.backend.load(model)
        module = importlib.import_module(INTERPRETERS[self.backend.name].module)
        interpreter = module.Interpreter(model_content=model, num_threads=1)
        interpreter.allocate_tensors()
        return interpreter


def engines() -> list[Engine]:
    """Return the interpreter that edge-ser chooses, as it uses it, and each that is installed with its delegate."""
    found = [Engine(choose_interpreter(), xnnpack=False)]
    for name in _TOGETHER:
        try:
            found.append(Engine(choose_interpreter(name), xnnpack=True))
        except InterpreterMissing:
            continue
    return found


def light_sernet(networks: dict[str, bytes], bundle: Bundle, samples: Samples) -> tuple[list[Work], list[Work]]:
    """Return Light-SERNet behind our front end, and its network alone, in each form with each engine.

    It hears all of the stream: it has no speech gate.

    Args:
        networks: What :mod:`training.benchmarks.light_sernet` makes, by form.
        bundle: Whose front end it stands behind.
        samples: A stream.
    """
    seconds, blocks, features = len(samples) / SAMPLE_RATE, blocks_of(samples), features_of(bundle, samples)
    whole, alone = [], []
    for form, network in networks.items():
        for engine in engines():
            interpreter, front_end = engine.load(network), FrontEnd(bundle.front_end)
            name = f"Light-SERNet, {form}, {engine.name}"

            def run_alone(interpreter: Any = interpreter) -> list[int]:
                return _slide(interpreter, features)

            def run_whole(interpreter: Any = interpreter, front_end: FrontEnd = front_end) -> list[int]:
                front_end.reset()
                return _slide(interpreter, (front_end.process(block) for block in blocks))

            whole.append(Work(name, seconds, run_whole))
            alone.append(Work(f"{name}, network alone", seconds, run_alone))
    return whole, alone


def _slide(interpreter: Any, features: Iterable[Int8]) -> list[int]:
    """Judge the last three seconds every half second; return the likeliest label of each window."""
    (source,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
    recent = np.zeros(source["shape"][1:3], np.int8)
    labels = []
    for number, part in enumerate(features, 1):
        recent = np.concatenate((recent, part))[-len(recent) :]
        if number % _HOP_BLOCKS == 0:
            interpreter.set_tensor(source["index"], recent[None, :, :, None].astype(np.float32))
            interpreter.invoke()
            labels.append(int(interpreter.get_tensor(result["index"])[0].argmax()))
    return labels


# openSMILE -----------------------------------------------------------------------------------------------------------


def opensmile(clips: Sequence[Samples], labels: Sequence[str | None]) -> Work:
    """Return openSMILE's functionals of each clip and what a linear support vector machine says of them.

    The machine has learned these very clips: what it costs does not depend on how well it does.

    Raises:
        ImportError: opensmile or scikit-learn is not installed.
    """
    smile_package = importlib.import_module("opensmile")
    pipeline = importlib.import_module("sklearn.pipeline")
    preprocessing = importlib.import_module("sklearn.preprocessing")
    svm = importlib.import_module("sklearn.svm")

    smile = smile_package.Smile(smile_package.FeatureSet.eGeMAPSv02, smile_package.FeatureLevel.Functionals)
    signals = [clip.astype(np.float32) / 32_768 for clip in clips]
    rows = [smile.process_signal(signal, SAMPLE_RATE).to_numpy() for signal in signals]
    machine = pipeline.make_pipeline(preprocessing.StandardScaler(), svm.LinearSVC())
    machine.fit(np.concatenate(rows), np.array(labels))

    def run() -> list[Any]:
        return [machine.predict(smile.process_signal(signal, SAMPLE_RATE).to_numpy())[0] for signal in signals]

    return Work(OPENSMILE, sum(map(len, clips)) / SAMPLE_RATE, run)
