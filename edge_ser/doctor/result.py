"""The finding of a check, and running a check so that every failure becomes a finding."""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable
from dataclasses import dataclass

from edge_ser.errors import EdgeSerError


class State(enum.Enum):
    """Outcome of a check."""

    OK = "ok"
    WARNING = "warning"
    """It works, but not as well as it could."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """It could not be checked, or does not apply here."""


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        state: The outcome.
        found: One line that says what was found.
        fix: What to do about it, if there is anything to do; a command where there is one.
    """

    state: State
    found: str
    fix: str | None = None


def guarded(run: Callable[[], Finding], seconds: float, fix: str | None = None) -> Finding:
    """Run a check, without failing and without hanging.

    Args:
        run: The check.
        seconds: How long it may take, s; a check that takes longer is abandoned in its thread.
        fix: What to do if it raises an error whose message does not say.
    """
    findings: list[Finding] = []

    def work() -> None:
        try:
            findings.append(run())
        except EdgeSerError as error:
            # Many messages end in what to do, after a semicolon.
            found, _, advice = str(error).rpartition("; ")
            findings.append(Finding(State.FAILED, found or advice, advice if found else fix))
        except Exception as error:  # whatever it is, the other checks must go on
            findings.append(Finding(State.FAILED, f"cannot be checked ({type(error).__name__}: {error})", fix))

    thread = threading.Thread(target=work, name="check", daemon=True)
    thread.start()
    thread.join(seconds)
    return findings[0] if findings else Finding(State.FAILED, f"no answer within {seconds:g} s", fix)
