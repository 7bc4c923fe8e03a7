"""Running the real command as a shell does, in its own process."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import pytest

from edge_ser.errors import EdgeSerError

_SCRIPT = Path(sys.executable).with_name("edge-ser")
EDGE_SER = [str(_SCRIPT)] if _SCRIPT.exists() else [sys.executable, "-m", "edge_ser"]
DEMONSTRATION = Path(__file__).resolve().parents[2] / "edge_ser" / "demonstration.flac"
TIMEOUT = 60.0
JSON = ("--format", "json")
DEMO = ("listen", "--input", "demo", *JSON)
DISCLAIMER = "demonstration: synthesized speech, no evidence of accuracy"
"""What `listen --input demo` prints first on standard error, if its format is text."""

_SIGINT_BIT = 1 << 1


def run(
    *arguments: str | os.PathLike[str],
    stdin: int | IO[Any] | None = subprocess.DEVNULL,
    input: bytes | None = None,
    stdout: int | IO[Any] = subprocess.PIPE,
    env: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `edge-ser` with the arguments to its end; if it hangs, the test fails."""
    done = subprocess.run(
        [*prefix, *EDGE_SER, *map(os.fspath, arguments)],
        **({"stdin": stdin} if input is None else {"input": input}),
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=env,
        cwd=cwd,
        timeout=TIMEOUT,
        check=False,
    )
    decode = lambda raw: (raw or b"").decode(errors="backslashreplace")  # noqa: E731
    return subprocess.CompletedProcess(done.args, done.returncode, decode(done.stdout), decode(done.stderr))


def start(*arguments: str | os.PathLike[str], **options: Any) -> subprocess.Popen[str]:
    """Start `edge-ser` and return at once; the caller ends it, best with `with`."""
    defaults: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
    }
    return subprocess.Popen([*EDGE_SER, *map(os.fspath, arguments)], **(defaults | options))


def assert_refused(
    done: subprocess.CompletedProcess[str], error: type[EdgeSerError], *words: str, status: int | None = None
) -> None:
    """Assert one clear line on standard error, but for the one about the demonstration, and the error's exit status."""
    assert done.returncode == (error.exit_status if status is None else status), done.stderr
    lines = done.stderr.splitlines()
    if lines[0] == DISCLAIMER:
        lines = lines[1:]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("edge-ser: ")
    for word in words:
        assert word in lines[0]


def without_privileges() -> list[str]:
    """Return the prefix of a command that makes file permissions apply to it even if root runs the tests."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root may read everything, and setpriv (util-linux) is not installed")
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]


def open_terminal() -> tuple[int, int]:
    """Open a pseudo-terminal and return both its ends; skips the test where there is none, as in a bare chroot."""
    try:
        return pty.openpty()
    except OSError as error:
        pytest.skip(f"there are no pseudo-terminals here, /dev/pts is not mounted ({error})")


def wait_until_loading(process: subprocess.Popen[Any]) -> None:
    """Wait until `main` has begun: it removes the handler that Python sets for Ctrl-C."""
    seen = False
    end = time.monotonic() + TIMEOUT
    while process.poll() is None and time.monotonic() < end:
        status = Path(f"/proc/{process.pid}/status").read_text()
        caught = int(status.split("SigCgt:")[1].split()[0], 16) & _SIGINT_BIT
        if seen and not caught:
            return
        seen = seen or bool(caught)
        time.sleep(0.001)
    raise AssertionError("main did not begin")
