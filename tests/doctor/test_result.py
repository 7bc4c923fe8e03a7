"""Running a check: failures, errors and hangs become findings."""

from __future__ import annotations

import time

import pytest

from edge_ser.doctor.result import Finding, State, guarded
from edge_ser.errors import NoMicrophone


def test_failure_is_a_finding() -> None:
    def divide() -> Finding:
        raise ZeroDivisionError("by zero")

    finding = guarded(divide, 5, "do this")
    assert finding == Finding(State.FAILED, "cannot be checked (ZeroDivisionError: by zero)", "do this")


@pytest.mark.parametrize(
    ("error", "found", "fix"),
    [
        (NoMicrophone("no microphone found; plug one in"), "no microphone found", "plug one in"),
        (NoMicrophone("it (a; b) is bad; do that"), "it (a; b) is bad", "do that"),
        (NoMicrophone("no microphone is called 'x'"), "no microphone is called 'x'", "do this"),
    ],
)
def test_error_message_gives_the_fix(error: Exception, found: str, fix: str) -> None:
    def fail() -> Finding:
        raise error

    assert guarded(fail, 5, "do this") == Finding(State.FAILED, found, fix)


def test_hanging_check_is_abandoned() -> None:
    begin = time.monotonic()
    finding = guarded(lambda: time.sleep(60), 0.05, "do this")  # type: ignore[arg-type,return-value]
    assert finding == Finding(State.FAILED, "no answer within 0.05 s", "do this")
    assert time.monotonic() - begin < 5
