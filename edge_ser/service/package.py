"""The service's virtual environment: where its package comes from, whether it is up to date, how it is made.

A new environment is made and tried beside the old one, which it replaces at the end: if anything fails, the old one
keeps running.  A stamp in the environment records what it was made from; one without a stamp is unfinished.
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
_PACKAGED: Final = ("pyproject.toml", "edge_ser", "systemd", "firmware_config")
"""Parts of a checkout that the package contains; changes to the rest need no new installation."""

_PACKAGES: Final = "gcc python3-dev portaudio19-dev libportaudio2 python3-venv"
"""Debian packages needed to build PyAudio, which has no wheels for Linux."""

_TRIALS: Final = (
    ("-c", "import pyaudio"),
    ("-m", "edge_ser", "listen", "--input", "demo", "--duration", "1", "--format", "none"),
)
"""What must work in a new environment before it replaces the old one: PortAudio, interpreter, model."""

_NOT_BUILT: Final = r"fatal error:|error: command|unable to execute|libportaudio|Could not build wheel|Failed to build"
"""Messages of compilers, setuptools and pip about a failed build; the first such line tells the most."""

_NO_NETWORK: Final = r"name resolution|Failed to establish a new connection|Network is unreachable|[Tt]imed out"


@dataclass(frozen=True)
class PackageSource:
    """Where the package comes from."""

    requirement: str
    """The argument for pip: a path, or a requirement such as ``edge-ser==0.1.0``."""
    fingerprint: str
    """Identifies its contents."""


def find_source(given: str | None, venv: Path) -> PackageSource | None:
    """Find the source to install from.

    Args:
        given: A checkout, a wheel or a requirement; ``None`` for the origin of the running package.
        venv: The service's environment, at its present path.

    Returns:
        The source, or ``None`` if the running package is the service's own, which is then left as it is.

    Raises:
        InvalidSetting: there is no such source; the message says what is allowed.
        NotPermitted: the source cannot be read.
    """
    if given is not None:
        return _of_text(given)
    package = Path(edge_ser.__file__).resolve().parent
    if package.is_relative_to(venv.resolve()) and read_stamp(venv):
        return None
    if (package.parent / "pyproject.toml").is_file():
        return _of_path(package.parent)
    return _of_record(_direct_url())


def with_extras(source: PackageSource, extras: Iterable[str]) -> PackageSource:
    """Return a source with extras of the package, such as ``mqtt``."""
    names = ",".join(sorted(set(extras)))
    if not names:
        return source
    if Path(source.requirement).exists():
        return PackageSource(f"{source.requirement}[{names}]", f"{source.fingerprint} {names}")
    return PackageSource(re.sub(r"^[\w.-]+", rf"\g<0>[{names}]", source.requirement), f"{source.fingerprint} {names}")


def _of_text(given: str) -> PackageSource:
    path = Path(given)
    if given and path.exists():
        return _of_path(path.resolve())
    if not re.match(r"[A-Za-z0-9][\w.-]*\s*(==|@)", given):
        raise InvalidSetting(
            f"--from {given}: no such file or folder; allowed are a checkout, a wheel, or a requirement with a "
            f"version, such as edge-ser=={edge_ser.__version__}"
        )
    return PackageSource(given, given)


def _of_path(path: Path) -> PackageSource:
    try:
        if path.is_file() and path.suffix == ".whl":
            return PackageSource(str(path), hashlib.sha256(path.read_bytes()).hexdigest())
        if (path / "pyproject.toml").is_file():
            return PackageSource(str(path), fingerprint(path))
    except OSError as error:
        raise NotPermitted(f"cannot read {error.filename}: {error.strerror}; try with sudo, or --from") from None
    raise InvalidSetting(
        f"--from {path}: neither a wheel (.whl) nor a folder with a pyproject.toml; allowed is one of these, or a "
        f"requirement such as edge-ser=={edge_ser.__version__}"
    )


def _of_record(record: dict[str, Any] | None) -> PackageSource:
    """Return the source that pip recorded for the running package (PEP 610)."""
    if record is None:
        return _of_text(f"edge-ser=={edge_ser.__version__}")
    url = str(record["url"])
    if "vcs_info" in record:
        return _of_text(f"edge-ser @ {record['vcs_info']['vcs']}+{url}@{record['vcs_info']['commit_id']}")
    if not url.startswith("file:"):
        return _of_text(f"edge-ser @ {url}")
    path = Path(unquote(urlparse(url).path))
    if not path.exists():
        raise InvalidSetting(f"the source of this installation, {path}, is gone; name another one: --from PATH")
    return _of_path(path)


def _direct_url() -> dict[str, Any] | None:
    try:
        text = metadata.distribution("edge-ser").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return None
    return None if text is None else dict(json.loads(text))


def fingerprint(checkout: Path) -> str:
    """Return a fingerprint of the files of a checkout that the package contains.

    Raises:
        OSError: a file cannot be read.
    """
    total = hashlib.sha256()
    for name in _PACKAGED:
        top = checkout / name
        files = [top] if top.is_file() else sorted(path for path in top.rglob("*") if path.is_file())
        for path in files:
            if "__pycache__" not in path.parts:
                relative = os.fsencode(path.relative_to(checkout))
                total.update(hashlib.sha256(relative).digest() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def read_stamp(venv: Path) -> dict[str, str]:
    """Return what an environment was made from; empty if there is none or it is unfinished."""
    try:
        stamp = json.loads((venv / _STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def is_current(venv: Path, source: PackageSource | None, python: Python) -> bool:
    """Return whether making an environment again would change nothing."""
    stamp = read_stamp(venv)
    works = (venv / "bin/python").exists() and (venv / "bin/edge-ser").exists()
    if source is None:  # this runs from it
        return works
    return works and (stamp.get("fingerprint"), stamp.get("python")) == (source.fingerprint, python.release)


def changed_at(venv: Path) -> float:
    """Return when an environment was finished, s since the epoch; 0 if there is none."""
    try:
        return (venv / _STAMP).stat().st_mtime
    except OSError:
        return 0.0


def shipped_files(venv: Path) -> Path | None:
    """Return the folder `systemd` of the package in an environment, if there is one."""
    return next(iter(venv.glob("lib/python3*/site-packages/edge_ser/systemd")), None)


def beside(venv: Path) -> tuple[Path, Path]:
    """Return where a new environment is made, and where the old one is moved meanwhile."""
    return venv.with_name(f"{venv.name}.new"), venv.with_name(f"{venv.name}.old")


def make(venv: Path, source: PackageSource, python: Python) -> None:
    """Make an environment and replace the old one with it.

    Args:
        venv: Its present path: :data:`paths.VENV`, perhaps below the folder of a staged image.
        source: Where its package comes from.
        python: The Python that makes it.

    Raises:
        StepFailed: something failed; the old environment is unchanged.
    """
    new, old = beside(venv)
    for path in (new, old) if venv.exists() else (new,):
        remove(path)
    try:
        venv.parent.mkdir(parents=True, exist_ok=True)
        # -I: neither PYTHONPATH nor a package in the current folder may interfere.
        programs.call("python3 -m venv", python.executable, "-I", "-m", "venv", new)
        pip = (new / "bin/python", "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "--no-cache-dir")
        programs.call("pip", *pip, "install", "--progress-bar=off", source.requirement, explain=explain_pip)
        version = _try(new)
        _set_final_path(new)
        stamp = {"source": source.requirement, "fingerprint": source.fingerprint, "python": python.release}
        (new / _STAMP).write_text(json.dumps(stamp | {"version": version}, indent=2) + "\n", encoding="utf-8")
        os.sync()  # the power may fail: everything must be on the disk before the old environment is replaced
        if venv.exists():
            venv.rename(old)
        new.rename(venv)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    remove(old)


def _try(new: Path) -> str:
    """Check that a new environment works, and return the version in it."""
    python = new / "bin/python"
    if not (new / "bin/edge-ser").exists():
        raise StepFailed("the installed package has no command edge-ser: is it another package?")
    with tempfile.TemporaryDirectory(prefix="edge-ser-") as state:
        for trial in _TRIALS:
            # No mute file or other state of this user or of the service may have an effect.
            programs.call(
                "the trial of the installed package",
                "env",
                f"STATE_DIRECTORY={state}",
                python,
                "-I",
                *trial,
                explain=explain_pip,
            )
    return programs.call("edge-ser --version", python, "-I", "-m", "edge_ser", "--version").split()[-1]


def _set_final_path(new: Path) -> None:
    """Replace the path where the environment is made with its final one, in its scripts."""
    made_at, final = os.fsencode(new), os.fsencode(paths.VENV)
    for path in [new / "pyvenv.cfg", *(new / "bin").iterdir()]:
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            if made_at in content:
                path.write_bytes(content.replace(made_at, final))


def explain_pip(output: str) -> str:
    """Return one line from the output of a failed pip or trial, with advice where there is any."""
    if "No space left" in output:
        return "the disk is full; free some space"
    if re.search(_NO_NETWORK, output):
        return "the package index cannot be reached; is the network up?"
    lines = [line.strip().removeprefix("ERROR: ") for line in output.splitlines() if line.strip()]
    building = [line for line in lines if re.search(_NOT_BUILT, line)]
    if building:
        return f"{programs.last_words(building[0])}; try: sudo apt install {_PACKAGES}"
    errors = [line.strip().removeprefix("ERROR: ") for line in output.splitlines() if line.startswith("ERROR:")]
    return programs.last_words("\n".join(errors or lines))
