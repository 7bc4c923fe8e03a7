"""The service's virtual environment: where its package comes from, whether it is up to date, making it.

A new one is made and tried beside the old one and takes its place at the end, so that whatever fails, what was there
goes on running.  A stamp in it says what it was made of; one without a stamp was not finished.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlparse

import edge_ser
from edge_ser import paths
from edge_ser.errors import InvalidSetting, NotPermitted, StepFailed
from edge_ser.service import programs
from edge_ser.service.steps import remove
from edge_ser.service.system import Python

_STAMP: Final = "edge-ser-installed.json"
_OF_A_CHECKOUT: Final = ("pyproject.toml", "edge_ser", "systemd", "firmware_config")
"""What ends in the package; the rest of a checkout may change without a new installation."""

_PACKAGES: Final = "gcc python3-dev portaudio19-dev libportaudio2 python3-venv"
"""Debian packages that building PyAudio takes, which has no wheels for Linux."""

_TRIALS: Final = (
    ("-c", "import pyaudio"),
    ("-m", "edge_ser", "listen", "--input", "demo", "--duration", "1", "--format", "none"),
)
"""What a new environment must be able to do before it takes the old one's place: PortAudio, interpreter, model."""

_NOT_BUILT: Final = r"fatal error:|error: command|unable to execute|libportaudio|Could not build wheel|Failed to build"
"""What a compiler, setuptools or pip says of a build that lacks something; the first such line says most."""

_NO_NETWORK: Final = r"name resolution|Failed to establish a new connection|Network is unreachable|[Tt]imed out"


@dataclass(frozen=True)
class Source:
    """Where the package comes from."""

    requirement: str
    """What pip is told: a path, or a requirement such as ``edge-ser==0.1.0``."""
    fingerprint: str
    """Other content has another one."""


def find_source(wanted: str | None, venv: Path) -> Source | None:
    """Find out where to install from.

    Args:
        wanted: A checkout, a wheel or a requirement; ``None`` for where the running package came from.
        venv: The service's environment, where it stands now.

    Returns:
        The source, or ``None`` if the running package is the service's own, which then stays as it is.

    Raises:
        InvalidSetting: there is nothing to install from; the message says what is allowed.
        NotPermitted: it cannot be read.
    """
    if wanted is not None:
        return _of_text(wanted)
    package = Path(edge_ser.__file__).resolve().parent
    if package.is_relative_to(venv.resolve()) and read_stamp(venv):
        return None
    if (package.parent / "pyproject.toml").is_file():
        return _of_path(package.parent)
    return _of_record(_direct_url())


def with_extras(source: Source, extras: Iterable[str]) -> Source:
    """Return a source with optional parts of the package, such as ``mqtt``."""
    names = ",".join(sorted(set(extras)))
    if not names:
        return source
    if Path(source.requirement).exists():
        return Source(f"{source.requirement}[{names}]", f"{source.fingerprint} {names}")
    return Source(re.sub(r"^[\w.-]+", rf"\g<0>[{names}]", source.requirement), f"{source.fingerprint} {names}")


def _of_text(wanted: str) -> Source:
    path = Path(wanted)
    if wanted and path.exists():
        return _of_path(path.resolve())
    if not re.match(r"[A-Za-z0-9][\w.-]*\s*(==|@)", wanted):
        raise InvalidSetting(
            f"--from {wanted}: no such file or folder; allowed are a checkout, a wheel, or a requirement with its "
            f"version such as edge-ser=={edge_ser.__version__}"
        )
    return Source(wanted, wanted)


def _of_path(path: Path) -> Source:
    try:
        if path.is_file() and path.suffix == ".whl":
            return Source(str(path), hashlib.sha256(path.read_bytes()).hexdigest())
        if (path / "pyproject.toml").is_file():
            return Source(str(path), fingerprint(path))
    except OSError as error:
        raise NotPermitted(f"cannot read {error.filename}: {error.strerror}; try with sudo, or --from") from None
    raise InvalidSetting(
        f"--from {path}: is neither a wheel (.whl) nor a folder with a pyproject.toml; allowed is one of them, or a "
        f"requirement such as edge-ser=={edge_ser.__version__}"
    )


def _of_record(record: dict[str, Any] | None) -> Source:
    """Make a source of what pip wrote down about where the running package came from (PEP 610)."""
    if record is None:
        return _of_text(f"edge-ser=={edge_ser.__version__}")
    url = str(record["url"])
    if "vcs_info" in record:
        return _of_text(f"edge-ser @ {record['vcs_info']['vcs']}+{url}@{record['vcs_info']['commit_id']}")
    if not url.startswith("file:"):
        return _of_text(f"edge-ser @ {url}")
    path = Path(unquote(urlparse(url).path))
    if not path.exists():
        raise InvalidSetting(f"what this was installed from, {path}, is gone; say where to install from: --from PATH")
    return _of_path(path)


def _direct_url() -> dict[str, Any] | None:
    try:
        text = metadata.distribution("edge-ser").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return None
    return None if text is None else dict(json.loads(text))


def fingerprint(checkout: Path) -> str:
    """Return a fingerprint of what a checkout's package has in it.

    Raises:
        OSError: something in it cannot be read.
    """
    total = hashlib.sha256()
    for name in _OF_A_CHECKOUT:
        top = checkout / name
        files = [top] if top.is_file() else sorted(path for path in top.rglob("*") if path.is_file())
        for path in files:
            if "__pycache__" not in path.parts:
                relative = os.fsencode(path.relative_to(checkout))
                total.update(hashlib.sha256(relative).digest() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def read_stamp(venv: Path) -> dict[str, str]:
    """Return what an environment was made of; nothing if there is none or it was not finished."""
    try:
        stamp = json.loads((venv / _STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def is_current(venv: Path, source: Source | None, python: Python) -> bool:
    """Return whether an environment is what it would become."""
    stamp = read_stamp(venv)
    works = (venv / "bin/python").exists() and (venv / "bin/edge-ser").exists()
    if source is None:  # it is what runs just now
        return works
    return works and (stamp.get("fingerprint"), stamp.get("python")) == (source.fingerprint, python.release)


def changed_at(venv: Path) -> float:
    """Return when an environment was finished, s since the epoch; 0 if it is not there."""
    try:
        return (venv / _STAMP).stat().st_mtime
    except OSError:
        return 0.0


def shipped_files(venv: Path) -> Path | None:
    """Return the folder `systemd` of the package in an environment, if it is there."""
    return next(iter(venv.glob("lib/python3*/site-packages/edge_ser/systemd")), None)


def beside(venv: Path) -> tuple[Path, Path]:
    """Return where a new environment is made and where the old one goes meanwhile."""
    return venv.with_name(f"{venv.name}.new"), venv.with_name(f"{venv.name}.old")


def make(venv: Path, source: Source, python: Python) -> None:
    """Make an environment and put it in the old one's place.

    Args:
        venv: Where it stands now: :data:`paths.VENV`, perhaps below a folder that an image is staged in.
        source: What is installed there.
        python: What it is made with.

    Raises:
        StepFailed: something failed; the old environment is still there.
    """
    new, old = beside(venv)
    for path in (new, old) if venv.exists() else (new,):
        remove(path)
    try:
        venv.parent.mkdir(parents=True, exist_ok=True)
        # -I: neither PYTHONPATH nor a package in the current folder may get in between.
        programs.call("python3 -m venv", python.executable, "-I", "-m", "venv", new)
        pip = (new / "bin/python", "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "--no-cache-dir")
        programs.call("pip", *pip, "install", "--progress-bar=off", source.requirement, explain=explain_pip)
        version = _try(new)
        _name_final_place(new)
        stamp = {"source": source.requirement, "fingerprint": source.fingerprint, "python": python.release}
        (new / _STAMP).write_text(json.dumps(stamp | {"version": version}, indent=2) + "\n", encoding="utf-8")
        os.sync()  # its place is taken for good only with all of it on the disk, whenever the power fails
        if venv.exists():
            venv.rename(old)
        new.rename(venv)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    remove(old)


def _try(new: Path) -> str:
    """See whether a new environment works, and return the version in it."""
    python = new / "bin/python"
    if not (new / "bin/edge-ser").exists():
        raise StepFailed("what was installed has no command edge-ser: is it another package?")
    with tempfile.TemporaryDirectory(prefix="edge-ser-") as state:
        for trial in _TRIALS:
            # Neither a mute file nor anything else of this user or of the service may matter.
            programs.call(
                "a trial of what was installed",
                "env",
                f"STATE_DIRECTORY={state}",
                python,
                "-I",
                *trial,
                explain=explain_pip,
            )
    return programs.call("edge-ser --version", python, "-I", "-m", "edge_ser", "--version").split()[-1]


def _name_final_place(new: Path) -> None:
    """Let scripts say the path that the environment will have, in place of the one that it is made at."""
    made_at, final = os.fsencode(new), os.fsencode(paths.VENV)
    for path in [new / "pyvenv.cfg", *(new / "bin").iterdir()]:
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            if made_at in content:
                path.write_bytes(content.replace(made_at, final))


def explain_pip(output: str) -> str:
    """Make one line of what a failed pip or trial printed, with what to do where that can be told."""
    if "No space left" in output:
        return "the disk is full; free some room"
    if re.search(_NO_NETWORK, output):
        return "the package index cannot be reached; is the network up?"
    lines = [line.strip().removeprefix("ERROR: ") for line in output.splitlines() if line.strip()]
    building = [line for line in lines if re.search(_NOT_BUILT, line)]
    if building:
        return f"{programs.last_words(building[0])}; try: sudo apt install {_PACKAGES}"
    errors = [line.strip().removeprefix("ERROR: ") for line in output.splitlines() if line.startswith("ERROR:")]
    return programs.last_words("\n".join(errors or lines))
