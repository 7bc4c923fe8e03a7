"""Calling other programs (systemctl, pip, Python) so that a failure becomes one line with their last words."""

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
"""Length at which a program's last words are cut, characters; compilers print far longer lines."""

NO_SYSTEMD: Final = "systemd does not run here; without it, start edge-ser by hand: edge-ser listen"


def last_words(output: str) -> str:
    """Return the last line of a program's output that is not empty."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1][:_LONGEST] if lines else "it printed nothing"


def call(what: str, *command: str | Path, explain: Callable[[str], str] = last_words) -> str:
    """Run a program to its end and return its output.

    Args:
        what: Its name in messages.
        command: The program and its arguments.
        explain: Turns the output of a failed program into a reason.

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
    """Call systemctl and return its output, as :func:`call` does.

    Raises:
        NoSystemd: there is no systemctl.
        StepFailed: it failed.
    """
    if shutil.which("systemctl") is None:
        raise NoSystemd(NO_SYSTEMD)
    return call(f"systemctl {arguments[0]}", "systemctl", *arguments, explain=explain)


def properties(unit: str, *names: str) -> dict[str, str]:
    """Return properties of a unit from systemd, by name.

    Raises:
        NoSystemd: systemd does not run.
    """
    try:
        text = systemctl("show", unit, f"--property={','.join(names)}")
    except StepFailed as error:
        raise NoSystemd(f"{NO_SYSTEMD} ({error})") from None
    return parse_properties(text)


def parse_properties(text: str) -> dict[str, str]:
    """Parse the output of ``systemctl show``."""
    rows = (line.partition("=") for line in text.splitlines())
    return {name: value for name, equals, value in rows if equals}


def systemd_version() -> int:
    """Return the version of systemd, such as 252.

    Raises:
        NoSystemd: there is no systemctl.
    """
    found = re.match(r"systemd (\d+)", systemctl("--version"))
    return int(found[1]) if found else 0
