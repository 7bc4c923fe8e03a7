"""What is timed from samples to a decision: edge-ser, Light-SERNet and openSMILE with a support vector machine.

Everything starts with samples in memory and takes them as its users would: edge-ser and Light-SERNet one block of a
microphone after another, openSMILE one utterance at a time.  Functions return works for
:mod:`training.benchmarks.rounds`.
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
from edge_ser.listening.assembly import make_pipeline
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
"""Interpreters that work together in one process; TensorFlow's crashes beside tflite-runtime."""

_HOP_BLOCKS: Final = SAMPLE_RATE // 2 // BLOCK_SAMPLES
"""Blocks from one window of Light-SERNet to the next: half a second, as often as edge-ser reports a label."""


def blocks_of(samples: Samples) -> list[Samples]:
    """Cut samples into the blocks that a microphone delivers, 100 ms each."""
    return [samples[begin : begin + BLOCK_SAMPLES] for begin in range(0, len(samples), BLOCK_SAMPLES)]


def edge_ser(name: str, samples: Samples) -> tuple[Work, float]:
    """Return the whole path of ``edge-ser listen``, from blocks to lines of JSON, and the share of time in utterances.

    Args:
        name: Of the work.
        samples: A stream.
    """
    pipeline = make_pipeline(ListenSettings())
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
    """Return the features of each block of a stream that is a single utterance."""
    front_end = FrontEnd(bundle.front_end)
    return [front_end.process(block) for block in blocks_of(samples)]


def edge_ser_model(bundle: Bundle, interpreter: Interpreter, samples: Samples) -> Work:
    """Return edge-ser's model alone, given features as the front end computes them."""
    model, features = ModelStream(bundle, interpreter), features_of(bundle, samples)

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
        interpreter: Which one.
        xnnpack: Whether with its default delegate, like most programs, or with its plain kernels, like edge-ser.
    """

    interpreter: Interpreter
    xnnpack: bool

    @property
    def name(self) -> str:
        """Its name in tables."""
        return f"{self.interpreter.name}, {'XNNPACK' if self.xnnpack else 'plain kernels'}"

    def load(self, model: bytes) -> Any:
        """Make an interpreter of one thread, tensors allocated."""
        if not self.xnnpack:
            return self.interpreter.load(model)
        module = importlib.import_module(INTERPRETERS[self.interpreter.name].module)
        loaded = module.Interpreter(model_content=model, num_threads=1)
        loaded.allocate_tensors()
        return loaded


def engines() -> list[Engine]:
    """Return the interpreter that edge-ser chooses, as it uses it, and each installed one with its delegate."""
    found = [Engine(choose_interpreter(), xnnpack=False)]
    for name in _TOGETHER:
        try:
            found.append(Engine(choose_interpreter(name), xnnpack=True))
        except InterpreterMissing:
            continue
    return found


def light_sernet(networks: dict[str, bytes], bundle: Bundle, samples: Samples) -> tuple[list[Work], list[Work]]:
    """Return Light-SERNet behind our front end, and its network alone, in each form with each engine.

    It processes the whole stream: it has no speech gate.

    Args:
        networks: From :mod:`training.benchmarks.light_sernet`, by form.
        bundle: Whose front end is used.
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
    """Classify the last three seconds every half second; return the likeliest label of each window."""
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
    """Return openSMILE's functionals of each clip, classified by a linear support vector machine.

    The machine is trained on these clips: its cost does not depend on its accuracy.

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
