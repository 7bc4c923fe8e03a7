"""What a check finds, and running one so that whatever befalls it becomes a finding."""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable
from dataclasses import dataclass

from edge_ser.errors import EdgeSerError


class State(enum.Enum):
    """How a check went."""

    OK = "ok"
    WARNING = "warning"
    """It works, but not as well as it could."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """It could not be looked at, or does not matter here."""


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        state: How it went.
        found: One line of what was found.
        fix: What to do, if something is to be done; a command to type where there is one.
    """

    state: State
    found: str
    fix: str | None = None


def guarded(run: Callable[[], Finding], seconds: float, fix: str | None = None) -> Finding:
    """Run a check; it neither fails nor hangs.

    Args:
        run: The check.
        seconds: How long it may take, s; one that takes longer is left behind in its thread.
        fix: What to do if it raises an error that does not say so itself.
    """
    findings: list[Finding] = []

    def work() -> None:
        try:
            findings.append(run())
        except EdgeSerError as error:
            # Messages end in what to do, after a semicolon, where the error alone tells it.
            found, _, advice = str(error).rpartition("; ")
            findings.append(Finding(State.FAILED, found or advice, advice if found else fix))
        except Exception as error:  # whatever it is: the other checks have to go on
            findings.append(Finding(State.FAILED, f"cannot be checked ({type(error).__name__}: {error})", fix))

    thread = threading.Thread(target=work, name="check", daemon=True)
    thread.start()
    thread.join(seconds)
    return findings[0] if findings else Finding(State.FAILED, f"no answer within {seconds:g} s", fix)
