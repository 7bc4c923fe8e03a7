"""The architecture holds: imports between packages go one way, and a wrong one is found."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("edge_ser", "training")
MODULES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]

MOST_LINES = 300
MOST_MODULES = 12
"""In a folder of `training/`, but for `corpora/`, which has a file for each corpus."""


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    code = "from importlinter.cli import lint_imports; import sys; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the two packages and the contracts."""
    folder = tmp_path_factory.mktemp("checkout")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "*.tflite"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_contracts_are_kept() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("edge_ser/features/mfcc.py", "from edge_ser.sinks import text", "edge_ser: arrows go one way"),
        ("edge_ser/sources/pcm.py", "from edge_ser.recognition import gate", "edge_ser: arrows go one way"),
        ("edge_ser/listening/loop.py", "from edge_ser.cli import options", "edge_ser: arrows go one way"),
        ("edge_ser/recognition/decision.py", "from training import settings", "training uses edge_ser, never back"),
        ("edge_ser/recognition/decision.py", "import scipy", "the runtime stays light"),
        ("edge_ser/recognition/decision.py", "from edge_ser.recognition import pipeline", "no circles"),
        ("training/corpora/emodb.py", "from training.experiment import run", "training: arrows go one way"),
    ],
)
def test_an_arrow_the_wrong_way_round_is_found(checkout: Path, module: str, line: str, contract: str) -> None:
    path = checkout / module
    before = path.read_text()
    try:
        path.write_text(f"{before}\n{line}\n")
        done = lint(checkout)
    finally:
        path.write_text(before)
    assert done.returncode != 0
    assert re.search(rf"^{re.escape(contract)} BROKEN", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_can_be_read_at_a_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_no_floor_of_training_is_crowded() -> None:
    for folder in {path.parent for path in MODULES if path.is_relative_to(ROOT / "training")}:
        modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(modules) <= MOST_MODULES or folder.name == "corpora", folder


def test_no_nameless_results_go_from_module_to_module() -> None:
    """Public functions take and return typed results; dictionaries of anything stand at the edge to JSON and TOML."""
    at_the_edge = re.compile(r"def (_\w+|to_\w+|from_\w+|read\w*|write\w*|asdict\w*|command)\(")
    for path in MODULES:
        if not path.is_relative_to(ROOT / "training"):
            continue
        for found in re.finditer(r"^ *def .*?:\n", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            if not at_the_edge.search(found[0]):
                assert "dict[str, Any]" not in found[0], f"{path.relative_to(ROOT)}: {found[0].strip()}"
