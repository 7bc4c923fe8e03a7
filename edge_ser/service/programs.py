"""Calling other programs (systemctl, pip, Python) so that a failure ends in one line with their last words."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge_ser.errors import NoSystemd, StepFailed

_LONGEST: Final = 300
"""Characters of a program's last words that are shown; compilers can say far more in a line."""

NO_SYSTEMD: Final = "systemd does not run here; without it, start by hand: edge-ser listen"


def last_words(output: str) -> str:
    """Return the last line of a program's output that says something."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1][:_LONGEST] if lines else "it said nothing"


def call(what: str, *command: str | Path, explain: Callable[[str], str] = last_words) -> str:
    """Run a program to its end and return all that it printed.

    Args:
        what: What people call it, for the message.
        command: The program and its arguments.
        explain: Makes the reason for people from what a failed one printed.

    Raises:
        StepFailed: it cannot be run, or its exit status is not 0.
    """
    words = [os.fspath(word) for word in command]
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", env={**os.environ, "LC_ALL": "C.UTF-8"}, check=False,
        )  # fmt: skip
    except OSError as error:
        raise StepFailed(f"{words[0]} cannot be run: {error.strerror}; is it installed?") from None
    if done.returncode != 0:
        raise StepFailed(f"{what} failed: {explain(done.stdout)}")
    return done.stdout


def systemctl(*arguments: str, explain: Callable[[str], str] = last_words) -> str:
    """Call systemctl and return what it printed, as :func:`call` does.

    Raises:
        NoSystemd: there is none.
        StepFailed: it failed.
    """
    if shutil.which("systemctl") is None:
        raise NoSystemd(NO_SYSTEMD)
    return call(f"systemctl {arguments[0]}", "systemctl", *arguments, explain=explain)


def properties(unit: str, *names: str) -> dict[str, str]:
    """Return properties of a unit as systemd has them, by their names.

    Raises:
        NoSystemd: systemd does not run.
    """
    try:
        text = systemctl("show", unit, f"--property={','.join(names)}")
    except StepFailed as error:
        raise NoSystemd(f"{NO_SYSTEMD} ({error})") from None
    return parse_properties(text)


def parse_properties(text: str) -> dict[str, str]:
    """Read what ``systemctl show`` prints."""
    rows = (line.partition("=") for line in text.splitlines())
    return {name: value for name, equals, value in rows if equals}


def systemd_version() -> int:
    """Return the version of systemd, such as 252.

    Raises:
        NoSystemd: there is none.
    """
    found = re.match(r"systemd (\d+)", systemctl("--version"))
    return int(found[1]) if found else 0
