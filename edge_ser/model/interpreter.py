"""The one place that chooses a TensorFlow Lite interpreter.

tflite-runtime is small and has wheels for CPython 3.9 to 3.11, ai-edge-litert (LiteRT) for newer ones; TensorFlow,
which is large, has one too.  They run the same models; without their default delegates they also give the same bits,
so delegates stay off.
"""

from __future__ import annotations

import importlib
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Final

from edge_ser.errors import InterpreterMissing

BACKENDS: Final = {
    "tflite-runtime": "tflite_runtime.interpreter",
    "litert": "ai_edge_litert.interpreter",
    "tensorflow": "tensorflow.lite.python.interpreter",
}
"""Names of the known interpreters and their modules, in order of preference."""

_DISTRIBUTIONS: Final = {
    "tflite-runtime": ("tflite-runtime",),
    "litert": ("ai-edge-litert",),
    "tensorflow": ("tensorflow", "tensorflow-cpu"),
}
"""Names under which each may be installed; the first is the one to install."""


@dataclass(frozen=True)
class Backend:
    """An installed interpreter.

    Attributes:
        name: ``tflite-runtime``, ``litert`` or ``tensorflow``.
        version: Its installed version.
    """

    name: str
    version: str

    def load(self, model: bytes, threads: int = 1) -> Any:
        """Make an interpreter for the model, tensors allocated.

        Raises:
            ValueError: The bytes are no model that this interpreter can run.
        """
        module = importlib.import_module(BACKENDS[self.name])
        interpreter = module.Interpreter(
            model_content=model,
            num_threads=threads,
            experimental_op_resolver_type=module.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        interpreter.allocate_tensors()
        return interpreter


def choose_backend(name: str | None = None) -> Backend:
    """Return the asked interpreter, or the first one that is installed and works.

    Args:
        name: One of :data:`BACKENDS`, or ``None`` for whichever is there.

    Raises:
        InterpreterMissing: it is not installed, or does not work with the installed numpy.
    """
    if name is not None and name not in BACKENDS:
        raise InterpreterMissing(f"unknown interpreter '{name}': allowed are {', '.join(BACKENDS)}")
    reasons = []
    for candidate in [name] if name else list(BACKENDS):
        try:
            _import(candidate)
        except ImportError as error:
            reasons.append(f"{candidate}: {error}")
            continue
        return Backend(candidate, _version(candidate))
    raise InterpreterMissing(
        f"no TensorFlow Lite interpreter works here ({'; '.join(reasons)}); on a 64-bit system run:"
        f" pip install {_DISTRIBUTIONS[name][0] if name else 'tflite-runtime (Python 3.10, 3.11) or ai-edge-litert'}"
    )


def _import(name: str) -> None:
    import numpy as np

    importlib.import_module(BACKENDS[name])
    # Built against numpy 1, tflite-runtime imports under numpy 2 and only dies when an interpreter is made.
    if name == "tflite-runtime" and int(np.__version__.split(".")[0]) >= 2:
        raise ImportError(f"needs numpy 1, found {np.__version__}")


def _version(name: str) -> str:
    for distribution in _DISTRIBUTIONS[name]:
        with suppress(metadata.PackageNotFoundError):
            return metadata.version(distribution)
    return "unknown"
