"""The interpreters that are installed here, for tests that go through all of them."""

from __future__ import annotations

from edge_ser.errors import InterpreterMissing
from edge_ser.model.interpreter import BACKENDS, Backend, choose_backend


def installed() -> list[Backend]:
    found = []
    for name in BACKENDS:
        try:
            found.append(choose_backend(name))
        except InterpreterMissing:
            continue
    return found
