"""The choice of a TensorFlow Lite interpreter.

tflite-runtime is small and has wheels for CPython 3.9 to 3.11, ai-edge-litert (LiteRT) for newer versions; TensorFlow,
which is large, includes an interpreter too.  All run the same models; without their default delegates they also give
the same bits, so delegates stay off.
"""

from __future__ import annotations

import importlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from edge_ser.errors import InterpreterMissing


@dataclass(frozen=True)
class _Package:
    """The package that contains an interpreter.

    Attributes:
        module: Module with the class ``Interpreter``.
        distributions: Names of the distributions that have it; the first is the one to install.
    """

    module: str
    distributions: tuple[str, ...]


INTERPRETERS: Final = {
    "tflite-runtime": _Package("tflite_runtime.interpreter", ("tflite-runtime",)),
    "litert": _Package("ai_edge_litert.interpreter", ("ai-edge-litert",)),
    "tensorflow": _Package("tensorflow.lite.python.interpreter", ("tensorflow", "tensorflow-cpu")),
}
"""The known interpreters by name, in order of preference."""


@dataclass(frozen=True)
class Interpreter:
    """An installed interpreter.

    Attributes:
        name: ``tflite-runtime``, ``litert`` or ``tensorflow``.
        version: Its installed version.
    """

    name: str
    version: str

    def load(self, model: bytes, threads: int = 1) -> Any:
        """Load a model and allocate its tensors.

        Args:
            model: The bytes of a ``.tflite``.
            threads: Threads of the interpreter.

        Returns:
            An ``Interpreter`` object of the package.

        Raises:
            ValueError: this interpreter cannot run the model.
        """
        module = importlib.import_module(INTERPRETERS[self.name].module)
        interpreter = module.Interpreter(
            model_content=model,
            num_threads=threads,
            experimental_op_resolver_type=module.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        interpreter.allocate_tensors()
        return interpreter


def choose_interpreter(name: str | None = None) -> Interpreter:
    """Return an interpreter by name, or the first one that is installed and works.

    Args:
        name: One of :data:`INTERPRETERS`; ``None`` is the first that works.

    Raises:
        InterpreterMissing: it is not installed, or does not work with the installed numpy.
    """
    if name is not None and name not in INTERPRETERS:
        raise InterpreterMissing(f"unknown interpreter '{name}': allowed are {', '.join(INTERPRETERS)}")
    reasons = []
    for candidate in [name] if name else list(INTERPRETERS):
        try:
            _import(candidate)
        except ImportError as error:
            reasons.append(f"{candidate}: {error}")
            continue
        return Interpreter(candidate, _version(candidate))
    wanted = INTERPRETERS[name].distributions[0] if name else "tflite-runtime (Python 3.10, 3.11) or ai-edge-litert"
    raise InterpreterMissing(
        f"no TensorFlow Lite interpreter works here ({'; '.join(reasons)}); on a 64-bit system run:"
        f" pip install {wanted}"
    )


def _import(name: str) -> None:
    import numpy as np

    importlib.import_module(INTERPRETERS[name].module)
    # tflite-runtime is built against numpy 1: with numpy 2 it can be imported, but crashes on first use.
    if name == "tflite-runtime" and int(np.__version__.split(".")[0]) >= 2:
        raise ImportError(f"needs numpy 1, found {np.__version__}")


def _version(name: str) -> str:
    from importlib import metadata

    for distribution in INTERPRETERS[name].distributions:
        with suppress(metadata.PackageNotFoundError):
            return metadata.version(distribution)
    return "unknown"
