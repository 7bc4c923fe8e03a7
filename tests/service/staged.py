"""A system below a folder to install to, and what was done there."""

from __future__ import annotations

import json
from pathlib import Path

from edge_ser.service import install
from edge_ser.service.install import Options
from edge_ser.service.system import Python, Target

PYTHON = Python(Path("/usr/bin/python3"), (3, 11), 64, True)
GROUPS = "root:x:0:\naudio:x:29:\n"


def environment(venv: Path, fingerprint: str, release: str = PYTHON.release) -> None:
    """What `package.make` leaves behind, as far as others look at it."""
    (venv / "bin").mkdir(parents=True, exist_ok=True)
    for name in ("python", "edge-ser"):
        (venv / "bin" / name).touch()
    (venv / "edge-ser-installed.json").write_text(json.dumps({"fingerprint": fingerprint, "python": release}))


def run(target: Target, **options: object) -> tuple[bool, list[str]]:
    log = target.root.parent / "log"
    log.write_text("")
    changed = install.install(target, Options(**options), lambda _: None, "edge-ser", dry_run=False)  # type: ignore[arg-type]
    return changed, [line for line in log.read_text().splitlines() if line.split()[0] not in ("show", "--version")]


def snapshot(target: Target) -> set[Path]:
    """Every file, but for what groupadd keeps of before."""
    return {path for path in target.root.rglob("*") if not path.is_dir() and not path.name.endswith("-")}
