"""The interpreters that are installed here, for tests that go through all of them."""

from __future__ import annotations

from edge_ser.errors import InterpreterMissing
from edge_ser.model.interpreter import INTERPRETERS, Interpreter, choose_interpreter


def installed() -> list[Interpreter]:
    found = []
    for name in INTERPRETERS:
        try:
            found.append(choose_interpreter(name))
        except InterpreterMissing:
            continue
    return found
