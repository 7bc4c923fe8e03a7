"""The forms in which a network is exported: int8, dynamic range and float."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge_ser.errors import InvalidSetting

if TYPE_CHECKING:
    from edge_ser.model.bundle import Bundle
    from edge_ser.model.interpreter import Interpreter

FORMS: Final = ("int8", "dynamic", "float")
"""Full int8, which listening uses; int8 weights with float activations (dynamic range); float."""


def file_of_form(path: Path, form: str) -> Path:
    """Return the file with another form of a model, in the same folder: ``X.tflite`` and ``X-float.tflite``.

    Args:
        path: The model file, in any form.
        form: One of :data:`FORMS`.

    Raises:
        InvalidSetting: there is no such file.
    """
    stem = path.stem
    for other in FORMS:
        stem = stem.removesuffix(f"-{other}")
    found = path.with_name(f"{stem}{path.suffix}" if form == "int8" else f"{stem}-{form}{path.suffix}")
    if not found.is_file():
        raise InvalidSetting(
            f"form = {form}: allowed for {path} if {found} exists; make it with `python -m training quantize`, "
            "or give the file itself"
        )
    return found


def form_of(bundle: Bundle, interpreter: Interpreter) -> str:
    """Return the form of a model, one of :data:`FORMS`, according to its tensors.

    Args:
        bundle: The model.
        interpreter: Loads it.

    Raises:
        ValueError: the interpreter cannot run the model.
    """
    import numpy as np

    network = interpreter.load(bundle.network)
    if network.get_input_details()[0]["dtype"] is np.int8:
        return "int8"
    return "dynamic" if any(tensor["dtype"] is np.int8 for tensor in network.get_tensor_details()) else "float"
